// SPDX-License-Identifier: GPL-3.0-or-later
/* Pieces in a hash table, those with free blocks in a list by last use. One function changes a
 * piece (piece_change), so that the totals follow it everywhere. */
#include "cluster/prefix_cache.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>

#define NONE UINT32_MAX

void prefix_cache_init(PrefixCache *cache, uint32_t block_tokens) {
    asim_assert(block_tokens > 0 && (block_tokens & (block_tokens - 1)) == 0);
    *cache = (PrefixCache){.free_piece = NONE, .oldest = NONE, .newest = NONE};
    while (UINT32_C(1) << cache->block_bits < block_tokens) {
        cache->block_bits++;
    }
}

void prefix_cache_clear(PrefixCache *cache) {
    const uint32_t block_tokens = UINT32_C(1) << cache->block_bits;
    free(cache->pieces);
    free(cache->buckets);
    free(cache->lesser);
    free(cache->chain);
    prefix_cache_init(cache, block_tokens);
}

/* ---- What a prompt is made of ---- */

/* Which piece has the blocks of a prompt from `begin` to `end`. */
typedef struct Stretch {
    uint64_t id;
    uint32_t space;
    uint64_t begin, end;
} Stretch;

typedef enum Space { SPACE_BEGINNINGS, SPACE_CONVERSATIONS, SPACE_HASHES, SPACE_SEEN } Space;

static uint64_t hash_end(const PrefixCache *cache, const PrefixPrompt *prompt, uint32_t n) {
    const uint64_t end = (uint64_t)n * prompt->past.hashes->block_tokens;
    return (end < prompt->tokens ? end : prompt->tokens) >> cache->block_bits;
}

/* An id of a block by its content alone may come again behind another prefix: what names a block is
 * its id and all before it. */
