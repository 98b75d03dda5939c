# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep's figures against its axes. One axis: a line through the means with the band of their 95 %
# intervals. A sample over several axes: every cell as a dot with its interval, against each axis.
#
#     gnuplot -d -c curves.gp DATA OUT png|svg TITLE line|dots NOTE
#
# DATA holds tables of `autoscale-sim plot`: figures, labels, axes, points, and for a line band-1 to
# band-4.
DATA = ARG1; OUT = ARG2; FORMAT = ARG3; TITLE = ARG4; IS_LINE = ARG5 eq "line"; NOTE = ARG6

SCRIPTS = ARG0[1:strlen(ARG0) - strlen("curves.gp")]
load SCRIPTS."style.gp"
eval SPLIT
set datafile separator "\t"
set datafile commentschars ""

# Reading -----------------------------------------------------------------------------------------

stats DATA."/figures" using (0) nooutput
FIGURES = int(STATS_records)
array FIGURE_TITLE[FIGURES]
array UNIT[FIGURES]
array IS_LOG[FIGURES]
array LEAST[FIGURES]
array MOST[FIGURES]
i = 0
stats DATA."/figures" using (i = i + 1, FIGURE_TITLE[i] = strcol(1), UNIT[i] = strcol(2), \
    IS_LOG[i] = int(column(3)), LEAST[i] = column(4), MOST[i] = column(5), 0) nooutput
stats DATA."/axes" using (0) nooutput
AXES = int(STATS_records)
array AXIS[AXES]
array PLACES[AXES]
array AXIS_NAME[AXES]
i = 0
stats DATA."/axes" using (i = i + 1, AXIS[i] = int(column(1)), PLACES[i] = int(column(2)), \
    AXIS_NAME[i] = strcol(3), 0) nooutput
# The intervals belong to the picture, where they are not far larger than all else.
see(f, x) = !finite(x) ? 0 : (LEAST[f] = x < LEAST[f] ? x : LEAST[f], \
    MOST[f] = x > MOST[f] ? x : MOST[f], 0)
array FIRST_LEAST[FIGURES]
array FIRST_MOST[FIGURES]
do for [f = 1:FIGURES] { FIRST_LEAST[f] = LEAST[f]; FIRST_MOST[f] = MOST[f] }
stats DATA."/points" using (f = int(column(1)), see(f, column(5)) + see(f, column(6))) nooutput
do for [f = 1:FIGURES] {
    if (!finite(FIRST_LEAST[f])) { LEAST[f] = 0.0; MOST[f] = 1.0 } else {
        extent = FIRST_MOST[f] - FIRST_LEAST[f]
        if (extent > 0 && MOST[f] > FIRST_MOST[f] + 3 * extent) {
            MOST[f] = FIRST_MOST[f] + 3 * extent
        }
        if (IS_LOG[f]) {
            if (LEAST[f] < FIRST_LEAST[f] / 3) { LEAST[f] = FIRST_LEAST[f] / 3 }
        } else { if (LEAST[f] < 0) { LEAST[f] = 0.0 } }
    }
}

# Layout, in dots from the top left ---------------------------------------------------------------

WIDTH = 1400.0
LETTER = 7.6
at_least(x, least) = x < least ? least : x
COLUMNS = AXES == 1 ? 2 : AXES
BANDS = AXES == 1 ? (FIGURES + 1) / 2 : FIGURES
LEFT = 85.0
GAP = AXES == 1 ? 110.0 : 35.0
PANEL = (WIDTH - LEFT - 35 - (COLUMNS - 1) * GAP) / COLUMNS
TALL = AXES == 1 ? 260.0 : 190.0
array LONGEST[AXES]
array TURNED[AXES]
array STEP[AXES]
x_tall = 20.0
do for [a = 1:AXES] {
    LONGEST[a] = 0
    stats DATA."/labels" using (int(column(1)) == AXIS[a] ? \
        (n = strlen(short(strcol(3), 24)), LONGEST[a] = n > LONGEST[a] ? n : LONGEST[a], 0) : 0) \
        nooutput
    TURNED[a] = LONGEST[a] * LETTER + 10 > PANEL / PLACES[a] && PLACES[a] * 18 <= PANEL
    STEP[a] = ceil((TURNED[a] ? 18.0 : LONGEST[a] * LETTER + 14) * PLACES[a] / PANEL)
    if (TURNED[a]) { x_tall = at_least(x_tall, 20 + LONGEST[a] * LETTER * 0.72) }
}
TOP = 85.0 + LOWER
BELOW = x_tall + 36
BAND = AXES == 1 ? 50 + TALL + BELOW + 10 : 50 + TALL
HEIGHT = TOP + BANDS * BAND + (AXES == 1 ? 0 : BELOW) + 10
down(y) = 1 - y / HEIGHT
across(x) = x / WIDTH

eval PAGE

# Drawing -----------------------------------------------------------------------------------------

