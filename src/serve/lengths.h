// SPDX-License-Identifier: GPL-3.0-or-later
/* How long answers are where nobody says: as the scenario's own traffic has them. The n-th request
 * that asks gets the output tokens of the n-th of a second reading of the deployment's traffic,
 * which begins anew at its end. */
#ifndef SERVE_LENGTHS_H
#define SERVE_LENGTHS_H

#include <stdint.h>

typedef struct asim_scenario Scenario;
typedef struct Lengths Lengths;

/* The scenario is lent. Nothing is read until somebody asks. */
Lengths *lengths_create(const Scenario *scenario);
void lengths_destroy(Lengths *lengths);
/* Output tokens; 0: the deployment has no traffic that could be read a second time. */
uint32_t lengths_next(Lengths *lengths, uint32_t deployment);

#endif
