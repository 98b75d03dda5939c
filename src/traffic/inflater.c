// SPDX-License-Identifier: GPL-3.0-or-later
/* A ring of blocks between one producer and one consumer. Invariant: blocks [taken, made) hold
 * data, and belong to the consumer; the others belong to the producer; `ended` is set after the
 * last block. */
#include "traffic/input.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/task_pool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = TRAFFIC_BLOCK, BLOCKS = 4 };

typedef struct Block {
    char *bytes;
    size_t length;
} Block;

struct Inflater {
    /* The producer's */
    int descriptor;
    const volatile sig_atomic_t *halt;
    z_stream stream;
    char *raw;
    bool inside; /* a gzip member has begun and not ended */
    char problem[128];
    int reason; /* errno of a read that failed */

    /* Between them */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t made, taken; /* blocks */
    bool ended, stopped;
    Block blocks[BLOCKS];

    /* The consumer's */
    size_t offset; /* in the first block */
    bool has_thread;
    pthread_t thread;
};

/* Producing ---------------------------------------------------------------------------------------
 */

static void inflater_fail(Inflater *inflater, const char *problem) {
    strncpy(inflater->problem, problem, sizeof inflater->problem - 1);
}

static bool is_stopped(Inflater *inflater) {
    pthread_mutex_lock(&inflater->mutex);
    const bool stopped = inflater->stopped;
    pthread_mutex_unlock(&inflater->mutex);
    return stopped;
}

/* Bytes from the file; 0 at its end, on failure, or when nobody wants them any more. */
static size_t read_raw(Inflater *inflater) {
    struct pollfd waiting = {.fd = inflater->descriptor, .events = POLLIN};
    while (!is_stopped(inflater) && (inflater->halt == NULL || !*inflater->halt)) {
        if (poll(&waiting, 1, INPUT_PATIENCE_MS) <= 0) { /* nothing yet, or a signal */
            continue;
        }
        const ssize_t got = read(inflater->descriptor, inflater->raw, BLOCK);
        if (got >= 0) {
            return (size_t)got;
        }
        if (errno != EINTR) {
            inflater->reason = errno;
            inflater_fail(inflater, strerror(inflater->reason));
            return 0;
        }
    }
    return 0;
}

/* More compressed bytes, when there are none left. */
static bool need_input(Inflater *inflater) {
    z_stream *stream = &inflater->stream;
    if (stream->avail_in > 0) {
        return true;
    }
    stream->next_in = (Bytef *)inflater->raw;
    stream->avail_in = (uInt)read_raw(inflater);
    if (stream->avail_in == 0 && inflater->inside && inflater->problem[0] == '\0') {
        inflater_fail(inflater, "compressed data cut short");
    }
    return stream->avail_in > 0;
}

/* Before a member: takes zero padding away. False at bytes that begin none. */
static bool begin_member(Inflater *inflater) {
    z_stream *stream = &inflater->stream;
    while (stream->avail_in > 0 && *stream->next_in == 0) {
        stream->next_in++;
        stream->avail_in--;
    }
    if (stream->avail_in == 0) {
        return true;
    }
    if (*stream->next_in != 0x1f || inflateReset(stream) != Z_OK) {
        inflater_fail(inflater, "other bytes after the compressed data");
        return false;
    }
    inflater->inside = true;
    return true;
}

/* Inflates a whole block, or up to the end; returns its length. */
static size_t inflate_block(Inflater *inflater, char *bytes) {
    z_stream *stream = &inflater->stream;
    stream->next_out = (Bytef *)bytes;
    stream->avail_out = BLOCK;
    while (stream->avail_out > 0 && need_input(inflater)) {
        if (!inflater->inside && !begin_member(inflater)) {
            break;
        }
        if (stream->avail_in == 0) {
            continue;
        }
        const int state = inflate(stream, Z_NO_FLUSH);
        inflater->inside = state != Z_STREAM_END;
        if (state != Z_STREAM_END && state != Z_OK && state != Z_BUF_ERROR) {
            inflater_fail(inflater, stream->msg ? stream->msg : "damaged compressed data");
            break;
        }
    }
    return BLOCK - stream->avail_out;
}

/* Makes the next block; false when there was nothing to make. */
static bool make_block(Inflater *inflater) {
    Block *block = &inflater->blocks[inflater->made % BLOCKS];
    if (block->bytes == NULL) {
        block->bytes = memory_new(BLOCK, 1);
    }
    block->length = inflate_block(inflater, block->bytes);
    return block->length > 0;
}

