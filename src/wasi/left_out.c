// SPDX-License-Identifier: GPL-3.0-or-later
/* What no page asks its engine for, refused: so that neither it nor what it alone uses is linked.
 */
#include "cli/commands.h"
#include "output/page.h"
#include "output/pictures.h"

#include <stdlib.h>

static int refuse(const char *what, ErrorList *errors) {
    error_in_option(errors, what, "nothing of it in the engine of a page",
                    "the installed autoscale-sim", NULL);
    return STATUS_MISTAKE;
}

#define LEFT_OUT(name)                                                                             \
    int command_##name(const Invocation *invocation, ErrorList *errors) {                          \
        (void)invocation;                                                                          \
        return refuse(#name, errors);                                                              \
    }
LEFT_OUT(calibrate)
LEFT_OUT(identify)
LEFT_OUT(optimize)
LEFT_OUT(play)
LEFT_OUT(serve)
LEFT_OUT(sweep)

bool pictures_draw(const char *directory, const char *scripts_directory, const char *format,
                   ErrorList *errors) {
    (void)directory;
    (void)scripts_directory;
    (void)format;
    return refuse("gnuplot", errors) == STATUS_DONE;
}

bool pictures_draw_trace(const char *directory, const char *scripts_directory, const char *format,
                         const char *title, int64_t start_epoch_s, ErrorList *errors) {
    (void)title;
    (void)start_epoch_s;
    return pictures_draw(directory, scripts_directory, format, errors);
}

Page *page_create(const char *const folders[], size_t count, ErrorList *errors) {
    (void)folders;
    (void)count;
    refuse("report", errors);
    return NULL;
}

bool page_write(const Page *page, FILE *stream, ErrorList *errors) {
    (void)page;
    (void)stream;
    return refuse("report", errors) == STATUS_DONE;
}

void page_destroy(Page *page) {
    (void)page;
}

/* They cannot fail, so what they cannot do ends the program. */
static _Noreturn void refuse_manual(void) {
    ErrorList errors = {0};
    const int status = refuse("help", &errors);
    error_list_print(&errors, stderr);
    exit(status);
}

void manual_print_page(void) {
    refuse_manual();
}

bool manual_print_completion(const char *shell) {
    (void)shell;
    refuse_manual();
}
