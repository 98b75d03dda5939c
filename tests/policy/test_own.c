// SPDX-License-Identifier: GPL-3.0-or-later
/* Policies of one's own, as a user runs them: in Lua, as a program, as a shared object; what they
 * are told, what they may answer, and how a run ends when they fail. */
#include "cli/cli_checks.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char *scratch;

static void set_up(void) {
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
}

TestSuite(own_policy, .init = set_up, .fini = tear_down, .timeout = 120);

#define DAY "scenarios/own-policy.json"

/* "--set deployments.chat.policy=..." with the file of that text; owned by the caller. */
static char *lua_policy(const char *text) {
    char *path = scratch_text(scratch, "mine.lua", text);
    char *set = memory_format("deployments.chat.policy={\"lua\": \"%s\"}", path);
    free(path);
    return set;
}

static char *python_policy(const char *text) {
    char *path = scratch_text(scratch, "mine.py", text);
    char *set = memory_format("deployments.chat.policy={\"command\": [\"python3\", \"%s\"]}", path);
    free(path);
    return set;
}

static ProgramResult run_with(char *set) {
    ProgramResult result = RUN("run", DAY, "--quiet", "--set", set, "--set",
                               "deployments.chat.autoscaling.evaluation_interval=5s");
    free(set);
    return result;
}

/* Equal ------------------------------------------------------------------------------------- */

static const char *const all_but_reasons[] = {"summary.csv", "timeseries.csv",
                                              "latency_histogram.csv", NULL};

static char *run_into(const char *name, const char *scenario, const char *policy,
                      const char *autoscaling) {
    char *out = scratch_path(scratch, name);
    expect_done(
        RUN("run", scenario, "--quiet", "--out", out, "--set", policy, "--set", autoscaling));
    return out;
}

#define LIMITS "\"min_replica_count\": 1, \"max_replica_count\": 6"

Test(own_policy, the_default_rule_in_lua_is_the_default_rule) {
    char *built_in = run_into("built-in", "scenarios/demo.json", "deployments.*.policy=fireworks",
                              "deployments.*.autoscaling={" LIMITS
                              ", \"load_targets\": {\"concurrent_requests\": 9}}");
    char *own = run_into("own", "scenarios/demo.json",
                         "deployments.*.policy={\"lua\": \"scenarios/policies/stabilize.lua\", "
                         "\"concurrent_requests\": 9, \"most\": 6}",
                         "deployments.*.autoscaling={" LIMITS "}");
    expect_same_files(built_in, own, all_but_reasons);
    free(built_in);
    free(own);
}

static const char *const results[] = {"summary.csv", "timeseries.csv", "events.csv",
                                      "latency_histogram.csv", NULL};

Test(own_policy, lua_python_and_c_are_told_and_answer_alike) {
    char *object = scratch_path(scratch, "headroom.so");
    char *compile = memory_format("cc -shared -fPIC -Iinclude scenarios/policies/headroom.c -lm "
                                  "-o %s 2>/dev/null",
                                  object);
    const bool has_cc = system(compile) == 0;
    char *module = memory_format("deployments.chat.policy={\"module\": \"%s\", \"requests\": 16, "
                                 "\"headroom\": 0.3}",
                                 object);
    static const char same[] = "deployments.chat.autoscaling.rate_window=60s";
    char *lua = run_into("lua", DAY, same, same);
    char *python = run_into("python", DAY,
                            "deployments.chat.policy={\"command\": [\"python3\", "
                            "\"scenarios/policies/headroom.py\"], \"requests\": 16, "
                            "\"headroom\": 0.3}",
                            same);
    expect_same_files(lua, python, results);
    if (has_cc) {
        char *c = run_into("c", DAY, module, same);
        expect_same_files(lua, c, results);
        free(c);
    } else {
        cr_log_warn("no cc: the shared object is not tested");
    }
    free(object), free(compile), free(module), free(lua), free(python);
}

