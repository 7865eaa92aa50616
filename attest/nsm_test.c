/* SPDX-License-Identifier: Apache-2.0 */
/* Bug 34 of attestation.md: truncated NSM response, length trusted, transient faults fatal,
 * user_data not compared. Driver and module are played by a table with one fault at a chosen step.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "attest/nsm.h"
#include "attest/sim/forge_nitro.h"
#include "base/rng_seeded.h"

#define FD 10

/* Faults last `fault_times` calls. */
struct module {
    struct nsm_io io;
    struct cborw answer; /* what the module says */
    int fail_open, fail_ioctl;
    int fault_times;
    const char *error; /* the module names one, fault_times times */
    size_t room;       /* the driver gives at most this; 0: all that fits */
    uint64_t claim;    /* length that it claims; 0: the true one */
    unsigned opens, closes, ioctls, waits, wait_sum;
    uint8_t request[PC_NSM_REQUEST_MAX];
    size_t request_n;
};

static int hit(struct module *m, int err)
{
    if (err == 0 || m->fault_times == 0)
        return 0;
    m->fault_times--;
    errno = err;
    return 1;
}

static struct module *of(struct nsm_io *io)
{
    return (struct module *)io; /* first member */
}

static int m_open(struct nsm_io *io, const char *path)
{
    struct module *m = of(io);
    assert_string_equal(path, "/dev/nsm");
    if (hit(m, m->fail_open))
        return -1;
    m->opens++;
    return FD;
}

static int m_ioctl(struct nsm_io *io, int fd, struct nsm_raw *raw)
{
    static struct cborw said;
    struct module *m = of(io);
    assert_int_equal(fd, FD);
    m->ioctls++;
    if (raw->request_len > PC_NSM_REQUEST_MAX) { /* as the driver */
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(m->request, (const void *)(uintptr_t)raw->request_addr, raw->request_len);
    m->request_n = raw->request_len;
    if (hit(m, m->fail_ioctl))
        return -1;
    said = m->answer;
    if (m->error != NULL && m->fault_times > 0) {
        m->fault_times--;
        said.n = 0;
        cborw_head(&said, PC_CBOR_MAP, 1);
        cborw_text(&said, "Error");
        cborw_text(&said, m->error);
    }
    size_t give = said.n < raw->response_len ? said.n : raw->response_len;
    give = m->room != 0 && give > m->room ? m->room : give;
    if (give > 0)
        memcpy((void *)(uintptr_t)raw->response_addr, said.p, give);
    raw->response_len = m->claim != 0 ? m->claim : give;
    return 0;
}

static int m_close(struct nsm_io *io, int fd)
{
    assert_int_equal(fd, FD);
    of(io)->closes++;
    return 0;
}

static void m_wait_ms(struct nsm_io *io, unsigned ms)
{
    of(io)->waits++;
    of(io)->wait_sum += ms;
}

static struct module m;
static struct forge_nitro f;
static struct forged_nitro document;
static uint8_t report_data[64];

static void set_answer(struct bytes doc)
{
    m.answer.n = 0;
    cborw_head(&m.answer, PC_CBOR_MAP, 1);
    cborw_text(&m.answer, "Attestation");
    cborw_head(&m.answer, PC_CBOR_MAP, 1);
    cborw_text(&m.answer, "document");
    cborw_bytes(&m.answer, doc);
}

/* A module that gives a genuine document over report_data. */
static int reset(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 34);
    forge_nitro_init(&f, &rng.rng, false);
    memcpy(report_data, f.user_data, 64);
    forge_nitro_build(&document, &f);
    memset(&m, 0, sizeof(m));
    m.io = (struct nsm_io){m_open, m_ioctl, m_close, m_wait_ms};
    set_answer(bytes_of(document.p, document.n));
    return 0;
}

static struct nsm_fault why;

static enum err_code ask(void)
{
    static uint8_t out[PC_NSM_RESPONSE_MAX];
    size_t n;
    enum err_code e = nsm_document(out, &n, &why, &m.io, report_data);
    assert_int_equal(m.opens, m.closes);
    if (e == PC_OK) {
        assert_int_equal(n, document.n);
        assert_memory_equal(out, document.p, n);
    } else {
        assert_int_equal(n, 0);
        assert_true(bytes_all_zero_var(PC_BYTES(out)));
        assert_true(why.step[0] != '\0');
    }
    return e;
}

static void test_document(void **state)
{
    struct verdict v;
    uint8_t pin[32];
    (void)state;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(m.waits, 0);
    assert_int_equal(m.ioctls, 1);
    forge_nitro_pin(pin, &f);
    forge_nitro_verify(&v, bytes_of(document.p, document.n), pin);
    assert_true(verdict_accepts(&v));
}

