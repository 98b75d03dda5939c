// SPDX-License-Identifier: GPL-3.0-or-later
/* One task per run. A plan that keeps goes replication by replication, one that passes cell by
 * cell: the first of a cell's tasks reads its scenario, the last hands over what came of it. */
#include "experiment/plan.h"

#include "base/assertion.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/task_pool.h"
#include "figures/metrics.h"
#include "figures/summary.h"
#include "output/progress.h"
#include "output/run_report.h"
#include "scenario/scenario.h"
#include "sim/simulation.h"
#include "traffic/prompt_hashes.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    OBSERVERS_MOST = 16,
    TRAFFICS_MOST = 64,
    REPLICATIONS_SHARED_MOST = 1 << 20,
    RECORDING_FIRST_ROOM = MEMORY_FIRST_ROOM(4096)
};

/* A run with the one observer that sums it up ------------------------------------------------- */

static void measure(const Summary *summary, Measurement *measurement) {
    const size_t deployments = summary->deployment_count;
    measurement->deployment_count = deployments;
    measurement->values = memory_new(deployments * metric_count, sizeof(double));
    for (size_t deployment = 0; deployment < deployments; deployment++) {
        double *values = measurement->values + deployment * metric_count;
        for (size_t metric = 0; metric < metric_count; metric++) {
            values[metric] = metric_number(metric_of(&metric_rows[metric], summary, deployment));
        }
    }
}

asim_run_result measurement_run(const Scenario *scenario, const asim_run_options *options,
                                Measurement *measurement, ErrorList *errors) {
    Summary *summary = summary_create(scenario);
    const asim_observer own = summary_observer(summary);
    const asim_observer **observers = memory_new(options->observer_count + 1, sizeof *observers);
    for (size_t i = 0; i < options->observer_count; i++) {
        observers[i] = options->observers[i];
    }
    observers[options->observer_count] = &own;
    asim_run_options all = *options;
    all.observers = observers;
    all.observer_count++;
    const asim_run_result result = simulation_run(scenario, &all, errors);
    *measurement = (Measurement){0};
    if (result == ASIM_RUN_DONE) {
        measure(summary, measurement);
    }
    free(observers);
    summary_destroy(summary);
    return result;
}

void measurement_clear(Measurement *measurement) {
    free(measurement->values);
    *measurement = (Measurement){0};
}

double measurement_value(const Measurement *measurement, size_t deployment, size_t metric) {
    return measurement->values[deployment * metric_count + metric];
}

/* Plans -------------------------------------------------------------------------------------- */

/* State of a cell; of a plan that keeps always CELL_READ. */
enum { CELL_UNREAD, CELL_BEING_READ, CELL_READ };

/* The arrivals of one deployment in one replication. */
typedef struct Recording {
    enum { RECORDING_NONE, RECORDING_BEGUN, RECORDING_WHOLE, RECORDING_REFUSED } state;
    asim_arrival *items; /* while BEGUN or WHOLE; a refused one's are its only reader's */
    size_t count;
    asim_traffic_counts counts; /* at the end */
    size_t readers;             /* at work */
    size_t read;                /* runs that have read it */
} Recording;

/* What cells with the same traffic share. */
typedef struct PlanTraffic {
    char *key; /* NULL: a free place */
    size_t deployments;
    Recording *recordings; /* replication by replication; NULL: none is wanted yet */
    size_t cells;          /* that have it, as far as they have been read */
    size_t at_work;        /* of these */
    uint64_t used;         /* when a cell last began with it */
} PlanTraffic;

/* The bar that all threads move. */
typedef struct Bar {
    Progress progress;
    char label[64];
    double *shares; /* of simulated time, by task */
    uint64_t *requests;
    double share_sum;
    uint64_t request_sum;
} Bar;

