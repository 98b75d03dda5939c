// SPDX-License-Identifier: GPL-3.0-or-later
/* What the user wrote, read, checked and completed with every default: the input of a run. */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "autoscale_sim/types.h"

#include <signal.h>

typedef struct DeploymentConfig DeploymentConfig;
typedef struct ErrorList ErrorList;
typedef struct InputHeads InputHeads;
typedef struct JsonTree JsonTree;
typedef struct PoolConfig PoolConfig;
typedef struct ScenarioOverride ScenarioOverride;
typedef struct asim_traffic_source asim_traffic_source;

/* Limits that a request must meet to be good; SIM_TIME_NEVER = not stated. */
typedef struct SloConfig {
    sim_time ttft; /* as the user feels it, retry wait included */
    sim_time tpot;
    sim_time e2e;
} SloConfig;

/* `start` where neither the user nor a recording tells it: Monday, 2026-11-16, since 1970. */
#define SCENARIO_START_S INT64_C(1794787200)

/* The public interface calls it asim_scenario: one struct, no wrapper. */
typedef struct asim_scenario {
    char *name;
    char *question;
    int64_t seed;
    int64_t replication;
    sim_time duration;     /* SIM_TIME_NEVER: until the traffic ends */
    int64_t start_epoch_s; /* resolved: given, or that of the first recording with dates */
    sim_time warmup;
    bool drain;
    sim_time drain_limit; /* option drain_limit, default 7d: how long after the end requests may
                             still take; then they are cut */
    sim_time interval;    /* of timeseries.csv */
    bool write_requests;  /* requests.csv and refusals.csv are asked for */
    SloConfig slo;
    PoolConfig *pools; /* those of the scenario, and a default one for each accelerator without */
    size_t pool_count;
    DeploymentConfig *deployments;
    size_t deployment_count;
    char *directory;   /* that relative file names start from: the scenario file's */
    InputHeads *heads; /* what was read for `start` of files that can be read but once */
    char *as_run; /* JSON text of the scenario with all defaults filled in; running it gives the
                     same results */
} Scenario;

/* Reads a scenario from a file ("-" = standard input) / a JSON text, with overrides applied in
 * order. All mistakes are added to errors at once; NULL if there were any. Owned by the caller
 * (scenario_destroy). */
Scenario *scenario_read_file(const char *path, const ScenarioOverride *overrides, size_t count,
                             ErrorList *errors);
Scenario *scenario_read_text(const char *json, const char *file_name, const char *directory,
                             const ScenarioOverride *overrides, size_t count, ErrorList *errors);
/* The same from a tree that was parsed, be it of a part of another file: the one road that all
 * take. The overrides edit the tree. */
Scenario *scenario_read(JsonTree *tree, const char *file_name, const char *directory,
                        const ScenarioOverride *overrides, size_t count, ErrorList *errors);
void scenario_destroy(Scenario *scenario);

/* After a change of its options: as_run tells it. */
void scenario_write_again(Scenario *scenario);

/* The number of the deployment of that name; SIZE_MAX: there is none. */
size_t scenario_deployment_number(const Scenario *scenario, const char *name);

/* The n-th source of a deployment's traffic, as a run has it. halt: as in TrafficContext. NULL
 * after adding errors. */
asim_traffic_source *scenario_open_source(const Scenario *scenario,
                                          const DeploymentConfig *deployment, size_t number,
                                          const volatile sig_atomic_t *halt, ErrorList *errors);

#endif
