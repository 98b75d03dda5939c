// SPDX-License-Identifier: GPL-3.0-or-later
/* What every command line must do, in one line of a test each. */
#ifndef TESTS_CLI_CLI_CHECKS_H
#define TESTS_CLI_CLI_CHECKS_H

#include "support/program.h"

#include <cJSON.h>

/* One deployment, ten requests, no randomness: enough for what is not about the model. */
extern const char tiny_scenario[];

/* Ends with status 0 and nothing on stderr. Clears the result. */
void expect_done(ProgramResult result);
/* So, with each text (NULL-terminated) on stdout. Clears the result. */
void expect_says(ProgramResult result, const char *const texts[]);
#define SAYS(result, ...) expect_says(result, (const char *const[]){__VA_ARGS__, NULL})
/* Ends with status 2, nothing on stdout, and each text (NULL-terminated) in what stderr says; what
 * it says is whole lines that can be printed. Clears the result. */
void expect_refused(ProgramResult result, const char *const texts[]);
/* The same, but with status 1: a failure of the system. */
void expect_failed(ProgramResult result, const char *const texts[]);
#define FAILED(result, ...) expect_failed(result, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSED(result, ...) expect_refused(result, (const char *const[]){__VA_ARGS__, NULL})

/* Standard output as JSON, which it must be; status 0. Clears the result. Owned by the caller. */
cJSON *expect_json(ProgramResult result);
double cli_json_number(const cJSON *object, const char *key);
/* deployments.NAME of a summary. */
const cJSON *json_deployment(const cJSON *summary, const char *name);
/* Requests and sends of a deployment add up. */
void expect_accounted(const cJSON *deployment);

/* A case of a script beside the tests, which may install what it needs: it ends with 0, or with 77
 * and the reason where it cannot be; then the test is skipped. */
void expect_case(const char *script, const char *name);

/* The files are byte for byte the same; NULL-terminated names. */
void expect_same_files(const char *one_folder, const char *other_folder, const char *const names[]);
extern const char *const result_files[]; /* all of an output, but the manifest */

#endif
