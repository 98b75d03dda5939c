// SPDX-License-Identifier: GPL-3.0-or-later
/* Several files merged. Invariant, between calls: each active file but the current one has its next
 * row in `ahead`, and the current one has it there or is to be read on; no row of any other file,
 * opened or not, is before the rival's. */
#include "traffic/row_files.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

struct RowFile {
    const char *name; /* lent by the config */
    size_t place;     /* as given */
    OrderedRows rows;
    asim_traffic_counts counts;    /* since it was opened */
    asim_traffic_counts left_over; /* of a file that has no row to give: its part of each pass */
    const TrafficFormat *format;
    bool rates; /* RowReader's */
    bool has_prompt, has_output, has_dates;
    bool is_open, is_active;
    bool has_ahead;
    TrafficRow ahead; /* on the clock of all files, like: */
    int64_t first;    /* INT64_MAX: it has no row to give, or nobody has looked yet */
    int64_t last;     /* the latest row */
    int64_t earliest_left_out;
    uint64_t row_count; /* given out in this pass */
    int64_t shift;      /* from its own clock to that of all */
    uint64_t rows_read; /* in all passes */
};

void row_files_init(RowFiles *files, const TraceConfig *config, const TrafficContext *context,
                    asim_traffic_counts *counts) {
    *files = (RowFiles){.config = config,
                        .context = *context,
                        .counts = counts,
                        .count = config->files.count,
                        .files = memory_new(config->files.count, sizeof files->files[0])};
    files->context.stream = NULL; /* lent for the call only */
    for (size_t i = 0; i < files->count; i++) {
        files->files[i] = memory_new(1, sizeof *files->files[i]);
        *files->files[i] = (RowFile){.name = config->files.items[i],
                                     .place = i,
                                     .first = INT64_MAX,
                                     .earliest_left_out = INT64_MAX};
    }
    files->rows = &files->files[0]->rows;
}

/* One file ----------------------------------------------------------------------------------- */

static TraceToldCondition *condition_of(RowFiles *files, const char *text) {
    for (size_t i = 0; i < files->condition_count; i++) {
        if (strcmp(files->conditions[i].text, text) == 0) {
            return &files->conditions[i];
        }
    }
    files->conditions =
        memory_resize(files->conditions, files->condition_count + 1, sizeof *files->conditions);
    TraceToldCondition *added = &files->conditions[files->condition_count++];
    *added = (TraceToldCondition){.text = memory_text(text)};
    return added;
}

static void note_left_out(RowFiles *files, const RowFilter *filter) {
    uint64_t asked = filter->asked;
    for (size_t i = 0; i < filter->count; i++) {
        const RowCondition *condition = &filter->conditions[i];
        condition_of(files, condition->text)->left_out += asked - condition->met;
        asked = condition->met;
    }
}

static void drop_ahead(RowFile *file) {
    if (file->has_ahead) {
        past_drop(file->ahead.past_kind, file->ahead.past);
        file->has_ahead = false;
    }
}

static void close_file(RowFiles *files, RowFile *file) {
    if (file->is_open) {
        file->counts.outside += file->has_ahead;
        drop_ahead(file);
        file->rows_read += file->counts.rows;
        note_left_out(files, &file->rows.reader.filter);
        ordered_rows_close(&file->rows);
        traffic_counts_add_rows(files->counts, &file->counts);
        file->is_open = false;
        files->open_count--;
    }
    file->counts = (asim_traffic_counts){0};
    file->is_active = file->has_ahead = false;
}

/* As if it had never been opened, for it will be read again. */
static void forget_file(RowFiles *files, RowFile *file) {
    const asim_traffic_counts before = *files->counts;
    const asim_traffic_counts found = file->counts;
    if (file->first < INT64_MAX) {
        file->counts.rows = 0;
        row_filter_forget(&file->rows.reader.filter);
    }
    close_file(files, file);
    *files->counts = before;
    files->counts->units |= found.units;
    files->counts->prefixes |= found.prefixes;
    files->counts->values |= found.values;
}

static bool refuse(RowFiles *files, RowFile *file, const char *place, const char *found,
                   const char *expected) {
    const Error where = {.file = file->rows.reader.input.path, .place = place};
    files->rows = &file->rows;
    file->rows.reader.failed = true;
    return error_at(files->context.errors, &where, found, expected, NULL);
}

