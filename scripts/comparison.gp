# SPDX-License-Identifier: GPL-3.0-or-later
# Several runs of one deployment side by side: what each cost, how it felt and how many gave up;
# replicas over time; the distributions of latency.
#
#     gnuplot -d -c comparison.gp DIRECTORY OUT png|svg DEPLOYMENT [TITLE [START]]
#
# DIRECTORY holds comparison.csv (deployment,metric,RUN,...) and RUN/timeseries.csv,
# RUN/latency_histogram.csv for each run. START is as in run.gp.
DIRECTORY = ARG1; OUT = ARG2; FORMAT = ARG3; WHO = ARG4; TITLE = ARG5
START = ARGC >= 6 ? ARG6 + 0.0 : 0.0
MOST_STEPS = 1500

set encoding utf8
set datafile separator ','

# Reading -----------------------------------------------------------------------------------------

finite(x) = x > -1e300 && x < 1e300
field(name) = column(name) # NaN where the field is empty, and in the header row
TABLE = DIRECTORY."/comparison.csv"

stats TABLE using (0) nooutput
RUNS = int(STATS_columns) - 2
array RUN[RUNS]
row = 0
read_names(n) = (row = n + 1, n > 0 ? 0 : sum [r = 1:RUNS] (RUN[r] = strcol(r + 2), 0))
stats TABLE using (read_names(row)) nooutput
series(r) = DIRECTORY."/".RUN[r]."/timeseries.csv"
histogram(r) = DIRECTORY."/".RUN[r]."/latency_histogram.csv"

# The rows that are drawn.
METRICS = "on_demand_usd reserved_usd ttft_p95_s e2e_p95_s given_up requests"
array VALUE[6 * RUNS]
do for [i = 1:6 * RUNS] { VALUE[i] = NaN }
number(name) = sum [m = 1:6] (name eq word(METRICS, m) ? m : 0)
keep(m) = m == 0 ? 0 : sum [r = 1:RUNS] (VALUE[(m - 1) * RUNS + r] = field(r + 2), 0)
stats TABLE using (strcol("deployment") eq WHO ? keep(number(strcol("metric"))) : 0) nooutput
metric(m, r) = VALUE[(m - 1) * RUNS + r]
or_zero(x) = finite(x) ? x : 0.0

# What the deployment is called in each run: the same, or whatever a run's only one is called.
array CALLED[RUNS]
heed(name, t) = !finite(t) ? 0 : (there = there || name eq WHO, \
    several = several || (strlen(only) && name ne only), only = name, 0)
do for [r = 1:RUNS] {
    there = 0; several = 0; only = ""
    stats series(r) using (heed(strcol("deployment"), field("time_s"))) nooutput
    CALLED[r] = there || several ? WHO : only
}

# The extent of time, of replicas and of latency over all runs.
rows = 0; first = 0.0; last = 0.0; longest = 0.0; most_serving = 0.0
see(t, length, serving) = !finite(t) || !finite(length) ? 0 : (rows = rows + 1, \
    first = rows == 1 || t < first ? t : first, \
    last = rows == 1 || t + length > last ? t + length : last, \
    longest = length > longest ? length : longest, \
    most_serving = serving > most_serving ? serving : most_serving, 0)
least = 1e300; largest = 0.0
see_bucket(lower, upper) = !finite(upper) ? 0 : ( \
    least = lower > 0 && lower < least ? lower : upper > 0 && upper < least ? upper : least, \
    largest = upper > largest ? upper : largest, 0)
do for [r = 1:RUNS] {
    stats series(r) using (strcol("deployment") eq CALLED[r] ? \
        see(field("time_s"), field("interval_s"), field("replicas_serving")) : 0) nooutput
    stats histogram(r) using (strcol("deployment") eq CALLED[r] && \
        (strcol("metric") eq "ttft" || strcol("metric") eq "e2e") ? \
        see_bucket(field("lower_s"), field("upper_s")) : 0) nooutput
}
measured = largest > 0
if (!measured) { least = 0.1; largest = 1.0 }
if (last <= first) { last = first + 1.0 }
if (longest <= 0) { longest = 1.0 }
width = (last - first) / MOST_STEPS > longest ? (last - first) / MOST_STEPS : longest
span_start(t) = first + width * floor((t - first) / width + 1e-9)

# Drawing -----------------------------------------------------------------------------------------

# Heights in dots, from the top.
WIDTH = 1400.0
BARS = 150.0
BARS_END = BARS + 34.0 * RUNS
SERIES = BARS_END + 85.0
SERIES_END = SERIES + 300.0
CURVES = SERIES_END + 105.0
CURVES_END = CURVES + 380.0
HEIGHT = CURVES_END + 75.0
down(y) = 1 - y / HEIGHT
across(x) = x / WIDTH

