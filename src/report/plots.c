// SPDX-License-Identifier: GPL-3.0-or-later
/* Pictures by gnuplot, which is run without a shell. gnuplot understands neither quoted commas in
 * CSV nor all file names ("<ls" is a command to it), so it works on a copy of the data in a folder
 * of ours within plots/, where each deployment is called by its number ("d1", "d2", ...), and on
 * paths that begin with "/" or "./"; a picture gets its name when it is complete. */
#include "report/plots.h"

#include "engine/memory.h"
#include "engine/sim_time.h"

#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { COMPLAINT_MOST = 64 * 1024 }; /* bytes of gnuplot's messages that are kept */

/* What is the same for all pictures of one call. */
typedef struct Drawing {
    const char *directory; /* lent, safe for gnuplot */
    char *scripts;
    char *plots;  /* DIRECTORY/plots */
    char *data;   /* the folder of copies; NULL: none */
    char **names; /* the deployments; d1 is the first */
    size_t name_count, name_capacity;
    char **runs; /* of a comparison, as they are called in the copy */
    char **run_folders;
    size_t run_count, run_capacity, folder_capacity;
    ErrorList *errors;
} Drawing;

static bool fail(ErrorList *errors, const char *file, const char *found, const char *suggestion) {
    error_add(errors, &(Error){.file = file, .found = found, .suggestion = suggestion});
    return false;
}

static bool fail_errno(ErrorList *errors, const char *file) {
    return fail(errors, file, strerror(errno), NULL);
}

/* Files -------------------------------------------------------------------------------------- */

static char *join(const char *folder, const char *name) {
    return memory_format("%s/%s", folder, name);
}

/* The whole stream with a NUL after it. */
static char *read_stream(FILE *stream, size_t *length) {
    size_t capacity = 0;
    char *text = NULL;
    *length = 0;
    do {
        if (*length + 1 >= capacity) {
            capacity = capacity ? 2 * capacity : 65536;
            text = memory_resize(text, capacity, 1);
        }
        *length += fread(text + *length, 1, capacity - *length - 1, stream);
    } while (!feof(stream) && !ferror(stream));
    text[*length] = '\0';
    return text;
}

/* NULL with errno set if it cannot be read. */
static char *read_file(const char *path, size_t *length) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        return NULL;
    }
    char *text = read_stream(stream, length);
    const int error = ferror(stream) ? errno : 0;
    fclose(stream);
    if (error != 0) {
        free(text);
        errno = error;
        return NULL;
    }
    return text;
}

static bool make_folder(const char *path, ErrorList *errors) {
    return mkdir(path, 0777) == 0 || errno == EEXIST || fail_errno(errors, path);
}

/* Data for gnuplot --------------------------------------------------------------------------- */

/* Reads an RFC 4180 field and moves *at to what ends it: a comma, a line end or the NUL. Owned by
 * the caller. */
static char *take_field(const char **at) {
    const char *p = *at;
    char *field = memory_new(strcspn(p, ",\r\n") + 1, 1);
    size_t used = 0;
    if (*p != '"') {
        used = strcspn(p, ",\r\n");
        memcpy(field, p, used);
        p += used;
    } else {
        size_t capacity = strcspn(p, ",\r\n") + 1;
        for (p++; *p != '\0' && (*p != '"' || p[1] == '"'); p++) {
            p += *p == '"';
            if (used + 1 >= capacity) {
                capacity *= 2;
                field = memory_resize(field, capacity, 1);
            }
            field[used++] = *p;
        }
        p += *p == '"';
        p += strcspn(p, ",\r\n");
        field = memory_resize(field, used + 1, 1);
    }
    field[used] = '\0';
    *at = p;
    return field;
}

static void append(char ***texts, size_t *count, size_t *capacity, char *text) {
    *texts = memory_grow(*texts, *count, capacity, sizeof **texts);
    (*texts)[(*count)++] = text;
}

