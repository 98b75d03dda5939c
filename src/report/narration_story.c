// SPDX-License-Identifier: GPL-3.0-or-later
/* The story, paragraph by paragraph. */
#include "report/narration_story.h"

#include "engine/memory.h"
#include "engine/sim_time.h"
#include "report/narration_fleet.h"
#include "report/narration_head.h"
#include "report/narration_stretch_text.h"

#include <stdlib.h>
#include <string.h>

/* Entries ------------------------------------------------------------------------------------ */

static void say_fleet(Page *page, const NarrationEntry *entry) {
    page_say(page, "target %d; ", entry->target);
    narration_say_count(page, (uint64_t)entry->serving, "replica");
    page_say(page, " %s", entry->serving == 1 ? "serves" : "serve");
    if (entry->booting > 0) {
        page_say(page, ", %d booting", entry->booting);
    }
    if (entry->draining > 0) {
        page_say(page, ", %d draining", entry->draining);
    }
}

static void say_quota(Page *page, const NarrationLog *log, const NarrationEntry *entry) {
    const DeploymentConfig *config = &log->scenario->deployments[entry->deployment];
    const PoolConfig *pool = &log->scenario->pools[config->pool];
    if (entry->taken.not_asked > 0) {
        page_say(page,
                 "; %d of these would pass the quota (quota_gpus %lld, %lld GPUs a replica) and "
                 "%s not asked for",
                 entry->taken.not_asked, (long long)pool->quota_gpus,
                 (long long)config->accelerator_count, entry->taken.not_asked == 1 ? "is" : "are");
    }
}

static void say_change(Page *page, const DayClock *day_clock, const NarrationLog *log,
                       const NarrationEntry *entry) {
    const asim_decision *decision = &entry->decision;
    const int from = entry->taken.from, to = decision->target;
    if (entry->taken.request > 0) {
        page_say(page,
                 "woken %d → %d by request %llu, which found no replica and a target of zero; "
                 "that passes by all windows",
                 from, to, (unsigned long long)entry->taken.request);
    } else {
        page_say(page, "scale %s %d → %d: ",
                 to == 0     ? "to zero"
                 : to > from ? "up"
                             : "down",
                 from, to);
        const bool is_idle = to == 0 && decision->window != NULL;
        if (!is_idle && decision->term_count > 0) {
            narration_say_wanted(page, decision);
            page_say(page, "%s", decision->window ? "; " : "");
        }
        narration_say_window_passed(page, day_clock, decision, from, entry->time);
        if (decision->window == NULL) {
            page_say(page, "%s%s", decision->term_count > 0 ? ": " : "", decision->reason);
        }
    }
    say_quota(page, log, entry);
}

void narration_say_entry(Page *page, const DayClock *day_clock, const NarrationLog *log,
                         const NarrationEntry *entry) {
    char since[HUMAN_TEXT], text[SIM_TIME_TEXT];
    switch (entry->kind) {
    case NARRATION_BEGIN:
        page_say(page, "the run begins: ");
        say_fleet(page, entry);
        return;
    case NARRATION_DECISION: say_change(page, day_clock, log, entry); return;
    case NARRATION_DELETION:
        page_say(page, "deleted: no request since %s, for %s; every send gets a 404 from now on",
                 day_clock_text(day_clock, entry->decision.window_since, since),
                 sim_time_format(entry->time - entry->decision.window_since, text));
        return;
    case NARRATION_QUOTA:
        page_say(page, "the quota has room again; ");
        say_fleet(page, entry);
        return;
    case NARRATION_RESUME: say_fleet(page, entry); return;
    }
}

/* The whole ---------------------------------------------------------------------------------- */

typedef struct Story {
    const NarrationLog *log;
    const Summary *summary;
    DayClock day_clock;
    Page page;
    char **before;      /* by deployment: its name, when several are told */
    Stretch *preceding; /* by deployment: the stretch told last */
} Story;

static bool is_told(const Story *story, size_t deployment) {
    return story->before[deployment] != NULL;
}

