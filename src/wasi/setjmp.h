// SPDX-License-Identifier: GPL-3.0-or-later
/* Lua's sources include it, and jump by lua_errors.h. */
#ifndef WASI_SETJMP_H
#define WASI_SETJMP_H
#endif
