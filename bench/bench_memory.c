/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_memory - what a node's processes take when 255 dealers' blobs of a committee of 256 have
 * gone through them.
 *
 *   node_pss_mb   sum of proportional shares: vault at its highest from enrolment to serving,
 *                 polyclaved and peer after all blobs, and init, chain, attest, rpc and the quote
 *                 helper of a node that init started and that has no work
 *
 * First a whole node runs under polyclave-init, without a chain to read. Then vault, polyclaved and
 * peer run with this program around them: it has recorded the dealings, and carries each from
 * polyclaved's fetch to polyclaved, from there to peer, and to the vault. Peer has a channel open
 * to each of the 255, and pushes the own blob to all at once. Not in the figure: chain's cache of
 * proofs.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/genesis.h"
#include "bench/http_load.h"
#include "bench/remote.h"
#include "node/daemon/daemon.h"

#define MEMBERS 256

static struct stage stage;
static struct genesis genesis;
static struct proc vault, polyclaved, peer;
static char config_path[128], http_listen[32], peer_listen[32];
static uint16_t http_port;
static struct remote remote;
static double vault_kib, peer_kib;

static double mb(double kib)
{
    return kib * 1024 / 1e6;
}

/* ---- files ---- */

static void in_folder(char *out, size_t cap, const char *name)
{
    if (snprintf(out, cap, "%s/%s", stage.folder, name) >= (int)cap)
        pc_bug("a path is too long");
}

static void write_config(void)
{
    char data[128], platform[128], vendor[128], root[160];
    in_folder(config_path, sizeof config_path, "config");
    in_folder(data, sizeof data, "data");
    in_folder(vendor, sizeof vendor, "vendor");
    in_folder(platform, sizeof platform, "platform");
    in_folder(root, sizeof root, "root.der");
    char tool[] = PC_BIN_DIR "/polyclave-quote-sim";
    stage_tool((const char *[]){tool, "init-vendor", vendor, NULL});
    stage_tool((const char *[]){tool, "init-platform", platform, "--vendor", vendor, NULL});
    http_port = http_free_port();
    (void)snprintf(http_listen, sizeof http_listen, "127.0.0.1:%u", http_port);
    (void)snprintf(peer_listen, sizeof peer_listen, "127.0.0.1:%u", http_free_port());
    FILE *f = fopen(config_path, "we"), *r = fopen(root, "we");
    if (f == NULL || r == NULL || mkdir(data, 0700) != 0)
        pc_bug("the folder cannot be used");
    (void)fprintf(r, "a root certificate that nothing is verified with");
    (void)fprintf(f,
                  "rpc = http://127.0.0.1:1\npeer_listen = %s\nhttp_listen = %s\n"
                  "endpoint = 127.0.0.1:1:2\nrelay_socket = %s/relay\ndata_dir = %s\n"
                  "control_socket = %s/control\nvendor_root = %s\n"
                  "owner = 0x0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e0e\n",
                  peer_listen, http_listen, stage.folder, data, stage.folder, root);
    if (fclose(f) != 0 || fclose(r) != 0)
        pc_bug("the configuration cannot be written");
}

/* ---- a node without work ---- */

static pid_t start_init(void)
{
    char platform[128];
    in_folder(platform, sizeof platform, "platform");
    pid_t pid = fork();
    if (pid < 0)
        pc_bug("no child");
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(98);
        execl(PC_BIN_DIR "/polyclave-init", "polyclave-init", "--policy", stage.policy_path,
              "--config", config_path, "--bin", PC_BIN_DIR, "--quote-helper",
              PC_BIN_DIR "/polyclave-quote-sim", "--platform", platform, (char *)NULL);
        _exit(99);
    }
    return pid;
}

/* Which of its children are not measured with work later. */
static bool only_idle(pid_t pid)
{
    static const char *const with_work[] = {"polyclave-vault", "polyclaved", "polyclave-peer"};
    char path[64], name[32] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    FILE *f = fopen(path, "re");
    if (f == NULL || fgets(name, sizeof name, f) == NULL)
        pc_bug("a program of the node is gone");
    (void)fclose(f);
    name[strcspn(name, "\n")] = '\0';
    for (size_t i = 0; i < PC_ARRAY_LEN(with_work); i++)
        if (strcmp(name, with_work[i]) == 0)
            return false;
    return true;
}

