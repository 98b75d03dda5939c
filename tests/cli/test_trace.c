// SPDX-License-Identifier: GPL-3.0-or-later
/* `trace` as a user runs it: round trips byte for byte, facts of the real traces where they are at
 * hand, fits that a scenario takes as they are, refusals. */
#include "base/memory.h"
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REAL "../shared/traces/"
#define CODE REAL "azure_llm_2023/AzureLLMInferenceTrace_code.csv"
#define CODING REAL "azure_llm_2024_10s/invocations_ten_second_Coding.csv"
#define MOONCAKE REAL "mooncake_fast25/synthetic_trace.jsonl"
#define BURSTGPT REAL "burstgpt3_sample/burstgpt3_conv_first418.csv"

#define SKIP_WITHOUT(path)                                                                         \
    do {                                                                                           \
        if (!file_exists(path)) {                                                                  \
            cr_skip_test("no %s", path);                                                           \
        }                                                                                          \
    } while (0)

static const char source_text[] =
    "{\"type\": \"gamma\", \"rate_per_s\": 20, \"cv\": 2, // bursty\n"
    " \"prompt_tokens\": {\"distribution\": \"lognormal\", \"mean\": 800, \"cv\": 1},\n"
    " \"output_tokens\": {\"distribution\": \"gamma\", \"mean\": 120, \"cv\": 1}}";

static double number_at(const cJSON *tree, const char *group, const char *key) {
    const cJSON *object = group ? cJSON_GetObjectItemCaseSensitive(tree, group) : tree;
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsNumber(node), "%s.%s", group ? group : "", key);
    return node->valuedouble;
}

static double number_of(const cJSON *tree, const char *array, int index, const char *key) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(tree, array);
    return number_at(cJSON_GetArrayItem(list, index), NULL, key);
}

static void expect_same_bytes(const char *one, const char *other) {
    size_t one_length, other_length;
    char *one_bytes = file_bytes(one, &one_length), *other_bytes = file_bytes(other, &other_length);
    cr_assert_not_null(one_bytes);
    cr_assert_not_null(other_bytes);
    cr_assert_eq(one_length, other_length, "%s and %s", one, other);
    cr_assert_eq(memcmp(one_bytes, other_bytes, one_length), 0);
    free(one_bytes);
    free(other_bytes);
}

/* Round trips -------------------------------------------------------------------------------------
 */

/* generate -> describe says what was asked; -> convert there and back is byte for byte the same. */
Test(cli_trace, generated_files_survive_conversion) {
    static const char *const formats[] = {"azure", "azure-2024", "vidur"};
    char *scratch = scratch_make();
    char *source = scratch_text(scratch, "source.json", source_text);
    for (size_t i = 0; i < 3; i++) {
        char *made = scratch_path(scratch, "made"), *back = scratch_path(scratch, "back");
        expect_done(RUN("trace", "generate", source, "--duration", "10m", "--seed", "9", "--to",
                        formats[i], "--out", made, "--force", "--quiet"));
        cJSON *facts = expect_json(RUN("trace", "describe", made, "--json"));
        const double requests = number_at(facts, "counts", "requests");
        cr_expect_float_eq(requests, 12000, 4 * 2 * 110);
        cr_expect_float_eq(number_at(facts, "gaps_s", "cv"), 2, 0.15);
        cJSON_Delete(facts);
        /* Seconds keep their zero if asked to; the calendar is kept unasked. */
        expect_done(RUN("trace", "convert", made, "--to", formats[i], "--set",
                        i == 2 ? "origin=0" : "repeat=1", "--out", back, "--force", "--quiet"));
        expect_same_bytes(made, back);
        free(made);
        free(back);
    }
    free(source);
    scratch_remove(scratch);
}

