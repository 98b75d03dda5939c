// SPDX-License-Identifier: GPL-3.0-or-later
/* The table at the end. */
#include "experiment/sweep_text.h"

#include "base/memory.h"
#include "base/text.h"
#include "figures/human.h"
#include "stats/pareto.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS_MOST = 12, WIDTH_LEAST = 6, ESTIMATE_WIDTH = 20 };

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

/* The widest text of a column, which is an axis. */
static int width_of(const SweepPlan *plan, size_t axis) {
    size_t width = strlen(plan->axes[axis]);
    for (size_t cell = 0; cell < plan->cell_count; cell++) {
        const size_t length = strlen(plan->labels[cell * plan->axis_count + axis]);
        width = length > width ? length : width;
    }
    return width > WIDTH_LEAST ? (int)width : WIDTH_LEAST;
}

static void print_estimate(FILE *stream, MetricUnit unit, Estimate estimate) {
    char text[HUMAN_ESTIMATE_TEXT];
    human_estimate(unit, HUMAN_ESTIMATE_VALUE, estimate.mean, estimate.half_width, text);
    fprintf(stream, "  %*s%s", ESTIMATE_WIDTH - text_width(text), "", text);
}

static void print_row(FILE *stream, const SweepPlan *plan, const SweepOutcome *outcome,
                      const Choice *choice, const int widths[]) {
    const size_t cell = choice->cell;
    fprintf(stream, "%6zu", cell);
    for (size_t i = 0; i < plan->axis_count; i++) {
        fprintf(stream, "  %*s", widths[i], plan->labels[cell * plan->axis_count + i]);
    }
    char served[HUMAN_TEXT];
    print_estimate(stream, METRIC_UNIT_USD, outcome->usd);
    print_estimate(stream, METRIC_UNIT_SECONDS, outcome->latency);
    fprintf(stream, "  %8s", human_share(outcome->served.mean, served));
    if (choice->alike > 0) {
        fprintf(stream, "  and %zu cell%s alike", choice->alike, choice->alike == 1 ? "" : "s");
    }
    fputs("\n", stream);
}

static void print_table(FILE *stream, const SweepPlan *plan, const SweepOutcomes *outcomes,
                        const Choice choices[], size_t count) {
    int *widths = memory_new(plan->axis_count, sizeof widths[0]);
    fprintf(stream, "%6s", "cell");
    for (size_t i = 0; i < plan->axis_count; i++) {
        widths[i] = width_of(plan, i);
        fprintf(stream, "  %*s", widths[i], plan->axes[i]);
    }
    fprintf(stream, "  %*s  %*s  %8s\n", ESTIMATE_WIDTH, "total cost", ESTIMATE_WIDTH, "p95 TTFT",
            "served");
    /* Of a long front every so many cells, both ends among them. */
    const size_t rows = count < ROWS_MOST ? count : ROWS_MOST;
    for (size_t i = 0; i < rows; i++) {
        const Choice *choice = &choices[rows > 1 ? i * (count - 1) / (rows - 1) : 0];
        print_row(stream, plan, &outcomes->cells[choice->cell], choice, widths);
    }
    free(widths);
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
