// SPDX-License-Identifier: GPL-3.0-or-later
/* One thing in words: a decision's arithmetic, what holds it, a stretch, a refusal, a replica's
 * start and end. No policy's words are known here but those of window rules and of reasons; keys
 * and windows are told as they come. */
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "client/client.h"
#include "cluster/config.h"
#include "engine/distribution.h"
#include "engine/sim_time.h"
#include "figures/names.h"
#include "figures/summary.h"
#include "output/explain.h"
#include "policy/own.h"
#include "policy/policies.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void teller_init(Teller *teller, FILE *stream, const ExplainLog *log, int label_width) {
    *teller = (Teller){.log = log,
                       .day_clock = day_clock_of(log->scenario->start_epoch_s),
                       .instant = SIM_TIME_NEVER};
    paragraph_init(&teller->paragraph, stream, label_width);
    teller_turn_to(teller, 0, "");
}

void teller_turn_to(Teller *teller, size_t deployment, const char *before) {
    teller_end(teller);
    teller->before = before;
    teller->config = &teller->log->scenario->deployments[deployment];
    teller->deployment = &teller->log->deployments[deployment];
}

void teller_at(Teller *teller, sim_time instant) {
    teller_end(teller);
    teller->instant = instant;
}

/* What has no label belongs to the entry before it. */
static cJSON *entry_of(const Teller *teller) {
    cJSON *entry = cJSON_GetArrayItem(teller->entries, cJSON_GetArraySize(teller->entries) - 1);
    if (entry == NULL || teller->label[0] != '\0') {
        entry = json_object();
        json_add(entry, "deployment", json_text(teller->config->name));
        explain_add_instant(entry, teller->log->scenario, teller->instant);
        json_add(entry, "label", json_text(teller->label));
        json_add(entry, "words", json_array());
        json_append(teller->entries, entry);
    }
    return entry;
}

void teller_end(Teller *teller) {
    Text *text = &teller->paragraph.text;
    if (teller->entries == NULL) {
        paragraph_end(&teller->paragraph);
    } else if (text->length > 0) {
        json_append(cJSON_GetObjectItem(entry_of(teller), "words"), json_text(text->text));
        text->length = 0;
    }
}

void explain_add_instant(cJSON *object, const Scenario *scenario, sim_time instant) {
    char calendar[SIM_TIME_TEXT];
    const bool is_one = instant != SIM_TIME_NEVER;
    json_add(object, "time_s", is_one ? json_number(sim_time_to_seconds(instant)) : json_null());
    json_add(object, "at",
             is_one ? json_text(sim_time_format_calendar(
                          scenario->start_epoch_s + instant / SIM_TIME_SECOND, calendar))
                    : json_null());
}

void teller_begin(Teller *teller, const char *label) {
    teller_end(teller);
    snprintf(teller->label, sizeof teller->label, "%s", label);
    paragraph_begin(&teller->paragraph, teller->before, teller->label);
}

void teller_clear(Teller *teller) {
    teller_end(teller);
    paragraph_clear(&teller->paragraph);
}

/* Words -------------------------------------------------------------------------------------- */

enum {
    WORDS = sizeof((Teller *)NULL)->words / sizeof((Teller *)NULL)->words[0],
    WORD = sizeof((Teller *)NULL)->words[0]
};

static char *next_word(Teller *teller) {
    return teller->words[teller->word++ % WORDS];
}

const char *teller_span(Teller *teller, sim_time span) {
    const double seconds = span == SIM_TIME_NEVER ? INFINITY : sim_time_to_seconds(span);
    return human_seconds(seconds, next_word(teller));
}

const char *teller_duration(Teller *teller, sim_time duration) {
    return sim_time_format(duration, next_word(teller));
}

const char *teller_clock(Teller *teller, sim_time instant) {
    return day_clock_text(&teller->day_clock, instant, next_word(teller));
}

const char *teller_number(Teller *teller, uint64_t count) {
    return human_count(count, next_word(teller));
}

const char *teller_count(Teller *teller, uint64_t count, const char *what) {
    char *word = next_word(teller);
    snprintf(word, WORD, "%s %s%s", teller_number(teller, count), what, count == 1 ? "" : "s");
    return word;
}

/* Shortest text that reads back the same. */
static const char *decimal(Teller *teller, double number) {
    return text_number(number, next_word(teller));
}

static const char *usd(Teller *teller, double dollars) {
    return human_usd(dollars, next_word(teller));
}

/* Arithmetic --------------------------------------------------------------------------------- */

static const char *const measured_words[NAMES_LOAD_KEYS] = {
    [ASIM_SIGNAL_LOAD] = "load",
    [ASIM_SIGNAL_CONCURRENT_REQUESTS] = "requests held",
    [ASIM_SIGNAL_REQUESTS_PER_SECOND] = "requests per second",
    [ASIM_SIGNAL_PROMPT_TOKENS_PER_SECOND] = "prompt tokens per second",
    [ASIM_SIGNAL_GENERATED_TOKENS_PER_SECOND] = "generated tokens per second",
};

static void trim_zeros(char *text) {
    char *end = text + strlen(text);
    if (strchr(text, '.') == NULL) {
        return;
    }
    while (end[-1] == '0') {
        *--end = '\0';
    }
    if (end[-1] == '.') {
        end[-1] = '\0';
    }
}

/* The number with three digits, or more until it lies where it does: above `above`, at most `most`,
 * and not on `most` unless it is that. */
static const char *telling_number(Teller *teller, double number, double above, double most) {
    const bool is_most = fabs(number - most) <= 1e-9 * most;
    char *text = next_word(teller);
    int decimals = 0;
    if (number > 0 && number < 100) {
        decimals = 2 - (int)floor(log10(number));
    }
    for (decimals = decimals < 9 ? decimals : 9; decimals <= 9; decimals++) {
        snprintf(text, HUMAN_TEXT, "%.*f", decimals, number);
        const double shown = strtod(text, NULL);
        if (shown > above && (is_most ? shown <= most : shown < most)) {
            break;
        }
    }
    trim_zeros(text);
    return text;
}

