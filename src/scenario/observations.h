// SPDX-License-Identifier: GPL-3.0-or-later
/* A policy by itself, and what it is to observe, as a user writes both: a JSON file {"policy":
 * "hpa", ...options}, and lines, one observation each: JSON objects, or a CSV with the same names
 * as columns. What is common to all policies is a table here, what one takes beside it is its own
 * (PolicyKind.inputs); an unknown key is a mistake. */
#ifndef SCENARIO_OBSERVATIONS_H
#define SCENARIO_OBSERVATIONS_H

#include "base/json.h"
#include "policy/own.h"

/* {0} is empty. */
typedef struct PolicySetting {
    const PolicyKind *kind;
    void *config;   /* resolved; owned */
    OwnPolicy *own; /* lent to the config; owned; NULL: the policy has a name */
    cJSON *options; /* as written; owned */
    char *file;
} PolicySetting;

/* False after adding errors; clearing is due in either case. */
bool policy_setting_read(PolicySetting *self, const char *file, ErrorList *errors);
/* Options changed, an object within the options by its members. The old config, which a state may
 * have been lent, is given back: owned by the caller. NULL after adding errors, with nothing
 * changed. */
void *policy_setting_change(PolicySetting *self, const cJSON *options, ErrorList *errors);
void policy_config_destroy(const PolicyKind *kind, void *config);
void policy_setting_clear(PolicySetting *self);

/* The keys that all policies share. */
extern const Option observation_options[];

/* One line. Lent until the next. */
typedef struct ObservationLine {
    bool fresh;       /* a new state before it */
    bool has_current; /* it says what target is in force */
    bool has_running; /* and how many replicas count */
    bool has_past;    /* numbers stand in for a history */
    asim_observation observation;
    PolicyPast past;
    const cJSON *options; /* changed from here on, or NULL */
} ObservationLine;

typedef struct Observations Observations;

/* file: "-" for standard input. NULL after adding an error. */
Observations *observations_open(const PolicyKind *kind, const char *file, ErrorList *errors);
/* False at the end, and after adding an error. */
bool observations_next(Observations *self, ObservationLine *line);
/* Adds an error at the line that was read last. */
void observations_refuse(const Observations *self, const char *key, const char *found,
                         const char *expected);
/* Gives errors that were added since `from` (ErrorList.kept) the place of that line. */
void observations_place(const Observations *self, size_t from);
void observations_close(Observations *self);

#endif
