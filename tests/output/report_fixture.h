// SPDX-License-Identifier: GPL-3.0-or-later
/* What the tests of reports share: a scenario made by hand, requests made up, a temporary place,
 * and a strict reader of RFC 4180 to see what was written. */
#ifndef REPORT_REPORT_FIXTURE_H
#define REPORT_REPORT_FIXTURE_H

#include "autoscale_sim/observer.h"
#include "scenario/deployment.h"
#include "scenario/scenario.h"

/* Two deployments: "chat", and "batch, \"nightly\"", whose name needs quoting. */
typedef struct FixtureScenario {
    Scenario scenario;
    DeploymentConfig deployments[2];
} FixtureScenario;

void fixture_scenario(FixtureScenario *fixture);

/* A fresh directory under /tmp; removed with all it holds by fixture_remove_place. */
char *fixture_place(void);
void fixture_remove_place(char *place);
/* PLACE/NAME, owned by the caller. */
char *fixture_path(const char *place, const char *name);
/* Entries in a directory, "." and ".." left out. */
size_t fixture_entries(const char *directory);

/* The whole file; fails the test if there is none. Owned by the caller. */
char *fixture_read(const char *path);

/* A completed request of one send. Times in milliseconds. */
asim_request fixture_request(uint64_t id, sim_time sent_ms, sim_time admitted_ms,
                             sim_time first_token_ms, sim_time ended_ms, uint32_t output_tokens);

typedef struct FixtureCsv {
    char **fields; /* row by row, all rows with the same number of fields */
    size_t columns;
    size_t rows; /* without the header */
} FixtureCsv;

/* Reads a CSV text; fails the test on anything that RFC 4180 does not allow, or ragged rows. */
FixtureCsv fixture_csv(const char *text);
void fixture_csv_clear(FixtureCsv *csv);
/* The field of a row in the column of that name; fails the test if there is none. */
const char *fixture_field(const FixtureCsv *csv, size_t row, const char *column);

#endif
