// SPDX-License-Identifier: GPL-3.0-or-later
/* Magic numbers are those of file(1) and of the formats' own documents. A row's first bytes are
 * looked at before anything else is, so the rows that tell by less come last. */
#include "traffic/no_trace.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "traffic/field.h"
#include "traffic/json_object.h"

#include <stdlib.h>
#include <string.h>

/* The text ------------------------------------------------------------------------------------ */

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static InputText after_blanks(InputText text) {
    while (text.start < text.end && is_blank(*text.start)) {
        text.start++;
    }
    return text;
}

static bool begins(InputText text, const char *words) {
    const size_t length = strlen(words);
    return (size_t)(text.end - text.start) >= length &&
           field_says((InputText){text.start, text.start + length}, words);
}

/* The first JSON object, which may be the first of a list; empty: the text begins with none. */
static InputText first_object(InputText text) {
    text = after_blanks(text);
    if (text.start < text.end && *text.start == '[') {
        text.start++;
        text = after_blanks(text);
    }
    return text.start < text.end && *text.start == '{' ? text : (InputText){text.end, text.end};
}

/* The keys of an object, however deep, one after another; the text may be cut short. */
enum { DEPTH_MOST = 3 };

typedef struct KeyWalk {
    const char *p, *end;
    int depth, lists;            /* open objects and lists; lists among them */
    InputText names[DEPTH_MOST]; /* of the key and those that it is in */
    InputText value;             /* where it begins; to the end of the text */
} KeyWalk;

/* Without its quotes; up to the end, if none ends it. */
static InputText string_at(const char *p, const char *end) {
    const char *const start = p + 1;
    for (p++; p < end && *p != '"'; p++) {
        p += *p == '\\';
    }
    return (InputText){start, p < end ? p : end};
}

static bool next_key(KeyWalk *walk) {
    do {
        const char c = walk->p < walk->end ? *walk->p : '}';
        if (c == '"') {
            const InputText name = string_at(walk->p, walk->end);
            walk->p = name.end < walk->end ? name.end + 1 : walk->end;
            const InputText rest = after_blanks((InputText){walk->p, walk->end});
            if (rest.start < rest.end && *rest.start == ':') {
                walk->value = after_blanks((InputText){rest.start + 1, rest.end});
                walk->p = walk->value.start;
                if (walk->depth <= DEPTH_MOST) {
                    walk->names[walk->depth - 1] = name;
                }
                return true;
            }
            continue;
        }
        walk->depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        walk->lists += (c == '[') - (c == ']');
        walk->p++;
    } while (walk->depth > 0 && walk->p < walk->end);
    return false;
}

static KeyWalk keys_of(InputText object) {
    return (KeyWalk){.p = object.start, .end = object.end};
}

static bool has_key(InputText object, const char *key) {
    for (KeyWalk walk = keys_of(object); next_key(&walk);) {
        if (walk.depth == 1 && text_span_is(walk.names[0], key)) {
            return true;
        }
    }
    return false;
}

/* What it looks like -------------------------------------------------------------------------- */

/* What columns and keys are called that tell of a role, the surest first. */
enum { GUESSES = 3, WORDS = 12 };

typedef struct Guess {
    const char *option;
    const char *words[WORDS]; /* in the name, in lower case */
    char *name;               /* the best so far; owned */
    size_t rank;
} Guess;

static const Guess guesses_none[GUESSES] = {
    {"time_column",
     {"timestamp", "start_time", "starttime", "datetime", "date", "created", "start", "arrival",
      "time", "when", "ts", "at"},
     NULL,
     SIZE_MAX},
    {"prompt_column",
     {"prompt_tok", "input_tok", "prompttok", "inputtok", "context_tok", "contexttok",
      "request tok", "prompt", "input", "context", "words_in", "in"},
     NULL,
     SIZE_MAX},
    {"output_column",
     {"completion_tok", "output_tok", "completiontok", "outputtok", "generated_tok", "generatedtok",
      "response tok", "completion", "output", "generated", "words_out", "out"},
     NULL,
     SIZE_MAX},
};

