// SPDX-License-Identifier: GPL-3.0-or-later
/* A recursive descent over JSON's grammar that makes cJSON's nodes as it goes. */
#include "base/json.h"

#include "base/file_name.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Files -------------------------------------------------------------------------------------- */

static const char readable[] = "a file that can be read";

static char *stream_read(FILE *stream, const char *path, size_t *length, ErrorList *errors) {
    size_t capacity = 64 * 1024;
    char *text = memory_new(capacity, 1);
    *length = 0;
    for (;;) {
        const size_t got = fread(text + *length, 1, capacity - *length - 1, stream);
        *length += got;
        if (got == 0) {
            break;
        }
        if (*length > JSON_FILE_MOST) {
            free(text);
            error_in_file(errors, path, "more than 64 MiB", readable, NULL);
            return NULL;
        }
        if (*length + 1 == capacity) {
            capacity *= 2;
            text = memory_resize(text, capacity, 1);
        }
    }
    if (ferror(stream)) { /* a directory opens, but cannot be read */
        free(text);
        error_unreadable(errors, path, errno, readable);
        return NULL;
    }
    text[*length] = '\0';
    return text;
}

static bool is_folder(const char *folder) {
    return file_name_is_there(folder, ".", X_OK);
}

/* The file of that name among the installed scenarios; NULL: none. Owned by the caller. */
static char *installed(const char *path) {
    static const char *const places[] = {"../share/autoscale-sim/scenarios"};
    const char *name = strncmp(path, "scenarios/", 10) == 0 ? path + 10 : path;
    char *folder = file_name_near_program(places, 1, is_folder);
    char *found = NULL;
    if (folder != NULL && *name != '/' && file_name_is_there(folder, name, R_OK)) {
        char *whole = memory_format("%s/%s", folder, name);
        found = file_name_real(whole);
        free(whole);
    }
    free(folder);
    return found;
}

/* What cannot be opened; an installed scenario of that name is suggested. */
static void refuse_to_open(const char *path, int reason, ErrorList *errors) {
    char *suggestion = reason == ENOENT ? installed(path) : NULL;
    const Error where = {.file = path, .kind = error_kind_of_reading(reason)};
    error_at(errors, &where, strerror(reason), readable, suggestion);
    free(suggestion);
}

char *json_file_read(const char *path, size_t *length, ErrorList *errors) {
    if (strcmp(path, "-") == 0) {
        return stream_read(stdin, path, length, errors);
    }
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        refuse_to_open(path, errno, errors);
        return NULL;
    }
    char *text = stream_read(stream, path, length, errors);
    fclose(stream);
    return text;
}

/* Places ------------------------------------------------------------------------------------- */

