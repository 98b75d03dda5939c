// SPDX-License-Identifier: GPL-3.0-or-later
/* Walks a JSON object by an option table into a config struct. Mistakes are collected, never the
 * first only, with their JSON path as place; where that is, a line of the file or a flag of the
 * command line, is looked up once at the end (reader_locate). A null sets an option to its default.
 */
#ifndef SCENARIO_READER_H
#define SCENARIO_READER_H

#include "base/json.h"
#include "engine/options.h"

typedef struct Reader {
    JsonTree *tree;        /* where nodes are from: lines, or changes (ScenarioOverride) */
    const char *file;      /* what errors name */
    const char *directory; /* that relative file names start from; NULL or "" = the working
                              directory */
    ErrorList *errors;
} Reader;

/* Of a row of type CUSTOM: what reads its member (NULL: it is not there) into the struct that has
 * the option, or NULL where whoever reads the table does; and what writes it (NULL: it is absent).
 */
typedef struct OptionPart {
    void (*read)(Reader *reader, const cJSON *node, const JsonPath *at, void *config);
    cJSON *(*write)(const void *config);
} OptionPart;

/* Is the root an object? False after adding an error unless it could not be parsed at all: "found
 * 12, expected a sweep: an object { ... }". */
bool reader_is_object(Reader *reader, const char *expected);

/* Reads the members of node into config, which holds defaults already. Keys of CUSTOM rows are
 * known but left to the caller. */
void reader_options(Reader *reader, const cJSON *node, const Option table[], void *config,
                    const JsonPath *at);
/* The same of a section of the scenario, by the parts of CUSTOM rows too. An unknown key is told
 * where it belongs; `also` (or NULL) is one more key, which the caller reads. */
void reader_section(Reader *reader, const cJSON *node, const Option table[], void *config,
                    const JsonPath *at, const char *also);
/* Reads one value. */
void reader_option(Reader *reader, const cJSON *node, const Option *option, void *config,
                   const JsonPath *at);
/* A check across options, with its config's place. */
void reader_check(Reader *reader, const JsonPath *at,
                  void (*check)(const void *config, const Error *where, ErrorList *errors),
                  const void *config);

/* Adds an error at the path (NULL: the root): what was found by printf's rules. */
void reader_error(Reader *reader, const JsonPath *at, const char *expected, const char *suggestion,
                  const char *found, ...) __attribute__((format(printf, 5, 6)));
/* Adds "found <the node, or nothing>, expected ...". */
void reader_refuse(Reader *reader, const cJSON *node, const JsonPath *at, const char *expected,
                   const char *suggestion);

/* The member, or NULL; a null counts as not there. */
const cJSON *reader_member(const cJSON *object, const char *key);

/* "tokens=5,requests=2" as an object of numbers and texts, as firectl writes a group; NULL if it is
 * not of that form. Owned by the caller. */
cJSON *reader_pairs(const char *text);

/* Gives each error kept since `from` that has a place but no file its line or flag; the root is the
 * tree's. Mistakes of one flag that went to several deployments are told once, and a missing value
 * is not told where a wrong one is. */
void reader_locate(const Reader *reader, size_t from);

#endif
