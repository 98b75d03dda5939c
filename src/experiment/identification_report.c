// SPDX-License-Identifier: GPL-3.0-or-later
/* What was found: for the terminal, as JSON, and as a part of a scenario. */
#include "base/memory.h"
#include "base/terminal.h"
#include "engine/sim_time.h"
#include "experiment/identification.h"
#include "figures/human.h"
#include "scenario/option_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST 12 /* of readings that fit, and of others */

/* Instants: by the recording's dates, or since its seconds began. */
static const char *instant(const Identification *self, sim_time time, char text[SIM_TIME_TEXT]) {
    char human[HUMAN_TEXT];
    if (self->recording->has_dates) {
        return sim_time_format_calendar(sim_time_second(time), text);
    }
    snprintf(text, SIM_TIME_TEXT, "%s", human_instant(time, human));
    return text;
}

static sim_time whole_seconds(sim_time time) {
    return (time + SIM_TIME_SECOND / 2) / SIM_TIME_SECOND * SIM_TIME_SECOND;
}

/* Rulings ------------------------------------------------------------------------------------- */

static void say_where(Text *text, const Identification *self, sim_time after, sim_time by) {
    char from[SIM_TIME_TEXT], to[SIM_TIME_TEXT];
    if (by - after < 2 * SIM_TIME_SECOND) {
        text_addf(text, "at %s", instant(self, by, to));
    } else {
        text_addf(text, "between %s and %s", instant(self, after, from), instant(self, by, to));
    }
}

/* "at 00:14:20 it would have scaled 2 → 3; the recording stays at 2". */
static char *ruling_text(const Identification *self, const ReadingResult *result) {
    const IdentificationChange *change = &self->changes[result->ruling];
    const IdentificationShare *share =
        result->ruling_is_still ? &result->still[result->ruling] : &result->changes[result->ruling];
    char at[SIM_TIME_TEXT];
    Text text = {0};
    if (result->ruling_is_still) {
        text_addf(&text, "at %s it would have scaled %d → %d; the recording stays at %d",
                  instant(self, share->time, at), share->from, share->value, share->from);
        return text_take(&text);
    }
    say_where(&text, self, change->after, change->by);
    text_addf(&text, " the recording goes %d → %d; it would ", change->from, change->to);
    if (share->time == SIM_TIME_NEVER) {
        text_addf(&text, "have stayed at %d", change->from);
    } else {
        text_addf(&text, "have gone %d → %d at %s", change->from, share->value,
                  instant(self, share->time, at));
    }
    return text_take(&text);
}

/* Values -------------------------------------------------------------------------------------- */

static bool tells_option(const Identification *self, const ReadingResult *result,
                         IdentificationOption option) {
    return identification_matters(self, &result->reading, option) &&
           (result->verdict != READING_UNRECORDED || option == IDENTIFICATION_LOAD_SIGNAL ||
            option == IDENTIFICATION_DEFAULT_ALWAYS);
}

/* The values of an option among the readings with that verdict, each once, in order of rank. */
static TextList values_of(const Identification *self, IdentificationOption option,
                          ReadingVerdict verdict) {
    TextList values = {0};
    for (size_t i = 0; i < self->result_count; i++) {
        const ReadingResult *result = &self->results[i];
        if (result->verdict == verdict && tells_option(self, result, option)) {
            char *value = identification_value(&result->reading, option);
            text_list_place(&values, value);
            free(value);
        }
    }
    return values;
}

static bool has_text(const TextList *list, const char *text) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

/* Those of the first list that are not in the others. */
static char *join_without(const TextList *list, const TextList *fits, const TextList *unrecorded) {
    const char **items = memory_new(list->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!has_text(fits, list->items[i]) &&
            (unrecorded == NULL || !has_text(unrecorded, list->items[i]))) {
            items[count++] = list->items[i];
        }
    }
    char *text = text_join(items, count, " and ");
    free(items);
    return text;
}

static char *option_verdict(const Identification *self, IdentificationOption option) {
    TextList fits = values_of(self, option, READING_FITS);
    TextList out = values_of(self, option, READING_RULED_OUT);
    TextList unrecorded = values_of(self, option, READING_UNRECORDED);
    char *ruled_out = join_without(&out, &fits, &unrecorded);
    char *not_recorded = join_without(&unrecorded, &fits, NULL);
    char *values = text_join((const char *const *)fits.items, fits.count, " or ");
    Text text = {0};
    if (!self->used[option]) {
        text_add(&text, "plays no part: no load target looks at it");
    } else {
        text_add(&text, values);
        text_add(&text, fits.count > 1 ? ", which cannot be told apart" : "");
        if (*not_recorded != '\0') {
            text_addf(&text, "; nothing is known of %s, which the recording does not have",
                      not_recorded);
        }
        if (*ruled_out != '\0') {
            text_addf(&text, "; %s ruled out", ruled_out);
        }
    }
    free(values);
    free(not_recorded);
    free(ruled_out);
    text_list_clear(&fits);
    text_list_clear(&out);
    text_list_clear(&unrecorded);
    return text_take(&text);
}

