// SPDX-License-Identifier: GPL-3.0-or-later
/* The tables of docs/, as Markdown, out of the program's own: what stands between
 * "<!-- table: NAME -->" and "<!-- end -->". */
#ifndef TESTS_DOCS_TABLES_H
#define TESTS_DOCS_TABLES_H

/* NULL: there is none of that name. Owned by the caller.
 *
 *     commands, command options, flags       of the command line
 *     options PATH                           of a section of the scenario, as `help scenario` heads
 * it
 *                                            ("scenario" for its own), and of the files of `sweep`
 * and `optimize` traffic options, traffic own options   of generated traffic: of every type, of one
 *     clients, presets, published, lengths, formats, metrics
 *     columns                                of every CSV file, from runs in the folder `scratch`
 */
char *docs_table(const char *name, const char *scratch);

#endif
