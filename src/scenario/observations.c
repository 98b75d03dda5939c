// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies and observations, read. A line's struct is the common part and, behind it, the policy's
 * own; the table that reads it is made of both tables, the policy's rows moved by the size of the
 * common part. A row of a CSV is made an object first, so that there is one road. */
#include "scenario/observations.h"

#include "base/csv_reader.h"
#include "base/file_name.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "scenario/policy_option.h"
#include "scenario/reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The policy ----------------------------------------------------------------------------------- */

static const char policy_key[] = "policy";

void policy_config_destroy(const PolicyKind *kind, void *config) {
    if (config != NULL) {
        options_clear(kind->options, config);
        free(config);
    }
}

/* A config, resolved; NULL after adding errors. */
static void *make_config(Reader *reader, const PolicyKind *kind, const OwnPolicy *own,
                         const cJSON *options) {
    const size_t before = reader->errors->count;
    void *config = memory_new(1, kind->config_size);
    options_set_defaults(kind->options, config);
    if (kind->is_own) {
        ((OwnConfig *)config)->own = own;
    }
    const cJSON *member;
    cJSON_ArrayForEach (member, options) {
        const JsonPath place = {.key = member->string};
        const Option *option = option_find(kind->options, member->string);
        if (option != NULL) {
            reader_option(reader, member, option, config, &place);
        } else if (strcmp(member->string, policy_key) != 0) {
            reader_error(reader, &place, "an option of the policy",
                         option_nearest(kind->options, member->string), "an unknown key");
        }
    }
    if (kind->check != NULL) {
        reader_check(reader, NULL, kind->check, config);
    }
    if (kind->schedules != NULL && kind->schedules(config)->count > 0) {
        reader_error(reader, &(JsonPath){.key = "scaling_schedules"},
                     "none, for observations have no calendar: a line says what is in force "
                     "(scheduled_min_replica_count)",
                     NULL, "scaling schedules");
    }
    if (reader->errors->count > before) {
        policy_config_destroy(kind, config);
        return NULL;
    }
    if (kind->resolve != NULL) {
        kind->resolve(config);
    }
    return config;
}

bool policy_setting_read(PolicySetting *self, const char *file, ErrorList *errors) {
    JsonTree tree = {0};
    char *directory = file_name_directory(file);
    Reader reader = {.tree = &tree, .file = file, .directory = directory, .errors = errors};
    const size_t before = errors->kept;
    self->file = memory_text(file);
    if (json_read(&tree, file, errors) &&
        reader_is_object(&reader, "a policy: {\"policy\": \"hpa\", ...}")) {
        self->kind = policy_option_read(&reader, reader_member(tree.root, policy_key),
                                        &(JsonPath){.key = policy_key}, &self->own, false);
        if (self->kind != NULL) {
            self->config = make_config(&reader, self->kind, self->own, tree.root);
            self->options = memory_checked(cJSON_Duplicate(tree.root, 1));
        }
        reader_locate(&reader, before);
    }
    json_clear(&tree);
    free(directory);
    return self->config != NULL;
}

static void merge(cJSON *into, const cJSON *changes) {
    const cJSON *change;
    cJSON_ArrayForEach (change, changes) {
        cJSON *old = cJSON_GetObjectItemCaseSensitive(into, change->string);
        if (cJSON_IsObject(old) && cJSON_IsObject(change)) {
            merge(old, change);
            continue;
        }
        cJSON_DeleteItemFromObjectCaseSensitive(into, change->string);
        json_add(into, change->string, memory_checked(cJSON_Duplicate(change, 1)));
    }
}

void *policy_setting_change(PolicySetting *self, const cJSON *options, ErrorList *errors) {
    JsonTree tree = {.root = memory_checked(cJSON_Duplicate(self->options, 1))};
    Reader reader = {.tree = &tree, .file = self->file, .errors = errors};
    void *old = NULL, *config = NULL;
    if (!cJSON_IsObject(options)) {
        reader_refuse(&reader, options, &(JsonPath){.key = "options"}, "an object", NULL);
    } else if (reader_member(options, policy_key) != NULL) {
        reader_error(&reader, &(JsonPath){.key = policy_key}, "options of the policy there is",
                     NULL, "another policy");
    } else {
        merge(tree.root, options);
        config = make_config(&reader, self->kind, self->own, tree.root);
    }
    if (config != NULL) {
        old = self->config;
        self->config = config;
        cJSON_Delete(self->options);
        self->options = tree.root;
    } else {
        cJSON_Delete(tree.root);
    }
    return old;
}