/* Names that hold such words and tell something else. */
static const char *const no_times_of[] = {"timeout",      "duration",      "latency",
                                          "elapsed",      "runtime",       "zone",
                                          "request_time", "response_time", "update"};

/* Is the word in the name? Short ones are all of it. */
static bool is_named(InputText name, const char *word) {
    const size_t length = strlen(word);
    if (length <= 2) {
        return field_says(name, word);
    }
    for (const char *p = name.start; (size_t)(name.end - p) >= length; p++) {
        if (field_says((InputText){p, p + length}, word)) {
            return true;
        }
    }
    return false;
}

static void guess(Guess *into, InputText name, InputText value) {
    uint64_t whole;
    int64_t ns;
    FieldCalendar calendar = {.known = false};
    const bool is_time = into->words[0] == guesses_none[0].words[0];
    value = field_trimmed(value);
    if (!is_time && !field_whole(value, FIELD_TOKENS_MOST, &whole)) {
        return;
    }
    const size_t behind =
        is_time && !field_time(value, FIELD_UNIT_AUTO, &calendar, &ns) ? WORDS : 0;
    for (size_t i = 0; is_time && i < sizeof no_times_of / sizeof *no_times_of; i++) {
        if (is_named(name, no_times_of[i])) {
            return;
        }
    }
    for (size_t i = 0; i < WORDS && i + behind < into->rank; i++) {
        if (is_named(name, into->words[i])) {
            free(into->name);
            into->name = memory_text_n(name.start, (size_t)(name.end - name.start));
            into->rank = i + behind;
        }
    }
}

/* What names there are, up to a dozen, and what they may be. */
typedef struct Looks {
    Text names;
    size_t count;
    Guess guesses[GUESSES];
} Looks;

static Looks looks_none(void) {
    Looks looks = {.names = {0}};
    memcpy(looks.guesses, guesses_none, sizeof looks.guesses);
    return looks;
}

static void add_name(Looks *looks, InputText name, InputText value) {
    enum { MOST = 12 };
    if (looks->count++ < MOST) {
        text_add(&looks->names, looks->count > 1 ? ", " : "");
        text_add_bytes(&looks->names, name.start, (size_t)(name.end - name.start));
    } else if (looks->count == MOST + 1) {
        text_add(&looks->names, ", ...");
    }
    for (size_t i = 0; i < GUESSES; i++) {
        guess(&looks->guesses[i], name, value);
    }
}

static void look_at_columns(Looks *looks, InputText header, InputText row) {
    const char delimiter = csv_line_delimiter(header);
    const size_t count = csv_line_count(header, delimiter);
    InputText *names = memory_new(2 * count, sizeof names[0]), *values = names + count;
    csv_line_split(header, delimiter, names, count);
    const size_t got = csv_line_split(row, delimiter, values, count);
    for (size_t i = 0; i < count; i++) {
        const InputText none = {row.end, row.end};
        add_name(looks, field_trimmed(names[i]), i < got ? values[i] : none);
    }
    free(names);
}

/* A plain value, a string without its quotes. */
static InputText plain_value(InputText rest) {
    if (rest.start < rest.end && *rest.start == '"') {
        return string_at(rest.start, rest.end);
    }
    const char *p = rest.start;
    while (p < rest.end && strchr(",}] \r\n", *p) == NULL) {
        p++;
    }
    return (InputText){rest.start, p};
}

/* Nested keys are told by their path. */
static void look_at_keys(Looks *looks, InputText object) {
    for (KeyWalk walk = keys_of(object); next_key(&walk);) {
        if (walk.lists > 0 || walk.depth > DEPTH_MOST || walk.value.start == walk.value.end ||
            *walk.value.start == '{') {
            continue;
        }
        Text path = {0};
        for (int i = 0; i < walk.depth; i++) {
            text_add(&path, i > 0 ? "." : "");
            if (walk.names[i].start != NULL) { /* what is no JSON may open an object without a key
                                                */
                text_add_bytes(&path, walk.names[i].start,
                               (size_t)(walk.names[i].end - walk.names[i].start));
            }
        }
        char *const name = text_take(&path);
        add_name(looks, (InputText){name, name + strlen(name)}, plain_value(walk.value));
        free(name);
    }
}

