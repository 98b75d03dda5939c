// SPDX-License-Identifier: GPL-3.0-or-later
/* Stretches in words. */
#include "output/narration_stretch_text.h"

#include "figures/names.h"
#include "output/narration_decision.h"

/* A latency changes when it does so by half. */
static const double notable = 1.5;

static void say_p95(Paragraph *paragraph, const char *name, sim_time p95, sim_time before) {
    const double ratio = before <= 0 ? 1.0 : (double)p95 / (double)before; /* never: beyond all else
                                                                            */
    paragraph_say(paragraph, "%s %s", name,
                  ratio >= notable       ? "rose to "
                  : ratio * notable <= 1 ? "fell to "
                                         : "");
    narration_say_span(paragraph, p95);
}

static void say_requests(Paragraph *paragraph, const Stretch *stretch, const Stretch *before) {
    static const char *const fates[ASIM_OUTCOME_COUNT] = {
        [ASIM_GIVEN_UP] = "given up",
        [ASIM_ABANDONED] = "abandoned",
        [ASIM_REJECTED] = "rejected",
        [ASIM_IN_FLIGHT] = "cut in flight",
    };
    uint64_t ended = 0;
    char text[HUMAN_TEXT];
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        ended += stretch->outcomes[i];
    }
    if (ended == 0) {
        paragraph_say(paragraph, "no request ended");
        return;
    }
    narration_say_count(paragraph, ended, "request");
    paragraph_say(paragraph, " ended");
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        if (fates[i] && stretch->outcomes[i] > 0) {
            paragraph_say(paragraph, ", %s %s", human_count(stretch->outcomes[i], text), fates[i]);
        }
    }
    /* Where all were lost that has been said. */
    const bool all_lost =
        stretch->outcomes[ASIM_COMPLETED] == 0 && stretch->ttft_p95 == SIM_TIME_NEVER;
    if (stretch->ttft_p95 != STRETCH_NONE && !all_lost) {
        paragraph_say(paragraph, ", p95 ");
        say_p95(paragraph, "TTFT", stretch->ttft_p95, before->ttft_p95);
        paragraph_say(paragraph, ", ");
        say_p95(paragraph, "E2E", stretch->e2e_p95, before->e2e_p95);
    }
}

static void say_refusals(Paragraph *paragraph, const Stretch *stretch) {
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        if (stretch->refused[i] > 0) {
            paragraph_say(paragraph, "; ");
            narration_say_count(paragraph, stretch->refused[i], "send");
            paragraph_say(paragraph, " refused with %s", names_of_answers[i]);
        }
    }
}

static void say_holds(Paragraph *paragraph, const Stretch *stretch) {
    for (size_t i = 0; i < stretch->hold_count; i++) {
        const StretchHold *hold = &stretch->holds[i];
        paragraph_say(paragraph, "; ");
        narration_say_count(paragraph, hold->times, "wait");
        paragraph_say(paragraph, " in %s came to nothing (", hold->window);
        narration_say_span(paragraph, hold->longest);
        paragraph_say(paragraph, "%s)", hold->times > 1 ? " at most" : "");
    }
    if (stretch->clamped > 0) {
        paragraph_say(paragraph, "; for ");
        narration_say_span(paragraph, stretch->clamped);
        paragraph_say(paragraph, " the load asked for more than max, up to %d",
                      stretch->clamped_most);
    }
}

static void say_fleet(Paragraph *paragraph, const Stretch *stretch) {
    const bool boots = stretch->booting > 0;
    paragraph_say(paragraph, boots ? "the next " : "then for ");
    narration_say_span(paragraph, stretch->to - stretch->from);
    paragraph_say(paragraph, boots ? ": " : " nothing changed: ");
    if (stretch->serving == 0) {
        paragraph_say(paragraph, "no replica serves, ");
    } else {
        narration_say_count(paragraph, (uint64_t)stretch->serving, "replica");
        paragraph_say(paragraph, boots ? " serving, " : ", ");
    }
    if (boots) {
        paragraph_say(paragraph, "%d booting, ", stretch->booting);
    }
}

void narration_say_stretch(Paragraph *paragraph, const DayClock *day_clock, const Stretch *stretch,
                           const Stretch *before, bool until_serving) {
    char text[HUMAN_TEXT];
    if (until_serving) {
        paragraph_say(paragraph,
                      "meanwhile, until %s: ", day_clock_text(day_clock, stretch->to, text));
    } else {
        say_fleet(paragraph, stretch);
    }
    say_requests(paragraph, stretch, before);
    say_refusals(paragraph, stretch);
    if (stretch->queued_most > 0) {
        paragraph_say(paragraph, "; up to %s queued", human_count(stretch->queued_most, text));
    }
    say_holds(paragraph, stretch);
}