/* "window_rule sustain, evaluation_interval 15s": the options that play a part. */
static char *reading_text(const Identification *self, const Reading *reading) {
    Text text = {0};
    for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
        if (identification_matters(self, reading, option)) {
            char *value = identification_value(reading, option);
            text_addf(&text, "%s%s %s", text.length > 0 ? ", " : "",
                      identification_option_names[option], value);
            free(value);
        }
    }
    return text_take(&text);
}

/* The terminal -------------------------------------------------------------------------------- */

static void print_recording(FILE *stream, const Identification *self) {
    char span[HUMAN_TEXT], step[HUMAN_TEXT];
    Text text = {0};
    text_addf(&text, "%s",
              human_seconds(sim_time_to_seconds(whole_seconds(self->to - self->from)), span));
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        const RecordingSeries *series = &self->recording->series[kind];
        if (series->count > 0) {
            text_addf(&text, "; %s %s%s", recording_kind_names[kind],
                      series->exact ? "with its instants" : "every ",
                      series->exact
                          ? ""
                          : human_seconds(sim_time_to_seconds(whole_seconds(series->step)), step));
        }
    }
    terminal_say(stream, "recording    %s\n", text.text);
    text_clear(&text);
    terminal_say(stream,
                 "changes      %zu of the target, of which %zu may tell readings apart (those to "
                 "and from zero do not)\n",
                 self->change_count, self->scored);
}

static void print_conclusion(FILE *stream, const Identification *self) {
    size_t fits = 0, unrecorded = 0;
    for (size_t i = 0; i < self->result_count; i++) {
        fits += self->results[i].verdict == READING_FITS;
        unrecorded += self->results[i].verdict == READING_UNRECORDED;
    }
    char *best = reading_text(self, &self->results[0].reading);
    if (!self->decided) {
        terminal_say(stream,
                     "reading      cannot be told: %zu change%s are too few to rule any out (%d "
                     "are needed)\n",
                     self->scored, self->scored == 1 ? "" : "s", IDENTIFICATION_CHANGES_LEAST);
    } else if (fits == 1 && unrecorded == 0) {
        terminal_say(stream, "reading      %s\n", best);
    } else {
        terminal_say(stream,
                     "reading      one of %zu that this recording cannot tell apart; likeliest: "
                     "%s\n",
                     fits, best);
    }
    free(best);
    if (self->results[0].explained * 10 < self->scored) {
        terminal_say(stream,
                     "note         even the likeliest reading explains %zu of %zu changes: are the "
                     "windows and load targets those of this deployment?\n",
                     self->results[0].explained, self->scored);
    }
}

static void print_options(FILE *stream, const Identification *self) {
    for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
        char *verdict = option_verdict(self, option);
        terminal_say(stream, "  %-21s%s\n", identification_option_names[option], verdict);
        free(verdict);
    }
    if (self->boot != SIM_TIME_NEVER) {
        char boot[HUMAN_TEXT];
        human_seconds(sim_time_to_seconds(whole_seconds(self->boot)), boot);
        if (self->has_target) {
            terminal_say(stream, "  %-21s%s, the median of %zu starts\n", "cold_start", boot,
                         self->boots);
        } else {
            terminal_say(stream, "  %-21s%s explains most, of 0 s to 7 minutes\n", "cold_start",
                         boot);
        }
    }
}

static void likelihood_text(const Identification *self, const ReadingResult *result,
                            char text[32]) {
    const double times = identification_odds(self, result);
    if (times < 1.005) {
        snprintf(text, 32, "best");
    } else if (times < 1e6) {
        snprintf(text, 32, times < 10 ? "1 in %.1f" : "1 in %.0f", times);
    } else {
        snprintf(text, 32, "none");
    }
}

/* Others that predict the same have no row of their own. */
static size_t count_alike(const Identification *self, size_t number) {
    size_t count = 0;
    for (size_t i = number + 1; i < self->result_count; i++) {
        count += self->results[i].verdict != READING_UNRECORDED && self->results[i].alike == number;
    }
    return count;
}

static void print_row(Table *table, const Identification *self, size_t number, bool rules) {
    char likelihood[32];
    const ReadingResult *result = &self->results[number];
    const size_t alike = count_alike(self, number);
    char *own = reading_text(self, &result->reading);
    char *reading = alike > 0 ? memory_format("%s (and %zu that predict the same)", own, alike)
                              : memory_text(own);
    char *ruling = rules ? ruling_text(self, result) : memory_text("");
    likelihood_text(self, result, likelihood);
    table_row(table, "%s\t%zu of %zu\t%s\t%s", reading, result->explained, self->scored, likelihood,
              ruling);
    free(ruling);
    free(reading);
    free(own);
}

