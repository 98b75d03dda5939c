# SPDX-License-Identifier: GPL-3.0-or-later
# Cost against latency: every choice a light dot, those that nobody would pass over (cheaper means
# slower) joined, with the 95 % intervals of both; a handful of them numbered and named below.
#
#     gnuplot -d -c front.gp DATA OUT png|svg TITLE WHAT NOTE
#
# DATA holds tables of `autoscale-sim plot`: panels, dots, names. WHAT: the names of what the texts in
# "names" are values of.
DATA = ARG1; OUT = ARG2; FORMAT = ARG3; TITLE = ARG4; WHAT = ARG5; NOTE = ARG6

SCRIPTS = ARG0[1:strlen(ARG0) - strlen("front.gp")]
load SCRIPTS."style.gp"
eval SPLIT
set datafile separator "\t"
set datafile commentschars ""

# Reading -----------------------------------------------------------------------------------------

stats DATA."/panels" using (0) nooutput
PANELS = int(STATS_records)
array AXIS_TITLE[2 * PANELS] # across, up
array AXIS_NAME[2 * PANELS]  # without its unit
array HEADING[PANELS]
array IS_LOG[2 * PANELS]
array LEAST[2 * PANELS]
array MOST[2 * PANELS]
titled(name, unit) = name.(strlen(unit) ? ", ".unit : "")
i = 0
stats DATA."/panels" using (i = i + 2, \
    HEADING[i / 2] = strcol(11), AXIS_NAME[i - 1] = strcol(1), AXIS_NAME[i] = strcol(6), \
    AXIS_TITLE[i - 1] = titled(strcol(1), strcol(2)), IS_LOG[i - 1] = int(column(3)), \
    LEAST[i - 1] = column(4), MOST[i - 1] = column(5), \
    AXIS_TITLE[i] = titled(strcol(6), strcol(7)), IS_LOG[i] = int(column(8)), \
    LEAST[i] = column(9), MOST[i] = column(10), 0) nooutput
most_names = 0
array NAMED[PANELS]
do for [p = 1:PANELS] { NAMED[p] = 0 }
MOST_NAMES = 16 # of a panel
array WHAT_OF[PANELS * MOST_NAMES]
array REMARK[PANELS * MOST_NAMES]
array X_TEXT[PANELS * MOST_NAMES]
array Y_TEXT[PANELS * MOST_NAMES]
array IS_CHOSEN[PANELS * MOST_NAMES]
array X_AT[PANELS * MOST_NAMES]
array Y_AT[PANELS * MOST_NAMES]
index_of(panel, number) = (int(panel) - 1) * MOST_NAMES + int(number)
stats DATA."/names" using (p = int(column(1)), NAMED[p] = NAMED[p] + 1, \
    k = index_of(column(1), column(2)), WHAT_OF[k] = strcol(3), X_TEXT[k] = strcol(4), \
    Y_TEXT[k] = strcol(5), REMARK[k] = strcol(6), IS_CHOSEN[k] = int(column(7)), 0) nooutput
stats DATA."/dots" using (int(column(10)) == 0 ? 0 : (k = index_of(column(1), column(10)), \
    X_AT[k] = column(4), Y_AT[k] = column(7), 0)) nooutput
# A latency that is never reached (inf) stands at the upper edge, which no line leads to.
edge(p, y) = never(y) ? TO[2 * p] : y
array LOST[PANELS]
do for [p = 1:PANELS] { LOST[p] = 0 }
stats DATA."/dots" using (never(column(7)) ? (LOST[int(column(1))] = 1, 0) : 0) nooutput
do for [p = 1:PANELS] { if (NAMED[p] > most_names) { most_names = NAMED[p] } }
# The intervals of the front and of the winner belong to the picture, as far as they are not far
# larger than all else.
array FAR_LEAST[2 * PANELS]
array FAR_MOST[2 * PANELS]
do for [k = 1:2 * PANELS] { FAR_LEAST[k] = LEAST[k]; FAR_MOST[k] = MOST[k] }
see(k, x) = !finite(x) ? 0 : (FAR_LEAST[k] = x < FAR_LEAST[k] ? x : FAR_LEAST[k], \
    FAR_MOST[k] = x > FAR_MOST[k] ? x : FAR_MOST[k], 0)
stats DATA."/dots" using (int(column(2)) == 0 ? 0 : (k = 2 * int(column(1)), \
    see(k - 1, column(5)) + see(k - 1, column(6)) + see(k, column(8)) + see(k, column(9)))) nooutput