/* The number of a deployment, from 1; a new one is added. Takes the name. */
static size_t number_of(Drawing *drawing, char *name) {
    for (size_t i = 0; i < drawing->name_count; i++) {
        if (strcmp(drawing->names[i], name) == 0) {
            free(name);
            return i + 1;
        }
    }
    append(&drawing->names, &drawing->name_count, &drawing->name_capacity, name);
    return drawing->name_count;
}

/* A curve of a distribution begins with nothing at the lower bound of its first bucket. `fields`:
 * ",METRIC,LOWER,UPPER,..." of the first row. */
static void begin_curve(size_t deployment, const char *fields, FILE *to) {
    const size_t metric = 1 + strcspn(fields + 1, ",");
    const char *lower = fields + metric + (fields[metric] == ',');
    const int length = (int)strcspn(lower, ",\r\n");
    fprintf(to, "d%zu%.*s,%.*s,%.*s,0,0\n", deployment, (int)metric, fields, length, lower, length,
            lower);
}

static bool same_curve(const char *row, const char *before) {
    const size_t metric = 1 + strcspn(row + 1, ",");
    return before != NULL && strncmp(row, before, metric) == 0 && before[metric] == ',';
}

/* A copy of the rows with numbers for the deployments. */
static void copy_rows(Drawing *drawing, const char *rows, bool are_distributions, FILE *to) {
    const char *before = NULL; /* the fields of the row before, from its first comma on */
    size_t deployment_before = 0;
    while (*rows != '\0') {
        char *name = take_field(&rows);
        if (*name == '\0' && *rows != ',') { /* an empty line */
            free(name);
        } else {
            const size_t rest = strcspn(rows, "\n");
            const size_t deployment = number_of(drawing, name);
            if (are_distributions &&
                (deployment != deployment_before || !same_curve(rows, before))) {
                begin_curve(deployment, rows, to);
            }
            fprintf(to, "d%zu", deployment);
            fwrite(rows, 1, rest, to);
            fputc('\n', to);
            before = rows;
            deployment_before = deployment;
            rows += rest;
        }
        rows += strspn(rows, "\r\n");
    }
}

/* The first line of comparison.csv: the runs, by names that gnuplot can read. */
static void copy_runs(Drawing *drawing, const char *header, FILE *to) {
    fputs("deployment,metric", to);
    for (size_t column = 0; *header != '\0' && *header != '\n' && *header != '\r'; column++) {
        char *name = take_field(&header);
        header += *header == ',';
        if (column < 2) {
            free(name);
            continue;
        }
        char *plain = memory_text(name);
        for (char *p = plain; *p != '\0'; p++) {
            *p = *p == ','                              ? ';'
                 : *p == '"'                            ? '\''
                 : *p == '/' || (unsigned char)*p < ' ' ? '_'
                                                        : *p;
        }
        fprintf(to, ",%s", plain);
        size_t count = drawing->run_count;
        append(&drawing->run_folders, &count, &drawing->folder_capacity, name);
        append(&drawing->runs, &drawing->run_count, &drawing->run_capacity, plain);
    }
    fputc('\n', to);
}

/* FOLDER/NAME as COPY/NAME. */
static bool copy_csv(Drawing *drawing, const char *folder, const char *copy, const char *name,
                     bool is_comparison) {
    char *from = join(folder, name);
    char *to = join(copy, name);
    size_t length;
    char *text = read_file(from, &length);
    bool ok = text != NULL || fail_errno(drawing->errors, from);
    if (ok && strncmp(text, "deployment,", 11) != 0) {
        error_add(drawing->errors, &(Error){.file = from,
                                            .line = 1,
                                            .found = *text ? "another first line" : "nothing",
                                            .expected = "columns that begin with \"deployment\""});
        ok = false;
    }
    FILE *stream = ok ? fopen(to, "wb") : NULL;
    if (stream != NULL) {
        const char *rows = text + strcspn(text, "\n");
        if (is_comparison) {
            copy_runs(drawing, text, stream);
        } else {
            fprintf(stream, "%.*s\n", (int)strcspn(text, "\r\n"), text);
        }
        copy_rows(drawing, rows + strspn(rows, "\n"), strcmp(name, "latency_histogram.csv") == 0,
                  stream);
        const bool written = !ferror(stream);
        ok = (fclose(stream) == 0 && written) || fail_errno(drawing->errors, to);
    } else if (ok) {
        ok = fail_errno(drawing->errors, to);
    }
    free(text);
    free(from);
    free(to);
    return ok;
}

