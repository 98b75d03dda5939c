// SPDX-License-Identifier: GPL-3.0-or-later
/* Changes on changes; see base_scenario.h. */
#include "experiment/base_scenario.h"

#include "base/file_name.h"
#include "base/json_text.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void base_scenario_set(BaseScenario *base, const char *text, const char *file,
                       const char *directory) {
    *base = (BaseScenario){
        .text = memory_text(text), .file = memory_text(file), .directory = memory_text(directory)};
}

/* Within another text ------------------------------------------------------------------------ */

/* Past a comment or a string literal that begins at p, else p. */
static const char *after_opaque(const char *p) {
    if (p[0] == '/' && p[1] == '/') {
        return p + strcspn(p, "\n");
    }
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        return end ? end + 2 : p + strlen(p);
    }
    if (*p != '"') {
        return p;
    }
    for (p++; *p != '\0' && *p != '"'; p++) {
        p += *p == '\\' && p[1] != '\0';
    }
    return *p == '"' ? p + 1 : p;
}

static bool is_key(const char *from, const char *to, const char *key) {
    const size_t length = strlen(key);
    return (size_t)(to - from) == length + 2 && *from == '"' && strncmp(from + 1, key, length) == 0;
}

/* The braces of the object that is the value of the outermost object's last member of that name. */
static bool find_object(const char *text, const char *key, const char **begin, const char **end) {
    int depth = 0;
    bool named = false, inside = false, found = false; /* the last string was the key; in its value
                                                        */
    for (const char *p = text; *p != '\0';) {
        const char *after = after_opaque(p);
        if (after > p) {
            named = *p == '"' ? depth == 1 && is_key(p, after, key) : named;
            p = after;
            continue;
        }
        if (*p == '{' || *p == '[') {
            depth++;
            if (named && depth == 2 && *p == '{') {
                *begin = p;
                inside = true;
            }
            named = false;
        } else if (*p == '}' || *p == ']') {
            depth--;
            if (inside && depth == 1) {
                *end = p + 1;
                inside = false;
                found = true;
            }
        } else if (*p == ',') {
            named = false;
        }
        p++;
    }
    return found;
}

/* What is around the object becomes blanks, so that lines and columns stay. */
bool base_scenario_set_within(BaseScenario *base, const char *text, const char *key,
                              const char *file, const char *directory) {
    const char *begin, *end;
    *base = (BaseScenario){0};
    if (!find_object(text, key, &begin, &end)) {
        return false;
    }
    base_scenario_set(base, text, file, directory);
    for (char *p = base->text; *p != '\0'; p++) {
        const ptrdiff_t at = p - base->text;
        if ((at < begin - text || at >= end - text) && *p != '\n') {
            *p = ' ';
        }
    }
    return true;
}

/* Reading ------------------------------------------------------------------------------------- */

bool base_scenario_read(BaseScenario *base, const char *path, ErrorList *errors) {
    size_t length;
    *base = (BaseScenario){.file = memory_text(path)};
    base->directory = strcmp(path, "-") == 0 ? memory_text(".") : file_name_directory(path);
    base->text = json_file_read(path, &length, errors);
    if (base->text && strlen(base->text) != length) {
        error_add(errors, &(Error){.file = path,
                                   .found = "a NUL byte",
                                   .expected = "a scenario: a text file of JSON"});
        return false;
    }
    return base->text != NULL;
}

void base_scenario_clear(BaseScenario *base) {
    free(base->text);
    free(base->file);
    free(base->directory);
    overrides_clear(&base->changes);
    *base = (BaseScenario){0};
}

Scenario *base_scenario_vary(const BaseScenario *base, const OverrideList *const lists[],
                             size_t count, int64_t replication, ErrorList *errors) {
    size_t total = base->changes.count + 1, used = 0;
    for (size_t i = 0; i < count; i++) {
        total += lists[i] ? lists[i]->count : 0;
    }
    ScenarioOverride *all = memory_new(total, sizeof *all);
    for (size_t i = 0; i < base->changes.count; i++) {
        all[used++] = base->changes.items[i];
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; lists[i] && k < lists[i]->count; k++) {
            all[used++] = lists[i]->items[k];
        }
    }
    char number[32];
    snprintf(number, sizeof number, "%" PRId64, replication);
    if (replication >= 0) {
        all[used++] =
            (ScenarioOverride){.path = "replication", .value = number, .flag = "--replications"};
    }
    Scenario *scenario =
        scenario_read_text(base->text, base->file, base->directory, all, used, errors);
    free(all);
    return scenario;
}
