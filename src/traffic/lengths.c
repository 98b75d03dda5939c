// SPDX-License-Identifier: GPL-3.0-or-later
/* Drawn token lengths. */
#include "traffic/lengths.h"

void lengths_init(TrafficLengths *lengths, const Distribution *prompt, const Distribution *output,
                  int named, const TrafficContext *context) {
    lengths->prompt = lengths_given(prompt) ? prompt : NULL;
    lengths->output = lengths_given(output) ? output : NULL;
    if (named != OPTION_ABSENT_CHOICE) {
        lengths->named_prompt = length_tables[named].prompt;
        lengths->named_output = length_tables[named].output;
        distribution_prepare(&lengths->named_prompt);
        distribution_prepare(&lengths->named_output);
        lengths->prompt = lengths->prompt ? lengths->prompt : &lengths->named_prompt;
        lengths->output = lengths->output ? lengths->output : &lengths->named_output;
    }
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

void lengths_check_named(const Distribution *prompt, const Distribution *output, int named,
                         const Error *where, ErrorList *errors) {
    if (named != OPTION_ABSENT_CHOICE && lengths_given(prompt) && lengths_given(output)) {
        error_add_at(where, "lengths", length_table_choices[named],
                     "no lengths beside prompt_tokens and output_tokens, which leave nothing open",
                     errors);
    }
}

void lengths_check(const Distribution *prompt, const Distribution *output, int named,
                   const Error *where, ErrorList *errors) {
    static const char expected[] = "a number of tokens, or a distribution, or the option lengths";
    lengths_check_named(prompt, output, named, where, errors);
    if (named != OPTION_ABSENT_CHOICE) {
        return;
    }
    if (!lengths_given(prompt)) {
        error_add_at(where, "prompt_tokens", "nothing", expected, errors);
    }
    if (!lengths_given(output)) {
        error_add_at(where, "output_tokens", "nothing", expected, errors);
    }
}
