// SPDX-License-Identifier: GPL-3.0-or-later
/* A tournament tree (D. Knuth, TAOCP 3, 5.4.1, "tree selection"). Node n's children are 2n and
 * 2n+1; node leaves + i stands for leaf i. Invariant: winners[n] is the lowest leaf with the
 * smallest key among those below n. */
#include "engine/min_tree.h"

#include "engine/memory.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>

static uint32_t winner_of(const MinTree *tree, uint32_t node) {
    return node >= tree->leaves ? node - tree->leaves : tree->winners[node];
}

/* The left one wins a draw: its leaves are lower. */
static uint32_t match(const MinTree *tree, uint32_t node) {
    const uint32_t left = winner_of(tree, 2 * node);
    const uint32_t right = winner_of(tree, 2 * node + 1);
    return tree->keys[right] < tree->keys[left] ? right : left;
}

static void resize(MinTree *tree, uint32_t capacity) {
    assert(capacity >= 1 && capacity <= UINT32_C(1) << 31);
    const uint32_t used = tree->leaves;
    uint32_t leaves = used ? used : 1;
    while (leaves < capacity) {
        leaves *= 2;
    }
    tree->keys = memory_resize(tree->keys, leaves, sizeof tree->keys[0]);
    tree->winners = memory_resize(tree->winners, leaves, sizeof tree->winners[0]);
    tree->leaves = leaves;
    for (uint32_t leaf = used; leaf < leaves; leaf++) {
        tree->keys[leaf] = MIN_TREE_NONE;
    }
    for (uint32_t node = leaves - 1; node >= 1; node--) {
        tree->winners[node] = match(tree, node);
    }
}

void min_tree_init(MinTree *tree, uint32_t capacity) {
    *tree = (MinTree){0};
    resize(tree, capacity);
}

void min_tree_clear(MinTree *tree) {
    free(tree->keys);
    free(tree->winners);
    *tree = (MinTree){0};
}

void min_tree_reserve(MinTree *tree, uint32_t capacity) {
    if (capacity > tree->leaves) {
        resize(tree, capacity);
    }
}

/* Carries the winner so far up the tree. Where another leaf won before and wins again, nothing
 * above can change. */
void min_tree_set(MinTree *tree, uint32_t leaf, uint64_t key) {
    assert(leaf < tree->leaves);
    tree->keys[leaf] = key;
    uint32_t winner = leaf;
    for (uint32_t node = leaf + tree->leaves; node > 1; node /= 2) {
        const uint32_t rival = winner_of(tree, node ^ 1);
        const uint64_t rival_key = tree->keys[rival];
        if (rival_key < key || (rival_key == key && rival < winner)) {
            winner = rival;
            key = rival_key;
        }
        if (tree->winners[node / 2] == winner && winner != leaf) {
            return;
        }
        tree->winners[node / 2] = winner;
    }
}

static bool has_below(const MinTree *tree, uint32_t node, uint64_t limit) {
    return tree->keys[winner_of(tree, node)] < limit;
}

/* Up from the leaf until a subtree to the right holds such a key, then down to its first one. */
uint32_t min_tree_next_below(const MinTree *tree, uint32_t from, uint64_t limit) {
    if (from >= tree->leaves) {
        return UINT32_MAX;
    }
    uint32_t node = from + tree->leaves;
    while (!has_below(tree, node, limit)) {
        while (node % 2 == 1) {
            node /= 2; /* a right child, or at last the root: go on after the parent */
            if (node <= 1) {
                return UINT32_MAX;
            }
        }
        node++;
    }
    while (node < tree->leaves) {
        node = has_below(tree, 2 * node, limit) ? 2 * node : 2 * node + 1;
    }
    return node - tree->leaves;
}
