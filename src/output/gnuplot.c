// SPDX-License-Identifier: GPL-3.0-or-later
/* The scripts and the folder, one process with its messages through a pipe, tables. */
#include "output/gnuplot.h"

#include "base/assertion.h"
#include "base/file_name.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/workplace.h"
#include "output/manifest.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum {
    ARGUMENTS_MOST = 9,        /* ARG1 to ARG9: gnuplot takes no more */
    COMPLAINT_MOST = 64 * 1024 /* bytes of gnuplot's messages that are kept */
};

/* Names ---------------------------------------------------------------------------------------- */

const char *gnuplot_text(Gnuplot *gnuplot, const char *format, ...) {
    Text text = {0};
    va_list list;
    va_start(list, format);
    text_add_arguments(&text, format, list);
    va_end(list);
    gnuplot->texts = memory_grow(gnuplot->texts, gnuplot->text_count, &gnuplot->text_room,
                                 sizeof gnuplot->texts[0]);
    return gnuplot->texts[gnuplot->text_count++] = text_take(&text);
}

static char *file_name(const char *name) {
    char *fit = memory_text(name);
    for (char *p = fit; *p != '\0'; p++) {
        const bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        const bool other = (*p >= '0' && *p <= '9') || strchr(".-_", *p) || (*p & 0x80);
        *p = letter || other ? *p : '_';
    }
    return fit;
}

/* Does another of the names become `fit`, where large and small letters may be the same? */
static bool is_taken(char *const names[], size_t count, size_t index, const char *fit) {
    bool taken = false;
    for (size_t i = 0; i < count && !taken; i++) {
        char *other = file_name(names[i]);
        taken = i != index && strcasecmp(other, fit) == 0;
        free(other);
    }
    return taken;
}

const char *gnuplot_file_name(Gnuplot *gnuplot, char *const names[], size_t count, size_t index) {
    char *own = file_name(names[index]);
    const char *fit = gnuplot_text(gnuplot, "%s", own);
    for (size_t others = index; is_taken(names, others, index, fit); others = count) {
        fit = gnuplot_text(gnuplot, "%s-%zu", fit, index + 1);
    }
    free(own);
    return fit;
}

/* The scripts ---------------------------------------------------------------------------------- */

static bool has_scripts(const char *folder) {
    static const char *const scripts[] = {"panels.gp", "front.gp", "heat-map.gp"};
    bool found = true;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        found = found && file_name_is_there(folder, scripts[i], R_OK);
    }
    return found;
}

/* A path that gnuplot takes for nothing but a path. */
static char *plain_path(const char *path) {
    return memory_format("%s%s", *path == '/' ? "" : "./", path);
}

/* Given, or near the program, or where they were installed. NULL after adding an error. */
static char *find_scripts(const char *given, ErrorList *errors) {
    static const char *const places[] = {"../scripts", "../../scripts", "../share/autoscale-sim"};
    char *near = given == NULL
                     ? file_name_near_program(places, sizeof places / sizeof places[0], has_scripts)
                     : NULL;
    if (near != NULL) {
        return near;
    }
    if (given == NULL) {
#ifdef ASIM_DATADIR
        given = ASIM_DATADIR;
#else
        given = "scripts";
#endif
    }
    if (has_scripts(given)) {
        return plain_path(given);
    }
    error_in_file(errors, given, "no gnuplot scripts", NULL,
                  "expected panels.gp, front.gp and heat-map.gp there");
    return NULL;
}

/* Tables --------------------------------------------------------------------------------------- */

static struct GnuplotTable *find_table(Gnuplot *gnuplot, const char *name) {
    for (size_t i = gnuplot->table_count; i-- > 0;) {
        if (strcmp(gnuplot->tables[i].name, name) == 0) {
            return &gnuplot->tables[i];
        }
    }
    return NULL;
}

static FILE *table_of(Gnuplot *gnuplot, const char *name) {
    struct GnuplotTable *table = find_table(gnuplot, name);
    if (table == NULL) {
        gnuplot->tables = memory_grow(gnuplot->tables, gnuplot->table_count, &gnuplot->table_room,
                                      sizeof gnuplot->tables[0]);
        table = &gnuplot->tables[gnuplot->table_count++];
        table->name = name;
        table->path = gnuplot_text(gnuplot, "%s/%s", gnuplot->data, name);
        table->stream = fopen(table->path, "wb");
        if (table->stream == NULL) {
            error_unwritable(gnuplot->errors, table->path, errno, NULL);
            gnuplot->tables_failed = true;
        }
    }
    return table->stream;
}

static void end_table(Gnuplot *gnuplot, struct GnuplotTable *table) {
    if (table->stream != NULL) {
        const bool failed = ferror(table->stream);
        if (fclose(table->stream) != 0 || failed) {
            error_unwritable(gnuplot->errors, table->path, errno, NULL);
            gnuplot->tables_failed = true;
        }
        table->stream = NULL;
    }
}

