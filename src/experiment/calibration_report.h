// SPDX-License-Identifier: GPL-3.0-or-later
/* What a calibration found, for people and as JSON, and the file of the profile. */
#ifndef EXPERIMENT_CALIBRATION_REPORT_H
#define EXPERIMENT_CALIBRATION_REPORT_H

#include "base/json.h"
#include "experiment/calibration.h"
#include "scenario/profile_file.h"

/* All lent. */
typedef struct CalibrationReport {
    const char *file; /* of the log */
    const CalibrationLog *log;
    const CalibrationSettings *settings;
    const CalibrationResult *result;
    const char *begun;              /* what the search began with: a citation */
    bool catalogue_knows;           /* the catalogue has this model on these GPUs */
    const ProfileFileConfig *about; /* model and hardware */
} CalibrationReport;

void calibration_print(FILE *stream, const CalibrationReport *report);
cJSON *calibration_json(const CalibrationReport *report);
/* The text of a profile file (scenario/profile_file.h). Owned by the caller. */
char *calibration_profile(const CalibrationReport *report);

#endif
