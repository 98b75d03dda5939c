// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies in Lua: `function decide(observation, options, state)` in a sandbox of its own for each
 * run. The tables that it is given are made once and filled anew; `replicas`, which costs a table
 * each, only when it is asked for. */
#include "policy/own.h"

#include "base/lua_sandbox.h"
#include "base/memory.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MEGABYTES 64
#define INSTRUCTIONS 10000000
static const LuaLimits lua_limits = {.bytes = (size_t)MEGABYTES << 20,
                                     .instructions = INSTRUCTIONS,
                                     .exceeded = "more than 10,000,000 instructions"};

typedef struct LuaState {
    const OwnConfig *config;
    OwnMemory memory;
    lua_State *lua;
    int decide, observation, replicas, options, table; /* in the registry */
    bool given_replicas;     /* the observation has them: they are the last one's */
    asim_observation seen;   /* what decide is asked about */
    asim_decision *decision; /* and what it makes of it */
} LuaState;

static const char chunk[] = "=policy"; /* what Lua says before the line */
static const char chunk_said[] = "policy:";

static LuaState *self_of(lua_State *lua) {
    return lua_sandbox_context(lua);
}

/* Failures ----------------------------------------------------------------------------------- */

/* "policy:12: what is wrong" becomes the line and the rest; the message is at the top. */
static void fail_by_message(LuaState *self) {
    const char *message = lua_tostring(self->lua, -1);
    message = message != NULL ? message : "an error that is no text";
    if (strncmp(message, chunk_said, strlen(chunk_said)) == 0) {
        char *end;
        const long line = strtol(message + strlen(chunk_said), &end, 10);
        if (line > 0 && strncmp(end, ": ", 2) == 0) {
            self->memory.failure.line = line;
            message = end + 2;
        }
    }
    own_fail(&self->memory, NULL, "%s", message);
}

/* Of what was not what it has to be: "an answer that is a table with \"taget\"". Never returns. */
static int refuse(lua_State *lua, const char *expected, const char *found) {
    own_fail(&self_of(lua)->memory, expected, "%s", found);
    return luaL_error(lua, "refused");
}

/* Observations ------------------------------------------------------------------------------- */

static void set_number(lua_State *lua, const char *key, double number) {
    if (isnan(number)) {
        lua_pushnil(lua);
    } else if (floor(number) == number && fabs(number) < 0x1p53) {
        lua_pushinteger(lua, (lua_Integer)number);
    } else {
        lua_pushnumber(lua, number);
    }
    lua_setfield(lua, -2, key);
}

/* The observation is at the top. */
static void set_observation(lua_State *lua, LuaState *self) {
    for (const OwnKey *key = own_keys; key->name != NULL; key++) {
        const double value = key->value(&self->seen);
        if (key->is_boolean) {
            lua_pushboolean(lua, value != 0);
            lua_setfield(lua, -2, key->name);
        } else {
            set_number(lua, key->name, value);
        }
    }
    if (self->given_replicas) {
        lua_pushnil(lua);
        lua_setfield(lua, -2, OWN_REPLICAS);
        self->given_replicas = false;
    }
}

/* One more table at the end of a list that is at the top, or the one that is there. */
static void set_replica(lua_State *lua, lua_Integer place, const asim_replica *replica,
                        sim_time now) {
    if (lua_rawgeti(lua, -1, place) != LUA_TTABLE) {
        lua_pop(lua, 1);
        lua_newtable(lua);
        lua_pushvalue(lua, -1);
        lua_rawseti(lua, -3, place);
    }
    for (const OwnReplicaKey *key = own_replica_keys; key->name != NULL; key++) {
        set_number(lua, key->name, key->value(replica, now));
    }
    lua_pushstring(lua, policy_replica_states[replica->state]);
    lua_setfield(lua, -2, OWN_REPLICA_STATE);
    lua_pop(lua, 1);
}

/* Pushes the list. */
static void push_replicas(lua_State *lua, LuaState *self) {
    lua_rawgeti(lua, LUA_REGISTRYINDEX, self->replicas);
    const lua_Integer before = (lua_Integer)lua_rawlen(lua, -1);
    const lua_Integer count = (lua_Integer)self->seen.replica_count;
    for (lua_Integer i = 0; i < count; i++) {
        set_replica(lua, i + 1, &self->seen.replicas[i], self->seen.time);
    }
    for (lua_Integer i = before; i > count; i--) {
        lua_pushnil(lua);
        lua_rawseti(lua, -2, i);
    }
}

