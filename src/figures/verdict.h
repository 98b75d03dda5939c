// SPDX-License-Identifier: GPL-3.0-or-later
/* What a deployment's run comes to in a word, with its reason in figures. The first that holds:
 *
 *     OVERLOADED  in more than VERDICT_CAPPED of the evaluations the load asked for more replicas
 *                 than the most allowed, and more than VERDICT_WAITED of the requests waited
 *     FLAPPING    more than VERDICT_TURNS times an hour the target rose within VERDICT_TURN of a
 *                 fall, and VERDICT_TURNS_LEAST times at least
 *     IDLE        no request came; or less than VERDICT_HARDLY an hour while no replica served for
 *                 more than VERDICT_AT_ZERO of the time
 *     BACKLOGGED  more than VERDICT_WAITED of the requests waited: while scaling was under way
 *     IDLE        replicas computed in less than VERDICT_BUSY of their serving time
 *     STABLE      else
 *
 * A request waited if it was served later than VERDICT_WAIT after it came (retries and queue), or
 * never. All thresholds are ours. */
#ifndef FIGURES_VERDICT_H
#define FIGURES_VERDICT_H

#include "figures/human.h"
#include "figures/summary.h"

#define VERDICT_WAIT SIM_TIME_SECOND /* from the first send into a batch */
#define VERDICT_WAITED 0.01
#define VERDICT_CAPPED 0.1
#define VERDICT_TURN (10 * SIM_TIME_MINUTE)
#define VERDICT_TURNS 2.0
#define VERDICT_TURNS_LEAST 3
#define VERDICT_HARDLY 1.0
#define VERDICT_AT_ZERO 0.5
#define VERDICT_BUSY 0.05

typedef enum VerdictWord {
    VERDICT_WORD_OVERLOADED,
    VERDICT_WORD_FLAPPING,
    VERDICT_WORD_BACKLOGGED,
    VERDICT_WORD_IDLE,
    VERDICT_WORD_STABLE,
    VERDICT_WORDS
} VerdictWord;

extern const char *const verdict_words[VERDICT_WORDS]; /* "OVERLOADED" */

typedef struct Verdict {
    VerdictWord word;
    char reason[6 * HUMAN_TEXT]; /* a sentence's end: no capital, no full stop */
} Verdict;

/* Of a run that has ended. */
Verdict verdict_of(const DeploymentSummary *deployment);

/* Why figures of the run may be wrong: a sentence without its stop, or "" where nothing is known
 * against them. Said when more than VERDICT_BEYOND of the iterations were beyond the load at which
 * the profile was measured. Fills text. */
#define VERDICT_BEYOND 0.01
#define VERDICT_WARNING (12 * HUMAN_TEXT)
const char *verdict_warning(const DeploymentSummary *deployment, char text[VERDICT_WARNING]);

#endif