static void clear_looks(Looks *looks) {
    for (size_t i = 0; i < GUESSES; i++) {
        free(looks->guesses[i].name);
    }
    text_clear(&looks->names);
}

static bool tells_times(InputText object) {
    Looks looks = looks_none();
    look_at_keys(&looks, object);
    const bool tells = looks.guesses[0].name != NULL;
    clear_looks(&looks);
    return tells;
}

/* What tells a kind --------------------------------------------------------------------------- */

/* Of the first bytes, each fourth one, by its place: mostly zero, or hardly ever? UTF-16 and UTF-32
 * of what is mostly ASCII are so, with a byte order mark or without. */
static bool has_zeros(InputText head, const char *zeros) {
    enum { SAMPLE = 512 };
    size_t total[4] = {0}, zero[4] = {0};
    for (const char *p = head.start; p < head.end && p < head.start + SAMPLE; p++) {
        total[(p - head.start) % 4]++;
        zero[(p - head.start) % 4] += *p == '\0';
    }
    for (size_t i = 0; i < 4; i++) {
        if (total[i] < 2 ||
            (zeros[i] == '0' ? 10 * zero[i] < 9 * total[i] : 10 * zero[i] > total[i])) {
            return false;
        }
    }
    return true;
}

/* Control bytes, which text has none of but for its layout and a terminal's colours; logs that were
 * cut while they grew have a few. Of random bytes one in ten is such. */
static bool is_binary(const NoTrace *kind, InputText head) {
    enum { SAMPLE = 4096 };
    size_t count = 0, control = 0;
    (void)kind;
    for (const char *p = head.start; p < head.end && p < head.start + SAMPLE; p++) {
        const unsigned char c = (unsigned char)*p;
        control += (c < 32 && strchr("\a\b\t\n\v\f\r\033", c) == NULL) || c == 0 || c == 127;
        count++;
    }
    return 20 * control > count;
}

static bool is_empty(const NoTrace *kind, InputText head) {
    (void)kind;
    head = after_blanks(head);
    return head.start == head.end;
}

static bool is_page(const NoTrace *kind, InputText head) {
    (void)kind;
    head = after_blanks(head);
    const char next = head.end - head.start > 1 && *head.start == '<' ? head.start[1] : '\0';
    return next == '!' || next == '?' || ((next | 0x20) >= 'a' && (next | 0x20) <= 'z');
}

static bool is_pickle(const NoTrace *kind, InputText head) {
    (void)kind;
    return head.end - head.start > 3 && head.start[0] == '\x80' && head.start[1] >= 2 &&
           head.start[1] <= 5 && memchr("\x95]})(cXKq", head.start[2], 9) != NULL;
}

/* A scenario of ours, with its comments. */
static bool is_scenario(const NoTrace *kind, InputText head) {
    (void)kind;
    head = after_blanks(head);
    while (begins(head, "//")) {
        const char *end = memchr(head.start, '\n', (size_t)(head.end - head.start));
        head = after_blanks((InputText){end != NULL ? end : head.end, head.end});
    }
    return begins(head, "{") && has_key(head, "deployments") &&
           (text_span_holds(head, "\"traffic\"") || text_span_holds(head, "\"autoscaling\""));
}

/* Turns that come so long after the answer before, in some of the first lines. */
static bool is_turns(const NoTrace *kind, InputText head) {
    (void)kind;
    InputText object = first_object(head);
    for (size_t i = 0; i < 8 && object.start < object.end; i++) {
        const bool is_session = has_key(object, "session_id") || has_key(object, "input_length");
        if (is_session && !has_key(object, "timestamp") &&
            (has_key(object, "delay") || has_key(object, "pre_gap") || has_key(object, "turns"))) {
            return true;
        }
        const char *end = memchr(object.start, '\n', (size_t)(object.end - object.start));
        object = first_object((InputText){end != NULL ? end : object.end, object.end});
    }
    return false;
}

