// SPDX-License-Identifier: GPL-3.0-or-later
/* How long a replica's start takes, phase by phase (SPEC 6). All draws of one start are made at
 * once, from a stream of its own named after deployment and replica number, so that the n-th start
 * of a deployment has the same luck under every policy. */
#ifndef CLUSTER_COLD_START_H
#define CLUSTER_COLD_START_H

#include "engine/distribution.h"
#include "engine/options.h"

/* A phase given as a plain duration is a mean, to which cv and the tail apply; given as a
 * distribution it stands by itself. */
typedef struct ColdStartConfig {
    Distribution total; /* given: the whole start from the grant of GPUs to serving, exactly so; no
                           phases */
    Distribution node_allocation;
    Distribution downloading_model; /* absent: weight bytes / bandwidth */
    Distribution initializing; /* absent: initialize_base + initialize_s_per_gb_per_gpu * GB per GPU
                                */
    Distribution routing_lag;
    double bandwidth_gb_per_s;
    double cold_bandwidth_gb_per_s; /* of a model's first start in a run, with cold_region */
    bool cold_region;
    sim_time initialize_base;
    double initialize_s_per_gb_per_gpu;
    double cv;
    double tail_probability;
    double tail_factor;
} ColdStartConfig;

/* An absent OPTION_SPAN is a fixed distribution of NAN. */
extern const Option cold_start_options[];

/* Durations of one start from the grant of its GPUs on. */
typedef struct ColdStart {
    sim_time node_allocation; /* spent in pending_scheduling */
    sim_time downloading_model;
    sim_time initializing;
    sim_time routing_lag; /* ready, not routed to */
    bool cold_download;   /* at cold_bandwidth_gb_per_s */
} ColdStart;

typedef struct ColdStartModel {
    double weight_bytes;
    int64_t accelerator_count;
} ColdStartModel;

/* first_of_model: no replica of this model has started or been warm before in this run. */
ColdStart cold_start_draw(const ColdStartConfig *config, const ColdStartModel *model,
                          bool first_of_model, uint64_t seed, uint64_t replication,
                          const char *deployment, uint32_t replica);

/* Mean of each phase, without the tail; all zero but `initializing` when the start is given in
 * one. */
ColdStart cold_start_mean(const ColdStartConfig *config, const ColdStartModel *model,
                          bool first_of_model);

/* Mean of the whole start in seconds, for the summary of a scenario. */
double cold_start_mean_s(const ColdStartConfig *config, const ColdStartModel *model);

#endif
