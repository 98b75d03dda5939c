// SPDX-License-Identifier: GPL-3.0-or-later
/* What a user may say about a recorded file, and what makes sense together; where its first row,
 * or the option origin, lays it on the run's clock. */
#include "traffic/trace.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "traffic/row_filter.h"
#include "traffic/row_reader.h"

#include <stdlib.h>
#include <string.h>

#define ROW(Type, member, ...)                                                                     \
    { .name = #member, .type = OPTION_##Type, .offset = offsetof(TraceConfig, member), __VA_ARGS__ }
#define CHOICES(...)                                                                               \
    .choices = (const char *const[]) {                                                             \
        __VA_ARGS__, NULL                                                                          \
    }

const Option trace_options[] = {
    {.name = "file",
     .type = OPTION_TEXTS,
     .offset = offsetof(TraceConfig, files),
     .is_file = true,
     .help = "the recorded file, plain or .gz, several of them, or a pattern such as logs/*.gz: "
             "their rows come in order of time; - is standard input"},
    ROW(CHOICE, clocks, CHOICES("one", "each"),
        .help = "several files whose times are bare numbers: all of one clock, or each begins anew "
                "and is laid behind the one before, as given (default: neither may be needed)"),
    ROW(CHOICE, format, .choices = &traffic_formats[0].name,
        .choice_size = sizeof traffic_formats[0], .default_text = "auto",
        .help = "the file's format; auto: told by its header or keys"),
    ROW(CHOICE, on_bad_row, CHOICES("fail", "skip"), .default_text = "fail",
        .help = "what a bad row does: end the run, or be left out and counted"),
    ROW(DURATION, reorder_window, .maximum = 86400,
        .help = "rows that are at most this late are sorted (default: 0s, longer for logs that are "
                "written when requests end, no limit for exports that are newest first)"),
    ROW(NUMBER, time_scale, .maximum = 1e6, .above_minimum = true, .default_text = "1",
        .help = "stretches the time between requests: 2 is twice as slow"),
    ROW(DURATION, from, .default_text = "0s",
        .help = "begin this far into the trace, counted from its first row or origin"),
    ROW(DURATION, to, .help = "end this far into the trace"),
    ROW(INTEGER, repeat, .minimum = 1, .maximum = 1e9, .default_text = "1",
        .help = "play the trace this many times, one after another"),
    ROW(DURATION, repeat_every, .above_minimum = true,
        .help = "time from one repetition's start to the next (default: to - from, or the trace's "
                "span and one mean gap)"),
    ROW(TEXT, origin,
        .help = "what of the file lies on time 0 of the run: first_row, zero (its own), an "
                "instant, or a number in its unit (default: rows with dates lie where these put "
                "them on the run's calendar, numbers from 1000000000 s on being seconds since "
                "1970; bare numbers begin with the first row)"),
    ROW(TEXT, time_column, .help = "csv, jsonl: the column or key with the time"),
    ROW(CHOICE, time_unit, CHOICES("auto", "s", "ms", "us", "ns", "calendar"),
        .help = "unit of times that are numbers (default: the format's; csv, jsonl, counts: "
                "seconds, or a date and time; where a format's names are used in two units: told "
                "by the first rows)"),
    ROW(CHOICE, time_is, CHOICES("start", "end"),
        .help = "which instant of a request its row's time is, its start or the end of the answer "
                "(default: nginx: end; csv, jsonl: end with duration_column, else start)"),
    ROW(TEXT, duration_column,
        .help = "csv, jsonl: the column or key with the time that the answer took; where time_is "
                "is end, the arrival is that much earlier"),
    ROW(CHOICE, duration_unit, CHOICES("s", "ms", "us", "ns"),
        .help = "csv, jsonl: unit of the duration column (default: s)"),
    ROW(TEXT, prompt_column, .help = "csv, jsonl: the column or key with the prompt tokens"),
    ROW(TEXT, output_column, .help = "csv, jsonl: the column or key with the output tokens"),
    ROW(TEXT, cached_column,
        .help = "csv, jsonl: the column or key with the prompt tokens that the provider's cache "
                "hit"),
    ROW(TEXT, session_column,
        .help = "csv, jsonl: the column or key that tells whose request it is, a conversation, a "
                "session or a user"),
    ROW(TEXT, hash_column,
        .help = "csv, jsonl: the column or key with a list of ids, one for each block of the "
                "prompt: an id stands for a block's content and all before it"),
    ROW(INTEGER, hash_block_tokens, .minimum = 1, .maximum = 1048576,
        .help = "prompt tokens in a block that has an id (default: 512; bailian: 16)"),
    ROW(DURATION, bin, .above_minimum = true, .maximum = 315619200,
        .help = "counts: length of a bin (default: told by the first two rows)"),
    ROW(CHOICE, bin_label, CHOICES("start", "centre", "end"),
        .help = "counts, prometheus: which instant of its bin a row's time is (default: start)"),
    ROW(TEXTS, value_column,
        .help = "grafana: the column, or columns, whose sum is the traffic (default: all but the "
                "time)"),
    ROW(CHOICE, values, CHOICES("count", "rate_per_s", "counter"),
        .help = "files of bins: whether values are requests in the bin (the default for counts), a "
                "rate of Poisson arrivals (prometheus; grafana where a unit says so), or a "
                "counter's total so far"),
    ROW(CHOICE, gaps, CHOICES("zero", "hold"),
        .help = "prometheus: whether missing points and NaN are silence (zero, the default), or "
                "the last value goes on"),
    ROW(TEXTS, filter,
        .help = "keeps the rows for which this holds, or all of several: NAME=VALUE,... or "
                "NAME!=VALUE,..., of a column, key, label or a log's field, such as model=a,b, "
                "status=2xx, tokens=100..500, path!=/healthz*"),
    ROW(CHOICE, spread, CHOICES("poisson", "even"),
        .help = "counts: how a bin's requests lie in it (default: poisson)"),
    REQUESTS_OPTIONS(TraceConfig, ", for files without them, or in place of the file's"),
    ROW(DURATION, rate_scale_jitter, .maximum = 315619200,
        .help = "with a rate_scale above 1, each further copy begins up to this much later "
                "(default: 1m)"),
    OPTION_END,
};

/* Formats --------------------------------------------------------------------------------------
 */

/* Which options only some formats take; all others do whatever the format. */
static const struct {
    const char *option;
    unsigned bit;
} taken[] = {
    {"time_column", TAKES_NAMES},
    {"prompt_column", TAKES_NAMES},
    {"output_column", TAKES_NAMES},
    {"duration_column", TAKES_DURATION},
    {"duration_unit", TAKES_DURATION},
    {"time_unit", TAKES_UNIT},
    {"time_is", TAKES_TIME_IS},
    {"filter", TAKES_FILTER},
    {"reorder_window", TAKES_REORDER},
    {"bin", TAKES_BIN},
    {"bin_label", TAKES_LABEL},
    {"value_column", TAKES_VALUE_COLUMN},
    {"values", TAKES_VALUES},
    {"gaps", TAKES_GAPS},
    {"spread", TAKES_SPREAD},
    {"cached_column", TAKES_NAMES},
    {"session_column", TAKES_NAMES},
    {"hash_column", TAKES_NAMES},
    {"hash_block_tokens", TAKES_BLOCKS},
};

static void refuse_option(const TrafficFormat *format, const char *option, const char *value,
                          unsigned bit, const Error *where, ErrorList *errors) {
    const bool column = (bit & (TAKES_NAMES | TAKES_DURATION | TAKES_VALUE_COLUMN)) != 0;
    char *found =
        memory_format("%s for the format %s", column ? "a column's name" : value, format->name);
    Text expected = {0};
    for (size_t i = 0; traffic_formats[i].name != NULL; i++) {
        if ((traffic_formats[i].takes & bit) != 0) {
            text_addf(&expected, "%s %s", expected.length > 0 ? "," : "a format that takes it:",
                      traffic_formats[i].name);
        }
    }
    error_add_at(where, option, found, expected.text, errors);
    free(found);
    text_clear(&expected);
}

/* What is of no use beside the rest, in formats of bins. */
static void check_bins(const TraceConfig *config, const TrafficFormat *format, const Error *where,
                       ErrorList *errors) {
    const bool counter = config->values == TRACE_VALUES_COUNTER;
    const bool rates = config->values == OPTION_ABSENT_CHOICE ? format->rates
                                                              : config->values == TRACE_VALUES_RATE;
    if (counter && (format->takes & TAKES_COUNTER) == 0 && (format->takes & TAKES_VALUES) != 0) {
        refuse_option(format, "values", "counter", TAKES_COUNTER, where, errors);
    }
    const ErrorRule rules[] = {
        {config->gaps != OPTION_ABSENT_CHOICE && counter, "gaps", "gaps of a counter",
         "no gaps: a counter's growth over a gap is known"},
        {config->spread != OPTION_ABSENT_CHOICE && rates && format->bins, "spread",
         "a spread of rates, whose arrivals are a process of their own",
         "values: count beside it, or no spread"},
    };
    error_add_broken(where, rules, errors);
}

bool trace_check_format(const TraceConfig *config, const TrafficFormat *format, const Error *where,
                        ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        const Option *option = option_find(trace_options, taken[i].option);
        if ((format->takes & taken[i].bit) == 0 && !option_is_absent(option, config)) {
            char *value = option_value_text(option, config);
            refuse_option(format, option->name, value, taken[i].bit, where, errors);
            free(value);
        }
    }
    if (format->shape == SHAPE_DOCUMENT && config->time_unit == TRACE_UNIT_CALENDAR) {
        error_add_at(where, "time_unit", "calendar", "s, ms, us or ns: times there are numbers",
                     errors);
    }
    check_bins(config, format, where, errors);
    return errors->count == before;
}

