// SPDX-License-Identifier: GPL-3.0-or-later
/* Sweeps on several machines: GNU parallel, sshd and Slurm themselves run the shards
 * (tests/batch/check, which says what each case shows), and the parts of a whole are merged. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <criterion/logging.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Packages may have to be installed first. */
enum { SECONDS = 300, SKIPPED = 77 };

static void check(const char *name) {
    const ProgramPlace place = {.program = "tests/batch/check", .seconds = SECONDS};
    ProgramResult result = RUN_IN(place, name);
    if (result.status == SKIPPED) {
        cr_skip_test("%s: %s", name, result.errors);
    }
    cr_assert_eq(result.status, 0, "status %d: %s%s", result.status, result.errors, result.output);
    program_clear(&result);
}

Test(sweep_cluster, parallel_gives_the_same_bytes_as_one_process) {
    check("parallel");
}

Test(sweep_cluster, a_shard_killed_under_parallel_goes_on) {
    check("parallel_killed");
}

Test(sweep_cluster, machines_over_ssh) {
    check("ssh");
}

Test(sweep_cluster, machines_over_ssh_without_a_common_file_system) {
    check("ssh_copy");
}

Test(sweep_cluster, a_slurm_array_gives_the_same_bytes) {
    check("slurm");
}

Test(sweep_cluster, a_slurm_task_killed_or_requeued_goes_on) {
    check("slurm_killed");
}

Test(sweep_cluster, kubernetes_indices) {
    check("kubernetes");
}

Test(sweep_cluster, scripts_tell_mistakes_before_they_begin) {
    check("mistakes");
}
