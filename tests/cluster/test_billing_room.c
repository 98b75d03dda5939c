// SPDX-License-Identifier: GPL-3.0-or-later
/* Model 9 by itself: GPU-time billed, covered and on demand. */
#include "cluster/cluster.h"

#include <criterion/criterion.h>

#define S SIM_TIME_SECOND

typedef struct Books {
    Billing billing;
    BillingAccount a, b;
} Books;

static void open_books(Books *books, int64_t reserved) {
    *books = (Books){0};
    billing_init(&books->billing, reserved);
    billing_add(&books->billing, &books->a);
    billing_add(&books->billing, &books->b);
}

static void expect_account(const BillingAccount *account, double billed_s, double covered_s,
                           double on_demand_s) {
    cr_expect_float_eq((double)account->billed / 1e9, billed_s, 1e-9);
    cr_expect_float_eq(account->covered_gpu_ns / 1e9, covered_s, 1e-9);
    cr_expect_float_eq(account->on_demand_gpu_ns / 1e9, on_demand_s, 1e-9);
}

/* 16 in use, 12 reserved, for 10 s. */
Test(sim_billing_room, beyond_the_reservation) {
    Books books;
    open_books(&books, 12);
    billing_change(&books.billing, &books.a, 0, 16);
    billing_advance(&books.billing, 10 * S);
    expect_account(&books.a, 160, 120, 40);
    expect_account(&books.b, 0, 0, 0);
    billing_clear(&books.billing);
}

/* At each instant: a 4 from 0 s; b 12 from 10 s, 4 from 20 s; 8 reserved; until 30 s. From 10 to
 * 20 s half of each is covered. */
Test(sim_billing_room, at_each_instant) {
    Books books;
    open_books(&books, 8);
    billing_change(&books.billing, &books.a, 0, 4);
    billing_change(&books.billing, &books.b, 10 * S, 12);
    billing_change(&books.billing, &books.b, 20 * S, -8);
    billing_advance(&books.billing, 30 * S);
    expect_account(&books.a, 120, 40 + 20 + 40, 20);
    expect_account(&books.b, 120 + 40, 60 + 40, 60);
    cr_expect_float_eq(books.a.reserved_gpu_ns / 1e9, 60 + 20 + 40, 1e-9); /* 4 are unused at first
                                                                            */
    cr_expect_float_eq(books.b.reserved_gpu_ns / 1e9, 20 + 60 + 40, 1e-9);
    billing_clear(&books.billing);
}

/* Each pays for what covers it, both alike for what is unused; what is past stays as it is. */
Test(sim_billing_room, shares_of_the_fee) {
    Books books;
    open_books(&books, 8);
    billing_advance(&books.billing, 5 * S);
    cr_expect_eq(books.a.reserved_gpu_ns / 1e9, 20);
    cr_expect_eq(books.b.reserved_gpu_ns / 1e9, 20);
    billing_change(&books.billing, &books.a, 5 * S, 2);
    billing_advance(&books.billing, 8 * S);
    cr_expect_eq(books.a.reserved_gpu_ns / 1e9, 20 + 3 * (2 + 3));
    cr_expect_eq(books.b.reserved_gpu_ns / 1e9, 20 + 3 * 3);
    billing_change(&books.billing, &books.b, 8 * S, 6);
    billing_advance(&books.billing, 9 * S);
    cr_expect_eq(books.a.reserved_gpu_ns / 1e9, 20 + 15 + 2);
    cr_expect_eq(books.b.reserved_gpu_ns / 1e9, 20 + 9 + 6);
    billing_clear(&books.billing);
}

/* Nothing after the end, however often it is asked. */
Test(sim_billing_room, ends) {
    Books books;
    open_books(&books, 0);
    books.billing.end = 10 * S;
    billing_change(&books.billing, &books.a, 4 * S, 2);
    billing_advance(&books.billing, 10 * S);
    billing_advance(&books.billing, 11 * S);
    billing_change(&books.billing, &books.a, 12 * S, 5);
    billing_advance(&books.billing, 20 * S);
    expect_account(&books.a, 12, 0, 12);
    billing_clear(&books.billing);
}

/* Whole nanoseconds: 2^53 of them and one more are not lost. */
Test(sim_billing_room, exact) {
    Books books;
    open_books(&books, 0);
    const sim_time long_time = (INT64_C(1) << 53) + 1;
    billing_change(&books.billing, &books.a, 0, 1001);
    billing_advance(&books.billing, long_time);
    cr_expect(books.a.billed == (BillingSum)long_time * 1001);
    billing_clear(&books.billing);
}