/* The file says so itself, with its first key or the only one that counts. */
static bool is_error_answer(const NoTrace *kind, InputText head) {
    (void)kind;
    static const char *const first[] = {"error", "errors", "detail", "message", "errorMessage"};
    const InputText object = first_object(head);
    KeyWalk walk = keys_of(object);
    bool is =
        next_key(&walk) && field_says(walk.names[0], "status") && begins(walk.value, "\"error\"");
    for (size_t i = 0; i < sizeof first / sizeof *first && !is; i++) {
        const char *value = json_object_first(object, first[i]);
        is = value != NULL && value < object.end && *value != 'n' && *value != 'f';
    }
    return is && !tells_times(object);
}

/* `vegeta encode --to csv`: instant in ns, status, latency, ..., without a header. */
static bool is_vegeta_csv(const NoTrace *kind, InputText head) {
    (void)kind;
    const char *end = memchr(head.start, '\n', (size_t)(head.end - head.start));
    const InputText line = {head.start, end != NULL ? end : head.end};
    InputText fields[3];
    uint64_t value;
    return csv_line_count(line, ',') == 12 && csv_line_split(line, ',', fields, 3) >= 3 &&
           fields[0].end - fields[0].start == 19 && field_whole(fields[0], INT64_MAX, &value) &&
           fields[1].end - fields[1].start <= 3 && field_whole(fields[1], 999, &value) &&
           field_whole(fields[2], INT64_MAX, &value);
}

/* Caddy's console form: date, level, logger, message, then a JSON object, between tabs. */
static bool is_caddy_console(const NoTrace *kind, InputText head) {
    (void)kind;
    const char *end = memchr(head.start, '\n', (size_t)(head.end - head.start));
    const InputText line = {head.start, end != NULL ? end : head.end};
    return text_span_holds(line, "http.log.access") && text_span_holds(line, "\t{\"") &&
           !begins(line, "{");
}

/* Uvicorn's, and so vLLM's, own: INFO:     10.0.0.1:5000 - "POST /v1/... HTTP/1.1" 200 OK */
static bool is_uvicorn(const NoTrace *kind, InputText head) {
    (void)kind;
    const char *end = memchr(head.start, '\n', (size_t)(head.end - head.start));
    const InputText line = {head.start, end != NULL ? end : head.end};
    return begins(line, "INFO:     ") &&
           (text_span_holds(line, " - \"") || text_span_holds(line, "Started server"));
}

/* The table ----------------------------------------------------------------------------------- */

#define BYTES(text) .bytes = text, .length = sizeof text - 1
#define PIPED(command) command " FILE | autoscale-sim trace describe -"
#define PYTHON(modules, rest) "python3 -c 'import sys, " modules "; " rest "' FILE"
#define AS_CSV "trace.csv"

static const char login[] = "the download gave a page instead of the file (a login, an address of "
                            "a page about it, an error): look at it, and fetch the file itself";
static const char closed_loop[] =
    "turns wait for the answers before them, which no instant in the file tells: describe them as "
    "traffic of the type conversation (turns, think time), or take a recording with times";
static const char vegeta[] =
    "vegeta encode --to json FILE > hits.jsonl, then name the key: --set time_column=timestamp";
static const char no_times[] = "it says nothing of when they came: take a recording with times, or "
                               "generate arrivals (type poisson, diurnal, ...) with its lengths";

