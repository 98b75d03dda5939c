// SPDX-License-Identifier: GPL-3.0-or-later
/* In rising order of x (and of y where x is equal), a point is on the front if its y is below that
 * of all with a smaller x, and the least of those with its own. */
#include "stats/pareto.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct Point {
    double x, y;
    size_t index;
} Point;

static int compare_points(const void *one, const void *other) {
    const Point *a = one, *b = other;
    return a->x != b->x ? (a->x < b->x ? -1 : 1) : (a->y > b->y) - (a->y < b->y);
}

void pareto_front(const double x[], const double y[], size_t count, bool on_front[]) {
    Point *points = memory_new(count > 0 ? count : 1, sizeof points[0]);
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        on_front[i] = false;
        if (!isnan(x[i]) && !isnan(y[i])) {
            points[known++] = (Point){.x = x[i], .y = y[i], .index = i};
        }
    }
    qsort(points, known, sizeof points[0], compare_points);
    const Point *last = NULL; /* on the front so far, with the least y */
    for (size_t i = 0; i < known; i++) {
        const bool same = last != NULL && points[i].x == last->x && points[i].y == last->y;
        if (last == NULL || points[i].y < last->y || same) {
            on_front[points[i].index] = true;
            last = &points[i];
        }
    }
    free(points);
}
