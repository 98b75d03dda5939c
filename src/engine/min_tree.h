// SPDX-License-Identifier: GPL-3.0-or-later
/* The smallest of n keys under changes: a tournament tree. Leaf i holds a 64-bit key; the winner is the
 * smallest key, the lowest leaf among equals. Setting one key costs O(log n) and stops early when a
 * match's result does not change. Used to pick the least-loaded replica and to merge sorted streams. */
#ifndef ENGINE_MIN_TREE_H
#define ENGINE_MIN_TREE_H

#include <stdint.h>

#define MIN_TREE_NONE UINT64_MAX /* the key of a leaf that does not take part */

typedef struct MinTree {
    uint64_t *keys;    /* leaves: `leaves` of them */
    uint32_t *winners; /* inner nodes 1..leaves-1: the leaf that wins below */
    uint32_t leaves;   /* a power of two */
} MinTree;

/* All leaves hold MIN_TREE_NONE. capacity >= 1. */
void min_tree_init(MinTree *tree, uint32_t capacity);
void min_tree_clear(MinTree *tree);
/* Grows to at least capacity leaves, keeping the keys. */
void min_tree_reserve(MinTree *tree, uint32_t capacity);

void min_tree_set(MinTree *tree, uint32_t leaf, uint64_t key);
static inline uint64_t min_tree_key(const MinTree *tree, uint32_t leaf) {
    return tree->keys[leaf];
}
/* The winning leaf; its key is MIN_TREE_NONE when no leaf takes part. */
static inline uint32_t min_tree_winner(const MinTree *tree) {
    return tree->leaves > 1 ? tree->winners[1] : 0;
}
/* The first leaf at or after `from` whose key is below `limit`, or UINT32_MAX; O(log n). */
uint32_t min_tree_next_below(const MinTree *tree, uint32_t from, uint64_t limit);

#endif