typedef struct Work {
    PlanCell *cells;
    size_t cell_count;
    size_t tasks;
    size_t done; /* replications that a plan that keeps has already */
    bool by_days;
    const PlanOwner *owner; /* NULL: the plan keeps */
    const PlanOptions *options;
    pthread_mutex_t lock; /* of what follows, and of the cells' states */
    pthread_cond_t changed;
    Bar *bar; /* NULL: none */
    size_t failed;
    ErrorList errors; /* of the first task that failed; `failed`: its number */
    PlanTraffic traffics[TRAFFICS_MOST];
    uint64_t traffics_used;
    int64_t first_replication;
    size_t replications; /* from that on; 0: too many to share anything */
    size_t bytes;        /* of all recordings */
} Work;

typedef struct Task {
    Work *work;
    size_t number;
    PlanCell *cell;
    size_t replication; /* from the cell's first on */
} Task;

/* Arrivals that are shared -------------------------------------------------------------------- */

cJSON *plan_traffic(const Scenario *scenario) {
    static const char *const keys[] = {"seed", "replication", "duration", "start"};
    cJSON *whole = memory_checked(cJSON_Parse(scenario->as_run)), *part = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cJSON *item = cJSON_DetachItemFromObjectCaseSensitive(whole, keys[i]);
        if (item) {
            json_add(part, keys[i], item);
        }
    }
    const cJSON *deployments = cJSON_GetObjectItemCaseSensitive(whole, "deployments");
    for (cJSON *each = deployments ? deployments->child : NULL; each; each = each->next) {
        json_add(part, each->string, cJSON_DetachItemFromObjectCaseSensitive(each, "traffic"));
    }
    cJSON_Delete(whole);
    return part;
}

/* Chance by its numbers in the scenario itself: whoever calls the library may have set them. */
static char *traffic_key(const Scenario *scenario) {
    cJSON *part = plan_traffic(scenario);
    char *text = json_print_line(part);
    char *key = memory_format("%" PRId64 " %" PRId64 " %" PRId64 " %s %s", scenario->seed,
                              scenario->duration, scenario->start_epoch_s,
                              scenario->directory ? scenario->directory : "", text);
    cJSON_Delete(part);
    free(text);
    return key;
}

/* With the lock held; requests and other readers hold what is theirs. */
static void free_recording(Work *work, Recording *recording) {
    asim_assert(recording->readers == 0);
    for (size_t i = 0; i < recording->count; i++) {
        arrival_drop(&recording->items[i]);
    }
    work->bytes -= recording->count * sizeof *recording->items;
    free(recording->items);
    recording->items = NULL;
    recording->count = 0;
}

static void drop_recordings(Work *work, PlanTraffic *traffic) {
    asim_assert(traffic->at_work == 0);
    for (size_t i = 0; traffic->recordings && i < work->replications * traffic->deployments; i++) {
        free_recording(work, &traffic->recordings[i]);
    }
    free(traffic->recordings);
    traffic->recordings = NULL;
}

/* The one that has been idle for longest; NULL: all are in use, or there is none. */
static PlanTraffic *idle_traffic(Work *work, bool with_recordings) {
    PlanTraffic *oldest = NULL;
    for (PlanTraffic *each = work->traffics; each < work->traffics + TRAFFICS_MOST; each++) {
        if (each->at_work == 0 && (each->recordings || !with_recordings) &&
            (!oldest || each->used < oldest->used)) {
            oldest = each;
        }
    }
    return oldest;
}

static PlanTraffic *find_traffic(Work *work, char *key) {
    for (PlanTraffic *each = work->traffics; each < work->traffics + TRAFFICS_MOST; each++) {
        if (each->key && strcmp(each->key, key) == 0) {
            free(key);
            return each;
        }
    }
    PlanTraffic *place = idle_traffic(work, false);
    if (!place) {
        free(key);
        return NULL;
    }
    drop_recordings(work, place);
    free(place->key);
    *place = (PlanTraffic){.key = key};
    return place;
}

/* With the lock held. The first traffic of all is expected to be everybody's, another one's second
 * cell shows that it is shared. */
