// SPDX-License-Identifier: GPL-3.0-or-later
/* Stretches in words. */
#include "report/narration_stretch_text.h"

#include "report/names.h"
#include "report/narration_decision.h"

/* A latency changes when it does so by half. */
static const double notable = 1.5;

static void say_p95(Page *page, const char *name, sim_time p95, sim_time before) {
    const double ratio =
        before == SIM_TIME_NEVER || before == 0 ? 1.0 : (double)p95 / (double)before;
    page_say(page, "%s %s", name,
             ratio >= notable       ? "rose to "
             : ratio * notable <= 1 ? "fell to "
                                    : "");
    narration_say_span(page, p95);
}

static void say_requests(Page *page, const Stretch *stretch, const Stretch *before) {
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
        page_say(page, "no request ended");
        return;
    }
    narration_say_count(page, ended, "request");
    page_say(page, " ended");
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        if (fates[i] && stretch->outcomes[i] > 0) {
            page_say(page, ", %s %s", human_count(stretch->outcomes[i], text), fates[i]);
        }
    }
    if (stretch->ttft_p95 != SIM_TIME_NEVER) {
        page_say(page, ", p95 ");
        say_p95(page, "TTFT", stretch->ttft_p95, before->ttft_p95);
        page_say(page, ", ");
        say_p95(page, "E2E", stretch->e2e_p95, before->e2e_p95);
    }
}

static void say_refusals(Page *page, const Stretch *stretch) {
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        if (stretch->refused[i] > 0) {
            page_say(page, "; ");
            narration_say_count(page, stretch->refused[i], "send");
            page_say(page, " refused with %s", names_of_answers[i]);
        }
    }
}

static void say_holds(Page *page, const Stretch *stretch) {
    for (size_t i = 0; i < stretch->hold_count; i++) {
        const StretchHold *hold = &stretch->holds[i];
        page_say(page, "; ");
        narration_say_count(page, hold->times, "wait");
        page_say(page, " in %s came to nothing (", hold->window);
        narration_say_span(page, hold->longest);
        page_say(page, "%s)", hold->times > 1 ? " at most" : "");
    }
    if (stretch->clamped > 0) {
        page_say(page, "; for ");
        narration_say_span(page, stretch->clamped);
        page_say(page, " the load asked for more than max, up to %d", stretch->clamped_most);
    }
}

static void say_fleet(Page *page, const Stretch *stretch) {
    const bool boots = stretch->booting > 0;
    page_say(page, boots ? "the next " : "then for ");
    narration_say_span(page, stretch->to - stretch->from);
    page_say(page, boots ? ": " : " nothing changed: ");
    if (stretch->serving == 0) {
        page_say(page, "no replica serves, ");
    } else {
        narration_say_count(page, (uint64_t)stretch->serving, "replica");
        page_say(page, boots ? " serving, " : ", ");
    }
    if (boots) {
        page_say(page, "%d booting, ", stretch->booting);
    }
}

void narration_say_stretch(Page *page, const DayClock *day_clock, const Stretch *stretch,
                           const Stretch *before, bool until_serving) {
    char text[HUMAN_TEXT];
    if (until_serving) {
        page_say(page, "meanwhile, until %s: ", day_clock_text(day_clock, stretch->to, text));
    } else {
        say_fleet(page, stretch);
    }
    say_requests(page, stretch, before);
    say_refusals(page, stretch);
    if (stretch->queued_most > 0) {
        page_say(page, "; up to %s queued", human_count(stretch->queued_most, text));
    }
    say_holds(page, stretch);
}