Test(own_policy, a_run_is_repeated_by_its_scenario_and_knows_its_script) {
    static const char same[] = "deployments.chat.autoscaling.rate_window=60s";
    char *out = run_into("first", DAY, same, same), *again = scratch_path(scratch, "again");
    char *scenario = scratch_path(out, "scenario.json");
    expect_done(RUN("run", scenario, "--quiet", "--out", again));
    expect_same_files(out, again, results);
    char *manifest = folder_file_bytes(out, "manifest.json", NULL);
    cr_expect_not_null(strstr(manifest, "/scenarios/policies/headroom.lua\""));
    char *text = file_bytes(scenario, NULL);
    cr_expect_not_null(strstr(text, "\"patience_s\": 300"), "defaults of the script are told");
    free(out), free(again), free(scenario), free(manifest), free(text);
}

/* Ways of saying ----------------------------------------------------------------------------- */

static void sweep_into(const char *file, const char *jobs, const char *out) {
    expect_done(RUN("sweep", file, "--quiet", "--jobs", jobs, "--out", out));
}

static void expect_any_jobs(const char *policy) {
    static const char *const tables[] = {"results.csv", "aggregate.csv", NULL};
    char *text =
        memory_format("{\"scenario\": \"%s/" DAY "\", \"replications\": 2, \"axes\": ["
                      "{\"option\": \"deployments.chat.policy\", \"values\": [%s]},"
                      "{\"option\": \"deployments.chat.policy.headroom\", \"values\": [0.1, 0.6]},"
                      "{\"option\": \"deployments.chat.policy.requests\", \"from\": 8, \"to\": 16, "
                      "\"step\": 8}]}",
                      getenv("PWD"), policy);
    char *file = scratch_text(scratch, "sweep.json", text);
    char *one = scratch_path(scratch, "one"), *four = scratch_path(scratch, "four");
    sweep_into(file, "1", one);
    sweep_into(file, "4", four);
    expect_same_files(one, four, tables);
    size_t length;
    char *bytes = folder_file_bytes(one, "aggregate.csv", &length);
    cr_expect_not_null(strstr(bytes, "0.6"));
    free(text), free(file), free(one), free(four), free(bytes);
}

Test(own_policy, sweeps_vary_its_options_with_any_jobs) {
    char *python = memory_format(
        "{\"command\": [\"python3\", \"%s/scenarios/policies/headroom.py\"]}", getenv("PWD"));
    char *lua = memory_format("{\"lua\": \"%s/scenarios/policies/headroom.lua\"}", getenv("PWD"));
    char *both = memory_format("%s, %s", lua, python);
    expect_any_jobs(both);
    free(python), free(lua), free(both);
}

Test(own_policy, explain_and_compare_tell_it) {
    SAYS(RUN("explain", DAY), "lua headroom.lua (requests 16, headroom 0.3, patience_s 300)",
         "scale up", ": crowd");
    SAYS(RUN("compare", DAY, "scenarios/autoscalers/fireworks.json", "--replications", "2"),
         "own-policy", "fireworks");
    expect_done(RUN("validate", DAY));
}

Test(own_policy, decide_asks_it) {
    ProgramResult result =
        RUN("decide", "scenarios/policies/headroom.json", "scenarios/policies/headroom.jsonl");
    cr_assert_eq(result.status, 0, "%s", result.errors);
    cr_expect_not_null(
        strstr(result.output, "\"target\": 3, \"recommended\": 3, \"reason\": \"crowd\""));
    cr_expect_not_null(strstr(result.output, "\"limited_by\": \"max_replica_count\""));
    cr_expect_not_null(strstr(result.output, "\"reason\": \"quiet\""));
    program_clear(&result);
}

/* What it is told: each replica, with an age that is not that of the run. */
Test(own_policy, it_sees_each_replica) {
    char *set = lua_policy(
        "function decide(seen)\n"
        "    local serving, held = 0, 0\n"
        "    for _, one in ipairs(seen.replicas) do\n"
        "        if one.state == 'serving' then serving = serving + 1 end\n"
        "        if one.age_s < 0 or one.age_s > seen.time_s then error('an age of ' .. one.age_s) "
        "end\n"
        "        if one.kv_tokens > one.kv_tokens_capacity or one.busy > 1 then error('too much') "
        "end\n"
        "        held = held + one.running + one.queued\n"
        "    end\n"
        "    if serving ~= seen.running then error('who serves?') end\n"
        "    if #seen.replicas < seen.running + seen.booting then error('who is there?') end\n"
        "    return held > 30 and 4 or 1\n"
        "end\n");
    expect_done(RUN("run", DAY, "--quiet", "--set", set));
    free(set);
}

