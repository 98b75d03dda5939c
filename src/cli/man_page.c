// SPDX-License-Identifier: GPL-3.0-or-later
/* Roff from the tables. Texts never stand in a macro's arguments, where quotes would need care, but
 * in lines of their own, escaped. */
#include "cli/man_page.h"

#include "base/memory.h"
#include "cli/command_options.h"
#include "scenario/firectl.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct ManRow {
    const char *name; /* NULL ends the table */
    const char *text;
} ManRow;

static const ManRow files[] = {
    {"summary.csv", "what became of the requests, how long they waited and what it cost: a row per "
                    "deployment"},
    {"timeseries.csv", "load, replicas, latency and cost, a row per deployment and interval"},
    {"events.csv", "every decision of the autoscaler with its reason, every replica's transitions"},
    {"latency_histogram.csv", "the distributions of the latencies"},
    {"requests.csv", "a row per request (with --requests)"},
    {"scenario.json", "the scenario as it was run, with every default filled in"},
    {"manifest.json", "version, seed, command line, digests of the inputs"},
    {"comparison.csv, statistics.csv", "of compare: the runs side by side; differences to the "
                                       "first, with their intervals"},
    {"results.csv, aggregate.csv, axes.csv", "of a sweep: a row per cell and replication; means "
                                             "with their intervals; the axes"},
    {"evaluations.csv, front.csv, winner.firectl.txt",
     "of optimize: all that was tried; the choices that nobody would pass over; the cheapest as a "
     "command of firectl"},
    {"report.html", "of report: a page to look around in"},
    {"plots/", "pictures, as PNG and SVG (with --plot, or by the command plot)"},
    {NULL, NULL},
};

static const ManRow exit_statuses[] = {
    {"0", "done"},
    {"1",
     "a failure of the system: no memory, a full disk, a place that cannot be written, gnuplot "
     "that is not there; nothing half-written stays"},
    {"2", "a mistake in the command line or in a file, or a file that is not there or may not be "
          "read; mistakes are told together, nothing is written"},
    {"130, 143, 129", "interrupted by SIGINT, SIGTERM, SIGHUP; nothing half-written stays"},
    {"141", "the reader of a pipe has seen enough (SIGPIPE); said without a word"},
    {NULL, NULL},
};

static const ManRow environment[] = {
    {"PATH", "where gnuplot(1) is looked for"},
    {"ASIM_DYGRAPHS",
     "the folder of dygraphs, for report, where it is not Debian's libjs-dygraphs"},
    {"JOB_COMPLETION_INDEX", "of a Kubernetes indexed job: which part of a sweep to run, with "
                             "--shard auto"},
    {"SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_COUNT",
     "of a Slurm job array: likewise"},
    {"SLURM_CPUS_PER_TASK", "how many simulations go on at a time, unless --jobs says so"},
    {NULL, NULL},
};

static const ManRow examples[] = {
    {"A first experiment, and the same with one flag changed:",
     "autoscale-sim run scenarios/flash-crowd.json\n"
     "autoscale-sim run scenarios/flash-crowd.json --scale-up-window 5s"},
    {"Your own log in place of a scenario's, with pictures:",
     "autoscale-sim run scenarios/azure-code.json --trace my.csv --out my-run --plot"},
    {"Two documented patterns on the same requests:",
     "autoscale-sim compare scenarios/demo.json --preset cost-optimization --preset performance"},
    {NULL, NULL},
};

/* Escapes -------------------------------------------------------------------------------------- */

/* The code point at *text, which moves past it. */
static unsigned long decode(const char **text) {
    const unsigned char *p = (const unsigned char *)*text;
    const int more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : *p >= 0xc0 ? 1 : 0;
    unsigned long code = more == 3 ? *p & 0x07 : more == 2 ? *p & 0x0f : more == 1 ? *p & 0x1f : *p;
    for (int i = 1; i <= more && (p[i] & 0xc0) == 0x80; i++) {
        code = code << 6 | (p[i] & 0x3f);
    }
    *text += 1 + more;
    return code;
}

