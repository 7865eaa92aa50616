/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/bundle.h"

#include <stdlib.h>

#define FRAME_MAX BUNDLE_ACCEPTED_BYTES

/* ---- reading ---- */

/* Length and frame. The largest message bounds it; what is in it is judged by its decoder. */
static struct bytes next_frame(struct reader *r)
{
    return read_bytes32(r, FRAME_MAX);
}

static enum err_code check_end(const struct bytes file, size_t before, struct bytes frame,
                               uint32_t frames)
{
    struct bundle_end end;
    uint8_t hash[32];
    PC_TRY(bundle_decode_end(&end, frame));
    sha256(hash, bytes_of(file.p, before));
    return end.frames == frames && memcmp(hash, end.sha256, sizeof hash) == 0 ? PC_OK
                                                                              : PC_E_MISMATCH;
}

static enum err_code count_frame(struct bundle *b, struct bytes frame)
{
    struct bundle_object o;
    struct bundle_accepted a;
    switch (bundle_type_of(frame)) {
    case BUNDLE_MSG_OBJECT:
        b->objects++;
        return bundle_decode_object(&o, frame);
    case BUNDLE_MSG_ACCEPTED:
        b->accepted++;
        return bundle_decode_accepted(&a, frame);
    case BUNDLE_MSG_BEGIN:
    case BUNDLE_MSG_END:
        return PC_E_SEQUENCE;
    default:
        return PC_E_MALFORMED;
    }
}

static enum err_code walk(struct bundle *b, struct bytes file)
{
    struct reader r = reader_of(file);
    struct bytes frame = next_frame(&r);
    uint32_t frames = 1;
    PC_TRY(r.err);
    PC_TRY(bundle_decode_begin(&b->begin, frame));
    if (b->begin.version != BUNDLE_VERSION)
        return PC_E_UNSUPPORTED;
    const uint8_t *first = r.p;
    for (;;) {
        size_t before = file.n - r.left;
        const uint8_t *at = r.p;
        if (r.left == 0)
            return PC_E_TRUNCATED;
        frame = next_frame(&r);
        PC_TRY(r.err);
        if (r.left != 0 || bundle_type_of(frame) != BUNDLE_MSG_END) {
            PC_TRY(count_frame(b, frame));
            frames++;
            continue;
        }
        PC_TRY(check_end(file, before, frame, frames));
        b->frames = bytes_of(first, (size_t)(at - first));
        return PC_OK;
    }
}

enum err_code bundle_open(struct bundle *out, struct bytes file)
{
    memset(out, 0, sizeof *out);
    enum err_code e = walk(out, file);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

enum err_code bundle_object(const struct bundle *b, struct bytes *data,
                            const uint8_t name[static 32])
{
    struct reader r = reader_of(b->frames);
    struct bundle_object o;
    *data = bytes_of(NULL, 0);
    while (r.left != 0) {
        struct bytes frame = next_frame(&r);
        PC_TRY(r.err);
        if (bundle_type_of(frame) != BUNDLE_MSG_OBJECT)
            continue;
        PC_TRY(bundle_decode_object(&o, frame));
        if (memcmp(o.name, name, 32) != 0)
            continue;
        *data = o.data;
        return PC_OK;
    }
    return PC_E_NOT_FOUND;
}

static enum err_code find_accepted(const struct bundle *b, struct bundle_accepted *out,
                                   const uint8_t *hash, uint32_t i)
{
    struct reader r = reader_of(b->frames);
    while (r.left != 0) {
        struct bytes frame = next_frame(&r);
        PC_TRY(r.err);
        if (bundle_type_of(frame) != BUNDLE_MSG_ACCEPTED)
            continue;
        PC_TRY(bundle_decode_accepted(out, frame));
        if (hash != NULL ? memcmp(out->hash, hash, 32) == 0 : i-- == 0)
            return PC_OK;
    }
    memset(out, 0, sizeof *out);
    return PC_E_NOT_FOUND;
}

enum err_code bundle_accepted_of(const struct bundle *b, struct bundle_accepted *out,
                                 const uint8_t hash[static 32])
{
    return find_accepted(b, out, hash, 0);
}

enum err_code bundle_accepted_at(const struct bundle *b, struct bundle_accepted *out, uint32_t i)
{
    return find_accepted(b, out, NULL, i);
}

/* ---- writing ---- */

static void put(struct bundle_writer *w, const void *p, size_t n)
{
    sha256_update(&w->hash, p, n);
    if (w->err == PC_OK && fwrite(p, 1, n, w->f) != n)
        w->err = PC_E_IO;
}

static void put_frame(struct bundle_writer *w, enum err_code e, struct bytes frame)
{
    uint8_t length[4];
    if (w->err == PC_OK)
        w->err = e;
    if (w->err != PC_OK)
        return;
    store_be32(length, (uint32_t)frame.n);
    put(w, length, sizeof length);
    put(w, frame.p, frame.n);
    w->frames++;
}

void bundle_begin(struct bundle_writer *w, FILE *f, const struct bundle_begin *begin)
{
    uint8_t buf[BUNDLE_BEGIN_BYTES];
    struct bytes frame = {NULL, 0};
    *w = (struct bundle_writer){.f = f};
    sha256_init(&w->hash);
    put_frame(w, bundle_encode_begin(&frame, buf, sizeof buf, begin), frame);
}

void bundle_add_object(struct bundle_writer *w, const struct bundle_object *o)
{
    uint8_t *buf = malloc(BUNDLE_OBJECT_BYTES);
    struct bytes frame = {NULL, 0};
    enum err_code e =
        buf != NULL ? bundle_encode_object(&frame, buf, BUNDLE_OBJECT_BYTES, o) : PC_E_MEMORY;
    put_frame(w, e, frame);
    free(buf);
}

void bundle_add_accepted(struct bundle_writer *w, const struct bundle_accepted *a)
{
    uint8_t *buf = malloc(BUNDLE_ACCEPTED_BYTES);
    struct bytes frame = {NULL, 0};
    enum err_code e =
        buf != NULL ? bundle_encode_accepted(&frame, buf, BUNDLE_ACCEPTED_BYTES, a) : PC_E_MEMORY;
    put_frame(w, e, frame);
    free(buf);
}

enum err_code bundle_end(struct bundle_writer *w)
{
    struct bundle_end end = {.frames = w->frames};
    uint8_t buf[BUNDLE_END_BYTES];
    struct bytes frame = {NULL, 0};
    sha256_final(&w->hash, end.sha256);
    sha256_init(&w->hash);
    put_frame(w, bundle_encode_end(&frame, buf, sizeof buf, &end), frame);
    if (w->err == PC_OK && fflush(w->f) != 0)
        w->err = PC_E_IO;
    return w->err;
}
