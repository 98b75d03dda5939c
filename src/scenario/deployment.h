// SPDX-License-Identifier: GPL-3.0-or-later
/* One deployment of a scenario, read and completed. */
#ifndef SCENARIO_DEPLOYMENT_H
#define SCENARIO_DEPLOYMENT_H

#include "client/client.h"
#include "cluster/config.h"
#include "engine/options.h"

typedef struct Reader Reader;
typedef struct JsonPath JsonPath;
typedef struct cJSON cJSON;
typedef struct OwnPolicy OwnPolicy;
typedef struct TrafficKind TrafficKind;

typedef struct TrafficConfig {
    const TrafficKind *kind;
    void *config; /* of kind->config_size, read by kind->options; owned */
} TrafficConfig;

/* What a serverless service asks for the same model, in USD per million tokens; NAN: not stated. */
typedef struct ServerlessPrice {
    double input, output;
} ServerlessPrice;

/* What a request meets while no replica serves. */
typedef enum AtZero { AT_ZERO_REFUSE, AT_ZERO_HOLD } AtZero;

/* What is done to a deployment while the run goes on. */
typedef struct DeploymentChange {
    sim_time at;
    int64_t lose_replica; /* its number; OPTION_ABSENT_INTEGER: none */
    char *set;            /* an object, as JSON; NULL: nothing is set */
    void *autoscaling;    /* the policy's options from then on, owned; NULL: as before */
} DeploymentChange;

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
    ProfileRange profile_range;    /* the load at which it was measured, where that is known */
    char *profile_file;            /* that the profile was read from; NULL: none */
    int64_t initial_replica_count; /* resolved: default the minimum in force at the start */
    int64_t max_concurrency_per_replica; /* 0 = no limit */
    int at_zero;           /* AtZero; resolved: by default as the policy's software does */
    int64_t hold_limit;    /* requests that wait; 0 = no limit */
    sim_time hold_timeout; /* of each */
    int load_balancer;     /* LoadBalancing */
    int64_t imbalance;     /* resolved: of LOAD_BALANCING_CACHE_AWARE alone */
    bool region_restricted;
    bool bill_startup;
    double usd_per_gpu_hour; /* of this deployment; absent: its pool's */
    ServerlessPrice serverless_price;
    int policy;            /* index in the table of policies */
    OwnPolicy *own_policy; /* what a policy of one's own is made of, owned; NULL: it has a name */
    void *autoscaling;     /* the policy's config struct, owned */
    ColdStartConfig cold_start;
    PreemptibleConfig preemptible;
    FailuresConfig failures;
    DeploymentChange *changes; /* in order of time */
    size_t change_count;
    ClientConfig client;
    TrafficConfig *traffic;
    size_t traffic_count;
    size_t pool; /* index in the scenario's pools */
} DeploymentConfig;

/* Fills *deployment from the member node of "deployments"; pool is the caller's to set. */
void deployment_config_read(Reader *reader, const cJSON *node, const JsonPath *at,
                            DeploymentConfig *deployment);
/* Its scaling schedules; NULL: it has none. */
const OptionList *deployment_config_schedules(const DeploymentConfig *deployment);
/* With the calendar's instant of time 0: what is open then. */
void deployment_config_settle_start(DeploymentConfig *deployment, int64_t start_epoch_s,
                                    ErrorList *errors);
void deployment_config_clear(DeploymentConfig *deployment);

/* Does its traffic go on for ever, so that the scenario has to say how long? */
bool deployment_config_is_endless(const DeploymentConfig *deployment);

#endif
