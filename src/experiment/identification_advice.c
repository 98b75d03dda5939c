// SPDX-License-Identifier: GPL-3.0-or-later
/* Small experiments, played through the readings that remain: which tells most of them apart? Load
 * is in replicas' worth: a level of 2.5 asks for three replicas by each load target. */
#include "base/memory.h"
#include "engine/sim_time.h"
#include "experiment/identification.h"
#include "experiment/identification_replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAD_IN_S 400 /* of low load, so that all windows are full of it */
#define STAGES 5

/* So long, so many replicas more than the fewest are asked for: by all signals, or, of the loads,
 * by slots, KV memory and computing each. */
typedef struct Stage {
    int seconds;
    int slots, kv, busy;
} Stage;

typedef struct Trial {
    char *words;
    Stage stages[STAGES]; /* after the lead-in; ends with one of no seconds */
} Trial;

typedef struct Trials {
    Trial *items;
    size_t count, room;
} Trials;

static void add_trial(Trials *trials, char *words, const Stage stages[], size_t count) {
    trials->items = memory_grow(trials->items, trials->count, &trials->room, sizeof *trials->items);
    Trial *trial = &trials->items[trials->count++];
    *trial = (Trial){.words = words};
    memcpy(trial->stages, stages, count * sizeof *stages);
}

static void add_burst(Trials *trials, int seconds, int most) {
    const Stage stages[] = {{seconds, 2, 2, 2}};
    add_trial(
        trials,
        memory_format("one burst of %d s, of load for %d replicas, and little before and after",
                      seconds, most),
        stages, 1);
}

/* fewest: replicas before; most: those that a burst asks for. */
static void list_trials(Trials *trials, int window_s, int fewest, bool loads) {
    const int bursts[] = {20, 40, 90, window_s + 10, 2 * window_s};
    const int part = window_s > 9 ? window_s * 2 / 3 : 5;
    const int most = fewest + 2;
    for (size_t i = 0; i < sizeof bursts / sizeof *bursts; i++) {
        add_burst(trials, bursts[i], most);
    }
    const Stage twice[] = {{part, 2, 2, 2}, {part / 2, 0, 0, 0}, {part, 2, 2, 2}};
    const Stage steps[] = {{part, 1, 1, 1}, {2 * window_s + 60, 2, 2, 2}};
    const Stage prompts[] = {{2 * window_s + 60, 0, 2, 2}};
    const Stage answers[] = {{2 * window_s + 60, 2, 0, 2}};
    const Stage prefill[] = {{2 * window_s + 60, 0, 0, 2}};
    add_trial(trials,
              memory_format("two bursts of %d s, %d s apart, of load for %d replicas", part,
                            part / 2, most),
              twice, 3);
    add_trial(trials,
              memory_format("load for %d replicas, and %d s later for %d, that stays", fewest + 1,
                            part, most),
              steps, 2);
    if (loads) {
        add_trial(trials,
                  memory_format("a few requests at a time with very long prompts: %d times the "
                                "KV memory of a replica, few of the batch slots",
                                most),
                  prompts, 1);
        add_trial(trials,
                  memory_format("very many short requests at a time: %d times the batch slots of a "
                                "replica, little KV memory",
                                most),
                  answers, 1);
        add_trial(
            trials,
            memory_text("long prompts with answers of one token, one after the other, so that "
                        "replicas compute all the time and hold little"),
            prefill, 1);
    }
}

/* Playing ------------------------------------------------------------------------------------- */

static double per_replica(const FireworksConfig *config, CourseKind kind) {
    const FireworksLoadTargets *targets = &config->load_targets;
    switch (kind) {
    case COURSE_CONCURRENT: return targets->concurrent_requests;
    case COURSE_REQUESTS: return targets->requests_per_second;
    case COURSE_PROMPT_TOKENS: return (double)targets->prompt_tokens_per_second;
    case COURSE_GENERATED_TOKENS: return (double)targets->tokens_generated_per_second;
    default: return isnan(targets->default_load) ? 0.8 : targets->default_load;
    }
}

