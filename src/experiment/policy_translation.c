// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/policy_translation.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/option_json.h"
#include "scenario/overrides.h"

#include <cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a policy calls the limits and the load: the target by a key of its own, or as the one item
 * of a list. NULL: it has none. Without a maximum it has options of the same names. */
typedef struct TranslationRow {
    const char *policy, *minimum, *maximum, *target;
    const char *list, *item; /* the item's text, %s its target */
    int minimum_least;
} TranslationRow;

static const TranslationRow translations[] = {
    {"fixed", NULL, "replicas", NULL, NULL, NULL, 0},
    {"ray_serve", "min_replicas", "max_replicas", "target_ongoing_requests", NULL, NULL, 0},
    {"knative", "min-scale", "max-scale", "target", NULL, NULL, 0},
    {"hpa", "minReplicas", "maxReplicas", NULL, "metrics",
     "{\"type\": \"pods\", \"name\": \"requests\", \"target\": %s}", 1},
    {"keda", "minReplicaCount", "maxReplicaCount", NULL, "triggers",
     "{\"name\": \"requests\", \"threshold\": %s}", 0},
    {"foresight", NULL, NULL, NULL, NULL, NULL, 0},
};
#define TRANSLATIONS (sizeof translations / sizeof *translations)

static const TranslationRow *find_row(const char *policy) {
    for (size_t i = 0; i < TRANSLATIONS; i++) {
        if (strcmp(translations[i].policy, policy) == 0) {
            return &translations[i];
        }
    }
    return NULL;
}

static bool refuse(const char *policy, const char *flag, ErrorList *errors) {
    const char *names[TRANSLATIONS + 1] = {fireworks_policy.name};
    for (size_t i = 0; i < TRANSLATIONS; i++) {
        names[i + 1] = translations[i].policy;
    }
    char *list = text_join(names, TRANSLATIONS + 1, " or ");
    const bool exists = policies_find(policy) != NULL;
    char *expected = memory_format("%s%s", list,
                                   exists ? "; a policy whose load is no requests in flight needs "
                                            "a scenario of its own"
                                          : "");
    error_in_option(errors, flag, policy, expected,
                    exists ? NULL : error_nearest(policy, names, TRANSLATIONS + 1));
    free(expected);
    free(list);
    return false;
}

/* Requests in flight per replica that the load target stands for; NAN: it is of something else. */
static double requests_of(const DeploymentConfig *deployment) {
    const FireworksConfig *config = deployment->autoscaling;
    if (policies[deployment->policy]->policy != &fireworks_policy) {
        return NAN;
    }
    const double requests = config->load_targets.concurrent_requests;
    return !isnan(requests)
               ? requests
               : floor(config->load_targets.default_load * (double)deployment->profile.batch_slots);
}

static char *options_text(const TranslationRow *row, const DeploymentConfig *deployment,
                          double requests) {
    const PolicyKind *kind = policies[deployment->policy];
    const int minimum = kind->initial_target(deployment->autoscaling);
    char number[32];
    Text text = {0};
    text_addf(&text, "{\"%s\": %lld", row->maximum,
              (long long)kind->most_target(deployment->autoscaling));
    if (row->minimum != NULL) {
        text_addf(&text, ", \"%s\": %d", row->minimum,
                  minimum > row->minimum_least ? minimum : row->minimum_least);
    }
    text_number(requests, number);
    if (row->target != NULL) {
        text_addf(&text, ", \"%s\": %s", row->target, number);
    } else if (row->list != NULL) {
        const char *place = strstr(row->item, "%s");
        text_addf(&text, ", \"%s\": [%.*s%s%s]", row->list, (int)(place - row->item), row->item,
                  number, place + 2);
    }
    text_add(&text, "}");
    return text_take(&text);
}

/* What it has of the deployment's own, by the same names. Owned by the caller. */
static char *same_options(const TranslationRow *row, const DeploymentConfig *deployment) {
    const Option *known = policies_find(row->policy)->options;
    cJSON *tree = options_json(fireworks_options, deployment->autoscaling);
    for (cJSON *member = tree->child; member != NULL;) {
        cJSON *next = member->next;
        if (option_find(known, member->string) == NULL) {
            cJSON_Delete(cJSON_DetachItemViaPointer(tree, member));
        }
        member = next;
    }
    char *text = json_print_line(tree);
    cJSON_Delete(tree);
    return text;
}

static void add_change(const DeploymentConfig *deployment, const char *key, const char *value,
                       const char *flag, OverrideList *changes) {
    char *path = memory_format("deployments.%s.%s", deployment->name, key);
    overrides_add(changes, path, value, flag);
    free(path);
}

bool policy_translate(const DeploymentConfig *deployment, const char *policy, const char *flag,
                      OverrideList *changes, TextList *notes, ErrorList *errors) {
    const TranslationRow *row = find_row(policy);
    const double requests = requests_of(deployment);
    if (strcmp(policies[deployment->policy]->policy->name, policy) == 0) {
        return true;
    }
    if (row == NULL) {
        return refuse(policy, flag, errors);
    }
    if (row->maximum == NULL && policies[deployment->policy] != &fireworks_kind) {
        return error_in_option(errors, flag, policy,
                               "deployments of fireworks, whose load target is kept", NULL);
    }
    if (isnan(requests) && row->minimum != NULL) {
        return error_in_option(
            errors, flag, policy,
            "a deployment of fireworks with a load target of concurrent_requests "
            "or default, which others have too",
            NULL);
    }
    char *options = row->maximum != NULL ? options_text(row, deployment, requests)
                                         : same_options(row, deployment);
    add_change(deployment, "policy", policy, flag, changes);
    add_change(deployment, "autoscaling", options, flag, changes);
    text_list_add(notes, memory_format("%s: %s has %s, all else as by default; what is set of "
                                       "fireworks does not apply to it",
                                       deployment->name, policy, options));
    free(options);
    return true;
}
