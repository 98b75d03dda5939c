// SPDX-License-Identifier: GPL-3.0-or-later
/* Runs that are advanced from outside: without anything from outside they write the bytes that
 * `run` writes; what listeners are told is what the observers are told, at the instants at which
 * clients see it; tokens come at the boundaries that the oracle steps through. */
#include "sim/live.h"
#include "sim/random_scenario.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "figures/run_files.h"
#include "figures/summary.h"
#include "oracle/serving_oracle.h"
#include "scenario/deployment.h"
#include "scenario/overrides.h"
#include "sim/simulation.h"
#include "support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS SIM_TIME_MILLISECOND

static void must_be_clean(const ErrorList *errors, const char *text) {
    char *message = error_list_text(errors);
    cr_assert_null(message, "%s\n%s", message, text);
}

static Scenario *read_changed(const char *text, const OverrideList *changes) {
    ErrorList errors = {0};
    Scenario *scenario =
        scenario_read_text(text, "test.json", NULL, changes->items, changes->count, &errors);
    must_be_clean(&errors, text);
    return scenario;
}

static Scenario *read_scenario(const char *text) {
    return read_changed(text, &(OverrideList){0});
}

/* With ' for ". */
static Scenario *read_quoted(const char *quoted) {
    char *text = memory_text(quoted);
    for (char *c = text; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    Scenario *scenario = read_scenario(text);
    free(text);
    return scenario;
}

/* What a run writes ------------------------------------------------------------------------- */

typedef struct Writing {
    CsvWriter writers[RUN_FILES];
    RunFile *files[RUN_FILES];
    Summary *summary;
    asim_observer observers[RUN_FILES + 1];
    const asim_observer *listed[RUN_FILES + 1];
    asim_run_options options;
} Writing;

static void writing_begin(Writing *writing, const Scenario *scenario) {
    *writing = (Writing){.summary = summary_create(scenario)};
    for (size_t i = 0; i < RUN_FILES; i++) {
        csv_writer_open_memory(&writing->writers[i]);
        writing->files[i] = run_file_create((RunFileKind)i, scenario, &writing->writers[i]);
        writing->observers[i] = run_file_observer(writing->files[i]);
    }
    writing->observers[RUN_FILES] = summary_observer(writing->summary);
    for (size_t i = 0; i <= RUN_FILES; i++) {
        writing->listed[i] = &writing->observers[i];
    }
    writing->options =
        (asim_run_options){.observers = writing->listed, .observer_count = RUN_FILES + 1};
}

/* All of it as one text; owned by the caller. */
static char *writing_end(Writing *writing) {
    Text text = {0};
    CsvWriter writer;
    size_t length;
    csv_writer_open_memory(&writer);
    summary_write_csv(writing->summary, &writer);
    latency_histogram_write(writing->summary, &writer);
    char *part = csv_writer_take(&writer, &length);
    text_add(&text, part);
    free(part);
    for (size_t i = 0; i < RUN_FILES; i++) {
        run_file_destroy(writing->files[i]);
        part = csv_writer_take(&writing->writers[i], &length);
        text_add(&text, part);
        free(part);
    }
    summary_destroy(writing->summary);
    return text_take(&text);
}

static char *write_run(const Scenario *scenario) {
    Writing writing;
    ErrorList errors = {0};
    writing_begin(&writing, scenario);
    cr_assert_eq(simulation_run(scenario, &writing.options, &errors), ASIM_RUN_DONE);
    must_be_clean(&errors, "run");
    return writing_end(&writing);
}

/* The first line that differs. */
static void must_be_same(const char *live, const char *run, const char *scenario) {
    if (strcmp(live, run) == 0) {
        return;
    }
    while (*live == *run) {
        live++, run++;
    }
    cr_assert_fail("live: %.200s\nrun: %.200s\n%s", live, run, scenario);
}

/* Random steps ------------------------------------------------------------------------------ */

static sim_time step_length(RandomStream *stream) {
    static const sim_time most[] = {1, 1000, 50 * MS, SIM_TIME_SECOND, 20 * SIM_TIME_SECOND};
    return 1 + (sim_time)random_below(stream, (uint64_t)most[random_below(stream, 5)]);
}

static char *write_in_steps(const Scenario *scenario, RandomStream *stream) {
    Writing writing;
    ErrorList errors = {0};
    const LiveListener nobody = {0};
    writing_begin(&writing, scenario);
    Live *live = live_create(scenario, &writing.options, &nobody, &errors);
    must_be_clean(&errors, "live");
    for (sim_time now = 0; now < scenario->duration; now += step_length(stream)) {
        cr_assert(live_advance(live, now));
        cr_assert_eq(live_now(live), now);
        cr_assert_gt(live_next(live), now);
        if (random_below(stream, 20) == 0) { /* to look changes nothing */
            const LiveState state = live_state(
                live, (uint32_t)random_below(stream, (uint64_t)scenario->deployment_count));
            cr_assert_eq(state.time, now);
        }
    }
    const asim_run_result result = random_below(stream, 2) == 0 || live_advance(live, INT64_MAX)
                                       ? ASIM_RUN_DONE
                                       : ASIM_RUN_FAILED;
    cr_assert_eq(result, ASIM_RUN_DONE);
    if (live_now(live) < scenario->duration) { /* or the span would be cut */
        cr_assert(live_advance(live, scenario->duration));
    }
    cr_assert_eq(live_finish(live, &errors), ASIM_RUN_DONE);
    must_be_clean(&errors, "finish");
    cr_assert(live_is_over(live));
    live_destroy(live);
    return writing_end(&writing);
}

static void check_steps(int from, int to) {
    ScenarioDraw *draw = memory_new(1, sizeof *draw);
    for (int n = from; n < to; n++) {
        const char *text = random_scenario(draw, n);
        Scenario *scenario = read_scenario(text);
        char *run = write_run(scenario), *live = write_in_steps(scenario, &draw->stream);
        must_be_same(live, run, text);
        free(run);
        free(live);
        scenario_destroy(scenario);
    }
    free(draw);
}

Test(live, in_steps_writes_what_run_writes_1) {
    check_steps(0, 40);
}

Test(live, in_steps_writes_what_run_writes_2) {
    check_steps(40, 80);
}

/* Listening --------------------------------------------------------------------------------- */

#define MOST_TOKENS 256

/* One client, and what it was told. */
typedef struct Client {
    LiveId id;
    sim_time sent, held, first, end;
    sim_time seen[MOST_TOKENS + 1]; /* when it had so many tokens */
    uint32_t tokens;
    asim_request record;
    bool hangs_up;
} Client;

typedef struct Crowd {
    Live *live;
    Client *clients;
    size_t count, ended, changes;
} Crowd;

static void hear_held(void *self, void *client) {
    ((Client *)client)->held = live_now(((Crowd *)self)->live);
}

static void hear_first(void *self, void *opaque, const asim_request *so_far) {
    Client *client = opaque;
    cr_assert_eq(client->tokens, 0);
    client->first = so_far->first_token;
    client->seen[1] = live_now(((Crowd *)self)->live);
    client->tokens = 1;
    cr_assert_leq(so_far->admitted, client->first);
}

static void hear_tokens(void *self, void *opaque, uint32_t tokens) {
    Client *client = opaque;
    cr_assert_gt(tokens, client->tokens);
    cr_assert_geq(client->tokens, 1);
    for (uint32_t i = client->tokens + 1; i <= tokens; i++) {
        client->seen[i] = live_now(((Crowd *)self)->live);
    }
    client->tokens = tokens;
}

static void hear_end(void *self, void *opaque, const asim_request *request, uint32_t tokens) {
    Crowd *crowd = self;
    Client *client = opaque;
    cr_assert_eq(client->end, SIM_TIME_NEVER);
    client->end = live_now(crowd->live);
    client->record = *request;
    if (request->ended != SIM_TIME_NEVER) {
        cr_assert_eq(client->end, request->ended);
    }
    if (request->outcome != ASIM_IN_FLIGHT && client->tokens > 0) { /* those are cut by now */
        cr_assert_eq(client->seen[1], client->first);
    }
    if (request->outcome == ASIM_COMPLETED) {
        cr_assert_eq(request->last_answer, ASIM_ANSWER_200);
        cr_assert_eq(tokens, request->output_tokens);
    }
    for (uint32_t i = client->tokens + 1; i <= tokens; i++) {
        client->seen[i] = client->end;
    }
    cr_assert_geq(tokens, client->tokens);
    client->tokens = tokens;
    cr_assert_eq(request->first_token, client->first);
    crowd->ended++;
}

static LiveListener listener_of(Crowd *crowd) {
    return (LiveListener){.self = crowd,
                          .held = hear_held,
                          .first_token = hear_first,
                          .tokens = hear_tokens,
                          .ended = hear_end};
}

static void client_send(Crowd *crowd, Client *client, LiveRequest request) {
    *client = (Client){.held = SIM_TIME_NEVER, .first = SIM_TIME_NEVER, .end = SIM_TIME_NEVER};
    request.client = client;
    client->id = live_send(crowd->live, &request);
    client->sent = live_now(crowd->live);
    cr_assert_neq(client->id, 0);
    crowd->count++;
}

/* Tokens against the oracle ------------------------------------------------------------------ */

#define ROOMY                                                                                      \
    "'model':'m','accelerator':'H100','weights_gb':16,'profile':{'c0_ms':4,'c_prefill_ms':0.05,"   \
    "'c_decode_ms':0.3,'c_kv_ms':0.0004,'kv_capacity_tokens':1000000,'batch_slots':8,"             \
    "'max_batched_tokens':300,'request_overhead':'%s'}"
#define QUIET                                                                                      \
    "'traffic':{'type':'constant','rate_per_s':1,'start':'1h','prompt_tokens':1,"                  \
    "'output_tokens':1}"

static void check_tokens(const Client *clients, size_t count, const Profile *profile) {
    ScriptRequest *requests = memory_new(count, sizeof *requests);
    for (size_t i = 0; i < count; i++) {
        requests[i] = (ScriptRequest){clients[i].sent, clients[i].record.prompt_tokens,
                                      clients[i].record.output_tokens,
                                      clients[i].hangs_up ? clients[i].end : SIM_TIME_NEVER};
    }
    const ServingScript script = {
        .profile = *profile, .requests = requests, .request_count = count, .kill = SIM_TIME_NEVER};
    ServingOutcome outcome;
    OracleTrace trace = {0};
    serving_oracle_run(&script, &outcome, &trace);
    for (size_t i = 0; i < count; i++) {
        const RequestOutcome *told = &outcome.requests[i];
        const sim_time first = told->first_token;
        if (first > clients[i].end) { /* it had gone */
            cr_assert_eq(clients[i].tokens, 0);
            continue;
        }
        cr_assert_eq(clients[i].first, first, "%zu", i);
        size_t at = 0;
        while (trace.boundaries[at] + profile->request_overhead < first) {
            at++;
        }
        for (uint32_t k = 2; k <= clients[i].tokens; k++) {
            const sim_time made = trace.boundaries[at + k - 1];
            cr_assert_eq(clients[i].seen[k], made + profile->request_overhead, "%zu: %u", i, k);
        }
        if (!clients[i].hangs_up) {
            cr_assert_eq(clients[i].end, told->finish);
        }
    }
    serving_outcome_clear(&outcome);
    oracle_trace_clear(&trace);
    free(requests);
}

static void play_tokens(RandomStream *stream, const char *overhead) {
    enum { COUNT = 60 };
    Client clients[COUNT];
    Crowd crowd = {.clients = clients};
    ErrorList errors = {0};
    char *text = memory_format("{'duration':'20m','deployments':{'d':{" ROOMY "," QUIET
                               ",'autoscaling':{'min_replica_count':1}}}}",
                               overhead);
    Scenario *scenario = read_quoted(text);
    const asim_run_options options = {0};
    const LiveListener listener = listener_of(&crowd);
    crowd.live = live_create(scenario, &options, &listener, &errors);
    must_be_clean(&errors, text);
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert(live_advance(crowd.live,
                               live_now(crowd.live) + (sim_time)random_below(stream, 200 * MS)));
        client_send(&crowd, &clients[i],
                    (LiveRequest){.prompt_tokens = 1 + (uint32_t)random_below(stream, 700),
                                  .output_tokens = 1 + (uint32_t)random_below(stream, 100),
                                  .wants_tokens = true});
        const size_t other = random_below(stream, i + 1);
        if (random_below(stream, 6) == 0 && clients[other].end == SIM_TIME_NEVER) {
            live_abandon(crowd.live, clients[other].id);
            clients[other].hangs_up = clients[other].end == live_now(crowd.live);
        }
    }
    cr_assert_eq(live_finish(crowd.live, &errors), ASIM_RUN_DONE);
    must_be_clean(&errors, "finish");
    cr_assert_eq(crowd.ended, COUNT);
    check_tokens(clients, COUNT, &scenario->deployments[0].profile);
    live_destroy(crowd.live);
    scenario_destroy(scenario);
    free(text);
}

