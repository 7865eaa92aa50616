/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

#define MAGIC    0x70635251u /* "pcRQ" */
#define VERSION  1
#define FILE_MAX ((size_t)PC_QUEUE_MAX * (PC_QUEUE_DATA_MAX + 1024) + 4096)

static void write_budget(struct writer *w, const struct relay_budget *b)
{
    write_u64(w, b->hour);
    for (unsigned k = 0; k < PC_RELAY_KINDS; k++)
        for (unsigned h = 0; h < PC_BUDGET_HOURS; h++)
            write_u64(w, b->used[k][h]);
}

static void read_budget(struct reader *r, struct relay_budget *b)
{
    b->hour = read_u64(r);
    for (unsigned k = 0; k < PC_RELAY_KINDS; k++)
        for (unsigned h = 0; h < PC_BUDGET_HOURS; h++)
            b->used[k][h] = read_u64(r);
}

static void write_pending(struct writer *w, const struct relay_pending *p)
{
    write_u64(w, p->nonce);
    write_bytes(w, p->to.b, 20);
    write_u8(w, (uint8_t)p->kind);
    write_u64(w, p->gas);
    write_u64(w, p->max_fee);
    write_u64(w, p->tip);
    write_u64(w, p->first_sent);
    write_u64(w, p->last_sent);
    write_u8(w, (uint8_t)p->versions);
    for (size_t i = 0; i < p->versions; i++)
        write_bytes(w, p->hash[i].b, 32);
    write_bytes32(w, bytes_of(p->data, p->data_len));
}

static void read_pending(struct reader *r, struct relay_queue *q)
{
    struct relay_pending *p = &q->at[q->n];
    memset(p, 0, sizeof *p);
    p->nonce = read_u64(r);
    read_copy(r, p->to.b, 20);
    uint8_t kind = read_u8(r);
    p->gas = read_u64(r);
    p->max_fee = read_u64(r);
    p->tip = read_u64(r);
    p->first_sent = read_u64(r);
    p->last_sent = read_u64(r);
    p->versions = read_u8(r);
    if (kind >= PC_RELAY_KINDS || p->versions > PC_QUEUE_VERSIONS)
        reader_fail(r, PC_E_CORRUPT);
    for (size_t i = 0; i < PC_QUEUE_VERSIONS && i < p->versions; i++)
        read_copy(r, p->hash[i].b, 32);
    struct bytes data = read_bytes32(r, PC_QUEUE_DATA_MAX);
    bool later = q->n == 0 || p->nonce > q->at[q->n - 1].nonce;
    if (r->err != PC_OK || !later) {
        reader_fail(r, PC_E_CORRUPT);
        return;
    }
    p->kind = (enum relay_kind)kind;
    p->data = malloc(data.n + 1);
    if (p->data == NULL) {
        reader_fail(r, PC_E_MEMORY);
        return;
    }
    memcpy(p->data, data.p, data.n);
    p->data_len = data.n;
    q->n++;
}

static enum err_code parse(struct relay_queue *q, struct bytes file)
{
    struct reader r = reader_of(file);
    struct evm_address payer;
    uint32_t magic = read_u32(&r), version = read_u32(&r);
    uint64_t chain_id = read_u64(&r);
    read_copy(&r, payer.b, 20);
    if (magic != MAGIC || version != VERSION || chain_id != q->chain_id ||
        !evm_addr_equal(&payer, &q->payer))
        return PC_E_CORRUPT;
    read_budget(&r, &q->budget);
    size_t n = read_u8(&r);
    if (n > PC_QUEUE_MAX)
        return PC_E_CORRUPT;
    for (size_t i = 0; i < n && r.err == PC_OK; i++)
        read_pending(&r, q);
    enum err_code e = reader_end(&r);
    return e == PC_OK || e == PC_E_MEMORY ? e : PC_E_CORRUPT;
}

static enum err_code read_file(uint8_t *buf, size_t *n, const char *path)
{
    *n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;
    enum err_code e = PC_OK;
    for (;;) {
        ssize_t got = read(fd, buf + *n, FILE_MAX + 1 - *n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            e = PC_E_IO;
        if (got <= 0)
            break;
        *n += (size_t)got;
        if (*n > FILE_MAX) {
            e = PC_E_CORRUPT;
            break;
        }
    }
    close(fd);
    return e;
}

enum err_code relay_queue_open(struct relay_queue *q, const char *path, uint64_t chain_id,
                               const struct evm_address *payer)
{
    memset(q, 0, sizeof *q);
    size_t len = strlen(path), n;
    if (len == 0 || len >= sizeof q->path - 8)
        return PC_E_USAGE;
    memcpy(q->path, path, len + 1);
    q->chain_id = chain_id;
    q->payer = *payer;
    relay_budget_init(&q->budget);
    uint8_t *buf = malloc(FILE_MAX + 1);
    enum err_code e = buf == NULL ? PC_E_MEMORY : read_file(buf, &n, path);
    if (e == PC_OK)
        e = parse(q, bytes_of(buf, n));
    else if (e == PC_E_NOT_FOUND)
        e = PC_OK;
    free(buf);
    if (e != PC_OK)
        relay_queue_close(q);
    return e;
}

void relay_queue_close(struct relay_queue *q)
{
    for (size_t i = 0; i < q->n; i++)
        free(q->at[i].data);
    q->n = 0;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
    while (n != 0) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        p += put;
        n -= (size_t)put;
    }
    return true;
}