array FROM[2 * PANELS]
array TO[2 * PANELS]
do for [k = 1:2 * PANELS] {
    if (!finite(LEAST[k])) { LEAST[k] = 0.0; MOST[k] = 1.0; FAR_LEAST[k] = 0.0; FAR_MOST[k] = 1.0 }
    if (MOST[k] <= LEAST[k]) {
        half = LEAST[k] == 0 ? 0.5 : 0.1 * abs(LEAST[k])
        LEAST[k] = LEAST[k] - half; MOST[k] = MOST[k] + half
    }
    if (IS_LOG[k]) {
        part = (MOST[k] / LEAST[k]) ** 0.06
        far = (MOST[k] / LEAST[k]) ** 0.5
        FROM[k] = (FAR_LEAST[k] < LEAST[k] / far ? LEAST[k] / far : FAR_LEAST[k]) / part
        TO[k] = (FAR_MOST[k] > MOST[k] * far ? MOST[k] * far : FAR_MOST[k]) * part
    } else {
        part = 0.06 * (MOST[k] - LEAST[k])
        far = 3 * (MOST[k] - LEAST[k])
        FROM[k] = (FAR_LEAST[k] < LEAST[k] - far ? LEAST[k] - far : FAR_LEAST[k]) - part
        TO[k] = (FAR_MOST[k] > MOST[k] + far ? MOST[k] + far : FAR_MOST[k]) + part
        if (FROM[k] < 0 && LEAST[k] >= 0) { FROM[k] = 0.0 }
        if (k % 2 == 0 && LEAST[k] > 0 && LEAST[k] < 0.35 * MOST[k]) { FROM[k] = 0.0 }
    }
}

# Layout, in dots from the top left ---------------------------------------------------------------

WIDTH = 1400.0
LETTER = 8.1
LEFT = 85.0
GAP = 100.0
PANEL = PANELS == 1 ? WIDTH - LEFT - 35 : (WIDTH - LEFT - 35 - GAP) / 2
TALL = 430.0
TOP = 130.0 + LOWER
LIST = TOP + TALL + 130.0
ROW = 24.0
# The lists of names stand side by side, or below each other where the names are long.
longest = 0
remark(k) = (IS_CHOSEN[k] ? "  (chosen)" : "").(strlen(REMARK[k]) > 1 ? "  (".REMARK[k].")" : "")
do for [p = 1:PANELS] { do for [n = 1:NAMED[p]] {
    length = strlen(WHAT_OF[index_of(p, n)].remark(index_of(p, n)))
    if (length > longest) { longest = length }
} }
STACKED = PANELS > 1 && longest * LETTER > PANEL - 335
LIST_WIDTH = STACKED ? WIDTH - LEFT - 35 : PANEL
list_x(p) = STACKED ? LEFT : LEFT + (p - 1) * (PANEL + GAP)
list_y(p) = STACKED && p == 2 ? LIST + (NAMED[1] + 1.8) * ROW : LIST
HEIGHT = (STACKED ? list_y(2) + NAMED[2] * ROW : LIST + most_names * ROW) + 44
down(y) = 1 - y / HEIGHT
across(x) = x / WIDTH

eval PAGE

# Drawing -----------------------------------------------------------------------------------------

RED = "#d55e00"
set multiplot
set border 3 linecolor rgb GREY
set key off noautotitle
set tics nomirror scale 0.6 textcolor rgb DARK format "%g"
set grid xtics ytics linetype 1 linecolor rgb "#e4e4e4" linewidth 0.6
eval HEAD
set label 1 TITLE at screen across(30), down(36) left font BOLD.sized(1.45) textcolor rgb DARK
set label 2 "Each dot is a choice; below and to the left is better. Joined: what no other choice " \
    ."beats in both; ".NOTE at screen across(30), down(64 + LOWER) left textcolor rgb GREY
