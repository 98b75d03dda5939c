// SPDX-License-Identifier: GPL-3.0-or-later
/* GET /metrics, in Prometheus' text format: under the names and labels of Fireworks' own export
 * (docs.fireworks.ai/deployments/exporting-metrics) what that has, rates and histograms over the
 * last minute, of which the run has them; and under autoscale_sim_ the counters and gauges that it
 * lacks.
 *
 * The minute is the wall's, in which scrapers live, so that at any speed one scrape a minute misses
 * nothing; the seconds of "per second" are simulated. */
#ifndef SERVE_PROMETHEUS_H
#define SERVE_PROMETHEUS_H

#include "base/text.h"
#include "serve/inference.h"

typedef struct Prometheus Prometheus;

/* The scenario is lent. */
Prometheus *prometheus_create(const Scenario *scenario);
void prometheus_destroy(Prometheus *prometheus);
/* It hears of each request that ends. */
asim_observer prometheus_observer(Prometheus *prometheus);

/* Notes the counters, for rates, when it is time again: to be called often. */
void prometheus_note(Prometheus *prometheus, Live *live, int64_t wall);
void prometheus_write(const Prometheus *prometheus, const Pace *pace, const Inference *inference,
                      int64_t wall, Text *text);

#endif
