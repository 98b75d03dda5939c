// SPDX-License-Identifier: GPL-3.0-or-later
/* Prefixes of lines. Facts: Docker's json-file and CRI's log format (kubernetes.io, "logging
 * architecture"), RFC 3164 and the journal's short forms. */
#include "traffic/line_prefix.h"

#include "autoscale_sim/traffic_source.h"
#include "base/json.h"
#include "base/memory.h"
#include "traffic/field.h"
#include "traffic/json_object.h"

#include <stdlib.h>
#include <string.h>

/* What one line is without one prefix. */
typedef struct Piece {
    InputText text;
    bool is_string; /* of JSON, with escapes, which say whether the line goes on */
    bool goes_on;
    size_t stream;
} Piece;

static bool take_text(InputText *rest, const char *text) {
    const bool is_there = text_span_begins(*rest, text);
    rest->start += is_there ? strlen(text) : 0;
    return is_there;
}

/* What precedes the first blank, and the blank. */
static bool take_word(InputText *rest, InputText *word) {
    const char *blank = memchr(rest->start, ' ', (size_t)(rest->end - rest->start));
    if (blank == NULL || blank == rest->start) {
        return false;
    }
    *word = (InputText){rest->start, blank};
    rest->start = blank + 1;
    return true;
}

/* 2026-11-16T18:15:46.123456789Z, +01:00 or +0100, and a blank. */
static bool take_instant(InputText *rest) {
    InputText word, line = *rest;
    FieldCalendar calendar = {.known = false};
    int64_t time;
    if (!take_word(&line, &word) || word.end - word.start < 20 || word.start[10] != 'T' ||
        !field_time(word, FIELD_CALENDAR, &calendar, &time)) {
        return false;
    }
    *rest = line;
    return true;
}

/* "Nov 16 18:15:46 ", the day with a blank or a zero before one digit. */
static bool take_short_time(InputText *rest) {
    static const char form[] = "Aaa 99 99:99:99 ";
    const char *p = rest->start;
    if ((size_t)(rest->end - p) < sizeof form - 1) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        const bool is_digit = p[i] >= '0' && p[i] <= '9';
        const bool is_letter = (p[i] | 0x20) >= 'a' && (p[i] | 0x20) <= 'z';
        if (form[i] == '9'   ? !is_digit && !(i == 4 && p[i] == ' ')
            : form[i] >= 'A' ? !is_letter
                             : p[i] != form[i]) {
            return false;
        }
    }
    rest->start += sizeof form - 1;
    return true;
}

/* {"log":"...\n","stream":"stdout","time":"..."}; a line goes on when it has no \n. */
static bool take_docker(InputText line, Piece *piece) {
    static const char *const keys[] = {"log", "stream", "time"};
    enum { LOG, STREAM, TIME, KEYS };
    InputText values[KEYS];
    const char *expected;
    if (line.start == line.end || *line.start != '{' ||
        json_object_find(line, keys, values, KEYS, &expected) != NULL ||
        values[LOG].start == NULL || values[LOG].start[-1] != '"' || values[STREAM].start == NULL ||
        values[TIME].start == NULL) {
        return false;
    }
    *piece = (Piece){
        .text = values[LOG], .is_string = true, .stream = field_says(values[STREAM], "stderr")};
    return true;
}

/* 2026-11-16T18:15:46.123456789Z stdout F rest; a line goes on behind a P. */
static bool take_cri(InputText line, Piece *piece) {
    *piece = (Piece){.text = line};
    if (!take_instant(&piece->text)) {
        return false;
    }
    piece->stream = take_text(&piece->text, "stderr ");
    if (piece->stream == 0 && !take_text(&piece->text, "stdout ")) {
        return false;
    }
    piece->goes_on = take_text(&piece->text, "P");
    /* tags may follow, with colons between */
    if (!piece->goes_on && !take_text(&piece->text, "F")) {
        return false;
    }
    return take_text(&piece->text, " ") || piece->text.start == piece->text.end;
}

/* [pod/name/container] rest */
static bool take_kubectl(InputText line, Piece *piece) {
    *piece = (Piece){.text = line};
    const char *end = memchr(line.start, ' ', (size_t)(line.end - line.start));
    if (!take_text(&piece->text, "[pod/") || (end != NULL ? end : line.end)[-1] != ']') {
        return false;
    }
    piece->text.start = end != NULL ? end + 1 : line.end;
    return true;
}