/* Options --------------------------------------------------------------------------------------
 */

static bool is_named(const TraceConfig *config) {
    return (traffic_formats[config->format].takes & TAKES_NAMES) != 0 ||
           (config->format == 0 && config->time_column != NULL);
}

static void check_columns(const TraceConfig *config, const Error *where, ErrorList *errors) {
    static const char name[] = "the name of the column or key", beside[] = "time_column beside it";
    static const char drawn[] = "a column beside lengths that are drawn";
    static const char either[] = "either the column, or prompt_tokens, output_tokens or lengths";
    static const char past_drawn[] = "the past of prompts whose lengths are drawn";
    static const char no_past[] = "prompt_column beside it, or no column of the past";
    const RequestsConfig *requests = &config->requests;
    const bool table = requests->lengths != OPTION_ABSENT_CHOICE, named = is_named(config);
    const bool draws_prompt = table || lengths_given(&requests->prompt_tokens);
    const bool draws_output = table || lengths_given(&requests->output_tokens);
    const bool stray = !named && config->format == 0;
    const char *time = config->time_column, *prompt = config->prompt_column;
    const char *output = config->output_column, *duration = config->duration_column;
    const ErrorRule rules[] = {
        {named && !time, "time_column", "nothing", name},
        {named && !prompt && !draws_prompt, "prompt_column", "nothing",
         "the name of the column or key, or prompt_tokens"},
        {named && !output && !draws_output, "output_column", "nothing",
         "the name of the column or key, or output_tokens"},
        {stray && prompt, "prompt_column", "a column's name", beside},
        {stray && !prompt && output, "output_column", "a column's name", beside},
        {stray && !prompt && !output && duration, "duration_column", "a column's name", beside},
        {prompt && draws_prompt, "prompt_column", drawn, either},
        {output && draws_output, "output_column", drawn, either},
        {config->cached_column && draws_prompt, "cached_column", past_drawn, no_past},
        {config->hash_column && draws_prompt, "hash_column", past_drawn, no_past},
        {stray && config->cached_column, "cached_column", "a column's name", beside},
        {stray && config->session_column, "session_column", "a column's name", beside},
        {stray && config->hash_column, "hash_column", "a column's name", beside},
        {config->hash_column && config->cached_column, "cached_column",
         "a column beside hash_column", "one of the two: ids tell more"},
    };
    error_add_broken(where, rules, errors);
    lengths_check_named(requests, where, errors);
    if (config->duration_unit != OPTION_ABSENT_CHOICE && duration == NULL) {
        error_add_at(where, "duration_unit", "a unit without a duration",
                     "duration_column beside it", errors);
    }
}

