// SPDX-License-Identifier: GPL-3.0-or-later
/* Renewal processes. Gaps are added up in whole nanoseconds with the fraction carried along, so
 * that neither the rate nor the order suffers, however long the run. */
#include "traffic/renewal.h"

#include <gsl/gsl_randist.h>
#include <math.h>

typedef struct RenewalSource {
    SyntheticSource common;
    sim_time clock;
    double fraction; /* of a nanosecond, of the clock */
    double mean_gap_ns;
    double shape;    /* gamma */
    uint64_t number; /* constant: of the next request */
} RenewalSource;

static RenewalSource *renewal_new(const RenewalConfig *config, const TrafficContext *context,
                                  size_t (*fill)(SyntheticSource *, asim_arrival *, size_t)) {
    RenewalSource *source = synthetic_new(sizeof *source, &config->common, context, fill);
    source->clock = config->common.start;
    source->mean_gap_ns = 1e9 / config->rate_per_s;
    return source;
}

void renewal_check(const void *config_, const Error *where, ErrorList *errors) {
    const RenewalConfig *config = config_;
    synthetic_require(config->rate_per_s, "rate_per_s", where, errors);
    synthetic_check(&config->common, where, errors);
}

/* Constant --------------------------------------------------------------------------------------
 */

const Option constant_options[] = {
    SYNTHETIC_RATE(RenewalConfig, rate_per_s, "rate_per_s",
                   "requests per second, evenly spaced from the start on"),
    SYNTHETIC_OPTIONS(RenewalConfig, common),
    OPTION_END,
};

/* Request i comes at start + i x gap, each rounded by itself. */
static size_t constant_fill(SyntheticSource *common, asim_arrival *block, size_t room) {
    RenewalSource *source = (RenewalSource *)common;
    for (size_t i = 0; i < room; i++) {
        const double since = rint((double)source->number * source->mean_gap_ns);
        if (!(since < (double)SIM_TIME_LONGEST) ||
            common->start + (sim_time)since >= common->stop) {
            return i;
        }
        block[i].time = common->start + (sim_time)since;
        source->number++;
    }
    return room;
}

static asim_traffic_source *constant_begin(const void *config, const TrafficContext *context) {
    return &renewal_new(config, context, constant_fill)->common.base;
}

/* Poisson ---------------------------------------------------------------------------------------
 */

const Option poisson_options[] = {
    SYNTHETIC_RATE(RenewalConfig, rate_per_s, "rate_per_s", "requests per second, on average"),
    SYNTHETIC_OPTIONS(RenewalConfig, common),
    OPTION_END,
};

static size_t poisson_fill(SyntheticSource *common, asim_arrival *block, size_t room) {
    RenewalSource *source = (RenewalSource *)common;
    for (size_t i = 0; i < room; i++) {
        const double gap = random_exponential(&common->arrivals) * source->mean_gap_ns;
        if (!synthetic_step(&source->clock, &source->fraction, gap, common->stop)) {
            return i;
        }
        block[i].time = source->clock;
    }
    return room;
}

static asim_traffic_source *poisson_begin(const void *config, const TrafficContext *context) {
    return &renewal_new(config, context, poisson_fill)->common.base;
}

/* Gamma -----------------------------------------------------------------------------------------
 */

const Option gamma_options[] = {
    SYNTHETIC_RATE(RenewalConfig, rate_per_s, "rate_per_s", "requests per second, on average"),
    {.name = "cv",
     .type = OPTION_NUMBER,
     .offset = offsetof(RenewalConfig, cv),
     .minimum = 0,
     .maximum = 100,
     .above_minimum = true,
     .default_text = "1",
     .help = "coefficient of variation of the gaps: 1 is Poisson, above 1 bursty"},
    SYNTHETIC_OPTIONS(RenewalConfig, common),
    OPTION_END,
};

static size_t gamma_fill(SyntheticSource *common, asim_arrival *block, size_t room) {
    RenewalSource *source = (RenewalSource *)common;
    const double scale = source->mean_gap_ns / source->shape;
    for (size_t i = 0; i < room; i++) {
        const double gap = gsl_ran_gamma(&common->arrivals.gsl, source->shape, scale);
        if (!synthetic_step(&source->clock, &source->fraction, gap, common->stop)) {
            return i;
        }
        block[i].time = source->clock;
    }
    return room;
}

static asim_traffic_source *gamma_begin(const void *config_, const TrafficContext *context) {
    const RenewalConfig *config = config_;
    RenewalSource *source = renewal_new(config, context, gamma_fill);
    source->shape = 1 / (config->cv * config->cv);
    return &source->common.base;
}

/* Weibull ---------------------------------------------------------------------------------------
 */

const Option weibull_options[] = {
    SYNTHETIC_RATE(RenewalConfig, rate_per_s, "rate_per_s", "requests per second, on average"),
    {.name = "shape",
     .type = OPTION_NUMBER,
     .offset = offsetof(RenewalConfig, shape),
     .minimum = 0.1,
     .maximum = 100,
     .default_text = "1",
     .help = "shape of the gaps: 1 is Poisson, below 1 bursty"},
    SYNTHETIC_OPTIONS(RenewalConfig, common),
    OPTION_END,
};

/* The gap is scale x E^(1 / shape) with E exponential; its mean is scale x Gamma(1 + 1 / shape). */
static size_t weibull_fill(SyntheticSource *common, asim_arrival *block, size_t room) {
    RenewalSource *source = (RenewalSource *)common;
    const double scale = source->mean_gap_ns / tgamma(1 + 1 / source->shape);
    for (size_t i = 0; i < room; i++) {
        const double gap = scale * pow(random_exponential(&common->arrivals), 1 / source->shape);
        if (!synthetic_step(&source->clock, &source->fraction, gap, common->stop)) {
            return i;
        }
        block[i].time = source->clock;
    }
    return room;
}

static asim_traffic_source *weibull_begin(const void *config_, const TrafficContext *context) {
    const RenewalConfig *config = config_;
    RenewalSource *source = renewal_new(config, context, weibull_fill);
    source->shape = config->shape;
    return &source->common.base;
}

/* Opening -----------------------------------------------------------------------------------------
 */

asim_traffic_source *constant_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const RenewalConfig *)config)->common, context,
                          constant_begin);
}

asim_traffic_source *poisson_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const RenewalConfig *)config)->common, context, poisson_begin);
}

asim_traffic_source *gamma_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const RenewalConfig *)config)->common, context, gamma_begin);
}

asim_traffic_source *weibull_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const RenewalConfig *)config)->common, context, weibull_begin);
}
