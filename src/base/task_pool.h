// SPDX-License-Identifier: GPL-3.0-or-later
/* Many independent tasks on several threads. Tasks are begun in the order of their numbers; what
 * they return goes into places of their own, so that results do not depend on the number of
 * threads. */
#ifndef BASE_TASK_POOL_H
#define BASE_TASK_POOL_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct TaskPool {
    size_t jobs;                       /* threads at most; >= 1 */
    const volatile sig_atomic_t *stop; /* no task is begun once it is non-zero; may be NULL */
    /* Called in the thread of task_pool_run after each task; may be NULL. */
    void (*progress)(void *self, size_t done, size_t count);
    void *progress_self;
} TaskPool;

/* Calls task(self, i) for i in 0 .. count - 1, each in one of the threads. A task that returns
 * false keeps others from being begun; those that were are finished. Returns whether all were done
 * and returned true. */
bool task_pool_run(const TaskPool *pool, size_t count, bool (*task)(void *self, size_t index),
                   void *self);

/* One thread that works beside its caller, who joins it; signals are the caller's business. False:
 * there is none to be had. */
bool task_thread_start(pthread_t *thread, void *(*work)(void *self), void *self);

/* Threads to use when the user does not say: processors that are online and that the process may
 * use (taskset, cpusets of containers), or fewer where a batch system granted fewer
 * (SLURM_CPUS_PER_TASK). */
size_t task_pool_default_jobs(void);

#endif
