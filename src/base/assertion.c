// SPDX-License-Identifier: GPL-3.0-or-later
/* The scope is the one thing that a thread keeps for itself: it is read by failures alone, so runs
 * in other threads cannot see it, and no result hangs on it. */
#include "base/assertion.h"

#include <stdlib.h>

static _Thread_local AssertionScope current;

AssertionScope assertion_enter(AssertionScope scope) {
    const AssertionScope before = current;
    current = scope;
    return before;
}

_Noreturn void assertion_failed(const char *condition, const char *file, int line,
                                const char *function) {
    fprintf(stderr, "autoscale-sim: %s:%d: %s: %s does not hold", file, line, function, condition);
    if (current.tell != NULL) {
        fputs("; ", stderr);
        current.tell(current.self, stderr);
    }
    fputs("\nThis is a defect of the simulator: please report it with this line and your "
          "scenario.\n",
          stderr);
    fflush(stderr);
    abort();
}
