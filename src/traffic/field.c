// SPDX-License-Identifier: GPL-3.0-or-later
/* Exact numbers from text. A decimal is read as mantissa x 10^exponent with up to 19 significant
 * digits, which a 64-bit integer holds, and then scaled by integers. */
#include "traffic/field.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_MOST = 19, EXPONENT_MOST = 400 };

typedef struct Decimal {
    uint64_t mantissa;
    int exponent;
    bool negative;
} Decimal;

static inline unsigned digit_of(char c) {
    return (unsigned)(unsigned char)c - '0';
}

/* "e-3": returns its end, or NULL when no digit follows. */
static const char *read_exponent(const char *p, const char *end, int *exponent) {
    p++;
    const bool negative = p < end && *p == '-';
    p += p < end && (*p == '-' || *p == '+');
    if (p >= end || digit_of(*p) > 9) {
        return NULL;
    }
    int value = 0;
    for (; p < end && digit_of(*p) <= 9; p++) {
        value = value < EXPONENT_MOST ? 10 * value + (int)digit_of(*p) : value;
    }
    *exponent += negative ? -value : value;
    return p;
}

static bool read_decimal(InputText text, Decimal *decimal) {
    const char *p = text.start, *const end = text.end;
    *decimal = (Decimal){.negative = p < end && *p == '-'};
    p += p < end && (*p == '-' || *p == '+');
    int kept = 0;
    bool seen = false, point = false;
    for (; p < end; p++) {
        const unsigned digit = digit_of(*p);
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 9) {
            break;
        }
        seen = true;
        if (kept < DIGITS_MOST) {
            decimal->mantissa = 10 * decimal->mantissa + digit;
            kept += decimal->mantissa > 0;
            decimal->exponent -= point;
        } else {
            decimal->exponent += !point && decimal->exponent < EXPONENT_MOST;
        }
    }
    if (seen && p < end && (*p == 'e' || *p == 'E')) {
        p = read_exponent(p, end, &decimal->exponent);
    }
    return seen && p == end;
}

/* decimal x 10^power as an integer up to `most`, digits beyond the point dropped. */
static bool decimal_scaled(Decimal decimal, int power, uint64_t most, uint64_t *value) {
    uint64_t scaled = decimal.mantissa;
    int exponent = decimal.exponent + power;
    for (; exponent > 0 && scaled > 0; exponent--) {
        if (scaled > most / 10) {
            return false;
        }
        scaled *= 10;
    }
    for (; exponent < 0 && scaled > 0; exponent++) {
        scaled /= 10;
    }
    *value = scaled;
    return scaled <= most;
}

bool field_whole(InputText text, uint64_t most, uint64_t *value) {
    uint64_t number = 0;
    const char *p = text.start;
    if (text.end - p < DIGITS_MOST) { /* nearly always plain digits */
        for (; digit_of(*p) <= 9; p++) {
            number = 10 * number + digit_of(*p);
        }
        if (p == text.end && p > text.start && number <= most) {
            *value = number;
            return true;
        }
    }
    Decimal decimal;
    if (!read_decimal(text, &decimal) || (decimal.negative && decimal.mantissa != 0)) {
        return false;
    }
    while (decimal.exponent < 0 && decimal.mantissa % 10 == 0 && decimal.mantissa > 0) {
        decimal.mantissa /= 10;
        decimal.exponent++;
    }
    return (decimal.exponent >= 0 || decimal.mantissa == 0) &&
           decimal_scaled(decimal, 0, most, value);
}

bool field_number(InputText text, double *value) {
    Decimal decimal;
    if (!read_decimal(text, &decimal)) {
        return false;
    }
    /* Powers of ten up to 22 are exact doubles, so that usual numbers are rounded once. */
    const double power = pow(10, fabs((double)decimal.exponent));
    const double number =
        decimal.exponent < 0 ? (double)decimal.mantissa / power : (double)decimal.mantissa * power;
    if (!isfinite(number)) {
        return false;
    }
    *value = decimal.negative ? -number : number;
    return true;
}