void teller_say_term(Teller *teller, const asim_decision_term *term) {
    const size_t key = names_load_key(term->key);
    const double wanted = term->wanted, target = term->target;
    teller_say(teller, "%s ", key < NAMES_LOAD_KEYS ? measured_words[key] : term->key);
    if (isnan(term->measured)) {
        teller_say(teller, "not measured");
        return;
    }
    const char *quotient = telling_number(teller, term->measured / target, wanted - 1, wanted);
    teller_say(teller, "%s ÷ target %s = %s",
               telling_number(teller, term->measured, (wanted - 1) * target, wanted * target),
               decimal(teller, target), quotient);
    if (strtod(quotient, NULL) != wanted) {
        teller_say(teller, ", rounded up to %d", term->wanted);
    }
}

/* Why the load asks for decision->recommended: the term that won, the policy's limits, and what the
 * other terms ask for. */
static void say_wanted(Teller *teller, const asim_decision *decision) {
    if (decision->winner < 0 || decision->winner >= decision->term_count) {
        return;
    }
    const asim_decision_term *winner = &decision->terms[decision->winner];
    const char *between = " (the largest counts; ";
    teller_say_term(teller, winner);
    if (decision->recommended < winner->wanted) {
        teller_say(teller, ", but max is %d", decision->limits[1]);
    } else if (decision->recommended > winner->wanted) {
        teller_say(teller, ", but min is %d", decision->limits[0]);
    }
    for (int i = 0; i < decision->term_count; i++) {
        if (i != decision->winner) {
            teller_say(teller, "%s", between);
            teller_say_term(teller, &decision->terms[i]);
            between = "; ";
        }
    }
    teller_say(teller, "%s", decision->term_count > 1 ? ")" : "");
}

/* Windows ------------------------------------------------------------------------------------ */

typedef enum Rule { RULE_STABILIZE, RULE_SUSTAIN, RULE_DELAY, RULE_UNKNOWN } Rule;

static Rule rule_of(const asim_decision *decision) {
    static const char *const names[] = {"stabilize", "sustain", "delay"};
    for (size_t i = 0; decision->window_rule && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], decision->window_rule) == 0) {
            return (Rule)i;
        }
    }
    return RULE_UNKNOWN;
}

/* "scale_up_window (30s, stabilize)". rule: told beside the span; NULL: none. */
static const char *window(Teller *teller, const asim_decision *decision, const char *rule) {
    if (decision->window_since == SIM_TIME_NEVER || decision->window_until == SIM_TIME_NEVER) {
        return decision->window;
    }
    char *word = next_word(teller);
    snprintf(word, WORD, "%s (%s%s%s)", decision->window,
             teller_duration(teller, decision->window_until - decision->window_since),
             rule ? ", " : "", rule ? rule : "");
    return word;
}

/* What the load asks for now may be beyond what the window lets through. */
static void say_stabilized(Teller *teller, const asim_decision *decision, bool up) {
    const char *since = teller_clock(teller, decision->window_since);
    const char *told = window(teller, decision, decision->window_rule);
    const bool last_stays = !up && decision->recommended == 0 && decision->target == 1;
    if (decision->recommended == decision->target || last_stays) {
        teller_say(teller, "%d or %s asked for since %s, all of %s%s", decision->target,
                   up ? "more" : "less", since, told,
                   last_stays ? "; the last replica stays until it has idled" : "");
        return;
    }
    teller_say(teller, "the %s in %s counts: %d or %s asked for since %s", up ? "least" : "most",
               told, decision->target, up ? "more" : "less", since);
}

/* Of a decision taken at `now` that changed the target from `from`, as a window let it. */
static void say_window_passed(Teller *teller, const asim_decision *decision, int from,
                              sim_time now) {
    const bool up = decision->target > from;
    const char *side = up ? "above" : "below";
    const char *since = teller_clock(teller, decision->window_since);
    const char *told = window(teller, decision, decision->window_rule);
    if (decision->target == 0) {
        teller_say(teller, "idle ");
        if (decision->window_since != SIM_TIME_NEVER) {
            teller_say(teller, "since %s, for %s", since,
                       teller_span(teller, now - decision->window_since));
        }
        teller_say(teller, ": all of %s", window(teller, decision, NULL));
        return;
    }
    switch (rule_of(decision)) {
    case RULE_STABILIZE: say_stabilized(teller, decision, up); return;
    case RULE_SUSTAIN:
        teller_say(teller, "%s the target at each evaluation since %s, all of %s", side, since,
                   told);
        return;
    case RULE_DELAY:
        teller_say(teller, "%s the target first at %s, and %s has run out", side, since, told);
        return;
    case RULE_UNKNOWN: teller_say(teller, "%s has passed since %s", told, since); return;
    }
}

/* Why nothing changes ------------------------------------------------------------------------ */

static void say_window_holds(Teller *teller, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const bool up = decision->recommended > decision->target;
    const bool is_delay = rule_of(decision) == RULE_DELAY;
    const char *until = teller_clock(teller, decision->window_until);
    teller_say(teller, "held by %s: the load %s for %s than the target %s %s, %s so far. ",
               window(teller, decision, NULL), is_delay ? "first asked" : "has asked",
               up ? "more" : "less", is_delay ? "at" : "since",
               teller_clock(teller, decision->window_since),
               teller_span(teller, taken->time - decision->window_since));
    switch (rule_of(decision)) {
    case RULE_STABILIZE:
        teller_say(teller,
                   "Under the rule stabilize the target goes %s only to the %s that was asked for "
                   "in the last %s, which is still %d: it has to go on so until %s",
                   up ? "up" : "down", up ? "least" : "most",
                   teller_duration(teller, decision->window_until - decision->window_since),
                   decision->window_target, until);
        return;
    case RULE_SUSTAIN:
        teller_say(teller,
                   "Under the rule sustain a timer runs as long as every evaluation asks for it: "
                   "it has to go on so until %s, then what is asked for at that moment is taken",
                   until);
        return;
    case RULE_DELAY:
        teller_say(teller,
                   "Under the rule delay the timer that began then, and that no dip stops, runs "
                   "out at %s; what is asked for at that moment is taken",
                   until);
        return;
    case RULE_UNKNOWN: teller_say(teller, "It may pass at %s", until); return;
    }
}

