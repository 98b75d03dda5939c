// SPDX-License-Identifier: GPL-3.0-or-later
/* GET /: one page that follows a run while it goes on, by the charts of a run's page. */
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include "base/error.h"

typedef struct asim_scenario Scenario;

/* The page, owned by the caller; NULL after adding errors: dygraphs is not there. */
char *page_live(const Scenario *scenario, ErrorList *errors);

#endif
