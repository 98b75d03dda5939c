// SPDX-License-Identifier: GPL-3.0-or-later
/* The rows are those of the output's files, written by the same rooms into memory. */
#include "serve/feed.h"

#include "base/csv_writer.h"
#include "base/memory.h"
#include "figures/run_files.h"
#include "serve/control.h"
#include "serve/inference.h"

#include <stdlib.h>
#include <string.h>

#define STATE_NS INT64_C(1000000000)

static const RunFileKind kinds[FEED_OBSERVERS] = {RUN_FILE_TIMESERIES, RUN_FILE_EVENTS};
static const char *const event_names[FEED_OBSERVERS] = {"timeseries", "events"};

typedef struct FeedReader {
    Feed *feed;
    Exchange *exchange;
    uint64_t next_row, next_state; /* that it has not been told */
    bool is_greeted, has_ended;
    Text pending;
    size_t at;
} FeedReader;

struct Feed {
    const Scenario *scenario;
    const Pace *pace;
    CsvWriter writers[FEED_OBSERVERS];
    RunFile *files[FEED_OBSERVERS];
    asim_observer observers[FEED_OBSERVERS];
    Text columns;
    char *rows[FEED_ROWS_MOST]; /* whole events, a ring by number */
    uint64_t row_count;         /* all that there were */
    char *state;
    uint64_t state_count;
    int64_t state_wall;
    FeedReader *readers[FEED_READERS_MOST];
    size_t reader_count;
    bool is_over;
};

/* Rows -----------------------------------------------------------------------------------------
 */

static void keep_row(Feed *feed, char *event) {
    char **place = &feed->rows[feed->row_count++ % FEED_ROWS_MOST];
    free(*place);
    *place = event;
}

/* The lines that a writer has by now; the first of all is its header. */
static void collect(Feed *feed, size_t i) {
    Text text = {0};
    csv_writer_move(&feed->writers[i], &text);
    for (char *line = text.text; line != NULL && *line != '\0';) {
        char *end = strchr(line, '\n');
        keep_row(feed, memory_format("event: %s\ndata: %.*s\n\n", event_names[i], (int)(end - line),
                                     line));
        line = end + 1;
    }
    text_clear(&text);
}

static void write_columns(Feed *feed) {
    static const char *const kind_names[] = {
        [SERIES_KEY] = "key",   [SERIES_VALUE] = "value", [SERIES_COUNT] = "count",
        [SERIES_PART] = "part", [SERIES_TOTAL] = "total",
    };
    Text *text = &feed->columns, headers = {0};
    text_add(text, "event: columns\ndata: {\"timeseries\": [");
    for (size_t i = 0; i < series_column_count; i++) {
        text_addf(text, "%s[\"%s\", \"%s\"]", i == 0 ? "" : ", ", series_columns[i].name,
                  kind_names[series_columns[i].kind]);
    }
    csv_writer_move(&feed->writers[0], &headers); /* told with their kinds already */
    text_clear(&headers);
    csv_writer_move(&feed->writers[1], &headers);
    headers.text[headers.length - 1] = '\0'; /* its line feed */
    text_addf(text, "], \"events\": \"%s\"}\n\n", headers.text);
    text_clear(&headers);
}

/* Readers --------------------------------------------------------------------------------------
 */

static ssize_t make_events(void *self) {
    FeedReader *reader = self;
    const Feed *feed = reader->feed;
    if (!reader->is_greeted) {
        reader->is_greeted = true;
        text_add(&reader->pending, feed->columns.text);
        return 1;
    }
    const uint64_t first = feed->row_count > FEED_ROWS_MOST ? feed->row_count - FEED_ROWS_MOST : 0;
    reader->next_row = reader->next_row < first ? first : reader->next_row; /* it was too slow */
    if (reader->next_row < feed->row_count) {
        text_add(&reader->pending, feed->rows[reader->next_row++ % FEED_ROWS_MOST]);
    } else if (reader->next_state < feed->state_count) {
        reader->next_state = feed->state_count;
        text_addf(&reader->pending, "event: state\ndata: %s\n\n", feed->state);
    } else if (feed->is_over && !reader->has_ended) {
        reader->has_ended = true;
        text_add(&reader->pending, "event: end\ndata: {}\n\n");
    } else {
        return reader->has_ended ? HTTP_END : HTTP_NOTHING_YET;
    }
    return 1;
}

