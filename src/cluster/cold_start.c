// SPDX-License-Identifier: GPL-3.0-or-later
/* A replica's start as four phases. Defaults are fitted to published figures
 * (model 6): an 8B replica starts in about a minute, a 405B one in
 * several. Each phase draws from a stream named after deployment, replica and phase, and within it
 * the tail comes before the duration: so no setting of one phase, and no choice of policy, changes
 * the luck of another. */
#include "cluster/config.h"

#include "engine/random.h"
#include "engine/sim_time.h"

#include <math.h>

static const double longest_s = 315360000.0; /* ten years of 365 days */

/* What stands in the place of phases, and of what their durations would follow from. */
static const char *const whole[] = {"total", NULL};
static const char *const whole_or_download[] = {"total", "downloading_model", NULL};
static const char *const whole_or_initializing[] = {"total", "initializing", NULL};

#define ROW(member, type, basis) OPTION_ROW(ColdStartConfig, member, type, basis)
const Option cold_start_options[] = {
    {ROW(total, SPAN, ASSUMED), .maximum = 31536000,
     .help = "whole start from the grant of GPUs to the first request, instead of phases"},
    {ROW(node_allocation, SPAN, ASSUMED), .maximum = 31536000, .default_text = "10s",
     .not_with = whole, .help = "time to get a node once GPUs are granted"},
    {ROW(downloading_model, SPAN, ASSUMED), .maximum = 31536000, .not_with = whole,
     .help = "time to download the weights; absent: weights / bandwidth"},
    {ROW(initializing, SPAN, ASSUMED), .maximum = 31536000, .not_with = whole,
     .help = "time to load weights and warm up; absent: initialize_base + GB per GPU"},
    {ROW(routing_lag, SPAN, ASSUMED), .maximum = 31536000, .default_text = "10s", .not_with = whole,
     .help = "from ready to the first request routed to it"},
    {ROW(bandwidth_gb_per_s, NUMBER, ASSUMED), .minimum = 0.001, .maximum = 1e6,
     .default_text = "12.5", .not_with = whole_or_download,
     .help = "download of weights from a warm cache, 10^9 bytes per second"},
    {ROW(cold_bandwidth_gb_per_s, NUMBER, ASSUMED), .minimum = 0.001, .maximum = 1e6,
     .default_text = "2", .needs = "cold_region", .not_with = whole_or_download,
     .help = "the same for a model's first start in a run, with cold_region"},
    {ROW(cold_region, BOOLEAN, ASSUMED), .default_text = "false", .not_with = whole_or_download,
     .help = "the region's cache does not hold the model when the run begins"},
    {ROW(initialize_base, DURATION, ASSUMED), .maximum = 86400, .default_text = "35s",
     .not_with = whole_or_initializing,
     .help = "initialisation that does not depend on the model's size"},
    {ROW(initialize_s_per_gb_per_gpu, NUMBER, ASSUMED), .maximum = 1000, .default_text = "0.4",
     .not_with = whole_or_initializing,
     .help = "seconds of initialisation per GB of weights on each GPU"},
    {ROW(cv, NUMBER, ASSUMED), .maximum = 10, .default_text = "0.35", .not_with = whole,
     .help = "coefficient of variation of each phase's lognormal factor; 0 = none"},
    {ROW(tail_probability, NUMBER, ASSUMED), .maximum = 1, .default_text = "0", .not_with = whole,
     .help = "probability that a phase takes tail_factor times as long"},
    {ROW(tail_factor, NUMBER, ASSUMED), .minimum = 1, .maximum = 1000, .default_text = "3",
     .needs = "tail_probability", .not_with = whole, .help = "how much longer such a phase takes"},
    OPTION_END,
};

/* A phase by itself: given as a distribution, or else as a mean to which cv and the tail apply. */
typedef struct Phase {
    const char *name;
    const Distribution *given; /* a distribution that stands by itself; NULL: mean_s */
    double mean_s;
} Phase;

static Phase phase_from(const char *name, const Distribution *span, double otherwise_s) {
    if (span->kind != DISTRIBUTION_FIXED) {
        return (Phase){.name = name, .given = span, .mean_s = distribution_mean(span)};
    }
    return (Phase){.name = name, .mean_s = distribution_is_given(span) ? span->a : otherwise_s};
}

