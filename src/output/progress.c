// SPDX-License-Identifier: GPL-3.0-or-later
/* The progress bar. */
#include "output/progress.h"

#include "figures/human.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_S 0.1
enum { BAR = 30 };

static double now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void progress_init(Progress *progress, FILE *stream, const char *label) {
    const bool terminal = isatty(fileno(stream)) == 1;
    *progress =
        (Progress){.stream = terminal ? stream : NULL, .label = label, .started_s = now_s()};
}

static void put_bar(double share, char bar[BAR + 1]) {
    const int filled = (int)(share * BAR);
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)(filled < 0 ? 0 : filled > BAR ? BAR : filled));
    bar[BAR] = '\0';
}

const char *progress_text(double share, uint64_t requests, double elapsed_s,
                          char text[PROGRESS_TEXT]) {
    char done[HUMAN_TEXT], rate[HUMAN_TEXT], left[HUMAN_TEXT], bar[BAR + 1];
    human_count(requests, done);
    human_number(elapsed_s > 0 ? (double)requests / elapsed_s : 0, rate);
    if (share < 0) {
        snprintf(text, PROGRESS_TEXT, "%s requests, %s/s, %s", done, rate,
                 human_seconds(elapsed_s, left));
        return text;
    }
    put_bar(share, bar);
    human_seconds(share > 0 ? elapsed_s * (1 - share) / share : -1, left);
    snprintf(text, PROGRESS_TEXT, "[%s] %3.0f %%  %s requests, %s/s, %s left", bar, 100 * share,
             done, rate, left);
    return text;
}

static const char *tasks_text(double share, size_t done, size_t count, const char *tasks,
                              double elapsed_s, char text[PROGRESS_TEXT]) {
    char some[HUMAN_TEXT], all[HUMAN_TEXT], left[HUMAN_TEXT], bar[BAR + 1];
    put_bar(share, bar);
    human_seconds(share > 0 ? elapsed_s * (1 - share) / share : -1, left);
    snprintf(text, PROGRESS_TEXT, "[%s] %3.0f %%  %s of %s %s, %s left", bar, 100 * share,
             human_count(done, some), human_count(count, all), tasks, left);
    return text;
}

/* Is it time to draw, and at what time since the beginning? */
static bool is_due(Progress *progress, double *elapsed_s) {
    const double now = progress->stream != NULL ? now_s() : 0;
    if (progress->stream == NULL || now - progress->drawn_s < REDRAW_S) {
        return false;
    }
    progress->drawn_s = now;
    *elapsed_s = now - progress->started_s;
    return true;
}

/* \033[K clears what a longer line has left. */
static void draw(const Progress *progress, const char *text) {
    fprintf(progress->stream, "\r%s%s%s\033[K", progress->label ? progress->label : "",
            progress->label ? " " : "", text);
    fflush(progress->stream);
}

void progress_update(void *self, double share, uint64_t requests) {
    Progress *progress = self;
    double elapsed_s;
    char text[PROGRESS_TEXT];
    if (is_due(progress, &elapsed_s)) {
        draw(progress, progress_text(share, requests, elapsed_s, text));
    }
}

void progress_update_tasks(Progress *progress, double share, size_t done, size_t count,
                           const char *tasks) {
    double elapsed_s;
    char text[PROGRESS_TEXT];
    if (is_due(progress, &elapsed_s)) {
        draw(progress, tasks_text(share, done, count, tasks, elapsed_s, text));
    }
}

void progress_clear(Progress *progress) {
    if (progress->stream != NULL && progress->drawn_s > 0) {
        fputs("\r\033[K", progress->stream);
        fflush(progress->stream);
        progress->drawn_s = 0;
    }
}