FONT = FORMAT eq "svg" ? "sans-serif" : "sans"
BOLD = FORMAT eq "svg" ? FONT : FONT.":Bold" # SVG would take it for the family's name
SIZE = FORMAT eq "svg" ? 15.0 : 11.5
sized(factor) = sprintf(",%.3g", SIZE * factor)
if (FORMAT eq "svg") {
    set terminal svg noenhanced size WIDTH,HEIGHT dynamic background "white" font FONT.sized(1)
} else {
    set terminal pngcairo noenhanced size WIDTH,HEIGHT background "white" font FONT.sized(1)
}
set output OUT

DARK = "#202020"; GREY = "#707070"
COLOURS = "#0b4f8a #e69f00 #000000 #56a5db #b03a00 #8fbf6f #b0569a #808080"
colour(r) = word(COLOURS, 1 + (r - 1) % 8)
dash(r) = 1 + ((r - 1) + (r - 1) / 8) % 4
short(name, most) = strlen(name) <= most ? name : name[1:most - 1]."…"
duration(s) = s < 1e-3 ? sprintf("%.3g µs", s * 1e6) : s < 1 ? sprintf("%.3g ms", s * 1e3) : \
    s < 600 ? sprintf("%.3g s", s) : s < 7200 ? sprintf("%.3g min", s / 60) : \
    sprintf("%.3g h", s / 3600)

set style fill solid noborder
set multiplot
set border 3 linecolor rgb GREY
set tics nomirror scale 0.6 textcolor rgb DARK
set key off
set label 1 (strlen(TITLE) ? TITLE : WHO) at screen across(30), down(38) left \
    font BOLD.sized(1.45) textcolor rgb DARK
set label 2 sprintf("%d %s side by side", RUNS, RUNS == 1 ? "run" : "runs") \
    at screen across(30), down(70) left textcolor rgb GREY

# 1. Bars, with their values: four measures of each run.
set border 2
unset xtics
set ytics ("" 0) scale 0
set yrange [RUNS + 0.5:0.5]
set tmargin at screen down(BARS)
set bmargin at screen down(BARS_END)
array BAR_TITLE = ["Cost, US dollars", "TTFT p95", "E2E p95", "Given up, % of requests"]
array BAR_NOTE = ["dark: on demand, light: reserved", "retry wait included", \
    "retry wait included", "ran out of sends"]
array BAR[RUNS]
bar_of(m, r) = m == 1 ? or_zero(metric(1, r)) + or_zero(metric(2, r)) : m == 2 ? metric(3, r) : \
    m == 3 ? metric(4, r) : metric(6, r) > 0 ? 100 * metric(5, r) / metric(6, r) : NaN
never(x) = x > 1e300
bar_text(m, x) = never(x) ? "never" : !finite(x) ? "–" : m == 1 ? sprintf("$%.2f", x) : m < 4 ? duration(x) : \
    sprintf("%.3g %%", x)
do for [m = 1:4] {
    most = 0.0
    do for [r = 1:RUNS] {
        BAR[r] = bar_of(m, r)
        if (BAR[r] > most && !never(BAR[r])) { most = BAR[r] }
    }
    if (most <= 0) { most = 1.0 }
    set lmargin at screen across(285 + 280 * (m - 1))
    set rmargin at screen across(285 + 280 * m - 25)
    set xrange [0:1.5 * most]
    set label 4 BAR_TITLE[m] at graph 0, screen down(BARS - 30) left font BOLD.sized(1) \
        textcolor rgb DARK
    set label 5 BAR_NOTE[m] at graph 0, screen down(BARS - 11) left font FONT.sized(0.9) \
        textcolor rgb GREY
    do for [r = 1:RUNS] {
        set label 10 + r bar_text(m, BAR[r]) at or_zero(BAR[r]), r left offset 0.6,0 \
            textcolor rgb DARK
        if (m == 1) {
            set label 1000 + r short(RUN[r], 32) at graph 0, first r right offset -0.8,0 \
                textcolor rgb DARK
        } else { unset label 1000 + r }
    }
    plot for [r = 1:RUNS] "+" using (0):(r):(0):(or_zero(BAR[r])):(r - 0.34):(r + 0.34) \
            every ::0::0 with boxxyerror fillcolor rgb (m == 1 ? "#9cc4e4" : "#4a7fb0"), \
        for [r = 1:RUNS] "+" using (0):(r):(0):(m == 1 ? or_zero(metric(1, r)) : 0): \
            (r - 0.34):(r + 0.34) every ::0::0 with boxxyerror fillcolor rgb "#0b4f8a"
    unset label 1; unset label 2
}
do for [r = 1:RUNS] { unset label 10 + r; unset label 1000 + r }
unset label 5

