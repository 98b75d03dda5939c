// SPDX-License-Identifier: GPL-3.0-or-later
/* The manual page and the completions: man_page.roff and completion.{bash,zsh,fish} with the tables
 * of commands and options in the places of their @@names@@.
 *
 * In roff, texts never stand in a macro's arguments, where quotes would need care, but in lines of
 * their own, escaped. In bash and zsh, whose tables are the same text, an option is written
 * "--name", or "--name=KIND" if it takes a value; a KIND is what may stand there: words, or @file,
 * @directory, @scenario, @path (of --set), @key (of a trace), separated by |. */
#include "base/memory.h"
#include "cli/commands.h"
#include "scenario/firectl.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"
#include "traffic/trace.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char man_page_data[], completion_bash_data[], completion_zsh_data[],
    completion_fish_data[];

/* What is printed for an @@name@@; the end of its line goes with it. */
typedef struct Part {
    const char *name;
    void (*print)(void);
} Part;

static void print_template(const char *text, const Part parts[], size_t count) {
    const char *at;
    while ((at = strstr(text, "@@")) != NULL) {
        printf("%.*s", (int)(at - text), text);
        at += 2;
        const size_t length = strcspn(at, "@");
        for (size_t i = 0; i < count; i++) {
            if (strlen(parts[i].name) == length && strncmp(parts[i].name, at, length) == 0) {
                parts[i].print();
            }
        }
        text = at + length + 2;
        text += *text == '\n';
    }
    fputs(text, stdout);
}

static void print_version(void) {
    fputs(ASIM_VERSION, stdout);
}

/* Roff --------------------------------------------------------------------------------------- */

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

static void print_escaped(const char *text, size_t length) {
    for (const char *end = text + length; text < end;) {
        const unsigned long code = decode(&text);
        const char *escape = escaped(code);
        if (escape) {
            fputs(escape, stdout);
        } else if (code < 0x80) {
            putchar((int)code);
        } else {
            printf("\\[u%04lX]", code);
        }
    }
}

/* Lines of text: a dot or an apostrophe at the beginning would be a request. */
static void print_lines(const char *text) {
    while (*text != '\0') {
        const size_t length = strcspn(text, "\n");
        fputs(*text == '.' || *text == '\'' ? "\\&" : "", stdout);
        print_escaped(text, length);
        putchar('\n');
        text += length + (text[length] == '\n');
    }
}

/* "describe|convert FILE...": what is typed as it is in bold, what stands for something in italics.
 */
static void print_operands(const char *operands) {
    while (*operands != '\0') {
        const size_t length = strcspn(operands, " |[]=.");
        if (length > 0) {
            fputs(isupper((unsigned char)*operands) ? "\\fI" : "\\fB", stdout);
            print_escaped(operands, length);
            fputs("\\fR", stdout);
            operands += length;
        } else {
            print_escaped(operands++, 1);
        }
    }
}

/* A printf of roff for texts: %s escaped, %l as lines, %o as operands. */
static void roff(const char *format, ...) {
    va_list texts;
    va_start(texts, format);
    for (; *format; format++) {
        if (*format != '%') {
            putchar(*format);
            continue;
        }
        const char *text = va_arg(texts, const char *);
        switch (*++format) {
        case 'l': print_lines(text); break;
        case 'o': print_operands(text); break;
        default: print_escaped(text, strlen(text)); break;
        }
    }
    va_end(texts);
}

/* "trace fit": what comes before a command's name, and its name. */
#define WORDS(command) (command)->of ? (command)->of : "", (command)->of ? " " : "", (command)->name

static void print_synopsis(const Command *command) {
    roff("\\fBautoscale\\-sim %s%s%s\\fR", WORDS(command));
    roff("%s%o", *command->operands ? " " : "", command->operands);
    roff(command_next_option(command, NULL) ? " [\\fIoption\\fR...]\n" : "\n");
}

static void print_synopses(void) {
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        print_synopsis(command);
    }
}

/* "--out, -o DIR" */
static void print_option(const CliOption *option) {
    const char letter[] = {command_option_letter(option), '\0'};
    roff("\\fB\\-\\-%s\\fR", option->name);
    if (*letter) {
        roff(", \\fB\\-%s\\fR", letter);
    }
    roff("%s%o", option->value ? " " : "", option->value ? option->value : "");
}

static void print_use(const Command *command) {
    const CliOption *option = command_next_option(command, NULL);
    print_synopsis(command);
    roff(".PP\n%l", command->help);
    for (const char *before = ".PP\nOptions: "; option; before = ",\n") {
        roff(before);
        print_option(option);
        option = command_next_option(command, option);
        if (!option) {
            roff(command_takes_flags(command) ? "; and firectl\\(aqs flags.\n" : ".\n");
        }
    }
    roff(".PP\n.RS 4\n.nf\n%l.fi\n.RE\n", command->example);
}