set multiplot
set border 3 linecolor rgb GREY
set key off noautotitle
set tics nomirror scale 0.6 textcolor rgb DARK
set grid xtics ytics linetype 1 linecolor rgb "#e4e4e4" linewidth 0.6
eval HEAD
set label 1 TITLE at screen across(30), down(36) left font BOLD.sized(1.45) textcolor rgb DARK
set label 2 NOTE at screen across(30), down(64 + LOWER) left textcolor rgb GREY
mine(f, a) = int(column(1)) == f && int(column(2)) == a
known(f, a) = mine(f, a) && finite(column(4)) ? column(3) : NaN
lost(f, a) = mine(f, a) && never(column(4)) ? column(3) : NaN
do for [f = 1:FIGURES] { do for [a = 1:AXES] {
    column_of = AXES == 1 ? (f - 1) % 2 : a - 1
    band = AXES == 1 ? (f - 1) / 2 : f - 1
    x = LEFT + column_of * (PANEL + GAP)
    y = TOP + band * BAND + 40
    set lmargin at screen across(x)
    set rmargin at screen across(x + PANEL)
    set tmargin at screen down(y)
    set bmargin at screen down(y + TALL)
    set xrange [0.6:PLACES[a] + 0.4]
    if (IS_LOG[f]) {
        set logscale y
        set yrange [LEAST[f] / 1.15:MOST[f] * 1.15]
    } else {
        unset logscale y
        # Amounts begin at 0, unless little would be seen of them then.
        bottom = LEAST[f] > 0.75 * MOST[f] ? LEAST[f] - 0.1 * (MOST[f] - LEAST[f]) : 0
        top = MOST[f] > bottom ? MOST[f] + 0.08 * (MOST[f] - bottom) : bottom + 1
        if (bottom == LEAST[f] && bottom != 0) { bottom = 0.95 * bottom; top = 1.05 * top }
        set yrange [bottom:top]
    }
    WHICH = "y"; LOW = IS_LOG[f] ? LEAST[f] / 1.15 : bottom; HIGH = IS_LOG[f] ? MOST[f] * 1.15 : top
    LOGARITHMIC = IS_LOG[f]; ROOM = 6; NAMED_TICKS = AXES == 1 || a == 1
    load SCRIPTS."ticks.gp"
    edge = IS_LOG[f] ? MOST[f] * 1.15 : top
    any_lost = 0
    stats DATA."/points" using (any_lost = lost(f, a) > 0 ? 1 : any_lost, 0) nooutput
    set label 9 (any_lost ? "▲ never" : "") at screen across(x + PANEL), down(y - 20) right \
        textcolor rgb BLUE
    last_band = AXES == 1 || f == FIGURES
    if (TURNED[a]) { set xtics () rotate by 45 right offset 0,0 } else { set xtics () norotate center offset 0,0 }
    do for [l = 1:PLACES[a]:STEP[a]] { set xtics add ("" l) }
    if (last_band) {
        array LABEL[PLACES[a]]
        stats DATA."/labels" using (int(column(1)) == AXIS[a] ? \
            (LABEL[int(column(2))] = short(strcol(3), 24), 0) : 0) nooutput
        do for [l = 1:PLACES[a]:STEP[a]] { set xtics add (LABEL[l] l) }
        set label 8 short(AXIS_NAME[a], int(PANEL / LETTER)) at screen across(x + PANEL / 2), \
            down(y + TALL + x_tall + 22) center textcolor rgb GREY
    } else { unset label 8 }
    if (AXES == 1 || a == 1) {
        set label 3 FIGURE_TITLE[f].(strlen(UNIT[f]) ? ", ".UNIT[f] : "") \
            .(IS_LOG[f] ? " (log scale)" : "") at screen across(x - 45), down(y - 20) left \
            font BOLD.sized(1) textcolor rgb DARK
    } else { unset label 3 }
    if (IS_LINE) {
        plot DATA."/band-".f using 3:5:6 with filledcurves \
                fillcolor rgb "#b9d4ea" fillstyle solid noborder, \
            DATA."/points" using (mine(f, a) && finite(column(5)) ? column(3) : NaN):4:5:6 \
                with yerrorbars linecolor rgb BLUE linewidth 1.2 pointtype 7 pointsize 0.1, \
            DATA."/points" using (known(f, a)):4 with linespoints \
                linecolor rgb BLUE linewidth 2 pointtype 7 pointsize 0.9, \
            DATA."/points" using (lost(f, a)):(edge) with points \
                linecolor rgb BLUE pointtype 9 pointsize 1.4, \
            NaN
    } else {
        plot DATA."/points" using (mine(f, a) && finite(column(5)) ? column(3) : NaN):4:5:6 \
                with yerrorbars linecolor rgb "#9cc4e4" linewidth 1 pointtype 7 pointsize 0.1, \
            DATA."/points" using (known(f, a)):4 with points \
                linecolor rgb BLUE pointtype 7 pointsize 0.7, \
            DATA."/points" using (lost(f, a)):(edge) with points \
                linecolor rgb BLUE pointtype 9 pointsize 1.2, \
            NaN
    }
    unset label 1; unset label 2; unset label 20
} }
unset multiplot
