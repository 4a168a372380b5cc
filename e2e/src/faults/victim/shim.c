/*
 * Faults at the n-th call. Loaded by LD_PRELOAD into a process, it sees every call by which the process changes what lies
 * below FAULT_ROOT, numbers them with one counter for all threads, and does something to the n-th: that it happened is
 * written to FAULT_REPORT, as a sweep whose faults do not happen would pass for ever.
 *
 *   FAULT_ROOT    an absolute path; calls on other paths are let through unseen
 *   FAULT_REPORT  a file, appended to: a line `N CALL PATH` for each call, and `! KIND N CALL PATH` where the fault happened
 *   FAULT_AT      the number of the call; 0 only counts
 *   FAULT_KIND    once, ever   the call fails with FAULT_ERRNO, once or with all that follow
 *                 kill         kill -9 before the call (after call n is before call n + 1)
 *                 short        the n-th write writes half of what it was given
 *                 lost         the n-th fsync fails, and what was to be written is lost: later ones of that file "succeed";
 *                              when the process ends, the power goes as with cut-journal
 *                 readonly     from the call on, the filesystem at FAULT_MOUNT is remounted read-only as soon as it can be
 *                 cut          the power goes: FAULT_MOUNT is shut down without a write, and the process killed
 *                 cut-journal  the same, after the journal was written: names reach the disk, and bytes that were not synced do not
 *   FAULT_CALLS   changes (as said), or reads: calls that look at what lies below the root
 *   FAULT_PRETEND files or dirs: fsyncs of these do nothing and report success, a mistake for the suite to find
 *
 * A cut that was asked for at a call that never came happens when the process ends: what it reported as done must be there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number; so are their flags. */
#define GOING_DOWN 0x8004587DUL
#define FLUSH_JOURNAL 1
#define FLUSH_NOTHING 2
#define CLONE_FILE 0x40049409UL
#define CLONE_RANGE 0x4020940DUL

enum kind { NONE, ONCE, EVER, KILL, SHORT, LOST, READONLY, CUT, CUT_JOURNAL };
static const char *const kinds[] = {"none", "once", "ever", "kill", "short", "lost", "readonly", "cut", "cut-journal"};
/* What a call is, as far as faults care. */
enum sort { CHANGE, WRITE, SYNC, READ };

static enum kind kind;
static bool reads, pretend_files, pretend_dirs;
static int fault_errno, report = -1;
static long fault_at;
static char root[PATH_MAX], mount_point[PATH_MAX];
static size_t root_length;
static atomic_long calls;
static atomic_bool happened;
/* Copies of descriptors whose fsync failed: as long as they are open, their inodes are not given to other files. */
static atomic_int lost_files;
static int lost[64];

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value == NULL ? "" : value;
}