static void say_idle(Teller *teller, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    teller_say(teller, "held by %s: idle since %s, %s so far. ", window(teller, decision, NULL),
               teller_clock(teller, decision->window_since),
               teller_span(teller, taken->time - decision->window_since));
    if (decision->window_until != SIM_TIME_NEVER) {
        teller_say(teller,
                   "If no request comes, it scales to zero at the first evaluation from %s on",
                   teller_clock(teller, decision->window_until));
    }
}

/* "scaling schedule office hours is open until 19:00: at least 2"; or that none is any more. */
static void say_schedule(Teller *teller, const asim_schedule *schedule, int least) {
    if (schedule->name == NULL && deployment_config_schedules(teller->config) == NULL) {
        teller_say(teller, "min_replica_count is %d from now on", least);
        return;
    }
    if (schedule->name == NULL) {
        teller_say(teller, "no scaling schedule is open any more: at least %d again", least);
        return;
    }
    teller_say(teller, "scaling schedule %s is open", schedule->name);
    if (schedule->until != SIM_TIME_NEVER) {
        teller_say(teller, " until %s", teller_clock(teller, schedule->until));
    }
    teller_say(teller, ": at least %d", least);
}

static bool is_scheduled(const asim_decision_taken *taken) {
    return taken->observation != NULL && taken->observation->schedule.name != NULL;
}

/* The target is what is asked for: by the load, or by a limit. */
static void say_on_target(Teller *teller, const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    const int wanted =
        decision->winner >= 0 ? decision->terms[decision->winner].wanted : decision->recommended;
    if (wanted > decision->recommended) {
        teller_say(teller,
                   "the load asks for %d, but max_replica_count is %d: the target goes no higher",
                   wanted, decision->limits[1]);
    } else if (wanted < decision->recommended && is_scheduled(taken)) {
        teller_say(teller, "the load asks for %d, but ", wanted);
        say_schedule(teller, &taken->observation->schedule, decision->limits[0]);
    } else if (wanted < decision->recommended) {
        teller_say(teller,
                   "the load asks for %d, but min_replica_count is %d: the target goes no lower",
                   wanted, decision->limits[0]);
    } else if (decision->recommended < decision->target) {
        teller_say(teller,
                   "the load asks for %d, but the last replica leaves only when it has idled long "
                   "enough (scale_to_zero_window), and requests are held",
                   wanted);
    } else {
        teller_say(teller, "the load asks for just the target, %d", decision->target);
    }
    if (taken->booting > 0) {
        teller_say(teller, ". Of the target, %d %s: booting replicas count already", taken->booting,
                   taken->booting == 1 ? "still boots" : "still boot");
    }
}

/* What the policy's own table says of a reason, or the reason itself. */
static const char *reason_meaning(const Teller *teller, const char *reason) {
    const asim_word *word = policies[teller->config->policy]->policy->reasons;
    for (; word != NULL && word->word != NULL; word++) {
        if (strcmp(word->word, reason) == 0) {
            return word->meaning;
        }
    }
    return reason;
}

void teller_say_hold(Teller *teller, const asim_decision_taken *taken) {
    static const struct {
        const char *code;
        void (*say)(Teller *teller, const asim_decision_taken *taken);
        const char *words;
    } reasons[] = {
        {"hold_scale_up_window", say_window_holds, NULL},
        {"hold_scale_down_window", say_window_holds, NULL},
        {"hold_scale_to_zero_window", say_idle, NULL},
        {"hold_on_target", say_on_target, NULL},
        {"hold_no_serving_replica", NULL,
         "no replica serves yet, so nothing is known of the load: the target stays until one does"},
        {"hold_at_zero", NULL,
         "at zero, and nobody asks: only a request wakes the deployment, at once and past all "
         "windows"},
        {"parked", NULL, "parked: max_replica_count is 0, and nothing wakes it"},
    };
    const char *words = reason_meaning(teller, taken->decision->reason);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (strcmp(reasons[i].code, taken->decision->reason) != 0) {
            continue;
        }
        if (reasons[i].say) {
            reasons[i].say(teller, taken);
            return;
        }
        words = reasons[i].words;
    }
    teller_say(teller, "%s", words);
}

/* Entries ------------------------------------------------------------------------------------ */

static void say_fleet(Teller *teller, const ExplainEntry *entry) {
    teller_say(teller, "target %d; %s %s", entry->target,
               teller_count(teller, (uint64_t)entry->serving, "replica"),
               entry->serving == 1 ? "serves" : "serve");
    if (entry->booting > 0) {
        teller_say(teller, ", %d booting", entry->booting);
    }
    if (entry->draining > 0) {
        teller_say(teller, ", %d draining", entry->draining);
    }
}

static void say_scaled(Teller *teller, const ExplainEntry *entry) {
    const asim_decision *decision = &entry->why.decision;
    const int from = entry->why.taken.from, to = decision->target;
    const bool has_terms = decision->term_count > 0;
    teller_say(teller, "scale %s %d → %d: ",
               to == 0     ? "to zero"
               : to > from ? "up"
                           : "down",
               from, to);
    if (decision->window == NULL) {
        say_wanted(teller, decision);
        teller_say(teller, "%s%s", has_terms ? ": " : "", reason_meaning(teller, decision->reason));
        return;
    }
    if (to != 0 && has_terms) {
        say_wanted(teller, decision);
        teller_say(teller, "; ");
    }
    say_window_passed(teller, decision, from, entry->time);
}