static double idle_kib(void)
{
    pid_t init = start_init(), child[16];
    int status;
    http_wait(http_port); /* vault, polyclaved and peer have spoken to each other */
    double kib = proc_memory_kib(init);
    size_t children = proc_children(init, child, PC_ARRAY_LEN(child));
    for (size_t i = 0; i < children; i++)
        if (only_idle(child[i]))
            kib += proc_memory_kib(child[i]);
    if (children != 7)
        pc_bug("a program of the node did not start");
    if (kill(init, SIGTERM) != 0 || waitpid(init, &status, 0) != init)
        pc_bug("init is gone");
    return kib;
}

/* ---- with work ---- */

static void watch_peer(void)
{
    double now = proc_memory_kib(peer.pid);
    peer_kib = now > peer_kib ? now : peer_kib;
}

static void watch_vault(void *ctx, const char *step)
{
    double now = proc_memory_kib(vault.pid);
    (void)ctx, (void)step;
    vault_kib = now > vault_kib ? now : vault_kib;
}

static struct ipc_head_view view(void)
{
    return (struct ipc_head_view){.head = genesis.head,
                                  .health = IPC_HEALTH_OK,
                                  .node_id = genesis.member[1].node_id,
                                  .state = IPC_NODE_STATE_LIVE,
                                  .valid_until = genesis.head.time + 100000};
}

static struct ipc_members members(bool active)
{
    static struct ipc_member_view list[MEMBERS];
    static char endpoint[MEMBERS + 1][32] = {[1] = "127.0.0.1:1:2"};
    struct ipc_members m = {.epoch = 1,
                            .attempt = 1,
                            .n = MEMBERS,
                            .t = genesis.open.t,
                            .active = active,
                            .members = {.v = list, .n = MEMBERS}};
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct ipc_vc_member *from = &genesis.member[i + 1];
        char *where = endpoint[from->index];
        if (from->index != 1)
            remote_endpoint(&remote, where, from->index);
        list[i] = (struct ipc_member_view){.index = from->index,
                                           .node_id = from->node_id,
                                           .keys = from->keys,
                                           .endpoint = bytes_of(where, strlen(where)),
                                           .domains_n = from->domains_n,
                                           .state = IPC_NODE_STATE_LIVE};
        memcpy(list[i].domains, from->domains, sizeof list[i].domains);
    }
    return m;
}

static void begin_polyclaved(void)
{
    struct ipc_vd_keys keys = {.keys = genesis.member[1].keys};
    struct ipc_dc_head head = {.view = view()};
    struct ipc_dc_members attempt = {.members = members(false)};
    struct ipc_dc_event event = {
        .kind = IPC_EVENT_KIND_OPENED, .epoch = 1, .attempt = 1, .index = 1, .value = MEMBERS};
    struct ipc_dp_drop begun;
    SAY(polyclaved.end[IPC_LINK_VD], vd_keys, &keys);
    SAY(polyclaved.end[IPC_LINK_DC], dc_head, &head);
    SAY(polyclaved.end[IPC_LINK_DC], dc_event, &event);
    SAY(polyclaved.end[IPC_LINK_DC], dc_members, &attempt);
    HEAR(polyclaved.end[IPC_LINK_DP], DP_DROP, dp_drop, &begun);
}

