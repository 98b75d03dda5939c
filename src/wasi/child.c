// SPDX-License-Identifier: GPL-3.0-or-later
/* No program starts another here. */
#include "base/child.h"

#include <errno.h>

int child_start(Child *self, char *const words[]) {
    (void)words;
    *self = (Child){0};
    return ENOSYS;
}

ChildAnswer child_ask(Child *self, const char *line, size_t length, int64_t patience,
                      const volatile sig_atomic_t *stop, TextSpan *answer) {
    (void)self;
    (void)line;
    (void)length;
    (void)patience;
    (void)stop;
    (void)answer;
    return CHILD_ENDED;
}

void child_end(Child *self, int64_t patience) {
    (void)self;
    (void)patience;
}

char *child_last_words(const Child *self) {
    (void)self;
    Text text = {0};
    text_add(&text, "it never began");
    return text_take(&text);
}

void child_clear(Child *self) {
    *self = (Child){0};
}
