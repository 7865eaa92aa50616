/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_release - a whole key request at one node, verdict cached.
 *
 *   release_request      from the body in peer to the answer in peer: peer's own code in this
 *                        process, a real polyclave-vault, and children in place of chain and
 *                        polyclaved, over real socketpairs; / (node step + HPKE seal + Ed25519
 *                        verification + signature). By the clock, the fastest of each round, so
 *                        that it is not the time that other programs take.
 *   release_request_cpu  the same in CPU time of all four processes, the average of each round
 *   http_requests_per_s  from clients, through polyclave-peer and HTTP on loopback: what the node
 *                        can do in a burst, all of it on this machine; peer's token buckets bound
 *                        what it does for long
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/genesis.h"
#include "bench/http_load.h"
#include "dkg/threshold.h"
#include "node/peer/peer.h"
#include "node/vault/vault_testkit.h"

#define MEMBERS   7
#define ROUNDS    41
#define PER_ROUND 12
#define WARM_UP   24

/* Within the burst of each address's bucket, and of all. */
#define HTTP_TRIES       3
#define HTTP_CONNECTIONS 8
#define HTTP_EACH        30

static struct stage stage;
static struct genesis genesis;
static struct proc vault;
static struct enclave enclave;
static struct peer peer;
static uint64_t nonce;

/* ---- the enclave and its bodies ---- */

/* A request of its own: another nonce, signed. */
static struct bytes next_body(uint8_t buf[static CLIENT_RELEASE_BODY_BYTES])
{
    struct ipc_release_fields *r = &enclave.request.request;
    store_be64(r->nonce, ++nonce);
    enclave_sign(&enclave);
    struct client_release_body body = {.request = {.version = r->version,
                                                   .class = r->class,
                                                   .key_version = r->key_version,
                                                   .scope = bytes_of(r->scope, r->scope_n),
                                                   .epoch = r->epoch,
                                                   .node_index = r->node_index,
                                                   .boot = r->boot,
                                                   .bound = r->bound,
                                                   .vendor = r->vendor,
                                                   .head = r->head}};
    struct client_release_request *q = &body.request;
    struct bytes out;
    memcpy(q->network_id, r->network_id, 32);
    memcpy(q->key_id, r->key_id, 32);
    memcpy(q->app_id, r->app_id, 32);
    memcpy(q->measurement, r->measurement, 32);
    memcpy(q->platform, r->platform, 32);
    memcpy(q->verifier, r->verifier, 20);
    memcpy(q->nonce, r->nonce, 16);
    memcpy(q->evidence_hash, r->evidence_hash, 32);
    memcpy(body.signature, enclave.request.signature, 64);
    if (client_encode_release_body(&out, buf, CLIENT_RELEASE_BODY_BYTES, &body) != PC_OK)
        pc_bug("a body does not encode");
    return out;
}

static void make_enclave(void)
{
    struct world *w = calloc(1, sizeof *w);
    struct cell *c = calloc(1, sizeof *c);
    if (w == NULL || c == NULL)
        pc_bug("no memory");
    w->policy = stage.policy;
    w->head = genesis.head;
    c->w = w;
    c->index = 1;
    enclave_new(&enclave, c, 1);
    enclave.record.subject_quota = enclave.record.app_quota = 1000000;
    free(c);
    free(w);
}

/* The first request brings the verdict. */
static void prime(void)
{
    struct ipc_vp_need need;
    struct ipc_vp_answer answer;
    SAY(vault.end[IPC_LINK_VP], vp_request, &enclave.request);
    HEAR(vault.end[IPC_LINK_VP], VP_NEED, vp_need, &need);
    SAY(vault.end[IPC_LINK_VC], vc_record, &enclave.record);
    SAY(vault.end[IPC_LINK_VA], va_verdict, &enclave.verdict);
    SAY(vault.end[IPC_LINK_VP], vp_request, &enclave.request);
    HEAR(vault.end[IPC_LINK_VP], VP_ANSWER, vp_answer, &answer);
}

