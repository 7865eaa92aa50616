/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/nsm.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "attest/cbor.h"
#include "attest/nitro_doc.h"

_Static_assert(sizeof(struct nsm_raw) == 32 && PC_NSM_IOCTL_RAW == _IOWR(0x0a, 0, struct nsm_raw),
               "the kernel's number holds the size of the struct");

/* Faults that pass: a signal, the module's silence (the driver waits two minutes), a queue that is
 * full or out of step (the driver empties it then). */
static bool transient(int err)
{
    return err == EINTR || err == EAGAIN || err == EBUSY || err == ETIMEDOUT || err == EIO ||
           err == ENODATA || err == ENOSPC || err == ENOMEM;
}

static enum err_code fault(struct nsm_fault *why, const char *step, int err)
{
    *why = (struct nsm_fault){step, err};
    if (transient(err))
        return PC_E_RETRY;
    bool absent = err == ENOENT || err == ENXIO || err == ENODEV || err == ENOTTY;
    return absent ? PC_E_UNSUPPORTED : PC_E_IO;
}

static enum err_code wrong(struct nsm_fault *why, const char *step, enum err_code e)
{
    *why = (struct nsm_fault){step, 0};
    return e;
}

/* Errors that the module names. InternalError alone may be another one's next time. */
static enum err_code named_error(struct nsm_fault *why, struct bytes name)
{
    static const char *const known[] = {"InvalidArgument", "InvalidIndex",     "InvalidResponse",
                                        "ReadOnlyIndex",   "InvalidOperation", "BufferTooSmall",
                                        "InputTooLarge"};
    if (bytes_equal_var(name, PC_BYTES_STR("InternalError")))
        return wrong(why, "InternalError", PC_E_RETRY);
    for (size_t i = 0; i < PC_ARRAY_LEN(known); i++)
        if (bytes_equal_var(name, bytes_of(known[i], strlen(known[i]))))
            return wrong(why, known[i], PC_E_REFUSED);
    return wrong(why, "an unknown error", PC_E_REFUSED);
}

/* The one text key of a map of one pair; anything else fails the cursor. */
static struct bytes only_key(struct cbor *c, struct cbor_map *m)
{
    struct cbor key;
    cbor_map_open(c, m);
    if (!cbor_map_next(c, m, &key) || cbor_peek(&key) != PC_CBOR_TEXT) {
        cbor_fail(c, PC_E_MALFORMED);
        return (struct bytes){NULL, 0};
    }
    return cbor_take_text(&key);
}

/* The map must end here. */
static void no_more(struct cbor *c, struct cbor_map *m)
{
    struct cbor key;
    if (cbor_map_next(c, m, &key))
        cbor_fail(c, PC_E_MALFORMED);
}

enum err_code nsm_answer(struct bytes *document, struct nsm_fault *why, struct bytes answer)
{
    struct cbor c = cbor_of(answer);
    struct cbor_map outer, inner;
    struct bytes error = {NULL, 0};
    *document = (struct bytes){NULL, 0};
    struct bytes kind = only_key(&c, &outer);
    bool is_error = bytes_equal_var(kind, PC_BYTES_STR("Error"));
    if (is_error) {
        error = cbor_take_text(&c);
    } else if (bytes_equal_var(kind, PC_BYTES_STR("Attestation"))) {
        if (!bytes_equal_var(only_key(&c, &inner), PC_BYTES_STR("document")))
            cbor_fail(&c, PC_E_MALFORMED);
        *document = cbor_take_bytes(&c);
        no_more(&c, &inner);
    } else {
        cbor_fail(&c, PC_E_MALFORMED);
    }
    no_more(&c, &outer);
    if (cbor_end(&c))
        return is_error ? named_error(why, error) : PC_OK;
    *document = (struct bytes){NULL, 0};
    return wrong(why, "answer", c.err == PC_E_TRUNCATED ? PC_E_TRUNCATED : PC_E_MISMATCH);
}

/* Is it a document, over what was asked and nothing else? */
static enum err_code check_document(struct nsm_fault *why, struct bytes document,
                                    const uint8_t report_data[static 64])
{
    struct nitro_doc d;
    struct verdict found = {0};
    if (!nitro_doc_parse(&d, &found, document) || !d.user_data.present ||
        !bytes_equal_var(d.user_data.data, bytes_of(report_data, 64)) || d.public_key.present ||
        d.nonce.present)
        return wrong(why, "document", PC_E_MISMATCH);
    return PC_OK;
}

/* {"Attestation": {"user_data": .., "nonce": null, "public_key": null}} */
static size_t put_request(uint8_t out[static 128], const uint8_t report_data[static 64])
{
    static const char head[] = "\xa1\x6b"
                               "Attestation"
                               "\xa3\x69"
                               "user_data"
                               "\x58\x40";
    static const char tail[] = "\x65"
                               "nonce"
                               "\xf6\x6a"
                               "public_key"
                               "\xf6";
    memcpy(out, head, sizeof(head) - 1);
    memcpy(out + sizeof(head) - 1, report_data, 64);
    memcpy(out + sizeof(head) - 1 + 64, tail, sizeof(tail) - 1);
    return sizeof(head) - 1 + 64 + sizeof(tail) - 1;
}

static enum err_code attempt(uint8_t *out, size_t *n, struct nsm_fault *why, struct nsm_io *io,
                             int fd, const uint8_t report_data[static 64])
{
    uint8_t request[128], answer[PC_NSM_RESPONSE_MAX] = {0};
    struct nsm_raw raw = {.request_addr = (uint64_t)(uintptr_t)request,
                          .request_len = put_request(request, report_data),
                          .response_addr = (uint64_t)(uintptr_t)answer,
                          .response_len = sizeof(answer)};
    struct bytes document;
    if (io->ioctl(io, fd, &raw) != 0)
        return fault(why, "ioctl", errno);
    if (raw.response_len > sizeof(answer))
        return wrong(why, "length of the answer", PC_E_MISMATCH);
    PC_TRY(nsm_answer(&document, why, bytes_of(answer, (size_t)raw.response_len)));
    PC_TRY(check_document(why, document, report_data));
    memcpy(out, document.p, document.n);
    *n = document.n;
    return PC_OK;
}

enum err_code nsm_document(uint8_t out[static PC_NSM_RESPONSE_MAX], size_t *n,
                           struct nsm_fault *why, struct nsm_io *io,
                           const uint8_t report_data[static 64])
{
    enum err_code e = PC_E_RETRY;
    unsigned wait = 50;
    *n = 0;
    *why = (struct nsm_fault){"", 0};
    for (unsigned i = 0; i < PC_NSM_TRIES && e == PC_E_RETRY; i++) {
        if (i > 0) {
            io->wait_ms(io, wait);
            wait *= 2;
        }
        int fd = io->open(io, PC_NSM_DEVICE);
        if (fd < 0) {
            e = fault(why, "open", errno);
            continue;
        }
        e = attempt(out, n, why, io, fd, report_data);
        (void)io->close(io, fd);
    }
    if (e != PC_OK)
        memset(out, 0, PC_NSM_RESPONSE_MAX);
    return e;
}
