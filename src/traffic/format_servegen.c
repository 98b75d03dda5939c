// SPDX-License-Identifier: GPL-3.0-or-later
/* One client of ServeGen (arXiv 2505.09999): per window of 600 s `start,rate,cv,family,shape,scale`
 * without a header; no family means that the client is silent. The client's requests come at that
 * rate with gaps of that family and shape; the scale follows from the rate. */
#include "base/csv_reader.h"
#include "traffic/row_reader.h"

enum { START, RATE, CV, FAMILY, SHAPE, SCALE, FIELDS };

static bool find_family(InputText name, RowGaps *gaps) {
    static const char *const names[] = {
        [GAPS_POISSON] = "poisson", [GAPS_GAMMA] = "gamma", [GAPS_WEIBULL] = "weibull"};
    for (int i = 0; i < 3; i++) {
        if (field_says(name, names[i])) {
            *gaps = (RowGaps)i;
            return true;
        }
    }
    *gaps = GAPS_POISSON;
    return field_says(name, "exponential") || name.start == name.end;
}

bool format_servegen_matches(const InputText lines[], size_t count) {
    InputText fields[FIELDS + 1];
    RowGaps gaps;
    double number;
    (void)count;
    return csv_line_split(lines[0], ',', fields, FIELDS + 1) == FIELDS &&
           field_amount(field_trimmed(fields[START]), &number) &&
           find_family(field_trimmed(fields[FAMILY]), &gaps);
}

bool format_servegen_begin(RowReader *reader) {
    reader->delimiter = ',';
    reader->names[ROLE_TIME] = "start";
    return true;
}

RowResult format_servegen_parse(RowReader *reader, InputText line, TrafficRow *row) {
    InputText fields[FIELDS + 1], values[ROLE_COUNT] = {{NULL, NULL}};
    *row = (TrafficRow){0};
    if (csv_line_split(line, ',', fields, FIELDS + 1) != FIELDS) {
        return row_bad(reader, line.start, NULL, line,
                       "six fields: start, rate, cv, family, shape, scale");
    }
    values[ROLE_TIME] = fields[START];
    if (row_from_values(reader, values, row) != ROW_OK) {
        return ROW_BAD;
    }
    const InputText rate = field_trimmed(fields[RATE]), family = field_trimmed(fields[FAMILY]);
    const InputText shape = field_trimmed(fields[SHAPE]);
    if (!find_family(family, &row->gaps)) {
        return row_bad(reader, family.start, "family", family, "Gamma, Weibull or nothing");
    }
    if (family.start == family.end) {
        return ROW_OK; /* silent: what stands in the other fields means nothing */
    }
    if (!field_amount(rate, &row->value) || row->value > 1e7) {
        return row_bad(reader, rate.start, "rate", rate, "requests per second, up to 10000000");
    }
    if (row->gaps != GAPS_POISSON &&
        (!field_amount(shape, &row->shape) || !(row->shape >= 0.05 && row->shape <= 1e6))) {
        return row_bad(reader, shape.start, "shape", shape, "a number from 0.05 to 1000000");
    }
    return ROW_OK;
}
