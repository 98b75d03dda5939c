// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of recorded formats. Order matters where one format's names include another's: the one
 * with more names comes first. Facts about the formats: reference traces.md, section 1. */
#include "traffic/format.h"

#include "base/csv_reader.h"
#include "traffic/json_line.h"

/* Formats that need the user's words: only by `format`, or by time_column. */
static bool format_matches_nothing(const InputText lines[], size_t count) {
    (void)lines;
    (void)count;
    return false;
}

/* Most formats are no more than names and a unit. */
#define CSV_NAMED .shape = SHAPE_CSV, .begin = format_csv_begin, .parse = format_csv_parse
#define JSON_NAMED .shape = SHAPE_JSON_LINES, .parse = format_json_parse

/* Rows with columns or keys; with times that are numbers. */
#define TAKES_DATED (TAKES_FILTER | TAKES_REORDER)
#define TAKES_TIMED (TAKES_DATED | TAKES_UNIT)
/* What the user must name. */
#define TAKES_OWN (TAKES_TIMED | TAKES_NAMES | TAKES_DURATION | TAKES_TIME_IS)

const TrafficFormat traffic_formats[] = {
    {.name = "auto", .matches = format_matches_nothing}, /* what the file shows itself to be */
    {
        .name = "azure",
        .what = "Azure LLM inference traces 2023, 2024, 2025",
        .tells = "columns TIMESTAMP, ContextTokens, GeneratedTokens",
        .shape = SHAPE_CSV,
        .names = {"TIMESTAMP", "ContextTokens", "GeneratedTokens"},
        .unit = FIELD_CALENDAR,
        .takes = TAKES_DATED,
        .begin = format_csv_begin,
        .parse = format_azure_parse,
    },
    {
        .name = "burstgpt",
        .what = "BurstGPT, v1 and v2; 0 response tokens is a failed request: left out, counted",
        .tells = "columns Timestamp, Request tokens, Response tokens",
        CSV_NAMED,
        .names = {"Timestamp", "Request tokens", "Response tokens"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
        .zero_output_fails = true,
    },
    {
        .name = "vidur",
        .what = "Vidur's traces",
        .tells = "columns arrived_at, num_prefill_tokens, num_decode_tokens",
        CSV_NAMED,
        .names = {"arrived_at", "num_prefill_tokens", "num_decode_tokens"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
    },
    {
        .name = "splitwise",
        .what = "Splitwise's traces",
        .tells = "columns arrival_timestamp, prompt_size, token_size",
        CSV_NAMED,
        .names = {"arrival_timestamp", "prompt_size", "token_size"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
    },
    {
        .name = "guidellm",
        .what = "GuideLLM's traces: mooncake's names, in seconds (or ms)",
        .tells = "columns timestamp, input_length, output_length",
        CSV_NAMED,
        .names = {"timestamp", "input_length", "output_length"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
        .other_unit = "guidellm", /* as Mooncake's, made a CSV file */
    },
    {
        .name = "fireworks_billing",
        .what = "`firectl billing export-metrics`: a row per usage event, to the second",
        .tells = "columns start_time, usage_type, prompt_tokens, completion_tokens",
        CSV_NAMED,
        .names = {"start_time", "prompt_tokens", "completion_tokens"},
        .marker = "usage_type",
        .unit = FIELD_CALENDAR,
        .takes = TAKES_DATED,
        .zero_output_fails = true,
        .reorder_window = SIM_TIME_HOUR,
    },
    {
        .name = "bailian",
        .what = "Bailian traces: as mooncake, with chat_id; timestamp in seconds",
        .tells = "JSON lines with chat_id, timestamp, input_length, output_length",
        JSON_NAMED,
        .names = {"timestamp", "input_length", "output_length"},
        .marker = "chat_id",
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
    },
    {
        .name = "mooncake",
        .what = "Mooncake's traces: timestamp in ms",
        .tells = "JSON lines with timestamp, input_length, output_length",
        JSON_NAMED,
        .names = {"timestamp", "input_length", "output_length"},
        .unit = FIELD_MILLISECONDS,
        .takes = TAKES_TIMED,
        .other_unit = "timed_trace",
    },
    {
        .name = "timed_trace",
        .what = "vLLM's timed_trace, GuideLLM's JSON lines: as mooncake, timestamp in seconds",
        .tells = "as mooncake, with a timestamp in seconds",
        JSON_NAMED,
        .names = {"timestamp", "input_length", "output_length"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
    },
    {
        .name = "llmservingsim",
        .what = "LLMServingSim's workloads; chains of requests are closed-loop and refused",
        .tells = "JSON lines with arrival_time_ns, input_toks, output_toks",
        .shape = SHAPE_JSON_LINES,
        .names = {"arrival_time_ns", "input_toks", "output_toks"},
        .unit = FIELD_NANOSECONDS,
        .takes = TAKES_TIMED,
        .matches = format_llmservingsim_matches,
        .parse = format_llmservingsim_parse,
    },
    {
        .name = "vllm_requests",
        .what = "LLMServingSim's record of a real vLLM run",
        .tells = "JSON lines with arrival_time, input_toks, output_toks",
        JSON_NAMED,
        .names = {"arrival_time", "input_toks", "output_toks"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
    },
    {
        .name = "vllm",
        .what = "result of `vllm bench serve --save-result --save-detailed`; read whole",
        .tells = "a JSON document with start_times, input_lens, output_lens",
        .shape = SHAPE_DOCUMENT,
        .names = {"start_times", "input_lens", "output_lens"},
        .unit = FIELD_SECONDS,
        .takes = TAKES_UNIT | TAKES_REORDER,
        .reorder_window = SIM_TIME_DAY, /* by number, not by time; all in memory anyway */
        .matches = format_vllm_matches,
        .begin = format_vllm_begin,
    },
    {
        .name = "prometheus",
        .what = "answer of query_range: a rate, or with `values: counter` a counter; read whole",
        .tells = "a JSON document with resultType matrix",
        .shape = SHAPE_DOCUMENT,
        .unit = FIELD_SECONDS,
        .takes = TAKES_UNIT | TAKES_FILTER | TAKES_LABEL | TAKES_VALUES | TAKES_COUNTER |
                 TAKES_GAPS | TAKES_SPREAD,
        .bins = true,
        .rates = true,
        .matches = format_prometheus_matches,
        .begin = format_prometheus_begin,
    },
    {
        .name = "azure_functions_2019",
        .what = "Azure Functions 2019: 1,440 counts per function and day; read whole",
        .tells = "columns HashOwner, HashApp, HashFunction, Trigger, 1, ..., 1440",
        .shape = SHAPE_DOCUMENT,
        .unit = FIELD_SECONDS,
        .takes = TAKES_FILTER | TAKES_SPREAD,
        .bins = true,
        .matches = format_functions_2019_matches,
        .begin = format_functions_2019_begin,
    },
    {
        .name = "azure_functions_2021",
        .what = "Azure Functions 2021: ends and durations of calls, in no order",
        .tells = "columns app, func, end_timestamp, duration",
        CSV_NAMED,
        .names = {[ROLE_TIME] = "end_timestamp", [ROLE_DURATION] = "duration"},
        .marker = "func",
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED,
        .ends = true,
        .reorder_window = SIM_TIME_DAY,
    },
    {
        .name = "k6",
        .what = "k6's CSV output (`--out csv`); times are of the requests' ends",
        .tells = "columns metric_name, timestamp, metric_value",
        .shape = SHAPE_CSV,
        .names = {[ROLE_TIME] = "timestamp"},
        .marker = "metric_name",
        .only = "http_reqs",
        .unit = FIELD_UNIT_AUTO,
        .takes = TAKES_TIMED,
        .ends = true,
        .reorder_window = SIM_TIME_MINUTE,
        .begin = format_csv_begin,
        .parse = format_k6_parse,
    },
    {
        .name = "locust",
        .what = "Locust's stats history (`--csv`)",
        .tells = "columns Timestamp, Name, Total Request Count",
        .shape = SHAPE_CSV,
        .names = {[ROLE_TIME] = "Timestamp", [ROLE_VALUE] = "Total Request Count"},
        .marker = "Name",
        .only = "Aggregated",
        .unit = FIELD_SECONDS,
        .takes = TAKES_TIMED | TAKES_SPREAD,
        .bins = true,
        .begin = format_csv_begin,
        .parse = format_locust_parse,
    },
    {
        .name = "traefik",
        .what = "Traefik's access log: the common form, and more behind it",
        .tells =
            "log lines with [16/Nov/2023:18:15:46 +0000] that end with a duration such as 45ms",
        .shape = SHAPE_LOG,
        .unit = FIELD_CALENDAR,
        .takes = TAKES_REORDER,
        .reorder_window = SIM_TIME_HOUR,
        .matches = format_traefik_matches,
        .parse = format_nginx_parse,
    },
    {
        .name = "apache",
        .what = "Apache's access log: `%D` or `%T` behind the combined form, or vhost_combined",
        .tells = "log lines with [16/Nov/2023:18:15:46 +0000] that end with whole numbers behind "
                 "the user agent, or begin with host:port",
        .shape = SHAPE_LOG,
        .unit = FIELD_CALENDAR,
        .takes = TAKES_REORDER | TAKES_TIME_IS,
        .reorder_window = SIM_TIME_HOUR,
        .matches = format_apache_matches,
        .parse = format_nginx_parse,
    },
    {
        .name = "nginx",
        .what = "access log of nginx and its kin: common or combined form, with more around it",
        .tells = "log lines with [16/Nov/2023:18:15:46 +0000]",
        .shape = SHAPE_LOG,
        .unit = FIELD_CALENDAR,
        .takes = TAKES_REORDER | TAKES_TIME_IS,
        .ends = true,
        .reorder_window = SIM_TIME_HOUR, /* answers last so long */
        .matches = format_nginx_matches,
        .parse = format_nginx_parse,
    },
    {
        .name = "envoy",
        .what = "Envoy's access log, in its default form",
        .tells = "log lines that begin with [2023-11-16T18:15:46.680Z]",
        .shape = SHAPE_LOG,
        .unit = FIELD_CALENDAR,
        .takes = TAKES_REORDER,
        .reorder_window = SIM_TIME_HOUR, /* answers last so long */
        .matches = format_envoy_matches,
        .parse = format_envoy_parse,
    },
    {
        .name = "servegen",
        .what = "a client's chunk file of ServeGen",
        .tells = "six columns without names: start, rate, cv, family, shape, scale",
        .shape = SHAPE_CSV,
        .unit = FIELD_SECONDS,
        .takes = TAKES_UNIT | TAKES_REORDER | TAKES_BIN,
        .bins = true,
        .rates = true,
        .matches = format_servegen_matches,
        .begin = format_servegen_begin,
        .parse = format_servegen_parse,
    },
    {
        .name = "counts",
        .what = "two columns, a time and a number of requests; or bare numbers with `bin`",
        .tells = "two columns: a time and a number of requests",
        .shape = SHAPE_CSV,
        .unit = FIELD_UNIT_AUTO,
        .takes = TAKES_UNIT | TAKES_REORDER | TAKES_BIN | TAKES_LABEL | TAKES_VALUES | TAKES_SPREAD,
        .bins = true,
        .matches = format_counts_matches,
        .begin = format_counts_begin,
        .parse = format_counts_parse,
    },
    {
        .name = "csv",
        .what = "a CSV file of your own: you name the columns",
        CSV_NAMED,
        .unit = FIELD_UNIT_AUTO,
        .takes = TAKES_OWN,
        .matches = format_matches_nothing,
    },
    {
        .name = "jsonl",
        .what = "JSON lines of your own: you name the keys",
        JSON_NAMED,
        .unit = FIELD_UNIT_AUTO,
        .takes = TAKES_OWN,
        .matches = format_matches_nothing,
    },
    {.name = NULL},
};

static bool has_name(const TrafficFormat *format, InputText line, const char *name) {
    return format->shape == SHAPE_CSV ? field_column(line, csv_line_delimiter(line), name) >= 0
                                      : json_line_has(line, name);
}

static bool has_all_names(const TrafficFormat *format, InputText line) {
    if (format->marker != NULL && !has_name(format, line, format->marker)) {
        return false;
    }
    for (int role = 0; role < ROLE_COUNT; role++) {
        if (format->names[role] != NULL && !has_name(format, line, format->names[role])) {
            return false;
        }
    }
    return true;
}

const TrafficFormat *traffic_format_find(const char *name) {
    for (const TrafficFormat *format = traffic_formats; format->name != NULL; format++) {
        if (strcmp(format->name, name) == 0) {
            return format;
        }
    }
    return NULL;
}

const TrafficFormat *traffic_format_detect(const InputText lines[], size_t count) {
    for (const TrafficFormat *format = traffic_formats; count > 0 && format->name != NULL;
         format++) {
        if (format->matches != NULL ? format->matches(lines, count)
                                    : has_all_names(format, lines[0])) {
            return format;
        }
    }
    return NULL;
}
