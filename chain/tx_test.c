/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/tx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "chain/rlp.h"
#include "crypto/evmtx.h"
#include "crypto/keccak.h"

/* Signed by foundry's `cast mktx` with --nonce 7 --gas-limit 90000 --gas-price 2000000007
 * --priority-gas-price 1000000000 --chain 31337: once value 5, once 300 bytes of 0xa5 as data. */
static const char transfer[] =
    "02f86d827a6907843b9aca00847735940783015f909470997970c51812dc3a010c7d01b50e0d17dc79c80580c001a0"
    "482806f2de5bb8fd5955f7a7c7fd994c412d132b95e523be890c662b1bdc9daba00205ae35a15d3cf015fc301f18e4"
    "5708bfd50b264fc9f147d0972a085d7c3641";
static const char call_head[] = "02f9019b827a6907843b9aca00847735940783015f909470997970c51812dc3a01"
                                "0c7d01b50e0d17dc79c880b9012c";
static const char call_tail[] =
    "c001a08df9315511ae8e3021ea2605cbfa756dffaa1de7f637fc9285402dfaca4391c8a05d67a75172079b3641c316"
    "68ac1c4653498d032939f6740aa4e3c92e57c2c35b";

static void hex(uint8_t *out, const char *s)
{
    assert_int_equal(hex_decode(out, strlen(s) / 2, s, strlen(s)), PC_OK);
}

static struct tx1559 sample(void)
{
    struct tx1559 t = {.chain_id = 31337,
                       .nonce = 7,
                       .max_priority_fee = 1000000000,
                       .max_fee = 2000000007,
                       .gas = 90000};
    hex(t.to.b, "70997970c51812dc3a010c7d01b50e0d17dc79c8");
    return t;
}

static void as_another_implementation_encodes(void **state)
{
    (void)state;
    uint8_t want[600], buf[600];
    struct bytes out;
    struct evm_word hash;
    struct tx1559 t = sample();
    struct tx_signature sig = {.y_parity = 1};
    t.value = evm_word_u64(5);
    hex(want, transfer);
    memcpy(sig.r.b, want + sizeof transfer / 2 - 65, 32);
    memcpy(sig.s.b, want + sizeof transfer / 2 - 32, 32);
    /* an s with a leading zero byte would be shorter; here it starts with 0x02 */
    assert_int_equal(tx_encode(&out, &hash, buf, sizeof buf, &t, &sig), PC_OK);
    assert_int_equal(out.n, sizeof transfer / 2);
    assert_memory_equal(out.p, want, out.n);

    uint8_t data[300];
    memset(data, 0xa5, sizeof data);
    t = sample();
    t.data = PC_BYTES(data);
    hex(want, call_head);
    memcpy(want + sizeof call_head / 2, data, 300);
    hex(want + sizeof call_head / 2 + 300, call_tail);
    size_t n = sizeof call_head / 2 + 300 + sizeof call_tail / 2;
    memcpy(sig.r.b, want + n - 65, 32);
    memcpy(sig.s.b, want + n - 32, 32);
    assert_int_equal(tx_encode(&out, &hash, buf, sizeof buf, &t, &sig), PC_OK);
    assert_int_equal(out.n, n);
    assert_memory_equal(out.p, want, n);
    struct evm_word h;
    evm_keccak(&h, out);
    assert_true(evm_word_equal(&h, &hash));
    for (size_t cap = 0; cap < n; cap++)
        assert_int_equal(tx_encode(&out, &hash, buf, cap, &t, &sig), PC_E_TOO_LARGE);
}

static void unsigned_form(void **state)
{
    (void)state;
    uint8_t buf[400];
    struct bytes out;
    struct tx1559 t = sample();
    assert_int_equal(tx_unsigned(&out, buf, sizeof buf, &t), PC_OK);
    assert_int_equal(out.p[0], 2);
    struct rlp_reader r = rlp_list_of(bytes_of(out.p + 1, out.n - 1));
    unsigned n = 0;
    for (; rlp_more(&r); n++)
        rlp_next(&r);
    assert_int_equal(rlp_end(&r), PC_OK);
    assert_int_equal(n, 9);
    t.create = true;
    struct bytes without;
    uint8_t other[400];
    assert_int_equal(tx_unsigned(&without, other, sizeof other, &t), PC_OK);
    assert_int_equal(without.n, out.n - 20);
}

static void impossible_signatures(void **state)
{
    (void)state;
    uint8_t buf[400];
    struct bytes out;
    struct evm_word hash;
    struct tx1559 t = sample();
    struct tx_signature sig = {evm_word_u64(1), evm_word_u64(1), 2};
    assert_int_equal(tx_encode(&out, &hash, buf, sizeof buf, &t, &sig), PC_E_NOT_CANONICAL);
    sig = (struct tx_signature){evm_word_u64(0), evm_word_u64(1), 0};
    assert_int_equal(tx_encode(&out, &hash, buf, sizeof buf, &t, &sig), PC_E_NOT_CANONICAL);
    sig = (struct tx_signature){evm_word_u64(1), evm_word_u64(0), 0};
    assert_int_equal(tx_encode(&out, &hash, buf, sizeof buf, &t, &sig), PC_E_NOT_CANONICAL);
    assert_null(out.p);
}

static void signed_by_the_sender(void **state)
{
    (void)state;
    uint8_t buf[400], digest[32];
    struct bytes out;
    struct tx1559 t = sample();
    struct evm_sk sk;
    struct evm_address who, got;
    struct evm_sig sig;
    hex(sk.b, "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
    assert_int_equal(evm_address_of(&who, &sk), PC_OK);
    assert_int_equal(tx_unsigned(&out, buf, sizeof buf, &t), PC_OK);
    assert_int_equal(evm_sign_transaction(&sig, &sk, out, rng_system()), PC_OK);
    keccak256(digest, out);
    assert_int_equal(evm_recover_var(&got, digest, &sig), PC_OK);
    assert_memory_equal(got.b, who.b, 20);
    /* nothing but a transaction: neither a typed message nor nothing */
    buf[0] = 0x19;
    assert_int_equal(evm_sign_transaction(&sig, &sk, out, rng_system()), PC_E_USAGE);
    assert_int_equal(evm_sign_transaction(&sig, &sk, bytes_of(NULL, 0), rng_system()), PC_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_another_implementation_encodes),
        cmocka_unit_test(unsigned_form),
        cmocka_unit_test(impossible_signatures),
        cmocka_unit_test(signed_by_the_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