/* __index of the observation: what it does not have (yet). */
static int find_key(lua_State *lua) {
    LuaState *self = self_of(lua);
    const char *name = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "";
    if (strcmp(name, OWN_REPLICAS) == 0) {
        push_replicas(lua, self);
        lua_pushvalue(lua, -1);
        lua_setfield(lua, 1, OWN_REPLICAS);
        self->given_replicas = true;
        return 1;
    }
    for (const OwnKey *key = own_keys; key->name != NULL; key++) {
        if (strcmp(key->name, name) == 0) {
            return 0;
        }
    }
    NearestName nearest = {.word = name};
    nearest_try(&nearest, OWN_REPLICAS);
    for (const OwnKey *key = own_keys; key->name != NULL; key++) {
        nearest_try(&nearest, key->name);
    }
    if (nearest.name != NULL) {
        return luaL_error(lua, "observation has no \"%s\"; did you mean \"%s\"?", name,
                          nearest.name);
    }
    return luaL_error(lua, "observation has no \"%s\"", name);
}

/* Answers ------------------------------------------------------------------------------------ */

/* The member of the table at the top, as a number. */
static double number_member(lua_State *lua, const char *key) {
    lua_getfield(lua, -1, key);
    const double number = lua_type(lua, -1) == LUA_TNUMBER ? lua_tonumber(lua, -1) : NAN;
    if (!lua_isnil(lua, -1) && lua_type(lua, -1) != LUA_TNUMBER) {
        refuse(lua, "a number",
               lua_pushfstring(lua, "%s that is a %s", key, luaL_typename(lua, -1)));
    }
    lua_pop(lua, 1);
    return number;
}

/* The same, as a text, which lives as long as the table; NULL: it is not there. */
static const char *text_member(lua_State *lua, const char *key) {
    lua_getfield(lua, -1, key);
    const char *text = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
    if (!lua_isnil(lua, -1) && text == NULL) {
        refuse(lua, "a text", lua_pushfstring(lua, "%s that is a %s", key, luaL_typename(lua, -1)));
    }
    lua_pop(lua, 1);
    return text;
}

static bool is_among(const char *const names[], const char *name) {
    while (*names != NULL && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

/* The table at the top has no other keys than these. Of several that it has the first by name is
 * told: their order differs from run to run. */
static void check_keys(lua_State *lua, const char *const keys[]) {
    const char *unknown = NULL;
    for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
        const char *name = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : "1";
        if (!is_among(keys, name) && (unknown == NULL || strcmp(name, unknown) < 0)) {
            unknown = name;
        }
    }
    if (unknown != NULL) {
        refuse(lua, "target, recommended, reason, and terms of key, measured, target, wanted",
               lua_pushfstring(lua, "an answer with the key \"%s\"", unknown));
    }
}

/* A list of terms is at the top, or nil. */
static void take_terms(lua_State *lua, OwnAnswer *answer) {
    if (lua_isnil(lua, -1)) {
        return;
    }
    if (!lua_istable(lua, -1) || lua_rawlen(lua, -1) > ASIM_DECISION_TERMS) {
        refuse(lua, "a list of at most 8 terms", "terms that are none");
    }
    answer->term_count = (int)lua_rawlen(lua, -1);
    for (int i = 0; i < answer->term_count; i++) {
        if (lua_rawgeti(lua, -1, i + 1) != LUA_TTABLE) {
            refuse(lua, "a term: {key = \"load\", measured = 3, target = 0.8, wanted = 4}",
                   lua_pushfstring(lua, "a %s", luaL_typename(lua, -1)));
        }
        check_keys(lua, own_term_keys);
        const char *key = text_member(lua, "key");
        answer->terms[i] = (asim_decision_term){.key = key != NULL ? key : "",
                                                .measured = number_member(lua, "measured"),
                                                .target = number_member(lua, "target")};
        answer->wanted[i] = number_member(lua, "wanted");
        lua_pop(lua, 1);
    }
}

/* What decide returned is at 1 (target, or all in a table) and 2 (reason). */
static void take_answer(lua_State *lua, OwnAnswer *answer) {
    const int type = lua_type(lua, 1);
    *answer = (OwnAnswer){.recommended = NAN};
    if (type == LUA_TTABLE) {
        lua_pushvalue(lua, 1);
        check_keys(lua, own_answer_keys);
        answer->target = number_member(lua, "target");
        answer->recommended = number_member(lua, "recommended");
        answer->reason = text_member(lua, "reason");
        lua_getfield(lua, -1, "terms");
        take_terms(lua, answer);
        return;
    }
    if (type != LUA_TNUMBER) {
        refuse(lua, "a number of replicas, or a table with target",
               lua_pushfstring(lua, "an answer that is a %s", luaL_typename(lua, 1)));
    }
    answer->target = lua_tonumber(lua, 1);
    if (lua_isnoneornil(lua, 2)) {
        return;
    }
    if (lua_type(lua, 2) != LUA_TSTRING) {
        refuse(lua, "a reason that is a text", lua_pushfstring(lua, "a %s", luaL_typename(lua, 2)));
    }
    answer->reason = lua_tostring(lua, 2);
}

/* Runs protected. */
static int run_decide(lua_State *lua) {
    LuaState *self = self_of(lua);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, self->decide);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, self->observation);
    set_observation(lua, self);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, self->options);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, self->table);
    lua_call(lua, 3, 2);
    OwnAnswer answer;
    take_answer(lua, &answer);
    own_decide(self->config, &self->memory, &self->seen, &answer, self->decision);
    return 0;
}

