// SPDX-License-Identifier: GPL-3.0-or-later
/* What a user may say about a recorded file, and what makes sense together. */
#include "traffic/trace.h"

#include "engine/sim_time.h"
#include "traffic/format.h"
#include "traffic/lengths.h"

#include <string.h>

static const char *const bad_row_choices[] = {"fail", "skip", NULL};
static const char *const unit_choices[] = {"auto", "s", "ms", "us", "ns", "calendar", NULL};
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
     .choices = traffic_format_choices,
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
     .help = "what of the file lies on time 0 of the run: first_row, zero (its own), an instant, or "
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
     .default_text = "auto",
     .help = "csv, jsonl, counts: unit of the time column; auto: seconds, or a date and time"},
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
     .default_text = "start",
     .help = "counts: which instant of its bin a row's time is"},
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
     .default_text = "zero",
     .help = "prometheus: whether missing points and NaN are silence, or the last value goes on"},
    {.name = "filter",
     .type = OPTION_TEXT,
     AT(filter),
     .help = "keeps the rows with this value in a column, key or label, such as Model=GPT-4"},
    {.name = "spread",
     .type = OPTION_CHOICE,
     AT(spread),
     .choices = spread_choices,
     .default_text = "poisson",
     .help = "counts: how a bin's requests lie in it"},
    {.name = "prompt_tokens",
     .type = OPTION_LENGTH,
     AT(prompt_tokens),
     .minimum = 1,
     .maximum = 2147483648.0,
     .help = "prompt tokens per request, for files without them, or in place of the file's"},
    {.name = "output_tokens",
     .type = OPTION_LENGTH,
     AT(output_tokens),
     .minimum = 1,
     .maximum = 2147483648.0,
     .help = "output tokens per request, for files without them, or in place of the file's"},
    LENGTHS_OPTION(TraceConfig, lengths),
    TRANSFORM_OPTIONS(TraceConfig, transform),
    {.name = "rate_scale_jitter",
     .type = OPTION_DURATION,
     AT(rate_scale_jitter),
     .maximum = 315619200,
     .default_text = "1m",
     .help = "with a rate_scale above 1, each further copy begins up to this much later"},
    OPTION_END,
};

static bool is_named(const TraceConfig *config) {
    const char *format = traffic_format_choices[config->format];
    return strcmp(format, "csv") == 0 || strcmp(format, "jsonl") == 0 ||
           (strcmp(format, "auto") == 0 && config->time_column != NULL);
}

static void check_columns(const TraceConfig *config, const Error *where, ErrorList *errors) {
    const bool named = config->lengths != OPTION_ABSENT_CHOICE;
    if (is_named(config)) {
        if (config->time_column == NULL) {
            error_add_at(where, "time_column", "nothing", "the name of the column or key", errors);
        }
        if (config->prompt_column == NULL && !named && !lengths_given(&config->prompt_tokens)) {
            error_add_at(where, "prompt_column", "nothing",
                         "the name of the column or key, or prompt_tokens", errors);
        }
        if (config->output_column == NULL && !named && !lengths_given(&config->output_tokens)) {
            error_add_at(where, "output_column", "nothing",
                         "the name of the column or key, or output_tokens", errors);
        }
    } else if (config->time_column || config->prompt_column || config->output_column) {
        const char *name = config->time_column     ? "time_column"
                           : config->prompt_column ? "prompt_column"
                                                   : "output_column";
        error_add_at(where, name, "a column's name",
                     "time_column with it, and format csv or jsonl if any: others know theirs",
                     errors);
    }
}

void trace_check(const void *config_, const Error *where, ErrorList *errors) {
    const TraceConfig *config = config_;
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
    if (config->transform.rate_scale > TRACE_COPIES_MOST) {
        error_add_at(where, "rate_scale", "more than 100 copies of a file", "at most 100", errors);
    }
    if (once && config->transform.rate_scale > 1) {
        error_add_at(where, "rate_scale", "copies of standard input",
                     "at most 1: it can be read only once", errors);
    }
    if (config->filter != NULL &&
        (strchr(config->filter, '=') == NULL || config->filter[0] == '=')) {
        error_add_at(where, "filter", config->filter, "a column and a value, such as Model=GPT-4",
                     errors);
    }
    if (config->values == TRACE_VALUES_COUNTER &&
        strcmp(traffic_format_choices[config->format], "counts") == 0) {
        error_add_at(where, "values", "counter",
                     "count or rate_per_s: counters are read "
                     "from prometheus",
                     errors);
    }
    check_columns(config, where, errors);
}
