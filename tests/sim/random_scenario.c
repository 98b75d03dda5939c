// SPDX-License-Identifier: GPL-3.0-or-later
#include "sim/random_scenario.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static int below(ScenarioDraw *draw, int n) {
    return (int)random_below(&draw->stream, (uint64_t)n);
}

static bool chance(ScenarioDraw *draw, double probability) {
    return random_uniform(&draw->stream) < probability;
}

/* One of `count` texts. */
static const char *one_of(ScenarioDraw *draw, const char *const texts[], int count) {
    return texts[below(draw, count)];
}

#define ONE_OF(draw, ...)                                                                          \
    one_of(draw, (const char *const[]){__VA_ARGS__},                                               \
           (int)(sizeof(const char *const[]){__VA_ARGS__} / sizeof(const char *)))

__attribute__((format(printf, 2, 3))) static void write_text(ScenarioDraw *draw, const char *format,
                                                             ...) {
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(draw->text + draw->length, sizeof draw->text - draw->length, format, arguments);
    va_end(arguments);
    draw->length += (size_t)length;
    cr_assert_lt(draw->length, sizeof draw->text);
}

static void write_length(ScenarioDraw *draw, const char *name, int most) {
    write_text(draw, ",'%s':", name);
    switch (below(draw, 3)) {
    case 0: write_text(draw, "%d", 1 + below(draw, most)); break;
    case 1:
        write_text(draw, "{'distribution':'uniform','minimum':1,'maximum':%d}",
                   2 + below(draw, most));
        break;
    default:
        write_text(draw, "{'distribution':'lognormal','mean':%d,'cv':%.2f,'maximum':%d}",
                   1 + below(draw, most / 3), 0.1 + random_uniform(&draw->stream) * 2, most);
    }
}

static void write_source(ScenarioDraw *draw) {
    const double rate = 0.02 * pow(300, random_uniform(&draw->stream));
    switch (below(draw, 4)) {
    case 0: write_text(draw, "{'type':'constant','rate_per_s':%.3f", rate); break;
    case 1: write_text(draw, "{'type':'poisson','rate_per_s':%.3f", rate); break;
    case 2:
        write_text(draw, "{'type':'gamma','rate_per_s':%.3f,'cv':%.2f", rate,
                   0.2 + random_uniform(&draw->stream) * 5);
        break;
    default:
        write_text(draw,
                   "{'type':'onoff','on_rate_per_s':%.3f,'on':{'distribution':'exponential',"
                   "'mean':'%ds'},'off':{'distribution':'exponential','mean':'%ds'}",
                   rate * 2, 1 + below(draw, 60), 1 + below(draw, 300));
    }
    if (chance(draw, 0.3)) {
        write_text(draw, ",'start':'%ds'", below(draw, 200));
    }
    if (chance(draw, 0.3)) {
        write_text(draw, ",'stop':'%ds'", 201 + below(draw, 400));
    }
    write_length(draw, "prompt_tokens", 400);
    write_length(draw, "output_tokens", 200);
    write_text(draw, "}");
}

static void write_profile(ScenarioDraw *draw) {
    const bool moe = chance(draw, 0.3);
    write_text(draw, "'profile':{'c0_ms':%.3f,'c_prefill_ms':%s,'c_decode_ms':%s,'c_kv_ms':%s",
               1 + random_uniform(&draw->stream) * 40, ONE_OF(draw, "0", "0.02", "0.31"),
               ONE_OF(draw, "0", "0.05", "1.7"), ONE_OF(draw, "0", "0.0001", "0.003"));
    write_text(draw, ",'kv_capacity_tokens':%d,'batch_slots':%d,'max_batched_tokens':%d",
               100 + below(draw, 3000), 1 + below(draw, 16), 1 + below(draw, 600));
    write_text(draw, ",'kv_block_tokens':%s,'kv_admission':'%s'", ONE_OF(draw, "1", "16", "64"),
               ONE_OF(draw, "prompt", "chunk", "output"));
    if (moe) {
        write_text(draw, ",'c_moe_ms':%.2f,'experts':%d,'active_experts':%d",
                   random_uniform(&draw->stream) * 10 + 0.01, 8 + below(draw, 100),
                   1 + below(draw, 8));
    }
    write_text(draw, ",'request_overhead':'%s'}", ONE_OF(draw, "0s", "7ms", "250ms"));
}

static void write_policy(ScenarioDraw *draw) {
    const int least = below(draw, 3);
    write_text(draw, ",'autoscaling':{'min_replica_count':%d,'max_replica_count':%d", least,
               least + below(draw, 6));
    write_text(draw, ",'scale_up_window':'%s','scale_down_window':'%s','scale_to_zero_window':'%s'",
               ONE_OF(draw, "0s", "5s", "12s", "1m"), ONE_OF(draw, "0s", "7s", "1m", "10m"),
               ONE_OF(draw, "5m", "6m", "1h"));
    write_text(draw, ",'window_rule':'%s','load_signal':'%s','rate_window':'%s'",
               ONE_OF(draw, "stabilize", "sustain", "delay"),
               ONE_OF(draw, "max", "slots", "kv", "busy"), ONE_OF(draw, "60s", "7s", "2s", "13s"));
    write_text(draw, ",'evaluation_interval':'%s'", ONE_OF(draw, "5s", "1s", "3300ms", "17s"));
    write_text(draw, ",'load_targets':{%s}",
               ONE_OF(draw, "", "'default':0.3", "'concurrent_requests':1.5",
                      "'requests_per_second':0.7,'tokens_generated_per_second':50",
                      "'prompt_tokens_per_second':120,'concurrent_requests':4"));
    write_text(draw, ",'default_always':%s}", chance(draw, 0.3) ? "true" : "false");
    if (chance(draw, 0.2)) {
        write_text(draw, ",'initial_replica_count':%d", below(draw, least + 1));
    }
}

