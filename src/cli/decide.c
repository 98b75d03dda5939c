// SPDX-License-Identifier: GPL-3.0-or-later
/* `decide`: a policy by itself. Observations go in, a line each, and one decision a line comes out,
 * as JSON: to hold a policy against the tests of the software that it is of, or against the metrics
 * of one's own service. */
#include "cli/commands.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "scenario/observations.h"

#include <stdlib.h>
#include <string.h>

/* Printing ------------------------------------------------------------------------------------- */

static cJSON *time_json(sim_time time) {
    return time == SIM_TIME_NEVER ? json_null() : json_number(sim_time_to_seconds(time));
}

static cJSON *state_json(const asim_state_row rows[], const void *state, const void *item);

static cJSON *list_json(const asim_state_row *row, const void *state, const void *place) {
    cJSON *array = json_array();
    const char *items;
    size_t count;
    memcpy(&items, place, sizeof items);
    memcpy(&count, (const char *)state + row->count_offset, sizeof count);
    for (size_t i = 0; i < count; i++) {
        json_append(array, state_json(row->items, state, items + i * row->item_size));
    }
    return array;
}

static cJSON *member_json(const asim_state_row *row, const void *state, const void *place) {
    switch (row->type) {
    case ASIM_STATE_BOOLEAN: return json_boolean(*(const bool *)place);
    case ASIM_STATE_INT: return json_number(*(const int *)place);
    case ASIM_STATE_COUNT: return json_number((double)*(const int64_t *)place);
    case ASIM_STATE_NUMBER: return json_number(*(const double *)place);
    case ASIM_STATE_TIME: return time_json(*(const sim_time *)place);
    case ASIM_STATE_WORD: return json_text(*(const char *const *)place);
    case ASIM_STATE_LIST: break;
    }
    return list_json(row, state, place);
}

/* item: what the rows are of; the state itself, or an item of a list in it. */
static cJSON *state_json(const asim_state_row rows[], const void *state, const void *item) {
    cJSON *object = json_object();
    for (const asim_state_row *row = rows; row != NULL && row->name != NULL; row++) {
        json_add(object, row->name, member_json(row, state, (const char *)item + row->offset));
    }
    return object;
}

static cJSON *terms_json(const asim_decision *decision) {
    cJSON *array = json_array();
    for (int i = 0; i < decision->term_count; i++) {
        const asim_decision_term *term = &decision->terms[i];
        cJSON *object = json_object();
        json_add(object, "key", json_text(term->key));
        json_add(object, "measured", json_number(term->measured));
        json_add(object, "target", json_number(term->target));
        json_add(object, "wanted", json_number(term->wanted));
        json_append(array, object);
    }
    return array;
}

static void add_window(cJSON *object, const asim_decision *decision) {
    json_add(object, "window", json_text(decision->window));
    json_add(object, "window_since_s", time_json(decision->window_since));
    json_add(object, "window_until_s", time_json(decision->window_until));
    json_add(object, "window_target", json_number(decision->window_target));
}

static void print_decision(const asim_observation *observation, const asim_decision *decision,
                           cJSON *state) {
    cJSON *object = json_object(), *limits = json_array();
    json_add(object, "time_s", time_json(observation->time));
    json_add(object, "current", json_number(observation->target));
    json_add(object, "target", json_number(decision->target));
    json_add(object, "recommended", json_number(decision->recommended));
    json_add(object, "reason", json_text(decision->reason));
    json_add(object, "limited_by", json_text(decision->limited_by));
    json_append(limits, json_number(decision->limits[0]));
    json_append(limits, json_number(decision->limits[1]));
    json_add(object, "limits", limits);
    if (decision->window != NULL) {
        add_window(object, decision);
    }
    json_add(object, "terms", terms_json(decision));
    if (state != NULL) {
        json_add(object, "state", state);
    }
    char *line = json_print_line(object);
    puts(line);
    free(line);
    cJSON_Delete(object);
}

/* Deciding ------------------------------------------------------------------------------------- */

