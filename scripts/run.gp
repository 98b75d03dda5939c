# SPDX-License-Identifier: GPL-3.0-or-later
# One deployment's run as five panels on a common time axis: requests, replicas, load against its
# target, latency, cost.
#
#     gnuplot -d -c run.gp timeseries.csv OUT png|svg DEPLOYMENT [TITLE [START]]
#
# START is the scenario's start in seconds since 1970 (UTC); with it, days have their names. A long
# run is averaged over equal spans, at most MOST_STEPS of them, and the picture says so: more would
# not be seen at this width. Colours differ in lightness and lines in dashes, for greyscale.
IN = ARG1; OUT = ARG2; FORMAT = ARG3; WHO = ARG4; TITLE = ARG5
START = ARGC >= 6 ? ARG6 + 0.0 : 0.0
MOST_STEPS = 1500

set encoding utf8
set datafile separator ','
FONT = FORMAT eq "svg" ? "sans-serif" : "sans"
BOLD = FORMAT eq "svg" ? FONT : FONT.":Bold" # SVG would take it for the family's name
SIZE = FORMAT eq "svg" ? 15.0 : 11.5
sized(factor) = sprintf(",%.3g", SIZE * factor)
if (FORMAT eq "svg") {
    set terminal svg noenhanced size 1400,1600 dynamic background "white" font FONT.sized(1)
} else {
    set terminal pngcairo noenhanced size 1400,1600 background "white" font FONT.sized(1)
}
set output OUT

# Reading -----------------------------------------------------------------------------------------

finite(x) = x > -1e300 && x < 1e300
field(name) = column(name) # NaN where the field is empty, and in the header row

COUNTS = "interval_s arrivals answers_200 answers_400 answers_404 answers_429 answers_503"
REPLICAS = "replicas_serving replicas_draining replicas_ready replicas_initializing" \
    ." replicas_downloading_model replicas_pending_scheduling target not_asked_quota" \
    ." serving_measured"
KEYS = "default concurrent_requests requests_per_second prompt_tokens_per_second" \
    ." tokens_generated_per_second"
LATENCIES = "ttft_p50_s ttft_p95_s e2e_p50_s e2e_p95_s"
NAMES = COUNTS." ".REPLICAS." ".LATENCIES
do for [key in KEYS] { NAMES = NAMES." ".key."_measured ".key."_target" }
RUNNING = words(NAMES) # after these come running totals: the last of a span counts, not the mean
NAMES = NAMES." cost_usd gpu_hours"
COLUMNS = words(NAMES)
array NAME[COLUMNS]
do for [c = 1:COLUMNS] { NAME[c] = word(NAMES, c) }

# A latency that never came (inf) makes its span's infinite.
never(x) = x > 1e300

# First the extent, then the means of each span.
rows = 0; first = 0.0; last = 0.0; longest = 1.0
span_of(t, length) = !finite(t) || !finite(length) ? 0 : (rows = rows + 1, \
    first = rows == 1 || t < first ? t : first, \
    last = rows == 1 || t + length > last ? t + length : last, \
    longest = rows == 1 || length > longest ? length : longest, 0)
stats IN using (strcol("deployment") eq WHO ? span_of(field("time_s"), field("interval_s")) : 0) \
    nooutput
if (last <= first) { last = first + 1.0 }
if (longest <= 0) { longest = 1.0 }

together = 1
do for [nice in "2 3 5 6 10 15 20 30 60 120 180 360 720 1440 10080 100800"] {
    if ((last - first) / longest / together > MOST_STEPS) { together = nice + 0 }
}
width = together * longest
if ((last - first) / width > 2 * MOST_STEPS) { width = (last - first) / MOST_STEPS }
STEPS = int(ceil((last - first) / width - 1e-9))
array SUM[COLUMNS * STEPS]
array COUNT[COLUMNS * STEPS]
zeroed = sum [i = 1:COLUMNS * STEPS] (SUM[i] = 0.0, COUNT[i] = 0)

at(c, b) = (c - 1) * STEPS + b
add(c, i, x) = !finite(x) && !never(x) ? 0 : c > RUNNING ? (SUM[i] = x, COUNT[i] = 1, 0) : \
    (SUM[i] = SUM[i] + x, COUNT[i] = COUNT[i] + 1, 0)
add_row(b) = b < 1 || b > STEPS ? 0 : (sum [c = 1:COLUMNS] add(c, at(c, b), field(NAME[c])))
if (rows > 0) {
    stats IN using (strcol("deployment") eq WHO && finite(field("time_s")) ? \
        add_row(int((field("time_s") - first) / width + 1e-9) + 1) : 0) nooutput
}

