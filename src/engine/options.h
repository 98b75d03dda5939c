// SPDX-License-Identifier: GPL-3.0-or-later
/* An option is written down once: one row of a table gives its name, type, place in the config
 * struct, limits, default, flag and help. The tables (each beside the code it configures) feed the
 * JSON reader, the writer of scenario.json, --set, firectl's flags, --help, `assumptions` and the
 * nearest-spelling suggestions. This room knows values and texts only; scenario/ reads JSON. */
#ifndef ENGINE_OPTIONS_H
#define ENGINE_OPTIONS_H

#include "autoscale_sim/types.h"
#include "base/error.h"
#include "base/text.h"

typedef enum OptionType {
    OPTION_BOOLEAN,  /* bool */
    OPTION_INTEGER,  /* int64_t; a JSON number without fraction, |x| <= 2^53 */
    OPTION_NUMBER,   /* double, finite */
    OPTION_DURATION, /* sim_time; text "30s"; limits in seconds */
    OPTION_TEXT,     /* char *, owned by the struct; NULL when absent and no default */
    OPTION_TEXTS,    /* TextList: a text, or a JSON array of texts */
    OPTION_CHOICE,   /* int: index into choices */
    OPTION_INSTANT,  /* int64_t epoch seconds; text "2026-11-16T00:00:00Z" */
    OPTION_SPAN, /* Distribution of seconds: "90s", {"distribution": "gamma", "mean": "90s", ...} */
    OPTION_LENGTH,  /* Distribution of tokens: 500, {"distribution": "gamma", "mean": 500, ...} */
    OPTION_NUMBERS, /* OptionNumbers: a JSON array of numbers, each within the limits */
    OPTION_POINTS,  /* OptionPoints: array of [duration, number], times rising, numbers in limits */
    OPTION_LIST,    /* OptionList: a JSON array of structs, each read by the table `group` */
    OPTION_GROUP,   /* a struct inside the struct, read by the table `group` from a JSON object */
    OPTION_CUSTOM   /* read and written by its `part` */
} OptionType;

/* Arrays that an option may hold; freed by options_clear. No default: count 0. */
typedef struct OptionNumbers {
    double *values;
    size_t count;
} OptionNumbers;

typedef struct OptionPoints {
    sim_time *times;
    double *values;
    size_t count;
} OptionPoints;

typedef struct OptionList {
    void *items; /* count structs of the row's item_size, one after another */
    size_t count;
} OptionList;

typedef enum OptionBasis {
    OPTION_OURS,       /* how the tool is used: nothing to do with the platform */
    OPTION_DOCUMENTED, /* default and limits stated by the platform's documentation */
    OPTION_ASSUMED     /* the documentation is silent: `assumptions` lists it */
} OptionBasis;

/* Texts of values as a flag has them: read into the option's, and written back; both owned by the
 * caller, NULL: alike. */
typedef struct OptionSpelling {
    char *(*read)(const char *value);
    char *(*write)(const char *value);
    const char *unwritten; /* why the flag cannot be written, or NULL */
} OptionSpelling;

typedef struct Option {
    const char *name; /* snake_case, with its unit if a bare number */
    OptionType type;
    OptionBasis basis;
    size_t offset;              /* in the config struct */
    double minimum, maximum;    /* inclusive; of times (of a SPAN: its mean) in s; (0, 0): none */
    bool above_minimum;         /* minimum itself is excluded: f > 0 */
    const char *default_text;   /* as a user would write it, no quotes: "30s"; NULL: absent */
    const char *const *choices; /* NULL-terminated, for CHOICE; see option_choice */
    size_t choice_size;         /* of the rows that the choices head; 0: they are all there is */
    const struct Option *group; /* for GROUP, LIST; ends with a row whose name is NULL */
    size_t item_size;           /* of LIST */
    bool in_a_row; /* of LIST: an item is an array of values, in the order of its table */
    size_t given;  /* of GROUP, BOOLEAN: a bool of the config struct, true when it is written, be
                      the group empty; 0: none */
    const char *needs; /* of the same table: without it, or when it is off, this one has no effect,
                          and is refused; NULL: it stands alone */
    const char *const *not_with; /* of the same table, NULL-terminated: each takes the place of this
                                    one, which is then refused; NULL: none does */
    const char *flag;            /* firectl's flag without dashes, or NULL */
    const OptionSpelling *spelling; /* of the flag's values, or NULL: as here */
    bool flag_always;               /* a command that is written has it, even at its default */
    bool is_count;                  /* of LENGTH: not of tokens */
    bool is_name;                   /* of TEXT: as text_is_name has it, or empty */
    bool is_file;                   /* of TEXT, TEXTS: names of files, made absolute; or patterns */
    bool of_model;                  /* says something of the model, which another makes untrue */
    const struct OptionPart *part;  /* of CUSTOM: how scenario/ reads and writes it, or NULL */
    const char *short_for; /* of CUSTOM, GROUP: the key whose value may stand in the object's place
                            */
    bool may_lack;         /* of NUMBERS: null stands where there is none, which is NAN */
    const char *help;      /* one line, no final stop */
} Option;

