// SPDX-License-Identifier: GPL-3.0-or-later
/* Access logs whose columns are known, by number (AWS's load balancers, HAProxy) or by a line of
 * names (#Fields: CloudFront, IIS and other W3C logs).
 *
 * An Application Load Balancer writes when it answered, and since 2018 when it got the request; a
 * Classic one writes when it got it (docs.aws.amazon.com, "Access logs for your Application /
 * Classic Load Balancer"). CloudFront's and IIS's times are of the answer's end, in UTC; HAProxy's
 * is when it accepted the request (its configuration manual, 8.2.3), in local time, taken for UTC.
 */
#include "traffic/log_line.h"
#include "traffic/row_reader.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

/* AWS's load balancers ------------------------------------------------------------------------ */

enum { BALANCER_WORDS = 22 };

/* The numbers of the words, from 0. */
typedef struct Balancer {
    const char *expected;
    size_t time, client, processing, status, target_status, request, agent;
    size_t host, creation; /* 0: none */
} Balancer;

/* type time elb client:port target:port three processing times, two statuses, bytes received and
 * sent, "request" "user agent", cipher, protocol, group, "trace" "domain" "certificate", priority,
 * request_creation_time, ... */
static const Balancer alb = {
    "a line of an ALB's log: type, time, app/NAME/ID, client:port, target:port, ...",
    1,
    3,
    5,
    8,
    9,
    12,
    13,
    18,
    21};
static const Balancer elb = {
    "a line of a Classic Load Balancer's log: time, name, client:port, backend:port, ...",
    0,
    2,
    4,
    7,
    8,
    11,
    12,
    0,
    0};

static bool is_time(InputText text, FieldCalendar *calendar, int64_t *time) {
    return text.end - text.start > 18 && text.start[10] == 'T' &&
           field_time(text, FIELD_CALENDAR, calendar, time);
}

/* Processing times are seconds with a point, -1 where the request was not passed on. */
static bool are_times(const LogWord words[3], int64_t *sum) {
    FieldCalendar unused = {.known = false};
    *sum = 0;
    for (size_t i = 0; i < 3; i++) {
        int64_t ns;
        if (text_span_is(words[i].text, "-1") || text_span_is(words[i].text, "-")) {
            *sum = -1;
        } else if (!field_time(words[i].text, FIELD_SECONDS, &unused, &ns) || ns < 0 ||
                   ns > SIM_TIME_DAY * 365) {
            return false;
        } else if (*sum >= 0) {
            *sum += ns;
        }
    }
    return true;
}

static bool is_balancer(const Balancer *balancer, InputText line) {
    LogWord words[BALANCER_WORDS];
    FieldCalendar calendar = {.known = false};
    int64_t time, sum;
    const size_t count = log_words(line, words, BALANCER_WORDS);
    return count > balancer->request && words[balancer->time].around == 0 &&
           is_time(words[balancer->time].text, &calendar, &time) &&
           are_times(words + balancer->processing, &sum) && words[balancer->request].around == '"';
}

bool format_alb_matches(const InputText lines[], size_t count) {
    static const char *const types[] = {"http", "https", "h2", "grpcs", "ws", "wss"};
    (void)count;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const size_t length = strlen(types[i]);
        if (text_span_begins(lines[0], types[i]) && lines[0].start[length] == ' ') {
            return is_balancer(&alb, lines[0]);
        }
    }
    return false;
}

bool format_elb_matches(const InputText lines[], size_t count) {
    (void)count;
    return is_balancer(&elb, lines[0]);
}

static void take_balancer(const Balancer *balancer, const LogWord words[], size_t count,
                          InputText parts[LOG_PARTS]) {
    log_take_request(words[balancer->request].text, parts);
    parts[LOG_STATUS] = words[balancer->status].text;
    parts[LOG_TARGET_STATUS] = words[balancer->target_status].text;
    parts[LOG_CLIENT] = log_without_port(words[balancer->client].text);
    parts[LOG_DURATION] = words[balancer->processing + 1].text;
    if (balancer->agent < count) {
        parts[LOG_AGENT] = words[balancer->agent].text;
    }
    if (balancer->host != 0 && balancer->host < count &&
        !text_span_is(words[balancer->host].text, "-")) {
        parts[LOG_HOST] = words[balancer->host].text;
    }
}

