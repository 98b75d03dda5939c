// SPDX-License-Identifier: GPL-3.0-or-later
/* SHA-256 by the words of FIPS 180-4, sections 4.1.2, 5.1.1 and 6.2. */
#include "base/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t word, unsigned by) {
    return (word >> by) | (word << (32 - by));
}

static uint32_t read_word(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* A round leaves its eight variables where they are; the next one takes them in another order. The
 * message schedule is a window of sixteen words. With all of it unrolled, that is registers. */
#define ROUND(a, b, c, d, e, f, g, h, t, word)                                                     \
    do {                                                                                           \
        h += (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) +                \
             round_constants[t] + (word);                                                          \
        d += h;                                                                                    \
        h += (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));           \
    } while (0)

#define NEXT(i)                                                                                    \
    (w[i] +=                                                                                       \
     small_sigma_1(w[((i) + 14) % 16]) + w[((i) + 9) % 16] + small_sigma_0(w[((i) + 1) % 16]))

#define EIGHT_ROUNDS(t, word, i)                                                                   \
    do {                                                                                           \
        ROUND(a, b, c, d, e, f, g, h, (t) + 0, word((i) + 0));                                     \
        ROUND(h, a, b, c, d, e, f, g, (t) + 1, word((i) + 1));                                     \
        ROUND(g, h, a, b, c, d, e, f, (t) + 2, word((i) + 2));                                     \
        ROUND(f, g, h, a, b, c, d, e, (t) + 3, word((i) + 3));                                     \
        ROUND(e, f, g, h, a, b, c, d, (t) + 4, word((i) + 4));                                     \
        ROUND(d, e, f, g, h, a, b, c, (t) + 5, word((i) + 5));                                     \
        ROUND(c, d, e, f, g, h, a, b, (t) + 6, word((i) + 6));                                     \
        ROUND(b, c, d, e, f, g, h, a, (t) + 7, word((i) + 7));                                     \
    } while (0)

#define FIRST(i) (w[i] = read_word(at + 4 * (i)))

static uint32_t small_sigma_0(uint32_t word) {
    return rotate(word, 7) ^ rotate(word, 18) ^ (word >> 3);
}

static uint32_t small_sigma_1(uint32_t word) {
    return rotate(word, 17) ^ rotate(word, 19) ^ (word >> 10);
}

static void digest_blocks(Digest *digest, const uint8_t *at, size_t blocks) {
    uint32_t *state = digest->state;
    for (; blocks > 0; blocks--, at += DIGEST_BLOCK) {
        uint32_t w[16];
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        EIGHT_ROUNDS(0, FIRST, 0);
        EIGHT_ROUNDS(8, FIRST, 8);
        for (size_t t = 16; t < 64; t += 16) {
            EIGHT_ROUNDS(t, NEXT, 0);
            EIGHT_ROUNDS(t + 8, NEXT, 8);
        }
        state[0] += a, state[1] += b, state[2] += c, state[3] += d;
        state[4] += e, state[5] += f, state[6] += g, state[7] += h;
    }
}

void digest_init(Digest *digest) {
    *digest = (Digest){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void digest_add(Digest *digest, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    const size_t filled = digest->length % DIGEST_BLOCK;
    digest->length += count;
    if (filled > 0) {
        const size_t room = DIGEST_BLOCK - filled;
        const size_t taken = count < room ? count : room;
        memcpy(digest->block + filled, at, taken);
        at += taken;
        count -= taken;
        if (taken < room) {
            return;
        }
        digest_blocks(digest, digest->block, 1);
    }
    const size_t whole = count / DIGEST_BLOCK;
    digest_blocks(digest, at, whole);
    if (count % DIGEST_BLOCK > 0) {
        memcpy(digest->block, at + whole * DIGEST_BLOCK, count % DIGEST_BLOCK);
    }
}

void digest_text(Digest *digest, char text[DIGEST_TEXT]) {
    static const uint8_t padding[DIGEST_BLOCK] = {0x80};
    static const char digits[] = "0123456789abcdef";
    const uint64_t bits = digest->length * 8;
    const size_t filled = digest->length % DIGEST_BLOCK;
    digest_add(digest, padding, (filled < 56 ? 56 : 56 + DIGEST_BLOCK) - filled);
    uint8_t length[8];
    for (unsigned i = 0; i < 8; i++) {
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    }
    digest_add(digest, length, sizeof length);
    for (unsigned i = 0; i < DIGEST_TEXT - 1; i++) {
        text[i] = digits[digest->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    }
    text[DIGEST_TEXT - 1] = '\0';
}

bool digest_file(const char *path, const atomic_bool *stop, uint64_t *size,
                 char text[DIGEST_TEXT]) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    Digest digest;
    digest_init(&digest);
    uint8_t bytes[1 << 16];
    ssize_t got;
    while ((got = read(descriptor, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
        digest_add(&digest, bytes, got > 0 ? (size_t)got : 0);
        if (stop != NULL && atomic_load(stop)) {
            errno = ECANCELED;
            got = -1;
            break;
        }
    }
    const int failure = got < 0 ? errno : 0;
    close(descriptor);
    *size = digest.length;
    digest_text(&digest, text);
    errno = failure;
    return failure == 0;
}
