// SPDX-License-Identifier: GPL-3.0-or-later
/* Short scenarios, and questions to what was recorded of their runs. */
#include "sim/sim_fixture.h"

#include "base/memory.h"
#include "engine/sim_time.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *format_text(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    char *text = memory_new((size_t)length + 1, 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

static RecordedRun *run_text(char *text) {
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    RecordedRun *run = recorded_run(text, NULL);
    free(text);
    return run;
}

RecordedRun *sim_run(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_text(format, arguments);
    va_end(arguments);
    return run_text(text);
}

RecordedRun *sim_run_one(const char *scenario, const char *deployment, ...) {
    va_list arguments;
    va_start(arguments, deployment);
    char *members = format_text(deployment, arguments);
    va_end(arguments);
    char *text = memory_format("{%s,'deployments':{'d':{%s}}}", scenario, members);
    free(members);
    return run_text(text);
}

const asim_request *sim_request(const RecordedRun *run, size_t n) {
    cr_assert(n >= 1 && n <= run->request_count, "request %zu of %zu", n, run->request_count);
    return &run->requests[n - 1];
}

void sim_check_scaling(const RecordedRun *run, size_t n, sim_time time, int from, int to) {
    const asim_decision_taken *taken = recorded_scaling(run, 0, n);
    cr_assert_not_null(taken, "no scaling %zu", n);
    cr_expect_eq(taken->time, time, "scaling %zu at %.9f s, not %.9f", n,
                 sim_time_to_seconds(taken->time), sim_time_to_seconds(time));
    cr_expect_eq(taken->from, from, "scaling %zu from %d, not %d", n, taken->from, from);
    cr_expect_eq(taken->decision->target, to, "scaling %zu to %d, not %d", n,
                 taken->decision->target, to);
}

const asim_observation *sim_observed(const RecordedRun *run, sim_time time) {
    for (size_t i = 0; i < run->decision_count; i++) {
        const asim_decision_taken *taken = &run->decisions[i];
        if (taken->deployment == 0 && taken->at_evaluation && taken->time == time) {
            return taken->observation;
        }
    }
    cr_assert_fail("no evaluation at %.9f s", sim_time_to_seconds(time));
    return NULL;
}

sim_time sim_seconds(double seconds) {
    return sim_time_from_seconds(seconds);
}

sim_time sim_entered(const RecordedRun *run, uint32_t deployment, uint32_t replica,
                     asim_replica_state state) {
    for (size_t i = 0; i < run->change_count; i++) {
        const asim_replica_change *change = &run->changes[i];
        if (change->deployment == deployment && change->replica == replica && change->to == state) {
            return change->time;
        }
    }
    return SIM_TIME_NEVER;
}

uint32_t sim_created(const RecordedRun *run, uint32_t deployment) {
    uint32_t created = 0;
    for (size_t i = 0; i < run->change_count; i++) {
        created += run->changes[i].deployment == deployment && run->changes[i].is_new;
    }
    return created;
}

const asim_decision_taken *sim_deletion(const RecordedRun *run, uint32_t deployment) {
    for (size_t i = 0; i < run->decision_count; i++) {
        const asim_decision_taken *taken = &run->decisions[i];
        if (taken->deployment == deployment && !taken->at_evaluation &&
            strncmp(taken->decision->reason, "deleted", 7) == 0) {
            return taken;
        }
    }
    return NULL;
}