/* The rename lasts when the folder is on disk. */
static bool sync_folder(const char *path)
{
    char copy[1024];
    (void)snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

static enum err_code replace_file(const char *path, struct bytes content)
{
    char aside[1040];
    (void)snprintf(aside, sizeof aside, "%s.new", path);
    int fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return PC_E_IO;
    bool ok = write_all(fd, content.p, content.n) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    ok = ok && rename(aside, path) == 0 && sync_folder(path);
    return ok ? PC_OK : PC_E_IO;
}

enum err_code relay_queue_save(const struct relay_queue *q)
{
    size_t cap = 4096;
    for (size_t i = 0; i < q->n; i++)
        cap += q->at[i].data_len + 1024;
    uint8_t *buf = malloc(cap);
    if (buf == NULL)
        return PC_E_MEMORY;
    struct writer w = writer_of(buf, cap);
    write_u32(&w, MAGIC);
    write_u32(&w, VERSION);
    write_u64(&w, q->chain_id);
    write_bytes(&w, q->payer.b, 20);
    write_budget(&w, &q->budget);
    write_u8(&w, (uint8_t)q->n);
    for (size_t i = 0; i < q->n; i++)
        write_pending(&w, &q->at[i]);
    struct bytes content;
    enum err_code e = writer_end(&w, &content);
    if (e == PC_OK)
        e = replace_file(q->path, content);
    free(buf);
    return e;
}

uint64_t relay_queue_next_nonce(const struct relay_queue *q, uint64_t account_nonce)
{
    uint64_t next = account_nonce;
    if (q->n != 0 && q->at[q->n - 1].nonce >= next)
        next = q->at[q->n - 1].nonce + 1;
    return next;
}

struct relay_pending *relay_queue_add(struct relay_queue *q, const struct evm_address *to,
                                      struct bytes data)
{
    if (q->n == PC_QUEUE_MAX || data.n > PC_QUEUE_DATA_MAX)
        return NULL;
    uint8_t *copy = malloc(data.n + 1);
    if (copy == NULL)
        return NULL;
    if (data.n != 0)
        memcpy(copy, data.p, data.n);
    struct relay_pending *p = &q->at[q->n++];
    *p = (struct relay_pending){.to = *to, .data = copy, .data_len = data.n};
    return p;
}

struct relay_pending *relay_queue_find(struct relay_queue *q, const struct evm_address *to,
                                       struct bytes data)
{
    for (size_t i = 0; i < q->n; i++)
        if (evm_addr_equal(&q->at[i].to, to) &&
            bytes_equal_var(bytes_of(q->at[i].data, q->at[i].data_len), data))
            return &q->at[i];
    return NULL;
}

void relay_queue_remove(struct relay_queue *q, struct relay_pending *p)
{
    size_t i = (size_t)(p - q->at);
    PC_ASSERT(i < q->n);
    free(p->data);
    memmove(&q->at[i], &q->at[i + 1], (q->n - i - 1) * sizeof q->at[0]);
    q->n--;
}

void relay_pending_add_hash(struct relay_pending *p, const struct evm_word *hash)
{
    if (p->versions == PC_QUEUE_VERSIONS) {
        /* The first version stays: it had the longest time to be mined unseen. */
        memmove(&p->hash[1], &p->hash[2], (PC_QUEUE_VERSIONS - 2) * sizeof p->hash[0]);
        p->versions--;
    }
    p->hash[p->versions++] = *hash;
}

static uint64_t raised(uint64_t old, uint64_t suggested, uint64_t cap)
{
    uint64_t more = old > UINT64_MAX - old / 8 - 1 ? UINT64_MAX : old + old / 8 + 1;
    uint64_t v = more > suggested ? more : suggested;
    return v < cap ? v : cap;
}

bool relay_pending_bump(struct relay_pending *p, uint64_t max_fee, uint64_t tip, uint64_t cap)
{
    uint64_t fee = raised(p->max_fee, max_fee, cap);
    uint64_t new_tip = raised(p->tip, tip, fee);
    bool enough = fee >= p->max_fee + p->max_fee / 10 + 1 && new_tip >= p->tip + p->tip / 10 + 1;
    if (!enough)
        return false;
    p->max_fee = fee;
    p->tip = new_tip;
    return true;
}
