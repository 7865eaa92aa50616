/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs of polyclave-attest: what must be there before one runs, who hears of it, and when the
 * process has served its time. Evidence and collateral are the simulator's, the verifier is the
 * real one. */
#include <stdlib.h>

#include "attest/sim/forge.h"
#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "node/attest/attest.h"
#include "node/testkit/kit.h"

static struct forge f;
static struct forged parts;
static struct forge_input input;
static struct verdict genuine;

static struct attest *a;
static struct kit k;
static struct daemon_spec spec;

static int forge(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 3);
    forge_init(&f, &rng.rng, 5);
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    uint8_t pin[32];
    forge_pin(pin, &parts);
    forge_verify(&genuine, &parts, pin);
    assert_true(verdict_accepts(&genuine));
    worker_prepare();
    return 0;
}

static int setup(void **state)
{
    (void)state;
    a = calloc(1, sizeof *a);
    assert_non_null(a);
    attest_spec(&spec, a);
    kit_begin(&k, &a->d, &spec);
    forge_pin(a->d.policy.tdx.root, &parts);
    a->d.exit_code = -1;
    attest_start(a);
    kit_connect_all(&k);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_timer_stop(&a->d.loop, &a->tick);
    kit_end(&k);
    free(a);
    return 0;
}

static void say_context(uint8_t digest)
{
    struct ipc_ca_context m = {
        .vendor = WIRE_VENDOR_TDX, .attested_at = f.now, .head_time = f.now, .collateral_epoch = 5};
    memset(m.digest, digest, sizeof m.digest);
    memcpy(m.in_force, genuine.objects, sizeof m.in_force);
    sha256(m.signer, forged_part(&parts, PC_FORGED_SIGNER));
    KIT_SAY(&k, IPC_LINK_CA, ca_context, &m);
}

static void say_job_of(uint8_t digest, struct bytes evidence)
{
    struct ipc_pa_job m = {.vendor = WIRE_VENDOR_TDX, .evidence = evidence};
    memset(m.digest, digest, sizeof m.digest);
    KIT_SAY(&k, IPC_LINK_PA, pa_job, &m);
}

static void say_job(uint8_t digest)
{
    say_job_of(digest, input.in.evidence);
}

/* Answers every question for an object, as polyclaved does; `lacks` is one that it does not hold.
 */
static size_t give_objects(int lacks)
{
    struct ipc_da_get get;
    size_t n = 0;
    const struct collateral *c = &input.in.collateral;
    const struct bytes held[] = {[PC_OBJ_TCB_INFO] = c->tcb_info,
                                 [PC_OBJ_QE_IDENTITY] = c->qe_identity,
                                 [PC_OBJ_ROOT_CRL] = c->root_crl,
                                 [PC_OBJ_PCK_CRL] = c->pck_crl,
                                 [PC_OBJ_COUNT] = forged_part(&parts, PC_FORGED_SIGNER)};
    while (KIT_HEARD(&k, IPC_LINK_DA, da_get, DA_GET, &get)) {
        struct ipc_da_data m = {.has_data = false};
        memcpy(m.hash, get.hash, sizeof m.hash);
        uint8_t signer[32];
        sha256(signer, held[PC_OBJ_COUNT]);
        for (int i = 0; i <= PC_OBJ_COUNT; i++)
            if (i != lacks &&
                memcmp(get.hash, i < PC_OBJ_COUNT ? genuine.objects[i] : signer, 32) == 0) {
                m.has_data = true;
                m.data = held[i];
            }
        KIT_SAY(&k, IPC_LINK_DA, da_data, &m);
        n++;
    }
    return n;
}

static void hear_done(enum ipc_link link, uint8_t digest, enum wire_release_code code)
{
    struct ipc_pa_done done;
    KIT_HEAR(&k, link, pa_done, PA_DONE, &done);
    assert_int_equal(done.digest[0], digest);
    assert_int_equal(done.code, code);
}