static bool copy_run(Drawing *drawing, const char *folder, const char *copy) {
    return copy_csv(drawing, folder, copy, "timeseries.csv", false) &&
           copy_csv(drawing, folder, copy, "latency_histogram.csv", false);
}

static void remove_within(const char *folder, const char *name) {
    char *path = join(folder, name);
    remove(path);
    free(path);
}

static void remove_copy(const char *folder) {
    remove_within(folder, "timeseries.csv");
    remove_within(folder, "latency_histogram.csv");
    remove_within(folder, "comparison.csv");
    remove_within(folder, "picture");
    rmdir(folder);
}

/* Scripts ------------------------------------------------------------------------------------ */

static bool has_scripts(const char *folder) {
    static const char *const scripts[] = {"run.gp", "cdf.gp", "comparison.gp"};
    bool found = true;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        char *path = join(folder, scripts[i]);
        found = found && access(path, R_OK) == 0;
        free(path);
    }
    return found;
}

/* A path that gnuplot takes for nothing but a path. */
static char *plain_path(const char *path) {
    return memory_format("%s%s", *path == '/' ? "" : "./", path);
}

/* From build/autoscale-sim, build/VARIANT/autoscale-sim, PREFIX/bin/autoscale-sim. */
static char *scripts_near_program(void) {
    static const char *const places[] = {"../scripts", "../../scripts", "../share/autoscale-sim"};
    char program[4096];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) {
        return NULL;
    }
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *folder = join(program, places[i]);
        if (has_scripts(folder)) {
            return folder;
        }
        free(folder);
    }
    return NULL;
}

/* NULL after adding an error. */
static char *find_scripts(const char *given, ErrorList *errors) {
    static const char *const advice = "expected run.gp, cdf.gp and comparison.gp there";
    if (given != NULL) {
        if (has_scripts(given)) {
            return plain_path(given);
        }
        fail(errors, given, "no gnuplot scripts", advice);
        return NULL;
    }
    char *near = scripts_near_program();
#ifdef ASIM_DATADIR
    if (near == NULL) {
        if (has_scripts(ASIM_DATADIR)) {
            return plain_path(ASIM_DATADIR);
        }
        fail(errors, ASIM_DATADIR, "no gnuplot scripts", advice);
    }
#else
    if (near == NULL) {
        fail(errors, "scripts", "no gnuplot scripts", advice);
    }
#endif
    return near;
}

/* gnuplot ------------------------------------------------------------------------------------ */

/* The environment with LC_ALL=C: what is drawn is the same everywhere. Owned by the caller (free);
 * the texts are lent. */
static char **plain_environment(void) {
    static char locale[] = "LC_ALL=C";
    size_t count = 0;
    while (environ[count] != NULL) {
        count++;
    }
    char **plain = memory_new(count + 2, sizeof plain[0]);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "LC_ALL=", 7) != 0) {
            plain[used++] = environ[i];
        }
    }
    plain[used] = locale;
    return plain;
}

/* Starts gnuplot with its messages going into the pipe. Returns an errno value, 0 if it runs. */
static int start(char *const arguments[], const int messages[2], pid_t *process) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    char **environment = plain_environment();
    error = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) {
        error = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(&actions, messages[1], STDERR_FILENO);
    }
    if (error == 0) {
        error = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environment);
    }
    posix_spawn_file_actions_destroy(&actions);
    free(environment);
    return error;
}

