// SPDX-License-Identifier: GPL-3.0-or-later
/* `models`: what the catalogue knows, with the source of each measured profile. */
#include "cli/commands.h"
#include "scenario/catalogue.h"

#include <stdio.h>

int command_models(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    printf("%-28s %-6s %5s %-5s %-8s %9s %9s %9s  %s\n", "model", "gpu", "count", "prec", "engine",
           "c0 ms", "TPOT err", "points", "source");
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *profile = &catalogue.profiles[i];
        char error[16] = "-"; /* kernels were measured, not whole iterations */
        if (profile->points > 0) {
            snprintf(error, sizeof error, "%.1f %%", profile->tpot_error_percent);
        }
        printf("%-28s %-6s %5lld %-5s %-8s %9.2f %9s %9lld  %s\n", profile->model->name,
               profile->accelerator->name, (long long)profile->accelerator_count,
               catalogue_precision_name(profile->precision), profile->engine, profile->c0_ms, error,
               (long long)profile->points, profile->source);
    }
    printf("\nTPOT err: mean |fit - measured| / measured of the time per output token. Of rows "
           "that are alike "
           "the first is used.\nOther combinations, and models described by parameters_b, follow a "
           "physics rule (not "
           "measured).\n");
    return STATUS_DONE;
}
