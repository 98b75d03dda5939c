// SPDX-License-Identifier: GPL-3.0-or-later
/* A deployment's hardware. A scenario that gives the three coefficients that every profile has (own
 * coefficients) needs no catalogue; else the catalogue answers, and the scenario's keys go over it.
 */
#include "scenario/hardware.h"

#include "base/json_scan.h"
#include "base/memory.h"
#include "scenario/scenario_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

char *hardware_accelerator(const char *name) {
    const CatalogueAccelerator *accelerator = catalogue_accelerator(name);
    return memory_text(accelerator != NULL ? accelerator->name : name);
}

static bool has_own_coefficients(const cJSON *profile) {
    return reader_member(profile, "c0_ms") != NULL &&
           reader_member(profile, "c_prefill_ms") != NULL &&
           reader_member(profile, "c_decode_ms") != NULL;
}

static CatalogueQuery query_of(const DeploymentConfig *deployment, bool own_coefficients) {
    return (CatalogueQuery){
        .model = deployment->model,
        .accelerator = deployment->accelerator,
        .accelerator_count = deployment->accelerator_count,
        .precision = deployment->precision,
        .weights_gb = deployment->weights_gb,
        .parameters_b = deployment->parameters_b,
        .layers = OPTION_ABSENT_INTEGER,
        .kv_bytes_per_token = NAN,
        .own_coefficients = own_coefficients,
    };
}

static void replace(char **text, const char *by) {
    char *copy = by != NULL && *by != '\0' ? memory_text(by) : NULL;
    if (copy != NULL) {
        free(*text);
        *text = copy;
    }
}

/* What was not said is the catalogue's. A model without a name is the deployment's own, so that
 * nobody has to ask whether there is a name, and no two deployments share its weights. */
static void take_answer(const CatalogueAnswer *answer, bool own_coefficients,
                        DeploymentConfig *deployment) {
    replace(&deployment->model, answer->model);
    if (deployment->model == NULL) {
        replace(&deployment->model, deployment->name);
    }
    replace(&deployment->accelerator, answer->accelerator);
    replace(&deployment->precision, answer->precision);
    deployment->accelerator_count = answer->accelerator_count;
    if (isnan(deployment->weights_gb)) {
        deployment->weights_gb = answer->weight_bytes / 1e9;
    }
    if (own_coefficients) {
        deployment->profile.kv_capacity_tokens = answer->profile.kv_capacity_tokens;
    } else {
        deployment->profile = answer->profile;
    }
}

/* A citation; with the scenario's word where it has changed what is cited. */
static char *source_of(const CatalogueAnswer *answer, bool own_coefficients, const cJSON *profile) {
    if (own_coefficients || answer->source == NULL) {
        return memory_text("scenario");
    }
    const bool changed = cJSON_IsObject(profile) && profile->child != NULL;
    return memory_format("%s%s", answer->source, changed ? "; changed by the scenario" : "");
}

static void require(Reader *reader, bool given, const char *path, const char *name) {
    if (given) {
        return;
    }
    char *place = json_path(path, name);
    reader_error(reader, place, "nothing",
                 "a figure, for nothing is known of the model from which it would follow", NULL);
    free(place);
}

static void check_profile(Reader *reader, const Profile *profile, const char *path) {
    const Error where = {.place = path};
    require(reader, !isnan(profile->c0_ms), path, "c0_ms");
    require(reader, !isnan(profile->c_prefill_ms), path, "c_prefill_ms");
    require(reader, !isnan(profile->c_decode_ms), path, "c_decode_ms");
    require(reader, profile->kv_capacity_tokens != OPTION_ABSENT_INTEGER, path,
            "kv_capacity_tokens");
    profile_check(profile, &where, reader->errors);
}

static void read_profile(Reader *reader, const cJSON *node, const char *path, Profile *profile) {
    const ReaderKeys keys = {.foreign = scenario_key_home, .context = profile_options};
    char *place = json_path(path, "profile");
    if (node != NULL) {
        reader_options(reader, node, profile_options, profile, place, &keys);
    }
    check_profile(reader, profile, place);
    free(place);
}

bool hardware_resolve(Reader *reader, const cJSON *node, const char *path,
                      DeploymentConfig *deployment) {
    const size_t mistakes = reader->errors->count;
    const cJSON *profile = reader_member(node, "profile");
    const bool own = has_own_coefficients(profile);
    const CatalogueQuery query = query_of(deployment, own);
    const Error where = {.place = path};
    CatalogueAnswer answer;
    options_set_defaults(profile_options, &deployment->profile);
    if (!catalogue_resolve(&query, &where, reader->errors, &answer)) {
        if (profile != NULL) { /* its own mistakes can be told all the same */
            char *place = json_path(path, "profile");
            reader_options(reader, profile, profile_options, &deployment->profile, place, NULL);
            free(place);
        }
        return false;
    }
    take_answer(&answer, own, deployment);
    if (deployment->profile_source == NULL) {
        deployment->profile_source = source_of(&answer, own, profile);
    }
    catalogue_answer_clear(&answer);
    read_profile(reader, profile, path, &deployment->profile);
    return reader->errors->count == mistakes;
}
