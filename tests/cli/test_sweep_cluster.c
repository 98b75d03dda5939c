// SPDX-License-Identifier: GPL-3.0-or-later
/* Sweeps on several machines: GNU parallel, sshd and Slurm themselves run the shards
 * (tests/batch/check, which says what each case shows), and the parts of a whole are merged. */
#include "cli/cli_checks.h"

#include <criterion/criterion.h>

static void check(const char *name) {
    expect_case("tests/batch/check", name);
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
