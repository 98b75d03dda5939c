// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/compare_options.h"

#include "base/memory.h"
#include "base/task_pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REPLICATIONS_DEFAULT 10
#define REPLICATIONS_LIMIT 1000000
#define JOBS_LIMIT 1024

/* A whole number from least to limit in the option's value, which stays as it is if it is not
 * given. */
static void read_count(const Arguments *arguments, const char *name, long least, long limit,
                       const char *more, size_t *count, ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (!text) {
        return;
    }
    char *end;
    const long number = strtol(text, &end, 10);
    if (end == text || *end != '\0' || number < least || number > limit) {
        char *expected = memory_format("a whole number from %ld to %ld%s", least, limit, more);
        error_found_in_option(errors, name, expected, "%s", *text ? text : "nothing");
        free(expected);
        return;
    }
    *count = (size_t)number;
}

/* A share from least to most in the option's value, which stays as it is if it is not given. */
static void read_share(const Arguments *arguments, const char *name, double least, double most,
                       const char *expected, double *share, ErrorList *errors) {
    const char *text = arguments_value(arguments, name);
    if (!text) {
        return;
    }
    char *end;
    *share = strtod(text, &end);
    if (end == text || *end != '\0' || !(*share >= least && *share <= most)) {
        error_found_in_option(errors, name, expected, "%s", *text ? text : "nothing");
    }
}

static void read_bootstrap(const Arguments *arguments, CompareOptions *options, ErrorList *errors) {
    static const char *const choices[] = {"days", "none"};
    const char *text = arguments_value(arguments, "bootstrap");
    if (!text) {
        return;
    }
    if (strcmp(text, "days") == 0) {
        options->bootstrap = BOOTSTRAP_DAYS;
    } else if (strcmp(text, "none") == 0) {
        options->bootstrap = BOOTSTRAP_NONE;
    } else {
        error_in_option(errors, "--bootstrap", *text ? text : "nothing", "days or none",
                        error_nearest(text, choices, 2));
    }
    if (options->bootstrap == BOOTSTRAP_DAYS && options->automatic) {
        error_in_option(
            errors, "--bootstrap", "days, with --replications auto",
            "a number of replications: more of them do not narrow an interval over days", NULL);
    }
}

/* The last METRIC=WIDTH; without "=" the option is firectl's, for the scenario. */
static const char *precision_given(const Arguments *arguments) {
    for (size_t i = arguments->given_count; i-- > 0;) {
        const CliGiven *given = &arguments->given[i];
        if (!given->is_flag && strcmp(given->name, "precision") == 0 && strchr(given->value, '=')) {
            return given->value;
        }
    }
    return NULL;
}

static void read_precision(const Arguments *arguments, CompareOptions *options, ErrorList *errors) {
    static const char expected[] = "--replications auto beside it";
    const char *text = precision_given(arguments);
    if (!options->automatic && text) {
        error_in_option(errors, "--precision", "no --replications auto", expected, NULL);
    }
    if (!options->automatic && arguments_has(arguments, "most")) {
        error_in_option(errors, "--most", "no --replications auto", expected, NULL);
    }
    precision_read(text ? text : "total_usd=1%", "--precision", &options->precision, errors);
    read_count(arguments, "most", PRECISION_LEAST, REPLICATIONS_LIMIT, "", &options->most, errors);
}

bool compare_options_read(const Arguments *arguments, CompareOptions *options, ErrorList *errors) {
    const size_t before = errors->count;
    *options = (CompareOptions){.replications = REPLICATIONS_DEFAULT,
                                .most = PRECISION_MOST,
                                .confidence = 0.95,
                                .indifference = 0.005,
                                .jobs = task_pool_default_jobs()};
    const char *replications = arguments_value(arguments, "replications");
    options->automatic = replications && strcmp(replications, "auto") == 0;
    if (!options->automatic) {
        read_count(arguments, "replications", 1, REPLICATIONS_LIMIT, ", or auto",
                   &options->replications, errors);
    }
    read_count(arguments, "jobs", 1, JOBS_LIMIT, "", &options->jobs, errors);
    read_share(arguments, "confidence", 0.5, 0.9999, "a share from 0.5 to 0.9999, such as 0.95",
               &options->confidence, errors);
    if (!options->automatic && options->replications == 1 &&
        arguments_has(arguments, "confidence")) {
        error_in_option(errors, "--confidence", "one replication, which has no intervals",
                        "--replications of at least 2", NULL);
    }
    read_share(arguments, "indifference", 0, 0.5, "a share from 0 to 0.5, such as 0.005",
               &options->indifference, errors);
    read_precision(arguments, options, errors);
    read_bootstrap(arguments, options, errors);
    return errors->count == before;
}