/* A character that roff, or the typesetting of a minus or a quote, would take for something else.
 */
static const char *escaped(unsigned long code) {
    switch (code) {
    case '-': return "\\-";
    case '\\': return "\\e";
    case '\'': return "\\(aq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    default: return NULL;
    }
}

static void print_part(FILE *stream, const char *text, size_t length) {
    for (const char *end = text + length; text < end;) {
        const unsigned long code = decode(&text);
        const char *escape = escaped(code);
        if (escape) {
            fputs(escape, stream);
        } else if (code < 0x80) {
            fputc((int)code, stream);
        } else {
            fprintf(stream, "\\[u%04lX]", code);
        }
    }
}

/* A text anywhere in a line. */
static void print_text(FILE *stream, const char *text) {
    print_part(stream, text, strlen(text));
}

/* Lines of text: a dot or an apostrophe at the beginning would be a request. */
static void print_lines(FILE *stream, const char *text) {
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        fputs(*text == '.' || *text == '\'' ? "\\&" : "", stream);
        print_part(stream, text, length);
        fputc('\n', stream);
        text += length + (text[length] == '\n');
    }
}

static void print_bold(FILE *stream, const char *text) {
    fputs("\\fB", stream);
    print_text(stream, text);
    fputs("\\fR", stream);
}

/* "describe|convert FILE...": what is typed as it is in bold, what stands for something in italics.
 */
static void print_operands(FILE *stream, const char *operands) {
    while (*operands != '\0') {
        const size_t length = strcspn(operands, " |[]=.");
        if (length > 0) {
            fputs(isupper((unsigned char)*operands) ? "\\fI" : "\\fB", stream);
            print_part(stream, operands, length);
            fputs("\\fR", stream);
            operands += length;
        } else {
            print_part(stream, operands++, 1);
        }
    }
}

/* Parts of sections ---------------------------------------------------------------------------- */

static void print_example(FILE *stream, const char *example) {
    fputs(".PP\n.RS 4\n.nf\n", stream);
    print_lines(stream, example);
    fputs(".fi\n.RE\n", stream);
}

static void print_rows(FILE *stream, const char *title, const ManRow rows[]) {
    fprintf(stream, ".SH %s\n", title);
    for (; rows->name; rows++) {
        fputs(".TP\n", stream);
        print_bold(stream, rows->name);
        fputc('\n', stream);
        print_lines(stream, rows->text);
    }
}

/* "--out DIR" */
static void print_option_name(FILE *stream, const CliOption *option) {
    fputs("\\fB\\-\\-", stream);
    print_text(stream, option->name);
    fputs("\\fR", stream);
    if (option->value) {
        fputc(' ', stream);
        print_operands(stream, option->value);
    }
}

static void print_synopsis_line(FILE *stream, const char *command, const char *sub_command,
                                const char *operands, bool has_options) {
    fputs("\\fBautoscale\\-sim ", stream);
    print_text(stream, command);
    if (sub_command) {
        fputc(' ', stream);
        print_text(stream, sub_command);
    }
    fputs("\\fR", stream);
    if (*operands) {
        fputc(' ', stream);
        print_operands(stream, operands);
    }
    fputs(has_options ? " [\\fIoption\\fR...]\n" : "\n", stream);
}

static void print_option_list(FILE *stream, const Command *command, const SubCommand *sub_command) {
    const CliOption *option = command_next_option(command, sub_command, NULL);
    if (!option) {
        return;
    }
    fputs(".PP\nOptions: ", stream);
    while (option) {
        const CliOption *next = command_next_option(command, sub_command, option);
        print_option_name(stream, option);
        fputs(next ? ",\n" : "", stream);
        option = next;
    }
    fputs(arguments_takes_flags(command->bit) ? "; and firectl\\(aqs flags.\n" : ".\n", stream);
}

