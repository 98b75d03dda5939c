// SPDX-License-Identifier: GPL-3.0-or-later
/* A state with an allocator that counts, a hook that counts, and next to no library. */
#include "base/lua_sandbox.h"

#include "base/memory.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

/* The chunk's name, which Lua puts before its messages, with the line. */
#define CHUNK "=(text)"
#define CHUNK_SAID "(text):"

typedef struct Sandbox {
    LuaLimits limits;
    size_t used; /* bytes */
    void *context;
} Sandbox;

/* lua_Alloc. NULL, which Lua turns into its own error, only where the limit is passed. */
static void *allocate(void *self, void *block, size_t old, size_t size) {
    Sandbox *sandbox = self;
    old = block == NULL ? 0 : old; /* then it says what kind of object is made */
    if (size == 0) {
        sandbox->used -= old;
        free(block);
        return NULL;
    }
    if (size > old && size - old > sandbox->limits.bytes - sandbox->used) {
        return NULL;
    }
    sandbox->used += size - old;
    return memory_resize(block, size, 1);
}

static Sandbox *sandbox_of(lua_State *lua) {
    void *sandbox;
    lua_getallocf(lua, &sandbox);
    return sandbox;
}

static void stop(lua_State *lua, lua_Debug *place) {
    (void)place;
    luaL_error(lua, "%s", sandbox_of(lua)->limits.exceeded);
}

void lua_sandbox_recount(lua_State *lua) {
    lua_sethook(lua, stop, LUA_MASKCOUNT, sandbox_of(lua)->limits.instructions);
}

static void open_math(lua_State *lua) {
    static const char *const by_chance[] = {"random", "randomseed"};
    luaL_requiref(lua, LUA_MATHLIBNAME, luaopen_math, 1);
    for (size_t i = 0; i < sizeof by_chance / sizeof by_chance[0]; i++) {
        lua_pushnil(lua);
        lua_setfield(lua, -2, by_chance[i]);
    }
    lua_pop(lua, 1);
}

/* Pushes a library's table that no script sees. Base writes into the globals, so it gets others. */
static void push_library(lua_State *lua, lua_CFunction opener) {
    lua_pushglobaltable(lua);
    lua_newtable(lua);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    lua_pushcfunction(lua, opener);
    lua_call(lua, 0, 1);
    lua_insert(lua, -2);
    lua_rawseti(lua, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

int lua_sandbox_open_script_library(lua_State *lua) {
    static const char *const base[] = {"assert", "error", "ipairs", "select", "tonumber", "type"};
    static const char *const table[] = {"concat", "insert", "remove", "sort", "unpack"};
    push_library(lua, luaopen_base);
    for (size_t i = 0; i < sizeof base / sizeof *base; i++) {
        lua_getfield(lua, -1, base[i]);
        lua_setglobal(lua, base[i]);
    }
    push_library(lua, luaopen_table);
    lua_newtable(lua);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        lua_getfield(lua, -2, table[i]);
        lua_setfield(lua, -2, table[i]);
    }
    lua_setglobal(lua, LUA_TABLIBNAME);
    lua_pop(lua, 2);
    return 0;
}

static int open_libraries(lua_State *lua) {
    open_math(lua);
    return 0;
}

lua_State *lua_sandbox_open(LuaLimits limits, void *context) {
    Sandbox *sandbox = memory_new(1, sizeof *sandbox);
    *sandbox = (Sandbox){.limits = limits, .context = context};
    lua_State *lua = lua_newstate(allocate, sandbox);
    if (lua == NULL) {
        free(sandbox);
        return NULL;
    }
    lua_pushcfunction(lua, open_libraries);
    if (lua_pcall(lua, 0, 0, 0) != LUA_OK) {
        lua_sandbox_close(lua);
        return NULL;
    }
    lua_sandbox_recount(lua);
    return lua;
}

void lua_sandbox_close(lua_State *lua) {
    Sandbox *sandbox = sandbox_of(lua);
    lua_close(lua);
    free(sandbox);
}

void *lua_sandbox_context(lua_State *lua) {
    return sandbox_of(lua)->context;
}

/* The message at the top of the stack without "(text):1: ". */
static void trim_message(lua_State *lua) {
    const char *message = lua_tostring(lua, -1);
    if (message == NULL || strncmp(message, CHUNK_SAID, strlen(CHUNK_SAID)) != 0) {
        return;
    }
    const char *said = strstr(message, ": ");
    if (said != NULL) {
        lua_pushstring(lua, said + 2);
        lua_remove(lua, -2);
    }
}

bool lua_sandbox_evaluate(lua_State *lua, const char *expression) {
    char *chunk = memory_format("return %s", expression);
    const bool sound = luaL_loadbufferx(lua, chunk, strlen(chunk), CHUNK, "t") == LUA_OK &&
                       lua_pcall(lua, 0, 1, 0) == LUA_OK;
    free(chunk);
    if (!sound) {
        trim_message(lua);
    }
    return sound;
}
