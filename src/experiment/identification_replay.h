// SPDX-License-Identifier: GPL-3.0-or-later
/* One reading, replayed through the pure policy on guessed courses of the recorded signals.
 *
 * A course goes through what was recorded: through each point of a series of instants, on a
 * straight line or with a jump somewhere between; with the mean of each span of a series of means.
 * On top comes noise, an Ornstein-Uhlenbeck process that is bent to keep to the points or means,
 * its variance in proportion to the signal as that of counts is, and as large as the recording
 * itself scatters from point to point.
 *
 * The target of a replay follows its policy near a recorded change, and the recording elsewhere, so
 * that one miss does not carry on to what follows. */
#ifndef EXPERIMENT_IDENTIFICATION_REPLAY_H
#define EXPERIMENT_IDENTIFICATION_REPLAY_H

#include "experiment/identification.h"

/* What the policy may look at: its signals, the load by each way to measure it. */
typedef enum CourseKind {
    COURSE_LOAD, /* + PolicyLoadSignal: max, slots, kv, busy */
    COURSE_CONCURRENT = COURSE_LOAD + POLICY_LOAD_BUSY + 1,
    COURSE_REQUESTS,
    COURSE_PROMPT_TOKENS,
    COURSE_GENERATED_TOKENS,
    COURSE_KINDS
} CourseKind;

#define COURSES 16 /* guesses of each at most */

/* All signals, guessed several times. */
typedef struct Courses {
    size_t count; /* of guesses, at most COURSES */
    sim_time from, step;
    size_t cells; /* of `step` each */
    /* Running sums over the cells, cells + 1 of them; NULL: not recorded. */
    double *sums[COURSE_KINDS][COURSES];
    sim_time measured[COURSE_KINDS]; /* step of the series, if it is what the policy measured */
    sim_time *active; /* at each cell's end: when something was last seen to be held or done */
} Courses;

/* count: of guesses. noise: in units of what the recording scatters by; untold_is_mean: what series
 * are of which it is not known. */
void courses_init(Courses *courses, const Identification *identification, size_t count,
                  double noise, bool untold_is_mean);
void courses_clear(Courses *courses);
/* Do the load targets look at it, by some reading? */
bool courses_are_used(const Identification *identification, CourseKind kind);
/* Does the course exist, or what must be recorded for it? */
bool courses_have(const Identification *identification, CourseKind kind, RecordingKind *lacks);
/* The same, by series of its own: not by a load of which it is not known what it is made of. */
bool courses_have_own(const Identification *identification, CourseKind kind, RecordingKind *lacks);

/* Replays the reading on all courses, evaluations at whole multiples of its interval plus phase.
 * Fills the result's changes and still, and its likelihood. */
void identification_replay(const Identification *identification, const Courses *courses,
                           sim_time phase, ReadingResult *result);

/* The target that a reading comes to by itself, from `initial` on, at each whole second of the
 * course; `targets` has room for the seconds from courses->from to the end. */
void identification_play(const FireworksConfig *config, const Courses *courses, int initial,
                         int targets[]);

#endif
