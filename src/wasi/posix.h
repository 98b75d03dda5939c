// SPDX-License-Identifier: GPL-3.0-or-later
/* Of POSIX, what wasi-libc neither has nor declares: included before each file. */
#ifndef WASI_POSIX_H
#define WASI_POSIX_H

#include <stddef.h>

int dup(int descriptor);
int gethostname(char *name, size_t room);
char *realpath(const char *path, char *resolved);

#endif
