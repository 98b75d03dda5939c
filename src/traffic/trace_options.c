// SPDX-License-Identifier: GPL-3.0-or-later
/* What a user may say about a recorded file, and what makes sense together. */
#include "traffic/trace.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "traffic/format.h"
#include "traffic/published.h"

#include <stdlib.h>
#include <string.h>

static const char *const bad_row_choices[] = {"fail", "skip", NULL};
static const char *const unit_choices[] = {"auto", "s", "ms", "us", "ns", "calendar", NULL};
static const char *const duration_unit_choices[] = {"s", "ms", "us", "ns", NULL};
static const char *const time_is_choices[] = {"start", "end", NULL};
static const char *const label_choices[] = {"start", "centre", "end", NULL};
static const char *const value_choices[] = {"count", "rate_per_s", "counter", NULL};
static const char *const gap_choices[] = {"zero", "hold", NULL};
static const char *const spread_choices[] = {"poisson", "even", NULL};

#define AT(member) .offset = offsetof(TraceConfig, member)

const Option trace_options[] = {
    {.name = "file",
     .type = OPTION_TEXT,
     AT(file),
     .help = "the recorded file, plain or .gz; - is standard input"},
    {.name = "format",
     .type = OPTION_CHOICE,
     AT(format),
     .choices = &traffic_formats[0].name,
     .choice_size = sizeof traffic_formats[0],
     .default_text = "auto",
     .help = "the file's format; auto: told by its header or keys"},
    {.name = "on_bad_row",
     .type = OPTION_CHOICE,
     AT(on_bad_row),
     .choices = bad_row_choices,
     .default_text = "fail",
     .help = "what a bad row does: end the run, or be left out and counted"},
    {.name = "reorder_window",
     .type = OPTION_DURATION,
     AT(reorder_window),
     .maximum = 86400,
     .help = "rows that are at most this late are sorted (default: 0s, longer for logs that are "
             "written when requests end)"},
    {.name = "time_scale",
     .type = OPTION_NUMBER,
     AT(time_scale),
     .maximum = 1e6,
     .above_minimum = true,
     .default_text = "1",
     .help = "stretches the time between requests: 2 is twice as slow"},
    {.name = "from",
     .type = OPTION_DURATION,
     AT(from),
     .default_text = "0s",
     .help = "begin this far into the trace, counted from its first row or origin"},
    {.name = "to", .type = OPTION_DURATION, AT(to), .help = "end this far into the trace"},
    {.name = "repeat",
     .type = OPTION_INTEGER,
     AT(repeat),
     .minimum = 1,
     .maximum = 1e9,
     .default_text = "1",
     .help = "play the trace this many times, one after another"},
    {.name = "repeat_every",
     .type = OPTION_DURATION,
     AT(repeat_every),
     .above_minimum = true,
     .help =
         "time from one repetition's start to the next (default: to - from, or the trace's span "
         "and one mean gap)"},
    {.name = "origin",
     .type = OPTION_TEXT,
     AT(origin),
     .help =
         "what of the file lies on time 0 of the run: first_row, zero (its own), an instant, or "
         "a number in its unit (default: rows with dates lie where these put them on the run's "
         "calendar, numbers from 1000000000 s on being seconds since 1970; bare numbers begin "
         "with the first row)"},
    {.name = "time_column",
     .type = OPTION_TEXT,
     AT(time_column),
     .help = "csv, jsonl: the column or key with the time"},
    {.name = "time_unit",
     .type = OPTION_CHOICE,
     AT(time_unit),
     .choices = unit_choices,
     .help = "unit of times that are numbers (default: the format's; csv, jsonl, counts: seconds, "
             "or a date and time; where a format's names are used in two units: told by the first "
             "rows)"},
    {.name = "time_is",
     .type = OPTION_CHOICE,
     AT(time_is),
     .choices = time_is_choices,
     .help = "which instant of a request its row's time is, its start or the end of the answer "
             "(default: nginx: end; csv, jsonl: end with duration_column, else start)"},
    {.name = "duration_column",
     .type = OPTION_TEXT,
     AT(duration_column),
     .help = "csv, jsonl: the column or key with the time that the answer took; where time_is is "
             "end, the arrival is that much earlier"},
    {.name = "duration_unit",
     .type = OPTION_CHOICE,
     AT(duration_unit),
     .choices = duration_unit_choices,
     .help = "csv, jsonl: unit of the duration column (default: s)"},
    {.name = "prompt_column",
     .type = OPTION_TEXT,
     AT(prompt_column),
     .help = "csv, jsonl: the column or key with the prompt tokens"},
    {.name = "output_column",
     .type = OPTION_TEXT,
     AT(output_column),
     .help = "csv, jsonl: the column or key with the output tokens"},
    {.name = "bin",
     .type = OPTION_DURATION,
     AT(bin),
     .above_minimum = true,
     .maximum = 315619200,
     .help = "counts: length of a bin (default: told by the first two rows)"},
    {.name = "bin_label",
     .type = OPTION_CHOICE,
     AT(bin_label),
     .choices = label_choices,
     .help = "counts, prometheus: which instant of its bin a row's time is (default: start)"},
    {.name = "values",
     .type = OPTION_CHOICE,
     AT(values),
     .choices = value_choices,
     .help =
         "files of bins: whether values are requests in the bin (the default for counts), a rate "
         "of Poisson arrivals (prometheus), or a counter's total so far"},
    {.name = "gaps",
     .type = OPTION_CHOICE,
     AT(gaps),
     .choices = gap_choices,
     .help = "prometheus: whether missing points and NaN are silence (zero, the default), or the "
             "last value goes on"},
    {.name = "filter",
     .type = OPTION_TEXT,
     AT(filter),
     .help = "keeps the rows with this value in a column, key or label, such as Model=GPT-4"},
    {.name = "spread",
     .type = OPTION_CHOICE,
     AT(spread),
     .choices = spread_choices,
     .help = "counts: how a bin's requests lie in it (default: poisson)"},
    REQUESTS_OPTIONS(TraceConfig, ", for files without them, or in place of the file's"),
    {.name = "rate_scale_jitter",
     .type = OPTION_DURATION,
     AT(rate_scale_jitter),
     .maximum = 315619200,
     .help = "with a rate_scale above 1, each further copy begins up to this much later (default: "
             "1m)"},
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
    {"values", TAKES_VALUES},
    {"gaps", TAKES_GAPS},
    {"spread", TAKES_SPREAD},
};

