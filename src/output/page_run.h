// SPDX-License-Identifier: GPL-3.0-or-later
/* The page of one run, from the files that `run --out` writes: for each deployment key figures,
 * charts and tables; then where it comes from. */
#ifndef OUTPUT_PAGE_RUN_H
#define OUTPUT_PAGE_RUN_H

#include "base/error.h"

#include <cJSON.h>

/* The body, without its element. False after adding errors. */
bool page_run_write(FILE *stream, const char *folder, ErrorList *errors);

/* What other pages show of a run too: its scenario's name and question as the page's head, and a
 * deployment in a line ("llama on 4 x H100, ..."; nothing where the scenario does not have it). */
void page_run_write_head(FILE *stream, const cJSON *scenario, const char *kind);
void page_run_write_deployment(FILE *stream, const cJSON *scenario, const char *deployment);

/* "calendar": the instant of time 0 in seconds since 1970, or null. */
void page_run_write_calendar(FILE *stream, const cJSON *scenario);

#endif
