// SPDX-License-Identifier: GPL-3.0-or-later
/* Short texts that a command line has, each read by the reader that the first letter chooses: what
 * is understood means the same when it is written and read again. */
#include "base/shell_words.h"
#include "base/text.h"
#include "experiment/optimization.h"
#include "experiment/shard.h"
#include "figures/human.h"
#include "fuzzing.h"

#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Error where = {.file = "fuzz"};

static void read_duration(const char *text) {
    sim_time duration, again;
    char written[SIM_TIME_TEXT];
    if (sim_time_parse(text, &duration)) {
        fuzz_require(duration >= 0, "no duration is negative");
        fuzz_require(sim_time_parse(sim_time_format(duration, written), &again) &&
                         again == duration,
                     "a duration reads the same again");
    }
}

static void read_calendar(const char *text) {
    int64_t epoch_s, again_s;
    int32_t nanoseconds;
    char written[SIM_TIME_TEXT];
    if (sim_time_parse_calendar(text, &epoch_s, &nanoseconds)) {
        fuzz_require(nanoseconds >= 0 && nanoseconds < 1000000000, "nanoseconds of a second");
        fuzz_require(sim_time_parse_calendar(sim_time_format_calendar(epoch_s, written), &again_s,
                                             &nanoseconds) &&
                         again_s == epoch_s && nanoseconds == 0,
                     "an instant reads the same again");
    }
}

static void read_clock(const char *text) {
    const DayClock clock = day_clock_of(1794787200 + 40000);
    sim_time first, last, again_first, again_last;
    char written[HUMAN_TEXT];
    if (day_clock_read(&clock, text, &first, &last)) {
        fuzz_require(first <= last, "from the first to the last");
        if (first >= 0 && first < 100 * SIM_TIME_DAY && first == last) {
            day_clock_text(&clock, first, written);
            fuzz_require(day_clock_read(&clock, written, &again_first, &again_last) &&
                             again_first <= first && first <= again_last,
                         "an instant that is shown is understood");
        }
    }
}

static void read_limit(const char *text) {
    ErrorList errors = {0};
    SloLimit limit;
    const bool read = slo_limit_read(text, &where, &limit, &errors);
    fuzz_errors(&errors, !read);
    fuzz_require(!read || isfinite(limit.bound.limit), "a limit that can be met or missed");
    fuzz_require(!read || limit.metric.row != NULL, "of a metric");
    slo_limit_clear(&limit);
}

static void read_shard(const char *text) {
    ErrorList errors = {0};
    Shard shard;
    const bool read = shard_read(text, &shard, &errors);
    fuzz_errors(&errors, !read);
    fuzz_require(!read || (shard.number >= 1 && shard.number <= shard.count), "a part of a whole");
}

static void read_words(const char *text) {
    TextList words = {0};
    shell_words_split(text, &words);
    text_list_clear(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct {
        char letter;
        void (*read)(const char *text);
    } readers[] = {{'d', read_duration}, {'c', read_calendar}, {'t', read_clock},
                   {'l', read_limit},    {'s', read_shard},    {'w', read_words}};
    for (size_t i = 0; size > 0 && i < sizeof readers / sizeof readers[0]; i++) {
        if (data[0] == readers[i].letter) {
            char *text = fuzz_text(data + 1, size - 1);
            readers[i].read(text);
            free(text);
        }
    }
    return 0;
}
