// SPDX-License-Identifier: GPL-3.0-or-later
/* What the program says of itself in three places, `help`, the manual page and the completion: each
 * is held against the others and against what the parser takes. Nothing here knows a command or an
 * option by itself, so new rows of the tables are checked too. */
#include "base/memory.h"
#include "base/text.h"
#include "cli/cli_checks.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Lists of words ------------------------------------------------------------------------------- */

typedef struct Words {
    char **items; /* owned */
    size_t count, room;
} Words;

static void words_add(Words *words, const char *text, size_t length) {
    words->items = memory_grow(words->items, words->count, &words->room, sizeof words->items[0]);
    words->items[words->count++] = memory_text_n(text, length);
}

static bool words_have(const Words *words, const char *word) {
    for (size_t i = 0; i < words->count; i++) {
        if (strcmp(words->items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static void words_clear(Words *words) {
    for (size_t i = 0; i < words->count; i++) {
        free(words->items[i]);
    }
    free(words->items);
    *words = (Words){0};
}

/* The first word of each line after the line `title`, up to an empty one. */
static Words words_below(const char *text, const char *title) {
    Words words = {0};
    char *wanted = memory_format("\n%s", title);
    const char *at = strstr(text, wanted);
    free(wanted);
    for (at = at ? strchr(at + 1, '\n') : NULL; at && at[1] == ' '; at = strchr(at + 1, '\n')) {
        const char *word = at + 1 + strspn(at + 1, " ");
        if (word - at == 3) { /* deeper lines go on with the one above */
            words_add(&words, word, strcspn(word, " ,\n"));
        }
    }
    return words;
}

static char *said(ProgramResult result) {
    char *text = memory_text(result.output);
    expect_done(result);
    return text;
}

static Words all_commands(void) {
    char *text = said(RUN("help"));
    Words words = words_below(text, "Commands\n");
    cr_assert_gt(words.count, 5);
    free(text);
    return words;
}

/* The commands of a command: `trace describe`. */
static Words sub_commands(const char *command) {
    char *text = said(RUN("help", command));
    Words words = words_below(text, "Its commands");
    free(text);
    return words;
}

/* The options and flags that `help` lists. */
static Words options_of(const char *command, const char *sub_command) {
    char *text = said(RUN("help", command, sub_command));
    Words options = words_below(text, "Options\n");
    Words flags = words_below(text, "firectl's own flags");
    for (size_t i = 0; i < flags.count; i++) {
        words_add(&options, flags.items[i], strlen(flags.items[i]));
    }
    words_clear(&flags);
    free(text);
    return options;
}

/* Help ----------------------------------------------------------------------------------------- */

static void expect_explained(const char *command, const char *sub_command) {
    char *text = said(RUN("help", command, sub_command));
    char *asked = said(sub_command ? RUN(command, sub_command, "--help") : RUN(command, "--help"));
    cr_assert_str_eq(asked, text);
    char *start = memory_format("autoscale-sim %s%s%s", command, sub_command ? " " : "",
                                sub_command ? sub_command : "");
    cr_assert(strncmp(text, start, strlen(start)) == 0, "%s", text);
    char *example = memory_format("\n\nExample\n  %s", start);
    cr_assert_not_null(strstr(text, example), "no example of %s in: %s", start, text);
    free(example);
    free(start);
    free(asked);
    free(text);
}

Test(cli_help, every_command_has_an_example_of_itself) {
    Words commands = all_commands();
    size_t subs = 0;
    for (size_t i = 0; i < commands.count; i++) {
        expect_explained(commands.items[i], NULL);
        Words below = sub_commands(commands.items[i]);
        for (size_t j = 0; j < below.count; j++, subs++) {
            expect_explained(commands.items[i], below.items[j]);
        }
        words_clear(&below);
    }
    cr_assert_geq(subs, 4); /* those of trace */
    words_clear(&commands);
}

/* A line may be wider only by a word that cannot be broken: it has nothing before it but blanks. */
static void expect_narrow(const char *text, int width, const char *topic) {
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n"), line += *line != 0) {
        const size_t length = strcspn(line, "\n"), indent = strspn(line, " ");
        const bool is_word = indent + strcspn(line + indent, " \n") == length;
        cr_assert(is_word || text_width_n(line, length) <= width, "help %s at %d: %.*s", topic,
                  width, (int)length, line);
    }
}

Test(cli_help, keeps_to_the_width) {
    static const char *const widths[] = {"60", "80", "120"};
    Words topics = all_commands();
    static const char *const keys[] = {"scenario", "traffic", "fireworks", "preset"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        words_add(&topics, keys[i], strlen(keys[i]));
    }
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        setenv("COLUMNS", widths[w], 1);
        char *all = said(RUN("help"));
        expect_narrow(all, atoi(widths[w]), "");
        free(all);
        for (size_t i = 0; i < topics.count; i++) {
            char *text = said(RUN("help", topics.items[i]));
            expect_narrow(text, atoi(widths[w]), topics.items[i]);
            free(text);
        }
        for (const char *const *own =
                 (const char *const[]){"describe", "convert", "generate", "fit", NULL};
             *own; own++) {
            char *text = said(RUN("help", "trace", *own));
            expect_narrow(text, atoi(widths[w]), *own);
            free(text);
        }
    }
    words_clear(&topics);
}

Test(cli_help, says_what_it_does_not_know) {
    REFUSED(RUN("help", "trace", "descibe"), "trace: found descibe, expected describe, convert",
            "did you mean \"describe\"?");
    REFUSED(RUN("help", "run", "fit"), "run: found fit, expected no command of its own");
    REFUSED(RUN("help", "--completion", "csh"),
            "--completion: found csh, expected one of bash, zsh, fish");
    REFUSED(RUN("help", "--man", "run"), "--man: found run beside it");
    REFUSED(RUN("help", "--man", "--completion", "bash"), "--completion: found --man beside it");
}

Test(cli_help, lists_the_keys_of_files_and_of_flags) {
    SAYS(RUN("help", "optimize"), "\nKeys of FILE\n", "\n  question ", "\n  minimize ",
         "\n  indifference ", "\nKeys of an axis\n", "\n  values ");
    SAYS(RUN("help", "validate"), "KEY=VALUE[,KEY=VALUE...], of default,", "concurrent_requests");
    REFUSED(RUN("run", "scenarios/demo.json", "--load-targets", "concurent_requests=4"),
            "--load-targets concurent_requests: found an unknown key",
            "did you mean \"concurrent_requests\"?");
}

/* Each option of any command, given to each command: known or not, as its help says. An option that
 * takes no value refuses one, and what an option takes is not looked at before the operands are. */
Test(cli_help, the_parser_knows_what_help_lists) {
    Words commands = all_commands(), every = {0};
    for (size_t i = 0; i < commands.count; i++) {
        Words options = options_of(commands.items[i], NULL);
        for (size_t j = 0; j < options.count; j++) {
            if (!words_have(&every, options.items[j])) {
                words_add(&every, options.items[j], strlen(options.items[j]));
            }
        }
        words_clear(&options);
    }
    cr_assert_gt(every.count, 20);
    char *scratch = scratch_make();
    const ProgramPlace place = {.folder = scratch};
    for (size_t i = 0; i < commands.count; i++) {
        Words options = options_of(commands.items[i], NULL);
        for (size_t j = 0; j < every.count; j++) {
            char *option = memory_format("%s=x", every.items[j]);
            /* With a mistake in it for certain: no command does anything. */
            ProgramResult result =
                RUN_IN(place, commands.items[i], option, "a", "b", "--no-such-option");
            cr_assert_eq(result.status, 2);
            const char *line = strstr(result.errors, every.items[j]);
            const bool unknown =
                line && strstr(line, "an option of another command") &&
                strcspn(line, "\n") > (size_t)(strstr(line, "another command") - line);
            const bool strange =
                line && strncmp(line + strlen(every.items[j]), ": found unknown option", 22) == 0;
            cr_assert_eq(!unknown && !strange, words_have(&options, every.items[j]), "%s %s: %s",
                         commands.items[i], option, result.errors);
            program_clear(&result);
            free(option);
        }
        words_clear(&options);
    }
    cr_assert_eq(folder_count(scratch), 0);
    scratch_remove(scratch);
    words_clear(&every);
    words_clear(&commands);
}

Test(cli_help, short_options_are_their_long_ones) {
    char *scratch = scratch_make();
    const ProgramPlace place = {.folder = scratch};
    free(scratch_text(scratch, "s.json",
                      "{\"name\": \"s\", \"duration\": \"1m\", \"deployments\": "
                      "{\"a\": {\"model\": \"llama-v3p1-8b-instruct\", "
                      "\"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, "
                      "\"lengths\": \"azure-conv\"}}}}"));
    static const char *const ways[][4] = {
        {"-q", "-o", "one"}, {"-qo", "two"}, {"-qothree"}, {"-o=four", "-q"}};
    static const char *const names[] = {"one", "two", "three", "four"};
    for (size_t i = 0; i < 4; i++) {
        ProgramResult result =
            RUN_IN(place, "run", "s.json", ways[i][0], ways[i][1], ways[i][2], ways[i][3]);
        cr_expect_str_empty(result.output);
        expect_done(result);
        char *path = scratch_path(scratch, names[i]);
        cr_expect(file_exists(path), "%s", names[i]);
        free(path);
    }
    char *version = said(RUN("--version")), *letter = said(RUN("-V"));
    cr_expect_str_eq(letter, version);
    REFUSED(RUN("run", "s.json", "-f"), "-f: found unknown option", "\"--force\"");
    REFUSED(RUN("run", "s.json", "-Q"), "-Q: found unknown option", "\"-q\"");
    REFUSED(RUN("run", "s.json", "-out", "d"), "-out: found unknown option", "\"--out\"");
    REFUSED(RUN("run", "s.json", "-o"), "-o: found no value");
    REFUSED(RUN("run", "s.json", "-q=1"), "-q=1: found 1, expected no value");
    REFUSED(RUN("presets", "-q"), "-q: found unknown option");
    free(version);
    free(letter);
    scratch_remove(scratch);
}

/* The manual page ------------------------------------------------------------------------------ */

/* The page as a reader sees its letters: escapes undone, fonts gone, one line. */
static char *plain_page(void) {
    char *page = said(RUN("help", "--man"));
    char *to = page;
    for (const char *at = page; *at != '\0'; at++) {
        if (strncmp(at, "\\f", 2) == 0) {
            at += 2;
        } else if (strncmp(at, "\\-", 2) == 0) {
            *to++ = '-';
            at++;
        } else {
            *to++ = *at == '\n' ? ' ' : *at;
        }
    }
    *to = '\0';
    return page;
}

/* What stands between two texts; owned by the caller. */
static char *between(const char *text, const char *begin, const char *end) {
    const char *from = strstr(text, begin);
    cr_assert_not_null(from, "no %s", begin);
    const char *to = strstr(from + 1, end);
    return to ? memory_text_n(from, (size_t)(to - from)) : memory_text(from);
}

Test(cli_help, the_manual_page_has_every_option_of_every_command) {
    char *page = plain_page();
    char *explained = between(page, ".SH OPTIONS", ".SH PRESETS");
    Words commands = all_commands();
    for (size_t i = 0; i < commands.count; i++) {
        char *heading = memory_format(".SS %s ", commands.items[i]);
        char *section = between(page, heading, ".S");
        char *example = memory_format(".nf autoscale-sim %s", commands.items[i]);
        cr_assert_not_null(strstr(section, example), "no example in: %s", section);
        Words options = options_of(commands.items[i], NULL);
        for (size_t j = 0; j < options.count; j++) {
            char *term = memory_format(".TP %s", options.items[j]);
            cr_assert_not_null(strstr(explained, term), "%s is not explained", options.items[j]);
            const bool is_flag = strstr(strstr(explained, ".SH FLAGS"), term) != NULL;
            cr_assert(strstr(section, options.items[j]) || (is_flag && strstr(section, "firectl")),
                      "%s: %s", options.items[j], section);
            free(term);
        }
        words_clear(&options);
        free(example);
        free(section);
        free(heading);
    }
    words_clear(&commands);
    free(explained);
    free(page);
}

static bool have_program(const char *name) {
    char *command = memory_format("command -v %s >/dev/null 2>&1", name);
    const bool have = system(command) == 0;
    free(command);
    return have;
}

/* Runs a shell command in the scratch directory; returns what it printed, owned by the caller. */
static char *shell(const char *scratch, const char *command) {
    char *whole = memory_format("cd '%s' && ( %s ) > out.txt 2>&1", scratch, command);
    const int status = system(whole);
    char *text = folder_file_bytes(scratch, "out.txt", NULL);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: %s", command, text);
    free(whole);
    return text;
}

Test(cli_help, the_manual_page_is_sound) {
    const bool groff = have_program("groff");
    if (!groff && !have_program("man")) {
        cr_skip_test("neither groff nor man is here (apt-get install man-db)");
    }
    char *scratch = scratch_make();
    char *page = said(RUN("help", "--man"));
    free(scratch_text(scratch, "page.1", page));
    char *warnings =
        shell(scratch, groff ? "groff -man -ww -Tutf8 page.1 2>&1 >page.txt"
                             : "LC_ALL=C.UTF-8 man --warnings -l page.1 2>&1 >page.txt");
    cr_assert_str_empty(warnings, "%s", warnings);
    char *shown = folder_file_bytes(scratch, "page.txt", NULL);
    cr_assert_not_null(strstr(shown, "    autoscale-sim run scenarios/flash-crowd.json\n"));
    for (const char *at = page; *at != '\0'; at++) { /* no byte that an old terminal cannot show */
        cr_assert((*at >= ' ' && *at <= '~') || *at == '\n', "byte 0x%02x", (unsigned char)*at);
    }
    free(shown);
    free(warnings);
    free(page);
    scratch_remove(scratch);
}

/* Completion ----------------------------------------------------------------------------------- */

/* A scratch directory with the script, and something to complete. */
static char *completing(void) {
    if (!have_program("bash")) {
        cr_skip_test("bash is not here");
    }
    char *scratch = scratch_make();
    char *script = said(RUN("help", "--completion", "bash"));
    free(scratch_text(scratch, "script", script));
    free(scratch_text(scratch, "my day.json", "{}"));
    free(scratch_text(scratch, "log.csv", ""));
    free(shell(scratch, "bash -n script && mkdir results"));
    free(script);
    return scratch;
}

/* What is offered for the last of the words, which are bash's own: "--set a = b". Each on a line.
 */
static char *offered(const char *scratch, const char *words) {
    char *command =
        memory_format("bash -c 'set -u; source ./script; COMP_WORDS=(autoscale-sim \"$@\"); "
                      "COMP_CWORD=$#; _autoscale_sim; ((${#COMPREPLY[@]} == 0)) || "
                      "printf \"%%s\\n\" \"${COMPREPLY[@]}\"' bash %s",
                      words);
    char *text = shell(scratch, command);
    free(command);
    return text;
}

static void expect_offered(const char *scratch, const char *words, const char *expected) {
    char *text = offered(scratch, words);
    cr_assert_str_eq(text, expected, "%s: %s", words, text);
    free(text);
}

Test(cli_help, completes_commands_and_options) {
    char *scratch = completing();
    expect_offered(scratch, "val", "validate\n");
    expect_offered(scratch, "run --forc", "--force\n");
    expect_offered(scratch, "presets --forc", ""); /* not its own */
    expect_offered(scratch, "run --scale-to", "--scale-to-zero-window\n");
    expect_offered(scratch, "plot --scale-to", "");
    expect_offered(scratch, "trace con", "convert\n");
    expect_offered(scratch, "trace fit log.csv --thr", "--threshold\n");
    expect_offered(scratch, "trace convert log.csv --thr", "");
    expect_offered(scratch, "run -- --forc", ""); /* a file's name, after -- */
    expect_offered(scratch, "help trace gen", "generate\n");
    expect_offered(scratch, "help validat", "validate\n");
    expect_offered(scratch, "nonsense --o", "");
    scratch_remove(scratch);
}

Test(cli_help, completes_files) {
    char *scratch = completing();
    expect_offered(scratch, "run ''", "my day.json\nresults\n");
    expect_offered(scratch, "compare 'my day.json' m", "my day.json\n");
    expect_offered(scratch, "run 'my day.json' --out ''", "results\n");
    expect_offered(scratch, "run --out results m", "my day.json\n");
    expect_offered(scratch, "run --trace lo", "log.csv\n");
    expect_offered(scratch, "run --trace = lo", "log.csv\n");
    expect_offered(scratch, "plot ''", "results\n");
    expect_offered(scratch, "trace convert lo", "log.csv\n");
    expect_offered(scratch, "trace generate my", "my day.json\n");
    scratch_remove(scratch);
}

Test(cli_help, completes_values) {
    char *scratch = completing();
    expect_offered(scratch, "run x --preset perf", "performance\n");
    expect_offered(scratch, "run x --preset = perf", "performance\n");
    expect_offered(scratch, "run x --preset=perf", "--preset=performance\n"); /* unsplit */
    expect_offered(scratch, "trace convert x --to vi", "vidur\n");
    expect_offered(scratch, "trace fit x --format moon", "mooncake\n");
    expect_offered(scratch, "run x --seed ''", ""); /* anyone's guess */
    expect_offered(scratch, "run x --load-targets conc", "concurrent_requests=\n");
    expect_offered(scratch, "help --completion ''", "bash\nzsh\nfish\n");
    scratch_remove(scratch);
}

Test(cli_help, completes_paths_of_set) {
    char *scratch = completing();
    expect_offered(scratch, "run x --set dur", "duration=\n");
    expect_offered(scratch, "run x --set sl", "slo.\n");
    expect_offered(scratch, "run x --set slo.t", "slo.ttft=\nslo.tpot=\n");
    expect_offered(scratch, "run x --set deployments.", "deployments.*.\n");
    expect_offered(scratch, "run x --set deployments.chat.autoscaling.window",
                   "deployments.chat.autoscaling.window_rule=\n");
    expect_offered(scratch, "run x --set deployments.chat.autoscaling.window_rule = s",
                   "stabilize\nsustain\n");
    expect_offered(scratch, "run x --set \"'drain=\"", "drain=true\ndrain=false\n"); /* quoted */
    expect_offered(scratch, "trace fit x --set time_u", "time_unit=\n"); /* of the file */
    expect_offered(scratch, "trace generate x --set time_u", "");        /* of the scenario */
    scratch_remove(scratch);
}

static void expect_all_offered(const char *scratch, const char *command, const char *sub_command) {
    char *words = memory_format("%s %s --", command, sub_command ? sub_command : "");
    char *text = offered(scratch, words);
    Words options = options_of(command, sub_command);
    size_t lines = 0;
    for (const char *at = text; *at != '\0'; at++) {
        lines += *at == '\n';
    }
    cr_assert_eq(lines, options.count + 1, "%s: %s", words, text); /* and --help */
    char *framed = memory_format("\n%s", text);
    for (size_t i = 0; i < options.count; i++) {
        char *line = memory_format("\n%s\n", options.items[i]);
        cr_assert_not_null(strstr(framed, line), "%s is not offered in %s", options.items[i], text);
        free(line);
    }
    free(framed);
    words_clear(&options);
    free(text);
    free(words);
}

Test(cli_help, completes_every_option_of_every_command) {
    char *scratch = completing();
    Words commands = all_commands();
    for (size_t i = 0; i < commands.count; i++) {
        Words below = sub_commands(commands.items[i]);
        expect_all_offered(scratch, commands.items[i], NULL);
        for (size_t j = 0; j < below.count; j++) {
            expect_all_offered(scratch, commands.items[i], below.items[j]);
        }
        words_clear(&below);
    }
    words_clear(&commands);
    scratch_remove(scratch);
}
