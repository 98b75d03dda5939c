// SPDX-License-Identifier: GPL-3.0-or-later
/* The grammar of crontab(5): a field is a list of items with commas between them, an item a star, a
 * number or a range, and a star or a range may have a step. Months and weekdays have names of three
 * letters; 7 is Sunday too, and a range may end with it (Mon-Sun). Day of the month and day of the
 * week: where both are restricted (neither begins with a star) either one will do. */
#include "engine/cron.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIELD_MINUTE, FIELD_HOUR, FIELD_DAY, FIELD_MONTH, FIELD_WEEKDAY, FIELDS };

static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                          "Aug", "Sep", "Oct", "Nov", "Dec", NULL};
static const char *const weekday_names[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", NULL};

typedef struct Field {
    const char *name;
    int low, high;
    const char *const *names; /* of low, low + 1, ..., or NULL */
    const char *expected;
} Field;

static const Field fields[FIELDS] = {
    {"minute", 0, 59, NULL, "minutes from 0 to 59: *, 30, 0-29, */15, or a list 0,30"},
    {"hour", 0, 23, NULL, "hours from 0 to 23: *, 8, 8-18, */2, or a list 8,20"},
    {"day of the month", 1, 31, NULL, "days from 1 to 31: *, 1, 1-7, */2, or a list 1,15"},
    {"month", 1, 12, month_names, "months from 1 to 12 or Jan to Dec: *, 6, Jun-Aug, or a list"},
    {"day of the week", 0, 7, weekday_names,
     "days from 0 or Sun to 6 or Sat, 7 being Sunday too: *, Mon-Fri, or a list Sat,Sun"},
};

/* One field as it is read. */
typedef struct Scan {
    const Field *field;
    const char *at, *end;
    const char *suggestion;
} Scan;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A name of the field, which is the index-th; the nearest one is suggested when there is none. */
static bool scan_name(Scan *scan, int *value) {
    const char *first = scan->at;
    while (scan->at < scan->end && is_letter(*scan->at)) {
        scan->at++;
    }
    const size_t length = (size_t)(scan->at - first);
    const char *const *names = scan->field->names;
    for (int i = 0; names != NULL && names[i] != NULL; i++) {
        if (length == 3 && strncasecmp(names[i], first, length) == 0) {
            *value = scan->field->low + i;
            return true;
        }
    }
    char *word = memory_text_n(first, length);
    NearestName nearest = {.word = word};
    for (int i = 0; names != NULL && names[i] != NULL; i++) {
        if (length > 3 && strncasecmp(names[i], word, 3) == 0) {
            nearest.name = names[i]; /* Monday */
            break;
        }
        nearest_try(&nearest, names[i]);
    }
    scan->suggestion = nearest.name;
    free(word);
    return false;
}

static bool scan_number(Scan *scan, int *value) {
    const char *first = scan->at;
    *value = 0;
    while (scan->at < scan->end && is_digit(*scan->at) && scan->at - first < 4) {
        *value = 10 * *value + (*scan->at++ - '0');
    }
    return scan->at > first;
}

static bool scan_value(Scan *scan, int *value) {
    if (scan->at < scan->end && is_letter(*scan->at)) {
        return scan_name(scan, value);
    }
    return scan_number(scan, value) && *value >= scan->field->low && *value <= scan->field->high;
}

static bool take(Scan *scan, char c) {
    const bool found = scan->at < scan->end && *scan->at == c;
    scan->at += found;
    return found;
}

/* A range that ends with Sunday goes up to it: it is the day after Saturday. */
static bool scan_range(Scan *scan, int *from, int *to) {
    *from = scan->field->low;
    *to = scan->field->high;
    if (take(scan, '*')) {
        return true;
    }
    if (!scan_value(scan, from)) {
        return false;
    }
    *to = *from;
    if (!take(scan, '-')) {
        return scan->at == scan->end || *scan->at != '/';
    }
    if (!scan_value(scan, to)) {
        return false;
    }
    *to += scan->field == &fields[FIELD_WEEKDAY] && *to == 0 && *from > 0 ? 7 : 0;
    return *from <= *to;
}

static bool scan_item(Scan *scan, uint64_t *values) {
    int from, to, step = 1;
    if (!scan_range(scan, &from, &to)) {
        return false;
    }
    if (take(scan, '/') && (!scan_number(scan, &step) || step < 1 || step > scan->field->high)) {
        return false;
    }
    for (int value = from; value <= to; value += step) {
        *values |= UINT64_C(1) << value;
    }
    return scan->at == scan->end || *scan->at == ',';
}

static bool scan_field(Scan *scan, uint64_t *values) {
    *values = 0;
    do {
        if (!scan_item(scan, values)) {
            return false;
        }
    } while (take(scan, ','));
    return true;
}

/* Mistakes ----------------------------------------------------------------------------------- */

static bool refuse(const Error *where, const char *name, const char *found, const char *expected,
                   const char *suggestion, ErrorList *errors) {
    Error at = *where;
    char *place = where->place != NULL && *where->place != '\0'
                      ? memory_format("%s.%s", where->place, name)
                      : memory_text(name);
    at.place = place;
    error_at(errors, &at, found, expected, suggestion);
    free(place);
    return false;
}

static bool refuse_field(const Scan *scan, const char *first, const Error *where, const char *name,
                         ErrorList *errors) {
    char *found =
        memory_format("\"%.*s\" as the %s", (int)(scan->end - first), first, scan->field->name);
    refuse(where, name, found, scan->field->expected, scan->suggestion, errors);
    free(found);
    return false;
}

static bool refuse_count(const char *text, int count, const Error *where, const char *name,
                         ErrorList *errors) {
    char *found = memory_format("\"%s\", of %d field%s", text, count, count == 1 ? "" : "s");
    refuse(where, name, found,
           "the five fields of cron, such as \"0 8 * * Mon-Fri\": minute, hour, day of the month, "
           "month, day of the week",
           NULL, errors);
    free(found);
    return false;
}

/* The whole ---------------------------------------------------------------------------------- */

/* Is there a month that has one of the days? Where a weekday would do, there is. */
static bool comes_ever(const Cron *cron) {
    for (int month = 1; month <= 12; month++) {
        const uint64_t days = (UINT64_C(2) << sim_time_days_in_month(2000, month)) - 2;
        if ((cron->months >> month & 1) != 0 && (cron->either || (cron->days & days) != 0)) {
            return true;
        }
    }
    return false;
}

static const char separators[] = " \t";

static int count_fields(const char *text) {
    int count = 0;
    for (text += strspn(text, separators); *text != '\0'; text += strspn(text, separators)) {
        text += strcspn(text, separators);
        count++;
    }
    return count;
}

bool cron_parse(const char *text, Cron *cron, const Error *where, const char *name,
                ErrorList *errors) {
    const int count = count_fields(text);
    uint64_t *const values[FIELDS] = {&cron->minutes, &cron->hours, &cron->days, &cron->months,
                                      &cron->weekdays};
    bool starred[FIELDS];
    *cron = (Cron){0};
    if (count != FIELDS) {
        return refuse_count(text, count, where, name, errors);
    }
    const char *at = text;
    for (int i = 0; i < FIELDS; i++) {
        at += strspn(at, separators);
        Scan scan = {.field = &fields[i], .at = at, .end = at + strcspn(at, separators)};
        starred[i] = *at == '*';
        if (!scan_field(&scan, values[i])) {
            return refuse_field(&scan, at, where, name, errors);
        }
        at = scan.end;
    }
    cron->weekdays = (cron->weekdays | cron->weekdays >> 7) & 0x7f;
    cron->either = !starred[FIELD_DAY] && !starred[FIELD_WEEKDAY];
    return comes_ever(cron) || refuse(where, name, text, "a day that some month has", NULL, errors);
}

bool cron_has_day(const Cron *cron, int64_t day) {
    int year, month, day_of_month;
    sim_time_civil_from_days(day, &year, &month, &day_of_month);
    const int64_t weekday = ((day + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    const bool in_days = (cron->days >> day_of_month & 1) != 0;
    const bool in_weekdays = (cron->weekdays >> weekday & 1) != 0;
    return (cron->months >> month & 1) != 0 &&
           (cron->either ? in_days || in_weekdays : in_days && in_weekdays);
}

int cron_minutes(const Cron *cron, int16_t minutes[CRON_DAY_MINUTES]) {
    int count = 0;
    for (int minute = 0; minute < CRON_DAY_MINUTES; minute++) {
        if ((cron->hours >> minute / 60 & 1) != 0 && (cron->minutes >> minute % 60 & 1) != 0) {
            minutes[count++] = (int16_t)minute;
        }
    }
    return count;
}
