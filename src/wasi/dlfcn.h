// SPDX-License-Identifier: GPL-3.0-or-later
/* Shared objects, of which WebAssembly loads none. */
#ifndef WASI_DLFCN_H
#define WASI_DLFCN_H

#include <stddef.h>

#define RTLD_NOW 0
#define RTLD_LOCAL 0

static inline void *dlopen(const char *file, int flags) {
    (void)file;
    (void)flags;
    return NULL;
}

static inline void *dlsym(void *handle, const char *name) {
    (void)handle;
    (void)name;
    return NULL;
}

static inline const char *dlerror(void) {
    return "a page loads no shared objects: write it in Lua";
}

static inline int dlclose(void *handle) {
    (void)handle;
    return 0;
}

#endif
