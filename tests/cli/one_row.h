// SPDX-License-Identifier: GPL-3.0-or-later
/* One more recorded format, as one row of the table in src/traffic/format.c. */
{CSV_NAMED(chat_export, CALENDAR, "sent_at", "words_in", "words_out"), .takes = TAKES_DATED,
 .tells = "columns sent_at, words_in, words_out"},
