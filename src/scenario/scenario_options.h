// SPDX-License-Identifier: GPL-3.0-or-later
/* All option tables of a scenario, as sections of the file: to say where a misplaced key belongs,
 * and to list the options (help, `assumptions`, documentation). */
#ifndef SCENARIO_SCENARIO_OPTIONS_H
#define SCENARIO_SCENARIO_OPTIONS_H

#include "engine/options.h"

extern const Option scenario_options[], slo_options[], deployment_options[],
    serverless_price_options[];

typedef struct ScenarioSection {
    const char *path; /* as --set spells it: "deployments.NAME.autoscaling" */
    const char *kind; /* policy or type of traffic that the options belong to, or NULL */
    bool is_traffic;  /* that it is a type of traffic */
    const Option *options;
    const char *title; /* what errors call it; NULL: the last part of the path */
} ScenarioSection;

/* The sections one by one from 0; false past the last. */
bool scenario_section(size_t index, ScenarioSection *section);

/* "an option of cold_start" for a key that other tables than `context` know, else NULL. Owned by
 * the caller. */
char *scenario_key_home(const Option *context, const char *key);

#endif
