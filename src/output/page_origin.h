// SPDX-License-Identifier: GPL-3.0-or-later
/* Where a page's figures come from: the command that makes them again, version, seeds and digests
 * (manifest.json), the scenario, what is assumed. */
#ifndef OUTPUT_PAGE_ORIGIN_H
#define OUTPUT_PAGE_ORIGIN_H

#include "base/error.h"

#include <cJSON.h>

/* FOLDER/NAME as a tree; NULL after adding an error. Owned by the caller (cJSON_Delete). */
cJSON *page_origin_read(const char *folder, const char *name, ErrorList *errors);

/* The folder's manifest.json: the command, the rest as a list. False after adding an error. */
bool page_origin_write_manifest(FILE *stream, const char *folder, ErrorList *errors);

/* A folded text: FOLDER/NAME under a title. False after adding an error. */
bool page_origin_write_document(FILE *stream, const char *folder, const char *name,
                                const char *title, ErrorList *errors);

/* Folded: the rules assumed, and the options with an assumed default beside what the scenarios (of
 * `count` runs, lent) say. */
void page_origin_write_assumptions(FILE *stream, cJSON *const scenarios[], size_t count);

#endif