static void hear_verdict(uint8_t digest)
{
    struct ipc_va_verdict v;
    uint8_t hash[32];
    KIT_HEAR(&k, IPC_LINK_VA, va_verdict, VA_VERDICT, &v);
    assert_int_equal(v.digest[0], digest);
    assert_int_equal(v.reasons[0] | v.reasons[1], 0);
    assert_memory_equal(v.claims, genuine.claims, 32);
    assert_memory_equal(v.objects, genuine.objects, sizeof v.objects);
    assert_int_equal(v.collateral_epoch, 5);
    sha256(hash, input.in.evidence);
    assert_memory_equal(v.evidence_hash, hash, 32);
}

static void context_first(void **state)
{
    (void)state;
    say_context(1);
    KIT_SILENT(&k, IPC_LINK_DA, DA_GET);
    say_job(1);
    assert_int_equal(give_objects(-1), 5);
    hear_verdict(1);
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_OK);
}

static void job_first(void **state)
{
    (void)state;
    say_job(1);
    KIT_SILENT(&k, IPC_LINK_DA, DA_GET);
    say_context(2); /* another's */
    KIT_SILENT(&k, IPC_LINK_DA, DA_GET);
    say_context(1);
    assert_int_equal(give_objects(-1), 5);
    hear_verdict(1);
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_OK);
}

/* A member's job comes from polyclaved, and is answered there. */
static void node_job(void **state)
{
    struct ipc_da_node_job m = {.vendor = WIRE_VENDOR_TDX, .evidence = input.in.evidence};
    (void)state;
    memset(m.digest, 9, sizeof m.digest);
    say_context(9);
    KIT_SAY(&k, IPC_LINK_DA, da_node_job, &m);
    give_objects(-1);
    hear_verdict(9);
    hear_done(IPC_LINK_DA, 9, WIRE_RELEASE_CODE_OK);
    KIT_SILENT(&k, IPC_LINK_PA, PA_DONE);
}

/* Whichever object is not here: nobody knows, so nothing is stated, and the asker tries again. */
static void missing_object(void **state)
{
    (void)state;
    for (int i = 0; i <= PC_OBJ_COUNT; i++) {
        say_context(1);
        say_job(1);
        give_objects(i);
        hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_RETRY);
        KIT_SILENT(&k, IPC_LINK_VA, VA_VERDICT);
    }
    say_job(1);
    give_objects(-1);
    hear_verdict(1);
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_OK);
}

/* Who signed the TCB info is not known to chain yet. */
static void unknown_signer(void **state)
{
    struct ipc_ca_context m = {.vendor = WIRE_VENDOR_TDX, .attested_at = f.now, .head_time = f.now};
    (void)state;
    memset(m.digest, 1, sizeof m.digest);
    memcpy(m.in_force, genuine.objects, sizeof m.in_force);
    KIT_SAY(&k, IPC_LINK_CA, ca_context, &m);
    say_job(1);
    assert_int_equal(give_objects(-1), 4);
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_RETRY);
    KIT_SILENT(&k, IPC_LINK_VA, VA_VERDICT);
}

/* Bytes under a name that is not theirs are found out by the verifier. */
static void wrong_object(void **state)
{
    struct ipc_da_get get;
    struct ipc_va_verdict v;
    (void)state;
    say_context(1);
    say_job(1);
    while (KIT_HEARD(&k, IPC_LINK_DA, da_get, DA_GET, &get)) {
        struct ipc_da_data m = {.has_data = true, .data = input.in.collateral.root_crl};
        memcpy(m.hash, get.hash, sizeof m.hash);
        KIT_SAY(&k, IPC_LINK_DA, da_data, &m);
    }
    KIT_HEAR(&k, IPC_LINK_VA, va_verdict, VA_VERDICT, &v);
    assert_true((v.reasons[0] | v.reasons[1]) != 0);
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
}

