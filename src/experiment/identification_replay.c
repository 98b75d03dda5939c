// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/identification_replay.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/random.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Courses ------------------------------------------------------------------------------------- */

#define CELLS_MOST 200000

/* Of a kind that is recorded: the series that tell the loads, then the others. */
static const RecordingKind recorded_as[COURSE_KINDS] = {
    [COURSE_LOAD + POLICY_LOAD_MAX] = RECORDING_LOAD,
    [COURSE_LOAD + POLICY_LOAD_SLOTS] = RECORDING_SLOTS,
    [COURSE_LOAD + POLICY_LOAD_KV] = RECORDING_KV,
    [COURSE_LOAD + POLICY_LOAD_BUSY] = RECORDING_BUSY,
    [COURSE_CONCURRENT] = RECORDING_CONCURRENT,
    [COURSE_REQUESTS] = RECORDING_REQUESTS,
    [COURSE_PROMPT_TOKENS] = RECORDING_PROMPT_TOKENS,
    [COURSE_GENERATED_TOKENS] = RECORDING_GENERATED_TOKENS,
};

/* The batch slots in use follow from the requests held. */
static bool tells_slots(const Identification *identification) {
    return recording_has(identification->recording, RECORDING_SLOTS) ||
           (identification->slots > 0 &&
            recording_has(identification->recording, RECORDING_CONCURRENT));
}

bool courses_have_own(const Identification *identification, CourseKind kind, RecordingKind *lacks) {
    const Recording *recording = identification->recording;
    const bool kv = recording_has(recording, RECORDING_KV);
    const RecordingKind own = recorded_as[kind];
    bool has = own != RECORDING_LOAD && recording_has(recording, own);
    *lacks = recorded_as[kind];
    if (kind == COURSE_LOAD + POLICY_LOAD_SLOTS) {
        has = tells_slots(identification);
    } else if (kind == COURSE_LOAD + POLICY_LOAD_MAX) {
        has = tells_slots(identification) && kv;
        *lacks = kv ? RECORDING_SLOTS : RECORDING_KV;
    }
    return has;
}

/* One load, of which it is not known what it is made of, stands for each that has no other. */
bool courses_have(const Identification *identification, CourseKind kind, RecordingKind *lacks) {
    return courses_have_own(identification, kind, lacks) ||
           (kind < COURSE_CONCURRENT && recording_has(identification->recording, RECORDING_LOAD));
}

bool courses_are_used(const Identification *identification, CourseKind kind) {
    const FireworksLoadTargets *targets = &identification->known.load_targets;
    switch (kind) {
    case COURSE_CONCURRENT: return !isnan(targets->concurrent_requests);
    case COURSE_REQUESTS: return !isnan(targets->requests_per_second);
    case COURSE_PROMPT_TOKENS: return targets->prompt_tokens_per_second != OPTION_ABSENT_INTEGER;
    case COURSE_GENERATED_TOKENS:
        return targets->tokens_generated_per_second != OPTION_ABSENT_INTEGER;
    default: return identification->used[IDENTIFICATION_LOAD_SIGNAL];
    }
}

static sim_time cell_middle(const Courses *courses, size_t cell) {
    return courses->from + (sim_time)cell * courses->step + courses->step / 2;
}

/* The scatter from point to point, in units of the signal's own size: second differences of
 * independent noise have six times its variance. The largest tenth are steps of the load. */
