// SPDX-License-Identifier: GPL-3.0-or-later
/* One line of CSV (RFC 4180, without line breaks inside quotes) cut into fields, in place. */
#ifndef TRAFFIC_CSV_LINE_H
#define TRAFFIC_CSV_LINE_H

#include "traffic/input.h"

/* The separator of a header line: a comma, or a tab or semicolon when it has those and no comma. */
char csv_line_delimiter(InputText header);

/* Cuts off the first `most` fields and returns how many there are; quotes around a field are left
 * out, doubled quotes inside stay doubled. A quote that is never closed makes the rest of the line
 * its field, with the quote. */
size_t csv_line_split(InputText line, char delimiter, InputText fields[], size_t most);

size_t csv_line_count(InputText line, char delimiter);

/* Number of the first column with that name (any case, blanks around it left out), or -1. */
int csv_line_find(InputText header, char delimiter, const char *name);

#endif
