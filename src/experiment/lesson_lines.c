// SPDX-License-Identifier: GPL-3.0-or-later
/* See lesson_lines.h. */
#include "experiment/lesson_lines.h"

#include <string.h>

const char *lesson_line_end(const char *line) {
    return line + strcspn(line, "\n");
}

const char *lesson_line_next(const char *line) {
    const char *end = lesson_line_end(line);
    return *end == '\n' ? end + 1 : end;
}

bool lesson_line_begins(const char *line, const char *with) {
    return strncmp(line, with, strlen(with)) == 0;
}
