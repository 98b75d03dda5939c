# SPDX-License-Identifier: GPL-3.0-or-later
# A picture of panels: what was measured over time, and distributions.
#
#     gnuplot -d -c panels.gp DATA OUT svg|png WIDTH HEIGHT
#
# DATA holds tables of `autoscale-sim plot`, with tabs; places are dots from the top left:
#   panels  left right top bottom, from to and whether logarithmic of x and of y, border
#   ticks   panel, axis (0 across, 1 up), place, name ("-": none)
#   curves  panel, style, colour, width, dash, title, table of its points
#   texts   x, y, adjustment (0 left, 1 centre, 2 right), size, whether bold, colour, text
# Styles: line, fill (from 0), band (between two), dot, up (a triangle), box (x y from to).
DATA = ARG1; OUT = ARG2; FORMAT = ARG3; WIDTH = ARG4 + 0.0; HEIGHT = ARG5 + 0.0

SCRIPTS = ARG0[1:strlen(ARG0) - strlen("panels.gp")]
load SCRIPTS."style.gp"
set datafile separator "\t"
set datafile commentschars ""

records(x) = exists("STATS_records") ? int(STATS_records) : 0 # not of a table without rows
stats DATA."/panels" using (0) nooutput
PANELS = records(0)
array PANEL[PANELS * 11 + 1]
i = 0
stats DATA."/panels" using (i = i + 1, sum [k = 1:11] (PANEL[(i - 1) * 11 + k] = column(k), 0)) nooutput
stats DATA."/ticks" using (0) nooutput
TICKS = records(0)
array TICK_OF[TICKS + 1]
array TICK_AT[TICKS + 1]
array TICK[TICKS + 1]
i = 0
stats DATA."/ticks" using (i = i + 1, TICK_OF[i] = 2 * int(column(1)) + int(column(2)), \
    TICK_AT[i] = column(3), TICK[i] = strcol(4), 0) nooutput
stats DATA."/curves" using (0) nooutput
CURVES = records(0)
array OF[CURVES + 1]
array STYLE[CURVES + 1]
array COLOUR[CURVES + 1]
array WIDE[CURVES + 1]
array DASH[CURVES + 1]
array CURVE[CURVES + 1]
array POINTS[CURVES + 1]
i = 0
stats DATA."/curves" using (i = i + 1, OF[i] = int(column(1)), STYLE[i] = strcol(2), \
    COLOUR[i] = strcol(3), WIDE[i] = column(4), DASH[i] = int(column(5)), CURVE[i] = strcol(6), \
    POINTS[i] = DATA."/".strcol(7), 0) nooutput

eval PAGE
across(x) = x / WIDTH
down(y) = 1 - y / HEIGHT

set multiplot
set tics nomirror scale 0.6, 0 textcolor rgb DARK
set grid xtics ytics linetype 1 linecolor rgb "#dedede" linewidth 0.6
set key at graph 1.012, 1.03 left top Left reverse samplen 2.2 spacing 0.85 maxrows 12 textcolor rgb DARK
n = 0
place(x, y, adjust, size, bold, colour, text) = (n = n + 1, sprintf( \
    "set label %d TEXT[%d] at screen %.6f, %.6f %s font '%s%s%s' textcolor rgb '%s'", n, n, \
    across(x), down(y), adjust == 0 ? "left" : adjust == 1 ? "center" : "right", FONT, \
    bold && FORMAT eq "png" ? ":Bold" : "", sized(size), colour))
stats DATA."/texts" using (0) nooutput
TEXTS = records(0)
array TEXT[TEXTS]
array PLACED[TEXTS]
stats DATA."/texts" using (PLACED[n + 1] = place(column(1), column(2), int(column(3)), column(4), \
    int(column(5)), strcol(6), 0), TEXT[n] = strcol(7), 0) nooutput
do for [i = 1:TEXTS] { eval PLACED[i] }

look(c) = STYLE[c] eq "line" ? "1:2 with lines linecolor rgb COLOUR[".c."] linewidth WIDE[".c."] dashtype DASH[".c."]" : \
    STYLE[c] eq "fill" ? "1:2 with filledcurves y=0 fillstyle solid noborder fillcolor rgb COLOUR[".c."]" : \
    STYLE[c] eq "band" ? "1:2:3 with filledcurves fillstyle solid noborder fillcolor rgb COLOUR[".c."]" : \
    STYLE[c] eq "box" ? "1:3:1:2:3:4 with boxxyerror fillstyle solid noborder fillcolor rgb COLOUR[".c."]" : \
    "1:2 with points pointtype ".(STYLE[c] eq "up" ? "9" : "7")." pointsize WIDE[".c."] linecolor rgb COLOUR[".c."]"
do for [p = 1:PANELS] {
    at = (p - 1) * 11
    set lmargin at screen across(PANEL[at + 1])
    set rmargin at screen across(PANEL[at + 2])
    set tmargin at screen down(PANEL[at + 3])
    set bmargin at screen down(PANEL[at + 4])
    unset logscale
    if (PANEL[at + 7]) { set logscale x }
    if (PANEL[at + 10]) { set logscale y }
    set xrange [PANEL[at + 5]:PANEL[at + 6]]
    set yrange [PANEL[at + 8]:PANEL[at + 9]]
    set border int(PANEL[at + 11]) linecolor rgb GREY
    set xtics ("" 1e300) # none of gnuplot's own
    set ytics ("" 1e300)
    do for [i = 1:TICKS] {
        named = TICK[i] eq "-" ? "" : TICK[i]
        if (TICK_OF[i] == 2 * p) { set xtics add (named TICK_AT[i]) }
        if (TICK_OF[i] == 2 * p + 1) { set ytics add (named TICK_AT[i]) }
    }
    drawn = ""
    do for [c = 1:CURVES] {
        if (OF[c] == p) { drawn = drawn."POINTS[".c."] using ".look(c)." title CURVE[".c."], " }
    }
    eval "plot ".drawn."NaN notitle"
    unset label
}
unset multiplot
