// SPDX-License-Identifier: GPL-3.0-or-later
/* The documentation's table of metrics, of the build with one row more. */
#include "figures/metrics.h"

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    char *text = metric_markdown();
    fputs(text, stdout);
    free(text);
}
