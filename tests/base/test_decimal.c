// SPDX-License-Identifier: GPL-3.0-or-later
/* Held against the C library: same bytes, same doubles. */
#include "base/decimal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

static uint64_t draw(void) {
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 11;
}

/* Of all sizes that are written so, with many digits or few. */
static double draw_number(void) {
    const double size = pow(10, -4.5 + 20 * (double)(draw() % 1000) / 1000);
    const double number = (double)draw() / 0x1p53 * size;
    const double few = pow(10, (double)(draw() % 8));
    return draw() % 3 == 0 ? round(number * few) / few : draw() % 5 == 0 ? -number : number;
}

static void library_shortest(double number, char text[32]) {
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, number);
        if (strtod(text, NULL) == number) {
            return;
        }
    }
}

static void expect_alike(double number) {
    char ours[32], theirs[32];
    double back;
    if (decimal_shortest(number, ours)) {
        library_shortest(number, theirs);
        cr_assert_str_eq(ours, theirs, "%a: %s, not %s", number, ours, theirs);
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(theirs, sizeof theirs, "%.*g", digits, number);
        if (decimal_rounded(number, digits, ours)) {
            cr_assert_str_eq(ours, theirs, "%a in %d: %s, not %s", number, digits, ours, theirs);
        }
        if (decimal_read(theirs, theirs + strlen(theirs), &back)) {
            cr_assert_eq(back, strtod(theirs, NULL), "%s", theirs);
        }
    }
}

Test(decimal, as_the_library_writes_and_reads) {
    size_t taken = 0;
    char text[32];
    for (size_t i = 0; i < 60000; i++) {
        const double number = draw_number();
        taken += decimal_shortest(number, text);
        expect_alike(number);
    }
    cr_assert_gt(taken, 50000, "it is for most numbers");
}

Test(decimal, at_powers_and_ties) {
    for (int i = -13; i < 50; i++) {
        for (int step = -2; step <= 2; step++) {
            double number = ldexp(1, i);
            for (int k = 0; k < abs(step); k++) {
                number = nextafter(number, step < 0 ? 0 : INFINITY);
            }
            expect_alike(number);
        }
    }
    for (int i = -4; i < 15; i++) {
        expect_alike(pow(10, i));
        expect_alike(nextafter(pow(10, i), 0));
        expect_alike(nextafter(pow(10, i), INFINITY));
    }
    expect_alike(0);
    expect_alike(-0.0);
    for (int i = 1; i < 2000; i += 2) {
        expect_alike(i / 8.0);
        expect_alike(i / 64.0 + 1024);
    }
}

Test(decimal, what_is_not_for_it) {
    static const char *const texts[] = {
        "", "-", ".5", "5.", "1e3", "1.2.3", "+1", "0x1", "1 ", "a", "99999999999999999999"};
    char text[32];
    double number;
    cr_assert_not(decimal_shortest(0, text) || decimal_shortest(NAN, text) ||
                  decimal_shortest(INFINITY, text) || decimal_shortest(1e-5, text) ||
                  decimal_shortest(1e15, text));
    cr_assert_not(decimal_rounded(999999.7, 6, text), "that is 1e+06");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_assert_not(decimal_read(texts[i], texts[i] + strlen(texts[i]), &number), "%s", texts[i]);
    }
    static const char zero[] = "-0";
    cr_assert(decimal_read(zero, zero + 2, &number) && signbit(number));
}
