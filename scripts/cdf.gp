# SPDX-License-Identifier: GPL-3.0-or-later
# The distribution of one deployment's latencies: time to first token and time to the last one, with
# and without the wait between retries. Above the whole, below the tail, where each step up is a
# tenth of the requests that are still slower. Curves are of all requests that ended: one that ends
# below 100 % leaves room for those that never got there, the buckets from inf to inf.
#
#     gnuplot -d -c cdf.gp latency_histogram.csv OUT png|svg DEPLOYMENT [TITLE]
IN = ARG1; OUT = ARG2; FORMAT = ARG3; WHO = ARG4; TITLE = ARG5

set encoding utf8
set datafile separator ','
FONT = FORMAT eq "svg" ? "sans-serif" : "sans"
BOLD = FORMAT eq "svg" ? FONT : FONT.":Bold" # SVG would take it for the family's name
SIZE = FORMAT eq "svg" ? 15.0 : 11.5
sized(factor) = sprintf(",%.3g", SIZE * factor)
if (FORMAT eq "svg") {
    set terminal svg noenhanced size 1400,1100 dynamic background "white" font FONT.sized(1)
} else {
    set terminal pngcairo noenhanced size 1400,1100 background "white" font FONT.sized(1)
}
set output OUT

# Reading -----------------------------------------------------------------------------------------

METRICS = "ttft ttft_without_retry e2e e2e_without_retry"
array METRIC_TITLE = ["TTFT", "TTFT without retry wait", "E2E", "E2E without retry wait"]
LEVELS = "0.5 0.95 0.99 0.999"
array AT[4 * 4]   # the quantiles: AT[4 * (metric - 1) + level]
array TOTAL[4]
array SLOWEST[4]
array NEVER[4]    # of TOTAL
array BEFORE[4]   # share up to the row before
do for [i = 1:16] { AT[i] = NaN }
do for [m = 1:4] { TOTAL[m] = 0; NEVER[m] = 0; SLOWEST[m] = NaN; BEFORE[m] = 0.0 }
least = 1e300; largest = 0.0; tail = 1.0

finite(x) = x > -1e300 && x < 1e300
field(name) = column(name) # NaN where the field is empty, and in the header row
number(name) = name eq "ttft" ? 1 : name eq "ttft_without_retry" ? 2 : name eq "e2e" ? 3 : \
    name eq "e2e_without_retry" ? 4 : 0
level(m, k, upper, share) = share >= word(LEVELS, k) - 1e-12 && !finite(AT[4 * m - 4 + k]) ? \
    (AT[4 * m - 4 + k] = upper, 0) : 0
bucket(m, lower, upper, count, share) = \
    m == 0 || !(count > 0) || !finite(share) ? 0 : \
    lower > 1e300 ? (TOTAL[m] = TOTAL[m] + count, NEVER[m] = count) : !finite(lower) ? 0 : ( \
    up = finite(upper) ? upper : lower, \
    TOTAL[m] = TOTAL[m] + count, SLOWEST[m] = up, \
    least = lower > 0 && lower < least ? lower : up > 0 && up < least ? up : least, \
    largest = up > largest ? up : largest, \
    tail = 1 - share > 1e-12 && 1 - share < tail ? 1 - share : tail, \
    (sum [k = 1:4] level(m, k, up, share)))
stats IN using (strcol("deployment") eq WHO ? bucket(number(strcol("metric")), \
    field("lower_s"), field("upper_s"), field("count"), field("cumulative")) : 0) nooutput
measured = largest > 0
if (!measured) { least = 0.1; largest = 1.0 }

# Drawing -----------------------------------------------------------------------------------------

DARK = "#202020"; GREY = "#707070"
array COLOUR = ["#0b4f8a", "#56a5db", "#6b3000", "#e69f00"]
duration(s) = !finite(s) ? "–" : s < 1e-3 ? sprintf("%.3g µs", s * 1e6) : \
    s < 1 ? sprintf("%.3g ms", s * 1e3) : s < 600 ? sprintf("%.3g s", s) : \
    s < 7200 ? sprintf("%.3g min", s / 60) : sprintf("%.3g h", s / 3600)
TICKS = "345600 36000 3600 600 60 10 1 0.1 0.01 0.001 0.0001 0.00001 0.000001"
left = 1e-6; right = 864000.0
do for [tick in TICKS] {
    if (1.02 * largest < tick + 0.0) { right = tick + 0.0 }
    if (0.98 * least > tick && left < tick + 0.0) { left = tick + 0.0 }
}
set logscale x
set xrange [left * 0.999:right * 1.001]
# Labels at the decades of seconds, minutes, hours; between them too where there is room.
set xtics ("1 µs" 1e-6, "10 µs" 1e-5, "0.1 ms" 1e-4, "1 ms" 1e-3, "10 ms" 1e-2, "0.1 s" 0.1, \
    "1 s" 1, "10 s" 10, "1 min" 60, "10 min" 600, "1 h" 3600, "10 h" 36000, "4 days" 345600)