Test(live, tokens_come_at_the_boundaries_that_the_oracle_steps_through) {
    RandomStream stream;
    random_stream_init_named(&stream, 1, 0, "live.tokens");
    for (int i = 0; i < 30; i++) {
        static const char *const overheads[] = {"0s", "1ns", "7ms", "60ms"};
        play_tokens(&stream, overheads[i % 4]);
    }
}

/* Replays ----------------------------------------------------------------------------------- */

/* What the random scenarios lack. */
static OverrideList random_changes(RandomStream *stream) {
    static const char *const paths[][2] = {
        {"deployments.*.at_zero", "hold"},
        {"deployments.*.load_balancer", "session"},
        {"deployments.*.load_balancer", "cache_aware"},
        {"deployments.d0.traffic.0",
         "{\"type\":\"closed_loop\",\"users\":5,\"think_time\":\"3s\",\"prompt_tokens\":50,"
         "\"output_tokens\":20}"},
        {"deployments.d0.traffic.0",
         "{\"type\":\"conversation\",\"rate_per_s\":0.1,\"turns\":4,\"think_time\":\"3s\","
         "\"new_tokens\":20,\"output_tokens\":20,\"context_tokens\":300}"},
    };
    OverrideList changes = {0};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (random_below(stream, 3) == 0) {
            overrides_add_as(&changes, OVERRIDE_SET, paths[i][0], paths[i][1]);
            if (i == 0) {
                overrides_add_as(&changes, OVERRIDE_SET, "deployments.*.hold_timeout", "40s");
            }
        }
    }
    return changes;
}