const NoTrace no_traces[] = {
    {"a Git LFS pointer, which stands for the file", "git lfs pull, in its clone",
     .begins = "version https://git-lfs.github.com/spec/"},
    {"a git-annex pointer, which stands for the file", "git annex get FILE",
     .begins = "/annex/objects/"},
    {"UTF-32 text", "save it as UTF-8, or: iconv -f UTF-32 -t UTF-8 FILE > utf8.csv",
     BYTES("\xff\xfe\0\0")},
    {"UTF-32 text", "save it as UTF-8, or: iconv -f UTF-32 -t UTF-8 FILE > utf8.csv",
     BYTES("\0\0\xfe\xff")},
    {"UTF-32 text", "save it as UTF-8, or: iconv -f UTF-32LE -t UTF-8 FILE > utf8.csv",
     .zeros = "-000"},
    {"UTF-32 text", "save it as UTF-8, or: iconv -f UTF-32BE -t UTF-8 FILE > utf8.csv",
     .zeros = "000-"},
    {"UTF-16 text", "save it as UTF-8, or: iconv -f UTF-16 -t UTF-8 FILE > utf8.csv",
     BYTES("\xff\xfe")},
    {"UTF-16 text", "save it as UTF-8, or: iconv -f UTF-16 -t UTF-8 FILE > utf8.csv",
     BYTES("\xfe\xff")},
    {"UTF-16 text", "save it as UTF-8, or: iconv -f UTF-16LE -t UTF-8 FILE > utf8.csv",
     .zeros = "-0-0"},
    {"UTF-16 text", "save it as UTF-8, or: iconv -f UTF-16BE -t UTF-8 FILE > utf8.csv",
     .zeros = "0-0-"},
    {"a tar archive", "tar -xf FILE, then name a file that was in it", BYTES("ustar"), .at = 257},
    {"an Excel workbook", "save its sheet as CSV (UTF-8), then name that", BYTES("PK\3\4"),
     .holds = "xl/"},
    {"an OpenDocument file", "save its sheet as CSV (UTF-8), then name that", BYTES("PK\3\4"),
     .holds = "mimetypeapplication/vnd.oasis"},
    {"a zip archive", PIPED("unzip -p"), BYTES("PK\3\4")},
    {"an empty zip archive", "name another file", BYTES("PK\5\6")},
    {"an old Office file (xls)", "save its sheet as CSV (UTF-8), then name that",
     BYTES("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")},
    {"gzip within gzip", PIPED("gunzip -c"), BYTES("\x1f\x8b")},
    {"compressed with xz", PIPED("xz -dc"),
     BYTES("\xfd"
           "7zXZ\0")},
    {"compressed with zstd", PIPED("zstd -dc"), BYTES("\x28\xb5\x2f\xfd")},
    {"compressed with bzip2", PIPED("bzip2 -dc"), BYTES("BZh"), .holds = "1AY&SY"},
    {"compressed with lz4", PIPED("lz4 -dc"), BYTES("\x04\x22\x4d\x18")},
    {"compressed with lzip", PIPED("lzip -dc"), BYTES("LZIP")},
    {"compressed with compress", PIPED("gzip -dc"), BYTES("\x1f\x9d")},
    {"compressed with snappy", PIPED("snzip -dc"), BYTES("\xff\x06\0\0sNaPpY")},
    {"a 7z archive", PIPED("7z x -so"), BYTES("7z\xbc\xaf\x27\x1c")},
    {"a rar archive", PIPED("unrar p -inul"), BYTES("Rar!\x1a\x07")},
    {"a Parquet file",
     PYTHON("pyarrow.parquet as p, pyarrow.csv as c",
            "c.write_csv(p.read_table(sys.argv[1]), \"" AS_CSV "\")"),
     BYTES("PAR1")},
    {"an Arrow file (Feather)",
     PYTHON("pyarrow.feather as f, pyarrow.csv as c",
            "c.write_csv(f.read_table(sys.argv[1]), \"" AS_CSV "\")"),
     BYTES("ARROW1")},
    {"an Arrow file (Feather)",
     PYTHON("pyarrow.feather as f, pyarrow.csv as c",
            "c.write_csv(f.read_table(sys.argv[1]), \"" AS_CSV "\")"),
     BYTES("FEA1")},
    {"an ORC file",
     PYTHON("pyarrow.orc as o, pyarrow.csv as c",
            "c.write_csv(o.read_table(sys.argv[1]), \"" AS_CSV "\")"),
     BYTES("ORC")},
    {"an Avro file", "python3 -m fastavro FILE > trace.jsonl", BYTES("Obj\1")},
    {"an SQLite database",
     "sqlite3 -header -csv FILE 'SELECT * FROM TABLE' > " AS_CSV " (.tables lists them)",
     BYTES("SQLite format 3\0")},
    {"an HDF5 file",
     PYTHON("pandas", "pandas.read_hdf(sys.argv[1]).to_csv(\"" AS_CSV "\", index=False)"),
     BYTES("\x89HDF\r\n\x1a\n")},
    {"a NumPy array",
     PYTHON("numpy", "numpy.savetxt(\"" AS_CSV "\", numpy.load(sys.argv[1]), delimiter=\",\")"),
     BYTES("\x93NUMPY")},
    {"a capture of packets",
     "tshark -r FILE -Y http.request -T fields -E header=y -E "
     "separator=, -e frame.time_epoch -e http.request.uri > " AS_CSV,
     BYTES("\xd4\xc3\xb2\xa1")},
    {"a capture of packets",
     "tshark -r FILE -Y http.request -T fields -E header=y -E "
     "separator=, -e frame.time_epoch -e http.request.uri > " AS_CSV,
     BYTES("\x0a\x0d\x0d\x0a")},
    {"a PDF document", "take the figures in it as CSV: two columns, time and requests",
     BYTES("%PDF-")},
    {"a picture", "take its figures as CSV: two columns, time and requests",
     BYTES("\x89PNG\r\n\x1a\n")},
    {"a picture", "take its figures as CSV: two columns, time and requests", BYTES("\xff\xd8\xff")},
    {"a picture", "take its figures as CSV: two columns, time and requests", BYTES("GIF8")},
    {"vegeta's own form (gob)", vegeta, .is = is_binary, .holds = "BytesOut"},
    {"vegeta's CSV, which names no columns", vegeta, .is = is_vegeta_csv},
    {"a pickle of Python's",
     PYTHON("pandas", "pandas.read_pickle(sys.argv[1]).to_csv(\"" AS_CSV
                      "\", index=False)") " (loading one runs what is in it: only if you trust it)",
     .is = is_pickle},
    {"an HTML or XML page", login, .is = is_page},
    {"binary data of an unknown kind",
     "look what it is (file FILE), and save it as CSV or JSON "
     "lines",
     .is = is_binary},
    {"an empty file", "if it is still to be written, wait; else name another", .is = is_empty,
     .unless_read = true},
    {"metrics as Prometheus is served them, of one instant",
     "ask Prometheus for a stretch of "
     "time: /api/v1/query_range?query=...",
     .begins = "# HELP "},
    {"metrics as Prometheus is served them, of one instant",
     "ask Prometheus for a stretch of "
     "time: /api/v1/query_range?query=...",
     .begins = "# TYPE "},
    {"an error answer, not the recording", login, .begins = "404: Not Found"},
    {"a scenario of autoscale-sim, not a trace", "autoscale-sim run FILE", .is = is_scenario},
    {"Caddy's log for consoles", "have it written as JSON (Caddyfile: log { format json })",
     .is = is_caddy_console},
    {"Uvicorn's log, which tells no times",
     "take the proxy's log, or have it told them (docker logs -t, kubectl logs --timestamps)",
     .is = is_uvicorn},
    {"sessions of agents, calls within turns",
     "jq -c '.turns[].llm_calls[]|{timestamp,duration_ms,prompt:.tokens.prompt,"
     "output:.tokens.completion}' FILE | sort > calls.jsonl, then name time_column=timestamp, "
     "prompt_column=prompt, output_column=output",
     .keys = {"session_id", "turns"}, .holds = "\"llm_calls\""},
    {"sessions whose turns have delays, no times", closed_loop, .is = is_turns},
    {"conversations that each have a clock of their own", closed_loop, .keys = {"t", "in", "out"},
     .holds = "\"hash_ids\""},
    {"AIBrix's workload, several requests a line",
     "jq -c '.timestamp as $t|.requests[]|{timestamp:$t,input_length:(.prompt_length//"
     ".\"Prompt Length\"),output_length:(.output_length//.\"Output Length\")}' FILE > trace.jsonl",
     .keys = {"timestamp", "requests"}},
    {"CloudWatch's answer to get-metric-statistics, in no order",
     "jq -r '.Datapoints|sort_by(.Timestamp)[]|[.Timestamp,.Sum]|@csv' FILE > counts.csv",
     .keys = {"Datapoints"}},
    {"CloudWatch's answer to get-metric-data",
     "jq -r '.MetricDataResults[0]|[.Timestamps,.Values]|transpose|sort[]|@csv' FILE > counts.csv",
     .keys = {"MetricDataResults"}},
    {"Datadog's answer to a query of metrics",
     "jq -r '.series[0].pointlist[]|@csv' FILE > counts.csv, with time_unit=ms",
     .keys = {"series", "query"}, .holds = "\"pointlist\""},
    {"Azure Monitor's answer about a metric",
     "jq -r '.value[0].timeseries[0].data[]|[.timeStamp,.total]|@csv' FILE > counts.csv",
     .keys = {"timespan", "interval", "value"}, .holds = "\"timeseries\""},
    {"Google Cloud Monitoring's answer about a metric",
     "jq -r '.timeSeries[0].points|reverse[]|[.interval.startTime,(.value.int64Value|tonumber)]"
     "|@csv' FILE > counts.csv",
     .keys = {"timeSeries"}},
    {"OpenTelemetry's spans",
     "jq -c '.resourceSpans[].scopeSpans[].spans[]|{startTimeUnixNano}+([.attributes[]|"
     "{(.key):(.value.intValue//.value.stringValue)}]|add)' FILE > spans.jsonl, then name "
     "time_column=startTimeUnixNano, time_unit=ns and the keys of the tokens",
     .keys = {"resourceSpans"}, .unless_read = true},
    {"OpenTelemetry's metrics", "export the spans, or ask for the metric by query_range",
     .keys = {"resourceMetrics"}},
    {"OpenTelemetry's log records", "export the spans, one for each request",
     .keys = {"resourceLogs"}, .unless_read = true},
    {"a dashboard of Grafana's", "export a panel's data (Inspect, Data, Download CSV)",
     .keys = {"panels", "schemaVersion"}},
    {"a dashboard of Grafana's", "export a panel's data (Inspect, Data, Download CSV)",
     .keys = {"dashboard"}, .holds = "\"panels\""},
    {"conversations without times", no_times, .keys = {"conversations"}, .unless_read = true},
    {"an error answer, not the recording", login, .is = is_error_answer, .unless_read = true},
    {.name = NULL},
};

