// SPDX-License-Identifier: GPL-3.0-or-later
/* What all pages of ours have alike: one file that fetches nothing, which a Content-Security-Policy
 * in it enforces: only the scripts whose digests it names may run, and nothing may be loaded. */
#ifndef OUTPUT_PAGE_FRAME_H
#define OUTPUT_PAGE_FRAME_H

#include "base/error.h"

#include <stdio.h>

/* dygraphs, as it is installed here; see page_frame.c. */
typedef struct PageLibrary PageLibrary;

/* NULL after adding errors. */
PageLibrary *page_library_load(ErrorList *errors);
void page_library_destroy(PageLibrary *library);

/* What is a page's own; all lent. */
typedef struct PageParts {
    const char *style, *script;
    const char *policy;         /* more directives: "worker-src blob:; "; "": none */
    const char *script_sources; /* beside the digests: " 'wasm-unsafe-eval'"; "": none */
    /* NULL, or a script that unpacks the others, of elements "library" and "script", and puts them
     * into the page. */
    const char *loader;
    const char *fetches; /* what it does, at its foot; NULL: "This file fetches nothing." */
} PageParts;

/* Bytes gzipped, as base64; *size (NULL: not wanted): bytes of the former. Owned by the caller. */
char *page_pack(const char *bytes, size_t length, size_t *size);

/* Up to the body, in which the page's data follows; then the footer and the scripts. */
void page_write_head(FILE *stream, const PageLibrary *library, const PageParts *parts);
void page_write_foot(FILE *stream, const PageLibrary *library, const PageParts *parts);

#endif
