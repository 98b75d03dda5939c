// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies in shared objects, which show an asim_module. An object stays loaded: reasons and keys
 * are its own texts, and outlive the run. */
#include "policy/own.h"

#include "base/memory.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL "asim_policy_module"

typedef struct ModuleState {
    const OwnConfig *config;
    OwnMemory memory;
    void *handle;
    const asim_policy *policy; /* NULL: it could not be loaded */
    asim_policy_options options;
    void *state;
} ModuleState;

/* Loading ------------------------------------------------------------------------------------ */

static bool is_same_abi(const asim_module *module) {
    return module->abi == ASIM_POLICY_ABI && module->policy_size == sizeof(asim_policy) &&
           module->observation_size == sizeof(asim_observation) &&
           module->replica_size == sizeof(asim_replica) &&
           module->decision_size == sizeof(asim_decision);
}

static const asim_policy *load(ModuleState *self) {
    const char *file = self->config->own->file;
    self->memory.failure.file = file;
    self->handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (self->handle == NULL) {
        const char *why = dlerror();
        own_fail(&self->memory, "a shared object", "%s", why != NULL ? why : "it cannot be loaded");
        return NULL;
    }
    const asim_module *module = dlsym(self->handle, SYMBOL);
    if (module == NULL) {
        own_fail(&self->memory, "ASIM_POLICY_MODULE(policy); (autoscale_sim/policy.h)",
                 "no symbol " SYMBOL);
        return NULL;
    }
    if (!is_same_abi(module)) {
        own_fail(&self->memory, "one compiled with this program's autoscale_sim/policy.h",
                 "a module of another version");
        return NULL;
    }
    const asim_policy *policy = module->policy;
    if (policy == NULL || policy->init == NULL || policy->decide == NULL || policy->clear == NULL) {
        own_fail(&self->memory, "init, decide and clear", "a policy without its functions");
        return NULL;
    }
    return policy;
}

static void policy_module_init(void *opaque, const void *config, int initial_target) {
    ModuleState *self = opaque;
    self->config = config;
    const OwnPolicy *own = self->config->own;
    self->options = (asim_policy_options){.items = own->options, .count = own->option_count};
    self->policy = load(self);
    if (self->policy != NULL) {
        self->state = memory_new(1, self->policy->state_size + 1);
        self->policy->init(self->state, &self->options, initial_target);
    }
}

/* Deciding ----------------------------------------------------------------------------------- */

/* Its texts may change or go: words of ours take their place. */
static void check_words(ModuleState *self, asim_decision *decision) {
    const OwnPolicy *own = self->config->own;
    if (decision->reason != NULL) {
        decision->reason = own_word(own, &self->memory, decision->reason);
    }
    for (int i = 0; i < decision->term_count; i++) {
        decision->terms[i].key = own_word(own, &self->memory, decision->terms[i].key);
    }
}

static void check_decision(ModuleState *self, asim_decision *decision) {
    if (!own_is_count(decision->target)) {
        own_fail(&self->memory, "0 to 100000 replicas", "target %d", decision->target);
    } else if (decision->term_count < 0 || decision->term_count > ASIM_DECISION_TERMS ||
               decision->winner < -1 || decision->winner >= decision->term_count) {
        own_fail(&self->memory, "at most 8 terms, and winner one of them, or -1",
                 "term_count %d, winner %d", decision->term_count, decision->winner);
    } else {
        check_words(self, decision);
    }
}

/* What it has left open follows from the target. */
static void complete(const OwnConfig *config, const asim_observation *observation,
                     asim_decision *decision) {
    decision->recommended = decision->recommended < 0 ? decision->target : decision->recommended;
    own_limit(config, decision);
    if (decision->window == NULL) {
        decision->window_target = decision->target;
    }
    if (decision->reason == NULL) {
        decision->reason = own_usual_reason(observation, decision);
    }
}

static void policy_module_decide(void *opaque, const asim_observation *observation,
                                 asim_decision *decision) {
    ModuleState *self = opaque;
    *decision = own_keep(self->config, observation);
    asim_policy_failure failure;
    if (self->policy == NULL || policy_has_failed(self->policy, self->state, &failure)) {
        return;
    }
    const asim_observation seen = own_observe(&self->memory, observation);
    decision->reason = NULL;
    decision->recommended = -1;
    self->policy->decide(self->state, &seen, decision);
    if (policy_has_failed(self->policy, self->state, &failure)) {
        *decision = own_keep(self->config, observation);
        return;
    }
    check_decision(self, decision);
    if (self->memory.failure.found != NULL) {
        *decision = own_keep(self->config, observation);
        return;
    }
    complete(self->config, &seen, decision);
}

static void policy_module_clear(void *opaque) {
    ModuleState *self = opaque;
    if (self->policy != NULL) {
        self->policy->clear(self->state);
    }
    free(self->state);
    own_memory_clear(&self->memory);
    if (self->handle != NULL) {
        dlclose(self->handle);
    }
}

static bool policy_module_failure(const void *opaque, asim_policy_failure *failure) {
    const ModuleState *self = opaque;
    if (self->policy != NULL && policy_has_failed(self->policy, self->state, failure)) {
        failure->file = failure->file != NULL ? failure->file : self->config->own->file;
        failure->found = failure->found != NULL ? failure->found : "it failed";
        return true;
    }
    return own_has_failed(&self->memory, failure);
}

static const asim_policy module_policy = {
    .name = "module",
    .state_size = sizeof(ModuleState),
    .init = policy_module_init,
    .decide = policy_module_decide,
    .clear = policy_module_clear,
    .reasons = own_reasons,
    .failure = policy_module_failure,
};

const PolicyKind module_kind = {
    .policy = &module_policy,
    .source = "a shared object of one's own",
    .options = own_options,
    OWN_KIND,
};
