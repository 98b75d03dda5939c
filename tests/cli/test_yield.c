// SPDX-License-Identifier: GPL-3.0-or-later
/* Ctrl-C ends the program whatever it is at: traffic in which nothing arrives for ages, files that
 * never come, fleets of a hundred thousand. And a run whose time stands still ends by itself. */
#define _XOPEN_SOURCE 700
#include "base/memory.h"
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A deployment's other options and its traffic, in single quotes, as a scenario of eight years. */
static char *scenario_of(const char *options, const char *traffic) {
    char *text = memory_format("{'duration': '3000d', 'deployments': {'chat': {'model': "
                               "'llama-v3p1-8b-instruct', 'accelerator': 'H100', 'cold_start': "
                               "'5s', %s 'traffic': {%s, 'prompt_tokens': 10, 'output_tokens': 5}"
                               "}}}",
                               options, traffic);
    for (char *quote = text; (quote = strchr(quote, '\'')) != NULL;) {
        *quote = '"';
    }
    return text;
}

static void write_scenario(const char *scratch, const char *options, const char *traffic) {
    char *text = scenario_of(options, traffic);
    free(scratch_text(scratch, "s.json", text));
    free(text);
}

/* Started, let to work for a while, and interrupted: nothing is left but what was there. */
static void interrupt(const ProgramPlace *place, const char *const arguments[]) {
    const struct timespec while_it_works = {.tv_nsec = 300000000};
    const size_t before = folder_count(place->folder);
    RunningProgram program = program_start(place, arguments);
    nanosleep(&while_it_works, NULL);
    cr_assert_eq(kill(program.process, SIGINT), 0, "%s: it has ended", arguments[0]);
    ProgramResult result = program_finish(&program);
    cr_assert_eq(result.status, 130, "%s: status %d: %s", arguments[0], result.status,
                 result.errors);
    cr_assert_eq(folder_count(place->folder), before, "%s leaves something", arguments[0]);
    program_clear(&result);
}
#define INTERRUPT(...)                                                                             \
    interrupt(&(const ProgramPlace){.folder = scratch}, (const char *const[]){__VA_ARGS__, NULL})

/* Nothing arrives for ages: mean time between two requests of some 100 days and more. */
static const char silence[] =
    "'type': 'mmpp', 'rates_per_s': [1e-9, 1e-8], 'mean_durations_s': [0.001, 0.001]";

Test(cli_yield, sources_that_give_nothing_out) {
    static const char *const sources[] = {
        silence,
        "'type': 'onoff', 'on': {'distribution': 'gamma', 'mean': '1ms', 'cv': 1e6}, 'off': '1ms', "
        "'on_rate_per_s': 1e-9",
        "'type': 'diurnal', 'mean_rate_per_s': 1e-9, 'dispersion': 4, 'dispersion_window': '1ms'",
        "'type': 'poisson', 'rate_per_s': 1e7, 'rate_scale': 1e-300",
        "'type': 'trace', 'file': 'bins.csv', 'format': 'counts', 'values': 'rate_per_s', "
        "'from': '3000d'",
    };
    char *scratch = scratch_make();
    free(scratch_text(scratch, "bins.csv", "timestamp,count\n0,1e7\n315000000,1e7\n"));
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        write_scenario(scratch, "", sources[i]);
        INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    }
    scratch_remove(scratch);
}

Test(cli_yield, every_command_that_reads_them) {
    static const char optimize[] =
        "{\"scenario\": \"s.json\", \"slo\": [\"ttft_p95_s <= 5m\"], \"options\": [{\"option\": "
        "\"deployments.chat.autoscaling.scale_up_window\", \"values\": [\"5s\", \"20s\"]}]}";
    char *scratch = scratch_make();
    write_scenario(scratch, "", silence);
    free(scratch_text(scratch, "optimize.json", optimize));
    INTERRUPT("compare", "s.json", "--preset", "performance", "--preset", "quickstart", "--out",
              "out", "--quiet");
    INTERRUPT("explain", "s.json");
    INTERRUPT("trace", "generate", "s.json", "--to", "vidur", "--out", "generated.csv");
    INTERRUPT("optimize", "optimize.json", "--out", "out", "--quiet");
    scratch_remove(scratch);
}

Test(cli_yield, large_fleets_and_crowds) {
    char *scratch = scratch_make();
    write_scenario(scratch,
                   "'autoscaling': {'min_replica_count': 100000, 'max_replica_count': 100000},",
                   "'type': 'constant', 'rate_per_s': 0.001");
    INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    write_scenario(scratch,
                   "'initial_replica_count': 100000, 'autoscaling': {'max_replica_count': 100000, "
                   "'scale_down_window': '0s'},",
                   "'type': 'constant', 'rate_per_s': 0.001");
    INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    write_scenario(scratch, "", "'type': 'client_mix', 'rate_per_s': 1e7, 'clients': 100000");
    INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    scratch_remove(scratch);
}

