// SPDX-License-Identifier: GPL-3.0-or-later
/* One thread does all, in order. */
#include "base/task_pool.h"

bool task_pool_run(const TaskPool *pool, size_t count, bool (*task)(void *self, size_t index),
                   void *self) {
    for (size_t i = 0; i < count; i++) {
        if ((pool->stop != NULL && *pool->stop) || !task(self, i)) {
            return false;
        }
        if (pool->progress != NULL) {
            pool->progress(pool->progress_self, i + 1, count);
        }
    }
    return true;
}

bool task_thread_start(pthread_t *thread, void *(*work)(void *self), void *self) {
    (void)thread;
    (void)work;
    (void)self;
    return false;
}

size_t task_pool_default_jobs(void) {
    return 1;
}
