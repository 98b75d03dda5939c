// SPDX-License-Identifier: GPL-3.0-or-later
/* Invariant: what a row holds is made last, so that whatever makes it bad comes before. */
#include "traffic/row_past.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <string.h>

enum { BLOCK_TOKENS = 512 }; /* Mooncake's */

void row_past_settle(RowReader *reader) {
    const TraceConfig *config = reader->config;
    const uint32_t own = reader->format->block_tokens;
    if (lengths_draw_prompts(&config->requests)) {
        reader->names[ROLE_CACHED] = reader->names[ROLE_HASHES] = NULL;
    }
    reader->block_tokens = config->hash_block_tokens != OPTION_ABSENT_INTEGER
                               ? (uint32_t)config->hash_block_tokens
                           : own > 0 ? own
                                     : BLOCK_TOKENS;
}

/* Keys ----------------------------------------------------------------------------------------- */

/* FNV-1a. */
static uint64_t text_hash(InputText text) {
    uint64_t hash = UINT64_C(14695981039346656037);
    for (const char *p = text.start; p < text.end; p++) {
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    }
    return hash;
}

static uint32_t key_of(uint64_t hash) {
    const uint32_t key = (uint32_t)prompt_hash_mixed(hash);
    return key != 0 ? key : 1;
}

/* Is there something that is no null? A JSON text "null" is taken for none, as exports write it. */
static bool is_there(InputText value) {
    return value.start != NULL && value.start < value.end && !field_says(value, "null");
}

uint32_t row_past_key(InputText name) {
    const InputText text = name.start != NULL ? field_trimmed(name) : name;
    return is_there(text) ? key_of(text_hash(text)) : 0;
}

void row_past_estrange(asim_arrival *arrival, uint32_t copy, int64_t pass) {
    const uint64_t salt = prompt_hash_mixed(((uint64_t)pass << 20 ^ copy) + 1);
    if (arrival->past_kind != ASIM_PAST_HASHES) {
        uint32_t *key = &arrival->past.seen.key;
        *key = *key != 0 ? key_of(*key ^ salt) : 0;
        return;
    }
    asim_prompt_hashes *hashes = arrival->past.hashes;
    asim_assert(atomic_load_explicit(&hashes->holders, memory_order_relaxed) == 1);
    hashes->key = hashes->key != 0 ? key_of(hashes->key ^ salt) : 0;
    for (uint32_t i = 0; i < hashes->count; i++) {
        hashes->ids[i] ^= salt;
    }
}

static RowResult take_cached(RowReader *reader, InputText value, uint32_t key, TrafficRow *row) {
    uint64_t tokens = 0;
    if (is_there(value) && (!field_whole(value, FIELD_TOKENS_MOST, &tokens) ||
                            (row->prompt_tokens > 0 && tokens > row->prompt_tokens))) {
        return row_bad(reader, value.start, reader->names[ROLE_CACHED], value,
                       "a whole number of cached tokens, at most those of the prompt");
    }
    /* Where a log counts them, a request without any warms the cache for those that follow. */
    if (key != 0 || reader->names[ROLE_CACHED] != NULL) {
        row->past_kind = ASIM_PAST_CACHED;
        row->past.seen.key = key;
        row->past.seen.tokens = (uint32_t)tokens;
    }
    return ROW_OK;
}

/* Blocks --------------------------------------------------------------------------------------- */

static const char *after_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) {
        p++;
    }
    return p;
}

/* A whole number, or a text, which is hashed; where it ends, or NULL. */
static const char *read_id(const char *p, const char *end, uint64_t *id) {
    if (p < end && *p == '"') {
        const char *const start = ++p;
        while (p < end && *p != '"') {
            p++;
        }
        *id = text_hash((InputText){start, p});
        return p < end && p > start ? p + 1 : NULL;
    }
    const bool is_negative = p < end && *p == '-';
    const char *const start = p += is_negative;
    uint64_t value = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value)) {
            return NULL;
        }
    }
    *id = is_negative ? 0 - value : value;
    return p > start ? p : NULL;
}

/* Reads up to `most` ids of the list; returns where it stops: at its end, or at what is wrong. */
static const char *read_ids(RowReader *reader, InputText list, size_t most, size_t *count) {
    const char *p = list.start, *const end = list.end;
    *count = 0;
    if (p == end || *p != '[') {
        return p;
    }
    p = after_blanks(p + 1, end);
    while (p < end && *p != ']' && *count < most) {
        reader->ids = memory_grow(reader->ids, *count, &reader->id_room, sizeof *reader->ids);
        const char *const after = read_id(p, end, &reader->ids[*count]);
        if (after == NULL) {
            return p;
        }
        ++*count;
        p = after_blanks(after, end);
        if (p < end && *p == ',') {
            p = after_blanks(p + 1, end);
        } else if (p == end || *p != ']') {
            return p;
        }
    }
    return p < end && *p == ']' ? p + 1 : p;
}

static RowResult take_hashes(RowReader *reader, InputText value, uint32_t key, TrafficRow *row) {
    static const char list[] = "a list of ids, whole numbers or texts, such as [0, 1, 2]";
    const uint32_t block = reader->block_tokens;
    const size_t most = (size_t)((row->prompt_tokens + (uint64_t)block - 1) / block);
    size_t count;
    const char *at = read_ids(reader, value, most, &count);
    if (at < value.end) {
        const bool too_many = count == most;
        return row_bad(reader, at, reader->names[ROLE_HASHES],
                       too_many ? value : (InputText){at, value.end},
                       too_many ? "at most one id for each block of the prompt: see "
                                  "hash_block_tokens"
                                : list);
    }
    if (at == value.start || at[-1] != ']') {
        return row_bad(reader, at, reader->names[ROLE_HASHES], value, list);
    }
    asim_assert(count <= most);
    if (count == 0) {
        return take_cached(reader, (InputText){NULL, NULL}, key, row);
    }
    row->past_kind = ASIM_PAST_HASHES;
    row->past.hashes = prompt_hashes_new(reader->ids, (uint32_t)count, block);
    row->past.hashes->key = key;
    return ROW_OK;
}

RowResult row_past(RowReader *reader, const InputText values[ROLE_COUNT], TrafficRow *row) {
    const InputText cached = values[ROLE_CACHED], hashes = values[ROLE_HASHES];
    row->past_kind = ASIM_PAST_NONE;
    const uint32_t key = row_past_key(values[ROLE_SESSION]);
    const InputText blocks = hashes.start != NULL ? field_trimmed(hashes) : hashes;
    if (is_there(blocks)) {
        return take_hashes(reader, blocks, key, row);
    }
    return take_cached(reader, cached.start != NULL ? field_trimmed(cached) : cached, key, row);
}
