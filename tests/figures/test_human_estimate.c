// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.h"
#include "figures/human_estimate.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define V HUMAN_ESTIMATE_VALUE
#define D HUMAN_ESTIMATE_DIFFERENCE
#define A HUMAN_ESTIMATE_AMOUNT

Test(human_estimate, two_digits_of_the_half_width) {
    static const struct {
        MetricUnit unit;
        HumanEstimate kind;
        double value, half_width;
        const char *text;
    } table[] = {
        {METRIC_UNIT_USD, A, 31.2, 0.8, "$31.20 ± 0.80"},
        {METRIC_UNIT_USD, D, -1992.304, 12.4, "-$1,992.30 ± 12.40"},
        {METRIC_UNIT_USD, V, 2660.6, 150, "$2,661 ± 150"},
        {METRIC_UNIT_USD, V, 1.4701, 0.004, "$1.470 ± 0.004"},
        {METRIC_UNIT_USD, V, 0.01234, 0.0005, "$0.01234 ± 0.00050"},
        {METRIC_UNIT_SECONDS, A, -4.12, 0.31, "4.12 ± 0.31 s"},
        {METRIC_UNIT_SECONDS, D, -0.0037, 0.00013, "-3.70 ± 0.13 ms"},
        {METRIC_UNIT_SECONDS, V, 0.001, 5, "0.0 ± 5.0 s"},
        {METRIC_UNIT_SECONDS, V, 600, 12, "10.00 ± 0.20 min"},
        {METRIC_UNIT_SHARE, V, 0.924, 0.013, "92.4 ± 1.3 %"},
        {METRIC_UNIT_SHARE, D, 0.076, 0.0099999, "+7.6 ± 1.0 pp"},
        {METRIC_UNIT_SHARE, A, 0.076, 0.013, "7.6 ± 1.3 points"},
        {METRIC_UNIT_COUNT, V, 212921, 7166, "212,921 ± 7,166"},
        {METRIC_UNIT_COUNT, V, 7, 0, "7"},
        {METRIC_UNIT_COUNT, V, 7.5, NAN, "7.50"},
        {METRIC_UNIT_HOURS, V, NAN, 1, "-"},
        {METRIC_UNIT_SECONDS, V, INFINITY, NAN, "never"},
        {METRIC_UNIT_SECONDS, D, INFINITY, NAN, "to never"},
        {METRIC_UNIT_SECONDS, D, -INFINITY, NAN, "from never"},
        {METRIC_UNIT_SECONDS, V, 12, INFINITY, "12.0 s or never"},
        /* What rounds to zero is neither more nor less. */
        {METRIC_UNIT_USD, D, -0.001, 3, "$0.00 ± 3.00"},
        {METRIC_UNIT_SHARE, D, 0.0001, 0.12, "0 ± 12 pp"},
        {METRIC_UNIT_SECONDS, V, -0.001, 5, "0.0 ± 5.0 s"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[HUMAN_ESTIMATE_TEXT];
        human_estimate(table[i].unit, table[i].kind, table[i].value, table[i].half_width, text);
        cr_expect_str_eq(text, table[i].text);
    }
    cr_assert_eq(text_width("1 ± 2"), 5);
}

Test(human_estimate, what_shows_nothing_but_zeros) {
    cr_expect(human_shows_zero("+$0.00 ± 3.10"));
    cr_expect(human_shows_zero("0.0 pp"));
    cr_expect_not(human_shows_zero("+$0.01 ± 0.00"));
    cr_expect_not(human_shows_zero("-10 %"));
}
