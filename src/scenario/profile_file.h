// SPDX-License-Identifier: GPL-3.0-or-later
/* A profile by itself, in a file that `calibrate` writes and a deployment names: {"profile":
 * "mine.json"}. It says of which model and hardware it is, where it comes from, and the load at
 * which it was measured. */
#ifndef SCENARIO_PROFILE_FILE_H
#define SCENARIO_PROFILE_FILE_H

#include "cluster/config.h"
#include "scenario/reader.h"

typedef struct ProfileFileConfig {
    char *model, *accelerator, *precision; /* NULL: not said */
    int64_t accelerator_count;
    double weights_gb;
    char *profile_source;
    ProfileRange profile_range;
} ProfileFileConfig;

extern const Option profile_file_options[];

typedef struct ProfileFile {
    Reader reader;    /* of its tree */
    ErrorList errors; /* mistakes in it, which are told at its lines */
    JsonTree tree;
    char *path;
    const cJSON *profile; /* an object; NULL: there is none */
    ProfileFileConfig config;
} ProfileFile;

/* Reads the file that a node names, as any file in a scenario is named. False when there are
 * mistakes. To be closed in either case. */
bool profile_file_open(ProfileFile *file, const Reader *reader, const cJSON *node);
/* Adds its mistakes to errors. */
void profile_file_close(ProfileFile *file, ErrorList *errors);

/* The text of such a file; `calibration`, what else is to be known of it, is consumed (NULL:
 * nothing). Owned by the caller. */
char *profile_file_text(const ProfileFileConfig *config, const Profile *profile,
                        cJSON *calibration);

#endif
