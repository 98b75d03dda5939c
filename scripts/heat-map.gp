# SPDX-License-Identifier: GPL-3.0-or-later
# A sweep's grid: cost, latencies and give-ups as colours over two axes. With more axes, a row of
# panels for each combination of the others.
#
#     gnuplot -d -c heat-map.gp DATA OUT png|svg TITLE X Y XNAME YNAME NOTE
#
# DATA holds tables of `autoscale-sim plot`: figures, labels, rows, cells. X and Y are the numbers of
# the two axes in "labels". Colours are those of viridis, which differ in lightness throughout.
DATA = ARG1; OUT = ARG2; FORMAT = ARG3; TITLE = ARG4; X = int(ARG5); Y = int(ARG6)
XNAME = ARG7; YNAME = ARG8; NOTE = ARG9

SCRIPTS = ARG0[1:strlen(ARG0) - strlen("heat-map.gp")]
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
array NOTHING_ELSE[FIGURES] # all cells alike: what they have
i = 0
stats DATA."/figures" using (i = i + 1, FIGURE_TITLE[i] = strcol(1), UNIT[i] = strcol(2), \
    IS_LOG[i] = int(column(3)), LEAST[i] = column(4), MOST[i] = column(5), 0) nooutput
do for [f = 1:FIGURES] {
    NOTHING_ELSE[f] = !finite(LEAST[f]) ? "does not apply" : MOST[f] > LEAST[f] ? "" : \
        LEAST[f] == 0 ? "0 everywhere" : sprintf("%.3g %s everywhere", LEAST[f], UNIT[f])
    if (!finite(LEAST[f]) || !finite(MOST[f])) { LEAST[f] = 0.0; MOST[f] = 1.0; IS_LOG[f] = 0 }
    if (MOST[f] <= LEAST[f]) { # one value: in the middle of the colours
        half = LEAST[f] == 0 ? 0.5 : 0.5 * abs(LEAST[f])
        LEAST[f] = LEAST[f] - half; MOST[f] = MOST[f] + half; IS_LOG[f] = 0
    }
}
stats DATA."/rows" using (0) nooutput
ROWS = int(STATS_records)
array ROW_TITLE[ROWS]
i = 0
stats DATA."/rows" using (i = i + 1, ROW_TITLE[i] = strcol(2), 0) nooutput

stats DATA."/labels" using (int(column(1)) == X ? column(2) : NaN) nooutput
COLUMNS = int(STATS_max)
stats DATA."/labels" using (int(column(1)) == Y ? column(2) : NaN) nooutput
LINES = int(STATS_max)
array X_LABEL[COLUMNS]
array Y_LABEL[LINES]
x_longest = 0; y_longest = 0
keep(axis, place, text) = (axis == X ? (X_LABEL[place] = short(text, 24), \
    x_longest = strlen(X_LABEL[place]) > x_longest ? strlen(X_LABEL[place]) : x_longest) : 0, \
    axis == Y ? (Y_LABEL[place] = short(text, 24), \
    y_longest = strlen(Y_LABEL[place]) > y_longest ? strlen(Y_LABEL[place]) : y_longest) : 0, 0)
stats DATA."/labels" using (keep(int(column(1)), int(column(2)), strcol(3))) nooutput

# Layout, in dots from the top left ---------------------------------------------------------------

