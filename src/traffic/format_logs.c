// SPDX-License-Identifier: GPL-3.0-or-later
/* Access logs of proxies. All are written when an answer ends, hence out of order. nginx and its
 * kin write the end's time: where the line has $request_time, wherever it stands, it is taken off.
 * Envoy, Traefik and Apache write the start's; Apache's combined form is nginx's to the letter, so
 * that only the user can tell. Every answer is a request that came, whatever its status. */
#include "traffic/log_line.h"
#include "traffic/row_reader.h"

#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

/* What a filter may name of a log. */
bool format_log_begin(RowReader *reader) {
    bool found = true;
    for (size_t i = 0; i < reader->filter.count; i++) {
        RowCondition *condition = &reader->filter.conditions[i];
        size_t part = 0;
        while (part < LOG_PARTS && strcmp(condition->name, log_part_names[part]) != 0) {
            part++;
        }
        condition->column = part;
        if (part == LOG_PARTS) {
            char *names = text_join(log_part_names, LOG_PARTS, " or ");
            const Error where = {.file = reader->input.path, .place = "filter"};
            error_found(reader->errors, &where, names,
                        error_nearest(condition->name, log_part_names, LOG_PARTS), "%s",
                        condition->name);
            free(names);
            found = false;
        }
    }
    return found;
}

RowResult row_of_parts(RowReader *reader, const InputText parts[LOG_PARTS], TrafficRow *row,
                       RowResult result) {
    if (row_passes(reader, parts)) {
        return result;
    }
    if (result != ROW_OK) {
        row->time = INT64_MAX;
    }
    return ROW_OUTSIDE;
}

/* nginx, NCSA common and combined ---------------------------------------------------------------
 */

/* Its time, in brackets; false: there is none. */
static bool find_time(InputText line, InputText *inside) {
    FieldCalendar calendar = {.known = false};
    int64_t time;
    return log_bracketed_time(line, &calendar, inside, &time);
}

/* In front only in its own form: what begins with the other's is Envoy's. */
bool format_nginx_matches(const InputText lines[], size_t count) {
    InputText inside;
    (void)count;
    return find_time(lines[0], &inside) &&
           (inside.start > lines[0].start + 1 || inside.start[2] == '/');
}

/* "40.250": nginx and its kin write seconds with three decimals, always; so a number without them
 * is something else (Apache's %D in microseconds, a length, a ratio). */
static bool read_log_seconds(InputText text, int64_t *ns) {
    FieldCalendar unused = {.known = false};
    const char *point = memchr(text.start, '.', (size_t)(text.end - text.start));
    return point != NULL && log_is_digits(text.start, point) &&
           log_is_digits(point + 1, text.end) && text.end - point == 4 &&
           field_time(text, FIELD_SECONDS, &unused, ns);
}

/* A value with a name: "40.250", "1.5s", "40250ms", with quotes or a comma around; else in the
 * unit. */
static bool read_named_duration(InputText text, FieldUnit unit, int64_t *ns) {
    FieldCalendar unused = {.known = false};
    while (text.end > text.start && (text.end[-1] == ',' || text.end[-1] == ';')) {
        text.end--;
    }
    text = field_trimmed(text);
    if (text.end - text.start > 2 && memcmp(text.end - 2, "ms", 2) == 0) {
        unit = FIELD_MILLISECONDS;
        text.end -= 2;
    } else if (text.end - text.start > 1 && text.end[-1] == 's') {
        unit = FIELD_SECONDS;
        text.end--;
    }
    return text.start < text.end && log_is_digits(text.start, text.start + 1) &&
           field_time(text, unit, &unused, ns);
}

/* What logs call $request_time, where they give it a name. */
static const struct {
    const char *name;
    FieldUnit unit;
} request_times[] = {
    {"rt", FIELD_SECONDS},
    {"request_time", FIELD_SECONDS},
    {"req_time", FIELD_SECONDS},
    {"reqtime", FIELD_SECONDS},
    {"rqt", FIELD_SECONDS},
    {"request-time", FIELD_SECONDS},
    {"requesttime", FIELD_SECONDS},
    {"rt_ms", FIELD_MILLISECONDS},
    {"request_time_ms", FIELD_MILLISECONDS},
    {"duration_ms", FIELD_MILLISECONDS},
};

enum { REQUEST_TIMES = sizeof request_times / sizeof request_times[0] };

/* name=value or name:value, of a request time; the value may be the next word. Which, or
 * REQUEST_TIMES. */