enum { MOST_CLIENTS = 400 };

static void send_at_random(Crowd *crowd, const Scenario *scenario, RandomStream *stream) {
    static const char *const sessions[] = {NULL, "a", "b, \"c\"", "null"};
    uint64_t hashes[16];
    for (size_t i = 0; i < 16; i++) {
        hashes[i] = i < 4 ? i : random_below(stream, 3) << 60 | i;
    }
    const uint32_t to = (uint32_t)random_below(stream, scenario->deployment_count);
    const uint32_t least = live_draws_lengths(crowd->live, to) ? 0 : 1;
    client_send(crowd, &crowd->clients[crowd->count],
                (LiveRequest){
                    .deployment = to,
                    .prompt_tokens = least + (uint32_t)random_below(stream, 100),
                    .output_tokens = least + (uint32_t)random_below(stream, 100),
                    .session = sessions[random_below(stream, 4)],
                    .cached_tokens = (uint32_t)random_below(stream, 100),
                    .hashes = random_below(stream, 2) == 0 ? hashes : NULL,
                    .hash_count = (uint32_t)random_below(stream, 17),
                    .wants_tokens = random_below(stream, 2) == 0,
                });
}

/* An option that is set, or a replica that is taken; true if it was. */
static bool change_at_random(Crowd *crowd, uint32_t deployment, RandomStream *stream) {
    static const char *const sets[] = {"scale_down_window=20s",
                                       "scale_up_window=0s",
                                       "scale_up_window=1m",
                                       "min_replica_count=0",
                                       "min_replica_count=2",
                                       "max_replica_count=1",
                                       "max_replica_count=0",
                                       "max_replica_count=5",
                                       "load_targets.concurrent_requests=2",
                                       "load_targets={\"requests_per_second\":0.5}",
                                       "scale_to_zero_window=5m",
                                       "window_rule=sustain"};
    ErrorList errors = {0};
    const bool is_done =
        random_below(stream, 3) == 0
            ? live_take_replica(crowd->live, deployment, (uint32_t)random_below(stream, 5), &errors)
            : live_set_option(crowd->live, deployment,
                              sets[random_below(stream, sizeof sets / sizeof sets[0])], &errors);
    cr_assert_eq(is_done, errors.count == 0);
    error_list_clear(&errors);
    return is_done;
}

