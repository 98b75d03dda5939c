// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_origin.h"

#include "base/json.h"
#include "base/memory.h"
#include "engine/sim_time.h"
#include "output/assumptions.h"
#include "output/page_text.h"
#include "scenario/scenario_options.h"

#include <stdlib.h>
#include <string.h>

cJSON *page_origin_read(const char *folder, const char *name, ErrorList *errors) {
    char *path = memory_format("%s/%s", folder, name);
    const size_t before = errors->count;
    cJSON *tree = json_load(path, errors);
    free(path);
    if (errors->count > before) { /* a key twice: the tree is there, but which one counts? */
        cJSON_Delete(tree);
        tree = NULL;
    }
    return tree;
}

/* The manifest ------------------------------------------------------------------------------- */

static void write_value(FILE *stream, const cJSON *value) {
    char *text = cJSON_IsString(value) ? memory_text(value->valuestring) : json_print_line(value);
    page_text(stream, text);
    free(text);
}

/* "wall_time_s" as "wall time s" would lose its unit's place: names stay as they are. */
static void write_facts(FILE *stream, const cJSON *manifest) {
    fputs("<dl class=\"facts\">\n", stream);
    const cJSON *item;
    cJSON_ArrayForEach (item, manifest) {
        if (!cJSON_IsArray(item) && !cJSON_IsObject(item)) {
            fputs("<div>", stream);
            page_element(stream, "dt", item->string);
            fputs("<dd>", stream);
            write_value(stream, item);
            fputs("</dd></div>\n", stream);
        }
    }
    fputs("</dl>\n", stream);
}