/* "azure for time_unit": what takes it. Owned by the caller. */
static char *takers(unsigned bit) {
    char *text = memory_text("a format that takes it:");
    bool first = true;
    for (const TrafficFormat *format = traffic_formats; format->name != NULL; format++) {
        if ((format->takes & bit) != 0) {
            char *longer = memory_format("%s%s %s", text, first ? "" : ",", format->name);
            free(text);
            text = longer;
            first = false;
        }
    }
    return text;
}

static void refuse_option(const TrafficFormat *format, const char *option, const char *value,
                          unsigned bit, const Error *where, ErrorList *errors) {
    const bool column = (bit & (TAKES_NAMES | TAKES_DURATION)) != 0;
    char *found =
        memory_format("%s for the format %s", column ? "a column's name" : value, format->name);
    char *expected = takers(bit);
    error_add_at(where, option, found, expected, errors);
    free(found);
    free(expected);
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
    if (config->gaps != OPTION_ABSENT_CHOICE && counter) {
        error_add_at(where, "gaps", "gaps of a counter",
                     "no gaps: a counter's growth over a gap is known", errors);
    }
    if (config->spread != OPTION_ABSENT_CHOICE && rates && format->bins) {
        error_add_at(where, "spread",
                     "a spread of rates, whose arrivals are a process of their own",
                     "values: count beside it, or no spread", errors);
    }
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
    const bool named = config->requests.lengths != OPTION_ABSENT_CHOICE;
    if (is_named(config)) {
        if (config->time_column == NULL) {
            error_add_at(where, "time_column", "nothing", "the name of the column or key", errors);
        }
        if (config->prompt_column == NULL && !named &&
            !lengths_given(&config->requests.prompt_tokens)) {
            error_add_at(where, "prompt_column", "nothing",
                         "the name of the column or key, or prompt_tokens", errors);
        }
        if (config->output_column == NULL && !named &&
            !lengths_given(&config->requests.output_tokens)) {
            error_add_at(where, "output_column", "nothing",
                         "the name of the column or key, or output_tokens", errors);
        }
    } else if (config->format == 0 &&
               (config->prompt_column || config->output_column || config->duration_column)) {
        const char *name = config->prompt_column   ? "prompt_column"
                           : config->output_column ? "output_column"
                                                   : "duration_column";
        error_add_at(where, name, "a column's name", "time_column beside it", errors);
    }
    const struct {
        const char *name, *column;
        bool drawn;
    } lengths[] = {
        {"prompt_column", config->prompt_column, lengths_given(&config->requests.prompt_tokens)},
        {"output_column", config->output_column, lengths_given(&config->requests.output_tokens)}};
    for (size_t i = 0; i < 2; i++) {
        if (lengths[i].column != NULL && (named || lengths[i].drawn)) {
            error_add_at(where, lengths[i].name, "a column beside lengths that are drawn",
                         "either the column, or prompt_tokens, output_tokens or lengths", errors);
        }
    }
    lengths_check_named(&config->requests, where, errors);
    if (config->duration_unit != OPTION_ABSENT_CHOICE && config->duration_column == NULL) {
        error_add_at(where, "duration_unit", "a unit without a duration",
                     "duration_column beside it", errors);
    }
}