void policy_setting_clear(PolicySetting *self) {
    policy_config_destroy(self->kind, self->config);
    own_policy_destroy(self->own);
    cJSON_Delete(self->options);
    free(self->file);
    *self = (PolicySetting){0};
}

/* The common part of a line -------------------------------------------------------------------- */

/* A number that was seen so long ago. */
typedef struct PastPair {
    double age_s;
    double number;
} PastPair;

typedef struct PastLists {
    OptionList recommendations, scale_ups, scale_downs; /* of PastPair */
} PastLists;

typedef struct CommonLine {
    double time_s;
    int64_t current, running, ready;
    bool fresh;
    bool has_past;
    PastLists past;
} CommonLine;

static const Option past_pair_options[] = {
    {OPTION_ROW(PastPair, age_s, NUMBER, OURS), .maximum = 9e9, .help = "how long ago, in s"},
    {OPTION_ROW(PastPair, number, NUMBER, OURS), .maximum = OPTION_NO_LIMIT,
     .help = "replicas recommended, added or removed then"},
    OPTION_END,
};

#define PAIRS .group = past_pair_options, .item_size = sizeof(PastPair), .in_a_row = true
static const Option past_options[] = {
    {OPTION_ROW(PastLists, recommendations, LIST, OURS), PAIRS,
     .help = "[age_s, replicas] pairs: what was recommended"},
    {OPTION_ROW(PastLists, scale_ups, LIST, OURS), PAIRS,
     .help = "[age_s, replicas] pairs: how many were added"},
    {OPTION_ROW(PastLists, scale_downs, LIST, OURS), PAIRS,
     .help = "[age_s, replicas] pairs: how many were removed"},
    OPTION_END,
};

#define ROW(member, type) OPTION_ROW(CommonLine, member, type, OURS)
const Option observation_options[] = {
    {ROW(time_s, NUMBER), .maximum = 9e9,
     .help = "when, in s; not before the line above (but with knative); by default that line's, "
             "or 0 at first and where it is fresh"},
    {ROW(current, INTEGER), .maximum = 1e6,
     .help = "the target in force; by default the one decided on the line above, at first "
             "as many as are running"},
    {ROW(running, INTEGER), .maximum = 1e6,
     .help = "replicas that count; by default as many as current"},
    {ROW(ready, INTEGER), .maximum = 1e6,
     .help = "another name of running; of both, the same number"},
    {ROW(fresh, BOOLEAN), .default_text = "false",
     .help = "begin with a new state, as if nothing had been observed"},
    {ROW(past, GROUP), .group = past_options, .given = offsetof(CommonLine, has_past),
     .help = "numbers that stand in for a history"},
    {.name = "options",
     .type = OPTION_CUSTOM,
     .basis = OPTION_OURS,
     .help = "options of the policy that are changed from this line on"},
    OPTION_END,
};
#undef ROW

/* Lines ---------------------------------------------------------------------------------------- */

struct Observations {
    const PolicyKind *kind;
    const char *file;
    FILE *stream;
    ErrorList *errors;
    Option *table; /* common, then the policy's, moved */
    char *data;    /* a CommonLine, and behind it the policy's input */
    JsonTree tree;
    TextList columns; /* of a CSV */
    char delimiter;
    char *buffer; /* a line of the file */
    size_t buffer_room;
    size_t length;
    long line;
    sim_time time; /* of the line before */
    PolicyPast past;
};

static size_t rows_of(const Option table[]) {
    size_t count = 0;
    while (table[count].name != NULL) {
        count++;
    }
    return count;
}

