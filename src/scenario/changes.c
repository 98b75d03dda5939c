// SPDX-License-Identifier: GPL-3.0-or-later
/* Each change has the policy's options whole, as they are from then on, so that a run only hands
 * them over. */
#include "scenario/changes.h"

#include "base/memory.h"
#include "policy/own.h"
#include "policy/policies.h"
#include "scenario/option_json.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define ROW(member, type) OPTION_ROW(DeploymentChange, member, type, OURS)
const Option change_options[] = {
    {ROW(at, DURATION), .maximum = OPTION_NO_LIMIT,
     .help = "when, since the run's beginning"},
    {ROW(set, CUSTOM), .help = "options of the deployment's autoscaling that are other from then on"},
    {ROW(lose_replica, INTEGER), .minimum = 1, .maximum = 1e9,
     .help = "the number of a replica, in order of creation, that vanishes, if it is there"},
    OPTION_END};
#undef ROW
/* clang-format on */

/* ---- Options ---- */

void change_destroy_options(const DeploymentConfig *deployment, void *options) {
    if (options != NULL) {
        options_clear(policies[deployment->policy]->options, options);
        free(options);
    }
}

static void *copy_options(Reader *reader, const DeploymentConfig *deployment, const void *current,
                          const JsonPath *at) {
    const PolicyKind *kind = policies[deployment->policy];
    void *copy = memory_new(1, kind->config_size);
    cJSON *written = options_json(kind->options, current);
    options_set_defaults(kind->options, copy);
    if (kind->is_own) {
        ((OwnConfig *)copy)->own = deployment->own_policy;
    }
    reader_options(reader, written, kind->options, copy, at);
    cJSON_Delete(written);
    return copy;
}

/* The option whose member a list is, or NULL. */
static const Option *option_of_list(const Option table[], const void *config,
                                    const OptionList *list) {
    for (const Option *option = table; option->name != NULL && list != NULL; option++) {
        if ((const char *)config + option->offset == (const char *)list) {
            return option;
        }
    }
    return NULL;
}

/* What a run has laid its beat by stays. */
static void check_kept(Reader *reader, const PolicyKind *kind, const void *before,
                       const void *after, const cJSON *set, const JsonPath *at) {
    const PolicyMeasurement one = kind->measurement(before), other = kind->measurement(after);
    const Option *schedules = option_of_list(
        kind->options, after, kind->schedules != NULL ? kind->schedules(after) : NULL);
    if (one.evaluation_interval != other.evaluation_interval ||
        one.rate_window != other.rate_window || one.load_signal != other.load_signal) {
        reader_error(reader, at, "what is measured, and how often, as the run began", NULL,
                     "another evaluation_interval, rate_window or load_signal");
    }
    if (schedules != NULL && reader_member(set, schedules->name) != NULL) {
        const JsonPath place = {.above = at, .key = schedules->name};
        reader_error(reader, &place, "schedules as the run began: windows tell themselves when",
                     NULL, "other schedules");
    }
}

void *change_options_of(Reader *reader, const DeploymentConfig *deployment, const void *current,
                        const cJSON *set, const JsonPath *at) {
    const PolicyKind *kind = policies[deployment->policy];
    const size_t mistakes = reader->errors->count;
    if (kind->configure == NULL || kind->pipeline != NULL || kind->foresees) {
        reader_error(reader, at,
                     "policy fireworks, fixed or one of one's own: others have a pipeline of "
                     "metrics that begins with the run",
                     NULL, "options of policy %s", kind->policy->name);
        return NULL;
    }
    void *options = copy_options(reader, deployment, current, at);
    reader_section(reader, set, kind->options, options, at, NULL);
    if (reader->errors->count == mistakes && kind->check != NULL) {
        reader_check(reader, at, kind->check, options);
    }
    if (reader->errors->count == mistakes && kind->check_simulated != NULL) {
        reader_check(reader, at, kind->check_simulated, options);
    }
    if (reader->errors->count == mistakes && kind->resolve != NULL) {
        kind->resolve(options);
    }
    if (reader->errors->count == mistakes) {
        check_kept(reader, kind, current, options, set, at);
    }
    if (reader->errors->count != mistakes) {
        change_destroy_options(deployment, options);
        return NULL;
    }
    return options;
}