static void print_command(FILE *stream, const Command *command) {
    fputs(".SS ", stream);
    print_text(stream, command->name);
    fputc('\n', stream);
    const SubCommand *sub_command = command_sub_commands(command);
    if (!sub_command) {
        print_synopsis_line(stream, command->name, NULL, command->operands,
                            command_next_option(command, NULL, NULL) != NULL);
        fputs(".PP\n", stream);
    }
    print_lines(stream, command->help);
    if (!sub_command) {
        print_option_list(stream, command, NULL);
        print_example(stream, command->example);
    }
    for (; sub_command && sub_command->name; sub_command++) {
        fputs(".PP\n", stream);
        print_synopsis_line(stream, command->name, sub_command->name, sub_command->operands, true);
        fputs(".PP\n", stream);
        print_lines(stream, sub_command->help);
        print_option_list(stream, command, sub_command);
        print_example(stream, sub_command->example);
    }
}

/* "(run, compare, trace fit)": who knows the option. */
static void print_who_knows(FILE *stream, const CliOption *option) {
    const char *before = ".br\n(";
    for (const Command *command = commands; command->name; command++) {
        const SubCommand *sub_command = command_sub_commands(command);
        if ((option->commands & command->bit) && !sub_command) {
            fputs(before, stream);
            print_bold(stream, command->name);
            before = ", ";
        }
        for (; (option->commands & command->bit) && sub_command && sub_command->name;
             sub_command++) {
            if (sub_command_knows(sub_command, option->name)) {
                char *name = memory_format("%s %s", command->name, sub_command->name);
                fputs(before, stream);
                print_bold(stream, name);
                before = ", ";
                free(name);
            }
        }
    }
    fputs(")\n", stream);
}

/* Sections ------------------------------------------------------------------------------------- */

static void print_head(FILE *stream) {
    fputs(".\\\" SPDX-License-Identifier: GPL-3.0-or-later\n"
          ".\\\" Made by `autoscale\\-sim help \\-\\-man` from its tables of options.\n"
          ".TH AUTOSCALE\\-SIM 1 \"\" \"autoscale\\-sim " ASIM_VERSION "\" \"User Commands\"\n"
          ".nh\n.ad l\n"
          ".SH NAME\nautoscale\\-sim \\- what would this autoscaling policy have cost, and how "
          "would it have felt?\n"
          ".SH SYNOPSIS\n.nf\n",
          stream);
    for (const Command *command = commands; command->name; command++) {
        print_synopsis_line(stream, command->name, NULL, command->operands,
                            command_next_option(command, NULL, NULL) != NULL);
    }
    fputs("\\fBautoscale\\-sim\\fR [\\fIcommand\\fR] \\fB\\-\\-help\\fR\n"
          "\\fBautoscale\\-sim \\-\\-version\\fR\n.fi\n",
          stream);
    fputs(".SH DESCRIPTION\n", stream);
    print_lines(
        stream,
        "A discrete-event simulator of autoscaled GPU deployments that serve language models. It "
        "is given traffic, a recorded log or a description, and an autoscaling policy, and tells "
        "what that policy would have cost and how it would have felt to the users.\nThe policy is "
        "that of Fireworks AI, by its public documentation; `autoscale-sim assumptions` lists what "
        "is assumed where the documentation is silent.");
    fputs(".PP\n", stream);
    print_lines(stream, "The same scenario and seed give the same bytes, whatever the machine.\n"
                        "Values follow an option after a space or an equals sign; -- ends the "
                        "options; the file - is standard input.");
}

static int compare_options(const void *one, const void *other) {
    const CliOption *const *a = one, *const *b = other;
    const int order = strcmp((*a)->name, (*b)->name);
    return order != 0 ? order : (*a > *b) - (*a < *b);
}

