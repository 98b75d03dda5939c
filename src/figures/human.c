// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers for people. Rounding happens before the unit is chosen, so nothing reads "1000 ms". */
#include "figures/human.h"

#include "engine/sim_time.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *absent(char text[HUMAN_TEXT]) {
    return strcpy(text, "-");
}

/* Three significant digits, but never fewer than all before the point: 0.0123, 1.23, 12.3, 1234. */
static void put_three_digits(double value, char text[HUMAN_TEXT]) {
    const double magnitude = fabs(value);
    int decimals = 0;
    if (magnitude > 0 && magnitude < 99.95) {
        decimals = 2 - (int)floor(log10(magnitude) + 1e-9);
        decimals = decimals > 9 ? 9 : decimals;
        if (decimals > 0 && magnitude >= pow(10, 3 - decimals) - 0.5 * pow(10, -decimals)) {
            decimals--; /* 9.996 rounds to 10.0 */
        }
    }
    snprintf(text, HUMAN_TEXT, "%.*f", decimals, value);
}

/* Groups of three digits: 1234567 -> 1,234,567. */
static void put_grouped(uint64_t value, char text[HUMAN_TEXT]) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *at = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *at++ = ',';
        }
        *at++ = digits[i];
    }
    *at = '\0';
}

static const char *with_suffix(double value, char text[HUMAN_TEXT]) {
    static const char suffixes[] = "MGT";
    double scaled = value / 1e6;
    size_t i = 0;
    while (scaled >= 999.5 && i + 1 < sizeof suffixes - 1) {
        scaled /= 1e3;
        i++;
    }
    put_three_digits(scaled, text);
    const size_t length = strlen(text);
    text[length] = suffixes[i];
    text[length + 1] = '\0';
    return text;
}

const char *human_count(uint64_t count, char text[HUMAN_TEXT]) {
    if (count >= 1000000) {
        return with_suffix((double)count, text);
    }
    put_grouped(count, text);
    return text;
}

const char *human_number(double number, char text[HUMAN_TEXT]) {
    if (!isfinite(number) || fabs(number) >= 1e18) {
        return absent(text);
    }
    if (number >= 999999.5) {
        return with_suffix(number, text);
    }
    if (number >= 999.5) {
        put_grouped((uint64_t)llround(number), text);
    } else {
        put_three_digits(number, text);
    }
    return text;
}

const char *human_seconds(double seconds, char text[HUMAN_TEXT]) {
    char value[HUMAN_TEXT];
    if (isinf(seconds) && seconds > 0) {
        return strcpy(text, "never");
    }
    if (!isfinite(seconds) || seconds < 0 || seconds > 1e12) {
        return absent(text);
    }
    if (seconds == 0) {
        return strcpy(text, "0 s");
    }
    if (seconds < 59.95) {
        const bool nano = seconds < 0.9995e-6, micro = seconds < 0.9995e-3,
                   milli = seconds < 0.9995;
        put_three_digits(seconds * (nano ? 1e9 : micro ? 1e6 : milli ? 1e3 : 1.0), value);
        snprintf(text, HUMAN_TEXT, "%.20s %s", value,
                 nano    ? "ns"
                 : micro ? "us"
                 : milli ? "ms"
                         : "s");
        return text;
    }
    const long long whole = llround(seconds);
    const long long minutes = llround(seconds / 60), hours = llround(seconds / 3600);
    if (whole < 3600) {
        snprintf(text, HUMAN_TEXT, "%lldm%02llds", whole / 60, whole % 60);
    } else if (minutes < 24LL * 60) {
        snprintf(text, HUMAN_TEXT, "%lldh%02lldm", minutes / 60, minutes % 60);
    } else {
        snprintf(text, HUMAN_TEXT, "%lldd%02lldh", hours / 24, hours % 24);
    }
    return text;
}

const char *human_usd(double usd, char text[HUMAN_TEXT]) {
    char value[HUMAN_TEXT];
    if (!isfinite(usd) || usd < 0 || usd > 1e15) {
        return absent(text);
    }
    if (usd > 0 && usd < 0.995) {
        put_three_digits(usd, value);
        snprintf(text, HUMAN_TEXT, "$%.20s", value);
        return text;
    }
    const uint64_t cents = (uint64_t)llround(usd * 100);
    put_grouped(cents / 100, value);
    snprintf(text, HUMAN_TEXT, "$%.28s.%02d", value, (int)(cents % 100));
    return text;
}

const char *human_share(double share, char text[HUMAN_TEXT]) {
    if (!isfinite(share)) {
        return absent(text);
    }
    const double percent = 100 * share;
    /* "100.0 %" is said of all, and of nothing less. */
    const bool nearly_all = share < 1 && percent >= 99.95;
    snprintf(text, HUMAN_TEXT, "%.*f %%", nearly_all ? 3 : 1, percent);
    return text;
}

const char *human_instant(sim_time instant, char text[HUMAN_TEXT]) {
    if (instant == SIM_TIME_NEVER) {
        return absent(text);
    }
    const int64_t seconds = instant / SIM_TIME_SECOND;
    const int64_t days = seconds / 86400;
    int length = days > 0 ? snprintf(text, HUMAN_TEXT, "day %" PRId64 " ", days + 1) : 0;
    length += snprintf(text + length, HUMAN_TEXT - (size_t)length, "%02d:%02d:%02d",
                       (int)(seconds / 3600 % 24), (int)(seconds / 60 % 60), (int)(seconds % 60));
    if (instant < SIM_TIME_MINUTE) {
        snprintf(text + length, HUMAN_TEXT - (size_t)length, ".%03d",
                 (int)(instant % SIM_TIME_SECOND / SIM_TIME_MILLISECOND));
    }
    return text;
}

const char *human_value(MetricUnit unit, MetricValue value, char text[HUMAN_TEXT]) {
    const double number = metric_number(value);
    if (value.kind == METRIC_VALUE_NONE) {
        return absent(text);
    }
    switch (unit) {
    case METRIC_UNIT_COUNT: return human_count(value.count, text);
    case METRIC_UNIT_SECONDS: return human_seconds(number, text);
    case METRIC_UNIT_USD: return human_usd(number, text);
    case METRIC_UNIT_SHARE: return human_share(number, text);
    case METRIC_UNIT_HOURS:
    case METRIC_UNIT_PER_SECOND: break;
    }
    return human_number(number, text);
}