static int extra_of(const Stage *stage, CourseKind kind) {
    const int larger = stage->slots > stage->kv ? stage->slots : stage->kv;
    switch ((int)kind) {
    case COURSE_LOAD + POLICY_LOAD_SLOTS: return stage->slots;
    case COURSE_LOAD + POLICY_LOAD_KV: return stage->kv;
    case COURSE_LOAD + POLICY_LOAD_BUSY: return stage->busy;
    default: return larger;
    }
}

static int stage_seconds(const Trial *trial) {
    int seconds = 0;
    for (size_t i = 0; i < STAGES; i++) {
        seconds += trial->stages[i].seconds;
    }
    return seconds;
}

static const Stage *stage_at(const Trial *trial, int second) {
    static const Stage low = {0};
    int end = LEAD_IN_S;
    if (second < end) {
        return &low;
    }
    for (size_t i = 0; i < STAGES; i++) {
        end += trial->stages[i].seconds;
        if (second < end) {
            return &trial->stages[i];
        }
    }
    return &low;
}

static void lay_course(Courses *courses, const Identification *identification, const Trial *trial,
                       int seconds, int fewest) {
    *courses = (Courses){.step = SIM_TIME_SECOND, .cells = (size_t)seconds};
    for (CourseKind kind = 0; kind < COURSE_KINDS; kind++) {
        const double unit = per_replica(&identification->known, kind);
        if (!courses_are_used(identification, kind)) {
            continue;
        }
        double *sums = memory_new((size_t)seconds + 1, sizeof *sums);
        for (int second = 0; second < seconds; second++) {
            const double level = fewest - 0.5 + extra_of(stage_at(trial, second), kind);
            sums[second + 1] = sums[second] + level * unit;
        }
        courses->sums[kind][0] = sums;
    }
}

/* Apart, if their targets differ for longer than the recording's grain, or what it cannot know:
 * when evaluations fall. */
static bool differ(const int a[], const int b[], int seconds, int grain_s) {
    int apart = 0;
    for (int second = 0; second < seconds; second++) {
        apart += a[second] != b[second];
    }
    return apart > grain_s;
}

typedef struct Played {
    int *targets; /* of all readings, one after the other */
    size_t *groups;
    size_t count, group_count;
    int seconds;
} Played;

static void play(const Identification *identification, const size_t remaining[], size_t count,
                 const Trial *trial, int fewest, Played *played) {
    const int window_s = (int)(identification->known.scale_up_window / SIM_TIME_SECOND);
    const int grain_s = (int)(identification->grace / SIM_TIME_SECOND);
    const int seconds = LEAD_IN_S + stage_seconds(trial) + window_s + 400;
    Courses courses;
    *played = (Played){.count = count, .seconds = seconds};
    played->targets = memory_new(count * (size_t)seconds, sizeof *played->targets);
    played->groups = memory_new(count, sizeof *played->groups);
    lay_course(&courses, identification, trial, seconds, fewest);
    for (size_t i = 0; i < count; i++) {
        int *targets = played->targets + i * (size_t)seconds;
        const Reading *reading = &identification->results[remaining[i]].reading;
        const FireworksConfig config = identification_config(identification, reading);
        identification_play(&config, &courses, fewest, targets);
        size_t k = 0;
        while (k < i && (played->groups[k] != k ||
                         differ(played->targets + k * (size_t)seconds, targets, seconds,
                                grain_s + (int)(reading->evaluation_interval / SIM_TIME_SECOND)))) {
            k++;
        }
        played->groups[i] = k;
        played->group_count += k == i;
    }
    courses_clear(&courses);
}

static void played_clear(Played *played) {
    free(played->targets);
    free(played->groups);
}

/* Telling ------------------------------------------------------------------------------------- */