static void print_commands(void) {
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        const Command *own = command_next(command, NULL);
        roff(".SS %s\n", command->name);
        if (!own) {
            print_use(command);
            continue;
        }
        roff("%l", command->help);
        for (; own; own = command_next(command, own)) {
            roff(".PP\n");
            print_use(own);
        }
    }
}

/* "(run, compare, trace fit)": who knows the option. */
static void print_who_knows(const CliOption *option) {
    const char *before = ".br\n(";
    for (const Command *command = commands; command->name; command++) {
        if ((option->commands & command->bits) && command->run) {
            roff(before);
            roff("\\fB%s%s%s\\fR", WORDS(command));
            before = ", ";
        }
    }
    roff(")\n");
}

static int compare_options(const void *one, const void *other) {
    const CliOption *const *a = one, *const *b = other;
    const int order = strcmp((*a)->name, (*b)->name);
    return order != 0 ? order : (*a > *b) - (*a < *b);
}

static void print_options(void) {
    size_t count = 0;
    while (cli_options[count].name) {
        count++;
    }
    const CliOption **options = memory_new(count, sizeof(const CliOption *));
    for (size_t i = 0; i < count; i++) {
        options[i] = &cli_options[i];
    }
    qsort(options, count, sizeof(const CliOption *), compare_options);
    for (size_t i = 0; i < count; i++) {
        roff(".TP\n");
        print_option(options[i]);
        roff("\n%l", options[i]->help);
        print_who_knows(options[i]);
    }
    free(options);
}

static void print_flags(void) {
    const char *before = "";
    ScenarioFlag flag;
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        if (command_takes_flags(command)) {
            roff("%s\\fB%s\\fR", before, command->name);
            before = ",\n";
        }
    }
    roff(".\n");
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        roff(".TP\n\\fB\\-\\-%s\\fR \\fIvalue\\fR\n%l", flag.name, flag.option->help);
        if (flag.option->default_text) {
            roff("(default %s)\n", flag.option->default_text);
        }
    }
}

static void print_presets(void) {
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        roff(".TP\n\\fB%s\\fR\n%l", presets[i].name, presets[i].title);
    }
}

static void print_keys(void) {
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        roff(".TP\n\\fB%s\\fR", *section.path ? section.path : "the scenario itself");
        if (section.kind) {
            roff(" (%s)", section.kind);
        }
        roff("\n");
        for (const Option *option = section.options; option->name; option++) {
            roff("%s%s\n", option->name, option[1].name ? "," : "");
        }
    }
}

void manual_print_page(void) {
    static const Part parts[] = {
        {"version", print_version}, {"synopsis", print_synopses}, {"commands", print_commands},
        {"options", print_options}, {"flags", print_flags},       {"presets", print_presets},
        {"keys", print_keys},
    };
    print_template(man_page_data, parts, sizeof parts / sizeof *parts);
}

/* Bash, zsh: words --------------------------------------------------------------------------------
 */

static void list_choices(const Option *option) {
    for (size_t i = 0; option_choice(option, i); i++) {
        printf("%s%s", i ? "|" : "", option_choice(option, i));
    }
}

static void list_presets(void) {
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        printf("%s%s", i ? "|" : "", presets[i].name);
    }
}

static void list_formats(void) {
    list_choices(option_find(trace_options, "format"));
}

static void list_commands(const Command *of, const char *between) {
    const char *before = "";
    for (const Command *command = NULL; (command = command_next(of, command)) != NULL;) {
        printf("%s%s", before, command->name);
        before = between;
    }
}

static void list_program_commands(void) {
    list_commands(NULL, "|");
}

static void list_topics(void) {
    fputs("scenario|traffic", stdout);
    ScenarioSection section, before = {0};
    for (size_t i = 0; scenario_section(i, &section); i++) {
        if (section.kind && (!before.kind || strcmp(section.kind, before.kind) != 0)) {
            printf("|%s", section.kind);
        }
        before = section;
    }
}

/* What stands for something in the tables of commands and options, and how bash finds it. Any other
 * word in capitals is the user's own. */
static const struct {
    const char *word;
    const char *kind;   /* NULL: */
    void (*list)(void); /* this */
} stand_ins[] = {
    {"FILE", "@file", NULL},
    {"DIR", "@directory", NULL},
    {"SCENARIO", "@scenario", NULL},
    {"POLICY", "@file", NULL},
    {"OBSERVATIONS", "@file", NULL},
    {"PATH=VALUE", "@path", NULL},
    {"PRESET", NULL, list_presets},
    {"FORMAT", NULL, list_formats},
    {"COMMAND", NULL, list_program_commands},
    {"TOPIC", NULL, list_topics},
};

