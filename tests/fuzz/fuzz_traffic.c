// SPDX-License-Identifier: GPL-3.0-or-later
/* Any bytes as a recorded file of any format: it is read or refused, no row is lost, and what is
 * given out is in order and has tokens. The first line holds options, as
 * "format=csv time_column=t"; the file is what follows. */
#include "fuzzing.h"
#include "traffic/trace.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ENOUGH = 20000 }; /* requests */

static void read_all(asim_traffic_source *source, const TraceConfig *config, ErrorList *errors) {
    asim_arrival block[64];
    sim_time latest = 0;
    bool failed = false;
    uint64_t total = 0;
    for (size_t count; total < ENOUGH && (count = source->next(source, block, 64, &failed)) > 0;) {
        for (size_t i = 0; i < count; i++) {
            fuzz_require(block[i].time >= latest, "in order");
            fuzz_require(block[i].prompt_tokens > 0 && block[i].output_tokens > 0, "with tokens");
            latest = block[i].time;
            arrival_drop(&block[i]);
        }
        total += count;
    }
    fuzz_require(failed == (errors->count > 0), "an error is told and listed, or neither");
    const asim_traffic_counts *counts = &source->counts;
    fuzz_require(config->requests.rate_scale != 1 || counts->requests == total,
                 "requests are counted");
    /* What has columns for its requests has one row for each. */
    const bool all = config->prompt_column != NULL && config->requests.rate_scale == 1;
    fuzz_require(failed || total >= ENOUGH || !all ||
                     counts->rows ==
                         counts->requests + counts->failed + counts->skipped + counts->outside,
                 "no row is lost");
}

/* The first word of the line, cut off; NULL at its end. */
static char *next_word(char **line) {
    char *word = *line + strspn(*line, " ");
    if (*word == '\0') {
        return NULL;
    }
    const size_t length = strcspn(word, " ");
    *line = word + length + (word[length] == ' ');
    word[length] = '\0';
    return word;
}

/* Unknown options and mistakes are left out, so that few bytes say something. */
static void set_options(TraceConfig *config, char *line, ErrorList *errors) {
    options_set_defaults(trace_options, config);
    config->requests.prompt_tokens = distribution_fixed(5);
    config->requests.output_tokens = distribution_fixed(7);
    for (char *word; (word = next_word(&line)) != NULL;) {
        char *value = strchr(word, '=');
        if (value == NULL || strncmp(word, "file=", 5) == 0) {
            continue;
        }
        *value = '\0';
        const Option *option = option_find(trace_options, word);
        if (option != NULL && option->type <= OPTION_LENGTH) {
            option_set_text(option, config, value + 1, &(Error){.file = "options"}, errors);
        }
    }
    error_list_clear(errors);
}

static void read_file(const TraceConfig *config, ErrorList *errors) {
    const TrafficContext context = {.stream = "fuzz", .until = SIM_TIME_NEVER, .errors = errors};
    asim_traffic_source *source = trace_open(&trace_kind, config, &context);
    fuzz_require((source == NULL) == (errors->count > 0), "a source or an error");
    if (source != NULL) {
        read_all(source, config, errors);
        source->destroy(source);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *end = size > 0 ? memchr(data, '\n', size) : NULL;
    const size_t head = end != NULL ? (size_t)(end - data) : size;
    const size_t body = end != NULL ? head + 1 : size;
    char *line = fuzz_text(data, head);
    ErrorList errors = {0};
    TraceConfig config = {0}; /* some members are no options */
    set_options(&config, line, &errors);
    free(line);
    text_list_clear(&config.files);
    text_list_add(&config.files, memory_text(fuzz_file(0, data + body, size - body)));
    trace_check(&trace_kind, &config, &(Error){.file = "options"}, &errors);
    if (errors.count == 0) {
        read_file(&config, &errors);
    }
    fuzz_errors(&errors, errors.count > 0);
    options_clear(trace_options, &config);
    return 0;
}
