// SPDX-License-Identifier: GPL-3.0-or-later
/* A live run whose clock follows the wall's: so many simulated seconds a second, paused, or ahead
 * by what it was told to jump over. */
#ifndef SERVE_PACE_H
#define SERVE_PACE_H

#include "sim/live.h"

#define PACE_SPEED_LEAST 0.001
#define PACE_SPEED_MOST 1e6

typedef struct Pace {
    Live *live;
    int64_t wall;  /* at this instant of http_clock ... */
    sim_time time; /* ... it is this one in the run */
    double speed;
    int64_t turned;           /* when this turn began */
    int64_t left_ns, used_ns; /* of this turn, for and by the run */
    bool is_paused;
    bool is_over; /* the run failed, or has ended: nothing is asked of it any more */
} Pace;

/* Begins at the run's live_now. The run is lent. */
Pace pace_begin(Live *live, double speed, int64_t wall);
/* What time it is, and when (INT64_MAX: not while it is paused) it is `time`. */
sim_time pace_time(const Pace *pace, int64_t wall);
int64_t pace_wall(const Pace *pace, sim_time time);
/* A turn of the server's loop begins, in which the run has a few ms. */
void pace_turn(Pace *pace, int64_t wall);
/* The run catches up with its clock, within the turn's ms. False: there is more to do. */
bool pace_catch_up(Pace *pace);
/* How far the run is behind its clock. */
sim_time pace_lag(const Pace *pace, int64_t wall);

void pace_set_speed(Pace *pace, double speed, int64_t wall);
void pace_pause(Pace *pace, bool paused, int64_t wall);
/* The clock goes on by so much at once; returns the instant that it shows then. */
sim_time pace_jump(Pace *pace, sim_time by, int64_t wall);

#endif
