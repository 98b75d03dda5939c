// SPDX-License-Identifier: GPL-3.0-or-later
/* The smallest of n keys under changes: a tournament tree. Leaf i holds a 64-bit key; the winner is
 * the smallest key, the lowest leaf among equals. A match has no branch, for its outcome is a coin
 * toss to the processor; most keys that are set meet a smaller one after a match or two, and all
 * above is as before. Used to pick the least-loaded replica and to merge sorted streams. */
#ifndef ENGINE_MIN_TREE_H
#define ENGINE_MIN_TREE_H

#include <stdbool.h>
#include <stdint.h>

#define MIN_TREE_NONE                                                                              \
    (UINT64_MAX - 1) /* the key of a leaf that does not take part; others are below */

typedef struct MinTree {
    uint64_t *nodes; /* keys: 1 the least; n's children are 2n and 2n + 1; leaves + i: leaf i */
    uint32_t leaves; /* a power of two */
} MinTree;

/* All leaves hold MIN_TREE_NONE. capacity >= 1. */
void min_tree_init(MinTree *tree, uint32_t capacity);
void min_tree_clear(MinTree *tree);
/* Grows to at least capacity leaves, keeping the keys. */
void min_tree_reserve(MinTree *tree, uint32_t capacity);

/* leaf < leaves. The least so far is carried up in a register: nothing is loaded that has just been
 * stored. Where a node is as before, so are those above it. */
static inline void min_tree_set(MinTree *tree, uint32_t leaf, uint64_t key) {
    uint64_t *const nodes = tree->nodes;
    uint32_t node = leaf + tree->leaves;
    nodes[node] = key;
    while (node > 1) {
        const uint64_t sibling = nodes[node ^ 1];
        key = sibling < key ? sibling : key;
        node /= 2;
        if (nodes[node] == key) {
            return;
        }
        nodes[node] = key;
    }
}
static inline uint64_t min_tree_key(const MinTree *tree, uint32_t leaf) {
    return tree->nodes[leaf + tree->leaves];
}
/* The least key; MIN_TREE_NONE when no leaf takes part. */
static inline uint64_t min_tree_least(const MinTree *tree) {
    return tree->nodes[1];
}
/* The winning leaf: down to the left, unless the right is less. */
static inline uint32_t min_tree_winner(const MinTree *tree) {
    uint32_t node = 1;
    while (node < tree->leaves) {
        node = 2 * node + (tree->nodes[2 * node] > tree->nodes[2 * node + 1]);
    }
    return node - tree->leaves;
}
/* The first leaf at or after `from` whose key is below `limit`, or UINT32_MAX; O(log n). */
uint32_t min_tree_next_below(const MinTree *tree, uint32_t from, uint64_t limit);

#endif