/* No row of a policy is called as a common one. */
static Option *join_tables(const Option own[]) {
    const size_t common = rows_of(observation_options), more = rows_of(own);
    Option *table = memory_new(common + more + 1, sizeof *table);
    memcpy(table, observation_options, common * sizeof *table);
    for (size_t i = 0; i < more; i++) {
        table[common + i] = own[i];
        table[common + i].offset += sizeof(CommonLine);
        table[common + i].given += own[i].given != 0 ? sizeof(CommonLine) : 0;
    }
    return table;
}

/* The next line that is not blank, without its end. False at the end of the file. */
static bool next_text(Observations *self) {
    for (;;) {
        const ssize_t got = getline(&self->buffer, &self->buffer_room, self->stream);
        if (got < 0) {
            if (!feof(self->stream)) {
                error_unreadable(self->errors, self->file, errno, "lines that can be read");
            }
            return false;
        }
        self->line++;
        self->length = (size_t)got;
        while (self->length > 0 && strchr("\r\n", self->buffer[self->length - 1]) != NULL) {
            self->buffer[--self->length] = '\0';
        }
        if (strspn(self->buffer, " \t") < self->length) {
            return true;
        }
    }
}

/* A field between its quotes, doubled ones made one. */
static char *field_text(TextSpan field) {
    char *text = memory_text_n(field.start, (size_t)(field.end - field.start)), *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        from += from[0] == '"' && from[1] == '"';
        *to++ = *from;
    }
    *to = '\0';
    return text;
}

/* The line's fields, owned by the caller. */
static TextSpan *split(const Observations *self, size_t *count) {
    const TextSpan line = {self->buffer, self->buffer + self->length};
    *count = csv_line_count(line, self->delimiter);
    TextSpan *fields = memory_new(*count, sizeof *fields);
    csv_line_split(line, self->delimiter, fields, *count);
    return fields;
}

static void read_header(Observations *self) {
    size_t count;
    self->delimiter = csv_line_delimiter((TextSpan){self->buffer, self->buffer + self->length});
    TextSpan *fields = split(self, &count);
    for (size_t i = 0; i < count; i++) {
        text_list_add(&self->columns, field_text(fields[i]));
    }
    free(fields);
}

static cJSON *field_value(const char *text) {
    const char *end;
    double number;
    if (text_read_number(text, &end, &number) && *end == '\0') {
        return json_number(number);
    }
    const bool yes = strcmp(text, "true") == 0;
    return yes || strcmp(text, "false") == 0 ? json_boolean(yes) : json_text(text);
}

/* A row of a CSV as the object that it stands for; what is empty is not there. */
static void read_row(Observations *self) {
    size_t count;
    TextSpan *fields = split(self, &count);
    self->tree = (JsonTree){.root = json_object()};
    if (count != self->columns.count) {
        char *found = memory_format("%zu fields", count);
        char *expected = memory_format("%zu, as in the first line", self->columns.count);
        observations_refuse(self, NULL, found, expected);
        free(found);
        free(expected);
    }
    for (size_t i = 0; i < count && count == self->columns.count; i++) {
        char *text = field_text(fields[i]);
        if (*text != '\0') {
            json_add(self->tree.root, self->columns.items[i], field_value(text));
        }
        free(text);
    }
    free(fields);
}

Observations *observations_open(const PolicyKind *kind, const char *file, ErrorList *errors) {
    FILE *stream = strcmp(file, "-") == 0 ? stdin : fopen(file, "rb");
    if (stream == NULL) {
        error_unreadable(errors, file, errno, "a file of observations, one a line");
        return NULL;
    }
    Observations *self = memory_new(1, sizeof *self);
    *self = (Observations){.kind = kind, .file = file, .stream = stream, .errors = errors};
    self->table = join_tables(kind->inputs);
    self->data = memory_new(1, sizeof(CommonLine) + kind->input_size);
    options_set_defaults(self->table, self->data);
    return self;
}

void observations_close(Observations *self) {
    if (self == NULL) {
        return;
    }
    if (self->stream != stdin) {
        fclose(self->stream);
    }
    options_clear(self->table, self->data);
    free(self->table);
    free(self->data);
    free(self->past.recommendations.items);
    free(self->past.scale_ups.items);
    free(self->past.scale_downs.items);
    json_clear(&self->tree);
    text_list_clear(&self->columns);
    free(self->buffer);
    free(self);
}

