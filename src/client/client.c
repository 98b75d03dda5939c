// SPDX-License-Identifier: GPL-3.0-or-later
/* The documentation's three retry loops as data (docs.fireworks.ai/deployments/autoscaling,
 * "Handling scale-from-zero responses"). Its Python and JavaScript samples are one policy:
 * min(delay * 1.5, 60); its curl loop doubles the delay and never caps it. All send 30 times in
 * all. */
#include "client/client.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"

#include <stdlib.h>
#include <string.h>

static const char *const jitter_names[] = {"none", "full", "equal", NULL};

#define ROW(member, type, basis) OPTION_ROW(ClientConfig, member, type, basis)
const Option client_options[] = {
    {ROW(max_sends, INTEGER, DOCUMENTED), .minimum = 1, .maximum = CLIENT_SENDS_MOST,
     .default_text = "30", .help = "sends of one request in all, the first included"},
    {ROW(first_delay, DURATION, DOCUMENTED), .maximum = 86400, .default_text = "5s",
     .needs = "max_sends", .help = "wait before the second send"},
    {ROW(factor, NUMBER, DOCUMENTED), .maximum = 1000, .above_minimum = true, .default_text = "1.5",
     .needs = "max_sends", .help = "of each wait to the one before"},
    {ROW(cap, DURATION, DOCUMENTED), .maximum = 315360000, .needs = "max_sends",
     .help = "longest wait; absent: none"},
    {ROW(jitter, CHOICE, DOCUMENTED), .default_text = "none", .choices = jitter_names,
     .needs = "max_sends",
     .help = "none, full (0 to the wait) or equal (half the wait to the wait)"},
    {ROW(retry_on, NUMBERS, DOCUMENTED), .minimum = 400, .maximum = 503, .needs = "max_sends",
     .help = "answers after which it sends again"},
    {ROW(retry_broken, BOOLEAN, DOCUMENTED), .default_text = "false", .needs = "max_sends",
     .help = "sends again after a connection that broke, for its replica vanished; the "
             "documentation's samples do not"},
    {ROW(timeout, DURATION, DOCUMENTED), .above_minimum = true, .maximum = 315360000,
     .help = "of one send until its whole answer, after which the client leaves; absent: none"},
    OPTION_END,
};

typedef struct Preset {
    const char *name;
    int64_t max_sends;
    double factor;
    sim_time cap;
} Preset;

static const Preset presets[] = {
    {"python", 30, 1.5, 60 * SIM_TIME_SECOND}, {"javascript", 30, 1.5, 60 * SIM_TIME_SECOND},
    {"curl", 30, 2.0, SIM_TIME_NEVER},         {"none", 1, 1.5, SIM_TIME_NEVER},
    {"custom", 30, 1.5, SIM_TIME_NEVER},
};

const char *const client_preset_names[] = {"python", "javascript", "curl", "none", "custom", NULL};

bool client_preset(const char *name, ClientConfig *config) {
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            options_set_defaults(client_options, config);
            config->max_sends = presets[i].max_sends;
            config->factor = presets[i].factor;
            config->cap = presets[i].cap;
            config->retry_on.values = memory_new(1, sizeof config->retry_on.values[0]);
            config->retry_on.values[0] = 503;
            config->retry_on.count = 1;
            return true;
        }
    }
    return false;
}

/* The answers a deployment gives to a request that it does not serve. */
static bool is_refusal(double status) {
    return status == 400 || status == 404 || status == 429 || status == 503;
}

void client_check(const void *of, const Error *where, ErrorList *errors) {
    const ClientConfig *config = of;
    for (size_t i = 0; i < config->retry_on.count; i++) {
        if (is_refusal(config->retry_on.values[i])) {
            continue;
        }
        char text[32], key[32];
        snprintf(key, sizeof key, "retry_on.%zu", i);
        error_add_at(where, key, text_number(config->retry_on.values[i], text),
                     "a status that a deployment answers with: 400, 404, 429 or 503", errors);
    }
}

sim_time client_delay(const ClientConfig *config, uint32_t sends) {
    const double cap = config->cap == SIM_TIME_NEVER ? sim_time_to_seconds(SIM_TIME_LONGEST)
                                                     : sim_time_to_seconds(config->cap);
    double delay = sim_time_to_seconds(config->first_delay);
    for (uint32_t send = 1; send < sends && (delay < cap || config->factor < 1.0); send++) {
        delay *= config->factor;
        delay = delay < cap ? delay : cap;
    }
    return sim_time_from_seconds(delay < cap ? delay : cap);
}

bool client_retries(const ClientConfig *config, int status) {
    for (size_t i = 0; i < config->retry_on.count; i++) {
        if (config->retry_on.values[i] == status) {
            return true;
        }
    }
    return false;
}