static void begin_traffic(Work *work, PlanCell *cell, char *key) {
    const bool first = work->traffics_used == 0 && work->owner;
    asim_assert(!cell->traffic && cell->scenario);
    cell->traffic = find_traffic(work, key);
    PlanTraffic *traffic = cell->traffic;
    if (!traffic) {
        return;
    }
    traffic->deployments = cell->scenario->deployment_count;
    traffic->used = ++work->traffics_used;
    traffic->cells++;
    traffic->at_work++;
    if (!traffic->recordings && (first || traffic->cells > 1)) {
        traffic->recordings =
            memory_new(work->replications * traffic->deployments, sizeof *traffic->recordings);
    }
}

static void end_traffic(PlanCell *cell) {
    if (cell->traffic) {
        asim_assert(cell->traffic->at_work > 0);
        cell->traffic->at_work--;
        cell->traffic = NULL;
    }
}

/* Makes room for so many arrivals more in a recording that has begun; how many it has room for. */
static size_t more_room(Work *work, Recording *recording, size_t more) {
    const size_t bytes = more * sizeof *recording->items;
    const size_t most = work->options->arrivals ? work->options->arrivals : PLAN_ARRIVALS_BYTES;
    pthread_mutex_lock(&work->lock);
    for (PlanTraffic *idle;
         work->bytes + bytes > most && (idle = idle_traffic(work, true)) != NULL;) {
        drop_recordings(work, idle);
    }
    const bool fits = work->bytes + bytes <= most;
    work->bytes += fits ? bytes : 0;
    asim_assert(recording->state == RECORDING_BEGUN && work->bytes <= most);
    pthread_mutex_unlock(&work->lock);
    if (fits) {
        recording->items =
            memory_resize(recording->items, recording->count + more, sizeof *recording->items);
    }
    return fits ? more : 0;
}

