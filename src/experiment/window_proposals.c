// SPDX-License-Identifier: GPL-3.0-or-later
/* The course of the day is counted once, over the first eight weeks. */
#include "experiment/window_proposals.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"
#include "engine/time_zone.h"
#include "policy/schedules.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"
#include "traffic/prompt_hashes.h"
#include "traffic/traffic.h"

#include <stdlib.h>
#include <string.h>

/* Keys ----------------------------------------------------------------------------------------- */

typedef struct WindowKeys {
    char *timezone;
    OptionNumbers minima;
} WindowKeys;

const Option window_proposal_options[] = {
    {OPTION_ROW(WindowKeys, timezone, TEXT, OURS),
     .help = "whose clock the day is taken by: \"Europe/Berlin\""},
    {OPTION_ROW(WindowKeys, minima, NUMBERS, OURS), .minimum = 1, .maximum = 100000,
     .help = "the minima to try; by default 1 and 2"},
    OPTION_END,
};

/* The traffic -------------------------------------------------------------------------------- */

#define SPAN_MOST (56 * SIM_TIME_DAY)

/* Weekday and hour of an instant. */
static void clock_of(const TimeZone *zone, int64_t epoch_s, int *weekday, int *hour) {
    const int64_t local = epoch_s + time_zone_offset(zone, epoch_s);
    const int64_t second = (local % 86400 + 86400) % 86400, day = (local - second) / 86400;
    *weekday = (int)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
    *hour = (int)(second / 3600);
}

/* Where there is no duration the time of the last request is the end. */
static bool count_source(const Scenario *scenario, const DeploymentConfig *deployment,
                         size_t number, const TimeZone *zone, WeekProfile *profile, sim_time *last,
                         ErrorList *errors) {
    enum { BLOCK = 512 };
    asim_arrival block[BLOCK];
    asim_traffic_source *source = scenario_open_source(scenario, deployment, number, NULL, errors);
    bool failed = source == NULL, over = false;
    while (!failed && !over) {
        const size_t count = source->next(source, block, BLOCK, &failed);
        over = count == 0;
        for (size_t i = 0; i < count; i++) {
            int weekday, hour;
            over = over || block[i].time >= SPAN_MOST;
            if (!over) {
                clock_of(zone, scenario->start_epoch_s + block[i].time / SIM_TIME_SECOND, &weekday,
                         &hour);
                profile->requests[weekday][hour]++;
                *last = block[i].time > *last ? block[i].time : *last;
            }
            arrival_drop(&block[i]);
        }
    }
    if (source != NULL) {
        source->destroy(source);
    }
    return !failed;
}

static bool count_traffic(const Scenario *scenario, const DeploymentConfig *deployment,
                          const TimeZone *zone, WeekProfile *profile, ErrorList *errors) {
    sim_time end = 0;
    for (size_t i = 0; i < deployment->traffic_count; i++) {
        if (!count_source(scenario, deployment, i, zone, profile, &end, errors)) {
            return false;
        }
    }
    if (scenario->duration != SIM_TIME_NEVER) {
        end = scenario->duration < SPAN_MOST ? scenario->duration : SPAN_MOST;
    }
    for (sim_time time = 0; time < end; time += SIM_TIME_MINUTE) {
        int weekday, hour;
        clock_of(zone, scenario->start_epoch_s + time / SIM_TIME_SECOND, &weekday, &hour);
        profile->hours[weekday][hour] += 1.0 / 60;
    }
    return true;
}

/* The day ------------------------------------------------------------------------------------ */

/* Requests per hour on days from..to of the week. */
static void day_of(const WeekProfile *profile, int from, int to, double rates[24]) {
    for (int hour = 0; hour < 24; hour++) {
        double requests = 0, hours = 0;
        for (int day = from; day <= to; day++) {
            requests += profile->requests[day % 7][hour];
            hours += profile->hours[day % 7][hour];
        }
        rates[hour] = hours > 0 ? requests / hours : 0;
    }
}

