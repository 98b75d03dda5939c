// SPDX-License-Identifier: GPL-3.0-or-later
/* `assumptions`: what the platform's documentation does not say, what is assumed instead, which
 * results hang on it, and the option that overrides it. Options come from their tables; rules that
 * are not an option are listed here. */
#include "cli/commands.h"
#include "scenario/scenario_options.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct Rule {
    const char *topic;
    const char *assumed;
    const char *decides; /* which results hang on it */
} Rule;

static const Rule rules[] = {
    {"windows",
     "the wording is \"the duration the autoscaler will wait ... after observing increased load\"; "
     "the rule is assumed",
     "number and time of scalings, cost, tail latency; compare window_rule stabilize, sustain, "
     "delay"},
    {"load", "what `default` measures is not documented; see load_signal",
     "all results with the default load target"},
    {"formula",
     "replicas = ceil(total measured / target) for each key, compared with the target (booting "
     "replicas included)",
     "replica counts"},
    {"several targets", "`default` counts only when no other key is given; see default_always",
     "replica counts"},
    {"rates",
     "taken since the deployment last began to serve, at most over rate_window; past tokens of a "
     "draining replica still count",
     "token and request targets just after a start"},
    {"waking",
     "the first refused request sets the target to max(1, min) at once; 503 until a replica is "
     "routed to",
     "retry wait"},
    {"idle",
     "since the latest of the last send, the last completion and the first replica's start of "
     "serving",
     "time at zero"},
    {"7-day rule",
     "any send is traffic, whatever its answer; the clock starts at creation; deletion at that "
     "very instant",
     "404s after long silence"},
    {"client timeout",
     "counts for one send, from the send to the last token; the client does not try again",
     "abandoned requests"},
    {"queueing",
     "with a serving replica requests queue on it without limit; see max_concurrency_per_replica",
     "429s, queue wait"},
    {"draining", "a draining replica is never taken back; a new one is started instead",
     "cold starts when load flaps"},
    {"stopping",
     "replicas still booting go first (the newest of them), then the one that holds least, then "
     "the newest",
     "drain times"},
    {"reservation",
     "each deployment bears on-demand and covered GPUs in proportion to those billed at that "
     "instant; "
     "all deployments of a pool pay alike for reserved GPUs that are unused",
     "split of the cost among deployments, not its sum"},
    {"end of the run",
     "money and times by state are counted until the scenario's end; what is then in flight is "
     "finished (drain) without being billed",
     "cost of short scenarios"},
    {"KV cache",
     "a request reserves prompt + output tokens from admission to its end; no prefix cache, no "
     "preemption",
     "batch size, queue wait"},
    {"iteration time",
     "linear in prompt tokens, decoding sequences and KV tokens held (reference/profiles.md: 3 % "
     "on 138 vLLM operating points)",
     "all latencies; least certain within 5 % of saturation"},
};

static void print_options(const char *title, const Option table[]) {
    bool titled = false;
    for (const Option *option = table; option->name; option++) {
        if (option->basis != OPTION_ASSUMED) {
            continue;
        }
        if (!titled) {
            printf("\n%s\n", title);
            titled = true;
        }
        printf("  %-34s %-12s %s\n", option->name,
               option->default_text ? option->default_text : "-", option->help);
    }
}

int command_assumptions(const Invocation *invocation, ErrorList *errors) {
    (void)invocation;
    (void)errors;
    printf("What the documentation leaves open, and what is assumed instead.\n");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        printf("\n%s\n  assumed:  %s\n  decides:  %s\n", rules[i].topic, rules[i].assumed,
               rules[i].decides);
    }
    printf("\nAssumed defaults that a scenario may override (option, default, meaning)\n");
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        print_options(section.path, section.options);
    }
    return STATUS_DONE;
}
