/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-quote-sim as init starts it: a quote over the link to the vault, inside the sandbox. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attest/evidence.h"
#include "attest/nitro_doc.h"
#include "attest/sim/measure.h"
#include "attest/sim/nitro_store.h"
#include "attest/sim/store.h"
#include "attest/tdx_quote.h"
#include "node/init/links.h"
#include "protocol/policy_wire.h"

#define HIGH_FD 64

static char dir[] = "/tmp/polyclave-quote-XXXXXX";
static char platform[64], host[64], policy[64];

static void write_policy(void)
{
    uint8_t buf[POLICY_POLICY_BYTES];
    struct bytes out;
    struct policy_policy p = {.version = POLICY_VERSION,
                              .chain_id = 31337,
                              .kind = POLICY_CHAIN_KIND_DEV,
                              .smallest_n = 3};
    assert_int_equal(policy_encode_policy(&out, buf, sizeof buf, &p), PC_OK);
    FILE *f = fopen(policy, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(out.p, 1, out.n, f), out.n);
    assert_int_equal(fclose(f), 0);
}

static int setup(void **state)
{
    static struct sim_vendor v;
    static struct sim_platform p = {.quote_version = 4, .tee_tcb_svn = {7, 1, 4}};
    static struct sim_platform_cert cert;
    static struct sim_nitro aws;
    static const uint8_t fmspc[6] = {1};
    struct tdx_pck pck;
    (void)state;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(platform, sizeof platform, "%s/platform", dir);
    (void)snprintf(policy, sizeof policy, "%s/policy.bin", dir);
    write_policy();
    sim_vendor_new(&v, rng_system(), fmspc, 1800000000);
    sim_pck_default(&pck, &v, rng_system());
    sim_platform_new(&cert, &v, rng_system(), &pck, 1800000000);
    sim_platform_pem(p.pem, sizeof p.pem, &p.pem_n, &v, &cert);
    p.pck_key = cert.key;
    assert_true(sim_platform_save(platform, &p, &cert));
    (void)snprintf(host, sizeof host, "%s/host", dir);
    sim_nitro_vendor_new(&aws, rng_system(), 1700000000);
    sim_nitro_host_new(&aws, rng_system());
    assert_true(sim_nitro_host_save(host, &aws));
    for (size_t i = 0; i < sim_node_program_count; i++) { /* a node's programs, in a word each */
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", dir, sim_node_programs[i]);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        assert_true(fputs(sim_node_programs[i], f) >= 0);
        assert_int_equal(fclose(f), 0);
    }
    return 0;
}

/* A pair whose first end is the test's, out of the way of the child's descriptors. */
static void make_pair(int ends[static 2])
{
    int low[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, low), 0);
    for (int i = 0; i < 2; i++) {
        ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, HIGH_FD);
        assert_true(ends[i] >= 0);
        (void)close(low[i]);
    }
}

/* Whole quote from its chunks; 0 on an error or the end of the link. */
static size_t ask(int fd, uint8_t *out, size_t cap, const uint8_t report_data[static 64])
{
    uint8_t packet[1 + 2 + 64] = {3, 0x06, 0x01};
    size_t n = 0;
    memcpy(packet + 3, report_data, 64);
    assert_int_equal(send(fd, packet, sizeof packet, 0), sizeof packet);
    for (uint16_t seq = 0;; seq++) {
        uint8_t in[2048];
        struct pollfd p = {fd, POLLIN, 0};
        assert_int_equal(poll(&p, 1, 30000), 1);
        ssize_t got = recv(fd, in, sizeof in, 0);
        if (got <= 0)
            return 0;
        assert_int_equal(in[0], 3);
        struct ipc_vq_chunk m;
        assert_int_equal(ipc_decode_vq_chunk(&m, bytes_of(in + 1, (size_t)got - 1)), PC_OK);
        assert_int_equal(m.chunk.seq, seq);
        if (m.chunk.error != 0)
            return 0;
        assert_true(n + m.chunk.data_n <= cap);
        memcpy(out + n, m.chunk.data, m.chunk.data_n);
        n += m.chunk.data_n;
        if (m.chunk.last)
            return n;
    }
}

/* What is in a quote of either kind of machine. */
static void check_tdx(struct bytes quote, const uint8_t report_data[static 64],
                      const uint8_t program[static 48], const uint8_t config[static 48])
{
    struct tdx_quote q;
    struct verdict v = {0};
    assert_true(tdx_quote_parse(&q, &v, quote));
    assert_memory_equal(q.body.p + PC_TD_REPORTDATA, report_data, 64);
    assert_memory_equal(q.body.p + PC_TD_MRTD, program, 48);
    assert_memory_equal(q.body.p + PC_TD_MRCONFIGID, config, 48);
}

static void check_nitro(struct bytes document, const uint8_t report_data[static 64],
                        const uint8_t program[static 48], const uint8_t config[static 48])
{
    struct nitro_doc d;
    struct verdict v = {0};
    assert_true(nitro_doc_parse(&d, &v, document));
    assert_int_equal(d.user_data.data.n, 64);
    assert_memory_equal(d.user_data.data.p, report_data, 64);
    assert_memory_equal(d.pcr[0], program, 48);
    assert_memory_equal(d.pcr[1], config, 48);
    assert_memory_equal(d.pcr[2], program, 48);
}

static void quotes_of(const char *machine, void (*check)(struct bytes, const uint8_t *,
                                                         const uint8_t *, const uint8_t *))
{
    int ctl[2], vq[2], status;
    uint8_t quote[PC_EVIDENCE_MAX], report_data[64], program[48], config[48];
    const char *bad;
    make_pair(ctl);
    make_pair(vq);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (dup2(ctl[1], LINK_FD_CTL) < 0 || dup2(vq[1], link_fd(IPC_LINK_VQ)) < 0)
            _exit(126);
        (void)execl(PC_BIN_DIR "/polyclave-quote-sim", "polyclave-quote-sim", "--policy", policy,
                    "--uid", "0", "--bin", dir, "--platform", machine, (char *)NULL);
        _exit(127);
    }
    (void)close(ctl[1]);
    (void)close(vq[1]);
    assert_int_equal(sim_measure_node(program, &bad, dir), PC_OK);
    assert_int_equal(sim_hash_file(config, policy), PC_OK);
    for (uint8_t i = 1; i <= 3; i++) {
        memset(report_data, i, sizeof report_data);
        size_t n = ask(vq[0], quote, sizeof quote, report_data);
        assert_true(n > 4000);
        check(bytes_of(quote, n), report_data, program, config);
    }
    (void)close(ctl[0]); /* init is gone: so is its child */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    (void)close(vq[0]);
}

static void test_quotes(void **state)
{
    (void)state;
    quotes_of(platform, check_tdx);
}

static void test_documents(void **state)
{
    (void)state;
    quotes_of(host, check_nitro);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_quotes),
                                       cmocka_unit_test(test_documents)};
    int failed = cmocka_run_group_tests(tests, setup, NULL);
    if (fork() == 0)
        (void)execl("/bin/rm", "rm", "-rf", dir, (char *)NULL);
    (void)wait(NULL);
    return failed;
}
