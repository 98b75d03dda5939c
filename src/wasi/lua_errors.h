// SPDX-License-Identifier: GPL-3.0-or-later
/* How Lua's errors unwind without setjmp: included before its sources, which leave these macros to
 * who compiles them. The page calls the function back within try, and throws for it
 * (output/play/wasi.js). */
#ifndef WASI_LUA_ERRORS_H
#define WASI_LUA_ERRORS_H

#define IMPORTED(name) __attribute__((import_module("autoscale_sim"), import_name(name)))

struct lua_State;

/* Non-zero: wasi_throw ended it. */
IMPORTED("try")
int wasi_try(void (*work)(struct lua_State *, void *), struct lua_State *lua, void *self);
IMPORTED("throw") _Noreturn void wasi_throw(void);

#define luai_jmpbuf int /* needs no place to return to */
#define LUAI_THROW(L, c) wasi_throw()
/* In luaD_rawrunprotected, whose f and ud are what `a` would call. */
#define LUAI_TRY(L, c, a)                                                                          \
    if (wasi_try(f, L, ud) != 0 && (c)->status == 0) {                                             \
        (c)->status = -1;                                                                          \
    }

#endif