/* What was asked, byte by byte: bstr, not an array of integers; nothing beside user_data. */
static void test_request(void **state)
{
    static struct cborw want;
    (void)state;
    assert_int_equal(ask(), PC_OK);
    want.n = 0;
    cborw_head(&want, PC_CBOR_MAP, 1);
    cborw_text(&want, "Attestation");
    cborw_head(&want, PC_CBOR_MAP, 3);
    cborw_text(&want, "user_data");
    cborw_bytes(&want, PC_BYTES(report_data));
    cborw_text(&want, "nonce");
    cborw_null(&want);
    cborw_text(&want, "public_key");
    cborw_null(&want);
    assert_int_equal(m.request_n, want.n);
    assert_memory_equal(m.request, want.p, want.n);
}

/* Each passing fault: gone after two tries, and the third gives the document. */
static void test_bug_34_transient(void **state)
{
    static const int errs[] = {EINTR, EAGAIN, EBUSY, ETIMEDOUT, EIO, ENODATA, ENOSPC, ENOMEM};
    for (size_t i = 0; i < PC_ARRAY_LEN(errs); i++)
        for (int step = 0; step < 2; step++) {
            (void)reset(state);
            *(step == 0 ? &m.fail_open : &m.fail_ioctl) = errs[i];
            m.fault_times = 2;
            assert_int_equal(ask(), PC_OK);
            assert_int_equal(m.waits, 2);
            assert_int_equal(m.wait_sum, 150); /* doubling */
        }
    (void)reset(state);
    m.error = "InternalError";
    m.fault_times = 2;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(m.waits, 2);
}

static void test_silent_for_ever(void **state)
{
    (void)state;
    m.fail_ioctl = ETIMEDOUT;
    m.fault_times = 1000;
    assert_int_equal(ask(), PC_E_RETRY);
    assert_int_equal(m.waits, PC_NSM_TRIES - 1);
    assert_string_equal(why.step, "ioctl");
    (void)reset(state);
    m.error = "InternalError";
    m.fault_times = 1000;
    assert_int_equal(ask(), PC_E_RETRY);
    assert_string_equal(why.step, "InternalError");
}

static void test_fatal(void **state)
{
    static const int errs[] = {EINVAL, EPERM, EACCES, EFAULT, EMSGSIZE};
    for (size_t i = 0; i < PC_ARRAY_LEN(errs); i++)
        for (int step = 0; step < 2; step++) {
            (void)reset(state);
            *(step == 0 ? &m.fail_open : &m.fail_ioctl) = errs[i];
            m.fault_times = 1;
            assert_int_equal(ask(), PC_E_IO);
            assert_int_equal(m.waits, 0);
            assert_int_equal(why.err, errs[i]);
        }
}

static void test_not_in_an_enclave(void **state)
{
    static const int errs[] = {ENOENT, ENXIO, ENODEV, ENOTTY};
    for (size_t i = 0; i < PC_ARRAY_LEN(errs); i++)
        for (int step = 0; step < 2; step++) {
            (void)reset(state);
            *(step == 0 ? &m.fail_open : &m.fail_ioctl) = errs[i];
            m.fault_times = 1;
            assert_int_equal(ask(), PC_E_UNSUPPORTED);
            assert_int_equal(m.waits, 0);
        }
}

/* Every error that the module documents but InternalError, and one that it does not. */
static void test_named_errors(void **state)
{
    static const char *const errors[] = {"InvalidArgument", "InvalidIndex",     "InvalidResponse",
                                         "ReadOnlyIndex",   "InvalidOperation", "BufferTooSmall",
                                         "InputTooLarge"};
    for (size_t i = 0; i < PC_ARRAY_LEN(errors); i++) {
        (void)reset(state);
        m.error = errors[i];
        m.fault_times = 1;
        assert_int_equal(ask(), PC_E_REFUSED);
        assert_string_equal(why.step, errors[i]);
        assert_int_equal(m.waits, 0);
    }
    (void)reset(state);
    m.error = "Weather";
    m.fault_times = 1;
    assert_int_equal(ask(), PC_E_REFUSED);
    assert_string_equal(why.step, "an unknown error");
}

