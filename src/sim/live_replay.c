// SPDX-License-Identifier: GPL-3.0-or-later
/* Invariant: `rows` are those that have not been written, in order of coming; the first of them has
 * not ended. */
#include "sim/live_replay.h"

#include "base/assertion.h"
#include "base/csv_writer.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/output_directory.h"
#include "engine/sim_time.h"
#include "scenario/deployment.h"
#include "traffic/prompt_hashes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct ReplayRow {
    sim_time arrived, abandoned_after;
    asim_prompt_hashes *hashes; /* a count of them is the row's; NULL: none */
    uint32_t deployment, prompt_tokens, output_tokens, cached_tokens, session;
    bool has_ended;
} ReplayRow;

/* Of a deployment. */
typedef struct ReplayFile {
    cJSON *changes; /* an array, as the scenario has them; NULL: none */
    FILE *stream;   /* without a name; NULL: no row yet */
    CsvWriter writer;
} ReplayFile;

struct LiveReplay {
    const Scenario *scenario;
    ReplayFile *files;
    ReplayRow *rows;      /* a ring, of a power of two */
    size_t room;          /* 0 or that */
    uint64_t first, next; /* numbers of the first row and of the one to come */
    int failure;          /* errno of what went wrong first; 0: nothing */
};

LiveReplay *live_replay_create(const Scenario *scenario) {
    LiveReplay *replay = memory_new(1, sizeof *replay);
    replay->scenario = scenario;
    replay->files = memory_new(scenario->deployment_count, sizeof *replay->files);
    return replay;
}

static ReplayRow *row_at(const LiveReplay *replay, uint64_t number) {
    asim_assert(number >= replay->first && number - replay->first < replay->room);
    return &replay->rows[number & (replay->room - 1)];
}

void live_replay_destroy(LiveReplay *replay) {
    if (replay == NULL) {
        return;
    }
    for (uint64_t number = replay->first; number < replay->next; number++) {
        prompt_hashes_release(row_at(replay, number)->hashes);
    }
    for (size_t i = 0; i < replay->scenario->deployment_count; i++) {
        cJSON_Delete(replay->files[i].changes);
        csv_writer_abandon(&replay->files[i].writer);
        if (replay->files[i].stream != NULL) {
            fclose(replay->files[i].stream);
        }
    }
    free(replay->files);
    free(replay->rows);
    free(replay);
}

/* ---- Rows ---- */

static const char *const columns[] = {"arrived_ns",        "prompt_tokens", "output_tokens",
                                      "cached_tokens",     "session",       "hash_ids",
                                      "abandoned_after_ns"};

static void open_file(LiveReplay *replay, ReplayFile *file) {
    file->stream = tmpfile();
    if (file->stream == NULL) {
        replay->failure = errno;
        return;
    }
    csv_writer_open_stream(&file->writer, file->stream);
    csv_writer_header(&file->writer, columns, sizeof columns / sizeof columns[0]);
}

static void write_hashes(CsvWriter *writer, const asim_prompt_hashes *hashes) {
    Text text = {0};
    for (uint32_t i = 0; hashes != NULL && i < hashes->count; i++) {
        text_addf(&text, "%c%" PRIu64, i == 0 ? '[' : ',', hashes->ids[i]);
    }
    text_add(&text, hashes != NULL ? "]" : "");
    csv_writer_text(writer, text.text);
    text_clear(&text);
}

static void write_row(LiveReplay *replay, const ReplayRow *row) {
    ReplayFile *file = &replay->files[row->deployment];
    char session[12];
    if (file->stream == NULL) {
        open_file(replay, file);
    }
    if (replay->failure != 0) {
        return;
    }
    snprintf(session, sizeof session, "%08x", row->session);
    csv_writer_integer(&file->writer, row->arrived);
    csv_writer_count(&file->writer, row->prompt_tokens);
    csv_writer_count(&file->writer, row->output_tokens);
    csv_writer_count(&file->writer, row->cached_tokens);
    csv_writer_text(&file->writer, row->session != 0 ? session : NULL);
    write_hashes(&file->writer, row->hashes);
    if (row->abandoned_after == SIM_TIME_NEVER) {
        csv_writer_empty(&file->writer);
    } else {
        csv_writer_integer(&file->writer, row->abandoned_after);
    }
    csv_writer_end_row(&file->writer);
}

static void grow(LiveReplay *replay) {
    const size_t room = replay->room > 0 ? 2 * replay->room : MEMORY_FIRST_ROOM(64);
    ReplayRow *rows = memory_new(room, sizeof *rows);
    for (uint64_t number = replay->first; number < replay->next; number++) {
        rows[number & (room - 1)] = *row_at(replay, number);
    }
    free(replay->rows);
    replay->rows = rows;
    replay->room = room;
}

uint64_t live_replay_add(LiveReplay *replay, uint32_t deployment, const asim_arrival *arrival,
                         uint32_t session) {
    asim_assert(deployment < replay->scenario->deployment_count);
    const bool has_hashes = arrival->past_kind == ASIM_PAST_HASHES;
    if (replay->next - replay->first == replay->room) {
        grow(replay);
    }
    const uint64_t number = replay->next++;
    *row_at(replay, number) = (ReplayRow){
        .arrived = arrival->time,
        .abandoned_after = arrival->waits,
        .hashes = has_hashes ? prompt_hashes_hold(arrival->past.hashes) : NULL,
        .deployment = deployment,
        .prompt_tokens = arrival->prompt_tokens,
        .output_tokens = arrival->output_tokens,
        .cached_tokens = has_hashes ? 0 : arrival->past.seen.tokens,
        .session = session,
    };
    return number;
}

