// SPDX-License-Identifier: GPL-3.0-or-later
/* What an experiment varies: axes over option paths, each with values in order. A value is a label
 * and the changes of the scenario that it stands for, so that zipped options and named presets are
 * values like any other.
 *
 *     {"option": "deployments.chat.autoscaling.scale_up_window", "values": ["5s", "30s"]}
 *     {"option": ..., "from": "30s", "to": "5m", "step": "30s"}          both ends, if a step hits
 *     {"option": ..., "from": 0.5, "to": 8, "count": 5, "scale": "log"}  equal ratios
 *     {"option": ..., "from": "10s", "to": "5m"}        any value in it: samples only
 *     {"name": "policy", "presets": ["cost-optimization", "performance"], "deployment": "chat"}
 *     {"name": "size", "zip": [{"option": ..., "values": [...]}, {"option": ..., "values": [...]}]}
 *
 * Later axes change what earlier ones have set, so presets may be refined by options after them.
 * Ranges of options that take whole numbers are rounded to them, each taken once. File names in
 * values start from the experiment file's directory.
 */
#ifndef EXPERIMENT_AXIS_H
#define EXPERIMENT_AXIS_H

#include "scenario/overrides.h"
#include "scenario/reader.h"

/* The keys of an axis, for help. */
extern const Option axis_options[];

typedef struct AxisValue {
    char *label; /* as the user would write it: "30s", "cost-optimization"; names it in CSV */
    OverrideList changes;
} AxisValue;

/* By a step, a count on a straight or logarithmic scale, or anywhere in it. */
typedef struct AxisRange {
    double from, to; /* from < to; durations in seconds; above 0 if is_log */
    double step;     /* > 0; 0: by count */
    size_t count;    /* >= 2; 0 with a step or a continuous range */
    bool is_duration, is_integer, is_log;
} AxisRange;

typedef struct Axis {
    char *name; /* of its column; as given, else the last part of the option's path, or the
                   whole path where that is taken, "preset", or a zip's names with a + */
    bool named; /* it was given */
    bool is_preset;
    AxisValue *values; /* in order; none for a continuous axis */
    size_t count;
    bool continuous; /* from and to alone: any value of the range */
    char *option;
    AxisRange range;
    char *file; /* where the range is written, for errors */
    long line;
} Axis;

typedef struct Axes {
    Axis *items;
    size_t count, room;
} Axes;

/* Reads the array of axes at that path. False after adding all mistakes, which are the caller's to
 * locate (unknown keys with the nearest, empty axes, steps of the wrong sign, lists of different
 * lengths in a zip, an option on two axes, ...). Whether the options exist is told when the
 * scenario is read with them. *axes is to be cleared either way. */
bool axes_read(Reader *reader, const cJSON *array, const JsonPath *at, Axes *axes);
void axes_clear(Axes *axes);
/* The same of texts of the command line, which errors tell as `flag`: an axis as an object, as
 * above but in one text, or "scale_down_window=1m,10m,30m", an option and its values. An option
 * without dots is that of the policy, of the deployments or of the scenario that is called so, as
 * firectl may spell it (scale-down-window). Of no texts there is no axis. */
bool axes_read_texts(const TextList *texts, const char *flag, Axes *axes, ErrorList *errors);

/* A value within a continuous axis, share in [0, 1] from one end to the other; each whole number
 * has an equal part of an integer axis (of its logarithm on a log scale). Owned by the caller. */
AxisValue axis_value_at(const Axis *axis, double share);
void axis_value_clear(AxisValue *value);

/* Cells of the full grid: the product of the counts (no axis is continuous); SIZE_MAX if it does
 * not fit. */
size_t axes_grid_size(const Axes *axes);
/* The value of that axis in cell `cell`, the last axis changing fastest. */
const AxisValue *axes_grid_value(const Axes *axes, size_t cell, size_t axis);

#endif