static void begin_peer(void)
{
    struct ipc_cfg_peer config = {.keys = genesis.member[1].keys,
                                  .peer_listen = bytes_of(peer_listen, strlen(peer_listen)),
                                  .http_listen = bytes_of(http_listen, strlen(http_listen))};
    struct ipc_pc_head head = {.view = view()};
    struct ipc_pc_members both[2] = {{.members = members(true)}, {.members = members(false)}};
    SAY(peer.end[IPC_LINK_PC], pc_head, &head);
    proc_pass(&vault, IPC_LINK_VP, peer.end[IPC_LINK_VP]); /* for its handshakes */
    peer.end[IPC_LINK_VP] = -1;
    SAY(peer.end[IPC_LINK_DP], cfg_peer, &config);
    http_wait(http_port);
    SAY(peer.end[IPC_LINK_PC], pc_members, &both[0]);
    SAY(peer.end[IPC_LINK_PC], pc_members, &both[1]);
    remote_wait(&remote);
    watch_peer();
}

/* The own blob to everybody. */
static void push_own(void)
{
    const struct recorded *b = genesis.blob[1];
    struct ipc_dp_serve m = {
        .epoch = 1, .attempt = 1, .dealer = 1, .push = true, .data = bytes_of(b->bytes, b->length)};
    SAY(peer.end[IPC_LINK_DP], dp_serve, &m);
    stage_settle(peer.end[IPC_LINK_DP]);
    watch_peer();
}

/* The blob that polyclaved serves next goes on to peer as it is. */
static void pass_on(void)
{
    static uint8_t packet[40 * 1024];
    struct bytes frame;
    do
        frame = stage_receive(polyclaved.end[IPC_LINK_DP], packet, sizeof packet);
    while (ipc_type_of(frame) != IPC_MSG_DP_SERVE);
    stage_send(peer.end[IPC_LINK_DP], frame);
    stage_drain(polyclaved.end[IPC_LINK_VD]);
}

/* As the vault wants it, and as a member gives it. */
static void carry(uint16_t dealer)
{
    const struct recorded *b = genesis.blob[dealer];
    struct ipc_vd_action fetch = {.epoch = 1,
                                  .attempt = 1,
                                  .kind = IPC_ACTION_KIND_FETCH,
                                  .dealer = dealer,
                                  .length = (uint32_t)b->length};
    struct ipc_dp_want want;
    struct ipc_dp_got got = {.epoch = 1,
                             .attempt = 1,
                             .dealer = dealer,
                             .from = dealer,
                             .data = bytes_of(b->bytes, b->length)};
    memcpy(fetch.hash, b->hash, 32);
    SAY(polyclaved.end[IPC_LINK_VD], vd_action, &fetch);
    HEAR(polyclaved.end[IPC_LINK_DP], DP_WANT, dp_want, &want);
    SAY(polyclaved.end[IPC_LINK_DP], dp_got, &got);
    pass_on();
}

int main(void)
{
    stage_begin(&stage);
    write_config();
    double idle = idle_kib();

    proc_start(&stage, &vault, IPC_PROC_VAULT, "polyclave-vault", NULL);
    genesis.step = watch_vault;
    genesis_run(&genesis, &stage, &vault, MEMBERS);
    watch_vault(NULL, "served");

    proc_start(&stage, &polyclaved, IPC_PROC_POLYCLAVED, "polyclaved", config_path);
    proc_start(&stage, &peer, IPC_PROC_PEER, "polyclave-peer", NULL);
    remote_start(&remote, &genesis);
    begin_polyclaved();
    begin_peer();
    push_own();
    for (uint16_t d = 2; d <= MEMBERS; d++)
        carry(d);
    stage_settle(peer.end[IPC_LINK_DP]);
    double polyclaved_kib = proc_memory_kib(polyclaved.pid);
    watch_peer();

    bench_print("node_pss_mb", mb(idle + vault_kib + polyclaved_kib + peer_kib));
    bench_print("vault_pss_mb", mb(vault_kib));
    bench_print("polyclaved_pss_mb", mb(polyclaved_kib));
    bench_print("peer_pss_mb", mb(peer_kib));
    bench_print("others_pss_mb", mb(idle));
    bench_print_end();
    remote_end(&remote);
    proc_end(&peer, DAEMON_EXIT_FAULT); /* as when init is gone */
    proc_end(&polyclaved, DAEMON_EXIT_FAULT);
    proc_end(&vault, 0);
    genesis_free(&genesis);
    stage_end(&stage);
    return 0;
}
