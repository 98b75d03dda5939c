// SPDX-License-Identifier: GPL-3.0-or-later
/* The style and the script of a page, compiled in: the Makefile makes the arrays from the files in
 * output/page/. */
#ifndef OUTPUT_PAGE_ASSETS_H
#define OUTPUT_PAGE_ASSETS_H

#include <stddef.h>

extern const char page_style_data[]; /* ends with '\0', which the size leaves out */
extern const size_t page_style_data_size;
extern const char page_script_data[];
extern const size_t page_script_data_size;

#endif