static bool has_keys(const NoTrace *kind, InputText object) {
    for (size_t i = 0; i < sizeof kind->keys / sizeof *kind->keys; i++) {
        if (kind->keys[i] != NULL && !has_key(object, kind->keys[i])) {
            return false;
        }
    }
    return object.start < object.end;
}

static bool is_kind(const NoTrace *kind, InputText head, InputText object) {
    const size_t length = (size_t)(head.end - head.start);
    const bool is = kind->bytes != NULL
                        ? length >= kind->at + kind->length &&
                              memcmp(head.start + kind->at, kind->bytes, kind->length) == 0
                    : kind->zeros != NULL  ? has_zeros(head, kind->zeros)
                    : kind->begins != NULL ? begins(after_blanks(head), kind->begins)
                    : kind->is != NULL     ? kind->is(kind, head)
                                           : has_keys(kind, object);
    return is && (kind->holds == NULL || text_span_holds(head, kind->holds));
}

const NoTrace *no_trace_find(InputText head, bool unless_read) {
    const InputText object = first_object(head);
    for (const NoTrace *kind = no_traces; kind->name != NULL; kind++) {
        if (kind->unless_read == unless_read && is_kind(kind, head, object)) {
            return kind;
        }
    }
    return NULL;
}

/* What is told -------------------------------------------------------------------------------- */

