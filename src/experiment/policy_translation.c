// SPDX-License-Identifier: GPL-3.0-or-later
#include "experiment/policy_translation.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "figures/human.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/option_json.h"
#include "scenario/overrides.h"
#include "sim/foreseen.h"
#include "traffic/trace.h"

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

/* Requests in flight per replica that the load target stands for. */
typedef struct LikeLoad {
    double requests;  /* NAN: it is of something else */
    double kv_tokens; /* that each of them holds, where KV memory is what fills first; else 0 */
} LikeLoad;

static bool can_be_read_twice(const DeploymentConfig *deployment) {
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        const TrafficConfig *traffic = &deployment->traffic[i];
        if (traffic->kind->recorded && trace_reads_once(traffic->config)) {
            return false;
        }
    }
    return true;
}

/* False after adding errors of the traffic. */
static bool like_load(const Scenario *scenario, const DeploymentConfig *deployment,
                      const char *flag, LikeLoad *like, ErrorList *errors) {
    const FireworksConfig *config = deployment->autoscaling;
    *like = (LikeLoad){NAN, 0};
    if (policies[deployment->policy]->policy != &fireworks_policy) {
        return true;
    }
    const FireworksLoadTargets *targets = &config->load_targets;
    double kv_tokens = 0;
    like->requests = fmin(targets->concurrent_requests, /* of a NAN and a number the number */
                          floor(targets->default_load * (double)deployment->profile.batch_slots));
    if (isnan(targets->default_load) || config->load_signal == POLICY_LOAD_SLOTS) {
        return true;
    }
    if (!can_be_read_twice(deployment)) {
        return error_in_option(errors, flag, "a recording that can be read but once",
                               "a file, or a load target of concurrent_requests alone: what "
                               "requests hold in KV memory is read ahead of the run",
                               NULL);
    }
    if (!foreseen_kv_tokens(scenario, deployment, targets, config->load_signal, &kv_tokens,
                            errors)) {
        return false;
    }
    const double capacity = (double)deployment->profile.kv_capacity_tokens;
    const double requests = fmax(1, floor(targets->default_load * capacity / kv_tokens));
    if (kv_tokens > 0 && requests < like->requests) {
        *like = (LikeLoad){requests, kv_tokens};
    }
    return true;
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

/* What was taken for the same. */
static void add_note(const DeploymentConfig *deployment, const char *policy, const char *options,
                     const LikeLoad *like, TextList *notes) {
    char tokens[HUMAN_TEXT], requests[HUMAN_TEXT];
    Text text = {0};
    text_addf(&text,
              "%s: %s has %s, all else as by default; what is set of fireworks does not apply to "
              "it",
              deployment->name, policy, options);
    if (like->kv_tokens > 0) {
        text_addf(
            &text,
            "; KV memory fills before the batch slots (a request in flight holds %s tokens in "
            "the mean): a replica at its load target has %s",
            human_number(like->kv_tokens, tokens), human_count((uint64_t)like->requests, requests));
    }
    text_list_add(notes, text_take(&text));
}

bool policy_translate(const Scenario *scenario, const DeploymentConfig *deployment,
                      const char *policy, const char *flag, OverrideList *changes, TextList *notes,
                      ErrorList *errors) {
    const TranslationRow *row = find_row(policy);
    LikeLoad like = {NAN, 0};
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
    if (row->maximum != NULL && !like_load(scenario, deployment, flag, &like, errors)) {
        return false;
    }
    if (isnan(like.requests) && row->minimum != NULL) {
        return error_in_option(
            errors, flag, policy,
            "a deployment of fireworks with a load target of concurrent_requests "
            "or default, which others have too",
            NULL);
    }
    char *options = row->maximum != NULL ? options_text(row, deployment, like.requests)
                                         : same_options(row, deployment);
    add_change(deployment, "policy", policy, flag, changes);
    add_change(deployment, "autoscaling", options, flag, changes);
    add_note(deployment, policy, options, &like, notes);
    free(options);
    return true;
}
