// SPDX-License-Identifier: GPL-3.0-or-later
/* The summary as JSON. */
#include "figures/summary_json.h"

#include "base/json.h"
#include "engine/sim_time.h"
#include "figures/summary_columns.h"

static cJSON *deployment_tree(const Summary *summary, size_t deployment) {
    cJSON *tree = json_object();
    for (size_t i = 0; i < summary_column_count; i++) {
        const SummaryColumn *column = &summary_columns[i];
        const SummaryValue value = summary_value(column, summary, deployment);
        json_add(tree, column->name,
                 value.kind == SUMMARY_NONE ? json_null()
                                            : json_number(summary_value_number(value)));
    }
    return tree;
}

cJSON *summary_json_tree(const Summary *summary) {
    char start[SIM_TIME_TEXT];
    cJSON *tree = json_object();
    json_add(tree, "scenario", summary->scenario ? json_text(summary->scenario) : json_null());
    json_add(tree, "seed", json_number((double)summary->seed));
    json_add(tree, "replication", json_number((double)summary->replication));
    json_add(tree, "start", json_text(sim_time_format_calendar(summary->start_epoch_s, start)));
    cJSON *deployments = json_object();
    for (size_t i = 0; i < summary->deployment_count; i++) {
        json_add(deployments, summary->deployments[i].name, deployment_tree(summary, i));
    }
    json_add(tree, "deployments", deployments);
    return tree;
}

char *summary_json(const Summary *summary) {
    cJSON *tree = summary_json_tree(summary);
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}
