/*
 * A disk for fault experiments, put under an unmodified program with LD_PRELOAD.
 *
 * It stands between the program and the files of one directory and knows what a disk would hold if
 * the power failed now: of every page written since its file was last synced it keeps the old bytes.
 * A sync makes the pages durable; nothing else does. The real file always has the new bytes, as the
 * page cache has, so the program notices nothing.
 *
 * Faults (see `settings`):
 *   cut    At the n-th operation, or when the file `cut` appears in the control directory, the power
 *          fails. The process ends at once. What was not synced is undone: all of it, a random part,
 *          or a random part of the sectors of a page. Directory operations that were not synced are
 *          undone from the last one on, back to a random one: files made vanish, files removed return.
 *   crash  Right after the first failure the process ends and the power stays: pages that were not synced
 *          are still in the page cache, which the next process inherits through a state file.
 *   fail   The n-th write or sync, of any file or of one, fails with EIO or ENOSPC, once or until the file `mended` appears.
 *          As on Linux, a failed sync leaves its pages clean: a later sync says yes and does not write
 *          them, unless they were written again. A silent failure is one that the program is not told.
 *   lie    Syncs of a write-ahead log say yes and do nothing, as a commit without a sync would.
 *
 * What it cannot follow (vectored writes, preallocation, writable mappings) ends the process with a
 * message, so that no experiment passes by looking away. A file named *-shm is SQLite's shared memory:
 * it is worthless after a power cut and removed then.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define SECTOR 512
#define BUCKETS 1024
#define PATH 512
#define DIR_OPS 4096

/* -- The real functions ------------------------------------------------------------------------ */

#define REAL(type, name, ...) static type (*real_##name)(__VA_ARGS__)
REAL(int, open64, const char *, int, ...);
REAL(int, openat64, int, const char *, int, ...);
REAL(ssize_t, write, int, const void *, size_t);
REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
REAL(ssize_t, writev, int, const struct iovec *, int);
REAL(int, ftruncate64, int, off64_t);
REAL(int, fsync, int);
REAL(int, unlink, const char *);
REAL(int, rename, const char *, const char *);
REAL(int, fallocate64, int, int, off64_t, off64_t);
REAL(void *, mmap64, void *, size_t, int, int, int, off64_t);
REAL(ssize_t, copy_file_range, int, off64_t *, int, off64_t *, size_t, unsigned);

static void find_real(void) {
#define FIND(name) real_##name = dlsym(RTLD_NEXT, #name)
  FIND(open64);
  FIND(openat64);
  FIND(write);
  FIND(pwrite64);
  FIND(writev);
  FIND(ftruncate64);
  FIND(fsync);
  FIND(unlink);
  FIND(rename);
  FIND(fallocate64);
  FIND(mmap64);
  FIND(copy_file_range);
}

/* -- What the disk knows ----------------------------------------------------------------------- */

struct page {
  struct page *next;
  int64_t number;
  int dirty; /* 0: a sync of it failed, so no sync will write it until it is written again */
  unsigned char old[PAGE];
};

struct file {
  struct file *next;
  dev_t dev;
  ino_t ino;
  char path[PATH];
  int fd;         /* our own, never closed: closing one drops the process's locks on the file */
  off64_t length; /* on the disk */
  struct page *pages[BUCKETS];
};

enum dir_kind { CREATED, REMOVED, RENAMED };

struct dir_op {
  int kind;
  int durable;
  char a[PATH]; /* made or removed; of a renaming the old name */
  char b[PATH]; /* the new name */
  char hold[PATH]; /* another link to what was removed or replaced; empty when nothing was */
};

enum op { WRITE, SYNC, DIRECTORY };

