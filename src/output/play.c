// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/play.h"

#include "base/digest.h"
#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "output/page.h"
#include "output/page_frame.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Compiled in: the Makefile makes the arrays from the files in output/page/ and output/play/. */
extern const char play_style_data[]; /* ends with '\0' */
extern const char play_script_data[];
extern const char play_worker_data[];
extern const char play_loader_data[];

struct Play {
    PageLibrary *library;
    char *module; /* gzipped, in base64 */
    char *data;   /* JSON: play_files_put, and what is packed */
};

/* The worker, in which the program runs, is made of a text of the page, and what it compiles is the
 * page's too. Not from a network: no directive allows to connect. */
static const PageParts parts = {.style = play_style_data,
                                .script = play_script_data,
                                .policy = "worker-src blob:; ",
                                .script_sources = " 'wasm-unsafe-eval'",
                                .loader = play_loader_data};

/* The module ----------------------------------------------------------------------------------- */

static const char module_name[] = "playground.wasm.gz";

static bool has_module(const char *folder) {
    return file_name_is_there(folder, module_name, R_OK);
}

/* NULL after adding an error. */
static char *find_module(ErrorList *errors) {
    static const char *const places[] = {".", "..", "../share/autoscale-sim"};
    char *folder = file_name_near_program(places, sizeof places / sizeof places[0], has_module);
#ifdef ASIM_DATADIR
    if (folder == NULL && has_module(ASIM_DATADIR)) {
        folder = memory_text(ASIM_DATADIR);
    }
#endif
    if (folder == NULL) {
        error_in_file(errors, module_name, "no such file beside the program or in its share",
                      "the program compiled to WebAssembly, which runs in the page",
                      "make playground, which builds it");
        return NULL;
    }
    char *path = memory_format("%s/%s", folder, module_name);
    free(folder);
    return path;
}

static char *read_module(ErrorList *errors) {
    char *path = find_module(errors), *text = NULL;
    size_t length;
    char *bytes = path != NULL ? json_file_read(path, &length, errors) : NULL;
    if (bytes != NULL) {
        text = digest_bytes_base64(bytes, length);
    }
    free(bytes);
    free(path);
    return text;
}

/* The data ------------------------------------------------------------------------------------- */

/* The program's tables and all texts as "packed", compressed together. Takes them. */
static void put_packed(cJSON *object, cJSON *texts) {
    cJSON *both = json_object();
    json_add(both, "options", play_options_json());
    json_add(both, "texts", texts);
    char *text = json_print_line(both), *packed = page_pack(text, strlen(text), NULL);
    json_add(object, "packed", json_text(packed));
    free(packed);
    free(text);
    cJSON_Delete(both);
}

/* NULL after adding errors. */
static char *read_data(const PlayContents *contents, ErrorList *errors) {
    PlayFiles *files = play_files_create();
    cJSON *object = json_object(), *texts = json_object();
    bool ok = true;
    for (size_t i = 0; i < contents->scenarios.count; i++) {
        ok = play_files_add_scenario(files, contents->scenarios.items[i], errors) && ok;
    }
    for (size_t i = 0; i < contents->lessons.count; i++) {
        play_files_add_page(files, contents->lessons.items[i]);
    }
    json_add(object, "version", json_text(ASIM_VERSION));
    ok = ok && play_files_put(files, object, texts, errors);
    put_packed(object, texts);
    char *text = ok ? json_print_line(object) : NULL;
    cJSON_Delete(object);
    play_files_destroy(files);
    return text;
}

Play *play_create(const PlayContents *contents, ErrorList *errors) {
    Play *play = memory_new(1, sizeof *play);
    play->library = page_library_load(errors);
    play->module = read_module(errors);
    play->data = read_data(contents, errors);
    if (play->library == NULL || play->module == NULL || play->data == NULL) {
        play_destroy(play);
        return NULL;
    }
    return play;
}

/* JSON within a script element, which only '<' could end: outside of texts there is none. */
static void put_json(FILE *stream, const char *json) {
    for (const char *part = json; *part != '\0';) {
        const size_t length = strcspn(part, "<");
        fwrite(part, 1, length, stream);
        part += length;
        if (*part == '<') {
            fputs("\\u003c", stream);
            part++;
        }
    }
}

void play_write(const Play *play, FILE *stream) {
    page_write_head(stream, play->library, &parts);
    fputs("<script type=\"application/json\" id=\"program\">{", stream);
    page_put_program(stream);
    fputs("}</script>\n<script type=\"application/json\" id=\"data\">", stream);
    put_json(stream, play->data);
    fprintf(stream,
            "</script>\n<script type=\"text/plain\" id=\"worker\">%s</script>\n"
            "<script type=\"text/plain\" id=\"module\">%s</script>\n",
            play_worker_data, play->module);
    page_write_foot(stream, play->library, &parts);
}

void play_destroy(Play *play) {
    if (play != NULL) {
        page_library_destroy(play->library);
        free(play->module);
        free(play->data);
        free(play);
    }
}
