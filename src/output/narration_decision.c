// SPDX-License-Identifier: GPL-3.0-or-later
/* Decisions in words. */
#include "output/narration_decision.h"

#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void narration_say_span(Paragraph *paragraph, sim_time span) {
    char text[HUMAN_TEXT];
    const double seconds = span == SIM_TIME_NEVER ? INFINITY : sim_time_to_seconds(span);
    paragraph_say(paragraph, "%s", human_seconds(seconds, text));
}

void narration_say_count(Paragraph *paragraph, uint64_t count, const char *what) {
    char text[HUMAN_TEXT];
    paragraph_say(paragraph, "%s %s%s", human_count(count, text), what, count == 1 ? "" : "s");
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
static const char *telling_number(double number, double above, double most, char text[HUMAN_TEXT]) {
    const bool is_most = fabs(number - most) <= 1e-9 * most;
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

void narration_say_term(Paragraph *paragraph, const asim_decision_term *term) {
    char measured[HUMAN_TEXT], target[32], quotient[HUMAN_TEXT], whole[HUMAN_TEXT];
    const size_t key = names_load_key(term->key);
    const double wanted = term->wanted;
    paragraph_say(paragraph, "%s ", key < NAMES_LOAD_KEYS ? measured_words[key] : term->key);
    if (isnan(term->measured)) {
        paragraph_say(paragraph, "not measured");
        return;
    }
    telling_number(term->measured, (wanted - 1) * term->target, wanted * term->target, measured);
    telling_number(term->measured / term->target, wanted - 1, wanted, quotient);
    snprintf(whole, sizeof whole, "%d", term->wanted);
    paragraph_say(paragraph, "%s ÷ target %s = %s", measured, text_number(term->target, target),
                  quotient);
    if (strcmp(quotient, whole) != 0) {
        paragraph_say(paragraph, ", rounded up to %s", whole);
    }
}

static void say_limits(Paragraph *paragraph, const asim_decision *decision, int wanted) {
    if (decision->recommended < wanted) {
        paragraph_say(paragraph, ", but max is %d", decision->limits[1]);
    } else if (decision->recommended > wanted) {
        paragraph_say(paragraph, ", but min is %d", decision->limits[0]);
    }
}

void narration_say_wanted(Paragraph *paragraph, const asim_decision *decision) {
    if (decision->winner < 0 || decision->winner >= decision->term_count) {
        return;
    }
    const asim_decision_term *winner = &decision->terms[decision->winner];
    narration_say_term(paragraph, winner);
    say_limits(paragraph, decision, winner->wanted);
    const char *between = " (the largest counts; ";
    for (int i = 0; i < decision->term_count; i++) {
        if (i != decision->winner) {
            paragraph_say(paragraph, "%s", between);
            narration_say_term(paragraph, &decision->terms[i]);
            between = "; ";
        }
    }
    paragraph_say(paragraph, "%s", decision->term_count > 1 ? ")" : "");
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

/* rule: told beside the span; NULL: none. */
static void say_window(Paragraph *paragraph, const asim_decision *decision, const char *rule) {
    char span[SIM_TIME_TEXT];
    paragraph_say(paragraph, "%s", decision->window);
    if (decision->window_since != SIM_TIME_NEVER && decision->window_until != SIM_TIME_NEVER) {
        sim_time_format(decision->window_until - decision->window_since, span);
        paragraph_say(paragraph, " (%s%s%s)", span, rule ? ", " : "", rule ? rule : "");
    }
}

void narration_say_window(Paragraph *paragraph, const asim_decision *decision) {
    say_window(paragraph, decision, NULL);
}

/* "since 09:00:20, for 25.0 s" */
static void say_since(Paragraph *paragraph, const DayClock *day_clock,
                      const asim_decision *decision, sim_time now) {
    char since[HUMAN_TEXT];
    if (decision->window_since != SIM_TIME_NEVER) {
        paragraph_say(paragraph, "since %s, for ",
                      day_clock_text(day_clock, decision->window_since, since));
        narration_say_span(paragraph, now - decision->window_since);
    }
}

/* What the load asks for now may be beyond what the window lets through. */
static void say_stabilized(Paragraph *paragraph, const asim_decision *decision, bool up,
                           const char *since) {
    const bool last_stays = !up && decision->recommended == 0 && decision->target == 1;
    if (decision->recommended == decision->target || last_stays) {
        paragraph_say(paragraph, "%d or %s asked for since %s, all of ", decision->target,
                      up ? "more" : "less", since);
        say_window(paragraph, decision, decision->window_rule);
        paragraph_say(paragraph, "%s",
                      last_stays ? "; the last replica stays until it has idled" : "");
        return;
    }
    paragraph_say(paragraph, "the %s in ", up ? "least" : "most");
    say_window(paragraph, decision, decision->window_rule);
    paragraph_say(paragraph, " counts: %d or %s asked for since %s", decision->target,
                  up ? "more" : "less", since);
}

void narration_say_window_passed(Paragraph *paragraph, const DayClock *day_clock,
                                 const asim_decision *decision, int from, sim_time now) {
    const bool up = decision->target > from;
    char since[HUMAN_TEXT];
    if (decision->window == NULL) {
        return;
    }
    day_clock_text(day_clock, decision->window_since, since);
    if (decision->target == 0) {
        paragraph_say(paragraph, "idle ");
        say_since(paragraph, day_clock, decision, now);
        paragraph_say(paragraph, ": all of ");
        narration_say_window(paragraph, decision);
        return;
    }
    switch (rule_of(decision)) {
    case RULE_STABILIZE: say_stabilized(paragraph, decision, up, since); return;
    case RULE_SUSTAIN:
        paragraph_say(paragraph, "%s the target at each evaluation since %s, all of ",
                      up ? "above" : "below", since);
        say_window(paragraph, decision, decision->window_rule);
        return;
    case RULE_DELAY:
        paragraph_say(paragraph, "%s the target first at %s, and ", up ? "above" : "below", since);
        say_window(paragraph, decision, decision->window_rule);
        paragraph_say(paragraph, " has run out");
        return;
    case RULE_UNKNOWN:
        say_window(paragraph, decision, decision->window_rule);
        paragraph_say(paragraph, " has passed since %s", since);
        return;
    }
}

void narration_say_window_holds(Paragraph *paragraph, const DayClock *day_clock,
                                const asim_decision *decision, sim_time now) {
    const bool up = decision->recommended > decision->target;
    char since[HUMAN_TEXT], until[HUMAN_TEXT], span[SIM_TIME_TEXT];
    day_clock_text(day_clock, decision->window_since, since);
    day_clock_text(day_clock, decision->window_until, until);
    sim_time_format(decision->window_until - decision->window_since, span);
    paragraph_say(paragraph, "held by ");
    narration_say_window(paragraph, decision);
    paragraph_say(paragraph, ": the load %s for %s than the target %s %s, ",
                  rule_of(decision) == RULE_DELAY ? "first asked" : "has asked",
                  up ? "more" : "less", rule_of(decision) == RULE_DELAY ? "at" : "since", since);
    narration_say_span(paragraph, now - decision->window_since);
    paragraph_say(paragraph, " so far. ");
    switch (rule_of(decision)) {
    case RULE_STABILIZE:
        paragraph_say(
            paragraph,
            "Under the rule stabilize the target goes %s only to the %s that was asked for in "
            "the last %s, which is still %d: it has to go on so until %s",
            up ? "up" : "down", up ? "least" : "most", span, decision->window_target, until);
        return;
    case RULE_SUSTAIN:
        paragraph_say(
            paragraph,
            "Under the rule sustain a timer runs as long as every evaluation asks for it: it "
            "has to go on so until %s, then what is asked for at that moment is taken",
            until);
        return;
    case RULE_DELAY:
        paragraph_say(
            paragraph,
            "Under the rule delay the timer that began then, and that no dip stops, runs out "
            "at %s; what is asked for at that moment is taken",
            until);
        return;
    case RULE_UNKNOWN: paragraph_say(paragraph, "It may pass at %s", until); return;
    }
}
