// SPDX-License-Identifier: GPL-3.0-or-later
/* `calibrate`: a profile from what a benchmark recorded. */
#include "base/assertion.h"
#include "base/file_name.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/whole_file.h"
#include "cli/commands.h"
#include "engine/options.h"
#include "experiment/calibration_report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum FitOn { FIT_ON_ALL, FIT_ON_FIRST_HALF } FitOn;
typedef enum BareUnit { BARE_SECONDS, BARE_MILLISECONDS } BareUnit;

static const char *const fit_on_names[] = {"all", "first-half", NULL};
static const char *const unit_names[] = {"s", "ms", NULL};

typedef struct Settings {
    int64_t accelerator_count;
    int fit_on, unit;
} Settings;

/* clang-format off */
#define ROW(member, kind) .offset = offsetof(Settings, member), .type = OPTION_##kind, .basis = OPTION_OURS
static const Option setting_options[] = {
    {.name = "accelerator-count", ROW(accelerator_count, INTEGER), .minimum = 1, .maximum = 1024},
    {.name = "fit-on", ROW(fit_on, CHOICE), .choices = fit_on_names, .default_text = "all"},
    {.name = "unit", ROW(unit, CHOICE), .choices = unit_names, .default_text = "s"},
    OPTION_END};
#undef ROW
/* clang-format on */

/* Where the search begins ----------------------------------------------------------------------
 */

typedef struct Start {
    Profile profile;
    char *words; /* what it is */
    bool catalogue_knows;
    ProfileFileConfig about;
} Start;

static void start_clear(Start *start) {
    free(start->words);
    free(start->about.model);
    free(start->about.accelerator);
    free(start->about.precision);
}

static bool resolve(const CatalogueQuery *query, CatalogueAnswer *answer) {
    ErrorList errors = {0};
    const bool ok = catalogue_resolve(query, &(Error){.place = NULL}, &errors, answer);
    error_list_clear(&errors);
    return ok;
}

/* The catalogue's answer, or for what it does not know the nearest thing that it does: the log
 * tells the rest. */
static void answer(CatalogueQuery query, CatalogueAnswer *answer, bool *knows) {
    static const char stand_in_model[] = "llama-v3p1-8b-instruct", stand_in_gpu[] = "H100";
    const bool model = query.model != NULL && catalogue_model(query.model) != NULL;
    const bool gpu = query.accelerator != NULL && catalogue_accelerator(query.accelerator) != NULL;
    query.model = model ? query.model : stand_in_model;
    query.accelerator = gpu ? query.accelerator : stand_in_gpu;
    *knows = model && gpu && resolve(&query, answer);
    if (!*knows) {
        query.accelerator_count = OPTION_ABSENT_INTEGER;
        if (!resolve(&query, answer)) {
            const CatalogueQuery plain = {.model = query.model,
                                          .accelerator_count = OPTION_ABSENT_INTEGER,
                                          .weights_gb = NAN,
                                          .parameters_b = NAN,
                                          .layers = OPTION_ABSENT_INTEGER,
                                          .kv_bytes_per_token = NAN};
            const bool ok = resolve(&plain, answer);
            asim_assert(ok);
        }
    }
}

/* What is fitted is a straight line: of a roofline the start has what lies beyond its corner. */
static void straighten(Profile *profile) {
    profile->c_prefill_ms += profile->c_token_ms;
    profile->c_token_ms = profile->c_attention_ms = 0;
    profile->free_tokens = 0;
    profile->stream_overhead = 0;
}

static void add_unknown(Text *text, const char *what, const char *name, const char *nearest) {
    text_addf(text, "%s no %s \"%s\"", text->length > 0 ? " and" : "", what, name);
    if (nearest != NULL) {
        text_addf(text, ": did you mean \"%s\"?", nearest);
    }
}