static struct {
  char directory[PATH];
  char control[PATH];
  char state[PATH];
  char file[PATH]; /* end of the name of the file whose operations fail; empty for any */
  int report;
  uint64_t seed;
  long cut_at;
  int lies;
  int fails; /* an enum op, or -1 */
  long fail_at;
  long fail_times; /* 0: until mended */
  int silent;      /* the program is not told of a failed sync */
  int crashes;     /* at the operation after the first failure */
  int fail_errno;
} settings;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static struct dir_op dir_ops[DIR_OPS];
static int dir_op_count;
static int hold_count;
static long operations, counts[3], failures;
static int active;

static void say(const char *format, ...) {
  char line[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length > 0) real_write(settings.report, line, (size_t)length);
}

static void refuse(const char *what) {
  char words[128];
  int length = snprintf(words, sizeof words, "unsupported %s, %s\n", what, strerror(errno));
  say("%s", words);
  real_write(2, words, (size_t)length);
  _exit(99);
}

static uint64_t next_random(void) {
  uint64_t z = settings.seed += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static int coin(void) { return (int)(next_random() & 1); }

static int ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static int is_ours(const char *path) {
  size_t length = strlen(settings.directory);
  return strncmp(path, settings.directory, length) == 0 && path[length] == '/' &&
         !ends_with(path, "-shm");
}

static int path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH - 1);
  if (length < 0) return -1;
  path[length] = 0;
  return 0;
}

/* A path as it was given, made absolute. */
static void absolute(const char *path, char *whole) {
  char directory[PATH];
  if (path[0] == '/' || getcwd(directory, sizeof directory) == NULL) {
    snprintf(whole, PATH, "%s", path);
  } else {
    snprintf(whole, PATH, "%.250s/%.250s", directory, path);
  }
}

static int controls(const char *name) {
  char path[PATH];
  snprintf(path, sizeof path, "%.400s/%s", settings.control, name);
  return access(path, F_OK) == 0;
}

static struct file *find_inode(const struct stat *status) {
  for (struct file *file = files; file; file = file->next)
    if (file->ino == status->st_ino && file->dev == status->st_dev) return file;
  return NULL;
}

/* The file behind a descriptor, when it is one of ours. */
static struct file *find(int fd) {
  struct stat status;
  if (!active || fd < 0 || files == NULL || fstat(fd, &status) != 0) return NULL;
  return S_ISREG(status.st_mode) ? find_inode(&status) : NULL;
}

static struct page **place_of(struct file *file, int64_t number) {
  struct page **place = &file->pages[(uint64_t)number % BUCKETS];
  while (*place && (*place)->number != number) place = &(*place)->next;
  return place;
}

static off64_t length_now(const struct file *file) {
  struct stat status;
  return fstat(file->fd, &status) == 0 ? status.st_size : 0;
}

/* Keeps the old bytes of the pages of a range before they change. */
static void keep(struct file *file, off64_t from, off64_t until) {
  for (int64_t number = from / PAGE; number * PAGE < until; number++) {
    struct page **place = place_of(file, number);
    if (*place == NULL) {
      struct page *page = calloc(1, sizeof *page);
      if (page == NULL) refuse("memory");
      page->number = number;
      if (pread64(file->fd, page->old, PAGE, number * PAGE) < 0) refuse("read");
      *place = page;
    }
    (*place)->dirty = 1;
  }
}

static struct file *track(int fd, const char *path, off64_t length) {
  struct stat status;
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
  struct file *file = find_inode(&status);
  if (file) return file;
  file = calloc(1, sizeof *file);
  if (file == NULL) refuse("memory");
  file->dev = status.st_dev;
  file->ino = status.st_ino;
  snprintf(file->path, PATH, "%s", path);
  file->fd = real_open64(path, O_RDWR | O_CLOEXEC);
  if (file->fd < 0) {
    free(file); /* cannot be written by this program either */
    return NULL;
  }
  file->length = length < 0 ? status.st_size : length;
  file->next = files;
  files = file;
  return file;
}

/* -- The power fails --------------------------------------------------------------------------- */

struct damage {
  long dropped, kept, torn, doomed, lengths, entries;
};

