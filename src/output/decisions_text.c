// SPDX-License-Identifier: GPL-3.0-or-later
/* The story of the decisions: one line for each thing that happened, none for what did not. */
#include "output/decisions_text.h"

#include "base/text.h"
#include "engine/options.h"
#include "engine/sim_time.h"
#include "figures/human.h"

typedef struct Story {
    FILE *stream;
    DayClock day_clock;
    int label_width;
    bool begun;
} Story;

static FILE *next_line(Story *story) {
    fprintf(story->stream, "  %-*s", story->label_width, story->begun ? "" : "policy");
    story->begun = true;
    return story->stream;
}

static const char *times(uint64_t count, char text[HUMAN_TEXT]) {
    char number[HUMAN_TEXT];
    if (count <= 2) {
        snprintf(text, HUMAN_TEXT, "%s", count == 1 ? "once" : "twice");
    } else {
        snprintf(text, HUMAN_TEXT, "%.30s times", human_count(count, number));
    }
    return text;
}

static const char *plural(int count) {
    return count == 1 ? "" : "s";
}

static void tell_wakes(Story *story, const DeploymentDigest *digest) {
    char count[HUMAN_TEXT], first[HUMAN_TEXT];
    if (digest->wakes > 0) {
        fprintf(next_line(story), "woken by a request %s, first at %s\n",
                times(digest->wakes, count),
                day_clock_text(&story->day_clock, digest->first_wake, first));
    }
}

static void tell_scale_ups(Story *story, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    const DigestKey *winner = decisions_digest_winner(digest);
    char count[HUMAN_TEXT], wins[HUMAN_TEXT];
    if (ups == 0) {
        return;
    }
    FILE *stream = next_line(story);
    fprintf(stream, "scaled up %s", times(ups, count));
    if (winner != NULL && winner->wins == ups) {
        fprintf(stream, ", %sfor %s", ups > 1 ? "always " : "", winner->key);
    } else if (winner != NULL) {
        fprintf(stream, ", mostly for %s (%s)", winner->key, times(winner->wins, wins));
    }
    fputc('\n', stream);
}

static void tell_largest_step(Story *story, const DeploymentDigest *digest) {
    const uint64_t ups = digest->scale_ups - digest->wakes;
    char at[HUMAN_TEXT], measured[HUMAN_TEXT], target[32];
    if (!digest->has_step) {
        return;
    }
    FILE *stream = next_line(story);
    fprintf(stream, "%sstep %d -> %d at %s", ups > 1 ? "largest " : "", digest->step_from,
            digest->step_to, day_clock_text(&story->day_clock, digest->step_at, at));
    if (digest->step_has_term) {
        const asim_decision_term *term = &digest->step_term;
        fprintf(stream, ": %s %s at a target of %s per replica asks for %d", term->key,
                human_number(term->measured, measured), text_number(term->target, target),
                term->wanted);
    }
    fputc('\n', stream);
}

static void tell_highest(Story *story, const DeploymentDigest *digest) {
    char at[HUMAN_TEXT];
    if (digest->scale_ups > 1 && digest->highest_at != digest->step_at) {
        fprintf(next_line(story), "highest target %d replica%s, first at %s\n",
                digest->highest_target, plural(digest->highest_target),
                day_clock_text(&story->day_clock, digest->highest_at, at));
    }
}

static void tell_scale_downs(Story *story, const DeploymentDigest *digest) {
    char count[HUMAN_TEXT], zeros[HUMAN_TEXT], first[HUMAN_TEXT];
    if (digest->scale_downs == 0) {
        return;
    }
    FILE *stream = next_line(story);
    fprintf(stream, "scaled down %s", times(digest->scale_downs, count));
    if (digest->to_zero > 0) {
        fprintf(stream, ", to zero %s%s%s", times(digest->to_zero, zeros),
                digest->to_zero > 1 ? ", first at " : " at ",
                day_clock_text(&story->day_clock, digest->first_to_zero, first));
    }
    fputc('\n', stream);
}

static void tell_holds(Story *story, const DeploymentDigest *digest) {
    char longest[HUMAN_TEXT], from[HUMAN_TEXT];
    for (size_t i = 0; i < digest->hold_count; i++) {
        const DigestHold *hold = &digest->holds[i];
        if (hold->longest > 0) {
            fprintf(next_line(story), "held back by %s, longest for %s, from %s on\n", hold->window,
                    human_seconds(sim_time_to_seconds(hold->longest), longest),
                    day_clock_text(&story->day_clock, hold->longest_from, from));
        }
    }
}

static void tell_limits(Story *story, const DeploymentDigest *digest) {
    char at[HUMAN_TEXT];
    if (digest->most_not_asked > 0) {
        fprintf(next_line(story), "up to %d replica%s beyond the quota not asked for\n",
                digest->most_not_asked, plural(digest->most_not_asked));
    }
    if (digest->deleted_at != SIM_TIME_NEVER) {
        fprintf(next_line(story), "deleted at %s\n",
                day_clock_text(&story->day_clock, digest->deleted_at, at));
    }
}

void decisions_text_print(FILE *stream, int label_width, int64_t start_epoch_s,
                          const DeploymentDigest *digest) {
    Story story = {
        .stream = stream, .day_clock = day_clock_of(start_epoch_s), .label_width = label_width};
    char count[HUMAN_TEXT];
    if (digest->last_change == SIM_TIME_NEVER) {
        fprintf(next_line(&story), "kept %d replica%s in all %s evaluations\n",
                digest->highest_target, plural(digest->highest_target),
                human_count(digest->evaluations, count));
    }
    tell_wakes(&story, digest);
    tell_scale_ups(&story, digest);
    tell_largest_step(&story, digest);
    tell_highest(&story, digest);
    tell_scale_downs(&story, digest);
    tell_holds(&story, digest);
    tell_limits(&story, digest);
}
