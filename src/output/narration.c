// SPDX-License-Identifier: GPL-3.0-or-later
/* The facade: every subject needs the log; a request and an instant have an observer more. */
#include "output/narration.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/narration_request.h"
#include "output/narration_why_not.h"

#include <stdlib.h>

enum { OBSERVERS_MOST = 3 };

struct Narration {
    const Scenario *scenario;
    NarrationQuestion question;
    NarrationLog log;
    Summary *summary;
    RequestLife life;
    WhyNot why_not;
    asim_observer observers[OBSERVERS_MOST];
    const asim_observer *list[OBSERVERS_MOST];
    size_t observer_count;
};

static void add_observer(Narration *narration, asim_observer observer) {
    const size_t at = narration->observer_count++;
    narration->observers[at] = observer;
    narration->list[at] = &narration->observers[at];
}

Narration *narration_create(const Scenario *scenario, const NarrationQuestion *question) {
    Narration *narration = memory_new(1, sizeof *narration);
    const bool is_story = question->subject == NARRATION_STORY;
    narration->scenario = scenario;
    narration->question = *question;
    narration->summary = summary_create(scenario);
    narration_log_init(&narration->log, scenario, is_story ? question->from : 0,
                       is_story ? question->to : SIM_TIME_NEVER);
    request_life_init(&narration->life, question->request);
    why_not_init(&narration->why_not, scenario, question->to);
    add_observer(narration, narration_log_observer(&narration->log));
    if (is_story) {
        add_observer(narration, summary_observer(narration->summary));
    } else if (question->subject == NARRATION_REQUEST) {
        add_observer(narration, request_life_observer(&narration->life));
    } else {
        add_observer(narration, why_not_observer(&narration->why_not));
    }
    return narration;
}

void narration_destroy(Narration *narration) {
    if (narration == NULL) {
        return;
    }
    narration_log_clear(&narration->log);
    summary_destroy(narration->summary);
    request_life_clear(&narration->life);
    why_not_clear(&narration->why_not);
    free(narration);
}

size_t narration_observers(const Narration *narration, const asim_observer *const **observers) {
    *observers = narration->list;
    return narration->observer_count;
}

/* What the run did not have ------------------------------------------------------------------ */

static uint64_t requests_of(const Narration *narration) {
    uint64_t requests = 0;
    for (size_t i = 0; i < narration->scenario->deployment_count; i++) {
        requests += narration->log.deployments[i].end.totals.requests;
    }
    return requests;
}

static bool has_request(const Narration *narration, ErrorList *errors) {
    char count[HUMAN_TEXT];
    if (narration->life.ended) {
        return true;
    }
    const uint64_t requests = requests_of(narration);
    char *expected =
        requests == 0 ? memory_text("a run with requests: this one had none")
                      : memory_format("1 to %llu: the run had %s requests",
                                      (unsigned long long)requests, human_count(requests, count));
    error_add(errors, &(Error){.file = "command line",
                               .place = "--request",
                               .found = narration->question.request_text,
                               .expected = expected});
    free(expected);
    return false;
}

static sim_time end_of(const Narration *narration) {
    sim_time end = 0;
    for (size_t i = 0; i < narration->scenario->deployment_count; i++) {
        const sim_time drained = narration->log.deployments[i].end.drained_at;
        end = drained > end ? drained : end;
    }
    return end;
}

static bool reaches(const Narration *narration, const char *option, sim_time time,
                    const char *found, ErrorList *errors) {
    const DayClock day_clock = day_clock_of(narration->scenario->start_epoch_s);
    const sim_time end = end_of(narration);
    char text[HUMAN_TEXT];
    if (time <= end) {
        return true;
    }
    char *expected = memory_format("a time within the run, which ends at %s",
                                   day_clock_text(&day_clock, end, text));
    error_add(
        errors,
        &(Error){.file = "command line", .place = option, .found = found, .expected = expected});
    free(expected);
    return false;
}

/* Printing ----------------------------------------------------------------------------------- */

static void print_why_not(FILE *stream, const Narration *narration) {
    for (size_t i = 0; i < narration->scenario->deployment_count; i++) {
        if (narration->question.deployment == i ||
            narration->question.deployment == NARRATION_ALL) {
            why_not_print(stream, &narration->why_not, &narration->log, i);
        }
    }
}

bool narration_print(FILE *stream, const Narration *narration, ErrorList *errors) {
    const NarrationQuestion *question = &narration->question;
    switch (question->subject) {
    case NARRATION_REQUEST:
        if (!has_request(narration, errors)) {
            return false;
        }
        request_life_print(stream, &narration->life, &narration->log);
        return true;
    case NARRATION_WHY_NOT:
        if (!reaches(narration, "--why-not", question->from, question->to_text, errors)) {
            return false;
        }
        print_why_not(stream, narration);
        return true;
    case NARRATION_STORY: break;
    }
    if (!reaches(narration, "--from", question->from, question->from_text, errors)) {
        return false;
    }
    return narration_story_print(stream, &narration->log, narration->summary, question->deployment,
                                 question->stop);
}