/* from: the first that is looked at. */
static bool has_file(const TraceConfig *config, const char *name, size_t from) {
    for (size_t i = from; i < config->files.count; i++) {
        if (strcmp(config->files.items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_file_twice(const TraceConfig *config) {
    for (size_t i = 0; i < config->files.count; i++) {
        if (has_file(config, config->files.items[i], i + 1)) {
            return true;
        }
    }
    return false;
}

void trace_read_heads(InputHeads *heads, const TraceConfig *config) {
    for (size_t i = 0; i < config->files.count; i++) {
        input_heads_read(heads, config->files.items[i]);
    }
}

bool trace_reads_standard_input(const TraceConfig *config) {
    return has_file(config, "-", 0);
}

bool trace_reads_once(const TraceConfig *config) {
    for (size_t i = 0; i < config->files.count; i++) {
        if (input_is_stream(config->files.items[i])) {
            return true;
        }
    }
    return false;
}

void trace_check(const TrafficKind *kind, const void *config_, const Error *where,
                 ErrorList *errors) {
    const TraceConfig *config = config_;
    const double scale = config->requests.rate_scale;
    const bool once = trace_reads_standard_input(config);
    char to[SIM_TIME_TEXT], every[SIM_TIME_TEXT], jitter[SIM_TIME_TEXT];
    (void)kind;
    const ErrorRule rules[] = {
        {has_file(config, "", 0) || config->files.count == 0, "file", "nothing",
         "the name of a file"},
        {has_file_twice(config), "file", "one file twice", "each once (repeat plays them again)"},
        {config->to <= config->from, "to", sim_time_format(config->to, to),
         "a duration longer than from"},
        {once && config->repeat > 1, "repeat", "a repetition of standard input",
         "1: it can be read only once"},
        {scale > TRACE_COPIES_MOST, "rate_scale", "more than 100 copies of a file", "at most 100"},
        {once && scale > 1, "rate_scale", "copies of standard input",
         "at most 1: it can be read only once"},
    };
    const ErrorRule of_repeats[] = {
        {config->repeat_every != SIM_TIME_NEVER && config->repeat == 1, "repeat_every",
         sim_time_format(config->repeat_every, every), "repeat of at least 2 beside it"},
        {config->rate_scale_jitter != SIM_TIME_NEVER && scale <= 1, "rate_scale_jitter",
         sim_time_format(config->rate_scale_jitter, jitter),
         "rate_scale above 1 beside it: only further copies are moved"},
    };
    error_add_broken(where, rules, errors);
    if (config->format > 0) {
        trace_check_format(config, &traffic_formats[config->format], where, errors);
    }
    error_add_broken(where, of_repeats, errors);
    check_columns(config, where, errors);
    RowFilter filter;
    row_filter_read(&filter, &config->filter, where, errors);
    row_filter_clear(&filter);
}

/* Clock -----------------------------------------------------------------------------------------
 */

TraceClock trace_clock_of(const char *origin, sim_time from, const TrafficContext *context) {
    TraceClock clock = {
        .text = origin,
        .kind = TRACE_ORIGIN_INSTANT,
        .from = from,
        .start_s = context->start_epoch_s,
        .since = context->since,
        .until = context->until,
        .first_beyond = INT64_MAX,
        .last_beyond = INT64_MIN,
    };
    if (origin == NULL) {
        clock.kind = TRACE_ORIGIN_DATES;
    } else if (strcmp(origin, "first_row") == 0) {
        clock.kind = TRACE_ORIGIN_FIRST_ROW;
    } else if (strcmp(origin, "zero") == 0) {
        clock.kind = TRACE_ORIGIN_ZERO;
    }
    return clock;
}

static bool refuse_origin(const TraceClock *clock, const RowReader *reader, const char *expected,
                          ErrorList *errors) {
    const Error where = {.file = reader->input.path, .place = "origin"};
    return error_at(errors, &where, clock->text, expected, NULL);
}

bool trace_clock_read_origin(TraceClock *clock, const RowReader *reader, ErrorList *errors) {
    if (clock->kind != TRACE_ORIGIN_INSTANT) {
        return true;
    }
    const InputText whole = {clock->text, clock->text + strlen(clock->text)};
    const FieldUnit unit = reader->unit;
    FieldCalendar calendar = {.known = false};
    return field_time(whole, FIELD_CALENDAR, &calendar, &clock->origin) ||
           field_time(whole, unit == FIELD_CALENDAR ? FIELD_SECONDS : unit, &calendar,
                      &clock->origin) ||
           refuse_origin(clock, reader,
                         "first_row, zero, an instant such as 2024-05-10T00:00:00Z, or a number "
                         "in the file's unit",
                         errors);
}

/* Run time of a file time; what is beyond all runs stays just that. */
static sim_time placed(const TraceClock *clock, int64_t file_time) {
    const sim_time beyond = SIM_TIME_LONGEST + 1;
    sim_time start, since;
    if (__builtin_mul_overflow(clock->start_s, SIM_TIME_SECOND, &start) ||
        __builtin_sub_overflow(file_time, start, &since)) {
        since = clock->start_s < file_time / SIM_TIME_SECOND ? beyond : -beyond;
    }
    return since > beyond ? beyond : since < -beyond ? -beyond : since;
}

bool trace_clock_settle(TraceClock *clock, int64_t first_row, const RowReader *reader,
                        ErrorList *errors) {
    clock->is_known = true;
    clock->has_dates = row_reader_has_dates(reader, first_row);
    clock->place = 0;
    switch (clock->kind) {
    case TRACE_ORIGIN_INSTANT: return true;
    case TRACE_ORIGIN_ZERO:
        clock->origin = 0;
        return !clock->has_dates ||
               refuse_origin(clock, reader, "first_row or an instant: the file has dates", errors);
    case TRACE_ORIGIN_FIRST_ROW: clock->origin = first_row; return true;
    case TRACE_ORIGIN_DATES: break;
    }
    clock->origin = first_row;
    clock->place = clock->has_dates ? placed(clock, first_row) + clock->from : 0;
    return true;
}

bool trace_clock_instant(const TraceClock *clock, int64_t *ns) {
    return clock->is_known && clock->has_dates &&
           !__builtin_add_overflow(clock->origin, clock->from, ns);
}

/* The error ------------------------------------------------------------------------------------ */

void trace_clock_note_beyond(TraceClock *clock, int64_t file_time) {
    clock->any_beyond = true;
    clock->first_beyond = file_time < clock->first_beyond ? file_time : clock->first_beyond;
    clock->last_beyond = file_time > clock->last_beyond ? file_time : clock->last_beyond;
}

/* A file time as messages name it: an instant, or the time since the trace's time 0. */
static const char *told(const TraceClock *clock, int64_t file_time, char text[SIM_TIME_TEXT]) {
    if (clock->has_dates) {
        return sim_time_format_calendar(sim_time_second(file_time), text);
    }
    return sim_time_format(file_time - clock->origin, text);
}

static char *run_text(const TraceClock *clock) {
    char begin[SIM_TIME_TEXT], end[SIM_TIME_TEXT];
    const bool is_open = clock->until == SIM_TIME_NEVER;
    const sim_time span = is_open ? 0 : clock->until - clock->since;
    if (clock->has_dates) {
        sim_time_format_calendar(clock->start_s, begin);
        sim_time_format_calendar(clock->start_s + span / SIM_TIME_SECOND, end);
    } else {
        strcpy(begin, "0s");
        sim_time_format(span, end);
    }
    return is_open ? memory_format("from %s on", begin)
                   : memory_format("from %s to %s", begin, end);
}

void trace_clock_refuse(const TraceClock *clock, const char *path, ErrorList *errors) {
    char first[SIM_TIME_TEXT], last[SIM_TIME_TEXT];
    char *run = run_text(clock);
    told(clock, clock->first_beyond, first);
    told(clock, clock->last_beyond, last);
    char *found = clock->any_unread ? memory_format("rows from %s on", first)
                                    : memory_format("rows from %s to %s only", first, last);
    char *expected = memory_format("some within the run, which is %s", run);
    error_in_file(errors, path, found, expected,
                  "set start or duration of the scenario, or origin: first_row to lay the first "
                  "row on time 0");
    free(run);
    free(found);
    free(expected);
}
