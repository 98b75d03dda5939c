// SPDX-License-Identifier: GPL-3.0-or-later
/* base/memory: what callers are promised, and how the program ends when memory is out. */
#include "base/memory.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Test(memory, new_is_zeroed_and_never_null) {
    unsigned char *bytes = memory_new(1000, 3);
    for (size_t i = 0; i < 3000; i++) {
        cr_assert_eq(bytes[i], 0);
    }
    free(bytes);
    void *nothing = memory_new(0, 8);
    cr_assert_not_null(nothing);
    free(nothing);
}

Test(memory, resize_keeps_what_was_there) {
    int *numbers = memory_resize(NULL, 3, sizeof *numbers);
    numbers[2] = 42;
    numbers = memory_resize(numbers, 3000, sizeof *numbers);
    cr_assert_eq(numbers[2], 42);
    numbers = memory_resize(numbers, 0, sizeof *numbers);
    cr_assert_not_null(numbers);
    free(numbers);
}

Test(memory, texts_are_copied) {
    cr_assert_null(memory_text(NULL));
    cr_assert_null(memory_text_n(NULL, 3));
    char *whole = memory_text("replica"), *part = memory_text_n("replica", 3);
    char *beyond = memory_text_n("replica", SIZE_MAX);
    cr_assert_str_eq(whole, "replica");
    cr_assert_str_eq(part, "rep");
    cr_assert_str_eq(beyond, "replica");
    free(whole);
    free(part);
    free(beyond);
}

Test(memory, format_takes_any_length) {
    char *empty = memory_format("%s", "");
    cr_assert_str_eq(empty, "");
    char *longer = memory_format("%05000d|%s", 7, "end");
    cr_assert_eq(strlen(longer), 5004);
    cr_assert_str_eq(longer + 4999, "7|end");
    free(empty);
    free(longer);
}

Test(memory, grow_doubles_only_when_full) {
    size_t capacity = 0, most = 1;
    int *numbers = NULL;
    size_t growths = 0;
    for (size_t room = MEMORY_FIRST_ROOM(8); room < 1000; room *= 2) {
        most++;
    }
    for (size_t count = 0; count < 1000; count++) {
        const size_t before = capacity;
        numbers = memory_grow(numbers, count, &capacity, sizeof *numbers);
        cr_assert_gt(capacity, count);
        growths += capacity != before;
        numbers[count] = (int)count;
    }
    for (int i = 0; i < 1000; i++) {
        cr_assert_eq(numbers[i], i);
    }
    cr_assert_eq(growths, most);
    free(numbers);
}

/* Runs `fail` in a child process: its exit status, and what it wrote to standard error. */
static int run_child(void (*fail)(void), char message[256]) {
    FILE *errors = tmpfile();
    cr_assert_not_null(errors);
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(errors), STDERR_FILENO);
        fail();
        _exit(99);
    }
    int status = 0;
    waitpid(child, &status, 0);
    rewind(errors);
    const size_t length = fread(message, 1, 255, errors);
    message[length] = '\0';
    fclose(errors);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* _exit from the first handler run: the child must not finish the test framework's business. */
static void end_quietly(void) {
    fflush(stderr);
    _exit(1);
}

static void ask_new(void) {
    atexit(end_quietly);
    free(memory_new(SIZE_MAX / 2, 3));
}

static void ask_resize(void) {
    atexit(end_quietly);
    free(memory_resize(NULL, SIZE_MAX / 8 + 1, 8));
}

Test(memory, overflow_ends_the_program_through_exit) {
    char message[256];
    cr_assert_eq(run_child(ask_new, message), 1);
    cr_assert_not_null(strstr(message, "autoscale-sim: out of memory (asked for "), "%s", message);
    cr_assert_eq(run_child(ask_resize, message), 1);
    cr_assert_not_null(strstr(message, " x 8 bytes)"), "%s", message);
}
