// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 5 once more, slow and obvious: every evaluation is kept for ever, and every question about
 * a window or a timer is answered by reading them all again. Written from the specification's
 * words; shares nothing with policy/fireworks.c but the config struct. */
#ifndef ORACLE_POLICY_ORACLE_H
#define ORACLE_POLICY_ORACLE_H

#include "policy/policies.h"

typedef struct PolicyOracleRecord {
    sim_time time;
    int target; /* in force when it was observed */
    int recommended;
    bool acted;      /* a window let it through */
    bool cut;        /* a wake, or a scale to zero: no timer reaches back across it */
    bool evaluation; /* false: a wake, which recommends nothing, or: */
    bool change;     /* another minimum: what was recommended, within the new limits */
    int minimum;     /* in force */
} PolicyOracleRecord;

typedef struct PolicyOracle {
    FireworksConfig config; /* as the user gave it, unresolved */
    int initial_target;
    PolicyOracleRecord *records;
    size_t count;
    int minimum;      /* in force */
    sim_time lowered; /* when a schedule lowered it last; INT64_MIN: never */
} PolicyOracle;

typedef struct PolicyOracleAnswer {
    int target;
    int recommended;
    const char *reason;
    sim_time since; /* of the window in play, SIM_TIME_NEVER if none */
} PolicyOracleAnswer;

/* `most`: how many observations there will be. */
void policy_oracle_init(PolicyOracle *oracle, const FireworksConfig *config, int initial_target,
                        size_t most);
void policy_oracle_clear(PolicyOracle *oracle);
PolicyOracleAnswer policy_oracle_decide(PolicyOracle *oracle, const asim_observation *observation);

#endif
