// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of all workplaces is one of the program's two modifiable statics (the other is the mark
 * of cli/interrupt): a handler can reach nothing else. It is changed under a lock, one pointer at a
 * time, so that a handler finds it sound at any instant. Names of an earlier output are taken from
 * manifests, which anyone may have written: only plain files count, below folders that are no
 * links, and none by a way up. */
#include "base/workplace.h"

#include "base/file_name.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAMES_TRIED = 100, /* processes of the same number in other containers */
    TIMES_EMPTIED = 3,
    NAMED_MOST = 5 /* of the files of others that are in the way */
};

typedef struct Made {
    char *path;
    const char *name; /* the end of it, behind the workplace's own path */
    struct Made *older;
} Made;

struct Workplace {
    char *final;            /* what is being made */
    char *root;             /* ".NAME.tmp-PID" */
    char *new, *old;        /* "ROOT/new", "ROOT/old" */
    _Atomic(Made *) newest; /* what is to be removed, the root last */
    int owner;
    _Atomic(Workplace *) next;
};

static _Atomic(Workplace *) all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

/* Removal ------------------------------------------------------------------------------------ */

static bool remove_entries(DIR *stream) {
    bool everything = true;
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        everything = workplace_remove_tree(dirfd(stream), name) && everything;
    }
    return everything;
}

bool workplace_remove_tree(int parent, const char *name) {
    if (unlinkat(parent, name, 0) == 0) {
        return true;
    }
    const int reason = errno;
    const int descriptor = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (descriptor < 0) {
        errno = reason; /* no directory: why it could not be unlinked */
        return false;
    }
    DIR *stream = fdopendir(descriptor);
    if (stream == NULL) {
        close(descriptor);
        return false;
    }
    const bool emptied = remove_entries(stream);
    return unlinkat(parent, name, AT_REMOVEDIR) == 0 && emptied;
}

/* Of system calls that a signal handler may make, and needs nothing else. What was there before
 * gets its name back if the new has not taken it yet. */
static void remove_made(Workplace *self) {
    if (access(self->final, F_OK) != 0) {
        (void)rename(self->old, self->final);
    }
    for (const Made *made = atomic_load(&self->newest); made != NULL; made = made->older) {
        if (unlink(made->path) != 0) {
            (void)rmdir(made->path);
        }
    }
}

void workplace_remove_all(void) {
    for (Workplace *each = atomic_load(&all); each != NULL; each = atomic_load(&each->next)) {
        remove_made(each);
    }
}

/* Threads may be at work in it still, and make files that were not there a moment ago. */
static bool remove_root(Workplace *self) {
    close(self->owner); /* first: emptying a folder may need a descriptor */
    self->owner = -1;
    remove_made(self);
    for (int i = 0; i < TIMES_EMPTIED && access(self->root, F_OK) == 0; i++) {
        (void)workplace_remove_tree(AT_FDCWD, self->new);
        remove_made(self);
    }
    return access(self->root, F_OK) != 0;
}

static void remove_at_exit(void) {
    for (Workplace *each = atomic_load(&all); each != NULL; each = atomic_load(&each->next)) {
        (void)remove_root(each);
    }
}

/* Earlier outputs -------------------------------------------------------------------------------
 */

/* Others have such files too; ours name the program in their first lines. */
static bool names_us(const char *path, const char *file, ErrorList *errors) {
    char *name = memory_format("%s/%s", path, file);
    const int descriptor = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    char head[512] = "";
    const ssize_t got = descriptor >= 0 ? read(descriptor, head, sizeof head - 1) : -1;
    if (got < 0 && error_kind_of_reading(errno) == ERROR_SYSTEM) {
        error_unreadable(errors, name, errno, "a file that can be read");
    }
    free(name);
    if (descriptor >= 0) {
        close(descriptor);
    }
    return got > 0 && strstr(head, "\"autoscale-sim\"") != NULL;
}

static bool is_ours(const char *path, ErrorList *errors) {
    return names_us(path, "manifest.json", errors) || names_us(path, "sweep.json", errors);
}

static bool is_of_type(const char *directory, const char *name, size_t length, mode_t type) {
    struct stat status;
    char *path = memory_format("%s/%.*s", directory, (int)length, name);
    const bool is = lstat(path, &status) == 0 && (status.st_mode & S_IFMT) == type;
    free(path);
    return is;
}

