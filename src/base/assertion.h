// SPDX-License-Identifier: GPL-3.0-or-later
/* Assertions that stay on and tell where a run was: a broken invariant is a defect of the program,
 * and whoever meets it can report seed, replication and instant, which is all that it takes to see
 * it again. A user's mistake is never an assertion (base/error.h). */
#ifndef BASE_ASSERTION_H
#define BASE_ASSERTION_H

#include <stdio.h>

/* What a failing assertion tells of what its thread is at: one or more words, no line end. */
typedef struct AssertionScope {
    void (*tell)(const void *self, FILE *stream); /* NULL: nothing to tell */
    const void *self;                             /* lent while the scope is entered */
} AssertionScope;

/* Enters a scope in this thread; returns the one before, to be entered again at the end. */
AssertionScope assertion_enter(AssertionScope scope);

/* Prints what failed, where in the source, and the scope, on standard error, and aborts. */
_Noreturn void assertion_failed(const char *condition, const char *file, int line,
                                const char *function);

/* The condition is evaluated in every build. */
#define asim_assert(condition)                                                                     \
    (__builtin_expect(!(condition), 0)                                                             \
         ? assertion_failed(#condition, __FILE__, __LINE__, __func__)                              \
         : (void)0)

/* The same where a condition costs more than a run should pay for it, at every iteration of every
 * replica: it is evaluated in hostile builds (make hostile), which the tests run in. */
#ifdef ASIM_HOSTILE
#define asim_assert_often(condition) asim_assert(condition)
#else
#define asim_assert_often(condition) ((void)sizeof(condition))
#endif

#endif
