// SPDX-License-Identifier: GPL-3.0-or-later
/* Each of the policy's reasons is explained by a function, found by its code. */
#include "output/narration_hold.h"

#include "output/narration_decision.h"

#include <string.h>

static void explain_window(Paragraph *paragraph, const DayClock *day_clock,
                           const asim_decision_taken *taken) {
    narration_say_window_holds(paragraph, day_clock, taken->decision, taken->time);
}

static void explain_idle(Paragraph *paragraph, const DayClock *day_clock,
                         const asim_decision_taken *taken) {
    const asim_decision *decision = taken->decision;
    char since[HUMAN_TEXT], until[HUMAN_TEXT];
    paragraph_say(paragraph, "held by ");
    narration_say_window(paragraph, decision);
    paragraph_say(paragraph, ": idle since %s, ",
                  day_clock_text(day_clock, decision->window_since, since));
    narration_say_span(paragraph, taken->time - decision->window_since);
    paragraph_say(paragraph, " so far. ");
    if (decision->window_until != SIM_TIME_NEVER) {
        paragraph_say(paragraph,
                      "If no request comes, it scales to zero at the first evaluation from %s on",
                      day_clock_text(day_clock, decision->window_until, until));
    }
}

static void explain_no_serving(Paragraph *paragraph, const DayClock *day_clock,
                               const asim_decision_taken *taken) {
    (void)day_clock;
    (void)taken;
    paragraph_say(
        paragraph,
        "no replica serves yet, so nothing is known of the load: the target stays until one "
        "does");
}

static void explain_zero(Paragraph *paragraph, const DayClock *day_clock,
                         const asim_decision_taken *taken) {
    (void)day_clock;
    (void)taken;
    paragraph_say(
        paragraph,
        "at zero, and nobody asks: only a request wakes the deployment, at once and past all "
        "windows");
}

static void explain_parked(Paragraph *paragraph, const DayClock *day_clock,
                           const asim_decision_taken *taken) {
    (void)day_clock;
    (void)taken;
    paragraph_say(paragraph, "parked: max_replica_count is 0, and nothing wakes it");
}

/* The target is what is asked for: by the load, or by a limit. */
static void explain_on_target(Paragraph *paragraph, const DayClock *day_clock,
                              const asim_decision_taken *taken) {
    (void)day_clock;
    const asim_decision *decision = taken->decision;
    const int wanted =
        decision->winner >= 0 ? decision->terms[decision->winner].wanted : decision->recommended;
    if (wanted > decision->recommended) {
        paragraph_say(
            paragraph,
            "the load asks for %d, but max_replica_count is %d: the target goes no higher", wanted,
            decision->limits[1]);
    } else if (wanted < decision->recommended) {
        paragraph_say(paragraph,
                      "the load asks for %d, but min_replica_count is %d: the target goes no lower",
                      wanted, decision->limits[0]);
    } else if (decision->recommended < decision->target) {
        paragraph_say(
            paragraph,
            "the load asks for %d, but the last replica leaves only when it has idled long "
            "enough (scale_to_zero_window), and requests are held",
            wanted);
    } else {
        paragraph_say(paragraph, "the load asks for just the target, %d", decision->target);
    }
    if (taken->booting > 0) {
        paragraph_say(paragraph, ". Of the target, %d %s: booting replicas count already",
                      taken->booting, taken->booting == 1 ? "still boots" : "still boot");
    }
}

typedef struct Reason {
    const char *code;
    void (*explain)(Paragraph *paragraph, const DayClock *day_clock,
                    const asim_decision_taken *taken);
} Reason;

static const Reason reasons[] = {
    {"hold_scale_up_window", explain_window},
    {"hold_scale_down_window", explain_window},
    {"hold_scale_to_zero_window", explain_idle},
    {"hold_no_serving_replica", explain_no_serving},
    {"hold_at_zero", explain_zero},
    {"hold_on_target", explain_on_target},
    {"parked", explain_parked},
};

void narration_say_hold(Paragraph *paragraph, const DayClock *day_clock,
                        const asim_decision_taken *taken) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (strcmp(reasons[i].code, taken->decision->reason) == 0) {
            reasons[i].explain(paragraph, day_clock, taken);
            return;
        }
    }
    paragraph_say(paragraph, "%s", taken->decision->reason);
}