static void forged_evidence(void **state)
{
    static uint8_t copy[PC_EVIDENCE_MAX];
    struct ipc_va_verdict v;
    (void)state;
    memcpy(copy, input.in.evidence.p, input.in.evidence.n);
    copy[600] ^= 1; /* report data */
    say_context(1);
    say_job_of(1, bytes_of(copy, input.in.evidence.n));
    give_objects(-1);
    KIT_HEAR(&k, IPC_LINK_VA, va_verdict, VA_VERDICT, &v);
    assert_true((v.reasons[0] | v.reasons[1]) != 0);
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
    say_context(2);
    say_job_of(2, bytes_of(copy, 1));
    give_objects(-1);
    hear_done(IPC_LINK_PA, 2, WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
}

static void age_queue(void)
{
    for (size_t i = 0; i < ATTEST_QUEUE_MAX; i++)
        if (a->queue[i].used)
            a->queue[i].since = 0;
    loop_timer_set(&a->d.loop, &a->tick, 1);
    kit_run(&k, 30);
}

/* Neither a context nor collateral comes: both jobs end, and the next one runs. */
static void timeouts(void **state)
{
    (void)state;
    say_job(1);
    say_context(2);
    say_job(2);
    assert_true(kit_count(&k, IPC_LINK_DA, IPC_MSG_DA_GET) > 0);
    age_queue();
    hear_done(IPC_LINK_PA, 1, WIRE_RELEASE_CODE_RETRY);
    hear_done(IPC_LINK_PA, 2, WIRE_RELEASE_CODE_RETRY);
    kit_forget(&k);
    say_context(3);
    say_job(3);
    give_objects(-1);
    hear_verdict(3);
}

static void full_queue(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= ATTEST_QUEUE_MAX; i++)
        say_job(i);
    KIT_SILENT(&k, IPC_LINK_PA, PA_DONE);
    say_job(1); /* the same again takes no place */
    KIT_SILENT(&k, IPC_LINK_PA, PA_DONE);
    say_job(100);
    hear_done(IPC_LINK_PA, 100, WIRE_RELEASE_CODE_RETRY);
}

/* After its jobs the process takes no more, whoever keeps asking, and ends. */
static void used_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ATTEST_JOBS_MAX; i++) {
        uint8_t digest = (uint8_t)(i + 1);
        say_context(digest);
        say_job(digest);
        give_objects(-1);
        hear_done(IPC_LINK_PA, digest, WIRE_RELEASE_CODE_OK);
    }
    say_context(200);
    say_job(200);
    hear_done(IPC_LINK_PA, 200, WIRE_RELEASE_CODE_RETRY);
    assert_int_equal(a->d.exit_code, -1);
    loop_timer_set(&a->d.loop, &a->tick, 1);
    assert_int_equal(daemon_run(&a->d), DAEMON_EXIT_USED_UP);
}

/* An idle process does not end; one that has worked ends after its life. */
static void life(void **state)
{
    (void)state;
    a->started = 0;
    loop_timer_set(&a->d.loop, &a->tick, 1);
    kit_run(&k, 20);
    assert_int_equal(a->d.exit_code, -1);
    a->done = 1;
    loop_timer_set(&a->d.loop, &a->tick, 1);
    if (loop_now(&a->d.loop) <= ATTEST_LIFE_MS)
        skip(); /* the machine was started less than a minute ago */
    assert_int_equal(daemon_run(&a->d), DAEMON_EXIT_USED_UP);
}

static void links_renewed(void **state)
{
    (void)state;
    /* peer dies while its job waits for collateral: nobody is answered, and the next job runs. */
    say_context(1);
    say_job(1);
    kit_cut(&k, IPC_LINK_PA);
    kit_connect(&k, IPC_LINK_PA);
    assert_null(a->current);
    give_objects(-1);
    KIT_SILENT(&k, IPC_LINK_PA, PA_DONE);
    KIT_SILENT(&k, IPC_LINK_VA, VA_VERDICT);
    say_context(2);
    say_job(2);
    give_objects(-1);
    hear_verdict(2);
    hear_done(IPC_LINK_PA, 2, WIRE_RELEASE_CODE_OK);
    /* chain dies: what it said does not count any more. */
    say_context(3);
    kit_cut(&k, IPC_LINK_CA);
    kit_connect(&k, IPC_LINK_CA);
    say_job(3);
    KIT_SILENT(&k, IPC_LINK_DA, DA_GET);
    say_context(3);
    give_objects(-1);
    hear_verdict(3);
    /* polyclaved dies while it is asked for collateral: the job ends by its time. */
    say_context(4);
    say_job(4);
    kit_cut(&k, IPC_LINK_DA);
    kit_connect(&k, IPC_LINK_DA);
    kit_forget(&k);
    age_queue();
    hear_done(IPC_LINK_PA, 4, WIRE_RELEASE_CODE_RETRY);
}