/* What is of use only beside something else. */
static void check_repeats(const TraceConfig *config, const Error *where, ErrorList *errors) {
    char text[SIM_TIME_TEXT];
    if (config->repeat_every != SIM_TIME_NEVER && config->repeat == 1) {
        error_add_at(where, "repeat_every", sim_time_format(config->repeat_every, text),
                     "repeat of at least 2 beside it", errors);
    }
    if (config->rate_scale_jitter != SIM_TIME_NEVER && config->requests.rate_scale <= 1) {
        error_add_at(where, "rate_scale_jitter", sim_time_format(config->rate_scale_jitter, text),
                     "rate_scale above 1 beside it: only further copies are moved", errors);
    }
}

void trace_check(const TrafficKind *kind, const void *config_, const Error *where,
                 ErrorList *errors) {
    const TraceConfig *config = config_;
    (void)kind;
    char text[SIM_TIME_TEXT];
    if (config->file == NULL || config->file[0] == '\0') {
        error_add_at(where, "file", "nothing", "the name of a file", errors);
    }
    if (config->to <= config->from) {
        error_add_at(where, "to", sim_time_format(config->to, text), "a duration longer than from",
                     errors);
    }
    const bool once = config->file != NULL && strcmp(config->file, "-") == 0;
    if (once && config->repeat > 1) {
        error_add_at(where, "repeat", "a repetition of standard input",
                     "1: it can be read only once", errors);
    }
    if (config->requests.rate_scale > TRACE_COPIES_MOST) {
        error_add_at(where, "rate_scale", "more than 100 copies of a file", "at most 100", errors);
    }
    if (once && config->requests.rate_scale > 1) {
        error_add_at(where, "rate_scale", "copies of standard input",
                     "at most 1: it can be read only once", errors);
    }
    if (config->filter != NULL &&
        (strchr(config->filter, '=') == NULL || config->filter[0] == '=')) {
        error_add_at(where, "filter", config->filter, "a column and a value, such as Model=GPT-4",
                     errors);
    }
    if (config->format > 0) {
        trace_check_format(config, &traffic_formats[config->format], where, errors);
    }
    check_repeats(config, where, errors);
    check_columns(config, where, errors);
}