static void say_change(Teller *teller, const ExplainEntry *entry) {
    const asim_decision_taken *taken = &entry->why.taken;
    if (taken->observation != NULL && taken->observation->minimum_changed) {
        teller_say(teller, "scale up %d → %d: ", taken->from, entry->why.decision.target);
        say_schedule(teller, &taken->observation->schedule, entry->why.decision.limits[0]);
        teller_say(teller, ", at once and past all windows");
    } else if (taken->request > 0) {
        teller_say(teller,
                   "woken %d → %d by request %llu, which found no replica and a target of zero; "
                   "that passes by all windows",
                   taken->from, entry->why.decision.target, (unsigned long long)taken->request);
    } else {
        say_scaled(teller, entry);
    }
    if (taken->not_asked > 0) {
        const PoolConfig *pool = &teller->log->scenario->pools[teller->config->pool];
        teller_say(teller,
                   "; %d of these would pass the quota (quota_gpus %lld, %lld GPUs a replica) and "
                   "%s not asked for",
                   taken->not_asked, (long long)pool->quota_gpus,
                   (long long)teller->config->accelerator_count,
                   taken->not_asked == 1 ? "is" : "are");
    }
}

/* "replica 3 is "; "replicas 3, 5 are " */
static void say_lost(Teller *teller, const ExplainEntry *entry) {
    const bool one = entry->stopped_count == 1;
    teller_say(teller, one ? "replica" : "replicas");
    for (size_t i = 0; i < entry->stopped_count; i++) {
        teller_say(teller, "%s %u", i > 0 ? "," : "", entry->stopped[i]);
    }
    teller_say(teller, one ? " is " : " are ");
}

void teller_say_entry(Teller *teller, const ExplainEntry *entry) {
    static const char *const beginnings[] = {
        [EXPLAIN_BEGIN] = "the run begins: ",
        [EXPLAIN_QUOTA] = "the quota has room again; ",
        [EXPLAIN_LOSS] = "lost; ",
        [EXPLAIN_RESUME] = "",
    };
    const sim_time since = entry->why.decision.window_since;
    switch (entry->kind) {
    case EXPLAIN_DECISION: say_change(teller, entry); return;
    case EXPLAIN_DELETION:
        teller_say(teller,
                   "deleted: no request since %s, for %s; every send gets a 404 from now on",
                   teller_clock(teller, since), teller_duration(teller, entry->time - since));
        return;
    case EXPLAIN_BEGIN:
    case EXPLAIN_QUOTA:
    case EXPLAIN_LOSS:
    case EXPLAIN_RESUME:
        if (entry->kind == EXPLAIN_LOSS) {
            say_lost(teller, entry);
        }
        teller_say(teller, "%s", beginnings[entry->kind]);
        say_fleet(teller, entry);
        return;
    }
}

/* Stretches ---------------------------------------------------------------------------------- */

/* A latency changes when it does so by half. Never: beyond all else. */
static void say_p95(Teller *teller, const char *name, sim_time p95, sim_time before) {
    static const double notable = 1.5;
    const double ratio = before <= 0 ? 1.0 : (double)p95 / (double)before;
    teller_say(teller, "%s %s%s", name,
               ratio >= notable       ? "rose to "
               : ratio * notable <= 1 ? "fell to "
                                      : "",
               teller_span(teller, p95));
}

static void say_requests(Teller *teller, const Stretch *stretch, const Stretch *preceding) {
    static const char *const fates[ASIM_OUTCOME_COUNT] = {
        [ASIM_GIVEN_UP] = "given up",       [ASIM_ABANDONED] = "abandoned",
        [ASIM_REJECTED] = "rejected",       [ASIM_BROKEN] = "broken off",
        [ASIM_IN_FLIGHT] = "cut in flight",
    };
    uint64_t ended = 0;
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        ended += stretch->outcomes[i];
    }
    if (ended == 0) {
        teller_say(teller, "no request ended");
        return;
    }
    teller_say(teller, "%s ended", teller_count(teller, ended, "request"));
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        if (fates[i] && stretch->outcomes[i] > 0) {
            teller_say(teller, ", %s %s", teller_number(teller, stretch->outcomes[i]), fates[i]);
        }
    }
    /* Where all were lost that has been said. */
    const bool all_lost =
        stretch->outcomes[ASIM_COMPLETED] == 0 && stretch->ttft_p95 == SIM_TIME_NEVER;
    if (stretch->ttft_p95 != STRETCH_NONE && !all_lost) {
        teller_say(teller, ", p95 ");
        say_p95(teller, "TTFT", stretch->ttft_p95, preceding->ttft_p95);
        teller_say(teller, ", ");
        say_p95(teller, "E2E", stretch->e2e_p95, preceding->e2e_p95);
    }
}

static void say_holds(Teller *teller, const Stretch *stretch) {
    for (size_t i = 0; i < stretch->hold_count; i++) {
        const StretchHold *hold = &stretch->holds[i];
        teller_say(teller, "; %s in %s came to nothing (%s%s)",
                   teller_count(teller, hold->times, "wait"), hold->window,
                   teller_span(teller, hold->longest), hold->times > 1 ? " at most" : "");
    }
    if (stretch->clamped > 0) {
        teller_say(teller, "; for %s the load asked for more than max, up to %d",
                   teller_span(teller, stretch->clamped), stretch->clamped_most);
    }
}

static void say_time_and_fleet(Teller *teller, const Stretch *stretch) {
    const char *span = teller_span(teller, stretch->to - stretch->from);
    const char *serving = stretch->serving == 0
                              ? "no replica serves"
                              : teller_count(teller, (uint64_t)stretch->serving, "replica");
    if (stretch->booting > 0) {
        teller_say(teller, "the next %s: %s%s, %d booting, ", span, serving,
                   stretch->serving == 0 ? "" : " serving", stretch->booting);
    } else {
        teller_say(teller, "then for %s nothing changed: %s, ", span, serving);
    }
}

void teller_say_stretch(Teller *teller, const Stretch *stretch, const Stretch *preceding,
                        bool until_serving) {
    if (until_serving) {
        teller_say(teller, "meanwhile, until %s: ", teller_clock(teller, stretch->to));
    } else {
        say_time_and_fleet(teller, stretch);
    }
    say_requests(teller, stretch, preceding);
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        if (stretch->refused[i] > 0 && i == ASIM_ANSWER_BROKEN) {
            teller_say(teller, "; %s broke off",
                       teller_count(teller, stretch->refused[i], "answer"));
        } else if (stretch->refused[i] > 0) {
            teller_say(teller, "; %s refused with %s",
                       teller_count(teller, stretch->refused[i], "send"), names_of_answers[i]);
        }
    }
    if (stretch->waiting_most > 0) {
        teller_say(teller, "; up to %s waited at the gateway (at_zero: hold)",
                   teller_number(teller, stretch->waiting_most));
    }
    if (stretch->queued_most > 0) {
        teller_say(teller, "; up to %s queued", teller_number(teller, stretch->queued_most));
    }
    say_holds(teller, stretch);
}