/* Why the catalogue's answer is of something else; empty where it is not, or nothing was asked. */
static char *stand_in_reason(const CatalogueQuery *query) {
    Text text = {0};
    const char *model = query->model, *gpu = query->accelerator;
    if (model != NULL && catalogue_model(model) == NULL) {
        add_unknown(&text, "model", model, catalogue_nearest_model(model));
    }
    if (gpu != NULL && catalogue_accelerator(gpu) == NULL) {
        add_unknown(&text, "GPU", gpu, catalogue_nearest_accelerator(gpu));
    }
    char *unknown = text_take(&text);
    char *reason =
        unknown[0] != '\0' ? memory_format(" (the catalogue has%s)", unknown) : memory_text("");
    free(unknown);
    return reason;
}

static void take_answer(const CatalogueAnswer *answer, const CatalogueQuery *query, Start *start) {
    const CatalogueModel *model = query->model != NULL ? catalogue_model(query->model) : NULL;
    start->profile = answer->profile;
    straighten(&start->profile);
    if (!start->catalogue_knows) {
        start->profile.kv_capacity_tokens = OPTION_ABSENT_INTEGER;
    }
    char *reason = stand_in_reason(query);
    start->words = memory_format(
        "%s%s%s%s on %lld x %s%s%s", start->catalogue_knows ? "" : "a stand-in", reason,
        start->catalogue_knows ? "" : ", ", answer->model, (long long)answer->accelerator_count,
        answer->accelerator, answer->source != NULL ? ": " : "",
        answer->source != NULL ? answer->source : "");
    free(reason);
    start->about = (ProfileFileConfig){
        .model = memory_text(model != NULL ? model->name : query->model),
        .accelerator = memory_text(query->accelerator),
        .precision = memory_text(query->precision),
        .accelerator_count =
            start->catalogue_knows ? answer->accelerator_count : query->accelerator_count,
        .weights_gb = model != NULL && start->catalogue_knows ? answer->weight_bytes / 1e9 : NAN,
    };
}

static bool find_start(const Arguments *arguments, int64_t accelerator_count, Start *start,
                       ErrorList *errors) {
    const CatalogueQuery query = {.model = arguments_value(arguments, "model"),
                                  .accelerator = arguments_value(arguments, "accelerator"),
                                  .accelerator_count = accelerator_count,
                                  .precision = arguments_value(arguments, "precision"),
                                  .weights_gb = NAN,
                                  .parameters_b = NAN,
                                  .layers = OPTION_ABSENT_INTEGER,
                                  .kv_bytes_per_token = NAN};
    CataloguePrecision precision;
    if (query.precision != NULL && !catalogue_precision(query.precision, &precision)) {
        return error_in_option(errors, "--precision", query.precision,
                               "bf16 (or fp16), fp8, fp4 or int4", NULL);
    }
    CatalogueAnswer found;
    answer(query, &found, &start->catalogue_knows);
    take_answer(&found, &query, start);
    catalogue_answer_clear(&found);
    return true;
}

/* --set NAME=VALUE: what is known of the profile, and not fitted. */
static bool set_known(const char *text, CalibrationSettings *settings, ErrorList *errors) {
    const char *equals = strchr(text, '=');
    char *name = memory_text_n(text, equals != NULL ? (size_t)(equals - text) : strlen(text));
    const Option *option = option_find(profile_options, name);
    const Error where = {.file = "command line", .place = "--set"};
    bool ok = false;
    if (option == NULL || equals == NULL) {
        error_at(errors, &where, text, "NAME=VALUE of a profile, such as batch_slots=128",
                 option_nearest(profile_options, name));
    } else {
        ok = option_set_text(option, &settings->start, equals + 1, &where, errors);
    }
    for (size_t i = 0; i < FIT_COEFFICIENTS; i++) {
        settings->is_fixed[i] |= fit_coefficient(i) == option;
    }
    for (int limit = 0; limit < CALIBRATED_LIMITS; limit++) {
        settings->is_given[limit] |= calibrated_limit((CalibratedLimit)limit) == option;
    }
    free(name);
    return ok;
}