/* The slot of the node, or the free one where it would go; the table is never full. */
static JsonPlace *slot_of(JsonPlace places[], size_t room, const cJSON *node) {
    size_t i = (size_t)(((uint64_t)(uintptr_t)node * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
    for (i &= room - 1; places[i].node != NULL && places[i].node != node;
         i = (i + 1) & (room - 1)) {
    }
    return &places[i];
}

JsonPlace json_place(const JsonTree *tree, const cJSON *node) {
    return tree->place_room > 0 ? *slot_of(tree->places, tree->place_room, node) : (JsonPlace){0};
}

static void reserve_places(JsonTree *tree) {
    const size_t room = tree->place_room > 0 ? 2 * tree->place_room : MEMORY_FIRST_ROOM(64) + 1U;
    size_t power = 2;
    while (power < room) {
        power *= 2;
    }
    JsonPlace *places = memory_new(power, sizeof places[0]);
    for (size_t i = 0; i < tree->place_room; i++) {
        if (tree->places[i].node != NULL) {
            *slot_of(places, power, tree->places[i].node) = tree->places[i];
        }
    }
    free(tree->places);
    tree->places = places;
    tree->place_room = power;
}

void json_place_set(JsonTree *tree, JsonPlace place) {
    if (2 * (tree->place_count + 1) > tree->place_room) {
        reserve_places(tree);
    }
    JsonPlace *slot = slot_of(tree->places, tree->place_room, place.node);
    tree->place_count += slot->node == NULL;
    *slot = place;
}

static void copy_places(const JsonTree *from, const cJSON *old, JsonTree *to, const cJSON *node) {
    JsonPlace place = json_place(from, old);
    place.node = node;
    json_place_set(to, place);
    for (old = old->child, node = node->child; old != NULL; old = old->next, node = node->next) {
        copy_places(from, old, to, node);
    }
}

JsonTree json_copy(const JsonTree *tree, const cJSON *node) {
    JsonTree copy = {.root = memory_checked(cJSON_Duplicate(node, 1))};
    copy_places(tree, node, &copy, copy.root);
    return copy;
}

/* The root alone, owned by the caller; the tree is empty then. */
static cJSON *json_take(JsonTree *tree) {
    cJSON *root = tree->root;
    free(tree->places);
    *tree = (JsonTree){0};
    return root;
}

void json_clear(JsonTree *tree) {
    cJSON_Delete(json_take(tree));
}

/* Paths -------------------------------------------------------------------------------------- */

static bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '*';
}

static bool is_word(const char *key) {
    const char *p = key;
    while (is_word_byte(*p)) {
        p++;
    }
    return *p == '\0' && p != key;
}

static void add_path(Text *text, const JsonPath *path) {
    if (path == NULL) {
        return;
    }
    add_path(text, path->above);
    text_add(text, text->length > 0 ? "." : "");
    if (path->key == NULL) {
        text_addf(text, "%zu", path->index);
    } else {
        text_addf(text, is_word(path->key) ? "%s" : "\"%s\"", path->key);
    }
}

char *json_path_text(const JsonPath *path) {
    Text text = {0};
    add_path(&text, path);
    return text_take(&text);
}

/* Mistakes ----------------------------------------------------------------------------------- */

typedef struct Scanner {
    const char *text;
    size_t length;
    size_t at;
    long line;
    size_t line_start; /* offset of the line's first byte */
    int depth;
    bool failed; /* a mistake of grammar was told: it is the only one */
    const char *file;
    JsonTree *tree;
    ErrorList *errors;
} Scanner;

static void tell(Scanner *scanner, const JsonPath *path, size_t at, const char *found,
                 const char *expected) {
    char *place = path != NULL ? json_path_text(path) : NULL;
    const Error where = {.file = scanner->file,
                         .line = scanner->line,
                         .column = (long)(at - scanner->line_start) + 1,
                         .place = place};
    if (!scanner->failed) {
        error_at(scanner->errors, &where, found, expected, NULL);
    }
    free(place);
}

/* NULL, for whoever was to make a node. */
static cJSON *fail(Scanner *scanner, const JsonPath *path, size_t at, const char *found,
                   const char *expected) {
    tell(scanner, path, at, found, expected);
    scanner->failed = true;
    return NULL;
}

/* What stands at the scanner: a word or number whole, else one byte. */
static char *found_text(const Scanner *scanner) {
    if (scanner->at >= scanner->length) {
        return memory_text("the end of the text");
    }
    const char *start = scanner->text + scanner->at;
    if (*start == '\0') {
        return memory_text("a NUL byte");
    }
    size_t length = 0;
    if (*start == '"') {
        length = strcspn(start + 1, "\"\n") + 1;
        return memory_format("%.*s\"", (int)(length < 40 ? length : 40), start);
    }
    while (is_word_byte(start[length]) ||
           (length > 0 && (start[length] == '.' || start[length] == '+'))) {
        length++;
    }
    if (length == 0) { /* one character, whole if it is UTF-8 */
        length = 1;
        while (length < 4 && ((unsigned char)start[length] & 0xc0) == 0x80) {
            length++;
        }
    }
    return memory_format("\"%.*s\"", (int)(length < 40 ? length : 40), start);
}

static cJSON *refuse(Scanner *scanner, const JsonPath *path, const char *expected) {
    char *found = found_text(scanner);
    fail(scanner, path, scanner->at, found, expected);
    free(found);
    return NULL;
}

/* Blanks ------------------------------------------------------------------------------------- */

static char peek(const Scanner *scanner) {
    return scanner->at < scanner->length ? scanner->text[scanner->at] : '\0';
}

/* Past a comment that begins here; false if none does. */
static bool skip_comment(Scanner *scanner) {
    const char *start = scanner->text + scanner->at;
    if (start[0] != '/' || (start[1] != '/' && start[1] != '*')) {
        return false;
    }
    if (start[1] == '/') {
        const char *feed = memchr(start, '\n', scanner->length - scanner->at);
        scanner->at = feed != NULL ? (size_t)(feed - scanner->text) : scanner->length;
        return true;
    }
    size_t at = scanner->at + 2;
    long lines = 0;
    size_t line_start = scanner->line_start;
    while (at + 1 < scanner->length && (scanner->text[at] != '*' || scanner->text[at + 1] != '/')) {
        if (scanner->text[at++] == '\n') {
            lines++;
            line_start = at;
        }
    }
    if (at + 1 >= scanner->length) {
        fail(scanner, NULL, scanner->at, "a comment without end", "*/ to end it");
        scanner->at = scanner->length;
        return true;
    }
    scanner->at = at + 2;
    scanner->line += lines;
    scanner->line_start = line_start;
    return true;
}

static void skip_blanks(Scanner *scanner) {
    for (;;) {
        const char c = peek(scanner);
        if (c == '\n') {
            scanner->line++;
            scanner->line_start = ++scanner->at;
        } else if (c == ' ' || c == '\t' || c == '\r') {
            scanner->at++;
        } else if (c != '/' || !skip_comment(scanner)) {
            return;
        }
    }
}

/* Texts -------------------------------------------------------------------------------------- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The code unit of \uXXXX whose backslash is at p, or -1. */
static long code_unit(const char *p) {
    long unit = 0;
    if (p[0] != '\\' || p[1] != 'u') {
        return -1;
    }
    for (int i = 2; i < 6; i++) {
        const int digit = hex_digit(p[i]);
        if (digit < 0) {
            return -1;
        }
        unit = unit * 16 + digit;
    }
    return unit;
}

static void add_utf8(Text *text, unsigned long code) {
    if (code < 0x80) {
        text_add_char(text, (char)code);
        return;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const unsigned char first[] = {0, 0xc0, 0xe0, 0xf0};
    text_add_char(text, (char)(first[more] | code >> (6 * more)));
    for (int i = more - 1; i >= 0; i--) {
        text_add_char(text, (char)(0x80 | (code >> (6 * i) & 0x3f)));
    }
}

size_t json_add_escape(Text *text, const char *p) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (p[1] != 'u') {
        const char *letter = p[1] != '\0' ? strchr(letters, p[1]) : NULL;
        if (letter != NULL) {
            text_add_char(text, meant[letter - letters]);
        }
        return letter != NULL ? 2 : 0;
    }
    const long unit = code_unit(p);
    if (unit <= 0 || (unit >= 0xdc00 && unit <= 0xdfff)) {
        return 0;
    }
    if (unit < 0xd800 || unit > 0xdbff) {
        add_utf8(text, (unsigned long)unit);
        return 6;
    }
    const long low = code_unit(p + 6);
    if (low < 0xdc00 || low > 0xdfff) {
        return 0;
    }
    add_utf8(text,
             0x10000UL + ((unsigned long)(unit - 0xd800) << 10) + (unsigned long)low - 0xdc00);
    return 12;
}

bool json_is_utf8(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        const size_t length = text_utf8_length(p);
        if (length == 0) {
            return false;
        }
        p += length;
    }
    return true;
}