WIDTH = 1400.0
LETTER = 7.6
at_least(x, least) = x < least ? least : x
at_most(x, most) = x > most ? most : x
SINGLE = ROWS == 1
ACROSS = SINGLE ? (FIGURES == 1 ? 1 : 2) : FIGURES
LEFT = 60 + at_least(y_longest * LETTER, 20)
PANEL = SINGLE ? (WIDTH - 2 * LEFT - 240) / 2 : (WIDTH - LEFT - 30 - 3 * 25) / at_least(FIGURES, 3)
PITCH = SINGLE ? WIDTH / 2 : PANEL + 25
TALL = SINGLE ? at_most(at_least(LINES * 34.0, 90), 420) : at_most(at_least(LINES * 24.0, 70), 260)
# Names of places that would touch are turned, or thinned out.
x_turned = x_longest * LETTER + 8 > PANEL / COLUMNS && COLUMNS * 17 <= PANEL
x_room = x_turned ? 17.0 : x_longest * LETTER + 12
x_step = ceil(x_room * COLUMNS / PANEL)
y_step = ceil(15.0 * LINES / TALL)
X_TALL = x_turned ? 20 + x_longest * LETTER * 0.72 : 20.0
TOP = 105.0 + LOWER
BELOW = X_TALL + 32 # of a panel: places and the axis's name
BAND = SINGLE ? TALL + BELOW + 65 : TALL + 50
BANDS = SINGLE ? (FIGURES + 1) / 2 : ROWS
HEIGHT = TOP + BANDS * BAND + (SINGLE ? 5 : BELOW + 75)
down(y) = 1 - y / HEIGHT
across(x) = x / WIDTH

eval PAGE

# Drawing -----------------------------------------------------------------------------------------

set palette defined (0 '#440154', 0.1 '#482475', 0.2 '#414487', 0.3 '#355f8d', 0.4 '#2a788e', \
    0.5 '#21918c', 0.6 '#22a884', 0.7 '#44bf70', 0.8 '#7ad151', 0.9 '#bddf26', 1 '#fde725')
share(f, v) = IS_LOG[f] ? log(v / LEAST[f]) / log(MOST[f] / LEAST[f]) : \
    (v - LEAST[f]) / (MOST[f] - LEAST[f])
# Letters that can be read on their colour.
letters(f, v) = !finite(v) ? 0x707070 : share(f, v) < 0.55 ? 0xffffff : 0x101010

set multiplot
set border 0
set key off noautotitle
set tics nomirror scale 0 textcolor rgb DARK
set xrange [0.5:COLUMNS + 0.5]
set yrange [0.5:LINES + 0.5]
eval HEAD
set label 1 TITLE at screen across(30), down(36) left font BOLD.sized(1.45) textcolor rgb DARK
set label 2 sprintf("%s across, %s up%s", short(XNAME, 50), short(YNAME, 50), \
    strlen(NOTE) ? "; ".NOTE : "") at screen across(30), down(64 + LOWER) left textcolor rgb GREY
mine(r, f) = int(column(1)) == r && int(column(2)) == f
GAP = PANEL / COLUMNS > 15 && TALL / LINES > 15 ? 0.5 - 1.0 * COLUMNS / PANEL : 0.5
V_GAP = PANEL / COLUMNS > 15 && TALL / LINES > 15 ? 0.5 - 1.0 * LINES / TALL : 0.5
text_longest = 0
stats DATA."/cells" using (n = strlen(strcol(6)), text_longest = n > text_longest ? n : text_longest, \
    0) nooutput
HAS_TEXT = PANEL / COLUMNS > text_longest * 7.0 + 6 && TALL / LINES > 17

BOXES = 'DATA."/cells" using (mine(r, f) ? column(3) : NaN):4:(column(3) - GAP):(column(3) + GAP): ' \
    .'(column(4) - V_GAP):(column(4) + V_GAP) with boxxyerror fillstyle solid noborder ' \
    .'linecolor rgb "#ececec", ' \
    .'DATA."/cells" using (mine(r, f) && finite(column(5)) ? column(3) : NaN):4:(column(3) - GAP): ' \
    .'(column(3) + GAP):(column(4) - V_GAP):(column(4) + V_GAP):5 with boxxyerror ' \
    .'fillstyle solid noborder linecolor palette'
