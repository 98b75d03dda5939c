// SPDX-License-Identifier: GPL-3.0-or-later
/* What a user can export of a deployment that runs elsewhere: how many replicas there were to be,
 * and whichever of the signals he has that an autoscaler may look at, each sampled at instants of
 * its own. Read from CSV (columns by name, this program's timeseries.csv and events.csv among
 * them), from Prometheus' answers to query_range, and from scrapes of Fireworks' metrics export.
 *
 * Times are nanoseconds since 1970, or since whatever the file's seconds count from. */
#ifndef EXPERIMENT_RECORDING_H
#define EXPERIMENT_RECORDING_H

#include "autoscale_sim/types.h"
#include "base/error.h"
#include "base/text.h"

typedef enum RecordingKind {
    RECORDING_TARGET,           /* replicas asked for, those that boot included */
    RECORDING_SERVING,          /* replicas that serve */
    RECORDING_LOAD,             /* the load that the policy weighs, whatever it is made of */
    RECORDING_SLOTS,            /* requests held / batch slots */
    RECORDING_KV,               /* share of the KV memory */
    RECORDING_BUSY,             /* share of the time in which it computed */
    RECORDING_CONCURRENT,       /* requests held, running and queued */
    RECORDING_REQUESTS,         /* requests per second */
    RECORDING_PROMPT_TOKENS,    /* prompt tokens per second */
    RECORDING_GENERATED_TOKENS, /* output tokens per second */
    RECORDING_KINDS
} RecordingKind;

/* "target", "serving", ...: what a series is called that the user has a say in. */
extern const char *const recording_kind_names[RECORDING_KINDS];

/* The index-th name of a column or metric that is known, and what it stands for; false: there are
 * no more. */
bool recording_known_name(size_t index, const char **name, RecordingKind *kind);

typedef struct RecordingPoint {
    sim_time time;
    double value;
} RecordingPoint;

/* What a point's value says of the time since the point before. */
typedef enum RecordingShape {
    RECORDING_UNTOLD,  /* not known: an instant's, or a mean */
    RECORDING_INSTANT, /* nothing: it is of its own instant */
    RECORDING_MEAN,    /* it is the mean over it */
    RECORDING_MEASURED /* nothing: it is what the policy measured at its evaluation before it */
} RecordingShape;

typedef struct RecordingSeries {
    RecordingPoint *points; /* times rise strictly */
    size_t count, room;
    RecordingShape shape;
    bool exact;       /* of the target: each change is told with its very instant */
    bool per_replica; /* the mean of the replicas that serve; else their sum */
    sim_time step;    /* usual time between two points; 0: fewer than two */
    char *name;       /* as the file calls it; NULL: not recorded */
    char *file;
} RecordingSeries;

typedef struct Recording {
    RecordingSeries series[RECORDING_KINDS];
    bool has_dates; /* times are since 1970 */
} Recording;

typedef struct RecordingQuestion {
    const char *deployment; /* the one that is meant; NULL: there is but one */
    TextList columns;       /* "target=my_replicas": what a series is called in the files */
} RecordingQuestion;

/* Reads all files (of a directory that `run` has written, its timeseries.csv); of a series that
 * several tell, the first one's is taken. False after adding errors; *recording is to be cleared
 * either way. */
bool recording_read(Recording *recording, const char *const files[], size_t count,
                    const RecordingQuestion *question, ErrorList *errors);
void recording_clear(Recording *recording);

/* Adds a point; what is not later than the last one is left out. */
void recording_add(Recording *recording, RecordingKind kind, sim_time time, double value);
bool recording_has(const Recording *recording, RecordingKind kind);
/* The value of the last point at or before `time`; the first point's before it. The series has
 * points. */
double recording_at(const RecordingSeries *series, sim_time time);
/* From the latest first point of a series to the earliest last one. */
void recording_span(const Recording *recording, sim_time *from, sim_time *to);
/* Sets the steps. Is done by recording_read; for whoever adds points himself. */
void recording_finish(Recording *recording);

#endif
