// SPDX-License-Identifier: GPL-3.0-or-later
/* One row is all that an option takes: a program built with one more row in the policy's table
 * (one_row_option.def) reads it, changes it, shows it and refuses its misspellings everywhere. */
#include "support/program.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCENARIO                                                                                   \
    "{\"duration\": \"2m\", \"deployments\": {\"chat\": {\"model\": \"llama-v3p1-8b-instruct\", "  \
    "%s"                                                                                           \
    " \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 1, \"prompt_tokens\": 10,"             \
    " \"output_tokens\": 10}}}}"

static char *scratch, *program;

/* What the command says on both streams; owned by the caller. %s stands for the program. */
static char *said(const char *format) {
    char *command = NULL, *text = NULL;
    size_t command_length, length;
    FILE *line = open_memstream(&command, &command_length), *all = open_memstream(&text, &length);
    fprintf(line, "cd '%s' && { ", scratch);
    fprintf(line, format, program);
    fprintf(line, "; } 2>&1");
    fclose(line);
    FILE *stream = popen(command, "r");
    for (int c; (c = getc(stream)) != EOF;) {
        putc(c, all);
    }
    pclose(stream);
    fclose(all);
    free(command);
    return text;
}

static void expect(const char *format, const char *part) {
    char *text = said(format);
    cr_expect_not_null(strstr(text, part), "%s\nlacks %s:\n%s", format, part, text);
    free(text);
}

static void write_scenario(const char *name, const char *option) {
    char text[1024];
    snprintf(text, sizeof text, SCENARIO, option);
    free(scratch_text(scratch, name, text));
}

static void set_up(void) {
    const char *binary = getenv("ASIM_BINARY");
    const char *slash = binary != NULL ? strrchr(binary, '/') : NULL;
    program = memory_format("%.*s/one-row-option", slash != NULL ? (int)(slash - binary) : 1,
                            slash != NULL ? binary : ".");
    if (access(program, X_OK) != 0) {
        cr_skip_test("no %s", program);
    }
    scratch = scratch_make();
}

static void tear_down(void) {
    scratch_remove(scratch);
    free(program);
}

TestSuite(one_row_option, .init = set_up, .fini = tear_down);

Test(one_row_option, an_option_is_one_row) {
    write_scenario("own.json", "\"autoscaling\": {\"spare_usd\": 2.5},");
    write_scenario("plain.json", "");
    write_scenario("slip.json", "\"autoscaling\": {\"spare_us\": 2.5},");
    write_scenario("much.json", "\"autoscaling\": {\"spare_usd\": 25},");
    free(scratch_text(scratch, "sweep.json",
                      "{\"scenario\": \"plain.json\", \"replications\": 1, \"axes\": [{\"option\": "
                      "\"deployments.chat.autoscaling.spare_usd\", \"values\": [3, 4]}]}"));
    expect("%s run own.json --quiet --out own && cat own/scenario.json", "\"spare_usd\": 2.5");
    expect("%s run plain.json --quiet --out plain && cat plain/scenario.json",
           "\"spare_usd\": 1.5");
    expect("%s run plain.json --quiet --set deployments.*.autoscaling.spare_usd=7 --out set && cat "
           "set/scenario.json",
           "\"spare_usd\": 7");
    expect("%s run plain.json --quiet --spare-usd 8 --out flag && cat flag/scenario.json",
           "\"spare_usd\": 8");
    expect("%s run plain.json --quiet --out firectl --firectl 'firectl deployment create "
           "llama-v3p1-8b-instruct --spare-usd 9' && cat firectl/scenario.json",
           "\"spare_usd\": 9");
    expect("%s sweep sweep.json --quiet --out swept && cat swept/axes.csv", "spare_usd");
    expect("%s run slip.json",
           "slip.json:1: deployments.chat.autoscaling.spare_us: found an unknown key; did "
           "you mean \"spare_usd\"?");
    expect("%s run much.json",
           "deployments.chat.autoscaling.spare_usd: found 25, expected a number from 0 to "
           "10");
    expect("%s run plain.json --spare-us 1", "did you mean \"--spare-usd\"?");
    expect("%s help scenario", "spare_usd                          what one row is worth");
    expect("%s run --help", "--spare-usd                      what one row is worth (default 1.5)");
    expect("%s help --man", "spare\\-usd");
    expect("%s help --completion bash", "spare_usd");
    expect("%s assumptions", "spare_usd");
}