bool field_amount(InputText text, double *value) {
    double number;
    if (!field_number(text, &number) || number < 0) {
        return false;
    }
    *value = fabs(number); /* no -0 */
    return true;
}

/* Calendar ------------------------------------------------------------------------------------- */

/* Two digits, or 100 and more. */
static inline unsigned two_digits(const char *p) {
    const unsigned tens = digit_of(p[0]), units = digit_of(p[1]);
    return tens <= 9 && units <= 9 ? 10 * tens + units : 100;
}

/* "2023-11-16" to the nanosecond at which it begins, between 1700 and 2261 (64 bits reach no
 * further). */
static bool read_date(const char *p, FieldCalendar *calendar) {
    const unsigned century = two_digits(p), years = two_digits(p + 2);
    const unsigned month = two_digits(p + 5), day = two_digits(p + 8);
    const unsigned year = 100 * century + years;
    if (century > 99 || years > 99 || year < 1700 || year > 2261 || month < 1 || month > 12 ||
        day < 1 || (int)day > sim_time_days_in_month((int)year, (int)month) || p[4] != p[7] ||
        (p[4] != '-' && p[4] != '/')) {
        return false;
    }
    memcpy(calendar->date, p, sizeof calendar->date);
    calendar->known = true;
    calendar->day_ns = sim_time_days_from_civil((int)year, (int)month, (int)day) * SIM_TIME_DAY;
    return true;
}

/* Digits after the point, as nanoseconds; *p moves past them. False if there is none. */
static inline bool read_fraction(const char **p, int64_t *ns) {
    static const int32_t scale[] = {1000000000, 100000000, 10000000, 1000000, 100000,
                                    10000,      1000,      100,      10,      1};
    uint32_t value = 0;
    int count = 0;
    const char *q = *p;
    for (; digit_of(*q) <= 9; q++) {
        if (count < 9) {
            value = 10 * value + digit_of(*q);
            count++;
        }
    }
    *p = q;
    *ns = (int64_t)value * scale[count];
    return count > 0;
}

/* "", "Z", " UTC", " GMT", "+00:00", "-0400", "+02": the offset to take away, in nanoseconds. */
static bool read_offset(const char *p, const char *end, int64_t *offset) {
    *offset = 0;
    p += p < end && *p == ' ';
    const size_t length = (size_t)(end - p);
    if (length == 0) {
        return true;
    }
    const InputText name = {p, end};
    if (field_says(name, "Z") || field_says(name, "UTC") || field_says(name, "GMT")) {
        return true;
    }
    if ((*p != '+' && *p != '-') || length < 3 || two_digits(p + 1) > 23) {
        return false;
    }
    const char *minutes = p + 3 + (length == 6 && p[3] == ':');
    const bool has_minutes = end - minutes == 2;
    if (length != 3 && (!has_minutes || two_digits(minutes) > 59)) {
        return false;
    }
    *offset = (int64_t)two_digits(p + 1) * SIM_TIME_HOUR +
              (has_minutes ? (int64_t)two_digits(minutes) * SIM_TIME_MINUTE : 0);
    *offset = *p == '-' ? -*offset : *offset;
    return true;
}

static bool read_calendar(InputText text, FieldCalendar *calendar, int64_t *ns) {
    const char *p = text.start;
    const ptrdiff_t length = text.end - p;
    if (length < 10 ||
        ((!calendar->known || memcmp(p, calendar->date, 10) != 0) && !read_date(p, calendar))) {
        return false;
    }
    if (length == 10) {
        *ns = calendar->day_ns;
        return true;
    }
    if (length < 16 || (p[10] != ' ' && p[10] != 'T') || p[13] != ':') {
        return false;
    }
    const bool has_seconds = length >= 19 && p[16] == ':';
    const unsigned hour = two_digits(p + 11), minute = two_digits(p + 14);
    const unsigned second = has_seconds ? two_digits(p + 17) : 0;
    if (hour > 23 || minute > 59 || second > 60) { /* 60: a leap second is the next minute's first
                                                    */
        return false;
    }
    p += has_seconds ? 19 : 16;
    int64_t fraction = 0, offset = 0;
    if (has_seconds && p < text.end && (*p == '.' || *p == ',')) {
        p++;
        if (!read_fraction(&p, &fraction)) {
            return false;
        }
    }
    if (p < text.end && !read_offset(p, text.end, &offset)) {
        return false;
    }
    *ns = calendar->day_ns + (int64_t)(3600 * hour + 60 * minute + second) * SIM_TIME_SECOND +
          fraction - offset;
    return true;
}

