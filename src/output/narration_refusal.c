// SPDX-License-Identifier: GPL-3.0-or-later
/* Refusals in words. */
#include "output/narration_refusal.h"

#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/human.h"
#include "output/narration_decision.h"

/* Why ---------------------------------------------------------------------------------------- */

static void say_why_503(Paragraph *paragraph, const asim_refusal *refusal, bool woke) {
    paragraph_say(paragraph, "503 DEPLOYMENT_SCALING_UP: no replica serves");
    if (woke) {
        paragraph_say(paragraph,
                      ", and the target was zero. It wakes the deployment: target 0 → %d",
                      refusal->target);
    } else if (refusal->target == 0) {
        paragraph_say(paragraph, ", and nothing wakes the deployment: it is parked, for max is 0");
    } else if (refusal->booting > 0) {
        paragraph_say(paragraph, "; ");
        narration_say_count(paragraph, (uint64_t)refusal->booting, "replica");
        paragraph_say(paragraph, " still %s", refusal->booting == 1 ? "boots" : "boot");
    } else {
        paragraph_say(paragraph, "; the target is %d, but the quota has room for none",
                      refusal->target);
    }
}

static void say_why(Paragraph *paragraph, const asim_refusal *refusal, const asim_request *request,
                    const DeploymentConfig *config, bool woke) {
    const uint64_t tokens = (uint64_t)request->prompt_tokens + request->output_tokens;
    char count[HUMAN_TEXT], capacity[HUMAN_TEXT];
    switch (refusal->answer) {
    case ASIM_ANSWER_400:
        paragraph_say(paragraph,
                      "400: %s prompt + output tokens can never fit into the KV cache of %s",
                      human_count(tokens, count),
                      human_count((uint64_t)config->profile.kv_capacity_tokens, capacity));
        return;
    case ASIM_ANSWER_404: paragraph_say(paragraph, "404: the deployment is deleted"); return;
    case ASIM_ANSWER_429:
        paragraph_say(paragraph, "429: every serving replica holds ");
        narration_say_count(paragraph, (uint64_t)config->max_concurrency_per_replica, "request");
        paragraph_say(paragraph, " already (max_concurrency_per_replica)");
        return;
    default: say_why_503(paragraph, refusal, woke); return;
    }
}

/* What then ---------------------------------------------------------------------------------- */

/* "first_delay 5s × 1.5^2" */
static void say_product(Paragraph *paragraph, const ClientConfig *client, uint32_t sends) {
    char delay[SIM_TIME_TEXT], factor[32];
    paragraph_say(paragraph, "first_delay");
    if (sends > 1) {
        paragraph_say(paragraph, " %s × %s", sim_time_format(client->first_delay, delay),
                      text_number(client->factor, factor));
    }
    if (sends > 2) {
        paragraph_say(paragraph, "^%u", sends - 1);
    }
}

/* "7.5s, first_delay 5s × 1.5"; "1m, the cap (first_delay 5s × 1.5^7 is more)" */
static void say_delay(Paragraph *paragraph, const asim_refusal *refusal,
                      const ClientConfig *client) {
    const bool is_capped = client->cap != SIM_TIME_NEVER && refusal->delay == client->cap;
    char delay[SIM_TIME_TEXT];
    paragraph_say(paragraph,
                  is_capped ? "%s, the cap (" : "%s = ", sim_time_format(refusal->delay, delay));
    say_product(paragraph, client, refusal->sends);
    paragraph_say(paragraph, "%s", is_capped ? " is not less)" : "");
}

static void say_wait(Paragraph *paragraph, const asim_refusal *refusal,
                     const ClientConfig *client) {
    const sim_time wait = refusal->again - refusal->time;
    char text[SIM_TIME_TEXT], share[HUMAN_TEXT];
    paragraph_say(paragraph, "; waits ");
    if (client->jitter != CLIENT_JITTER_NONE && refusal->delay > 0) {
        paragraph_say(paragraph, "%s: %s (%s jitter) of ", sim_time_format(wait, text),
                      human_share((double)wait / (double)refusal->delay, share),
                      client->jitter == CLIENT_JITTER_FULL ? "full" : "equal");
    }
    say_delay(paragraph, refusal, client);
}

void narration_say_refusal(Paragraph *paragraph, const asim_refusal *refusal,
                           const asim_request *request, const DeploymentConfig *config, bool woke) {
    paragraph_say(paragraph, "send %u: ", refusal->sends);
    say_why(paragraph, refusal, request, config, woke);
    if (refusal->again != SIM_TIME_NEVER) {
        say_wait(paragraph, refusal, &config->client);
    } else if (request->outcome == ASIM_REJECTED) {
        paragraph_say(paragraph,
                      "; its client does not send again after such an answer (retry_on): rejected");
    } else {
        paragraph_say(paragraph, "; that was the last of %lld sends (max_sends): given up",
                      (long long)config->client.max_sends);
    }
}