static int compare_numbers(const void *a, const void *b) {
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double scatter_of(const RecordingSeries *series) {
    if (series->count < 8) {
        return 0;
    }
    double *shares = memory_new(series->count, sizeof *shares), sum = 0;
    size_t count = 0;
    for (size_t i = 1; i + 1 < series->count; i++) {
        const RecordingPoint *p = &series->points[i];
        const double second = p[-1].value - 2 * p[0].value + p[1].value;
        const double size = (p[-1].value + p[0].value + p[1].value) / 3;
        if (size > 0) {
            shares[count++] = second * second / 6 / size;
        }
    }
    qsort(shares, count, sizeof *shares, compare_numbers);
    const size_t kept = count - count / 10;
    for (size_t i = 0; i < kept; i++) {
        sum += shares[i];
    }
    free(shares);
    return kept > 0 ? sum / (double)kept : 0;
}

/* What is guessed of one series, one time. */
typedef struct Guess {
    const Courses *courses;
    const RecordingSeries *series;
    bool is_mean;
    bool jumps;  /* between two instants; else straight lines */
    double size; /* of the noise: its variance for a signal of 1 */
    RandomStream random;
    double *noise;  /* by cell */
    double *values; /* likewise */
} Guess;

static void draw_noise(Guess *guess) {
    const double tau = fmax((double)guess->series->step / 3, (double)guess->courses->step);
    const double keeps = exp(-(double)guess->courses->step / tau);
    const double adds = sqrt(1 - keeps * keeps);
    double noise = random_normal(&guess->random);
    for (size_t cell = 0; cell < guess->courses->cells; cell++) {
        guess->noise[cell] = noise;
        noise = keeps * noise + adds * random_normal(&guess->random);
    }
}

/* The first cell whose middle is after `time`. */
static size_t cell_after(const Courses *courses, sim_time time) {
    const sim_time offset = time - courses->from - courses->step / 2;
    if (offset < 0) {
        return 0;
    }
    const size_t cell = (size_t)(offset / courses->step) + 1;
    return cell < courses->cells ? cell : courses->cells;
}

static void fill_mean(Guess *guess, size_t first, size_t end, double value) {
    double mean = 0;
    for (size_t cell = first; cell < end; cell++) {
        mean += guess->noise[cell] / (double)(end - first);
    }
    for (size_t cell = first; cell < end; cell++) {
        const double noise = sqrt(guess->size * fmax(value, 0)) * (guess->noise[cell] - mean);
        guess->values[cell] = fmax(value + noise, 0);
    }
}

static void fill_between(Guess *guess, size_t first, size_t end, double from, double to) {
    const double jump = random_uniform(&guess->random);
    for (size_t cell = first; cell < end; cell++) {
        const double share = ((double)(cell - first) + 0.5) / (double)(end - first);
        const double value = !guess->jumps ? from + (to - from) * share : share < jump ? from : to;
        const double bend =
            guess->noise[first] + (guess->noise[end - 1] - guess->noise[first]) * share;
        const double noise = sqrt(guess->size * fmax(value, 0)) * (guess->noise[cell] - bend);
        guess->values[cell] = fmax(value + noise, 0);
    }
}

static void guess_values(Guess *guess) {
    const RecordingSeries *series = guess->series;
    size_t first = 0;
    draw_noise(guess);
    for (size_t i = 0; i < series->count; i++) {
        const RecordingPoint *point = &series->points[i];
        const size_t end = cell_after(guess->courses, point->time);
        if (end > first && guess->is_mean) {
            fill_mean(guess, first, end, point->value);
        } else if (end > first) {
            fill_between(guess, first, end, i > 0 ? point[-1].value : point->value, point->value);
        }
        first = end;
    }
    for (size_t cell = first; cell < guess->courses->cells; cell++) {
        guess->values[cell] = series->points[series->count - 1].value;
    }
}

/* Replicas that serve; where they are not recorded, those of the target. */
static double serving_at(const Recording *recording, sim_time time) {
    const RecordingKind kind =
        recording_has(recording, RECORDING_SERVING) ? RECORDING_SERVING : RECORDING_TARGET;
    return recording_at(&recording->series[kind], time);
}

/* One guess of a recorded series, by cell; owned by the caller. */
static double *guess_series(const Courses *courses, const Identification *identification,
                            RecordingKind kind, size_t number, double noise, bool untold_is_mean) {
    const RecordingSeries *series = &identification->recording->series[kind];
    Guess guess = {.courses = courses,
                   .series = series,
                   .is_mean = series->shape == RECORDING_MEAN ||
                              (series->shape == RECORDING_UNTOLD && untold_is_mean),
                   .jumps = number % 2 == 1,
                   .size = noise * noise * scatter_of(series),
                   .noise = memory_new(courses->cells, sizeof(double)),
                   .values = memory_new(courses->cells, sizeof(double))};
    random_stream_init_named(&guess.random, 1, number, "identify.%s", recording_kind_names[kind]);
    guess_values(&guess);
    for (size_t cell = 0; series->per_replica && cell < courses->cells; cell++) {
        guess.values[cell] *= serving_at(identification->recording, cell_middle(courses, cell));
    }
    free(guess.noise);
    return guess.values;
}

/* The guesses of all recorded kinds become courses: loads from what they are made of. */
static double *course_values(const Identification *identification, double *const guesses[],
                             const Courses *courses, CourseKind kind) {
    const double *own = guesses[recorded_as[kind]], *slots = guesses[RECORDING_SLOTS];
    const double *held = guesses[RECORDING_CONCURRENT], *kv = guesses[RECORDING_KV];
    const double per_slot = identification->slots > 0 ? 1 / identification->slots : 0;
    double *values = memory_new(courses->cells, sizeof *values);
    const bool has_slots = slots != NULL || (held != NULL && per_slot > 0);
    for (size_t cell = 0; cell < courses->cells; cell++) {
        const double in_slots = slots != NULL ? slots[cell] : has_slots ? held[cell] * per_slot : 0;
        if (kind == COURSE_LOAD + POLICY_LOAD_SLOTS && has_slots) {
            values[cell] = in_slots;
        } else if (kind == COURSE_LOAD + POLICY_LOAD_MAX && has_slots && kv != NULL) {
            values[cell] = fmax(in_slots, kv[cell]);
        } else {
            values[cell] = own != NULL ? own[cell] : guesses[RECORDING_LOAD][cell];
        }
    }
    return values;
}

/* The step of the series that tells the course, if that is what the policy itself measured. */
static sim_time measured_step(const Identification *identification, CourseKind kind) {
    RecordingKind lacks;
    const bool own = courses_have_own(identification, kind, &lacks);
    const RecordingKind told = own ? recorded_as[kind] : RECORDING_LOAD;
    const RecordingSeries *series = &identification->recording->series[told];
    return series->shape == RECORDING_MEASURED ? series->step : 0;
}

static void sum_up(Courses *courses, CourseKind kind, size_t number, double *values) {
    double *sums = memory_new(courses->cells + 1, sizeof *sums);
    for (size_t cell = 0; cell < courses->cells; cell++) {
        sums[cell + 1] = sums[cell] + values[cell];
    }
    free(values);
    courses->sums[kind][number] = sums;
}

/* When anything that is recorded was last above zero. */
static void find_active(Courses *courses, const Identification *identification) {
    const Recording *recording = identification->recording;
    sim_time last = courses->from;
    courses->active = memory_new(courses->cells + 1, sizeof *courses->active);
    for (size_t cell = 0; cell < courses->cells; cell++) {
        const sim_time middle = cell_middle(courses, cell);
        bool any = false, known = false;
        for (RecordingKind kind = RECORDING_LOAD; kind < RECORDING_KINDS; kind++) {
            known = known || recording_has(recording, kind);
            any = any || (recording_has(recording, kind) &&
                          recording_at(&recording->series[kind], middle) > 0);
        }
        last = any || !known ? middle : last;
        courses->active[cell + 1] = last;
    }
    courses->active[0] = courses->from;
}

void courses_init(Courses *courses, const Identification *identification, size_t count,
                  double noise, bool untold_is_mean) {
    const sim_time span = identification->to - identification->from;
    *courses = (Courses){.count = count, .from = identification->from, .step = SIM_TIME_SECOND};
    asim_assert(count > 0 && count <= COURSES);
    while (span / courses->step >= CELLS_MOST) {
        courses->step += SIM_TIME_SECOND;
    }
    courses->cells = (size_t)(span / courses->step) + 1;
    find_active(courses, identification);
    for (size_t number = 0; number < count; number++) {
        double *guesses[RECORDING_KINDS] = {NULL};
        RecordingKind lacks;
        for (RecordingKind kind = RECORDING_LOAD; kind < RECORDING_KINDS; kind++) {
            if (recording_has(identification->recording, kind)) {
                guesses[kind] =
                    guess_series(courses, identification, kind, number, noise, untold_is_mean);
            }
        }
        for (CourseKind kind = 0; kind < COURSE_KINDS; kind++) {
            if (courses_are_used(identification, kind) &&
                courses_have(identification, kind, &lacks)) {
                sum_up(courses, kind, number,
                       course_values(identification, guesses, courses, kind));
                courses->measured[kind] = measured_step(identification, kind);
            }
        }
        for (size_t kind = 0; kind < RECORDING_KINDS; kind++) {
            free(guesses[kind]);
        }
    }
}

void courses_clear(Courses *courses) {
    for (size_t kind = 0; kind < COURSE_KINDS; kind++) {
        for (size_t number = 0; number < COURSES; number++) {
            free(courses->sums[kind][number]);
        }
    }
    free(courses->active);
    *courses = (Courses){.from = 0};
}

/* The sum from the course's beginning to `time`. */
static double sum_until(const Courses *courses, const double sums[], sim_time time) {
    const double place = (double)(time - courses->from) / (double)courses->step;
    if (place <= 0) {
        return 0;
    }
    const size_t cell = (size_t)place;
    if (cell >= courses->cells) {
        return sums[courses->cells];
    }
    return sums[cell] + (place - (double)cell) * (sums[cell + 1] - sums[cell]);
}

/* The mean over (from, to], as far as the course goes. */
static double mean_over(const Courses *courses, const double sums[], sim_time from, sim_time to) {
    const sim_time end = courses->from + (sim_time)courses->cells * courses->step;
    from = from > courses->from ? from : courses->from;
    to = to < end ? to : end;
    if (to <= from) {
        return 0;
    }
    const double cells = (double)(to - from) / (double)courses->step;
    return (sum_until(courses, sums, to) - sum_until(courses, sums, from)) / cells;
}

/* Observing ----------------------------------------------------------------------------------- */

/* A policy that looks at a course. */
typedef struct Player {
    const FireworksConfig *config;
    const Courses *courses;
    size_t number;            /* of the guess */
    const Recording *serving; /* NULL: all of the target serve */
    size_t serving_point;     /* of its series, the last at or before now */
    sim_time serving_since;
    void *state;
    int target;
} Player;

static void player_init(Player *player, int initial) {
    player->state = memory_new(1, fireworks_policy.state_size);
    player->target = initial;
    player->serving_since = INT64_MIN;
    fireworks_policy.init(player->state, player->config, initial);
}

static void player_clear(Player *player) {
    fireworks_policy.clear(player->state);
    free(player->state);
}

static int serving_now(Player *player, sim_time now) {
    if (player->serving == NULL) {
        return player->target;
    }
    const RecordingSeries *series = &player->serving->series[RECORDING_SERVING];
    while (player->serving_point + 1 < series->count &&
           series->points[player->serving_point + 1].time <= now) {
        player->serving_point++;
        const RecordingPoint *point = &series->points[player->serving_point];
        if (point[-1].value < 0.5 && point->value >= 0.5) {
            player->serving_since = point->time;
        }
    }
    return (int)lround(series->points[player->serving_point].value);
}

static void measure(const Player *player, asim_observation *observation) {
    const FireworksConfig *config = player->config;
    const sim_time now = observation->time, rates = now - config->rate_window;
    const sim_time since = rates > player->serving_since ? rates : player->serving_since;
    const CourseKind kinds[ASIM_SIGNAL_COUNT] = {
        [ASIM_SIGNAL_LOAD] = (CourseKind)(COURSE_LOAD + config->load_signal),
        [ASIM_SIGNAL_CONCURRENT_REQUESTS] = COURSE_CONCURRENT,
        [ASIM_SIGNAL_REQUESTS_PER_SECOND] = COURSE_REQUESTS,
        [ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND] = COURSE_PROMPT_TOKENS,
        [ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND] = COURSE_GENERATED_TOKENS,
    };
    for (size_t i = 0; i < ASIM_SIGNAL_COUNT; i++) {
        const double *sums = player->courses->sums[kinds[i]][player->number];
        const bool is_rate = kinds[i] > COURSE_CONCURRENT;
        sim_time from = is_rate ? since : now - config->evaluation_interval, to = now;
        const sim_time step = player->courses->measured[kinds[i]];
        if (step > 0) { /* it stands in the next point, or in the last before the next evaluation */
            from = now + (step < config->evaluation_interval ? step : config->evaluation_interval);
            to = from + player->courses->step;
        }
        if (sums != NULL && observation->serving > 0) {
            observation->signals[i] = mean_over(player->courses, sums, from, to);
        }
    }
}

/* When it was last busy; SIM_TIME_NEVER: it is. */
static sim_time idle_since(const Courses *courses, sim_time now) {
    const sim_time cell = (now - courses->from) / courses->step;
    if (courses->active == NULL || cell <= 0) {
        return SIM_TIME_NEVER;
    }
    const size_t at = (size_t)cell < courses->cells ? (size_t)cell : courses->cells;
    return now - courses->active[at] > 2 * courses->step ? courses->active[at] : SIM_TIME_NEVER;
}

static int player_decide(Player *player, sim_time now, bool request_at_zero) {
    asim_observation observation = {.time = now,
                                    .request_at_zero = request_at_zero,
                                    .target = player->target,
                                    .serving = request_at_zero ? 0 : serving_now(player, now),
                                    .idle_since = SIM_TIME_NEVER};
    asim_decision decision;
    observation.booting =
        observation.target > observation.serving ? observation.target - observation.serving : 0;
    if (!request_at_zero) {
        measure(player, &observation);
        observation.idle_since =
            observation.serving > 0 ? idle_since(player->courses, now) : SIM_TIME_NEVER;
    }
    fireworks_policy.decide(player->state, &observation, &decision);
    return decision.target;
}

/* Holding against the recording --------------------------------------------------------------- */

typedef struct Replay {
    const Identification *identification;
    Player player;
    size_t next;       /* the change to come */
    bool reached;      /* its new target, in its window */
    bool moved;        /* at all */
    sim_time moved_at; /* when it was reached, or first moved */
    int moved_to;
    bool strayed;             /* it changed since the last change where the recording did not */
    double *explained, *kept; /* sums over the replays, by change; kept: one more */
    ReadingResult *result;
} Replay;

/* What counts as a change's time: from its begin, which is not before the end of the one ahead. */
static sim_time window_end(const Identification *identification, size_t number) {
    const IdentificationChange *change = &identification->changes[number];
    sim_time end = change->by + (change->scored ? identification->grace : 0);
    if (number + 1 < identification->change_count) {
        const sim_time next = change[1].after - identification->grace;
        const sim_time least = next > change->by ? next : change->by;
        end = end < least ? end : least;
    }
    return end;
}

static double timing_weight(const Replay *replay, const IdentificationChange *change) {
    const sim_time early = change->after - replay->moved_at, late = replay->moved_at - change->by;
    const sim_time off = early > late ? early : late;
    return off <= 0 ? 1 : off <= replay->identification->grace / 2 ? 0.4 : 0.15;
}

static void note(IdentificationShare *share, sim_time time, int from, int value) {
    if (share->value == -1) {
        *share = (IdentificationShare){share->share, time, from, value};
    }
}

/* The change's window is over: how well did the policy make it? */
static void settle_change(Replay *replay) {
    const size_t number = replay->next++;
    const IdentificationChange *change = &replay->identification->changes[number];
    Player *player = &replay->player;
    if (change->scored) {
        const bool same_way =
            replay->moved && (replay->moved_to > change->from) == (change->to > change->from);
        const double weight = replay->reached ? timing_weight(replay, change) : same_way ? 0.1 : 0;
        replay->explained[number] += weight;
        if (weight < 0.5) {
            note(&replay->result->changes[number],
                 replay->moved ? replay->moved_at : SIM_TIME_NEVER, change->from,
                 replay->moved ? replay->moved_to : change->from);
        }
    } else if (change->from == 0) {
        player_decide(player, change->by, true);
    }
    replay->kept[number] += !replay->strayed;
    player->target = change->to;
    replay->reached = replay->moved = replay->strayed = false;
}

static void follow(Replay *replay, sim_time now, int target) {
    const Identification *identification = replay->identification;
    const bool is_last = replay->next == identification->change_count;
    const IdentificationChange *change = is_last ? NULL : &identification->changes[replay->next];
    const bool near = change != NULL && now > change->after - identification->grace;
    if (target == replay->player.target || target == 0 || replay->player.target == 0) {
        return;
    }
    if (!near || !change->scored) {
        replay->strayed = true;
        note(&replay->result->still[replay->next], now, replay->player.target, target);
        return;
    }
    replay->player.target = target;
    if (!replay->reached) {
        replay->moved = true;
        replay->moved_at = now;
        replay->moved_to = target;
        replay->reached = target == change->to;
    }
}

static void replay_course(Replay *replay, sim_time phase) {
    const Identification *identification = replay->identification;
    const sim_time interval = replay->player.config->evaluation_interval;
    sim_time now = identification->from - identification->from % interval + phase;
    while (now <= identification->from) {
        now += interval;
    }
    for (; now <= identification->to; now += interval) {
        while (replay->next < identification->change_count &&
               now > window_end(identification, replay->next)) {
            settle_change(replay);
        }
        follow(replay, now, player_decide(&replay->player, now, false));
    }
    while (replay->next < identification->change_count) {
        settle_change(replay);
    }
    replay->kept[replay->next] += !replay->strayed;
}

static double log_share(double share) {
    return log(fmax(share, IDENTIFICATION_LEAST));
}

static void judge(const Identification *identification, const Replay *replay,
                  ReadingResult *result) {
    const size_t count = identification->change_count;
    result->log_likelihood = 0;
    result->explained = 0;
    for (size_t i = 0; i <= count; i++) {
        result->still[i].share = replay->kept[i] / (double)replay->player.courses->count;
        result->log_likelihood += log_share(result->still[i].share);
        if (i < count && identification->changes[i].scored) {
            result->changes[i].share = replay->explained[i] / (double)replay->player.courses->count;
            result->log_likelihood += log_share(result->changes[i].share);
            result->explained += result->changes[i].share >= 0.5;
        }
    }
}

static void clear_shares(IdentificationShare shares[], size_t count) {
    for (size_t i = 0; i < count; i++) {
        shares[i] = (IdentificationShare){1, SIM_TIME_NEVER, 0, -1};
    }
}

void identification_replay(const Identification *identification, const Courses *courses,
                           sim_time phase, ReadingResult *result) {
    const FireworksConfig config = identification_config(identification, &result->reading);
    const size_t count = identification->change_count;
    const Recording *recording = identification->recording;
    Replay replay = {.identification = identification, .result = result};
    replay.explained = memory_new(2 * count + 1, sizeof(double));
    replay.kept = replay.explained + count;
    clear_shares(result->changes, count);
    clear_shares(result->still, count + 1);
    for (size_t number = 0; number < courses->count; number++) {
        replay.player = (Player){.config = &config, .courses = courses, .number = number};
        replay.player.serving = recording_has(recording, RECORDING_SERVING) ? recording : NULL;
        replay.next = 0;
        replay.reached = replay.moved = replay.strayed = false;
        player_init(&replay.player, identification->initial);
        replay_course(&replay, phase);
        player_clear(&replay.player);
    }
    judge(identification, &replay, result);
    free(replay.explained);
}

void identification_play(const FireworksConfig *config, const Courses *courses, int initial,
                         int targets[]) {
    Player player = {.config = config, .courses = courses};
    const size_t seconds = courses->cells * (size_t)(courses->step / SIM_TIME_SECOND);
    size_t second = 0;
    player_init(&player, initial);
    for (sim_time now = config->evaluation_interval; second < seconds;
         now += config->evaluation_interval) {
        for (; second < seconds && (sim_time)second * SIM_TIME_SECOND < now; second++) {
            targets[second] = player.target;
        }
        player.target = player_decide(&player, courses->from + now, false);
    }
    player_clear(&player);
}