/* Adds the character at p. Its bytes, or 0 after refusing it. */
static size_t scan_character(Scanner *scanner, const JsonPath *path, Text *text) {
    const char *p = scanner->text + scanner->at;
    char *found;
    const char *expected;
    size_t length;
    if (*p == '\\') {
        length = json_add_escape(text, p);
        found = length > 0 ? NULL : memory_format("the escape \"%.*s\"", p[1] == 'u' ? 6 : 2, p);
        expected = "one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t, or \\uXXXX for a character";
    } else {
        length = (unsigned char)*p < 0x20 ? 0 : text_utf8_length((const unsigned char *)p);
        text_add_bytes(text, p, length);
        found = length > 0 ? NULL : memory_format("the byte 0x%02x", (unsigned)(unsigned char)*p);
        expected = "text in UTF-8";
    }
    if (length == 0) {
        fail(scanner, path, scanner->at, found, expected);
        free(found);
    }
    return length;
}

/* At its opening quote; ends after the closing one. NULL after a mistake; owned by the caller. */
static char *scan_string(Scanner *scanner, const JsonPath *path) {
    const size_t start = scanner->at++;
    Text text = {0};
    for (;;) {
        const char *p = scanner->text + scanner->at;
        if (scanner->at >= scanner->length || *p == '\n') {
            fail(scanner, path, start, "a text without end", "a closing quote on its line");
            break;
        }
        if (*p == '"') {
            scanner->at++;
            return text_take(&text);
        }
        const size_t length = scan_character(scanner, path, &text);
        if (length == 0) {
            break;
        }
        scanner->at += length;
    }
    text_clear(&text);
    return NULL;
}

