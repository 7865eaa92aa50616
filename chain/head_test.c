/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/rlp.h"

#define CHAIN 400

/* A chain of headers made here; `fork` gives another one from that number on. */
struct chain {
    uint8_t rlp[CHAIN][700];
    size_t n[CHAIN];
    struct evm_word hash[CHAIN];
};

static void make_header(struct chain *c, unsigned i, unsigned salt, uint64_t time, unsigned extra)
{
    uint8_t zeros[256] = {0};
    struct evm_word root = evm_word_u64(i * 1000 + salt);
    struct rlp_writer w = rlp_writer_of(c->rlp[i], sizeof c->rlp[i]);
    rlp_put_string(&w, bytes_of(i == 0 ? zeros : c->hash[i - 1].b, 32));
    rlp_put_string(&w, bytes_of(zeros, 32));
    rlp_put_string(&w, bytes_of(zeros, 20));
    rlp_put_string(&w, bytes_of(root.b, 32));
    rlp_put_string(&w, bytes_of(zeros, 32));
    rlp_put_string(&w, bytes_of(zeros, 32));
    rlp_put_string(&w, bytes_of(zeros, 256));
    rlp_put_u64(&w, 0);
    rlp_put_u64(&w, i);
    rlp_put_u64(&w, 30000000);
    rlp_put_u64(&w, 21000);
    rlp_put_u64(&w, time);
    rlp_put_string(&w, bytes_of(zeros, 4));
    rlp_put_string(&w, bytes_of(zeros, 32));
    rlp_put_string(&w, bytes_of(zeros, 8));
    for (unsigned k = 0; k < extra; k++)
        rlp_put_u64(&w, 1000000000);
    rlp_list_end(&w, 0);
    struct bytes out;
    assert_int_equal(rlp_writer_end(&w, &out), PC_OK);
    c->n[i] = out.n;
    evm_keccak(&c->hash[i], out);
}

static void make_chain(struct chain *c, unsigned from, unsigned salt)
{
    for (unsigned i = from; i < CHAIN; i++)
        make_header(c, i, salt, 5000 + i, 6);
}

static struct bytes header(const struct chain *c, unsigned i)
{
    return bytes_of(c->rlp[i], c->n[i]);
}

static struct head_claim claim(const struct chain *c, unsigned i)
{
    return (struct head_claim){i, c->hash[i], 3};
}

static const struct head_policy dev = {.chain_id = PC_DEV_CHAIN_ID, .kind = PC_HEAD_DEV};

/* Feed what is wanted from `c` until the walk ends. */
static enum err_code feed(struct head_verifier *v, const struct chain *c)
{
    uint64_t number;
    struct evm_word hash;
    enum err_code e = PC_E_RETRY;
    while (e == PC_E_RETRY && head_verifier_wants(v, &number, &hash))
        e = head_verifier_header(v, header(c, (unsigned)number));
    return e;
}

static struct chain a, b;

static int setup(void **state)
{
    (void)state;
    make_chain(&a, 0, 1);
    b = a;
    make_chain(&b, 200, 2);
    return 0;
}

static void headers_decode(void **state)
{
    (void)state;
    struct block_header h;
    struct chain *c = malloc(sizeof *c);
    for (unsigned extra = 0; extra <= 17; extra++) {
        make_header(c, 0, 9, 77, extra);
        assert_int_equal(header_decode(&h, header(c, 0)), PC_OK);
        assert_true(h.time == 77 && h.gas_limit == 30000000);
        assert_true(h.base_fee == (extra ? 1000000000 : 0));
        assert_true(evm_word_equal(&h.hash, &c->hash[0]));
        struct evm_word root = evm_word_u64(9);
        assert_true(evm_word_equal(&h.state_root, &root));
    }
    for (size_t n = 0; n < c->n[0]; n++) {
        assert_int_not_equal(header_decode(&h, bytes_of(c->rlp[0], n)), PC_OK);
        assert_true(h.number == 0 && evm_word_is_zero(&h.hash));
    }
    make_header(c, 0, 9, 77, 18); /* more fields than any fork has */
    assert_int_equal(header_decode(&h, header(c, 0)), PC_E_TOO_LARGE);
    static uint8_t big[PC_HEADER_MAX + 1];
    assert_int_equal(header_decode(&h, PC_BYTES(big)), PC_E_TOO_LARGE);
    free(c);
}

