// SPDX-License-Identifier: GPL-3.0-or-later
/* What the fuzzers share: demands, and files that are only in memory. A fuzzer is a fuzz_NAME.c
 * with LLVMFuzzerTestOneInput; tests/fuzz/fuzz_NAME/ holds its corpus, inputs of our own making and
 * what campaigns have found beyond them. Within a process runs share nothing but these files. */
#ifndef TESTS_FUZZ_FUZZING_H
#define TESTS_FUZZ_FUZZING_H

#include "scenario/scenario.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process, so that the input is kept, unless it holds. */
void fuzz_require(bool holds, const char *what);

/* The bytes as a text with a NUL after it, of exactly that size. Owned by the caller. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The bytes as a file in memory, one of FUZZ_FILES; its path is the same each time. */
enum { FUZZ_FILES = 16 };
const char *fuzz_file(unsigned number, const void *bytes, size_t size);

/* Takes the input up to the next line that is `--`, and that line, away from its front; the last
 * part goes to the end. */
typedef struct FuzzPart {
    const uint8_t *bytes;
    size_t size;
} FuzzPart;
FuzzPart fuzz_part(FuzzPart *input);

/* Parts that begin with a line "NAME" become the file of that name, parts[i] that of names[i];
 * others are left out. Returns how many there are. */
size_t fuzz_parts(FuzzPart input, const char *const names[], FuzzPart parts[], size_t count);

/* A folder in which names[i] is the file parts[i], or is missing if that has no bytes (NULL). The
 * names are the same ones in all calls. "a" and "b" in it are the folder itself, so that runs of a
 * comparison have one. */
const char *fuzz_folder(const char *const names[], const FuzzPart parts[], size_t count);

/* What was read, written as run and read again, is the same. NULL: nothing was. */
void fuzz_scenario_again(const Scenario *scenario);

/* The errors say where and what, in texts that can be printed; clears them. refused: whether there
 * must be some. */
void fuzz_errors(ErrorList *errors, bool refused);

#endif
