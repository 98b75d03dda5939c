// SPDX-License-Identifier: GPL-3.0-or-later
/* Replicas that vanish (model 7): what a scenario says of it, and the chance that decides. That
 * preemptible GPUs cost half of the on-demand price, and are taken in mid-request, is documented
 * (docs.fireworks.ai, guides/ondemand-deployments); how often, and after what notice, is not. */
#include "cluster/cluster.h"

#include "base/assertion.h"
#include "base/csv_reader.h"
#include "base/file_name.h"
#include "base/memory.h"
#include "engine/sim_time.h"

#include <math.h>
#include <stdlib.h>

/* What a scenario says ----------------------------------------------------------------------------
 */

#define LONGEST_S 315360000 /* ten years */

static const char *const not_with_gaps[] = {"gaps", NULL};

#define ROW(member, type, basis) OPTION_ROW(PreemptibleConfig, member, type, basis)
const Option preemptible_options[] = {
    {ROW(gaps, SPAN, OURS), .minimum = 1, .maximum = LONGEST_S,
     .help = "time from one loss of the deployment to the next, whatever it has then"},
    {ROW(file, TEXT, OURS), .is_file = true, .not_with = not_with_gaps,
     .help = "recorded losses: CSV with the column time_s, and replicas where several are taken at "
             "once"},
    {ROW(notice, DURATION, ASSUMED), .maximum = 86400, .default_text = "0s",
     .help = "before a replica is taken: it gets nothing new, and what it has finished by then is "
             "not cut"},
    {ROW(price_share, NUMBER, DOCUMENTED), .maximum = 1, .default_text = "0.5",
     .help = "of the on-demand price"},
    OPTION_END,
};
#undef ROW

void preemptible_config_check(const void *of, const Error *where, ErrorList *errors) {
    if (!preemptible_is_given(of)) {
        error_add_at(where, "gaps", "nothing",
                     "how often a replica is lost, such as {\"distribution\": \"exponential\", "
                     "\"mean\": \"6h\"}, or a file of losses: it is documented nowhere",
                     errors);
    }
}

#define ROW(member, type, basis) OPTION_ROW(FailuresConfig, member, type, basis)
const Option failures_options[] = {
    {ROW(time_to_failure, SPAN, OURS), .minimum = 1, .maximum = LONGEST_S,
     .help = "of each replica, from when it begins to serve"},
    {ROW(time_to_repair, SPAN, ASSUMED), .maximum = LONGEST_S, .default_text = "0s",
     .help = "until a failed replica's GPUs can be had again; it matters where GPUs are scarce"},
    OPTION_END,
};
#undef ROW

void failures_config_check(const void *of, const Error *where, ErrorList *errors) {
    if (!failures_are_given(of)) {
        error_add_at(where, "time_to_failure", "nothing",
                     "how long a replica serves until it fails, such as {\"distribution\": "
                     "\"exponential\", \"mean\": \"30d\"}",
                     errors);
    }
}

/* Recorded losses ---------------------------------------------------------------------------------
 */

#define REPLICAS_MOST 1000000

static bool loss_row(Losses *losses, CsvReader *reader, size_t time, size_t replicas,
                     size_t *room) {
    const Error where = {.file = reader->path, .line = reader->line};
    const double time_s = csv_reader_number(reader, time);
    const double count = replicas == CSV_READER_ABSENT ? 1 : csv_reader_number(reader, replicas);
    if (!(time_s >= 0 && time_s <= sim_time_to_seconds(SIM_TIME_LONGEST))) {
        return !reader->failed && error_at(reader->errors, &where, csv_reader_text(reader, time),
                                           "a time in seconds, from 0 on", NULL);
    }
    if (!(count >= 1 && count <= REPLICAS_MOST && count == floor(count))) {
        return !reader->failed &&
               error_at(reader->errors, &where, csv_reader_text(reader, replicas),
                        "a whole number of replicas from 1 on", NULL);
    }
    const RecordedLoss loss = {.time = sim_time_from_seconds(time_s), .replicas = (uint32_t)count};
    if (losses->recorded_count && loss.time <= losses->recorded[losses->recorded_count - 1].time) {
        return error_at(reader->errors, &where, csv_reader_text(reader, time),
                        "a time after the row before", NULL);
    }
    losses->recorded = memory_grow(losses->recorded, losses->recorded_count, room, sizeof loss);
    losses->recorded[losses->recorded_count++] = loss;
    return true;
}

