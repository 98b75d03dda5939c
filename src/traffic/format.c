// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of recorded formats. Order matters where one format's names include another's: the one
 * with more names comes first. docs/traffic.md tells them to users. */
#include "traffic/format.h"

#include "base/csv_reader.h"
#include "traffic/field.h"
#include "traffic/json_object.h"

#include <stdio.h>

/* Formats that need the user's words: only by `format`, or by time_column. */
static bool format_matches_nothing(const InputText lines[], size_t count) {
    (void)lines;
    (void)count;
    return false;
}

#define FORMAT(name_, shape_, unit_) .name = #name_, .shape = SHAPE_##shape_, .unit = FIELD_##unit_
/* Most formats are no more than names of columns or keys, and a unit. */
#define CSV_NAMED(name, unit, ...)                                                                 \
    FORMAT(name, CSV, unit), .begin = format_csv_begin, .parse = format_csv_parse,                 \
                             .names = {__VA_ARGS__}
#define JSON_NAMED(name, unit, ...)                                                                \
    FORMAT(name, JSON, unit), .begin = format_json_begin, .parse = format_json_parse,              \
                              .names = {__VA_ARGS__}
/* Logs are written when answers end, which may last so long. */
#define LOG(name) LOG_BEGUN(name, log)
#define LOG_BEGUN(name, begun)                                                                     \
    FORMAT(name, LOG, CALENDAR), .reorder_window = SIM_TIME_HOUR, .begin = format_##begun##_begin, \
                                 .matches = format_##name##_matches,                               \
                                 .parse = format_##name##_parse

/* Rows with columns or keys; with times that are numbers. */
#define TAKES_DATED (TAKES_FILTER | TAKES_REORDER)
#define TAKES_TIMED (TAKES_DATED | TAKES_UNIT)
/* Exports, as an API or a table gives them: in order of time, or newest first. */
#define EXPORT .is_any_order = true, .reorder_window = SIM_TIME_HOUR, .takes = TAKES_TIMED
/* Access logs as JSON, written when answers end. */
#define JSON_LOG .reorder_window = SIM_TIME_HOUR, .takes = TAKES_TIMED | TAKES_TIME_IS

/* What generates text. */
#define GENERATED "call_type!=*embedding*,*image*,*speech*,*transcription*,*moderation*,*rerank*"

#define LITELLM "startTime", "prompt_tokens", "completion_tokens"
#define LITELLM_PAST                                                                               \
    [ROLE_CACHED] = "?metadata.additional_usage_values.cache_read_input_tokens|"                   \
                    "metadata.additional_usage_values.prompt_tokens_details.cached_tokens|"        \
                    "metadata.usage_object.prompt_tokens_details.cached_tokens",                   \
    [ROLE_SESSION] = "?session_id|end_user|user"
#define HELICONE "request_created_at", "?prompt_tokens", "?completion_tokens"
#define LANGFUSE                                                                                   \
    "startTime|start_time",                                                                        \
        "?usageDetails.input|usage_details.input|usage.input|inputUsage|promptTokens|"             \
        "prompt_tokens|usageDetails.prompt_tokens|usage.promptTokens",                             \
        "?usageDetails.output|usage_details.output|usage.output|outputUsage|completionTokens|"     \
        "completion_tokens|usageDetails.completion_tokens|usage.completionTokens"

/* Mooncake's keys. */
#define BLOCKS                                                                                     \
    "timestamp", "input_length",                                                                   \
        "output_length", [ROLE_SESSION] = "?session_id", [ROLE_HASHES] = "?hash_ids"

/* What the user must name. */
#define TAKES_OWN (TAKES_TIMED | TAKES_NAMES | TAKES_DURATION | TAKES_TIME_IS | TAKES_BLOCKS)

