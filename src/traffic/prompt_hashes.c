// SPDX-License-Identifier: GPL-3.0-or-later
#include "traffic/prompt_hashes.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

asim_prompt_hashes *prompt_hashes_new(const uint64_t *ids, uint32_t count, uint32_t block_tokens) {
    asim_assert(block_tokens > 0);
    asim_prompt_hashes *hashes = memory_resize(NULL, sizeof *hashes + count * sizeof *ids, 1);
    atomic_init(&hashes->holders, 1);
    hashes->count = count;
    hashes->block_tokens = block_tokens;
    hashes->key = 0;
    memcpy(hashes->ids, ids, count * sizeof *ids);
    return hashes;
}

asim_prompt_hashes *prompt_hashes_hold(asim_prompt_hashes *hashes) {
    atomic_fetch_add_explicit(&hashes->holders, 1, memory_order_relaxed);
    return hashes;
}

void prompt_hashes_release(asim_prompt_hashes *hashes) {
    if (hashes && atomic_fetch_sub_explicit(&hashes->holders, 1, memory_order_acq_rel) == 1) {
        free(hashes);
    }
}
