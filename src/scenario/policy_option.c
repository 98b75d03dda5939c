// SPDX-License-Identifier: GPL-3.0-or-later
#include "scenario/policy_option.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "scenario/option_json.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SCRIPT_MOST (1 << 20)

/* Names -------------------------------------------------------------------------------------- */

static bool is_named(const PolicyKind *kind, bool simulated) {
    return !kind->is_own && (!simulated || kind->measurement != NULL);
}

static void refuse_name(Reader *reader, const cJSON *node, const JsonPath *at, bool simulated) {
    NearestName nearest = {.word = cJSON_IsString(node) ? node->valuestring : ""};
    Text expected = {0};
    text_add(&expected, "one of ");
    for (size_t i = 0; i < policies_count; i++) {
        if (is_named(policies[i], simulated)) {
            text_addf(&expected, "%s, ", policies[i]->policy->name);
            nearest_try(&nearest, policies[i]->policy->name);
        }
    }
    text_add(&expected, "or {\"lua\": \"FILE.lua\"}");
    reader_refuse(reader, node, at, expected.text, nearest.name);
    text_clear(&expected);
}

/* One's own ---------------------------------------------------------------------------------- */

static bool is_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* A word that names a file is that file, wherever the program is run; the first one, which is
 * looked for in PATH, only when it has a folder. */
static void add_word(Reader *reader, OwnPolicy *own, const cJSON *word) {
    const bool may_be = own->command.count > 0 || strchr(word->valuestring, '/') != NULL;
    char *file = may_be ? option_file_name(reader, word) : NULL;
    if (file != NULL && is_file(file)) {
        text_list_place(&own->files, file);
        text_list_add(&own->command, file);
        return;
    }
    free(file);
    text_list_add(&own->command, memory_text(word->valuestring));
}

static void read_command(Reader *reader, const cJSON *node, const JsonPath *at, OwnPolicy *own) {
    static const char expected[] = "a program and its arguments: [\"python3\", \"mine.py\"]";
    const cJSON *word;
    if (!cJSON_IsArray(node) || node->child == NULL) {
        reader_refuse(reader, node, at, expected, NULL);
        return;
    }
    cJSON_ArrayForEach (word, node) {
        if (!cJSON_IsString(word)) {
            reader_refuse(reader, word, at, expected, NULL);
            return;
        }
        add_word(reader, own, word);
    }
}

static void read_script(Reader *reader, OwnPolicy *own) {
    size_t length;
    own->script = json_file_read(own->file, &length, reader->errors);
    if (own->script != NULL && (length > SCRIPT_MOST || strlen(own->script) != length)) {
        error_in_file(reader->errors, own->file,
                      length > SCRIPT_MOST ? "more than 1 MiB" : "a NUL byte", "a script in Lua",
                      NULL);
    }
}

static void read_file(Reader *reader, const cJSON *node, const JsonPath *at, OwnPolicy *own) {
    own->file = option_file_name(reader, node);
    if (own->file == NULL || node->valuestring[0] == '\0') {
        reader_refuse(reader, node, at, "the name of a file", NULL);
    } else if (!is_file(own->file)) {
        reader_error(reader, at, "a file that is there", NULL, "%s", own->file);
    } else {
        text_list_place(&own->files, own->file);
        if (own->kind == &lua_kind) {
            read_script(reader, own);
        }
    }
}

/* An option of the policy's own. */
static void read_option(Reader *reader, const cJSON *node, const JsonPath *at, OwnPolicy *own) {
    asim_policy_option option = {.name = node->string};
    if (cJSON_IsNumber(node)) {
        option.number = node->valuedouble;
    } else if (cJSON_IsBool(node)) {
        option.type = ASIM_OPTION_BOOLEAN;
        option.number = cJSON_IsTrue(node);
    } else if (cJSON_IsString(node)) {
        option.type = ASIM_OPTION_TEXT;
        option.text = node->valuestring;
    } else {
        reader_refuse(reader, node, at, "a number, true or false, or a text", NULL);
        return;
    }
    own_policy_add(own, option);
}

static void read_member(Reader *reader, const cJSON *node, const JsonPath *at, OwnPolicy *own) {
    const JsonPath place = {.above = at, .key = node->string};
    if (cJSON_IsNull(node)) {
        return;
    }
    if (strcmp(node->string, own->kind->policy->name) != 0) {
        read_option(reader, node, &place, own);
    } else if (own->kind == &command_kind) {
        read_command(reader, node, &place, own);
    } else {
        read_file(reader, node, &place, own);
    }
}

static const PolicyKind *own_kind(const cJSON *node) {
    for (size_t i = 0; i < policies_count; i++) {
        if (policies[i]->is_own && reader_member(node, policies[i]->policy->name) != NULL) {
            return policies[i];
        }
    }
    return NULL;
}

static const PolicyKind *read_own(Reader *reader, const cJSON *node, const JsonPath *at,
                                  OwnPolicy **own) {
    const size_t before = reader->errors->count;
    const PolicyKind *kind = own_kind(node);
    if (kind == NULL) {
        reader_error(reader, at,
                     "what it is made of: {\"lua\": \"FILE.lua\"}, {\"command\": [\"python3\", "
                     "\"FILE.py\"]} or {\"module\": \"FILE.so\"}",
                     NULL, "an object without lua, command or module");
        return NULL;
    }
    *own = own_policy_create(kind);
    const cJSON *member;
    cJSON_ArrayForEach (member, node) {
        read_member(reader, member, at, *own);
    }
    if (reader->errors->count == before && kind == &lua_kind) {
        char *place = json_path_text(at);
        own_lua_check(*own, &(Error){.place = place}, reader->errors);
        free(place);
    }
    return reader->errors->count == before ? kind : NULL;
}

const PolicyKind *policy_option_read(Reader *reader, const cJSON *node, const JsonPath *at,
                                     OwnPolicy **own, bool simulated) {
    *own = NULL;
    if (cJSON_IsObject(node)) {
        return read_own(reader, node, at, own);
    }
    const PolicyKind *kind = cJSON_IsString(node) ? policies_find(node->valuestring) : NULL;
    if (kind == NULL || !is_named(kind, simulated)) {
        refuse_name(reader, node, at, simulated);
        return NULL;
    }
    return kind;
}

/* Writing ------------------------------------------------------------------------------------ */

cJSON *policy_option_json(const PolicyKind *kind, const OwnPolicy *own) {
    if (own == NULL) {
        return json_text(kind->policy->name);
    }
    cJSON *object = json_object(), *words = NULL;
    if (own->file == NULL) {
        words = json_array();
        for (size_t i = 0; i < own->command.count; i++) {
            json_append(words, json_text(own->command.items[i]));
        }
    }
    json_add(object, kind->policy->name, words != NULL ? words : json_text(own->file));
    for (size_t i = 0; i < own->option_count; i++) {
        json_add(object, own->options[i].name, own_option_json(&own->options[i]));
    }
    return object;
}
