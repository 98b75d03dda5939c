// SPDX-License-Identifier: GPL-3.0-or-later
/* CSV fields by one pass over the line. */
#include "traffic/csv_line.h"

#include "traffic/field.h"

#include <string.h>

char csv_line_delimiter(InputText header) {
    const size_t length = (size_t)(header.end - header.start);
    if (memchr(header.start, ',', length) != NULL) {
        return ',';
    }
    if (memchr(header.start, '\t', length) != NULL) {
        return '\t';
    }
    return memchr(header.start, ';', length) != NULL ? ';' : ',';
}

/* End of the quoted text that starts after p's quote, or NULL when it does not end. */
static const char *closing_quote(const char *p, const char *end) {
    for (p++; p < end; p++) {
        if (*p == '"') {
            if (p + 1 < end && p[1] == '"') {
                p++;
            } else {
                return p;
            }
        }
    }
    return NULL;
}

/* One field from *p; moves *p to the delimiter after it, or to the end. */
static InputText next_field(const char **p, const char *end, char delimiter) {
    const char *const start = *p;
    if (start < end && *start == '"') {
        const char *const close = closing_quote(start, end);
        if (close == NULL) {
            *p = end;
            return (InputText){start, end};
        }
        if (close + 1 == end || close[1] == delimiter) {
            *p = close + 1;
            return (InputText){start + 1, close};
        }
    }
    const char *q = start;
    while (q < end && *q != delimiter) {
        q++;
    }
    *p = q;
    return (InputText){start, q};
}

size_t csv_line_split(InputText line, char delimiter, InputText fields[], size_t most) {
    const char *p = line.start;
    size_t count = 0;
    while (count < most) {
        fields[count++] = next_field(&p, line.end, delimiter);
        if (p == line.end) {
            break;
        }
        p++;
    }
    return count;
}

size_t csv_line_count(InputText line, char delimiter) {
    const char *p = line.start;
    size_t count = 1;
    for (;;) {
        next_field(&p, line.end, delimiter);
        if (p == line.end) {
            return count;
        }
        p++;
        count++;
    }
}

int csv_line_find(InputText header, char delimiter, const char *name) {
    const char *p = header.start;
    for (int column = 0;; column++) {
        const InputText field = next_field(&p, header.end, delimiter);
        if (field_says(field_trimmed(field), name)) {
            return column;
        }
        if (p == header.end) {
            return -1;
        }
        p++;
    }
}
