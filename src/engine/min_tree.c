// SPDX-License-Identifier: GPL-3.0-or-later
/* A tournament tree (D. Knuth, TAOCP 3, 5.4.1, "tree selection"). Invariant: an inner node is the
 * smallest key below it. */
#include "engine/min_tree.h"

#include "base/assertion.h"
#include "base/memory.h"

#include <stdlib.h>

static void resize(MinTree *tree, uint32_t capacity) {
    asim_assert(capacity >= 1 && capacity <= UINT32_C(1) << 30);
    uint32_t leaves = tree->leaves ? tree->leaves : 1;
    while (leaves < capacity) {
        leaves *= 2;
    }
    uint64_t *nodes = memory_new(2 * (size_t)leaves, sizeof *nodes);
    for (uint32_t leaf = 0; leaf < leaves; leaf++) {
        nodes[leaves + leaf] = leaf < tree->leaves ? min_tree_key(tree, leaf) : MIN_TREE_NONE;
    }
    for (uint32_t node = leaves - 1; node >= 1; node--) {
        const uint64_t left = nodes[2 * node], right = nodes[2 * node + 1];
        nodes[node] = right < left ? right : left;
    }
    free(tree->nodes);
    *tree = (MinTree){.nodes = nodes, .leaves = leaves};
}

void min_tree_init(MinTree *tree, uint32_t capacity) {
    *tree = (MinTree){0};
    resize(tree, capacity);
}

void min_tree_clear(MinTree *tree) {
    free(tree->nodes);
    *tree = (MinTree){0};
}

void min_tree_reserve(MinTree *tree, uint32_t capacity) {
    if (capacity > tree->leaves) {
        resize(tree, capacity);
    }
}

/* Up from the leaf until a subtree to the right holds such a key, then down to its first one. */
uint32_t min_tree_next_below(const MinTree *tree, uint32_t from, uint64_t limit) {
    if (from >= tree->leaves) {
        return UINT32_MAX;
    }
    uint32_t node = from + tree->leaves;
    while (tree->nodes[node] >= limit) {
        while (node % 2 == 1) {
            node /= 2; /* a right child, or at last the root: go on after the parent */
            if (node <= 1) {
                return UINT32_MAX;
            }
        }
        node++;
    }
    while (node < tree->leaves) {
        node = 2 * node + (tree->nodes[2 * node] >= limit);
    }
    return node - tree->leaves;
}
