// SPDX-License-Identifier: GPL-3.0-or-later
/* engine/min_tree: against a plain array that is scanned. */
#include "engine/min_tree.h"

#include "engine/random.h"

#include <criterion/criterion.h>

enum { MOST = 200 };

static uint32_t naive_winner(const uint64_t keys[], uint32_t count) {
    uint32_t winner = 0;
    for (uint32_t i = 1; i < count; i++) {
        if (keys[i] < keys[winner]) {
            winner = i;
        }
    }
    return winner;
}

static uint32_t naive_next_below(const uint64_t keys[], uint32_t count, uint32_t from,
                                 uint64_t limit) {
    for (uint32_t i = from; i < count; i++) {
        if (keys[i] < limit) {
            return i;
        }
    }
    return UINT32_MAX;
}

Test(min_tree, empty_tree_has_no_competitor) {
    for (uint32_t capacity = 1; capacity < 20; capacity++) {
        MinTree tree;
        min_tree_init(&tree, capacity);
        cr_expect_geq(tree.leaves, capacity);
        cr_expect_eq(min_tree_winner(&tree), 0);
        cr_expect_eq(min_tree_key(&tree, 0), MIN_TREE_NONE);
        cr_expect_eq(min_tree_next_below(&tree, 0, MIN_TREE_NONE), UINT32_MAX);
        min_tree_clear(&tree);
    }
}

Test(min_tree, one_leaf) {
    MinTree tree;
    min_tree_init(&tree, 1);
    min_tree_set(&tree, 0, 5);
    cr_expect_eq(min_tree_winner(&tree), 0);
    cr_expect_eq(min_tree_key(&tree, 0), 5);
    cr_expect_eq(min_tree_next_below(&tree, 0, 6), 0);
    cr_expect_eq(min_tree_next_below(&tree, 0, 5), UINT32_MAX);
    cr_expect_eq(min_tree_next_below(&tree, 1, 6), UINT32_MAX);
    min_tree_clear(&tree);
}

Test(min_tree, the_lowest_leaf_wins_a_draw) {
    MinTree tree;
    min_tree_init(&tree, 10);
    for (uint32_t leaf = 10; leaf-- > 0;) {
        min_tree_set(&tree, leaf, 7);
        cr_expect_eq(min_tree_winner(&tree), leaf);
    }
    min_tree_set(&tree, 0, 8);
    cr_expect_eq(min_tree_winner(&tree), 1);
    min_tree_set(&tree, 0, 7);
    cr_expect_eq(min_tree_winner(&tree), 0);
    min_tree_clear(&tree);
}

Test(min_tree, agrees_with_a_scan_while_it_grows) {
    RandomStream stream;
    for (uint32_t capacity = 1; capacity <= MOST; capacity += 1 + capacity / 3) {
        uint64_t keys[512];
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
            keys[i] = MIN_TREE_NONE;
        }
        MinTree tree;
        min_tree_init(&tree, capacity);
        random_stream_init_named(&stream, 1, 0, "tree.%u", capacity);
        uint32_t in_use = capacity;
        for (int step = 0; step < 3000; step++) {
            if (random_below(&stream, 300) == 0 && in_use < MOST) {
                in_use += 1 + (uint32_t)random_below(&stream, 5);
                min_tree_reserve(&tree, in_use);
            }
            const uint32_t leaf = (uint32_t)random_below(&stream, in_use);
            const uint64_t key =
                random_below(&stream, 4) ? random_below(&stream, 12) : MIN_TREE_NONE;
            keys[leaf] = key;
            min_tree_set(&tree, leaf, key);
            cr_assert_eq(min_tree_key(&tree, leaf), key);
            cr_assert_eq(min_tree_winner(&tree), naive_winner(keys, tree.leaves));
            const uint32_t from = (uint32_t)random_below(&stream, tree.leaves + 2);
            const uint64_t limit = random_below(&stream, 14);
            cr_assert_eq(min_tree_next_below(&tree, from, limit),
                         naive_next_below(keys, tree.leaves, from, limit));
        }
        min_tree_clear(&tree);
    }
}

Test(min_tree, reserve_never_shrinks) {
    MinTree tree;
    min_tree_init(&tree, 8);
    min_tree_set(&tree, 7, 1);
    min_tree_reserve(&tree, 2);
    cr_expect_eq(tree.leaves, 8);
    cr_expect_eq(min_tree_winner(&tree), 7);
    min_tree_clear(&tree);
}