/* A refused send ----------------------------------------------------------------------------- */

static void say_why_503(Teller *teller, const asim_refusal *refusal, bool woke) {
    if (refusal->time > refusal->sent) {
        teller_say(teller, "503: no replica has begun to serve within %s (hold_timeout)",
                   teller_duration(teller, refusal->time - refusal->sent));
        return;
    }
    teller_say(teller, "503 DEPLOYMENT_SCALING_UP: no replica serves");
    if (woke) {
        teller_say(teller, ", and the target was zero. It wakes the deployment: target 0 → %d",
                   refusal->target);
    } else if (refusal->target == 0) {
        teller_say(teller, ", and nothing wakes the deployment: it is parked, for max is 0");
    } else if (refusal->booting > 0) {
        teller_say(teller, "; %s still %s",
                   teller_count(teller, (uint64_t)refusal->booting, "replica"),
                   refusal->booting == 1 ? "boots" : "boot");
    } else {
        teller_say(teller, "; the target is %d, but the quota has room for none", refusal->target);
    }
}

static void say_why_429(Teller *teller, const asim_refusal *refusal) {
    const DeploymentConfig *config = teller->config;
    if (refusal->serving == 0) {
        teller_say(teller, "429: no replica serves, and the gateway holds %s already (hold_limit)",
                   teller_count(teller, (uint64_t)config->hold_limit, "request"));
        return;
    }
    teller_say(teller, "429: every serving replica holds %s already (max_concurrency_per_replica)",
               teller_count(teller, (uint64_t)config->max_concurrency_per_replica, "request"));
}

static void say_why(Teller *teller, const asim_refusal *refusal, const asim_request *request,
                    bool woke) {
    const DeploymentConfig *config = teller->config;
    switch (refusal->answer) {
    case ASIM_ANSWER_400:
        teller_say(teller, "400: %s prompt + output tokens can never fit into the KV cache of %s",
                   teller_number(teller, (uint64_t)request->prompt_tokens + request->output_tokens),
                   teller_number(teller, (uint64_t)config->profile.kv_capacity_tokens));
        return;
    case ASIM_ANSWER_404: teller_say(teller, "404: the deployment is deleted"); return;
    case ASIM_ANSWER_429: say_why_429(teller, refusal); return;
    case ASIM_ANSWER_BROKEN:
        teller_say(teller, "the connection breaks, for its replica vanishes");
        return;
    default: say_why_503(teller, refusal, woke); return;
    }
}

/* "7.5s = first_delay 5s × 1.5"; "1m, the cap (first_delay 5s × 1.5^7 is not less)" */
static void say_delay(Teller *teller, const asim_refusal *refusal) {
    const ClientConfig *client = &teller->config->client;
    const bool is_capped = client->cap != SIM_TIME_NEVER && refusal->delay == client->cap;
    teller_say(teller, "%s%sfirst_delay", teller_duration(teller, refusal->delay),
               is_capped ? ", the cap (" : " = ");
    if (refusal->sends > 1) {
        teller_say(teller, " %s × %s", teller_duration(teller, client->first_delay),
                   decimal(teller, client->factor));
    }
    if (refusal->sends > 2) {
        teller_say(teller, "^%u", refusal->sends - 1);
    }
    teller_say(teller, "%s", is_capped ? " is not less)" : "");
}

static void say_wait(Teller *teller, const asim_refusal *refusal) {
    const ClientConfig *client = &teller->config->client;
    const sim_time wait = refusal->again - refusal->time;
    teller_say(teller, "; waits ");
    if (client->jitter != CLIENT_JITTER_NONE && refusal->delay > 0) {
        teller_say(teller, "%s: %s (%s jitter) of ", teller_duration(teller, wait),
                   human_share((double)wait / (double)refusal->delay, next_word(teller)),
                   client->jitter == CLIENT_JITTER_FULL ? "full" : "equal");
    }
    say_delay(teller, refusal);
}

void teller_say_refusal(Teller *teller, const asim_refusal *refusal, const asim_request *request,
                        bool woke) {
    teller_say(teller, "send %u: ", refusal->sends);
    say_why(teller, refusal, request, woke);
    if (refusal->again != SIM_TIME_NEVER) {
        say_wait(teller, refusal);
    } else if (request->outcome == ASIM_REJECTED) {
        teller_say(teller,
                   "; its client does not send again after such an answer (retry_on): rejected");
    } else if (request->outcome == ASIM_BROKEN) {
        teller_say(teller, "; its client does not send again then (retry_broken): broken");
    } else {
        teller_say(teller, "; that was the last of %lld sends (max_sends): given up",
                   (long long)teller->config->client.max_sends);
    }
}

/* What a start takes ------------------------------------------------------------------------- */

/* "70 GB at 12.5 GB/s" */
static void say_download(Teller *teller, bool cold) {
    const ColdStartConfig *start = &teller->config->cold_start;
    teller_say(teller, "%.4g GB at %s GB/s%s", teller->config->weights_gb,
               decimal(teller, cold ? start->cold_bandwidth_gb_per_s : start->bandwidth_gb_per_s),
               cold ? " (cold_region)" : "");
}

static void say_mean_phases(Teller *teller, const ColdStart *mean) {
    const ColdStartConfig *start = &teller->config->cold_start;
    teller_say(teller, ": pending %s, download ", teller_span(teller, mean->node_allocation));
    if (!distribution_is_given(&start->downloading_model)) {
        say_download(teller, false);
        teller_say(teller, " = ");
    }
    teller_say(teller, "%s, init ", teller_span(teller, mean->downloading_model));
    if (!distribution_is_given(&start->initializing)) {
        teller_say(teller, "%s + %s s × %.4g GB per GPU = ",
                   teller_duration(teller, start->initialize_base),
                   decimal(teller, start->initialize_s_per_gb_per_gpu),
                   teller->config->weights_gb / (double)teller->config->accelerator_count);
    }
    teller_say(teller, "%s, routing lag %s", teller_span(teller, mean->initializing),
               teller_span(teller, mean->routing_lag));
    if (policies[teller->config->policy]->foresees) {
        teller_say(teller, "; each phase takes just that, for it is known");
    } else if (start->cv > 0) {
        teller_say(teller, "; each phase times a chance of cv %s", decimal(teller, start->cv));
    }
}

