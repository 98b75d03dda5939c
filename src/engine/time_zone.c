// SPDX-License-Identifier: GPL-3.0-or-later
/* TZif as RFC 9636 has it: a header with six counts, the changes and the types of local time; from
 * version 2 on a second block with 64-bit times, and behind it a line in the way of POSIX's TZ,
 * which holds after the last change. Before the first the first type holds. */
#include "engine/time_zone.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/sim_time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DAY_S INT64_C(86400)

/* The rules behind the table ------------------------------------------------------------------- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool scan_whole(const char **at, int most, int *value) {
    *value = 0;
    const char *first = *at;
    while (is_digit(**at) && *at - first < 4) {
        *value = 10 * *value + (*(*at)++ - '0');
    }
    return *at > first && *value <= most;
}

/* [+-]hh[:mm[:ss]]; hours up to 167 (version 3). */
static bool scan_time(const char **at, int32_t *seconds) {
    const int sign = **at == '-' ? -1 : 1;
    int hours, part[2] = {0, 0};
    *at += **at == '-' || **at == '+';
    if (!scan_whole(at, 167, &hours)) {
        return false;
    }
    for (int i = 0; i < 2 && **at == ':'; i++) {
        ++*at;
        if (!scan_whole(at, 59, &part[i])) {
            return false;
        }
    }
    *seconds = sign * (3600 * hours + 60 * part[0] + part[1]);
    return true;
}

/* "CET" or "<+0330>" */
static bool skip_abbreviation(const char **at) {
    const char *first = *at;
    if (**at == '<') {
        *at += strcspn(*at, ">");
        return *(*at)++ == '>';
    }
    while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z')) {
        ++*at;
    }
    return *at > first;
}

static bool scan_day(const char **at, TimeZoneRule *rule) {
    if (**at == 'M') {
        rule->kind = TIME_ZONE_WEEKDAY;
        ++*at;
        return scan_whole(at, 12, &rule->month) && rule->month >= 1 && *(*at)++ == '.' &&
               scan_whole(at, 5, &rule->week) && rule->week >= 1 && *(*at)++ == '.' &&
               scan_whole(at, 6, &rule->day);
    }
    rule->kind = **at == 'J' ? TIME_ZONE_JULIAN : TIME_ZONE_DAY;
    *at += **at == 'J';
    return scan_whole(at, 365, &rule->day) && (rule->kind == TIME_ZONE_DAY || rule->day >= 1);
}

static bool scan_rule(const char **at, TimeZoneRule *rule) {
    rule->time_s = 7200;
    if (*(*at)++ != ',' || !scan_day(at, rule)) {
        return false;
    }
    if (**at != '/') {
        return true;
    }
    ++*at;
    return scan_time(at, &rule->time_s);
}

/* "CET-1CEST,M3.5.0,M10.5.0/3": offsets are west of UTC here. "": no rules. */
static bool parse_rules(TimeZone *zone, const char *text) {
    int32_t west;
    zone->has_rules = *text != '\0';
    if (!zone->has_rules) {
        return true;
    }
    if (!skip_abbreviation(&text) || !scan_time(&text, &west)) {
        return false;
    }
    zone->standard_s = zone->daylight_s = -west;
    if (*text == '\0') {
        return true;
    }
    west -= 3600;
    if (!skip_abbreviation(&text) || (*text != ',' && !scan_time(&text, &west))) {
        return false;
    }
    zone->daylight_s = -west;
    return scan_rule(&text, &zone->to_daylight) && scan_rule(&text, &zone->to_standard) &&
           *text == '\0';
}