/* Loading ------------------------------------------------------------------------------------ */

/* The option that is declared at the top: its default. False: it is none. */
static bool declared_option(lua_State *lua, const char *name, asim_policy_option *option) {
    *option = (asim_policy_option){.name = name};
    switch (lua_type(lua, -1)) {
    case LUA_TNUMBER:
        option->type = ASIM_OPTION_NUMBER;
        option->number = lua_tonumber(lua, -1);
        return isfinite(option->number);
    case LUA_TBOOLEAN:
        option->type = ASIM_OPTION_BOOLEAN;
        option->number = lua_toboolean(lua, -1);
        return true;
    case LUA_TSTRING:
        option->type = ASIM_OPTION_TEXT;
        option->text = lua_tostring(lua, -1);
        return true;
    default: return false;
    }
}

static void push_option(lua_State *lua, const asim_policy_option *option) {
    switch (option->type) {
    case ASIM_OPTION_NUMBER: set_number(lua, option->name, option->number); return;
    case ASIM_OPTION_BOOLEAN: lua_pushboolean(lua, option->number != 0); break;
    case ASIM_OPTION_TEXT: lua_pushstring(lua, option->text); break;
    }
    lua_setfield(lua, -2, option->name);
}

/* The script's `options`, with those of the scenario over them. */
static void make_options(lua_State *lua, LuaState *self) {
    if (lua_getglobal(lua, "options") != LUA_TTABLE) {
        lua_pop(lua, 1);
        lua_newtable(lua);
    }
    const OwnPolicy *own = self->config->own;
    for (size_t i = 0; i < own->option_count; i++) {
        push_option(lua, &own->options[i]);
    }
    self->options = luaL_ref(lua, LUA_REGISTRYINDEX);
}

static void make_observation(lua_State *lua, LuaState *self) {
    lua_newtable(lua);
    lua_newtable(lua);
    lua_pushcfunction(lua, find_key);
    lua_setfield(lua, -2, "__index");
    lua_setmetatable(lua, -2);
    self->observation = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    self->replicas = luaL_ref(lua, LUA_REGISTRYINDEX);
    lua_newtable(lua);
    self->table = luaL_ref(lua, LUA_REGISTRYINDEX);
}

/* Runs protected. */
static int run_script(lua_State *lua) {
    LuaState *self = self_of(lua);
    const char *script = self->config->own->script;
    lua_sandbox_open_script_library(lua);
    if (luaL_loadbufferx(lua, script, strlen(script), chunk, "t") != LUA_OK) {
        return lua_error(lua);
    }
    lua_call(lua, 0, 0);
    if (lua_getglobal(lua, "decide") != LUA_TFUNCTION) {
        refuse(lua, "function decide(observation, options, state)", "a script without decide");
    }
    self->decide = luaL_ref(lua, LUA_REGISTRYINDEX);
    make_options(lua, self);
    make_observation(lua, self);
    return 0;
}

/* Calls it; false after a failure. */
static bool protect(LuaState *self, lua_CFunction function) {
    lua_sandbox_recount(self->lua);
    lua_pushcfunction(self->lua, function);
    const int status = lua_pcall(self->lua, 0, 0, 0);
    if (status == LUA_OK) {
        return self->memory.failure.found == NULL;
    }
    if (status == LUA_ERRMEM) {
        own_fail(&self->memory, NULL, "more than %d MiB of memory", MEGABYTES);
    }
    fail_by_message(self);
    lua_settop(self->lua, 0);
    return false;
}

static bool load(LuaState *self, const OwnConfig *config) {
    self->config = config;
    self->memory.failure.file = config->own->file;
    self->lua = lua_sandbox_open(lua_limits, self);
    return protect(self, run_script);
}

static void unload(LuaState *self) {
    lua_sandbox_close(self->lua);
    own_memory_clear(&self->memory);
}

/* Options against those that are declared ---------------------------------------------------- */

static const char *const type_names[] = {[ASIM_OPTION_NUMBER] = "a number",
                                         [ASIM_OPTION_BOOLEAN] = "true or false",
                                         [ASIM_OPTION_TEXT] = "a text"};

typedef struct OptionCheck {
    OwnPolicy *own;
    const Error *where;
    ErrorList *errors;
    asim_policy_option *declared; /* names and texts are lent by the script */
    size_t count, room;
} OptionCheck;