/* The instant of creation is the arrival; else the end, less the processing times. */
static RowResult balancer_arrival(const Balancer *balancer, const LogWord words[], size_t count,
                                  RowReader *reader, TrafficRow *row) {
    const InputText end = words[balancer->time].text;
    const size_t creation = balancer->creation;
    int64_t duration;
    reader->time_at = end.start;
    if (!is_time(end, &reader->calendar, &row->time)) {
        return row_bad(reader, end.start, "time", end,
                       "a time such as 2026-07-02T22:23:00.186641Z");
    }
    if (!are_times(words + balancer->processing, &duration)) {
        const InputText times = {words[balancer->processing].text.start,
                                 words[balancer->processing + 2].text.end};
        return row_bad(reader, times.start, "processing times", times, "three in seconds, or -1");
    }
    if (creation != 0 && creation < count &&
        is_time(words[creation].text, &reader->calendar, &row->time)) {
        reader->time_at = words[creation].text.start;
        return ROW_OK;
    }
    return row_ended(reader, duration, row)
               ? ROW_OK
               : row_bad(reader, end.start, "time", end, "a time within 292 years");
}

static RowResult parse_balancer(const Balancer *balancer, RowReader *reader, InputText line,
                                TrafficRow *row) {
    LogWord words[BALANCER_WORDS];
    const size_t count = log_words(line, words, BALANCER_WORDS);
    *row = (TrafficRow){0};
    if (count <= balancer->request || words[balancer->request].around != '"') {
        return row_bad(reader, line.start, NULL, line, balancer->expected);
    }
    InputText parts[LOG_PARTS] = {{NULL, NULL}};
    take_balancer(balancer, words, count, parts);
    return row_of_parts(reader, parts, row, balancer_arrival(balancer, words, count, reader, row));
}

RowResult format_alb_parse(RowReader *reader, InputText line, TrafficRow *row) {
    return parse_balancer(&alb, reader, line, row);
}

RowResult format_elb_parse(RowReader *reader, InputText line, TrafficRow *row) {
    return parse_balancer(&elb, reader, line, row);
}

/* HAProxy -------------------------------------------------------------------------------------- */

/* Behind the time: frontend backend/server a/b/c/d/e status bytes ... "request". */
enum { HAPROXY_WORDS = 5 };

static bool read_haproxy(InputText line, FieldCalendar *calendar, InputText *inside, int64_t *time,
                         LogWord words[HAPROXY_WORDS]) {
    if (!log_bracketed_time(line, calendar, inside, time) || inside->start[2] != '/') {
        return false;
    }
    const InputText rest = {inside->end + 1, line.end};
    if (log_words(rest, words, HAPROXY_WORDS) < HAPROXY_WORDS) {
        return false;
    }
    size_t slashes = 0;
    for (const char *p = words[2].text.start; p < words[2].text.end; p++) {
        slashes += *p == '/';
    }
    return slashes == 4 && memchr(words[1].text.start, '/',
                                  (size_t)(words[1].text.end - words[1].text.start)) != NULL;
}

bool format_haproxy_matches(const InputText lines[], size_t count) {
    FieldCalendar calendar = {.known = false};
    LogWord words[HAPROXY_WORDS];
    InputText inside;
    int64_t time;
    (void)count;
    return read_haproxy(lines[0], &calendar, &inside, &time, words);
}