Test(cli_trace, conversion_keeps_the_requests) {
    char *scratch = scratch_make();
    char *source = scratch_text(scratch, "source.json", source_text);
    char *vidur = scratch_path(scratch, "a"), *azure = scratch_path(scratch, "b");
    char *again = scratch_path(scratch, "c");
    expect_done(RUN("trace", "generate", source, "--duration", "1m", "--to", "azure", "--out",
                    azure, "--quiet"));
    expect_done(RUN("trace", "convert", azure, "--to", "vidur", "--out", vidur, "--quiet"));
    cJSON *one = expect_json(RUN("trace", "describe", azure, "--json"));
    cJSON *other = expect_json(RUN("trace", "describe", vidur, "--json"));
    static const char *const same[] = {"counts", "windows",       "gaps_s",
                                       "idle",   "prompt_tokens", "output_tokens"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        cr_expect(cJSON_Compare(cJSON_GetObjectItem(one, same[i]),
                                cJSON_GetObjectItem(other, same[i]), true),
                  "%s", same[i]);
    }
    cJSON_Delete(one);
    cJSON_Delete(other);
    expect_done(RUN("trace", "convert", vidur, "--to", "vidur", "--out", again, "--quiet"));
    expect_same_bytes(vidur, again);
    free(vidur);
    free(azure);
    free(again);
    free(source);
    scratch_remove(scratch);
}

Test(cli_trace, standard_output_takes_the_same_bytes) {
    char *scratch = scratch_make();
    char *source = scratch_text(scratch, "source.json", source_text);
    char *made = scratch_path(scratch, "made");
    expect_done(RUN("trace", "generate", source, "--duration", "10s", "--to", "vidur", "--out",
                    made, "--quiet"));
    ProgramResult printed =
        RUN("trace", "generate", source, "--duration", "10s", "--to", "vidur", "--out", "-");
    size_t length;
    char *bytes = file_bytes(made, &length);
    cr_expect_str_eq(printed.output, bytes);
    const ProgramPlace place = {.input = bytes};
    cJSON *facts = expect_json(RUN_IN(place, "trace", "describe", "-", "--json"));
    cr_expect_gt(number_at(facts, "counts", "requests"), 100);
    cJSON_Delete(facts);
    program_clear(&printed);
    free(bytes);
    free(made);
    free(source);
    scratch_remove(scratch);
}

/* Real traces -------------------------------------------------------------------------------------
 */

Test(cli_trace, azure_code_as_published) {
    SKIP_WITHOUT(CODE);
    cJSON *facts = expect_json(RUN("trace", "describe", CODE, "--json"));
    cr_expect_float_eq(number_at(facts, "counts", "requests"), 8819, 0);
    cr_expect_float_eq(number_at(facts, "counts", "rows"), 8819, 0);
    cr_expect_float_eq(number_at(facts, "gaps_s", "cv"), 13, 0.5);
    cr_expect_float_eq(number_at(facts, "gaps_s", "max"), 217, 0.5);
    cr_expect_float_eq(number_at(facts, "prompt_tokens", "p50"), 1469, 0);
    cr_expect_float_eq(number_at(facts, "prompt_tokens", "p99"), 7436, 0);
    cJSON_Delete(facts);
    char *scratch = scratch_make(), *copy = scratch_path(scratch, "copy");
    expect_done(RUN("trace", "convert", CODE, "--to", "azure", "--out", copy, "--quiet"));
    expect_same_bytes(CODE, copy);
    free(copy);
    scratch_remove(scratch);
}

