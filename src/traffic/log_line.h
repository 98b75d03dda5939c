// SPDX-License-Identifier: GPL-3.0-or-later
/* Lines of access logs: their words, the time in brackets, and the parts that a filter may name. */
#ifndef TRAFFIC_LOG_LINE_H
#define TRAFFIC_LOG_LINE_H

#include "traffic/field.h"

typedef struct RowReader RowReader;

/* A word, a "quoted text" (with \" inside) or a [text in brackets]. */
typedef struct LogWord {
    InputText text; /* without quotes or brackets */
    char around;    /* '"', '[', or 0 */
} LogWord;

/* The next one at or after *from, which moves on; false: none. */
bool log_word_next(const char **from, const char *end, LogWord *word);
/* The first `most` words; how many there are of these. */
size_t log_words(InputText line, LogWord words[], size_t most);
/* The next quoted text; false: none. */
bool log_quoted_next(const char **from, const char *end, InputText *quoted);

/* The first text in brackets that is a time: addresses and process numbers stand in some too. When
 * none is, *inside is the first of them, with start NULL if there is none. */
bool log_bracketed_time(InputText line, FieldCalendar *calendar, InputText *inside, int64_t *time);

/* What a line tells of a request; start NULL: it does not. */
typedef enum LogPart {
    LOG_METHOD,
    LOG_PATH, /* without the query */
    LOG_STATUS,
    LOG_TARGET_STATUS, /* what the server behind answered */
    LOG_HOST,
    LOG_CLIENT,
    LOG_AGENT,
    LOG_DURATION, /* in the line's own unit */
    LOG_PARTS
} LogPart;
/* By part, NULL behind the last. */
extern const char *const log_part_names[LOG_PARTS + 1];

/* A log of columns that a line names (#Fields:): where they stand, from 0; -1: nowhere. */
enum { W3C_DATE = LOG_PARTS, W3C_TIME, W3C_PARTS };
typedef struct W3cColumns {
    int places[W3C_PARTS];
    size_t count; /* of all; 0: not named yet */
    char day[11]; /* of #Date:, or "" */
    bool is_iis;  /* by #Software: */
} W3cColumns;

/* Method and path, and the host where the target is a whole address, of "POST /v1?x=1 HTTP/1.1". Of
 * what is no request, "-" or the bytes of a TLS handshake, nothing. */
void log_take_request(InputText request, InputText parts[LOG_PARTS]);

/* "192.0.2.39:2817", "[2001:db8::1]:2817": the address. */
InputText log_without_port(InputText address);

bool log_is_digits(const char *from, const char *to);

#endif
