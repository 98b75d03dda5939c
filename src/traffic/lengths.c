// SPDX-License-Identifier: GPL-3.0-or-later
/* Drawn token lengths. */
#include "traffic/lengths.h"

#include "engine/memory.h"

#include <stdlib.h>

void lengths_init(TrafficLengths *lengths, const Distribution *prompt, const Distribution *output,
                  const TrafficContext *context) {
    lengths->prompt = lengths_given(prompt) ? prompt : NULL;
    lengths->output = lengths_given(output) ? output : NULL;
    random_stream_init_named(&lengths->prompt_stream, context->seed, context->replication,
                             "%s.prompt_tokens", context->stream);
    random_stream_init_named(&lengths->output_stream, context->seed, context->replication,
                             "%s.output_tokens", context->stream);
}

void lengths_draw(TrafficLengths *lengths, asim_arrival *block, size_t count) {
    for (size_t i = 0; i < count && lengths->prompt != NULL; i++) {
        block[i].prompt_tokens =
            distribution_sample_tokens(lengths->prompt, &lengths->prompt_stream);
    }
    for (size_t i = 0; i < count && lengths->output != NULL; i++) {
        block[i].output_tokens =
            distribution_sample_tokens(lengths->output, &lengths->output_stream);
    }
}

void traffic_option_error(const Error *where, const char *name, const char *found,
                          const char *expected, ErrorList *errors) {
    char *place = where->place ? memory_format("%s.%s", where->place, name) : memory_text(name);
    Error error = *where;
    error.place = place;
    error.found = found;
    error.expected = expected;
    error_add(errors, &error);
    free(place);
}

void lengths_check(const Distribution *prompt, const Distribution *output, const Error *where,
                   ErrorList *errors) {
    static const char expected[] = "a number of tokens, or a distribution";
    if (!lengths_given(prompt)) {
        traffic_option_error(where, "prompt_tokens", "nothing", expected, errors);
    }
    if (!lengths_given(output)) {
        traffic_option_error(where, "output_tokens", "nothing", expected, errors);
    }
}