/* "1 → 3 after 30 s", from the beginning of the first stage. */
static void tell_course(Text *text, const int targets[], int seconds) {
    int changes = 0;
    for (int second = LEAD_IN_S; second < seconds; second++) {
        if (targets[second] != targets[second - 1] && changes++ < 4) {
            text_addf(text, "%s%d → %d after %d s", changes > 1 ? ", " : "", targets[second - 1],
                      targets[second], second - LEAD_IN_S);
        }
    }
    if (changes == 0) {
        text_addf(text, "stays at %d", targets[LEAD_IN_S]);
    }
}

/* The values of an option in a group, each once. */
static void tell_option(Text *text, const Identification *identification, const size_t remaining[],
                        const Played *played, size_t group, IdentificationOption option) {
    TextList values = {0};
    for (size_t i = 0; i < played->count; i++) {
        if (played->groups[i] == group) {
            char *value =
                identification_value(&identification->results[remaining[i]].reading, option);
            text_list_place(&values, value);
            free(value);
        }
    }
    char *joined = text_join((const char *const *)values.items, values.count, " or ");
    text_addf(text, "%s%s %s", text->length > 0 ? ", " : "", identification_option_names[option],
              joined);
    free(joined);
    text_list_clear(&values);
}

static void tell_groups(const Identification *identification, const size_t remaining[],
                        const Played *played, IdentificationAdvice *advice) {
    for (size_t group = 0; group < played->count; group++) {
        Text text = {0};
        if (played->groups[group] != group) {
            continue;
        }
        for (IdentificationOption option = 0; option < IDENTIFICATION_OPTIONS; option++) {
            if (identification_is_open(identification, option)) {
                tell_option(&text, identification, remaining, played, group, option);
            }
        }
        text_add(&text, ": ");
        tell_course(&text, played->targets + group * (size_t)played->seconds, played->seconds);
        text_list_add(&advice->outcomes, text_take(&text));
    }
}

/* One of each load or default that is not recorded is among them: an experiment needs no recording
 * of what it looks at. */
static size_t list_remaining(const Identification *identification, size_t remaining[]) {
    size_t count = 0;
    for (size_t i = 0; i < identification->result_count; i++) {
        if (identification->results[i].verdict != READING_RULED_OUT) {
            remaining[count++] = i;
        }
    }
    return count;
}

static void choose(const Identification *identification, const size_t remaining[], size_t count,
                   const Trials *trials, int fewest, IdentificationAdvice *advice) {
    size_t best = SIZE_MAX, most = 1;
    Played played;
    for (size_t i = 0; i < trials->count; i++) {
        play(identification, remaining, count, &trials->items[i], fewest, &played);
        if (played.group_count > most) {
            most = played.group_count;
            best = i;
        }
        played_clear(&played);
    }
    if (best != SIZE_MAX) {
        play(identification, remaining, count, &trials->items[best], fewest, &played);
        advice->experiment = memory_text(trials->items[best].words);
        advice->groups = played.group_count;
        tell_groups(identification, remaining, &played, advice);
        played_clear(&played);
    }
}

void identification_advise(const Identification *identification, IdentificationAdvice *advice) {
    const FireworksConfig *known = &identification->known;
    const int fewest = known->min_replica_count > 1 ? (int)known->min_replica_count : 1;
    const int window_s = (int)(known->scale_up_window / SIM_TIME_SECOND);
    size_t *remaining = memory_new(identification->result_count + 1, sizeof *remaining);
    const size_t count = list_remaining(identification, remaining);
    Trials trials = {0};
    *advice = (IdentificationAdvice){.readings = count};
    list_trials(&trials, window_s, fewest,
                identification_is_open(identification, IDENTIFICATION_LOAD_SIGNAL));
    if (count > 1 && known->max_replica_count > fewest) {
        choose(identification, remaining, count, &trials, fewest, advice);
    }
    for (size_t i = 0; i < trials.count; i++) {
        free(trials.items[i].words);
    }
    free(trials.items);
    free(remaining);
}

void identification_advice_clear(IdentificationAdvice *advice) {
    free(advice->experiment);
    text_list_clear(&advice->outcomes);
}
