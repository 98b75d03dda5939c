// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers of everyday size to decimal texts and back, to the same bytes and the same double as the
 * C library's, and many times as fast: a run writes tens of thousands, and in WebAssembly the
 * library's way is by a software's long doubles. Each says by false that a number is not for it. */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdbool.h>

/* The shortest text, of 15 digits or more where zeros at its end are counted, that reads back to
 * the number: what %.15g writes if it does, or %.16g, %.17g. From 1e-4 to 1e15, either sign. */
bool decimal_shortest(double number, char text[32]);
/* What %.*g writes for `digits`, 1 to 17; 0, and from 1e-4 to below what has an exponent. */
bool decimal_rounded(double number, int digits, char text[32]);
/* The number that all of the text is; of few digits, without an exponent. */
bool decimal_read(const char *text, const char *end, double *number);

#endif
