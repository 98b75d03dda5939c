// SPDX-License-Identifier: GPL-3.0-or-later
/* Lines out of plain and compressed files. The first byte says what the others are: a file as it
 * is, or texts that are compressed here, a member each, with a byte of the result changed in some:
 * what is sound gives the lines of the plain text. */
#include "fuzzing.h"
#include "traffic/input.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PLAIN, COMPRESSED, DAMAGED, KINDS, ROOM = 1 << 16 };

/* The file's lines, each with an LF after it. Owned by the caller; NULL: refused. */
static char *read_lines(const char *path, bool peeks, size_t *length) {
    ErrorList errors = {0};
    TrafficInput input;
    InputText line, ahead[4];
    char *all = memory_text("");
    *length = 0;
    bool good = input_open(&input, path, NULL, NULL, NULL, &errors);
    if (good && peeks) {
        input_peek(&input, ahead, 4);
    }
    while (good && input_line(&input, &line)) {
        const size_t count = (size_t)(line.end - line.start);
        fuzz_require(*line.end < '0' || *line.end > '9', "a line's end is no digit");
        all = memory_resize(all, *length + count + 1, 1);
        memcpy(all + *length, line.start, count);
        all[*length + count] = '\n';
        *length += count + 1;
    }
    good = good && !input.failed;
    input_close(&input);
    fuzz_errors(&errors, !good);
    if (!good) {
        free(all);
        return NULL;
    }
    return all;
}

static size_t compress_member(const uint8_t *data, size_t size, uint8_t *to, size_t room) {
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)data,
                       .avail_in = (uInt)size,
                       .next_out = to,
                       .avail_out = (uInt)room};
    fuzz_require(deflateInit2(&stream, 1, Z_DEFLATED, 16 + MAX_WBITS, 1, Z_DEFAULT_STRATEGY) ==
                     Z_OK,
                 "a compressor");
    fuzz_require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "room");
    const size_t length = room - stream.avail_out;
    deflateEnd(&stream);
    return length;
}

/* Parts between lines of "--" as members. */
static size_t compress_parts(FuzzPart input, uint8_t *to, uint8_t *plain, size_t *plain_size) {
    size_t length = 0;
    *plain_size = 0;
    do {
        const FuzzPart part = fuzz_part(&input);
        if (part.size > 0) {
            memcpy(plain + *plain_size, part.bytes, part.size);
        }
        *plain_size += part.size;
        length += compress_member(part.bytes, part.size, to + length, ROOM - length);
    } while (input.size > 0);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t compressed[ROOM], plain[ROOM];
    if (size < 4 || size > ROOM / 32) {
        return 0;
    }
    const int kind = data[0] % KINDS;
    const bool peeks = data[0] >= 128;
    size_t length, other_length;
    if (kind == PLAIN) {
        free(read_lines(fuzz_file(0, data + 1, size - 1), peeks, &length));
        return 0;
    }
    size_t plain_size;
    const size_t place = data[1] | (size_t)data[2] << 8;
    size_t bytes = compress_parts((FuzzPart){data + 3, size - 3}, compressed, plain, &plain_size);
    if (kind == DAMAGED) {
        compressed[place % bytes] ^= 1 | data[0];
        bytes -= data[0] & 64 ? place % bytes : 0;
    }
    char *lines = read_lines(fuzz_file(0, compressed, bytes), peeks, &length);
    char *expected = read_lines(fuzz_file(1, plain, plain_size), false, &other_length);
    const bool again = plain_size >= 2 && plain[0] == 0x1f && plain[1] == 0x8b;
    if (kind == COMPRESSED && expected != NULL && !again) {
        fuzz_require(lines != NULL && length == other_length &&
                         memcmp(lines, expected, length) == 0,
                     "compressed or not, the lines are the same");
    }
    free(lines);
    free(expected);
    return 0;
}
