// SPDX-License-Identifier: GPL-3.0-or-later
/* One lock, taken twice per task: tasks are whole simulations. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "base/task_pool.h"

#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct Work {
    const TaskPool *pool;
    size_t count;
    bool (*task)(void *self, size_t index);
    void *self;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t next, done, threads; /* threads that have not ended */
    bool failed;
} Work;

/* A task's number, or `count` when no more is to be begun. Called with the lock held. */
static size_t claim(Work *work) {
    const bool stopped = work->failed || (work->pool->stop && *work->pool->stop);
    return stopped || work->next == work->count ? work->count : work->next++;
}

static void *labour(void *argument) {
    Work *work = argument;
    pthread_mutex_lock(&work->lock);
    for (size_t index; (index = claim(work)) < work->count;) {
        pthread_mutex_unlock(&work->lock);
        const bool well = work->task(work->self, index);
        pthread_mutex_lock(&work->lock);
        work->done += well;
        work->failed = work->failed || !well;
        pthread_cond_signal(&work->changed);
    }
    work->threads--;
    pthread_cond_signal(&work->changed);
    pthread_mutex_unlock(&work->lock);
    return NULL;
}

/* Threads that cannot be had are done without; the last resort is the caller's own. */
static size_t start(Work *work, pthread_t threads[], size_t wanted) {
    size_t started = 0;
    while (started < wanted && pthread_create(&threads[started], NULL, labour, work) == 0) {
        started++;
    }
    return started;
}

static void watch(Work *work) {
    size_t told = 0;
    pthread_mutex_lock(&work->lock);
    for (;;) {
        const size_t done = work->done;
        if (done != told && work->pool->progress) {
            told = done;
            pthread_mutex_unlock(&work->lock);
            work->pool->progress(work->pool->progress_self, done, work->count);
            pthread_mutex_lock(&work->lock);
        } else if (work->threads == 0) {
            break;
        } else {
            pthread_cond_wait(&work->changed, &work->lock);
        }
    }
    pthread_mutex_unlock(&work->lock);
}

bool task_pool_run(const TaskPool *pool, size_t count, bool (*task)(void *self, size_t index),
                   void *self) {
    Work work = {.pool = pool, .count = count, .task = task, .self = self};
    const size_t wanted = pool->jobs < count ? pool->jobs : count;
    pthread_t *threads = memory_new(wanted ? wanted : 1, sizeof *threads);
    pthread_mutex_init(&work.lock, NULL);
    pthread_cond_init(&work.changed, NULL);
    pthread_mutex_lock(&work.lock);
    const size_t started = start(&work, threads, wanted);
    work.threads = started;
    pthread_mutex_unlock(&work.lock);
    if (started == 0 && count > 0) {
        work.threads = 1;
        labour(&work);
    }
    watch(&work);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_cond_destroy(&work.changed);
    pthread_mutex_destroy(&work.lock);
    free(threads);
    return work.done == count;
}

/* Where the system has more than 1,024 it does not tell which of them may be used. */
static long usable_processors(void) {
    cpu_set_t usable;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (sched_getaffinity(0, sizeof usable, &usable) != 0) {
        return online;
    }
    const long count = CPU_COUNT(&usable);
    return count < online ? count : online;
}

bool task_thread_start(pthread_t *thread, void *(*work)(void *self), void *self) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const bool started = pthread_create(thread, NULL, work, self) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

size_t task_pool_default_jobs(void) {
    const long usable = usable_processors();
    const char *granted = getenv("SLURM_CPUS_PER_TASK");
    const long most = granted ? strtol(granted, NULL, 10) : 0;
    const long jobs = most > 0 && most < usable ? most : usable;
    return jobs > 0 ? (size_t)jobs : 1;
}