/* Values ------------------------------------------------------------------------------------- */

static cJSON *scan_text(Scanner *scanner, const JsonPath *path) {
    char *text = scan_string(scanner, path);
    cJSON *node = text != NULL ? json_text(text) : NULL;
    free(text);
    return node;
}

static cJSON *scan_number(Scanner *scanner, const JsonPath *path) {
    const char *start = scanner->text + scanner->at, *end;
    const char *digits = start + (*start == '-');
    double number;
    if (!text_read_number(start, &end, &number) || is_word_byte(*end) || *end == '.' ||
        (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9')) {
        return refuse(scanner, path, "a number such as 0.5, -3 or 1e6");
    }
    cJSON *node = json_number(number);
    if (!isfinite(number)) {
        char *found = found_text(scanner);
        tell(scanner, path, scanner->at, found,
             "a number that a computer can hold, at most 1.7e308");
        free(found);
        node->type = cJSON_Invalid;
    }
    scanner->at += (size_t)(end - start);
    return node;
}

static cJSON *scan_word(Scanner *scanner, const JsonPath *path) {
    static const char *const words[] = {"false", "true", "null"};
    for (int i = 0; i < 3; i++) {
        const size_t length = strlen(words[i]);
        if (strncmp(scanner->text + scanner->at, words[i], length) == 0 &&
            !is_word_byte(scanner->text[scanner->at + length])) {
            scanner->at += length;
            return i == 2 ? json_null() : json_boolean(i);
        }
    }
    return refuse(scanner, path,
                  "a value: a text in double quotes, a number, true, false, null, {} or []");
}

static cJSON *scan_value(Scanner *scanner, const JsonPath *path);

/* After an element: past a comma (*more) or the closing bracket. False after a mistake. */
static bool scan_between(Scanner *scanner, const JsonPath *path, char close, bool *more) {
    skip_blanks(scanner);
    const char c = peek(scanner);
    if (c != ',' && c != close) {
        refuse(scanner, path, close == '}' ? "a comma or }" : "a comma or ]");
        return false;
    }
    scanner->at++;
    *more = c == ',';
    if (*more) {
        skip_blanks(scanner);
        if (peek(scanner) == close) {
            refuse(scanner, path, "no comma before it");
        }
    }
    return !scanner->failed;
}

static cJSON *scan_member(Scanner *scanner, const JsonPath *path) {
    if (peek(scanner) != '"') {
        return refuse(scanner, path, "a key in double quotes");
    }
    const long line = scanner->line;
    char *key = scan_string(scanner, path);
    if (key == NULL) {
        return NULL;
    }
    const JsonPath inner = {.above = path, .key = key};
    skip_blanks(scanner);
    cJSON *node = NULL;
    if (peek(scanner) != ':') {
        refuse(scanner, &inner, "a colon after the key");
    } else {
        scanner->at++;
        skip_blanks(scanner);
        node = scan_value(scanner, &inner);
    }
    if (node == NULL) {
        free(key);
        return NULL;
    }
    node->string = key; /* which cJSON frees */
    json_place_set(scanner->tree, (JsonPlace){.node = node, .line = line});
    return node;
}

typedef struct Member {
    const cJSON *node;
    size_t order;
} Member;

static int by_key(const void *left, const void *right) {
    const Member *a = left, *b = right;
    const int difference = strcmp(a->node->string, b->node->string);
    return difference != 0 ? difference : (a->order > b->order) - (a->order < b->order);
}

static void tell_duplicate(Scanner *scanner, const JsonPath *above, const cJSON *first,
                           const cJSON *second) {
    char *place = json_path_text(&(JsonPath){.above = above, .key = second->string});
    char *expected = memory_format("each key once: the first is on line %ld",
                                   json_place(scanner->tree, first).line);
    const Error where = {
        .file = scanner->file, .line = json_place(scanner->tree, second).line, .place = place};
    error_at(scanner->errors, &where, "the same key again", expected, NULL);
    free(place);
    free(expected);
}

static void find_duplicates(Scanner *scanner, const JsonPath *path, const cJSON *object) {
    const size_t count = (size_t)cJSON_GetArraySize(object);
    Member *members = memory_new(count, sizeof members[0]);
    size_t order = 0;
    const cJSON *child;
    cJSON_ArrayForEach (child, object) {
        members[order] = (Member){child, order};
        order++;
    }
    qsort(members, count, sizeof members[0], by_key);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(members[i - 1].node->string, members[i].node->string) == 0) {
            tell_duplicate(scanner, path, members[i - 1].node, members[i].node);
        }
    }
    free(members);
}

