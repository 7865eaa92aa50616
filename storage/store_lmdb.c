/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The LMDB engine. The only file that includes lmdb.h.
 *
 * One process has the folder, by a record lock on the file `lock`, which ends with the process and
 * is not inherited by the probing child (LMDB's own lock file is not used: stale readers and
 * semaphores of a killed process would be one more thing to repair). Commits are synchronous, pages
 * are written by pwrite and never through the map, so a stray write of ours cannot damage the file.
 * A new store is made under another name and renamed, so data.mdb is never half made.
 *
 * LMDB trusts its file: a damaged tree may crash the reader. So an existing file is walked whole in
 * a child process first, read-only; if that child does not come back with a "sound", the store is
 * refused, untouched.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "storage/store_engine.h"

#define MAP_FIRST   (UINT64_C(16) << 20)
#define MAP_DEFAULT (UINT64_C(512) << 20)
#define PAGES_MAX   (UINT64_C(1) << 24)
#define ENV_FLAGS   (MDB_NOLOCK | MDB_NOTLS | MDB_NOSUBDIR)
#define DATA_FILE   "data.mdb"
#define NEW_FILE    "new.mdb"
#define LOCK_FILE   "lock"
#define PROBE_CPU_S 120u
#define TABLE_FREE  0u /* LMDB's own tables: free pages, and the names of ours */
#define TABLE_MAIN  1u

static const char *const table_names[STORE_TABLES] = {
    [STORE_TRANSCRIPT] = "transcript", [STORE_CURSOR] = "cursor",
    [STORE_RELEASE] = "release",       [STORE_EVIDENCE] = "evidence",
    [STORE_COLLATERAL] = "collateral", [STORE_TABLE_ORDER] = "order",
    [STORE_TABLE_META] = "meta",
};

struct store_lmdb {
    struct store_engine engine;
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi tables[STORE_TABLES];
    uint64_t max_size;
    int dir_fd;
    int lock_fd;
};

static struct store_lmdb *lmdb_of(struct store_engine *e)
{
    return (struct store_lmdb *)e;
}

static enum err_code code_of(int rc)
{
    switch (rc) {
    case 0:
        return PC_OK;
    case MDB_NOTFOUND:
        return PC_E_NOT_FOUND;
    case MDB_MAP_FULL:
        return PC_E_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_CURSOR_FULL:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
        return PC_E_CORRUPT;
    case ENOMEM:
        return PC_E_MEMORY;
    default:
        return PC_E_IO;
    }
}

static MDB_val val_of(struct bytes b)
{
    /* LMDB does not write through a key or value given to it. */
    return (MDB_val){b.n, (void *)(uintptr_t)b.p};
}

static struct bytes bytes_from(MDB_val v)
{
    return bytes_of(v.mv_data, v.mv_size);
}

/* ---- transactions ---- */

static enum err_code lmdb_begin(struct store_engine *e, bool write)
{
    struct store_lmdb *l = lmdb_of(e);
    PC_ASSERT(l->txn == NULL);
    int rc = mdb_txn_begin(l->env, NULL, write ? 0 : MDB_RDONLY, &l->txn);
    if (rc != 0)
        l->txn = NULL;
    return code_of(rc);
}

static enum err_code lmdb_get(struct store_engine *e, int table, struct bytes key,
                              struct bytes *value)
{
    struct store_lmdb *l = lmdb_of(e);
    MDB_val k = val_of(key), v;
    PC_TRY(code_of(mdb_get(l->txn, l->tables[table], &k, &v)));
    *value = bytes_from(v);
    return PC_OK;
}

static enum err_code lmdb_seek(struct store_engine *e, int table, struct bytes key, bool after,
                               struct bytes *found, struct bytes *value)
{
    struct store_lmdb *l = lmdb_of(e);
    MDB_cursor *cur = NULL;
    MDB_val k = val_of(key), v;
    int rc = mdb_cursor_open(l->txn, l->tables[table], &cur);
    if (rc == 0)
        rc = mdb_cursor_get(cur, &k, &v, key.n == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (rc == 0 && after && bytes_equal_var(bytes_from(k), key))
        rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT);
    if (cur != NULL)
        mdb_cursor_close(cur);
    if (rc == 0) {
        *found = bytes_from(k);
        *value = bytes_from(v);
    }
    return code_of(rc);
}