static void settle_recording(Work *work, Recording *recording, size_t room, bool whole,
                             const asim_traffic_counts *counts) {
    asim_assert(recording->count <= room);
    pthread_mutex_lock(&work->lock);
    work->bytes -= (room - recording->count) * sizeof *recording->items;
    recording->state = whole ? RECORDING_WHOLE : RECORDING_REFUSED;
    recording->counts = *counts;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

/* All that a run gives out: what was recorded, and behind it, if that is not all, the rest. */
typedef struct Replay {
    asim_traffic_source base;
    Work *work;
    const PlanTraffic *traffic;
    Recording *recording;
    size_t next;
    asim_traffic_source *rest; /* NULL: the recording is whole */
    bool failed;               /* the rest has */
} Replay;

static size_t replay_next(asim_traffic_source *source, asim_arrival *block, size_t room,
                          bool *failed) {
    Replay *replay = (Replay *)source;
    const Recording *recording = replay->recording;
    asim_assert(replay->next <= recording->count);
    const size_t left = recording->count - replay->next, count = left < room ? left : room;
    if (count > 0) {
        for (size_t i = 0; i < count; i++) {
            block[i] = arrival_shared(&recording->items[replay->next + i]);
        }
        replay->next += count;
        replay->base.counts.requests += count;
        return count;
    }
    if (!replay->rest) {
        replay->base.counts = recording->counts;
        return 0;
    }
    *failed = replay->failed;
    const size_t more = replay->failed ? 0 : replay->rest->next(replay->rest, block, room, failed);
    replay->base.counts = replay->rest->counts;
    return more;
}

/* The last reader of a plan that keeps, or the only one, leaves nothing behind. */
static void replay_destroy(asim_traffic_source *source) {
    Replay *replay = (Replay *)source;
    Work *work = replay->work;
    Recording *recording = replay->recording;
    pthread_mutex_lock(&work->lock);
    asim_assert(recording->readers > 0);
    recording->readers--;
    recording->read++;
    if (replay->rest || (!work->owner && recording->read == replay->traffic->cells)) {
        free_recording(work, recording);
        recording->state = RECORDING_REFUSED;
    }
    pthread_mutex_unlock(&work->lock);
    if (replay->rest) {
        replay->rest->destroy(replay->rest);
    }
    free(replay);
}

/* Reads ahead, to the end if it fits. */
static void record(Replay *replay, asim_traffic_source *own) {
    Recording *recording = replay->recording;
    size_t room = 0, got = 1;
    while (got > 0 && !replay->failed) {
        if (recording->count == room) {
            const size_t more =
                more_room(replay->work, recording, room > 0 ? room : RECORDING_FIRST_ROOM);
            if (more == 0) {
                break;
            }
            room += more;
        }
        got = own->next(own, recording->items + recording->count, room - recording->count,
                        &replay->failed);
        recording->count += got;
    }
    const bool whole = got == 0 && !replay->failed;
    if (whole) {
        recording->items =
            memory_resize(recording->items, recording->count, sizeof *recording->items);
    }
    settle_recording(replay->work, recording, room, whole, &own->counts);
    if (whole) {
        own->destroy(own);
    } else {
        replay->rest = own;
    }
}

/* asim_run_options.arrivals: of the threads that want the same ones, the first records them. */
static asim_traffic_source *share_arrivals(void *self, uint32_t deployment,
                                           asim_traffic_source *own) {
    const Task *task = self;
    Work *work = task->work;
    PlanTraffic *traffic = task->cell->traffic;
    const int64_t row = task->cell->first + (int64_t)task->replication - work->first_replication;
    asim_assert(row >= 0 && (size_t)row < work->replications);
    pthread_mutex_lock(&work->lock);
    asim_assert(deployment < traffic->deployments);
    if (!traffic->recordings) {
        pthread_mutex_unlock(&work->lock);
        return own;
    }
    Recording *recording = &traffic->recordings[(size_t)row * traffic->deployments + deployment];
    while (recording->state == RECORDING_BEGUN) {
        pthread_cond_wait(&work->changed, &work->lock);
    }
    const bool first = recording->state == RECORDING_NONE;
    const bool shared = first || recording->state == RECORDING_WHOLE;
    if (shared) {
        recording->state = first ? RECORDING_BEGUN : RECORDING_WHOLE;
        recording->readers++;
    }
    pthread_mutex_unlock(&work->lock);
    if (!shared) {
        return own;
    }
    Replay *replay = memory_new(1, sizeof *replay);
    *replay = (Replay){.base = {.next = replay_next, .destroy = replay_destroy},
                       .work = work,
                       .traffic = traffic,
                       .recording = recording};
    if (first) {
        record(replay, own);
    } else {
        own->destroy(own);
    }
    return &replay->base;
}

/* Progress ------------------------------------------------------------------------------------ */

static void move_bar(void *self, double share, uint64_t requests) {
    const Task *task = self;
    Work *work = task->work;
    Bar *bar = work->bar;
    asim_assert(task->number < work->tasks);
    pthread_mutex_lock(&work->lock);
    const double known = fmax(share, 0); /* a trace's end is not known before it comes */
    bar->share_sum += known - bar->shares[task->number];
    bar->shares[task->number] = known;
    bar->request_sum += requests - bar->requests[task->number];
    bar->requests[task->number] = requests;
    progress_update(&bar->progress, bar->share_sum / (double)work->tasks, bar->request_sum);
    pthread_mutex_unlock(&work->lock);
}

static Bar *bar_begin(const Work *work, size_t count) {
    if (!work->options->bar || work->owner) {
        return NULL;
    }
    Bar *bar = memory_new(1, sizeof *bar);
    snprintf(bar->label, sizeof bar->label, "%zu x replications %zu to %zu", work->cell_count,
             work->done + 1, count);
    progress_init(&bar->progress, work->options->bar, bar->label);
    bar->shares = memory_new(work->tasks, sizeof *bar->shares);
    bar->requests = memory_new(work->tasks, sizeof *bar->requests);
    return bar;
}

static void bar_end(Bar *bar) {
    if (bar) {
        progress_clear(&bar->progress);
        free(bar->shares);
        free(bar->requests);
        free(bar);
    }
}

/* Cells --------------------------------------------------------------------------------------- */

static void cell_clear(PlanCell *cell, size_t from, size_t count) {
    for (size_t r = from; cell->measurements && r < count; r++) {
        measurement_clear(&cell->measurements[r]);
    }
    for (size_t r = from; cell->days && r < count; r++) {
        daily_summary_destroy(cell->days[r]);
        cell->days[r] = NULL;
    }
}

/* Of a plan that passes: forgets a cell whose runs are over. */
static void cell_leave(Work *work, PlanCell *cell) {
    cell_clear(cell, 0, cell->count);
    free(cell->measurements);
    scenario_destroy((Scenario *)cell->scenario);
    cell->measurements = NULL;
    cell->scenario = NULL;
    pthread_mutex_lock(&work->lock);
    end_traffic(cell);
    pthread_mutex_unlock(&work->lock);
}

/* Makes sure that the cell has been read: by this thread, or by the one that was first. */
static void cell_enter(Work *work, PlanCell *cell, ErrorList *errors) {
    pthread_mutex_lock(&work->lock);
    while (cell->state == CELL_BEING_READ) {
        pthread_cond_wait(&work->changed, &work->lock);
    }
    const bool first = cell->state == CELL_UNREAD;
    cell->state = first ? CELL_BEING_READ : cell->state;
    pthread_mutex_unlock(&work->lock);
    if (!first) {
        return;
    }
    asim_assert(!cell->scenario && cell->ended == 0);
    cell->scenario = work->owner->read(work->owner->self, cell, errors);
    cell->measurements = memory_new(cell->count, sizeof *cell->measurements);
    char *key = cell->scenario && work->replications > 0 ? traffic_key(cell->scenario) : NULL;
    pthread_mutex_lock(&work->lock);
    if (key) {
        begin_traffic(work, cell, key);
    }
    cell->state = CELL_READ;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

/* After each of its runs; the last one hands the cell over. */
static bool cell_ran(Work *work, PlanCell *cell, ErrorList *errors) {
    pthread_mutex_lock(&work->lock);
    const size_t ended = ++cell->ended;
    pthread_mutex_unlock(&work->lock);
    asim_assert(ended <= cell->count);
    if (ended < cell->count) {
        return true;
    }
    const bool well = !cell->scenario || work->owner->ended(work->owner->self, cell, errors);
    cell_leave(work, cell);
    return well;
}

/* Runs ---------------------------------------------------------------------------------------- */

/* The scenario's options do not depend on the number of the replication: a copy that shares all is
 * enough. */
static asim_run_result simulate(Task *task, ErrorList *errors) {
    Work *work = task->work;
    PlanCell *cell = task->cell;
    Measurement *measurement = &cell->measurements[task->replication];
    asim_assert(task->replication < cell->count && !measurement->values);
    Scenario scenario = *cell->scenario;
    scenario.replication = cell->first + (int64_t)task->replication;

    const asim_observer *observers[OBSERVERS_MOST];
    const asim_observer *const *reported = NULL;
    RunReport *report = task->replication == 0 ? cell->report : NULL;
    size_t count = report ? run_report_observers(report, &reported) : 0;
    asim_assert(count < OBSERVERS_MOST);
    for (size_t i = 0; i < count; i++) {
        observers[i] = reported[i];
    }
    asim_observer by_day;
    if (work->by_days) {
        cell->days[task->replication] = daily_summary_create(&scenario);
        by_day = daily_summary_observer(cell->days[task->replication]);
        observers[count++] = &by_day;
    }
    const asim_run_options options = {.observers = observers,
                                      .observer_count = count,
                                      .stop = work->options->stop,
                                      .progress = work->bar ? move_bar : NULL,
                                      .progress_self = task,
                                      .arrivals = cell->traffic ? share_arrivals : NULL,
                                      .arrivals_self = task};
    if (!report) {
        return measurement_run(&scenario, &options, measurement, errors);
    }
    const asim_run_result result = simulation_run(&scenario, &options, errors);
    if (result == ASIM_RUN_DONE) {
        measure(run_report_summary(report), measurement);
    } else {
        run_report_tell_failure(report, errors);
    }
    return result;
}

/* Which run has that number. */
static Task task_at(Work *work, size_t number) {
    asim_assert(number < work->tasks);
    if (!work->owner) {
        return (Task){work, number, &work->cells[number % work->cell_count],
                      work->done + number / work->cell_count};
    }
    size_t low = 0, high = work->cell_count; /* cells[low].before <= number < cells[high].before */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        *(work->cells[middle].before <= number ? &low : &high) = middle;
    }
    PlanCell *cell = &work->cells[low];
    asim_assert(number - cell->before < cell->count);
    return (Task){work, number, cell, number - cell->before};
}

/* Later ones than the first that failed may or may not have been begun: they do not count. */
static void note_errors(const Task *task, ErrorList *errors) {
    Work *work = task->work;
    if (errors->count > 0 && work->owner && work->owner->blame) {
        work->owner->blame(work->owner->self, task->cell, errors);
    }
    pthread_mutex_lock(&work->lock);
    if (errors->count > 0 && task->number < work->failed) {
        error_list_clear(&work->errors);
        work->errors = *errors;
        *errors = (ErrorList){0};
        work->failed = task->number;
    }
    pthread_mutex_unlock(&work->lock);
    error_list_clear(errors);
}

static bool run_task(void *self, size_t number) {
    Work *work = self;
    Task task = task_at(work, number);
    ErrorList errors = {0};
    if (work->owner) {
        cell_enter(work, task.cell, &errors);
    }
    bool well = errors.count == 0;
    if (well && task.cell->scenario) {
        well = simulate(&task, &errors) == ASIM_RUN_DONE;
    }
    if (well && work->bar) {
        move_bar(&task, 1, work->bar->requests[number]);
    }
    well = well && (!work->owner || cell_ran(work, task.cell, &errors));
    note_errors(&task, &errors);
    return well;
}

/* Replications from the least to the greatest are what recordings are kept of. */
static void find_range(Work *work) {
    int64_t last = INT64_MIN;
    work->first_replication = INT64_MAX;
    for (size_t i = 0; i < work->cell_count; i++) {
        const PlanCell *cell = &work->cells[i];
        const int64_t end = cell->first + (int64_t)cell->count;
        work->first_replication =
            cell->first < work->first_replication ? cell->first : work->first_replication;
        last = end > last ? end : last;
    }
    const bool shared =
        work->cell_count > 1 && last - work->first_replication <= REPLICATIONS_SHARED_MOST;
    work->replications = shared ? (size_t)(last - work->first_replication) : 0;
}

/* The result and the errors do not depend on the number of threads. */
static asim_run_result run_all(Work *work, size_t count, ErrorList *errors) {
    pthread_mutex_init(&work->lock, NULL);
    pthread_cond_init(&work->changed, NULL);
    work->failed = SIZE_MAX;
    find_range(work);
    for (size_t i = 0; !work->owner && work->replications > 0 && i < work->cell_count; i++) {
        begin_traffic(work, &work->cells[i], traffic_key(work->cells[i].scenario));
    }
    work->bar = bar_begin(work, count);
    const PlanOptions *options = work->options;
    const TaskPool pool = {.jobs = options->jobs,
                           .stop = options->stop,
                           .progress = work->owner ? options->progress : NULL,
                           .progress_self = options->progress_self};
    const bool done = task_pool_run(&pool, work->tasks, run_task, work);
    bar_end(work->bar);
    for (size_t i = 0; i < work->cell_count; i++) {
        if (work->owner) {
            cell_leave(work, &work->cells[i]);
        } else {
            end_traffic(&work->cells[i]);
        }
    }
    for (size_t i = 0; i < TRAFFICS_MOST; i++) {
        drop_recordings(work, &work->traffics[i]);
        free(work->traffics[i].key);
    }
    asim_assert(work->bytes == 0);
    const bool failed = work->errors.count > 0;
    error_add_all(errors, &work->errors);
    error_list_clear(&work->errors);
    pthread_cond_destroy(&work->changed);
    pthread_mutex_destroy(&work->lock);
    return failed ? ASIM_RUN_FAILED : done ? ASIM_RUN_DONE : ASIM_RUN_STOPPED;
}

/* Plans that keep ----------------------------------------------------------------------------- */

void plan_add(Plan *plan, const char *label, const Scenario *scenario, RunReport *report) {
    asim_assert(plan->count == 0);
    plan->cells = memory_resize(plan->cells, plan->cell_count + 1, sizeof *plan->cells);
    plan->cells[plan->cell_count] = (PlanCell){.label = label,
                                               .number = plan->cell_count,
                                               .scenario = scenario,
                                               .report = report,
                                               .first = scenario->replication};
    plan->cell_count++;
}

static void make_room(Plan *plan, size_t count) {
    asim_assert(count > plan->count);
    for (PlanCell *cell = plan->cells; cell < plan->cells + plan->cell_count; cell++) {
        const size_t more = count - plan->count;
        cell->count = count;
        cell->measurements = memory_resize(cell->measurements, count, sizeof *cell->measurements);
        memset(cell->measurements + plan->count, 0, more * sizeof *cell->measurements);
        if (plan->by_days) {
            cell->days = memory_resize(cell->days, count, sizeof *cell->days);
            memset(cell->days + plan->count, 0, more * sizeof *cell->days);
        }
    }
}

asim_run_result plan_run(Plan *plan, size_t count, const PlanOptions *options, ErrorList *errors) {
    if (count <= plan->count) {
        return ASIM_RUN_DONE;
    }
    make_room(plan, count);
    Work work = {.cells = plan->cells,
                 .cell_count = plan->cell_count,
                 .tasks = (count - plan->count) * plan->cell_count,
                 .done = plan->count,
                 .by_days = plan->by_days,
                 .options = options};
    const asim_run_result result = run_all(&work, count, errors);
    if (result == ASIM_RUN_DONE) {
        plan->count = count;
    }
    for (size_t i = 0; i < plan->cell_count; i++) {
        cell_clear(&plan->cells[i], plan->count, count);
        plan->cells[i].count = plan->count;
    }
    return result;
}

void plan_clear(Plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++) {
        cell_clear(&plan->cells[i], 0, plan->count);
        free(plan->cells[i].measurements);
        free(plan->cells[i].days);
    }
    free(plan->cells);
    *plan = (Plan){0};
}

void plan_values(const Plan *plan, size_t cell, size_t deployment, size_t column, double values[]) {
    asim_assert(cell < plan->cell_count);
    for (size_t r = 0; r < plan->count; r++) {
        values[r] = deployment == SIZE_MAX
                        ? NAN
                        : measurement_value(&plan->cells[cell].measurements[r], deployment, column);
    }
}

/* Plans that pass ----------------------------------------------------------------------------- */

asim_run_result plan_pass(PlanCell cells[], size_t count, const PlanOwner *owner,
                          const PlanOptions *options, ErrorList *errors) {
    size_t tasks = 0;
    for (size_t i = 0; i < count; i++) {
        asim_assert(cells[i].count > 0 && !cells[i].scenario && !cells[i].measurements);
        cells[i].before = tasks;
        tasks += cells[i].count;
    }
    Work work = {
        .cells = cells, .cell_count = count, .tasks = tasks, .owner = owner, .options = options};
    return run_all(&work, 0, errors);
}