const TrafficFormat traffic_formats[] = {
    {.name = "auto", .matches = format_matches_nothing}, /* what the file shows itself to be */
    {FORMAT(azure, CSV, CALENDAR), .names = {"TIMESTAMP", "ContextTokens", "GeneratedTokens"},
     .takes = TAKES_DATED, .begin = format_csv_begin, .parse = format_azure_parse,
     .tells = "columns TIMESTAMP, ContextTokens, GeneratedTokens (Azure LLM inference traces 2023, "
              "2024, 2025)"},
    {CSV_NAMED(autoscale_sim, NANOSECONDS, "arrived_ns", "prompt_tokens",
               "output_tokens", [ROLE_CACHED] = "?cached_tokens", [ROLE_SESSION] = "?session",
               [ROLE_HASHES] = "?hash_ids", [ROLE_WAITED] = "?abandoned_after_ns"),
     .takes = TAKES_TIMED | TAKES_BLOCKS, .block_tokens = 16,
     .tells = "columns arrived_ns, prompt_tokens, output_tokens; cached_tokens, session, hash_ids "
              "(of blocks of 16 tokens) if there are any; with abandoned_after_ns each request is "
              "sent once, whatever its answer, and given up after so long, or never where it is "
              "empty; where it is 0 the deployment's client has it"},
    /* v1: seconds since the first midnight; v2 adds columns */
    {CSV_NAMED(burstgpt, SECONDS, "Timestamp", "Request tokens",
               "Response tokens", [ROLE_SESSION] = "?Session ID"),
     .takes = TAKES_TIMED, .zero_output_fails = true,
     .tells = "columns Timestamp, Request tokens, Response tokens; 0 response tokens is a failed "
              "request: left out, counted"},
    {CSV_NAMED(vidur, SECONDS, "arrived_at", "num_prefill_tokens", "num_decode_tokens"),
     .takes = TAKES_TIMED, .tells = "columns arrived_at, num_prefill_tokens, num_decode_tokens"},
    {CSV_NAMED(splitwise, SECONDS, "arrival_timestamp", "prompt_size", "token_size"),
     .takes = TAKES_TIMED, .tells = "columns arrival_timestamp, prompt_size, token_size"},
    /* mooncake's names in seconds; or in ms, its file made a CSV file */
    {CSV_NAMED(guidellm, SECONDS, "timestamp", "input_length", "output_length"),
     .takes = TAKES_TIMED, .other_unit = "guidellm",
     .tells = "columns timestamp, input_length, output_length; seconds (or ms)"},
    /* firectl billing export-metrics: a row per usage event, to 1 s */
    {CSV_NAMED(
         fireworks_billing, CALENDAR, "start_time", "prompt_tokens",
         "completion_tokens", [ROLE_CACHED] = "?cached_prompt_tokens", [ROLE_SESSION] = "?email"),
     .marker = "usage_type", .filter = "usage_type=TEXT_COMPLETION_INFERENCE_USAGE",
     .takes = TAKES_DATED, .zero_output_fails = true, .reorder_window = SIM_TIME_HOUR,
     .tells = "`firectl billing export-metrics`: columns start_time, usage_type, prompt_tokens, "
              "completion_tokens; to the second; other usage than text completion is left out"},
    /* mooncake's keys with another unit of time */
    {JSON_NAMED(bailian, SECONDS, BLOCKS), .marker = "chat_id", .block_tokens = 16,
     .takes = TAKES_TIMED | TAKES_BLOCKS,
     .tells = "as mooncake, with chat_id; timestamp in seconds; blocks of 16 tokens"},
    {JSON_NAMED(mooncake, MILLISECONDS, BLOCKS), .takes = TAKES_TIMED | TAKES_BLOCKS,
     .other_unit = "timed_trace",
     .tells = "JSON with timestamp, input_length, output_length, hash_ids (of blocks of 512 "
              "tokens) if there are any; timestamp in ms"},
    /* vLLM's timed_trace, GuideLLM's JSON lines: mooncake's in seconds */
    {JSON_NAMED(timed_trace, SECONDS, BLOCKS), .takes = TAKES_TIMED | TAKES_BLOCKS,
     .tells = "as mooncake, with timestamp in seconds, as vLLM and GuideLLM have it"},
    /* GET /spend/logs, the table LiteLLM_SpendLogs, and StandardLoggingPayload; its call_type is
     * embedding, ... for what generates no text */
    {JSON_NAMED(litellm, UNIT_AUTO, LITELLM, LITELLM_PAST), .marker = "call_type",
     .filter = GENERATED, .zero_output_fails = true, EXPORT,
     .tells = "LiteLLM's spend logs and logged payloads: JSON with startTime, prompt_tokens, "
              "completion_tokens, call_type; embeddings, images, ... are left out"},
    {CSV_NAMED(litellm_csv, UNIT_AUTO, LITELLM, [ROLE_SESSION] = "?session_id|end_user|user"),
     .marker = "call_type", .filter = GENERATED, .zero_output_fails = true, EXPORT,
     .tells = "the same as CSV, from the table LiteLLM_SpendLogs"},
    {JSON_NAMED(langfuse, UNIT_AUTO, LANGFUSE), .marker = "type&traceId|trace_id",
     .filter = "type=GENERATION", .zero_output_fails = true, EXPORT,
     .tells = "Langfuse's observations: JSON with type, traceId or trace_id, startTime or "
              "start_time, and tokens by any of its names; what is no GENERATION is left out"},
    {CSV_NAMED(langfuse_csv, UNIT_AUTO, LANGFUSE), .marker = "type&traceId|trace_id",
     .filter = "type=GENERATION", .zero_output_fails = true, EXPORT, .tells = "the same as CSV"},
    {JSON_NAMED(helicone, UNIT_AUTO, HELICONE), .marker = "response_created_at|response_status",
     .zero_output_fails = true, EXPORT,
     .tells = "Helicone's requests: JSON with request_created_at, response_status, prompt_tokens, "
              "completion_tokens"},
    {CSV_NAMED(helicone_csv, UNIT_AUTO, HELICONE), .marker = "response_created_at|response_status",
     .zero_output_fails = true, EXPORT, .tells = "the same as CSV"},
    /* AIPerf's profile_export.jsonl; failed requests have no lengths */
    {JSON_NAMED(aiperf, NANOSECONDS, "metadata.request_start_ns",
                "?metrics.input_sequence_length.value",
                "?metrics.output_sequence_length.value", [ROLE_ERROR] = "?error",
                [ROLE_CACHED] = "?metrics.usage_prompt_cache_read_tokens.value",
                [ROLE_SESSION] = "?metadata.conversation_id|metadata.x_correlation_id"),
     .reorder_window = SIM_TIME_HOUR, .takes = TAKES_DATED,
     .tells = "AIPerf's profile_export.jsonl: metadata.request_start_ns, "
              "metrics.input_sequence_length, metrics.output_sequence_length"},
    /* its workloads; chains of requests are closed-loop and refused */
    {FORMAT(llmservingsim, JSON, NANOSECONDS),
     .names = {"arrival_time_ns", "input_toks", "output_toks"}, .takes = TAKES_TIMED,
     .matches = format_llmservingsim_matches, .parse = format_llmservingsim_parse,
     .tells = "JSON with arrival_time_ns, input_toks, output_toks"},
    /* chat.completion, text_completion and response objects, kept as they were answered; `created`
     * is when the request came */
    {JSON_NAMED(openai_answers, UNIT_AUTO, "created|created_at",
                "usage.prompt_tokens|usage.input_tokens",
                "usage.completion_tokens|usage.output_tokens",
                [ROLE_CACHED] = "?usage.prompt_tokens_details.cached_tokens|"
                                "usage.input_tokens_details.cached_tokens",
                [ROLE_SESSION] = "?conversation.id|prompt_cache_key|safety_identifier|user"),
     .marker = "object", .zero_output_fails = true, EXPORT,
     .tells = "answers as OpenAI, Fireworks and vLLM give them: JSON with object, created (or "
              "created_at), usage with its tokens; to the second"},
    /* LLMServingSim's record of a real vLLM run */
    {JSON_NAMED(vllm_requests, SECONDS, "arrival_time", "input_toks", "output_toks"),
     .takes = TAKES_TIMED,
     .tells = "JSON with arrival_time, input_toks, output_toks (LLMServingSim's record of vLLM)"},
    /* by number, not by time; all in memory anyway */
    {FORMAT(vllm, DOCUMENT, SECONDS), .names = {"start_times", "input_lens", "output_lens"},
     .takes = TAKES_UNIT | TAKES_REORDER, .reorder_window = SIM_TIME_DAY,
     .matches = format_vllm_matches, .begin = format_vllm_begin,
     .tells = "result of `vllm bench serve --save-result --save-detailed`"},
    /* GET /v1/organization/usage/completions: sums per bucket, by project, model, ... */
    {FORMAT(openai_usage, JSON, SECONDS),
     .names = {"start_time", "input_tokens", "output_tokens", [ROLE_VALUE] = "num_model_requests",
               [ROLE_CACHED] = "input_cached_tokens"},
     .takes = TAKES_SPREAD, .bins = true, .matches = format_openai_matches,
     .begin = format_openai_begin,
     .tells =
         "OpenAI's usage by buckets: JSON with start_time, end_time and results of "
         "num_model_requests, input_tokens, output_tokens; requests have their bucket's means"},
    /* the dashboard's older one: five minutes each */
    {FORMAT(openai_usage_2023, JSON, SECONDS),
     .names = {"aggregation_timestamp", "n_context_tokens_total", "n_generated_tokens_total",
               [ROLE_VALUE] = "n_requests", [ROLE_CACHED] = "?n_cached_context_tokens_total"},
     .takes = TAKES_SPREAD, .bins = true, .begin = format_openai_begin,
     .tells = "OpenAI's older usage: JSON with aggregation_timestamp, n_requests, "
              "n_context_tokens_total, n_generated_tokens_total; five minutes each"},
    /* the answer to query_range */
    {FORMAT(prometheus, DOCUMENT, SECONDS),
     .takes = TAKES_UNIT | TAKES_FILTER | TAKES_LABEL | TAKES_VALUES | TAKES_COUNTER | TAKES_GAPS |
              TAKES_SPREAD,
     .bins = true, .rates = true, .matches = format_prometheus_matches,
     .begin = format_prometheus_begin,
     .tells =
         "the JSON answer of query_range (a matrix), or a list of its series, or of the points of "
         "one: a rate, or with `values: counter` a counter"},
    {FORMAT(azure_functions_2019, DOCUMENT, SECONDS), .takes = TAKES_FILTER | TAKES_SPREAD,
     .bins = true, .matches = format_functions_2019_matches, .begin = format_functions_2019_begin,
     .tells = "1,440 counts per function: columns HashOwner, HashApp, HashFunction, Trigger, 1, "
              "..., 1440"},
    /* written at the end, from many machines */
    {CSV_NAMED(azure_functions_2021,
               SECONDS, [ROLE_TIME] = "end_timestamp", [ROLE_DURATION] = "duration"),
     .marker = "func", .takes = TAKES_TIMED, .ends = true, .reorder_window = SIM_TIME_DAY,
     .tells = "columns app, func, end_timestamp, duration"},
    /* --out csv; times are of the requests' ends */
    {FORMAT(k6, CSV, UNIT_AUTO), .names = {[ROLE_TIME] = "timestamp"}, .marker = "metric_name",
     .only = "http_reqs", .takes = TAKES_TIMED, .ends = true, .reorder_window = SIM_TIME_MINUTE,
     .begin = format_csv_begin, .parse = format_k6_parse,
     .tells = "k6's CSV output: columns metric_name, timestamp, metric_value"},
    /* --out json */
    {FORMAT(k6_json, JSON, UNIT_AUTO), .names = {[ROLE_TIME] = "data.time"}, .marker = "metric",
     .only = "http_reqs", .takes = TAKES_DATED, .ends = true, .reorder_window = SIM_TIME_MINUTE,
     .matches = format_k6_json_matches, .parse = format_k6_json_parse,
     .tells = "k6's JSON output: lines with type, metric, data.time"},
    /* --csv: ..._stats_history.csv */
    {FORMAT(locust, CSV, SECONDS),
     .names = {[ROLE_TIME] = "Timestamp", [ROLE_VALUE] = "Total Request Count"}, .marker = "Name",
     .only = "Aggregated", .takes = TAKES_TIMED | TAKES_SPREAD, .bins = true,
     .begin = format_csv_begin, .parse = format_locust_parse,
     .tells = "Locust's stats history: columns Timestamp, Name, Total Request Count"},
    {LOG(alb), .takes = TAKES_DATED, .ends = true,
     .tells = "access log of an AWS Application Load Balancer"},
    {LOG(elb), .takes = TAKES_DATED, .tells = "access log of an AWS Classic Load Balancer"},
    {LOG_BEGUN(w3c, w3c), .takes = TAKES_DATED | TAKES_TIME_IS, .ends = true,
     .tells = "a line #Fields: date time ... (CloudFront's standard log, IIS, other W3C logs)"},
    {LOG(haproxy), .takes = TAKES_DATED,
     .tells = "HAProxy's HTTP log: [06/Feb/2009:12:14:14.655] frontend backend/server "
              "10/0/30/69/109"},
    /* common log format, and more behind it */
    {LOG(traefik), .takes = TAKES_DATED,
     .tells =
         "access log in common form, with more behind it, that ends with a duration such as 45ms"},
    /* %D or %T behind the combined form, or Debian's vhost_combined */
    {LOG(apache), .takes = TAKES_DATED | TAKES_TIME_IS,
     .tells = "access log in combined form with whole numbers behind it (`%D`, `%T`), or "
              "vhost_combined"},
    /* and its kin: any NCSA common or combined log */
    {LOG(nginx), .takes = TAKES_DATED | TAKES_TIME_IS, .ends = true,
     .tells = "access log in common or combined form, with more around it"},
    {LOG(envoy), .takes = TAKES_DATED,
     .tells = "access log in Envoy's default form: begins with [2023-11-16T18:15:46.680Z]"},
    /* Caddy's handled requests; ts is of the end */
    {JSON_NAMED(caddy, UNIT_AUTO, "ts", [ROLE_DURATION] = "?duration"),
     .fields = {"request.method", "request.uri", "status"}, .marker = "request.uri&status|msg",
     .ends = true, JSON_LOG,
     .tells = "Caddy's access log: JSON with ts, request.uri, duration in seconds"},
    {JSON_NAMED(traefik_json, UNIT_AUTO, "StartUTC|StartLocal"),
     .fields = {"RequestMethod", "RequestPath", "DownstreamStatus"},
     .marker = "RequestPath|RequestMethod|DownstreamStatus", JSON_LOG,
     .tells = "Traefik's access log as JSON: StartUTC, RequestPath"},
    /* Istio's default, and others of Envoy */
    {JSON_NAMED(envoy_json, UNIT_AUTO, "start_time"), .fields = {"method", "path", "response_code"},
     .marker = "response_code", JSON_LOG,
     .tells = "Envoy's access log as JSON, as Istio has it: start_time, response_code"},
    /* whatever log_format escape=json says, by nginx's own names or the usual ones */
    {JSON_NAMED(nginx_json, UNIT_AUTO, "msec|time_iso8601|time_local|@timestamp|timestamp|time",
                [ROLE_DURATION] = "?request_time"),
     .fields = {"request_method|method|request", "request_uri|uri|path|request", "status|response"},
     .marker = "remote_addr|remote_ip|request_uri|http_user_agent|body_bytes_sent|request_method",
     .ends = true, JSON_LOG,
     .tells = "nginx's log as JSON: msec, time_iso8601, time_local, @timestamp, timestamp or time, "
              "with remote_addr, request_uri or the like; request_time"},
    /* one client: chunk-N-trace.csv */
    {FORMAT(servegen, CSV, SECONDS), .takes = TAKES_UNIT | TAKES_REORDER | TAKES_BIN, .bins = true,
     .rates = true, .matches = format_servegen_matches, .begin = format_servegen_begin,
     .parse = format_servegen_parse,
     .tells = "a client's chunk file: start, rate, cv, family, shape, scale, without names"},
    /* a panel's data: a column for each series, or a row */
    {FORMAT(grafana, CSV, UNIT_AUTO),
     .takes = TAKES_UNIT | TAKES_FILTER | TAKES_BIN | TAKES_LABEL | TAKES_VALUES |
              TAKES_VALUE_COLUMN | TAKES_SPREAD,
     .bins = true, .matches = format_grafana_matches, .begin = format_grafana_begin,
     .tells = "Grafana's CSV: Time and a column for each series, in even steps, or Series, Time, "
              "Value; summed"},
    /* two columns: a bin's time, and the requests in it; or bare counts */
    {FORMAT(counts, CSV, UNIT_AUTO),
     .takes = TAKES_UNIT | TAKES_REORDER | TAKES_BIN | TAKES_LABEL | TAKES_VALUES | TAKES_SPREAD,
     .bins = true, .matches = format_counts_matches, .begin = format_counts_begin,
     .parse = format_counts_parse,
     .tells = "two columns, a time and a number of requests; or bare numbers with `bin`"},
    /* the user names the columns */
    {FORMAT(csv, CSV, UNIT_AUTO), .begin = format_csv_begin, .parse = format_csv_parse,
     .takes = TAKES_OWN, .matches = format_matches_nothing},
    /* the user names the keys */
    {FORMAT(jsonl, JSON, UNIT_AUTO), .begin = format_json_begin, .parse = format_json_parse,
     .takes = TAKES_OWN, .matches = format_matches_nothing},
/* A build may add a row of its own behind ours (tests/cli/test_one_row.c runs such a program). */
#ifdef FORMATS_EXTRA
#include FORMATS_EXTRA
#endif
    {.name = NULL},
};