static void say_start_means(Teller *teller) {
    const DeploymentConfig *config = teller->config;
    const ColdStartModel model = {.weight_bytes = config->weights_gb * 1e9,
                                  .accelerator_count = config->accelerator_count};
    const ColdStart mean = cold_start_mean(&config->cold_start, &model, false);
    teller_say(teller, "a replica starts in %s on average",
               human_seconds(cold_start_mean_s(&config->cold_start, &model), next_word(teller)));
    if (distribution_is_given(&config->cold_start.total)) {
        teller_say(teller, " (cold_start as given, in one)");
    } else {
        say_mean_phases(teller, &mean);
    }
}

/* One start ---------------------------------------------------------------------------------- */

/* A phase lasted from its state's beginning to that of the next state that was entered;
 * SIM_TIME_NEVER if it is still in it at the end. */
static sim_time left(const ExplainReplica *replica, asim_replica_state state) {
    for (asim_replica_state next = state + 1; next < ASIM_REPLICA_STATE_COUNT; next++) {
        if (replica->entered[next] != SIM_TIME_NEVER) {
            return replica->entered[next];
        }
    }
    return SIM_TIME_NEVER;
}

static void say_between(Teller *teller, const char **between) {
    teller_say(teller, "%s", *between);
    *between = ", ";
}

static void say_wait_for_gpus(Teller *teller, const ExplainReplica *replica, const char **between) {
    const sim_time asked = replica->entered[ASIM_REPLICA_PENDING_SCHEDULING];
    if (replica->granted == SIM_TIME_NEVER) {
        say_between(teller, between);
        teller_say(teller, "waits for GPUs that are not there");
    } else if (replica->granted != asked) {
        say_between(teller, between);
        teller_say(teller, "waits %s for GPUs", teller_span(teller, replica->granted - asked));
    }
}

/* A phase that took no time is not told: the given start has but one. */
static void say_phase(Teller *teller, const ExplainReplica *replica, asim_replica_state state,
                      const char **between) {
    static const char *const words[] = {
        [ASIM_REPLICA_PENDING_SCHEDULING] = "pending ",
        [ASIM_REPLICA_DOWNLOADING_MODEL] = "download ",
        [ASIM_REPLICA_INITIALIZING] = "init ",
        [ASIM_REPLICA_READY] = "routing lag ",
    };
    const sim_time from =
        state == ASIM_REPLICA_PENDING_SCHEDULING ? replica->granted : replica->entered[state];
    const sim_time to = left(replica, state);
    if (from == SIM_TIME_NEVER || from == to) {
        return;
    }
    say_between(teller, between);
    teller_say(teller, "%s", words[state]);
    if (state == ASIM_REPLICA_DOWNLOADING_MODEL &&
        !distribution_is_given(&teller->config->cold_start.downloading_model)) {
        say_download(teller, replica->cold_download);
        teller_say(teller, " ");
    }
    teller_say(teller, "%s",
               to == SIM_TIME_NEVER ? "not over at the end" : teller_span(teller, to - from));
}

static void say_phases(Teller *teller, const ExplainReplica *replica, const char **between) {
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    if (!distribution_is_given(&teller->config->cold_start.total)) {
        for (asim_replica_state state = ASIM_REPLICA_PENDING_SCHEDULING;
             state <= ASIM_REPLICA_READY; state++) {
            say_phase(teller, replica, state, between);
        }
    } else if (served != SIM_TIME_NEVER) {
        say_between(teller, between);
        teller_say(teller, "starts in %s", teller_span(teller, served - replica->granted));
    }
}

void teller_say_start(Teller *teller, const ExplainReplica *replica, bool with_gpus) {
    const DeploymentConfig *config = teller->config;
    const bool is_reserved = teller->log->scenario->pools[config->pool].reserved_gpus > 0;
    const sim_time asked = replica->entered[ASIM_REPLICA_PENDING_SCHEDULING];
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    const char *between = ": ";
    teller_say(teller, "replica %u", replica->number);
    if (with_gpus && is_reserved && replica->granted != SIM_TIME_NEVER) {
        teller_say(teller, replica->reserved_gpus == config->accelerator_count ? " on reserved GPUs"
                           : replica->reserved_gpus > 0                 ? " on GPUs partly reserved"
                           : preemptible_is_given(&config->preemptible) ? " on preemptible GPUs"
                                                                        : " on on-demand GPUs");
    }
    say_wait_for_gpus(teller, replica, &between);
    say_phases(teller, replica, &between);
    if (served != SIM_TIME_NEVER) {
        teller_say(teller, ": serving at %s, after %s", teller_clock(teller, served),
                   teller_span(teller, served - asked));
    } else if (replica->ended != NULL) {
        teller_say(teller, "%s%s at %s, before it served", between, replica->ended,
                   teller_clock(teller, replica->entered[ASIM_REPLICA_GONE]));
    } else {
        teller_say(teller, "%s%s at the end of the run", between,
                   policy_replica_states[replica->state]);
    }
}

/* Up to a dozen starts are told one by one, more by their quickest and slowest. */
enum { STARTS_TOLD = 12, DRAINS_TOLD = 4 };

static void print_start(Teller *teller, const ExplainReplica *replica) {
    teller_begin(teller, "");
    teller_say_start(teller, replica, true);
}

static sim_time start_time(const ExplainReplica *replica) {
    const sim_time served = replica->entered[ASIM_REPLICA_SERVING];
    return served == SIM_TIME_NEVER ? SIM_TIME_NEVER
                                    : served - replica->entered[ASIM_REPLICA_PENDING_SCHEDULING];
}