static void print_stretches(Story *story, const NarrationEntry *entry) {
    for (size_t i = 0; i < entry->stretch_count; i++) {
        const Stretch *stretch = &entry->stretches[i];
        if (stretch->to > stretch->from) {
            page_begin(&story->page, story->before[entry->deployment], "");
            narration_say_stretch(&story->page, &story->day_clock, stretch,
                                  &story->preceding[entry->deployment], entry->booted && i == 0);
            page_end(&story->page);
        }
        if (stretch->ttft_p95 != SIM_TIME_NEVER) {
            story->preceding[entry->deployment] = *stretch;
        }
    }
}

static void print_entry(Story *story, const NarrationEntry *entry) {
    char label[HUMAN_TEXT];
    page_begin(&story->page, story->before[entry->deployment],
               day_clock_text(&story->day_clock, entry->time, label));
    narration_say_entry(&story->page, &story->day_clock, story->log, entry);
    page_end(&story->page);
    narration_print_replicas(&story->page, story->before[entry->deployment], &story->day_clock,
                             story->log, entry);
    print_stretches(story, entry);
}

/* Labels are as wide as the widest instant. */
static int label_width(const Story *story) {
    size_t widest = 0;
    char text[HUMAN_TEXT];
    for (size_t i = story->log->first; i < story->log->entry_count; i++) {
        const NarrationEntry *entry = story->log->entries[i];
        const size_t length = strlen(day_clock_text(&story->day_clock, entry->time, text));
        widest = is_told(story, entry->deployment) && length > widest ? length : widest;
    }
    return (int)widest + 2;
}

static void name_deployments(Story *story, size_t deployment) {
    const Scenario *scenario = story->log->scenario;
    const size_t count = scenario->deployment_count;
    int widest = 0;
    story->before = memory_new(count, sizeof *story->before);
    story->preceding = memory_new(count, sizeof *story->preceding);
    for (size_t i = 0; i < count; i++) {
        const int length = (int)strlen(scenario->deployments[i].name);
        widest = length > widest ? length : widest;
        story->preceding[i] = (Stretch){.ttft_p95 = SIM_TIME_NEVER, .e2e_p95 = SIM_TIME_NEVER};
    }
    for (size_t i = 0; i < count; i++) {
        if (deployment == i || (deployment == NARRATION_ALL && count == 1)) {
            story->before[i] = memory_text("");
        } else if (deployment == NARRATION_ALL) {
            story->before[i] = memory_format("%-*s  ", widest, scenario->deployments[i].name);
        }
    }
}

static void print_ends(Story *story) {
    const Scenario *scenario = story->log->scenario;
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        if (is_told(story, i)) {
            page_begin(&story->page, story->before[i], "end");
            narration_say_end(&story->page, &scenario->deployments[i], story->summary, i);
            page_end(&story->page);
        }
    }
}

void narration_story_print(FILE *stream, const NarrationLog *log, const Summary *summary,
                           size_t deployment) {
    Story story = {
        .log = log, .summary = summary, .day_clock = day_clock_of(log->scenario->start_epoch_s)};
    char start[SIM_TIME_TEXT];
    fprintf(stream, "%s, told in order; it begins at %s\n\n",
            log->scenario->name ? log->scenario->name : "the run",
            sim_time_format_calendar(log->scenario->start_epoch_s, start));
    name_deployments(&story, deployment);
    for (size_t i = 0; i < log->scenario->deployment_count; i++) {
        if (is_told(&story, i)) {
            narration_print_head(stream, log->scenario, i);
        }
    }
    page_init(&story.page, stream, label_width(&story));
    for (size_t i = log->first; i < log->entry_count; i++) {
        if (is_told(&story, log->entries[i]->deployment)) {
            print_entry(&story, log->entries[i]);
        }
    }
    print_ends(&story);
    page_clear(&story.page);
    for (size_t i = 0; i < log->scenario->deployment_count; i++) {
        free(story.before[i]);
    }
    free(story.before);
    free(story.preceding);
}
