// SPDX-License-Identifier: GPL-3.0-or-later
/* Published traffic by name: synthetic sources with the parameters of real services, as data with
 * their sources. */
#ifndef TRAFFIC_PRESETS_H
#define TRAFFIC_PRESETS_H

#include "traffic/synthetic.h"

typedef struct PresetConfig {
    SyntheticConfig common; /* lengths, if given, replace the preset's */
    int name;               /* index into traffic_preset_choices */
} PresetConfig;

typedef struct TrafficPreset {
    const char *name;
    const char *help;    /* one line: what it is like */
    const char *source;  /* where the parameters come from */
    const char *kind;    /* of the source that it is */
    const char *lengths; /* name of its length table */
    /* diurnal */
    double mean_rate_per_s, weekend_factor;
    double amplitudes[3], peak_hours[3]; /* as many as are above 0 */
    double hourly_rates[24];             /* instead of mean rate and harmonics */
    double dispersion;                   /* per 10 s */
    /* onoff */
    double on_rate_per_s, on_s, on_cv, off_s;
    /* flash_crowd */
    double base_rate_per_s, peak_rate_per_s, at_s, rise_s, decay_s;
    /* client_mix */
    double clients, zipf_exponent, cv;
} TrafficPreset;

/* Ends with a row whose name is NULL. */
extern const TrafficPreset traffic_presets[];
extern const char *const traffic_preset_choices[];

extern const Option preset_options[];
void preset_check(const void *config, const Error *where, ErrorList *errors);
asim_traffic_source *preset_open(const void *config, const TrafficContext *context);

#endif
