// SPDX-License-Identifier: GPL-3.0-or-later
/* What the platform's documentation leaves open and is not an option: the rule that is assumed
 * instead, and which results hang on it. What is an option says so in its table (OPTION_ASSUMED).
 */
#ifndef OUTPUT_ASSUMPTIONS_H
#define OUTPUT_ASSUMPTIONS_H

#include <stddef.h>

typedef struct AssumedRule {
    const char *topic;
    const char *assumed;
    const char *decides; /* which results hang on it */
} AssumedRule;

extern const AssumedRule assumed_rules[];
extern const size_t assumed_rule_count;

#endif