mine(p, x) = int(column(1)) == p ? x : NaN
front(p, x) = int(column(1)) == p && int(column(3)) == 1 ? x : NaN
chosen(p, x) = int(column(1)) == p && int(column(2)) == 2 ? x : NaN
barred(p, x) = int(column(1)) == p && int(column(2)) > 0 && column(5) < column(6) ? x : NaN
v_barred(p, x) = int(column(1)) == p && int(column(2)) > 0 && column(8) < column(9) ? x : NaN
do for [p = 1:PANELS] {
    k = 2 * p
    x = LEFT + (p - 1) * (PANEL + GAP)
    set lmargin at screen across(x)
    set rmargin at screen across(x + PANEL)
    set tmargin at screen down(TOP)
    set bmargin at screen down(TOP + TALL)
    if (IS_LOG[k - 1]) { set logscale x } else { unset logscale x }
    if (IS_LOG[k]) { set logscale y } else { unset logscale y }
    set xrange [FROM[k - 1]:TO[k - 1]]
    set yrange [FROM[k]:TO[k]]
    do for [j = k - 1:k] {
        WHICH = j == k ? "y" : "x"; LOW = FROM[j]; HIGH = TO[j]; LOGARITHMIC = IS_LOG[j]
        ROOM = 6; NAMED_TICKS = 1
        load SCRIPTS."ticks.gp"
    }
    set label 3 AXIS_TITLE[k].(IS_LOG[k] ? " (log scale)" : "") at screen across(x - 45), \
        down(TOP - 20) left font BOLD.sized(1) textcolor rgb DARK
    set label 4 AXIS_TITLE[k - 1].(IS_LOG[k - 1] ? " (log scale)" : "") at \
        screen across(x + PANEL), down(TOP + TALL + 48) right font BOLD.sized(1) textcolor rgb DARK
    set label 9 HEADING[p] at screen across(x + PANEL), down(TOP - 20) right textcolor rgb GREY
    set label 10 (LOST[p] ? "never" : "") at graph 0, 1 right offset -1.2, 0 textcolor rgb GREY
    if (NAMED[p] == 0) {
        unset xtics; unset ytics
        set label 5 "no choice has both figures" at graph 0.5, 0.5 center textcolor rgb GREY
    } else { unset label 5 }
    # The names below, a row each.
    if (NAMED[p] > 0) {
        if (p == 1) {
            set label 6 short(WHAT, int((WIDTH - LEFT - 35) / LETTER)) at screen across(x), \
                down(LIST - 30) left font BOLD.sized(1) textcolor rgb DARK
        } else { unset label 6 }
        set label 7 AXIS_NAME[k - 1] at screen across(list_x(p) + LIST_WIDTH - 300), \
            down(list_y(p)) left textcolor rgb GREY
        set label 8 AXIS_NAME[k] at screen across(list_x(p) + LIST_WIDTH - 140), \
            down(list_y(p)) left textcolor rgb GREY
    } else { unset label 6; unset label 7; unset label 8 }
    do for [n = 1:NAMED[p]] {
        k = index_of(p, n)
        y = list_y(p) + n * ROW
        mark = IS_CHOSEN[k] ? RED : BLUE
        letters = IS_CHOSEN[k] ? RED : DARK
        set label 100 + 5 * n sprintf("%d", n) at first X_AT[k], edge(p, Y_AT[k]) center front \
            font BOLD.sized(0.8) textcolor rgb "white"
        set label 101 + 5 * n sprintf("%d", n) at screen across(list_x(p) + 8), down(y) center \
            font BOLD.sized(1) textcolor rgb mark
        set label 102 + 5 * n short(WHAT_OF[k], int((LIST_WIDTH - 330) / LETTER) - \
            strlen(remark(k))).remark(k) at screen across(list_x(p) + 26), down(y) left \
            textcolor rgb letters
        set label 103 + 5 * n X_TEXT[k] at screen across(list_x(p) + LIST_WIDTH - 300), down(y) \
            left textcolor rgb letters
        set label 104 + 5 * n Y_TEXT[k] at screen across(list_x(p) + LIST_WIDTH - 140), down(y) \
            left textcolor rgb letters
    }
    plot DATA."/dots" using (mine(p, int(column(2)) == 0 ? column(4) : NaN)):(edge(p, column(7))) with points \
            pointtype 7 pointsize 0.8 linecolor rgb "#c3cfd9", \
        DATA."/dots" using (barred(p, column(4))):7:5:6 with xerrorbars pointtype 7 pointsize 0.1 \
            linecolor rgb "#7ba7cb" linewidth 1.3, \
        DATA."/dots" using (v_barred(p, column(4))):7:8:9 with yerrorbars pointtype 7 \
            pointsize 0.1 linecolor rgb "#7ba7cb" linewidth 1.3, \
        DATA."/dots" using (front(p, column(4))):(finite(column(7)) ? column(7) : NaN) with steps linecolor rgb BLUE linewidth 1.4, \
        DATA."/dots" using (front(p, column(4))):(edge(p, column(7))) with points pointtype 7 pointsize 1.1 \
            linecolor rgb BLUE, \
        DATA."/dots" using (mine(p, int(column(10)) > 0 ? column(4) : NaN)):(edge(p, column(7))) with points \
            pointtype 7 pointsize 2.6 linecolor rgb BLUE, \
        DATA."/dots" using (chosen(p, column(4))):(edge(p, column(7))) with points pointtype 7 pointsize 2.9 \
            linecolor rgb RED, \
        NaN
    do for [k = 100:105 + 5 * MOST_NAMES] { unset label k }
    unset label 1; unset label 2; unset label 20
}
unset multiplot
