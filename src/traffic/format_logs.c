// SPDX-License-Identifier: GPL-3.0-or-later
/* Access logs of proxies. All are written when an answer ends, hence out of order. nginx and its
 * kin write the end's time: where the line has $request_time, wherever it stands, it is taken off.
 * Envoy, Traefik and Apache write the start's; Apache's combined form is nginx's to the letter, so
 * that only the user can tell. Every answer is a request that came, whatever its status. */
#include "traffic/field.h"
#include "traffic/row_reader.h"

#include "engine/sim_time.h"

#include <string.h>

/* The text between the first '[' at or after `from` and the ']' that follows. */
static bool find_bracketed(InputText line, InputText *inside) {
    const char *open = memchr(line.start, '[', (size_t)(line.end - line.start));
    const char *close = open ? memchr(open, ']', (size_t)(line.end - open)) : NULL;
    if (close == NULL) {
        return false;
    }
    *inside = (InputText){open + 1, close};
    return true;
}

/* nginx, NCSA common and combined ---------------------------------------------------------------
 */

/* "16/Nov/2023:18:15:46 +0000" as a calendar text, "2023-11-16 18:15:46 +0000". */
static bool to_calendar(InputText text, char calendar[32]) {
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    const char *p = text.start;
    if (text.end - p != 26 || p[2] != '/' || p[6] != '/' || p[11] != ':' || p[20] != ' ') {
        return false;
    }
    for (int month = 0; month < 12; month++) {
        if (memcmp(p + 3, months + 3 * month, 3) == 0) {
            const char tens = (char)('0' + (month + 1) / 10),
                       units = (char)('0' + (month + 1) % 10);
            const char date[] = {p[7], p[8], p[9], p[10], '-', tens, units, '-', p[0], p[1], ' '};
            memcpy(calendar, date, sizeof date);
            memcpy(calendar + 11, p + 12, 14);
            calendar[25] = '\0';
            return true;
        }
    }
    return false;
}

/* $time_local or $time_iso8601. */
static bool read_log_time(InputText inside, FieldCalendar *calendar, int64_t *time) {
    char text[32];
    const InputText iso = to_calendar(inside, text) ? (InputText){text, text + 25} : inside;
    return field_time(iso, FIELD_CALENDAR, calendar, time);
}

bool format_nginx_matches(const InputText lines[], size_t count) {
    InputText inside;
    FieldCalendar calendar = {.known = false};
    int64_t time;
    (void)count;
    return find_bracketed(lines[0], &inside) && inside.start > lines[0].start + 1 &&
           read_log_time(inside, &calendar, &time);
}

/* The fields of a line: words, "quoted texts", [texts in brackets]. */
typedef struct LogField {
    InputText text; /* without quotes or brackets */
    char around;    /* '"', '[', or 0 */
} LogField;

static bool next_log_field(const char **from, const char *end, LogField *field) {
    const char *p = *from;
    while (p < end && *p == ' ') {
        p++;
    }
    if (p == end) {
        return false;
    }
    field->around = *p == '"' || *p == '[' ? *p : 0;
    const char close = field->around == '"' ? '"' : field->around == '[' ? ']' : ' ';
    const char *const start = p + (field->around != 0);
    p = start;
    while (p < end && *p != close) {
        /* rt="0.250": the quotes belong to the word; \" is no end */
        if (*p == '\\' && p + 1 < end) {
            p++;
        } else if (close == ' ' && *p == '"') {
            const char *quote = memchr(p + 1, '"', (size_t)(end - p - 1));
            p = quote != NULL ? quote : end - 1;
        }
        p++;
    }
    field->text = (InputText){start, p < end ? p : end};
    *from = p < end ? p + 1 : end;
    return true;
}

static bool is_digits(const char *from, const char *to) {
    for (const char *p = from; p < to; p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
    }
    return from < to;
}

/* "40.250": nginx and its kin write seconds with three decimals, always; so a number without them
 * is something else (Apache's %D in microseconds, a length, a ratio). */
static bool read_log_seconds(InputText text, int64_t *ns) {
    FieldCalendar unused = {.known = false};
    const char *point = memchr(text.start, '.', (size_t)(text.end - text.start));
    return point != NULL && is_digits(text.start, point) && is_digits(point + 1, text.end) &&
           text.end - point == 4 && field_time(text, FIELD_SECONDS, &unused, ns);
}