# The means as a table, and the largest of each column as most_NAME, -1 if it is empty. A first row,
# empty, stands at the beginning, and the last is repeated at the end, for steps. A latency with
# neither neighbour is alone: a line would not show it.
array MOST[COLUMNS]
do for [c = 1:COLUMNS] { MOST[c] = -1.0 }
# Replicas have no times after the span: their last step is closed by its own value.
closes(c, b) = c > words(COUNTS) && c <= words(COUNTS) + 6 && b > 1 ? COUNT[at(c, b - 1)] > 0 : 0
mean(c, b) = SUM[at(c, b)] / COUNT[at(c, b)]
cell(c, b) = COUNT[at(c, b)] == 0 ? \
    (closing && closes(c, b) ? sprintf(",%.12g", mean(c, b - 1)) : ",NaN") : (x = mean(c, b), \
    MOST[c] = x > MOST[c] && finite(x) ? x : MOST[c], sprintf(",%.12g", x))
cells(c, b) = c > COLUMNS ? "" : cell(c, b).cells(c + 1, b)
LATENCY = words(COUNTS." ".REPLICAS) # columns before the latencies
empty(c, b) = b < 1 || b > STEPS ? 1 : COUNT[at(c, b)] == 0 || never(SUM[at(c, b)])
alone(c, b) = empty(c, b - 1) && empty(c, b + 1) ? cell(c, b) : ",NaN"
header = "from_s,to_s"
do for [name in NAMES] { header = header.",".name }
do for [name in LATENCIES] { header = header.",alone_".name }
nothing(c) = c > COLUMNS ? "" : (c > RUNNING ? ",0" : ",NaN").nothing(c + 1)
closing = 1
set print $RUN
print header
print sprintf("%.12g,%.12g", first, first).nothing(1).",NaN,NaN,NaN,NaN"
do for [b = 1:STEPS] {
    from = first + (b - 1) * width
    line = cells(1, b)
    do for [k = 1:4] { line = line.alone(LATENCY + k, b) }
    print sprintf("%.12g,%.12g", from, b == STEPS ? last : from + width).line
}
closing = 0
line = cells(1, STEPS)
do for [k = 1:4] { line = line.alone(LATENCY + k, STEPS) }
print sprintf("%.12g,%.12g", last, last).line
set print
do for [c = 1:COLUMNS] { eval sprintf("most_%s = %.12g", NAME[c], MOST[c]) }

# Drawing -----------------------------------------------------------------------------------------

DARK = "#202020"; GREY = "#707070"
BLUE = "#0b4f8a"; SKY = "#56a5db"; ORANGE = "#e69f00"; RED = "#e8642a"; BROWN = "#6b3000"
PURPLE = "#b0569a"

duration(s) = s < 90 ? sprintf("%.3g s", s) : s < 5400 ? sprintf("%.3g min", s / 60) : \
    s < 172800 ? sprintf("%.3g h", s / 3600) : sprintf("%.3g days", s / 86400)

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
set xrange [first:last]
set xtics () scale 0.6
do for [k = ceil((first + START) / step):floor((last + START) / step)] {
    t = k * step - START
    set xtics add (tick_name(t) t)
}
if (span < 1) { set xtics add (sprintf("%.2g s", span) last) }

set style fill solid noborder
set multiplot
set lmargin at screen 0.08
set rmargin at screen 0.79
set border 3 linecolor rgb GREY
set tics nomirror textcolor rgb DARK
set grid xtics ytics linetype 1 linecolor rgb "#dedede" linewidth 0.6
set key at graph 1.012, 1.03 left top Left reverse samplen 2.2 spacing 1.15 textcolor rgb DARK

# A panel: its place, its title, and a value axis from 0 to a little over the largest value.
array TOP = [0.925, 0.739, 0.553, 0.367, 0.181]
array BOTTOM = [0.785, 0.599, 0.413, 0.227, 0.055]
PANEL = "set tmargin at screen TOP[panel]; set bmargin at screen BOTTOM[panel];" \
    ."set label 4 name at graph 0, 1.06 left font BOLD.sized(1) textcolor rgb DARK;" \
    ."set label 5 unit at screen 0.02, (TOP[panel] + BOTTOM[panel]) / 2 center rotate;" \
    ."set yrange [0:room(most)]"
room(most) = most > 0 ? 1.06 * most : 1.0

set label 1 (strlen(TITLE) ? TITLE : WHO) at screen 0.08, 0.976 left \
    font BOLD.sized(1.45) textcolor rgb DARK
