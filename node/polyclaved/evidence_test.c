/* SPDX-License-Identifier: Apache-2.0 */
/* The node's own quote in its three uses, the store's objects, and the operator's socket. */
#include "node/polyclaved/testkit.h"

#include "base/hex.h"
#include "crypto/hash.h"

static struct pd t;

static int setup(void **state)
{
    (void)state;
    pd_begin(&t, 0x21);
    pd_head(&t, 100);
    kit_forget(&t.kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pd_end(&t);
    return 0;
}

/* ---- quotes ---- */

static void say_bound(uint64_t number)
{
    struct ipc_dc_bound m = {.bound = {.number = number}};
    memset(m.bound.hash, 0xb0, sizeof m.bound.hash);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_bound, &m);
}

static void say_chunk(uint16_t seq, bool last, uint16_t n, enum err_code e)
{
    struct ipc_vd_quote_chunk m = {
        .chunk = {.seq = seq, .last = last, .data_n = n, .error = (uint16_t)e}};
    memset(m.chunk.data, 'a' + seq, n);
    KIT_SAY(&t.kit, IPC_LINK_VD, vd_quote_chunk, &m);
}

/* From the question for a block to the last piece. */
static void give_quote(uint64_t bound)
{
    struct ipc_dc_bound_get get;
    struct ipc_vd_quote_get quote;
    KIT_HEAR(&t.kit, IPC_LINK_DC, dc_bound_get, DC_BOUND_GET, &get);
    say_bound(bound);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_quote_get, VD_QUOTE_GET, &quote);
    assert_int_equal(quote.bound.number, bound);
    assert_int_equal(quote.owner[0], 0x0e);
    say_chunk(0, false, 1024, PC_OK);
    say_chunk(1, true, 10, PC_OK);
}

/* A client that asks and stays: the answer comes when the quote does. */
static int bundle_client(void)
{
    return pd_control_open(&t, "join-bundle\n");
}

static void join_bundle(void **state)
{
    (void)state;
    int fd = bundle_client();
    give_quote(77);
    const char *a = pd_control_read(&t, fd);
    assert_non_null(strstr(a, "\"bound_block\":77"));
    assert_non_null(strstr(a, "6161616161"));
    assert_non_null(strstr(a, "62626262626262626262\""));
    assert_null(strstr(a, "\"code\""));
    assert_int_equal(t.p->evidence.use, QUOTE_NONE);
}

/* Each way in which a quote fails reaches the client as an error, and the next one works. */
static void bundle_failures(void **state)
{
    (void)state;
    for (int how = 0; how < 5; how++) {
        int fd = bundle_client();
        switch (how) {
        case 0: /* no block is known */
            say_bound(0);
            break;
        case 1:
            say_bound(77);
            say_chunk(0, true, 0, PC_E_IO);
            break;
        case 2: /* out of order */
            say_bound(77);
            say_chunk(1, false, 5, PC_OK);
            break;
        case 3: /* chain dies */
            kit_cut(&t.kit, IPC_LINK_DC);
            kit_connect(&t.kit, IPC_LINK_DC);
            break;
        default: /* no end */
            say_bound(77);
            for (uint16_t i = 0; i <= EVIDENCE_MAX / 1024; i++)
                say_chunk(i, false, 1024, PC_OK);
            break;
        }
        assert_non_null(strstr(pd_control_read(&t, fd), "quote_failed"));
        assert_int_equal(t.p->evidence.use, QUOTE_NONE);
        kit_forget(&t.kit);
    }
    int fd = bundle_client();
    give_quote(78);
    assert_non_null(strstr(pd_control_read(&t, fd), "\"bound_block\":78"));
}

/* Pieces of a quote that was given up do not enter the next one. */
static void pieces_of_before(void **state)
{
    (void)state;
    int fd = bundle_client();
    say_bound(77);
    say_chunk(0, false, 100, PC_OK);
    evidence_fail(t.p, "test");
    (void)pd_control_read(&t, fd);
    kit_forget(&t.kit);
    fd = bundle_client();
    say_chunk(0, false, 100, PC_OK); /* of before, and the bound block is not known yet */
    say_chunk(1, true, 100, PC_OK);
    assert_int_equal(t.p->evidence.n, 0);
    give_quote(79);
    assert_non_null(strstr(pd_control_read(&t, fd), "\"bound_block\":79"));
}

