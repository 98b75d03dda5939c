// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables as arrays of bash, and the functions that go through them. An option is written
 * "--name", or "--name=KIND" if it takes a value; a KIND is what may stand there: words, or @file,
 * @directory, @scenario, @path (of --set), @key (of a trace), separated by |. */
#include "cli/completion.h"

#include "cli/command_options.h"
#include "scenario/firectl.h"
#include "scenario/presets.h"
#include "scenario/scenario_options.h"
#include "traffic/trace.h"

#include <ctype.h>
#include <string.h>

static const char functions[] =
    "\n"
    "# Those that begin with an underscore and offer something add to COMPREPLY; CURRENT is what\n"
    "# has been typed of the value.\n"
    "\n"
    "_autoscale_sim_words() { # CURRENT WORD...\n"
    "    local current=$1 word\n"
    "    shift\n"
    "    for word; do\n"
    "        [[ $word == \"$current\"* ]] || continue\n"
    "        [[ $word == *[=.] ]] && compopt -o nospace 2>/dev/null\n"
    "        COMPREPLY+=(\"$word\")\n"
    "    done\n"
    "}\n"
    "\n"
    "_autoscale_sim_files() { # an action of compgen, with its operands\n"
    "    local file\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    while IFS= read -r file; do\n"
    "        COMPREPLY+=(\"$file\")\n"
    "    done < <(compgen \"$@\")\n"
    "}\n"
    "\n"
    "# CURRENT PATH[=CHOICE|...]...: part by part; where a path has a star, any name may stand.\n"
    "_autoscale_sim_paths() {\n"
    "    local current=$1 entry name parent word offered=' ' i\n"
    "    local -a typed parts choices\n"
    "    shift\n"
    "    if [[ $current == *=* ]]; then\n"
    "        name=${current%%=*}\n"
    "        for entry; do\n"
    "            if [[ $entry == *=* && $name == ${entry%%=*} ]]; then\n"
    "                IFS='|' read -ra choices <<< \"${entry#*=}\"\n"
    "                _autoscale_sim_words \"$current\" \"${choices[@]/#/$name=}\"\n"
    "                return\n"
    "            fi\n"
    "        done\n"
    "        return\n"
    "    fi\n"
    "    parent=${current%\"${current##*.}\"}\n"
    "    IFS=. read -ra typed <<< \"$parent\"\n"
    "    for entry; do\n"
    "        IFS=. read -ra parts <<< \"${entry%%=*}\"\n"
    "        ((${#parts[@]} > ${#typed[@]})) || continue\n"
    "        for ((i = 0; i < ${#typed[@]}; i++)); do\n"
    "            [[ ${parts[i]} == \"${typed[i]}\" || ${parts[i]} == '*' ]] || continue 2\n"
    "        done\n"
    "        word=$parent${parts[i]}\n"
    "        ((i + 1 < ${#parts[@]})) && word+=. || word+='='\n"
    "        if [[ $offered != *\" $word \"* ]]; then\n"
    "            offered+=\"$word \"\n"
    "            _autoscale_sim_words \"$current\" \"$word\"\n"
    "        fi\n"
    "    done\n"
    "}\n"
    "\n"
    "_autoscale_sim_value() { # KIND CURRENT\n"
    "    local part\n"
    "    local -a parts\n"
    "    IFS='|' read -ra parts <<< \"$1\"\n"
    "    for part in \"${parts[@]}\"; do\n"
    "        case $part in\n"
    "        '') ;;\n"
    "        @file) _autoscale_sim_files -f -- \"$2\" ;;\n"
    "        @directory) _autoscale_sim_files -d -- \"$2\" ;;\n"
    "        @scenario)\n"
    "            _autoscale_sim_files -f -X '!*.json' -- \"$2\"\n"
    "            _autoscale_sim_files -d -- \"$2\"\n"
    "            ;;\n"
    "        @path) _autoscale_sim_paths \"$2\" \"${_autoscale_sim_all_paths[@]}\" ;;\n"
    "        @key) _autoscale_sim_paths \"$2\" \"${_autoscale_sim_all_keys[@]}\" ;;\n"
    "        *) _autoscale_sim_words \"$2\" \"$part\" ;;\n"
    "        esac\n"
    "    done\n"
    "}\n"
    "\n"
    "# Does OPTION take a value? `kind` is then what.\n"
    "_autoscale_sim_takes_value() {\n"
    "    local entry\n"
    "    for entry in \"${options[@]}\"; do\n"
    "        if [[ $entry == \"$1=\"* ]]; then\n"
    "            kind=${entry#*=}\n"
    "            return 0\n"
    "        fi\n"
    "    done\n"
    "    return 1\n"
    "}\n"
    "\n";