/* An array of objects, with a column for each member of the first. */
static void write_rows(FILE *stream, const cJSON *rows) {
    fputs("<div class=\"box\" tabindex=\"0\"><table>", stream);
    page_element(stream, "caption", rows->string);
    fputs("<thead><tr>", stream);
    const cJSON *first = cJSON_GetArrayItem(rows, 0), *column, *row;
    cJSON_ArrayForEach (column, first) {
        fputs("<th scope=\"col\">", stream);
        page_text(stream, column->string);
        fputs("</th>", stream);
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
    cJSON_ArrayForEach (row, rows) {
        fputs("<tr>", stream);
        cJSON_ArrayForEach (column, first) {
            fputs("<td>", stream);
            const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, column->string);
            if (value != NULL && !cJSON_IsNull(value)) {
                write_value(stream, value);
            }
            fputs("</td>", stream);
        }
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table></div>\n", stream);
}

bool page_origin_write_manifest(FILE *stream, const char *folder, ErrorList *errors) {
    cJSON *manifest = page_origin_read(folder, "manifest.json", errors);
    if (manifest == NULL) {
        return false;
    }
    const cJSON *command = cJSON_GetObjectItemCaseSensitive(manifest, "command_line");
    if (command != NULL) {
        fputs("<p>This command made the results, and makes them again, to the byte:</p>\n"
              "<pre class=\"command\" tabindex=\"0\"><code>",
              stream);
        page_command(stream, command);
        fputs("</code></pre>\n", stream);
    }
    write_facts(stream, manifest);
    const cJSON *item;
    cJSON_ArrayForEach (item, manifest) {
        if (cJSON_IsArray(item) && cJSON_IsObject(item->child)) {
            write_rows(stream, item);
        }
    }
    cJSON_Delete(manifest);
    return true;
}

bool page_origin_write_document(FILE *stream, const char *folder, const char *name,
                                const char *title, ErrorList *errors) {
    char *path = memory_format("%s/%s", folder, name);
    size_t length;
    char *text = json_file_read(path, &length, errors);
    if (text != NULL) {
        fputs("<details><summary>", stream);
        page_text(stream, title);
        fputs("</summary><pre tabindex=\"0\"><code>", stream);
        page_text(stream, text);
        fputs("</code></pre></details>\n", stream);
    }
    free(path);
    const bool read = text != NULL;
    free(text);
    return read;
}

/* Assumptions -------------------------------------------------------------------------------- */

/* The values, each once, that objects at `path` of the tree have for the option. A word in capitals
 * stands for every name. */
static void collect(const cJSON *tree, const char *path, const char *option, cJSON *values) {
    if (tree == NULL) {
        return;
    }
    if (*path == '\0') {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(tree, option);
        char *text = value == NULL || cJSON_IsNull(value) ? NULL
                     : cJSON_IsString(value)              ? memory_text(value->valuestring)
                     : cJSON_IsObject(value)              ? NULL
                                                          : json_print_line(value);
        if (text != NULL && cJSON_GetObjectItemCaseSensitive(values, text) == NULL) {
            json_add(values, text, json_null());
        }
        free(text);
        return;
    }
    const size_t length = strcspn(path, ".");
    const char *rest = path + length + (path[length] == '.');
    if (*path >= 'A' && *path <= 'Z') {
        const cJSON *item;
        cJSON_ArrayForEach (item, tree) {
            collect(item, rest, option, values);
        }
        return;
    }
    char *name = memory_text_n(path, length);
    collect(cJSON_GetObjectItemCaseSensitive(tree, name), rest, option, values);
    free(name);
}

/* "60s" and "1m" are one value, as are "0.50" and "0.5". */
static bool same_value(const Option *option, const char *one, const char *other) {
    sim_time one_time, other_time;
    if (option->type == OPTION_DURATION && sim_time_parse(one, &one_time) &&
        sim_time_parse(other, &other_time)) {
        return one_time == other_time;
    }
    char *one_end, *other_end;
    const double one_number = strtod(one, &one_end), other_number = strtod(other, &other_end);
    const bool numbers =
        one_end > one && *one_end == '\0' && other_end > other && *other_end == '\0';
    return numbers ? one_number == other_number : strcmp(one, other) == 0;
}

static void write_option(FILE *stream, const ScenarioSection *section, const Option *option,
                         cJSON *const scenarios[], size_t count) {
    cJSON *values = json_object();
    for (size_t i = 0; i < count; i++) {
        collect(scenarios[i], section->path, option->name, values);
    }
    const char *fallback = option->default_text ? option->default_text : "";
    const cJSON *only = values->child;
    const bool other = only != NULL && *fallback != '\0' &&
                       (only->next != NULL || !same_value(option, only->string, fallback));
    fputs("<tr><th scope=\"row\">", stream);
    page_text(stream, option->name);
    fputs("</th><td>", stream);
    page_text(stream, *fallback != '\0' ? fallback : "\xe2\x80\x93");
    fputs(other ? "</td><td><strong>" : "</td><td>", stream);
    for (const cJSON *value = values->child; value != NULL; value = value->next) {
        page_text(stream, value->string);
        fputs(value->next != NULL ? ", " : "", stream);
    }
    fputs(other ? "</strong></td><td>" : "</td><td>", stream);
    page_text(stream, option->help);
    fputs("</td></tr>\n", stream);
    cJSON_Delete(values);
}

static void write_section(FILE *stream, const ScenarioSection *section, cJSON *const scenarios[],
                          size_t count) {
    bool begun = false;
    for (const Option *option = section->options; option->name; option++) {
        if (option->basis != OPTION_ASSUMED) {
            continue;
        }
        if (!begun) {
            fputs("<tbody><tr><th scope=\"rowgroup\" colspan=\"4\">", stream);
            page_text(stream, section->path);
            fputs("</th></tr>\n", stream);
            begun = true;
        }
        write_option(stream, section, option, scenarios, count);
    }
    fputs(begun ? "</tbody>\n" : "", stream);
}

void page_origin_write_assumptions(FILE *stream, cJSON *const scenarios[], size_t count) {
    fputs("<details><summary>What is assumed</summary>\n"
          "<p>What the platform's documentation leaves open, and what is assumed instead.</p>\n"
          "<div class=\"box\" tabindex=\"0\"><table class=\"prose\"><thead><tr>"
          "<th scope=\"col\">rule</th><th scope=\"col\">assumed</th>"
          "<th scope=\"col\">decides</th></tr></thead>\n<tbody>\n",
          stream);
    for (size_t i = 0; i < assumed_rule_count; i++) {
        fputs("<tr><th scope=\"row\">", stream);
        page_text(stream, assumed_rules[i].topic);
        fputs("</th><td>", stream);
        page_text(stream, assumed_rules[i].assumed);
        fputs("</td><td>", stream);
        page_text(stream, assumed_rules[i].decides);
        fputs("</td></tr>\n", stream);
    }
    fputs("</tbody></table></div>\n<p>Options whose default is assumed, and what is in force here "
          "(bold: another value than the default).</p>\n"
          "<div class=\"box\" tabindex=\"0\"><table class=\"prose\"><thead><tr>"
          "<th scope=\"col\">option</th><th scope=\"col\">default</th><th scope=\"col\">here</th>"
          "<th scope=\"col\">meaning</th></tr></thead>\n",
          stream);
    ScenarioSection section;
    for (size_t i = 0; scenario_section(i, &section); i++) {
        write_section(stream, &section, scenarios, count);
    }
    fputs("</table></div></details>\n", stream);
}