static double total(const double rates[24]) {
    double sum = 0;
    for (int hour = 0; hour < 24; hour++) {
        sum += rates[hour];
    }
    return sum;
}

/* Was the whole weekend seen, and was it quiet? */
static bool has_weekends(const WeekProfile *profile) {
    double work[24], weekend[24], seen = 0;
    for (int hour = 0; hour < 24; hour++) {
        seen += profile->hours[6][hour] + profile->hours[0][hour];
    }
    day_of(profile, 1, 5, work);
    day_of(profile, 6, 7, weekend);
    return seen >= 47 && total(weekend) < 0.5 * total(work);
}

/* The shortest time of day, from an hour's beginning and for so many hours, that holds all hours
 * with at least that rate. */
static void find_window(const double rates[24], double least, int *from, int *hours) {
    int gap = 0; /* the longest, and the hour behind it */
    *from = 0;
    for (int hour = 0; hour < 24; hour++) {
        int length = 0;
        while (length < 24 && rates[(hour + length) % 24] < least) {
            length++;
        }
        if (length > gap) {
            gap = length;
            *from = (hour + length) % 24;
        }
    }
    *hours = 24 - gap;
}

/* Values ------------------------------------------------------------------------------------- */

/* From ten minutes before, so that replicas have started by then. */
static cJSON *schedule_of(int from, int hours, bool work_days, int minimum, const char *zone) {
    const int before = (from + 23) % 24;
    const char *days = !work_days ? "*" : from == 0 ? "Sun-Thu" : "Mon-Fri";
    char *name = memory_format("%02d:00-%02d:00%s, %d", from, (from + hours) % 24,
                               work_days ? " Mon-Fri" : "", minimum);
    char *cron = memory_format("50 %d * * %s", before, days);
    char *duration = memory_format("%dh10m", hours);
    cJSON *object = json_object();
    json_add(object, "name", json_text(name));
    json_add(object, "min_replica_count", json_number(minimum));
    json_add(object, "schedule", json_text(cron));
    json_add(object, "duration", json_text(duration));
    json_add(object, "timezone", json_text(zone));
    free(name);
    free(cron);
    free(duration);
    return object;
}

static void add_values(cJSON *values, int from, int hours, bool work_days, const char *zone,
                       const OptionNumbers *minima) {
    for (size_t i = 0; i < minima->count; i++) {
        cJSON *list = json_array();
        json_append(list, schedule_of(from, hours, work_days, (int)minima->values[i], zone));
        json_append(values, list);
    }
}

cJSON *window_proposals_values(const WeekProfile *profile, const char *zone,
                               const OptionNumbers *minima) {
    static const double shares[] = {0.05, 0.25, 0.5};
    const bool work_days = has_weekends(profile);
    double rates[24], most = 0;
    int last_from = -1, last_hours = -1;
    cJSON *values = json_array();
    json_append(values, json_array()); /* none */
    day_of(profile, work_days ? 1 : 0, work_days ? 5 : 6, rates);
    for (int hour = 0; hour < 24; hour++) {
        most = rates[hour] > most ? rates[hour] : most;
    }
    for (size_t i = 0; i < sizeof shares / sizeof *shares && most > 0; i++) {
        int from, hours;
        find_window(rates, shares[i] * most, &from, &hours);
        if (hours < 24 && (from != last_from || hours != last_hours)) {
            add_values(values, from, hours, work_days, zone, minima);
        }
        last_from = from;
        last_hours = hours;
    }
    return values;
}

/* Axes --------------------------------------------------------------------------------------- */