/* name-1  | rest */
static bool take_compose(InputText line, Piece *piece) {
    InputText name;
    *piece = (Piece){.text = line};
    if (!take_word(&piece->text, &name) || (*name.start | 0x20) < 'a' ||
        (*name.start | 0x20) > 'z') {
        return false;
    }
    for (const char *p = name.start; p < name.end; p++) {
        const char lower = (char)(*p | 0x20);
        if (!(lower >= 'a' && lower <= 'z') && !(*p >= '0' && *p <= '9') && *p != '-' &&
            *p != '_') {
            return false;
        }
    }
    while (take_text(&piece->text, " ")) {
    }
    return take_text(&piece->text, "| ") ||
           (take_text(&piece->text, "|") && piece->text.start == piece->text.end);
}

/* Nov 16 18:15:46 host nginx[123]: rest; or with an instant before the host. */
static bool take_syslog(InputText line, Piece *piece) {
    InputText host, tag;
    *piece = (Piece){.text = line};
    if ((!take_short_time(&piece->text) && !take_instant(&piece->text)) ||
        !take_word(&piece->text, &host) || strchr("[{\"", *host.start) != NULL ||
        piece->text.start == piece->text.end || strchr("[{\"", *piece->text.start) != NULL) {
        return false;
    }
    const InputText rest = piece->text;
    if (!take_word(&piece->text, &tag)) { /* nothing behind it */
        tag = rest;
        piece->text.start = rest.end;
    }
    return tag.end - tag.start > 1 && tag.end[-1] == ':';
}

/* 2026-11-16T18:15:46.123456789Z rest */
static bool take_timestamps(InputText line, Piece *piece) {
    *piece = (Piece){.text = line};
    return take_instant(&piece->text);
}

/* What includes another comes before it. */
static const struct {
    const char *name;
    uint32_t bit;
    bool (*take)(InputText line, Piece *piece);
    const char *banner; /* lines that begin so tell nothing of the others; or NULL */
} prefixes[] = {
    {"Docker's json-file", ASIM_PREFIX_DOCKER, take_docker, NULL},
    {"CRI's", ASIM_PREFIX_CRI, take_cri, NULL},
    {"kubectl's", ASIM_PREFIX_KUBECTL, take_kubectl, NULL},
    {"docker compose's", ASIM_PREFIX_COMPOSE, take_compose, "Attaching to "},
    {"syslog's", ASIM_PREFIX_SYSLOG, take_syslog, "-- "},
    {"timestamps", ASIM_PREFIX_TIMESTAMPS, take_timestamps, NULL},
};
enum { PREFIXES = sizeof prefixes / sizeof prefixes[0] };

uint32_t line_prefix_bits(const LinePrefix *self) {
    uint32_t bits = 0;
    for (size_t i = 0; i < self->count; i++) {
        bits |= prefixes[self->kinds[i]].bit;
    }
    return bits;
}

char *line_prefix_words(uint32_t bits) {
    const char *names[PREFIXES];
    size_t count = 0;
    for (size_t i = 0; i < PREFIXES; i++) {
        if ((bits & prefixes[i].bit) != 0) {
            names[count++] = prefixes[i].name;
        }
    }
    return count > 0 ? text_join(names, count, " and ") : NULL;
}

/* Taking them off ------------------------------------------------------------------------------ */

/* What the string stands for; an escape that is none stays as it is. */
static void decode(Text *decoded, InputText string) {
    const char *p = string.start;
    decoded->length = 0;
    text_add(decoded, "");
    while (p < string.end) {
        const char *escape = memchr(p, '\\', (size_t)(string.end - p));
        text_add_bytes(decoded, p, (size_t)((escape != NULL ? escape : string.end) - p));
        if (escape == NULL) {
            return;
        }
        const size_t length = json_add_escape(decoded, escape);
        text_add_bytes(decoded, escape, length == 0);
        p = escape + (length > 0 ? length : 1);
    }
}

/* Decodes the piece's text, and takes its line end off. */
static void take_string(LinePrefix *self, Piece *piece) {
    decode(&self->decoded, piece->text);
    self->string = piece->text.start;
    piece->text = (InputText){self->decoded.text, self->decoded.text + self->decoded.length};
    piece->goes_on = !(piece->text.end > piece->text.start && piece->text.end[-1] == '\n');
    piece->text.end -= !piece->goes_on;
    piece->text.end -= piece->text.end > piece->text.start && piece->text.end[-1] == '\r';
}

/* Takes all prefixes off a line, as far as it has them. */
static Piece take_all(LinePrefix *self, InputText line) {
    Piece piece = {.text = line}, next;
    bool goes_on = false;
    self->raw = line;
    self->string = NULL;
    for (size_t i = 0; i < self->count && prefixes[self->kinds[i]].take(piece.text, &next); i++) {
        if (next.is_string) {
            take_string(self, &next);
        }
        goes_on = goes_on || next.goes_on;
        next.stream |= piece.stream;
        piece = next;
    }
    piece.goes_on = goes_on;
    return piece;
}

