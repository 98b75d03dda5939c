// SPDX-License-Identifier: GPL-3.0-or-later
/* A block's id stands for all before it too, so a block that has come before came with them: what a
 * cache without end would hit is what has been seen. Ids are sampled by value, so that all
 * references to one are looked at or none is; each counts for as many as its chance was small. */
#include "traffic/past_shares.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "traffic/prompt_hashes.h"

#include <math.h>
#include <stdlib.h>

void past_shares_init(PastShares *self) {
    *self = (PastShares){.weight = 1};
}

void past_shares_clear(PastShares *self) {
    free(self->seen);
    self->seen = NULL;
}

/* Its place, or where it would be put. */
static uint64_t *place_of(const PastShares *self, uint64_t id) {
    size_t i = (size_t)(id & (self->seen_room - 1));
    while (self->seen[i] != 0 && self->seen[i] != id) {
        i = (i + 1) & (self->seen_room - 1);
    }
    return &self->seen[i];
}

static bool is_sampled(const PastShares *self, uint64_t id) {
    return self->sampled_below == 0 || id < self->sampled_below;
}

/* Puts all that are still sampled into a table of so many places. */
static void rehash(PastShares *self, size_t room) {
    uint64_t *const old = self->seen;
    const size_t old_room = self->seen_room;
    self->seen = memory_new(room, sizeof *self->seen);
    self->seen_room = room;
    self->seen_count = 0;
    for (size_t i = 0; i < old_room; i++) {
        if (old[i] != 0 && is_sampled(self, old[i])) {
            *place_of(self, old[i]) = old[i];
            self->seen_count++;
        }
    }
    free(old);
}

static void make_room(PastShares *self) {
    enum { FIRST_ROOM = 1024 };
    if (self->seen_count == PAST_SHARES_BLOCKS) {
        self->sampled_below =
            self->sampled_below == 0 ? UINT64_C(1) << 63 : self->sampled_below / 2;
        self->weight *= 2;
        rehash(self, self->seen_room);
    } else if (2 * self->seen_count >= self->seen_room) {
        rehash(self, self->seen_room == 0 ? FIRST_ROOM : 2 * self->seen_room);
    }
    asim_assert(2 * self->seen_count <= self->seen_room);
}

static void add_block(PastShares *self, uint64_t id, uint32_t tokens) {
    const uint64_t mixed = prompt_hash_mixed(id) | 1; /* 0 is a free place */
    if (!is_sampled(self, mixed)) {
        return;
    }
    uint64_t *place = self->seen_room > 0 ? place_of(self, mixed) : NULL;
    if (place != NULL && *place == mixed) {
        self->seen_tokens += self->weight * tokens;
        return;
    }
    make_room(self);
    if (is_sampled(self, mixed)) {
        *place_of(self, mixed) = mixed;
        self->seen_count++;
    }
}

static void add_hashes(PastShares *self, const asim_arrival *arrival) {
    const asim_prompt_hashes *hashes = arrival->past.hashes;
    uint32_t left = arrival->prompt_tokens;
    self->hashed++;
    for (uint32_t i = 0; i < hashes->count && left > 0; i++) {
        const uint32_t tokens = left < hashes->block_tokens ? left : hashes->block_tokens;
        add_block(self, hashes->ids[i], tokens);
        left -= tokens;
    }
}

void past_shares_add(PastShares *self, const asim_arrival *block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        self->prompt_tokens += block[i].prompt_tokens;
        if (block[i].past_kind == ASIM_PAST_HASHES) {
            add_hashes(self, &block[i]);
        } else if (block[i].past_kind == ASIM_PAST_CACHED) {
            self->cached++;
            self->cached_tokens += block[i].past.seen.tokens;
        }
    }
}

double past_shares_cached(const PastShares *self) {
    return self->cached_tokens > 0 ? (double)self->cached_tokens / (double)self->prompt_tokens
                                   : NAN;
}

double past_shares_seen(const PastShares *self) {
    return self->hashed > 0 ? self->seen_tokens / (double)self->prompt_tokens : NAN;
}