static const char main_function[] =
    "_autoscale_sim() {\n"
    "    local current=${COMP_WORDS[COMP_CWORD]} whole head prefix= word option= kind= ended= "
    "glue= i\n"
    "    local -a words=() positional=() operands=() options=()\n"
    "    COMPREPLY=()\n"
    "    # Bash splits words at = and :, which are parts of ours.\n"
    "    for ((i = 1; i <= COMP_CWORD; i++)); do\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ $word =~ ^[=:]+$ ]] && ((${#words[@]})); then\n"
    "            words[-1]+=$word glue=1\n"
    "        elif [[ $glue && $word ]]; then\n"
    "            words[-1]+=$word glue=\n"
    "        else\n"
    "            words+=(\"$word\") glue=\n"
    "        fi\n"
    "    done\n"
    "    [[ $current =~ ^[=:]+$ ]] && current=\n"
    "    current=${current#[\\'\\\"]}\n"
    "    whole=${words[-1]#[\\'\\\"]}\n"
    "    unset 'words[-1]'\n"
    "    head=${whole%\"$current\"} # what bash keeps of it\n"
    "    if ((${#words[@]} == 0)); then\n"
    "        _autoscale_sim_words \"$whole\" \"${_autoscale_sim_commands[@]}\" --help --version\n"
    "        return\n"
    "    fi\n"
    "    _autoscale_sim_tables \"${words[0]}\"\n"
    "    for word in \"${words[@]:1}\"; do\n"
    "        if [[ $option ]]; then\n"
    "            option=\n"
    "        elif [[ $ended || $word != -?* ]]; then\n"
    "            positional+=(\"$word\")\n"
    "        elif [[ $word == -- ]]; then\n"
    "            ended=1\n"
    "        elif _autoscale_sim_takes_value \"$word\"; then\n"
    "            option=$word\n"
    "        fi\n"
    "    done\n"
    "    _autoscale_sim_tables \"${words[0]} ${positional[0]-}\"\n"
    "    if [[ ! $option && ! $ended && $whole == --*=* ]]; then\n"
    "        option=${whole%%=*}\n"
    "        prefix=$option=\n"
    "        whole=${whole#*=}\n"
    "    fi\n"
    "    i=${#positional[@]}\n"
    "    if [[ $option ]]; then\n"
    "        _autoscale_sim_takes_value \"$option\" && _autoscale_sim_value \"$kind\" \"$whole\"\n"
    "    elif [[ ! $ended && $whole == -* ]]; then\n"
    "        _autoscale_sim_words \"$whole\" \"${options[@]%%=*}\" --help\n"
    "    elif ((i < ${#operands[@]})); then\n"
    "        _autoscale_sim_value \"${operands[i]%...}\" \"$whole\"\n"
    "    elif ((i > 0)) && [[ ${operands[-1]-} == *... ]]; then\n"
    "        _autoscale_sim_value \"${operands[-1]%...}\" \"$whole\"\n"
    "    elif [[ ! $ended && ! $whole ]]; then\n"
    "        _autoscale_sim_words '' \"${options[@]%%=*}\" --help\n"
    "    fi\n"
    "    for i in \"${!COMPREPLY[@]}\"; do\n"
    "        word=$prefix${COMPREPLY[i]}\n"
    "        COMPREPLY[i]=${word#\"$head\"}\n"
    "    done\n"
    "}\n"
    "complete -F _autoscale_sim autoscale-sim\n";

/* Words ---------------------------------------------------------------------------------------- */

static void print_choices(FILE *stream, const Option *option) {
    for (size_t i = 0; option_choice(option, i); i++) {
        fprintf(stream, "%s%s", i ? "|" : "", option_choice(option, i));
    }
}

static void print_presets(FILE *stream) {
    size_t count;
    const ScenarioPreset *presets = scenario_presets(&count);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "%s%s", i ? "|" : "", presets[i].name);
    }
}

static void print_formats(FILE *stream) {
    print_choices(stream, option_find(trace_options, "format"));
}