static size_t find_request_time(InputText text, InputText *value) {
    const char *p = text.start;
    while (p < text.end && *p != '=' && *p != ':') {
        p++;
    }
    for (size_t i = 0; p < text.end && i < REQUEST_TIMES; i++) {
        if (field_says((InputText){text.start, p}, request_times[i].name)) {
            *value = (InputText){p + 1, text.end};
            return i;
        }
    }
    return REQUEST_TIMES;
}

/* What the words of a line tell of time; -1: nothing. */
typedef struct LogTimes {
    InputText text;  /* of the duration */
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
        times->text = sum > times->longest && times->named < 0 ? text : times->text;
        times->text = sum > times->longest && times->named < 0 ? text : times->text;
        times->longest = sum > times->longest ? sum : times->longest;
    }
}

static LogTimes read_log_times(const char *from, const char *end) {
    LogTimes times = {{NULL, NULL}, -1, -1, -1};
    LogWord word;
    while (log_word_next(&from, end, &word)) {
        InputText value;
        const size_t which = find_request_time(word.text, &value);
        LogWord next;
        const char *after = from;
        if (which < REQUEST_TIMES && value.start == value.end &&
            log_word_next(&after, end, &next)) {
            value = next.text;
        }
        if (which < REQUEST_TIMES &&
            read_named_duration(value, request_times[which].unit, &times.named)) {
            times.text = value;
            continue;
        }
        const char *equals =
            memchr(word.text.start, '=', (size_t)(word.text.end - word.text.start));
        InputText text =
            equals && word.around == 0 ? (InputText){equals + 1, word.text.end} : word.text;
        take_seconds(&times, equals ? field_trimmed(text) : text);
    }
    return times;
}

/* Where the words behind the request begin: after the closing quote of the first text in quotes
 * behind the time; NULL: there is no request. */