__attribute__((constructor)) static void start(void) {
  snprintf(root, sizeof root, "%s", setting("FAULT_ROOT"));
  root_length = strlen(root);
  snprintf(mount_point, sizeof mount_point, "%s", setting("FAULT_MOUNT"));
  for (int i = 0; i < (int)(sizeof kinds / sizeof *kinds); i++)
    if (strcmp(kinds[i], setting("FAULT_KIND")) == 0) kind = (enum kind)i;
  fault_errno = atoi(setting("FAULT_ERRNO"));
  fault_at = atol(setting("FAULT_AT"));
  reads = strcmp(setting("FAULT_CALLS"), "reads") == 0;
  pretend_files = strcmp(setting("FAULT_PRETEND"), "files") == 0;
  pretend_dirs = strcmp(setting("FAULT_PRETEND"), "dirs") == 0;
  report = open(setting("FAULT_REPORT"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  /* What the process starts, such as a health check, is not under test and would count from one again. */
  unsetenv("LD_PRELOAD");
}

static void say(const char *mark, long number, const char *name, const char *path) {
  char line[PATH_MAX + 128];
  int length = snprintf(line, sizeof line, "%s%ld %s %s\n", mark, number, name, path);
  if (report >= 0) syscall(SYS_write, report, line, (size_t)length);
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void cut_power(void) {
  /* Of a filesystem that cannot be shut down, whoever runs this copies the image once the process is dead. */
  if (mount_point[0] == '\0') die();
  uint32_t how = kind == CUT ? FLUSH_NOTHING : FLUSH_JOURNAL;
  int fd = open(mount_point, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, GOING_DOWN, &how) != 0) {
    say("? no power cut ", errno, "ioctl", mount_point);
    return;
  }
  die();
}

__attribute__((destructor)) static void end(void) {
  if (fault_at == 0) return;
  if (kind == LOST && atomic_load(&lost_files) > 0) cut_power();
  if ((kind != CUT && kind != CUT_JOURNAL) || atomic_load(&calls) >= fault_at) return;
  say("! end ", atomic_load(&calls) + 1, "exit", root);
  cut_power();
}

/* Only some calls can be cut short or lose what they were to write. */
static bool counts(enum sort sort) {
  if (reads || sort == READ) return reads && sort == READ;
  if (kind == SHORT) return sort == WRITE;
  if (kind == LOST) return sort == SYNC;
  return true;
}

static void happen(long number, const char *name, const char *path) {
  char mark[32];
  snprintf(mark, sizeof mark, "! %s ", kinds[kind]);
  say(mark, number, name, path);
}

static void remount(long number, const char *name, const char *path) {
  /* Refused as long as a file is open for writing: then the next call tries again. */
  if (atomic_load(&happened) || mount(NULL, mount_point, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0) return;
  if (!atomic_exchange(&happened, true)) happen(number, name, path);
}

/* Before every call. Returns 0 to go on, an errno to fail with, or -1 for what only the caller can do (SHORT, LOST). */
static int meet(enum sort sort, const char *name, const char *path) {
  if (path == NULL || !counts(sort)) return 0;
  int saved = errno;
  long number = atomic_fetch_add(&calls, 1) + 1;
  int result = 0;
  if (kind == READONLY && fault_at > 0 && number >= fault_at) remount(number, name, path);
  else if (kind == EVER && fault_at > 0 && number >= fault_at) {
    happen(number, name, path);
    result = fault_errno;
  } else if (fault_at > 0 && number == fault_at) {
    if (kind != NONE) happen(number, name, path);
    if (kind == ONCE) result = fault_errno;
    if (kind == KILL) die();
    if (kind == CUT || kind == CUT_JOURNAL) cut_power();
    if (kind == SHORT || kind == LOST) result = -1;
  } else say("", number, name, path);
  errno = saved;
  return result;
}

static const char *below_root(const char *path) {
  if (root_length == 0 || strncmp(path, root, root_length) != 0) return NULL;
  return path[root_length] == '\0' || path[root_length] == '/' ? path : NULL;
}

static const char *watched_fd(int fd, char buffer[PATH_MAX]) {
  char link[64];
  int saved = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, buffer, (size_t)PATH_MAX - 1);
  errno = saved;
  if (length < 0) return NULL;
  buffer[length] = '\0';
  return below_root(buffer);
}

/* The path, if it lies below the root or is the root itself; also by way of an open directory. */
static const char *watched(const char *path) {
  char buffer[PATH_MAX];
  int fd;
  if (path == NULL) return NULL;
  if (sscanf(path, "/proc/self/fd/%d/", &fd) == 1) return watched_fd(fd, buffer) == NULL ? NULL : path;
  return below_root(path);
}

static bool opens_for_change(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0;
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define FAIL_OR_GO_ON(sort, name, path, failure) \
  do { \
    int error_ = meet(sort, name, path); \
    if (error_ > 0) { \
      errno = error_; \
      return failure; \
    } \
  } while (0)

/* Calls on a path: one that lies below the root makes it count. */
#define ON_PATH(sort, name, params, args, path) \
  int name params { \
    REAL(name); \
    FAIL_OR_GO_ON(sort, #name, watched(path), -1); \
    return real args; \
  }
#define ON_FD(sort, type, name, params, args, fd) \
  type name params { \
    REAL(name); \
    char buffer[PATH_MAX]; \
    FAIL_OR_GO_ON(sort, #name, watched_fd(fd, buffer), -1); \
    return real args; \
  }

ON_PATH(CHANGE, unlink, (const char *path), (path), path)
ON_PATH(CHANGE, unlinkat, (int at, const char *path, int flags), (at, path, flags), path)
ON_PATH(CHANGE, rmdir, (const char *path), (path), path)
ON_PATH(CHANGE, mkdir, (const char *path, mode_t mode), (path, mode), path)
ON_PATH(CHANGE, mkdirat, (int at, const char *path, mode_t mode), (at, path, mode), path)
ON_PATH(CHANGE, rename, (const char *from, const char *to), (from, to), watched(to) ? to : from)
ON_PATH(CHANGE, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to), watched(to) ? to : from)
ON_PATH(CHANGE, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags),
        watched(to) ? to : from)
ON_PATH(CHANGE, link, (const char *from, const char *to), (from, to), to)
ON_PATH(CHANGE, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), to)
ON_PATH(CHANGE, symlink, (const char *target, const char *path), (target, path), path)
ON_PATH(CHANGE, symlinkat, (const char *target, int at, const char *path), (target, at, path), path)
ON_PATH(CHANGE, truncate, (const char *path, off_t size), (path, size), path)
ON_PATH(CHANGE, truncate64, (const char *path, off64_t size), (path, size), path)
ON_PATH(CHANGE, chmod, (const char *path, mode_t mode), (path, mode), path)
ON_PATH(CHANGE, fchmodat, (int at, const char *path, mode_t mode, int flags), (at, path, mode, flags), path)
ON_PATH(CHANGE, chown, (const char *path, uid_t user, gid_t group), (path, user, group), path)
ON_PATH(CHANGE, lchown, (const char *path, uid_t user, gid_t group), (path, user, group), path)
ON_PATH(CHANGE, fchownat, (int at, const char *path, uid_t user, gid_t group, int flags), (at, path, user, group, flags),
        path)
ON_PATH(CHANGE, utimensat, (int at, const char *path, const struct timespec times[2], int flags), (at, path, times, flags),
        path)

ON_FD(CHANGE, int, ftruncate, (int fd, off_t size), (fd, size), fd)
ON_FD(CHANGE, int, ftruncate64, (int fd, off64_t size), (fd, size), fd)
ON_FD(CHANGE, int, fallocate, (int fd, int mode, off_t offset, off_t size), (fd, mode, offset, size), fd)
ON_FD(CHANGE, int, fallocate64, (int fd, int mode, off64_t offset, off64_t size), (fd, mode, offset, size), fd)
ON_FD(CHANGE, int, fchmod, (int fd, mode_t mode), (fd, mode), fd)
ON_FD(CHANGE, int, fchown, (int fd, uid_t user, gid_t group), (fd, user, group), fd)
ON_FD(CHANGE, int, futimens, (int fd, const struct timespec times[2]), (fd, times), fd)
ON_FD(CHANGE, ssize_t, copy_file_range, (int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags),
      (in, from, out, to, size, flags), out)
ON_FD(CHANGE, ssize_t, sendfile64, (int out, int in, off64_t *offset, size_t size), (out, in, offset, size), out)
ON_FD(CHANGE, int, syncfs, (int fd), (fd), fd)

/* Opening: for a change with O_CREAT and the like, else for a read. */
#define OPENS(name, params, args) \
  int name params { \
    REAL(name); \
    va_list list; \
    va_start(list, flags); \
    mode_t mode = va_arg(list, mode_t); \
    va_end(list); \
    FAIL_OR_GO_ON(opens_for_change(flags) ? CHANGE : READ, #name, watched(path), -1); \
    return real args; \
  }
OPENS(open, (const char *path, int flags, ...), (path, flags, mode))
OPENS(open64, (const char *path, int flags, ...), (path, flags, mode))
OPENS(openat, (int at, const char *path, int flags, ...), (at, path, flags, mode))
OPENS(openat64, (int at, const char *path, int flags, ...), (at, path, flags, mode))

/* Writing: may be cut short. */
static size_t half(size_t size) { return size > 1 ? size / 2 : size; }

#define WRITES(name, params, whole, part) \
  ssize_t name params { \
    REAL(name); \
    char buffer[PATH_MAX]; \
    int error = meet(WRITE, #name, watched_fd(fd, buffer)); \
    if (error > 0) { \
      errno = error; \
      return -1; \
    } \
    if (error < 0) return part; \
    return whole; \
  }
WRITES(write, (int fd, const void *bytes, size_t size), real(fd, bytes, size), real(fd, bytes, half(size)))
WRITES(pwrite, (int fd, const void *bytes, size_t size, off_t at), real(fd, bytes, size, at),
       real(fd, bytes, half(size), at))
WRITES(pwrite64, (int fd, const void *bytes, size_t size, off64_t at), real(fd, bytes, size, at),
       real(fd, bytes, half(size), at))
WRITES(writev, (int fd, const struct iovec *parts, int count), real(fd, parts, count),
       write(fd, parts->iov_base, half(parts->iov_len)))
WRITES(pwritev, (int fd, const struct iovec *parts, int count, off_t at), real(fd, parts, count, at),
       pwrite(fd, parts->iov_base, half(parts->iov_len), at))
WRITES(pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), real(fd, parts, count, at),
       pwrite64(fd, parts->iov_base, half(parts->iov_len), at))

/* Syncing: may lose what was to be written, or only pretend. */
static bool pretends(int fd) {
  struct stat stats;
  if (!pretend_files && !pretend_dirs) return false;
  return fstat(fd, &stats) == 0 && (S_ISDIR(stats.st_mode) ? pretend_dirs : pretend_files);
}

static bool is_lost(int fd) {
  struct stat mine, other;
  if (atomic_load(&lost_files) == 0 || fstat(fd, &mine) != 0) return false;
  for (int i = 0; i < atomic_load(&lost_files); i++)
    if (fstat(lost[i], &other) == 0 && other.st_ino == mine.st_ino && other.st_dev == mine.st_dev) return true;
  return false;
}

static void lose(int fd) {
  if (atomic_load(&lost_files) == 64) return;
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  lost[atomic_load(&lost_files)] = copy;
  atomic_fetch_add(&lost_files, 1);
}

#define SYNCS(name) \
  int name(int fd) { \
    REAL(name); \
    char buffer[PATH_MAX]; \
    const char *path = watched_fd(fd, buffer); \
    int error = meet(SYNC, #name, path); \
    if (error < 0) { \
      lose(fd); \
      error = EIO; \
    } \
    if (error > 0) { \
      errno = error; \
      return -1; \
    } \
    if (path != NULL && (pretends(fd) || is_lost(fd))) return 0; \
    return real(fd); \
  }
SYNCS(fsync)
SYNCS(fdatasync)

/* Looking: counted only where FAULT_CALLS is reads. */
ON_FD(READ, ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size), fd)
ON_FD(READ, ssize_t, pread, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at), fd)
ON_FD(READ, ssize_t, pread64, (int fd, void *bytes, size_t size, off64_t at), (fd, bytes, size, at), fd)
ON_PATH(READ, statx, (int at, const char *path, int flags, unsigned mask, struct statx *out), (at, path, flags, mask, out),
        path)
ssize_t readlink(const char *path, char *target, size_t size) {
  REAL(readlink);
  FAIL_OR_GO_ON(READ, "readlink", watched(path), -1);
  return real(path, target, size);
}
char *realpath(const char *path, char *resolved) {
  REAL(realpath);
  FAIL_OR_GO_ON(READ, "realpath", watched(path), NULL);
  return real(path, resolved);
}
DIR *opendir(const char *path) {
  REAL(opendir);
  FAIL_OR_GO_ON(READ, "opendir", watched(path), NULL);
  return real(path);
}
int scandir64(const char *path, struct dirent64 ***names, int (*filter)(const struct dirent64 *),
              int (*order)(const struct dirent64 **, const struct dirent64 **)) {
  REAL(scandir64);
  FAIL_OR_GO_ON(READ, "scandir", watched(path), -1);
  return real(path, names, filter, order);
}
int scandir(const char *path, struct dirent ***names, int (*filter)(const struct dirent *),
            int (*order)(const struct dirent **, const struct dirent **)) {
  REAL(scandir);
  FAIL_OR_GO_ON(READ, "scandir", watched(path), -1);
  return real(path, names, filter, order);
}

/* Cloning is an ioctl; all others are let through. */
int ioctl(int fd, unsigned long request, ...) {
  REAL(ioctl);
  va_list list;
  va_start(list, request);
  void *argument = va_arg(list, void *);
  va_end(list);
  char buffer[PATH_MAX];
  if (request == CLONE_FILE || request == CLONE_RANGE)
    FAIL_OR_GO_ON(CHANGE, "clone", watched_fd(fd, buffer), -1);
  return real(fd, request, argument);
}

/* libuv makes some calls without glibc's wrappers. */
long syscall(long number, ...) {
  REAL(syscall);
  va_list list;
  va_start(list, number);
  long a[6];
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  char buffer[PATH_MAX];
  if (number == SYS_copy_file_range) FAIL_OR_GO_ON(CHANGE, "copy_file_range", watched_fd((int)a[2], buffer), -1);
  if (number == SYS_renameat2)
    FAIL_OR_GO_ON(CHANGE, "renameat2", watched((char *)a[3]) ? (char *)a[3] : watched((char *)a[1]), -1);
  if (number == SYS_statx) FAIL_OR_GO_ON(READ, "statx", watched((char *)a[1]), -1);
  return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