/* Warm replicas are there before any other. */
static void print_starts(Teller *teller, const ExplainEntry *entry) {
    const ExplainReplica *at = &teller->deployment->replicas[entry->started_first - 1];
    const ExplainReplica *const end = at + entry->started_count;
    while (at < end && at->is_warm) {
        at++;
    }
    if (end - at <= STARTS_TOLD) {
        for (; at < end; at++) {
            print_start(teller, at);
        }
        return;
    }
    const ExplainReplica *quickest = at, *slowest = at;
    teller_line(teller, "", "%s start; the quickest of them, then the slowest:",
                teller_count(teller, (uint64_t)(end - at), "replica"));
    for (; at < end; at++) {
        quickest = start_time(at) < start_time(quickest) ? at : quickest;
        slowest = start_time(at) > start_time(slowest) ? at : slowest;
    }
    print_start(teller, quickest);
    print_start(teller, slowest);
}

/* Ends: replicas that hold nothing go in one line, and so do more than a few that drain ------- */

typedef enum Stop { STOP_EMPTY, STOP_DRAINS, STOP_ENDS, STOP_COUNT } Stop;

static Stop stop_of(const ExplainReplica *replica) {
    return replica->entered[ASIM_REPLICA_DRAINING] == SIM_TIME_NEVER ? STOP_ENDS
           : replica->held > 0                                       ? STOP_DRAINS
                                                                     : STOP_EMPTY;
}

static const ExplainReplica *nth_stopped(const Teller *teller, const ExplainEntry *entry,
                                         size_t n) {
    return &teller->deployment->replicas[entry->stopped[n] - 1];
}

/* "replica 2 drains 14 requests for 12.3 s: gone at 09:12:03"; "replica 3: its start is cancelled
 * after 12.0 s, in downloading_model, and costs nothing". */
static void print_stop(Teller *teller, const ExplainReplica *replica) {
    const sim_time gone = replica->entered[ASIM_REPLICA_GONE];
    teller_line(teller, "", "replica %u", replica->number);
    if (stop_of(replica) == STOP_DRAINS) {
        teller_say(teller, " drains %s", teller_count(teller, replica->held, "request"));
        if (gone == SIM_TIME_NEVER) {
            teller_say(teller, ", still at the end of the run");
        } else {
            teller_say(teller, " for %s: %s at %s",
                       teller_span(teller, gone - replica->entered[ASIM_REPLICA_DRAINING]),
                       strcmp(replica->ended, "drained") == 0 ? "gone" : replica->ended,
                       teller_clock(teller, gone));
        }
    } else if (replica->before == ASIM_REPLICA_SERVING) {
        teller_say(teller, ": %s while it serves", replica->ended);
        if (replica->held > 0) {
            teller_say(teller, " and holds %s", teller_count(teller, replica->held, "request"));
        }
    } else {
        teller_say(teller, ": its start is %s after %s, in %s%s", replica->ended,
                   teller_span(teller, gone - replica->entered[ASIM_REPLICA_PENDING_SCHEDULING]),
                   policy_replica_states[replica->before],
                   teller->config->bill_startup ? "" : ", and costs nothing");
    }
}

/* "12 replicas drain 31 requests: the last is gone at 01:28:49, after 4.20 s" */
static void print_drains(Teller *teller, const ExplainEntry *entry, size_t count) {
    uint64_t held = 0;
    sim_time last = 0;
    for (size_t i = 0; i < entry->stopped_count; i++) {
        const ExplainReplica *replica = nth_stopped(teller, entry, i);
        const sim_time gone = replica->entered[ASIM_REPLICA_GONE];
        if (stop_of(replica) == STOP_DRAINS) {
            held += replica->held;
            last = gone > last ? gone : last;
        }
    }
    teller_line(teller, "", "%s drain %s", teller_count(teller, count, "replica"),
                teller_count(teller, held, "request"));
    if (last == SIM_TIME_NEVER) {
        teller_say(teller, ", not all of them by the end of the run");
    } else {
        teller_say(teller, ": the last is gone at %s, after %s", teller_clock(teller, last),
                   teller_span(teller, last - entry->time));
    }
}

/* "replicas 48, 49, 50 go at once, for they hold nothing" */
static void print_empty(Teller *teller, const ExplainEntry *entry, size_t count) {
    const char *between = count == 1 ? "replica" : "replicas";
    teller_begin(teller, "");
    for (size_t i = 0; i < entry->stopped_count; i++) {
        if (stop_of(nth_stopped(teller, entry, i)) == STOP_EMPTY) {
            teller_say(teller, "%s %u", between, entry->stopped[i]);
            between = ",";
        }
    }
    teller_say(teller, " %s nothing",
               count == 1 ? "goes at once, for it holds" : "go at once, for they hold");
}

void teller_print_replicas(Teller *teller, const ExplainEntry *entry) {
    size_t counts[STOP_COUNT] = {0};
    if (entry->started_count > 0) {
        print_starts(teller, entry);
    }
    for (size_t i = 0; i < entry->stopped_count; i++) {
        counts[stop_of(nth_stopped(teller, entry, i))]++;
    }
    const bool at_once = counts[STOP_DRAINS] > DRAINS_TOLD;
    if (at_once) {
        print_drains(teller, entry, counts[STOP_DRAINS]);
    }
    for (size_t i = 0; i < entry->stopped_count; i++) {
        const ExplainReplica *replica = nth_stopped(teller, entry, i);
        const Stop stop = stop_of(replica);
        if (stop == STOP_ENDS || (stop == STOP_DRAINS && !at_once)) {
            print_stop(teller, replica);
        }
    }
    if (counts[STOP_EMPTY] > 0) {
        print_empty(teller, entry, counts[STOP_EMPTY]);
    }
}

/* Before and after a story ------------------------------------------------------------------- */