static void print_commands(FILE *stream) {
    for (const Command *command = commands; command->name; command++) {
        fprintf(stream, "%s%s", command == commands ? "" : "|", command->name);
    }
}

static void print_topics(FILE *stream) {
    fputs("scenario|traffic", stream);
    ScenarioSection section, before = {0};
    for (size_t i = 0; scenario_section(i, &section); i++) {
        if (section.kind && (!before.kind || strcmp(section.kind, before.kind) != 0)) {
            fprintf(stream, "|%s", section.kind);
        }
        before = section;
    }
}

/* What stands for something in the tables of commands and options, and how bash finds it. Any other
 * word in capitals is the user's own. */
static const struct {
    const char *word;
    const char *kind;
    void (*print)(FILE *stream); /* or this */
} stand_ins[] = {
    {"FILE", "@file", NULL},           {"DIR", "@directory", NULL},
    {"SCENARIO", "@scenario", NULL},   {"PATH=VALUE", "@path", NULL},
    {"PRESET", NULL, print_presets},   {"FORMAT", NULL, print_formats},
    {"COMMAND", NULL, print_commands}, {"TOPIC", NULL, print_topics},
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

static void print_part(FILE *stream, const char *word, size_t length, bool is_of_trace) {
    for (size_t i = 0; i < sizeof stand_ins / sizeof stand_ins[0]; i++) {
        if (strlen(stand_ins[i].word) != length || strncmp(stand_ins[i].word, word, length) != 0) {
            continue;
        }
        const bool is_key = is_of_trace && strcmp(stand_ins[i].word, "PATH=VALUE") == 0;
        if (stand_ins[i].print) {
            stand_ins[i].print(stream);
        } else {
            fputs(is_key ? "@key" : stand_ins[i].kind, stream);
        }
        return;
    }
    if (is_literal(word, length)) {
        fprintf(stream, "%.*s", (int)length, word);
    }
}

/* "[DIR|FILE]..." as "@directory|@file...". */
static void print_kind(FILE *stream, const char *word, size_t length, bool is_of_trace) {
    while (length > 0) {
        const size_t part = strcspn(word, "[]|. ") < length ? strcspn(word, "[]|. ") : length;
        print_part(stream, word, part, is_of_trace);
        word += part;
        length -= part;
        for (; length > 0 && strchr("[]|.", *word); word++, length--) {
            if (*word == '|' || *word == '.') {
                fputc(*word, stream);
            }
        }
    }
}

/* Tables --------------------------------------------------------------------------------------- */

/* operand: of the sub-command, in place of the command's second; NULL: the command's. "FILE |
 * --merge DIR...": a first operand that may be a directory too, which @file is. */
static void print_operands(FILE *stream, const char *operands, const char *operand) {
    fputs("        operands=(", stream);
    for (size_t place = 0; *operands; operands += strspn(operands, " ")) {
        const size_t length = strcspn(operands, " ");
        const char *word = place > 0 && operand ? operand : operands;
        if (*operands != '-' && *operands != '|') {
            fputs(place++ > 0 ? " '" : "'", stream);
            print_kind(stream, word, word == operand ? strlen(operand) : length, false);
            fputc('\'', stream);
        }
        operands += length;
    }
    fputs(")\n", stream);
}

static void print_options(FILE *stream, const Command *command, const SubCommand *sub_command) {
    /* --set of a recorded file sets its own keys. */
    const bool is_of_trace =
        command->bit == CLI_TRACE && !(sub_command && strcmp(sub_command->operands, "FILE") != 0);
    fputs("        options=(\n", stream);
    const CliOption *option = command_next_option(command, sub_command, NULL);
    while (option) {
        fprintf(stream, "            '--%s%s", option->name, option->value ? "=" : "");
        if (option->value) {
            print_kind(stream, option->value, strlen(option->value), is_of_trace);
        }
        fputs("'\n", stream);
        option = command_next_option(command, sub_command, option);
    }
    fputs(arguments_takes_flags(command->bit) ? "            \"${_autoscale_sim_flags[@]}\")\n"
                                              : "        )\n",
          stream);
}

static void print_case(FILE *stream, const Command *command, const SubCommand *sub_command) {
    fprintf(stream, "    '%s%s%s')\n", command->name, sub_command ? " " : "",
            sub_command ? sub_command->name : "");
    print_operands(stream, command->operands, sub_command ? sub_command->operands : NULL);
    print_options(stream, command, sub_command);
    fputs("        ;;\n", stream);
}

/* `help trace fit`: the second operand of help. */
static void print_help_case(FILE *stream, const Command *command) {
    const SubCommand *sub_command = command_sub_commands(command);
    fprintf(stream, "    'help %s') operands[1]='", command->name);
    for (; sub_command->name; sub_command++) {
        fprintf(stream, "%s%s", sub_command->name, sub_command[1].name ? "|" : "");
    }
    fputs("' ;;\n", stream);
}

static void print_tables(FILE *stream) {
    fputs("\n_autoscale_sim_tables() { # \"COMMAND\", \"COMMAND SUBCOMMAND\"\n    case $1 in\n",
          stream);
    for (const Command *command = commands; command->name; command++) {
        print_case(stream, command, NULL);
        const SubCommand *sub_command = command_sub_commands(command);
        for (; sub_command && sub_command->name; sub_command++) {
            print_case(stream, command, sub_command);
        }
        if (command_sub_commands(command)) {
            print_help_case(stream, command);
        }
    }
    fputs("    esac\n}\n", stream);
}

/* What an option of a scenario takes, if that is one of a few words. */
static void print_option_kind(FILE *stream, const Option *option) {
    if (option->type == OPTION_CHOICE) {
        print_choices(stream, option);
    } else if (option->type == OPTION_BOOLEAN) {
        fputs("true|false", stream);
    } else if (option->type == OPTION_GROUP) { /* given to a flag */
        for (const Option *member = option->group; member->name; member++) {
            fprintf(stream, "%s=%s", member->name, member[1].name ? "|" : "");
        }
    }
}

static void print_flags(FILE *stream) {
    fputs("_autoscale_sim_flags=(\n", stream);
    ScenarioFlag flag;
    for (size_t i = 0; scenario_flag(i, &flag); i++) {
        fprintf(stream, "    '--%s=", flag.name);
        if (flag.option->type != OPTION_BOOLEAN) { /* --region: firectl has its own words */
            print_option_kind(stream, flag.option);
        }
        fputs("'\n", stream);
    }
    fputs(")\n", stream);
}

/* "deployments.NAME" as "deployments.*": what stands for any name. */
static void print_section_path(FILE *stream, const char *path) {
    for (; *path; path += *path != '\0') {
        const size_t length = strcspn(path, ".");
        if (isupper((unsigned char)*path)) {
            fputc('*', stream);
        } else {
            fprintf(stream, "%.*s", (int)length, path);
        }
        fputc('.', stream);
        path += length;
    }
}

static void print_section(FILE *stream, const char *path, const Option options[]) {
    for (const Option *option = options; option->name; option++) {
        if (option->type == OPTION_GROUP) {
            continue; /* a section of its own */
        }
        fputs("    '", stream);
        print_section_path(stream, path);
        fputs(option->name, stream);
        if (option->type == OPTION_CHOICE || option->type == OPTION_BOOLEAN) {
            fputc('=', stream);
            print_option_kind(stream, option);
        }
        fputs("'\n", stream);
    }
}

static void print_paths(FILE *stream) {
    ScenarioSection section;
    fputs("_autoscale_sim_all_paths=(\n", stream);
    for (size_t i = 0; scenario_section(i, &section); i++) {
        print_section(stream, section.path, section.options);
    }
    fputs(")\n_autoscale_sim_all_keys=(\n", stream);
    for (size_t i = 0; scenario_section(i, &section); i++) {
        const TrafficKind *kind = section.kind ? traffic_kind_find(section.kind) : NULL;
        if (kind && kind->recorded) {
            print_section(stream, "", section.options);
        }
    }
    fputs(")\n", stream);
}

void completion_print_bash(FILE *stream) {
    fputs("# SPDX-License-Identifier: GPL-3.0-or-later\n"
          "# Completes the command lines of autoscale-sim " ASIM_VERSION
          " in bash (4.3 or later).\n"
          "# Made by `autoscale-sim help --completion bash` from its tables of options.\n\n",
          stream);
    fputs("_autoscale_sim_commands=(", stream);
    for (const Command *command = commands; command->name; command++) {
        fprintf(stream, "%s%s", command == commands ? "" : " ", command->name);
    }
    fputs(")\n", stream);
    print_flags(stream);
    print_paths(stream);
    print_tables(stream);
    fputs(functions, stream);
    fputs(main_function, stream);
}
