// SPDX-License-Identifier: GPL-3.0-or-later
/* The thread allocates nothing, so that it never ends the program. It alone writes an item before
 * the count of finished ones has passed it, and nobody does afterwards. */
#include "output/inputs.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "base/text.h"
#include "cluster/config.h"
#include "engine/options.h"
#include "engine/time_zone.h"
#include "policy/own.h"
#include "policy/schedules.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "traffic/traffic.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Names ---------------------------------------------------------------------------------------- */

void input_files_add(TextList *files, const char *directory, const char *name) {
    char *path = file_name_from(strcmp(name, "-") != 0 ? directory : NULL, name);
    text_list_place(files, path);
    free(path);
}

static void add_option_files(TextList *files, const char *directory, const Option table[],
                             const void *config) {
    for (const Option *option = table; option->name != NULL; option++) {
        const char *at = (const char *)config + option->offset;
        if (option->type == OPTION_GROUP) {
            add_option_files(files, directory, option->group, at);
        } else if (option->type == OPTION_TEXTS && option->is_file) {
            const TextList *names = (const TextList *)at;
            for (size_t i = 0; i < names->count; i++) {
                input_files_add(files, directory, names->items[i]);
            }
        } else if (option->is_file) {
            const char *name;
            memcpy(&name, at, sizeof name);
            if (name != NULL) {
                input_files_add(files, directory, name);
            }
        }
    }
}

/* The system's, which are other ones after an update. */
static void add_zone_files(TextList *files, const DeploymentConfig *deployment) {
    const OptionList *list = deployment_config_schedules(deployment);
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        char *file = time_zone_file(((const ScalingSchedule *)list->items)[i].timezone);
        if (file != NULL) {
            text_list_place(files, file);
        }
        free(file);
    }
}

void input_files_add_scenario(TextList *files, const Scenario *scenario) {
    for (size_t d = 0; d < scenario->deployment_count; d++) {
        const DeploymentConfig *deployment = &scenario->deployments[d];
        add_zone_files(files, deployment);
        if (deployment->profile_file != NULL) {
            input_files_add(files, scenario->directory, deployment->profile_file);
        }
        const OwnPolicy *own = deployment->own_policy;
        for (size_t i = 0; own != NULL && i < own->files.count; i++) {
            input_files_add(files, NULL, own->files.items[i]);
        }
        for (size_t i = 0; i < deployment->traffic_count; i++) {
            const TrafficConfig *traffic = &deployment->traffic[i];
            add_option_files(files, scenario->directory, traffic->kind->options, traffic->config);
        }
        add_option_files(files, scenario->directory, preemptible_options, &deployment->preemptible);
    }
    for (size_t i = 0; i < scenario->pool_count; i++) {
        if (scenario->pools[i].on_demand_file != NULL) {
            input_files_add(files, scenario->directory, scenario->pools[i].on_demand_file);
        }
    }
}

/* Digests ------------------------------------------------------------------------------------- */

struct InputDigests {
    InputDigest *items;
    size_t count;
    atomic_bool stop;
    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t finished; /* under the mutex */
};

static void read_item(InputDigests *digests, InputDigest *item) {
    struct stat status;
    item->known = !atomic_load(&digests->stop) && strcmp(item->path, "-") != 0 &&
                  stat(item->path, &status) == 0 && S_ISREG(status.st_mode) &&
                  digest_file(item->path, &digests->stop, &item->size, item->text);
}

static void *read_all(void *self) {
    InputDigests *digests = self;
    for (size_t i = 0; i < digests->count; i++) {
        read_item(digests, &digests->items[i]);
        pthread_mutex_lock(&digests->mutex);
        digests->finished = i + 1;
        pthread_cond_broadcast(&digests->changed);
        pthread_mutex_unlock(&digests->mutex);
    }
    return NULL;
}

/* Without a thread the files are read at once. */
static void start(InputDigests *digests) {
    digests->has_thread = task_thread_start(&digests->thread, read_all, digests);
    if (!digests->has_thread) {
        read_all(digests);
    }
}

InputDigests *input_digests_begin(const TextList *files) {
    const size_t count = files->count;
    InputDigests *digests = memory_new(1, sizeof *digests);
    digests->items = memory_new(count > 0 ? count : 1, sizeof digests->items[0]);
    digests->count = count;
    for (size_t i = 0; i < count; i++) {
        digests->items[i].path = memory_text(files->items[i]);
    }
    atomic_init(&digests->stop, false);
    pthread_mutex_init(&digests->mutex, NULL);
    pthread_cond_init(&digests->changed, NULL);
    if (count > 0) {
        start(digests);
    }
    return digests;
}

const InputDigest *input_digests_wait(InputDigests *digests, const char *path) {
    size_t i = 0;
    while (i < digests->count && strcmp(digests->items[i].path, path) != 0) {
        i++;
    }
    if (i == digests->count) {
        return NULL;
    }
    pthread_mutex_lock(&digests->mutex);
    while (digests->finished <= i) {
        pthread_cond_wait(&digests->changed, &digests->mutex);
    }
    pthread_mutex_unlock(&digests->mutex);
    return &digests->items[i];
}

void input_digests_end(InputDigests *digests) {
    if (digests == NULL) {
        return;
    }
    atomic_store(&digests->stop, true);
    if (digests->has_thread) {
        pthread_join(digests->thread, NULL);
    }
    pthread_cond_destroy(&digests->changed);
    pthread_mutex_destroy(&digests->mutex);
    for (size_t i = 0; i < digests->count; i++) {
        free(digests->items[i].path);
    }
    free(digests->items);
    free(digests);
}