static bool is_plain(const char *directory, const char *name) {
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        const char *begin = slash;
        while (begin > name && begin[-1] != '/') {
            begin--;
        }
        if (slash == begin || strncmp(begin, "..", 2) == 0 ||
            !is_of_type(directory, name, (size_t)(slash - name), S_IFDIR)) {
            return false;
        }
    }
    return is_of_type(directory, name, strlen(name), S_IFREG);
}

/* The name becomes the list's. */
static void add_old(OldOutput *old, const char *directory, char *name) {
    if (!is_plain(directory, name)) {
        free(name);
        return;
    }
    old->names = memory_grow(old->names, old->count, &old->room, sizeof old->names[0]);
    old->names[old->count++] = name;
}

cJSON *old_output_manifest(const char *directory, ErrorList *errors) {
    ErrorList unheard = {0};
    char *path = memory_format("%s/manifest.json", directory);
    cJSON *tree = access(path, F_OK) == 0 ? json_load(path, &unheard) : NULL;
    const cJSON *program = cJSON_GetObjectItemCaseSensitive(tree, "program");
    if (!cJSON_IsString(program) || strcmp(program->valuestring, "autoscale-sim") != 0) {
        cJSON_Delete(tree);
        tree = NULL;
    }
    if (unheard.system) { /* it may be ours, and cannot be read */
        error_add_all(errors, &unheard);
    }
    error_list_clear(&unheard);
    free(path);
    return tree;
}

/* The manifest of a folder, "" or "performance/", and those of the folders that it names. */
static bool add_manifest(OldOutput *old, const char *directory, const char *folder,
                         ErrorList *errors) {
    char *path = memory_format("%s/%s", directory, folder);
    cJSON *tree = old_output_manifest(path, errors);
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(tree, "files"), *file;
    cJSON_ArrayForEach (file, files) {
        const char *name = cJSON_IsString(file) ? file->valuestring : "";
        const size_t length = strlen(name);
        add_old(old, directory, memory_format("%s%s", folder, name));
        if (length > 14 && strcmp(name + length - 14, "/manifest.json") == 0) {
            char *inner = memory_format("%s%.*s", folder, (int)(length - 13), name);
            add_manifest(old, directory, inner, errors);
            free(inner);
        }
    }
    const bool lists = cJSON_IsArray(files);
    cJSON_Delete(tree);
    free(path);
    return lists;
}

/* Files of a sweep's folder: "000012.csv" in cells/, "all" and "1-of-8" in shards/, and those that
 * a killed process has left unfinished. */
static void add_folder(OldOutput *old, const char *directory, const char *folder) {
    char *path = memory_format("%s/%s", directory, folder);
    DIR *stream = opendir(path);
    for (const char *name; (name = file_name_next(&stream)) != NULL;) {
        const size_t digits = strspn(name, "0123456789");
        const bool ours = (digits > 0 && strcmp(name + digits, ".csv") == 0) ||
                          (digits > 0 && strncmp(name + digits, "-of-", 4) == 0) ||
                          strcmp(name, "all") == 0 ||
                          (name[0] == '.' && strstr(name, WHOLE_FILE_TEMPORARY) != NULL);
        if (ours) {
            add_old(old, directory, memory_format("%s/%s", folder, name));
        }
    }
    free(path);
}