static int by_name(const void *left, const void *right) {
    const asim_policy_option *a = left, *b = right;
    return strcmp(a->name, b->name);
}

/* All that is declared, in the order of names: a table's own differs from run to run. Runs
 * protected, the check as a light pointer on the stack. */
static int list_declared(lua_State *lua) {
    OptionCheck *check = lua_touserdata(lua, 1);
    if (lua_getglobal(lua, "options") != LUA_TTABLE) {
        return lua_isnil(lua, -1) ? 0 : luaL_error(lua, "options that is no table");
    }
    lua_pushnil(lua);
    while (lua_next(lua, -2) != 0) {
        asim_policy_option option;
        if (lua_type(lua, -2) != LUA_TSTRING ||
            !declared_option(lua, lua_tostring(lua, -2), &option)) {
            return luaL_error(lua, "options has a member that is no number, boolean or text");
        }
        check->declared =
            memory_grow(check->declared, check->count, &check->room, sizeof *check->declared);
        check->declared[check->count++] = option;
        lua_pop(lua, 1);
    }
    return 0;
}

static void check_option(const OptionCheck *check, const asim_policy_option *given) {
    const asim_policy_option *found = NULL;
    NearestName nearest = {.word = given->name};
    for (size_t i = 0; i < check->count; i++) {
        found = strcmp(check->declared[i].name, given->name) == 0 ? &check->declared[i] : found;
        nearest_try(&nearest, check->declared[i].name);
    }
    if (found != NULL && found->type == given->type) {
        return;
    }
    char *place = memory_format("%s%s%s", check->where->place ? check->where->place : "",
                                check->where->place ? "." : "", given->name);
    Error at = *check->where;
    at.place = place;
    if (found == NULL) {
        error_at(check->errors, &at, "unknown key", "an option that the script declares",
                 nearest.name);
    } else {
        error_at(check->errors, &at, type_names[given->type], type_names[found->type], NULL);
    }
    free(place);
}

/* A script that declares no options takes any. */
static void check_options(OptionCheck *check) {
    if (check->count == 0) {
        return;
    }
    qsort(check->declared, check->count, sizeof *check->declared, by_name);
    const size_t written = check->own->option_count;
    for (size_t i = 0; i < written; i++) {
        check_option(check, &check->own->options[i]);
    }
    for (size_t i = 0; i < check->count; i++) {
        if (own_policy_option(check->own, check->declared[i].name) == NULL) {
            own_policy_add(check->own, check->declared[i]);
        }
    }
}

static void tell_failure(const LuaState *state, ErrorList *errors) {
    asim_policy_failure failure;
    if (own_has_failed(&state->memory, &failure)) {
        error_at(errors, &(Error){.file = failure.file, .line = failure.line}, failure.found,
                 failure.expected, NULL);
    }
}

/* The options are looked at before they are merged, in a state of their own. */
void own_lua_check(OwnPolicy *self, const Error *where, ErrorList *errors) {
    const OwnPolicy bare = {.file = self->file, .script = self->script, .words = self->words};
    const OwnConfig config = {.own = &bare};
    LuaState state = {0};
    OptionCheck check = {.own = self, .where = where, .errors = errors};
    if (load(&state, &config)) {
        lua_pushcfunction(state.lua, list_declared);
        lua_pushlightuserdata(state.lua, &check);
        if (lua_pcall(state.lua, 1, 0, 0) == LUA_OK) {
            check_options(&check);
        } else {
            fail_by_message(&state);
        }
    }
    tell_failure(&state, errors);
    free(check.declared);
    unload(&state);
}

/* The policy --------------------------------------------------------------------------------- */

static void policy_lua_init(void *opaque, const void *config, int initial_target) {
    (void)initial_target;
    load(opaque, config);
}

static void policy_lua_decide(void *opaque, const asim_observation *observation,
                              asim_decision *decision) {
    LuaState *self = opaque;
    self->seen = own_observe(&self->memory, observation);
    self->decision = decision;
    if (self->memory.failure.found != NULL || !protect(self, run_decide)) {
        *decision = own_keep(self->config, observation);
    }
}

static void policy_lua_clear(void *opaque) {
    unload(opaque);
}

static bool policy_lua_failure(const void *opaque, asim_policy_failure *failure) {
    return own_has_failed(&((const LuaState *)opaque)->memory, failure);
}

static const asim_policy lua_policy = {
    .name = "lua",
    .state_size = sizeof(LuaState),
    .init = policy_lua_init,
    .decide = policy_lua_decide,
    .clear = policy_lua_clear,
    .reasons = own_reasons,
    .failure = policy_lua_failure,
};

const PolicyKind lua_kind = {
    .policy = &lua_policy,
    .source = "a script of one's own",
    .options = own_options,
    OWN_KIND,
};
