// SPDX-License-Identifier: GPL-3.0-or-later
/* What a failing assertion tells, in a process of its own. */
#include "base/assertion.h"
#include "support/abortion.h"

#include <criterion/criterion.h>
#include <string.h>

static void tell(const void *self, FILE *stream) {
    fprintf(stream, "at %s", (const char *)self);
}

static void fail_within(void) {
    assertion_enter((AssertionScope){.tell = tell, .self = "the mill"});
    asim_assert(1 + 1 == 3);
}

static void fail_outside(void) {
    const AssertionScope before =
        assertion_enter((AssertionScope){.tell = tell, .self = "the mill"});
    assertion_enter(before);
    asim_assert(1 + 1 == 3);
}

Test(assertion, tells_condition_place_and_scope) {
    char text[512];
    printed_by_abort(fail_within, text);
    cr_assert_not_null(strstr(text, "1 + 1 == 3 does not hold; at the mill\n"), "%s", text);
    cr_assert_not_null(strstr(text, "test_assertion.c:"), "%s", text);
    cr_assert_not_null(strstr(text, "fail_within"), "%s", text);
}

Test(assertion, a_scope_ends) {
    char text[512];
    printed_by_abort(fail_outside, text);
    cr_assert_null(strstr(text, "mill"), "%s", text);
}

Test(assertion, one_that_holds_says_nothing) {
    int evaluated = 0;
    asim_assert(++evaluated == 1);
    cr_assert_eq(evaluated, 1);
}
