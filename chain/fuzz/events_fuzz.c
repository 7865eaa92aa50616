/* SPDX-License-Identifier: Apache-2.0 */
/*
 * line of the event table u8, then a packed log whose address and first topic are put right; the
 * event goes into the running hashes. The log's data also pass for an application's policy and for
 * the body of an N call.
 */
#include <stdlib.h>

#include "chain/abi.h"
#include "chain/app_policy.h"
#include "chain/board.h"
#include "chain/events_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct event_sources sources = {.epochs = {{1}},
                                             .node_registry = {{2}},
                                             .attestations = {{3}},
                                             .measurements = {{4}},
                                             .apps = {{5}}};

static const struct evm_address *address_of(const char *contract)
{
    if (strcmp(contract, "Epochs") == 0)
        return &sources.epochs;
    if (strcmp(contract, "NodeRegistry") == 0)
        return &sources.node_registry;
    if (strcmp(contract, "Attestations") == 0)
        return &sources.attestations;
    return strcmp(contract, "Apps") == 0 ? &sources.apps : &sources.measurements;
}

static void policy(struct bytes b)
{
    static struct app_policy p;
    struct evm_word hash;
    evm_keccak(&hash, b);
    if (app_policy_decode(&p, b, &hash) == PC_OK &&
        (p.n_approvals > PC_APP_LIST_MAX || p.n_min_tcbs > PC_APP_LIST_MAX))
        abort();
}

static void ncall(uint8_t kind, struct bytes b)
{
    struct ncall c = {.kind = (enum ncall_kind)(1 + kind % 6)};
    uint8_t buf[512];
    struct writer w = writer_of(buf, sizeof buf);
    if (ncall_body_read(&c, b) != PC_OK)
        return;
    struct evm_word hash;
    ncall_struct_hash(&hash, &c);
    if (ncall_body_write(&w, &c) != PC_OK || !bytes_equal_var(bytes_of(buf, w.n), b))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct event e;
    static struct board b;
    struct log_record log;
    const char *contract, *signature;
    unsigned indexed;
    if (size < 1)
        return 0;
    struct reader r = reader_of(bytes_of(data + 1, size - 1));
    log_record_read(&r, &log);
    if (reader_end(&r) != PC_OK)
        return 0;
    if (event_table_line(data[0], &contract, &signature, &indexed) && log.n_topics != 0) {
        log.address = *address_of(contract);
        log.topics[0] = abi_topic(signature);
    }
    if (event_decode(&e, &sources, &log) == PC_OK)
        (void)!board_event(&b, &e);
    policy(log.data);
    ncall(data[0], log.data);
    return 0;
}
