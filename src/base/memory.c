// SPDX-License-Identifier: GPL-3.0-or-later
/* Memory that is there, or the program ends. Callers never see NULL (but for a NULL text), so no
 * room needs an error path for it. exit() rather than abort(): atexit handlers remove half-written
 * output. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void exhausted(void) {
    fputs("autoscale-sim: out of memory\n", stderr);
    exit(EXIT_FAILURE);
}

static _Noreturn void memory_exhausted(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        fprintf(stderr, "autoscale-sim: out of memory (asked for %zu x %zu bytes)\n", count, size);
    } else {
        fprintf(stderr, "autoscale-sim: out of memory (asked for %zu bytes)\n", count * size);
    }
    exit(EXIT_FAILURE);
}

void *memory_new(size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        memory_exhausted(count, size);
    }
    const bool nothing = count == 0 || size == 0; /* calloc may then return NULL */
    void *memory = nothing ? calloc(1, 1) : calloc(count, size);
    if (memory == NULL) {
        memory_exhausted(count, size);
    }
    return memory;
}

void *memory_resize(void *memory, size_t count, size_t size) {
    if (size != 0 && count > SIZE_MAX / size) {
        memory_exhausted(count, size);
    }
    const size_t bytes = count * size;
    void *resized = realloc(memory, bytes ? bytes : 1);
    if (resized == NULL) {
        memory_exhausted(count, size);
    }
    return resized;
}

char *memory_text(const char *text) {
    return text ? memory_text_n(text, strlen(text)) : NULL;
}

char *memory_text_n(const char *text, size_t length) {
    if (text == NULL) {
        return NULL;
    }
    const size_t used = strnlen(text, length);
    char *copy = memory_new(used + 1, 1);
    memcpy(copy, text, used);
    return copy;
}

char *memory_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        exhausted();
    }
    const size_t room = (size_t)length + 1;
    char *text = memory_new(room, 1);
    if (vsnprintf(text, room, format, again) < 0) {
        exhausted();
    }
    va_end(again);
    return text;
}

void *memory_checked(void *made) {
    if (made == NULL) {
        exhausted();
    }
    return made;
}

void memory_close(FILE *stream, char *const *text) {
    const bool broken = ferror(stream) != 0;
    if (fclose(stream) != 0 || broken || *text == NULL) {
        exhausted();
    }
}

void *memory_grow(void *array, size_t count, size_t *capacity, size_t size) {
    if (count < *capacity) {
        return array;
    }
    if (*capacity > SIZE_MAX / 2) {
        memory_exhausted(SIZE_MAX, size);
    }
    const size_t grown = *capacity ? 2 * *capacity : MEMORY_FIRST_ROOM(8);
    void *resized = memory_resize(array, grown, size);
    *capacity = grown;
    return resized;
}
