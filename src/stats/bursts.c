// SPDX-License-Identifier: GPL-3.0-or-later
/* One comparison per arrival as long as no pause comes: the thresholds rise. */
#include "stats/bursts.h"

#include <math.h>

static const double thresholds_s[BURSTS_THRESHOLDS] = {0.01, 0.03, 0.1, 0.3, 1,   2,   5,    10,
                                                       20,   30,   60,  120, 300, 600, 1800, 3600};

void burst_scan_init(BurstScan *scan, sim_time threshold) {
    *scan = (BurstScan){.count = threshold > 0 ? 1 : BURSTS_THRESHOLDS};
    for (size_t i = 0; i < scan->count; i++) {
        scan->by_threshold[i].threshold =
            threshold > 0 ? threshold : (sim_time)llrint(thresholds_s[i] * 1e9);
    }
}

static void end_burst(Bursts *bursts, sim_time last) {
    const double on_s = (double)(last - bursts->begin) * 1e-9;
    bursts->bursts++;
    bursts->on_s += on_s;
    bursts->on_squares += on_s * on_s;
}

static void note_pause(Bursts *bursts, sim_time last, sim_time time) {
    const double off_s = (double)(time - last) * 1e-9;
    end_burst(bursts, last);
    bursts->pauses++;
    bursts->off_s += off_s;
    bursts->off_squares += off_s * off_s;
    bursts->begin = time;
}

static void begin(BurstScan *scan, sim_time time) {
    for (size_t i = 0; i < scan->count; i++) {
        scan->by_threshold[i].begin = time;
    }
    scan->last = time;
}

void burst_scan_add(BurstScan *scan, const asim_arrival *block, size_t count) {
    for (size_t k = 0; k < count; k++) {
        const sim_time time = block[k].time;
        if (scan->arrivals++ == 0) {
            begin(scan, time);
        }
        const sim_time gap = time - scan->last;
        for (size_t i = 0; i < scan->count && gap >= scan->by_threshold[i].threshold; i++) {
            note_pause(&scan->by_threshold[i], scan->last, time);
        }
        scan->last = time;
    }
}

void burst_scan_end(BurstScan *scan) {
    for (size_t i = 0; i < scan->count && scan->arrivals > 0; i++) {
        end_burst(&scan->by_threshold[i], scan->last);
    }
}

static double mean(double sum, uint64_t count) {
    return count > 0 ? sum / (double)count : NAN;
}

static double variation(double sum, double squares, uint64_t count) {
    const double average = mean(sum, count);
    if (count < 2 || !(average > 0)) {
        return 0;
    }
    const double variance = (squares - (double)count * average * average) / (double)(count - 1);
    return sqrt(fmax(variance, 0)) / average;
}

double bursts_on_mean_s(const Bursts *bursts) {
    return mean(bursts->on_s, bursts->bursts);
}

double bursts_off_mean_s(const Bursts *bursts) {
    return mean(bursts->off_s, bursts->pauses);
}

double bursts_on_cv(const Bursts *bursts) {
    return variation(bursts->on_s, bursts->on_squares, bursts->bursts);
}

double bursts_off_cv(const Bursts *bursts) {
    return variation(bursts->off_s, bursts->off_squares, bursts->pauses);
}

double bursts_on_rate(const Bursts *bursts, uint64_t arrivals) {
    return bursts->on_s > 0 ? (double)arrivals / bursts->on_s : NAN;
}
