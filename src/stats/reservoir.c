// SPDX-License-Identifier: GPL-3.0-or-later
/* Algorithm R: the n-th value takes a random place, if that is within the sample. */
#include "stats/reservoir.h"

#include "base/memory.h"

#include <gsl/gsl_sort.h>
#include <stdlib.h>

void reservoir_init(Reservoir *reservoir, size_t room, const char *name) {
    *reservoir = (Reservoir){.values = memory_new(room, sizeof(double)), .room = room};
    random_stream_init(&reservoir->stream, 1, 0, name);
}

void reservoir_clear(Reservoir *reservoir) {
    free(reservoir->values);
    reservoir->values = NULL;
    reservoir->count = 0;
}

void reservoir_add(Reservoir *reservoir, double value) {
    reservoir->seen++;
    if (reservoir->count < reservoir->room) {
        reservoir->values[reservoir->count++] = value;
        return;
    }
    const uint64_t place = random_below(&reservoir->stream, reservoir->seen);
    if (place < reservoir->room) {
        reservoir->values[place] = value;
    }
}

void reservoir_sort(Reservoir *reservoir) {
    gsl_sort(reservoir->values, 1, reservoir->count);
}