cJSON *change_parse_set(const char *assignment, ErrorList *errors) {
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment) {
        error_at(errors, NULL, assignment, "OPTION=VALUE, such as scale_down_window=5m", NULL);
        return NULL;
    }
    cJSON *value = cJSON_ParseWithOpts(equals + 1, NULL, 1);
    value = value != NULL ? value : json_text(equals + 1);
    for (const char *end = equals; end > assignment;) { /* from the last part to the first */
        const char *begin = end;
        while (begin > assignment && begin[-1] != '.') {
            begin--;
        }
        char *key = memory_text_n(begin, (size_t)(end - begin));
        cJSON *object = json_object();
        json_add(object, key, value);
        value = object;
        free(key);
        end = begin > assignment ? begin - 1 : assignment;
    }
    return value;
}

/* ---- Reading and writing ---- */

static void read_change(Reader *reader, const cJSON *node, const JsonPath *at,
                        DeploymentChange *change) {
    options_set_defaults(change_options, change);
    reader_options(reader, node, change_options, change, at);
    const JsonPath place = {.above = at, .key = "at"};
    const cJSON *set = reader_member(node, "set");
    if (cJSON_IsObject(node) && reader_member(node, "at") == NULL) {
        reader_refuse(reader, NULL, &place, "when, such as \"2h\"", NULL);
    }
    if (cJSON_IsObject(node) && set == NULL && reader_member(node, "lose_replica") == NULL) {
        reader_error(reader, at, "set, lose_replica, or both", NULL, "nothing that changes");
    }
    change->set = set != NULL ? json_print_line(set) : NULL;
}

/* A change as it stands in the file. */
typedef struct ListedChange {
    DeploymentChange change;
    const cJSON *set;
    size_t index;
} ListedChange;

static int by_time(const void *left, const void *right) {
    const ListedChange *a = left, *b = right;
    if (a->change.at != b->change.at) {
        return a->change.at < b->change.at ? -1 : 1;
    }
    return (a->index > b->index) - (a->index < b->index);
}

static void read_list(Reader *reader, const cJSON *node, const JsonPath *at,
                      DeploymentConfig *deployment) {
    const size_t count = (size_t)cJSON_GetArraySize(node);
    ListedChange *listed = memory_new(count, sizeof *listed);
    JsonPath place = {.above = at};
    const cJSON *item;
    cJSON_ArrayForEach (item, node) {
        ListedChange *one = &listed[place.index];
        read_change(reader, item, &place, &one->change);
        one->set = reader_member(item, "set");
        one->index = place.index++;
    }
    qsort(listed, count, sizeof *listed, by_time);
    deployment->changes = memory_new(count, sizeof *deployment->changes);
    deployment->change_count = count;
    const void *current = deployment->autoscaling;
    for (size_t i = 0; i < count; i++) {
        DeploymentChange *change = &deployment->changes[i];
        *change = listed[i].change;
        place.index = listed[i].index;
        const JsonPath of_set = {.above = &place, .key = "set"};
        if (listed[i].set != NULL) {
            change->autoscaling =
                change_options_of(reader, deployment, current, listed[i].set, &of_set);
            current = change->autoscaling != NULL ? change->autoscaling : current;
        }
    }
    free(listed);
}

void changes_read(Reader *reader, const cJSON *node, const JsonPath *at,
                  DeploymentConfig *deployment) {
    if (cJSON_IsArray(node) && node->child != NULL) {
        read_list(reader, node, at, deployment);
    } else if (node != NULL && !cJSON_IsArray(node)) {
        reader_refuse(reader, node, at, "an array such as [{\"at\": \"2h\", \"set\": {...}}]",
                      NULL);
    }
}

cJSON *changes_json(const DeploymentConfig *deployment) {
    if (deployment->change_count == 0) {
        return NULL;
    }
    cJSON *array = json_array();
    for (size_t i = 0; i < deployment->change_count; i++) {
        const DeploymentChange *change = &deployment->changes[i];
        cJSON *object = json_object();
        options_to_json(object, change_options, change);
        if (change->set != NULL) {
            json_add(object, "set", memory_checked(cJSON_Parse(change->set)));
        }
        json_append(array, object);
    }
    return array;
}

void changes_clear(DeploymentConfig *deployment) {
    for (size_t i = 0; i < deployment->change_count; i++) {
        change_destroy_options(deployment, deployment->changes[i].autoscaling);
        free(deployment->changes[i].set);
    }
    free(deployment->changes);
}