static void renewal(void **state)
{
    struct relay_relay_attest attest;
    struct relay_relay_reattest other;
    (void)state;
    t.view.head.time = 1000 + 999000 / 3 * 2 - 2;
    pd_head(&t, 101);
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET);
    t.view.head.time += 3;
    pd_head(&t, 102);
    give_quote(100);
    assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
    assert_int_equal(attest.bound.number, 100);
    assert_int_equal(attest.evidence.n, 1034);
    assert_memory_equal(attest.subject, t.p->keys_hash, 32);
    pd_done(&t, attest.id, RELAY_OUTCOME_MINED);
    assert_false(PD_ASKED(&t, relay_reattest, RELAY_REATTEST, &other));
    /* Mined, not final yet: the record shows its old end for a while, and nothing is paid twice. */
    kit_forget(&t.kit);
    t.p->d.loop.now += 60000;
    pd_head(&t, 103);
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET);
    t.view.valid_until += 86400;
    pd_head(&t, 104);
    assert_true(t.p->evidence.renew_at > t.view.head.time);
}

static void renewal_refused_is_tried_again(void **state)
{
    struct relay_relay_attest attest;
    (void)state;
    t.view.head.time = 999999;
    pd_head(&t, 102);
    give_quote(100);
    assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
    pd_done(&t, attest.id, RELAY_OUTCOME_REVERTS);
    pd_head(&t, 103);
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET); /* not at once */
    t.p->evidence.retry_at = 0;
    pd_head(&t, 104);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_DC, IPC_MSG_DC_BOUND_GET), 1);
}

/* The relay does not know this node's id: the record is paid for, reattest is refused. It is tried
 * again at growing distances. */
static void rejoin_refused(void **state)
{
    struct relay_relay_attest attest;
    struct relay_relay_reattest again;
    uint64_t wait = 0;
    (void)state;
    pd_restart(&t, 0x22);
    t.view.node_id = 0;
    for (uint64_t n = 110; n < 120; n++) {
        t.p->evidence.retry_at = 0;
        pd_head(&t, n);
        give_quote(108);
        assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
        pd_done(&t, attest.id, RELAY_OUTCOME_MINED);
        assert_true(PD_ASKED(&t, relay_reattest, RELAY_REATTEST, &again));
        pd_done(&t, again.id, RELAY_OUTCOME_REFUSED);
        uint64_t now = loop_now(&t.p->d.loop), next = t.p->evidence.retry_at - now;
        assert_true(next + 100 >= wait);
        assert_true(next <= 16 * 60 * 1000);
        wait = next;
    }
    assert_true(wait > 15 * 60 * 1000);
}

/* A relay that never answers, and one that dies, end the attempt to renew; the next one comes. */
static void renewal_unanswered(void **state)
{
    struct relay_relay_attest attest;
    (void)state;
    t.view.head.time = 999999;
    pd_head(&t, 102);
    give_quote(100);
    assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
    assert_int_equal(t.p->evidence.use, QUOTE_RENEW);
    t.p->evidence.started = 0;
    t.p->d.loop.now = 11 * 60 * 1000;
    evidence_on_head(t.p);
    assert_int_equal(t.p->evidence.use, QUOTE_NONE);
    kit_settle(&t.kit);
    t.p->evidence.retry_at = 0;
    pd_head(&t, 103);
    give_quote(101);
    assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
    pd_relay_cut(&t, true);
    assert_int_equal(t.p->evidence.use, QUOTE_NONE);
    assert_int_equal(t.p->evidence.request, 0);
}

