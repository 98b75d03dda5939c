// SPDX-License-Identifier: GPL-3.0-or-later
/* `make install` into a scratch DESTDIR: what is there, that the installed program finds it, that
 * the shells understand the completions, and that `make uninstall` leaves nothing. */
#include "base/memory.h"
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Status of a shell command; what it prints goes to out.txt in the scratch directory. */
static int shell(const char *scratch, const char *command) {
    char *whole = memory_format("S='%s'; D=\"$S/usr/local/share\"; ( %s ) > '%s/out.txt' 2>&1",
                                scratch, command, scratch);
    const int status = system(whole);
    free(whole);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void expect_shell(const char *scratch, const char *command) {
    const int status = shell(scratch, command);
    char *text = folder_file_bytes(scratch, "out.txt", NULL);
    cr_assert_eq(status, 0, "%s: %s", command, text);
    free(text);
}

/* The program under test as it is: nothing is built. */
#define MAKE                                                                                       \
    "L=\"$S/libautoscale_sim.a\"; touch \"$L\"; make -s --old-file=\"$ASIM_BINARY\" "              \
    "--old-file=\"$L\" PROGRAM=\"$ASIM_BINARY\" LIBRARY=\"$L\" PREFIX=/usr/local DESTDIR=\"$S\" "

Test(cli_install, installs_finds_and_removes) {
    if (system("command -v make >/dev/null 2>&1") != 0 || getenv("ASIM_BINARY") == NULL) {
        cr_skip_test("make is not here, or ASIM_BINARY does not name the program");
    }
    char *scratch = scratch_make();
    expect_shell(scratch, MAKE "install");
    static const char *const files[] = {"autoscale-sim/scenarios/demo.json",
                                        "autoscale-sim/scenarios/traces/azure-sample.csv",
                                        "autoscale-sim/scenarios/sweeps/demo.json",
                                        "autoscale-sim/scenarios/optimize/day.json",
                                        "autoscale-sim/scenarios/lessons/01-scale-to-zero.md",
                                        "man/man1/autoscale-sim.1",
                                        "bash-completion/completions/autoscale-sim",
                                        "zsh/site-functions/_autoscale-sim",
                                        "fish/vendor_completions.d/autoscale-sim.fish"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *command = memory_format("test -s \"$D/%s\"", files[i]);
        expect_shell(scratch, command);
        free(command);
    }
    expect_shell(scratch, "cd / && \"$S/usr/local/bin/autoscale-sim\" learn");
    expect_shell(scratch, "cd / && \"$S/usr/local/bin/autoscale-sim\" validate "
                          "\"$D/autoscale-sim/scenarios/azure-code.json\"");
    static const char *const names[] = {"demo.json", "scenarios/demo.json"};
    for (size_t i = 0; i < 2; i++) {
        char *command =
            memory_format("cd / && \"$S/usr/local/bin/autoscale-sim\" run %s", names[i]);
        cr_assert_eq(shell(scratch, command), 2);
        char *text = folder_file_bytes(scratch, "out.txt", NULL);
        cr_assert_not_null(strstr(text, "/usr/local/share/autoscale-sim/scenarios/demo.json\"?"),
                           "%s", text);
        free(text);
        free(command);
    }
    expect_shell(scratch, MAKE "uninstall && test -z \"$(find $S/usr -type f)\"");
    scratch_remove(scratch);
}

static void expect_understood(const char *name, const char *shell_name) {
    char *command = memory_format("command -v %s >/dev/null 2>&1", shell_name);
    const bool here = system(command) == 0;
    free(command);
    if (!here) {
        cr_skip_test("%s is not here (apt-get install %s)", shell_name, shell_name);
    }
    char *scratch = scratch_make();
    command = memory_format("\"$ASIM_BINARY\" help --completion %s > \"$S/%s\" && %s -n \"$S/%s\"",
                            shell_name, name, shell_name, name);
    expect_shell(scratch, command);
    free(command);
    scratch_remove(scratch);
}

Test(cli_install, zsh_understands_its_completion) {
    expect_understood("_autoscale-sim", "zsh");
}

/* Fish can be asked, too, what it would offer. */
Test(cli_install, fish_understands_its_completion) {
    expect_understood("autoscale-sim.fish", "fish");
    static const char *const asked[][2] = {{"val", "validate"},
                                           {"run --forc", "--force"},
                                           {"trace con", "convert"},
                                           {"run x --preset perf", "performance"},
                                           {"help --completion z", "zsh"}};
    char *scratch = scratch_make();
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char *command = memory_format(
            "\"$ASIM_BINARY\" help --completion fish > \"$S/t.fish\" && HOME=$S fish --no-config "
            "-c "
            "\"source $S/t.fish; complete -C'autoscale-sim %s'\" | cut -f1 | grep -qx -e %s",
            asked[i][0], asked[i][1]);
        expect_shell(scratch, command);
        free(command);
    }
    scratch_remove(scratch);
}
