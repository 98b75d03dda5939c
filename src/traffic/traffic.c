// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of kinds, in the order in which they are told. */
#include "traffic/traffic.h"

#include <string.h>

const TrafficKind *const traffic_kinds[] = {
    &trace_kind,
    &constant_kind,
    &poisson_kind,
    &gamma_kind,
    &onoff_kind,
    &diurnal_kind,
    &piecewise_kind,
    &weibull_kind,
    &mmpp_kind,
    &ramp_kind,
    &step_kind,
    &flash_crowd_kind,
    &client_mix_kind,
    &closed_loop_kind,
    &conversation_kind,
    &preset_kind,
    NULL,
};

const TrafficKind *traffic_kind_find(const char *name) {
    for (const TrafficKind *const *kind = traffic_kinds; *kind != NULL; kind++) {
        if (strcmp((*kind)->name, name) == 0) {
            return *kind;
        }
    }
    return NULL;
}

const char *traffic_kind_nearest(const char *name) {
    NearestName nearest = {.word = name};
    for (size_t i = 0; i < sizeof traffic_kinds / sizeof traffic_kinds[0] - 1; i++) {
        nearest_try(&nearest, traffic_kinds[i]->name);
    }
    return nearest.name;
}
