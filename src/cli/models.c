// SPDX-License-Identifier: GPL-3.0-or-later
/* `models`: what the catalogue knows, with the source of each measured profile. */
#include "base/terminal.h"
#include "cli/commands.h"
#include "scenario/catalogue.h"

#include <stdio.h>

int command_models(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    Table table = {0};
    table_columns(&table, "%-28s %-6s %5s %-5s %-8s %9s %9s %9s  %-s");
    table_head(&table, "model\tgpu\tcount\tprec\tengine\tc0 ms\tTPOT err\tpoints\tsource");
    for (size_t i = 0; i < catalogue.profile_count; i++) {
        const CatalogueProfile *profile = &catalogue.profiles[i];
        char error[16] = "-"; /* kernels were measured, not whole iterations */
        if (profile->points > 0) {
            snprintf(error, sizeof error, "%.1f %%", profile->tpot_error_percent);
        }
        table_row(&table, "%s\t%s\t%lld\t%s\t%s\t%.2f\t%s\t%lld\t%s", profile->model->name,
                  profile->accelerator->name, (long long)profile->accelerator_count,
                  catalogue_precision_name(profile->precision), profile->engine, profile->c0_ms,
                  error, (long long)profile->points, profile->source);
    }
    table_print(&table, stdout);
    printf("\nTPOT err: mean |fit - measured| / measured of the time per output token. Of rows "
           "that are alike "
           "the first is used.\nOther combinations, and models described by parameters_b, follow a "
           "physics rule (not "
           "measured).\n");
    return STATUS_DONE;
}