/* A whole line in *text; false: what was given is a part of one. */
static bool take_line(LinePrefix *self, InputText line, long number, InputText *text) {
    const Piece piece = take_all(self, line);
    LinePart *part = &self->parts[piece.stream];
    const bool was_open = self->is_open[piece.stream];
    self->line = number;
    *text = piece.text;
    if (!piece.goes_on && !was_open) {
        return true;
    }
    if (!was_open) {
        part->text.length = 0;
        part->line = number;
    }
    text_add(&part->text, "");
    text_add_bytes(&part->text, piece.text.start, (size_t)(piece.text.end - piece.text.start));
    self->is_open[piece.stream] = piece.goes_on;
    self->raw.start = NULL;
    self->line = part->line;
    *text = (InputText){part->text.text, part->text.text + part->text.length};
    return !piece.goes_on;
}

/* At the file's end, what was not ended. */
static bool take_open(LinePrefix *self, InputText *text) {
    for (size_t i = 0; i < LINE_STREAMS; i++) {
        if (self->is_open[i]) {
            const LinePart *part = &self->parts[i];
            self->is_open[i] = false;
            self->raw.start = NULL;
            self->line = part->line;
            *text = (InputText){part->text.text, part->text.text + part->text.length};
            return true;
        }
    }
    return false;
}

bool line_prefix_next(LinePrefix *self, TrafficInput *input, InputText *text) {
    InputText line;
    while (input_line(input, &line)) {
        if (take_line(self, line, input->line, text)) {
            return true;
        }
        if ((size_t)(text->end - text->start) > INPUT_LONGEST_LINE) {
            return input_refuse(input, "a line of 64 MiB in parts without an end", "shorter lines");
        }
    }
    return !input->failed && take_open(self, text);
}

size_t line_prefix_offset(LinePrefix *self, const char *at) {
    if (self->raw.start == NULL) {
        return SIZE_MAX;
    }
    if (self->string == NULL) {
        return (size_t)(at - self->raw.start);
    }
    const char *p = self->string;
    const size_t before = (size_t)(at - self->decoded.text);
    for (self->before.length = 0; self->before.length < before;) {
        const size_t length = *p == '\\' ? json_add_escape(&self->before, p) : 0;
        text_add_bytes(&self->before, p, length == 0);
        p += length > 0 ? length : 1;
    }
    return (size_t)(p - self->raw.start);
}

/* Finding them --------------------------------------------------------------------------------- */

void line_prefix_peek(LinePrefix *self, const InputText lines[], InputText texts[], size_t count) {
    LinePrefix look = {.count = self->count};
    size_t *lengths = memory_new(count + 1, sizeof lengths[0]);
    memcpy(look.kinds, self->kinds, sizeof look.kinds);
    self->peeked.length = 0;
    for (size_t i = 0; i < count; i++) {
        InputText text;
        if (take_line(&look, lines[i], 0, &text)) {
            lengths[i] = (size_t)(text.end - text.start);
            text_add_bytes(&self->peeked, text.start, lengths[i]);
        }
        text_add_char(&self->peeked, '\n');
    }
    const char *p = self->peeked.text;
    for (size_t i = 0; i < count; i++) {
        texts[i] = (InputText){p, p + lengths[i]};
        p += lengths[i] + 1;
    }
    line_prefix_clear(&look);
    free(lengths);
}

/* But for the last one, which may be cut off. */
static bool have_all(size_t kind, const InputText texts[], size_t count) {
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        InputText text = texts[i];
        Piece piece;
        const bool has = text.start < text.end && prefixes[kind].take(text, &piece);
        const bool is_banner =
            prefixes[kind].banner != NULL && take_text(&text, prefixes[kind].banner);
        if (!has && !is_banner && text.start < text.end && !(any && i + 1 == count)) {
            return false;
        }
        any = any || has;
    }
    return any;
}

bool line_prefix_find(LinePrefix *self, const InputText lines[], InputText texts[], size_t count) {
    memcpy(texts, lines, count * sizeof texts[0]);
    for (size_t kind = 0; kind < PREFIXES && self->count < LINE_PREFIXES_MOST; kind++) {
        if (have_all(kind, texts, count)) {
            self->kinds[self->count++] = (int)kind;
            line_prefix_peek(self, lines, texts, count);
        }
    }
    return self->count > 0;
}

void line_prefix_clear(LinePrefix *self) {
    text_clear(&self->decoded);
    text_clear(&self->peeked);
    text_clear(&self->before);
    for (size_t i = 0; i < LINE_STREAMS; i++) {
        text_clear(&self->parts[i].text);
    }
    *self = (LinePrefix){0};
}