/* ---- children in place of chain and polyclaved ---- */

static pid_t child(void (*run)(int fd), int fd)
{
    pid_t pid = fork();
    if (pid < 0)
        pc_bug("no child");
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(vault.ctl);
        for (;;)
            run(fd);
    }
    return pid;
}

/* chain, which has the slots of this request proved already: states the record, then says so. */
static void chain_turn(int pc)
{
    struct ipc_pc_lookup ask;
    struct ipc_pc_lookup_r done = {.code = WIRE_RELEASE_CODE_OK};
    HEAR(pc, PC_LOOKUP, pc_lookup, &ask);
    memcpy(enclave.record.digest, ask.digest, 32);
    memcpy(done.digest, ask.digest, 32);
    SAY(vault.end[IPC_LINK_VC], vc_record, &enclave.record);
    SAY(pc, pc_lookup_r, &done);
}

/* polyclaved, which hears of each decision. */
static void polyclaved_turn(int vd)
{
    struct ipc_vd_decision d;
    HEAR(vd, VD_DECISION, vd_decision, &d);
}

static void child_end(pid_t pid)
{
    int status;
    if (kill(pid, SIGKILL) != 0 || waitpid(pid, &status, 0) != pid)
        pc_bug("a child is gone");
}

/* ---- a request inside peer ---- */

static void peer_begin(int pc)
{
    static struct daemon_spec spec;
    int vp[2];
    peer_spec(&spec, &peer);
    daemon_prepare(&peer.d, &spec);
    peer_start(&peer);
    stage_pair(vp);
    close(vault.end[IPC_LINK_VP]);
    vault.end[IPC_LINK_VP] = -1;
    proc_pass(&vault, IPC_LINK_VP, vp[0]);
    if (daemon_attach(&peer.d, IPC_LINK_VP, vp[1]) != PC_OK ||
        daemon_attach(&peer.d, IPC_LINK_PC, pc) != PC_OK)
        pc_bug("a link cannot be opened");
    peer.have_head = true;
    peer.head = genesis.head;
    peer.health = IPC_HEALTH_OK;
    peer.state = IPC_NODE_STATE_LIVE;
    peer.epoch = 1;
    char listen[32];
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", http_free_port());
    if (api_open(&peer, bytes_of(listen, strlen(listen))) != PC_OK)
        pc_bug("no HTTP server");
}

/* Elapsed time from the body to the end of the request. Every request comes from another address,
 * and the bucket of all is full: what is measured is not the limit. */
static double one_request(void)
{
    static uint8_t buf[CLIENT_RELEASE_BODY_BYTES];
    static http_id id;
    struct sockaddr_storage from = {0};
    struct sockaddr_in *in = (struct sockaddr_in *)&from;
    struct http_request h = {.id = ++id, .body = next_body(buf), .from = &from};
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = (in_addr_t)id;
    peer.total.tokens_milli = 100000;
    double start = bench_wall_us();
    release_begin(&peer, &h);
    while (peer.releases[0].used)
        if (loop_turn(&peer.d.loop, 1000) != PC_OK)
            pc_bug("the loop failed");
    return bench_wall_us() - start;
}

static void measure_requests(const pid_t other[static 3])
{
    double cpu[ROUNDS], cpu_us[ROUNDS], elapsed[ROUNDS], elapsed_us[ROUNDS];
    for (size_t i = 0; i < WARM_UP; i++)
        (void)one_request();
    for (size_t r = 0; r < ROUNDS; r++) {
        double wall[PER_ROUND], spent = 0;
        bench_round(bench_units, BENCH_UNITS);
        double floor = bench_floor_request(bench_floor_step());
        for (size_t i = 0; i < PER_ROUND; i++) {
            double before = -bench_cpu_us();
            for (size_t k = 0; k < 3; k++)
                before -= proc_cpu_us(other[k]);
            wall[i] = one_request();
            spent += before + bench_cpu_us();
            for (size_t k = 0; k < 3; k++)
                spent += proc_cpu_us(other[k]);
        }
        cpu_us[r] = spent / PER_ROUND;
        cpu[r] = cpu_us[r] / floor;
        elapsed_us[r] = bench_lowest(wall, PER_ROUND);
        elapsed[r] = elapsed_us[r] / floor;
    }
    if (peer.http_refused != 0)
        pc_bug("a genuine request was refused");
    bench_print("release_request", bench_median(elapsed, ROUNDS));
    bench_print("release_request_us", bench_lowest(elapsed_us, ROUNDS));
    bench_print("release_request_cpu", bench_median(cpu, ROUNDS));
    bench_print("release_request_cpu_us", bench_lowest(cpu_us, ROUNDS));
}

