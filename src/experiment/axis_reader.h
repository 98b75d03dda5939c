// SPDX-License-Identifier: GPL-3.0-or-later
/* One axis while it is read: what its readers share. */
#ifndef EXPERIMENT_AXIS_READER_H
#define EXPERIMENT_AXIS_READER_H

#include "experiment/axis.h"
#include "scenario/reader.h"

enum { AXIS_LINEAR, AXIS_LOG };

/* What a table can read of an axis. */
typedef struct AxisKeys {
    char *name, *option, *deployment;
    int64_t count;
    int scale; /* AXIS_LINEAR, ... */
} AxisKeys;

typedef struct AxisReader {
    Reader reader;
    const cJSON *node; /* of the axis */
    const char *path;
    AxisKeys keys;
    Axis *axis; /* with its name, but for a zip without one */
} AxisReader;

/* Reads one axis; part: of a zip. *axis is all zero, and to be cleared either way. False after
 * adding errors with places. */
bool axis_read(Reader *reader, const cJSON *node, const char *path, bool part, Axis *axis);
void axis_clear(Axis *axis);

/* The forms that an axis may have, each from the node of its key. */
void axis_read_values(AxisReader *self, const cJSON *array);
void axis_read_presets(AxisReader *self, const cJSON *array);
void axis_read_range(AxisReader *self, const cJSON *from);

/* Adds an error at the axis's key (NULL: at the axis). */
void axis_refuse(AxisReader *self, const char *key, const char *found, const char *expected,
                 const char *suggestion);
/* Adds "found <the node>, expected ...". */
void axis_refuse_node(AxisReader *self, const cJSON *node, const char *key, const char *expected);

bool axis_has_label(const Axis *axis, const char *label);
/* The value is the axis's from then on. */
void axis_push(Axis *axis, size_t *room, AxisValue value);
/* A value that sets the axis's option; errors call it "axis window=30s". */
AxisValue axis_option_value(const Axis *axis, const char *label, const char *file, long line);

#endif