set label 2 (rows == 0 ? "no rows for this deployment" : together == 1 ? \
    "intervals of ".duration(width) : \
    "each step is the mean over ".duration(width)." (intervals of ".duration(longest).")") \
    at screen 0.08, 0.955 left textcolor rgb GREY
none(panel) = sprintf("set label 3 '%s' at graph 0.5, 0.5 center textcolor rgb GREY", panel)

# 1. Requests.
panel = 1; name = "Requests"; unit = "per second"
rate(n) = column(n) / column("interval_s")
other(n) = (column("answers_400") + column("answers_404")) / column("interval_s")
most = 0.0
stats $RUN using (most = rate("arrivals") > most ? rate("arrivals") : most, 0) nooutput
do for [code in "200 429 503"] {
    stats $RUN using (x = rate("answers_".code), most = x > most ? x : most, 0) nooutput
}
stats $RUN using (x = other(0), most = x > most ? x : most, 0) nooutput
some_other = most_answers_400 > 0 || most_answers_404 > 0
absent = most_answers_503 > 0 ? (most_answers_429 > 0 ? "" : "no answers 429") : \
    most_answers_429 > 0 ? "no answers 503" : "no answers 503, 429"
eval PANEL
plot $RUN using "from_s":(rate("arrivals")) with fillsteps fillcolor rgb "#d4d4d4" \
        title "arrivals", \
    $RUN using "from_s":(rate("answers_200")) with steps linecolor rgb BLUE linewidth 1.6 \
        title "answers 200", \
    $RUN using "from_s":(most_answers_503 > 0 ? rate("answers_503") : NaN) with steps \
        linecolor rgb RED linewidth 1.4 \
        title (most_answers_503 > 0 ? "answers 503 (retry later)" : ""), \
    $RUN using "from_s":(most_answers_429 > 0 ? rate("answers_429") : NaN) with steps \
        linecolor rgb PURPLE linewidth 2.0 dashtype 2 \
        title (most_answers_429 > 0 ? "answers 429 (overloaded)" : ""), \
    $RUN using "from_s":(some_other ? other(0) : NaN) with steps \
        linecolor rgb "black" linewidth 1.2 dashtype 4 \
        title (some_other ? "answers 400, 404" : ""), \
    keyentry title absent
unset label 1; unset label 2

# 2. Replicas: stacked, the largest sum first, so that each next covers it.
panel = 2; name = "Replicas by state"; unit = "replicas"
STACK = "serving draining ready initializing downloading_model pending_scheduling"
array COLOUR = [BLUE, PURPLE, "#8cc6ec", "#c97a00", "#f7d26c", "#e9e9e9"]
stack(k) = (sum [i = 1:k] column("replicas_".word(STACK, i)))
most = most_target
stats $RUN using (x = stack(6), most = x > most ? x : most, 0) nooutput
eval PANEL
set ytics add autofreq
if (most <= 8) { set ytics 1 }
plot for [k = 6:1:-1] $RUN using "from_s":(stack(k)) with fillsteps fillcolor rgb COLOUR[k] \
        notitle, \
    $RUN using "from_s":"target" with steps linecolor rgb "white" linewidth 3.6 notitle, \
    $RUN using "from_s":"target" with steps linecolor rgb "black" linewidth 1.6 title "target", \
    $RUN using "from_s":(most_not_asked_quota > 0 ? \
        column("target") - column("not_asked_quota") : NaN) with steps linecolor rgb "black" \
        linewidth 1.4 dashtype 3 title (most_not_asked_quota > 0 ? "target within quota" : ""), \
    for [k = 6:1:-1] keyentry with boxes fillstyle solid noborder fillcolor rgb COLOUR[k] \
        title word("serving draining ready initializing downloading pending", k)
set ytics autofreq

# 3. Load per serving replica against its target: in its own unit if one key is in force, as a
# share of the target if several are.
panel = 3
IN_FORCE = ""
do for [key in KEYS] {
    if (value("most_".key."_target") > 0) { IN_FORCE = IN_FORCE." ".key }
}
one = words(IN_FORCE) == 1
key_words(key) = key eq "default" ? "share of capacity" : \
    key eq "concurrent_requests" ? "concurrent requests" : \
    key eq "requests_per_second" ? "requests/s" : \
    key eq "prompt_tokens_per_second" ? "prompt tokens/s" : "generated tokens/s"
load(key) = column(key."_measured") / column("serving_measured") \
    / (one ? 1 : column(key."_target"))
