// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page.h"

#include "base/csv_reader.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "figures/metrics.h"
#include "figures/names.h"
#include "output/assumptions.h"
#include "output/manifest.h"
#include "output/plot_data.h"
#include "scenario/scenario_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHORT = 6 }; /* digits of what is drawn */

/* Files ---------------------------------------------------------------------------------------- */

#define MANIFEST                                                                                   \
    { "manifest.json", PAGE_DOCUMENT, 0, 0, NULL, "files command_line" }

static const PageFile run_files[] = {
    {"scenario.json", PAGE_DOCUMENT, 0, 0, NULL, NULL},
    {"verdicts.json", PAGE_DOCUMENT, PAGE_OPTIONAL, 0, NULL, NULL},
    MANIFEST,
    {"summary.csv", PAGE_TABLE, 0, 0, "deployment", "deployment"},
    {"timeseries.csv", PAGE_SERIES, 0, SHORT, "deployment time_s interval_s", NULL},
    {"events.csv", PAGE_DECISIONS, 0, 10, "time_s deployment event from to reason",
     "deployment event replica reason winner window"},
    {0}};

static const PageFile comparison_files[] = {
    MANIFEST,
    {"comparison.csv", PAGE_TABLE, 0, 0, "deployment metric", "deployment metric"},
    {"statistics.csv", PAGE_TABLE, PAGE_OPTIONAL, 0,
     "deployment metric run mean mean_low mean_high difference difference_low difference_high",
     "deployment metric run verdict"},
    {"verdict.json", PAGE_DOCUMENT, PAGE_OPTIONAL, 0, NULL, NULL},
    {0}};

static const PageFile sweep_files[] = {
    {"sweep.json", PAGE_DOCUMENT, 0, 0, NULL, NULL},
    MANIFEST,
    {"axes.csv", PAGE_FIGURES, 0, 0, "axis value", NULL},
    {"aggregate.csv", PAGE_FIGURES, PAGE_IN_SHORT, SHORT, "cell deployment replications", NULL},
    {0}};

static const PageFile search_files[] = {
    MANIFEST,
    {"front.csv", PAGE_FIGURES, PAGE_BOUNDED, 0, "candidate replications chosen", NULL},
    {"evaluations.csv", PAGE_FIGURES, 0, SHORT, "candidate", NULL},
    {"winner.firectl.txt", PAGE_TEXT, PAGE_OPTIONAL, 0, NULL, NULL}, /* none is good enough */
    {"optimization.json", PAGE_DOCUMENT, PAGE_OPTIONAL, 0, NULL, NULL},
    {0}};

static const struct PageKind {
    const char *name; /* as output/page/start.js knows it */
    const PageFile *files;
    const char *runs; /* the file whose columns are folders of runs, but for its texts */
} kinds[OUTPUT_KINDS] = {
    [OUTPUT_RUN] = {"run", run_files, NULL},
    [OUTPUT_COMPARISON] = {"comparison", comparison_files, "comparison.csv"},
    [OUTPUT_SWEEP] = {"sweep", sweep_files, NULL},
    [OUTPUT_SEARCH] = {"optimization", search_files, NULL},
};
typedef struct PageKind PageKind;

static const PageKind *kind_of(const char *folder, ErrorList *errors) {
    const OutputKind kind = run_directory_kind(folder);
    if (kind == OUTPUT_NOTHING) {
        error_in_file(errors, folder,
                      run_directory_is(folder) ? "a directory without results" : "no directory",
                      "what run, compare, sweep or optimize wrote by --out", NULL);
    }
    return kind != OUTPUT_NOTHING ? &kinds[kind] : NULL;
}

bool page_data_check(const char *const folders[], size_t count, ErrorList *errors) {
    const size_t before = errors->count;
    for (size_t i = 0; i < count; i++) {
        const PageKind *kind = kind_of(folders[i], errors);
        if (count > 1 && kind != NULL && kind->files != run_files) {
            error_in_file(errors, folders[i], "a directory of several runs",
                          "directories of one run each beside others", NULL);
        }
    }
    return errors->count == before;
}

