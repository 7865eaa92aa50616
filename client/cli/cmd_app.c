/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave app id | register | queue | cancel | revoke | freeze | end | show */
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/app_terms.h"
#include "client/cli/commands.h"
#include "crypto/ids.h"

#define POLICY_TYPE                                                                                \
    "(uint16,bool,uint32,uint32,uint32,uint32,uint32,bytes32,(bytes32,uint40,uint40)[],"           \
    "(uint8,bytes32,bytes)[])"

static void warn(const struct app_policy *p)
{
    if (p->n_approvals == 0)
        (void)fprintf(stderr, "polyclave: note: no measurement is approved: nobody gets a key\n");
    if (p->n_min_tcbs == 0)
        (void)fprintf(stderr, "polyclave: note: no product is accepted (--min-tcb, --min-tcb-of): "
                              "nobody gets a key\n");
}

static int send_app(struct cli_net *n, struct call *c, struct sent *sent)
{
    call_end(c);
    int code = net_send(n, n->args->verb->name, net_at(n, PC_NET_APPS), NULL, c->data, true, sent);
    call_free(c);
    return code;
}

/* Network, signer and --app. */
static int start(struct cli_net *n, const struct cli_args *a, struct evm_word *app)
{
    int code = net_open(n, a);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "app", app->b, 32))
        code = PC_CLI_USAGE;
    return code == PC_CLI_YES ? net_signer(n, 0) : code;
}

static int done(struct cli_net *n, int code, const struct evm_word *app, const struct sent *sent,
                const char *time_key, uint64_t time)
{
    struct cli_out o;
    if (code == PC_CLI_YES) {
        out_begin(&o, n->args);
        out_hex(&o, "app_id", PC_BYTES(app->b));
        if (time_key != NULL)
            out_time(&o, time_key, time);
        out_sent(&o, sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(n);
    return code;
}

/* Without --min-tcb: every product that the network has collateral of, with any TCB. */
static int known_products(struct cli_net *n, struct app_policy *p)
{
    enum err_code e = terms_products(n, p);
    return e == PC_OK ? PC_CLI_YES : net_unreachable(n, "products with collateral", e);
}

/* ---- register */

static int app_register(const struct cli_args *a)
{
    static struct app_policy p;
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word salt, app = {{0}};
    uint64_t notice = 0;
    terms_default(&p);
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && (!cli_arg_hex(a, "salt", salt.b, 32) || !terms_from_options(&p, a)))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES) {
        enum err_code e = net_u64(&n, PC_NET_APPS, "minNoticeSeconds()", NULL, 0, &notice);
        if (e != PC_OK)
            code = net_unreachable(&n, "shortest notice", e);
    }
    if (code == PC_CLI_YES && !cli_arg_u64(a, "notice", 31536000, &notice))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES && p.n_min_tcbs == 0)
        code = known_products(&n, &p);
    if (code == PC_CLI_YES) {
        warn(&p);
        id_app(app.b, n.net.chain_id, net_at(&n, PC_NET_APPS)->b, n.chain.payer.b, salt.b);
        call_begin(&c, "register(bytes32,uint40,bool," POLICY_TYPE ")", 4);
        abi_out_word(&c.w, &salt);
        abi_out_u64(&c.w, notice);
        abi_out_bool(&c.w, cli_has(a, "revoke-waits"));
        terms_write(&c.w, &p);
        code = send_app(&n, &c, &sent);
    }
    return done(&n, code, &app, &sent, NULL, 0);
}