/* Sends, hang-ups, bursts, changes and looks at random, then an end, mostly too early. */
static void live_at_random(Crowd *crowd, const Scenario *scenario, RandomStream *stream) {
    const sim_time stop =
        1 + (sim_time)random_below(stream, (uint64_t)(scenario->duration + scenario->duration / 3));
    while (live_now(crowd->live) < stop && live_now(crowd->live) < scenario->duration) {
        cr_assert(live_advance(crowd->live, live_now(crowd->live) + step_length(stream)));
        const bool is_over = live_now(crowd->live) + 1 >= scenario->duration;
        for (uint64_t i = random_below(stream, 3); i > 0 && crowd->count < MOST_CLIENTS && !is_over;
             i--) {
            send_at_random(crowd, scenario, stream);
        }
        if (crowd->count > 0 && random_below(stream, 3) == 0) {
            live_abandon(crowd->live, crowd->clients[random_below(stream, crowd->count)].id);
        }
        const uint32_t other = (uint32_t)random_below(stream, scenario->deployment_count);
        if (random_below(stream, 40) == 0 && !is_over) {
            const bool has_lengths = live_draws_lengths(crowd->live, other);
            cr_assert_eq(live_burst(crowd->live, other, (uint32_t)random_below(stream, 30),
                                    step_length(stream)),
                         has_lengths);
        }
        if (random_below(stream, 20) == 0) {
            crowd->changes += change_at_random(crowd, other, stream);
        }
        live_state(crowd->live, other);
    }
}

