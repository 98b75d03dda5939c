// SPDX-License-Identifier: GPL-3.0-or-later
#include "output/page_decisions.h"

#include "base/csv_reader.h"
#include "base/memory.h"
#include "figures/names.h"
#include "output/page_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct PageDecision {
    char *deployment, *reason, *winner, *window; /* owned */
    double time, from, to, recommended;
    double measured, target; /* of the winner; NAN: none */
    double since, until;
};

typedef struct Columns {
    size_t time, deployment, event, from, to, reason, recommended, winner, window, since, until;
    size_t measured[NAMES_LOAD_KEYS], target[NAMES_LOAD_KEYS];
} Columns;

static Columns find_columns(CsvReader *reader) {
    Columns columns = {
        .time = csv_reader_need(reader, "time_s"),
        .deployment = csv_reader_need(reader, "deployment"),
        .event = csv_reader_need(reader, "event"),
        .from = csv_reader_need(reader, "from"),
        .to = csv_reader_need(reader, "to"),
        .reason = csv_reader_need(reader, "reason"),
        .recommended = csv_reader_find(reader, "recommended"),
        .winner = csv_reader_find(reader, "winner"),
        .window = csv_reader_find(reader, "window"),
        .since = csv_reader_find(reader, "window_since_s"),
        .until = csv_reader_find(reader, "window_until_s"),
    };
    for (size_t i = 0; i < NAMES_LOAD_KEYS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_measured", names_of_load_keys[i]);
        columns.measured[i] = csv_reader_find(reader, name);
        snprintf(name, sizeof name, "%s_target", names_of_load_keys[i]);
        columns.target[i] = csv_reader_find(reader, name);
    }
    return columns;
}

static PageDecision take_decision(CsvReader *reader, const Columns *columns) {
    const char *winner = csv_reader_text(reader, columns->winner);
    const size_t key = names_load_key(winner);
    return (PageDecision){
        .deployment = memory_text(csv_reader_text(reader, columns->deployment)),
        .reason = memory_text(csv_reader_text(reader, columns->reason)),
        .winner = memory_text(winner),
        .window = memory_text(csv_reader_text(reader, columns->window)),
        .time = csv_reader_number(reader, columns->time),
        .from = csv_reader_number(reader, columns->from),
        .to = csv_reader_number(reader, columns->to),
        .recommended = csv_reader_number(reader, columns->recommended),
        .measured = key < NAMES_LOAD_KEYS ? csv_reader_number(reader, columns->measured[key]) : NAN,
        .target = key < NAMES_LOAD_KEYS ? csv_reader_number(reader, columns->target[key]) : NAN,
        .since = csv_reader_number(reader, columns->since),
        .until = csv_reader_number(reader, columns->until),
    };
}

bool page_decisions_read(PageDecisions *decisions, const char *path, ErrorList *errors) {
    *decisions = (PageDecisions){0};
    CsvReader reader;
    if (csv_reader_open(&reader, path, errors)) {
        const Columns columns = find_columns(&reader);
        while (csv_reader_next(&reader)) {
            if (strcmp(csv_reader_text(&reader, columns.event), "decision") == 0) {
                decisions->items = memory_grow(decisions->items, decisions->count, &decisions->room,
                                               sizeof decisions->items[0]);
                decisions->items[decisions->count++] = take_decision(&reader, &columns);
            }
        }
    }
    return csv_reader_close(&reader);
}

void page_decisions_clear(PageDecisions *decisions) {
    for (size_t i = 0; i < decisions->count; i++) {
        free(decisions->items[i].deployment);
        free(decisions->items[i].reason);
        free(decisions->items[i].winner);
        free(decisions->items[i].window);
    }
    free(decisions->items);
    *decisions = (PageDecisions){0};
}

/* Which are kept ----------------------------------------------------------------------------- */

typedef struct Choice {
    const PageDecision **items; /* of the deployment, in order */
    size_t count, changes;
} Choice;

static bool is_change(const PageDecision *decision) {
    return decision->from != decision->to;
}

static Choice of_deployment(const PageDecisions *decisions, const char *deployment) {
    Choice choice = {.items = memory_new(decisions->count + 1, sizeof choice.items[0])};
    for (size_t i = 0; i < decisions->count; i++) {
        const PageDecision *decision = &decisions->items[i];
        if (strcmp(decision->deployment, deployment) == 0) {
            choice.items[choice.count++] = decision;
            choice.changes += is_change(decision);
        }
    }
    return choice;
}

static void leave_out_holds(Choice *choice) {
    size_t kept = 0;
    for (size_t i = 0; i < choice->count; i++) {
        if (is_change(choice->items[i])) {
            choice->items[kept++] = choice->items[i];
        }
    }
    choice->count = kept;
}

static size_t stretch_of(const PageDecision *decision, double first, double last) {
    const double share = last > first ? (decision->time - first) / (last - first) : 0;
    return (size_t)fmax(0, fmin(share * PAGE_DECISIONS, PAGE_DECISIONS - 1));
}

static void keep_largest(Choice *choice) {
    const double first = choice->items[0]->time, last = choice->items[choice->count - 1]->time;
    size_t kept = 0, stretch = SIZE_MAX;
    for (size_t i = 0; i < choice->count; i++) {
        const PageDecision *decision = choice->items[i];
        const size_t here = stretch_of(decision, first, last);
        if (here != stretch) {
            choice->items[kept++] = decision;
        } else if (fabs(decision->to - decision->from) >
                   fabs(choice->items[kept - 1]->to - choice->items[kept - 1]->from)) {
            choice->items[kept - 1] = decision;
        }
        stretch = here;
    }
    choice->count = kept;
}

/* JSON --------------------------------------------------------------------------------------- */

static void put_text(FILE *stream, const char *text) {
    page_json_text(stream, *text != '\0' ? text : NULL);
    putc(',', stream);
}

static void write_decision(const PageDecision *decision, FILE *stream) {
    putc('[', stream);
    page_json_time(stream, decision->time);
    putc(',', stream);
    page_json_number(stream, decision->from, 9);
    putc(',', stream);
    page_json_number(stream, decision->to, 9);
    putc(',', stream);
    put_text(stream, decision->reason);
    page_json_number(stream, decision->recommended, 6);
    putc(',', stream);
    put_text(stream, decision->winner);
    page_json_number(stream, decision->measured, 4);
    putc(',', stream);
    page_json_number(stream, decision->target, 6);
    putc(',', stream);
    put_text(stream, decision->window);
    page_json_time(stream, decision->since);
    putc(',', stream);
    page_json_time(stream, decision->until);
    putc(']', stream);
}

void page_decisions_write(const PageDecisions *decisions, const char *deployment, FILE *stream) {
    Choice choice = of_deployment(decisions, deployment);
    const size_t all = choice.count;
    if (choice.count > PAGE_DECISIONS) {
        leave_out_holds(&choice);
    }
    if (choice.count > PAGE_DECISIONS) {
        keep_largest(&choice);
    }
    fprintf(stream, "\"changes\":%zu,\"left_out\":%zu,\n\"decisions\":[", choice.changes,
            all - choice.count);
    for (size_t i = 0; i < choice.count; i++) {
        fputs(i > 0 ? ",\n" : "", stream);
        write_decision(choice.items[i], stream);
    }
    putc(']', stream);
    free(choice.items);
}
