// SPDX-License-Identifier: GPL-3.0-or-later
/* Threads where there is one: locks are always free. Nobody waits, for base/task_pool starts no
 * thread here, and who has none does the work before he looks for it. */
#ifndef WASI_PTHREAD_H
#define WASI_PTHREAD_H

#include <errno.h>

#define __NEED_pthread_t
#define __NEED_pthread_mutex_t
#define __NEED_pthread_cond_t
#include <bits/alltypes.h>

#define PTHREAD_MUTEX_INITIALIZER                                                                  \
    {                                                                                              \
        {                                                                                          \
            { 0 }                                                                                  \
        }                                                                                          \
    }

#define ALWAYS_WELL(name, object)                                                                  \
    static inline int name(object *self) {                                                         \
        (void)self;                                                                                \
        return 0;                                                                                  \
    }
ALWAYS_WELL(pthread_mutex_lock, pthread_mutex_t)
ALWAYS_WELL(pthread_mutex_unlock, pthread_mutex_t)
ALWAYS_WELL(pthread_mutex_destroy, pthread_mutex_t)
ALWAYS_WELL(pthread_cond_signal, pthread_cond_t)
ALWAYS_WELL(pthread_cond_broadcast, pthread_cond_t)
ALWAYS_WELL(pthread_cond_destroy, pthread_cond_t)
#undef ALWAYS_WELL

static inline int pthread_mutex_init(pthread_mutex_t *mutex, const void *attributes) {
    (void)attributes;
    *mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    return 0;
}

static inline int pthread_cond_init(pthread_cond_t *condition, const void *attributes) {
    (void)attributes;
    *condition = (pthread_cond_t){{{0}}};
    return 0;
}

/* For what would never come. */
static inline int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex) {
    (void)condition;
    (void)mutex;
    __builtin_trap();
}

static inline int pthread_join(pthread_t thread, void **result) {
    (void)thread;
    (void)result;
    return ESRCH;
}

#endif