/* What one file's rows are, those of all are. */
static bool check_kind(RowFiles *files, RowFile *file) {
    const RowReader *reader = &file->rows.reader;
    const RowFile *model = files->model != NULL ? files->model : file;
    file->format = reader->format;
    file->rates = reader->rates;
    file->has_prompt = reader->names[ROLE_PROMPT] != NULL;
    file->has_output = reader->names[ROLE_OUTPUT] != NULL;
    files->model = model;
    const bool bins = file->format->bins == model->format->bins && file->rates == model->rates;
    const bool tokens =
        file->has_prompt == model->has_prompt && file->has_output == model->has_output;
    if (bins && tokens) {
        return true;
    }
    char *found = memory_format("the format %s, beside %s of %s", file->format->name,
                                model->format->name, model->name);
    char *expected = memory_format("files that agree in %s, or a source of traffic for each",
                                   bins ? "having token counts" : "what a row is");
    refuse(files, file, NULL, found, expected);
    free(found);
    free(expected);
    return false;
}

static bool check_dates(RowFiles *files, RowFile *file) {
    const RowFile *model = files->model;
    const bool each = files->config->clocks == TRACE_CLOCKS_EACH;
    file->has_dates = row_reader_has_dates(&file->rows.reader, file->ahead.time);
    if (each && file->has_dates) {
        return refuse(files, file, "clocks", "each, of a file with dates",
                      "no clocks: dates tell how files follow each other");
    }
    if (model->first == INT64_MAX || file->has_dates == model->has_dates) {
        return true;
    }
    char *found = memory_format("times %s dates, beside those of %s",
                                file->has_dates ? "with" : "without", model->name);
    refuse(files, file, NULL, found, "dates in all files, or in none");
    free(found);
    return false;
}

/* False after adding an error to the list. */
static bool open_file(RowFiles *files, RowFile *file, ErrorList *errors) {
    const TraceConfig *config = files->config;
    TrafficContext context = files->context;
    const RowReader *reader = &file->rows.reader;
    context.errors = errors;
    files->rows = &file->rows;
    file->is_open = true;
    file->shift = 0;
    files->open_count++;
    return ordered_rows_open(&file->rows, config, file->name, &context,
                             files->count == 1 ? files->counts : &file->counts) &&
           trace_check_format(config, reader->format, &(Error){.file = reader->input.path}, errors);
}

/* Reads the next row into `ahead`; false at the file's end, or after adding an error. */
static bool read_ahead(RowFiles *files, RowFile *file) {
    file->has_ahead = ordered_rows_next(&file->rows, &file->ahead);
    if (file->has_ahead &&
        __builtin_add_overflow(file->ahead.time, file->shift, &file->ahead.time)) {
        drop_ahead(file);
        return refuse(files, file, NULL, "a time beyond all clocks", "a time within 292 years");
    }
    return file->has_ahead;
}

/* Order -------------------------------------------------------------------------------------- */

static void tell_errors_to(RowReader *reader, ErrorList *errors) {
    reader->errors = reader->input.errors = errors;
}

/* Opens a file and reads its first row, if it has one. False after adding an error. */
static bool open_and_look(RowFiles *files, RowFile *file, bool *is_empty) {
    RowReader *reader = &file->rows.reader;
    ErrorList *errors = files->context.errors, of_opening = {0};
    const bool is_open = open_file(files, file, &of_opening);
    *is_empty = reader->is_empty;
    if (!is_open && !*is_empty) {
        error_add_all(errors, &of_opening);
    }
    error_list_clear(&of_opening);
    if (!is_open) {
        reader->failed = !*is_empty;
        return *is_empty;
    }
    tell_errors_to(reader, errors);
    if (check_kind(files, file) && read_ahead(files, file) && check_dates(files, file)) {
        file->first = file->ahead.time;
    }
    file->earliest_left_out = reader->earliest_left_out;
    return !reader->failed;
}

static int by_first_row(const void *a_, const void *b_) {
    const RowFile *a = *(RowFile *const *)a_, *b = *(RowFile *const *)b_;
    return a->first != b->first ? (a->first < b->first ? -1 : 1)
                                : (a->place > b->place) - (a->place < b->place);
}

/* Looks at each file once. A stream that has shown a row stays open, for it cannot be read again;
 * of a file without rows to give, what was counted is kept. */
static bool sort_files(RowFiles *files) {
    for (size_t i = 0; i < files->count; i++) {
        RowFile *file = files->files[i];
        bool is_empty;
        if (!open_and_look(files, file, &is_empty)) {
            return false;
        }
        file->left_over = file->counts;
        if (file->first == INT64_MAX || input_is_file(&file->rows.reader.input)) {
            forget_file(files, file);
        }
    }
    qsort(files->files, files->count, sizeof files->files[0], by_first_row);
    for (size_t i = 0; i < files->count; i++) {
        RowFile *file = files->files[i];
        file->place = i;
        files->used += file->first < INT64_MAX;
    }
    files->is_sorted = true;
    return true;
}

/* Merging ------------------------------------------------------------------------------------ */