/* The vault died: other keys, the node id of before. First the record, then reattest. */
static void rejoin(void **state)
{
    struct relay_relay_attest attest;
    struct relay_relay_reattest again;
    (void)state;
    pd_restart(&t, 0x22);
    t.view.node_id = 0;
    t.view.state = IPC_NODE_STATE_NONE;
    t.view.valid_until = 0;
    pd_head(&t, 110);
    give_quote(108);
    assert_true(PD_ASKED(&t, relay_attest, RELAY_ATTEST, &attest));
    assert_false(PD_ASKED(&t, relay_reattest, RELAY_REATTEST, &again));
    pd_done(&t, attest.id, RELAY_OUTCOME_KNOWN);
    assert_true(PD_ASKED(&t, relay_reattest, RELAY_REATTEST, &again));
    assert_int_equal(again.node_id, PD_NODE);
    assert_int_equal(again.keys.ed25519[0], 0x22);
    assert_int_equal(again.evidence.n, 1034);
    pd_done(&t, again.id, RELAY_OUTCOME_MINED);
    t.p->d.loop.now += 60000;
    pd_head(&t, 111); /* not final yet */
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET);
    t.view.node_id = PD_NODE;
    pd_head(&t, 112);
    pd_restart(&t, 0x22);
    t.view.node_id = 0;
    pd_head(&t, 113);
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET); /* these keys are the registered ones */
}

/* chain does not see this node for a moment (an endpoint held its event back): the keys are those
 * that were registered, and nothing is attested. */
static void no_rejoin_with_the_same_keys(void **state)
{
    (void)state;
    t.view.node_id = 0;
    t.view.state = IPC_NODE_STATE_NONE;
    t.p->evidence.retry_at = 0;
    pd_head(&t, 110);
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET);
    pd_restart(&t, 0x21);
    pd_head(&t, 111);
    KIT_SILENT(&t.kit, IPC_LINK_DC, DC_BOUND_GET);
}

/* ---- objects ---- */

static const char tcb_info[] = "{\"tcbInfo\":{\"id\":\"TDX\",\"version\":3},\"signature\":\"00\"}";

static void name_of(uint8_t out[32])
{
    sha256(out, PC_BYTES_STR("{\"id\":\"TDX\",\"version\":3}"));
}

static bool get(const uint8_t name[32], struct ipc_da_data *out)
{
    struct ipc_da_get m;
    memcpy(m.hash, name, sizeof m.hash);
    KIT_SAY(&t.kit, IPC_LINK_DA, da_get, &m);
    KIT_HEAR(&t.kit, IPC_LINK_DA, da_data, DA_DATA, out);
    assert_memory_equal(out->hash, name, 32);
    return out->has_data;
}

static bool put(struct bytes data)
{
    struct ipc_dp_put m = {.id = 5, .data = data};
    struct ipc_dp_put_r r;
    KIT_SAY(&t.kit, IPC_LINK_DP, dp_put, &m);
    KIT_HEAR(&t.kit, IPC_LINK_DP, dp_put_r, DP_PUT_R, &r);
    assert_int_equal(r.id, 5);
    return r.kept;
}

/* Strangers bring what is missing, and nothing else: else what nobody needs would push out what is
 * in force. */
static void put_only_what_is_missing(void **state)
{
    struct ipc_da_data data;
    uint8_t name[32];
    static const uint8_t junk[] = {0x30, 4, 0x30, 2, 5, 0};
    (void)state;
    name_of(name);
    assert_false(put(PC_BYTES_STR(tcb_info)));
    assert_false(get(name, &data));
    assert_false(put(PC_BYTES(junk)));
    assert_true(put(PC_BYTES_STR(tcb_info)));
    assert_true(get(name, &data));
    assert_int_equal(data.data.n, sizeof tcb_info - 1);
    assert_memory_equal(data.data.p, tcb_info, data.data.n);
    assert_false(put(PC_BYTES_STR(tcb_info))); /* once */
    pd_restart(&t, 0x21);
    assert_true(get(name, &data)); /* it is in the store */
}

static void chain_brings_objects(void **state)
{
    struct ipc_dc_bytes m = {.data = PC_BYTES_STR("bytes")};
    struct ipc_da_data data;
    (void)state;
    memset(m.hash, 0x55, sizeof m.hash);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_bytes, &m);
    assert_true(get(m.hash, &data));
    assert_int_equal(data.data.n, 5);
}

