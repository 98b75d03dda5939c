// SPDX-License-Identifier: GPL-3.0-or-later
/* The frame of a page: its policy, style and script, and dygraphs with its licence. */
#include "output/page_frame.h"

#include "base/digest.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include <zlib.h>

/* dygraphs, which draws a page's charts: found on this machine and put into the page; it is no part
 * of this program. */
struct PageLibrary {
    char *script; /* the library and its synchronizer, fit for a script element */
    char *style;
    char *licence;
};

/* The environment variable that names the folder of dygraphs, where it is not installed as Debian
 * does. */
#define LIBRARY_VARIABLE "ASIM_DYGRAPHS"

/* dygraphs ----------------------------------------------------------------------------------- */

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
    }
    if (text != NULL && ends_element(text)) {
        error_in_file(errors, path, "\"</script\", \"</style\" or \"<!--\"",
                      "a text that fits into a page", "the dygraphs of libjs-dygraphs");
        free(text);
        text = NULL;
    }
    free(path);
    return text;
}

static bool has_script(const char *folder) {
    return file_name_is_there(folder, script_name, R_OK);
}

/* NULL after adding an error. */
static const char *find_folder(const char **licence, ErrorList *errors) {
    const char *given = getenv(LIBRARY_VARIABLE);
    *licence = NULL;
    if (given != NULL && *given != '\0') {
        if (!has_script(given)) {
            error_at(errors, &(Error){.file = given, .place = LIBRARY_VARIABLE},
                     "no dygraph.min.js", "the folder of dygraphs",
                     "unset it, and apt-get install libjs-dygraphs");
            return NULL;
        }
        return given;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (has_script(places[i].folder)) {
            *licence = places[i].licence;
            return places[i].folder;
        }
    }
    error_in_file(errors, places[0].folder, "no dygraphs, which draws a page's charts",
                  "Debian's package libjs-dygraphs",
                  "apt-get install libjs-dygraphs, or name its folder in the environment "
                  "variable " LIBRARY_VARIABLE);
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

static bool library_load(PageLibrary *library, ErrorList *errors) {
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

/* Compressed
 * --------------------------------------------------------------------------------------- */

enum { WINDOW_BITS = 15, GZIP = 16, MEMORY_LEVEL = 9 };

/* Owned by the caller. */
static char *compressed(const char *bytes, size_t length, size_t *size) {
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, WINDOW_BITS + GZIP, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        memory_checked(NULL);
    }
    const size_t room = deflateBound(&stream, (uLong)length);
    char *result = memory_new(room, 1);
    stream.next_in = (Bytef *)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = (Bytef *)result;
    stream.avail_out = (uInt)room;
    deflate(&stream, Z_FINISH);
    *size = stream.total_out;
    deflateEnd(&stream);
    return result;
}

char *page_pack(const char *bytes, size_t length, size_t *size) {
    size_t packed_size;
    char *packed = compressed(bytes, length, &packed_size);
    char *text = digest_bytes_base64(packed, packed_size);
    if (size != NULL) {
        *size = packed_size;
    }
    free(packed);
    return text;
}

/* The frame ---------------------------------------------------------------------------------- */

static void put_character(FILE *stream, const unsigned char *p, size_t length) {
    switch (*p) {
    case '<': fputs("&lt;", stream); break;
    case '>': fputs("&gt;", stream); break;
    case '&': fputs("&amp;", stream); break;
    default: fwrite(p, 1, length, stream);
    }
}

/* Text for an element. What cannot be shown is written as \xNN; lines are blanks in a page. */
static void put_text(FILE *stream, const char *text) {
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0';) {
        const size_t length = *p == '\n' || *p == '\t' ? 1 : text_shown_length(p);
        if (length == 0) {
            fprintf(stream, "\\x%02x", (unsigned)*p++);
        } else {
            put_character(stream, p, length);
            p += length;
        }
    }
}

/* Of an inline script, as the policy of a page names it. */
static void put_digest(FILE *stream, const char *text) {
    char base64[DIGEST_BASE64];
    digest_base64(text, strlen(text), base64);
    fprintf(stream, "'sha256-%s'", base64);
}

void page_write_head(FILE *stream, const PageLibrary *library, const PageParts *parts) {
    fprintf(stream,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
            "%sscript-src ",
            parts->policy);
    put_digest(stream, library->script);
    putc(' ', stream);
    put_digest(stream, parts->script);
    if (parts->loader != NULL) {
        putc(' ', stream);
        put_digest(stream, parts->loader);
    }
    fprintf(stream,
            "%s\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"color-scheme\" content=\"light dark\">\n<title>autoscale-sim</title>\n",
            parts->script_sources);
    fprintf(stream, "<style>\n%s\n%s</style>\n</head>\n<body>\n", library->style, parts->style);
    fputs("<noscript><p>This page needs JavaScript.</p></noscript>\n", stream);
}

static void put_packed(FILE *stream, const char *id, const char *script) {
    char *packed = page_pack(script, strlen(script), NULL);
    fprintf(stream, "<script type=\"text/plain\" id=\"%s\">%s</script>\n", id, packed);
    free(packed);
}

static void put_scripts(FILE *stream, const PageLibrary *library, const PageParts *parts) {
    if (parts->loader != NULL) {
        put_packed(stream, "library", library->script);
        put_packed(stream, "script", parts->script);
        fprintf(stream, "<script>%s</script>\n", parts->loader);
    } else {
        fprintf(stream, "<script>%s</script>\n<script>%s</script>\n", library->script,
                parts->script);
    }
}

void page_write_foot(FILE *stream, const PageLibrary *library, const PageParts *parts) {
    fprintf(stream,
            "<footer><p>Made by autoscale-sim " ASIM_VERSION ". Charts by dygraphs (MIT licence). "
            "%s</p>\n<details><summary>Licence of dygraphs</summary><pre tabindex=\"0\">",
            parts->fetches != NULL ? parts->fetches : "This file fetches nothing.");
    put_text(stream, library->licence);
    fputs("</pre></details></footer>\n", stream);
    put_scripts(stream, library, parts);
    fputs("</body>\n</html>\n", stream);
}

PageLibrary *page_library_load(ErrorList *errors) {
    PageLibrary *library = memory_new(1, sizeof *library);
    if (!library_load(library, errors)) {
        page_library_destroy(library);
        return NULL;
    }
    return library;
}

void page_library_destroy(PageLibrary *library) {
    if (library != NULL) {
        free(library->script);
        free(library->style);
        free(library->licence);
        free(library);
    }
}