static void take_haproxy(InputText line, InputText inside, const LogWord words[HAPROXY_WORDS],
                         InputText parts[LOG_PARTS]) {
    const char *from = words[4].text.end, *client = inside.start - 1;
    InputText request;
    if (log_quoted_next(&from, line.end, &request)) {
        log_take_request(request, parts);
    }
    parts[LOG_STATUS] = words[3].text;
    const char *last = words[2].text.end;
    while (last[-1] != '/') {
        last--;
    }
    parts[LOG_DURATION] = (InputText){last, words[2].text.end};
    const char *end = client > line.start && client[-1] == ' ' ? client - 1 : client;
    for (client = end; client > line.start && client[-1] != ' '; client--) {
    }
    parts[LOG_CLIENT] = log_without_port((InputText){client, end});
}

RowResult format_haproxy_parse(RowReader *reader, InputText line, TrafficRow *row) {
    LogWord words[HAPROXY_WORDS];
    InputText inside;
    *row = (TrafficRow){0};
    if (!read_haproxy(line, &reader->calendar, &inside, &row->time, words)) {
        return row_bad(reader, line.start, NULL, line,
                       "a line of HAProxy's HTTP log: [06/Feb/2009:12:14:14.655] frontend "
                       "backend/server 10/0/30/69/109 200 ...");
    }
    reader->time_at = inside.start;
    InputText parts[LOG_PARTS] = {{NULL, NULL}};
    take_haproxy(line, inside, words, parts);
    return row_of_parts(reader, parts, row, ROW_OK);
}

/* W3C extended --------------------------------------------------------------------------------- */

/* What its columns are called by those who write such logs. */
static const struct {
    const char *name;
    int part; /* LogPart, or one of the next */
} w3c_names[] = {
    {"date", W3C_DATE},        {"time", W3C_TIME},          {"time-taken", LOG_DURATION},
    {"cs-method", LOG_METHOD}, {"cs-uri-stem", LOG_PATH},   {"cs-uri", LOG_PATH},
    {"sc-status", LOG_STATUS}, {"x-host-header", LOG_HOST}, {"cs(Host)", LOG_HOST},
    {"cs-host", LOG_HOST},     {"c-ip", LOG_CLIENT},        {"cs(User-Agent)", LOG_AGENT},
};

bool format_w3c_matches(const InputText lines[], size_t count) {
    for (size_t i = 0; i < count && lines[i].start < lines[i].end && *lines[i].start == '#'; i++) {
        if (text_span_begins(lines[i], "#Fields:")) {
            return true;
        }
    }
    return false;
}

static bool next_column(const char **from, const char *end, char separator, InputText *column) {
    const char *p = *from;
    if (separator == '\t') {
        const char *tab = p <= end ? memchr(p, '\t', (size_t)(end - p)) : NULL;
        *column = (InputText){p, tab != NULL ? tab : end};
        *from = column->end + 1;
        return p <= end;
    }
    LogWord word;
    const bool found = log_word_next(from, end, &word);
    *column = word.text;
    return found;
}

/* #Fields: names the columns of the lines that follow; false: they have no time. */
static bool take_fields(RowReader *reader, InputText line) {
    W3cColumns *const columns = &reader->w3c;
    const char *from = line.start + strlen("#Fields:");
    LogWord word;
    for (size_t i = 0; i < W3C_PARTS; i++) {
        columns->places[i] = -1;
    }
    columns->count = 0;
    bool is_iis = columns->is_iis, is_cloudfront = false;
    while (log_word_next(&from, line.end, &word)) {
        for (size_t i = 0; i < sizeof w3c_names / sizeof *w3c_names; i++) {
            int *const place = &columns->places[w3c_names[i].part];
            if (*place < 0 && field_says(word.text, w3c_names[i].name)) {
                *place = (int)columns->count;
            }
        }
        is_iis = is_iis || text_span_is(word.text, "sc-win32-status");
        is_cloudfront = is_cloudfront || text_span_is(word.text, "x-edge-location");
        columns->count++;
    }
    /* The draft of the standard has seconds, as CloudFront does; IIS has milliseconds. */
    reader->duration_unit = is_iis && !is_cloudfront ? FIELD_MILLISECONDS : FIELD_SECONDS;
    return columns->places[W3C_TIME] >= 0 &&
           (columns->places[W3C_DATE] >= 0 || columns->day[0] != '\0');
}