/* How bad it is: nothing unsynced survives, some pages do, some sectors do. */
enum mode { ALL_LOST, SOME_PAGES, SOME_SECTORS };

static void undo_page(struct file *file, struct page *page, int mode, struct damage *damage) {
  if (!page->dirty) damage->doomed++;
  if (page->dirty && mode == SOME_PAGES && coin()) {
    damage->kept++;
    return;
  }
  if (page->dirty && mode == SOME_SECTORS) {
    for (int at = 0; at < PAGE; at += SECTOR)
      if (coin()) real_pwrite64(file->fd, page->old + at, SECTOR, page->number * PAGE + at);
    damage->torn++;
    return;
  }
  real_pwrite64(file->fd, page->old, PAGE, page->number * PAGE);
  damage->dropped++;
}

static void undo_file(struct file *file, int mode, struct damage *damage) {
  off64_t now = length_now(file), then = file->length;
  for (int bucket = 0; bucket < BUCKETS; bucket++)
    for (struct page *page = file->pages[bucket]; page; page = page->next)
      undo_page(file, page, mode, damage);
  if (now != then) {
    off64_t length = mode != ALL_LOST && coin() ? now : then;
    if (length == then) damage->lengths++;
    real_ftruncate64(file->fd, length);
  } else {
    real_ftruncate64(file->fd, now); /* the last page may have been written beyond the end */
  }
}

static void undo_entry(const struct dir_op *op) {
  if (op->kind == CREATED) real_unlink(op->a);
  if (op->kind == REMOVED) real_rename(op->hold, op->a);
  if (op->kind == RENAMED) {
    real_rename(op->b, op->a);
    if (op->hold[0]) real_rename(op->hold, op->b);
  }
}

static void undo_entries(int mode, struct damage *damage) {
  int open = 0;
  for (int at = 0; at < dir_op_count; at++) open += !dir_ops[at].durable;
  int undone = mode == ALL_LOST ? open : (int)(next_random() % (uint64_t)(open + 1));
  for (int at = dir_op_count - 1; at >= 0; at--) {
    struct dir_op *op = &dir_ops[at];
    if (!op->durable && undone > 0) {
      undo_entry(op);
      undone--;
      damage->entries++;
    } else if (op->hold[0]) {
      real_unlink(op->hold);
    }
  }
}

/* In a process of its own, once the program is gone with all its threads: nobody reads half of it. */
static void undo_everything(void) {
  struct damage damage = {0};
  int mode = (int)(next_random() % 3);
  char shared[PATH + 8];
  for (struct file *file = files; file; file = file->next) {
    undo_file(file, mode, &damage);
    snprintf(shared, sizeof shared, "%s-shm", file->path);
    real_unlink(shared);
  }
  undo_entries(mode, &damage);
  say("cut operation=%ld mode=%d dropped=%ld kept=%ld torn=%ld doomed=%ld lengths=%ld entries=%ld\n",
      operations, mode, damage.dropped, damage.kept, damage.torn, damage.doomed, damage.lengths,
      damage.entries);
}

static void cut(void) {
  int ends[2];
  if (pipe(ends) != 0) refuse("pipe");
  pid_t child = fork();
  if (child < 0) refuse("fork");
  if (child == 0) {
    char byte;
    close(ends[1]);
    /* The end comes when the program's descriptors are closed: all its threads have ended. */
    while (read(ends[0], &byte, 1) < 0 && errno == EINTR) {}
    undo_everything();
    _exit(0);
  }
  _exit(137);
}

/* -- The program ends, the page cache stays ---------------------------------------------------- */

static void put(FILE *to, const void *bytes, size_t length) {
  if (fwrite(bytes, 1, length, to) != length) refuse("state");
}