/* Strangers' requests push contexts out, oldest first; what was pushed out is unknown, not wrong.
 */
static void many_contexts(void **state)
{
    struct ipc_ca_context m = {.vendor = WIRE_VENDOR_TDX, .attested_at = 1};
    (void)state;
    say_context(1);
    for (uint32_t i = 0; i < ATTEST_CONTEXTS_MAX; i++) {
        store_be32(m.digest, 0xf0000000u + i);
        assert_int_equal(IPC_SEND(k.far[IPC_LINK_CA].end, ca_context, &m), PC_OK);
    }
    kit_settle(&k);
    say_job(1);
    KIT_SILENT(&k, IPC_LINK_DA, DA_GET);
    say_context(1);
    give_objects(-1);
    hear_verdict(1);
}

/* ---- forecasts ---- */

static void say_forecast(uint8_t digest, uint64_t at)
{
    struct ipc_da_forecast m = {.vendor = WIRE_VENDOR_TDX, .at = at, .evidence = input.in.evidence};
    memset(m.digest, digest, sizeof m.digest);
    memcpy(m.in_force, genuine.objects, sizeof m.in_force);
    sha256(m.signer, forged_part(&parts, PC_FORGED_SIGNER));
    KIT_SAY(&k, IPC_LINK_DA, da_forecast, &m);
}

/* It is answered to polyclaved alone, by the context that came with it. */
static void forecast_is_for_polyclaved(void **state)
{
    struct ipc_da_forecast_r r;
    (void)state;
    say_forecast(7, f.now);
    assert_int_equal(give_objects(-1), 5);
    KIT_HEAR(&k, IPC_LINK_DA, da_forecast_r, DA_FORECAST_R, &r);
    assert_int_equal(r.digest[0], 7);
    assert_true(r.judged && r.authentic);
    assert_int_equal(r.tcb_status, PC_TCB_UP_TO_DATE);
    KIT_SILENT(&k, IPC_LINK_VA, VA_VERDICT);
    KIT_SILENT(&k, IPC_LINK_DA, PA_DONE);
    KIT_SILENT(&k, IPC_LINK_PA, PA_DONE);
    say_forecast(8, f.now - UINT64_C(400) * 86400); /* before its certificates */
    (void)give_objects(-1);
    KIT_HEAR(&k, IPC_LINK_DA, da_forecast_r, DA_FORECAST_R, &r);
    assert_true(r.judged && !r.authentic);
    say_forecast(9, f.now);
    (void)give_objects(PC_OBJ_QE_IDENTITY); /* not held */
    KIT_HEAR(&k, IPC_LINK_DA, da_forecast_r, DA_FORECAST_R, &r);
    assert_false(r.judged || r.authentic);
}

/* A forecast under a request's digest is no context for it, and takes no job's place. */
static void forecast_is_no_context(void **state)
{
    struct ipc_da_forecast_r r;
    struct ipc_va_verdict v;
    (void)state;
    say_forecast(7, f.now);
    say_job(7);
    (void)give_objects(-1);
    KIT_HEAR(&k, IPC_LINK_DA, da_forecast_r, DA_FORECAST_R, &r);
    KIT_SILENT(&k, IPC_LINK_VA, VA_VERDICT); /* chain has not said how to judge it */
    KIT_SILENT(&k, IPC_LINK_PA, PA_DONE);
    say_context(7);
    (void)give_objects(-1);
    KIT_HEAR(&k, IPC_LINK_VA, va_verdict, VA_VERDICT, &v);
    assert_int_equal(v.collateral_epoch, 5);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(context_first),
        T(job_first),
        T(node_job),
        T(missing_object),
        T(unknown_signer),
        T(wrong_object),
        T(timeouts),
        T(full_queue),
        T(used_up),
        T(life),
        T(forged_evidence),
        T(many_contexts),
        T(links_renewed),
        T(forecast_is_for_polyclaved),
        T(forecast_is_no_context),
    };
    return cmocka_run_group_tests_name("attest", tests, forge, NULL);
}