most = one ? value("most_".word(IN_FORCE, 1)."_target") : 1.0
do for [key in IN_FORCE] {
    stats $RUN using (x = load(key), most = x > most ? x : most, 0) nooutput
}
name = one ? "Load per serving replica against its target: ".key_words(word(IN_FORCE, 1)) : \
    "Load per serving replica, as a share of its target"
unit = one ? key_words(word(IN_FORCE, 1)) : "load ÷ target"
if (words(IN_FORCE) == 0) { eval none("no load target in force") }
eval PANEL
array LOAD_COLOUR = [BLUE, ORANGE, RED, SKY, "black"]
plot for [k = 1:words(IN_FORCE)] $RUN using "from_s":(load(word(IN_FORCE, k))) with steps \
        linecolor rgb LOAD_COLOUR[k] linewidth 1.3 + 0.5 * (k % 2) dashtype k \
        title (one ? "measured" : key_words(word(IN_FORCE, k))), \
    $RUN using "from_s":(words(IN_FORCE) == 0 ? NaN : \
        one ? column(word(IN_FORCE, 1)."_target") : 1.0) with lines linecolor rgb "black" \
        linewidth 1.4 dashtype 2 title (words(IN_FORCE) ? "target" : ""), \
    NaN notitle
unset label 3

# 4. Latency.
panel = 4; name = "Latency, retry wait included (log scale)"; unit = "time"; most = 1e7; lost = 0
least = 1e300; largest = 0.0
do for [n in LATENCIES] {
    stats $RUN using (x = column(n), least = x > 0 && x < least ? x : least, \
        largest = x > largest && finite(x) ? x : largest, lost = never(x) ? 1 : lost, 0) nooutput
}
if (largest <= 0) { least = 0.1; largest = 1.0; if (!lost) { eval none("no request ended") } }
least = 0.999 * 10 ** floor(log10(least * 0.95))
do for [tick in "345600 36000 3600 600 60 10 1 0.1 0.01 0.001 0.0001"] {
    if (1.05 * largest < tick + 0.0) { most = tick + 0.0 }
}
eval PANEL
set logscale y
set yrange [least:1.001 * most]
set ytics ("1 µs" 1e-6, "10 µs" 1e-5, "0.1 ms" 1e-4, "1 ms" 1e-3, "10 ms" 1e-2, "0.1 s" 0.1, \
    "1 s" 1, "10 s" 10, "1 min" 60, "10 min" 600, "1 h" 3600, "10 h" 36000, "4 days" 345600)
array LATENCY_COLOUR = [BLUE, SKY, BROWN, ORANGE]
array LATENCY_TITLE = ["TTFT p50", "TTFT p95", "E2E p50", "E2E p95"]
in_span(n) = column("to_s") > column("from_s") && finite(column(n)) ? column(n) : NaN
lost_in(n) = column("to_s") > column("from_s") && never(column(n)) ? most : NaN
middle(n) = (column("from_s") + column("to_s")) / 2
plot for [k = 1:4] $RUN using (middle(0)):(in_span(word(LATENCIES, k))) with lines \
        linecolor rgb LATENCY_COLOUR[k] linewidth (k % 2 ? 2.0 : 1.4) dashtype 2 - k % 2 \
        title LATENCY_TITLE[k], \
    for [k = 1:4] $RUN using (middle(0)):(in_span("alone_".word(LATENCIES, k))) \
        with points pointtype 7 pointsize 0.7 linecolor rgb LATENCY_COLOUR[k] notitle, \
    for [k = 1:4] $RUN using (middle(0)):(lost_in(word(LATENCIES, k))) \
        with points pointtype 9 pointsize 1.2 linecolor rgb LATENCY_COLOUR[k] notitle, \
    NaN with points pointtype 9 pointsize 1.2 linecolor rgb DARK title (lost ? "never (at the top)" : "")
unset logscale y
unset label 3
set ytics autofreq

# 5. Cost.
panel = 5; name = "Cost so far"; unit = "US dollars"; most = most_cost_usd
eval PANEL
set xlabel START != 0 ? "time (UTC)" : span > 86400 ? \
    "time since the scenario's start (day 1 begins at 0)" : "time since the scenario's start" \
    textcolor rgb DARK
set format y "%.10g"
plot $RUN using "to_s":"cost_usd" with filledcurves y=0 fillcolor rgb "#cfe0ee" notitle, \
    $RUN using "to_s":"cost_usd" with lines linecolor rgb BLUE linewidth 1.8 notitle, \
    keyentry title (most_cost_usd < 0 ? "" : sprintf("total $%.2f", most_cost_usd)), \
    keyentry title (most_gpu_hours < 0 ? "" : sprintf("for %.1f GPU-hours", most_gpu_hours))
unset multiplot
