// SPDX-License-Identifier: GPL-3.0-or-later
/* The table at the end. */
#include "experiment/sweep_text.h"

#include "base/memory.h"
#include "base/terminal.h"
#include "figures/human.h"
#include "stats/pareto.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 12 };

typedef struct Choice {
    size_t cell;
    double usd, latency;
    size_t alike; /* other cells with the same two figures: options that changed nothing */
} Choice;

static int by_usd(const void *left, const void *right) {
    const Choice *a = left, *b = right;
    if (a->usd != b->usd) {
        return a->usd < b->usd ? -1 : 1;
    }
    return (a->cell > b->cell) - (a->cell < b->cell);
}

static size_t join_alike(Choice choices[], size_t count) {
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        Choice *last = kept > 0 ? &choices[kept - 1] : NULL;
        if (last != NULL && last->usd == choices[i].usd && last->latency == choices[i].latency) {
            last->alike++;
        } else {
            choices[kept++] = choices[i];
        }
    }
    return kept;
}

/* The cells on the front, the cheapest first; their number. The caller's (free). */
static Choice *choose(const SweepOutcomes *outcomes, size_t *count) {
    double *usd = memory_new(2 * outcomes->count, sizeof usd[0]);
    double *latency = usd + outcomes->count;
    bool *on_front = memory_new(outcomes->count, sizeof on_front[0]);
    Choice *choices = memory_new(outcomes->count, sizeof choices[0]);
    for (size_t i = 0; i < outcomes->count; i++) {
        usd[i] = outcomes->cells[i].skipped ? NAN : outcomes->cells[i].usd.mean;
        latency[i] = outcomes->cells[i].skipped ? NAN : outcomes->cells[i].latency.mean;
    }
    pareto_front(usd, latency, outcomes->count, on_front);
    *count = 0;
    for (size_t i = 0; i < outcomes->count; i++) {
        if (on_front[i]) {
            choices[(*count)++] = (Choice){.cell = i, .usd = usd[i], .latency = latency[i]};
        }
    }
    qsort(choices, *count, sizeof choices[0], by_usd);
    *count = join_alike(choices, *count);
    free(usd);
    free(on_front);
    return choices;
}

static void add_estimate(Table *table, MetricUnit unit, Estimate estimate) {
    char text[HUMAN_ESTIMATE_TEXT];
    table_cell(
        table, "%s",
        human_estimate(unit, HUMAN_ESTIMATE_VALUE, estimate.mean, estimate.half_width, text));
}

static void add_row(Table *table, const SweepPlan *plan, const SweepOutcome *outcome,
                    const Choice *choice) {
    const size_t cell = choice->cell;
    table_row(table, "%zu", cell);
    for (size_t i = 0; i < plan->axis_count; i++) {
        table_cell(table, "%s", plan->labels[cell * plan->axis_count + i]);
    }
    char served[HUMAN_TEXT];
    add_estimate(table, METRIC_UNIT_USD, outcome->usd);
    add_estimate(table, METRIC_UNIT_SECONDS, outcome->latency);
    table_cell(table, "%s", human_share(outcome->served.mean, served));
    if (choice->alike > 0) {
        table_cell(table, "and %zu cell%s alike", choice->alike, choice->alike == 1 ? "" : "s");
    }
}

static void print_table(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                        const Choice choices[], size_t count) {
    Table table = {0};
    table_columns(&table, "%6s");
    table_head(&table, "cell");
    for (size_t i = 0; i < plan->axis_count; i++) {
        table_columns(&table, "  %6*s");
        table_cell(&table, "%s", plan->axes[i]);
    }
    table_columns(&table, "  %20s  %20s  %8s  %-s");
    table_cell(&table, "total cost\tp95 TTFT\tserved");
    /* Of a long front every so many cells, both ends among them. */
    const size_t rows = count < ROWS_MOST ? count : ROWS_MOST;
    for (size_t i = 0; i < rows; i++) {
        const Choice *choice = &choices[rows > 1 ? i * (count - 1) / (rows - 1) : 0];
        add_row(&table, plan, &outcomes->cells[choice->cell], choice);
    }
    table_print(&table, stream);
}

void sweep_text_print(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                      double elapsed_s) {
    char cells[HUMAN_TEXT], replications[HUMAN_TEXT], skipped[HUMAN_TEXT], elapsed[HUMAN_TEXT];
    fprintf(stream, "%s cells x %s replications in %s", human_count(plan->cell_count, cells),
            human_count(plan->replications, replications), human_seconds(elapsed_s, elapsed));
    if (outcomes->skipped > 0) {
        fprintf(stream, "; %s cells are no scenarios and were skipped",
                human_count(outcomes->skipped, skipped));
    }
    fputs("\n", stream);
    if (!outcomes->measured) {
        return;
    }
    size_t count;
    Choice *choices = choose(outcomes, &count);
    if (count > 0) {
        fprintf(stream, "\nNo other cell is both cheaper and quicker than these%s\n",
                count > ROWS_MOST ? " (some of them)" : "");
        print_table(stream, plan, outcomes, choices, count);
    }
    free(choices);
}
