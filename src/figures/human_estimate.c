// SPDX-License-Identifier: GPL-3.0-or-later
#include "figures/human_estimate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* How values of a unit and a size are shown: prefix, value * scale, suffix. */
typedef struct Shown {
    const char *prefix;
    double scale;
    const char *suffix;
} Shown;

static Shown seconds_shown(double size_s) {
    if (size_s == 0 || (size_s >= 0.9995 && size_s < 120)) {
        return (Shown){"", 1, " s"};
    }
    return size_s < 0.9995e-3 ? (Shown){"", 1e6, " us"}
           : size_s < 0.9995  ? (Shown){"", 1e3, " ms"}
           : size_s < 7200    ? (Shown){"", 1 / 60.0, " min"}
                              : (Shown){"", 1 / 3600.0, " h"};
}

static Shown shown(MetricUnit unit, HumanEstimate kind, double size) {
    switch (unit) {
    case METRIC_UNIT_SECONDS: return seconds_shown(size);
    case METRIC_UNIT_USD: return (Shown){"$", 1, ""};
    case METRIC_UNIT_SHARE:
        return (Shown){"", 100,
                       kind == HUMAN_ESTIMATE_VALUE        ? " %"
                       : kind == HUMAN_ESTIMATE_DIFFERENCE ? " pp"
                                                           : " points"};
    case METRIC_UNIT_COUNT:
    case METRIC_UNIT_HOURS:
    case METRIC_UNIT_PER_SECOND: break;
    }
    return (Shown){"", 1, ""};
}

/* So many that `digits` of them matter in size; 0 .. 6. */
static int decimals_for(double size, int digits) {
    if (!(size > 0)) {
        return 0;
    }
    int decimals = digits - 1 - (int)floor(log10(size) + 1e-9);
    decimals = decimals < 0 ? 0 : decimals > 6 ? 6 : decimals;
    /* 9.96 rounds to 10.0, which needs one less. */
    return decimals > 0 && size >= pow(10, digits - decimals) - 0.5 * pow(10, -decimals)
               ? decimals - 1
               : decimals;
}

static int decimals_of(MetricUnit unit, double value, double half_width) {
    if (unit == METRIC_UNIT_USD && fmax(fabs(value), half_width) >= 0.995) {
        const int cents = half_width >= 99.5 ? 0 : 2;
        return half_width > 0 && half_width < 0.0095 ? decimals_for(half_width, 1) : cents;
    }
    if (half_width > 0) {
        return decimals_for(half_width, 2);
    }
    return unit == METRIC_UNIT_COUNT && value == floor(value) ? 0 : decimals_for(fabs(value), 3);
}

/* "1,234.50" of a number >= 0. */
static void put_grouped_decimal(double number, int decimals, char text[HUMAN_TEXT]) {
    char plain[HUMAN_TEXT];
    const int length = snprintf(plain, sizeof plain, "%.*f", decimals, number);
    const int whole = length < HUMAN_TEXT ? (int)strcspn(plain, ".") : 0;
    if (whole == 0 || length + whole / 3 >= HUMAN_TEXT) { /* beyond what people read */
        snprintf(text, HUMAN_TEXT, "%.3g", number);
        return;
    }
    char *at = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = plain[i];
    }
    *at = '\0';
}

const char *human_estimate(MetricUnit unit, HumanEstimate kind, double value, double half_width,
                           char text[HUMAN_ESTIMATE_TEXT]) {
    if (isnan(value)) {
        return strcpy(text, "-");
    }
    if (isinf(value)) {
        return strcpy(text, kind == HUMAN_ESTIMATE_VALUE ? "never"
                            : value > 0                  ? "to never"
                                                         : "from never");
    }
    const double half = isfinite(half_width) && half_width > 0 ? half_width : 0;
    const Shown how = shown(unit, kind, fmax(fabs(value), half));
    const double scaled = value * how.scale;
    const int decimals = decimals_of(unit, scaled, half * how.scale);
    char number[HUMAN_TEXT], width[HUMAN_TEXT];
    put_grouped_decimal(fabs(scaled), decimals, number);
    put_grouped_decimal(half * how.scale, decimals, width);
    const char *sign = kind == HUMAN_ESTIMATE_AMOUNT       ? ""
                       : human_shows_zero(number)          ? ""
                       : value < 0                         ? "-"
                       : kind == HUMAN_ESTIMATE_DIFFERENCE ? "+"
                                                           : "";
    snprintf(text, HUMAN_ESTIMATE_TEXT, "%s%s%s%s%s%s%s", sign, how.prefix, number,
             half > 0 ? " \u00b1 " : "", half > 0 ? width : "", how.suffix,
             isinf(half_width) ? " or never" : "");
    return text;
}

bool human_shows_zero(const char *text) {
    const char *half_width = strstr(text, " \u00b1");
    const size_t length = half_width ? (size_t)(half_width - text) : strlen(text);
    const size_t digit = strcspn(text, "123456789");
    return digit >= length && memchr(text, '0', length) != NULL;
}