static const char *after_request(InputText line, InputText inside) {
    const char *from = inside.end + 1;
    InputText request;
    return log_quoted_next(&from, line.end, &request) ? from : NULL;
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

/* The line without its filter; *inside: the time. */
static RowResult read_ncsa(RowReader *reader, InputText line, InputText *inside_, TrafficRow *row) {
    InputText inside;
    *row = (TrafficRow){0};
    if (!log_bracketed_time(line, &reader->calendar, &inside, &row->time)) {
        *inside_ = (InputText){NULL, NULL};
        return inside.start == NULL
                   ? row_bad(reader, line.start, NULL, line,
                             "a log line with its time in brackets, [16/Nov/2023:18:15:46 +0000]")
                   : row_bad(reader, inside.start, "time", inside,
                             "a time such as 16/Nov/2023:18:15:46 +0000");
    }
    *inside_ = inside;
    if (after_request(line, inside) == NULL) {
        *inside_ = (InputText){NULL, NULL};
        return row_bad(reader, inside.end, NULL, (InputText){inside.end, line.end},
                       "the request in quotes after the time");
    }
    reader->time_at = inside.start;
    return end_log_row(reader, line, row)
               ? ROW_OK
               : row_bad(reader, inside.start, "time", inside, "a time within 292 years");
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
    return colon != NULL && blank != NULL && colon < blank && log_is_digits(colon + 1, blank) &&
           words == 4;
}

/* The parts of a line whose time is there, and its request. */
static void take_ncsa(InputText line, InputText inside, InputText parts[LOG_PARTS]) {
    LogWord word;
    const char *from = line.start;
    if (begins_with_host(line, inside) && log_word_next(&from, line.end, &word)) {
        parts[LOG_HOST] = log_without_port(word.text);
    } else if (inside.start == line.start + 1) {
        from = inside.end + 1;
    }
    if (log_word_next(&from, line.end, &word) && word.around != '"') {
        parts[LOG_CLIENT] = word.text;
    }
    InputText quoted;
    from = inside.end + 1;
    if (log_quoted_next(&from, line.end, &quoted)) {
        log_take_request(quoted, parts);
    }
    if (log_word_next(&from, line.end, &word) && log_is_digits(word.text.start, word.text.end)) {
        parts[LOG_STATUS] = word.text;
    }
    if (log_quoted_next(&from, line.end, &quoted) && log_quoted_next(&from, line.end, &quoted)) {
        parts[LOG_AGENT] = quoted;
    }
}

/* The number that the line ends with, perhaps with a unit: a duration, where the start is told. */
static InputText last_number(InputText line) {
    if (line.end - line.start > 2 && memcmp(line.end - 2, "ms", 2) == 0) {
        line.end -= 2;
    }
    const char *p = line.end;
    while (p > line.start && p[-1] >= '0' && p[-1] <= '9') {
        p--;
    }
    return p < line.end ? (InputText){p, line.end} : (InputText){NULL, NULL};
}

static RowResult parse_ncsa(RowReader *reader, InputText line, bool has_request_time,
                            TrafficRow *row) {
    InputText inside;
    const RowResult result = read_ncsa(reader, line, &inside, row);
    if (reader->filter.count == 0 || inside.start == NULL) {
        return result;
    }
    InputText parts[LOG_PARTS] = {{NULL, NULL}};
    take_ncsa(line, inside, parts);
    parts[LOG_DURATION] = has_request_time
                              ? field_trimmed(read_log_times(line.start, line.end).text)
                              : last_number(line);
    return row_of_parts(reader, parts, row, result);
}

RowResult format_nginx_parse(RowReader *reader, InputText line, TrafficRow *row) {
    return parse_ncsa(reader, line, true, row);
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
    LogWord word;
    size_t quoted = 0, numbers = 0;
    while (from != NULL && log_word_next(&from, line.end, &word)) {
        if (word.around == '"') {
            quoted++;
        } else if (quoted == 2) {
            const char *slash =
                memchr(word.text.start, '/', (size_t)(word.text.end - word.text.start));
            const char *const first_end = slash != NULL ? slash : word.text.end;
            if (!log_is_digits(word.text.start, first_end) ||
                (slash != NULL && !log_is_digits(slash + 1, word.text.end))) {
                return false;
            }
            numbers++;
        }
    }
    return quoted == 2 && numbers > 0;
}

bool format_apache_matches(const InputText lines[], size_t count) {
    InputText inside;
    return format_nginx_matches(lines, count) && find_time(lines[0], &inside) &&
           (ends_with_whole_numbers(lines[0], inside) || begins_with_host(lines[0], inside));
}

RowResult format_traefik_parse(RowReader *reader, InputText line, TrafficRow *row) {
    return parse_ncsa(reader, line, false, row);
}

RowResult format_apache_parse(RowReader *reader, InputText line, TrafficRow *row) {
    return parse_ncsa(reader, line, false, row);
}

/* Envoy -----------------------------------------------------------------------------------------
 */

bool format_envoy_matches(const InputText lines[], size_t count) {
    InputText inside;
    (void)count;
    return lines[0].start < lines[0].end && *lines[0].start == '[' &&
           find_time(lines[0], &inside) && inside.start == lines[0].start + 1;
}

/* "request" status flags received sent duration upstream "forwarded for" "agent" "id" "authority"
 * "server"; Istio has one quoted text more before the numbers. */
static void take_envoy(InputText rest, InputText parts[LOG_PARTS]) {
    enum { WORDS = 24, QUOTED = 8, USUAL = 5 };
    LogWord words[WORDS];
    size_t quoted[QUOTED], quoted_count = 0;
    const size_t count = log_words(rest, words, WORDS);
    log_take_request(words[0].text, parts);
    for (size_t i = 1; i < count && quoted_count < QUOTED; i++) {
        if (words[i].around == '"') {
            quoted[quoted_count++] = i;
        }
    }
    if (count > 1 && words[1].around == 0) {
        parts[LOG_STATUS] = words[1].text;
    }
    const size_t *const first = quoted + (quoted_count > USUAL);
    if (quoted_count >= USUAL) {
        parts[LOG_CLIENT] = words[first[0]].text;
        parts[LOG_AGENT] = words[first[1]].text;
        parts[LOG_HOST] = log_without_port(words[first[3]].text);
        parts[LOG_DURATION] = words[first[0] - 2].text;
    }
}

RowResult format_envoy_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText inside;
    *row = (TrafficRow){0};
    if (!log_bracketed_time(line, &reader->calendar, &inside, &row->time) ||
        inside.start != line.start + 1) {
        return row_bad(reader, line.start, "time", line,
                       "a log line that begins with its time, [2023-11-16T18:15:46.680Z]");
    }
    if (line.end - inside.end < 3 || memcmp(inside.end, "] \"", 3) != 0) {
        return row_bad(reader, inside.end, NULL, (InputText){inside.end, line.end},
                       "the request in quotes after the time");
    }
    reader->time_at = inside.start;
    InputText parts[LOG_PARTS] = {{NULL, NULL}};
    if (reader->filter.count > 0) {
        take_envoy((InputText){inside.end + 1, line.end}, parts);
    }
    return row_of_parts(reader, parts, row, ROW_OK);
}