static enum err_code lmdb_put(struct store_engine *e, int table, struct bytes key,
                              struct bytes value)
{
    struct store_lmdb *l = lmdb_of(e);
    MDB_val k = val_of(key), v = val_of(value);
    return code_of(mdb_put(l->txn, l->tables[table], &k, &v, 0));
}

static enum err_code lmdb_del(struct store_engine *e, int table, struct bytes key)
{
    struct store_lmdb *l = lmdb_of(e);
    MDB_val k = val_of(key);
    return code_of(mdb_del(l->txn, l->tables[table], &k, NULL));
}

static enum err_code lmdb_commit(struct store_engine *e)
{
    struct store_lmdb *l = lmdb_of(e);
    int rc = mdb_txn_commit(l->txn);
    l->txn = NULL;
    return code_of(rc);
}

static void lmdb_abort(struct store_engine *e)
{
    struct store_lmdb *l = lmdb_of(e);
    if (l->txn != NULL)
        mdb_txn_abort(l->txn);
    l->txn = NULL;
}

static enum err_code lmdb_grow(struct store_engine *e)
{
    struct store_lmdb *l = lmdb_of(e);
    MDB_envinfo info;
    PC_ASSERT(l->txn == NULL);
    PC_TRY(code_of(mdb_env_info(l->env, &info)));
    if (info.me_mapsize >= l->max_size)
        return PC_E_FULL;
    uint64_t next = (uint64_t)info.me_mapsize * 2;
    return code_of(mdb_env_set_mapsize(l->env, next < l->max_size ? next : l->max_size));
}

static void lmdb_close(struct store_engine *e)
{
    struct store_lmdb *l = lmdb_of(e);
    lmdb_abort(e);
    if (l->env != NULL)
        mdb_env_close(l->env);
    if (l->lock_fd >= 0)
        close(l->lock_fd);
    if (l->dir_fd >= 0)
        close(l->dir_fd);
    free(l);
}

static const struct store_engine_ops lmdb_ops = {lmdb_begin, lmdb_get,  lmdb_seek,
                                                 lmdb_put,   lmdb_del,  lmdb_commit,
                                                 lmdb_abort, lmdb_grow, lmdb_close};

/* ---- opening ---- */

static enum err_code tables_open(struct store_lmdb *l, bool create, char *why)
{
    MDB_txn *txn = NULL;
    MDB_stat st;
    int rc = mdb_txn_begin(l->env, NULL, create ? 0 : MDB_RDONLY, &txn);
    if (rc != 0)
        return code_of(rc);
    rc = mdb_stat(txn, TABLE_MAIN, &st);
    if (rc == 0 && st.ms_entries != (create ? 0 : STORE_TABLES))
        rc = MDB_INCOMPATIBLE;
    for (int t = 0; t < STORE_TABLES && rc == 0; t++)
        rc = mdb_dbi_open(txn, table_names[t], create ? MDB_CREATE : 0, &l->tables[t]);
    if (rc == MDB_NOTFOUND || rc == MDB_INCOMPATIBLE) {
        snprintf(why, STORE_WHY_MAX, "its tables are another program's");
        rc = MDB_INCOMPATIBLE;
    }
    if (rc != 0) {
        mdb_txn_abort(txn);
        return code_of(rc);
    }
    return code_of(mdb_txn_commit(txn));
}

static enum err_code env_open(struct store_lmdb *l, const char *dir, const char *name,
                              bool read_only, char *why)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return PC_E_TOO_LARGE;
    int rc = mdb_env_create(&l->env);
    if (rc == 0)
        rc = mdb_env_set_maxdbs(l->env, STORE_TABLES);
    if (rc == 0 && !read_only)
        rc = mdb_env_set_mapsize(l->env, l->max_size < MAP_FIRST ? l->max_size : MAP_FIRST);
    if (rc == 0)
        rc = mdb_env_open(l->env, path, ENV_FLAGS | (read_only ? MDB_RDONLY : 0), 0600);
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH)
        snprintf(why, STORE_WHY_MAX, DATA_FILE " is not a store file of this kind");
    return code_of(rc);
}

/* ---- the probe: is the file sound? ---- */

static bool mark(uint8_t *map, uint64_t pages, uint64_t page)
{
    if (page < 2 || page >= pages || (map[page / 8] & (1u << page % 8)) != 0)
        return false;
    map[page / 8] = (uint8_t)(map[page / 8] | 1u << page % 8);
    return true;
}

