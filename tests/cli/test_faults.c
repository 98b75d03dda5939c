// SPDX-License-Identifier: GPL-3.0-or-later
/* Each command with the n-th allocation, open, read, write, close, rename, mkdir, unlink, sync,
 * spawn or thread failing (tests/faults/shim.c). It must either do all that it does without a
 * failure, byte for byte, or tell the failure, end with status 1, and leave what was there before,
 * or the whole of the new: nothing half-written, nothing hidden. ASIM_FAULTS=all tries every n
 * (`make faults`), ASIM_FAULTS=500 so many; else each sort is tried at POINTS numbers at most, a
 * prime apart, so that other calls than always the same one in a loop are met. */
#include "cli/cli_checks.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { POINTS = 12, WORDS_MOST = 12, TOLD_MOST = 10, SORTS = 12 };

static const struct {
    const char *name;
    const char *told; /* or "out of memory" */
} sorts[SORTS] = {{"memory", "Cannot allocate memory"},
                  {"open", "Too many open files"},
                  {"read", "Input/output error"},
                  {"write", "No space left on device"},
                  {"short", "cannot fail"},
                  {"close", "Input/output error"},
                  {"rename", "Input/output error"},
                  {"mkdir", "No space left on device"},
                  {"unlink", "Input/output error"},
                  {"sync", "Input/output error"},
                  {"spawn", "Resource temporarily unavailable"},
                  {"thread", "Resource temporarily unavailable"}};

/* Directories as they are ---------------------------------------------------------------------- */

typedef struct Entry {
    char *path;
    char *bytes; /* NULL: a directory */
    size_t length;
} Entry;

typedef struct Tree {
    Entry *items;
    size_t count, room;
} Tree;

