/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/store_faults.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

bool fault_armed;
size_t fault_calls;
size_t fault_at;
enum fault_what fault_what;

static void die(void)
{
    kill(getpid(), SIGKILL);
}

/* True when this call must not be made: errno is set. */
static bool before(void)
{
    if (!fault_armed || ++fault_calls != fault_at)
        return false;
    if (fault_what == FAULT_KILL_BEFORE)
        die();
    if (fault_what == FAULT_EIO || fault_what == FAULT_ENOSPC) {
        errno = fault_what == FAULT_EIO ? EIO : ENOSPC;
        return true;
    }
    return false;
}

static void after(void)
{
    if (fault_armed && fault_calls == fault_at && fault_what == FAULT_KILL_AFTER)
        die();
}

static bool halfway(void)
{
    return fault_armed && fault_calls == fault_at && fault_what == FAULT_KILL_HALFWAY;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    if (before())
        return -1;
    if (halfway()) {
        /* The heads are smaller than a sector, which disks write whole. */
        if (n > 512)
            syscall(SYS_pwrite64, fd, p, n / 2, at);
        die();
    }
    ssize_t r = syscall(SYS_pwrite64, fd, p, n, at);
    after();
    return r;
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
    if (before())
        return -1;
    if (halfway()) {
        syscall(SYS_writev, fd, iov, n / 2);
        die();
    }
    ssize_t r = syscall(SYS_writev, fd, iov, n);
    after();
    return r;
}

int fdatasync(int fd)
{
    if (before())
        return -1;
    if (halfway())
        die();
    int r = (int)syscall(SYS_fdatasync, fd);
    after();
    return r;
}

int ftruncate(int fd, off_t n)
{
    if (before())
        return -1;
    if (halfway())
        die();
    int r = (int)syscall(SYS_ftruncate, fd, n);
    after();
    return r;
}
