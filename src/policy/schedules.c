// SPDX-License-Identifier: GPL-3.0-or-later
/* Windows from cron, duration and time zone. Fireworks' schema (docs.fireworks.ai,
 * create-deployment, gatewayScalingSchedule) says that its schedules follow those of Google's
 * managed instance groups, whose documentation ("Scaling based on schedules") says what happens
 * when clocks change: a start in the hour that is left out comes that much later, one in the hour
 * that comes twice is the first, and a window is always open for its whole duration.
 *
 * Each schedule streams its windows, those that touch being one: the starts of one day of its clock
 * at a time, so that ten years take no room. Within a day starts are sorted, for one that is moved
 * out of a gap may come after one behind the gap. */
#include "policy/schedules.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "engine/cron.h"
#include "engine/sim_time.h"
#include "engine/time_zone.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Options ------------------------------------------------------------------------------------ */

#define ROW(member, type) OPTION_ROW(ScalingSchedule, member, type, DOCUMENTED)
const Option schedules_options[] = {
    {ROW(name, TEXT), .is_name = true,
     .help = "what reports call it; by default its description, or its number"},
    {ROW(min_replica_count, INTEGER), .maximum = 100000,
     .help = "fewest replicas while a window is open, instead of the deployment's own"},
    {ROW(schedule, TEXT), .help = "when windows open: cron's minute, hour, day of the month, "
                                  "month and day of the week, \"0 8 * * Mon-Fri\""},
    {ROW(duration, DURATION), .minimum = 300, .maximum = 604800,
     .help = "how long each window is open, in whole seconds"},
    {ROW(timezone, TEXT), .help = "whose clock schedule speaks of: \"Europe/Berlin\", \"UTC\""},
    {ROW(description, TEXT), .is_name = true, .help = "what it is for"},
    {ROW(disabled, BOOLEAN), .default_text = "false", .help = "none of its windows opens"},
    OPTION_END,
};
#undef ROW

static const ScalingSchedule *schedule_at(const OptionList *list, size_t index) {
    return (const ScalingSchedule *)list->items + index;
}

/* What reports call the index-th: its name, its description, or its number. Lent. */
static const char *name_of(const OptionList *list, size_t index) {
    static const char *const numbers[SCHEDULES_MOST] = {
        "scaling_schedules.0", "scaling_schedules.1", "scaling_schedules.2", "scaling_schedules.3",
        "scaling_schedules.4"};
    const ScalingSchedule *schedule = schedule_at(list, index);
    if (schedule->name != NULL && *schedule->name != '\0') {
        return schedule->name;
    }
    return schedule->description != NULL && *schedule->description != '\0' ? schedule->description
                                                                           : numbers[index];
}

static void check_calendar(const ScalingSchedule *schedule, const Error *where, ErrorList *errors) {
    Cron cron;
    TimeZone zone;
    if (schedule->schedule != NULL) {
        cron_parse(schedule->schedule, &cron, where, "schedule", errors);
    }
    if (schedule->timezone != NULL &&
        time_zone_read(&zone, schedule->timezone, where, "timezone", errors)) {
        time_zone_clear(&zone);
    }
}

static void check_numbers(const ScalingSchedule *schedule, int64_t most, const Error *where,
                          ErrorList *errors) {
    char expected[64], found[SIM_TIME_TEXT], count[24];
    snprintf(expected, sizeof expected, "at most max_replica_count, %" PRId64, most);
    snprintf(count, sizeof count, "%" PRId64, schedule->min_replica_count);
    sim_time_format(schedule->duration, found);
    const bool uneven =
        schedule->duration != SIM_TIME_NEVER && schedule->duration % SIM_TIME_SECOND != 0;
    const ErrorRule rules[] = {
        {schedule->min_replica_count == OPTION_ABSENT_INTEGER, "min_replica_count", "nothing",
         "the fewest replicas while a window is open"},
        {schedule->schedule == NULL, "schedule", "nothing",
         "five fields of cron, such as \"0 8 * * Mon-Fri\""},
        {schedule->duration == SIM_TIME_NEVER, "duration", "nothing",
         "how long a window is open, such as 10h"},
        {schedule->timezone == NULL, "timezone", "nothing",
         "an IANA time zone such as Europe/Berlin: without one a time of day is ambiguous"},
        {schedule->min_replica_count > most, "min_replica_count", count, expected},
        {uneven, "duration", found, "whole seconds"},
    };
    error_add_broken(where, rules, errors);
}

