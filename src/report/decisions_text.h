// SPDX-License-Identifier: GPL-3.0-or-later
/* What a policy decided and why, told in a few lines. */
#ifndef REPORT_DECISIONS_TEXT_H
#define REPORT_DECISIONS_TEXT_H

#include "report/decisions_digest.h"

#include <stdio.h>

/* label_width: of the label before each line, "policy" on the first and blank on the others. */
void decisions_text_print(FILE *stream, int label_width, const DeploymentDigest *digest);

#endif