/* A given download has nothing to do with bandwidths. */
static bool comes_cold(const ColdStartConfig *config, bool first) {
    return config->cold_region && first && !distribution_is_given(&config->downloading_model);
}

enum { PHASES = 4 };

static void list_phases(const ColdStartConfig *config, const ColdStartModel *model, bool first,
                        Phase phases[PHASES]) {
    const double weights_gb = model->weight_bytes / 1e9;
    const double gb_per_s =
        comes_cold(config, first) ? config->cold_bandwidth_gb_per_s : config->bandwidth_gb_per_s;
    const double gb_per_gpu = weights_gb / (double)model->accelerator_count;
    const double initialize_s = sim_time_to_seconds(config->initialize_base) +
                                config->initialize_s_per_gb_per_gpu * gb_per_gpu;
    phases[0] = phase_from("node_allocation", &config->node_allocation, 0.0);
    phases[1] = phase_from("downloading_model", &config->downloading_model, weights_gb / gb_per_s);
    phases[2] = phase_from("initializing", &config->initializing, initialize_s);
    phases[3] = phase_from("routing_lag", &config->routing_lag, 0.0);
}

/* Lognormal with mean 1 and the given coefficient of variation, from a standard normal. */
static double lognormal_factor(double cv, double normal) {
    const double variance = log1p(cv * cv);
    return exp(sqrt(variance) * normal - variance / 2.0);
}

static sim_time bounded(double seconds) {
    return sim_time_from_seconds(fmin(seconds, longest_s));
}

static sim_time phase_draw(const Phase *phase, const ColdStartConfig *config,
                           RandomStream *stream) {
    const bool tail = random_uniform(stream) < config->tail_probability;
    if (phase->given != NULL) {
        return bounded(distribution_sample(phase->given, stream));
    }
    const double factor =
        config->cv > 0.0 ? lognormal_factor(config->cv, random_normal(stream)) : 1.0;
    return bounded(phase->mean_s * factor * (tail ? config->tail_factor : 1.0));
}

ColdStart cold_start_draw(const ColdStartConfig *config, const ColdStartModel *model,
                          bool first_of_model, uint64_t seed, uint64_t replication,
                          const char *deployment, uint32_t replica) {
    RandomStream stream;
    if (distribution_is_given(&config->total)) {
        random_stream_init_named(&stream, seed, replication, "cold_start.%u.total.%s",
                                 (unsigned)replica, deployment);
        return (ColdStart){.initializing = bounded(distribution_sample(&config->total, &stream))};
    }
    Phase phases[PHASES];
    sim_time spans[PHASES];
    list_phases(config, model, first_of_model, phases);
    for (int i = 0; i < PHASES; i++) {
        random_stream_init_named(&stream, seed, replication, "cold_start.%u.%s.%s",
                                 (unsigned)replica, phases[i].name, deployment);
        spans[i] = phase_draw(&phases[i], config, &stream);
    }
    return (ColdStart){spans[0], spans[1], spans[2], spans[3],
                       .cold_download = comes_cold(config, first_of_model)};
}

ColdStart cold_start_mean(const ColdStartConfig *config, const ColdStartModel *model,
                          bool first_of_model) {
    if (distribution_is_given(&config->total)) {
        return (ColdStart){.initializing = bounded(distribution_mean(&config->total))};
    }
    Phase phases[PHASES];
    list_phases(config, model, first_of_model, phases);
    return (ColdStart){bounded(phases[0].mean_s), bounded(phases[1].mean_s),
                       bounded(phases[2].mean_s), bounded(phases[3].mean_s),
                       .cold_download = comes_cold(config, first_of_model)};
}

double cold_start_mean_s(const ColdStartConfig *config, const ColdStartModel *model) {
    if (distribution_is_given(&config->total)) {
        return distribution_mean(&config->total);
    }
    const double tail = 1.0 + config->tail_probability * (config->tail_factor - 1.0);
    Phase phases[PHASES];
    list_phases(config, model, false, phases);
    double mean_s = 0.0;
    for (int i = 0; i < PHASES; i++) {
        mean_s += phases[i].given != NULL ? phases[i].mean_s : phases[i].mean_s * tail;
    }
    return mean_s;
}
