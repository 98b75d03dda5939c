// SPDX-License-Identifier: GPL-3.0-or-later
/* A scenario of one's own to begin with: the options that most people set, each with a comment that
 * its row of the option tables gives. */
#ifndef SCENARIO_STARTER_H
#define SCENARIO_STARTER_H

#include "scenario/overrides.h"

typedef struct asim_scenario Scenario;

/* The text of a scenario that will be the file `path` (relative names of recordings start from its
 * directory; "-": from the working directory), changed by the overrides; recorded: its traffic is a
 * log, whose name they have. What the log tells of itself is written out, and lengths are assumed
 * for one without tokens. Whether all of it is a scenario, and its logs can be opened, has been
 * looked at. NULL after adding errors; owned by the caller. */
char *starter_text(const char *path, bool recorded, const OverrideList *changes, ErrorList *errors);

/* The same for a log, not as a file but to be run: of this name. *lengths: of which published
 * trace they are assumed, for a log has no tokens, and the overrides no lengths; or NULL. Logs may
 * be streams; those that cannot be opened are told when they are run. NULL after adding errors;
 * owned by the caller. */
Scenario *starter_scenario(const char *name, const OverrideList *changes, const char **lengths,
                           ErrorList *errors);

#endif