static void names_of_objects(void **state)
{
    static const uint8_t crl[] = {0x30, 7, 0x30, 3, 2, 1, 1, 5, 0},
                         cert[] = {0x30, 9, 0x30, 5, 0xa0, 3, 2, 1, 2, 5, 0},
                         over[] = {0x30, 8, 0x30, 3, 2, 1, 1, 5, 0},
                         endless[] = {0x30, 0x80, 0x30, 3, 2, 1, 1, 0, 0},
                         wide[] = {0x30, 0x84, 0, 0, 0, 3, 2, 1, 1},
                         inner[] = {0x30, 4, 0x30, 9, 2, 1};
    uint8_t name[32], want[32];
    (void)state;
    assert_int_equal(object_name(name, PC_BYTES(crl)), PC_OK);
    sha256(want, bytes_of(crl + 2, 5));
    assert_memory_equal(name, want, 32);
    assert_int_equal(object_name(name, PC_BYTES(cert)), PC_OK);
    sha256(want, PC_BYTES(cert));
    assert_memory_equal(name, want, 32);
    assert_int_equal(object_name(name, PC_BYTES_STR(tcb_info)), PC_OK);
    name_of(want);
    assert_memory_equal(name, want, 32);
    const struct bytes bad[] = {
        PC_BYTES(over),          PC_BYTES(endless),  PC_BYTES(wide),
        PC_BYTES(inner),         bytes_of(crl, 1),   bytes_of(crl, sizeof crl - 1),
        bytes_of(NULL, 0),       PC_BYTES_STR("{}"), PC_BYTES_STR("{\"other\":{}}"),
        PC_BYTES_STR("not json")};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++)
        assert_int_not_equal(object_name(name, bad[i]), PC_OK);
}

/* ---- the operator's socket ---- */

static void control_errors(void **state)
{
    (void)state;
    assert_non_null(strstr(pd_control(&t, "status\n"), "\"node_id\":7"));
    assert_non_null(strstr(pd_control(&t, "nonsense\n"), "\"code\":\"usage\""));
    assert_non_null(strstr(pd_control(&t, "status \n"), "\"code\":\"usage\""));
    static const char *const ids[] = {"reattest \n",  "reattest 0\n",  "reattest -1\n",
                                      "reattest x\n", "reattest 7x\n", "reattest 4294967296\n",
                                      "reattest +7\n"};
    for (size_t i = 0; i < PC_ARRAY_LEN(ids); i++)
        assert_non_null(strstr(pd_control(&t, ids[i]), "\"code\":\"usage\""));
    assert_non_null(strstr(pd_control(&t, "reattest 7\n"), "\"code\":\"refused\""));
    /* Too long a line: no answer, and the socket still works. */
    char line[300];
    memset(line, 'a', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_string_equal(pd_control(&t, line), "");
    assert_non_null(strstr(pd_control(&t, "status\n"), "\"state\":\"live\""));
    kit_cut(&t.kit, IPC_LINK_DC);
    assert_non_null(strstr(pd_control(&t, "join-bundle\n"), "\"code\":\"retry\""));
}

static void control_reattest(void **state)
{
    (void)state;
    t.view.node_id = 0;
    pd_head(&t, 101);
    assert_non_null(strstr(pd_control(&t, "reattest 9\n"), "\"code\":\"ok\""));
    pd_head(&t, 102);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_DC, IPC_MSG_DC_BOUND_GET), 1);
    assert_int_equal(t.p->evidence.use, QUOTE_REJOIN);
    assert_int_equal(t.p->registered_id, 9);
}

/* More clients than places, and some that leave while they wait. */
static void control_crowd(void **state)
{
    int fds[12];
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(fds); i++)
        fds[i] = bundle_client();
    assert_int_equal(kit_count(&t.kit, IPC_LINK_DC, IPC_MSG_DC_BOUND_GET), 1);
    pd_control_hang_up(&t, fds[0]);
    pd_control_hang_up(&t, fds[3]);
    give_quote(90);
    for (size_t i = 0; i < PC_ARRAY_LEN(fds); i++)
        if (i != 0 && i != 3)
            assert_int_equal(strstr(pd_control_read(&t, fds[i]), "\"bound_block\":90") != NULL,
                             i < 8);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(join_bundle),
        T(bundle_failures),
        T(pieces_of_before),
        T(renewal),
        T(renewal_refused_is_tried_again),
        T(renewal_unanswered),
        T(rejoin),
        T(rejoin_refused),
        T(no_rejoin_with_the_same_keys),
        T(put_only_what_is_missing),
        T(chain_brings_objects),
        T(names_of_objects),
        T(control_errors),
        T(control_reattest),
        T(control_crowd),
    };
    return cmocka_run_group_tests_name("polyclaved evidence", tests, NULL, NULL);
}
