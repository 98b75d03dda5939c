// SPDX-License-Identifier: GPL-3.0-or-later
/* Access logs of proxies. Both are written when a request ends, hence out of order; nginx's line
 * bears the end's time (with $request_time added as the last field, as many do, it is taken off),
 * Envoy's the start's. Every answer is a request that came, whatever its status. */
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

static bool read_log_time(InputText inside, FieldCalendar *calendar, int64_t *time) {
    char text[32];
    return to_calendar(inside, text) &&
           field_time((InputText){text, text + 25}, FIELD_CALENDAR, calendar, time);
}

bool format_nginx_matches(const InputText lines[], size_t count) {
    InputText inside;
    FieldCalendar calendar = {.known = false};
    int64_t time;
    (void)count;
    return find_bracketed(lines[0], &inside) && inside.start > lines[0].start + 1 &&
           read_log_time(inside, &calendar, &time);
}

/* $request_time as the last field: ` 1.234` after the last quote. 0 when there is none. It always
 * has its decimals; a bare integer is something else (Apache's %D in microseconds, a length). */
static int64_t trailing_duration(InputText line) {
    FieldCalendar unused = {.known = false};
    int64_t duration;
    const char *p = line.end;
    while (p > line.start && p[-1] != ' ' && p[-1] != '"') {
        p--;
    }
    const bool after_quote = p - line.start > 2 && p[-1] == ' ' && p[-2] == '"';
    return after_quote && memchr(p, '.', (size_t)(line.end - p)) != NULL &&
                   field_time((InputText){p, line.end}, FIELD_SECONDS, &unused, &duration) &&
                   duration > 0
               ? duration
               : 0;
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
    if (line.end - inside.end < 3 || memcmp(inside.end, "] \"", 3) != 0) {
        return row_bad(reader, inside.end, NULL, (InputText){inside.end, line.end},
                       "the request in quotes after the time");
    }
    reader->time_at = inside.start;
    row->time -= trailing_duration(line);
    return ROW_OK;
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
