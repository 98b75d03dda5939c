// SPDX-License-Identifier: GPL-3.0-or-later
/* What the reports about traces share. */
#ifndef REPORT_TRACE_TEXT_H
#define REPORT_TRACE_TEXT_H

#include "report/human.h"

/* All digits: "16,803,695". Fills text and returns it. */
const char *trace_text_count(uint64_t count, char text[HUMAN_TEXT]);

#endif
