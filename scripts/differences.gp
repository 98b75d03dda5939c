# SPDX-License-Identifier: GPL-3.0-or-later
# How the runs of a comparison differ from the first one: a panel per metric, a row per run, with the
# 95 % interval of the paired difference.
#
#     gnuplot -d -c differences.gp DATA OUT png|svg TITLE REPLICATIONS
#
# DATA holds tables of `autoscale-sim plot`: panels, runs and rows.
DATA = ARG1; OUT = ARG2; FORMAT = ARG3; TITLE = ARG4; REPLICATIONS = ARG5

SCRIPTS = ARG0[1:strlen(ARG0) - strlen("differences.gp")]
load SCRIPTS."style.gp"
set datafile separator "\t"
set datafile commentschars ""

# Reading -----------------------------------------------------------------------------------------

stats DATA."/panels" using (0) nooutput
PANELS = int(STATS_records)
stats DATA."/runs" using (0) nooutput
RUNS = int(STATS_records) - 1 # the first is the baseline
array PANEL_TITLE[PANELS]
array UNIT[PANELS]
array RUN[RUNS + 1]
i = 0
stats DATA."/panels" using (i = i + 1, PANEL_TITLE[i] = strcol(1), UNIT[i] = strcol(2), 0) nooutput
i = 0
stats DATA."/runs" using (i = i + 1, RUN[i] = strcol(1), 0) nooutput

array LEAST[PANELS]
array MOST[PANELS]
do for [p = 1:PANELS] { LEAST[p] = 0.0; MOST[p] = 0.0 }
see(p, x) = !finite(x) ? 0 : (LEAST[p] = x < LEAST[p] ? x : LEAST[p], \
    MOST[p] = x > MOST[p] ? x : MOST[p], 0)
array ROW_TEXT[PANELS * RUNS]
array CLASS[PANELS * RUNS]
do for [k = 1:PANELS * RUNS] { ROW_TEXT[k] = ""; CLASS[k] = 1 }
stats DATA."/rows" using (k = (int(column(1)) - 1) * RUNS + int(column(2)), ROW_TEXT[k] = strcol(7), \
    CLASS[k] = 1 + int(column(6)), 0) nooutput
stats DATA."/rows" using (p = int(column(1)), see(p, column(3)) + see(p, column(4)) \
    + see(p, column(5))) nooutput

# Drawing -----------------------------------------------------------------------------------------

# In dots, from the top left.
WIDTH = 1400.0
COLUMNS = PANELS < 3 ? PANELS : 3
BANDS = (PANELS + COLUMNS - 1) / COLUMNS
ROW = RUNS <= 12 ? 34.0 : 24.0
NAMES = 250.0
TEXT = 165.0
SPAN = (WIDTH - NAMES - 20) / 3
TOP = 130.0
BAND = ROW * RUNS + 105.0
HEIGHT = TOP + BANDS * BAND + 15.0
down(y) = 1 - y / HEIGHT
across(x) = x / WIDTH

eval PAGE

array COLOUR = ["#9a9a9a", "#0072b2", "#d55e00"] # none shown, better, worse

set multiplot
set border 1 linecolor rgb GREY
set key off noautotitle
set tics nomirror scale 0.5 textcolor rgb DARK
unset ytics
set grid xtics linetype 1 linecolor rgb "#e4e4e4" linewidth 0.6
set label 1 TITLE at screen across(30), down(36) left font BOLD.sized(1.45) textcolor rgb DARK
set label 2 "Differences to ".short(RUN[1], 60)." on the same requests; ".REPLICATIONS \
    at screen across(30), down(64) left textcolor rgb GREY
set label 3 "better" at screen across(30), down(90) left font BOLD.sized(1) \
    textcolor rgb COLOUR[2]
set label 4 "worse" at screen across(95), down(90) left font BOLD.sized(1) \
    textcolor rgb COLOUR[3]
set label 5 "no difference shown (all metrics considered), or one within the indifference" at screen across(160), down(90) left font BOLD.sized(1) \
    textcolor rgb COLOUR[1]

mine(p, class, x) = int(column(1)) == p && int(column(6)) == class - 1 ? x : NaN
do for [p = 1:PANELS] {
    band = (p - 1) / COLUMNS
    place = (p - 1) % COLUMNS
    y = TOP + band * BAND + 40
    x = NAMES + place * SPAN
    set lmargin at screen across(x)
    set rmargin at screen across(x + SPAN - TEXT)
    set tmargin at screen down(y)
    set bmargin at screen down(y + ROW * RUNS)
    set yrange [RUNS + 0.5:0.5]
    extent = MOST[p] - LEAST[p]
    if (extent <= 0) { extent = 1.0 }
    set xrange [LEAST[p] - 0.06 * extent:MOST[p] + 0.06 * extent]
    # Three ticks or so: their labels are not to touch.
    set xtics font FONT.sized(0.9)
    WHICH = "x"; LOW = LEAST[p] - 0.06 * extent; HIGH = MOST[p] + 0.06 * extent; LOGARITHMIC = 0
    ROOM = 3; NAMED_TICKS = 1
    load SCRIPTS."ticks.gp"
    set xlabel UNIT[p] textcolor rgb GREY font FONT.sized(0.9) offset 0,0.4
    set arrow 1 from 0, graph 0 to 0, graph 1 nohead linecolor rgb DARK linewidth 1.2 back
    set label 6 PANEL_TITLE[p] at graph 0, screen down(y - 14) left font BOLD.sized(1) \
        textcolor rgb DARK
    do for [r = 1:RUNS] {
        if (place == 0) {
            set label 100 + r short(RUN[r + 1], 27) at graph 0, first r right offset -1.2,0 \
                textcolor rgb DARK
        } else { unset label 100 + r }
    }
    do for [r = 1:RUNS] {
        k = (p - 1) * RUNS + r
        set label 200 + r ROW_TEXT[k] at graph 1, first r left offset 1,0 font FONT.sized(0.95) \
            textcolor rgb (CLASS[k] == 1 ? GREY : DARK)
    }
    plot for [c = 1:3] DATA."/rows" using (mine(p, c, column(4))):2:4:5 with xerrorbars \
            pointtype 7 pointsize 0.1 linewidth 2 linecolor rgb COLOUR[c], \
        for [c = 1:3] DATA."/rows" using (mine(p, c, column(3))):2 with points pointtype 7 \
            pointsize 1.1 linecolor rgb COLOUR[c], \
        NaN
    unset label 1; unset label 2; unset label 3; unset label 4; unset label 5
}
unset multiplot
