// SPDX-License-Identifier: GPL-3.0-or-later
/* Scaling schedules: windows of the calendar in which another minimum holds (model 5). A schedule
 * says when its windows begin, as cron does, by the clock of a time zone, and how long each is
 * open. This room knows the windows; what a policy makes of a minimum is its own. */
#ifndef POLICY_SCHEDULES_H
#define POLICY_SCHEDULES_H

#include "autoscale_sim/policy.h"
#include "engine/options.h"

#define SCHEDULES_MOST 5 /* of a deployment, as documented */

typedef struct ScalingSchedule {
    char *name; /* NULL: reports take its description, or its number */
    int64_t min_replica_count;
    char *schedule; /* five fields of cron: the start of a window */
    sim_time duration;
    char *timezone; /* IANA */
    char *description;
    bool disabled;
} ScalingSchedule;

extern const Option schedules_options[]; /* of a ScalingSchedule */

/* Adds an error for each thing that is missing or does not go together; most: the policy's ceiling.
 * The places begin with where->place and "scaling_schedules". */
void schedules_check(const OptionList *list, int64_t most, const Error *where, ErrorList *errors);

/* The windows of a list, told in order of time. */
typedef struct Schedules Schedules;

/* list: of ScalingSchedule, checked and lent; start_epoch_s: the calendar's instant of time 0. The
 * windows are those that are open at time 0, and all that begin after it. NULL after adding an
 * error (a zone's file is not there any more), at where->place. */
Schedules *schedules_open(const OptionList *list, int64_t start_epoch_s, const Error *where,
                          ErrorList *errors);
void schedules_close(Schedules *self);

/* Moves on to `time`, not before the last one. A window is open from its first instant on, and at
 * its last it is open no more. */
void schedules_advance(Schedules *self, sim_time time);
/* When the next window opens or closes after that time; SIM_TIME_NEVER: none will. Until then all
 * that schedules_now says stays as it is. */
sim_time schedules_next_change(const Schedules *self);
/* Of the windows that are open, the one with the largest minimum; of several the one listed first.
 * Its name is NULL when none is open. */
asim_schedule schedules_now(const Schedules *self);

#endif