/* All that comes out of the pipe, of which the first COMPLAINT_MOST bytes are kept. */
static char *read_messages(int from) {
    char *kept = memory_new(COMPLAINT_MOST + 1, 1);
    size_t used = 0;
    for (;;) {
        char block[4096];
        const ssize_t got = read(from, block, sizeof block);
        if (got < 0 && errno == EINTR) {
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

/* gnuplot -d -c SCRIPT ARGUMENT... */
static bool run_gnuplot(const char *script, const char *const arguments[6], ErrorList *errors) {
    int messages[2];
    if (pipe(messages) != 0) {
        return fail_errno(errors, "gnuplot");
    }
    fcntl(messages[0], F_SETFD, FD_CLOEXEC);
    fcntl(messages[1], F_SETFD, FD_CLOEXEC);
    char *words[11] = {(char *)"gnuplot", (char *)"-d", (char *)"-c", (char *)script};
    for (size_t i = 0; i < 6; i++) {
        words[4 + i] = (char *)arguments[i];
    }
    pid_t process;
    const int error = start(words, messages, &process);
    close(messages[1]);
    bool ok = error == 0;
    if (ok) {
        char *text = read_messages(messages[0]);
        const int status = wait_for(process);
        ok = status == 0;
        if (!ok && status > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 127) {
            fail(errors, "gnuplot", "no such program", "install gnuplot-nox");
        } else if (!ok) {
            tell_messages(errors, script, text);
        }
        free(text);
    } else if (error == ENOENT) {
        fail(errors, "gnuplot", "no such program", "install gnuplot-nox");
    } else {
        fail(errors, "gnuplot", strerror(error), NULL);
    }
    close(messages[0]);
    return ok;
}

/* Pictures ----------------------------------------------------------------------------------- */

/* The deployment's name, fit for a file: letters, digits, ".-_" and what is not ASCII; a number is
 * added if an earlier one became the same. Owned by the caller. */
static char *file_name(const char *name) {
    char *fit = memory_text(name);
    for (char *p = fit; *p != '\0'; p++) {
        const bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z');
        const bool other = (*p >= '0' && *p <= '9') || strchr(".-_", *p) || (*p & 0x80);
        *p = letter || other ? *p : '_';
    }
    return fit;
}

static char *unique_file_name(const Drawing *drawing, size_t deployment) {
    char *fit = file_name(drawing->names[deployment]);
    for (size_t i = 0; i < deployment; i++) {
        char *earlier = file_name(drawing->names[i]);
        const bool same = strcmp(earlier, fit) == 0;
        free(earlier);
        if (same) {
            char *numbered = memory_format("%s-%zu", fit, deployment + 1);
            free(fit);
            return numbered;
        }
    }
    return fit;
}

/* Both formats of plots/KIND-NAME by SCRIPT from `input` in the copy. */
static bool draw(const Drawing *drawing, const char *kind, const char *script, const char *input,
                 size_t deployment, const char *title, const char *start_s) {
    static const char *const formats[] = {"png", "svg"};
    char *script_path = join(drawing->scripts, script);
    char *input_path = input ? join(drawing->data, input) : memory_text(drawing->data);
    char *picture = join(drawing->data, "picture");
    char *name = unique_file_name(drawing, deployment);
    char *key = memory_format("d%zu", deployment + 1);
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof formats / sizeof formats[0]; i++) {
        char *final = memory_format("%s/%s-%s.%s", drawing->plots, kind, name, formats[i]);
        const char *arguments[6] = {input_path, picture, formats[i], key, title, start_s};
        ok = run_gnuplot(script_path, arguments, drawing->errors) &&
             (rename(picture, final) == 0 || fail_errno(drawing->errors, final));
        free(final);
    }
    free(key);
    free(name);
    free(picture);
    free(input_path);
    free(script_path);
    return ok;
}

/* The last part of a path; empty for "/", "." and "..". Owned by the caller. */
static char *last_part(const char *path) {
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') {
        begin--;
    }
    char *part = memory_text_n(path + begin, end - begin);
    if (strcmp(part, ".") == 0 || strcmp(part, "..") == 0) {
        *part = '\0';
    }
    return part;
}

/* What scenario.json says of the run: "NAME" or "NAME, FOLDER", and its beginning in seconds since
 * 1970 ("0" if it does not say). Both owned by the caller. */
static void read_scenario(const char *folder, char **title, char **start_s) {
    char *path = join(folder, "scenario.json");
    size_t length = 0;
    char *text = read_file(path, &length);
    cJSON *scenario = text ? cJSON_ParseWithLength(text, length) : NULL;
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "name"));
    const char *begin = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(scenario, "start"));
    char *part = last_part(folder);
    const bool both = name && *name && *part && strcmp(name, part) != 0;
    int64_t epoch_s = 0;
    int32_t nanoseconds;
    if (begin == NULL || !sim_time_parse_calendar(begin, &epoch_s, &nanoseconds)) {
        epoch_s = 0;
    }
    *title = both ? memory_format("%s, %s", name, part) : memory_text(name && *name ? name : part);
    *start_s = memory_format("%" PRId64, epoch_s);
    free(part);
    cJSON_Delete(scenario);
    free(text);
    free(path);
}