void gnuplot_end_table(Gnuplot *gnuplot, const char *name) {
    struct GnuplotTable *table = find_table(gnuplot, name);
    if (table != NULL) {
        end_table(gnuplot, table);
    }
}

/* False after adding an error. */
static bool end_tables(Gnuplot *gnuplot) {
    for (size_t i = 0; i < gnuplot->table_count; i++) {
        end_table(gnuplot, &gnuplot->tables[i]);
    }
    const bool all = !gnuplot->tables_failed;
    gnuplot->table_count = 0;
    gnuplot->tables_failed = false;
    return all;
}

/* An empty field would be a missing one. */
static void put_text(FILE *stream, const char *text, char kind) {
    char *line = text_line(*text != '\0' ? text : " ");
    if (kind == 'T' && *line >= 'a' && *line <= 'z') {
        *line = (char)(*line - 'a' + 'A');
    }
    for (const char *at = line; *at != '\0'; at++) {
        fputs(kind == 'f' && *at == '%' ? "%" : "", stream);
        fputc(*at == '"' ? '\'' : *at == '\\' ? '/' : *at, stream);
    }
    free(line);
}

void gnuplot_row(Gnuplot *gnuplot, const char *table, const char *fields, ...) {
    char text[32];
    FILE *stream = table_of(gnuplot, table);
    if (stream == NULL || fields == NULL) {
        return;
    }
    va_list list;
    va_start(list, fields);
    for (const char *field = fields; *field != '\0'; field++) {
        if (field > fields) {
            fputc('\t', stream);
        }
        if (strchr("tTf", *field) != NULL) {
            put_text(stream, va_arg(list, const char *), *field);
            continue;
        }
        const double number = *field == 'c' ? (double)va_arg(list, size_t) : va_arg(list, double);
        fputs(isfinite(number)                 ? text_number(number, text)
              : *field == 'i' && isinf(number) ? "inf"
                                               : "NaN",
              stream);
    }
    va_end(list);
    fputc('\n', stream);
}

/* The folder ----------------------------------------------------------------------------------- */

bool gnuplot_make_folder(const char *path, ErrorList *errors) {
    return mkdir(path, 0777) == 0 || errno == EEXIST || error_unwritable(errors, path, errno, NULL);
}

bool gnuplot_begin(Gnuplot *gnuplot, const char *directory, const char *scripts_directory,
                   const char *format, ErrorList *errors) {
    *gnuplot = (Gnuplot){.directory = plain_path(directory), .format = format, .errors = errors};
    gnuplot->scripts = find_scripts(scripts_directory, errors);
    gnuplot->plots = memory_format("%s/plots", gnuplot->directory);
    if (gnuplot->scripts == NULL) {
        return false;
    }
    if (access(gnuplot->directory, F_OK) != 0) {
        return error_unreadable(errors, directory, errno, "the directory of an output");
    }
    gnuplot->work = workplace_begin(gnuplot->plots, "a directory that can be made", errors);
    if (gnuplot->work == NULL) {
        return false;
    }
    gnuplot->data = workplace_folder(gnuplot->work, "new");
    return (gnuplot->data != NULL || error_unwritable(errors, gnuplot->plots, errno, NULL)) &&
           gnuplot_make_folder(gnuplot->plots, errors);
}

void gnuplot_end(Gnuplot *gnuplot) {
    end_tables(gnuplot);
    workplace_end(gnuplot->work);
    rmdir(gnuplot->plots); /* if nothing was drawn */
    free(gnuplot->plots);
    free(gnuplot->scripts);
    free(gnuplot->directory);
    for (size_t i = 0; i < gnuplot->text_count; i++) {
        free(gnuplot->texts[i]);
    }
    free(gnuplot->texts);
    free(gnuplot->tables);
    *gnuplot = (Gnuplot){0};
}

/* The process ---------------------------------------------------------------------------------- */

static bool fail(ErrorList *errors, const char *file, const char *found, const char *suggestion) {
    return error_at(errors, &(Error){.file = file, .kind = ERROR_SYSTEM}, found, NULL, suggestion);
}

