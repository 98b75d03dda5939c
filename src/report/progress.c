// SPDX-License-Identifier: GPL-3.0-or-later
/* The progress bar. */
#include "report/progress.h"

#include "report/human.h"

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

/* Is it time to draw again? */
static bool is_due(Progress *progress, double now) {
    if (progress->stream == NULL || now - progress->drawn_s < REDRAW_S) {
        return false;
    }
    progress->drawn_s = now;
    return true;
}

static void draw(const Progress *progress, const char *text) {
    /* \033[K clears what a longer line has left. */
    fprintf(progress->stream, "\r%s%s%s\033[K", progress->label ? progress->label : "",
            progress->label ? " " : "", text);
    fflush(progress->stream);
}

void progress_update(void *self, double share, uint64_t requests) {
    Progress *progress = self;
    const double now = now_s();
    if (is_due(progress, now)) {
        char text[PROGRESS_TEXT];
        draw(progress, progress_text(share, requests, now - progress->started_s, text));
    }
}

void progress_update_tasks(Progress *progress, size_t done, size_t count, const char *noun) {
    const double now = now_s(), elapsed = now - progress->started_s;
    if (!is_due(progress, now)) {
        return;
    }
    const double share = count ? (double)done / (double)count : 0;
    char text[PROGRESS_TEXT], some[HUMAN_TEXT], all[HUMAN_TEXT], rate[HUMAN_TEXT];
    char left[HUMAN_TEXT], bar[BAR + 1];
    put_bar(share, bar);
    human_count(done, some);
    human_count(count, all);
    human_number(elapsed > 0 ? (double)done / elapsed : 0, rate);
    human_seconds(share > 0 ? elapsed * (1 - share) / share : -1, left);
    snprintf(text, sizeof text, "[%s] %3.0f %%  %s of %s %s, %s/s, %s left", bar, 100 * share, some,
             all, noun, rate, left);
    draw(progress, text);
}

void progress_clear(Progress *progress) {
    if (progress->stream != NULL && progress->drawn_s > 0) {
        fputs("\r\033[K", progress->stream);
        fflush(progress->stream);
        progress->drawn_s = 0;
    }
}
