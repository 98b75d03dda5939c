// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/control.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "figures/names.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "serve/http.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const control_names[CONTROL_KINDS] = {
    [CONTROL_JUMP] = "jump",   [CONTROL_SET] = "set",
    [CONTROL_BURST] = "burst", [CONTROL_TAKE_REPLICA] = "take-replica",
    [CONTROL_PAUSE] = "pause", [CONTROL_RESUME] = "resume",
    [CONTROL_SPEED] = "speed",
};

/* Reading --------------------------------------------------------------------------------------
 */

#define BURST_MOST 1000000

typedef struct Field {
    ControlKind kind;
    const char *name, *expected;
    bool is_needed;
    /* False: it is not what is expected. */
    bool (*read)(Control *control, const cJSON *node);
} Field;

static bool read_time(Control *control, const cJSON *node) {
    return cJSON_IsString(node) && sim_time_parse(node->valuestring, &control->time) &&
           control->time >= 0 && control->time <= SIM_TIME_LONGEST;
}

static bool read_count(Control *control, const cJSON *node) {
    const double number = cJSON_IsNumber(node) ? node->valuedouble : 0;
    control->count = number >= 1 && number <= BURST_MOST ? (uint32_t)number : 0;
    return control->count > 0 && (double)control->count == number;
}

static bool read_speed(Control *control, const cJSON *node) {
    control->speed = cJSON_IsNumber(node) ? node->valuedouble : NAN;
    return control->speed >= PACE_SPEED_LEAST && control->speed <= PACE_SPEED_MOST;
}

/* The option comes first in the table, then its value. */
static bool read_option(Control *control, const cJSON *node) {
    if (!cJSON_IsString(node) || strchr(node->valuestring, '=') != NULL) {
        return false;
    }
    control->assignment = memory_text(node->valuestring);
    return true;
}

static bool read_value(Control *control, const cJSON *node) {
    char *value = cJSON_IsString(node) ? memory_text(node->valuestring) : json_print_line(node);
    char *option = control->assignment;
    control->assignment = memory_format("%s=%s", option != NULL ? option : "", value);
    free(option);
    free(value);
    return true;
}

static const Field fields[] = {
    {CONTROL_JUMP, "by", "simulated time, such as \"1h\"", true, read_time},
    {CONTROL_SET, "option",
     "an option of the deployment's autoscaling, such as \"scale_up_window\"", true, read_option},
    {CONTROL_SET, "value", "its value, such as \"15s\"", true, read_value},
    {CONTROL_BURST, "requests", "a whole number from 1 to 1000000", true, read_count},
    {CONTROL_BURST, "over", "simulated time, such as \"10s\"", false, read_time},
    {CONTROL_TAKE_REPLICA, "replica", "a replica's number, from 1", false, read_count},
    {CONTROL_SPEED, "speed", "simulated seconds a second, from 0.001 to 1000000", true, read_speed},
};
#define FIELDS (sizeof fields / sizeof *fields)

static bool is_of_deployment(ControlKind kind) {
    return kind == CONTROL_SET || kind == CONTROL_BURST || kind == CONTROL_TAKE_REPLICA;
}

static void refuse(ErrorList *errors, const char *name, const cJSON *node, const char *expected,
                   const char *suggestion) {
    json_refuse(errors, &(Error){.place = name}, node, expected, suggestion);
}

static void read_deployment(Control *control, const cJSON *root, const Scenario *scenario,
                            ErrorList *errors) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(root, "deployment");
    if (node == NULL && scenario->deployment_count == 1) {
        return;
    }
    const char *name = cJSON_IsString(node) ? node->valuestring : NULL;
    const size_t number = name != NULL ? scenario_deployment_number(scenario, name) : SIZE_MAX;
    if (number != SIZE_MAX) {
        control->deployment = (uint32_t)number;
        return;
    }
    refuse(errors, "deployment", node, "a deployment of the scenario",
           name != NULL
               ? error_nearest_row(name, scenario->deployments, scenario->deployment_count, name)
               : scenario->deployments[0].name);
}

static const Field *find_field(ControlKind kind, const char *name, NearestName *nearest) {
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].kind == kind) {
            nearest_try(nearest, fields[i].name);
            if (strcmp(fields[i].name, name) == 0) {
                return &fields[i];
            }
        }
    }
    return NULL;
}

static void refuse_others(ControlKind kind, const cJSON *root, ErrorList *errors) {
    for (const cJSON *node = root->child; node != NULL; node = node->next) {
        NearestName nearest = {.word = node->string};
        const bool is_known = find_field(kind, node->string, &nearest) != NULL ||
                              (is_of_deployment(kind) && strcmp(node->string, "deployment") == 0);
        if (!is_known) {
            error_at(errors, &(Error){.place = node->string}, "an unknown key",
                     "a key that this request has", nearest.name);
        }
    }
}

static void read_fields(Control *control, const cJSON *root, ErrorList *errors) {
    for (size_t i = 0; i < FIELDS; i++) {
        const Field *field = &fields[i];
        if (field->kind != control->kind) {
            continue;
        }
        const cJSON *node = cJSON_GetObjectItemCaseSensitive(root, field->name);
        if (node != NULL ? !field->read(control, node) : field->is_needed) {
            refuse(errors, field->name, node, field->expected, NULL);
        }
    }
}