Test(cli_trace, coding_week_as_published) {
    SKIP_WITHOUT(CODING);
    cJSON *facts = expect_json(RUN("trace", "describe", CODING, "--json"));
    cr_expect_float_eq(number_at(facts, "counts", "requests"), 16803695, 0);
    cJSON_Delete(facts);
    cJSON *fit = expect_json(RUN("trace", "fit", CODING, "--json"));
    const cJSON *daily = cJSON_GetObjectItem(cJSON_GetObjectItem(fit, "sources"), "diurnal");
    cr_expect_float_eq(number_at(daily, NULL, "mean_rate_per_s"), 34.5, 0.2);
    cr_expect_float_eq(number_at(daily, NULL, "weekend_factor"), 0.32, 0.01);
    const cJSON *amplitudes = cJSON_GetObjectItem(daily, "amplitudes");
    cr_expect_float_eq(cJSON_GetArrayItem(amplitudes, 0)->valuedouble, 0.935, 0.01);
    cr_expect_float_eq(cJSON_GetArrayItem(amplitudes, 1)->valuedouble, 0.280, 0.01);
    cr_expect_float_eq(cJSON_GetArrayItem(amplitudes, 2)->valuedouble, 0.066, 0.01);
    cr_expect_float_eq(number_at(fit, "daily", "harmonics_r2"), 0.94, 0.01);
    cJSON_Delete(fit);
}

Test(cli_trace, burstgpt_and_mooncake_as_published) {
    SKIP_WITHOUT(BURSTGPT);
    cJSON *facts = expect_json(RUN("trace", "describe", BURSTGPT, "--json", "--set",
                                   "time_column=t_s", "--set", "prompt_column=request_tokens",
                                   "--set", "output_column=response_tokens"));
    cr_expect_float_eq(number_of(facts, "idle", 1, "gaps"), 25, 0);
    cr_expect_float_eq(number_of(facts, "idle", 2, "gaps"), 13, 0);
    cr_expect_float_eq(number_of(facts, "idle", 3, "gaps"), 1, 0);
    cJSON_Delete(facts);
    SKIP_WITHOUT(MOONCAKE);
    facts = expect_json(RUN("trace", "describe", MOONCAKE, "--json"));
    cr_expect_float_eq(number_at(facts, "counts", "requests"), 3993, 0);
    cJSON_Delete(facts);
}

/* Reference: traces.md section 2. */
Test(cli_trace, fits_of_azure_code_as_published) {
    SKIP_WITHOUT(CODE);
    cJSON *fit = expect_json(RUN("trace", "fit", CODE, "--json", "--threshold", "5s"));
    const cJSON *gaps = cJSON_GetObjectItem(fit, "gaps");
    cr_expect_float_eq(number_at(gaps, "weibull", "shape"), 0.419, 0.0005);
    cr_expect_float_eq(number_at(gaps, "weibull", "scale_s"), 0.063, 0.0005);
    cr_expect_float_eq(number_at(gaps, "onoff", "on_mean_s"), 16.7, 0.05);
    cr_expect_float_eq(number_at(gaps, "onoff", "on_cv"), 0.57, 0.005);
    cr_expect_float_eq(number_at(gaps, "onoff", "off_mean_s"), 43.3, 0.06);
    cr_expect_float_eq(number_at(gaps, "onoff", "on_rate_per_s"), 9.1, 0.05);
    const cJSON *prompt = cJSON_GetObjectItem(fit, "prompt_tokens");
    cr_expect_float_eq(number_at(prompt, "lognormal", "mu"), 6.999, 0.0005);
    cr_expect_float_eq(number_at(prompt, "lognormal", "sigma"), 1.360, 0.0005);
    cr_expect_float_eq(number_at(prompt, "lognormal", "ks"), 0.107, 0.0005);
    cr_expect_float_eq(number_at(prompt, "exponential", "ks"), 0.045, 0.0005);
    cJSON_Delete(fit);
}

/* Fits as sources ---------------------------------------------------------------------------------
 */

