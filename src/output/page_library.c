// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_library.h"

#include "base/json.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* Folders, and where each keeps the licence. */
static const struct {
    const char *folder;
    const char *licence;
} places[] = {
    {"/usr/share/javascript/dygraphs", "/usr/share/doc/libjs-dygraphs/copyright"},
    {"/usr/local/share/javascript/dygraphs", "/usr/local/share/doc/libjs-dygraphs/copyright"},
};

static const char script_name[] = "dygraph.min.js";
static const char synchronizer_name[] = "extras/synchronizer.js";
static const char style_name[] = "dygraph.min.css";

/* Without the references to source maps, which a browser's tools would fetch, and carriage returns,
 * which it would take out before it checks a script's digest; and nothing ends the element. */
static void make_fit(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from != '\r') {
            *to++ = *from;
        }
    }
    *to = '\0';
    char *map;
    while ((map = strstr(text, "# sourceMappingURL=")) != NULL && map - text >= 2) {
        const bool in_star = map[-1] == '*';
        char *end = in_star ? strstr(map, "*/") : map + strcspn(map, "\n");
        end = end == NULL ? map + strlen(map) : in_star ? end + 2 : end;
        memmove(map - 2, end, strlen(end) + 1);
    }
}

static bool ends_element(const char *text) {
    for (; *text != '\0'; text++) {
        if (strncmp(text, "<!--", 4) == 0 || strncasecmp(text, "</script", 8) == 0 ||
            strncasecmp(text, "</style", 7) == 0) {
            return true;
        }
    }
    return false;
}

static char *read_part(const char *folder, const char *name, ErrorList *errors) {
    char *path = memory_format("%s/%s", folder, name);
    size_t length;
    char *text = json_file_read(path, &length, errors);
    if (text != NULL) {
        make_fit(text);
        if (ends_element(text)) {
            error_add(errors, &(Error){.file = path,
                                       .found = "\"</script\", \"</style\" or \"<!--\"",
                                       .expected = "a text that fits into a page",
                                       .suggestion = "the dygraphs of libjs-dygraphs"});
            free(text);
            text = NULL;
        }
    }
    free(path);
    return text;
}

static bool is_there(const char *folder, const char *name) {
    char *path = memory_format("%s/%s", folder, name);
    const bool there = access(path, R_OK) == 0;
    free(path);
    return there;
}

/* NULL after adding an error. */
static const char *find_folder(const char **licence, ErrorList *errors) {
    const char *given = getenv(PAGE_LIBRARY_VARIABLE);
    *licence = NULL;
    if (given != NULL && *given != '\0') {
        if (is_there(given, script_name)) {
            return given;
        }
        error_add(errors, &(Error){.file = given,
                                   .place = PAGE_LIBRARY_VARIABLE,
                                   .found = "no dygraph.min.js",
                                   .expected = "the folder of dygraphs",
                                   .suggestion = "unset it, and apt-get install libjs-dygraphs"});
        return NULL;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (is_there(places[i].folder, script_name)) {
            *licence = places[i].licence;
            return places[i].folder;
        }
    }
    error_add(errors,
              &(Error){.file = places[0].folder,
                       .found = "no dygraphs, which draws a page's charts",
                       .expected = "Debian's package libjs-dygraphs",
                       .suggestion = "apt-get install libjs-dygraphs, or name its folder in "
                                     "the environment variable " PAGE_LIBRARY_VARIABLE});
    return NULL;
}

/* The whole text where it is installed; else the library's own first line is all there is. NULL
 * after adding an error. */
static char *read_licence(const char *path, ErrorList *errors) {
    if (path == NULL || access(path, R_OK) != 0) {
        return memory_text("dygraphs is licensed under the MIT licence: "
                           "https://github.com/danvk/dygraphs/blob/master/LICENSE.txt");
    }
    size_t length;
    return json_file_read(path, &length, errors);
}

bool page_library_load(PageLibrary *library, ErrorList *errors) {
    *library = (PageLibrary){0};
    const char *licence;
    const char *folder = find_folder(&licence, errors);
    if (folder == NULL) {
        return false;
    }
    char *script = read_part(folder, script_name, errors);
    char *synchronizer = read_part(folder, synchronizer_name, errors);
    library->style = read_part(folder, style_name, errors);
    if (script != NULL && synchronizer != NULL) {
        library->script = memory_format("%s\n%s", script, synchronizer);
    }
    library->licence = read_licence(licence, errors);
    free(script);
    free(synchronizer);
    return library->script != NULL && library->style != NULL && library->licence != NULL;
}

void page_library_clear(PageLibrary *library) {
    free(library->script);
    free(library->style);
    free(library->licence);
    *library = (PageLibrary){0};
}