static void publish(Inflater *inflater, bool made) {
    pthread_mutex_lock(&inflater->mutex);
    inflater->made += made;
    inflater->ended = !made || inflater->problem[0] != '\0';
    pthread_cond_signal(&inflater->changed);
    pthread_mutex_unlock(&inflater->mutex);
}

static void *produce(void *self) {
    Inflater *inflater = self;
    for (;;) {
        pthread_mutex_lock(&inflater->mutex);
        while (inflater->made - inflater->taken == BLOCKS && !inflater->stopped) {
            pthread_cond_wait(&inflater->changed, &inflater->mutex);
        }
        const bool done = inflater->stopped || inflater->ended;
        pthread_mutex_unlock(&inflater->mutex);
        if (done) {
            return NULL;
        }
        publish(inflater, make_block(inflater));
    }
}

/* Without a thread all goes on, in turn. */
static void start_thread(Inflater *inflater) {
    inflater->has_thread = task_thread_start(&inflater->thread, produce, inflater);
}

/* Consuming ---------------------------------------------------------------------------------------
 */

/* Waits for a block, or makes one; false at the end. */
static bool need_block(Inflater *inflater) {
    if (!inflater->has_thread) {
        if (inflater->made > inflater->taken) {
            return true;
        }
        if (inflater->ended) {
            return false;
        }
        if (inflater->made > 0) {
            start_thread(inflater);
        }
        if (!inflater->has_thread) {
            publish(inflater, make_block(inflater));
            return inflater->made > inflater->taken;
        }
    }
    pthread_mutex_lock(&inflater->mutex);
    while (inflater->made == inflater->taken && !inflater->ended) {
        pthread_cond_wait(&inflater->changed, &inflater->mutex);
    }
    const bool has_block = inflater->made > inflater->taken;
    pthread_mutex_unlock(&inflater->mutex);
    return has_block;
}

size_t inflater_read(Inflater *inflater, char *to, size_t room, const char **problem, int *reason) {
    if (!need_block(inflater)) {
        *problem = inflater->problem[0] != '\0' ? inflater->problem : NULL;
        *reason = inflater->reason;
        return 0;
    }
    const Block *block = &inflater->blocks[inflater->taken % BLOCKS];
    const size_t left = block->length - inflater->offset;
    const size_t count = left < room ? left : room;
    memcpy(to, block->bytes + inflater->offset, count);
    inflater->offset += count;
    if (inflater->offset == block->length) {
        inflater->offset = 0;
        pthread_mutex_lock(&inflater->mutex);
        inflater->taken++;
        pthread_cond_signal(&inflater->changed);
        pthread_mutex_unlock(&inflater->mutex);
    }
    return count;
}

/* zlib's memory is there, or the program ends. */
static voidpf new_memory(voidpf self, uInt count, uInt size) {
    (void)self;
    return memory_new(count, size);
}

static void free_memory(voidpf self, voidpf memory) {
    (void)self;
    free(memory);
}

Inflater *inflater_open(int descriptor, const char *first, size_t length,
                        const volatile sig_atomic_t *halt) {
    Inflater *inflater = memory_new(1, sizeof *inflater);
    inflater->descriptor = descriptor;
    inflater->halt = halt;
    inflater->raw = memory_new(length > BLOCK ? length : BLOCK, 1);
    memcpy(inflater->raw, first, length);
    inflater->stream.next_in = (Bytef *)inflater->raw;
    inflater->stream.avail_in = (uInt)length;
    pthread_mutex_init(&inflater->mutex, NULL);
    pthread_cond_init(&inflater->changed, NULL);
    inflater->stream.zalloc = new_memory;
    inflater->stream.zfree = free_memory;
    const int state = inflateInit2(&inflater->stream, 16 + MAX_WBITS);
    asim_assert(state == Z_OK); /* but for memory, there is nothing to fail */
    return inflater;
}

void inflater_close(Inflater *inflater) {
    if (inflater->has_thread) {
        pthread_mutex_lock(&inflater->mutex);
        inflater->stopped = true;
        pthread_cond_signal(&inflater->changed);
        pthread_mutex_unlock(&inflater->mutex);
        pthread_join(inflater->thread, NULL);
    }
    inflateEnd(&inflater->stream);
    pthread_cond_destroy(&inflater->changed);
    pthread_mutex_destroy(&inflater->mutex);
    for (int i = 0; i < BLOCKS; i++) {
        free(inflater->blocks[i].bytes);
    }
    free(inflater->raw);
    free(inflater);
}