static bool have_own_clocks(const RowFiles *files) {
    return files->config->clocks == TRACE_CLOCKS_EACH;
}

/* By their next rows. */
static bool is_before(const RowFile *a, const RowFile *b) {
    return a->ahead.time != b->ahead.time ? a->ahead.time < b->ahead.time : a->place < b->place;
}

static RowFile *earliest(const RowFiles *files, const RowFile *other_than) {
    RowFile *found = NULL;
    for (size_t i = 0; i < files->next; i++) {
        RowFile *file = files->files[i];
        if (file != other_than && file->is_active && (found == NULL || is_before(file, found))) {
            found = file;
        }
    }
    return found;
}

/* The file that is to be opened next and begins, as is known, before that one; or NULL. */
static RowFile *unopened_before(const RowFiles *files, const RowFile *file) {
    RowFile *next = files->next < files->used ? files->files[files->next] : NULL;
    return next != NULL && (file == NULL || (!have_own_clocks(files) && is_before(next, file)))
               ? next
               : NULL;
}

/* Lays a file that has a clock of its own behind the one before. */
static bool lay_behind(RowFiles *files, RowFile *file) {
    const RowFile *before = files->current;
    if (before == NULL) {
        return true;
    }
    const uint64_t gaps = before->row_count > 1 ? before->row_count - 1 : 1;
    const int64_t gap = (before->last - before->first) / (int64_t)gaps;
    if (__builtin_add_overflow(before->last, gap, &file->first) ||
        __builtin_sub_overflow(file->first, file->ahead.time, &file->shift)) {
        return refuse(files, file, NULL, "a time beyond all clocks", "a time within 292 years");
    }
    file->ahead.time = file->first;
    return true;
}

/* A file that begins while an earlier one goes on: do their numbers mean the same? */
static bool check_clocks(RowFiles *files, RowFile *file, const RowFile *earlier) {
    if (earlier == NULL || file->has_dates || files->config->clocks != OPTION_ABSENT_CHOICE) {
        return true;
    }
    char *found =
        memory_format("numbers without dates that begin within those of %s", earlier->name);
    refuse(files, file, "clocks", found,
           "each, if each file's clock begins anew: they are laid one behind the other as given; "
           "or one, if they share it");
    free(found);
    return false;
}

/* goes_on: an earlier file that has more rows, or NULL. */
static bool open_next(RowFiles *files, const RowFile *goes_on) {
    RowFile *file = files->files[files->next++];
    bool is_empty = false;
    if (!file->is_open && files->open_count == ROW_FILES_OPEN_MOST) {
        char *found =
            memory_format("files whose times overlap, %d before this one", ROW_FILES_OPEN_MOST);
        char *expected = memory_format("at most %d at a time", ROW_FILES_OPEN_MOST);
        error_at(files->context.errors, &(Error){.file = file->name}, found, expected,
                 "join some of them first");
        free(found);
        free(expected);
        files->rows->reader.failed = true;
        return false;
    }
    if (!file->is_open && !open_and_look(files, file, &is_empty)) {
        return false;
    }
    file->is_active = file->has_ahead;
    if (!file->is_active) {
        close_file(files, file);
        return true;
    }
    return have_own_clocks(files) ? lay_behind(files, file) : check_clocks(files, file, goes_on);
}

/* Makes the file with the earliest row the current one. False at the end, or after adding an error.
 */
static bool choose(RowFiles *files) {
    RowFile *winner;
    while (unopened_before(files, winner = earliest(files, NULL)) != NULL) {
        if (!open_next(files, winner)) {
            return false;
        }
    }
    if (winner == NULL) {
        return false;
    }
    files->rival = earliest(files, winner);
    if (!have_own_clocks(files) && files->next < files->used &&
        (files->rival == NULL || is_before(files->files[files->next], files->rival))) {
        files->rival = files->files[files->next];
    }
    files->rows = &winner->rows;
    if (files->current != NULL && !files->current->is_active) {
        close_file(files, files->current);
    }
    files->current = winner;
    return true;
}

bool row_files_next_of_several(RowFiles *files, TrafficRow *row) {
    for (;;) {
        RowFile *file = files->current;
        if (file != NULL && file->is_active && !file->has_ahead && !read_ahead(files, file)) {
            if (file->rows.reader.failed) {
                return false;
            }
            file->is_active = false;
        }
        if (file != NULL && file->is_active &&
            (files->rival == NULL || is_before(file, files->rival))) {
            *row = file->ahead;
            file->has_ahead = false;
            file->last = row->time;
            file->row_count++;
            return true;
        }
        if (!choose(files)) {
            return false;
        }
    }
}

/* Passes ------------------------------------------------------------------------------------- */