/* app_id before there is an app: its image pins it. */
static int app_id_of(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct evm_address owner;
    uint8_t salt[32], id[32];
    int code = net_open(&n, a);
    if (code == PC_CLI_YES &&
        (!cli_arg_hex(a, "salt", salt, 32) || !cli_arg_hex(a, "owner", owner.b, 20)))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        id_app(id, n.net.chain_id, net_at(&n, PC_NET_APPS)->b, owner.b, salt);
        out_begin(&o, a);
        out_hex(&o, "app_id", PC_BYTES(id));
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

/* ---- queue */

static int effective(struct cli_net *n, const struct evm_word *app, const struct evm_word *scope,
                     uint64_t *at)
{
    struct evm_word args[2] = {*app, *scope}, w[5];
    enum err_code e = net_words(n, PC_NET_APPS, "slotOf(bytes32,bytes32)", args, 2, w, 5);
    *at = word_u64(&w[2]);
    return e == PC_OK ? PC_CLI_YES : net_unreachable(n, "effective time", e);
}

static int queue(const struct cli_args *a)
{
    static struct app_policy old, p;
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word app, scope = terms_scope(a);
    uint64_t at = 0;
    int code = start(&n, a, &app);
    if (code == PC_CLI_YES) {
        enum err_code e = terms_in_force(&n, &old, &app, &scope);
        if (e != PC_OK && e != PC_E_NOT_FOUND)
            code = net_unreachable(&n, "the policy in force", e);
        p = old;
        if (e == PC_E_NOT_FOUND)
            terms_default(&p);
    }
    if (code == PC_CLI_YES && !terms_from_options(&p, a))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES && p.n_min_tcbs == 0)
        code = known_products(&n, &p);
    if (code == PC_CLI_YES) {
        warn(&p);
        call_begin(&c, "queue(bytes32,bytes32," POLICY_TYPE "," POLICY_TYPE ")", 4);
        abi_out_word(&c.w, &app);
        abi_out_word(&c.w, &scope);
        terms_write(&c.w, &old);
        terms_write(&c.w, &p);
        code = send_app(&n, &c, &sent);
    }
    if (code == PC_CLI_YES)
        code = effective(&n, &app, &scope, &at);
    return done(&n, code, &app, &sent, "effective", at);
}

static int end_app(const struct cli_args *a)
{
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word app, zero = {{0}};
    struct evm_address target = {{0}};
    uint64_t at = 0;
    int code = start(&n, a, &app);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "move-to", target.b, 20))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        call_begin(&c, "queueEnd(bytes32,address)", 2);
        abi_out_word(&c.w, &app);
        abi_out_addr(&c.w, &target);
        code = send_app(&n, &c, &sent);
    }
    if (code == PC_CLI_YES)
        code = effective(&n, &app, &zero, &at);
    return done(&n, code, &app, &sent, "effective", at);
}

static int cancel(const struct cli_args *a)
{
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word app, scope = terms_scope(a);
    int code = start(&n, a, &app);
    if (code == PC_CLI_YES) {
        call_begin(&c, "cancel(bytes32,bytes32)", 2);
        abi_out_word(&c.w, &app);
        abi_out_word(&c.w, &scope);
        code = send_app(&n, &c, &sent);
    }
    return done(&n, code, &app, &sent, NULL, 0);
}

/* ---- at once */

static int freeze(const struct cli_args *a)
{
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word app;
    uint64_t seconds = 0, now = 0;
    int code = start(&n, a, &app);
    if (code == PC_CLI_YES && !cli_arg_u64(a, "for", 259200, &seconds))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        enum err_code e = net_time(&n, &now);
        if (e != PC_OK)
            code = net_unreachable(&n, "the chain's time", e);
    }
    if (code == PC_CLI_YES) {
        call_begin(&c, "freeze(bytes32,uint40)", 2);
        abi_out_word(&c.w, &app);
        abi_out_u64(&c.w, seconds != 0 ? now + seconds - 1 : 0); /* that second counts */
        code = send_app(&n, &c, &sent);
    }
    return done(&n, code, &app, &sent, "frozen_until", seconds != 0 ? now + seconds - 1 : 0);
}

/* Another approval that has been in force for the app's notice: the oldest one that is not revoked.
 */
static enum err_code other_approval(struct cli_net *n, struct evm_word *out,
                                    const struct app_policy *p, const struct evm_word *app,
                                    const struct evm_word *revoked)
{
    const struct app_approval *best = NULL;
    for (unsigned i = 0; i < p->n_approvals; i++) {
        const struct app_approval *w = &p->approval[i];
        struct evm_word args[2] = {*app, w->measurement};
        uint64_t gone;
        PC_TRY(net_u64(n, PC_NET_APPS, "revokedAt(bytes32,bytes32)", args, 2, &gone));
        if (gone == 0 && !evm_word_equal(&w->measurement, revoked) &&
            (best == NULL || w->active_from < best->active_from))
            best = w;
    }
    if (best == NULL)
        return PC_E_NOT_FOUND;
    *out = best->measurement;
    return PC_OK;
}

