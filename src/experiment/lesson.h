// SPDX-License-Identifier: GPL-3.0-or-later
/* A lesson: a page of Markdown whose every figure is a placeholder, and the runs that fill it.
 * scenarios/lessons/README.md describes pages. A lesson goes through these hands in order:
 *
 *     lesson_read         the page: title, its runs with their options, what it asks of the reader
 *     (the caller)        gives each run its scenario, read with the run's options
 *     lesson_check        every placeholder: are there such runs, metrics and options?
 *     (the caller)        runs each scenario, lesson_replications times
 *     lesson_fill         the page's text, in figures
 *     lesson_layout_print in lines
 *
 * lesson.c reads, checks and fills pages and finds the shelf, lesson_blocks.c does so with what the
 * reader is to predict, to move and to reach, lesson_expression.c reckons what stands between {{
 * and }}, lesson_layout.c prints. */
#ifndef EXPERIMENT_LESSON_H
#define EXPERIMENT_LESSON_H

#include "base/error.h"
#include "scenario/overrides.h"

typedef struct asim_scenario Scenario;
typedef struct cJSON cJSON;
typedef struct MetricRow MetricRow;
typedef struct PlanCell PlanCell;

/* One line of the page's block of runs: "always: --min-replica-count 1". */
typedef struct LessonRun {
    char *name;           /* letters, digits, _ */
    char *options;        /* as the page gives them; "" for the scenario as it stands */
    long line;            /* of the page */
    OverrideList changes; /* what the options come to; owned, set by the caller */
    Scenario *scenario;   /* owned, set by the caller */
    cJSON *as_run;        /* its options, for placeholders */
    size_t replications;  /* that the page's placeholders ask for */
    const PlanCell *done; /* lent, set by the caller; its report has watched the first */
} LessonRun;

#define LESSON_FENCE "```"

/* A block that asks something of the reader, and is told with the figures of the runs. */
typedef enum LessonBlockKind {
    LESSON_PREDICT,   /* a question with answers to choose from */
    LESSON_SLIDER,    /* the one option that matters: a run with it moved, beside another run */
    LESSON_CHALLENGE, /* goals to reach with the options that may be moved */
    LESSON_BLOCK_KINDS
} LessonBlockKind;

/* "KEY: VALUE"; lines that begin with a blank go on with the value. */
typedef struct LessonEntry {
    size_t key; /* of lesson_blocks.c's table */
    char *value;
    long line;
} LessonEntry;

typedef struct LessonBlock {
    LessonBlockKind kind;
    long line; /* of its fence */
    LessonEntry *entries;
    size_t count, room;
} LessonBlock;

typedef struct Lesson {
    char *file;  /* the page: what errors name */
    char *text;  /* all of it */
    char *title; /* its first heading */
    LessonRun *runs;
    size_t run_count, run_room;
    LessonBlock *blocks;
    size_t block_count, block_room;
} Lesson;

/* Reads a page. False after adding errors: no heading, no block of runs, a run named twice, a block
 * of an unknown kind, a line of one that is none of its own. The lesson is to be cleared either
 * way.
 */
bool lesson_read(Lesson *lesson, const char *path, ErrorList *errors);
void lesson_clear(Lesson *lesson);

/* Placeholders ------------------------------------------------------------------------------- */

#define LESSON_REPLICATIONS_MOST 1000
#define LESSON_CONFIDENCE 0.95 /* of every interval */

/* What stands between {{ and }} on a line of the page: an expression of Lua, in a sandbox that
 * knows the lesson's runs. Its values are figures: numbers with a unit, shown as people read them
 * ("$12.30", "4.63 s", "never", "-" for what does not apply).
 *
 *     zero.total_usd                          a metric of the run `zero` (its only deployment)
 *     zero.chat.total_usd                     of one of several deployments
 *     zero "deployments.chat.cold_start.cv"   an option of its scenario, by --set's path
 *     zero "cold_start.cv"                    the same, if there is but one deployment
 *     always.total_usd - zero.total_usd       + - * / ( ) and numbers
 *     percent(zero.answers_503 / zero.sends)  shown in another unit
 *     mean(a.total_usd, 10)                   over that many replications
 *     half_width(a.x - b.x, 10, paired)       of the 95 % interval of the mean difference
 *     needed(a.x - b.x, 50, independent)      replications from which on, up to 50, it excludes 0
 *     misled(a.x - b.x, 50, paired)           share of single replications with the other sign
 *
 * paired: replication i of one run beside replication i of the other (common random numbers);
 * independent: the second run's replications are other ones.
 *
 * measured false: nothing has been run yet; mistakes are looked for, the replications it wants
 * noted, and figures of runs do not apply. Returns the figure's text, owned by the caller, or NULL
 * after adding an error. holds not NULL: it is "EXPRESSION < EXPRESSION" (<, >, <=, >=; not, and,
 * or), false where a figure does not apply, and after adding an error; there is no text. number not
 * NULL: the figure's number (NAN: it is none), in s, $ or shares of 1. */
