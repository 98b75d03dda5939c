// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as the recorded capacity of a pool (on_demand_file): refused, or times that rise and
 * GPUs that are not negative. */
#include "cluster/cluster.h"
#include "fuzzing.h"

#include "base/memory.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ErrorList errors = {0};
    PoolConfig config = {0};
    options_set_defaults(pool_options, &config);
    config.accelerator = memory_text("H100");
    config.on_demand_file = memory_text(fuzz_file(0, data, size));
    Pool pool;
    const bool read = pool_init(&pool, &config, NULL, 1, 0, &errors);
    fuzz_errors(&errors, !read);
    sim_time last = -1;
    while (read && pool.next_change != SIM_TIME_NEVER) {
        fuzz_require(pool.next_change > last, "times rise");
        last = pool.next_change;
        pool_change(&pool);
        fuzz_require(pool.on_demand_limit >= 0, "no negative GPUs");
    }
    pool_clear(&pool);
    options_clear(pool_options, &config);
    free(config.accelerator);
    return 0;
}