/* "min_replica_count 0, scale_up_window 30s, load_targets (default 0.8)" */
static void say_options(Teller *teller, const cJSON *object) {
    const char *between = "";
    const cJSON *item;
    cJSON_ArrayForEach (item, object) {
        if (cJSON_IsNull(item)) {
            continue;
        }
        say_between(teller, &between);
        teller_say(teller, "%s ", item->string);
        if (cJSON_IsObject(item)) {
            teller_say(teller, "(");
            say_options(teller, item);
            teller_say(teller, ")");
        } else if (cJSON_IsString(item)) {
            teller_say(teller, "%s", item->valuestring);
        } else {
            char *text = json_print_line(item);
            teller_say(teller, "%s", text);
            free(text);
        }
    }
}

static void say_load(Teller *teller, PolicyLoadSignal signal) {
    const Profile *profile = &teller->config->profile;
    const char *slots = teller_number(teller, (uint64_t)profile->batch_slots);
    const char *kv = teller_number(teller, (uint64_t)profile->kv_capacity_tokens);
    teller_say(teller, "of a replica is ");
    switch (signal) {
    case POLICY_LOAD_MAX:
        teller_say(
            teller,
            "the larger of requests held ÷ %s batch slots and KV tokens of their blocks ÷ %s",
            slots, kv);
        break;
    case POLICY_LOAD_SLOTS: teller_say(teller, "requests held ÷ %s batch slots", slots); break;
    case POLICY_LOAD_KV:
        teller_say(teller, "KV tokens of the blocks of the requests held ÷ %s", kv);
        break;
    case POLICY_LOAD_BUSY: teller_say(teller, "the share of time in which it computes"); break;
    }
    teller_say(teller, "; summed over those that serve, a mean since the last evaluation");
}

/* "hpa: ", "lua mine.lua (threshold 0.8): ". policy: as the scenario has it. */
static void say_policy(Teller *teller, cJSON *policy) {
    const DeploymentConfig *config = teller->config;
    const char *name = policies[config->policy]->policy->name;
    if (config->own_policy == NULL) {
        teller_line(teller, "policy", "%s: ", name);
        return;
    }
    char *title = own_policy_title(config->own_policy);
    cJSON_DeleteItemFromObjectCaseSensitive(policy, name); /* the title tells it */
    teller_line(teller, "policy", "%s", title);
    if (policy != NULL && policy->child != NULL) {
        teller_say(teller, " (");
        say_options(teller, policy);
        teller_say(teller, ")");
    }
    teller_say(teller, ": ");
    free(title);
}

/* The policy's options are taken from the scenario as run, so that every policy's are told. */
static void print_policy(Teller *teller) {
    const DeploymentConfig *config = teller->config;
    const char *as_run = teller->log->scenario->as_run;
    cJSON *tree = as_run ? memory_checked(cJSON_Parse(as_run)) : NULL;
    const cJSON *deployment = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(tree, "deployments"), config->name);
    const cJSON *autoscaling = cJSON_GetObjectItemCaseSensitive(deployment, "autoscaling");
    say_policy(teller, cJSON_GetObjectItemCaseSensitive(deployment, "policy"));
    say_options(teller, autoscaling);
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(autoscaling, "load_targets");
    if (cJSON_IsNumber(
            cJSON_GetObjectItemCaseSensitive(targets, names_of_load_keys[ASIM_SIGNAL_LOAD]))) {
        teller_begin(teller, "load");
        say_load(teller, policies[config->policy]->measurement(config->autoscaling).load_signal);
    }
    cJSON_Delete(tree);
}

void teller_print_head(Teller *teller) {
    print_policy(teller);
    teller_begin(teller, "starts");
    say_start_means(teller);
}

static void say_cost(Teller *teller, const asim_costs *costs) {
    const double on_demand_gpu_h = (costs->billed_gpu_s - costs->covered_gpu_s) / 3600;
    const int64_t gpus = teller->config->accelerator_count;
    teller_say(teller, "cost ");
    if (on_demand_gpu_h > 0) {
        teller_say(teller, "%s replica-hours on demand × %s × %s = ",
                   human_number(on_demand_gpu_h / (double)gpus, next_word(teller)),
                   teller_count(teller, (uint64_t)gpus, "GPU"),
                   usd(teller, costs->on_demand_usd / on_demand_gpu_h));
    }
    teller_say(teller, "%s", usd(teller, costs->on_demand_usd));
    if (costs->reserved_usd > 0) {
        teller_say(teller, ", and %s for the reservation: %s", usd(teller, costs->reserved_usd),
                   usd(teller, costs->on_demand_usd + costs->reserved_usd));
    }
}

static void say_projected_cost(Teller *teller, const Summary *summary, size_t index) {
    const MetricValue projected = metric_of(&metric_rows[METRIC_usd_per_30_days], summary, index);
    char text[HUMAN_PROJECTION_TEXT];
    if (projected.kind != METRIC_VALUE_NONE) {
        teller_say(
            teller, "; %s",
            human_projection(metric_number(projected), summary->deployments[index].end.span, text));
    }
}

void teller_say_end(Teller *teller, const Summary *whole, size_t index) {
    static const struct {
        const char *name;
        LatencyMetric metric;
    } latencies[] = {{"p95 TTFT", LATENCY_TTFT}, {"p95 E2E", LATENCY_E2E}};
    const DeploymentSummary *summary = &whole->deployments[index];
    const asim_counters *totals = &summary->end.totals;
    teller_say(teller, "the whole run: %s, %s completed",
               teller_count(teller, totals->requests, "request"),
               teller_number(teller, totals->outcomes[ASIM_COMPLETED]));
    for (size_t i = 0; i < sizeof latencies / sizeof *latencies; i++) {
        const Histogram *histogram = &summary->latencies[latencies[i].metric];
        if (histogram_members(histogram) > 0) {
            teller_say(teller, ", %s %s", latencies[i].name,
                       teller_span(teller, histogram_quantile(histogram, 0.95)));
        }
    }
    for (size_t answer = ASIM_ANSWER_400; answer < ASIM_ANSWER_NONE; answer++) {
        if (totals->answers[answer] > 0) {
            teller_say(teller, ", %s × %s", teller_number(teller, totals->answers[answer]),
                       names_of_answers[answer]);
        }
    }
    teller_say(teller, "; ");
    say_cost(teller, &summary->end.costs);
    say_projected_cost(teller, whole, index);
}