/* What an absent value looks like. INTEGER and INSTANT: OPTION_ABSENT_INTEGER; CHOICE:
 * OPTION_ABSENT_CHOICE; NUMBER: NAN; DURATION: SIM_TIME_NEVER; TEXT: NULL; SPAN and LENGTH: fixed
 * at NAN; NUMBERS, POINTS and LIST: none; BOOLEAN: false. */
#define OPTION_ABSENT_INTEGER INT64_MIN
#define OPTION_ABSENT_CHOICE (-1)
#define OPTION_NO_LIMIT 1e300
/* clang-format off */
#define OPTION_END {.name = NULL}
/* How a row begins whose option is called like its member: {OPTION_ROW(Scenario, seed, INTEGER, OURS),
 * .minimum = ...}. A table defines ROW as this with its struct, so that a row is a line or two. */
#define OPTION_ROW(config, member, type_, basis_)                                                  \
    .name = #member, .type = OPTION_##type_, .basis = OPTION_##basis_,                             \
    .offset = offsetof(config, member)
/* clang-format on */

/* Row with that name, or NULL. */
const Option *option_find(const Option table[], const char *name);
/* The nearest name in the table, or NULL. */
const char *option_nearest(const Option table[], const char *name);

/* The index-th word of a CHOICE; NULL: there are no more. The words may be the first members of a
 * table's rows, which ends with a NULL, so that no list repeats them. */
const char *option_choice(const Option *option, size_t index);

/* Sets every option of the table (groups too) to its default. Texts and distributions are
 * allocated. */
void options_set_defaults(const Option table[], void *config);
/* Frees texts and distributions (groups too). CUSTOM members are their owner's. */
void options_clear(const Option table[], void *config);

/* Sets one scalar option (BOOLEAN .. INSTANT, SPAN and LENGTH as one fixed value) from a text as
 * the user wrote it; checks type and limits. On a mistake adds an error with `place` filled by
 * found/expected (file, line, place taken from *where; where NULL: none) and returns false, leaving
 * the old value. */
bool option_set_text(const Option *option, void *config, const char *text, const Error *where,
                     ErrorList *errors);
/* The same for a number (INTEGER, NUMBER, LENGTH). */
bool option_set_number(const Option *option, void *config, double number, const Error *where,
                       ErrorList *errors);
/* Checks value against the limits of the row; true when within. For composite readers. */
bool option_within_limits(const Option *option, double value);
/* "a duration such as 30s, at most 1h", "a whole number from 0 to 100": what the row accepts.
 * Owned by the caller. */
char *option_expected(const Option *option);

/* Is the value what an absent one looks like? */
bool option_is_absent(const Option *option, const void *config);

/* Does the value do anything, as others need it to: true, a number above its minimum, a value that
 * is there? */
bool option_is_on(const Option *option, const void *config);
/* Does another option of the table, as it now is, leave this one without effect? A number that is
 * off does not: whoever writes it knows what he does. */
bool option_is_moot(const Option table[], const Option *option, const void *config);

/* The current value of a scalar as a user would write it (no quotes); "" when absent. What is no
 * scalar is only described ("lognormal of mean 1m30s", "24 numbers"). Owned by the caller. */
char *option_value_text(const Option *option, const void *config);

#endif