void schedules_check(const OptionList *list, int64_t most, const Error *where, ErrorList *errors) {
    static const char key[] = "scaling_schedules";
    if (list->count > SCHEDULES_MOST) {
        char found[40];
        snprintf(found, sizeof found, "%zu schedules", list->count);
        error_add_at(where, key, found, "at most 5 of a deployment", errors);
        return;
    }
    for (size_t i = 0; i < list->count; i++) {
        Error at = *where;
        char *place = where->place != NULL && *where->place != '\0'
                          ? memory_format("%s.%s.%zu", where->place, key, i)
                          : memory_format("%s.%zu", key, i);
        at.place = place;
        check_numbers(schedule_at(list, i), most, &at, errors);
        check_calendar(schedule_at(list, i), &at, errors);
        free(place);
    }
}

/* Windows ------------------------------------------------------------------------------------ */

/* Instants are epoch seconds. */
typedef struct Stream {
    const char *name;
    int minimum;
    int64_t duration_s;
    Cron cron;
    TimeZone zone;
    int16_t minutes[CRON_DAY_MINUTES]; /* of each of its days */
    int minute_count;
    int64_t day;     /* of its clock: the next to be laid out */
    int64_t *starts; /* of the day that was laid out last, rising */
    int start_count, start_next;
    int64_t opens, closes; /* the window that is open, or else the next one */
} Stream;

struct Schedules {
    int64_t start_epoch_s;
    sim_time time;
    size_t count;
    Stream streams[SCHEDULES_MOST];
};

/* 29 February may be eight years away, and a certain weekday of it forty. */
#define DAYS_AHEAD_MOST 36600
/* Of windows that touch so much is seen as one: of some schedules all windows touch. */
#define MERGED_MOST_S (INT64_C(30) * 86400)