/* The words with the file's name, as a shell takes it, for FILE. */
static char *with_file(const char *words, const char *path) {
    Text text = {0};
    char *word = strcmp(path, "-") == 0 ? memory_text("FILE") : text_shell_word(path);
    for (const char *at; (at = strstr(words, "FILE")) != NULL; words = at + 4) {
        text_add_bytes(&text, words, (size_t)(at - words));
        text_add(&text, word);
    }
    text_add(&text, words);
    free(word);
    return text_take(&text);
}

bool no_trace_refuse(const NoTrace *kind, const TrafficInput *input) {
    char *words = with_file(kind->next, input->path), *next = memory_format("next: %s", words);
    error_in_file(input->errors, input->path, kind->name, "a trace", next);
    free(words);
    free(next);
    return false;
}

/* "name the columns: autoscale-sim trace describe FILE --set time_column=when ..." */
static char *naming(const Looks *looks, const char *what, const char *path) {
    Text text = {0};
    char *file = with_file("FILE", path);
    text_addf(&text, "name the %s: autoscale-sim trace describe %s", what, file);
    free(file);
    for (size_t i = 0; i < GUESSES; i++) {
        const Guess *found = &looks->guesses[i];
        if (found->name != NULL || i == 0) {
            char *setting =
                memory_format("%s=%s", found->option, found->name ? found->name : "NAME");
            char *word = text_shell_word(setting);
            text_addf(&text, " --set %s", word);
            free(setting);
            free(word);
        }
    }
    return text_take(&text);
}

