// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/assumptions.h"

const AssumedRule assumed_rules[] = {
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
    {"several targets",
     "a `default` that is not written counts, at 0.8, only when no other key is given; see "
     "default_always",
     "replica counts"},
    {"rates",
     "taken since the deployment last began to serve, at most over rate_window; past tokens of a "
     "draining replica still count",
     "token and request targets just after a start"},
    {"waking",
     "the first refused request sets the target to max(1, min) at once; 503 until a replica is "
     "routed to",
     "retry wait"},
    {"scaling schedules",
     "a minimum that a window raises is the target at once; one that falls passes "
     "scale_down_window, on the way to zero too; a start that clocks leave out comes as much "
     "later, "
     "one that comes twice is the first",
     "cost around a window's end; windows on the days when clocks change"},
    {"other policies",
     "what software other than Fireworks' would have measured is measured without an error; hpa "
     "and "
     "keda see it at once; Ray Serve has one handle; Knative's activator is in the path as soon as "
     "that is decided",
     "how late other autoscalers are; docs/autoscalers.md"},
    {"waiting at zero",
     "with at_zero: hold, requests wait in order of coming, without limit for 10 minutes each; see "
     "hold_limit, hold_timeout",
     "503s and waits of deployments that go to zero"},
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
    {"replicas that vanish",
     "a loss takes one replica of a preemptible deployment, each with equal chance, without "
     "notice; "
     "its GPUs are the market's again, and those of a failed replica at once; clients do not send "
     "again what broke off; see preemptible, failures, retry_broken",
     "broken requests, cold starts, cost of preemptible deployments"},
    {"end of the run",
     "money and times by state are counted until the scenario's end; what is then in flight is "
     "finished (drain) without being billed",
     "cost of short scenarios"},
    {"KV cache",
     "a request reserves prompt + output tokens from admission to its end; no prefix cache, no "
     "preemption",
     "batch size, queue wait"},
    {"iteration time",
     "linear in prompt tokens, decoding sequences and KV tokens held (docs/model.md, 8: 3 % "
     "on 138 vLLM operating points)",
     "all latencies; least certain within 5 % of saturation"},
};

const size_t assumed_rule_count = sizeof assumed_rules / sizeof assumed_rules[0];