static void print_options(FILE *stream) {
    size_t count = 0;
    while (cli_options[count].name) {
        count++;
    }
    const CliOption **options = memory_new(count, sizeof(const CliOption *));
    for (size_t i = 0; i < count; i++) {
        options[i] = &cli_options[i];
    }
    qsort(options, count, sizeof(const CliOption *), compare_options);
    fputs(".SH OPTIONS\n", stream);
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n", stream);
        print_option_name(stream, options[i]);
        fputc('\n', stream);
        print_lines(stream, options[i]->help);
        print_who_knows(stream, options[i]);
    }
    free(options);
}

static void print_flags(FILE *stream) {
    fputs(".SH FLAGS OF FIRECTL\n", stream);
    print_lines(stream, "They set options of every deployment of the scenario, by the names that "
                        "firectl has for them, in the commands:");
    const char *before = "";
    for (const Command *command = commands; command->name; command++) {
        if (arguments_takes_flags(command->bit)) {
            fputs(before, stream);
            print_bold(stream, command->name);
            before = ",\n";
        }
    }
    fputs(".\n", stream);
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        fputs(".TP\n\\fB\\-\\-", stream);
        print_text(stream, flag.name);
        fputs("\\fR \\fIvalue\\fR\n", stream);
        print_lines(stream, flag.option->help);
        if (flag.option->default_text) {
            fputs("(default ", stream);
            print_text(stream, flag.option->default_text);
            fputs(")\n", stream);
        }
    }
}

static void print_presets(FILE *stream) {
    fputs(".SH PRESETS\n", stream);
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        fputs(".TP\n", stream);
        print_bold(stream, presets[i].name);
        fputc('\n', stream);
        print_lines(stream, presets[i].title);
    }
}

static void print_keys(FILE *stream) {
    fputs(".SH SCENARIO FILES\n", stream);
    print_lines(stream, "JSON, with comments. These are the sections and their keys, with the "
                        "paths that --set takes; `autoscale-sim help scenario` explains each key "
                        "with its limits and its default, and `validate --print` writes a "
                        "scenario with all of them.");
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        fputs(".TP\n", stream);
        print_bold(stream, *section.path ? section.path : "the scenario itself");
        if (section.kind) {
            fputs(" (", stream);
            print_text(stream, section.kind);
            fputc(')', stream);
        }
        fputc('\n', stream);
        for (const Option *option = section.options; option->name; option++) {
            print_text(stream, option->name);
            fputs(option[1].name ? ",\n" : "\n", stream);
        }
    }
}

static void print_examples(FILE *stream) {
    fputs(".SH EXAMPLES\n", stream);
    for (const ManRow *example = examples; example->name; example++) {
        fputs(".PP\n", stream);
        print_lines(stream, example->name);
        print_example(stream, example->text);
    }
}

static void print_end(FILE *stream) {
    fputs(".SH REPORTING BUGS\n", stream);
    print_lines(stream, "Send the scenario, or the output directory's scenario.json and "
                        "manifest.json, which together repeat the run to the byte.");
    fputs(".SH COPYRIGHT\n", stream);
    print_lines(stream, "GPL-3.0-or-later, as the GNU Scientific Library that it is linked with.");
    fputs(".SH SEE ALSO\n\\fBgnuplot\\fR(1)\n", stream);
    fputs(".PP\n", stream);
    print_lines(stream, "The policy's documentation: docs.fireworks.ai/deployments/autoscaling");
}

void man_page_print(FILE *stream) {
    print_head(stream);
    fputs(".SH COMMANDS\n", stream);
    for (const Command *command = commands; command->name; command++) {
        print_command(stream, command);
    }
    print_options(stream);
    print_flags(stream);
    print_presets(stream);
    print_keys(stream);
    print_rows(stream, "EXIT STATUS", exit_statuses);
    print_rows(stream, "FILES", files);
    print_rows(stream, "ENVIRONMENT", environment);
    print_examples(stream);
    print_end(stream);
}
