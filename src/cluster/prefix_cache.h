// SPDX-License-Identifier: GPL-3.0-or-later
/* What a replica's KV memory still knows of prompts that it has served (model 8, "Prefix cache").
 *
 * Content is known by pieces: a piece is a stretch of content that always follows the same prefix,
 * so an id names it together with all that is before it. Of a conversation there are two pieces,
 * the beginning that all conversations of its source share, and the conversation itself, which
 * grows; of a prompt told by its blocks' ids, one a block; of tokens that a recorded cache hit, one
 * a key, of which only its being there counts. A piece has the KV blocks that end in it, from its
 * first one on; an earlier end is an earlier prefix, so it can be cached in part.
 *
 * Requests in the batch hold a prefix of their prompt: blocks that somebody holds are in use, and
 * counted once however many hold them. All others are free memory that happens to be known:
 * whoever needs blocks may take them, from the end of the piece that was used longest ago. */
#ifndef CLUSTER_PREFIX_CACHE_H
#define CLUSTER_PREFIX_CACHE_H

#include "traffic/prompt_hashes.h"

typedef struct PrefixPiece {
    uint64_t id;
    uint32_t space;        /* what kind of id it is, and of which source */
    uint32_t blocks;       /* cached */
    uint32_t held;         /* of these, the most that any holder holds: in use */
    uint32_t holders;      /* that hold as many; those that hold fewer are `lesser` */
    uint32_t next;         /* in its bucket, or the next free place */
    uint32_t older, newer; /* among the pieces with free blocks */
} PrefixPiece;

/* Holders of a piece that hold less of it than others. */
typedef struct PrefixLesser {
    uint32_t piece, blocks, holders;
} PrefixLesser;

/* All counts are of blocks. It takes no memory before it is first used. */
typedef struct PrefixCache {
    uint64_t shared;     /* of all requests together, what they hold */
    uint64_t held;       /* of all pieces: no more than `shared` */
    uint64_t free;       /* cached, and held by nobody */
    uint32_t block_bits; /* a block has so many tokens, as a power of two */
    PrefixPiece *pieces;
    uint32_t piece_count, room, free_piece;
    uint32_t *buckets; /* as many as there is room for pieces: a power of two */
    uint32_t oldest, newest;
    PrefixLesser *lesser; /* nearly always none: a few in mid-prompt */
    uint32_t lesser_count, lesser_room;
    uint64_t *chain; /* of the prompt that is looked at, block by block */
    uint32_t chain_room;
} PrefixCache;

/* A prompt as the cache knows it. */
typedef struct PrefixPrompt {
    asim_past past;
    asim_past_kind kind; /* not ASIM_PAST_NONE */
    uint16_t source;
    uint32_t tokens;
} PrefixPrompt;

typedef struct PrefixHit {
    uint32_t tokens;   /* that need not be computed: less than was asked for */
    uint32_t blocks;   /* of these, what the request will hold */
    uint32_t in_use;   /* of these, what others hold already */
    uint32_t at_least; /* tokens that come before the first chunk, as far as admission knows */
} PrefixHit;

void prefix_cache_init(PrefixCache *cache, uint32_t block_tokens);
void prefix_cache_clear(PrefixCache *cache);

/* Of the first `known` (>= 1) tokens of a sequence with this prompt; the last one is always
 * computed. Nothing changes. */
PrefixHit prefix_cache_hit(const PrefixCache *cache, const PrefixPrompt *prompt, uint64_t known);

/* How many whole blocks of its first tokens a request with this prompt can hold. */
uint32_t prefix_cache_holds(const PrefixCache *cache, const PrefixPrompt *prompt, uint64_t tokens);

/* The first `kept` blocks of a request are in the cache from now on, where they were part of its
 * memory; it holds `to` of them (at most `kept`, if it holds any), where it held `from`. Their
 * pieces are the most recently used, those at the end less so than those before. */
void prefix_cache_move(PrefixCache *cache, const PrefixPrompt *prompt, uint32_t kept, uint32_t from,
                       uint32_t to);

/* Leaves at most so many free blocks. */
void prefix_cache_trim(PrefixCache *cache, uint64_t most);

/* Tokens that sequences count more than once between them. */
static inline uint64_t prefix_cache_twice(const PrefixCache *cache) {
    return (cache->shared - cache->held) << cache->block_bits;
}

#endif