static void tree_add(Tree *tree, const char *folder, const char *below) {
    char *here = memory_format("%s/%s", folder, below);
    DIR *stream = opendir(here);
    cr_assert_not_null(stream, "%s", here);
    const struct dirent *entry;
    while ((entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        char *path = memory_format("%s%s%s", below, *below ? "/" : "", entry->d_name);
        char *whole = memory_format("%s/%s", folder, path);
        struct stat status;
        cr_assert_eq(lstat(whole, &status), 0);
        tree->items = memory_grow(tree->items, tree->count, &tree->room, sizeof tree->items[0]);
        Entry *added = &tree->items[tree->count++];
        *added = (Entry){.path = path};
        if (S_ISDIR(status.st_mode)) {
            tree_add(tree, folder, path);
        } else {
            added->bytes = file_bytes(whole, &added->length);
        }
        free(whole);
    }
    closedir(stream);
    free(here);
}

static Tree tree_read(const char *folder) {
    Tree tree = {0};
    tree_add(&tree, folder, "");
    return tree;
}

static void tree_clear(Tree *tree) {
    for (size_t i = 0; i < tree->count; i++) {
        free(tree->items[i].path);
        free(tree->items[i].bytes);
    }
    free(tree->items);
    *tree = (Tree){0};
}

static void tree_write(const Tree *tree, const char *folder) {
    cr_assert_eq(mkdir(folder, 0777), 0);
    for (size_t i = 0; i < tree->count; i++) {
        const Entry *entry = &tree->items[i];
        if (entry->bytes == NULL) {
            char *path = scratch_path(folder, entry->path);
            cr_assert_eq(mkdir(path, 0777), 0);
            free(path);
        } else {
            free(scratch_write(folder, entry->path, entry->bytes, entry->length));
        }
    }
}

static const Entry *tree_find(const Tree *tree, const char *path) {
    for (size_t i = 0; i < tree->count; i++) {
        if (strcmp(tree->items[i].path, path) == 0) {
            return &tree->items[i];
        }
    }
    return NULL;
}

/* Wall time and memory are in the manifest, which must be whole. */
static bool same_entry(const Entry *one, const Entry *other) {
    if (one == NULL || other == NULL || one->bytes == NULL || other->bytes == NULL) {
        return one != NULL && other != NULL && one->bytes == other->bytes;
    }
    const char *name = strrchr(one->path, '/');
    if (name != NULL && strcmp(name, "/manifest.json") == 0) {
        return one->length > 2 && strcmp(one->bytes + one->length - 2, "}\n") == 0;
    }
    return one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0;
}

/* The path of the first entry that is in none of the trees; NULL: there is none. */
static const char *stranger(const Tree *tree, const Tree *one, const Tree *other, bool hidden) {
    for (size_t i = 0; i < tree->count; i++) {
        const Entry *entry = &tree->items[i];
        const bool known = same_entry(entry, tree_find(one, entry->path)) ||
                           same_entry(entry, tree_find(other, entry->path));
        const bool mark = strstr(entry->path, "/shards") != NULL; /* while a sweep is not whole */
        const bool passed =
            mark || (hidden && (*entry->path == '.' || strstr(entry->path, "/.") != NULL));
        if (!known && !passed) {
            return entry->path;
        }
    }
    return NULL;
}

static const char *difference(const Tree *tree, const Tree *other) {
    const char *path = stranger(tree, other, other, false);
    return path != NULL ? path : stranger(other, tree, tree, false);
}

/* Where commands are run ----------------------------------------------------------------------- */

static const char tiny[] =
    "{\"duration\": \"2m\", \"deployments\": {\"a\": {\"model\": \"llama-v3p1-8b-instruct\","
    "\"accelerator\": \"H100\", \"traffic\": {\"type\": \"constant\", \"rate_per_s\": 0.1,"
    "\"prompt_tokens\": 50, \"output_tokens\": 2}}}}";
static const char sweep_file[] =
    "{\"scenario\": \"tiny.json\", \"axes\": [{\"option\": "
    "\"deployments.a.autoscaling.min_replica_count\", \"values\": [0, 1]}], \"replications\": 2}";
static const char optimize_file[] =
    "{\"scenario\": \"tiny.json\", \"options\": [{\"option\": "
    "\"deployments.a.autoscaling.min_replica_count\", \"values\": [0, 1]}],"
    "\"slo\": [\"ttft_p95_s <= 60\"], \"budget\": 120}";

#define SHIM "faults.so"
static char *scratch, *place, *shim_folder;
static Tree before; /* what is there before each run */

static void write_trace(void) {
    char *path = scratch_path(place, "day.csv.gz");
    gzFile file = gzopen(path, "wb");
    FILE *plain = fopen("scenarios/traces/azure-sample.csv", "rb");
    cr_assert(file != NULL && plain != NULL);
    char line[200];
    for (int i = 0; i < 200 && fgets(line, sizeof line, plain) != NULL; i++) {
        gzputs(file, line);
    }
    fclose(plain);
    gzclose(file);
    free(path);
}

/* What gnuplot would make is not the matter: whole pictures, quickly. */
static void write_gnuplot(void) {
    char *bin = scratch_path(scratch, "bin");
    cr_assert_eq(mkdir(bin, 0777), 0);
    char *path = scratch_text(bin, "gnuplot",
                              "#!/bin/sh\n"
                              "case $6 in\n"
                              "png) printf 'some picture\\000\\000\\000\\000IEND\\256B`\\202' ;;\n"
                              "svg) echo '<svg> some picture </svg>' ;;\n"
                              "esac > \"$5\"\n");
    chmod(path, 0777);
    char *paths = memory_format("%s:%s", bin, getenv("PATH"));
    setenv("PATH", paths, 1);
    free(paths);
    free(path);
    free(bin);
}

#define QUIETLY(...) expect_done(RUN_IN(at, __VA_ARGS__, "--quiet"))

static void set_up(void) {
    scratch = scratch_make();
    place = scratch_path(scratch, "place");
    cr_assert_eq(mkdir(place, 0777), 0);
    write_gnuplot();
    free(scratch_text(place, "tiny.json", tiny));
    free(scratch_text(place, "sweep.json", sweep_file));
    free(scratch_text(place, "optimize.json", optimize_file));
    write_trace();
    const ProgramPlace at = {.folder = place};
    QUIETLY("run", "tiny.json", "--out", "old", "--requests");
    QUIETLY("sweep", "sweep.json", "--out", "one", "--shard", "1/2");
    QUIETLY("sweep", "sweep.json", "--out", "two", "--shard", "2/2");
    before = tree_read(place);
}

static void tear_down(void) {
    free(shim_folder);
    tree_clear(&before);
    free(place);
    scratch_remove(scratch);
}

TestSuite(cli_faults, .init = set_up, .fini = tear_down);

static void restore(void) {
    char *gone = memory_text(place);
    scratch_remove(gone);
    tree_write(&before, place);
}

/* A command, and what comes of it -------------------------------------------------------------- */

typedef struct Command {
    const char *words[WORDS_MOST]; /* NULL after the last */
    bool in_parts;                 /* its files come one by one, each of them whole */
} Command;

typedef struct Outcome {
    ProgramResult result;
    Tree tree;
} Outcome;

static Outcome run(const Command *command, const char *fault, const char *counts) {
    const ProgramPlace at = {.folder = place, .seconds = 20};
    setenv("LD_PRELOAD", SHIM, 1); /* by its name: a path may have blanks, which divide a list */
    setenv("LD_LIBRARY_PATH", shim_folder, 1);
    setenv("ASIM_FAULT", fault, 1);
    setenv("ASIM_FAULT_COUNTS", counts, 1);
    Outcome outcome = {.result = program_run(&at, command->words)};
    unsetenv("LD_PRELOAD");
    unsetenv("LD_LIBRARY_PATH");
    outcome.tree = tree_read(place);
    if (difference(&outcome.tree, &before) != NULL) {
        restore();
    }
    return outcome;
}

static void outcome_clear(Outcome *outcome) {
    program_clear(&outcome->result);
    tree_clear(&outcome->tree);
}

/* What is wrong with it, owned by the caller; NULL: nothing. */
static char *complaint(const Command *command, size_t sort, const Outcome *outcome,
                       const Outcome *whole) {
    const ProgramResult *result = &outcome->result;
    const bool stays = strcmp(sorts[sort].name, "unlink") == 0; /* what could not be removed */
    const char *lacks = stays ? stranger(&whole->tree, &outcome->tree, &outcome->tree, false)
                              : difference(&outcome->tree, &whole->tree);
    if (result->status == 0) {
        return strcmp(result->output, whole->result.output) != 0
                   ? memory_text("status 0, but other output")
               : lacks != NULL ? memory_format("status 0, but %s differs", lacks)
                               : NULL;
    }
    if (result->status != 1) {
        return memory_format("status %d: %s", result->status, result->errors);
    }
    if (strstr(result->errors, sorts[sort].told) == NULL &&
        strstr(result->errors, "out of memory") == NULL &&
        strstr(result->errors, "an error while writing") == NULL) {
        return memory_format("another reason: %s", result->errors);
    }
    const char *odd = command->in_parts ? stranger(&outcome->tree, &before, &whole->tree, stays)
                                        : difference(&outcome->tree, &before);
    return odd != NULL && (command->in_parts || lacks != NULL)
               ? memory_format("half-written: %s; %s", odd, result->errors)
               : NULL;
}

static bool is_prime(long number) {
    for (long i = 2; i * i <= number; i++) {
        if (number % i == 0) {
            return false;
        }
    }
    return true;
}

static long step_of(long count) {
    const char *which = getenv("ASIM_FAULTS");
    const long points = which == NULL ? POINTS : strcmp(which, "all") == 0 ? count : atol(which);
    long step = points > 0 ? (count + points - 1) / points : 1;
    while (!is_prime(step)) {
        step++;
    }
    return step > 0 ? step : 1;
}

static long count_of(const char *counts, const char *sort) {
    char *line = memory_format("\n%s ", sort);
    const char *at = strstr(counts, line);
    const long count = at != NULL ? atol(at + strlen(line)) : 0;
    free(line);
    return count;
}

/* The number of points that were tried. */
static long try_sort(const Command *command, size_t sort, long count, const Outcome *whole) {
    const long step = step_of(count);
    long tried = 0, told = 0;
    for (long n = 1 + (step > 1 ? count % step : 0); n <= count; n += step, tried++) {
        char *fault = memory_format("%s:%ld", sorts[sort].name, n);
        Outcome outcome = run(command, fault, "/dev/null");
        char *wrong = complaint(command, sort, &outcome, whole);
        cr_expect_null(wrong, "%s %s with %s failing: %s", command->words[0], command->words[1],
                       fault, wrong);
        told += wrong != NULL;
        cr_assert_lt(told, TOLD_MOST);
        free(wrong);
        outcome_clear(&outcome);
        free(fault);
    }
    return tried;
}

/* It is beside this program of tests. */
static void find_shim(void) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    const bool alone = true; /* they have malloc for themselves */
#else
    const bool alone = false;
#endif
    char program[4000] = "";
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    char *slash = length > 0 ? strrchr(program, '/') : NULL;
    shim_folder = slash != NULL ? memory_text_n(program, (size_t)(slash - program)) : NULL;
    char *shim = shim_folder != NULL ? scratch_path(shim_folder, SHIM) : NULL;
    const bool there = shim != NULL && file_exists(shim);
    free(shim);
    if (alone || !there) {
        tear_down();
        cr_skip_test("no faults: with sanitizers, or without faults.so beside the tests");
    }
}

