// SPDX-License-Identifier: GPL-3.0-or-later
/* What one replica computes: continuous batching at iteration level (SPEC 8), exact, without
 * stepping through iterations.
 *
 * The rules. At an iteration boundary: requests enter the batch from the queue, first come first
 * served, while batch slots and KV capacity allow (each reserves prompt + output tokens until it
 * ends). Every decoding sequence yields one token. What is left of the token budget goes to the
 * prompts in the batch, first come first served, only the last one in part. The iteration that
 * finishes a prompt yields its first token; a request of N output tokens then decodes N - 1
 * iterations. A decoding sequence holds prompt tokens + tokens made so far in the KV cache: its
 * first decode sees prompt + 1, for the first token is made by then, its last prompt + N - 1.
 *
 * Time. A phase is a maximal run of consecutive iterations that do the same work: the same decoding
 * sequences and the same prompt with the same number of its tokens (or none). Its j-th boundary is
 * at
 *
 *     start + floor(j * T0 + (c_kv * d) * (j * (j - 1) / 2) + 0.5)   nanoseconds, in doubles, with
 *     T0 = c0 + coverage[n] + c_prefill * p + c_decode * d + c_kv * KV   (summed in this order)
 *
 * d decoding sequences, p prompt tokens per iteration, n sequences in the iteration (d and the
 * prompts that are given tokens), KV the tokens held by decoding sequences at the phase's first
 * iteration. Within a phase nothing happens at a boundary, so the replica leaps to its last one in
 * a single event; an arrival that can enter the batch, or a request that leaves, cuts the leap at
 * the next boundary. The step-by-step oracle in tests/oracle/ computes the same from these rules,
 * to the nanosecond. */
#ifndef CLUSTER_SERVING_H
#define CLUSTER_SERVING_H

#include "cluster/profile.h"
#include "cluster/request.h"

typedef struct Serving {
    const ServingModel *model; /* lent */
    RequestPool *requests;     /* lent */

    /* The queue: prefilling requests first, then those not in the batch. Only the head's prompt can
     * be processed in part, for only the last prompt of an iteration is. */
    uint32_t head, tail;
    uint32_t first_waiting;
    uint32_t prefilling, waiting;
    uint32_t head_left; /* prompt tokens of the head that are still to do */

    uint32_t decoding;
    uint64_t *finishes; /* heap of decoding sequences: (last iteration - base) << 32 | request */
    uint32_t finishes_room;
    uint64_t base;      /* iteration number that the heap's keys count from */
    uint64_t iteration; /* iterations done */

    uint32_t held;        /* requests here, queued and running */
    uint64_t kv_held;     /* prompt + output tokens of those */
    uint64_t kv_reserved; /* of those in the batch */
    uint64_t kv_decoding; /* tokens in the KV cache for decoding sequences */

    bool computing;     /* an iteration is running */
    bool batch_changed; /* since the last iteration began: the next one opens a new phase */
    sim_time boundary;  /* end of the leap; SIM_TIME_NEVER when not computing */
    sim_time phase_start;
    double phase_first_ns;        /* T0 */
    double phase_growth_ns;       /* c_kv * d */
    int64_t phase_done;           /* iterations of the phase done */
    int64_t phase_end;            /* iterations of the phase done at `boundary` */
    uint32_t phase_prompt_tokens; /* p: prompt tokens of each of its iterations */
    uint32_t phase_completing;    /* prompts that its last iteration completes */

    uint64_t prompt_tokens_done; /* up to the last boundary handled */
    uint64_t generated_tokens_done;

    uint32_t *leaving; /* abandoned requests that leave at the next boundary */
    uint32_t leaving_count, leaving_room;
    uint32_t *left; /* requests that have left: finished, or abandoned; the caller empties it */
    uint32_t left_count, left_room;
} Serving;

typedef enum ServingChange {
    SERVING_UNCHANGED,
    SERVING_TO_BEGIN, /* not computing: call serving_begin at this instant, after all sends of it */
    SERVING_RESCHEDULED /* `boundary` has moved nearer */
} ServingChange;

void serving_init(Serving *serving, const ServingModel *model, RequestPool *requests);
void serving_clear(Serving *serving);

/* Whether a request can ever be admitted: prompt + output tokens within the KV capacity. */
bool serving_can_fit(const ServingModel *model, uint32_t prompt_tokens, uint32_t output_tokens);

/* Queues a request (which can fit) at `now`. */
ServingChange serving_enqueue(Serving *serving, sim_time now, uint32_t request);

/* Its client has gone: the request leaves at the next boundary at or after now. */
ServingChange serving_abandon(Serving *serving, sim_time now, uint32_t request);

/* The boundary has come: tokens are credited, first_token is set, and requests that end here are
 * put into `left` (stage REQUEST_LEFT; the caller releases them and sets left_count to 0). Call
 * serving_begin next, in the same instant. */
void serving_end(Serving *serving);

/* Begins the next iteration at `now`, a boundary: admits, and sets `boundary`, or stops computing.
 * Abandoned requests that leave here are added to `left`. */
void serving_begin(Serving *serving, sim_time now);

/* Tokens of all iterations finished at or before now, without stepping; a boundary that has come
 * but whose serving_end has not been called does not count. */
void serving_tokens_at(const Serving *serving, sim_time now, uint64_t *prompt, uint64_t *generated);

/* The replica is killed at `now`: all requests held leave at once, into `left`; tokens of finished
 * iterations still count. */
void serving_evict_all(Serving *serving, sim_time now);

#endif
