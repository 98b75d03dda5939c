# SPDX-License-Identifier: GPL-3.0-or-later
# The ticks of the axis WHICH ("x", "y", "cb") from LOW to HIGH, logarithmic if LOGARITHMIC, about ROOM
# of them, with their names if NAMED_TICKS.
eval "set ".WHICH.'tics ("" 1e300)'
TICK = 'set '.WHICH.'tics add ("%s" %.12g)'
if (LOGARITHMIC) {
    do for [decade = floor(log10(LOW)):ceil(log10(HIGH))] {
        do for [m in (log10(HIGH / LOW) > 2.5 ? "1" : "1 2 5")] {
            tick = m * 10.0 ** decade
            if (tick >= LOW && tick <= HIGH) { eval sprintf(TICK, NAMED_TICKS ? amount(tick) : "", tick) }
        }
    }
} else {
    tick = 10.0 ** floor(log10((HIGH - LOW) / ROOM))
    tick = (HIGH - LOW) / ROOM <= tick ? tick : (HIGH - LOW) / ROOM <= 2 * tick ? 2 * tick : \
        (HIGH - LOW) / ROOM <= 5 * tick ? 5 * tick : 10 * tick
    do for [k = ceil(LOW / tick - 1e-9):floor(HIGH / tick + 1e-9)] {
        eval sprintf(TICK, NAMED_TICKS ? amount(k * tick) : "", k * tick)
    }
}
