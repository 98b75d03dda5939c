// SPDX-License-Identifier: GPL-3.0-or-later
/* The story, paragraph by paragraph. */
#include "output/narration_story.h"

#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/narration_fleet.h"
#include "output/narration_head.h"
#include "output/narration_stretch_text.h"

#include <stdlib.h>
#include <string.h>

/* Entries ------------------------------------------------------------------------------------ */

static void say_fleet(Paragraph *paragraph, const NarrationEntry *entry) {
    paragraph_say(paragraph, "target %d; ", entry->target);
    narration_say_count(paragraph, (uint64_t)entry->serving, "replica");
    paragraph_say(paragraph, " %s", entry->serving == 1 ? "serves" : "serve");
    if (entry->booting > 0) {
        paragraph_say(paragraph, ", %d booting", entry->booting);
    }
    if (entry->draining > 0) {
        paragraph_say(paragraph, ", %d draining", entry->draining);
    }
}

static void say_quota(Paragraph *paragraph, const NarrationLog *log, const NarrationEntry *entry) {
    const DeploymentConfig *config = &log->scenario->deployments[entry->deployment];
    const PoolConfig *pool = &log->scenario->pools[config->pool];
    if (entry->taken.not_asked > 0) {
        paragraph_say(
            paragraph,
            "; %d of these would pass the quota (quota_gpus %lld, %lld GPUs a replica) and "
            "%s not asked for",
            entry->taken.not_asked, (long long)pool->quota_gpus,
            (long long)config->accelerator_count, entry->taken.not_asked == 1 ? "is" : "are");
    }
}

static void say_change(Paragraph *paragraph, const DayClock *day_clock, const NarrationLog *log,
                       const NarrationEntry *entry) {
    const asim_decision *decision = &entry->decision;
    const int from = entry->taken.from, to = decision->target;
    if (entry->taken.request > 0) {
        paragraph_say(paragraph,
                      "woken %d → %d by request %llu, which found no replica and a target of zero; "
                      "that passes by all windows",
                      from, to, (unsigned long long)entry->taken.request);
    } else {
        paragraph_say(paragraph, "scale %s %d → %d: ",
                      to == 0     ? "to zero"
                      : to > from ? "up"
                                  : "down",
                      from, to);
        const bool is_idle = to == 0 && decision->window != NULL;
        if (!is_idle && decision->term_count > 0) {
            narration_say_wanted(paragraph, decision);
            paragraph_say(paragraph, "%s", decision->window ? "; " : "");
        }
        narration_say_window_passed(paragraph, day_clock, decision, from, entry->time);
        if (decision->window == NULL) {
            paragraph_say(paragraph, "%s%s", decision->term_count > 0 ? ": " : "",
                          decision->reason);
        }
    }
    say_quota(paragraph, log, entry);
}

void narration_say_entry(Paragraph *paragraph, const DayClock *day_clock, const NarrationLog *log,
                         const NarrationEntry *entry) {
    char since[HUMAN_TEXT], text[SIM_TIME_TEXT];
    switch (entry->kind) {
    case NARRATION_BEGIN:
        paragraph_say(paragraph, "the run begins: ");
        say_fleet(paragraph, entry);
        return;
    case NARRATION_DECISION: say_change(paragraph, day_clock, log, entry); return;
    case NARRATION_DELETION:
        paragraph_say(paragraph,
                      "deleted: no request since %s, for %s; every send gets a 404 from now on",
                      day_clock_text(day_clock, entry->decision.window_since, since),
                      sim_time_format(entry->time - entry->decision.window_since, text));
        return;
    case NARRATION_QUOTA:
        paragraph_say(paragraph, "the quota has room again; ");
        say_fleet(paragraph, entry);
        return;
    case NARRATION_RESUME: say_fleet(paragraph, entry); return;
    }
}

/* The whole ---------------------------------------------------------------------------------- */

typedef struct Story {
    const NarrationLog *log;
    const Summary *summary;
    DayClock day_clock;
    Paragraph paragraph;
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
            paragraph_begin(&story->paragraph, story->before[entry->deployment], "");
            narration_say_stretch(&story->paragraph, &story->day_clock, stretch,
                                  &story->preceding[entry->deployment], entry->booted && i == 0);
            paragraph_end(&story->paragraph);
        }
        if (stretch->ttft_p95 != STRETCH_NONE) {
            story->preceding[entry->deployment] = *stretch;
        }
    }
}

static void print_entry(Story *story, const NarrationEntry *entry) {
    char label[HUMAN_TEXT];
    paragraph_begin(&story->paragraph, story->before[entry->deployment],
                    day_clock_text(&story->day_clock, entry->time, label));
    narration_say_entry(&story->paragraph, &story->day_clock, story->log, entry);
    paragraph_end(&story->paragraph);
    narration_print_replicas(&story->paragraph, story->before[entry->deployment], &story->day_clock,
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
        story->preceding[i] = (Stretch){.ttft_p95 = STRETCH_NONE, .e2e_p95 = STRETCH_NONE};
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
            paragraph_begin(&story->paragraph, story->before[i], "end");
            narration_say_end(&story->paragraph, &scenario->deployments[i], story->summary, i);
            paragraph_end(&story->paragraph);
        }
    }
}

bool narration_story_print(FILE *stream, const NarrationLog *log, const Summary *summary,
                           size_t deployment, const volatile sig_atomic_t *stop) {
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
    paragraph_init(&story.paragraph, stream, label_width(&story));
    bool stopped = false;
    for (size_t i = log->first; i < log->entry_count && !stopped; i++) {
        if (is_told(&story, log->entries[i]->deployment)) {
            print_entry(&story, log->entries[i]);
        }
        stopped = (stop != NULL && *stop) || ferror(stream);
    }
    if (!stopped) {
        print_ends(&story);
    }
    paragraph_clear(&story.paragraph);
    for (size_t i = 0; i < log->scenario->deployment_count; i++) {
        free(story.before[i]);
    }
    free(story.before);
    free(story.preceding);
    return stop == NULL || !*stop;
}