static void expect_sound(const Command *command) {
    find_shim();
    char *counts_path = scratch_path(scratch, "counts");
    Outcome whole = run(command, "", counts_path);
    cr_assert_eq(whole.result.status, 0, "%s", whole.result.errors);
    char *counts = file_bytes(counts_path, NULL);
    cr_assert_not_null(counts, "the shim is not there");
    char *lines = memory_format("\n%s", counts);
    const char *only = getenv("ASIM_FAULTS_ONLY");
    for (size_t sort = 0; sort < SORTS; sort++) {
        if (only == NULL || strcmp(only, sorts[sort].name) == 0) {
            const long count = count_of(lines, sorts[sort].name);
            const long tried = try_sort(command, sort, count, &whole);
            if (getenv("ASIM_FAULTS") != NULL) {
                fprintf(stderr, "faults: %s %s: %s: %ld of %ld\n", command->words[0],
                        command->words[1] ? command->words[1] : "", sorts[sort].name, tried, count);
            }
        }
    }
    free(lines);
    free(counts);
    free(counts_path);
    outcome_clear(&whole);
}

#define COMMAND(name, parts, ...)                                                                  \
    Test(cli_faults, name) {                                                                       \
        expect_sound(&(Command){.words = {__VA_ARGS__}, .in_parts = (parts)});                     \
    }