/* Dates with the month's name: "16/Nov/2026:18:15:46 +0000" (NCSA), "Mon, 16 Nov 2026 18:15:46 GMT"
 * (RFC 2822), "Nov 16, 2026 6:15:46 PM". They are put as 2026-11-16 18:15:46 and what follows. What
 * has the month as a number behind or before the day is not read: nobody can tell which it is. */

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One or two digits; false: none. */
static bool take_number(const char **p, const char *end, unsigned *value) {
    const char *q = *p;
    *value = 0;
    while (q < end && q - *p < 2 && digit_of(*q) <= 9) {
        *value = 10 * *value + digit_of(*q++);
    }
    const bool any = q > *p;
    *p = q;
    return any;
}

/* The first three letters of a month's name, and what more of it there is. */
static bool take_month(const char **p, const char *end, unsigned *month) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    if (end - *p < 3) {
        return false;
    }
    for (unsigned i = 0; i < 12; i++) {
        if (memcmp(*p, months + 3 * i, 3) == 0) {
            *month = i + 1;
            for (*p += 3; *p < end && is_letter(**p);) {
                ++*p;
            }
            return true;
        }
    }
    return false;
}

/* One of these characters, and blanks behind it; or none if it may be left out. */
static bool take_gap(const char **p, const char *end, const char *characters) {
    if (*p >= end || **p == '\0' || strchr(characters, **p) == NULL) {
        return false;
    }
    do {
        ++*p;
    } while (*p < end && **p == ' ');
    return true;
}

static void put_two(char *to, unsigned value) {
    to[0] = (char)('0' + value / 10 % 10);
    to[1] = (char)('0' + value % 10);
}

/* " AM", " pm" behind the clock makes 24 hours of 12. */
static bool take_half_day(const char **p, const char *end, unsigned *hour) {
    const char *q = *p + (*p < end && **p == ' ');
    if (end - q < 2 || (q[1] | 0x20) != 'm' || ((*q | 0x20) != 'a' && (*q | 0x20) != 'p')) {
        return true;
    }
    const bool is_right = *hour >= 1 && *hour <= 12;
    *hour = *hour % 12 + ((*q | 0x20) == 'p' ? 12 : 0);
    *p = q + 2;
    return is_right;
}

static bool read_worded(InputText text, FieldCalendar *calendar, int64_t *ns) {
    const char *p = text.start, *const end = text.end;
    unsigned day, month, hour, minute, second = 0;
    char iso[64] = "0000-00-00 00:00:00";
    if (end - p > 40) {
        return false;
    }
    const char *comma = memchr(p, ',', (size_t)(end - p));
    if (comma != NULL && comma - p >= 3 && comma - p <= 9 && is_letter(comma[-1])) { /* the day's
                                                                                        name */
        p = comma;
        take_gap(&p, end, ",");
    }
    const bool is_day_first = p < end && digit_of(*p) <= 9;
    const bool is_date = is_day_first ? take_number(&p, end, &day) && take_gap(&p, end, "/- ") &&
                                            take_month(&p, end, &month) && take_gap(&p, end, "/- ")
                                      : take_month(&p, end, &month) && take_gap(&p, end, " ") &&
                                            take_number(&p, end, &day) && take_gap(&p, end, ", ");
    if (!is_date || end - p < 9) {
        return false;
    }
    memcpy(iso, p, 4);
    p += 4;
    put_two(iso + 5, month);
    put_two(iso + 8, day);
    if (!take_gap(&p, end, ",: ") || !take_number(&p, end, &hour) || !take_gap(&p, end, ":") ||
        !take_number(&p, end, &minute) ||
        (take_gap(&p, end, ":") && !take_number(&p, end, &second))) {
        return false;
    }
    const char *const fraction = p;
    while (p < end && (*p == '.' || (digit_of(*p) <= 9 && p > fraction))) {
        p++;
    }
    const size_t digits = (size_t)(p - fraction);
    if (!take_half_day(&p, end, &hour) || hour > 23 || minute > 59) {
        return false;
    }
    put_two(iso + 11, hour);
    put_two(iso + 14, minute);
    put_two(iso + 17, second);
    memcpy(iso + 19, fraction, digits);
    memcpy(iso + 19 + digits, p, (size_t)(end - p));
    const InputText whole = {iso, iso + 19 + digits + (size_t)(end - p)};
    return read_calendar(whole, calendar, ns);
}

