// SPDX-License-Identifier: GPL-3.0-or-later
/* The text of catalogue.json, compiled in: the Makefile makes catalogue_data.c from it. */
#ifndef SCENARIO_CATALOGUE_DATA_H
#define SCENARIO_CATALOGUE_DATA_H

#include <stddef.h>

extern const char catalogue_data[]; /* ends with '\0', which catalogue_data_size leaves out */
extern const size_t catalogue_data_size;

#endif
