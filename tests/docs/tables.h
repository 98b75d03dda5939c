// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of docs/, as Markdown, out of the program's own: what stands between
 * "<!-- table: NAME -->" and "<!-- end -->". */
#ifndef TESTS_DOCS_TABLES_H
#define TESTS_DOCS_TABLES_H

/* NULL: there is none of that name. Owned by the caller. Of the command line: "commands", "command
 * options", "flags". Of a scenario's section, as `help scenario` heads it ("scenario" its own), and
 * of the files of `sweep` and `optimize`: "options PATH". Of generated traffic: "traffic options"
 * of every type, "traffic own options" of one. Then "clients", "presets", "published", "lengths",
 * "formats", "metrics", "recording names"; and "columns" of every CSV file, from runs in the folder
 * `scratch`. */
char *docs_table(const char *name, const char *scratch);

#endif
