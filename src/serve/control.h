// SPDX-License-Identifier: GPL-3.0-or-later
/* POST /sim/...: the run is steered from outside, and GET /sim/state: how it stands. Bodies are
 * JSON objects. */
#ifndef SERVE_CONTROL_H
#define SERVE_CONTROL_H

#include "serve/pace.h"

typedef enum ControlKind {
    CONTROL_JUMP,         /* {"by": "1h"}: time is let pass at once */
    CONTROL_SET,          /* {"deployment": "chat", "option": "scale_up_window", "value": "15s"} */
    CONTROL_BURST,        /* {"deployment": "chat", "requests": 100, "over": "10s"} */
    CONTROL_TAKE_REPLICA, /* {"deployment": "chat", "replica": 2}; none: the oldest */
    CONTROL_PAUSE,        /* {} */
    CONTROL_RESUME,       /* {} */
    CONTROL_SPEED,        /* {"speed": 60} */
    CONTROL_KINDS
} ControlKind;

extern const char *const control_names[CONTROL_KINDS]; /* "jump", ..., "take-replica" */

typedef struct Control {
    ControlKind kind;
    uint32_t deployment; /* the only one, where none is named */
    sim_time time;       /* by, over */
    uint32_t count;      /* requests, replica */
    double speed;
    char *assignment; /* "scale_up_window=15s" */
} Control;

/* Reads a body of so many bytes with a NUL after it; an empty one is {}. False after adding the
 * mistakes. To be cleared either way. */
bool control_read(Control *control, ControlKind kind, const char *body, size_t length,
                  const Scenario *scenario, ErrorList *errors);
void control_clear(Control *control);
/* Does it. Of a jump only the clock moves: the run has made it when it is at *until. False after
 * adding errors. */
bool control_perform(const Control *control, Pace *pace, sim_time *until, ErrorList *errors);

/* How it all stands, as JSON; owned by the caller. */
char *control_state(const Scenario *scenario, const Pace *pace, int64_t wall);

#endif