static void walks_and_accepts(void **state)
{
    (void)state;
    static struct head_verifier v;
    assert_int_equal(head_verifier_init(&v, &dev), PC_OK);
    assert_int_equal(head_verifier_may_release(&v), PC_E_BEHIND);
    struct head_claim c = claim(&a, 10);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_null(head_verifier_head(&v));
    assert_int_equal(feed(&v, &a), PC_OK);
    assert_int_equal(head_verifier_head(&v)->number, 10);
    assert_int_equal(head_verifier_may_release(&v), PC_OK);
    assert_int_equal(head_verifier_claim(&v, &c), PC_OK);
    c = claim(&a, 390); /* longer than the ring */
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(head_verifier_head(&v)->number, 10); /* until the walk arrives */
    assert_int_equal(feed(&v, &a), PC_OK);
    assert_int_equal(head_verifier_head(&v)->number, 390);
    assert_int_equal(head_verifier_head(&v)->time, 5390);
    assert_non_null(head_ring_find(&v.ring, 390 - PC_HEAD_RING + 1));
    assert_null(head_ring_find(&v.ring, 390 - PC_HEAD_RING));
    assert_null(head_ring_find(&v.ring, 391));
    assert_true(evm_word_equal(&head_ring_find(&v.ring, 300)->hash, &a.hash[300]));
}

static void never_backwards(void **state)
{
    (void)state;
    static struct head_verifier v;
    assert_int_equal(head_verifier_init(&v, &dev), PC_OK);
    struct head_claim c = claim(&a, 150);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    c = claim(&a, 120); /* a lagging source */
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_STALE);
    assert_int_equal(head_verifier_head(&v)->number, 150);
    assert_int_equal(head_verifier_may_release(&v), PC_OK);
}

static void a_fork_below_finality_is_refused(void **state)
{
    (void)state;
    static struct head_verifier v;
    assert_int_equal(head_verifier_init(&v, &dev), PC_OK);
    struct head_claim c = claim(&a, 250);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    for (unsigned round = 0; round < 2; round++) {
        c = claim(&b, 260);
        assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
        assert_int_equal(feed(&v, &b), PC_E_DISAGREE);
        assert_int_equal(head_verifier_may_release(&v), PC_E_DISAGREE);
        assert_int_equal(head_verifier_head(&v)->number, 250 + round);
        assert_true(evm_word_equal(&head_verifier_head(&v)->hash, &a.hash[250 + round]));
        assert_int_equal(head_verifier_header(&v, header(&b, 260)), PC_E_SEQUENCE);
        /* a lagging claim proves nothing; one that descends from our head does */
        c = claim(&a, 240);
        assert_int_equal(head_verifier_claim(&v, &c), PC_E_STALE);
        assert_int_equal(head_verifier_may_release(&v), PC_E_DISAGREE);
        c = claim(&a, 251 + round);
        assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
        assert_int_equal(feed(&v, &a), PC_OK);
        assert_int_equal(head_verifier_may_release(&v), PC_OK);
    }
    /* the same number with another hash is a contradiction at once */
    c = claim(&b, 251);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_DISAGREE);
    assert_int_equal(head_verifier_may_release(&v), PC_E_DISAGREE);
    c = claim(&a, 252);
    assert_int_equal(head_verifier_claim(&v, &c), PC_OK);
    assert_int_equal(head_verifier_may_release(&v), PC_OK);
}

static void a_long_walk_is_not_started_over(void **state)
{
    (void)state;
    static struct head_verifier v;
    uint64_t number;
    struct evm_word hash;
    assert_int_equal(head_verifier_init(&v, &dev), PC_OK);
    struct head_claim c = claim(&a, 10);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    c = claim(&a, 300);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    for (unsigned i = 300; i > 200; i--)
        assert_int_equal(head_verifier_header(&v, header(&a, i)), PC_E_RETRY);
    c = claim(&a, 310); /* the chain went on meanwhile */
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_true(head_verifier_wants(&v, &number, &hash));
    assert_int_equal(number, 200);
    /* nobody has that header any more: the next claim begins anew */
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_true(head_verifier_wants(&v, &number, &hash));
    assert_int_equal(number, 310);
    assert_int_equal(feed(&v, &a), PC_OK);
    assert_int_equal(head_verifier_head(&v)->number, 310);
}

