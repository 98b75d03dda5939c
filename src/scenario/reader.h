// SPDX-License-Identifier: GPL-3.0-or-later
/* Walks a JSON object by an option table into a config struct. Mistakes are collected, never the
 * first only, with their JSON path as place; where that is, a line of the file or a flag of the
 * command line, is looked up once at the end (reader_locate). A null sets an option to its default.
 */
#ifndef SCENARIO_READER_H
#define SCENARIO_READER_H

#include "engine/options.h"
#include "scenario/scenario.h"

#include <cJSON.h>

typedef struct Reader {
    const char *file;      /* what errors name */
    const char *directory; /* that relative file names start from; NULL or "" = the working
                              directory */
    const ScenarioOverride *overrides;
    size_t override_count;
    ErrorList *errors;
} Reader;

/* What a table does not say about an object's keys. */
typedef struct ReaderKeys {
    const char *const *also; /* keys that the caller reads, NULL-terminated; may be NULL */
    /* What an unknown key means elsewhere: "an option of gamma", owned by the caller, or NULL. */
    char *(*foreign)(const void *context, const char *key);
    const void *context;
} ReaderKeys;

/* Reads the members of node into config, which holds defaults already. Keys of CUSTOM rows are
 * known but left to the caller. keys may be NULL. */
void reader_options(Reader *reader, const cJSON *node, const Option table[], void *config,
                    const char *path, const ReaderKeys *keys);

/* Reads one value. */
void reader_option(Reader *reader, const cJSON *node, const Option *option, void *config,
                   const char *path);

/* Adds an error at path. */
void reader_error(Reader *reader, const char *path, const char *found, const char *expected,
                  const char *suggestion);
/* Adds "found <the node>, expected ...". */
void reader_refuse(Reader *reader, const cJSON *node, const char *path, const char *expected,
                   const char *suggestion);

/* The member, or NULL; a null counts as not there. */
const cJSON *reader_member(const cJSON *object, const char *key);

/* "tokens=5,requests=2" as an object of numbers and texts, as firectl writes a group; NULL if it is
 * not of that form. Owned by the caller. */
cJSON *reader_pairs(const char *text);

/* Is this option the name of a file, which is made absolute? By its own name: "file" or "..._file".
 */
bool reader_is_file(const Option *option);

/* Gives each error kept since `from` that has a place but no file its line or flag. Mistakes of one
 * flag that went to several deployments are told once, and a missing value is not told where a
 * wrong one is.
 */
void reader_locate(const Reader *reader, const cJSON *root, size_t from);

/* Which override made the node, or -1; *whole: the node is all of its value. */
long reader_override(const cJSON *node, bool *whole);
/* The mark for valueint. */
int reader_override_mark(size_t override, bool whole);

#endif
