// SPDX-License-Identifier: GPL-3.0-or-later
/* Metrics and limits from texts; see objective.h. */
#include "experiment/objective.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Texts -------------------------------------------------------------------------------------- */

static char *trimmed(const char *from, const char *end) {
    while (from < end && isspace((unsigned char)*from)) {
        from++;
    }
    while (end > from && isspace((unsigned char)end[-1])) {
        end--;
    }
    return memory_text_n(from, (size_t)(end - from));
}

/* Metrics ------------------------------------------------------------------------------------ */

static bool find_column(const char *name, size_t *column) {
    for (*column = 0; *column < metric_count; (*column)++) {
        if (strcmp(metric_rows[*column].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_metric(const char *from, const char *end, const Error *where, Metric *metric,
                        ErrorList *errors) {
    const char *colon = memchr(from, ':', (size_t)(end - from));
    *metric = (Metric){.deployment = colon ? trimmed(from, colon) : NULL};
    char *name = trimmed(colon ? colon + 1 : from, end);
    const bool known = find_column(name, &metric->column);
    if (known) {
        metric->name = metric->deployment ? memory_format("%s.%s", metric->deployment, name)
                                          : memory_text(name);
    } else {
        const char *nearest = error_nearest_row(name, metric_rows, metric_count, name);
        error_found(errors, where, nearest ? NULL : "a column of summary.csv, such as ttft_p95_s",
                    nearest, "\"%s\"", name);
    }
    free(name);
    return known;
}

bool metric_read(const char *text, const Error *where, Metric *metric, ErrorList *errors) {
    return read_metric(text, text + strlen(text), where, metric, errors);
}

void metric_clear(Metric *metric) {
    free(metric->deployment);
    free(metric->name);
    *metric = (Metric){0};
}

Metric metric_copy(const Metric *metric) {
    return (Metric){.column = metric->column,
                    .deployment = memory_text(metric->deployment),
                    .name = memory_text(metric->name)};
}

const MetricRow *metric_column(const Metric *metric) {
    return &metric_rows[metric->column];
}

bool metric_adds_up(const Metric *metric) {
    const MetricRow *column = metric_column(metric);
    const bool ratio = strncmp(column->name, "usd_per_", strlen("usd_per_")) == 0;
    return column->unit == METRIC_UNIT_COUNT || column->unit == METRIC_UNIT_HOURS ||
           (column->unit == METRIC_UNIT_USD && !ratio);
}

double metric_value(const Metric *metric, const Scenario *scenario,
                    const Measurement *measurement) {
    double whole = NAN;
    for (size_t i = 0; i < measurement->deployment_count; i++) {
        if (metric->deployment && strcmp(metric->deployment, scenario->deployments[i].name) != 0) {
            continue;
        }
        const double value = measurement_value(measurement, i, metric->column);
        if (isnan(value)) {
            return NAN;
        }
        whole = isnan(whole) ? value : metric_adds_up(metric) ? whole + value : fmax(whole, value);
    }
    return whole;
}

/* Limits ------------------------------------------------------------------------------------- */

static const char *const unit_expected[] = {
    [METRIC_UNIT_COUNT] = "a number",
    [METRIC_UNIT_SECONDS] = "a time, such as 2s or 500ms",
    [METRIC_UNIT_HOURS] = "hours, such as 12 or 12h",
    [METRIC_UNIT_USD] = "dollars, such as $400 or 400",
    [METRIC_UNIT_SHARE] = "a share, such as 0.1% or 0.001",
    [METRIC_UNIT_PER_SECOND] = "a number per second",
};

static bool read_number(const char *text, double *number) {
    char *end;
    *number = strtod(text, &end);
    return *text != '\0' && strspn(text, "0123456789.+-eE") == strlen(text) && *end == '\0' &&
           isfinite(*number);
}

static bool read_duration(const char *text, double *seconds) {
    sim_time time;
    const bool read = sim_time_parse(text, &time);
    *seconds = read ? sim_time_to_seconds(time) : 0;
    return read;
}

static bool read_percent(char *text, double *share) {
    const size_t length = strlen(text);
    const bool percent = length > 0 && text[length - 1] == '%';
    if (percent) {
        text[length - 1] = '\0';
    }
    const bool read = read_number(text, share);
    *share /= percent ? 100 : 1;
    return read && *share >= 0 && *share <= 1;
}

/* text has no blanks. */
static bool read_in_unit(MetricUnit unit, char *text, double *value) {
    if (unit == METRIC_UNIT_SECONDS) {
        return read_number(text, value) || read_duration(text, value);
    }
    if (unit == METRIC_UNIT_HOURS) {
        const bool is_number = read_number(text, value);
        const bool read = is_number || read_duration(text, value);
        *value /= is_number ? 1 : 3600;
        return read;
    }
    if (unit == METRIC_UNIT_SHARE) {
        return read_percent(text, value);
    }
    return read_number(unit == METRIC_UNIT_USD && *text == '$' ? text + 1 : text, value);
}

static void drop_blanks(char *text) {
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!isspace((unsigned char)*from)) {
            *to++ = *from;
        }
    }
    *to = '\0';
}

/* Where the sign is, and how long; NULL: there is none. */
static const char *find_sign(const char *text, size_t *length, bool *at_least) {
    static const struct {
        const char *sign;
        bool at_least;
    } signs[] = {{"<=", false}, {">=", true}, {"\xe2\x89\xa4", false}, {"\xe2\x89\xa5", true}};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const char *at = strstr(text, signs[i].sign);
        if (at) {
            *length = strlen(signs[i].sign);
            *at_least = signs[i].at_least;
            return at;
        }
    }
    return NULL;
}

bool slo_limit_read(const char *text, const Error *where, SloLimit *limit, ErrorList *errors) {
    size_t length = 0;
    *limit = (SloLimit){.text = text_line(text)};
    const char *sign = find_sign(text, &length, &limit->at_least);
    if (!sign) {
        return error_found(errors, where,
                           "METRIC <= LIMIT or METRIC >= LIMIT, such as ttft_p95_s <= 2s", NULL,
                           "\"%s\"", text);
    }
    if (!read_metric(text, sign, where, &limit->metric, errors)) {
        return false;
    }
    char *value = memory_text(sign + length);
    drop_blanks(value);
    const MetricUnit unit = metric_column(&limit->metric)->unit;
    const bool read = read_in_unit(unit, value, &limit->limit);
    free(value);
    if (!read) {
        char *found = trimmed(sign + length, sign + strlen(sign));
        error_found(errors, where, unit_expected[unit], NULL, "\"%s\"", found);
        free(found);
    }
    return read;
}

void slo_limit_clear(SloLimit *limit) {
    metric_clear(&limit->metric);
    free(limit->text);
    *limit = (SloLimit){0};
}