COMMAND(run, false, "run", "tiny.json", "--out", "new", "--requests")
COMMAND(run_again, false, "run", "tiny.json", "--out", "old", "--requests", "--force")
COMMAND(run_plot, true, "run", "tiny.json", "--out", "new", "--plot")
COMMAND(run_json, false, "run", "tiny.json", "--json")
COMMAND(compare, false, "compare", "tiny.json", "--preset", "performance", "--out", "new")
COMMAND(sweep, true, "sweep", "sweep.json", "--out", "new", "--jobs", "1", "--quiet")
COMMAND(sweep_resume, true, "sweep", "sweep.json", "--out", "one", "--resume", "--jobs", "1",
        "--quiet")
COMMAND(sweep_merge, true, "sweep", "--merge", "one", "two", "--out", "new", "--quiet")
COMMAND(optimize, false, "optimize", "optimize.json", "--out", "new", "--jobs", "1")
COMMAND(explain, false, "explain", "tiny.json")
COMMAND(explain_directory, false, "explain", "old")
COMMAND(report, false, "report", "old")
COMMAND(plot, true, "plot", "old")
COMMAND(learn, false, "learn", "1", "--out", "new")
COMMAND(trace_describe, false, "trace", "describe", "day.csv.gz")
COMMAND(trace_fit, false, "trace", "fit", "day.csv.gz")
COMMAND(trace_convert, false, "trace", "convert", "day.csv.gz", "--to", "vidur", "--out", "new")
COMMAND(trace_generate, false, "trace", "generate", "tiny.json", "--to", "azure", "--deployment",
        "a", "--out", "new")
COMMAND(validate, false, "validate", "tiny.json", "--print")
COMMAND(help, false, "help", "scenario")
COMMAND(manual, false, "help", "--man")
COMMAND(models, false, "models")
COMMAND(presets, false, "presets")
COMMAND(assumptions, false, "assumptions")
