// SPDX-License-Identifier: GPL-3.0-or-later
/* The list of all workplaces is one of the program's two modifiable statics (the other is the mark
 * of cli/interrupt): a handler can reach nothing else. It is changed under a lock, one pointer at a
 * time, so that a handler finds it sound at any instant. */
#include "base/workplace.h"

#include "base/memory.h"
#include "base/old_output.h"
#include "base/owner.h"
#include "base/whole_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NAMES_TRIED = 100, /* processes of the same number in other containers */
    TIMES_EMPTIED = 3
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
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled ; the stream is ours alone */
    while ((entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            everything = workplace_remove_tree(dirfd(stream), entry->d_name) && everything;
        }
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
    closedir(stream);
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
    /* cppcheck-suppress readdirCalled */
    while (stream != NULL && readdir(stream) != NULL) {
        count++;
    }
    if (stream != NULL) {
        closedir(stream);
    } else if (copy >= 0) {
        close(copy);
    }
    return count - (count >= 2 ? 2 : count); /* "." and ".." */
}

static void clear_left(const char *folder, const char *entry, const char *final) {
    char *root = memory_format("%s%s", folder, entry), *old = memory_format("%s/old", root);
    const int directory = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    const int owner =
        directory >= 0 ? owner_inherit(directory, ".owner", count_entries(directory) == 1) : -1;
    if (owner >= 0) {
        if (access(old, F_OK) == 0) {
            old_output_recover(old, final);
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
    const struct dirent *entry;
    /* cppcheck-suppress readdirCalled */
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (is_workplace_of(entry->d_name, name)) {
            clear_left(folder, entry->d_name, path);
        }
    }
    if (stream != NULL) {
        closedir(stream);
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