static bool read_recorded(Losses *losses, const char *directory, ErrorList *errors) {
    char *path = file_name_from(directory, losses->config->file);
    CsvReader reader = {0};
    size_t room = 0, time = 0;
    bool read = csv_reader_open(&reader, path, errors) &&
                (time = csv_reader_need(&reader, "time_s")) != CSV_READER_ABSENT;
    const size_t replicas = read ? csv_reader_find(&reader, "replicas") : CSV_READER_ABSENT;
    while (read && csv_reader_next(&reader)) {
        read = loss_row(losses, &reader, time, replicas, &room);
    }
    read = csv_reader_close(&reader) && read;
    if (read && losses->recorded_count == 0) {
        read = error_in_file(errors, path, "no rows", "at least one loss", NULL);
    }
    free(path);
    return read;
}

/* Losses ------------------------------------------------------------------------------------------
 */

/* Time passes, but not so much that the end of time comes near. */
static sim_time draw(const Distribution *seconds, RandomStream *stream) {
    const sim_time drawn = sim_time_from_seconds(distribution_sample(seconds, stream));
    return drawn < 1 ? 1 : drawn < SIM_TIME_LONGEST ? drawn : SIM_TIME_LONGEST;
}

static sim_time gap(Losses *losses) {
    return draw(&losses->config->gaps, &losses->gaps);
}

static sim_time next_recorded(const Losses *losses) {
    return losses->recorded_next < losses->recorded_count
               ? losses->recorded[losses->recorded_next].time
               : SIM_TIME_NEVER;
}

bool losses_init(Losses *losses, const PreemptibleConfig *config, const char *directory,
                 uint64_t seed, uint64_t replication, const char *deployment, ErrorList *errors) {
    *losses = (Losses){.config = config, .next = SIM_TIME_NEVER};
    random_stream_init_named(&losses->gaps, seed, replication, "losses.%s.gaps", deployment);
    random_stream_init_named(&losses->chosen, seed, replication, "losses.%s.chosen", deployment);
    if (config->file) {
        const bool read = read_recorded(losses, directory, errors);
        losses->next = next_recorded(losses);
        return read;
    }
    if (distribution_is_given(&config->gaps)) {
        losses->next = gap(losses);
    }
    return true;
}

void losses_clear(Losses *losses) {
    free(losses->recorded);
    losses->recorded = NULL;
}

uint32_t losses_take(Losses *losses) {
    asim_assert(losses->next != SIM_TIME_NEVER);
    if (!losses->recorded) {
        losses->next += gap(losses);
        return 1;
    }
    asim_assert(losses->recorded_next < losses->recorded_count);
    const uint32_t replicas = losses->recorded[losses->recorded_next++].replicas;
    losses->next = next_recorded(losses);
    return replicas;
}

uint64_t losses_choose(Losses *losses, uint64_t count) {
    const double luck = random_uniform(&losses->chosen);
    const uint64_t chosen = (uint64_t)(luck * (double)count);
    return chosen < count ? chosen : count - (count > 0);
}

/* Failures ----------------------------------------------------------------------------------------
 */

Failure failure_draw(const FailuresConfig *config, uint64_t seed, uint64_t replication,
                     const char *deployment, uint32_t replica) {
    RandomStream stream;
    random_stream_init_named(&stream, seed, replication, "failure.%s.%u", deployment, replica);
    const sim_time after = draw(&config->time_to_failure, &stream);
    return (Failure){.after = after, .repair = draw(&config->time_to_repair, &stream)};
}
