// SPDX-License-Identifier: GPL-3.0-or-later
#include "traffic/log_line.h"

#include <string.h>

const char *const log_part_names[LOG_PARTS + 1] = {"method", "path",   "status", "target_status",
                                                   "host",   "client", "agent",  "duration"};

bool log_is_digits(const char *from, const char *to) {
    for (const char *p = from; p < to; p++) {
        if (*p < '0' || *p > '9') {
            return false;
        }
    }
    return from < to;
}

/* Words --------------------------------------------------------------------------------------- */

static bool is_gap(char c) {
    return c == ' ' || c == '\t';
}

/* Does the bracket end with the word? [2001:db8::1]:443 is one without. */
static bool is_enclosed(const char *p, const char *end) {
    const char *close = memchr(p, ']', (size_t)(end - p));
    return close == NULL || close + 1 == end || is_gap(close[1]);
}

bool log_word_next(const char **from, const char *end, LogWord *word) {
    const char *p = *from;
    while (p < end && is_gap(*p)) {
        p++;
    }
    if (p == end) {
        return false;
    }
    word->around = *p == '"' || (*p == '[' && is_enclosed(p, end)) ? *p : 0;
    const char close = word->around == '"' ? '"' : word->around == '[' ? ']' : ' ';
    const char *const start = p + (word->around != 0);
    p = start;
    while (p < end && *p != close && !(close == ' ' && *p == '\t')) {
        /* rt="0.250": the quotes belong to the word; \" is no end */
        if (*p == '\\' && p + 1 < end) {
            p++;
        } else if (close == ' ' && *p == '"') {
            const char *quote = memchr(p + 1, '"', (size_t)(end - p - 1));
            p = quote != NULL ? quote : end - 1;
        }
        p++;
    }
    word->text = (InputText){start, p < end ? p : end};
    *from = p < end ? p + 1 : end;
    return true;
}

size_t log_words(InputText line, LogWord words[], size_t most) {
    size_t count = 0;
    while (count < most && log_word_next(&line.start, line.end, &words[count])) {
        count++;
    }
    return count;
}

bool log_quoted_next(const char **from, const char *end, InputText *quoted) {
    LogWord word;
    while (log_word_next(from, end, &word)) {
        if (word.around == '"') {
            *quoted = word.text;
            return true;
        }
    }
    return false;
}

/* Times --------------------------------------------------------------------------------------- */

/* The text between the first '[' and the ']' that follows. */
static bool find_bracketed(InputText line, InputText *inside) {
    const char *open = memchr(line.start, '[', (size_t)(line.end - line.start));
    const char *close = open ? memchr(open, ']', (size_t)(line.end - open)) : NULL;
    if (close == NULL) {
        return false;
    }
    *inside = (InputText){open + 1, close};
    return true;
}

bool log_bracketed_time(InputText line, FieldCalendar *calendar, InputText *inside, int64_t *time) {
    InputText found;
    *inside = (InputText){NULL, NULL};
    while (find_bracketed(line, &found)) {
        const bool is_time = field_time(found, FIELD_CALENDAR, calendar, time);
        if (is_time || inside->start == NULL) {
            *inside = found;
        }
        if (is_time) {
            return true;
        }
        line.start = found.end;
    }
    return false;
}

/* Parts --------------------------------------------------------------------------------------- */

void log_take_request(InputText request, InputText parts[LOG_PARTS]) {
    const char *blank = memchr(request.start, ' ', (size_t)(request.end - request.start));
    const char *target = blank != NULL ? blank + 1 : request.end;
    const char *end = memchr(target, ' ', (size_t)(request.end - target));
    end = end != NULL ? end : request.end;
    const char *query = memchr(target, '?', (size_t)(end - target));
    end = query != NULL ? query : end;
    if (blank == NULL || blank == request.start || target == end) {
        return;
    }
    parts[LOG_METHOD] = (InputText){request.start, blank};
    const char *colon = *target == '/' ? NULL : memchr(target, ':', (size_t)(end - target));
    if (colon != NULL && end - colon > 3 && memcmp(colon, "://", 3) == 0) {
        const char *path = memchr(colon + 3, '/', (size_t)(end - colon - 3));
        parts[LOG_HOST] = log_without_port((InputText){colon + 3, path != NULL ? path : end});
        target = path != NULL ? path : end;
    }
    parts[LOG_PATH] = (InputText){target, end};
}

InputText log_without_port(InputText address) {
    const char *p = address.end;
    while (p > address.start && p[-1] >= '0' && p[-1] <= '9') {
        p--;
    }
    if (p < address.end && p > address.start && p[-1] == ':') {
        address.end = p - 1;
    }
    if (address.end - address.start >= 2 && *address.start == '[' && address.end[-1] == ']') {
        address.start++;
        address.end--;
    }
    return address;
}