static cJSON *scan_container(Scanner *scanner, const JsonPath *path, char close) {
    if (++scanner->depth > JSON_DEPTH_MOST) {
        return refuse(scanner, NULL, "at most 64 arrays and objects within one another");
    }
    cJSON *container = close == '}' ? json_object() : json_array();
    JsonPath inner = {.above = path};
    scanner->at++;
    skip_blanks(scanner);
    bool more = peek(scanner) != close;
    scanner->at += !more;
    for (; more; inner.index++) {
        const long line = scanner->line;
        cJSON *child = close == '}' ? scan_member(scanner, path) : scan_value(scanner, &inner);
        if (child != NULL && close == ']') {
            json_place_set(scanner->tree, (JsonPlace){.node = child, .line = line});
        }
        if (child != NULL) {
            json_append(container, child);
        }
        if (child == NULL || !scan_between(scanner, path, close, &more)) {
            cJSON_Delete(container);
            return NULL;
        }
    }
    scanner->depth--;
    if (close == '}') {
        find_duplicates(scanner, path, container);
    }
    return container;
}

static cJSON *scan_value(Scanner *scanner, const JsonPath *path) {
    switch (peek(scanner)) {
    case '{': return scan_container(scanner, path, '}');
    case '[': return scan_container(scanner, path, ']');
    case '"': return scan_text(scanner, path);
    case '-': return scan_number(scanner, path);
    default:
        return peek(scanner) >= '0' && peek(scanner) <= '9' ? scan_number(scanner, path)
                                                            : scan_word(scanner, path);
    }
}

bool json_parse(JsonTree *tree, const char *text, size_t length, const char *file,
                ErrorList *errors) {
    const bool marked = length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0; /* byte order */
    Scanner scanner = {.text = text,
                       .length = length,
                       .at = marked ? 3 : 0,
                       .line = 1,
                       .file = file,
                       .tree = tree,
                       .errors = errors};
    *tree = (JsonTree){0};
    skip_blanks(&scanner);
    if (scanner.at >= length) {
        refuse(&scanner, NULL, "a JSON object { ... }");
        return false;
    }
    const long line = scanner.line;
    tree->root = scan_value(&scanner, NULL);
    skip_blanks(&scanner);
    if (tree->root != NULL && scanner.at < length) {
        refuse(&scanner, NULL, "nothing after the end of the object");
    }
    if (scanner.failed) {
        json_clear(tree);
        return false;
    }
    json_place_set(tree, (JsonPlace){.node = tree->root, .line = line});
    return true;
}

bool json_read(JsonTree *tree, const char *path, ErrorList *errors) {
    size_t length;
    *tree = (JsonTree){0};
    char *text = json_file_read(path, &length, errors);
    const bool read = text != NULL && json_parse(tree, text, length, path, errors);
    free(text);
    return read;
}

cJSON *json_load(const char *path, ErrorList *errors) {
    JsonTree tree;
    json_read(&tree, path, errors);
    return json_take(&tree);
}

/* Building ----------------------------------------------------------------------------------- */

cJSON *json_object(void) {
    return memory_checked(cJSON_CreateObject());
}

cJSON *json_array(void) {
    return memory_checked(cJSON_CreateArray());
}

cJSON *json_text(const char *text) {
    return text ? memory_checked(cJSON_CreateString(text)) : json_null();
}

cJSON *json_number(double number) {
    return isfinite(number) ? memory_checked(cJSON_CreateNumber(number)) : json_null();
}

cJSON *json_boolean(int yes) {
    return memory_checked(cJSON_CreateBool(yes));
}

cJSON *json_null(void) {
    return memory_checked(cJSON_CreateNull());
}