static char *whole_title(const char *deployment, const char *run) {
    return memory_format("%s%s%s", deployment, *run ? "  \xe2\x80\x93  " : "", run);
}

static bool draw_run(const Drawing *drawing) {
    char *run, *start_s;
    read_scenario(drawing->directory, &run, &start_s);
    bool ok = true;
    for (size_t i = 0; ok && i < drawing->name_count; i++) {
        char *title = whole_title(drawing->names[i], run);
        ok = draw(drawing, "run", "run.gp", "timeseries.csv", i, title, start_s) &&
             draw(drawing, "latency", "cdf.gp", "latency_histogram.csv", i, title, start_s);
        free(title);
    }
    free(run);
    free(start_s);
    return ok;
}

/* The runs' data, each in a folder of its own in the copy. */
static bool copy_compared(Drawing *drawing) {
    bool ok = drawing->run_count > 0 ||
              fail(drawing->errors, "comparison.csv", "no column of a run", NULL);
    for (size_t i = 0; ok && i < drawing->run_count; i++) {
        char *from = join(drawing->directory, drawing->run_folders[i]);
        char *to = join(drawing->data, drawing->runs[i]);
        ok = make_folder(to, drawing->errors) && copy_run(drawing, from, to);
        free(from);
        free(to);
    }
    return ok;
}

/* `deployments` are those of comparison.csv: the runs' own may be called otherwise. */
static bool draw_comparison(const Drawing *drawing, size_t deployments) {
    char *first = join(drawing->directory, drawing->run_folders[0]);
    char *run, *start_s;
    read_scenario(first, &run, &start_s);
    char *part = last_part(drawing->directory);
    bool ok = true;
    for (size_t i = 0; ok && i < deployments; i++) {
        char *title = whole_title(drawing->names[i], part);
        ok = draw(drawing, "comparison", "comparison.gp", NULL, i, title, start_s);
        free(title);
    }
    free(part);
    free(run);
    free(start_s);
    free(first);
    return ok;
}

/* Calls ------------------------------------------------------------------------------------- */

