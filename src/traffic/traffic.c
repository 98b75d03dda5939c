// SPDX-License-Identifier: GPL-3.0-or-later
/* The table of kinds. */
#include "traffic/traffic.h"

#include "traffic/client_mix.h"
#include "traffic/closed_loop.h"
#include "traffic/diurnal.h"
#include "traffic/flash_crowd.h"
#include "traffic/mmpp.h"
#include "traffic/onoff.h"
#include "traffic/piecewise.h"
#include "traffic/presets.h"
#include "traffic/ramp.h"
#include "traffic/renewal.h"
#include "traffic/trace.h"

#include <string.h>

const TrafficKind traffic_kinds[] = {
    {
        .name = "trace",
        .help = "a recorded file: any of the field's formats, told by its content",
        .options = trace_options,
        .config_size = sizeof(TraceConfig),
        .check = trace_check,
        .open = trace_open,
        .begins = trace_begins,
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
    {
        .name = "weibull",
        .help = "independent gaps, heavy-tailed below shape 1",
        .options = weibull_options,
        .config_size = sizeof(RenewalConfig),
        .endless = true,
        .check = renewal_check,
        .open = weibull_open,
    },
    {
        .name = "mmpp",
        .help = "a Poisson process whose rate jumps between hidden states",
        .options = mmpp_options,
        .config_size = sizeof(MmppConfig),
        .endless = true,
        .check = mmpp_check,
        .open = mmpp_open,
    },
    {
        .name = "ramp",
        .help = "a rate that goes from one value to another over a time",
        .options = ramp_options,
        .config_size = sizeof(RampConfig),
        .endless = true,
        .check = ramp_check,
        .open = ramp_open,
    },
    {
        .name = "step",
        .help = "a rate that jumps from one value to another",
        .options = step_options,
        .config_size = sizeof(RampConfig),
        .endless = true,
        .check = step_check,
        .open = step_open,
    },
    {
        .name = "flash_crowd",
        .help = "a base rate, a rise to a peak, and a decay",
        .options = flash_crowd_options,
        .config_size = sizeof(FlashCrowdConfig),
        .endless = true,
        .check = flash_crowd_check,
        .open = flash_crowd_open,
    },
    {
        .name = "client_mix",
        .help = "many clients of unequal weight and burstiness",
        .options = client_mix_options,
        .config_size = sizeof(ClientMixConfig),
        .endless = true,
        .check = client_mix_check,
        .open = client_mix_open,
    },
    {
        .name = "closed_loop",
        .help = "users who wait for each answer, think, and send again",
        .options = closed_loop_options,
        .config_size = sizeof(ClosedLoopConfig),
        .endless = true,
        .check = closed_loop_check,
        .open = closed_loop_open,
    },
    {
        .name = "preset",
        .help = "published traffic by name",
        .options = preset_options,
        .config_size = sizeof(PresetConfig),
        .endless = true,
        .check = preset_check,
        .open = preset_open,
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
