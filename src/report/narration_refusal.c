// SPDX-License-Identifier: GPL-3.0-or-later
/* Refusals in words. */
#include "report/narration_refusal.h"

#include "engine/options.h"
#include "engine/sim_time.h"
#include "report/human.h"
#include "report/narration_decision.h"

/* Why ---------------------------------------------------------------------------------------- */

static void say_why_503(Page *page, const asim_refusal *refusal, bool woke) {
    page_say(page, "503 DEPLOYMENT_SCALING_UP: no replica serves");
    if (woke) {
        page_say(page, ", and the target was zero. It wakes the deployment: target 0 → %d",
                 refusal->target);
    } else if (refusal->target == 0) {
        page_say(page, ", and nothing wakes the deployment: it is parked, for max is 0");
    } else if (refusal->booting > 0) {
        page_say(page, "; ");
        narration_say_count(page, (uint64_t)refusal->booting, "replica");
        page_say(page, " still %s", refusal->booting == 1 ? "boots" : "boot");
    } else {
        page_say(page, "; the target is %d, but the quota has room for none", refusal->target);
    }
}

static void say_why(Page *page, const asim_refusal *refusal, const asim_request *request,
                    const DeploymentConfig *config, bool woke) {
    const uint64_t tokens = (uint64_t)request->prompt_tokens + request->output_tokens;
    char count[HUMAN_TEXT], capacity[HUMAN_TEXT];
    switch (refusal->answer) {
    case ASIM_ANSWER_400:
        page_say(page, "400: %s prompt + output tokens can never fit into the KV cache of %s",
                 human_count(tokens, count),
                 human_count((uint64_t)config->profile.kv_capacity_tokens, capacity));
        return;
    case ASIM_ANSWER_404: page_say(page, "404: the deployment is deleted"); return;
    case ASIM_ANSWER_429:
        page_say(page, "429: every serving replica holds ");
        narration_say_count(page, (uint64_t)config->max_concurrency_per_replica, "request");
        page_say(page, " already (max_concurrency_per_replica)");
        return;
    default: say_why_503(page, refusal, woke); return;
    }
}

/* What then ---------------------------------------------------------------------------------- */

/* "first_delay 5s × 1.5^2" */
static void say_product(Page *page, const ClientConfig *client, uint32_t sends) {
    char delay[SIM_TIME_TEXT], factor[32];
    page_say(page, "first_delay");
    if (sends > 1) {
        page_say(page, " %s × %s", sim_time_format(client->first_delay, delay),
                 option_number_text(client->factor, factor));
    }
    if (sends > 2) {
        page_say(page, "^%u", sends - 1);
    }
}

/* "7.5s, first_delay 5s × 1.5"; "1m, the cap (first_delay 5s × 1.5^7 is more)" */
static void say_delay(Page *page, const asim_refusal *refusal, const ClientConfig *client) {
    const bool is_capped = client->cap != SIM_TIME_NEVER && refusal->delay == client->cap;
    char delay[SIM_TIME_TEXT];
    page_say(page, is_capped ? "%s, the cap (" : "%s = ", sim_time_format(refusal->delay, delay));
    say_product(page, client, refusal->sends);
    page_say(page, "%s", is_capped ? " is not less)" : "");
}

static void say_wait(Page *page, const asim_refusal *refusal, const ClientConfig *client) {
    const sim_time wait = refusal->again - refusal->time;
    char text[SIM_TIME_TEXT], share[HUMAN_TEXT];
    page_say(page, "; waits ");
    if (client->jitter != CLIENT_JITTER_NONE && refusal->delay > 0) {
        page_say(page, "%s: %s (%s jitter) of ", sim_time_format(wait, text),
                 human_share((double)wait / (double)refusal->delay, share),
                 client->jitter == CLIENT_JITTER_FULL ? "full" : "equal");
    }
    say_delay(page, refusal, client);
}

void narration_say_refusal(Page *page, const asim_refusal *refusal, const asim_request *request,
                           const DeploymentConfig *config, bool woke) {
    page_say(page, "send %u: ", refusal->sends);
    say_why(page, refusal, request, config, woke);
    if (refusal->again != SIM_TIME_NEVER) {
        say_wait(page, refusal, &config->client);
    } else if (request->outcome == ASIM_REJECTED) {
        page_say(page,
                 "; its client does not send again after such an answer (retry_on): rejected");
    } else {
        page_say(page, "; that was the last of %lld sends (max_sends): given up",
                 (long long)config->client.max_sends);
    }
}
