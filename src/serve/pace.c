// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/pace.h"

#include "base/assertion.h"
#include "serve/http.h"

/* So long in each turn, whoever else asks the run to catch up in it, so that whoever sends
 * something meanwhile is read, and a signal is seen: as long as the turn before took for others,
 * within these bounds, so that a crowd does not keep the run behind. */
#define SLICE_NS_LEAST INT64_C(5000000)
#define SLICE_NS_MOST INT64_C(50000000)

Pace pace_begin(Live *live, double speed, int64_t wall) {
    return (Pace){
        .live = live, .wall = wall, .turned = wall, .time = live_now(live), .speed = speed};
}

sim_time pace_time(const Pace *pace, int64_t wall) {
    if (pace->is_paused) {
        return pace->time;
    }
    const double passed = (double)(wall - pace->wall) * pace->speed;
    return passed < (double)(SIM_TIME_LONGEST - pace->time) ? pace->time + (sim_time)passed
                                                            : SIM_TIME_LONGEST;
}

/* Rounded up, so that it is not earlier then. */
int64_t pace_wall(const Pace *pace, sim_time time) {
    if (time <= pace->time) {
        return pace->wall;
    }
    const double wait = (double)(time - pace->time) / pace->speed;
    return pace->is_paused || time == SIM_TIME_NEVER || wait > 1e17
               ? INT64_MAX
               : pace->wall + (int64_t)wait + 1;
}

void pace_turn(Pace *pace, int64_t wall) {
    const int64_t others = wall - pace->turned - pace->used_ns;
    pace->left_ns = others < SLICE_NS_LEAST  ? SLICE_NS_LEAST
                    : others < SLICE_NS_MOST ? others
                                             : SLICE_NS_MOST;
    pace->turned = wall;
    pace->used_ns = 0;
}

bool pace_catch_up(Pace *pace) {
    int64_t before = http_clock();
    const sim_time until = pace_time(pace, before);
    while (!pace->is_over && live_next(pace->live) <= until) {
        if (pace->left_ns <= 0) {
            return false;
        }
        pace->is_over = !live_advance(pace->live, live_next(pace->live));
        const int64_t now = http_clock();
        pace->left_ns -= now - before;
        pace->used_ns += now - before;
        before = now;
    }
    pace->is_over = pace->is_over || !live_advance(pace->live, until);
    return true;
}

sim_time pace_lag(const Pace *pace, int64_t wall) {
    const sim_time lag = pace_time(pace, wall) - live_now(pace->live);
    return lag > 0 ? lag : 0;
}

/* What the clock shows now is where it goes on from. */
static void settle(Pace *pace, int64_t wall) {
    asim_assert(wall >= pace->wall);
    pace->time = pace_time(pace, wall);
    pace->wall = wall;
}

void pace_set_speed(Pace *pace, double speed, int64_t wall) {
    asim_assert(speed >= PACE_SPEED_LEAST && speed <= PACE_SPEED_MOST);
    settle(pace, wall);
    pace->speed = speed;
}

void pace_pause(Pace *pace, bool paused, int64_t wall) {
    settle(pace, wall);
    pace->is_paused = paused;
}

sim_time pace_jump(Pace *pace, sim_time by, int64_t wall) {
    asim_assert(by >= 0);
    settle(pace, wall);
    pace->time = by < SIM_TIME_LONGEST - pace->time ? pace->time + by : SIM_TIME_LONGEST;
    return pace->time;
}