static int by_name(const void *one, const void *other) {
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static bool read_names(OldOutput *old, const char *path, ErrorList *errors) {
    const size_t mistakes = errors->count;
    static const char *const of_sweep[] = {"results.csv", "aggregate.csv", "axes.csv",
                                           "manifest.json", "sweep.json"};
    bool known = add_manifest(old, path, "", errors);
    if (names_us(path, "sweep.json", errors)) {
        for (size_t i = 0; i < sizeof of_sweep / sizeof of_sweep[0]; i++) {
            add_old(old, path, memory_text(of_sweep[i]));
        }
        add_folder(old, path, "cells");
        add_folder(old, path, "shards");
        known = true;
    }
    if (old->count > 0) {
        qsort(old->names, old->count, sizeof old->names[0], by_name);
    }
    return known && errors->count == mistakes;
}

bool old_output_read(OldOutput *old, const char *path, ErrorList *errors) {
    const size_t mistakes = errors->count;
    *old = (OldOutput){0};
    if (!is_ours(path, errors)) {
        return errors->count == mistakes &&
               error_in_file(errors, path,
                             "a directory that is not an earlier output of autoscale-sim",
                             "one with its manifest.json, or an empty one",
                             "--force does not remove other people's files");
    }
    if (!read_names(old, path, errors)) {
        return errors->count == mistakes &&
               error_in_file(errors, path,
                             "an earlier output whose manifest.json does not list its files",
                             "one that does, for --force removes nothing else",
                             "remove it by hand, or give another name");
    }
    return true;
}

void old_output_clear(OldOutput *old) {
    for (size_t i = 0; i < old->count; i++) {
        free(old->names[i]);
    }
    free(old->names);
    *old = (OldOutput){0};
}

static bool has_file(const OldOutput *old, const char *name) {
    return old->count > 0 &&
           bsearch(&name, old->names, old->count, sizeof old->names[0], by_name) != NULL;
}

static bool has_folder(const OldOutput *old, const char *name) {
    const size_t length = strlen(name);
    for (size_t i = 0; i < old->count; i++) {
        if (strncmp(old->names[i], name, length) == 0 && old->names[i][length] == '/') {
            return true;
        }
    }
    return false;
}

/* What is not -------------------------------------------------------------------------------- */

/* Both directories, and what is done with each entry that is not ours. */
typedef struct Walk {
    const OldOutput *old;
    const char *from, *to;
    bool (*each)(struct Walk *walk, const char *name);
    Text names; /* "a, b" */
    size_t count;
} Walk;

static bool walk(Walk *self, const char *folder) {
    char *path = memory_format("%s/%s", self->from, folder);
    DIR *stream = opendir(path);
    bool well = stream != NULL;
    for (const char *entry; (entry = file_name_next(&stream)) != NULL;) {
        char *name = memory_format("%s%s%s", folder, *folder ? "/" : "", entry);
        if (has_folder(self->old, name) && is_of_type(self->from, name, strlen(name), S_IFDIR)) {
            well = walk(self, name) && well;
        } else if (!has_file(self->old, name)) {
            well = self->each(self, name) && well;
        }
        free(name);
    }
    free(path);
    return well;
}

static bool name_that_is_there(Walk *self, const char *name) {
    struct stat status;
    bool free_place = true;
    char *to = memory_format("%s/%s", self->to, name);
    if (lstat(to, &status) == 0) {
        free_place = false;
    }
    for (char *slash = strchr(to + strlen(self->to) + 1, '/'); slash != NULL && free_place;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        free_place = lstat(to, &status) != 0 || S_ISDIR(status.st_mode);
        *slash = '/';
    }
    free(to);
    if (!free_place && self->count++ < NAMED_MOST) {
        text_addf(&self->names, "%s%s", self->count > 1 ? ", " : "", name);
    }
    return free_place;
}

bool old_output_fits(const OldOutput *old, const char *path, const char *new, ErrorList *errors) {
    Walk self = {.old = old, .from = path, .to = new, .each = name_that_is_there};
    if (walk(&self, "")) {
        return true;
    }
    if (self.count == 0) {
        return error_unreadable(errors, path, errno, "a directory that can be read");
    }
    if (self.count > NAMED_MOST) {
        text_addf(&self.names, " and %zu more", self.count - NAMED_MOST);
    }
    error_found(errors, &(Error){.file = path}, "only files of its own by such names",
                "move yours away", "%s that autoscale-sim did not write, and now would",
                self.names.text);
    text_clear(&self.names);
    return false;
}

static bool move(Walk *self, const char *name) {
    char *from = memory_format("%s/%s", self->from, name);
    char *to = memory_format("%s/%s", self->to, name);
    for (char *slash = strchr(to + strlen(self->to) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(to, 0777); /* if it cannot be made the move fails */
        *slash = '/';
    }
    struct stat status;
    bool moved = lstat(to, &status) != 0;
    errno = EEXIST;
    moved = moved && rename(from, to) == 0;
    free(from);
    free(to);
    return moved;
}

bool old_output_move(const OldOutput *old, const char *path, const char *new) {
    Walk self = {.old = old, .from = path, .to = new, .each = move};
    return walk(&self, "");
}

/* Removal ------------------------------------------------------------------------------------ */

static void remove_folders(const char *path, char *name) {
    for (char *slash = strrchr(name, '/'); slash != NULL; slash = strrchr(name, '/')) {
        *slash = '\0';
        char *folder = memory_format("%s/%s", path, name);
        (void)rmdir(folder); /* of which others may have something left in it */
        free(folder);
    }
}

/* What tells that the directory is ours goes last: it may be asked again. */
bool old_output_remove(const OldOutput *old, const char *path, const char *spared) {
    const size_t length = spared != NULL ? strlen(spared) : 0;
    bool well = true;
    for (int last = 0; last < 2; last++) {
        for (size_t i = 0; i < old->count && well; i++) {
            const bool tells = strcmp(old->names[i], "manifest.json") == 0 ||
                               strcmp(old->names[i], "sweep.json") == 0;
            if (tells != (last == 1) ||
                (spared != NULL && strncmp(old->names[i], spared, length) == 0)) {
                continue;
            }
            char *file = memory_format("%s/%s", path, old->names[i]);
            char *name = memory_text(old->names[i]);
            well = unlink(file) == 0 || errno == ENOENT;
            remove_folders(path, name);
            free(file);
            free(name);
        }
    }
    return well;
}

/* The change of places that a killed process has begun: the old gets its name back, or if the new
 * has it already, gives up what is not ours, and goes. What finds no room stays. */
static void recover(const char *path, const char *final) {
    struct stat status;
    if (lstat(final, &status) != 0) {
        (void)rename(path, final);
        return;
    }
    OldOutput old = {0};
    ErrorList unheard = {0};
    const bool known =
        (!is_ours(path, &unheard) && unheard.count == 0) || read_names(&old, path, &unheard);
    error_list_clear(&unheard);
    if (known && S_ISDIR(status.st_mode) && old_output_move(&old, path, final) &&
        old_output_remove(&old, path, NULL)) {
        (void)rmdir(path);
    }
    old_output_clear(&old);
}

/* What killed processes have left -------------------------------------------------------------- */

/* ".NAME.tmp-DIGITS", with "-DIGITS" behind it or without. */
static bool is_workplace_of(const char *entry, const char *name) {
    const size_t length = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, length) != 0 ||
        strncmp(entry + 1 + length, ".tmp-", 5) != 0) {
        return false;
    }
    const char *number = entry + 1 + length + 5;
    const size_t digits = strspn(number, "0123456789");
    const char *rest = number + digits;
    const size_t more = *rest == '-' ? strspn(rest + 1, "0123456789") : 0;
    return digits > 0 && (*rest == '\0' || (more > 0 && rest[1 + more] == '\0'));
}