do for [r = 1:ROWS] { do for [f = 1:FIGURES] {
    column_of = (f - 1) % ACROSS
    band = SINGLE ? (f - 1) / ACROSS : r - 1
    x = LEFT + column_of * PITCH
    y = TOP + band * BAND + 35
    last_band = SINGLE || r == ROWS
    set lmargin at screen across(x)
    set rmargin at screen across(x + PANEL)
    set tmargin at screen down(y)
    set bmargin at screen down(y + TALL)
    if (SINGLE || column_of == 0) { set format y "%g" } else { set format y "" }
    unset ytics
    if (SINGLE || column_of == 0) {
        set ytics () nomirror scale 0 offset 0.5,0
        do for [l = 1:LINES:y_step] { set ytics add (Y_LABEL[l] l) }
        if (SINGLE) {
            set label 7 short(YNAME, int((TALL + 60) / LETTER)) at screen across(x - LEFT + 22), \
                down(y + TALL / 2) center rotate textcolor rgb GREY
        }
    }
    if (!SINGLE && r == 1 && f == 1) { # once for all rows
        set label 7 short(YNAME, int((ROWS * BAND) / LETTER)) at screen across(22), \
            down(TOP + ROWS * BAND / 2 + 20) center rotate textcolor rgb GREY
    }
    if (!SINGLE && r + f > 2) { unset label 7 }
    unset xtics
    if (last_band) {
        if (x_turned) { set xtics () nomirror scale 0 rotate by 45 right offset 0,0.3 } else { set xtics () nomirror scale 0 norotate center offset 0,0.3 }
        do for [c = 1:COLUMNS:x_step] { set xtics add (X_LABEL[c] c) }
        set label 8 short(XNAME, int(PANEL / LETTER)) at screen across(x + PANEL / 2), \
            down(y + TALL + X_TALL + 14) center textcolor rgb GREY
    } else { unset label 8 }
    figure_title = FIGURE_TITLE[f].(strlen(NOTHING_ELSE[f]) ? ": ".NOTHING_ELSE[f] : \
        (strlen(UNIT[f]) ? ", ".UNIT[f] : "").(IS_LOG[f] ? " (log scale)" : ""))
    if (SINGLE) {
        set label 3 figure_title at screen across(x), down(y - 18) left font BOLD.sized(1) \
            textcolor rgb DARK
        set colorbox vertical user origin across(x + PANEL + 18), down(y + TALL) \
            size across(16), TALL / HEIGHT
    } else {
        if (column_of == 0) {
            set label 4 short(ROW_TITLE[r], 150) at screen across(x), down(y - 14) left \
                font BOLD.sized(1) textcolor rgb DARK
        } else { unset label 4 }
        if (r == 1) {
            set label 3 figure_title at screen across(x), down(TOP - 8) left font BOLD.sized(1.1) \
                textcolor rgb DARK
        } else { unset label 3 }
        if (last_band) {
            set colorbox horizontal user origin across(x), down(y + TALL + BELOW + 30) \
                size across(PANEL), 12 / HEIGHT
        } else { unset colorbox }
    }
    if (strlen(NOTHING_ELSE[f])) { unset colorbox }
    if (IS_LOG[f]) { set logscale cb } else { unset logscale cb }
    set cbrange [LEAST[f]:MOST[f]]
    set cbtics scale 0.5 textcolor rgb DARK font FONT.sized(0.9)
    WHICH = "cb"; LOW = LEAST[f]; HIGH = MOST[f]; LOGARITHMIC = IS_LOG[f]; NAMED_TICKS = 1
    ROOM = at_least(SINGLE ? TALL / 36.0 : PANEL / 70.0, 3)
    load SCRIPTS."ticks.gp"
    # Without texts there is no plot of them: gnuplot 5.4 fails at labels that are all undefined.
    if (HAS_TEXT) {
        plot @BOXES, DATA."/cells" using (mine(r, f) ? column(3) : NaN):4:6:(letters(f, column(5))) \
            with labels textcolor rgb variable font FONT.sized(0.9), NaN
    } else {
        plot @BOXES, NaN
    }
    unset label 1; unset label 2; unset label 20
} }
unset multiplot
