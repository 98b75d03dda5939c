// SPDX-License-Identifier: GPL-3.0-or-later
/* The progress bar. */
#include "output/progress.h"

#include "base/memory.h"
#include "base/terminal.h"
#include "figures/human.h"

#include <stdlib.h>
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

/* "[###...]  42 %  WHAT, 12.0 s left" */
static const char *bar_text(double share, const char *what, double elapsed_s,
                            char text[PROGRESS_TEXT]) {
    const int filled = (int)(share * BAR);
    char left[HUMAN_TEXT], bar[BAR + 1] = "";
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)(filled < 0 ? 0 : filled > BAR ? BAR : filled));
    human_seconds(share > 0 ? elapsed_s * (1 - share) / share : -1, left);
    snprintf(text, PROGRESS_TEXT, "[%s] %3.0f %%  %s, %s left", bar, 100 * share, what, left);
    return text;
}

const char *progress_text(double share, uint64_t requests, double elapsed_s,
                          char text[PROGRESS_TEXT]) {
    char done[HUMAN_TEXT], rate[HUMAN_TEXT], time[HUMAN_TEXT], what[3 * HUMAN_TEXT];
    snprintf(what, sizeof what, "%s requests, %s/s", human_count(requests, done),
             human_number(elapsed_s > 0 ? (double)requests / elapsed_s : 0, rate));
    if (share >= 0) {
        return bar_text(share, what, elapsed_s, text);
    }
    snprintf(text, PROGRESS_TEXT, "%s, %s", what, human_seconds(elapsed_s, time));
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

/* What does not fit on the line would leave a line behind each time. \033[K clears what a longer
 * line has left. */
static void draw(const Progress *progress, const char *text) {
    const int width = terminal_width(progress->stream);
    char *line = memory_format("%s%s%s", progress->label ? progress->label : "",
                               progress->label ? " " : "", text);
    size_t length = strlen(line);
    while (width > 0 && text_width_n(line, length) >= width) {
        length--;
    }
    fprintf(progress->stream, "\r%.*s\033[K", (int)length, line);
    free(line);
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
    char some[HUMAN_TEXT], all[HUMAN_TEXT], what[PROGRESS_TEXT / 2], text[PROGRESS_TEXT];
    if (is_due(progress, &elapsed_s)) {
        snprintf(what, sizeof what, "%s of %s %s", human_count(done, some), human_count(count, all),
                 tasks);
        draw(progress, bar_text(share, what, elapsed_s, text));
    }
}

void progress_clear(Progress *progress) {
    if (progress->stream != NULL && progress->drawn_s > 0) {
        fputs("\r\033[K", progress->stream);
        fflush(progress->stream);
        progress->drawn_s = 0;
    }
}
