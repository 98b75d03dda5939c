// SPDX-License-Identifier: GPL-3.0-or-later
/* Which reading of what is assumed explains a recording best: every reading is replayed through the
 * pure policy, on the recorded signals, and its changes of the target are held against the recorded
 * ones.
 *
 * A recording is sampled, so between two samples the signals are guessed, several times, alike for
 * all readings (identification_replay.h). A reading explains a change with the share of these
 * guesses in which its policy makes the same change at the same time, and a stretch without a
 * change with the share in which it keeps still; the product of all shares (none below
 * IDENTIFICATION_LEAST, for no model is right in all) is its likelihood.
 *
 * Where even the best reading explains little, the guesses are poor, and likelihoods say more than
 * they know: their logarithms are divided by how much worse than IDENTIFICATION_GOOD the best one
 * is, and by IDENTIFICATION_DISPERSION at least, as is done with counts that scatter more than they
 * should (quasi-likelihood; Wedderburn 1974). Readings that are then not IDENTIFICATION_DOUBT times
 * less likely than the best cannot be told apart from it. On recordings of the simulator with
 * hidden readings (2 to 4 hours, 10 to 40 changes, a sample each 15 or 60 s) these constants leave
 * the true one in the set in more than 19 of 20.
 */
#ifndef EXPERIMENT_IDENTIFICATION_H
#define EXPERIMENT_IDENTIFICATION_H

#include "base/json.h"
#include "experiment/recording.h"
#include "policy/policies.h"

#include <signal.h>

#define IDENTIFICATION_LEAST 0.02
#define IDENTIFICATION_DOUBT 100.0
#define IDENTIFICATION_DISPERSION 2.0
#define IDENTIFICATION_GOOD 0.4 /* logarithm lost for each change, with its stretch */
/* With fewer changes than this no reading is named, whatever the likelihoods say. */
#define IDENTIFICATION_CHANGES_LEAST 4

/* What is assumed of the platform. */
typedef enum IdentificationOption {
    IDENTIFICATION_WINDOW_RULE,
    IDENTIFICATION_EVALUATION_INTERVAL,
    IDENTIFICATION_RATE_WINDOW,
    IDENTIFICATION_LOAD_SIGNAL,
    IDENTIFICATION_DEFAULT_ALWAYS,
    IDENTIFICATION_OPTIONS
} IdentificationOption;

/* Their names in a scenario. */
extern const char *const identification_option_names[IDENTIFICATION_OPTIONS];

typedef struct Reading {
    int window_rule; /* FireworksWindowRule */
    sim_time evaluation_interval, rate_window;
    int load_signal; /* PolicyLoadSignal */
    bool default_always;
} Reading;

/* A recorded change of the target: somewhere in (after, by]. */
typedef struct IdentificationChange {
    sim_time after, by;
    int from, to;
    bool scored; /* not to or from zero, which no reading tells otherwise */
} IdentificationChange;

/* What a reading makes of a recorded change, or of the stretch before it. */
typedef struct IdentificationShare {
    double share;    /* of the replays that explain it, 0 to 1 */
    sim_time time;   /* when the first replay that does not made a change; SIM_TIME_NEVER: it made
                        none */
    int from, value; /* from what to what */
} IdentificationShare;

typedef enum ReadingVerdict {
    READING_FITS,      /* the best, or not to be told apart from it */
    READING_RULED_OUT, /* by `ruling` */
    READING_UNRECORDED /* the recording has not what it looks at */
} ReadingVerdict;

typedef struct ReadingResult {
    Reading reading;
    ReadingVerdict verdict;
    RecordingKind lacks; /* of an unrecorded one */
    double log_likelihood;
    IdentificationShare *changes; /* change_count of them */
    IdentificationShare *still;   /* before each, and after the last: change_count + 1 */
    size_t explained;             /* changes with a share of a half at least */
    size_t ruling;                /* what speaks most against it: a change, */
    bool ruling_is_still;         /* or the stretch of that number */
    double ruling_loss;           /* by so much, as a logarithm, compared with the best */
    size_t alike;                 /* number of the first reading with the same predictions */
    bool dropped;                 /* by a first look: far behind */
    size_t twin; /* until it is judged: the reading that looks at the same series; SIZE_MAX: none */
} ReadingResult;

typedef struct Identification {
    const Recording *recording; /* lent */
    FireworksConfig known;      /* resolved; of what is assumed, further values to replay */
    double slots;               /* of a replica's batch; 0: not known */
    size_t jobs;
    const volatile sig_atomic_t *stop;
    /* Set by identification_run. */
    sim_time from, to;
    sim_time grace;  /* so much too early or too late is still explained, but worse */
    int initial;     /* the target at `from` */
    bool has_target; /* else it is taken from the replicas that serve, a `boot` earlier on the way
                        up */
    sim_time boot;   /* how long a start takes: the median of `boots`, or, without a target, of
                        several lengths the one that explains most; SIM_TIME_NEVER: not known */
    size_t boots;
    IdentificationChange *changes;
    size_t change_count, change_room;
    size_t scored;                     /* of these */
    double dispersion;                 /* by so much likelihoods are less certain than they say */
    bool used[IDENTIFICATION_OPTIONS]; /* the options in force look at it */
    ReadingResult *results;            /* the likeliest first, unrecorded ones last */
    size_t result_count, result_room;
    bool decided; /* there were changes enough to rule readings out */
} Identification;

/* False after adding errors (a recording that is too short, or lacks what is needed), or when
 * stopped, without one. */
bool identification_run(Identification *identification, ErrorList *errors);
void identification_clear(Identification *identification);

/* Its config: the known options with this reading of the assumed ones, resolved. */
FireworksConfig identification_config(const Identification *identification, const Reading *reading);
/* An option's value in a reading as a scenario has it: "sustain", "15s", "true". Owned by the
 * caller. */
char *identification_value(const Reading *reading, IdentificationOption option);
/* Whether a reading looks at the option at all: at a load only where the target `default` counts.
 */
bool identification_matters(const Identification *identification, const Reading *reading,
                            IdentificationOption option);
/* How much likelier the best reading is than this one, >= 1. */
double identification_odds(const Identification *identification, const ReadingResult *result);
/* Whether the readings that remain differ in that option, or its value is not recorded. */
bool identification_is_open(const Identification *identification, IdentificationOption option);

/* An experiment that tells the remaining readings apart -------------------------------------------
 */

typedef struct IdentificationAdvice {
    char *experiment; /* "one burst of 40 s, ..."; NULL: none of ours tells any two apart */
    size_t groups;    /* into so many groups it parts them */
    size_t readings;
    TextList outcomes; /* what each group would do, the group's readings named */
} IdentificationAdvice;

void identification_advise(const Identification *identification, IdentificationAdvice *advice);
void identification_advice_clear(IdentificationAdvice *advice);

/* Reports -----------------------------------------------------------------------------------------
 */

void identification_print(FILE *stream, const Identification *identification,
                          const IdentificationAdvice *advice);
cJSON *identification_json(const Identification *identification,
                           const IdentificationAdvice *advice);
/* The likeliest reading with all known options, for a deployment of a scenario, with comments.
 * Owned by the caller. */
char *identification_fragment(const Identification *identification);

#endif
