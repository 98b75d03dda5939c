// SPDX-License-Identifier: GPL-3.0-or-later
/* The piecewise-linear source: the points are the segments' ends. */
#include "traffic/piecewise.h"

#include "traffic/intensity.h"

typedef struct PiecewiseSource {
    IntensitySource intensity;
    const PiecewiseConfig *config;
    size_t next; /* the point that ends the segment */
} PiecewiseSource;

const Option piecewise_options[] = {
    {.name = "points",
     .type = OPTION_POINTS,
     .offset = offsetof(PiecewiseConfig, points),
     .maximum = SYNTHETIC_RATE_MOST,
     .help = "[time since start, requests per second] pairs, joined by straight lines; the first "
             "and the last rate hold before and after"},
    INTENSITY_OPTIONS(PiecewiseConfig, intensity),
    OPTION_END,
};

void piecewise_check(const void *config_, const Error *where, ErrorList *errors) {
    const PiecewiseConfig *config = config_;
    if (config->points.count == 0) {
        error_add_at(where, "points", "nothing",
                     "pairs of a time and a rate, such as [[\"0s\", 1], [\"10m\", 5]]", errors);
    }
    synthetic_check(&config->intensity.common, where, errors);
}

static void piecewise_segment(IntensitySource *intensity) {
    PiecewiseSource *source = (PiecewiseSource *)intensity;
    const OptionPoints *points = &source->config->points;
    const sim_time start = intensity->common.start;
    while (source->next > 0 && start + points->times[source->next - 1] > intensity->begin) {
        source->next--;
    }
    while (source->next < points->count &&
           start + points->times[source->next] <= intensity->begin) {
        source->next++;
    }
    const size_t next = source->next;
    const double before = points->values[next > 0 ? next - 1 : 0];
    if (next == points->count) {
        intensity->end = SIM_TIME_NEVER;
        intensity_rates(intensity, before, before);
    } else {
        intensity->end = start + points->times[next];
        intensity_rates(intensity, before, points->values[next]);
    }
}

static asim_traffic_source *piecewise_begin(const void *config_, const TrafficContext *context) {
    const PiecewiseConfig *config = config_;
    PiecewiseSource *source =
        intensity_new(sizeof *source, &config->intensity.common, context, piecewise_segment, NULL);
    source->config = config;
    intensity_disperse(&source->intensity, &config->intensity, context);
    return &source->intensity.common.base;
}

asim_traffic_source *piecewise_open(const void *config, const TrafficContext *context) {
    return synthetic_open(config, &((const PiecewiseConfig *)config)->intensity.common, context,
                          piecewise_begin);
}
