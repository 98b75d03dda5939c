// SPDX-License-Identifier: GPL-3.0-or-later
/* A run explained: told in order, or one request's life, or why nothing happened at an instant. It
 * makes the observers that the run is given, and prints what they gathered.
 *
 *     Explanation *explanation = explain_create(scenario, &question);
 *     run_options.observer_count = explain_observers(explanation, &run_options.observers);
 *     if (simulation_run(...) == ASIM_RUN_DONE) explain_print(stdout, explanation, &errors);
 *     explain_destroy(explanation);
 *
 * explain_log.c gathers while the run goes on, explain_words.c puts one thing into words, explain.c
 * says what is told in which order. What the three share stands below. */
#ifndef OUTPUT_EXPLAIN_H
#define OUTPUT_EXPLAIN_H

#include "autoscale_sim/observer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/terminal.h"
#include "figures/human.h"

#include <signal.h>

typedef struct asim_scenario Scenario;
typedef struct DeploymentConfig DeploymentConfig;
typedef struct DeploymentSummary DeploymentSummary;

typedef enum ExplainSubject {
    EXPLAIN_STORY,   /* what happened from `from` to `to` */
    EXPLAIN_REQUEST, /* the life of `request` */
    EXPLAIN_WHY_NOT  /* why nothing happened at `to` */
} ExplainSubject;

#define EXPLAIN_ALL SIZE_MAX /* every deployment */

typedef struct ExplainQuestion {
    ExplainSubject subject;
    sim_time from, to;     /* 0 and SIM_TIME_NEVER: the whole run */
    uint64_t request;      /* id, from 1 */
    size_t deployment;     /* index, or EXPLAIN_ALL; not for a request */
    const char *from_text; /* as the user wrote them, for errors: "--from 3h"; may be NULL */
    const char *to_text;
    const char *request_text;
    const volatile sig_atomic_t *stop; /* the story ends when it comes true; NULL: never */
} ExplainQuestion;

typedef struct Explanation Explanation;

/* The scenario is lent for the explanation's life. Owned by the caller (explain_destroy). */
Explanation *explain_create(const Scenario *scenario, const ExplainQuestion *question);
void explain_destroy(Explanation *explanation);

/* Points *observers at the list for asim_run_options, lent; returns their count. */
size_t explain_observers(const Explanation *explanation, const asim_observer *const **observers);

/* After the run. False, with nothing printed and an error added, if it had no such request or had
 * ended before the time asked for; without an error if it was stopped. */
bool explain_print(FILE *stream, Explanation *explanation, ErrorList *errors);

/* The same as a document, told by the same words: the subject, what it is about, and `entries`,
 * each {deployment, time_s, at, label, words: the paragraphs}; in a story with the figures of its
 * target and replicas, and the stretches after it. NULL where explain_print is false. Owned by the
 * caller.
 */
cJSON *explain_json(Explanation *explanation, ErrorList *errors);

/* What is gathered ---------------------------------------------------------------------------
 *
 * An entry for each thing that happened to a deployment's target, the replicas with the instants of
 * their lives, and the stretches between. Evaluations that change nothing leave no entry, so that
 * memory follows what happened. */

#define STRETCH_NONE (-1) /* no latency: no request ended */
#define STRETCH_WINDOWS 4 /* windows of one policy that are told apart */

/* How often a window kept the target without letting it change in the end. */
typedef struct StretchHold {
    const char *window; /* static, the policy's */
    uint32_t times;
    sim_time longest;
} StretchHold;

/* What went on between two things that happened. */
typedef struct Stretch {
    sim_time from, to;
    int serving, booting;                  /* replicas, at its end */
    uint64_t outcomes[ASIM_OUTCOME_COUNT]; /* of the requests that ended */
    uint64_t refused[ASIM_ANSWER_COUNT];   /* sends, by their answer */
    sim_time ttft_p95, e2e_p95; /* of those that ended (figures/latency.h): SIM_TIME_NEVER
                                   where too many never got there; STRETCH_NONE: none did */
    uint32_t queued_most;       /* as evaluations saw it */
    uint32_t waiting_most;      /* likewise, at the gateway */
    StretchHold holds[STRETCH_WINDOWS];
    size_t hold_count;
    sim_time clamped; /* how long the load asked for more than the policy's most */
    int clamped_most; /* replicas that it asked for */
} Stretch;

/* A decision with copies of what it lends. */
typedef struct ExplainDecision {
    asim_decision_taken taken;
    asim_decision decision;
    asim_observation observation;
} ExplainDecision;

typedef enum ExplainKind {
    EXPLAIN_BEGIN,
    EXPLAIN_DECISION, /* the target changed */
    EXPLAIN_DELETION,
    EXPLAIN_QUOTA,  /* replicas were asked for that the quota had no room for before */
    EXPLAIN_LOSS,   /* replicas vanished */
    EXPLAIN_RESUME, /* the time asked for begins here, in the middle of things */
} ExplainKind;

typedef struct ExplainEntry {
    ExplainKind kind;
    uint32_t deployment;
    sim_time time;
    int target, serving, booting, draining; /* after it */
    ExplainDecision why;                    /* of a decision or deletion */
    Stretch stretches[2]; /* after it; cut where the last replica that boots begins to serve */
    size_t stretch_count;
    bool booted; /* the first stretch ended because nothing booted any more */
    /* Replicas that started, in its instant and until the next entry: they have the numbers from
     * started_first on. Those that stopped, in order of their numbers. */
    uint32_t started_first, started_count;
    uint32_t *stopped;
    size_t stopped_count, stopped_room;
} ExplainEntry;

