// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of kinds. */
#include "traffic/traffic.h"

#include "traffic/diurnal.h"
#include "traffic/onoff.h"
#include "traffic/piecewise.h"
#include "traffic/renewal.h"
#include "traffic/trace.h"

#include <string.h>

const TrafficKind traffic_kinds[] = {
    {
        .name = "trace",
        .help = "a recorded file: Azure, BurstGPT, Mooncake, counts per bin, any CSV",
        .options = trace_options,
        .config_size = sizeof(TraceConfig),
        .check = trace_check,
        .open = trace_open,
    },
    {
        .name = "constant",
        .help = "evenly spaced requests",
        .options = constant_options,
        .config_size = sizeof(RenewalConfig),
        .endless = true,
        .check = renewal_check,
        .open = constant_open,
    },
    {
        .name = "poisson",
        .help = "independent requests at a steady rate",
        .options = poisson_options,
        .config_size = sizeof(RenewalConfig),
        .endless = true,
        .check = renewal_check,
        .open = poisson_open,
    },
    {
        .name = "gamma",
        .help = "independent gaps of a given burstiness",
        .options = gamma_options,
        .config_size = sizeof(RenewalConfig),
        .endless = true,
        .check = renewal_check,
        .open = gamma_open,
    },
    {
        .name = "onoff",
        .help = "bursts and pauses of random length",
        .options = onoff_options,
        .config_size = sizeof(OnOffConfig),
        .endless = true,
        .check = onoff_check,
        .open = onoff_open,
    },
    {
        .name = "diurnal",
        .help = "a rate that follows the time of day and the weekend",
        .options = diurnal_options,
        .config_size = sizeof(DiurnalConfig),
        .endless = true,
        .check = diurnal_check,
        .open = diurnal_open,
    },
    {
        .name = "piecewise",
        .help = "a rate along straight lines between given points",
        .options = piecewise_options,
        .config_size = sizeof(PiecewiseConfig),
        .endless = true,
        .check = piecewise_check,
        .open = piecewise_open,
    },
    {.name = NULL},
};

const TrafficKind *traffic_kind_find(const char *name) {
    for (const TrafficKind *kind = traffic_kinds; kind->name != NULL; kind++) {
        if (strcmp(kind->name, name) == 0) {
            return kind;
        }
    }
    return NULL;
}

const char *traffic_kind_nearest(const char *name) {
    enum { KINDS = sizeof traffic_kinds / sizeof traffic_kinds[0] - 1 };
    const char *names[KINDS];
    for (size_t i = 0; i < KINDS; i++) {
        names[i] = traffic_kinds[i].name;
    }
    return error_nearest(name, names, KINDS);
}
