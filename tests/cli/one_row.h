// SPDX-License-Identifier: GPL-3.0-or-later
/* One more recorded format, as one row of the table in src/traffic/format.c. */
{
    .name = "chat_export",
    .tells = "columns sent_at, words_in, words_out",
    CSV_NAMED,
    .names = {"sent_at", "words_in", "words_out"},
    .unit = FIELD_CALENDAR,
    .takes = TAKES_DATED,
},