static void write_client(ScenarioDraw *draw) {
    write_text(draw, ",'client':");
    if (chance(draw, 0.5)) {
        write_text(draw, "'%s'", ONE_OF(draw, "python", "javascript", "curl", "none"));
        return;
    }
    write_text(draw, "{'preset':'custom','max_sends':%d,'first_delay':'%s','factor':%s",
               1 + below(draw, 8), ONE_OF(draw, "0s", "1ms", "3s", "20s"),
               ONE_OF(draw, "1", "2", "0.5"));
    write_text(draw, ",'jitter':'%s','retry_on':[%s]", ONE_OF(draw, "none", "full", "equal"),
               ONE_OF(draw, "503", "429", "400,404,429,503", "429,503"));
    write_text(draw, ",'retry_broken':%s", chance(draw, 0.5) ? "true" : "false");
    if (chance(draw, 0.6)) {
        write_text(draw, ",'timeout':'%s'", ONE_OF(draw, "10ms", "700ms", "5s", "1m"));
    }
    write_text(draw, "}");
}

static void write_cold_start(ScenarioDraw *draw) {
    write_text(draw, ",'cold_start':%s",
               ONE_OF(draw, "'0s'", "'33s'", "{}", "{'cv':0.5,'cold_region':true}",
                      "{'distribution':'exponential','mean':'40s'}",
                      "{'tail_probability':0.3,'node_allocation':'0s','routing_lag':'0s'}"));
}

/* The first deployment is not preemptible: somebody takes the reservation. */
static void write_losses(ScenarioDraw *draw, int number) {
    if (number > 0 && chance(draw, 0.4)) {
        write_text(draw,
                   ",'preemptible':{'gaps':{'distribution':'exponential','mean':'%ds'},"
                   "'notice':'%s'}",
                   5 + below(draw, 200), ONE_OF(draw, "0s", "1s", "30s", "5m"));
    }
    if (chance(draw, 0.3)) {
        write_text(draw,
                   ",'failures':{'time_to_failure':{'distribution':'exponential','mean':'%ds'},"
                   "'time_to_repair':'%s'}",
                   20 + below(draw, 600), ONE_OF(draw, "0s", "10s", "10m"));
    }
}

static void write_deployment(ScenarioDraw *draw, int number) {
    write_text(draw, "%s'd%d':{'model':'m%d','accelerator':'%s','weights_gb':%d,",
               number ? "," : "", number, below(draw, 2),
               chance(draw, 0.8) || number == 0 ? "H100" : "B200", 1 + below(draw, 200));
    write_profile(draw);
    write_text(draw, ",'accelerator_count':%s", ONE_OF(draw, "1", "2", "4"));
    write_policy(draw);
    write_client(draw);
    write_cold_start(draw);
    write_losses(draw, number);
    write_text(draw, ",'load_balancer':'%s'",
               ONE_OF(draw, "least_outstanding", "round_robin", "random", "power_of_two"));
    if (chance(draw, 0.5)) {
        write_text(draw, ",'max_concurrency_per_replica':%d", 1 + below(draw, 20));
    }
    write_text(draw, ",'region_restricted':%s,'bill_startup':%s,'traffic':[",
               chance(draw, 0.2) ? "true" : "false", chance(draw, 0.2) ? "true" : "false");
    write_source(draw);
    if (chance(draw, 0.4)) {
        write_text(draw, ",");
        write_source(draw);
    }
    write_text(draw, "]}");
}

/* At most 4 deployments of 2 warm replicas of 4 GPUs: 32 GPUs at the start. */
static void write_pool(ScenarioDraw *draw) {
    write_text(draw, "'pools':{'H100':{'reserved_gpus':%d", below(draw, 12));
    if (chance(draw, 0.4)) {
        write_text(draw, ",'on_demand_gpus':%d", 32 + below(draw, 8));
    }
    if (chance(draw, 0.4)) {
        write_text(draw,
                   ",'on_demand_available':{'distribution':'exponential','mean':'%ds'},"
                   "'on_demand_stocked_out':{'distribution':'exponential','mean':'%ds'}",
                   1 + below(draw, 200), 1 + below(draw, 300));
    }
    if (chance(draw, 0.4)) {
        write_text(draw, ",'quota_gpus':%d", 32 + below(draw, 16));
    }
    write_text(draw, "}},");
}

const char *random_scenario(ScenarioDraw *draw, int n) {
    draw->length = 0;
    random_stream_init_named(&draw->stream, 1, 0, "invariants.%d", n);
    write_text(draw, "{'seed':%d,'duration':'%ds','interval':'%s',", n, 60 + below(draw, 1200),
               ONE_OF(draw, "7s", "1m", "1h"));
    if (chance(draw, 0.8)) {
        write_text(draw, "'drain_limit':'%s',", ONE_OF(draw, "7d", "1h", "20s", "0s"));
    } else {
        write_text(draw, "'drain':false,");
    }
    write_pool(draw);
    write_text(draw, "'deployments':{");
    const int deployments = 1 + below(draw, 4);
    for (int i = 0; i < deployments; i++) {
        write_deployment(draw, i);
    }
    write_text(draw, "}}");
    for (char *c = draw->text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    return draw->text;
}
