// SPDX-License-Identifier: GPL-3.0-or-later
/* Texts and numbers as HTML and as JSON within it: what comes from a user's file is written through
 * these only, so that no name can become markup. */
#ifndef OUTPUT_PAGE_TEXT_H
#define OUTPUT_PAGE_TEXT_H

#include <cJSON.h>
#include <stdio.h>

/* Text for an element or a quoted attribute; NULL: nothing. */
void page_text(FILE *stream, const char *text);
/* <TAG>text</TAG> */
void page_element(FILE *stream, const char *tag, const char *text);

/* A JSON string; NULL: null. '<', '>' and '&' are escaped, so that it cannot end a script element.
 */
void page_json_text(FILE *stream, const char *text);
/* `digits` significant ones; NAN: null; infinite: beyond what a script can hold, which it reads as
 * Infinity. */
void page_json_number(FILE *stream, double number, int digits);
/* Seconds to the millisecond. */
void page_json_time(FILE *stream, double seconds);

/* The command as a shell reads it, quoted where it must be, escaped for HTML. */
void page_command(FILE *stream, const cJSON *words);

/* The text of a member of an object; NULL when there is none. */
const char *page_json_member(const cJSON *object, const char *name);

#endif
