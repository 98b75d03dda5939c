// SPDX-License-Identifier: GPL-3.0-or-later
#include "scenario/profile_file.h"

#include "base/memory.h"
#include "scenario/option_json.h"

#include <stdlib.h>

/* clang-format off */
#define ROW(member, type) OPTION_ROW(ProfileFileConfig, member, type, OURS)
const Option profile_file_options[] = {
    {ROW(model, TEXT), .is_name = true, .help = "the model that was measured"},
    {ROW(accelerator, TEXT), .is_name = true, .help = "the GPUs that it was measured on"},
    {ROW(accelerator_count, INTEGER), .minimum = 1, .maximum = 1024, .help = "GPUs per replica"},
    {ROW(precision, TEXT), .is_name = true, .help = "of the weights"},
    {ROW(weights_gb, NUMBER), .minimum = 0, .maximum = 1e6, .help = "their size in 10^9 bytes"},
    {.name = "profile", .type = OPTION_CUSTOM, .basis = OPTION_OURS,
     .help = "performance of a replica: the keys of a deployment's profile"},
    {ROW(profile_source, TEXT), .help = "where the coefficients come from"},
    {ROW(profile_range, GROUP), .group = profile_range_options,
     .help = "the load at which they were measured"},
    {.name = "calibration", .type = OPTION_CUSTOM, .basis = OPTION_OURS,
     .help = "what calibrate found, for people"},
    OPTION_END};
#undef ROW
/* clang-format on */

static const char expected[] = "a profile as `calibrate` writes it: {\"profile\": {...}, ...}";

bool profile_file_open(ProfileFile *file, const Reader *reader, const cJSON *node) {
    *file = (ProfileFile){.path = option_file_name(reader, node)};
    options_set_defaults(profile_file_options, &file->config);
    file->reader = (Reader){.tree = &file->tree,
                            .file = file->path,
                            .directory = reader->directory,
                            .errors = &file->errors};
    if (!json_read(&file->tree, file->path, &file->errors) ||
        !reader_is_object(&file->reader, expected)) {
        return false;
    }
    reader_options(&file->reader, file->tree.root, profile_file_options, &file->config, NULL);
    file->profile = reader_member(file->tree.root, "profile");
    if (!cJSON_IsObject(file->profile)) {
        reader_refuse(&file->reader, file->profile, &(JsonPath){.key = "profile"},
                      "an object with c0_ms, c_prefill_ms, c_decode_ms, ...", NULL);
    }
    return file->errors.count == 0;
}

void profile_file_close(ProfileFile *file, ErrorList *errors) {
    if (file->tree.root != NULL) {
        reader_locate(&file->reader, 0);
    }
    error_add_all(errors, &file->errors);
    error_list_clear(&file->errors);
    options_clear(profile_file_options, &file->config);
    json_clear(&file->tree);
    free(file->path);
    *file = (ProfileFile){.path = NULL};
}

char *profile_file_text(const ProfileFileConfig *config, const Profile *profile,
                        cJSON *calibration) {
    cJSON *tree = options_json(profile_file_options, config);
    json_add(tree, "profile", options_json(profile_options, profile));
    if (calibration != NULL) {
        json_add(tree, "calibration", calibration);
    }
    char *text = json_print(tree);
    cJSON_Delete(tree);
    return text;
}
