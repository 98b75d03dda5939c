// SPDX-License-Identifier: GPL-3.0-or-later
/* A refused send in words: the answer and why, then the wait with its arithmetic, or the end. */
#ifndef OUTPUT_NARRATION_REFUSAL_H
#define OUTPUT_NARRATION_REFUSAL_H

#include "autoscale_sim/observer.h"
#include "base/paragraph.h"
#include "scenario/scenario.h"

/* request: whose send it was, as it ended. woke: it woke the deployment. */
void narration_say_refusal(Paragraph *paragraph, const asim_refusal *refusal,
                           const asim_request *request, const DeploymentConfig *config, bool woke);

#endif
