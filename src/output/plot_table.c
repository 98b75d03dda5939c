// SPDX-License-Identifier: GPL-3.0-or-later
/* One table at a time, through the C library's buffer. */
#include "output/plot_table.h"

#include "base/memory.h"
#include "base/text.h"
#include "output/plot_folder.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

void plot_table_open(PlotTable *table, const char *folder, const char *name, ErrorList *errors) {
    *table = (PlotTable){.path = plot_join(folder, name), .errors = errors};
    table->stream = fopen(table->path, "wb");
}

bool plot_table_close(PlotTable *table) {
    bool ok = table->stream != NULL && !ferror(table->stream);
    if (table->stream != NULL) {
        ok = fclose(table->stream) == 0 && ok;
    }
    ok = ok || error_unwritable(table->errors, table->path, errno, NULL);
    free(table->path);
    *table = (PlotTable){0};
    return ok;
}

static void begin_field(PlotTable *table) {
    if (table->in_row) {
        fputc('\t', table->stream);
    }
    table->in_row = true;
}

void plot_table_text(PlotTable *table, const char *text) {
    if (table->stream == NULL) {
        return;
    }
    begin_field(table);
    if (*text == '\0') {
        fputc(' ', table->stream); /* an empty field would be a missing one */
    }
    char *line = text_line(text);
    for (const char *at = line; *at != '\0'; at++) {
        fputc(*at == '"' ? '\'' : *at == '\\' ? '/' : *at, table->stream);
    }
    free(line);
}

void plot_table_number(PlotTable *table, double number) {
    char text[32];
    plot_table_text(table, isfinite(number) ? text_number(number, text) : "NaN");
}

void plot_table_count(PlotTable *table, size_t count) {
    plot_table_number(table, (double)count);
}

void plot_table_end_row(PlotTable *table) {
    if (table->stream != NULL) {
        fputc('\n', table->stream);
        table->in_row = false;
    }
}

void plot_table_gap(PlotTable *table) {
    if (table->stream != NULL) {
        fputc('\n', table->stream);
    }
}