static bool is_literal(const char *word, size_t length) {
    for (size_t i = 0; i < length; i++) {
        if (!islower((unsigned char)word[i]) && !isdigit((unsigned char)word[i]) &&
            !strchr("-_", word[i])) {
            return false;
        }
    }
    return length > 0;
}

/* "[DIR|FILE]..." as "@directory|@file...". path: what PATH=VALUE is, "@path" or "@key". */
static void print_kind(const char *word, size_t length, const char *path) {
    while (length > 0) {
        const size_t part = strcspn(word, "[]|. ") < length ? strcspn(word, "[]|. ") : length;
        size_t i = 0, count = sizeof stand_ins / sizeof *stand_ins;
        while (i < count &&
               (strlen(stand_ins[i].word) != part || strncmp(stand_ins[i].word, word, part) != 0)) {
            i++;
        }
        if (i < count && stand_ins[i].list) {
            stand_ins[i].list();
        } else if (i < count) {
            fputs(strchr(stand_ins[i].word, '=') ? path : stand_ins[i].kind, stdout);
        } else if (is_literal(word, part)) {
            printf("%.*s", (int)part, word);
        }
        word += part;
        length -= part;
        for (; length > 0 && strchr("[]|.", *word); word++, length--) {
            if (*word == '|' || *word == '.') {
                putchar(*word);
            }
        }
    }
}

/* Bash, zsh: tables -------------------------------------------------------------------------------
 */

/* Of a command of a command the second operand is its own. "FILE | --merge DIR...": a first operand
 * that may be a directory too, which @file is. */
static void print_places(const Command *command) {
    const char *operands =
        command->of ? command_find(NULL, command->of)->operands : command->operands;
    fputs("        operands=(", stdout);
    for (size_t place = 0; *operands; operands += strspn(operands, " ")) {
        const size_t length = strcspn(operands, " ");
        const char *word = place > 0 && command->of ? command->operands : operands;
        if (*operands != '-' && *operands != '|') {
            fputs(place++ > 0 ? " '" : "'", stdout);
            print_kind(word, word == operands ? length : strlen(word), "");
            putchar('\'');
        }
        operands += length;
    }
    puts(")");
}

/* '--out=@directory' '-o=@directory' */
static void print_entry(const CliOption *option, bool is_of_trace) {
    const char letter[] = {command_option_letter(option), '\0'};
    for (int i = 0; i < (*letter ? 2 : 1); i++) {
        printf("            '%s%s%s", i ? "-" : "--", i ? letter : option->name,
               option->value ? "=" : "");
        if (option->value) {
            print_kind(option->value, strlen(option->value), is_of_trace ? "@key" : "@path");
        }
        puts("'");
    }
}

static void print_case(const Command *command) {
    /* --set of a recorded file sets its own keys. */
    const bool is_of_trace = (command->bits & CLI_TRACE) && command->bits != CLI_TRACE_GENERATE;
    printf("    '%s%s%s')\n", WORDS(command));
    print_places(command);
    puts("        known=(");
    for (const CliOption *option = NULL; (option = command_next_option(command, option)) != NULL;) {
        print_entry(option, is_of_trace);
    }
    puts(command_takes_flags(command) ? "            \"${_autoscale_sim_flags[@]}\")"
                                      : "        )");
    puts("        ;;");
}

static void print_cases(void) {
    fputs("\n_autoscale_sim_tables() { # \"COMMAND\", \"COMMAND SUBCOMMAND\"\n    case $1 in\n",
          stdout);
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        const Command *own = command_next(command, NULL);
        print_case(command);
        if (!own) {
            continue;
        }
        for (; own; own = command_next(command, own)) {
            print_case(own);
        }
        printf("    'help %s') operands=('' '", command->name); /* `help trace fit` */
        list_commands(command, "|");
        puts("') ;;");
    }
    puts("    esac\n}");
}

/* What an option of a scenario takes, if that is one of a few words. */
static void print_option_kind(const Option *option) {
    if (option->type == OPTION_CHOICE) {
        list_choices(option);
    } else if (option->type == OPTION_BOOLEAN) {
        fputs("true|false", stdout);
    } else if (option->type == OPTION_GROUP) { /* given to a flag */
        for (const Option *member = option->group; member->name; member++) {
            printf("%s=%s", member->name, member[1].name ? "|" : "");
        }
    }
}

static void print_flag_names(void) {
    fputs("_autoscale_sim_flags=(\n", stdout);
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        printf("    '--%s=", flag.name);
        if (flag.option->type != OPTION_BOOLEAN) { /* --region: firectl has its own words */
            print_option_kind(flag.option);
        }
        fputs("'\n", stdout);
    }
    fputs(")\n", stdout);
}