/* ---- over HTTP, through the real peer ---- */

static uint16_t configure(struct proc *real)
{
    char http[32], channel[32];
    uint16_t port = http_free_port();
    (void)snprintf(http, sizeof http, "127.0.0.1:%u", port);
    (void)snprintf(channel, sizeof channel, "127.0.0.1:%u", http_free_port());
    struct ipc_cfg_peer m = {.keys = genesis.member[1].keys,
                             .peer_listen = bytes_of(channel, strlen(channel)),
                             .http_listen = bytes_of(http, strlen(http))};
    struct ipc_pc_head head = {.view = {.head = genesis.head,
                                        .health = IPC_HEALTH_OK,
                                        .node_id = genesis.member[1].node_id,
                                        .state = IPC_NODE_STATE_LIVE,
                                        .valid_until = genesis.head.time + 100000,
                                        .epoch = 1}};
    SAY(real->end[IPC_LINK_PC], pc_head, &head);
    SAY(real->end[IPC_LINK_DP], cfg_peer, &m);
    http_wait(port);
    return port;
}

static void measure_http(void)
{
    static uint8_t room[HTTP_CONNECTIONS * HTTP_EACH][CLIENT_RELEASE_BODY_BYTES];
    static struct bytes body[HTTP_CONNECTIONS * HTTP_EACH];
    double per_s[HTTP_TRIES];
    struct proc real;
    proc_start(&stage, &real, IPC_PROC_PEER, "polyclave-peer", NULL);
    proc_pass(&vault, IPC_LINK_VP, real.end[IPC_LINK_VP]);
    real.end[IPC_LINK_VP] = -1;
    uint16_t port = configure(&real);
    pid_t chain = child(chain_turn, real.end[IPC_LINK_PC]);
    for (uint8_t i = 0; i < HTTP_TRIES; i++) {
        for (size_t k = 0; k < PC_ARRAY_LEN(body); k++)
            body[k] = next_body(room[k]);
        per_s[i] = http_load(port, "/v1/keys/evaluate", body, HTTP_CONNECTIONS, HTTP_EACH,
                             (uint8_t)(i + 1));
    }
    bench_print("http_requests_per_s", bench_median(per_s, HTTP_TRIES));
    child_end(chain);
    proc_end(&real, DAEMON_EXIT_FAULT); /* as when init is gone */
}

int main(void)
{
    int pc[2];
    rng_seeded_init(&genesis.rng, 1);
    stage_begin(&stage);
    proc_start(&stage, &vault, IPC_PROC_VAULT, "polyclave-vault", NULL);
    genesis_run(&genesis, &stage, &vault, MEMBERS);
    make_enclave();
    prime();
    bench_units_init(&genesis.rng.rng);
    stage_pair(pc);
    pid_t others[3] = {vault.pid, child(chain_turn, pc[0]),
                       child(polyclaved_turn, vault.end[IPC_LINK_VD])};
    close(pc[0]);
    peer_begin(pc[1]);
    measure_requests(others);
    child_end(others[1]);
    peer_end(&peer);
    daemon_close(&peer.d);
    measure_http();
    child_end(others[2]);
    proc_end(&vault, 0);
    genesis_free(&genesis);
    stage_end(&stage);
    bench_print_end();
    return 0;
}