static int revoke(const struct cli_args *a)
{
    static struct app_policy p;
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word app, measurement, other, none = {{0}};
    int code = start(&n, a, &app);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "measurement", measurement.b, 32))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        enum err_code e = terms_in_force(&n, &p, &app, &none);
        if (e == PC_E_NOT_FOUND)
            code = cli_fail(PC_CLI_NO, "there is no such app, or it is gone", cli_arg(a, "app"),
                            "polyclave app show --app ID");
        else if (e != PC_OK)
            code = net_unreachable(&n, "the policy in force", e);
    }
    if (code == PC_CLI_YES) {
        enum err_code e = other_approval(&n, &other, &p, &app, &measurement);
        if (e == PC_E_NOT_FOUND)
            code = cli_fail(PC_CLI_NO, "no other measurement is approved", cli_arg(a, "app"),
                            "queue one first; it must have been in force for the notice");
        else if (e != PC_OK)
            code = net_unreachable(&n, "revocations of the app", e);
    }
    if (code == PC_CLI_YES) {
        call_begin(&c, "revoke(bytes32,bytes32," POLICY_TYPE ",bytes32)", 4);
        abi_out_word(&c.w, &app);
        abi_out_word(&c.w, &measurement);
        terms_write(&c.w, &p);
        abi_out_word(&c.w, &other);
        code = send_app(&n, &c, &sent);
    }
    return done(&n, code, &app, &sent, NULL, 0);
}

/* ---- show */

static int out_app(struct cli_net *n, struct cli_out *o, const struct evm_word *app,
                   const struct evm_word *scope)
{
    static struct app_policy p;
    static const char *const kinds[] = {"none", "policy", "end", "move"};
    struct evm_word args[2] = {*app, *scope}, facts[6], slot[5];
    struct evm_address owner;
    uint64_t now = 0;
    enum err_code e = net_time(n, &now);
    if (e == PC_OK)
        e = net_words(n, PC_NET_APPS, "appOf(bytes32)", app, 1, facts, 6);
    if (e == PC_OK)
        e = net_words(n, PC_NET_APPS, "slotOf(bytes32,bytes32)", args, 2, slot, 5);
    if (e != PC_OK)
        return net_unreachable(n, "app show", e);
    if (evm_word_is_zero(&facts[0]))
        return cli_fail(PC_CLI_NO, "there is no such app", cli_arg(n->args, "app"),
                        "app_id is printed by `polyclave app register`");
    e = terms_in_force(n, &p, app, scope);
    if (e != PC_OK && e != PC_E_NOT_FOUND)
        return net_unreachable(n, "app show", e);
    memcpy(owner.b, facts[0].b + 12, 20);
    uint64_t kind = word_u64(&slot[3]), at = word_u64(&slot[2]);
    out_hex(o, "app_id", PC_BYTES(app->b));
    out_hex(o, "owner", PC_BYTES(owner.b));
    out_u64(o, "notice", word_u64(&facts[1]));
    out_time(o, "registered_at", word_u64(&facts[2]));
    out_bool(o, "revoke_waits", !evm_word_is_zero(&facts[3]));
    out_bool(o, "frozen", word_u64(&facts[4]) >= now);
    out_time(o, "frozen_until", word_u64(&facts[4]));
    if (at > now)
        out_str(o, "pending", kind < PC_ARRAY_LEN(kinds) ? kinds[kind] : "?");
    else if (o->json)
        json_out_null(&o->j, "pending");
    if (at > now)
        out_time(o, "pending_from", at);
    out_bool(o, "in_force", e == PC_OK);
    if (e == PC_OK)
        terms_out(o, &p);
    return PC_CLI_YES;
}

static int show(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o = {0};
    struct evm_word app, scope = terms_scope(a);
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "app", app.b, 32))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        code = out_app(&n, &o, &app, &scope);
        if (code == PC_CLI_YES)
            code = out_end(&o, PC_CLI_YES);
        else
            free(o.buf);
    }
    net_close(&n);
    return code;
}

#define SIGN " --key owner.json --pass-file owner.pass"
#define APP  " --app 0x5f0c...e1"

