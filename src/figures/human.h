// SPDX-License-Identifier: GPL-3.0-or-later
/* Numbers, estimates and instants for people: three digits that matter, and a unit that fits. What
 * does not apply is "-". Each function fills `text` and returns it. */
#ifndef FIGURES_HUMAN_H
#define FIGURES_HUMAN_H

#include "figures/metrics.h"

#define HUMAN_TEXT 40

const char *human_count(uint64_t count, char text[HUMAN_TEXT]);   /* "8,819", "1.23M" */
const char *human_seconds(double seconds, char text[HUMAN_TEXT]); /* "123 ms", "1.23 s", "4m12s",
                                                                     "3h05m", "2d03h"; "never" for
                                                                     INFINITY */
const char *human_usd(double usd, char text[HUMAN_TEXT]);         /* "$1,234.50", "$0.0012" */
const char *human_share(double share, char text[HUMAN_TEXT]);     /* "12.3 %" */
const char *human_number(double number, char text[HUMAN_TEXT]);   /* "0.0123", "12.3", "1,235",
                                                                     "1.23M" */
/* "$8,817.60 per 30 days", and of a run shorter than a day ", if all days were like these 3h00m".
 */
#define HUMAN_PROJECTION_TEXT 128
const char *human_projection(double usd_per_30_days, sim_time span,
                             char text[HUMAN_PROJECTION_TEXT]);
/* An instant since the run's beginning, to the second (to the millisecond in the first minute). */
const char *human_instant(sim_time instant, char text[HUMAN_TEXT]); /* "03:05:10", "day 2 03:05:10"
                                                                     */

/* A number in a metric's unit; means of counts have a fraction. */
const char *human_value(MetricUnit unit, double number, char text[HUMAN_TEXT]);

/* Estimates: "$31.20 ± 0.80", "+4.1 ± 0.3 s", "93.5 ± 0.4 %". The half-width has two digits that
 * matter and the value as many decimals; both have one unit. */
#define HUMAN_ESTIMATE_TEXT 112

typedef enum HumanEstimate {
    HUMAN_ESTIMATE_VALUE,      /* "93.5 ± 0.4 %" */
    HUMAN_ESTIMATE_DIFFERENCE, /* with its sign; of shares in percentage points: "+6.5 ± 0.4 pp" */
    HUMAN_ESTIMATE_AMOUNT      /* of a difference, in a sentence: "6.5 ± 0.4 points" */
} HumanEstimate;

/* half_width NAN or 0: the value alone, with three digits that matter (counts: whole); INFINITY:
 * "or never" after it. A value that is infinite: "never", or human_never of a difference. */
const char *human_estimate(MetricUnit unit, HumanEstimate kind, double value, double half_width,
                           char text[HUMAN_ESTIMATE_TEXT]);
/* An infinite difference: "to never" if it is above 0, else "from never". */
const char *human_never(double difference);

/* Whether the number that the text begins with, before its half-width, shows nothing but zeros:
 * what is so told is neither more nor less. */
bool human_shows_zero(const char *text);

/* Instants of a run as its reader sees and names them: by the clock of the scenario's calendar,
 * "09:00:50", "day 2 03:05:10"; day 1 is the day of time 0. */
typedef struct DayClock {
    int64_t start_epoch_s;   /* of time 0 */
    sim_time since_midnight; /* of time 0 */
} DayClock;

DayClock day_clock_of(int64_t start_epoch_s);

/* As human_instant: "-" for SIM_TIME_NEVER. */
const char *day_clock_text(const DayClock *day_clock, sim_time instant, char text[HUMAN_TEXT]);

/* Reads an offset from time 0 ("1h30m"), a clock ("12:00", "12:00:35.5", the first such instant of
 * the run), "day 2 03:05:10", or a calendar instant. What is written to the second means the whole
 * of it, for that is how instants are shown: from *first to *last, which are equal otherwise. Both
 * may be before the run or after it. False on anything else; day_clock_expected says what is
 * read. */
bool day_clock_read(const DayClock *day_clock, const char *text, sim_time *first, sim_time *last);
extern const char day_clock_expected[];

#endif
