// SPDX-License-Identifier: GPL-3.0-or-later
/* What a scenario says of a pool, and what a GPU-hour costs. Prices: fireworks.ai/pricing from
 * 2026-09-01 (A100: the last one published, 2025), as gathered in reference/fireworks.md,
 * section 5. */
#include "cluster/capacity.h"

#include <math.h>
#include <string.h>

#define GPUS_MOST 10000000

/* clang-format off */
#define ROW(member, type, basis) OPTION_ROW(PoolConfig, member, type, basis)
const Option pool_options[] = {
    {ROW(reserved_gpus, INTEGER, OURS), .minimum = 0, .maximum = GPUS_MOST, .default_text = "0",
     .help = "GPUs of a reservation: granted at once, always, and paid for all the time"},
    {ROW(on_demand_gpus, INTEGER, ASSUMED), .minimum = 0, .maximum = GPUS_MOST,
     .help = "GPUs beyond the reservation; absent: unlimited"},
    {ROW(on_demand_available, SPAN, ASSUMED), .minimum = 0.001, .maximum = 315360000,
     .help = "length of a period with on-demand GPUs; absent: they are always there"},
    {ROW(on_demand_stocked_out, SPAN, ASSUMED), .minimum = 0.001, .maximum = 315360000,
     .help = "length of a period without on-demand GPUs, between two with"},
    {ROW(on_demand_file, TEXT, OURS), .is_file = true,
     .help = "recorded on-demand capacity: CSV with the columns time_s, on_demand_gpus"},
    {ROW(quota_gpus, INTEGER, ASSUMED), .minimum = 0, .maximum = GPUS_MOST,
     .help = "the account's quota, reservation included; absent: none"},
    {ROW(usd_per_gpu_hour, NUMBER, DOCUMENTED), .minimum = 0, .maximum = 1e6,
     .help = "on-demand price; absent: the list price"},
    {ROW(reserved_usd_per_gpu_hour, NUMBER, ASSUMED), .minimum = 0, .maximum = 1e6,
     .needs = "reserved_gpus",
     .help = "price of a reserved GPU, used or not; absent: the on-demand price"},
    OPTION_END};
#undef ROW
/* clang-format on */

static bool is_given(const Distribution *span) {
    return !(span->kind == DISTRIBUTION_FIXED && isnan(span->a));
}

void pool_config_check(const void *of, const Error *where, ErrorList *errors) {
    const PoolConfig *config = of;
    const bool available = is_given(&config->on_demand_available);
    const bool stocked_out = is_given(&config->on_demand_stocked_out);
    if (available && !stocked_out) {
        error_add_at(where, "on_demand_available",
                     "on_demand_available without on_demand_stocked_out",
                     "both, for the periods alternate", errors);
    }
    if (stocked_out && !available) {
        error_add_at(where, "on_demand_stocked_out",
                     "on_demand_stocked_out without on_demand_available",
                     "both, for the periods alternate", errors);
    }
    const bool simulated =
        available || stocked_out || config->on_demand_gpus != OPTION_ABSENT_INTEGER;
    if (config->on_demand_file != NULL && simulated) {
        error_add_at(where, "on_demand_file", "on_demand_file beside simulated on-demand capacity",
                     "either the file, or on_demand_gpus and its periods", errors);
    }
}

/* Prices ------------------------------------------------------------------------------------- */

static const char *const priced[] = {"H100", "H200", "B200", "B300", "GB300", "A100", NULL};
static const double prices[] = {8.0, 8.0, 13.0, 15.0, 20.0, 2.9};

double price_list_usd_per_gpu_hour(const char *accelerator) {
    for (size_t i = 0; priced[i] != NULL; i++) {
        if (strcmp(priced[i], accelerator) == 0) {
            return prices[i];
        }
    }
    return NAN;
}

const char *const *price_list_accelerators(size_t *count) {
    if (count != NULL) {
        *count = sizeof prices / sizeof prices[0];
    }
    return priced;
}
