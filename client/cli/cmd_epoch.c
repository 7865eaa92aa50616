/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave epoch show | announce | open */
#include <stdio.h>
#include <stdlib.h>

#include "chain/events.h"
#include "client/cli/commands.h"
#include "client/cli/node.h"
#include "client/lib/logs.h"

#define MEMBERS 256u

/* Words of IEpochs.Now, Attempt and Epoch as the views return them. */
enum { NOW_EPOCH = 0, NOW_WORDS = 8 };
enum { ATTEMPT_EPOCH = 0, ATTEMPT_NUMBER, ATTEMPT_TAG, ATTEMPT_STATE, ATTEMPT_WORDS = 9 };
enum { EPOCH_N = 5, EPOCH_T, EPOCH_DEGRADED, EPOCH_OPENED, EPOCH_ACTIVATED, EPOCH_WORDS = 11 };

struct committee {
    uint64_t epoch, now;
    struct evm_word facts[EPOCH_WORDS];
    uint32_t id[MEMBERS], reserved[MEMBERS];
    size_t n;
    struct evm_word pk;
};

static enum err_code read_ids(uint32_t *out, size_t *n, struct abi_in *r)
{
    struct bytes words = abi_in_array(r, 1, MEMBERS, n);
    for (size_t i = 0; i < *n; i++) {
        struct evm_word w = evm_word_of(words.p + 32 * i);
        uint64_t v;
        PC_TRY(evm_word_to_u64(&v, &w, 32));
        out[i] = (uint32_t)v;
    }
    return PC_OK;
}

static enum err_code read_members(struct cli_net *n, struct committee *c)
{
    static uint8_t answer[32 * (4 + 2 * MEMBERS)];
    struct evm_word arg = evm_word_u64(c->epoch);
    size_t len, m;
    PC_TRY(net_view(n, PC_NET_EPOCHS, "members(uint64)", &arg, 1, answer, sizeof answer, &len));
    struct abi_in r = abi_in_of(bytes_of(answer, len), 2);
    PC_TRY(read_ids(c->id, &c->n, &r));
    PC_TRY(read_ids(c->reserved, &m, &r));
    PC_TRY(abi_in_end(&r));
    return m == c->n ? PC_OK : PC_E_MALFORMED;
}

static enum err_code read_committee(struct cli_net *n, struct committee *c)
{
    struct evm_word key = evm_word_u64(0), arg = evm_word_u64(c->epoch);
    PC_TRY(net_time(n, &c->now));
    PC_TRY(net_words(n, PC_NET_EPOCHS, "epochOf(uint64)", &arg, 1, c->facts, EPOCH_WORDS));
    PC_TRY(net_words(n, PC_NET_EPOCHS, "pkOf(uint32)", &key, 1, &c->pk, 1));
    return read_members(n, c);
}

/* The sum of the T smallest bonds: what T winning bonds cost at least. */
static void price(struct evm_word *sum, struct evm_word *bond, size_t n, size_t t)
{
    memset(sum, 0, sizeof *sum);
    for (size_t i = 0; i < t && i < n; i++) {
        size_t least = i;
        for (size_t j = i + 1; j < n; j++)
            if (memcmp(bond[j].b, bond[least].b, 32) < 0)
                least = j;
        struct evm_word w = bond[least];
        bond[least] = bond[i];
        bond[i] = w;
        unsigned carry = 0;
        for (size_t k = 32; k-- > 0;) {
            carry += sum->b[k] + (unsigned)w.b[k];
            sum->b[k] = (uint8_t)carry;
            carry >>= 8;
        }
    }
}