/* Starts gnuplot with its messages going into the pipe. Returns an errno value, 0 if it runs. */
static int start(char *const arguments[], const int messages[2], pid_t *process) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) {
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, messages[1], STDERR_FILENO);
    }
    if (error == 0) {
        error = posix_spawn(process, arguments[0], &actions, NULL, arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* All that comes out of the pipe, of which the first COMPLAINT_MOST bytes are kept. */
static char *read_messages(int from, pid_t process) {
    char *kept = memory_new(COMPLAINT_MOST + 1, 1);
    size_t used = 0;
    for (;;) {
        char block[4096];
        const ssize_t got = read(from, block, sizeof block);
        if (got < 0 && errno == EINTR) { /* a signal to end, which gnuplot may not have got */
            kill(process, SIGTERM);
            continue;
        }
        if (got <= 0) {
            return kept;
        }
        const size_t room = COMPLAINT_MOST - used;
        const size_t more = (size_t)got < room ? (size_t)got : room;
        memcpy(kept + used, block, more);
        used += more;
    }
}

/* gnuplot's messages one error each, but for warnings, and lines of the script that it repeats. */
static void tell_messages(ErrorList *errors, const char *script, char *messages) {
    const size_t before = errors->count;
    char *rest;
    for (char *line = strtok_r(messages, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        const bool told = *line == '"' && strstr(line, "warning:") == NULL;
        if (told || strncmp(line, "gnuplot: ", 9) == 0) {
            fail(errors, "gnuplot", NULL, line);
        }
    }
    if (errors->count == before) {
        fail(errors, script, "gnuplot failed and did not say why", NULL);
    }
}

static int wait_for(pid_t process) {
    int status;
    while (waitpid(process, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return status;
}

/* words: the program and its arguments, NULL-terminated. False after adding what gnuplot said, or
 * that it is not installed. */
static bool run(const char *words[], const char *script, ErrorList *errors) {
    int messages[2];
    if (pipe(messages) != 0) {
        return fail(errors, "gnuplot", strerror(errno), NULL);
    }
    fcntl(messages[0], F_SETFD, FD_CLOEXEC);
    fcntl(messages[1], F_SETFD, FD_CLOEXEC);
    pid_t process;
    const int error = start((char *const *)words, messages, &process);
    close(messages[1]);
    char *text = error == 0 ? read_messages(messages[0], process) : NULL;
    const int status = error == 0 ? wait_for(process) : -1;
    close(messages[0]);
    if (error == ENOENT || (status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
        fail(errors, "gnuplot", "no such program", "install gnuplot-nox");
    } else if (error != 0) {
        fail(errors, "gnuplot", strerror(error), NULL);
    } else if (status != 0) {
        tell_messages(errors, script, text);
    }
    free(text);
    return status == 0;
}

/* gnuplot 5.4 does not look whether it could write, and says that all is well: what is whole ends
 * as a PNG or an SVG does. */
static bool is_whole(const Gnuplot *gnuplot, const char *picture) {
    const char *ending = strcmp(gnuplot->format, "png") == 0 ? "IEND\256B`\202" : "</svg>";
    char end[16] = "";
    FILE *stream = fopen(picture, "rb");
    const bool at_end = stream != NULL && fseek(stream, -(long)sizeof end, SEEK_END) == 0;
    size_t got = at_end ? fread(end, 1, sizeof end, stream) : 0;
    const int reason = stream == NULL || ferror(stream) ? errno : 0;
    if (stream != NULL) {
        fclose(stream);
    }
    if (reason != 0) {
        return error_unwritable(gnuplot->errors, gnuplot->plots, reason, "a whole picture");
    }
    while (got > 0 && end[got - 1] == '\n') {
        got--;
    }
    const size_t length = strlen(ending);
    if (got >= length && memcmp(end + got - length, ending, length) == 0) {
        return true;
    }
    return error_at(gnuplot->errors, &(Error){.file = gnuplot->plots, .kind = ERROR_SYSTEM},
                    "a picture that gnuplot has not finished", "a whole one: is the disk full?",
                    NULL);
}

bool gnuplot_draw(Gnuplot *gnuplot, const char *name, const char *script, const char *input,
                  const char *const more[]) {
    const char *script_path = gnuplot_text(gnuplot, "%s/%s", gnuplot->scripts, script);
    const char *picture = gnuplot_text(gnuplot, "%s/picture", gnuplot->data);
    const char *final = gnuplot_text(gnuplot, "%s/%s.%s", gnuplot->plots, name, gnuplot->format);
    /* LC_ALL=C: what is drawn is the same everywhere. */
    const char *words[6 + ARGUMENTS_MOST + 1] = {"/usr/bin/env", "LC_ALL=C", "gnuplot",
                                                 "-d",           "-c",       script_path,
                                                 input,          picture,    gnuplot->format};
    for (size_t j = 0; more[j] != NULL; j++) {
        asim_assert(3 + j < ARGUMENTS_MOST);
        words[9 + j] = more[j];
    }
    return end_tables(gnuplot) &&
           (access(script_path, R_OK) == 0 ||
            error_unreadable(gnuplot->errors, script_path, errno, NULL)) &&
           run(words, script_path, gnuplot->errors) && is_whole(gnuplot, picture) &&
           (rename(picture, final) == 0 || error_unwritable(gnuplot->errors, final, errno, NULL)) &&
           manifest_add_file(gnuplot->directory, final + strlen(gnuplot->directory) + 1,
                             gnuplot->errors);
}