void json_add(cJSON *object, const char *key, cJSON *item) {
    memory_checked(cJSON_AddItemToObject(object, key, item) ? item : NULL);
}

void json_append(cJSON *array, cJSON *item) {
    memory_checked(cJSON_AddItemToArray(array, item) ? item : NULL);
}

/* Printing ----------------------------------------------------------------------------------- */

/* What is hidden lies below U+3000; a byte that is no UTF-8 becomes U+FFFD. */
static unsigned code_of(const unsigned char *p, size_t length) {
    return length == 0   ? 0xfffd
           : length == 1 ? p[0]
           : length == 2 ? (p[0] & 0x1fU) << 6 | (p[1] & 0x3fU)
                         : (p[0] & 0x0fU) << 12 | (p[1] & 0x3fU) << 6 | (p[2] & 0x3fU);
}

static void put_escaped(Text *page, unsigned c) {
    static const char letters[] = "\"\\\b\f\n\r\t", shown[] = "\"\\bfnrt";
    const char *letter = c < 0x80 ? strchr(letters, (int)c) : NULL;
    if (letter != NULL) {
        text_addf(page, "\\%c", shown[letter - letters]);
    } else {
        text_addf(page, "\\u%04x", c & 0xffffU);
    }
}

static void put_string(Text *page, const char *text) {
    text_add_char(page, '"');
    const unsigned char *p = (const unsigned char *)text;
    while (*p != '\0') {
        const size_t length = text_utf8_length(p);
        if (*p == '"' || *p == '\\' || text_shown_length(p) == 0) {
            put_escaped(page, code_of(p, length));
        } else {
            text_add_bytes(page, (const char *)p, length);
        }
        p += length ? length : 1;
    }
    text_add_char(page, '"');
}

/* An array goes on one line if nothing in it has parts of its own. */
static bool is_flat(const cJSON *node) {
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (child->child != NULL) {
            return false;
        }
    }
    return cJSON_IsArray(node);
}

static void put_value(Text *page, const cJSON *node, int depth);

/* depth < 0: all on one line */
static void put_container(Text *page, const cJSON *node, int depth) {
    const bool object = cJSON_IsObject(node);
    const bool broken = depth >= 0 && node->child != NULL && !is_flat(node);
    const int inner = broken ? depth + 1 : -1;
    text_add_char(page, object ? '{' : '[');
    const cJSON *child;
    cJSON_ArrayForEach (child, node) {
        if (broken) {
            text_addf(page, "\n%*s", 2 * inner, "");
        }
        if (object) {
            put_string(page, child->string);
            text_add(page, ": ");
        }
        put_value(page, child, inner);
        if (child->next != NULL) {
            text_add(page, broken ? "," : ", ");
        }
    }
    if (broken) {
        text_addf(page, "\n%*s", 2 * depth, "");
    }
    text_add_char(page, object ? '}' : ']');
}

static void put_value(Text *page, const cJSON *node, int depth) {
    char text[32];
    switch (node->type & 0xff) {
    case cJSON_False: text_add(page, "false"); break;
    case cJSON_True: text_add(page, "true"); break;
    case cJSON_Number: text_add(page, text_number(node->valuedouble, text)); break;
    case cJSON_String: put_string(page, node->valuestring); break;
    case cJSON_Array:
    case cJSON_Object: put_container(page, node, depth); break;
    default: text_add(page, "null"); break;
    }
}

char *json_print(const cJSON *tree) {
    Text page = {0};
    put_value(&page, tree, 0);
    text_add_char(&page, '\n');
    return text_take(&page);
}

char *json_print_line(const cJSON *tree) {
    Text page = {0};
    put_value(&page, tree, -1);
    return text_take(&page);
}

char *json_found(const cJSON *node) {
    if (node == NULL) {
        return memory_text("nothing");
    }
    switch (node->type & 0xff) {
    case cJSON_String: return memory_format("\"%s\"", node->valuestring);
    case cJSON_Array: return memory_text("an array");
    case cJSON_Object:
    case cJSON_Invalid: return memory_text("an object");
    default: return json_print_line(node);
    }
}

bool json_refuse(ErrorList *errors, const Error *where, const cJSON *node, const char *expected,
                 const char *suggestion) {
    char *found = json_found(node);
    error_at(errors, where, found, expected, suggestion);
    free(found);
    return false;
}