static bool drawing_begin(Drawing *drawing, const char *directory, const char *scripts_directory,
                          ErrorList *errors) {
    *drawing = (Drawing){.directory = directory, .errors = errors};
    drawing->scripts = find_scripts(scripts_directory, errors);
    drawing->plots = join(directory, "plots");
    if (drawing->scripts == NULL) {
        return false;
    }
    char *pattern = join(drawing->plots, ".data-XXXXXX");
    if (make_folder(drawing->plots, errors)) {
        if (mkdtemp(pattern) != NULL) {
            drawing->data = pattern;
            return true;
        }
        fail_errno(errors, drawing->plots);
    }
    free(pattern);
    return false;
}

static void free_texts(char **texts, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(texts[i]);
    }
    free(texts);
}

static void drawing_end(Drawing *drawing) {
    if (drawing->data != NULL) {
        for (size_t i = 0; i < drawing->run_count; i++) {
            char *folder = join(drawing->data, drawing->runs[i]);
            remove_copy(folder);
            free(folder);
        }
        remove_copy(drawing->data);
    }
    rmdir(drawing->plots); /* if nothing was drawn */
    free_texts(drawing->names, drawing->name_count);
    free_texts(drawing->runs, drawing->run_count);
    free_texts(drawing->run_folders, drawing->run_count);
    free(drawing->data);
    free(drawing->plots);
    free(drawing->scripts);
}

bool plots_draw(const char *directory, const char *scripts_directory, ErrorList *errors) {
    char *plain = plain_path(directory);
    Drawing drawing;
    bool ok = drawing_begin(&drawing, plain, scripts_directory, errors) &&
              copy_run(&drawing, plain, drawing.data);
    if (ok && drawing.name_count == 0) {
        ok = fail(errors, directory, "no rows in timeseries.csv", "nothing to draw");
    }
    ok = ok && draw_run(&drawing);
    drawing_end(&drawing);
    free(plain);
    return ok;
}

bool plots_draw_comparison(const char *directory, const char *scripts_directory,
                           ErrorList *errors) {
    char *plain = plain_path(directory);
    Drawing drawing;
    bool ok = drawing_begin(&drawing, plain, scripts_directory, errors);
    ok = ok && copy_csv(&drawing, plain, drawing.data, "comparison.csv", true);
    const size_t deployments = drawing.name_count;
    ok = ok && copy_compared(&drawing) && draw_comparison(&drawing, deployments);
    for (size_t i = 0; ok && i < drawing.run_count; i++) {
        char *folder = join(plain, drawing.run_folders[i]);
        ok = plots_draw(folder, scripts_directory, errors);
        free(folder);
    }
    drawing_end(&drawing);
    free(plain);
    return ok;
}

/* The data is ours as it is: nothing in it needs a copy. */
static bool draw_trace(const Drawing *drawing, const char *title, int64_t start_epoch_s) {
    static const char *const formats[] = {"png", "svg"};
    char *script = join(drawing->scripts, "trace.gp");
    char *picture = join(drawing->data, "picture");
    char *start_s = memory_format("%" PRId64, start_epoch_s);
    bool ok = access(script, R_OK) == 0 || fail_errno(drawing->errors, script);
    for (size_t i = 0; ok && i < sizeof formats / sizeof formats[0]; i++) {
        char *final = memory_format("%s/trace.%s", drawing->plots, formats[i]);
        const char *arguments[6] = {drawing->directory, picture, formats[i], title, start_s, NULL};
        ok = run_gnuplot(script, arguments, drawing->errors) &&
             (rename(picture, final) == 0 || fail_errno(drawing->errors, final));
        free(final);
    }
    free(start_s);
    free(picture);
    free(script);
    return ok;
}

bool plots_draw_trace(const char *directory, const char *scripts_directory, const char *title,
                      int64_t start_epoch_s, ErrorList *errors) {
    char *plain = plain_path(directory);
    char *part = last_part(title);
    Drawing drawing;
    const bool ok = drawing_begin(&drawing, plain, scripts_directory, errors) &&
                    draw_trace(&drawing, part, start_epoch_s);
    drawing_end(&drawing);
    free(part);
    free(plain);
    return ok;
}
