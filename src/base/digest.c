// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/digest.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/base16.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <unistd.h>

static void end(struct sha256_ctx *context, char text[DIGEST_TEXT]) {
    uint8_t sum[SHA256_DIGEST_SIZE];
    sha256_digest(context, sizeof sum, sum);
    base16_encode_update(text, sizeof sum, sum);
    text[DIGEST_TEXT - 1] = '\0';
}

void digest_of(const void *bytes, size_t count, char text[DIGEST_TEXT]) {
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, count, bytes);
    end(&context, text);
}

void digest_base64(const void *bytes, size_t count, char text[DIGEST_BASE64]) {
    struct sha256_ctx context;
    uint8_t sum[SHA256_DIGEST_SIZE];
    sha256_init(&context);
    sha256_update(&context, count, bytes);
    sha256_digest(&context, sizeof sum, sum);
    base64_encode_raw(text, sizeof sum, sum);
    text[DIGEST_BASE64 - 1] = '\0';
}

char *digest_bytes_base64(const void *bytes, size_t count) {
    const size_t length = BASE64_ENCODE_RAW_LENGTH(count);
    char *text = memory_new(length + 1, 1);
    base64_encode_raw(text, count, bytes);
    text[length] = '\0';
    return text;
}

bool digest_file(const char *path, const atomic_bool *stop, uint64_t *size,
                 char text[DIGEST_TEXT]) {
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    struct sha256_ctx context;
    sha256_init(&context);
    uint8_t bytes[1 << 16];
    ssize_t got;
    *size = 0;
    while ((got = read(descriptor, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR)) {
        sha256_update(&context, got > 0 ? (size_t)got : 0, bytes);
        *size += got > 0 ? (uint64_t)got : 0;
        if (stop != NULL && atomic_load(stop)) {
            errno = ECANCELED;
            got = -1;
            break;
        }
    }
    const int failure = got < 0 ? errno : 0;
    close(descriptor);
    end(&context, text);
    errno = failure;
    return failure == 0;
}