static bool has_row(const Identification *self, size_t number, ReadingVerdict verdict) {
    const ReadingResult *result = &self->results[number];
    return result->verdict == verdict && result->alike == number;
}

static void print_readings(FILE *stream, const Identification *self, ReadingVerdict verdict,
                           const char *title) {
    Table table = {0};
    size_t rows = 0, count = 0;
    for (size_t i = 0; i < self->result_count; i++) {
        count += has_row(self, i, verdict);
    }
    if (count == 0) {
        return;
    }
    fprintf(stream, "\n%s\n", title);
    table_columns(&table,
                  verdict == READING_RULED_OUT ? "  %-*s  %*s  %*s  %-*s" : "  %-*s  %*s  %*s");
    table_row(&table, "reading\texplains\tlikely%s",
              verdict == READING_RULED_OUT ? "\truled out by" : "");
    for (size_t i = 0; i < self->result_count && rows < ROWS_MOST; i++) {
        if (has_row(self, i, verdict)) {
            print_row(&table, self, i, verdict == READING_RULED_OUT);
            rows++;
        }
    }
    table_print(&table, stream);
    if (count > rows) {
        fprintf(stream, "  and %zu more (--json has all)\n", count - rows);
    }
}

static void print_advice(FILE *stream, const Identification *self,
                         const IdentificationAdvice *advice) {
    if (advice->readings < 2) {
        return;
    }
    if (advice->experiment == NULL) {
        terminal_say(stream,
                     "\nexperiment   none of ours would tell the remaining readings apart%s\n",
                     self->known.max_replica_count <= 1 ? ": the target cannot rise" : "");
        return;
    }
    terminal_say(
        stream,
        "\nexperiment   %s: it parts the remaining readings into %zu groups, if the target "
        "is looked at every few seconds\n",
        advice->experiment, advice->groups);
    for (size_t i = 0; i < advice->outcomes.count && i < ROWS_MOST; i++) {
        terminal_say(stream, "  %s\n", advice->outcomes.items[i]);
    }
}

static void print_use(FILE *stream, const Identification *self) {
    Text text = {0};
    for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
        if (identification_matters(self, &self->results[0].reading, option)) {
            char *value = identification_value(&self->results[0].reading, option);
            text_addf(&text, " --set 'deployments.*.autoscaling.%s=%s'",
                      identification_option_names[option], value);
            free(value);
        }
    }
    fprintf(stream, "\nThe likeliest reading in a run:\n");
    char *command = memory_format("autoscale-sim run SCENARIO%s", text.text);
    terminal_script(stream, command, terminal_width(stream), 2);
    free(command);
    text_clear(&text);
}

void identification_print(FILE *stream, const Identification *self,
                          const IdentificationAdvice *advice) {
    print_conclusion(stream, self);
    print_options(stream, self);
    fputc('\n', stream);
    print_recording(stream, self);
    print_readings(stream, self, READING_FITS,
                   self->decided ? "What this recording cannot tell apart:" : "The likeliest:");
    print_readings(stream, self, READING_RULED_OUT, "Ruled out:");
    print_advice(stream, self, advice);
    print_use(stream, self);
}

/* JSON ---------------------------------------------------------------------------------------- */

static cJSON *seconds_json(sim_time time) {
    return time == SIM_TIME_NEVER ? json_null() : json_number(sim_time_to_seconds(time));
}

static cJSON *list_json(TextList *list) {
    cJSON *array = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_append(array, json_text(list->items[i]));
    }
    text_list_clear(list);
    return array;
}

static cJSON *options_verdicts_json(const Identification *self) {
    cJSON *options = json_object();
    for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
        TextList fits = values_of(self, option, READING_FITS);
        TextList unrecorded = values_of(self, option, READING_UNRECORDED);
        cJSON *object = json_object();
        json_add(object, "plays_a_part", json_boolean(self->used[option]));
        json_add(object, "is_open", json_boolean(identification_is_open(self, option)));
        json_add(object, "remaining", list_json(&fits));
        json_add(object, "not_recorded", list_json(&unrecorded));
        json_add(options, identification_option_names[option], object);
    }
    return options;
}

static const char *const verdict_words[] = {
    [READING_FITS] = "fits",
    [READING_RULED_OUT] = "ruled_out",
    [READING_UNRECORDED] = "not_recorded",
};

