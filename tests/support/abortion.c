// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/abortion.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

void printed_by_abort(void (*fail)(void), char text[ABORTION_TEXT]) {
    FILE *errors = tmpfile();
    cr_assert_not_null(errors);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(errors), STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        fail();
        _exit(0);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "status %d", status);
    rewind(errors);
    text[fread(text, 1, ABORTION_TEXT - 1, errors)] = '\0';
    fclose(errors);
}