static void save_state(void) {
  FILE *to = fopen(settings.state, "we");
  if (to == NULL) refuse("state");
  for (struct file *file = files; file; file = file->next) {
    put(to, "F", 1);
    put(to, file->path, PATH);
    put(to, &file->length, sizeof file->length);
    for (int bucket = 0; bucket < BUCKETS; bucket++)
      for (struct page *page = file->pages[bucket]; page; page = page->next) {
        put(to, "P", 1);
        put(to, page, sizeof *page);
      }
  }
  for (int at = 0; at < dir_op_count; at++) {
    put(to, "D", 1);
    put(to, &dir_ops[at], sizeof dir_ops[at]);
  }
  if (fclose(to) != 0) refuse("state");
}

static void load_state(void) {
  FILE *from = fopen(settings.state, "re");
  if (from == NULL) return;
  struct file *file = NULL;
  char path[PATH];
  off64_t length;
  for (int kind = getc(from); kind != EOF; kind = getc(from)) {
    if (kind == 'F') {
      if (fread(path, PATH, 1, from) != 1 || fread(&length, sizeof length, 1, from) != 1) break;
      int fd = real_open64(path, O_RDWR | O_CLOEXEC);
      file = fd < 0 ? NULL : track(fd, path, length);
    } else if (kind == 'P') {
      struct page *page = malloc(sizeof *page);
      if (page == NULL || fread(page, sizeof *page, 1, from) != 1) break;
      if (file == NULL) continue; /* removed for good */
      struct page **place = place_of(file, page->number);
      page->next = NULL;
      *place = page;
    } else {
      if (fread(&dir_ops[dir_op_count], sizeof dir_ops[0], 1, from) != 1) break;
      dir_op_count++;
    }
  }
  fclose(from);
}

/* -- Every operation passes here --------------------------------------------------------------- */

/* Returns whether the operation is to fail, with errno set. The lock is held. */
static int begin(enum op op, const struct file *file) {
  operations++;
  int counted = settings.file[0] == 0 || (file && ends_with(file->path, settings.file));
  counts[op] += counted;
  if ((settings.cut_at && operations >= settings.cut_at) || controls("cut")) cut();
  if (settings.crashes && failures > 0) {
    save_state();
    say("crash operation=%ld\n", operations);
    _exit(137);
  }
  if (!counted || (int)op != settings.fails || counts[op] < settings.fail_at) return 0;
  if (settings.fail_times ? failures >= settings.fail_times : controls("mended")) return 0;
  failures++;
  say("failed operation=%ld of_its_kind=%ld\n", operations, counts[op]);
  errno = settings.fail_errno;
  return 1;
}

static ssize_t written(int fd, struct file *file, const void *bytes, size_t count, off64_t offset,
                       int moves) {
  if (begin(WRITE, file)) {
    /* A full disk takes what fits first. */
    if (settings.fail_errno != ENOSPC || failures != 1 || count < 2) return -1;
    count /= 2;
  }
  if (moves) {
    int append = fcntl(fd, F_GETFL) & O_APPEND;
    offset = append ? length_now(file) : lseek64(fd, 0, SEEK_CUR);
  }
  keep(file, offset, offset + (off64_t)count);
  return moves ? real_write(fd, bytes, count) : real_pwrite64(fd, bytes, count, offset);
}

static int truncated(int fd, struct file *file, off64_t length) {
  if (begin(WRITE, file)) return -1;
  off64_t now = length_now(file);
  if (length < now) keep(file, length, now);
  return real_ftruncate64(fd, length);
}

static int synced(struct file *file) {
  int failed = begin(SYNC, file);
  if (!failed && settings.lies && ends_with(file->path, "-wal")) return 0;
  for (int bucket = 0; bucket < BUCKETS; bucket++)
    for (struct page **place = &file->pages[bucket]; *place;) {
      struct page *page = *place;
      if (failed || !page->dirty) {
        page->dirty = 0;
        place = &page->next;
      } else {
        *place = page->next;
        free(page);
      }
    }
  if (failed) return settings.silent ? 0 : -1;
  file->length = length_now(file);
  return 0;
}

