// SPDX-License-Identifier: GPL-3.0-or-later
/* The smallest of n keys under changes: a tournament tree. Leaf i holds a 64-bit key; the winner is
 * the smallest key, the lowest leaf among equals. Setting one key costs log2(n) matches without a
 * branch, for the outcome of a match is a coin toss to the processor. Used to pick the least-loaded
 * replica and to merge sorted streams. */
#ifndef ENGINE_MIN_TREE_H
#define ENGINE_MIN_TREE_H

#include <stdbool.h>
#include <stdint.h>

#define MIN_TREE_NONE                                                                              \
    (UINT64_MAX - 1) /* the key of a leaf that does not take part; others are below */

typedef struct MinTreeNode {
    uint64_t key;
    uint64_t leaf;
} MinTreeNode;

typedef struct MinTree {
    MinTreeNode *nodes; /* 1: the winner; n's children are 2n and 2n + 1; leaves + i: leaf i */
    uint32_t leaves;    /* a power of two */
} MinTree;

/* All leaves hold MIN_TREE_NONE. capacity >= 1. */
void min_tree_init(MinTree *tree, uint32_t capacity);
void min_tree_clear(MinTree *tree);
/* Grows to at least capacity leaves, keeping the keys. */
void min_tree_reserve(MinTree *tree, uint32_t capacity);

/* leaf < leaves. The winner so far is carried up in registers: nothing is loaded that has just been
 * stored, and a right child loses a draw to its left sibling. */
static inline void min_tree_set(MinTree *tree, uint32_t leaf, uint64_t key) {
    MinTreeNode *const nodes = tree->nodes;
    MinTreeNode winner = {.key = key, .leaf = leaf};
    uint32_t node = leaf + tree->leaves;
    nodes[node] = winner;
    while (node > 1) {
        const MinTreeNode sibling = nodes[node ^ 1];
        const bool sibling_wins = sibling.key < winner.key + (node & 1);
        winner.key = sibling_wins ? sibling.key : winner.key;
        winner.leaf = sibling_wins ? sibling.leaf : winner.leaf;
        node /= 2;
        if (winner.leaf != leaf && nodes[node].leaf == winner.leaf) {
            return;
        }
        nodes[node] = winner;
    }
}
static inline uint64_t min_tree_key(const MinTree *tree, uint32_t leaf) {
    return tree->nodes[leaf + tree->leaves].key;
}
/* The winning leaf; its key is MIN_TREE_NONE when no leaf takes part. */
static inline uint32_t min_tree_winner(const MinTree *tree) {
    return (uint32_t)tree->nodes[1].leaf;
}
/* The first leaf at or after `from` whose key is below `limit`, or UINT32_MAX; O(log n). */
uint32_t min_tree_next_below(const MinTree *tree, uint32_t from, uint64_t limit);

#endif