/* A value with a name: "40.250", "1.5s", "40250ms", with quotes or a comma around. */
static bool read_named_duration(InputText text, int64_t *ns) {
    FieldCalendar unused = {.known = false};
    while (text.end > text.start && (text.end[-1] == ',' || text.end[-1] == ';')) {
        text.end--;
    }
    text = field_trimmed(text);
    FieldUnit unit = FIELD_SECONDS;
    if (text.end - text.start > 2 && memcmp(text.end - 2, "ms", 2) == 0) {
        unit = FIELD_MILLISECONDS;
        text.end -= 2;
    } else if (text.end - text.start > 1 && text.end[-1] == 's') {
        text.end--;
    }
    return text.start < text.end && is_digits(text.start, text.start + 1) &&
           field_time(text, unit, &unused, ns);
}

/* What logs call $request_time, where they give it a name. */
static const char *const request_time_names[] = {"rt",  "request_time", "req_time",    "reqtime",
                                                 "rqt", "request-time", "requesttime", NULL};

/* name=value or name:value, of a request time; the value may be the next field. */
static bool is_request_time(InputText text, InputText *value) {
    const char *p = text.start;
    while (p < text.end && *p != '=' && *p != ':') {
        p++;
    }
    for (size_t i = 0; p < text.end && request_time_names[i] != NULL; i++) {
        if (field_says((InputText){text.start, p}, request_time_names[i])) {
            *value = (InputText){p + 1, text.end};
            return true;
        }
    }
    return false;
}

/* What the fields of a line tell of time; -1: nothing. */
typedef struct LogTimes {
    int64_t named;   /* a request time with a name */
    int64_t longest; /* of the numbers with three decimals: $request_time is no shorter than any
                        $upstream_response_time */
    int64_t clock;   /* $msec: the end, in seconds since 1970 */
} LogTimes;

/* One number, or those of the servers that were tried one after another, with commas and colons
 * between and - for what is not known. A text with other words in it tells nothing. */
static void take_seconds(LogTimes *times, InputText text) {
    const char *p = text.start;
    int64_t sum = 0, ns = -1;
    while (p < text.end) {
        const char *start = p;
        while (p < text.end && *p != ' ' && *p != ',' && *p != ':') {
            p++;
        }
        const InputText word = {start, p};
        if (start < p && read_log_seconds(word, &ns)) {
            sum += ns;
        } else if (start < p && !field_says(word, "-")) {
            return;
        }
        p++;
    }
    if (sum >= SIM_TIME_SECOND * 1000000000) {
        times->clock = sum;
    } else if (ns >= 0) {
        times->longest = sum > times->longest ? sum : times->longest;
    }
}

static LogTimes read_log_times(const char *from, const char *end) {
    LogTimes times = {-1, -1, -1};
    LogField field;
    while (next_log_field(&from, end, &field)) {
        InputText value;
        const bool named = is_request_time(field.text, &value);
        LogField next;
        const char *after = from;
        if (named && value.start == value.end && next_log_field(&after, end, &next)) {
            value = next.text;
        }
        if (named && read_named_duration(value, &times.named)) {
            continue;
        }
        const char *equals =
            memchr(field.text.start, '=', (size_t)(field.text.end - field.text.start));
        InputText text =
            equals && field.around == 0 ? (InputText){equals + 1, field.text.end} : field.text;
        take_seconds(&times, equals ? field_trimmed(text) : text);
    }
    return times;
}

/* Where the fields behind the request begin: after the closing quote of the first text in quotes
 * behind the time; NULL: there is no request. */
static const char *after_request(InputText line, InputText inside) {
    const char *from = inside.end + 1;
    LogField field;
    while (next_log_field(&from, line.end, &field)) {
        if (field.around == '"') {
            return from;
        }
    }
    return NULL;
}

/* The end to the millisecond, where the line has it; and the arrival. */
static bool end_log_row(RowReader *reader, InputText line, TrafficRow *row) {
    if (!reader->ends) {
        return true;
    }
    const LogTimes times = read_log_times(line.start, line.end);
    if (times.clock >= 0 && times.clock / SIM_TIME_SECOND == row->time / SIM_TIME_SECOND) {
        row->time = times.clock;
    }
    return row_ended(reader, times.named >= 0 ? times.named : times.longest, row);
}