/* Each fitted source is a valid scenario's traffic, and generates about as many requests. */
Test(cli_trace, fitted_sources_are_ready_to_paste) {
    char *scratch = scratch_make();
    char *source = scratch_text(
        scratch, "source.json",
        "{\"type\": \"diurnal\", \"mean_rate_per_s\": 0.5, \"amplitudes\": [0.8], \"peak_hours\": "
        "[14], \"prompt_tokens\": {\"distribution\": \"gamma\", \"mean\": 80, \"cv\": 1}, "
        "\"output_tokens\": 10}");
    char *trace = scratch_path(scratch, "trace"), *made = scratch_path(scratch, "made");
    expect_done(RUN("trace", "generate", source, "--duration", "3d", "--to", "vidur", "--out",
                    trace, "--quiet"));
    cJSON *fit = expect_json(RUN("trace", "fit", trace, "--json"));
    const cJSON *sources = cJSON_GetObjectItem(fit, "sources");
    const double requests = number_at(fit, NULL, "requests");
    cr_assert_geq(cJSON_GetArraySize(sources), 5);
    const cJSON *fitted;
    cJSON_ArrayForEach (fitted, sources) {
        char *text = cJSON_PrintUnformatted(fitted);
        char *paste = scratch_text(scratch, "paste.json", text);
        expect_done(RUN("trace", "generate", paste, "--duration", "3d", "--to", "azure", "--out",
                        made, "--force", "--quiet"));
        cJSON *facts = expect_json(RUN("trace", "describe", made, "--json"));
        cr_expect_float_eq(number_at(facts, "counts", "requests"), requests, 0.05 * requests, "%s",
                           fitted->string);
        cJSON_Delete(facts);
        const size_t room = strlen(text) + 256;
        char *scenario = malloc(room);
        snprintf(scenario, room,
                 "{\"duration\": \"1h\", \"deployments\": {\"a\": {\"model\": "
                 "\"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\", \"traffic\": %s}}}",
                 text);
        char *whole = scratch_text(scratch, "scenario.json", scenario);
        expect_done(RUN("validate", whole));
        free(whole);
        free(scenario);
        free(paste);
        cJSON_free(text);
    }
    cJSON_Delete(fit);
    free(trace);
    free(made);
    free(source);
    scratch_remove(scratch);
}

Test(cli_trace, fit_says_what_it_found) {
    char *scratch = scratch_make();
    char *trace = scratch_text(scratch, "t",
                               "arrived_at,num_prefill_tokens,num_decode_tokens\n"
                               "0,10,5\n1,20,6\n3,5,7\n");
    ProgramResult result = RUN("trace", "fit", trace);
    cr_expect_not_null(strstr(result.output, "format vidur, 3 requests"));
    cr_expect_not_null(strstr(result.output, "weibull"));
    cr_expect_not_null(strstr(result.output, "\"type\": \"poisson\""));
    expect_done(result);
    char *empty = scratch_text(scratch, "e", "arrived_at,num_prefill_tokens,num_decode_tokens\n");
    expect_done(RUN("trace", "fit", empty));
    expect_done(RUN("trace", "describe", empty));
    cJSON_Delete(expect_json(RUN("trace", "fit", empty, "--json")));
    cJSON_Delete(expect_json(RUN("trace", "describe", empty, "--json")));
    free(empty);
    free(trace);
    scratch_remove(scratch);
}

/* Refusals ----------------------------------------------------------------------------------------
 */

Test(cli_trace, an_output_is_not_overwritten_unasked) {
    char *scratch = scratch_make();
    char *source = scratch_text(scratch, "source.json", source_text);
    char *kept = scratch_text(scratch, "kept", "precious");
    REFUSED(RUN("trace", "generate", source, "--duration", "1s", "--to", "azure", "--out", kept),
            "kept", "--force");
    size_t length;
    char *bytes = file_bytes(kept, &length);
    cr_expect_str_eq(bytes, "precious");
    free(bytes);
    char *bad = scratch_text(scratch, "bad",
                             "arrived_at,num_prefill_tokens,num_decode_tokens\n0,1,1\nx,1,1\n");
    REFUSED(RUN("trace", "convert", bad, "--to", "azure", "--out", kept, "--force"), "bad:3");
    bytes = file_bytes(kept, &length);
    cr_expect_str_eq(bytes, "precious");
    cr_expect_eq(folder_count(scratch), 3); /* nothing half-written */
    free(bytes);
    free(bad);
    free(kept);
    free(source);
    scratch_remove(scratch);
}

