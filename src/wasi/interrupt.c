// SPDX-License-Identifier: GPL-3.0-or-later
/* No signals: who is tired of a run ends the Worker. */
#include "cli/commands.h"

void interrupt_watch(void) {
}

const volatile sig_atomic_t *interrupt_mark(void) {
    static const volatile sig_atomic_t never;
    return &never;
}

int interrupt_tell(const char *consequence) {
    (void)consequence;
    return STATUS_FAILED;
}

void interrupt_end_by_pipe(void) {
}