typedef struct Decider {
    PolicySetting setting;
    Observations *observations;
    void *state; /* NULL: nothing has been observed */
    int target;  /* decided last */
    bool shows_state;
    ErrorList *errors;
} Decider;

static void end_state(Decider *self) {
    if (self->state != NULL) {
        self->setting.kind->policy->clear(self->state);
        free(self->state);
        self->state = NULL;
    }
}

static void begin_state(Decider *self, int target) {
    const asim_policy *policy = self->setting.kind->policy;
    self->state = memory_new(1, policy->state_size);
    policy->init(self->state, self->setting.config, target);
    if (self->setting.kind->watch != NULL) {
        self->setting.kind->watch(self->state, interrupt_mark());
    }
}

/* False after adding an error: the policy could not begin, or not decide. */
static bool check_failure(Decider *self, const asim_observation *observation) {
    asim_policy_failure failure;
    if (!policy_has_failed(self->setting.kind->policy, self->state, &failure)) {
        return true;
    }
    char time[SIM_TIME_TEXT];
    char *place = memory_format("decide at %s", sim_time_format(observation->time, time));
    error_at(self->errors, &(Error){.file = failure.file, .line = failure.line, .place = place},
             failure.found, failure.expected, NULL);
    free(place);
    return false;
}

/* False after adding errors. */
static bool change_options(Decider *self, const cJSON *options) {
    const size_t kept = self->errors->kept;
    void *old = policy_setting_change(&self->setting, options, self->errors);
    observations_place(self->observations, kept);
    if (old != NULL && self->state != NULL) {
        self->setting.kind->configure(self->state, self->setting.config);
    }
    policy_config_destroy(self->setting.kind, old);
    return old != NULL;
}

/* What the line leaves open: the target in force, by default the one decided last (at first as many
 * as count, or what the policy begins with), and how many replicas count (a policy may know). */
static void complete(Decider *self, ObservationLine *line) {
    asim_observation *observation = &line->observation;
    if (!line->has_current) {
        observation->target = self->state != NULL ? self->target
                              : observation->serving > 0
                                  ? observation->serving
                                  : self->setting.kind->initial_target(self->setting.config);
    }
    if (!line->has_running && observation->serving == 0) {
        observation->serving = observation->target;
    }
    if (observation->target > observation->serving) {
        observation->booting = observation->target - observation->serving;
    }
}

/* False after adding errors. */
static bool prepare(Decider *self, ObservationLine *line) {
    const PolicyKind *kind = self->setting.kind;
    if (line->options != NULL && !change_options(self, line->options)) {
        return false;
    }
    if (line->fresh) {
        end_state(self);
    }
    complete(self, line);
    if (self->state == NULL) {
        begin_state(self, line->observation.target);
    }
    if (line->has_past && kind->remember == NULL) {
        observations_refuse(self->observations, "past", "an object",
                            "none: this policy remembers no such numbers");
        return false;
    }
    if (line->has_past) {
        kind->remember(self->state, &line->past);
    }
    return true;
}

static void decide_all(Decider *self) {
    const asim_policy *policy = self->setting.kind->policy;
    ObservationLine line;
    while (*interrupt_mark() == 0 && observations_next(self->observations, &line) &&
           prepare(self, &line)) {
        asim_decision decision;
        policy->decide(self->state, &line.observation, &decision);
        if (!check_failure(self, &line.observation)) {
            return;
        }
        self->target = decision.target;
        print_decision(&line.observation, &decision,
                       self->shows_state ? state_json(policy->rows, self->state, self->state)
                                         : NULL);
    }
}

int command_decide(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    Decider self = {.shows_state = arguments_has(arguments, "state"), .errors = errors};
    if (policy_setting_read(&self.setting, arguments->positional[0], errors)) {
        self.observations = observations_open(self.setting.kind, arguments->positional[1], errors);
    }
    if (self.observations != NULL) {
        decide_all(&self);
    }
    end_state(&self);
    observations_close(self.observations);
    policy_setting_clear(&self.setting);
    if (*interrupt_mark() != 0) {
        return interrupt_tell("the lines after the last one were not read");
    }
    return errors->count > 0 ? STATUS_MISTAKE : STATUS_DONE;
}