/* Of a pipe that is held open, and of one that is never opened at its other end. */
Test(cli_yield, files_that_never_come) {
    char *scratch = scratch_make();
    char *pipe = scratch_path(scratch, "pipe");
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    write_scenario(scratch, "", "'type': 'trace', 'file': 'pipe', 'time_column': 't'");
    INTERRUPT("trace", "describe", "pipe");
    INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    const int held = open(pipe, O_RDWR | O_CLOEXEC);
    cr_assert_geq(held, 0);
    INTERRUPT("trace", "describe", "pipe");
    INTERRUPT("trace", "fit", "pipe");
    INTERRUPT("trace", "convert", "pipe", "--to", "vidur", "--out", "converted.csv");
    INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    /* A gzip file's first bytes, and no more. */
    cr_assert_eq(write(held, "\x1f\x8b\x08\0\0\0\0\0\0\3", 10), 10);
    INTERRUPT("run", "s.json", "--out", "out", "--quiet");
    close(held);
    free(pipe);
    scratch_remove(scratch);
}

/* Spans that a source computes one by one have a least length, of which a day takes seconds. */
Test(cli_yield, spans_too_short_to_compute) {
    static const struct {
        const char *traffic, *place, *least;
    } rows[] = {
        {"'type': 'diurnal', 'mean_rate_per_s': 1, 'dispersion': 4, 'dispersion_window': '1us'",
         "traffic.dispersion_window", "1ms"},
        {"'type': 'mmpp', 'rates_per_s': [1, 2], 'mean_durations_s': [1, 1e-9]",
         "traffic.mean_durations_s.1", "0.001"},
        {"'type': 'onoff', 'on': '1us', 'off': '1s', 'on_rate_per_s': 1", "traffic.on", "1ms"},
        {"'type': 'onoff', 'on': '1s', 'off': {'distribution': 'exponential', 'mean': '1us'}, "
         "'on_rate_per_s': 1",
         "traffic.off", "1ms"},
    };
    char *scratch = scratch_make();
    const ProgramPlace place = {.folder = scratch};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_scenario(scratch, "", rows[i].traffic);
        REFUSED(RUN_IN(place, "validate", "s.json"), rows[i].place, rows[i].least);
    }
    scratch_remove(scratch);
}

/* Users who do not think, refused at once in each way there is, by clients that do not wait. */
Test(cli_yield, time_that_stands_still) {
    static const char *const options[] = {
        "'client': 'none', 'autoscaling': {'max_replica_count': 0},",
        "'client': 'none', 'max_concurrency_per_replica': 1, 'autoscaling': {'min_replica_count': "
        "1},",
        "'client': {'preset': 'custom', 'max_sends': 9, 'first_delay': '0s'}, 'autoscaling': "
        "{'max_replica_count': 0},",
    };
    char *scratch = scratch_make();
    const ProgramPlace place = {.folder = scratch};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        write_scenario(scratch, options[i],
                       "'type': 'closed_loop', 'users': 3, 'think_time': '0s'");
        REFUSED(RUN_IN(place, "run", "s.json", "--out", "out"), "deployments.chat", "does not move",
                "think_time");
        cr_assert_eq(folder_count(scratch), 1);
    }
    scratch_remove(scratch);
}

/* But a crowd that comes and gives up within one instant is none of that. */
Test(cli_yield, a_crowd_at_one_instant_ends) {
    char *scratch = scratch_make();
    const ProgramPlace place = {.folder = scratch};
    write_scenario(
        scratch,
        "'client': {'preset': 'custom', 'max_sends': 30, 'first_delay': '0s', 'retry_on': [404]}, "
        "'autoscaling': {'max_replica_count': 0},",
        "'type': 'closed_loop', 'users': 20000, 'think_time': '365d'");
    cJSON *summary =
        expect_json(RUN_IN(place, "run", "s.json", "--json", "--set", "duration=400d"));
    cr_assert_eq(cli_json_number(json_deployment(summary, "chat"), "sends"), 20000 * 30);
    cJSON_Delete(summary);
    scratch_remove(scratch);
}

/* The program with a gnuplot that takes its time. Owned by the caller: its path. */
static char *program_with_slow_gnuplot(const char *scratch) {
    char *binary = realpath(getenv("ASIM_BINARY"), NULL);
    char *text = memory_format("#!/bin/sh\nPATH='%s':$PATH exec '%s' \"$@\"\n", scratch, binary);
    char *gnuplot = scratch_text(scratch, "gnuplot", "#!/bin/sh\nexec sleep 9\n");
    char *program = scratch_text(scratch, "program", text);
    cr_assert_eq(chmod(gnuplot, 0700), 0);
    cr_assert_eq(chmod(program, 0700), 0);
    free(binary);
    free(text);
    free(gnuplot);
    return program;
}

/* gnuplot may know nothing of the signal. */
Test(cli_yield, pictures_that_take_long) {
    char *scratch = scratch_make();
    const ProgramPlace plain = {.folder = scratch};
    free(scratch_text(scratch, "s.json", tiny_scenario));
    expect_done(RUN_IN(plain, "run", "s.json", "--out", "out", "--quiet"));
    char *program = program_with_slow_gnuplot(scratch);
    const ProgramPlace place = {.folder = scratch, .program = program, .seconds = 8};
    interrupt(&place, (const char *const[]){"plot", "out", NULL});
    free(program);
    scratch_remove(scratch);
}

/* The scenario itself may be what never comes. */
Test(cli_yield, scenarios_that_never_come) {
    char *scratch = scratch_make();
    char *pipe = scratch_path(scratch, "pipe");
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    INTERRUPT("run", "pipe");
    INTERRUPT("sweep", "pipe", "--out", "out");
    INTERRUPT("optimize", "pipe", "--out", "out");
    free(pipe);
    scratch_remove(scratch);
}
