// SPDX-License-Identifier: GPL-3.0-or-later
/* Every form in which a time is written, to the nanosecond; the expected values are by date(1). */
#include "engine/sim_time.h"
#include "traffic/field.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECONDS INT64_C(1794852946) /* 2026-11-16T18:15:46Z: date -u -d ... +%s */

static bool read(const char *text, FieldUnit unit, int64_t *ns) {
    char line[80];
    FieldCalendar calendar = {.known = false};
    const size_t length = strlen(text);
    memcpy(line, text, length);
    memcpy(line + length, ",9", 3);
    return field_time((InputText){line, line + length}, unit, &calendar, ns);
}

Test(traffic_dates, forms) {
    static const struct {
        const char *text;
        int64_t more_ns;
    } forms[] = {
        {"2026-11-16T18:15:46Z", 0},
        {"2026-11-16 18:15:46", 0},
        {"2026-11-16 18:15:46 UTC", 0},
        {"2026-11-16 18:15:46 GMT", 0},
        {"2026-11-16T20:15:46+0200", 0},
        {"2026-11-16T20:15:46+02:00", 0},
        {"2026-11-16T20:15:46 +02", 0},
        {"2026-11-16T14:15:46.5-04:00", 500000000},
        {"2026-11-16T18:15:46,680Z", 680000000},
        {"2026-11-16T18:15:46.123456789123Z", 123456789},
        {"2026/11/16 18:15:46", 0},
        {"16/Nov/2026:18:15:46 +0000", 0},
        {"16/Nov/2026:13:15:46 -0500", 0},
        {"16/Nov/2026:18:15:46.655", 655000000},
        {"Mon, 16 Nov 2026 18:15:46 GMT", 0},
        {"Mon, 16 Nov 2026 19:15:46 +0100", 0},
        {"16 Nov 2026 18:15:46", 0},
        {"16-Nov-2026 18:15:46", 0},
        {"Nov 16, 2026 6:15:46 PM", 0},
        {"Nov 16, 2026, 6:15:46 pm", 0},
        {"November 16, 2026 18:15:46", 0},
        {"Nov 16, 2026 06:15:46.25 PM", 250000000},
        {"1794852946", 0},
        {"1794852946.25", 250000000},
        {"1794852946250", 250000000},
        {"1794852946250125", 250125000},
        {"1794852946250125999", 250125999},
        {"1794852946250.125", 250125000},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        int64_t ns = -1;
        cr_expect(read(forms[i].text, FIELD_UNIT_AUTO, &ns), "%s", forms[i].text);
        cr_expect_eq(ns, SECONDS * SIM_TIME_SECOND + forms[i].more_ns, "%s: %lld", forms[i].text,
                     (long long)ns);
    }
    int64_t ns;
    cr_expect(read("Nov 16, 2026 12:00:00 AM", FIELD_CALENDAR, &ns));
    cr_expect_eq(ns, INT64_C(1794787200) * SIM_TIME_SECOND);
    cr_expect(read("1794852946250", FIELD_SECONDS, &ns) == false); /* a unit that is given holds */
}

Test(traffic_dates, what_is_none) {
    static const char *const texts[] = {
        "03/04/2026 10:00:00",
        "03/04/2026",
        "16/11/2026:18:15:46 +0000",
        "16/Now/2026:18:15:46",
        "32/Nov/2026:18:15:46",
        "30/Feb/2026:18:15:46",
        "Nov 16, 2026 13:15:46 PM",
        "Nov 16, 2026 0:15:46 AM",
        "16/Nov/2026:24:15:46",
        "16/Nov/2026:18:15:46 EST",
        "16/Nov/2026",
        "Mon, 16 Nov 26 18:15:46 GMT",
        "Nov",
        "",
        "16/Nov/2026:18:15:46.",
        "2026-11-16T18:15:46+25:00",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t ns;
        cr_expect(!read(texts[i], FIELD_UNIT_AUTO, &ns), "%s", texts[i]);
    }
}
