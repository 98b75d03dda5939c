// SPDX-License-Identifier: GPL-3.0-or-later
/* What is given for a trace and is none: called by its name, with what to do next, whatever the
 * user calls it. What nothing knows: what it looks like, with the command that names its columns.
 */
#include "traffic/no_trace.h"
#include "traffic/traffic_harness.h"

#include <criterion/criterion.h>
#include <string.h>

#define TOKENS "prompt_tokens=100", "output_tokens=10"

static TrafficHarness harness;

static void setup(void) {
    harness_init(&harness);
}
static void teardown(void) {
    harness_clear(&harness);
}

TestSuite(traffic_no_trace, .init = setup, .fini = teardown);

typedef struct Sample {
    const char *bytes;
    size_t length;
    const char *name, *next; /* in the message */
} Sample;

#define SAMPLE(bytes, name, next)                                                                  \
    { bytes, sizeof bytes - 1, name, next }

/* Is refused so, with these options. */
static void check_refused(const Sample *sample, const char *const options[]) {
    error_list_clear(&harness.errors);
    harness_trace(&harness, "f", options);
    cr_expect(harness.failed, "%s is read", sample->name);
    const char *text = harness_error(&harness);
    cr_expect(strstr(text, sample->name) && strstr(text, sample->next), "%s: %s", sample->name,
              text);
}