static enum err_code out_members(struct cli_net *n, struct cli_out *o, struct committee *c,
                                 struct evm_word *total)
{
    static struct evm_word bond[MEMBERS];
    struct node_facts f;
    char eth[96], until[64];
    size_t seats = 0;
    out_line(o, "\n%5s %6s %-11s %12s  %s", "index", "node", "state", "bond/ETH", "record until");
    out_list(o, "members");
    for (size_t i = 0; i < c->n; i++) {
        net_progress(n, "member %zu of %zu", i + 1, c->n);
        out_row(o);
        out_u64(o, "index", i + 1);
        out_u64(o, "node_id", c->id[i]);
        if (c->id[i] == 0) {
            out_str(o, "state", "empty");
            out_u64(o, "reserved_for", c->reserved[i]);
            out_line(o, "%5zu %6s %-11s", i + 1, "-", "empty");
        } else {
            PC_TRY(node_facts_get(n, &f, c->id[i], c->now));
            bond[seats++] = f.node[NODE_BOND];
            out_str(o, "state", node_state_text(&f, c->now));
            out_wei(o, "bond", &f.node[NODE_BOND]);
            out_u64(o, "valid_until", f.valid_until);
            wei_text(eth, &f.node[NODE_BOND], false);
            time_text(until, f.valid_until, c->now);
            net_progress_end(n);
            out_line(o, "%5zu %6u %-11s %12s  %s", i + 1, c->id[i], node_state_text(&f, c->now),
                     eth, until);
        }
        out_up(o);
    }
    out_up(o);
    price(total, bond, seats, (size_t)word_u64(&c->facts[EPOCH_T]));
    return PC_OK;
}

static void out_attempt(struct cli_out *o, const struct evm_word *w)
{
    static const char *const states[] = {"none", "announced", "open"};
    uint64_t s = word_u64(&w[ATTEMPT_STATE]);
    out_str(o, "attempt_state", s < 3 ? states[s] : "?");
    if (s == 0)
        return;
    out_u64(o, "attempt_epoch", word_u64(&w[ATTEMPT_EPOCH]));
    out_u64(o, "attempt", word_u64(&w[ATTEMPT_NUMBER]));
}

struct activation_search {
    struct event_sources from;
    uint64_t epoch;
    struct evm_word qual;
    bool found;
};

static enum err_code take_activated(void *ctx, const struct log_record *l, bool *enough)
{
    struct activation_search *s = ctx;
    struct event *ev = malloc(sizeof *ev);
    if (ev == NULL)
        return PC_E_MEMORY;
    if (event_decode(ev, &s->from, l) == PC_OK && ev->kind == PC_EV_ACTIVATED &&
        ev->epoch == s->epoch) {
        s->qual = ev->u.activated.qual;
        s->found = *enough = true;
    }
    free(ev);
    return PC_OK;
}

/* Keys of the epoch, and how many dealers qualified, by the transcript that was activated. */
static enum err_code out_keys(struct cli_net *n, struct cli_out *o, const struct committee *c)
{
    struct activation_search s = {.epoch = c->epoch};
    unsigned qual = 0;
    out_list(o, "keys");
    out_row(o);
    out_u64(o, "index", 0);
    out_hex(o, "key_id", PC_BYTES(n->net.key_id));
    out_hex(o, "pk", PC_BYTES(c->pk.b));
    out_up(o);
    out_up(o);
    s.from.epochs = *net_at(n, PC_NET_EPOCHS);
    net_now(n);
    PC_TRY(logs_back(&n->chain, &s.from.epochs, n->net.from_block, take_activated, &s));
    if (!s.found)
        return PC_OK; /* not active yet */
    for (size_t i = 0; i < 256; i++)
        qual += s.qual.b[i / 8] >> i % 8 & 1;
    out_u64(o, "qual", qual);
    out_hex(o, "qual_bitmap", PC_BYTES(s.qual.b));
    return PC_OK;
}

static enum err_code show_epoch(struct cli_net *n, struct cli_out *o,
                                const struct evm_word *attempt, uint64_t epoch)
{
    static struct committee c;
    struct evm_word total = {{0}};
    memset(&c, 0, sizeof c);
    c.epoch = epoch;
    PC_TRY(read_committee(n, &c));
    out_u64(o, "epoch", epoch);
    out_u64(o, "n", word_u64(&c.facts[EPOCH_N]));
    out_u64(o, "t", word_u64(&c.facts[EPOCH_T]));
    out_bool(o, "degraded", !evm_word_is_zero(&c.facts[EPOCH_DEGRADED]));
    out_time(o, "opened_at", word_u64(&c.facts[EPOCH_OPENED]));
    out_time(o, "activated_at", word_u64(&c.facts[EPOCH_ACTIVATED]));
    out_hex(o, "pk", PC_BYTES(c.pk.b));
    PC_TRY(out_keys(n, o, &c));
    out_attempt(o, attempt);
    PC_TRY(out_members(n, o, &c, &total));
    out_line(o, "%s", "");
    out_wei(o, "price_of_t", &total);
    return PC_OK;
}