static bool is_number(InputText text) {
    double value;
    return field_amount(field_trimmed(text), &value);
}

static bool has_columns(InputText line, InputText next) {
    const char delimiter = csv_line_delimiter(line);
    const size_t count = csv_line_count(line, delimiter);
    return count > 1 && (next.start == next.end || csv_line_count(next, delimiter) == count);
}

/* Fields that are no numbers, and not as long as texts are. */
static bool is_header(InputText line) {
    enum { MOST = 64 };
    const char delimiter = csv_line_delimiter(line);
    const size_t count = csv_line_count(line, delimiter);
    InputText *names = memory_new(count, sizeof names[0]);
    bool is = csv_line_split(line, delimiter, names, count) == count;
    for (size_t i = 0; i < count && is; i++) {
        is = !is_number(names[i]) && names[i].end - names[i].start <= MOST;
    }
    free(names);
    return is;
}

bool no_trace_refuse_unknown(const TrafficInput *input, const InputText lines[], size_t count) {
    static const char expected[] = "a known format (autoscale-sim help traffic lists them)";
    const Error where = {.file = input->path, .line = 1};
    Looks looks = looks_none();
    const InputText head = {lines[0].start, lines[count - 1].end}, object = first_object(head);
    const InputText next_line = count > 1 ? lines[1] : (InputText){head.end, head.end};
    const bool any_columns = has_columns(lines[0], next_line);
    if (object.start < object.end) {
        look_at_keys(&looks, object);
        char *next = naming(&looks, "keys", input->path);
        error_found(input->errors, &where, expected, next, "JSON with the keys %s",
                    looks.names.length > 0 ? looks.names.text : "(none)");
        free(next);
    } else if (any_columns && is_header(lines[0])) {
        look_at_columns(&looks, lines[0], next_line);
        char *next = naming(&looks, "columns", input->path);
        error_found(input->errors, &where, expected, next, "CSV with the columns %s",
                    looks.names.text);
        free(next);
    } else {
        const size_t length = (size_t)(lines[0].end - lines[0].start);
        error_found(input->errors, &where, expected,
                    any_columns ? "put a line with the columns' names before the first row"
                                : "CSV with a line of names and JSON lines are read too, if you "
                                  "name the columns (--set time_column=...)",
                    "%s: \"%.*s%s\"", any_columns ? "CSV without names of its columns" : "text",
                    (int)(length > 80 ? 80 : length), lines[0].start, length > 80 ? "..." : "");
    }
    clear_looks(&looks);
    return false;
}