void live_replay_ended(LiveReplay *replay, uint64_t number, sim_time abandoned_after) {
    ReplayRow *row = row_at(replay, number);
    asim_assert(!row->has_ended && abandoned_after >= 0);
    row->has_ended = true;
    row->abandoned_after = abandoned_after;
    while (replay->first < replay->next && row_at(replay, replay->first)->has_ended) {
        const ReplayRow *first = row_at(replay, replay->first);
        write_row(replay, first);
        prompt_hashes_release(first->hashes);
        replay->first++;
    }
}

void live_replay_change(LiveReplay *replay, uint32_t deployment, sim_time at, cJSON *set,
                        uint32_t replica) {
    char time[SIM_TIME_TEXT];
    ReplayFile *file = &replay->files[deployment];
    cJSON *change = json_object();
    asim_assert(set != NULL || replica > 0);
    json_add(change, "at", json_text(sim_time_format(at, time)));
    if (set != NULL) {
        json_add(change, "set", set);
    }
    if (replica > 0) {
        json_add(change, "lose_replica", json_number(replica));
    }
    file->changes = file->changes != NULL ? file->changes : json_array();
    json_append(file->changes, change);
}

/* ---- Files ---- */

static const char kept[] = "a place for what came from outside";

/* Copies what has no name to where it has one. */
static bool copy(FILE *from, const char *path, const char *name, ErrorList *errors) {
    char buffer[1 << 16];
    CsvWriter to;
    rewind(from);
    if (!csv_writer_open(&to, path, name, errors)) {
        csv_writer_abandon(&to);
        return false;
    }
    for (size_t count; (count = fread(buffer, 1, sizeof buffer, from)) > 0;) {
        csv_writer_raw(&to, buffer, count);
    }
    const bool is_read = ferror(from) == 0 || error_unreadable(errors, name, errno, NULL);
    return csv_writer_close(&to, errors) && is_read;
}

static char *file_name(const DeploymentConfig *deployment) {
    return memory_format("outside-%s.csv", deployment->name);
}

static bool write_file(ReplayFile *file, const DeploymentConfig *deployment,
                       const OutputDirectory *directory, const char *folder, ErrorList *errors) {
    char *name = file_name(deployment);
    char *within = memory_format("%s/%s", folder, name);
    char *path = output_directory_file(directory, within);
    bool is_written = csv_writer_close(&file->writer, errors);
    if (is_written && (fflush(file->stream) != 0 || ferror(file->stream))) {
        is_written = error_unwritable(errors, within, errno, kept);
    }
    is_written = is_written && copy(file->stream, path, within, errors);
    free(path);
    free(within);
    free(name);
    return is_written;
}

static cJSON *node_of(const JsonTree *tree, const DeploymentConfig *deployment) {
    cJSON *deployments = cJSON_GetObjectItemCaseSensitive(tree->root, "deployments");
    return cJSON_GetObjectItemCaseSensitive(deployments, deployment->name);
}

static void add_source(cJSON *node, const DeploymentConfig *deployment) {
    cJSON *traffic = cJSON_GetObjectItemCaseSensitive(node, "traffic"), *source = json_object();
    char *name = file_name(deployment);
    asim_assert(cJSON_IsArray(traffic));
    json_add(source, "type", json_text("trace"));
    json_add(source, "file", json_text(name));
    json_add(source, "format", json_text("autoscale_sim"));
    json_add(source, "origin", json_text("zero"));
    json_append(traffic, source);
    free(name);
}

/* Beside those that the scenario has. */
static void add_changes(cJSON *node, const cJSON *changes) {
    cJSON *all = cJSON_GetObjectItemCaseSensitive(node, "changes");
    if (all == NULL) {
        all = json_array();
        json_add(node, "changes", all);
    }
    const cJSON *change;
    cJSON_ArrayForEach (change, changes) {
        json_append(all, memory_checked(cJSON_Duplicate(change, 1)));
    }
}

/* The scenario, with what came from outside as one more source, and changes, of each deployment. */
static bool write_scenario(const LiveReplay *replay, sim_time span,
                           const OutputDirectory *directory, const char *folder,
                           ErrorList *errors) {
    const Scenario *scenario = replay->scenario;
    JsonTree tree = {0};
    char time[SIM_TIME_TEXT];
    asim_assert(json_parse(&tree, scenario->as_run, strlen(scenario->as_run), "scenario", errors));
    cJSON_ReplaceItemInObjectCaseSensitive(tree.root, "duration",
                                           json_text(sim_time_format(span, time)));
    for (size_t i = 0; i < scenario->deployment_count; i++) {
        const DeploymentConfig *deployment = &scenario->deployments[i];
        if (replay->files[i].stream != NULL) {
            add_source(node_of(&tree, deployment), deployment);
        }
        if (replay->files[i].changes != NULL) {
            add_changes(node_of(&tree, deployment), replay->files[i].changes);
        }
    }
    char *text = json_print(tree.root), *name = memory_format("%s/replay.json", folder);
    const bool written = output_directory_write(directory, name, text, errors);
    free(name);
    free(text);
    json_clear(&tree);
    return written;
}

bool live_replay_write(LiveReplay *replay, sim_time span, const OutputDirectory *directory,
                       const char *folder, ErrorList *errors) {
    asim_assert(replay->first == replay->next);
    if (replay->failure != 0) {
        return error_unwritable(errors, folder, replay->failure, kept);
    }
    if (!output_directory_make_folder(directory, folder, errors)) {
        return false;
    }
    for (size_t i = 0; i < replay->scenario->deployment_count; i++) {
        if (replay->files[i].stream != NULL &&
            !write_file(&replay->files[i], &replay->scenario->deployments[i], directory, folder,
                        errors)) {
            return false;
        }
    }
    return write_scenario(replay, span, directory, folder, errors);
}