static const Sample whatever[] = {
    SAMPLE("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 27901454\n",
           "a Git LFS pointer", "next: git lfs pull"),
    SAMPLE("/annex/objects/SHA256E-s1--00.csv\n", "a git-annex pointer", "git annex get"),
    SAMPLE("\xff\xfet\0,\0n\0\n\0", "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    SAMPLE("\xfe\xff\0t\0,\0n\0\n", "UTF-16 text", "iconv -f UTF-16 -t UTF-8"),
    SAMPLE("t\0i\0m\0e\0,\0n\0\n\0"
           "1\0,\0002\0\n\0",
           "UTF-16 text", "iconv -f UTF-16LE"),
    SAMPLE("\0t\0i\0m\0e\0,\0n\0\n\0001\0,\0002\0\n", "UTF-16 text", "iconv -f UTF-16BE"),
    SAMPLE("\xff\xfe\0\0t\0\0\0\n\0\0\0", "UTF-32 text", "iconv -f UTF-32 -t"),
    SAMPLE("\0\0\xfe\xff\0\0\0t\0\0\0\n", "UTF-32 text", "iconv -f UTF-32 -t"),
    SAMPLE("t\0\0\0,\0\0\0n\0\0\0\n\0\0\0", "UTF-32 text", "iconv -f UTF-32LE"),
    SAMPLE("\0\0\0t\0\0\0,\0\0\0n\0\0\0\n", "UTF-32 text", "iconv -f UTF-32BE"),
    SAMPLE("PK\3\4\x14\0\0\0\x08\0[Content_Types].xml....PK\3\4xl/workbook.xml",
           "an Excel workbook", "as CSV"),
    SAMPLE("PK\3\4\x14\0\0\0\0\0....mimetypeapplication/vnd.oasis.opendocument.spreadsheet",
           "an OpenDocument file", "as CSV"),
    SAMPLE("PK\3\4\x14\0\0\0\x08\0log.csv", "a zip archive", "unzip -p"),
    SAMPLE("PK\5\6\0\0\0\0", "an empty zip archive", "another file"),
    SAMPLE("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "xls", "as CSV"),
    SAMPLE("\xfd"
           "7zXZ\0\0\4",
           "compressed with xz", "xz -dc"),
    SAMPLE("\x28\xb5\x2f\xfd\4\0", "compressed with zstd", "zstd -dc"),
    SAMPLE("BZh91AY&SY\0\1", "compressed with bzip2", "bzip2 -dc"),
    SAMPLE("\x04\x22\x4d\x18\x64\x40", "compressed with lz4", "lz4 -dc"),
    SAMPLE("LZIP\1\0", "compressed with lzip", "lzip -dc"),
    SAMPLE("\x1f\x9d\x90", "compressed with compress", "gzip -dc"),
    SAMPLE("\xff\6\0\0sNaPpY", "compressed with snappy", "snzip"),
    SAMPLE("7z\xbc\xaf\x27\x1c\0", "a 7z archive", "7z x -so"),
    SAMPLE("Rar!\x1a\7\1\0", "a rar archive", "unrar p"),
    SAMPLE("PAR1\x15\4\x15", "a Parquet file", "pyarrow.parquet"),
    SAMPLE("ARROW1\0\0", "an Arrow file", "pyarrow.feather"),
    SAMPLE("FEA1\0\0\0\0", "an Arrow file", "pyarrow.feather"),
    SAMPLE("ORC\x0a\x0b", "an ORC file", "pyarrow.orc"),
    SAMPLE("Obj\1\4\x14"
           "avro.codec",
           "an Avro file", "fastavro"),
    SAMPLE("SQLite format 3\0\x10\0", "an SQLite database", "sqlite3 -header -csv"),
    SAMPLE("\x89HDF\r\n\x1a\n\0", "an HDF5 file", "read_hdf"),
    SAMPLE("\x93NUMPY\1\0", "a NumPy array", "numpy.savetxt"),
    SAMPLE("\xd4\xc3\xb2\xa1\2\0\4\0", "a capture of packets", "tshark"),
    SAMPLE("\x0a\x0d\x0d\x0a\x1c\0\0\0", "a capture of packets", "tshark"),
    SAMPLE("\x80\4\x95\x1a\0\0\0\0\0\0\0]", "a pickle of Python's", "if you trust it"),
    SAMPLE("\x80\2}q\0(U\1aK\1u.", "a pickle of Python's", "read_pickle"),
    SAMPLE("H\x7f\3\1\1\6Result\1\xff\x80\0\1\x0a\1\6"
           "Attack\1\x0c\0\1\x08"
           "BytesOut\1\6\0",
           "vegeta's own form (gob)", "vegeta encode --to json"),
    SAMPLE("1602410416000000000,200,1500000,0,512,,aGk=,a,0,GET,http://x/,\n", "vegeta's CSV",
           "vegeta encode --to json"),
    SAMPLE("<!DOCTYPE html>\n<html>\n", "an HTML or XML page", "a login"),
    SAMPLE("\n  <html lang=\"en\">\n", "an HTML or XML page", "a login"),
    SAMPLE("<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>",
           "an HTML or XML page", "a login"),
    SAMPLE("%PDF-1.7\n%\xe2\xe3\n", "a PDF document", "as CSV"),
    SAMPLE("\x89PNG\r\n\x1a\n\0\0", "a picture", "as CSV"),
    SAMPLE("\xff\xd8\xff\xe0\0\x10JFIF", "a picture", "as CSV"),
    SAMPLE("GIF89a\1\0", "a picture", "as CSV"),
    SAMPLE("\x7f"
           "ELF\2\1\1\0\0\0\0\0\0",
           "binary data of an unknown kind", "file "),
    SAMPLE("404: Not Found", "an error answer", "a page"),
    SAMPLE("# HELP vllm:num_requests_running n\n# TYPE vllm:num_requests_running gauge\n",
           "metrics as Prometheus is served them", "query_range"),
    SAMPLE("# TYPE x counter\nx 1\n", "metrics as Prometheus is served them", "query_range"),
    SAMPLE("// A day.\n\n// Two.\n{\"seed\": 1, \"deployments\": {\"a\": {\"traffic\": {}}}}",
           "a scenario of autoscale-sim", "autoscale-sim run"),
    SAMPLE("2026/11/16 18:16:46.680\tINFO\thttp.log.access\thandled request\t{\"request\": {}}\n",
           "Caddy's log for consoles", "format json"),
    SAMPLE("INFO:     127.0.0.1:52414 - \"POST /v1/chat/completions HTTP/1.1\" 200 OK\n",
           "Uvicorn's log", "docker logs -t"),
    SAMPLE(
        "{\"session_id\": \"a\", \"date\": \"2026\", \"turns\": [{\"llm_calls\": [{\"timestamp\": "
        "\"2026-11-16T09:00:00Z\"}]}]}\n",
        "sessions of agents", "jq -c"),
    SAMPLE("{\"session_id\": \"a\", \"turns\": [{\"text\": \"x\"}, {\"text\": \"y\", \"delay\": "
           "5}]}\n",
           "sessions whose turns have delays", "conversation"),
    SAMPLE("{\"session_id\": \"a\", \"timestamp\": 0, \"input_length\": 5, \"output_length\": 2}\n"
           "{\"session_id\": \"a\", \"delay\": 500, \"input_length\": 5, \"output_length\": 2}\n",
           "sessions whose turns have delays", "conversation"),
    SAMPLE("{\"session_id\": 1, \"model\": \"m\", \"input\": [], \"output_length\": 5, "
           "\"pre_gap\": 0.5}\n",
           "sessions whose turns have delays", "conversation"),
    SAMPLE("{\"id\": 1, \"t\": 0.5, \"in\": 5, \"out\": 6, \"hash_ids\": [1]}\n",
           "a clock of their own", "conversation"),
    SAMPLE("{\"timestamp\": 0, \"requests\": [{\"Prompt Length\": 5, \"Output Length\": 6}]}\n",
           "AIBrix's workload", "jq -c"),
    SAMPLE("{\"Label\":\"RequestCount\",\"Datapoints\":[{\"Timestamp\":\"2026-11-16T09:01:00Z\","
           "\"Sum\":12.0}]}",
           "CloudWatch's answer to get-metric-statistics", "sort_by(.Timestamp)"),
    SAMPLE("{\n \"MetricDataResults\": [\n  {\n   \"Id\": \"m\",\n   \"Timestamps\": [\n",
           "CloudWatch's answer to get-metric-data", "transpose"),
    SAMPLE("{\"status\":\"ok\",\"series\":[{\"pointlist\":[[1,2]]}],\"query\":\"sum:x{*}\"}",
           "Datadog's", "pointlist"),
    SAMPLE("{\"cost\": 1, \"timespan\": \"a/b\", \"interval\": \"PT1M\", \"value\": "
           "[{\"timeseries\": []}]}",
           "Azure Monitor's", "timeseries"),
    SAMPLE("{\"timeSeries\": [{\"points\": []}]}", "Google Cloud Monitoring's", "points"),
    SAMPLE("{\"resourceMetrics\":[]}", "OpenTelemetry's metrics", "spans"),
    SAMPLE("{\"annotations\":{\"list\":[]},\"panels\":[],\"schemaVersion\":39}",
           "a dashboard of Grafana's", "Download CSV"),
    SAMPLE("{\"meta\":{},\"dashboard\":{\"panels\":[]}}", "a dashboard of Grafana's",
           "Download CSV"),
};

static const Sample unless_read[] = {
    SAMPLE("{\"resourceSpans\":[{\"scopeSpans\":[]}]}", "OpenTelemetry's spans",
           "startTimeUnixNano"),
    SAMPLE("{\"resourceLogs\":[]}", "OpenTelemetry's log records", "spans"),
    SAMPLE("[{\"id\": \"x_0\", \"conversations\": [{\"from\": \"human\", \"value\": \"hi\"}]}]",
           "conversations without times", "poisson"),
    SAMPLE("{\"error\": {\"message\": \"no key\", \"type\": \"auth\"}}", "an error answer",
           "a login"),
    SAMPLE("{\"status\":\"error\",\"error\":\"bad\"}", "an error answer", "a login"),
    SAMPLE("{\"message\":\"Not Found\",\"documentation_url\":\"https://x\"}", "an error answer",
           "a login"),
};

static void check_all(const Sample *samples, size_t count, const char *const options[]) {
    for (size_t i = 0; i < count; i++) {
        harness_file(&harness, "f", samples[i].bytes, samples[i].length);
        check_refused(&samples[i], options);
    }
}
#define CHECK_ALL(samples, options) check_all(samples, sizeof samples / sizeof *samples, options)

Test(traffic_no_trace, is_named_with_the_next_step) {
    CHECK_ALL(whatever, NO_OPTIONS);
    CHECK_ALL(unless_read, NO_OPTIONS);
}

Test(traffic_no_trace, is_named_whatever_the_user_calls_it) {
    CHECK_ALL(whatever, OPTIONS("format=csv", "time_column=t", TOKENS));
    CHECK_ALL(whatever, OPTIONS("format=nginx", TOKENS, "on_bad_row=skip"));
    CHECK_ALL(unless_read, OPTIONS("format=mooncake"));
}

Test(traffic_no_trace, an_archive_is_known_in_gzip_too) {
    char tar[600] = "log.csv";
    memcpy(tar + 257, "ustar", 5);
    harness_file(&harness, "f", tar, sizeof tar);
    const Sample sample = {NULL, 0, "a tar archive", "tar -xf "};
    check_refused(&sample, NO_OPTIONS);
    harness_gzip_file(&harness, "f", "{\"resourceSpans\":[]}");
    check_refused(&unless_read[0], NO_OPTIONS);
    harness_gzip_file(&harness, "f", "PK\3\4...");
    const Sample zip = {NULL, 0, "a zip archive", "unzip -p"};
    check_refused(&zip, NO_OPTIONS);
    harness_gzip_file(&harness, "f", "\x1f\x8b\x08");
    const Sample twice = {NULL, 0, "gzip within gzip", "gunzip -c"};
    check_refused(&twice, NO_OPTIONS);
}

Test(traffic_no_trace, nothing_at_all) {
    const Sample empty = {NULL, 0, "an empty file", "wait"};
    static const char *const texts[] = {"", "\n\r\n  \n", "\xef\xbb\xbf"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        harness_text_file(&harness, "f", texts[i]);
        check_refused(&empty, NO_OPTIONS);
    }
    harness_trace(&harness, "/", NO_OPTIONS);
    cr_assert(harness.failed && strstr(harness_error(&harness), "found a directory"));
}

/* What has such keys and is a trace all the same. */
Test(traffic_no_trace, what_a_format_or_the_user_reads_is_a_trace) {
    const struct {
        const char *text, *const *options;
    } read[] = {
        {"{\"error\": \"none\", \"when\": 5, \"p\": 2, \"q\": 3}\n",
         OPTIONS("time_column=when", "prompt_column=p", "output_column=q")},
        {"{\"session_id\": \"a\", \"delay\": 1, \"timestamp\": 0.5, \"input_length\": 5, "
         "\"output_length\": 2}\n",
         NO_OPTIONS},
        {"panels,schemaVersion,at,p,q\n1,2,3,4,5\n",
         OPTIONS("time_column=at", "prompt_column=p", "output_column=q")},
    };
    for (size_t i = 0; i < sizeof read / sizeof *read; i++) {
        harness_text_file(&harness, "f", read[i].text);
        harness_trace(&harness, "f", read[i].options);
        cr_expect(!harness.failed && harness.count == 1, "%s: %s", read[i].text,
                  harness_error(&harness));
    }
}

Test(traffic_no_trace, what_is_not_known_is_told_by_its_looks) {
    static const Sample looks[] = {
        SAMPLE("when,kind,in,out\n2026-11-17T09:00:00Z,chat,5,6\n",
               "f:1: found CSV with the columns when, kind, in, out, expected a known format",
               "f --set time_column=when --set prompt_column=in --set output_column=out"),
        SAMPLE("id;\"request time\";createdAt;inputTokens;outputTokens;x\n1;2.5;2026-11-17 "
               "09:00:00;5;6;\n",
               "CSV with the columns id, request time, createdAt, inputTokens, outputTokens, x",
               "time_column=createdAt --set prompt_column=inputTokens --set "
               "output_column=outputTokens"),
        SAMPLE("a,b,c\nx,y,z\n", "CSV with the columns a, b, c", "--set time_column=NAME"),
        SAMPLE("1700000000,GET,/x\n1700000001,GET,/y\n", "CSV without names of its columns",
               "put a line with the columns' names before the first row"),
        SAMPLE("{\"a\": {\"usage\": {\"prompt_tokens\": 5, \"completion_tokens\": 6}}, \"b\": "
               "[{\"time\": 1}], \"ts\": \"2026-11-17T09:00:00Z\"}\n",
               "JSON with the keys a.usage.prompt_tokens, a.usage.completion_tokens, b, ts",
               "time_column=ts --set prompt_column=a.usage.prompt_tokens --set "
               "output_column=a.usage.completion_tokens"),
        SAMPLE("Started, all is well; 12 of 13 are up.\nAgain\n", "text: \"Started, all is well",
               "CSV with a line of names and JSON lines are read too"),
    };
    CHECK_ALL(looks, NO_OPTIONS);
}

/* A name of a file is no part of a command. */
Test(traffic_no_trace, a_name_is_one_word_of_the_shell) {
    harness_text_file(&harness, "a $(x) b", "PAR1....");
    harness_trace(&harness, "a $(x) b", NO_OPTIONS);
    cr_assert(strstr(harness_error(&harness), "/a $(x) b'"), "%s", harness_error(&harness));
}

/* JSON that is cut short or is none is told by what there is of it. */
Test(traffic_no_trace, json_that_is_none) {
    static const Sample texts[] = {
        SAMPLE("{\"a\": \"", "JSON with the keys a", "time_column=NAME"),
        SAMPLE("{\"a\": \"\\", "JSON with the keys a", "time_column=NAME"),
        SAMPLE("{{\"when\": 5", "JSON with the keys .when", "time_column=.when"),
        SAMPLE("{\"", "JSON with the keys (none)", "time_column=NAME"),
        SAMPLE("{]\"a\":", "JSON with the keys (none)", "time_column=NAME"),
    };
    CHECK_ALL(texts, NO_OPTIONS);
}
