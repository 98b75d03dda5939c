// SPDX-License-Identifier: GPL-3.0-or-later
/* The records of a JSON file that is not one object a line: the elements of a list, which may be
 * the file itself or lie in it behind keys ("data", "hits.hits"); or objects one after another,
 * over lines or not; or several such documents. Streamed: what is held is one record, which may
 * have 64 MiB. */
#ifndef TRAFFIC_JSON_RECORDS_H
#define TRAFFIC_JSON_RECORDS_H

#include "traffic/json_object.h"

typedef struct JsonRecords {
    TextList path; /* the keys before the records; lists on the way are gone through */
    int depth;     /* open brackets before what is next */
    int expects;   /* what is next */
    struct {
        bool is_list;
        int matched;               /* keys of the path that lead here, or -1: it leads elsewhere */
    } levels[JSON_DEPTH_MOST + 1]; /* [0]: the file */
    long line;                     /* of what is next: line ends before it */
    size_t column;                 /* and bytes of its line before it */
    size_t taken;                  /* bytes of the record that was given out last */
    bool ended;
} JsonRecords;

/* Is this object, which may be cut short, a record? */
typedef bool JsonRecordFits(void *context, InputText object);

/* How many of the lines are one object each, from the first byte on? */
size_t json_records_count_lines(const InputText lines[], size_t count);

/* Finds where the records lie in a file that begins so: where the first object that fits is, of
 * those that are the file's or a list's first. If none fits (false), where the first list of
 * objects is, if there is any. Clearing is due in either case. */
bool json_records_find(JsonRecords *self, InputText head, JsonRecordFits *fits, void *context);
void json_records_clear(JsonRecords *self);

typedef enum JsonRecordResult {
    JSON_RECORD,     /* or another value in its place */
    JSON_RECORD_BAD, /* the file is no JSON here, so that nothing more can be read */
    JSON_RECORD_CUT, /* the same, at the file's end */
    JSON_RECORD_NONE /* the end, or a failure of the input */
} JsonRecordResult;

/* The next record, lent until the next call; input->line and self->column tell where it stands.
 * When bad, it is what was read from the last good token on, and *at where it is wrong. */
JsonRecordResult json_records_next(JsonRecords *self, TrafficInput *input, InputText *record,
                                   const char **at, const char **expected);

/* Up to `most` records ahead, at least eight if there are, without moving on; *is_all: no other
 * follows them. Lent as by json_records_next. */
size_t json_records_peek(const JsonRecords *self, TrafficInput *input, InputText records[],
                         size_t most, bool *is_all);

#endif
