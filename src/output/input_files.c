// SPDX-License-Identifier: GPL-3.0-or-later
/* Names of input files. */
#include "output/input_files.h"

#include "base/memory.h"
#include "engine/options.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "traffic/traffic.h"

#include <stdlib.h>
#include <string.h>

void input_files_add(InputFiles *files, const char *directory, const char *name) {
    const bool relative = directory != NULL && name[0] != '/' && strcmp(name, "-") != 0;
    char *path = relative ? memory_format("%s/%s", directory, name) : memory_text(name);
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->names[i], path) == 0) {
            free(path);
            return;
        }
    }
    files->names =
        memory_grow(files->names, files->count, &files->capacity, sizeof files->names[0]);
    files->names[files->count++] = path;
}

static void add_option_files(InputFiles *files, const char *directory, const Option table[],
                             const void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        const char *at = (const char *)config + option->offset;
        if (option->type == OPTION_GROUP) {
            add_option_files(files, directory, option->group, at);
        } else if (option->is_file) {
            const char *name;
            memcpy(&name, at, sizeof name);
            if (name != NULL) {
                input_files_add(files, directory, name);
            }
        }
    }
}

void input_files_add_scenario(InputFiles *files, const Scenario *scenario) {
    for (size_t d = 0; d < scenario->deployment_count; d++) {
        const DeploymentConfig *deployment = &scenario->deployments[d];
        for (size_t i = 0; i < deployment->traffic_count; i++) {
            const TrafficConfig *traffic = &deployment->traffic[i];
            add_option_files(files, scenario->directory, traffic->kind->options, traffic->config);
        }
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        if (scenario->pools[i].on_demand_file != NULL) {
            input_files_add(files, scenario->directory, scenario->pools[i].on_demand_file);
        }
    }
}

void input_files_clear(InputFiles *files) {
    for (size_t i = 0; i < files->count; i++) {
        free(files->names[i]);
    }
    free(files->names);
    *files = (InputFiles){0};
}