/* JSON ----------------------------------------------------------------------------------------- */

void page_put_text(FILE *stream, const char *text) {
    const unsigned char *p = (const unsigned char *)(text != NULL ? text : "");
    fputc('"', stream);
    while (*p != '\0') {
        const size_t length = text_shown_length(p);
        if (*p == '\n') {
            fputs("\\n", stream);
        } else if (length == 0) {
            fprintf(stream, *p == '\t' ? "\\t" : "\\u005cx%02x", (unsigned)*p);
        } else if (strchr("\"\\<>&", *p) != NULL) {
            fprintf(stream, "\\u%04x", (unsigned)*p);
        } else {
            fwrite(p, 1, length, stream);
        }
        p += length > 0 ? length : 1;
    }
    fputc('"', stream);
}

void page_put_number(FILE *stream, double number, int digits) {
    char text[32];
    if (digits > 0 && decimal_rounded(number, digits, text)) {
        fputs(text, stream);
    } else if (isfinite(number) && digits > 0) {
        fprintf(stream, "%.*g", digits, number);
    } else if (isfinite(number)) {
        fputs(text_number(number, text), stream);
    } else { /* a script reads what is beyond its numbers as infinite */
        fputs(isnan(number) ? "null" : number > 0 ? "1e999" : "-1e999", stream);
    }
}

void page_put_comma(FILE *stream, bool *begun, const char *comma) {
    fputs(*begun ? comma : "", stream);
    *begun = true;
}

/* Tables --------------------------------------------------------------------------------------- */

bool page_has_word(const char *words, const char *word) {
    const size_t length = strcspn(word, " ");
    const char *at = length > 0 && word[length] == '\0' ? words : NULL;
    for (; at != NULL && (at = strstr(at, word)) != NULL; at++) {
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static size_t find_bound(const CsvReader *reader, const char *name, size_t length,
                         const char *bound) {
    char *column = memory_format("%.*s%s", (int)length, name, bound);
    const size_t found = csv_reader_find(reader, column);
    free(column);
    return found;
}

/* Of PAGE_FIGURES: is it a metric, something that has its bounds beside it, or such a bound? */
static PageColumn figure_column(const PageFile *file, const CsvReader *reader, const char *name) {
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, "_low") == 0) {
        length -= 4;
    } else if (length > 5 && strcmp(name + length - 5, "_high") == 0) {
        length -= 5;
    }
    char *base = memory_text_n(name, length);
    const MetricRow *metric = metric_find(base);
    free(base);
    const bool bounded = find_bound(reader, name, length, "_low") != CSV_READER_ABSENT &&
                         find_bound(reader, name, length, "_high") != CSV_READER_ABSENT;
    if (strcmp(name, "replications") == 0) {
        return PAGE_COLUMN_NUMBER;
    }
    if (metric == NULL && !bounded) {
        return PAGE_COLUMN_TEXT;
    }
    return (file->flags & PAGE_IN_SHORT) && (metric == NULL || !metric->in_short)
               ? PAGE_LEFT_OUT
               : PAGE_COLUMN_NUMBER;
}

PageColumn *page_find_columns(const PageFile *file, CsvReader *reader) {
    PageColumn *columns = memory_new(reader->header_count, sizeof columns[0]);
    size_t bounded = 0;
    for (size_t i = 0; i < reader->header_count; i++) {
        const char *name = reader->header[i];
        columns[i] = file->kind == PAGE_FIGURES         ? figure_column(file, reader, name)
                     : page_has_word(file->texts, name) ? PAGE_COLUMN_TEXT
                                                        : PAGE_COLUMN_NUMBER;
        bounded += find_bound(reader, name, strlen(name), "_low") != CSV_READER_ABSENT &&
                   find_bound(reader, name, strlen(name), "_high") != CSV_READER_ABSENT;
    }
    for (const char *at = file->needed; *at != '\0'; at += at[strcspn(at, " ")] == ' ') {
        char *name = memory_text_n(at, strcspn(at, " "));
        csv_reader_need(reader, name);
        at += strlen(name);
        free(name);
    }
    if (bounded < 2 && (file->flags & PAGE_BOUNDED) && !reader->failed) {
        error_at(reader->errors, &(Error){.file = reader->path, .line = 1},
                 "fewer than two metrics", "cost and latency with _low and _high", NULL);
        reader->failed = true;
    }
    return columns;
}

