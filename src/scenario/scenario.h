// SPDX-License-Identifier: GPL-3.0-or-later
/* What the user wrote, read, checked and completed with every default: the input of a run. */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include "client/client.h"
#include "cluster/config.h"
#include "traffic/traffic.h"

typedef struct TrafficConfig {
    const TrafficKind *kind;
    void *config; /* of kind->config_size, read by kind->options; owned */
} TrafficConfig;

typedef struct DeploymentConfig {
    char *name; /* the key in "deployments" */
    char *model;
    char *accelerator;         /* "H100"; firectl's names (NVIDIA_H100_80GB) are understood */
    int64_t accelerator_count; /* GPUs per replica */
    char *precision;           /* "fp8", "bf16", ...; NULL: the catalogue's choice */
    double weights_gb;         /* 10^9 bytes; from the catalogue when not given */
    double parameters_b;       /* billions; for a model that is not in the catalogue */
    Profile profile;           /* resolved: scenario's own coefficients over the catalogue's */
    char *profile_source;      /* where the coefficients come from; "scenario", a citation, "physics
                                  rule" */
    int64_t initial_replica_count;       /* resolved: default the policy's minimum */
    int64_t max_concurrency_per_replica; /* 0 = no limit */
    int load_balancer;                   /* LoadBalancing */
    bool region_restricted;
    bool bill_startup;
    double usd_per_gpu_hour; /* of this deployment; absent: its pool's */
    int policy;              /* index in the table of policies */
    void *autoscaling;       /* the policy's config struct, owned */
    ColdStartConfig cold_start;
    ClientConfig client;
    TrafficConfig *traffic;
    size_t traffic_count;
    size_t pool; /* index in the scenario's pools */
} DeploymentConfig;

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
    bool write_requests;  /* requests.csv is asked for */
    SloConfig slo;
    PoolConfig *pools; /* those of the scenario, and a default one for each accelerator without */
    size_t pool_count;
    DeploymentConfig *deployments;
    size_t deployment_count;
    char *directory; /* that relative file names start from: the scenario file's */
    InputHead *head; /* NULL, or what was read for `start` of a file that can be read but once */
    char *as_run;    /* JSON text of the scenario with all defaults filled in; running it gives the
                        same results */
} Scenario;

extern const Option scenario_options[];
extern const Option deployment_options[];
extern const Option slo_options[];

/* "deployments.chat.autoscaling.scale_up_window=15s": a change of the scenario, by the command line
 * or by an experiment's file. */
typedef struct ScenarioOverride {
    const char *path;  /* dotted; array elements by number: deployments.chat.traffic.0.rate_per_s */
    const char *value; /* JSON if it parses as JSON, else a text */
    const char *flag; /* what the user wrote, named in errors: "--set", "--scale-up-window"; lent */
    const char *file; /* it is written in, and whose directory relative names start from; NULL: the
                         command line, the working directory; lent */
    long line;        /* of that file */
} ScenarioOverride;

/* Reads a scenario from a file ("-" = standard input) / a JSON text, with overrides applied in
 * order. All mistakes are added to errors at once; NULL if there were any. Owned by the caller
 * (scenario_destroy). */
Scenario *scenario_read_file(const char *path, const ScenarioOverride overrides[], size_t count,
                             ErrorList *errors);
Scenario *scenario_read_text(const char *json, const char *file_name, const char *directory,
                             const ScenarioOverride overrides[], size_t count, ErrorList *errors);
void scenario_destroy(Scenario *scenario);

#endif
