// SPDX-License-Identifier: GPL-3.0-or-later
/* Lua 5.4 for texts that come from users: expressions that can reckon and call what they are given,
 * and nothing else. There is no io, os, require, load or debug; no pairs, next or tostring either,
 * since the order of a table and the address of a value differ from run to run. Memory and
 * instructions are bounded, and only source text is loaded, no byte code. */
#ifndef BASE_LUA_SANDBOX_H
#define BASE_LUA_SANDBOX_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Of one state: bytes that it may hold, instructions that it may execute. */
typedef struct LuaLimits {
    size_t bytes;
    int instructions;
    const char *exceeded; /* what is said of more instructions; lent */
} LuaLimits;

/* A state whose globals are those of `math` (without random, randomseed), as the table `math`.
 * `context` is what lua_sandbox_context gives back to functions of ours. Owned by the caller
 * (lua_sandbox_close); NULL where the limit is too low for Lua itself. Out of memory ends the
 * program (base/memory.h). */
lua_State *lua_sandbox_open(LuaLimits limits, void *context);
void lua_sandbox_close(lua_State *lua);
void *lua_sandbox_context(lua_State *lua);

/* Evaluates "return EXPRESSION": true with one value on the stack, false with a message instead,
 * without the place in the text, that says what is wrong with it. */
bool lua_sandbox_evaluate(lua_State *lua, const char *expression);

/* More of the library, for whole scripts: assert, error, ipairs, select, tonumber, type; of `table`
 * concat, insert, remove, sort, unpack. Nothing whose answer depends on addresses or on the order
 * of a table, nothing that could go on for ever without an instruction (string's patterns), and no
 * pcall, which would catch the end of the instructions. Call it within a protected call. */
int lua_sandbox_open_script_library(lua_State *lua);

/* The instructions are counted from zero again. */
void lua_sandbox_recount(lua_State *lua);

#endif