static int by_instant(const void *left, const void *right) {
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Lays out the next day that has starts. False: none comes. */
static bool next_day(Stream *stream) {
    const int64_t last = stream->day + DAYS_AHEAD_MOST;
    while (stream->day < last && !cron_has_day(&stream->cron, stream->day)) {
        stream->day++;
    }
    const int64_t midnight = 86400 * stream->day++;
    for (int i = 0; i < stream->minute_count; i++) {
        stream->starts[i] = time_zone_instant(&stream->zone, midnight + 60 * stream->minutes[i]);
    }
    stream->start_count = stream->minute_count;
    stream->start_next = 0;
    qsort(stream->starts, (size_t)stream->start_count, sizeof *stream->starts, by_instant);
    return stream->day <= last;
}

/* The next start, not taken yet; INT64_MAX: none comes. */
static int64_t next_start(Stream *stream) {
    if (stream->start_next == stream->start_count && !next_day(stream)) {
        stream->start_count = stream->start_next = 0;
        return INT64_MAX;
    }
    return stream->starts[stream->start_next];
}

/* The window after this one. A day that clocks leave out altogether puts its starts on those of the
 * next, which are then passed over. */
static void next_window(Stream *stream) {
    stream->opens = next_start(stream);
    if (stream->opens == INT64_MAX) {
        stream->closes = INT64_MAX;
        return;
    }
    stream->closes = stream->opens + stream->duration_s;
    for (stream->start_next++; next_start(stream) <= stream->closes; stream->start_next++) {
        const int64_t closes = stream->starts[stream->start_next] + stream->duration_s;
        stream->closes = closes > stream->closes ? closes : stream->closes;
        if (stream->closes - stream->opens > MERGED_MOST_S) {
            break; /* open again at once */
        }
    }
}

static bool open_stream(Stream *stream, const OptionList *list, size_t index, int64_t from,
                        const Error *where, ErrorList *errors) {
    const ScalingSchedule *schedule = schedule_at(list, index);
    *stream = (Stream){.name = name_of(list, index),
                       .minimum = (int)schedule->min_replica_count,
                       .duration_s = schedule->duration / SIM_TIME_SECOND};
    if (!cron_parse(schedule->schedule, &stream->cron, where, "schedule", errors) ||
        !time_zone_read(&stream->zone, schedule->timezone, where, "timezone", errors)) {
        return false;
    }
    stream->minute_count = cron_minutes(&stream->cron, stream->minutes);
    stream->starts = memory_new((size_t)stream->minute_count, sizeof *stream->starts);
    const int64_t first = from - stream->duration_s;
    stream->day = (first - (first % 86400 + 86400) % 86400) / 86400 - 2; /* clocks differ by a day
                                                                          */
    do {
        next_window(stream);
    } while (stream->closes <= from);
    return true;
}

Schedules *schedules_open(const OptionList *list, int64_t start_epoch_s, const Error *where,
                          ErrorList *errors) {
    Schedules *self = memory_new(1, sizeof *self);
    self->start_epoch_s = start_epoch_s;
    for (size_t i = 0; i < list->count; i++) {
        asim_assert(self->count < SCHEDULES_MOST);
        if (schedule_at(list, i)->disabled) {
            continue;
        }
        if (!open_stream(&self->streams[self->count++], list, i, start_epoch_s, where, errors)) {
            schedules_close(self);
            return NULL;
        }
    }
    return self;
}

void schedules_close(Schedules *self) {
    for (size_t i = 0; self != NULL && i < self->count; i++) {
        time_zone_clear(&self->streams[i].zone);
        free(self->streams[i].starts);
    }
    free(self);
}

/* An instant of the calendar in the run. */
static sim_time time_of(const Schedules *self, int64_t epoch_s) {
    if (epoch_s == INT64_MAX || epoch_s - self->start_epoch_s >= SIM_TIME_NEVER / SIM_TIME_SECOND) {
        return SIM_TIME_NEVER;
    }
    return (epoch_s - self->start_epoch_s) * SIM_TIME_SECOND;
}

static bool is_open(const Schedules *self, const Stream *stream) {
    return time_of(self, stream->opens) <= self->time && self->time < time_of(self, stream->closes);
}

void schedules_advance(Schedules *self, sim_time time) {
    asim_assert(time >= self->time && time != SIM_TIME_NEVER);
    self->time = time;
    for (size_t i = 0; i < self->count; i++) {
        while (time_of(self, self->streams[i].closes) <= time) {
            next_window(&self->streams[i]);
            asim_assert(self->streams[i].opens < self->streams[i].closes ||
                        self->streams[i].opens == INT64_MAX);
        }
    }
}

sim_time schedules_next_change(const Schedules *self) {
    sim_time next = SIM_TIME_NEVER;
    for (size_t i = 0; i < self->count; i++) {
        const Stream *stream = &self->streams[i];
        const sim_time change =
            time_of(self, is_open(self, stream) ? stream->closes : stream->opens);
        next = change < next ? change : next;
    }
    asim_assert(next > self->time);
    return next;
}

asim_schedule schedules_now(const Schedules *self) {
    asim_schedule now = {.name = NULL};
    for (size_t i = 0; i < self->count; i++) {
        const Stream *stream = &self->streams[i];
        if (is_open(self, stream) && (now.name == NULL || stream->minimum > now.minimum)) {
            now = (asim_schedule){.name = stream->name,
                                  .minimum = stream->minimum,
                                  .since = time_of(self, stream->opens),
                                  .until = time_of(self, stream->closes)};
        }
    }
    return now;
}
