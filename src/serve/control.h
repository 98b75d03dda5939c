// SPDX-License-Identifier: GPL-3.0-or-later
/* POST /sim/...: the run is steered from outside, and GET /sim/state: how it stands. Bodies are
 * JSON objects. */
#ifndef SERVE_CONTROL_H
#define SERVE_CONTROL_H

#include "serve/pace.h"

typedef enum ControlKind {
    CONTROL_JUMP,   /* {"by": "1h"}: time is let pass at once */
    CONTROL_PAUSE,  /* {} */
    CONTROL_RESUME, /* {} */
    CONTROL_SPEED,  /* {"speed": 60} */
    CONTROL_KINDS
} ControlKind;

extern const char *const control_names[CONTROL_KINDS]; /* "jump", ..., "speed" */

typedef struct Control {
    ControlKind kind;
    sim_time time; /* by */
    double speed;
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