/* Failures ------------------------------------------------------------------------------------ */

static const struct {
    const char *script, *said;
} bad_scripts[] = {
    {"function decide(o) return 1 +", "mine.lua:1: found unexpected symbol"},
    {"x = 1", "a script without decide"},
    {"options = {a = {}} function decide() return 1 end", "options has a member"},
    {"function decide(o)\n return o.nothing.more end", "mine.lua:2: policy of chat at 5s: found"},
    {"function decide(o) return o.runing end", "did you mean \"running\"?"},
    {"function decide(o) return 0/0 end", "expected a whole number of replicas from 0 to 100000"},
    {"function decide(o) return -1 end", "found target -1"},
    {"function decide(o) return 1.5 end", "found target 1.5"},
    {"function decide(o) return '3' end", "an answer that is a string"},
    {"function decide(o) end", "an answer that is a nil"},
    {"function decide(o) return 1, 'two words' end", "\"two words\""},
    {"function decide(o) return {taget = 1} end", "the key \"taget\""},
    {"function decide(o) return {target = 1, terms = {{key = 'x'}}} end", "of a term, wanted nan"},
    {"n = 0 function decide(o) n = n + 1 return 1, 'r' .. n end", "more than 1000 different words"},
    {"function decide(o) while true do end end", "more than 10,000,000 instructions"},
    {"while true do end", "more than 10,000,000 instructions"},
    {"local t = {} function decide(o) for i = 1, 1e9 do t[i] = i end end",
     "more than 64 MiB of memory"},
    {"function decide(o) if o.time_s > 100 then error('enough') end return 1 end",
     "mine.lua:1: policy of chat at 1m45s: found enough"},
    {"function decide(o) error({}) end", "an error that is no text"},
    {"function decide(o) return os.time() end", "(global 'os')"},
    {"function decide(o) return math.random(3) end", "(field 'random')"},
    {"function decide(o) for k in pairs(o) do end return 1 end", "(global 'pairs')"},
    {"function decide(o) return pcall(decide) end", "(global 'pcall')"},
    {"function decide(o) return load('return 1')() end", "(global 'load')"},
};

Test(own_policy, bad_scripts_end_the_run) {
    for (size_t i = 0; i < sizeof bad_scripts / sizeof *bad_scripts; i++) {
        REFUSED(run_with(lua_policy(bad_scripts[i].script)), bad_scripts[i].said);
    }
}

#define EACH "import sys, os, time\nfor line in sys.stdin:\n    "
static const struct {
    const char *program, *said;
} bad_programs[] = {
    {"x =", "at 5s: found it ended with status 1: "},
    {EACH "print('hello', flush=True)", "the line \"hello\""},
    {EACH "print('[1]', flush=True)", "found an array"},
    {EACH "print(-1, flush=True)", "found target -1"},
    {EACH "print('{\"target\": \"1\"}', flush=True)", "target: \"1\""},
    {EACH "print('{\"target\": 1, \"reasn\": 2}', flush=True)", "the key \"reasn\""},
    {EACH "print('{\"target\": NaN}', flush=True)", "the line \"{\"target\": NaN}\""},
    {EACH "print('1\\0', flush=True)", "the line \"1\""},
    {EACH "sys.exit('the word') if '\"time_s\": 100,' in line else print(1, flush=True)",
     "at 1m40s: found it ended with status 1: the word"},
    {EACH "os.close(1); os.close(0); time.sleep(60)", "it closed its output"},
    {"import os; os.kill(os.getpid(), 15)", "it ended with signal 15"},
};

Test(own_policy, bad_programs_end_the_run) {
    for (size_t i = 0; i < sizeof bad_programs / sizeof *bad_programs; i++) {
        REFUSED(run_with(python_policy(bad_programs[i].program)), bad_programs[i].said);
    }
    REFUSED(
        RUN("run", DAY, "--set", "deployments.chat.policy={\"command\": [\"no-such-program\"]}"),
        "no-such-program: No such file");
}