static int64_t day_of_weekday(const TimeZoneRule *rule, int year) {
    const int64_t first = sim_time_days_from_civil(year, rule->month, 1);
    const int64_t weekday = ((first + 4) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = (rule->day - weekday + 7) % 7 + 7 * (rule->week - 1);
    while (day >= sim_time_days_in_month(year, rule->month)) {
        day -= 7; /* week 5 is the last */
    }
    return first + day;
}

/* By the clock before the change, as if it were UTC. */
static int64_t rule_local(const TimeZoneRule *rule, int year) {
    const int64_t first = sim_time_days_from_civil(year, 1, 1);
    int64_t day = first + rule->day;
    if (rule->kind == TIME_ZONE_WEEKDAY) {
        day = day_of_weekday(rule, year);
    } else if (rule->kind == TIME_ZONE_JULIAN) {
        const bool leap = sim_time_days_in_month(year, 2) == 29;
        day = first + rule->day - 1 + (leap && rule->day >= 60);
    }
    return day * DAY_S + rule->time_s;
}

static int64_t floor_days(int64_t seconds) {
    return seconds / DAY_S - (seconds % DAY_S < 0);
}

static int32_t rules_offset(const TimeZone *zone, int64_t epoch_s) {
    if (zone->standard_s == zone->daylight_s) {
        return zone->standard_s;
    }
    int year, month, day;
    sim_time_civil_from_days(floor_days(epoch_s + zone->standard_s), &year, &month, &day);
    const int64_t begins = rule_local(&zone->to_daylight, year) - zone->standard_s;
    const int64_t ends = rule_local(&zone->to_standard, year) - zone->daylight_s;
    const bool daylight =
        begins < ends ? epoch_s >= begins && epoch_s < ends : epoch_s >= begins || epoch_s < ends;
    return daylight ? zone->daylight_s : zone->standard_s;
}

/* The table ------------------------------------------------------------------------------------ */

enum { HEADER = 44, TABLE_MOST = 1 << 20 };

typedef struct Block {
    size_t utc_flags, standard_flags, leap_seconds, times, types, characters;
    const unsigned char *data;
    size_t time_size; /* 4 or 8 bytes */
    size_t length;
} Block;

static int64_t read_integer(const unsigned char *bytes, size_t size) {
    uint64_t value = bytes[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < size; i++) {
        value = value << 8 | bytes[i];
    }
    int64_t result;
    memcpy(&result, &value, sizeof result);
    return result;
}

static bool read_block(Block *block, const unsigned char *bytes, size_t length, size_t time_size) {
    size_t *const counts[] = {&block->utc_flags, &block->standard_flags, &block->leap_seconds,
                              &block->times,     &block->types,          &block->characters};
    if (length < HEADER || memcmp(bytes, "TZif", 4) != 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        const int64_t count = read_integer(bytes + 20 + 4 * i, 4);
        if (count < 0 || count > TABLE_MOST) {
            return false;
        }
        *counts[i] = (size_t)count;
    }
    block->data = bytes + HEADER;
    block->time_size = time_size;
    block->length = HEADER + block->times * (time_size + 1) + block->types * 6 + block->characters +
                    block->leap_seconds * (time_size + 4) + block->standard_flags +
                    block->utc_flags;
    return block->length <= length;
}

/* Leap seconds ("right/...") are not the calendar's here. */
static bool take_block(TimeZone *zone, const Block *block) {
    const unsigned char *kinds = block->data + block->times * block->time_size;
    const unsigned char *types = kinds + block->times;
    if (block->types == 0 || block->leap_seconds > 0) {
        return false;
    }
    zone->count = block->times;
    zone->times = memory_new(block->times, sizeof *zone->times);
    zone->offsets = memory_new(block->times + 1, sizeof *zone->offsets);
    zone->offsets[0] = (int32_t)read_integer(types, 4);
    for (size_t i = 0; i < block->times; i++) {
        zone->times[i] = read_integer(block->data + i * block->time_size, block->time_size);
        if (kinds[i] >= block->types || (i > 0 && zone->times[i] <= zone->times[i - 1])) {
            return false;
        }
        zone->offsets[i + 1] = (int32_t)read_integer(types + 6 * (size_t)kinds[i], 4);
    }
    for (size_t i = 0; i <= block->times; i++) {
        if (zone->offsets[i] < -DAY_S - 7200 || zone->offsets[i] > DAY_S + 7200) {
            return false;
        }
    }
    return true;
}

static bool take_rules(TimeZone *zone, const unsigned char *bytes, size_t length) {
    const unsigned char *end = length > 1 ? memchr(bytes + 1, '\n', length - 1) : NULL;
    if (end == NULL || bytes[0] != '\n') {
        return false;
    }
    char *text = memory_text_n((const char *)bytes + 1, (size_t)(end - bytes) - 1);
    const bool sound = parse_rules(zone, text);
    free(text);
    return sound;
}

static bool parse(TimeZone *zone, const unsigned char *bytes, size_t length) {
    Block block;
    if (!read_block(&block, bytes, length, 4)) {
        return false;
    }
    if (bytes[4] < '2') {
        return take_block(zone, &block);
    }
    const unsigned char *second = bytes + block.length;
    const size_t rest = length - block.length;
    return read_block(&block, second, rest, 8) && take_block(zone, &block) &&
           take_rules(zone, second + block.length, rest - block.length);
}

bool time_zone_parse(TimeZone *zone, const unsigned char *bytes, size_t length) {
    *zone = (TimeZone){0};
    if (parse(zone, bytes, length)) {
        return true;
    }
    time_zone_clear(zone);
    return false;
}

void time_zone_clear(TimeZone *zone) {
    free(zone->times);
    free(zone->offsets);
    *zone = (TimeZone){0};
}

/* Files ---------------------------------------------------------------------------------------- */

/* Where zone files are: TZDIR, or /usr/share/zoneinfo. Lent. */
static const char *zone_directory(void) {
    const char *directory = getenv("TZDIR");
    return directory != NULL && *directory != '\0' ? directory : "/usr/share/zoneinfo";
}

static bool is_utc(const char *name) {
    return strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

/* No way out of the directory, and none of the files that are no zones. */
static bool may_be_name(const char *name) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    const size_t length = strlen(name);
    return length > 0 && length < 100 && strspn(name, letters) == length && name[0] != '/';
}

char *time_zone_file(const char *name) {
    return is_utc(name) ? NULL : memory_format("%s/%s", zone_directory(), name);
}

/* Adds the names of all zones below. */
static void list_names(const char *directory, const char *above, TextList *names) {
    DIR *stream = opendir(directory);
    for (const char *found; (found = file_name_next(&stream)) != NULL;) {
        if (!may_be_name(found) || strcmp(found, "posix") == 0 || strcmp(found, "right") == 0 ||
            strcmp(found, "posixrules") == 0 || strcmp(found, "localtime") == 0) {
            continue;
        }
        char *path = memory_format("%s/%s", directory, found);
        char *name = memory_format("%s%s", above, found);
        struct stat status;
        const bool known = stat(path, &status) == 0;
        if (known && S_ISDIR(status.st_mode)) {
            char *deeper = memory_format("%s/", name);
            list_names(path, deeper, names);
            free(deeper);
        } else if (known) {
            text_list_place(names, name);
        }
        free(path);
        free(name);
    }
}

/* The whole name, or else the city alone: Berlin. */
static const char *nearest_name(const char *name, const TextList *names) {
    NearestName whole = {.word = name}, city = {.word = name};
    const char *of_city = NULL;
    for (size_t i = 0; i < names->count; i++) {
        const char *slash = strrchr(names->items[i], '/'), *before = city.name;
        nearest_try(&whole, names->items[i]);
        nearest_try(&city, slash != NULL ? slash + 1 : names->items[i]);
        of_city = city.name != before ? names->items[i] : of_city;
    }
    return whole.name != NULL ? whole.name : of_city;
}

static bool refuse(const char *name, const Error *where, const char *key, ErrorList *errors) {
    Error at = *where;
    char *place = where->place != NULL && *where->place != '\0'
                      ? memory_format("%s.%s", where->place, key)
                      : memory_text(key);
    at.place = place;
    TextList names = {0};
    list_names(zone_directory(), "", &names);
    if (names.count > 0) {
        error_found(errors, &at, "an IANA time zone such as Europe/Berlin",
                    nearest_name(name, &names), "\"%s\"", name);
    } else {
        char *expected = memory_format("the system's zone files in %s (the package tzdata, or "
                                       "TZDIR says where)",
                                       zone_directory());
        error_found(errors, &at, expected, NULL, "\"%s\" and no zone files", name);
        free(expected);
    }
    text_list_clear(&names);
    free(place);
    return false;
}

/* False: there is none, or it is none; or the system does not give it, for *reason. */
static bool read_file(TimeZone *zone, const char *path, int *reason) {
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > TABLE_MOST) {
        return false;
    }
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        *reason = errno;
        return false;
    }
    unsigned char *bytes = memory_new((size_t)status.st_size + 1, 1);
    const size_t length = fread(bytes, 1, (size_t)status.st_size, stream);
    *reason = ferror(stream) != 0 ? errno : 0;
    const bool sound = *reason == 0 && time_zone_parse(zone, bytes, length);
    fclose(stream);
    free(bytes);
    return sound;
}