static void a_lying_source_of_headers_is_told_apart(void **state)
{
    (void)state;
    static struct head_verifier v;
    assert_int_equal(head_verifier_init(&v, &dev), PC_OK);
    struct head_claim c = claim(&a, 210);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    c = claim(&a, 220);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(head_verifier_header(&v, header(&a, 220)), PC_E_RETRY);
    assert_int_equal(head_verifier_header(&v, header(&b, 219)), PC_E_MISMATCH);
    assert_int_equal(head_verifier_header(&v, header(&a, 218)), PC_E_MISMATCH);
    assert_int_not_equal(head_verifier_header(&v, bytes_of(a.rlp[219], 100)), PC_OK);
    assert_int_equal(head_verifier_header(&v, header(&a, 219)), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    /* a claim whose hash belongs to another number */
    c = claim(&a, 230);
    c.number = 231;
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(head_verifier_header(&v, header(&a, 230)), PC_E_MISMATCH);
    assert_int_equal(head_verifier_head(&v)->number, 220);
}

static void checkpoints(void **state)
{
    (void)state;
    static struct head_verifier v;
    struct head_policy p = dev;
    p.checkpoint_number = 100;
    p.checkpoint_hash = a.hash[100];
    p.checkpoint_max_age = 50;
    assert_int_equal(head_verifier_init(&v, &p), PC_OK);
    struct head_claim c = claim(&a, 99);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_STALE);
    c = claim(&a, 151); /* a second too young */
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_E_STALE);
    assert_null(head_verifier_head(&v));
    c = claim(&a, 150);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    /* later heads follow without a limit: the age bounds the first jump */
    c = claim(&a, 399);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
    /* a chain that does not contain the checkpoint */
    p.checkpoint_hash = a.hash[101];
    assert_int_equal(head_verifier_init(&v, &p), PC_OK);
    c = claim(&a, 120);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_E_DISAGREE);
    assert_null(head_verifier_head(&v));
    /* the checkpoint itself as first head */
    p.checkpoint_hash = a.hash[100];
    assert_int_equal(head_verifier_init(&v, &p), PC_OK);
    c = claim(&a, 100);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    assert_int_equal(feed(&v, &a), PC_OK);
}

static void other_kinds_release_nothing(void **state)
{
    (void)state;
    static struct head_verifier v;
    static const struct {
        uint8_t kind;
        uint64_t chain_id;
        bool checkpoint;
        enum err_code want;
    } cases[] = {
        {PC_HEAD_QBFT, 31337, true, PC_E_UNSUPPORTED},
        {PC_HEAD_ETHEREUM, 1, true, PC_E_UNSUPPORTED},
        {PC_HEAD_ETHEREUM, 1, false, PC_E_REFUSED},
        {PC_HEAD_DEV, 1, true, PC_E_REFUSED},
        {0, 31337, true, PC_E_UNSUPPORTED},
        {200, 31337, true, PC_E_UNSUPPORTED},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct head_policy p = {.kind = cases[i].kind, .chain_id = cases[i].chain_id};
        p.checkpoint_max_age = 1000;
        if (cases[i].checkpoint)
            p.checkpoint_hash = a.hash[0];
        assert_int_equal(head_verifier_init(&v, &p), cases[i].want);
        struct head_claim c = claim(&a, 10);
        assert_int_equal(head_verifier_claim(&v, &c), cases[i].want);
        assert_int_equal(head_verifier_header(&v, header(&a, 10)), cases[i].want);
        assert_int_equal(head_verifier_may_release(&v), cases[i].want);
        assert_null(head_verifier_head(&v));
    }
}

static void time_runs_forward(void **state)
{
    (void)state;
    static struct head_verifier v;
    struct chain *c = malloc(sizeof *c);
    *c = a;
    make_header(c, 51, 1, 4000, 6); /* older than its parent */
    for (unsigned i = 52; i < 60; i++)
        make_header(c, i, 1, 6000 + i, 6);
    assert_int_equal(head_verifier_init(&v, &dev), PC_OK);
    struct head_claim k = claim(c, 40);
    assert_int_equal(head_verifier_claim(&v, &k), PC_E_RETRY);
    assert_int_equal(feed(&v, c), PC_OK);
    k = claim(c, 55);
    assert_int_equal(head_verifier_claim(&v, &k), PC_E_RETRY);
    assert_int_equal(feed(&v, c), PC_E_DISAGREE);
    free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_decode),
        cmocka_unit_test(walks_and_accepts),
        cmocka_unit_test(never_backwards),
        cmocka_unit_test(a_fork_below_finality_is_refused),
        cmocka_unit_test(a_long_walk_is_not_started_over),
        cmocka_unit_test(a_lying_source_of_headers_is_told_apart),
        cmocka_unit_test(checkpoints),
        cmocka_unit_test(other_kinds_release_nothing),
        cmocka_unit_test(time_runs_forward),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