bool control_read(Control *control, ControlKind kind, const char *body, size_t length,
                  const Scenario *scenario, ErrorList *errors) {
    *control = (Control){.kind = kind};
    JsonTree tree = {0};
    const bool is_json = length > 0 ? json_parse(&tree, body, length, "body", errors)
                                    : json_parse(&tree, "{}", 2, "body", errors);
    if (is_json && cJSON_IsObject(tree.root)) {
        refuse_others(kind, tree.root, errors);
        read_fields(control, tree.root, errors);
        if (is_of_deployment(kind)) {
            read_deployment(control, tree.root, scenario, errors);
        }
    } else if (is_json) {
        refuse(errors, NULL, tree.root, "an object", NULL);
    }
    json_clear(&tree);
    return errors->count == 0;
}

void control_clear(Control *control) {
    free(control->assignment);
    *control = (Control){0};
}

/* Doing ----------------------------------------------------------------------------------------
 */

bool control_perform(const Control *control, Pace *pace, sim_time *until, ErrorList *errors) {
    const int64_t wall = http_clock();
    *until = 0;
    switch (control->kind) {
    case CONTROL_JUMP: *until = pace_jump(pace, control->time, wall); return true;
    case CONTROL_PAUSE: pace_pause(pace, true, wall); return true;
    case CONTROL_RESUME: pace_pause(pace, false, wall); return true;
    case CONTROL_SPEED: pace_set_speed(pace, control->speed, wall); return true;
    case CONTROL_SET:
        return live_set_option(pace->live, control->deployment, control->assignment, errors);
    case CONTROL_TAKE_REPLICA:
        return live_take_replica(pace->live, control->deployment, control->count, errors);
    case CONTROL_BURST:
        return live_burst(pace->live, control->deployment, control->count, control->time) ||
               error_at(errors, &(Error){.place = "deployment"},
                        "traffic of which no request can be drawn",
                        "a deployment with traffic of its own, and a span that is not over", NULL);
    case CONTROL_KINDS: break;
    }
    return false;
}

/* The state ------------------------------------------------------------------------------------
 */

static cJSON *decision_tree(const LiveState *state) {
    const asim_decision *decision = &state->decision;
    if (decision->reason == NULL) {
        return json_null();
    }
    cJSON *tree = json_object(), *loads = json_object();
    json_add(tree, "time_s", json_number(sim_time_to_seconds(state->decided)));
    json_add(tree, "reason", json_text(decision->reason));
    json_add(tree, "target", json_number(decision->target));
    json_add(tree, "recommended", json_number(decision->recommended));
    for (int i = 0; i < decision->term_count; i++) {
        const asim_decision_term *term = &decision->terms[i];
        cJSON *load = json_object();
        json_add(load, "measured", json_number(term->measured));
        json_add(load, "target", json_number(term->target));
        json_add(load, "wanted", json_number(term->wanted));
        json_add(loads, term->key, load);
    }
    json_add(tree, "loads", loads);
    json_add(tree, "window", json_text(decision->window));
    return tree;
}

static cJSON *deployment_tree(const LiveState *state) {
    cJSON *tree = json_object(), *replicas = json_object(), *answers = json_object();
    json_add(tree, "target", json_number(state->target));
    for (size_t i = 0; i < ASIM_REPLICA_GONE; i++) {
        json_add(replicas, policy_replica_states[i], json_number(state->replicas[i]));
    }
    json_add(tree, "replicas", replicas);
    json_add(tree, "in_flight", json_number(state->in_flight));
    json_add(tree, "held", json_number(state->held));
    json_add(tree, "queued", json_number(state->queued));
    json_add(tree, "waiting_at_zero", json_number(state->waiting_at_zero));
    json_add(tree, "requests", json_number((double)state->totals.requests));
    for (asim_answer i = ASIM_ANSWER_200; i <= ASIM_ANSWER_503; i++) {
        json_add(answers, names_of_answers[i], json_number((double)state->totals.answers[i]));
    }
    json_add(tree, "answers", answers);
    json_add(tree, "cost_usd", json_number(state->costs.on_demand_usd + state->costs.reserved_usd));
    json_add(tree, "deleted", json_boolean(state->deleted));
    json_add(tree, "decision", decision_tree(state));
    return tree;
}

char *control_state(const Scenario *scenario, const Pace *pace, int64_t wall) {
    char instant[SIM_TIME_TEXT];
    const sim_time now = live_now(pace->live);
    cJSON *tree = json_object(), *deployments = json_object();
    json_add(tree, "time_s", json_number(sim_time_to_seconds(now)));
    json_add(tree, "time",
             json_text(sim_time_format_calendar(scenario->start_epoch_s + sim_time_second(now),
                                                instant)));
    json_add(tree, "duration_s", json_number(sim_time_to_seconds(scenario->duration)));
    json_add(tree, "speed", json_number(pace->speed));
    json_add(tree, "paused", json_boolean(pace->is_paused));
    json_add(tree, "lag_s", json_number(sim_time_to_seconds(pace_lag(pace, wall))));
    for (uint32_t i = 0; i < scenario->deployment_count; i++) {
        const LiveState state = live_state(pace->live, i);
        json_add(deployments, scenario->deployments[i].name, deployment_tree(&state));
    }
    json_add(tree, "deployments", deployments);
    char *text = json_print_line(tree);
    cJSON_Delete(tree);
    return text;
}