static ssize_t read_events(void *self, Exchange *exchange, char *bytes, size_t most) {
    (void)exchange;
    FeedReader *reader = self;
    return http_hand_out(&reader->pending, &reader->at, bytes, most, make_events, reader);
}

void feed_arrived(Feed *feed, Exchange *exchange) {
    if (feed->reader_count == FEED_READERS_MOST) {
        answer_error(exchange, &(ApiError){.status = 503,
                                           .message = "64 others read these events already.",
                                           .type = "error",
                                           .code = "TOO_MANY_READERS"});
        return;
    }
    FeedReader *reader = memory_new(1, sizeof *reader);
    *reader = (FeedReader){.feed = feed, .exchange = exchange};
    feed->readers[feed->reader_count++] = reader;
    exchange_add_header(exchange, "cache-control", "no-cache");
    exchange_stream(exchange, "text/event-stream; charset=utf-8", HTTP_LENGTH_UNKNOWN, read_events,
                    reader);
}

bool feed_over(Feed *feed, const Exchange *exchange) {
    for (size_t i = 0; i < feed->reader_count; i++) {
        FeedReader *reader = feed->readers[i];
        if (reader->exchange == exchange) {
            text_clear(&reader->pending);
            free(reader);
            feed->readers[i] = feed->readers[--feed->reader_count];
            return true;
        }
    }
    return false;
}

static void wake_readers(Feed *feed) {
    for (size_t i = 0; i < feed->reader_count; i++) {
        exchange_wake(feed->readers[i]->exchange);
    }
}

static void collect_all(Feed *feed) {
    for (size_t i = 0; i < FEED_OBSERVERS; i++) {
        collect(feed, i);
    }
}

void feed_tell_state(Feed *feed, int64_t wall) {
    free(feed->state);
    feed->state = control_state(feed->scenario, feed->pace, wall);
    feed->state_count++;
    feed->state_wall = wall;
    wake_readers(feed);
}

void feed_tell(Feed *feed, int64_t wall) {
    const uint64_t before = feed->row_count;
    collect_all(feed);
    if (feed->reader_count > 0 && wall - feed->state_wall >= STATE_NS) {
        feed_tell_state(feed, wall);
    } else if (feed->row_count > before) {
        wake_readers(feed);
    }
}

void feed_end(Feed *feed) {
    collect_all(feed);
    feed->is_over = true;
    wake_readers(feed);
}

/* Making ---------------------------------------------------------------------------------------
 */

Feed *feed_create(const Scenario *scenario, const Pace *pace) {
    Feed *feed = memory_new(1, sizeof *feed);
    feed->scenario = scenario;
    feed->pace = pace;
    for (size_t i = 0; i < FEED_OBSERVERS; i++) {
        csv_writer_open_memory(&feed->writers[i]);
        feed->files[i] = run_file_create(kinds[i], scenario, &feed->writers[i]);
        feed->observers[i] = run_file_observer(feed->files[i]);
    }
    write_columns(feed);
    return feed;
}

void feed_destroy(Feed *feed) {
    if (feed == NULL) {
        return;
    }
    for (size_t i = 0; i < FEED_OBSERVERS; i++) {
        run_file_destroy(feed->files[i]);
        size_t length;
        free(csv_writer_take(&feed->writers[i], &length));
    }
    for (size_t i = 0; i < FEED_ROWS_MOST; i++) {
        free(feed->rows[i]);
    }
    text_clear(&feed->columns);
    free(feed->state);
    free(feed);
}

size_t feed_observers(const Feed *feed, const asim_observer **list, size_t count) {
    for (size_t i = 0; i < FEED_OBSERVERS; i++) {
        list[count++] = &feed->observers[i];
    }
    return count;
}