RowResult format_nginx_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText inside;
    *row = (TrafficRow){0};
    if (!find_bracketed(line, &inside)) {
        return row_bad(reader, line.start, NULL, line,
                       "a log line with its time in brackets, [16/Nov/2023:18:15:46 +0000]");
    }
    if (!read_log_time(inside, &reader->calendar, &row->time)) {
        return row_bad(reader, inside.start, "time", inside,
                       "a time such as "
                       "16/Nov/2023:18:15:46 +0000");
    }
    if (after_request(line, inside) == NULL) {
        return row_bad(reader, inside.end, NULL, (InputText){inside.end, line.end},
                       "the request in quotes after the time");
    }
    reader->time_at = inside.start;
    return end_log_row(reader, line, row)
               ? ROW_OK
               : row_bad(reader, inside.start, "time", inside, "a time within 292 years");
}

/* Traefik and Apache, which write when a request came ------------------------------------------
 */

bool format_traefik_matches(const InputText lines[], size_t count) {
    const InputText line = lines[0];
    const char *p = line.end - (line.end - line.start > 2 ? 2 : 0);
    const char *const unit = p;
    while (p > line.start && p[-1] >= '0' && p[-1] <= '9') {
        p--;
    }
    return format_nginx_matches(lines, count) && p < unit && p > line.start && p[-1] == ' ' &&
           memcmp(unit, "ms", 2) == 0;
}

/* Whole numbers alone behind the user agent: %D, or %T/%D. */
static bool ends_with_whole_numbers(InputText line, InputText inside) {
    const char *from = after_request(line, inside);
    LogField field;
    size_t quoted = 0, numbers = 0;
    while (from != NULL && next_log_field(&from, line.end, &field)) {
        if (field.around == '"') {
            quoted++;
        } else if (quoted == 2) {
            const char *slash =
                memchr(field.text.start, '/', (size_t)(field.text.end - field.text.start));
            const char *const first_end = slash != NULL ? slash : field.text.end;
            if (!is_digits(field.text.start, first_end) ||
                (slash != NULL && !is_digits(slash + 1, field.text.end))) {
                return false;
            }
            numbers++;
        }
    }
    return quoted == 2 && numbers > 0;
}

/* Debian's vhost_combined: "host:port client ident user [time]". */
static bool begins_with_host(InputText line, InputText inside) {
    const char *p = line.start, *const end = inside.start - 1;
    const char *colon = memchr(p, ':', (size_t)(end - p));
    const char *blank = memchr(p, ' ', (size_t)(end - p));
    size_t words = 0;
    for (; p < end; p++) {
        words += *p == ' ';
    }
    return colon != NULL && blank != NULL && colon < blank && is_digits(colon + 1, blank) &&
           words == 4;
}

bool format_apache_matches(const InputText lines[], size_t count) {
    InputText inside;
    return format_nginx_matches(lines, count) && find_bracketed(lines[0], &inside) &&
           (ends_with_whole_numbers(lines[0], inside) || begins_with_host(lines[0], inside));
}

/* Envoy -----------------------------------------------------------------------------------------
 */

bool format_envoy_matches(const InputText lines[], size_t count) {
    InputText inside;
    FieldCalendar calendar = {.known = false};
    int64_t time;
    (void)count;
    return lines[0].start < lines[0].end && *lines[0].start == '[' &&
           find_bracketed(lines[0], &inside) &&
           field_time(inside, FIELD_CALENDAR, &calendar, &time);
}

RowResult format_envoy_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText inside;
    *row = (TrafficRow){0};
    if (*line.start != '[' || !find_bracketed(line, &inside) ||
        !field_time(inside, FIELD_CALENDAR, &reader->calendar, &row->time)) {
        return row_bad(reader, line.start, "time", line,
                       "a log line that begins with its time, [2023-11-16T18:15:46.680Z]");
    }
    if (line.end - inside.end < 3 || memcmp(inside.end, "] \"", 3) != 0) {
        return row_bad(reader, inside.end, NULL, (InputText){inside.end, line.end},
                       "the request in quotes after the time");
    }
    reader->time_at = inside.start;
    return ROW_OK;
}