/* Nothing has a row to give: some file to know the format by, or what is amiss with the first. */
static bool open_any(RowFiles *files) {
    for (size_t i = 0; i < files->count; i++) {
        RowFile *file = files->files[i];
        bool is_empty;
        if (!open_and_look(files, file, &is_empty)) {
            return false;
        }
        file->counts = (asim_traffic_counts){0}; /* they are in already */
        if (!is_empty) {
            const RowReader *reader = &file->rows.reader;
            return row_filter_check(&reader->filter, "rows", reader->input.path,
                                    files->context.errors);
        }
        close_file(files, file);
    }
    return open_file(files, files->files[0], files->context.errors);
}

bool row_files_begin(RowFiles *files) {
    if (files->count == 1) {
        return open_file(files, files->files[0], files->context.errors);
    }
    files->current = NULL;
    files->rival = NULL;
    files->next = 0;
    if (have_own_clocks(files)) {
        files->used = files->count;
    } else if (!files->is_sorted && !sort_files(files)) {
        return false;
    }
    for (size_t i = 0; i < files->count; i++) {
        RowFile *file = files->files[i];
        file->row_count = 0;
        file->ahead.time = file->first;
        if (i >= files->used) {
            traffic_counts_add_rows(files->counts, &file->left_over);
        }
    }
    return choose(files) || (!files->rows->reader.failed && open_any(files));
}

void row_files_end(RowFiles *files) {
    for (size_t i = 0; i < files->count; i++) {
        close_file(files, files->files[i]);
    }
}

void row_files_clear(RowFiles *files) {
    row_files_end(files);
    for (size_t i = 0; i < files->count; i++) {
        free(files->files[i]);
    }
    for (size_t i = 0; i < files->condition_count; i++) {
        free(files->conditions[i].text);
    }
    free(files->conditions);
    free(files->files);
    files->files = NULL;
    files->count = 0;
}

int64_t row_files_earliest_left_out(const RowFiles *files) {
    int64_t found = files->rows->reader.earliest_left_out;
    for (size_t i = 0; i < files->count && !have_own_clocks(files); i++) {
        const int64_t other = files->files[i]->earliest_left_out;
        found = other < found ? other : found;
    }
    return found;
}

void row_files_tell(const RowFiles *files, TraceTold *told) {
    told->conditions = memory_new(files->condition_count, sizeof *told->conditions);
    for (size_t i = 0; i < files->condition_count; i++) {
        const TraceToldCondition *condition = &files->conditions[i];
        told->conditions[told->condition_count++] =
            (TraceToldCondition){memory_text(condition->text), condition->left_out};
    }
    told->files = files->count > 1 ? memory_new(files->count, sizeof *told->files) : NULL;
    for (size_t i = 0; i < files->count && files->count > 1; i++) {
        const RowFile *file = files->files[i];
        told->files[told->file_count++] =
            (TraceToldFile){.name = memory_text(file->name),
                            .format = file->format ? file->format->name : NULL,
                            .rows = file->rows_read,
                            .has_dates = file->has_dates,
                            .first = file->first};
    }
}

static void count_file(RowFiles *files, RowFile *file, int64_t *first, int64_t *last) {
    RowReader *reader = &file->rows.reader;
    const uint64_t skipped = reader->counts->skipped;
    reader->skip_bad_rows = true;
    while (file->has_ahead || read_ahead(files, file)) {
        drop_ahead(file);
        reader->counts->outside++;
        *first = file->ahead.time < *first ? file->ahead.time : *first;
        *last = file->ahead.time > *last ? file->ahead.time : *last;
    }
    reader->counts->outside += reader->counts->skipped - skipped;
    reader->counts->skipped = skipped;
    reader->failed = false;
}

bool row_files_count_rest(RowFiles *files, int64_t *first, int64_t *last) {
    ErrorList *errors = files->context.errors, unused = {0};
    OrderedRows *rows = files->rows;
    bool is_all = true;
    for (size_t i = 0; i < files->count; i++) {
        RowFile *file = files->files[i];
        const bool is_new = !file->is_open && i >= files->next && i < files->used;
        files->context.errors = &unused;
        int64_t none = 0; /* where a file with its own clock would lie is not known */
        const bool has_place = !is_new || !have_own_clocks(files);
        if (is_new ? open_file(files, file, &unused) : file->is_open) {
            tell_errors_to(&file->rows.reader, &unused);
            if (input_is_file(&file->rows.reader.input)) {
                count_file(files, file, has_place ? first : &none, has_place ? last : &none);
            } else {
                is_all = false;
            }
            tell_errors_to(&file->rows.reader, errors);
        }
        if (&file->rows != rows) {
            close_file(files, file);
        }
    }
    files->context.errors = errors;
    files->rows = rows;
    error_list_clear(&unused);
    return is_all;
}
