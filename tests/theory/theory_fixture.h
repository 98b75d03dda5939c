// SPDX-License-Identifier: GPL-3.0-or-later
/* What the tests against queueing theory share. Iterations of 1 us and a mean of a million output
 * tokens make a replica of n batch slots a queue with n servers and a mean service of 1 s, in which
 * the length of an iteration does not show. A formula is held against the 99.9 % confidence
 * interval of the simulated value, and the interval must be narrow enough to tell a rule that is
 * wrong by a stated share: so each check states, and tests, its own discriminating power. Seeds are
 * fixed, so that a test passes always or never. */
#ifndef THEORY_THEORY_FIXTURE_H
#define THEORY_THEORY_FIXTURE_H

#include "autoscale_sim/observer.h"
#include "scenario/scenario.h"
#include "support/statistics.h"

/* Distributions of output tokens, mean 1e6. */
typedef struct TheoryLaw {
    const char *name;
    const char *tokens;   /* JSON, with ' for " */
    double second_moment; /* of tokens / 1e6 */
} TheoryLaw;

extern const TheoryLaw theory_exponential, theory_fixed, theory_uniform;
extern const TheoryLaw theory_lognormal, theory_gamma_low, theory_gamma_high;

/* Iterations that take 1 us whatever is in them. */
#define THEORY_SERVERS(slots)                                                                      \
    "'c0_ms':0.001,'c_prefill_ms':0,'c_decode_ms':0,'kv_capacity_tokens':1e15,'batch_slots'"       \
    ":" #slots
#define THEORY_UNLIMITED THEORY_SERVERS(1048576)

/* Members left out: see the comments. JSON with ' for ". */
typedef struct TheoryScenario {
    double rate_per_s;
    double requests; /* expected number */
    const TheoryLaw *law;
    const char *profile;       /* members of it, but for request_overhead */
    const char *source;        /* "'type':'poisson'" */
    const char *prompt_tokens; /* "1" */
    bool law_is_of_prompts;    /* then every request makes one output token */
    const char *client;        /* "'none'": no retry */
    const char *deployment;    /* further members, after a comma */
    const char *autoscaling;   /* members; as many replicas as `replicas` says */
    int replicas;              /* 1 */
    double sample_s;           /* spacing of the samples; 1 h */
    double evaluation_s;       /* 1 h */
} TheoryScenario;

typedef struct TheoryRequest {
    sim_time sent;
    sim_time admitted;
    sim_time first_token;
    sim_time ended;
    uint32_t prompt_tokens, output_tokens;
    uint32_t replica;
    asim_answer answer;
} TheoryRequest;

typedef struct TheoryRun {
    double rate_per_s;
    const TheoryLaw *law;
    bool law_is_of_prompts;
    double span_s;
    Scenario *scenario;
    TheoryRequest *requests; /* in order of arrival */
    size_t request_count, request_room;
    double *held; /* requests held, every sample_s */
    double *busy; /* since the last sample: share of the time that replicas computed, summed */
    double *zero; /* share of the time without a serving replica */
    size_t sample_count, held_room, busy_room, zero_room;
    asim_costs before;   /* up to the last sample */
    double *concurrency; /* requests held, as a time average between evaluations */
    size_t evaluation_count, concurrency_room;
    asim_run_end end;
} TheoryRun;

TheoryRun *theory_run(const TheoryScenario *theory);
void theory_run_destroy(TheoryRun *run);

/* Measures of a request, in seconds, or 0 and 1. */
typedef double TheoryMeasure(const TheoryRequest *request);
double theory_wait(const TheoryRequest *request);    /* before a batch */
double theory_sojourn(const TheoryRequest *request); /* to its end */
double theory_refused(const TheoryRequest *request); /* 429 or 503 */

/* The mean of a measure over the requests in order of arrival, after the first 2 %; gaps,
 * tokens of the law and their squares are control variates. */
Interval theory_mean(const TheoryRun *run, TheoryMeasure *measure);
/* The mean of a measure over the requests of one replica. */
Interval theory_mean_of_replica(const TheoryRun *run, TheoryMeasure *measure, uint32_t replica);
/* The mean of samples, after the first 2 %. */
Interval theory_mean_of_samples(const double samples[], size_t count);

/* The formula's value lies in the interval, and the interval is no wider than resolution x it. */
void theory_check(const char *what, Interval simulated, double formula, double resolution);
/* Little's law: the time average of requests held is the rate of those held times their mean
 * sojourn, to the share that the ends of the run make out. */
void theory_check_little(const TheoryRun *run);
/* Requests held, sampled, are distributed as probabilities[0 .. cells - 1]; the last cell takes all
 * that is larger. */
void theory_check_held(const char *what, const TheoryRun *run, const double probabilities[],
                       size_t cells);

#endif
