# SPDX-License-Identifier: GPL-3.0-or-later
# What the other scripts load: letters, colours, numbers with their thousands set apart. They give
# FORMAT, and WIDTH and HEIGHT before `eval PAGE`; ticks.gp makes the ticks of an axis.
set encoding utf8
FONT = FORMAT eq "svg" ? "sans-serif" : "sans"
BOLD = FORMAT eq "svg" ? FONT : FONT.":Bold" # SVG would take it for the family's name
SIZE = FORMAT eq "svg" ? 15.0 : 11.5
sized(factor) = sprintf(",%.3g", SIZE * factor)
PAGE = 'set terminal '.(FORMAT eq "svg" ? 'svg noenhanced dynamic' : 'pngcairo noenhanced') \
    .' size WIDTH,HEIGHT background "white" font FONT.sized(1); set output OUT'
DARK = "#202020"; GREY = "#707070"; BLUE = "#0b4f8a"; ORANGE = "#e69f00"

finite(x) = x > -1e300 && x < 1e300
never(x) = x > 1e300
short(name, most) = strlen(name) <= most ? name : name[1:most - 1]."…"
grouped(x) = sprintf("%d,%03d", int(x) / 1000, int(x) % 1000)
amount(x) = x < 0 ? "-".amount(-x) : x >= 999999.5 ? sprintf("%.4g M", x / 1e6) : \
    x >= 999.5 ? grouped(floor(x + 0.5)) : sprintf("%.4g", x)

# TITLE may have a question below it, on a line of its own: all that follows is LOWER then.
SPLIT = 'cut = strstrt(TITLE, "\n"); QUESTION = cut > 0 ? TITLE[cut + 1:*] : "";' \
    .'TITLE = cut > 0 ? TITLE[1:cut - 1] : TITLE; LOWER = cut > 0 ? 26.0 : 0.0'
HEAD = 'set label 20 QUESTION at screen across(30), down(62) left textcolor rgb DARK'
