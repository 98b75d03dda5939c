// SPDX-License-Identifier: GPL-3.0-or-later
/* A playground: one HTML page that holds this very program, compiled to WebAssembly, with scenarios
 * to change and to run. What the page shows are the outputs of runs in it; what it needs to know of
 * the program beside those (options, policies, presets, the catalogue, metrics) is embedded as JSON
 * from the program's own tables. The page fetches nothing. */
#ifndef OUTPUT_PLAY_H
#define OUTPUT_PLAY_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>
#include <stdio.h>

typedef struct cJSON cJSON;
typedef struct Play Play;

/* What is put into the page; lent. */
typedef struct PlayContents {
    TextList scenarios; /* their files; the first is shown first */
    TextList lessons;   /* pages of lessons; the scenario of NN-NAME.md is NN-NAME.json */
} PlayContents;

/* Reads all of it. NULL after adding errors: no module of the program (make playground builds it),
 * no library for charts, a scenario with mistakes, a file that is too large to be inlined. */
Play *play_create(const PlayContents *contents, ErrorList *errors);
void play_write(const Play *play, FILE *stream);
void play_destroy(Play *play);

/* The program's tables: "sections" of options, "policies", "presets", "models", "accelerators",
 * "clients", "observation" (what a policy of one's own is told), "rules" (scripts to begin from)
 * (play_options.c); owned by the caller. */
cJSON *play_options_json(void);

/* Files of the page, by the names that the program in the page opens (play_files.c). --------------
 */

#define PLAY_FILE_MOST (2 * 1024 * 1024) /* bytes of one of them, compressed */

typedef struct PlayFiles PlayFiles;

PlayFiles *play_files_create(void);
void play_files_destroy(PlayFiles *files);
/* A scenario with all that it reads (false after adding errors), and a lesson's page. */
bool play_files_add_scenario(PlayFiles *files, const char *path, ErrorList *errors);
void play_files_add_page(PlayFiles *files, const char *path);
/* Reads them. Into object: "scenarios": [{"name", "file", "question", "reads"}], "lessons":
 * [{"file"}], "files": {NAME: base64 of the gzipped file} of those that are no texts; into texts:
 * {NAME: text}. False after adding errors. */
bool play_files_put(PlayFiles *files, cJSON *object, cJSON *texts, ErrorList *errors);

#endif