/* Neither it nor what it started is there afterwards. */
Test(own_policy, a_program_that_hangs_is_ended_with_all_that_it_started) {
    char *pids = scratch_path(scratch, "pids");
    char *program = memory_format("import os, time\n"
                                  "child = os.fork()\n"
                                  "open('%s', 'a').write(str(os.getpid()) + '\\n')\n"
                                  "time.sleep(60)\n",
                                  pids);
    char *set = python_policy(program);
    REFUSED(RUN("run", DAY, "--set", set, "--set", "deployments.chat.autoscaling.timeout=8s"),
            "no answer within 8s (timeout)"); /* long enough for it to begin on a busy machine */
    char *text = file_bytes(pids, NULL);
    cr_assert_not_null(text);
    int found = 0;
    for (char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, found++) {
        const pid_t process = (pid_t)atoi(at);
        for (int i = 0; i < 100 && kill(process, 0) == 0; i++) { /* the orphan's parent reaps it */
            nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        }
        char *state = memory_format("grep -q '^State:.Z' /proc/%d/status", (int)process);
        cr_expect(kill(process, 0) != 0 || system(state) == 0, "%d is still there", (int)process);
        free(state);
    }
    cr_expect_eq(found, 2);
    free(pids), free(program), free(set), free(text);
}

/* An interrupt ends the wait for an answer. */
Test(own_policy, an_interrupt_does_not_wait_for_it) {
    char *set = python_policy("import time\ntime.sleep(60)\n");
    RunningProgram running = program_start(
        NULL, (const char *const[]){"run", DAY, "--set", set, "--set",
                                    "deployments.chat.autoscaling.timeout=50s", NULL});
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    kill(running.process, SIGINT);
    running.seconds = 5;
    ProgramResult result = program_finish(&running);
    cr_expect_neq(result.status, 0);
    program_clear(&result);
    free(set);
}

/* Its input, output and messages are all that it has. */
Test(own_policy, a_program_inherits_nothing) {
    char *set =
        python_policy("import os, sys\n"
                      "for line in sys.stdin:\n"
                      "    n = [int(f) for f in os.listdir('/proc/self/fd') if int(f) > 2]\n"
                      "    n = [f for f in n if os.path.exists('/proc/self/fd/%d' % f)]\n"
                      "    print(1 if not n else 'has %s' % n, flush=True)\n");
    char *out = scratch_path(scratch, "out");
    expect_done(RUN("run", DAY, "--quiet", "--out", out, "--set", set));
    free(out), free(set);
}

Test(own_policy, what_is_written_wrong_is_told_at_its_place) {
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy.headrom=1"),
            "deployments.chat.policy.headrom", "did you mean \"headroom\"?");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy.headroom=much"),
            "deployments.chat.policy.headroom", "expected a number");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy.headroom=[1]"),
            "a number, true or false, or a text");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy={\"lua\": \"gone.lua\"}"), "gone.lua",
            "a file that is there");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy={\"lau\": \"gone.lua\"}"),
            "an object without lua, command or module");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy=lua"), "{\"lua\": \"FILE.lua\"}");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.policy={\"command\": []}"),
            "a program and its arguments");
    REFUSED(RUN("run", DAY, "--set", "deployments.chat.autoscaling.min_replica_count=9"),
            "at least min_replica_count, 9");
    REFUSED(RUN("run", DAY, "--set",
                "deployments.chat.policy={\"module\": \"scenarios/policies/headroom.lua\"}"),
            "headroom.lua", "a shared object");
}

/* validate runs no program: it is not even looked for. */
Test(own_policy, validate_starts_nothing) {
    expect_done(RUN("validate", DAY, "--set",
                    "deployments.chat.policy={\"command\": [\"no-such-program\"]}"));
}

Test(own_policy, a_shared_object_without_the_symbol_is_told) {
    char *source = scratch_text(scratch, "empty.c", "int nothing;\n");
    char *object = scratch_path(scratch, "empty.so");
    char *compile = memory_format("cc -shared -fPIC %s -o %s 2>/dev/null", source, object);
    if (system(compile) == 0) {
        char *set = memory_format("deployments.chat.policy={\"module\": \"%s\"}", object);
        REFUSED(RUN("run", DAY, "--set", set), "policy of chat at 0s",
                "no symbol asim_policy_module");
        free(set);
    }
    free(source), free(object), free(compile);
}