typedef struct ExplainReplica {
    uint32_t number;
    bool is_warm; /* there from the beginning */
    bool has_gpus;
    bool cold_download;
    int64_t reserved_gpus;
    sim_time granted;                           /* SIM_TIME_NEVER: not yet */
    sim_time entered[ASIM_REPLICA_STATE_COUNT]; /* SIM_TIME_NEVER: did not */
    asim_replica_state state;                   /* at the end */
    asim_replica_state before;                  /* the state that it left when it went */
    const char *ended; /* why it went: static; NULL: it is there at the end */
    uint32_t held;     /* requests, when it began to drain, or vanished while it served */
} ExplainReplica;

typedef struct StretchMeter StretchMeter;

typedef struct ExplainDeployment {
    ExplainReplica *replicas; /* by number, from 1 */
    size_t replica_count, replica_room;
    ExplainEntry *current; /* whose stretch goes on */
    StretchMeter *meter;
    int target, in_state[ASIM_REPLICA_STATE_COUNT];
    asim_run_end end;
} ExplainDeployment;

typedef struct ExplainLog {
    const Scenario *scenario; /* lent */
    ExplainEntry **entries;   /* of all deployments, in order of time */
    size_t entry_count, entry_room;
    ExplainDeployment *deployments;
    sim_time from, to; /* the time asked for */
    bool resumed, over;
    size_t first; /* entry of the time asked for */
} ExplainLog;

/* from, to: entries and stretches are cut there; 0 and SIM_TIME_NEVER for the whole run. */
void explain_log_init(ExplainLog *log, const Scenario *scenario, sim_time from, sim_time to);
void explain_log_clear(ExplainLog *log);

/* `self` is the log. */
asim_observer explain_log_observer(ExplainLog *log);

void explain_keep(ExplainDecision *kept, const asim_decision_taken *taken);

/* Words ------------------------------------------------------------------------------------- */

/* Who tells, of one deployment at a time: a paragraph, and a few short words that are lent to the
 * formats of teller_say, each until eight more have been made. */
typedef struct Teller {
    Paragraph paragraph;
    const char *before; /* ahead of each line; lent */
    char label[128];    /* ahead of the first */
    DayClock day_clock;
    const ExplainLog *log;
    const DeploymentConfig *config;
    const ExplainDeployment *deployment;
    char words[8][128];
    size_t word;
    cJSON *entries;   /* where paragraphs go in place of the stream; NULL: to the stream; lent */
    sim_time instant; /* that entries are of; SIM_TIME_NEVER: of none */
} Teller;

void teller_init(Teller *teller, FILE *stream, const ExplainLog *log, int label_width);
void teller_clear(Teller *teller);
void teller_turn_to(Teller *teller, size_t deployment, const char *before);

/* A paragraph begins, is added to, and ends where the next one begins, at the latest when the
 * teller is cleared. */
void teller_begin(Teller *teller, const char *label);
#define teller_say(teller, ...) paragraph_say(&(teller)->paragraph, __VA_ARGS__)
void teller_end(Teller *teller);
/* What begins from now on is of that instant. */
void teller_at(Teller *teller, sim_time instant);
/* Adds time_s and at (the calendar's second), null where it is SIM_TIME_NEVER. */
void explain_add_instant(cJSON *object, const Scenario *scenario, sim_time instant);
/* It begins with a sentence, which may be all of it. */
#define teller_line(teller, label, ...)                                                            \
    (teller_begin(teller, label), teller_say(teller, __VA_ARGS__))

const char *teller_span(Teller *teller, sim_time span);         /* "4m12s", "never" */
const char *teller_duration(Teller *teller, sim_time duration); /* as it is written: "250s" */
const char *teller_clock(Teller *teller, sim_time instant);
const char *teller_number(Teller *teller, uint64_t count);                  /* "1,234" */
const char *teller_count(Teller *teller, uint64_t count, const char *what); /* "2 replicas" */

/* "scale up 1 → 2: requests held 24 ÷ target 8 = 3, ...": what an entry says of itself, without
 * replicas and stretches. */
void teller_say_entry(Teller *teller, const ExplainEntry *entry);
/* "requests held 24 ÷ target 8 = 3"; "load 1.36 ÷ target 0.8 = 1.7, rounded up to 2". Figures have
 * as many digits as it takes for the rounding to be seen, three at least. */
void teller_say_term(Teller *teller, const asim_decision_term *term);
/* Why an evaluation left the target as it was, by the code of its reason; one that is not known
 * here is told as it is. */
void teller_say_hold(Teller *teller, const asim_decision_taken *taken);

/* preceding: the stretch that came before it in the same deployment, for what rose or fell; its
 * p95s are STRETCH_NONE where there is none. until_serving: it ends where all that booted serve. */
void teller_say_stretch(Teller *teller, const Stretch *stretch, const Stretch *preceding,
                        bool until_serving);
/* "replica 2: pending 10.0 s, download 70 GB at 12.5 GB/s 5.60 s, init 42.0 s, routing lag 10.0 s:
 * serving at 09:02:08, after 1m08s"; or how far it came. with_gpus: whose GPUs it has, if some are
 * reserved. */
void teller_say_start(Teller *teller, const ExplainReplica *replica, bool with_gpus);
/* The replicas that an entry started and stopped, a paragraph each; many of them together. */
void teller_print_replicas(Teller *teller, const ExplainEntry *entry);

/* A refused send: the answer and why, then the wait with its arithmetic, or the end. request: whose
 * it was, as it ended. woke: it woke the deployment. */
void teller_say_refusal(Teller *teller, const asim_refusal *refusal, const asim_request *request,
                        bool woke);

/* The policy's options as they were run, what its load is, how a replica starts. */
void teller_print_head(Teller *teller);
/* Requests, latencies and the bill of the whole run. */
void teller_say_end(Teller *teller, const Summary *whole, size_t index);

#endif