if (right / left < 2e5) {
    set xtics add ("2 ms" 2e-3, "5 ms" 5e-3, "20 ms" 2e-2, "50 ms" 5e-2, "0.2 s" 0.2, "0.5 s" 0.5, \
        "2 s" 2, "5 s" 5, "30 s" 30, "2 min" 120, "5 min" 300, "20 min" 1200, \
        "30 min" 1800)
}

set multiplot
set lmargin at screen 0.08
set rmargin at screen 0.965
set border 3 linecolor rgb GREY
set tics nomirror scale 0.6, 0.3 textcolor rgb DARK
set grid xtics ytics linetype 1 linecolor rgb "#dedede" linewidth 0.6
set key off
set label 1 (strlen(TITLE) ? TITLE : WHO) at screen 0.08, 0.967 left \
    font BOLD.sized(1.45) textcolor rgb DARK
set xlabel "latency (log scale)" textcolor rgb DARK offset 0, 0.4
set label 2 "latency of all requests that ended, after the warm-up" at screen 0.08, 0.937 left \
    textcolor rgb GREY
if (!measured) { set label 3 (TOTAL[1] > 0 ? "no request got a token" : "no request ended") at graph 0.5, 0.5 center textcolor rgb GREY }

# Those that never got there are beyond the right end, where their curve ends at its last height.
edge(upper) = finite(upper) ? upper : 2 * right
share(m) = strcol("deployment") eq WHO && number(strcol("metric")) == m ? \
    (field("upper_s") > 1e300 ? BEFORE[m] : (BEFORE[m] = field("cumulative"))) : NaN
CURVES = "for [m in '1 3 2 4'] IN using (edge(field('upper_s'))):(height(share(m + 0)))" \
    ." with steps linecolor rgb COLOUR[m + 0] linewidth (m % 2 ? 2.6 : 1.7)" \
    ." dashtype 2 - m % 2, NaN"
PANEL = "set tmargin at screen top; set bmargin at screen bottom;" \
    ."set label 4 name at graph 0, 1.055 left font BOLD.sized(1) textcolor rgb DARK;" \
    ."set label 5 'share of requests' at screen 0.02, (top + bottom) / 2 center rotate"

top = 0.885; bottom = 0.595; name = "Whole distribution"
eval PANEL
set yrange [0:100.5]
set ytics ("0 %%" 0, "25 %%" 25, "50 %%" 50, "75 %%" 75, "100 %%" 100)
height(share) = 100 * share
eval "plot ".CURVES

# The tail by orders of magnitude of what is still slower.
highest = tail > 1e-3 ? 3.1 : tail < 1e-5 ? 5.1 : 0.1 - log10(tail)
top = 0.515; bottom = 0.215; name = "The slowest tenth"
eval PANEL
unset label 1; unset label 2
if (measured && (sum [m = 1:4] TOTAL[m] > 0 && NEVER[m] < 0.1 * TOTAL[m]) == 0) {
    set label 3 "they never got there" at graph 0.5, 0.5 center textcolor rgb GREY
}
set yrange [1:highest]
set ytics ("90 %%" 1, "95 %%" 1 - log10(0.5), "98 %%" 1 - log10(0.2), "99 %%" 2, \
    "99.5 %%" 2 - log10(0.5), "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5)
height(share) = 1 - share < 10 ** -highest ? highest : -log10(1 - share)

# Below it the legend, which is the table of quantiles.
COLUMN_AT = "0.125 0.37 0.46 0.55 0.64 0.73 0.82 0.91"
HEADS = "requests p50 p95 p99 p99.9 slowest never"
quantile(m, x) = finite(x) ? duration(x) : NEVER[m] > 0 ? "never" : "–"
do for [k = 1:7] {
    set label 10 + k word(HEADS, k) at screen word(COLUMN_AT, k + 1) + 0.03, 0.125 right \
        textcolor rgb GREY
}
do for [m = 1:4] {
    y = 0.125 - 0.0245 * m
    set arrow m from screen 0.08, y to screen 0.115, y nohead linecolor rgb COLOUR[m] \
        linewidth (m % 2 ? 2.6 : 1.7) dashtype 2 - m % 2
    set label 20 * m METRIC_TITLE[m] at screen 0.125, y left textcolor rgb DARK
    set label 20 * m + 1 sprintf("%d", TOTAL[m]) at screen 0.40, y right textcolor rgb DARK
    do for [k = 1:4] {
        set label 20 * m + 1 + k quantile(m, AT[4 * m - 4 + k]) \
            at screen word(COLUMN_AT, k + 2) + 0.03, y right textcolor rgb DARK
    }
    set label 20 * m + 6 duration(SLOWEST[m]) at screen 0.85, y right textcolor rgb DARK
    set label 20 * m + 7 (TOTAL[m] > 0 ? sprintf("%.3g %%", 100.0 * NEVER[m] / TOTAL[m]) : "–") \
        at screen 0.94, y right textcolor rgb DARK
}
eval "plot ".CURVES
unset multiplot
