// SPDX-License-Identifier: GPL-3.0-or-later
/* dygraphs, which draws a page's charts: found on this machine and put into the page, with its
 * licence; it is no part of this program. */
#ifndef OUTPUT_PAGE_LIBRARY_H
#define OUTPUT_PAGE_LIBRARY_H

#include "base/error.h"

/* The environment variable that names its folder, where it is not installed as Debian does. */
#define PAGE_LIBRARY_VARIABLE "ASIM_DYGRAPHS"

typedef struct PageLibrary {
    char *script; /* the library and its synchronizer, fit for a script element */
    char *style;
    char *licence;
} PageLibrary;

/* False after adding an error that names the package; page_library_clear is due in either case. */
bool page_library_load(PageLibrary *library, ErrorList *errors);
void page_library_clear(PageLibrary *library);

#endif
