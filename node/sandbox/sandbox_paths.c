/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: of the file system only the given paths stay reachable. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "node/sandbox/internal.h"

/* Rights of the first version of the interface (kernel 5.13); every later kernel has them. */
#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL_RIGHTS                                                                                 \
    (READ_RIGHTS | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                    \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                              \
     LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |    \
     LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
     LANDLOCK_ACCESS_FS_MAKE_SYM)
#define WRITE_RIGHTS                                                                               \
    (READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                 \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |  \
     LANDLOCK_ACCESS_FS_MAKE_SOCK)
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

static int add_path(int rules, const struct sandbox_path *p)
{
    struct stat st;
    struct landlock_path_beneath_attr rule = {0};
    rule.parent_fd = open(p->path, O_PATH | O_CLOEXEC);
    if (rule.parent_fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    rule.allowed_access = p->writable ? WRITE_RIGHTS : READ_RIGHTS;
    int rc = fstat(rule.parent_fd, &st);
    if (rc == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= FILE_RIGHTS;
    if (rc == 0)
        rc = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = errno;
    close(rule.parent_fd);
    errno = error;
    return rc;
}

enum err_code sandbox_limit_paths(const struct sandbox_path *paths, size_t n)
{
    struct landlock_ruleset_attr attr = {.handled_access_fs = ALL_RIGHTS};
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0) {
        log_warn("landlock_absent",
                 LOG_STR("reason", "this kernel cannot confine paths; system calls are confined"));
        return PC_OK;
    }
    int rules = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (rules < 0)
        return sandbox_refused("landlock_create_ruleset", errno);
    int rc = 0, error = 0;
    for (size_t i = 0; i < n && rc == 0; i++)
        rc = add_path(rules, &paths[i]);
    if (rc == 0)
        rc = (int)syscall(SYS_landlock_restrict_self, rules, 0);
    error = errno;
    close(rules);
    return rc == 0 ? PC_OK : sandbox_refused("landlock", error);
}