bool time_zone_read(TimeZone *zone, const char *name, const Error *where, const char *key,
                    ErrorList *errors) {
    *zone = (TimeZone){0};
    if (is_utc(name)) { /* known without a file */
        zone->has_rules = true;
        return true;
    }
    char *path = time_zone_file(name);
    int reason = 0;
    const bool sound = may_be_name(name) && read_file(zone, path, &reason);
    if (reason != 0) {
        error_unreadable(errors, path, reason, "the zone's file");
    } else if (!sound) {
        refuse(name, where, key, errors);
    }
    free(path);
    return sound;
}

/* Clocks --------------------------------------------------------------------------------------- */

int32_t time_zone_offset(const TimeZone *zone, int64_t epoch_s) {
    size_t low = 0, high = zone->count; /* changes up to then */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= epoch_s) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == zone->count && zone->has_rules ? rules_offset(zone, epoch_s) : zone->offsets[low];
}

/* Offsets are at most a day, so these two instants lie before and after all that it may be. */
int64_t time_zone_instant(const TimeZone *zone, int64_t local_s) {
    const int32_t before = time_zone_offset(zone, local_s - DAY_S);
    const int32_t after = time_zone_offset(zone, local_s + DAY_S);
    const int64_t first = local_s - before, last = local_s - after;
    if (time_zone_offset(zone, first) == before) {
        return time_zone_offset(zone, last) == after && last < first ? last : first;
    }
    return time_zone_offset(zone, last) == after ? last : first;
}
