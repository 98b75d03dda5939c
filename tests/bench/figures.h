// SPDX-License-Identifier: GPL-3.0-or-later
/* Figures of a benchmark, printed beside those last recorded in tests/bench/figures.tsv (`make
 * bench RECORD=1` records anew). CPU time, so that other work on the machine disturbs little. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define FIGURES_FILE "tests/bench/figures.tsv"

static inline double figures_clock_s(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline double figures_cpu_s(void) {
    return figures_clock_s(CLOCK_PROCESS_CPUTIME_ID);
}

/* Of the calling thread: what a run takes whose other threads have a core of their own, and less to
 * do. */
static inline double figures_thread_cpu_s(void) {
    return figures_clock_s(CLOCK_THREAD_CPUTIME_ID);
}

/* The most memory that the process ever had, in KiB. */
static inline long figures_peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* The recorded value of a figure; 0 if there is none. */
static inline double figures_recorded(const char *name) {
    FILE *file = fopen(FIGURES_FILE, "r");
    char line[256];
    double value = 0;
    while (file && fgets(line, sizeof line, file)) {
        char *tab = strchr(line, '\t');
        if (tab && (size_t)(tab - line) == strlen(name) && strncmp(line, name, strlen(name)) == 0) {
            value = strtod(tab + 1, NULL);
        }
    }
    if (file) {
        fclose(file);
    }
    return value;
}

static inline void figures_print(const char *name, double value, const char *unit) {
    const double before = figures_recorded(name);
    printf("%-64s %12.4g %-12s", name, value, unit);
    if (before > 0) {
        printf(" recorded %.4g (%+.0f %%)", before, 100 * (value / before - 1));
    }
    printf("\n");
    fflush(stdout);
    if (getenv("RECORD")) {
        FILE *file = fopen(FIGURES_FILE, "a");
        if (file) {
            fprintf(file, "%s\t%.4g\t%s\n", name, value, unit);
            fclose(file);
        }
    }
}

#endif
