// SPDX-License-Identifier: GPL-3.0-or-later
/* The folder, the scripts, and the way from data to two pictures. */
#include "output/plot_folder.h"

#include "base/assertion.h"
#include "base/memory.h"
#include "base/text.h"
#include "output/gnuplot.h"
#include "output/manifest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

bool plot_fail(ErrorList *errors, const char *file, const char *found, const char *suggestion) {
    error_add(errors, &(Error){.file = file, .found = found, .suggestion = suggestion});
    return false;
}

/* Names ---------------------------------------------------------------------------------------- */

char *plot_join(const char *folder, const char *name) {
    return memory_format("%s/%s", folder, name);
}

char *plot_file_name(const char *name) {
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
        char *other = plot_file_name(names[i]);
        taken = i != index && strcasecmp(other, fit) == 0;
        free(other);
    }
    return taken;
}

char *plot_unique_file_name(char *const names[], size_t count, size_t index) {
    char *fit = plot_file_name(names[index]);
    if (!is_taken(names, index, index, fit)) {
        return fit;
    }
    char *numbered = memory_format("%s-%zu", fit, index + 1);
    while (is_taken(names, count, index, numbered)) {
        char *longer = memory_format("%s-%zu", numbered, index + 1);
        free(numbered);
        numbered = longer;
    }
    free(fit);
    return numbered;
}

char *plot_last_part(const char *path) {
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

char *plot_title(const char *deployment, const char *run) {
    char *title = memory_format("%s%s%s", deployment, *run ? "  \xe2\x80\x93  " : "", run);
    char *line = text_line(title);
    free(title);
    return line;
}

/* Scripts -------------------------------------------------------------------------------------- */

static bool has_scripts(const char *folder) {
    static const char *const scripts[] = {"run.gp", "cdf.gp", "comparison.gp"};
    bool found = true;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        char *path = plot_join(folder, scripts[i]);
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
        char *folder = plot_join(program, places[i]);
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
        plot_fail(errors, given, "no gnuplot scripts", advice);
        return NULL;
    }
    char *near = scripts_near_program();
#ifdef ASIM_DATADIR
    if (near == NULL) {
        if (has_scripts(ASIM_DATADIR)) {
            return plain_path(ASIM_DATADIR);
        }
        plot_fail(errors, ASIM_DATADIR, "no gnuplot scripts", advice);
    }
#else
    if (near == NULL) {
        plot_fail(errors, "scripts", "no gnuplot scripts", advice);
    }
#endif
    return near;
}

/* The folder ----------------------------------------------------------------------------------- */

bool plot_make_folder(const char *path, ErrorList *errors) {
    return mkdir(path, 0777) == 0 || errno == EEXIST || error_unwritable(errors, path, errno, NULL);
}

bool plot_folder_begin(PlotFolder *folder, const char *directory, const char *scripts_directory,
                       ErrorList *errors) {
    *folder = (PlotFolder){.directory = plain_path(directory), .errors = errors};
    folder->scripts = find_scripts(scripts_directory, errors);
    folder->plots = plot_join(folder->directory, "plots");
    if (folder->scripts == NULL) {
        return false;
    }
    if (access(folder->directory, F_OK) != 0) {
        return error_unreadable(errors, directory, errno, "the directory of an output");
    }
    folder->work = workplace_begin(folder->plots, "a directory that can be made", errors);
    if (folder->work == NULL) {
        return false;
    }
    folder->data = workplace_folder(folder->work, "new");
    return (folder->data != NULL || error_unwritable(errors, folder->plots, errno, NULL)) &&
           plot_make_folder(folder->plots, errors);
}

void plot_folder_end(PlotFolder *folder) {
    workplace_end(folder->work);
    rmdir(folder->plots); /* if nothing was drawn */
    free(folder->plots);
    free(folder->scripts);
    free(folder->directory);
    *folder = (PlotFolder){0};
}

/* gnuplot 5.4 does not look whether it could write, and says that all is well: what is whole ends
 * as a PNG or an SVG does. */
static bool is_whole(const PlotFolder *folder, const char *picture, const char *format) {
    const char *ending = strcmp(format, "png") == 0 ? "IEND\256B`\202" : "</svg>";
    char end[16] = "";
    size_t got = 0;
    FILE *stream = fopen(picture, "rb");
    if (stream == NULL) {
        return error_unwritable(folder->errors, folder->plots, errno, "a whole picture");
    }
    if (fseek(stream, -(long)sizeof end, SEEK_END) == 0) {
        got = fread(end, 1, sizeof end, stream);
    }
    const int reason = ferror(stream) ? errno : 0;
    fclose(stream);
    if (reason != 0) {
        return error_unwritable(folder->errors, folder->plots, reason, "a whole picture");
    }
    while (got > 0 && end[got - 1] == '\n') {
        got--;
    }
    const size_t length = strlen(ending);
    if (got >= length && memcmp(end + got - length, ending, length) == 0) {
        return true;
    }
    error_add(folder->errors, &(Error){.file = folder->plots,
                                       .found = "a picture that gnuplot has not finished",
                                       .expected = "a whole one: is the disk full?",
                                       .kind = ERROR_SYSTEM});
    return false;
}

bool plot_folder_draw(const PlotFolder *folder, const char *name, const char *script,
                      const char *input, const char *const more[]) {
    static const char *const formats[] = {"png", "svg"};
    char *script_path = plot_join(folder->scripts, script);
    char *picture = plot_join(folder->data, "picture");
    bool ok = access(script_path, R_OK) == 0 ||
              error_unreadable(folder->errors, script_path, errno, NULL);
    for (size_t i = 0; ok && i < sizeof formats / sizeof formats[0]; i++) {
        const char *arguments[GNUPLOT_ARGUMENTS + 1] = {input, picture, formats[i]};
        for (size_t j = 0; more[j] != NULL; j++) {
            asim_assert(3 + j < GNUPLOT_ARGUMENTS);
            arguments[3 + j] = more[j];
        }
        char *final = memory_format("%s/%s.%s", folder->plots, name, formats[i]);
        ok =
            gnuplot_run(script_path, arguments, folder->errors) &&
            is_whole(folder, picture, formats[i]) &&
            (rename(picture, final) == 0 || error_unwritable(folder->errors, final, errno, NULL)) &&
            manifest_add_file(folder->directory, final + strlen(folder->directory) + 1,
                              folder->errors);
        free(final);
    }
    free(picture);
    free(script_path);
    return ok;
}
