// SPDX-License-Identifier: GPL-3.0-or-later
/* A scenario of one's own to begin with: the options that most people set, each with a comment that
 * its row of the option tables gives. */
#ifndef SCENARIO_STARTER_H
#define SCENARIO_STARTER_H

#include "scenario/overrides.h"

/* The text of a scenario that will be the file `path` (relative names of recordings start from its
 * directory; "-": from the working directory), changed by the overrides; recorded: its traffic is a
 * log, whose name they have. What the log tells of itself is written out, and lengths are assumed
 * for one without tokens. Whether all of it is a scenario, and its logs can be opened, has been
 * looked at. NULL after adding errors; owned by the caller. */
char *starter_text(const char *path, bool recorded, const OverrideList *changes, ErrorList *errors);

#endif