static size_t count_entries(int directory) {
    const int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = copy >= 0 ? fdopendir(copy) : NULL;
    size_t count = 0;
    if (stream == NULL && copy >= 0) {
        close(copy);
    }
    while (file_name_next(&stream) != NULL) {
        count++;
    }
    return count;
}

static void clear_left(const char *folder, const char *entry, const char *final) {
    char *root = memory_format("%s%s", folder, entry), *old = memory_format("%s/old", root);
    const int directory = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int owner =
        directory >= 0 ? owner_inherit(directory, ".owner", count_entries(directory) == 1) : -1;
    if (owner >= 0) {
        if (access(old, F_OK) == 0) {
            recover(old, final);
        }
        if (access(old, F_OK) != 0) { /* its user's files, if any, are safe */
            (void)workplace_remove_tree(AT_FDCWD, root);
        }
        close(owner);
    } else if (directory >= 0 && count_entries(directory) == 0) {
        (void)rmdir(root); /* killed before it was signed; a living one makes another */
    }
    if (directory >= 0) {
        close(directory);
    }
    free(root);
    free(old);
}

static void clear_all_left(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *folder = memory_text_n(path, (size_t)(name - path));
    DIR *stream = opendir(*folder ? folder : ".");
    for (const char *entry; (entry = file_name_next(&stream)) != NULL;) {
        if (is_workplace_of(entry, name)) {
            clear_left(folder, entry, path);
        }
    }
    free(folder);
}

/* Making --------------------------------------------------------------------------------------- */

static const char *add(Workplace *self, const char *name) {
    Made *made = memory_new(1, sizeof *made);
    made->path = memory_format("%s%s%s", self->root, *name ? "/" : "", name);
    made->name = made->path + strlen(made->path) - strlen(name);
    made->older = atomic_load(&self->newest);
    atomic_store(&self->newest, made);
    return made->path;
}