/* A line that begins with #; false: it names columns without a time. */
static bool take_directive(RowReader *reader, InputText line) {
    static const char software[] = "#Software: Microsoft", date[] = "#Date:";
    if (text_span_begins(line, software)) {
        reader->w3c.is_iis = true;
    } else if (text_span_begins(line, date)) {
        const InputText day = field_trimmed((InputText){line.start + strlen(date), line.end});
        if (day.end - day.start >= 10) {
            memcpy(reader->w3c.day, day.start, 10);
        }
    } else if (text_span_begins(line, "#Fields:")) {
        return take_fields(reader, line);
    }
    return true;
}

static const char w3c_expected[] = "columns that tell when, date and time";

bool format_w3c_begin(RowReader *reader) {
    InputText line;
    if (!format_log_begin(reader)) {
        return false;
    }
    reader->w3c = (W3cColumns){.count = 0};
    while (reader->w3c.count == 0 && input_line(&reader->input, &line) && line.start < line.end &&
           *line.start == '#') {
        if (!take_directive(reader, line)) {
            return row_reader_refuse_header(reader, NULL, line, w3c_expected, NULL);
        }
    }
    return reader->w3c.count > 0 ||
           row_reader_refuse_header(reader, NULL, line, "#Fields: and the columns' names", NULL);
}

/* "2026-10-10" and "12:00:00" as one text. */
static bool read_w3c_time(RowReader *reader, InputText date, InputText time, int64_t *ns) {
    char text[48];
    const size_t length = (size_t)(time.end - time.start);
    if (date.end - date.start != 10 || length == 0 || length + 11 >= sizeof text) {
        return false;
    }
    memcpy(text, date.start, 10);
    text[10] = ' ';
    memcpy(text + 11, time.start, length);
    text[11 + length] = '\0';
    return field_time((InputText){text, text + 11 + length}, FIELD_CALENDAR, &reader->calendar, ns);
}

static RowResult w3c_arrival(RowReader *reader, const InputText parts[W3C_PARTS], TrafficRow *row) {
    const W3cColumns *const columns = &reader->w3c;
    const InputText time = parts[W3C_TIME];
    const InputText day = {columns->day, columns->day + 10};
    reader->time_at = time.start;
    if (!read_w3c_time(reader, columns->places[W3C_DATE] >= 0 ? parts[W3C_DATE] : day, time,
                       &row->time)) {
        return row_bad(reader, time.start, "time", time, "a date and a time such as 12:00:00");
    }
    FieldCalendar unused = {.known = false};
    int64_t duration;
    if (parts[LOG_DURATION].start == NULL ||
        !field_time(parts[LOG_DURATION], reader->duration_unit, &unused, &duration)) {
        duration = -1;
    }
    return row_ended(reader, duration, row)
               ? ROW_OK
               : row_bad(reader, time.start, "time", time, "a time within 292 years");
}

RowResult format_w3c_parse(RowReader *reader, InputText line, TrafficRow *row) {
    const W3cColumns *const columns = &reader->w3c;
    InputText parts[W3C_PARTS] = {{NULL, NULL}};
    *row = (TrafficRow){0};
    if (*line.start == '#') {
        return take_directive(reader, line) ? ROW_NONE
                                            : row_bad(reader, line.start, NULL, line, w3c_expected);
    }
    const char *from = line.start;
    const char separator =
        memchr(line.start, '\t', (size_t)(line.end - line.start)) != NULL ? '\t' : ' ';
    size_t count = 0;
    for (InputText column; next_column(&from, line.end, separator, &column); count++) {
        for (size_t i = 0; i < W3C_PARTS; i++) {
            if (columns->places[i] == (int)count) {
                parts[i] = column;
            }
        }
    }
    if (count != columns->count) {
        return row_bad(reader, line.start, NULL, line, "as many fields as #Fields: names");
    }
    return row_of_parts(reader, parts, row, w3c_arrival(reader, parts, row));
}