static bool set_all_known(const Arguments *arguments, CalibrationSettings *settings,
                          ErrorList *errors) {
    bool ok = true;
    for (size_t i = 0; i < arguments->given_count; i++) {
        if (strcmp(arguments->given[i].name, "set") == 0) {
            ok = set_known(arguments->given[i].value, settings, errors) && ok;
        }
    }
    profile_check(&settings->start, &(Error){.file = "command line", .place = "--set"}, errors);
    return ok;
}

/* Work -----------------------------------------------------------------------------------------
 */

static bool may_write(const Arguments *arguments, ErrorList *errors) {
    const char *out = arguments_value(arguments, "out");
    struct stat there;
    if (out != NULL && stat(out, &there) == 0 && S_ISDIR(there.st_mode)) {
        return error_in_option(errors, "--out", out, "a file, not a directory", NULL);
    }
    if (out != NULL && !arguments_has(arguments, "force") && access(out, F_OK) == 0) {
        return error_in_option(errors, "--out", out, "a file that is not there, or --force", NULL);
    }
    return true;
}

static bool write_profile(const CalibrationReport *report, const Arguments *arguments,
                          ErrorList *errors) {
    const char *out = arguments_value(arguments, "out");
    if (out == NULL) {
        return true;
    }
    char *text = calibration_profile(report);
    const bool ok = whole_file_write(out, text, strlen(text), true, errors);
    free(text);
    return ok;
}

static void print(const CalibrationReport *report, const Arguments *arguments) {
    const char *out = arguments_value(arguments, "out");
    if (arguments_has(arguments, "json")) {
        command_print_json(calibration_json(report));
    } else if (!arguments_has(arguments, "quiet")) {
        calibration_print(stdout, report);
        if (out != NULL) {
            command_tell_written(out);
        }
    }
}

static int work(const Arguments *arguments, const CalibrationLog *log, const Start *start,
                const CalibrationSettings *settings, ErrorList *errors) {
    CalibrationResult *result = memory_new(1, sizeof *result);
    const CalibrationReport report = {.file = arguments->positional[0],
                                      .log = log,
                                      .settings = settings,
                                      .result = result,
                                      .begun = start->words,
                                      .catalogue_knows = start->catalogue_knows,
                                      .about = &start->about};
    int status = STATUS_MISTAKE;
    if (!calibrate(log, settings, result)) {
        status = interrupt_tell("nothing was written");
    } else if (write_profile(&report, arguments, errors)) {
        print(&report, arguments);
        status = STATUS_DONE;
    }
    free(result);
    return status;
}

int command_calibrate(const Invocation *invocation, ErrorList *errors) {
    const Arguments *arguments = invocation->arguments;
    Settings settings;
    Start start = {.words = NULL};
    CalibrationLog log = {.format = ""};
    int status = STATUS_MISTAKE;
    options_set_defaults(setting_options, &settings);
    arguments_settings(arguments, setting_options, &settings, errors);
    simulate_options_agree(arguments, errors);
    may_write(arguments, errors);
    if (find_start(arguments, settings.accelerator_count, &start, errors)) {
        CalibrationSettings calibration = {.start = start.profile,
                                           .first_half_only = settings.fit_on == FIT_ON_FIRST_HALF,
                                           .stop = interrupt_mark()};
        const double unit_s = settings.unit == BARE_MILLISECONDS ? 1e-3 : 1;
        set_all_known(arguments, &calibration, errors);
        if (errors->count == 0 && calibration_log_read(&log, arguments->positional[0], unit_s,
                                                       interrupt_mark(), errors)) {
            status = work(arguments, &log, &start, &calibration, errors);
        } else if (*interrupt_mark()) {
            status = interrupt_tell("nothing was written");
        }
    }
    calibration_log_clear(&log);
    start_clear(&start);
    return status;
}