static const struct cli_option register_options[] = {
    {"salt", "HEX", "32 bytes of your choice; app_id follows from it and the signer", true, 1},
    {"notice", "S", "how long changes wait; default the network's least", false, 1},
    {"revoke-waits", NULL, "revocations wait the notice too; cannot be changed later", false, 1},
    PC_TERMS_OPTIONS,
};
static const struct cli_option id_options[] = {
    {"salt", "HEX", "32 bytes, as for register", true, 1},
    {"owner", "ADDRESS", "who will register it", true, 1},
};
static const struct cli_option queue_options[] = {
    {"app", "ID", "app_id", true, 1},
    {"scope", "S", "a scope's policy instead of the app's", false, 1},
    PC_TERMS_OPTIONS,
};
static const struct cli_option scope_options[] = {
    {"app", "ID", "app_id", true, 1},
    {"scope", "S", "of this scope", false, 1},
};
static const struct cli_option revoke_options[] = {
    {"app", "ID", "app_id", true, 1},
    {"measurement", "HEX", "revoked at once and for ever, in every scope", true, 1},
};
static const struct cli_option freeze_options[] = {
    {"app", "ID", "app_id", true, 1},
    {"for", "S", "at most 72 h in 30 d; 0 ends a freeze", true, 1},
};
static const struct cli_option end_options[] = {
    {"app", "ID", "app_id", true, 1},
    {"move-to", "ADDRESS", "another Apps contract; without it the app ends", false, 1},
};

#define VERB(name, sentence, one, two, options, flags, run)                                        \
    {                                                                                              \
        "app", name, sentence, {one, two}, options, PC_ARRAY_LEN(options), flags, run              \
    }

static const struct cli_verb verbs[] = {
    VERB("id", "tells the app_id that a registration will give, for the image's pin",
         "polyclave app id --salt 0x00..01 --owner 0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
         "polyclave app id --salt 0x00..01 --owner 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 "
         "--json",
         id_options, PC_CLI_NETWORK, app_id_of),
    VERB(
        "register", "registers an application; its policy is in force at once",
        "polyclave app register --salt 0x00..01 --measurement 0x3a..9c --min-tcb-of quote.bin" SIGN,
        "polyclave app register --salt 0x00..02 --measurement 0x3a..9c --min-tcb 00806f0500000000 "
        "--max-age 86400 --notice 604800 --json" SIGN,
        register_options, PC_CLI_SIGNER, app_register),
    VERB("queue", "queues a policy; what is not given stays as it is in force",
         "polyclave app queue" APP " --measurement 0x3a..9c --measurement 0x71..04" SIGN,
         "polyclave app queue" APP " --scope db --max-age 3600 --json" SIGN, queue_options,
         PC_CLI_SIGNER, queue),
    VERB("cancel", "takes a pending change back", "polyclave app cancel" APP SIGN,
         "polyclave app cancel" APP " --scope db" SIGN, scope_options, PC_CLI_SIGNER, cancel),
    VERB("revoke", "revokes a measurement at once, while another one has stood for the notice",
         "polyclave app revoke" APP " --measurement 0x3a..9c" SIGN,
         "polyclave app revoke" APP " --measurement 0x3a..9c --json" SIGN, revoke_options,
         PC_CLI_SIGNER, revoke),
    VERB("freeze", "stops all keys of an application for a while",
         "polyclave app freeze" APP " --for 3600" SIGN, "polyclave app freeze" APP " --for 0" SIGN,
         freeze_options, PC_CLI_SIGNER, freeze),
    VERB("end", "queues the end of an application, or its move", "polyclave app end" APP SIGN,
         "polyclave app end" APP " --move-to 0x5FbDB2315678afecb367f032d93F642f64180aa3" SIGN,
         end_options, PC_CLI_SIGNER, end_app),
    VERB("show", "shows an application's policy in force and what is pending",
         "polyclave app show" APP, "polyclave app show" APP " --scope db --json", scope_options,
         PC_CLI_NETWORK, show),
};

int cmd_app(int argc, char **argv)
{
    return cli_group("app", "applications and what they accept", verbs, PC_ARRAY_LEN(verbs), argc,
                     argv);
}
