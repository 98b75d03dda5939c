// SPDX-License-Identifier: GPL-3.0-or-later
/* A pool of GPUs of one accelerator type, shared by the deployments of a scenario (SPEC 7):
 * reserved GPUs are taken first and granted at once, then on-demand ones, else the replica waits,
 * first come first served. A waiting replica that fits into free reserved GPUs alone never waits
 * behind another. */
#ifndef CLUSTER_CAPACITY_H
#define CLUSTER_CAPACITY_H

#include "engine/options.h"
#include "engine/random.h"

typedef struct PoolConfig {
    char *accelerator; /* "H100" */
    int64_t reserved_gpus;
    int64_t on_demand_gpus;           /* absent: unlimited */
    Distribution on_demand_available; /* lengths of alternating periods, beginning with an available
                                         one; */
    Distribution on_demand_stocked_out; /* absent: always available */
    char *on_demand_file;    /* recorded capacity: CSV "time_s,on_demand_gpus"; instead of the three
                                above */
    int64_t quota_gpus;      /* absent: none */
    double usd_per_gpu_hour; /* absent: the list price */
    double reserved_usd_per_gpu_hour; /* absent: the on-demand price */
} PoolConfig;

extern const Option pool_options[];

void pool_config_check(const void *config, const Error *where, ErrorList *errors);

/* List price of an accelerator in USD per GPU-hour; NAN when it is not listed. */
double price_list_usd_per_gpu_hour(const char *accelerator);
/* The accelerators of the price list, NULL-terminated; count without the NULL in *count (may be
 * NULL). */
const char *const *price_list_accelerators(size_t *count);

#endif
