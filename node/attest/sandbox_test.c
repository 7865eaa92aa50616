/* SPDX-License-Identifier: Apache-2.0 */
/* The verifier inside the sandbox of polyclave-attest: no system call that it makes is refused. The
 * evidence is made in a process of its own, so that the sealed one finds no library warmed up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attest/sim/forge.h"
#include "attest/sim/forge_nitro.h"
#include "attest/sim/forge_snp.h"
#include "attest/worker.h"
#include "base/rng_seeded.h"
#include "node/sandbox/sandbox.h"

/* Shared between the processes, at one address: it points into itself. */
static struct shared {
    struct forge f;
    struct forged parts;
    struct forge_input input;
    struct evidence_policy policy;
    struct worker_job job;
    struct snp_forge snp;
    struct snp_forged snp_parts;
    struct forge_nitro nitro;
    struct forged_nitro document;
    struct worker_job of[2];
    struct evidence_policy of_policy[2];
} * shared;

static int make(void)
{
    struct shared *s = shared;
    struct rng_seeded rng;
    struct verdict v;
    rng_seeded_init(&rng, 3);
    forge_init(&s->f, &rng.rng, 5);
    forge_build(&s->parts, &s->f);
    forge_assemble(&s->input, &s->parts);
    policy_network(&s->policy, NULL);
    forge_pin(s->policy.root_sha256[PC_VENDOR_TDX], &s->parts);
    s->input.in.policy = &s->policy;
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &s->input.in);
    s->job = (struct worker_job){.vendor = PC_VENDOR_TDX,
                                 .evidence = s->input.in.evidence,
                                 .collateral = s->input.in.collateral,
                                 .attested_at = s->f.now,
                                 .head_time = s->f.now,
                                 .policy = &s->policy};
    memcpy(s->job.in_force, v.objects, sizeof s->job.in_force);
    return verdict_accepts(&v) ? 0 : 9;
}

/* The same of SNP and Nitro. */
static int make_others(void)
{
    struct shared *s = shared;
    struct rng_seeded rng;
    struct verdict v;
    rng_seeded_init(&rng, 5);
    snp_forge_init(&s->snp, &rng.rng, PC_SNP_TURIN, false, 5);
    snp_forge_build(&s->snp_parts, &s->snp);
    snp_forge_policy(&s->of_policy[0], &s->snp_parts);
    struct evidence_input in = snp_forge_input(&s->snp_parts);
    in.policy = &s->of_policy[0];
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    s->of[0] = (struct worker_job){.vendor = PC_VENDOR_SNP,
                                   .evidence = in.evidence,
                                   .collateral = in.collateral,
                                   .attested_at = s->snp.now,
                                   .head_time = s->snp.now,
                                   .policy = &s->of_policy[0]};
    memcpy(s->of[0].in_force, v.objects, sizeof s->of[0].in_force);
    forge_nitro_init(&s->nitro, &rng.rng, true);
    forge_nitro_build(&s->document, &s->nitro);
    policy_network(&s->of_policy[1], NULL);
    forge_nitro_pin(s->of_policy[1].root_sha256[PC_VENDOR_NITRO], &s->nitro);
    s->of[1] = (struct worker_job){.vendor = PC_VENDOR_NITRO,
                                   .evidence = bytes_of(s->document.p, s->document.n),
                                   .attested_at = PC_FORGE_NITRO_NOW,
                                   .head_time = PC_FORGE_NITRO_NOW,
                                   .policy = &s->of_policy[1]};
    return verdict_accepts(&v) ? 0 : 9;
}

/* 0: accepted, refused and malformed evidence judged rightly inside the sandbox. */
static int sealed(void)
{
    static uint8_t copy[PC_EVIDENCE_MAX];
    struct worker_job job = shared->job;
    struct verdict v;
    if (sandbox_begin(SANDBOX_ATTEST, NULL, 0, 0) != PC_OK)
        return 10;
    worker_prepare();
    if (sandbox_seal(SANDBOX_ATTEST, NULL, 0) != PC_OK)
        return 11;
    worker_run(&v, &job);
    if (!verdict_accepts(&v))
        return 12;
    memcpy(copy, job.evidence.p, job.evidence.n);
    copy[100] ^= 1;
    job.evidence.p = copy;
    worker_run(&v, &job);
    if (verdict_accepts(&v) || !verdict_has(&v, PC_R_QUOTE_SIGNATURE))
        return 13;
    job.evidence.n = 1;
    worker_run(&v, &job);
    return verdict_has(&v, PC_R_QUOTE_TRUNCATED) ? 0 : 14;
}

/* 0: of the two others likewise; nothing of OpenSSL's is loaded only then. */
static int sealed_others(void)
{
    static uint8_t copy[PC_EVIDENCE_MAX];
    struct verdict v;
    if (sandbox_begin(SANDBOX_ATTEST, NULL, 0, 0) != PC_OK)
        return 20;
    worker_prepare();
    if (sandbox_seal(SANDBOX_ATTEST, NULL, 0) != PC_OK)
        return 21;
    for (int i = 0; i < 2; i++) {
        struct worker_job job = shared->of[i];
        worker_run(&v, &job);
        if (!verdict_accepts(&v))
            return 22 + i;
        memcpy(copy, job.evidence.p, job.evidence.n);
        copy[job.evidence.n / 3] ^= 1;
        job.evidence.p = copy;
        worker_run(&v, &job);
        if (verdict_accepts(&v))
            return 24 + i;
        job.evidence.n = 1;
        worker_run(&v, &job);
        if (verdict_accepts(&v))
            return 26 + i;
    }
    return 0;
}

static void in_child(int (*what)(void))
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(what());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status))
        fail_msg("ended by signal %d", WTERMSIG(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_worker_in_its_sandbox(void **state)
{
    (void)state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    in_child(make);
    in_child(sealed);
    in_child(make_others);
    in_child(sealed_others);
    assert_int_equal(munmap(shared, sizeof *shared), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_worker_in_its_sandbox)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