static void put_field(FILE *stream, const PageFile *file, CsvReader *reader, size_t i,
                      PageColumn column) {
    if (column == PAGE_COLUMN_TEXT) {
        page_put_text(stream, csv_reader_text(reader, i));
    } else {
        page_put_number(stream, csv_reader_number(reader, i), file->digits);
    }
}

static void put_header(FILE *stream, const CsvReader *reader, const PageColumn columns[]) {
    bool begun = false;
    fputs("{\"columns\":[", stream);
    for (size_t i = 0; i < reader->header_count; i++) {
        if (columns[i] != PAGE_LEFT_OUT) {
            page_put_comma(stream, &begun, ",");
            page_put_text(stream, reader->header[i]);
        }
    }
    fputs("],\n\"rows\":[", stream);
}

/* needed: columns beside those that the file says. */
static bool put_table(FILE *stream, const PageFile *file, const char *path, const TextList *needed,
                      ErrorList *errors) {
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        PageColumn *columns = page_find_columns(file, &reader);
        for (size_t i = 0; i < needed->count; i++) {
            csv_reader_need(&reader, needed->items[i]);
        }
        put_header(stream, &reader, columns);
        for (bool any = false; csv_reader_next(&reader);) {
            bool begun = false;
            page_put_comma(stream, &any, ",");
            fputs("\n[", stream);
            for (size_t i = 0; i < reader.header_count; i++) {
                if (columns[i] != PAGE_LEFT_OUT) {
                    page_put_comma(stream, &begun, ",");
                    put_field(stream, file, &reader, i, columns[i]);
                }
            }
            fputc(']', stream);
        }
        fputs("]}", stream);
        free(columns);
    }
    return csv_reader_close(&reader);
}

/* Directories ---------------------------------------------------------------------------------- */

/* The command as a shell reads it, of a manifest that has one. */
static void put_command(FILE *stream, const cJSON *manifest) {
    const cJSON *words = cJSON_GetObjectItemCaseSensitive(manifest, "command_line"), *word;
    char *command = memory_text("");
    cJSON_ArrayForEach (word, words) {
        char *quoted = text_shell_word(cJSON_IsString(word) ? word->valuestring : "");
        char *longer = memory_format("%s%s%s", command, *command ? " " : "", quoted);
        free(command);
        free(quoted);
        command = longer;
    }
    if (words != NULL) {
        fputs(",\n\"command\":", stream);
        page_put_text(stream, command);
    }
    free(command);
}

/* JSON as any reader can read it: without comments. */
static bool put_document(FILE *stream, const PageFile *file, const char *path, ErrorList *errors) {
    const size_t before = errors->count;
    cJSON *tree = json_load(path, errors), *next;
    if (errors->count == before) { /* a key twice: the tree is there, but which one counts? */
        cJSON *shown = memory_checked(cJSON_Duplicate(tree, true));
        for (cJSON *item = shown->child; item != NULL; item = next) {
            next = item->next;
            if (item->string != NULL && page_has_word(file->texts, item->string)) {
                cJSON_Delete(cJSON_DetachItemViaPointer(shown, item));
            }
        }
        char *plain = json_print(shown);
        page_put_text(stream, plain);
        put_command(stream, tree);
        free(plain);
        cJSON_Delete(shown);
    }
    cJSON_Delete(tree);
    return errors->count == before;
}