void observations_refuse(const Observations *self, const char *key, const char *found,
                         const char *expected) {
    const Error where = {.file = self->file, .line = self->line, .place = key};
    error_at(self->errors, &where, found, expected, NULL);
}

void observations_place(const Observations *self, size_t from) {
    for (size_t i = from; i < self->errors->kept; i++) {
        Error *error = &self->errors->items[i];
        char *place = memory_text(error->place);
        error_move(error, self->file, self->line, place);
        free(place);
    }
}

static void convert_past(OptionList *to, const OptionList *from, sim_time now) {
    const PastPair *pairs = from->items;
    to->count = from->count;
    to->items = memory_resize(to->items, from->count + 1, sizeof(PolicyPastItem));
    PolicyPastItem *items = to->items;
    for (size_t i = 0; i < from->count; i++) {
        items[i].time = now - sim_time_from_seconds(pairs[i].age_s);
        items[i].number = pairs[i].number;
    }
}

/* What was read, as the policy is to see it. */
static void take_line(Observations *self, ObservationLine *line) {
    const CommonLine *common = (const CommonLine *)(const void *)self->data;
    const bool has_running = common->running != OPTION_ABSENT_INTEGER;
    const int64_t running = has_running ? common->running : common->ready;
    *line = (ObservationLine){.fresh = common->fresh,
                              .has_current = common->current != OPTION_ABSENT_INTEGER,
                              .has_running = running != OPTION_ABSENT_INTEGER,
                              .has_past = common->has_past,
                              .options = reader_member(self->tree.root, "options")};
    asim_observation *observation = &line->observation;
    observation->time = !isnan(common->time_s) ? sim_time_from_seconds(common->time_s)
                        : line->fresh          ? 0
                                               : self->time;
    observation->idle_since = SIM_TIME_NEVER;
    observation->target = line->has_current ? (int)common->current : 0;
    observation->serving = line->has_running ? (int)running : 0;
    for (int i = 0; i < ASIM_SIGNAL_COUNT; i++) {
        observation->signals[i] = NAN;
    }
    if (common->has_past) {
        convert_past(&self->past.recommendations, &common->past.recommendations, observation->time);
        convert_past(&self->past.scale_ups, &common->past.scale_ups, observation->time);
        convert_past(&self->past.scale_downs, &common->past.scale_downs, observation->time);
        line->past = self->past;
    }
    if (has_running && common->ready != OPTION_ABSENT_INTEGER && common->ready != running) {
        observations_refuse(self, "ready", "another number than of running",
                            "one of the two, or the same number twice");
    }
    const char *missing = self->kind->take(self->data + sizeof(CommonLine), observation);
    if (missing != NULL) {
        observations_refuse(self, missing, "nothing", "a value: without it nothing is decided");
    } else if (observation->time < self->time && !line->fresh && !self->kind->takes_late) {
        observations_refuse(self, "time_s", "a time before the last line's",
                            "lines in order of time, or \"fresh\": true");
    }
    self->time = observation->time;
}

bool observations_next(Observations *self, ObservationLine *line) {
    const size_t before = self->errors->count, kept = self->errors->kept;
    json_clear(&self->tree);
    if (!next_text(self)) {
        return false;
    }
    if (self->line == 1 && self->buffer[strspn(self->buffer, " \t")] != '{') {
        read_header(self);
        if (!next_text(self)) {
            return false;
        }
    }
    if (self->columns.count > 0) {
        read_row(self);
    } else {
        json_parse(&self->tree, self->buffer, self->length, self->file, self->errors);
    }
    Reader reader = {.tree = &self->tree, .file = self->file, .errors = self->errors};
    options_clear(self->table, self->data);
    options_set_defaults(self->table, self->data);
    if (self->errors->count == before) {
        reader_options(&reader, self->tree.root, self->table, self->data, NULL);
    }
    if (self->errors->count == before) {
        take_line(self, line);
    }
    observations_place(self, kept);
    return self->errors->count == before;
}