char *lesson_expression(Lesson *lesson, const char *expression, long line, bool measured,
                        bool *holds, double *number, ErrorList *errors);

/* A metric's value as a figure: "$12.30". Owned by the caller. */
char *lesson_metric_text(const MetricRow *row, double value);

/* An option of the run's scenario as --set takes it, by a path that an expression has had. Owned by
 * the caller. */
char *lesson_option_text(const LessonRun *run, const char *path);

/* Checks every placeholder against the runs' scenarios, and notes how many replications they want.
 * False after adding all mistakes. */
bool lesson_check(Lesson *lesson, ErrorList *errors);

/* What stands in the place of the block of runs, and of commands in code. */
typedef struct LessonNames {
    const char *program;  /* for `autoscale-sim` at the beginning of a command */
    const char *folder;   /* for `scenarios/lessons` */
    const char *commands; /* the block of runs, as commands; lines */
    const char *scenario; /* file that the runs are of, to be typed */
    bool without_blocks;  /* what is asked of the reader is left out */
} LessonNames;

/* A blank within a figure, at which no line may end; lesson_layout_print makes it one. */
#define LESSON_HARD_BLANK '\x01'

/* The page with its figures. Owned by the caller. Asserts what lesson_check has checked. */
char *lesson_fill(Lesson *lesson, const LessonNames *names);

/* A line of text, such as a question, with its placeholders filled; names NULL: only checked, then
 * there is no text. Owned by the caller. */
char *lesson_fill_line(Lesson *lesson, const char *text, long line, const LessonNames *names,
                       ErrorList *errors);

/* What is asked of the reader ----------------------------------------------------------------- */

/* Reads one line of a block. False after adding an error. */
bool lesson_block_read_line(Lesson *lesson, LessonBlock *block, const char *line, long number,
                            ErrorList *errors);
/* The kind by the word behind the fence; LESSON_BLOCK_KINDS: none of them. */
LessonBlockKind lesson_block_kind(const char *word);
void lesson_block_clear(LessonBlock *block);

/* Are the block's lines sound, and all there that it needs? False after adding all mistakes. Part
 * of lesson_check. */
bool lesson_block_check(Lesson *lesson, const LessonBlock *block, ErrorList *errors);

/* The values of the options that may be moved, what the page's run begins with among them, each in
 * a scenario of its own: `file` with the run's changes and this one. False after adding errors, at
 * the lines of the page. */
bool lesson_check_moves(Lesson *lesson, const char *file, ErrorList *errors);

/* As Markdown, in figures. Owned by the caller. Asserts what lesson_check has checked. */
char *lesson_block_text(Lesson *lesson, const LessonBlock *block, const LessonNames *names);

/* The whole lesson in figures, for a program that leads through it: the page, the runs with their
 * changes, the questions with their answers, what may be moved, the goals. Owned by the caller. */
char *lesson_json(Lesson *lesson, const LessonNames *names);

/* How often each run is to be run: 1, or more if the page asks for replications. */
size_t lesson_replications(const Lesson *lesson);

/* Lines -------------------------------------------------------------------------------------- */

/* The beginning of the next line, or the end of the text. */
const char *lesson_line_next(const char *line);
bool lesson_line_begins(const char *line, const char *with);

/* A filled page of Markdown laid out for reading: paragraphs and items of lists wrapped, tables
 * aligned. For a terminal, headings and **strong** words are bold and the marks of Markdown go;
 * else it stays Markdown. The text from `page` up to `end` (NULL: all of it); end is at the
 * beginning of a line. */
void lesson_layout_print(FILE *stream, const char *page, const char *end, bool terminal);

/* The line of the page that is "## HEADING", or NULL. */
const char *lesson_layout_section(const char *page, const char *heading);

/* The shelf: the folder of the lessons, in the repository beside the program or installed ----- */

/* One page: NN-NAME.md, and its scenario NN-NAME.json beside it. */
typedef struct LessonPlace {
    unsigned number;
    char *page, *scenario; /* paths */
} LessonPlace;

typedef struct LessonShelf {
    char *folder;
    LessonPlace *places; /* by number */
    size_t count, room;
} LessonShelf;

/* folder NULL: scenarios/lessons or share/autoscale-sim/scenarios/lessons near the program, else
 * below the working directory (as in a page, where the program lies nowhere), else where it was
 * installed. A path below the working directory is told from there. False after adding
 * an error; to be cleared either way. */
bool lesson_shelf_open(LessonShelf *shelf, const char *folder, ErrorList *errors);
void lesson_shelf_clear(LessonShelf *shelf);

/* The lesson of a number as the user wrote it, or NULL after adding an error. */
const LessonPlace *lesson_shelf_find(const LessonShelf *shelf, const char *number,
                                     ErrorList *errors);

#endif