/* What became of all clients. */
typedef struct Fates {
    size_t outcomes[ASIM_OUTCOME_COUNT], answers[ASIM_ANSWER_COUNT];
    size_t held, cached, streamed, changes;
} Fates;

static void add_fates(Fates *fates, const Crowd *crowd) {
    fates->changes += crowd->changes;
    for (size_t i = 0; i < crowd->count; i++) {
        const Client *client = &crowd->clients[i];
        fates->outcomes[client->record.outcome]++;
        fates->answers[client->record.last_answer]++;
        fates->held += client->held != SIM_TIME_NEVER;
        fates->cached += client->record.cached_tokens > 0;
        fates->streamed += client->tokens > 1 && client->seen[2] < client->end;
    }
}

/* Owned by the caller. */
static char *live_and_replay(const Scenario *scenario, RandomStream *stream, const char *path,
                             const char *text, Fates *fates) {
    ErrorList errors = {0};
    Writing writing;
    Crowd crowd = {.clients = memory_new(MOST_CLIENTS, sizeof *crowd.clients)};
    const LiveListener listener = listener_of(&crowd);
    OutputDirectory directory = {0};
    writing_begin(&writing, scenario);
    crowd.live = live_create(scenario, &writing.options, &listener, &errors);
    must_be_clean(&errors, text);
    live_at_random(&crowd, scenario, stream);
    cr_assert_eq(live_finish(crowd.live, &errors), ASIM_RUN_DONE);
    must_be_clean(&errors, text);
    cr_assert_eq(crowd.ended, crowd.count);
    add_fates(fates, &crowd);
    cr_assert(output_directory_begin(&directory, path, false, &errors));
    cr_assert(live_write_replay(crowd.live, &directory, "outside", &errors));
    cr_assert(output_directory_commit(&directory, &errors));
    must_be_clean(&errors, text);
    live_destroy(crowd.live);
    free(crowd.clients);
    return writing_end(&writing);
}

static void check_replays(int from, int to) {
    ScenarioDraw *draw = memory_new(1, sizeof *draw);
    char *scratch = scratch_make();
    Fates fates = {0};
    for (int n = from; n < to; n++) {
        const char *text = random_scenario(draw, n);
        OverrideList changes = random_changes(&draw->stream);
        Scenario *scenario = read_changed(text, &changes);
        char *path = memory_format("%s/%d", scratch, n);
        char *file = memory_format("%s/outside/replay.json", path);
        char *live = live_and_replay(scenario, &draw->stream, path, text, &fates);
        ErrorList errors = {0};
        Scenario *replayed = scenario_read_file(file, NULL, 0, &errors);
        must_be_clean(&errors, text);
        free(replayed->name);
        replayed->name = memory_text(scenario->name);
        char *run = write_run(replayed);
        must_be_same(live, run, text);
        free(run);
        free(live);
        scenario_destroy(replayed);
        scenario_destroy(scenario);
        overrides_clear(&changes);
        free(file);
        free(path);
    }
    for (size_t i = 0; i < ASIM_OUTCOME_COUNT; i++) {
        cr_expect(fates.outcomes[i] > 0 || i == ASIM_GIVEN_UP, "outcome %zu never came", i);
    }
    for (size_t i = 0; i < ASIM_ANSWER_COUNT; i++) {
        cr_expect(fates.answers[i] > 0 || i == ASIM_ANSWER_404, "answer %zu never came", i);
    }
    cr_expect(fates.changes > 50, "%zu changes", fates.changes);
    cr_expect(fates.held > 10 && fates.cached > 10 && fates.streamed > 10, "%zu, %zu, %zu",
              fates.held, fates.cached, fates.streamed);
    scratch_remove(scratch);
    free(draw);
}

Test(live, what_came_from_outside_replays_1) {
    check_replays(0, 40);
}

Test(live, what_came_from_outside_replays_2) {
    check_replays(40, 80);
}