const char *workplace_path(Workplace *self, const char *name) {
    return add(self, name);
}

const char *workplace_new(const Workplace *self) {
    return self->new;
}

const char *workplace_old(const Workplace *self) {
    return self->old;
}

const char *workplace_folder(Workplace *self, const char *name) {
    const char *path = add(self, name);
    struct stat status;
    return mkdir(path, 0777) == 0 ||
                   (errno == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode))
               ? path
               : NULL;
}

const char *workplace_name(const Workplace *self, size_t n) {
    const Made *made = atomic_load(&self->newest);
    while (n > 0 && made != NULL) {
        made = made->older;
        n--;
    }
    return made != NULL ? made->name : NULL;
}

static void enlist(Workplace *self) {
    static bool watched;
    pthread_mutex_lock(&all_lock);
    watched = watched || atexit(remove_at_exit) == 0;
    atomic_store(&self->next, atomic_load(&all));
    atomic_store(&all, self);
    pthread_mutex_unlock(&all_lock);
}

static void strike_off(Workplace *self) {
    pthread_mutex_lock(&all_lock);
    _Atomic(Workplace *) *link = &all;
    while (atomic_load(link) != NULL && atomic_load(link) != self) {
        link = &atomic_load(link)->next;
    }
    if (atomic_load(link) == self) {
        atomic_store(link, atomic_load(&self->next));
    }
    pthread_mutex_unlock(&all_lock);
}

static void workplace_free(Workplace *self) {
    Made *made = atomic_load(&self->newest);
    while (made != NULL) {
        Made *older = made->older;
        free(made->path);
        free(made);
        made = older;
    }
    free(self->final);
    free(self->root);
    free(self->new);
    free(self->old);
    free(self);
}

/* ".demo.tmp-4711" beside "demo"; a number behind it when someone else has that one. */
static char *root_name(const char *path, int attempt) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char *root = memory_format("%.*s.%s.tmp-%ld", (int)(name - path), path, name, (long)getpid());
    if (attempt > 0) {
        char *numbered = memory_format("%s-%d", root, attempt);
        free(root);
        return numbered;
    }
    return root;
}

/* Makes the directory and signs it. False with errno; EEXIST: someone has it. */
static bool make_root(Workplace *self) {
    add(self, ""); /* first: there may be no memory for its name once it is there */
    if (mkdir(self->root, 0777) != 0) {
        return false;
    }
    enlist(self);
    char *whose;
    const OwnerAnswer answer = owner_take(add(self, ".owner"), &self->owner, &whose);
    free(whose);
    if (answer == OWNER_TAKEN) {
        add(self, "old");
        add(self, "new");
        return true;
    }
    const int reason = answer == OWNER_FAILED && errno != ENOENT ? errno : EEXIST;
    remove_made(self);
    strike_off(self);
    errno = reason;
    return false;
}

Workplace *workplace_begin(const char *path, const char *expected, ErrorList *errors) {
    clear_all_left(path);
    for (int attempt = 0; attempt < NAMES_TRIED; attempt++) {
        Workplace *self = memory_new(1, sizeof *self);
        self->final = memory_text(path);
        self->root = root_name(path, attempt);
        self->new = memory_format("%s/new", self->root);
        self->old = memory_format("%s/old", self->root);
        if (make_root(self)) {
            return self;
        }
        const int reason = errno;
        workplace_free(self);
        if (reason != EEXIST || attempt + 1 == NAMES_TRIED) {
            error_unwritable(errors, path, reason, expected);
            break;
        }
    }
    return NULL;
}

bool workplace_end(Workplace *self) {
    if (self == NULL) {
        return true;
    }
    const bool removed = remove_root(self);
    strike_off(self);
    workplace_free(self);
    return removed;
}

/* Syncing -------------------------------------------------------------------------------------- */

bool workplace_sync(const Workplace *self, ErrorList *errors) {
    for (const Made *made = atomic_load(&self->newest); made != NULL; made = made->older) {
        if (strncmp(made->name, "new", 3) == 0 && !whole_file_sync(made->path)) {
            const int reason = errno;
            char *shown = memory_format("%s%s", self->final, made->name + 3);
            error_unwritable(errors, shown, reason, "a file that can be written");
            free(shown);
            return false;
        }
    }
    return true;
}