static bool read_date_and_time(InputText text, FieldCalendar *calendar, int64_t *ns) {
    return read_calendar(text, calendar, ns) || read_worded(text, calendar, ns);
}

/* What a number counts whose unit is not known: seconds, unless only a finer unit makes an instant
 * of this age of it. 10^11 s is the year 5138, 10^11 ms is 1973. */
static int power_by_size(Decimal decimal) {
    uint64_t whole;
    return !decimal_scaled(decimal, 0, UINT64_MAX / 10, &whole) ? FIELD_SECONDS
           : whole < UINT64_C(100000000000)                     ? FIELD_SECONDS
           : whole < UINT64_C(100000000000000)                  ? FIELD_MILLISECONDS
           : whole < UINT64_C(100000000000000000)               ? FIELD_MICROSECONDS
                                                                : FIELD_NANOSECONDS;
}

bool field_time(InputText text, FieldUnit unit, FieldCalendar *calendar, int64_t *ns) {
    if (unit == FIELD_CALENDAR) {
        return read_date_and_time(text, calendar, ns);
    }
    Decimal decimal;
    if (!read_decimal(text, &decimal)) {
        return unit == FIELD_UNIT_AUTO && read_date_and_time(text, calendar, ns);
    }
    const int power = unit == FIELD_UNIT_AUTO ? power_by_size(decimal) : (int)unit;
    uint64_t value;
    if (!decimal_scaled(decimal, power, INT64_MAX, &value)) {
        return false;
    }
    *ns = decimal.negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* Text ----------------------------------------------------------------------------------------- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

InputText field_trimmed(InputText text) {
    while (text.start < text.end && is_blank(*text.start)) {
        text.start++;
    }
    while (text.start < text.end && is_blank(text.end[-1])) {
        text.end--;
    }
    if (text.end - text.start >= 2 && *text.start == '"' && text.end[-1] == '"') {
        text.start++;
        text.end--;
    }
    return text;
}

bool field_says(InputText text, const char *name) {
    for (; text.start < text.end && *name != '\0'; text.start++, name++) {
        const char a = *text.start, b = *name;
        const char lower_a = a >= 'A' && a <= 'Z' ? (char)(a | 0x20) : a;
        const char lower_b = b >= 'A' && b <= 'Z' ? (char)(b | 0x20) : b;
        if (lower_a != lower_b) {
            return false;
        }
    }
    return text.start == text.end && *name == '\0';
}

/* The same of a CSV field, in which quotes are doubled. */
static bool column_says(InputText field, const char *name) {
    if (memchr(field.start, '"', (size_t)(field.end - field.start)) == NULL) {
        return field_says(field, name);
    }
    Text plain = {0};
    for (const char *p = field.start; p < field.end; p++) {
        text_add_char(&plain, *p);
        p += *p == '"' && p + 1 < field.end && p[1] == '"';
    }
    const bool says = field_says((InputText){plain.text, plain.text + plain.length}, name);
    text_clear(&plain);
    return says;
}

int field_column(InputText header, char delimiter, const char *name) {
    const size_t count = csv_line_count(header, delimiter);
    InputText *fields = memory_new(count, sizeof fields[0]);
    csv_line_split(header, delimiter, fields, count);
    size_t column = 0;
    while (column < count && !column_says(field_trimmed(fields[column]), name)) {
        column++;
    }
    free(fields);
    return column < count ? (int)column : -1;
}