static bool put_plain(FILE *stream, const char *path, ErrorList *errors) {
    size_t length;
    char *text = json_file_read(path, &length, errors);
    const bool ok = text != NULL;
    page_put_text(stream, text);
    free(text);
    return ok;
}

/* The values of the first column, once each: the axes of axes.csv, which aggregate.csv needs. */
static void read_axes(TextList *axes, const char *folder) {
    ErrorList told = {0}; /* when the file itself is written */
    char *path = memory_format("%s/axes.csv", folder);
    CsvReader reader;
    const bool open = csv_reader_open(&reader, path, &told);
    const size_t axis = open ? csv_reader_find(&reader, "axis") : CSV_READER_ABSENT;
    while (axis != CSV_READER_ABSENT && csv_reader_next(&reader)) {
        text_list_place(axes, csv_reader_text(&reader, axis));
    }
    csv_reader_close(&reader);
    error_list_clear(&told);
    free(path);
}

static bool put_file(FILE *stream, const PageFile *file, const char *folder, const char *path,
                     ErrorList *errors) {
    TextList needed = {0};
    bool ok = true;
    switch (file->kind) {
    case PAGE_DOCUMENT: ok = put_document(stream, file, path, errors); break;
    case PAGE_TEXT: ok = put_plain(stream, path, errors); break;
    case PAGE_SERIES:
    case PAGE_DECISIONS: ok = page_put_thinned(stream, file, path, errors); break;
    case PAGE_FIGURES:
    case PAGE_TABLE:
        if (file->flags & PAGE_IN_SHORT) {
            read_axes(&needed, folder);
        }
        ok = put_table(stream, file, path, &needed, errors);
        break;
    }
    text_list_clear(&needed);
    return ok;
}

/* {"label", "files": {NAME: ...}}; all are read, so that all that is wrong is told at once. */
static bool put_folder(FILE *stream, const PageFile files[], const char *folder, const char *label,
                       ErrorList *errors) {
    bool ok = true, begun = false;
    fputs("\n{\"label\":", stream);
    page_put_text(stream, label);
    fputs(",\"files\":{", stream);
    for (const PageFile *file = files; file->name != NULL; file++) {
        char *path = memory_format("%s/%s", folder, file->name);
        if (!(file->flags & PAGE_OPTIONAL) || access(path, F_OK) == 0) {
            page_put_comma(stream, &begun, ",");
            fprintf(stream, "\n\"%s\":", file->name);
            ok = put_file(stream, file, folder, path, errors) && ok;
        }
        free(path);
    }
    fputs("}}", stream);
    return ok;
}

/* The runs of a comparison: the columns that are no texts. */
static bool put_runs(FILE *stream, const char *folder, const char *name, ErrorList *errors) {
    char *path = memory_format("%s/%s", folder, name);
    CsvReader reader;
    TextList runs = {0};
    if (csv_reader_open(&reader, path, errors)) {
        for (size_t i = 0; i < reader.header_count; i++) {
            if (!page_has_word("deployment metric", reader.header[i])) {
                text_list_place(&runs, reader.header[i]);
            }
        }
        if (runs.count == 0) {
            reader.failed = !error_at(errors, &(Error){.file = path, .line = 1}, "no run",
                                      "a column for each run", NULL);
        }
    }
    bool ok = csv_reader_close(&reader);
    for (size_t i = 0; i < runs.count; i++) {
        char *run = memory_format("%s/%s", folder, runs.items[i]);
        fputc(',', stream);
        ok = put_folder(stream, run_files, run, runs.items[i], errors) && ok;
        free(run);
    }
    text_list_clear(&runs);
    free(path);
    return ok;
}

/* What this program knows ---------------------------------------------------------------------- */

