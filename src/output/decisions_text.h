// SPDX-License-Identifier: GPL-3.0-or-later
/* What a policy decided and why, told in a few lines. */
#ifndef OUTPUT_DECISIONS_TEXT_H
#define OUTPUT_DECISIONS_TEXT_H

#include <stdint.h>
#include <stdio.h>

typedef struct DeploymentDigest DeploymentDigest;

/* label_width: of the label before each line, "policy" on the first and blank on the others.
 * start_epoch_s: of time 0, for instants are told by the calendar's clock. */
void decisions_text_print(FILE *stream, int label_width, int64_t start_epoch_s,
                          const DeploymentDigest *digest);

#endif