/* The driver cuts silently: at every length, and says so or not. */
static void test_bug_34_truncated(void **state)
{
    (void)state;
    for (size_t room = 1; room < m.answer.n;
         room += room < 100 || room > m.answer.n - 100 ? 1 : 37) {
        m.room = room;
        assert_int_equal(ask(), PC_E_TRUNCATED);
        assert_string_equal(why.step, "answer");
    }
    size_t whole = m.answer.n;
    m.room = whole;
    assert_int_equal(ask(), PC_OK);
    m.claim = whole - 1;
    assert_int_equal(ask(), PC_E_TRUNCATED);
    m.claim = whole + 1; /* a byte that nobody wrote */
    assert_int_equal(ask(), PC_E_MISMATCH);
    m.claim = PC_NSM_RESPONSE_MAX + 1; /* more than there is room */
    assert_int_equal(ask(), PC_E_MISMATCH);
    m.claim = UINT64_MAX;
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    m.answer.n = 0;
    assert_int_equal(ask(), PC_E_TRUNCATED);
    /* An answer over 12 KiB is cut by the driver. */
    (void)reset(state);
    static uint8_t large[PC_NSM_RESPONSE_MAX];
    set_answer(PC_BYTES(large));
    assert_int_equal(ask(), PC_E_TRUNCATED);
}

#define B(...) PC_BYTES(((const uint8_t[]){__VA_ARGS__}))

/* Answers of another form. */
static void test_other_answers(void **state)
{
    const struct bytes wrong[] = {
        B(0xa0),                                      /* nothing */
        B(0xf6),                                      /* null */
        B(0x67, 'L', 'o', 'c', 'k', 'P', 'C', 'R'),   /* a bare text, as of LockPCR */
        B(0xa1, 0x61, 'x', 0xa0),                     /* another request's answer */
        B(0xa1, 0x65, 'E', 'r', 'r', 'o', 'r', 0x01), /* an error without name */
        B(0xa1, 0x65, 'E', 'r', 'r', 'o', 'r', 0xf6), /* */
        B(0xa2, 0x65, 'E', 'r', 'r', 'o', 'r', 0x60, 0x61, 'x', 0x00), /* and something else */
        B(0xa1, 0x6b, 'A', 't', 't', 'e', 's', 't', 'a', 't', 'i', 'o', 'n', 0xa0),
        B(0xa1, 0x6b, 'A', 't', 't', 'e', 's', 't', 'a', 't', 'i', 'o', 'n', 0x40),
        B(0xa1, 0x6b, 'A', 't', 't', 'e', 's', 't', 'a', 't', 'i', 'o', 'n', 0xa1, 0x68, 'd', 'o',
          'c', 'u', 'm', 'e', 'n', 't', 0xf6),
        B(0xa1, 0x6b, 'A', 't', 't', 'e', 's', 't', 'a', 't', 'i', 'o', 'n', 0xa1, 0x68, 'd', 'o',
          'c', 'u', 'm', 'e', 'n', 't', 0x40), /* a document of no bytes */
        B(0xa1, 0x6b, 'A', 't', 't', 'e', 's', 't', 'a', 't', 'i', 'o', 'n', 0xa1, 0x68, 'd', 'o',
          'c', 'u', 'm', 'e', 'n', 't', 0x82, 0x18, 0x84, 0x01), /* an array of integers */
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(wrong); i++) {
        (void)reset(state);
        m.answer.n = 0;
        cborw_raw(&m.answer, wrong[i]);
        assert_int_equal(ask(), PC_E_MISMATCH);
        assert_int_equal(m.waits, 0);
    }
}

/* The host gives a genuine document over other data, or with more in it. */
static void test_bug_34_user_data_compared(void **state)
{
    static const uint8_t key[4] = {1};
    for (size_t i = 0; i < 64; i += 21) {
        (void)reset(state);
        report_data[i] ^= 1;
        assert_int_equal(ask(), PC_E_MISMATCH);
        assert_string_equal(why.step, "document");
    }
    const struct nitro_optional more = {true, PC_BYTES(key)};
    for (int which = 0; which < 3; which++) {
        (void)reset(state);
        if (which == 0)
            f.doc.nonce = more;
        else if (which == 1)
            f.doc.public_key = more;
        else
            f.doc.user_data.present = false;
        forge_nitro_build(&document, &f);
        set_answer(bytes_of(document.p, document.n));
        assert_int_equal(ask(), PC_E_MISMATCH);
    }
    (void)reset(state);
    document.p[0] = 0x85;
    set_answer(bytes_of(document.p, document.n));
    assert_int_equal(ask(), PC_E_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_document, reset),
        cmocka_unit_test_setup(test_request, reset),
        cmocka_unit_test(test_bug_34_transient),
        cmocka_unit_test_setup(test_silent_for_ever, reset),
        cmocka_unit_test(test_fatal),
        cmocka_unit_test(test_not_in_an_enclave),
        cmocka_unit_test(test_named_errors),
        cmocka_unit_test_setup(test_bug_34_truncated, reset),
        cmocka_unit_test(test_other_answers),
        cmocka_unit_test(test_bug_34_user_data_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