static cJSON *ruling_json(const Identification *self, const ReadingResult *result) {
    const IdentificationShare *share =
        result->ruling_is_still ? &result->still[result->ruling] : &result->changes[result->ruling];
    cJSON *object = json_object();
    char *words = ruling_text(self, result);
    const bool is_change = !result->ruling_is_still;
    const IdentificationChange *change = &self->changes[result->ruling];
    json_add(object, "recorded_after_s", is_change ? seconds_json(change->after) : json_null());
    json_add(object, "recorded_by_s", is_change ? seconds_json(change->by) : json_null());
    json_add(object, "recorded_target", json_number(is_change ? change->to : share->from));
    json_add(object, "predicted_at_s", seconds_json(share->time));
    json_add(object, "predicted_target",
             json_number(share->time == SIM_TIME_NEVER ? change->from : share->value));
    json_add(object, "words", json_text(words));
    free(words);
    return object;
}

static cJSON *reading_json(const Identification *self, const ReadingResult *result) {
    cJSON *object = json_object();
    for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
        char *value = identification_value(&result->reading, option);
        json_add(object, identification_option_names[option],
                 json_text(tells_option(self, result, option) ? value : NULL));
        free(value);
    }
    json_add(object, "verdict", json_text(verdict_words[result->verdict]));
    if (result->verdict == READING_UNRECORDED) {
        json_add(object, "lacks", json_text(recording_kind_names[result->lacks]));
        return object;
    }
    json_add(object, "odds", json_number(identification_odds(self, result)));
    json_add(object, "log_likelihood", json_number(result->log_likelihood));
    json_add(object, "explained", json_number((double)result->explained));
    json_add(object, "predicts_as", json_number((double)result->alike));
    json_add(object, "ruled_out_by",
             result->verdict == READING_RULED_OUT ? ruling_json(self, result) : json_null());
    return object;
}

static cJSON *recording_json(const Identification *self) {
    cJSON *object = json_object(), *series = json_object();
    json_add(object, "from_s", seconds_json(self->from));
    json_add(object, "to_s", seconds_json(self->to));
    for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
        const RecordingSeries *recorded = &self->recording->series[kind];
        if (recorded->count > 0) {
            cJSON *one = json_object();
            json_add(one, "called", json_text(recorded->name));
            json_add(one, "points", json_number((double)recorded->count));
            json_add(one, "step_s", seconds_json(whole_seconds(recorded->step)));
            json_add(series, recording_kind_names[kind], one);
        }
    }
    json_add(object, "series", series);
    json_add(object, "changes", json_number((double)self->change_count));
    json_add(object, "changes_that_tell", json_number((double)self->scored));
    return object;
}

static cJSON *advice_json(const IdentificationAdvice *advice) {
    cJSON *object = json_object(), *outcomes = json_array();
    for (size_t i = 0; i < advice->outcomes.count; i++) {
        json_append(outcomes, json_text(advice->outcomes.items[i]));
    }
    json_add(object, "words", json_text(advice->experiment));
    json_add(object, "groups", json_number((double)advice->groups));
    json_add(object, "outcomes", outcomes);
    return object;
}

cJSON *identification_json(const Identification *self, const IdentificationAdvice *advice) {
    cJSON *object = json_object(), *readings = json_array();
    for (size_t i = 0; i < self->result_count; i++) {
        json_append(readings, reading_json(self, &self->results[i]));
    }
    json_add(object, "policy", json_text(fireworks_policy.name));
    json_add(object, "recording", recording_json(self));
    json_add(object, "dispersion", json_number(self->dispersion));
    json_add(object, "decided", json_boolean(self->decided));
    json_add(object, "options", options_verdicts_json(self));
    json_add(object, "cold_start_s", seconds_json(self->boot));
    json_add(object, "readings", readings);
    json_add(object, "experiment", advice_json(advice));
    return object;
}

/* The fragment -------------------------------------------------------------------------------- */

char *identification_fragment(const Identification *self) {
    FireworksConfig config = identification_config(self, &self->results[0].reading);
    cJSON *object = json_object();
    char boot[SIM_TIME_TEXT];
    Text text = {0};
    text_add(&text, "// A part of deployments.NAME, as autoscale-sim identify has read it from a "
                    "recording.\n");
    for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
        char *verdict = option_verdict(self, option);
        text_addf(&text, "//   %s: %s\n", identification_option_names[option], verdict);
        free(verdict);
    }
    if (!self->decided) {
        text_add(&text, "// There were too few changes to tell: these values are guesses.\n");
    }
    json_add(object, "policy", json_text(fireworks_policy.name));
    json_add(object, "autoscaling", options_json(fireworks_options, &config));
    if (self->boot != SIM_TIME_NEVER && self->boot > 0) {
        json_add(object, "cold_start", json_text(sim_time_format(whole_seconds(self->boot), boot)));
    }
    char *json = json_print(object);
    text_add(&text, json);
    free(json);
    cJSON_Delete(object);
    return text_take(&text);
}
