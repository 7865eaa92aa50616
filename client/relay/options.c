/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/options.h"

#include "base/hex.h"

static const char help[] =
    "polyclave-relay - pays for a node's transactions with a hot account, and for nothing else\n"
    "\n"
    "  polyclave-relay keygen  --keystore FILE --password-file FILE\n"
    "  polyclave-relay address --keystore FILE --password-file FILE\n"
    "  polyclave-relay --keystore FILE --password-file FILE --policy policy.bin --rpc URL...\n"
    "                  --socket PATH --state FILE [options]\n"
    "\n"
    "  --keystore FILE       encrypted key (Web3 Secret Storage v3, as geth and foundry write it)\n"
    "  --password-file FILE  one line; nobody but its owner may read it\n"
    "  --policy FILE         the deployment's policy.bin: chain id and contract addresses\n"
    "  --rpc URL             JSON-RPC endpoint; may be repeated\n"
    "  --socket PATH         where nodes ask (unix, mode 0600)\n"
    "  --state FILE          transactions under way and gas budgets; survives crashes\n"
    "  --node-id N           serve this node alone; needed for reattest\n"
    "  --owner ADDRESS       attest only evidence bound to this owner\n"
    "  --app APP_ID          for an application's host: attest and certificates for one app\n"
    "  --max-fee-gwei N      never pay more per gas (default 200)\n"
    "  --stuck-seconds N     replace what is not mined for so long (default 30)\n"
    "  --from-block N        first block with events of the contracts (default 0)\n"
    "  --budget KIND=GAS     gas in 24 hours; KIND: phase, renewal, collateral, other\n"
    "  --reserve-gas N       kept payable for phases and renewals (default 8000000)\n"
    "  --log-level LEVEL     debug, info, warn, error\n"
    "\n"
    "Sends what stands in its list and simulates first; value is always 0. Every other call is\n"
    "refused with a code. Examples:\n"
    "\n"
    "  polyclave-relay keygen --keystore payer.json --password-file payer.pass\n"
    "  polyclave-relay --keystore payer.json --password-file payer.pass --policy policy.bin \\\n"
    "      --rpc http://127.0.0.1:8545 --socket relay.sock --state relay.state --node-id 3\n";

void relay_options_help(FILE *out)
{
    fputs(help, out);
}

static bool number(uint64_t *out, const char *text, uint64_t max)
{
    uint64_t v = 0;
    size_t n = strlen(text);
    *out = 0;
    if (n == 0 || n > 19)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(text[i] - '0');
    }
    *out = v;
    return v <= max;
}

static bool budget(struct relay_options *o, const char *text)
{
    for (unsigned k = 0; k < PC_RELAY_KINDS; k++) {
        const char *name = relay_kind_name((enum relay_kind)k);
        size_t n = strlen(name);
        if (strncmp(text, name, n) == 0 && text[n] == '=')
            return number(&o->budget[k], text + n + 1, UINT64_MAX) && o->budget[k] != 0;
    }
    return false;
}

static bool level(struct relay_options *o, const char *text)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    for (size_t i = 0; i < PC_ARRAY_LEN(names); i++)
        if (strcmp(text, names[i]) == 0) {
            o->level = (enum log_level)i;
            return true;
        }
    return false;
}

static bool add_rpc(struct relay_options *o, const char *url)
{
    if (o->n_rpc == PC_ENDPOINTS_MAX)
        return false;
    o->rpc[o->n_rpc++] = url;
    return true;
}

static bool set_text(const char **out, const char *value)
{
    bool first = *out == NULL;
    *out = value;
    return first && value[0] != '\0';
}

static bool set(struct relay_options *o, const char *name, const char *value)
{
    uint64_t v;
    if (strcmp(name, "--keystore") == 0)
        return set_text(&o->keystore, value);
    if (strcmp(name, "--password-file") == 0)
        return set_text(&o->password_file, value);
    if (strcmp(name, "--policy") == 0)
        return set_text(&o->policy, value);
    if (strcmp(name, "--socket") == 0)
        return set_text(&o->socket, value);
    if (strcmp(name, "--state") == 0)
        return set_text(&o->state, value);
    if (strcmp(name, "--rpc") == 0)
        return add_rpc(o, value);
    if (strcmp(name, "--budget") == 0)
        return budget(o, value);
    if (strcmp(name, "--log-level") == 0)
        return level(o, value);
    if (strcmp(name, "--reserve-gas") == 0)
        return number(&o->reserve_gas, value, 1000000000000);
    if (strcmp(name, "--stuck-seconds") == 0)
        return number(&o->stuck_s, value, 86400) && o->stuck_s != 0;
    if (strcmp(name, "--from-block") == 0)
        return number(&o->from_block, value, UINT64_MAX);
    if (strcmp(name, "--owner") == 0)
        return hex_decode(o->owner.b, 20, value, strlen(value)) == PC_OK;
    if (strcmp(name, "--app") == 0) {
        o->app_mode = true;
        return hex_decode(o->app_id.b, 32, value, strlen(value)) == PC_OK;
    }
    if (strcmp(name, "--node-id") == 0) {
        bool ok = number(&v, value, UINT32_MAX) && v != 0;
        o->node_id = (uint32_t)v;
        return ok;
    }
    if (strcmp(name, "--max-fee-gwei") == 0) {
        bool ok = number(&v, value, 1000000) && v != 0;
        o->fee_cap = v * 1000000000;
        return ok;
    }
    return false;
}

static const char *missing(const struct relay_options *o)
{
    if (o->keystore == NULL)
        return "--keystore";
    if (o->password_file == NULL)
        return "--password-file";
    if (o->keygen || o->address)
        return NULL;
    if (o->policy == NULL)
        return "--policy";
    if (o->n_rpc == 0)
        return "--rpc";
    if (o->socket == NULL)
        return "--socket";
    return o->state == NULL ? "--state" : NULL;
}

enum err_code relay_options_parse(struct relay_options *o, char problem[static 160], int argc,
                                  char **argv)
{
    *o = (struct relay_options){
        .fee_cap = 200000000000, .stuck_s = 30, .reserve_gas = UINT64_MAX, .level = PC_LOG_INFO};
    int i = 1;
    problem[0] = '\0';
    if (argc > 1 && strcmp(argv[1], "keygen") == 0)
        o->keygen = i++;
    else if (argc > 1 && strcmp(argv[1], "address") == 0)
        o->address = i++;
    for (; i < argc; i += 2) {
        if (strcmp(argv[i], "--help") == 0) {
            o->help = true;
            return PC_OK;
        }
        if (i + 1 == argc || !set(o, argv[i], argv[i + 1])) {
            (void)snprintf(problem, 160, "cannot use '%.80s'; see --help", argv[i]);
            return PC_E_USAGE;
        }
    }
    const char *what = missing(o);
    if (what != NULL) {
        (void)snprintf(problem, 160, "%s is missing; see --help", what);
        return PC_E_USAGE;
    }
    if (o->app_mode && o->node_id != 0) {
        (void)snprintf(problem, 160, "--app and --node-id exclude each other");
        return PC_E_USAGE;
    }
    return PC_OK;
}