/* Each list of free pages, without a page named twice; *n how many. */
static enum err_code free_pages(MDB_txn *txn, uint64_t pages, uint8_t *map, uint64_t *n)
{
    MDB_cursor *cur = NULL;
    MDB_val k, v;
    enum err_code err = code_of(mdb_cursor_open(txn, TABLE_FREE, &cur));
    *n = 0;
    while (err == PC_OK) {
        int rc = mdb_cursor_get(cur, &k, &v, MDB_NEXT);
        if (rc != 0) {
            err = rc == MDB_NOTFOUND ? PC_OK : code_of(rc);
            break;
        }
        const size_t *list = v.mv_data; /* the count, then the page numbers */
        if (v.mv_size < sizeof *list || v.mv_size / sizeof *list - 1 < list[0]) {
            err = PC_E_CORRUPT;
            break;
        }
        for (size_t i = 1; i <= list[0] && err == PC_OK; i++)
            if (!mark(map, pages, list[i]))
                err = PC_E_CORRUPT;
        *n += list[0];
    }
    if (cur != NULL)
        mdb_cursor_close(cur);
    return err;
}

static uint64_t pages_of(const MDB_stat *st)
{
    return (uint64_t)st->ms_branch_pages + st->ms_leaf_pages + st->ms_overflow_pages;
}

/* Every page is in a table, in a list of free pages, or one of the two heads: else a later write
 * might reuse a page that is in use. */
static enum err_code pages_add_up(struct store_lmdb *l)
{
    MDB_envinfo info;
    MDB_stat st;
    uint64_t used = 2, unused = 0;
    PC_TRY(code_of(mdb_env_info(l->env, &info)));
    uint64_t pages = (uint64_t)info.me_last_pgno + 1;
    if (pages > PAGES_MAX)
        return PC_E_CORRUPT;
    uint8_t *map = calloc(1, pages / 8 + 1);
    if (map == NULL)
        return PC_E_MEMORY;
    enum err_code err = lmdb_begin(&l->engine, false);
    for (MDB_dbi t = TABLE_FREE; t <= TABLE_MAIN && err == PC_OK; t++) {
        err = code_of(mdb_stat(l->txn, t, &st));
        used += err == PC_OK ? pages_of(&st) : 0;
    }
    for (int t = 0; t < STORE_TABLES && err == PC_OK; t++) {
        err = code_of(mdb_stat(l->txn, l->tables[t], &st));
        used += err == PC_OK ? pages_of(&st) : 0;
    }
    if (err == PC_OK)
        err = free_pages(l->txn, pages, map, &unused);
    lmdb_abort(&l->engine);
    free(map);
    if (err == PC_OK && used + unused != pages)
        err = PC_E_CORRUPT;
    return err;
}

static enum err_code probe_file(const struct store_options *opt, char *why)
{
    struct store_lmdb l = {.engine = {&lmdb_ops}, .dir_fd = -1, .lock_fd = -1};
    enum err_code err = env_open(&l, opt->dir, DATA_FILE, true, why);
    if (err == PC_OK) {
        err = tables_open(&l, false, why);
    }
    if (err == PC_OK)
        err = pages_add_up(&l);
    if (err == PC_OK)
        err = store_verify(&l.engine, opt->network_id, why);
    return err;
}

/* The child's answer: a code and a sentence. */
struct report {
    enum err_code err;
    char why[STORE_WHY_MAX];
};

static _Noreturn void probe_child(const struct store_options *opt, int to)
{
    struct report r = {.err = PC_OK};
    struct rlimit cpu = {PROBE_CPU_S, PROBE_CPU_S}, none = {0, 0};
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setrlimit(RLIMIT_CPU, &cpu);
    (void)setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL);
    signal(SIGBUS, SIG_DFL);
    signal(SIGABRT, SIG_DFL);
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (quiet >= 0)
        (void)dup2(quiet, STDERR_FILENO); /* LMDB's assertions print */
    r.err = probe_file(opt, r.why);
    ssize_t n = write(to, &r, sizeof r);
    _exit(n == (ssize_t)sizeof r ? 0 : 1);
}