#define INGRESS(AT, STATUS, TOOK)                                                                  \
    "203.0.113.7 - - [16/Nov/2026:" AT " +0000] \"POST /v1 HTTP/1.1\" " STATUS " 5316 \"-\" "      \
    "\"x\" 1024 " TOOK " [llm] [] 10.0.1.5:8000 5316 " TOOK " 200 0f0e\n"

/* describe, run and validate say what times were taken for. */
Test(cli_trace, what_times_were_taken_for_is_told) {
    char *scratch = scratch_make();
    char *log =
        scratch_text(scratch, "log",
                     INGRESS("18:16:46", "200", "40.250") INGRESS("18:16:47", "200", "0.500")
                         INGRESS("18:17:47", "503", "0.001"));
    char *rows = scratch_text(scratch, "rows",
                              "{\"timestamp\": 0.0, \"input_length\": 10, \"output_length\": 5}\n"
                              "{\"timestamp\": 0.2, \"input_length\": 10, \"output_length\": 5}\n"
                              "{\"timestamp\": 60.4, \"input_length\": 9, \"output_length\": 5}\n");
    static const char lengths[] = "deployments.*.traffic.lengths=azure-code";
    SAYS(RUN("trace", "describe", log), "format nginx", "span          1m41s",
         "arrivals      ends of answers minus their durations (3 rows)", "longest 1m00s");
    SAYS(RUN("run", "scenarios/azure-code.json", "--trace", log, "--set", lengths),
         "arrivals   ends of answers minus their durations (3 rows)");
    SAYS(RUN("trace", "describe", log, "--set", "time_is=start"), "arrivals      as logged");
    SAYS(RUN("trace", "describe", rows), "format timed_trace", "span          1m00s",
         "rate          0.0497/s",
         "times         read as seconds, for they have fractions (time_unit says otherwise)");
    SAYS(RUN("run", "scenarios/azure-code.json", "--trace", rows),
         "times      read as seconds, for they have fractions");
    SAYS(RUN("validate", "scenarios/azure-code.json", "--trace", rows),
         "format timed_trace; times are read as seconds, for they have fractions", "valid");
    cJSON *facts = expect_json(RUN("trace", "describe", log, "--json"));
    cr_assert_eq(number_at(facts, "counts", "ends_minus_durations"), 3);
    cr_assert_eq(number_at(facts, "counts", "ends_as_arrivals"), 0);
    cr_assert_float_eq(number_at(facts, NULL, "span_s"), 101.249, 1e-9);
    cJSON_Delete(facts);
    REFUSED(RUN("validate", "scenarios/azure-code.json", "--trace", rows, "--set",
                "deployments.*.traffic.bin=10s"),
            "rows: bin: found 10s for the format timed_trace");
    free(log);
    free(rows);
    scratch_remove(scratch);
}