/* The deployment whose schedules the option is; NULL after adding an error. */
static const DeploymentConfig *deployment_of(Reader *reader, const cJSON *axis, const JsonPath *at,
                                             const Scenario *scenario) {
    static const char before[] = "deployments.", after[] = ".autoscaling.scaling_schedules";
    const cJSON *option = reader_member(axis, "option");
    const char *path = cJSON_IsString(option) ? option->valuestring : "";
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        char *own = memory_format("%s%s%s", before, deployment->name, after);
        char *every = memory_format("%s*%s", before, after);
        const bool found =
            strcmp(path, own) == 0 || (strcmp(path, every) == 0 && scenario->deployment_count == 1);
        free(own);
        free(every);
        if (found) {
            return deployment;
        }
    }
    reader_refuse(reader, option, &(JsonPath){.above = at, .key = "option"},
                  "the scaling_schedules of one deployment, beside \"windows\": "
                  "\"deployments.NAME.autoscaling.scaling_schedules\"",
                  NULL);
    return NULL;
}

static void check_minima(Reader *reader, const OptionNumbers *minima, const JsonPath *at) {
    const JsonPath all = {.above = at, .key = "minima"};
    for (size_t i = 0; i < minima->count; i++) {
        if (minima->values[i] != (double)(int)minima->values[i]) {
            reader_error(reader, &(JsonPath){.above = &all, .index = i}, "a whole number", NULL,
                         "%g", minima->values[i]);
        }
    }
}

/* NULL after adding errors. Owned by the caller. */
static cJSON *values_of(Reader *reader, const cJSON *windows, const JsonPath *at,
                        const DeploymentConfig *deployment, const Scenario *scenario) {
    static double usual[] = {1, 2};
    const size_t before = reader->errors->count;
    WindowKeys keys;
    TimeZone zone = {0};
    WeekProfile profile = {0};
    cJSON *values = NULL;
    options_set_defaults(window_proposal_options, &keys);
    reader_options(reader, windows, window_proposal_options, &keys, at);
    const OptionNumbers *minima = keys.minima.count > 0 ? &keys.minima : &(OptionNumbers){usual, 2};
    char *place = json_path_text(at);
    check_minima(reader, &keys.minima, at);
    if (keys.timezone == NULL && reader->errors->count == before) {
        reader_refuse(reader, NULL, &(JsonPath){.above = at, .key = "timezone"},
                      "an IANA time zone such as Europe/Berlin", NULL);
    }
    if (reader->errors->count == before &&
        time_zone_read(&zone, keys.timezone, &(Error){.place = place}, "timezone",
                       reader->errors) &&
        count_traffic(scenario, deployment, &zone, &profile, reader->errors)) {
        values = window_proposals_values(&profile, keys.timezone, minima);
    }
    time_zone_clear(&zone);
    options_clear(window_proposal_options, &keys);
    free(place);
    return values;
}

static bool expand_axis(Reader *reader, cJSON *axis, const JsonPath *at, const Scenario *scenario) {
    static const char key[] = "windows", values_key[] = "values";
    cJSON *windows = cJSON_GetObjectItemCaseSensitive(axis, key);
    const JsonPath place = {.above = at, .key = key};
    if (windows == NULL) {
        return true;
    }
    if (reader_member(axis, values_key) != NULL) {
        reader_error(reader, &place, "windows or values", NULL, "both");
        return false;
    }
    const DeploymentConfig *deployment = deployment_of(reader, axis, at, scenario);
    cJSON *values =
        deployment != NULL ? values_of(reader, windows, &place, deployment, scenario) : NULL;
    if (values == NULL) {
        return false;
    }
    json_add(axis, values_key, values);
    return true;
}

bool window_proposals_expand(Reader *reader, cJSON *axes, const JsonPath *at,
                             const Scenario *scenario) {
    bool sound = true;
    JsonPath place = {.above = at};
    cJSON *axis;
    cJSON_ArrayForEach (axis, axes) {
        if (cJSON_IsObject(axis)) {
            sound = expand_axis(reader, axis, &place, scenario) && sound;
        }
        place.index++;
    }
    return sound;
}