static int directory_synced(const char *path) {
  if (begin(SYNC, NULL)) return -1;
  size_t length = strlen(path);
  for (int at = 0; at < dir_op_count; at++) {
    struct dir_op *op = &dir_ops[at];
    const char *name = strrchr(op->a, '/');
    if ((size_t)(name - op->a) == length && strncmp(op->a, path, length) == 0) op->durable = 1;
  }
  return 0;
}

static struct dir_op *remember(int kind, const char *a, const char *b, const char *replaced) {
  if (dir_op_count == DIR_OPS) refuse("so many directory operations");
  struct dir_op *op = &dir_ops[dir_op_count++];
  memset(op, 0, sizeof *op);
  op->kind = kind;
  snprintf(op->a, PATH, "%s", a);
  snprintf(op->b, PATH, "%s", b);
  if (access(replaced, F_OK) == 0) {
    snprintf(op->hold, PATH, "%.400s/held-%d-%d", settings.control, (int)getpid(), hold_count++);
    if (link(replaced, op->hold) != 0) refuse("link");
  }
  return op;
}

static int opened(int at, const char *given, int flags, mode_t mode) {
  char path[PATH];
  absolute(given, path);
  if (!active || !is_ours(path) || (flags & (O_DIRECTORY | O_PATH)) || at != AT_FDCWD)
    return real_openat64(at, given, flags, mode);
  pthread_mutex_lock(&lock);
  int is_new = access(path, F_OK) != 0;
  /* Emptying goes through `truncated`, which keeps what was there. */
  int fd = real_open64(path, flags & ~O_TRUNC, mode);
  if (fd >= 0) {
    struct file *file = track(fd, path, is_new ? 0 : -1);
    if (file && is_new) {
      remember(CREATED, path, "", "");
      begin(DIRECTORY, NULL);
    }
    if (file && (flags & O_TRUNC) && (flags & O_ACCMODE) != O_RDONLY) truncated(fd, file, 0);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

/* -- What the program calls -------------------------------------------------------------------- */

static mode_t mode_of(int flags, va_list arguments) {
  return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                     \
  int name(const char *path, int flags, ...) {         \
    va_list arguments;                                 \
    va_start(arguments, flags);                        \
    mode_t mode = mode_of(flags, arguments);           \
    va_end(arguments);                                 \
    return opened(AT_FDCWD, path, flags, mode);        \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                   \
  int name(int at, const char *path, int flags, ...) { \
    va_list arguments;                                 \
    va_start(arguments, flags);                        \
    mode_t mode = mode_of(flags, arguments);           \
    va_end(arguments);                                 \
    return opened(at, path, flags, mode);              \
  }
OPENAT(openat)
OPENAT(openat64)

#define LOCKED(type, fd, ours, theirs)  \
  pthread_mutex_lock(&lock);            \
  struct file *file = find(fd);         \
  if (file) {                           \
    type result = ours;                 \
    int error = errno;                  \
    pthread_mutex_unlock(&lock);        \
    errno = error;                      \
    return result;                      \
  }                                     \
  pthread_mutex_unlock(&lock);          \
  return theirs

ssize_t write(int fd, const void *bytes, size_t count) {
  LOCKED(ssize_t, fd, written(fd, file, bytes, count, 0, 1), real_write(fd, bytes, count));
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  LOCKED(ssize_t, fd, written(fd, file, bytes, count, offset, 0),
         real_pwrite64(fd, bytes, count, offset));
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return pwrite64(fd, bytes, count, offset);
}

int ftruncate64(int fd, off64_t length) {
  LOCKED(int, fd, truncated(fd, file, length), real_ftruncate64(fd, length));
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
  char path[PATH];
  struct stat status;
  if (active && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && path_of(fd, path) == 0 &&
      strncmp(path, settings.directory, strlen(settings.directory)) == 0) {
    pthread_mutex_lock(&lock);
    int result = directory_synced(path);
    pthread_mutex_unlock(&lock);
    return result;
  }
  LOCKED(int, fd, synced(file), real_fsync(fd));
}

int fdatasync(int fd) { return fsync(fd); }

int unlink(const char *given) {
  char path[PATH];
  absolute(given, path);
  if (!active || !is_ours(path) || access(path, F_OK) != 0) return real_unlink(given);
  pthread_mutex_lock(&lock);
  int failed = begin(DIRECTORY, NULL);
  if (!failed) remember(REMOVED, path, "", path);
  int result = failed ? -1 : real_unlink(path);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *given_from, const char *given_to) {
  char from[PATH], to[PATH];
  absolute(given_from, from);
  absolute(given_to, to);
  if (!active || !is_ours(to)) return real_rename(given_from, given_to);
  pthread_mutex_lock(&lock);
  int failed = begin(DIRECTORY, NULL);
  if (!failed) remember(RENAMED, from, to, to);
  int result = failed ? -1 : real_rename(from, to);
  struct stat status;
  struct file *file = result == 0 && stat(to, &status) == 0 ? find_inode(&status) : NULL;
  if (file) snprintf(file->path, PATH, "%s", to);
  pthread_mutex_unlock(&lock);
  return result;
}

/* -- What it cannot follow --------------------------------------------------------------------- */

ssize_t writev(int fd, const struct iovec *parts, int count) {
  if (find(fd)) refuse("writev");
  return real_writev(fd, parts, count);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  if (find(fd)) refuse("fallocate");
  return real_fallocate64(fd, mode, offset, length);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  return fallocate64(fd, mode, offset, length);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return fallocate64(fd, 0, offset, length) == 0 ? 0 : errno;
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t length, unsigned flags) {
  if (find(out)) refuse("copy_file_range");
  return real_copy_file_range(in, from, out, to, length, flags);
}

void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
  if (real_mmap64 == NULL) find_real();
  if ((protection & PROT_WRITE) && (flags & MAP_SHARED) && find(fd)) refuse("a writable mapping");
  return real_mmap64(address, length, protection, flags, fd, offset);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  return mmap64(address, length, protection, flags, fd, offset);
}

/* -- Settings ---------------------------------------------------------------------------------- */

static const char *setting(const char *name) {
  char variable[64];
  snprintf(variable, sizeof variable, "KETENPOORT_DISK_%s", name);
  const char *value = getenv(variable);
  return value ? value : "";
}

__attribute__((constructor)) static void start(void) {
  find_real();
  snprintf(settings.directory, PATH, "%s", setting("DIRECTORY"));
  snprintf(settings.control, PATH, "%s", setting("CONTROL"));
  snprintf(settings.state, PATH, "%s", setting("STATE"));
  snprintf(settings.file, PATH, "%s", setting("FILE"));
  settings.report = real_open64(setting("REPORT"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  settings.seed = strtoull(setting("SEED"), NULL, 10);
  settings.cut_at = atol(setting("CUT_AT"));
  settings.lies = setting("LIES")[0] != 0;
  const char *fails = setting("FAILS");
  settings.fails = fails[0] == 0 ? -1 : fails[0] == 'w' ? WRITE : SYNC;
  settings.fail_at = atol(setting("FAIL_AT"));
  settings.fail_times = atol(setting("FAIL_TIMES"));
  settings.crashes = setting("CRASHES")[0] != 0;
  settings.silent = setting("SILENT")[0] != 0;
  settings.fail_errno = setting("FAIL_ERRNO")[0] == 'N' ? ENOSPC : EIO;
  load_state();
  active = settings.directory[0] != 0;
}

/* A program that ends by itself leaves its page cache behind too. */
__attribute__((destructor)) static void finish(void) {
  if (!active) return;
  pthread_mutex_lock(&lock);
  save_state();
  say("ended operation=%ld\n", operations);
  active = 0;
  pthread_mutex_unlock(&lock);
}