Test(cli_trace, mistakes_are_told) {
    char *scratch = scratch_make();
    char *source = scratch_text(scratch, "source.json", source_text);
    REFUSED(RUN("trace", "describe"), "trace");
    REFUSED(RUN("trace", "descibe", "x"), "descibe", "describe");
    REFUSED(RUN("trace", "describe", "/nowhere/x.csv"), "/nowhere/x.csv");
    REFUSED(RUN("trace", "describe", source, "--to", "azure"), "--to", "trace describe");
    REFUSED(RUN("trace", "describe", source), "known format");
    REFUSED(RUN("trace", "describe", source, "--format", "azuer"), "--format", "azure");
    REFUSED(RUN("trace", "describe", source, "--set", "time_colum=x"), "time_colum", "time_column");
    REFUSED(RUN("trace", "describe", source, "--plot"), "--plot", "--out");
    REFUSED(RUN("trace", "generate", source, "--to", "azure", "--out", "-"), "duration");
    REFUSED(RUN("trace", "generate", source, "--duration", "1s", "--to", "parquet", "--out", "-"),
            "--to", "parquet", "azure");
    REFUSED(RUN("trace", "generate", source, "--duration", "1s", "--to", "azure"), "--out");
    REFUSED(RUN("trace", "generate", source, "--duration", "1s", "--to", "azure", "--out", "-",
                "--force"),
            "--force: found standard output");
    REFUSED(RUN("compare", source, source, "--replications", "1", "--confidence", "0.9"),
            "--confidence: found one replication");
    REFUSED(RUN("trace", "generate", source, "--duration", "1s", "--to", "azure", "--out", "-",
                "--deployment", "chat"),
            "--deployment", "chat");
    REFUSED(RUN("trace", "fit", source, "--threshold", "soon"), "--threshold", "soon");
    free(source);
    scratch_remove(scratch);
}

/* Several files ------------------------------------------------------------------------------ */

#define ROWS(...) "TIMESTAMP,ContextTokens,GeneratedTokens\n" __VA_ARGS__
#define ROW_AT(TIME) "2026-11-10 " TIME ",100,10\n"

/* On the command line and in a scenario; a deployment of several by its name. */
Test(cli_trace, several_files_are_one_recording) {
    char *scratch = scratch_make();
    char *first = scratch_text(scratch, "log.2", ROWS(ROW_AT("09:00:00") ROW_AT("09:00:10")));
    char *second = scratch_text(scratch, "log.1", ROWS(ROW_AT("09:10:00")));
    char *pattern = scratch_path(scratch, "log.*"), *out = scratch_path(scratch, "out");
    char *named = memory_format("b=%s", first), *unknown = memory_format("c=%s", first);
    char *two =
        scratch_text(scratch, "two.json",
                     "{\"deployments\": {"
                     "\"a\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\","
                     "\"traffic\": {\"type\": \"trace\", \"file\": [\"log.1\", \"log.2\"]}},"
                     "\"b\": {\"model\": \"llama-v3p1-8b-instruct\", \"accelerator\": \"H100\","
                     "\"traffic\": {\"type\": \"trace\", \"file\": \"log.1\"}}}}");
    SAYS(RUN("trace", "describe", first, second), "3 from 3 rows", "09:10:00Z");
    SAYS(RUN("trace", "describe", pattern), "3 from 3 rows");
    cJSON *summary = expect_json(
        RUN("run", "scenarios/azure-code.json", "--trace", second, "--trace", first, "--json"));
    const cJSON *deployments = cJSON_GetObjectItem(summary, "deployments");
    cr_expect_eq(number_at(deployments, "code", "requests"), 3);
    cJSON_Delete(summary);

    summary = expect_json(RUN("run", two, "--trace", named, "--json", "--out", out));
    deployments = cJSON_GetObjectItem(summary, "deployments");
    cr_expect_eq(number_at(deployments, "a", "requests"), 3);
    cr_expect_eq(number_at(deployments, "b", "requests"), 2);
    cJSON_Delete(summary);
    size_t length;
    char *manifest = folder_file_bytes(out, "manifest.json", &length);
    cr_expect(strstr(manifest, "log.1") && strstr(manifest, "log.2"), "%s", manifest);

    REFUSED(RUN("run", two, "--trace", unknown), "--trace: found a deployment \"c\"");
    REFUSED(
        RUN("run", two, "--trace", first),
        "files for deployments that read different ones, expected --trace a=FILE --trace b=FILE");
    REFUSED(RUN("run", two, "--trace", "./a=b"), "different ones");
    REFUSED(RUN("trace", "describe", "/nowhere/*"), "a pattern that the name of some file matches");
    free(manifest);
    free(two);
    free(named);
    free(unknown);
    free(pattern);
    free(out);
    free(first);
    free(second);
    scratch_remove(scratch);
}
