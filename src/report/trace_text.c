// SPDX-License-Identifier: GPL-3.0-or-later
/* Counts to the last digit: a trace is known by them. */
#include "report/trace_text.h"

#include <inttypes.h>
#include <stdio.h>

const char *trace_text_count(uint64_t count, char text[HUMAN_TEXT]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *at = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}
