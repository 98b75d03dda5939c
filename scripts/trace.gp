# SPDX-License-Identifier: GPL-3.0-or-later
# A recorded trace as panels: requests per second over time, the gaps between requests, and the
# token lengths, if it has any.
#
#     gnuplot -d -c trace.gp DIR OUT png|svg [TITLE [START]]
#
# DIR holds rate.csv, gaps.csv and lengths.csv, as `autoscale-sim trace describe --out` writes them.
# START is the first request's instant in seconds since 1970 (UTC); with it, days have their names.
DIR = ARG1; OUT = ARG2; FORMAT = ARG3; TITLE = ARG4
START = ARGC >= 5 ? ARG5 + 0.0 : 0.0
RATE = DIR."/rate.csv"; GAPS = DIR."/gaps.csv"; LENGTHS = DIR."/lengths.csv"

SCRIPTS = ARG0[1:strlen(ARG0) - strlen("trace.gp")]
load SCRIPTS."style.gp"
set datafile separator ','

# Reading -----------------------------------------------------------------------------------------

last = 0.0; width = 1.0; most = 0.0; requests = 0.0
step(t, w, n, r) = !finite(t) ? 0 : (last = t + w, width = w, requests = requests + n, \
    most = r > most ? r : most, 0)
stats RATE using (step(column("time_s"), column("interval_s"), column("requests"), \
    column("rate_per_s"))) nooutput
shortest = 1e300; longest = 0.0; idle = 0.0
gap(x, n) = !finite(x) ? 0 : (shortest = x > 0 && x < shortest ? x : shortest, \
    longest = x > longest ? x : longest, idle = idle + (x >= 60 ? n : 0), 0)
stats GAPS using (gap(column("gap_s"), column("count"))) nooutput
tokens = 0.0
stats LENGTHS using (x = column("tokens"), tokens = finite(x) && x > tokens ? x : tokens, 0) \
    nooutput
if (last <= 0) { last = 1.0 }
if (longest <= 0) { shortest = 1e-3; longest = 1.0 }

# Drawing -----------------------------------------------------------------------------------------

duration(s) = s < 90 ? sprintf("%.3g s", s) : s < 5400 ? sprintf("%.3g min", s / 60) : \
    s < 172800 ? sprintf("%.3g h", s / 3600) : sprintf("%.3g days", s / 86400)

WIDTH = 1400.0; HEIGHT = tokens > 0 ? 1100.0 : 790.0
eval PAGE
height(share) = 1 - (1 - share) * 1100.0 / HEIGHT # of a page with all panels

set multiplot
set lmargin at screen 0.08
set rmargin at screen 0.965
set border 3 linecolor rgb GREY
set tics nomirror scale 0.6, 0.3 textcolor rgb DARK
set grid xtics ytics linetype 1 linecolor rgb "#dedede" linewidth 0.6
set key off
set label 1 TITLE at screen 0.08, height(0.967) left font BOLD.sized(1.45) textcolor rgb DARK
set label 2 sprintf("%s requests in %s, each step is the mean over %s%s", amount(requests), \
    duration(last), duration(width), START != 0 ? "; time is UTC" : "") at screen 0.08, height(0.937) left textcolor rgb GREY
PANEL = "set tmargin at screen top; set bmargin at screen bottom;" \
    ."set label 4 name at graph 0, 1.055 left font BOLD.sized(1) textcolor rgb DARK;" \
    ."set label 5 unit at screen 0.02, (top + bottom) / 2 center rotate"

# 1. Rate. Ticks: steps that clocks have, labels as short as can be.
top = height(0.885); bottom = height(0.655); name = "Requests"; unit = "per second"
eval PANEL
tick = 1
do for [nice in "2 5 10 15 30 60 120 300 600 900 1800 3600 7200 10800 21600 43200 86400 172800 \
    432000 864000 1728000 4320000 8640000 17280000 34560000"] {
    if (last / tick > (tick < 60 ? 8 : 12)) { tick = nice + 0 }
}
days(t) = (t + START) / 86400
day_name(t) = START != 0 ? strftime(last < 27 * 86400 ? "%a %d" : "%d %b", t + START) : \
    sprintf("day %d", days(t) + 1)
tick_name(t) = days(t) != floor(days(t)) || last <= 86400 ? \
    strftime(tick < 60 ? "%H:%M:%S" : "%H:%M", t + START) : day_name(t)
set locale "C"
set xrange [0:last]
set yrange [0:most > 0 ? 1.06 * most : 1]
set xtics () scale 0.6
do for [k = ceil(START / tick):floor((last + START) / tick)] {
    t = k * tick - START
    set xtics add (tick_name(t) t)
}
plot RATE using "time_s":"rate_per_s" with fillsteps fillcolor rgb "#cfe0ee", \
    RATE using "time_s":"rate_per_s" with steps linecolor rgb BLUE linewidth 1.2
unset label 1; unset label 2

# 2. Gaps, by the share of gaps and by the share of time that they make.
top = height(0.575); bottom = height(0.345); name = "Gaps between requests"; unit = "share"
eval PANEL
set logscale x
set xrange [shortest * 0.9:longest * 1.1]
set yrange [0:100.5]
set ytics ("0 %%" 0, "25 %%" 25, "50 %%" 50, "75 %%" 75, "100 %%" 100)
set xtics ("1 µs" 1e-6, "10 µs" 1e-5, "0.1 ms" 1e-4, "1 ms" 1e-3, "10 ms" 1e-2, "0.1 s" 0.1, \
    "1 s" 1, "10 s" 10, "1 min" 60, "5 min" 300, "1 h" 3600, "10 h" 36000, "4 days" 345600)
set key at graph 0.01, 0.98 left top Left reverse samplen 2.2 textcolor rgb DARK
total = 0.0
stats GAPS using (x = column("gap_s"), n = column("count"), \
    total = finite(x * n) ? total + x * n : total, 0) nooutput
so_far = 0.0
spent(x, n) = (so_far = finite(x * n) ? so_far + x * n : so_far, \
    total > 0 ? 100 * so_far / total : NaN)
plot GAPS using "gap_s":(100 * column("cumulative")) with steps linecolor rgb BLUE linewidth 2.4 \
        title "share of the gaps that are no longer", \
    GAPS using "gap_s":(spent(column("gap_s"), column("count"))) with steps linecolor rgb ORANGE \
        linewidth 1.8 dashtype 2 title "share of the time that they make"

# 3. Lengths.
if (tokens > 0) {
    top = height(0.265); bottom = height(0.045); name = "Tokens per request"
    unit = "share of requests"
    eval PANEL
    set xrange [0.9:tokens * 1.1]
    set xtics ("1" 1, "10" 10, "100" 100, "1,000" 1000, "10,000" 1e4, "100,000" 1e5, "1M" 1e6, \
        "10M" 1e7, "100M" 1e8, "1G" 1e9)
    length(what) = strcol("length") eq what ? 100 * column("cumulative") : NaN
    set datafile missing NaN
    plot LENGTHS using "tokens":(length("prompt")) with steps linecolor rgb BLUE linewidth 2.4 \
            title "prompt", \
        LENGTHS using "tokens":(length("output")) with steps linecolor rgb ORANGE linewidth 2.4 \
            dashtype 2 title "output", \
        NaN notitle
}
unset multiplot