/* "deployments.NAME" as "deployments.*": what stands for any name. */
static void print_section_path(const char *path) {
    for (; *path; path += *path != '\0') {
        const size_t length = strcspn(path, ".");
        if (isupper((unsigned char)*path)) {
            putchar('*');
        } else {
            printf("%.*s", (int)length, path);
        }
        putchar('.');
        path += length;
    }
}

static void print_section(const char *path, const Option options[]) {
    for (const Option *option = options; option->name; option++) {
        if (option->type == OPTION_GROUP) {
            continue; /* a section of its own */
        }
        fputs("    '", stdout);
        print_section_path(path);
        fputs(option->name, stdout);
        if (option->type == OPTION_CHOICE || option->type == OPTION_BOOLEAN) {
            putchar('=');
            print_option_kind(option);
        }
        fputs("'\n", stdout);
    }
}

static void print_paths(void) {
    ScenarioSection section;
    fputs("_autoscale_sim_all_paths=(\n", stdout);
    for (size_t i = 0; scenario_section(i, &section); i++) {
        print_section(section.path, section.options);
    }
    fputs(")\n_autoscale_sim_all_keys=(\n", stdout);
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const TrafficKind *kind = section.kind ? traffic_kind_find(section.kind) : NULL;
        if (kind && kind->recorded) {
            print_section("", section.options);
        }
    }
    fputs(")\n", stdout);
}

static void print_tables(void) {
    fputs("_autoscale_sim_commands=(", stdout);
    list_commands(NULL, " ");
    puts(")");
    print_flag_names();
    print_paths();
    print_cases();
}

/* Fish: a line for each thing that may be typed ---------------------------------------------- */

/* In single quotes. */
static void print_quoted(const char *text) {
    putchar('\'');
    for (; *text != '\0'; text++) {
        printf("%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    }
    putchar('\'');
}

/* "complete ... -n CONDITION", of a command's line, or of its own command's. */
static void print_fish_line(const Command *command) {
    printf("complete -c autoscale-sim -n '__autoscale_sim_is %s%s%s'", WORDS(command));
}

static bool is_of(const char *word, const char *part) {
    return strstr(word, part) != NULL;
}

/* What may stand for a word: files, directories, or words, which come from the tables as bash's do.
 */
static void print_fish_kind(const char *word) {
    if (is_of(word, "FILE") || is_of(word, "SCENARIO")) {
        fputs(" -F", stdout);
        return;
    }
    fputs(is_of(word, "DIR") ? " -fa '(__fish_complete_directories)"
                             : " -fa '(string split \"|\" -- \"",
          stdout);
    if (!is_of(word, "DIR")) {
        print_kind(word, strcspn(word, " "), "");
        fputs("\")", stdout);
    }
    putchar('\'');
}

static void print_fish_option(const Command *command, const CliOption *option) {
    const char letter = command_option_letter(option);
    print_fish_line(command);
    printf(" -l %s", option->name);
    if (letter) {
        printf(" -s %c", letter);
    }
    if (option->value) {
        fputs(" -r", stdout);
        print_fish_kind(option->value);
    }
    fputs(" -d ", stdout);
    print_quoted(option->help);
    putchar('\n');
}

static void print_fish_flags(const Command *command) {
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        print_fish_line(command);
        printf(" -l %s -x -a '(string split \"|\" -- \"", flag.name);
        print_option_kind(flag.option);
        fputs("\")' -d ", stdout);
        print_quoted(flag.option->help);
        putchar('\n');
    }
}

static void print_fish_name(const Command *command) {
    printf("complete -c autoscale-sim -f -n '__autoscale_sim_is %s' -a %s -d ",
           command->of ? command->of : "", command->name);
    print_quoted(command->help);
    putchar('\n');
}

static void print_fish_command(const Command *command) {
    const Command *own = command_next(command, NULL);
    print_fish_name(command);
    for (; own; own = command_next(command, own)) {
        print_fish_command(own);
    }
    if (!command_next(command, NULL) && *command->operands) {
        print_fish_line(command);
        print_fish_kind(command->operands);
        putchar('\n');
    }
    for (const CliOption *option = NULL; (option = command_next_option(command, option)) != NULL;) {
        print_fish_option(command, option);
    }
    if (command_takes_flags(command)) {
        print_fish_flags(command);
    }
}

static void print_fish_commands(void) {
    for (const Command *command = NULL; (command = command_next(NULL, command)) != NULL;) {
        print_fish_command(command);
    }
}

/* The shells ----------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    const char *script;
    void (*print_tables)(void);
} shells[] = {
    {"bash", completion_bash_data, print_tables},
    {"zsh", completion_zsh_data, print_tables},
    {"fish", completion_fish_data, print_fish_commands},
};

bool manual_print_completion(const char *shell) {
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            const Part parts[] = {{"version", print_version}, {"tables", shells[i].print_tables}};
            print_template(shells[i].script, parts, sizeof parts / sizeof *parts);
            return true;
        }
    }
    return false;
}