static int show(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o = {0};
    struct evm_word now[NOW_WORDS], attempt[ATTEMPT_WORDS];
    uint64_t epoch;
    int code = net_open(&n, a);
    if (code != PC_CLI_YES)
        goto out;
    enum err_code e = net_words(&n, PC_NET_EPOCHS, "now_()", NULL, 0, now, NOW_WORDS);
    if (e == PC_OK)
        e = net_words(&n, PC_NET_EPOCHS, "attempt()", NULL, 0, attempt, ATTEMPT_WORDS);
    epoch = word_u64(&now[NOW_EPOCH]);
    if (e == PC_OK && !cli_arg_u64(a, "epoch", UINT64_MAX >> 1, &epoch)) {
        code = PC_CLI_USAGE;
        goto out;
    }
    bool none = e == PC_OK && epoch == 0;
    bool open = e == PC_OK && word_u64(&attempt[ATTEMPT_STATE]) == 2 &&
                epoch == word_u64(&attempt[ATTEMPT_EPOCH]);
    if (e == PC_OK && epoch != word_u64(&now[NOW_EPOCH]) && !open) {
        code = cli_fail(PC_CLI_NO, "the members of that epoch are not kept", cli_arg(a, "epoch"),
                        "the chain holds those of the active epoch and of the open attempt");
        goto out;
    }
    if (e == PC_OK) {
        out_begin(&o, a);
        if (none) {
            out_u64(&o, "epoch", 0);
            out_attempt(&o, attempt);
        } else
            e = show_epoch(&n, &o, attempt, epoch);
    }
    if (e != PC_OK) {
        free(o.buf);
        code = net_unreachable(&n, "epoch show", e);
    } else
        code = out_end(&o, PC_CLI_YES);
out:
    net_close(&n);
    return code;
}

static int simple(const struct cli_args *a, const char *sig)
{
    struct cli_net n;
    struct cli_out o;
    struct call c;
    struct sent sent;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !net_can_send(&n))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        call_begin(&c, sig, 0);
        call_end(&c);
        code = net_send(&n, a->verb->name, net_at(&n, PC_NET_EPOCHS), NULL, c.data, true, &sent);
        call_free(&c);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

static int announce(const struct cli_args *a)
{
    return simple(a, "announce()");
}

static int open_epoch(const struct cli_args *a)
{
    return simple(a, "open()");
}

static const struct cli_option show_options[] = {
    {"epoch", "E", "default the active one", false, 1},
};

#define SIGN " --key me.json --pass-file me.pass"

static const struct cli_verb verbs[] = {
    {"epoch",
     "show",
     "shows the committee, its states and the price of T winning bonds",
     {"polyclave epoch show", "polyclave epoch show --json"},
     show_options,
     PC_ARRAY_LEN(show_options),
     PC_CLI_NETWORK,
     show},
    {"epoch",
     "announce",
     "begins the enrolment window of the next attempt",
     {"polyclave epoch announce" SIGN, "polyclave epoch announce --relay relay.sock"},
     NULL,
     0,
     PC_CLI_SIGNER,
     announce},
    {"epoch",
     "open",
     "ends the window and opens the attempt, if a change is due",
     {"polyclave epoch open" SIGN, "polyclave epoch open --relay relay.sock"},
     NULL,
     0,
     PC_CLI_SIGNER,
     open_epoch},
};

int cmd_epoch(int argc, char **argv)
{
    return cli_group("epoch", "who holds the key, and when it changes", verbs, PC_ARRAY_LEN(verbs),
                     argc, argv);
}
