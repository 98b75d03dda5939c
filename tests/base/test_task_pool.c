// SPDX-License-Identifier: GPL-3.0-or-later
#define _GNU_SOURCE /* cpu_set_t */
#include "base/task_pool.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { MOST = 100 };

typedef struct Record {
    atomic_size_t begun, order[MOST], times[MOST];
    size_t fails_at; /* SIZE_MAX: none */
    volatile sig_atomic_t *stop;
    size_t stops_at;
} Record;

static bool note(void *self, size_t index) {
    Record *record = self;
    record->order[atomic_fetch_add(&record->begun, 1)] = index;
    atomic_fetch_add(&record->times[index], 1);
    if (record->stop && index == record->stops_at) {
        *record->stop = 1;
    }
    return index != record->fails_at;
}

static void each_once(const Record *record, size_t count) {
    for (size_t i = 0; i < count; i++) {
        cr_assert_eq(record->times[i], 1, "task %zu: %zu times", i, (size_t)record->times[i]);
    }
    cr_assert_eq(record->begun, count);
}

Test(task_pool, one_thread_goes_in_order) {
    Record record = {.fails_at = SIZE_MAX};
    cr_assert(task_pool_run(&(TaskPool){.jobs = 1}, MOST, note, &record));
    for (size_t i = 0; i < MOST; i++) {
        cr_assert_eq(record.order[i], i);
    }
}

Test(task_pool, each_task_once_by_any_number_of_threads) {
    const size_t jobs[] = {2, 7, 300};
    for (size_t i = 0; i < 3; i++) {
        Record record = {.fails_at = SIZE_MAX};
        cr_assert(task_pool_run(&(TaskPool){.jobs = jobs[i]}, MOST, note, &record));
        each_once(&record, MOST);
    }
    Record few = {.fails_at = SIZE_MAX};
    cr_assert(task_pool_run(&(TaskPool){.jobs = 16}, 3, note, &few));
    each_once(&few, 3);
    cr_assert(task_pool_run(&(TaskPool){.jobs = 4}, 0, note, &few), "nothing is soon done");
}

Test(task_pool, a_failure_keeps_others_from_being_begun) {
    Record record = {.fails_at = 4};
    cr_assert_not(task_pool_run(&(TaskPool){.jobs = 1}, MOST, note, &record));
    each_once(&record, 5);
    Record many = {.fails_at = 4};
    cr_assert_not(task_pool_run(&(TaskPool){.jobs = 4}, MOST, note, &many));
    for (size_t i = 0; i <= 4; i++) {
        cr_assert_eq(many.times[i], 1, "what comes before the one that failed is done");
    }
}

Test(task_pool, a_stop_is_heeded) {
    volatile sig_atomic_t stop = 0;
    Record record = {.fails_at = SIZE_MAX, .stop = &stop, .stops_at = 9};
    cr_assert_not(task_pool_run(&(TaskPool){.jobs = 1, .stop = &stop}, MOST, note, &record));
    each_once(&record, 10);
    cr_assert_not(task_pool_run(&(TaskPool){.jobs = 2, .stop = &stop}, 1, note, &record));
    cr_assert_eq(record.begun, 10, "nothing is begun after it");
}

static void last_told(void *self, size_t done, size_t count) {
    size_t *last = self;
    cr_assert(done >= *last && done <= count && count == MOST);
    *last = done;
}

Test(task_pool, progress_rises_to_all) {
    size_t last = 0;
    Record record = {.fails_at = SIZE_MAX};
    const TaskPool pool = {.jobs = 3, .progress = last_told, .progress_self = &last};
    cr_assert(task_pool_run(&pool, MOST, note, &record));
    cr_assert_eq(last, MOST);
}

Test(task_pool, a_batch_system_may_grant_fewer) {
    cr_assert_geq(task_pool_default_jobs(), 1);
    setenv("SLURM_CPUS_PER_TASK", "1", 1);
    cr_assert_eq(task_pool_default_jobs(), 1);
}

Test(task_pool, only_processors_that_the_process_may_use) {
    cpu_set_t usable, one;
    cr_assert_eq(sched_getaffinity(0, sizeof usable, &usable), 0);
    int first = 0;
    while (!CPU_ISSET(first, &usable)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    cr_assert_eq(sched_setaffinity(0, sizeof one, &one), 0);
    cr_assert_eq(task_pool_default_jobs(), 1);
}