static enum err_code probe(const struct store_options *opt, char *why)
{
    int ends[2], status = 0;
    struct report r;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return PC_E_IO;
    pid_t pid = fork();
    int fork_error = errno;
    if (pid == 0)
        probe_child(opt, ends[1]);
    close(ends[1]);
    ssize_t n = -1;
    if (pid > 0) {
        do
            n = read(ends[0], &r, sizeof r);
        while (n < 0 && errno == EINTR);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    }
    close(ends[0]);
    if (pid < 0) {
        snprintf(why, STORE_WHY_MAX, "the process that checks it cannot be started: %s",
                 strerror(fork_error));
        return PC_E_IO;
    }
    if (n == (ssize_t)sizeof r) {
        r.why[sizeof r.why - 1] = '\0';
        memcpy(why, r.why, sizeof r.why);
        return r.err;
    }
    snprintf(why, STORE_WHY_MAX, "reading it %s",
             WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? "does not end"
                                                                : "crashes its reader");
    return PC_E_CORRUPT;
}

static enum err_code lock_dir(struct store_lmdb *l, const char *dir, char *why)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    l->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir_fd >= 0)
        l->lock_fd = openat(l->dir_fd, LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (l->lock_fd < 0) {
        snprintf(why, STORE_WHY_MAX, "the folder cannot be used: %s", strerror(errno));
        return PC_E_IO;
    }
    if (fcntl(l->lock_fd, F_SETLK, &whole) != 0) {
        snprintf(why, STORE_WHY_MAX, "another process has it open");
        return PC_E_EXISTS;
    }
    return PC_OK;
}

/* An existing file is probed; PC_E_NOT_FOUND if there is none yet. */
static enum err_code examine(struct store_lmdb *l, const struct store_options *opt, char *why)
{
    struct stat st;
    if (fstatat(l->dir_fd, DATA_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return PC_E_NOT_FOUND;
        snprintf(why, STORE_WHY_MAX, DATA_FILE " cannot be read: %s", strerror(errno));
        return PC_E_IO;
    }
    if (!S_ISREG(st.st_mode) || st.st_size == 0) {
        snprintf(why, STORE_WHY_MAX, DATA_FILE " is %s",
                 S_ISREG(st.st_mode) ? "empty" : "not a regular file");
        return PC_E_CORRUPT;
    }
    return probe(opt, why);
}

static enum err_code create_file(struct store_lmdb *l, const char *dir, char *why)
{
    if (unlinkat(l->dir_fd, NEW_FILE, 0) != 0 && errno != ENOENT) {
        snprintf(why, STORE_WHY_MAX, NEW_FILE " cannot be removed: %s", strerror(errno));
        return PC_E_IO;
    }
    PC_TRY(env_open(l, dir, NEW_FILE, false, why));
    PC_TRY(tables_open(l, true, why));
    if (renameat(l->dir_fd, NEW_FILE, l->dir_fd, DATA_FILE) != 0 || fsync(l->dir_fd) != 0) {
        snprintf(why, STORE_WHY_MAX, DATA_FILE " cannot be made: %s", strerror(errno));
        return PC_E_IO;
    }
    return PC_OK;
}

static enum err_code open_file(struct store_lmdb *l, const char *dir, char *why)
{
    PC_TRY(env_open(l, dir, DATA_FILE, false, why));
    return tables_open(l, false, why);
}

enum err_code store_lmdb_open(struct store_engine **out, const struct store_options *opt,
                              char why[static STORE_WHY_MAX])
{
    *out = NULL;
    why[0] = '\0';
    struct store_lmdb *l = calloc(1, sizeof *l);
    if (l == NULL) {
        snprintf(why, STORE_WHY_MAX, "%s", pc_err_text(PC_E_MEMORY));
        return PC_E_MEMORY;
    }
    l->engine.ops = &lmdb_ops;
    l->dir_fd = l->lock_fd = -1;
    l->max_size = opt->max_size == 0 ? MAP_DEFAULT : opt->max_size;
    enum err_code err = lock_dir(l, opt->dir, why);
    if (err == PC_OK)
        err = examine(l, opt, why);
    if (err == PC_OK)
        err = open_file(l, opt->dir, why);
    else if (err == PC_E_NOT_FOUND)
        err = create_file(l, opt->dir, why);
    if (err == PC_OK) {
        *out = &l->engine;
        return PC_OK;
    }
    if (why[0] == '\0')
        snprintf(why, STORE_WHY_MAX, "%s", pc_err_text(err));
    lmdb_close(&l->engine);
    return err;
}