static uint64_t chained(uint64_t before, uint64_t id) {
    uint64_t mixed = before * UINT64_C(0x9e3779b97f4a7c15) + id + 1;
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* `chain`: of a hashed block, its id and all before it. */
static Stretch stretch_at(const PrefixCache *cache, const PrefixPrompt *prompt, uint32_t n,
                          uint64_t chain) {
    Stretch stretch = {.id = prompt->past.seen.key, .end = UINT64_MAX};
    Space space = SPACE_SEEN;
    if (prompt->kind == ASIM_PAST_HASHES) {
        space = SPACE_HASHES;
        stretch.id = chain;
        stretch.begin = hash_end(cache, prompt, n);
        stretch.end = hash_end(cache, prompt, n + 1);
    } else if (prompt->kind == ASIM_PAST_CONVERSATION) {
        const uint32_t beginning = prompt->past.seen.tokens;
        space = n == 0 ? SPACE_BEGINNINGS : SPACE_CONVERSATIONS;
        stretch.id = n == 0 ? beginning : stretch.id;
        stretch.begin = n == 0 ? 0 : beginning >> cache->block_bits;
        stretch.end = n == 0 ? beginning >> cache->block_bits : UINT64_MAX;
    }
    stretch.space = (uint32_t)space << 16 | prompt->source;
    return stretch;
}

/* How many stretches begin before so many blocks. */
static uint32_t stretch_count(const PrefixCache *cache, const PrefixPrompt *prompt,
                              uint64_t blocks) {
    if (prompt->kind != ASIM_PAST_HASHES) {
        return prompt->kind == ASIM_PAST_CONVERSATION ? 2 : 1;
    }
    const asim_prompt_hashes *hashes = prompt->past.hashes;
    const uint64_t tokens = blocks << cache->block_bits;
    const uint64_t count = tokens / hashes->block_tokens + (tokens % hashes->block_tokens > 0);
    return count < hashes->count ? (uint32_t)count : hashes->count;
}

/* Of the first so many blocks of a prompt, those in a stretch. */
static uint32_t stretch_share(const Stretch *stretch, uint64_t blocks) {
    const uint64_t end = blocks < stretch->end ? blocks : stretch->end;
    return end > stretch->begin ? (uint32_t)(end - stretch->begin) : 0;
}

uint32_t prefix_cache_holds(const PrefixCache *cache, const PrefixPrompt *prompt, uint64_t tokens) {
    const uint64_t blocks = tokens >> cache->block_bits;
    asim_assert(blocks < UINT32_MAX);
    if (prompt->kind == ASIM_PAST_CACHED) {
        return 0;
    }
    if (prompt->kind == ASIM_PAST_CONVERSATION) {
        return (uint32_t)blocks;
    }
    const uint64_t most = hash_end(cache, prompt, prompt->past.hashes->count);
    return (uint32_t)(blocks < most ? blocks : most);
}

/* ---- The table ---- */

static uint32_t *bucket_of(const PrefixCache *cache, uint64_t id, uint32_t space) {
    uint64_t mixed = (id ^ (uint64_t)space << 32) * UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return &cache->buckets[(mixed >> 32) & (cache->room - 1)];
}

static uint32_t find(const PrefixCache *cache, const Stretch *stretch) {
    if (cache->piece_count == 0) {
        return NONE;
    }
    uint32_t index = *bucket_of(cache, stretch->id, stretch->space);
    while (index != NONE && (cache->pieces[index].id != stretch->id ||
                             cache->pieces[index].space != stretch->space)) {
        index = cache->pieces[index].next;
    }
    return index;
}

/* The pieces keep their places. */
static void grow(PrefixCache *cache) {
    const uint32_t before = cache->room;
    asim_assert(cache->free_piece == NONE && cache->piece_count == before);
    cache->room = before ? 2 * before : MEMORY_FIRST_ROOM(16);
    cache->pieces = memory_resize(cache->pieces, cache->room, sizeof *cache->pieces);
    cache->buckets = memory_resize(cache->buckets, cache->room, sizeof *cache->buckets);
    for (uint32_t i = 0; i < cache->room; i++) {
        cache->buckets[i] = NONE;
    }
    for (uint32_t i = 0; i < before; i++) {
        uint32_t *bucket = bucket_of(cache, cache->pieces[i].id, cache->pieces[i].space);
        cache->pieces[i].next = *bucket;
        *bucket = i;
    }
    for (uint32_t i = cache->room; i-- > before;) {
        cache->pieces[i].next = cache->free_piece;
        cache->free_piece = i;
    }
}

static uint32_t add(PrefixCache *cache, const Stretch *stretch) {
    if (cache->free_piece == NONE) {
        grow(cache);
    }
    const uint32_t index = cache->free_piece;
    PrefixPiece *piece = &cache->pieces[index];
    uint32_t *bucket = bucket_of(cache, stretch->id, stretch->space);
    cache->free_piece = piece->next;
    cache->piece_count++;
    *piece = (PrefixPiece){.id = stretch->id, .space = stretch->space, .next = *bucket};
    *bucket = index;
    return index;
}

static void drop(PrefixCache *cache, uint32_t index) {
    PrefixPiece *piece = &cache->pieces[index];
    asim_assert(piece->blocks == 0 && piece->held == 0);
    uint32_t *place = bucket_of(cache, piece->id, piece->space);
    while (*place != index) {
        asim_assert(*place != NONE);
        place = &cache->pieces[*place].next;
    }
    *place = piece->next;
    piece->next = cache->free_piece;
    cache->free_piece = index;
    cache->piece_count--;
}

/* ---- By last use ---- */

static void unlink_piece(PrefixCache *cache, const PrefixPiece *piece) {
    *(piece->older == NONE ? &cache->oldest : &cache->pieces[piece->older].newer) = piece->newer;
    *(piece->newer == NONE ? &cache->newest : &cache->pieces[piece->newer].older) = piece->older;
}

static void link_newest(PrefixCache *cache, uint32_t index) {
    PrefixPiece *piece = &cache->pieces[index];
    piece->older = cache->newest;
    piece->newer = NONE;
    *(cache->newest == NONE ? &cache->oldest : &cache->pieces[cache->newest].newer) = index;
    cache->newest = index;
}

/* ---- Who holds how much ---- */

static PrefixLesser *find_lesser(PrefixCache *cache, uint32_t piece, uint32_t blocks) {
    for (uint32_t i = 0; i < cache->lesser_count; i++) {
        if (cache->lesser[i].piece == piece && cache->lesser[i].blocks == blocks) {
            return &cache->lesser[i];
        }
    }
    return NULL;
}

static void add_lesser(PrefixCache *cache, uint32_t piece, uint32_t blocks, uint32_t holders) {
    PrefixLesser *lesser = find_lesser(cache, piece, blocks);
    if (lesser) {
        lesser->holders += holders;
        return;
    }
    if (cache->lesser_count == cache->lesser_room) {
        cache->lesser_room = cache->lesser_room ? 2 * cache->lesser_room : MEMORY_FIRST_ROOM(8);
        cache->lesser = memory_resize(cache->lesser, cache->lesser_room, sizeof *cache->lesser);
    }
    cache->lesser[cache->lesser_count++] = (PrefixLesser){piece, blocks, holders};
}

static void remove_lesser(PrefixCache *cache, PrefixLesser *lesser) {
    asim_assert(lesser && lesser->holders > 0);
    if (--lesser->holders == 0) {
        *lesser = cache->lesser[--cache->lesser_count];
    }
}

/* The last of those that held most has gone: now others do, or nobody. */
static void hold_less(PrefixCache *cache, uint32_t index) {
    PrefixLesser *most = NULL;
    for (uint32_t i = 0; i < cache->lesser_count; i++) {
        PrefixLesser *each = &cache->lesser[i];
        most = each->piece == index && (!most || each->blocks > most->blocks) ? each : most;
    }
    cache->pieces[index].held = most ? most->blocks : 0;
    cache->pieces[index].holders = most ? most->holders : 0;
    if (most) {
        *most = cache->lesser[--cache->lesser_count];
    }
}

static void hold(PrefixCache *cache, uint32_t index, uint32_t blocks) {
    PrefixPiece *piece = &cache->pieces[index];
    if (blocks < piece->held) {
        add_lesser(cache, index, blocks, 1);
        return;
    }
    if (blocks > piece->held) {
        if (piece->held > 0) {
            add_lesser(cache, index, piece->held, piece->holders);
        }
        piece->held = blocks;
        piece->holders = 0;
    }
    piece->holders++;
}

static void let_go(PrefixCache *cache, uint32_t index, uint32_t blocks) {
    PrefixPiece *piece = &cache->pieces[index];
    asim_assert(blocks <= piece->held);
    if (blocks < piece->held) {
        remove_lesser(cache, find_lesser(cache, index, blocks));
    } else if (--piece->holders == 0) {
        hold_less(cache, index);
    }
}

/* ---- Changes ---- */

/* It has at least so many blocks; a request holds `to` of them, where it held `from`; and it is the
 * most recently used. */
static void piece_change(PrefixCache *cache, uint32_t index, uint32_t blocks, uint32_t from,
                         uint32_t to) {
    PrefixPiece *piece = &cache->pieces[index];
    const uint32_t held = piece->held, free_before = piece->blocks - held;
    piece->blocks = blocks > piece->blocks ? blocks : piece->blocks;
    if (to > 0) {
        hold(cache, index, to);
    }
    if (from > 0) {
        let_go(cache, index, from);
    }
    asim_assert(piece->held <= piece->blocks && piece->blocks > 0);
    cache->shared += (uint64_t)to - from;
    cache->held += (uint64_t)piece->held - held;
    cache->free += (uint64_t)(piece->blocks - piece->held) - free_before;
    asim_assert(cache->held <= cache->shared);
    if (free_before > 0) {
        unlink_piece(cache, piece);
    }
    if (piece->blocks > piece->held) {
        link_newest(cache, index);
    }
}

/* The first `count` hashed blocks of a prompt with all before them, in a place of the cache. */
static const uint64_t *chain_of(PrefixCache *cache, const PrefixPrompt *prompt, uint32_t count) {
    if (prompt->kind != ASIM_PAST_HASHES) {
        return NULL;
    }
    if (count > cache->chain_room) {
        cache->chain_room = count > 2 * cache->chain_room ? count : 2 * cache->chain_room;
        cache->chain = memory_resize(cache->chain, cache->chain_room, sizeof *cache->chain);
    }
    for (uint32_t n = 0; n < count; n++) {
        cache->chain[n] = chained(n > 0 ? cache->chain[n - 1] : 0, prompt->past.hashes->ids[n]);
    }
    return cache->chain;
}

void prefix_cache_move(PrefixCache *cache, const PrefixPrompt *prompt, uint32_t kept, uint32_t from,
                       uint32_t to) {
    const uint32_t most = kept > from ? kept : from;
    asim_assert(to <= most);
    const uint32_t count = stretch_count(cache, prompt, most);
    const uint64_t *chain = chain_of(cache, prompt, count);
    for (uint32_t n = count; n-- > 0;) {
        const Stretch stretch = stretch_at(cache, prompt, n, chain ? chain[n] : 0);
        const uint32_t blocks = stretch_share(&stretch, kept);
        const uint32_t before = stretch_share(&stretch, from);
        if (blocks > 0 || before > 0) {
            const uint32_t found = find(cache, &stretch);
            piece_change(cache, found == NONE ? add(cache, &stretch) : found, blocks, before,
                         stretch_share(&stretch, to));
        }
    }
}

void prefix_cache_trim(PrefixCache *cache, uint64_t most) {
    while (cache->free > most) {
        const uint32_t index = cache->oldest;
        asim_assert(index != NONE);
        PrefixPiece *piece = &cache->pieces[index];
        const uint32_t spare = piece->blocks - piece->held;
        asim_assert(spare > 0);
        const uint32_t taken = cache->free - most < spare ? (uint32_t)(cache->free - most) : spare;
        piece->blocks -= taken;
        cache->free -= taken;
        if (taken == spare) {
            unlink_piece(cache, piece);
        }
        if (piece->blocks == 0) {
            drop(cache, index);
        }
    }
}

/* ---- Looking ---- */

static PrefixHit hit_seen(const PrefixCache *cache, const PrefixPrompt *prompt, uint64_t known) {
    const uint32_t tokens = prompt->past.seen.tokens;
    PrefixHit hit = {.at_least = tokens < known ? tokens : (uint32_t)(known - 1)};
    const Stretch stretch = stretch_at(cache, prompt, 0, 0);
    hit.tokens = find(cache, &stretch) == NONE ? 0 : hit.at_least;
    return hit;
}

PrefixHit prefix_cache_hit(const PrefixCache *cache, const PrefixPrompt *prompt, uint64_t known) {
    asim_assert(known > 0);
    if (prompt->kind == ASIM_PAST_CACHED) {
        return hit_seen(cache, prompt, known);
    }
    PrefixHit hit = {0};
    const uint64_t most = (known - 1) >> cache->block_bits;
    const uint32_t count = cache->piece_count > 0 ? stretch_count(cache, prompt, most) : 0;
    uint64_t chain = 0;
    for (uint32_t n = 0; n < count; n++) {
        chain = prompt->kind == ASIM_PAST_HASHES ? chained(chain, prompt->past.hashes->ids[n]) : 0;
        const Stretch stretch = stretch_at(cache, prompt, n, chain);
        const uint32_t wanted = stretch_share(&stretch, most);
        if (wanted == 0) {
            continue;
        }
        const uint32_t index = find(cache, &stretch);
        const PrefixPiece none = {0}, *piece = index == NONE ? &none : &cache->pieces[index];
        const uint32_t found = piece->blocks < wanted ? piece->blocks : wanted;
        hit.blocks += found;
        hit.in_use += found < piece->held ? found : piece->held;
        if (found < wanted) {
            break;
        }
    }
    hit.tokens = hit.at_least = hit.blocks << cache->block_bits;
    return hit;
}