# 2. Replicas over time.
# Ticks of the time axis: steps that clocks have, labels as short as can be.
span = last - first
step = 1
do for [nice in "2 5 10 15 30 60 120 300 600 900 1800 3600 7200 10800 21600 43200 86400 172800 \
    432000 864000 1728000 4320000 8640000 17280000 34560000"] {
    if (span / step > (step < 60 ? 8 : 12)) { step = nice + 0 }
}
days(t) = (t + START) / 86400
day_name(t) = START != 0 ? strftime(span < 27 * 86400 ? "%a %d" : "%d %b", t + START) : \
    sprintf("day %d", days(t) + 1)
clock(t) = strftime(step < 60 ? "%H:%M:%S" : "%H:%M", t + START)
tick_name(t) = days(t) != floor(days(t)) ? clock(t) : span > 86400 ? day_name(t) : \
    t == last ? "24:00" : clock(t)
set locale "C"
set border 3
set grid xtics ytics linetype 1 linecolor rgb "#dedede" linewidth 0.6
set xrange [first:last]
set xtics () nomirror textcolor rgb DARK
do for [k = ceil((first + START) / step):floor((last + START) / step)] {
    t = k * step - START
    set xtics add (tick_name(t) t)
}
set xlabel START != 0 ? "time (UTC)" : span > 86400 ? \
    "time since the scenario's start (day 1 begins at 0)" : "time since the scenario's start" \
    textcolor rgb DARK
set lmargin at screen across(110)
set rmargin at screen across(1105)
set tmargin at screen down(SERIES)
set bmargin at screen down(SERIES_END)
set yrange [0:most_serving > 0 ? 1.06 * most_serving : 1]
set ytics autofreq scale 0.6
if (most_serving <= 8) { set ytics 1 }
set label 4 "Replicas serving" at graph 0, screen down(SERIES - 16) left \
    font BOLD.sized(1) textcolor rgb DARK
set label 5 "replicas" at screen across(28), down((SERIES + SERIES_END) / 2) center rotate
set key on at graph 1.012, 1.03 left top Left reverse samplen 2.6 spacing 1.1 textcolor rgb DARK
mine(r, name) = strcol("deployment") eq CALLED[r] ? field(name) : NaN
plot for [r = 1:RUNS] series(r) using (span_start(mine(r, "time_s"))): \
        (mine(r, "replicas_serving")) smooth unique with steps \
        linecolor rgb colour(r) linewidth 1.8 dashtype dash(r) \
        title short(RUN[r], 26), \
    NaN notitle
set key off

# 3. Distributions, as orders of magnitude of what is still slower.
TICKS = "345600 36000 3600 600 60 10 1 0.1 0.01 0.001 0.0001 0.00001 0.000001"
left = 1e-6; right = 864000.0
do for [tick in TICKS] {
    if (1.02 * largest < tick + 0.0) { right = tick + 0.0 }
    if (0.98 * least > tick && left < tick + 0.0) { left = tick + 0.0 }
}
set logscale x
set xrange [left * 0.999:right * 1.001]
set xtics ("1 µs" 1e-6, "10 µs" 1e-5, "0.1 ms" 1e-4, "1 ms" 1e-3, "10 ms" 1e-2, "0.1 s" 0.1, \
    "1 s" 1, "10 s" 10, "1 min" 60, "10 min" 600, "1 h" 3600, "10 h" 36000, "4 days" 345600)
set yrange [0:3.3]
set ytics ("0 %%" 0, "50 %%" -log10(0.5), "75 %%" -log10(0.25), "90 %%" 1, "95 %%" -log10(0.05), \
    "99 %%" 2, "99.5 %%" -log10(0.005), "99.9 %%" 3)
height(share) = 1 - share < 10 ** -3.3 ? 3.3 : -log10(1 - share)
set tmargin at screen down(CURVES)
set bmargin at screen down(CURVES_END)
set label 5 "share of requests" at screen across(28), down((CURVES + CURVES_END) / 2) center rotate
if (!measured) { set label 6 "no request got there" at graph 0.5, 0.5 center textcolor rgb GREY }
share(r, metric) = strcol("deployment") eq CALLED[r] && strcol("metric") eq metric ? \
    field("cumulative") : NaN
array CURVE_TITLE = ["Time to first token, retry wait included", \
    "Time to the last token, retry wait included"]
do for [m = 1:2] {
    set lmargin at screen across(m == 1 ? 110 : 790)
    set rmargin at screen across(m == 1 ? 690 : 1365)
    set label 4 CURVE_TITLE[m] at graph 0, screen down(CURVES - 16) left \
        font BOLD.sized(1) textcolor rgb DARK
    set xlabel (m == 1 ? "TTFT (log scale)" : "E2E (log scale)")
    plot for [r = 1:RUNS] histogram(r) using (field("upper_s")): \
            (height(share(r, m == 1 ? "ttft" : "e2e"))) with steps linecolor rgb colour(r) \
            linewidth 2.0 dashtype dash(r), \
        NaN
    unset label 5
}
unset multiplot
