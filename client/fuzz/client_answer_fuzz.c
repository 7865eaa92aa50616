/* SPDX-License-Identifier: Apache-2.0 */
/* What a member answers: first byte = what follows: an answer as it came over HTTP, the sealed part
 * under the member's own signature, the partial inside, or the body of an error. No partial of the
 * fuzzer's making is ever accepted, and codes are codes. */
#include <stdlib.h>

#include "client/lib/committee_testkit.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/labels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct committee com;
static struct polyclave pc;
static struct client_asker asker;
static struct client_seat seat;
static uint8_t digest[32];

static void prepare(void)
{
    uint8_t buf[PC_VOPRF_INPUT_MAX];
    static uint8_t kept[PC_VOPRF_INPUT_MAX];
    static struct bytes input;
    struct voprf_subject s = {.version = 1};
    committee_open(&com, 3, 2, 77);
    committee_client(&com, &pc);
    asker = (struct client_asker){.pin = &pc.pin,
                                  .sign = &pc.secrets->sign,
                                  .hpke = &pc.secrets->hpke,
                                  .sign_pk = pc.sign_pk,
                                  .hpke_pk = pc.hpke_pk,
                                  .vendor = WIRE_VENDOR_TDX,
                                  .version = 1};
    seat.index = 1;
    seat.identity = com.node[1].pk;
    if (voprf_input(&input, buf, &s) != PC_OK)
        abort();
    memcpy(kept, input.p, input.n);
    input.p = kept;
    if (threshold_combine_init(&pc.secrets->combiner, &group_ristretto255, &com.pub, input) !=
        PC_OK)
        abort();
}

static struct bytes info_of(uint8_t *buf, size_t cap, const char *label, size_t label_len,
                            const uint8_t *tail)
{
    struct writer w = writer_of(buf, cap);
    struct bytes out;
    bool sig = tail != NULL;
    write_bytes32(&w, bytes_of(label, label_len));
    write_bytes(&w, pc.pin.network_id, 32);
    write_u64(&w, com.epoch);
    if (sig)
        write_u16(&w, seat.index);
    write_bytes(&w, digest, 32);
    if (sig)
        write_bytes(&w, tail, 32);
    else
        write_u16(&w, seat.index);
    if (writer_end(&w, &out) != PC_OK)
        abort();
    return out;
}

/* sealed under the member's signature */
static void take_sealed(struct bytes sealed)
{
    uint8_t buf[256], hash[32], out[CLIENT_RELEASE_ANSWER_BYTES];
    struct client_release_answer m = {.sealed = sealed};
    struct ed25519_sig sig;
    struct bytes all;
    bool lied;
    sha256(hash, sealed);
    ed25519_sign(&sig, &com.node[1].sk,
                 info_of(buf, sizeof buf, PC_LABEL_RESP_SIG, sizeof(PC_LABEL_RESP_SIG) - 1, hash));
    memcpy(m.signature, sig.b, 64);
    if (client_encode_release_answer(&all, out, sizeof out, &m) != PC_OK)
        return;
    if (client_answer_take(&pc.secrets->combiner, &asker, &seat, com.epoch, digest, all, &lied) ==
            PC_OK ||
        !lied)
        abort();
}

static void take_partial(struct bytes plain)
{
    uint8_t buf[256], sealed[CLIENT_PARTIAL_BYTES + PC_HPKE_OVERHEAD];
    struct bytes none = {NULL, 0};
    if (plain.n != CLIENT_PARTIAL_BYTES)
        return;
    if (hpke_seal(
            sealed, &pc.hpke_pk,
            info_of(buf, sizeof buf, PC_LABEL_RESP_SEAL, sizeof(PC_LABEL_RESP_SEAL) - 1, NULL),
            none, plain, &com.rng.rng) != PC_OK)
        abort();
    take_sealed(bytes_of(sealed, sizeof sealed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char code[PC_CLIENT_CODE];
    unsigned after = 0;
    bool lied;
    if (com.n == 0)
        prepare();
    if (size == 0)
        return 0;
    struct bytes rest = bytes_of(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: /* nobody but the node can sign */
        if (client_answer_take(&pc.secrets->combiner, &asker, &seat, com.epoch, digest, rest,
                               &lied) == PC_OK ||
            lied)
            abort();
        break;
    case 1:
        take_sealed(rest);
        break;
    case 2:
        take_partial(rest);
        break;
    default:
        client_error_read(code, &after, 503, rest);
        if (strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(code) ||
            code[0] == '\0')
            abort();
    }
    return 0;
}