static bool has_name(const TrafficFormat *format, InputText line, const char *name) {
    return format->shape == SHAPE_CSV ? field_column(line, csv_line_delimiter(line), name) >= 0
                                      : json_object_has(line, name);
}

bool traffic_format_has(const TrafficFormat *format, InputText line, const char *names,
                        InputText *name) {
    char one[FORMAT_NAME_MOST];
    bool found = false;
    for (const char *p = names + (*names == '?'); !found && *p != '\0'; p = name->end) {
        p += *p == '|';
        *name = (InputText){p, p + strcspn(p, "|&")};
        snprintf(one, sizeof one, "%.*s", (int)(name->end - name->start), name->start);
        found = has_name(format, line, one);
        if (*name->end == '&') {
            break;
        }
    }
    return found;
}

static bool has_marker(const TrafficFormat *format, InputText line) {
    InputText name = {NULL, NULL};
    const char *all = format->marker;
    while (all != NULL && traffic_format_has(format, line, all, &name)) {
        all = strchr(all, '&');
        all = all != NULL ? all + 1 : NULL;
    }
    return all == NULL;
}

static bool has_all_names(const TrafficFormat *format, InputText line) {
    InputText name = {NULL, NULL};
    if (!has_marker(format, line)) {
        return false;
    }
    for (int role = 0; role < ROLE_COUNT; role++) {
        const char *names = format->names[role];
        if (names != NULL && *names != '?' && !traffic_format_has(format, line, names, &name)) {
            return false;
        }
    }
    return true;
}

bool traffic_format_fits(const TrafficFormat *format, InputText object) {
    return format->matches != NULL ? format->matches(&object, 1) : has_all_names(format, object);
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
    if (count == 0) {
        return NULL;
    }
    const bool is_object = lines[0].start < lines[0].end && *lines[0].start == '{';
    for (const TrafficFormat *format = traffic_formats; format->name != NULL; format++) {
        if (!(is_object && format->shape == SHAPE_CSV) &&
            (format->matches != NULL ? format->matches(lines, count)
                                     : has_all_names(format, lines[0]))) {
            return format;
        }
    }
    return NULL;
}