static void put_metrics(FILE *stream) {
    static const char *const units[] = {
        [METRIC_UNIT_COUNT] = "count", [METRIC_UNIT_SECONDS] = "s",
        [METRIC_UNIT_HOURS] = "h",     [METRIC_UNIT_USD] = "usd",
        [METRIC_UNIT_SHARE] = "share", [METRIC_UNIT_PER_SECOND] = "per_s"};
    static const int better[] = {[METRIC_NEITHER] = 0, [METRIC_LOWER] = 1, [METRIC_HIGHER] = -1};
    fputs("\"groups\":[", stream);
    for (size_t i = 0; i < METRIC_GROUPS; i++) {
        fprintf(stream, i > 0 ? ",\"%s\"" : "\"%s\"", metric_group_titles[i]);
    }
    fputs("],\n\"metrics\":[", stream);
    for (size_t i = 0; i < metric_count; i++) {
        const MetricRow *row = &metric_rows[i];
        fprintf(stream,
                "%s\n{\"name\":\"%s\",\"title\":\"%s\",\"unit\":\"%s\",\"group\":%d,"
                "\"better\":%d,\"in_short\":%s,\"key\":%d}",
                i > 0 ? "," : "", row->name, row->title, units[row->unit], (int)row->group,
                better[row->better], row->in_short ? "true" : "false",
                row->shown[METRIC_KEY_FIGURES]);
    }
    fputs("],\n\"load_keys\":[", stream);
    for (size_t i = 0; i < NAMES_LOAD_KEYS; i++) {
        fprintf(stream, i > 0 ? ",\"%s\"" : "\"%s\"", names_of_load_keys[i]);
    }
    fputs("]", stream);
}

static void put_texts(FILE *stream, const char *comma, const char *const texts[], size_t count) {
    fprintf(stream, "%s\n[", comma);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", stream);
        page_put_text(stream, texts[i]);
    }
    fputc(']', stream);
}

/* Options whose default is assumed: name, default, meaning, and whether it is a duration. */
static void put_section(FILE *stream, const ScenarioSection *section, bool *begun) {
    bool any = false;
    for (const Option *option = section->options; option->name; option++) {
        if (option->basis == OPTION_ASSUMED) {
            if (!any) {
                page_put_comma(stream, begun, ",");
                fprintf(stream, "\n{\"path\":\"%s\",\"options\":[", section->path);
            }
            put_texts(stream, any ? "," : "",
                      (const char *[]){option->name, option->default_text, option->help,
                                       option->type == OPTION_DURATION ? "duration" : ""},
                      4);
            any = true;
        }
    }
    fputs(any ? "]}" : "", stream);
}

static void put_assumptions(FILE *stream) {
    ScenarioSection section;
    bool begun = false;
    fputs("\"rules\":[", stream);
    for (size_t i = 0; i < assumed_rule_count; i++) {
        const AssumedRule *rule = &assumed_rules[i];
        put_texts(stream, i > 0 ? "," : "",
                  (const char *[]){rule->topic, rule->assumed, rule->decides}, 3);
    }
    fputs("],\n\"sections\":[", stream);
    for (size_t i = 0; scenario_section(i, &section); i++) {
        put_section(stream, &section, &begun);
    }
    fputs("]", stream);
}

void page_put_program(FILE *stream) {
    put_metrics(stream);
    fputs(",\n", stream);
    put_assumptions(stream);
}

bool page_data_write(FILE *stream, const char *const folders[], size_t count, ErrorList *errors) {
    const PageKind *kind = kind_of(folders[0], errors);
    if (kind == NULL) {
        return false;
    }
    bool ok = true;
    fprintf(stream, "{\"kind\":\"%s\",\n", count > 1 ? "comparison" : kind->name);
    page_put_program(stream);
    fputs(",\n\"folders\":[", stream);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? "," : "", stream);
        ok = put_folder(stream, kind->files, folders[i], folders[i], errors) && ok;
    }
    if (kind->runs != NULL) {
        ok = put_runs(stream, folders[0], kind->runs, errors) && ok;
    }
    fputs("]}", stream);
    return ok;
}
