/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/events.h"

#include "chain/events_int.h"

enum source { EPOCHS, NODE_REGISTRY, ATTESTATIONS, MEASUREMENTS, APPS };

/* One line per event that a node reads. words: of the data's head; indexed: topics behind the
 * first. */
static const struct {
    enum source source;
    enum event_kind kind;
    uint8_t indexed, words;
    event_decoder decode;
    const char *signature;
} events[] = {
    {EPOCHS, PC_EV_ANNOUNCED, 2, 2, event_announced, "Announced(uint64,uint32,uint256,uint256)"},
    {EPOCHS, PC_EV_ENROLLED, 3, 6, event_enrolled,
     "Enrolled(uint64,uint32,uint32,uint64,bytes32,bytes,bytes32,bytes,bytes32)"},
    {EPOCHS, PC_EV_OPENED, 2, 9, event_opened,
     "Opened(uint64,uint32,uint16,uint16,bool,uint8,uint32,bytes32,bytes,uint32[],uint32[])"},
    {EPOCHS, PC_EV_COMMITTED, 3, 5, event_committed,
     "Committed(uint64,uint32,uint32,uint16,uint64,bytes32,uint32,bytes32)"},
    {EPOCHS, PC_EV_COMMITS_COMPLETE, 2, 1, event_commits_complete,
     "CommitsComplete(uint64,uint32,uint256)"},
    {EPOCHS, PC_EV_VOTED, 3, 5, event_voted,
     "Voted(uint64,uint32,uint32,uint16,uint64,uint256,bytes32,bytes32)"},
    {EPOCHS, PC_EV_COMPLAINED, 3, 6, event_complained,
     "Complained(uint64,uint32,uint32,uint16,uint64,uint16,bytes32,bytes,bytes32)"},
    {EPOCHS, PC_EV_READY, 3, 4, event_ready,
     "ReadySet(uint64,uint32,uint32,uint16,uint64,bytes32,bytes32)"},
    {EPOCHS, PC_EV_VOIDED, 3, 0, event_voided, "Voided(uint64,uint32,uint32)"},
    {EPOCHS, PC_EV_ACTIVATED, 2, 3, event_activated,
     "Activated(uint64,uint32,bytes32,uint256,bytes)"},
    {EPOCHS, PC_EV_FAILED, 2, 2, event_failed, "Failed(uint64,uint32,bytes32,uint32[])"},
    {EPOCHS, PC_EV_RECOVERING, 2, 0, event_recovering, "Recovering(uint64,uint32)"},
    {NODE_REGISTRY, PC_EV_JOINED, 3, 10, event_joined,
     "Joined(uint32,address,bytes32,uint8,(bytes32,bytes32,address),bytes32,bytes32,address,"
     "bytes32[],uint96,string)"},
    {NODE_REGISTRY, PC_EV_REATTESTED, 2, 7, event_reattested,
     "Reattested(uint32,bytes32,bytes32,(bytes32,bytes32,address),bytes32,bytes32,address)"},
    {NODE_REGISTRY, PC_EV_ENDPOINT, 1, 2, event_endpoint, "EndpointSet(uint32,uint64,string)"},
    {NODE_REGISTRY, PC_EV_LEFT, 1, 2, event_left, "Left(uint32,bool,uint40)"},
    {NODE_REGISTRY, PC_EV_NODE_REVOKED, 1, 0, event_node_revoked, "NodeRevoked(uint32)"},
    {ATTESTATIONS, PC_EV_ATTESTED, 3, 5, event_attested,
     "Attested(bytes32,bytes32,bytes32,address,bytes32,bytes32,bytes32,uint256)"},
    {ATTESTATIONS, PC_EV_RECHECKED, 1, 2, event_rechecked, "Rechecked(bytes32,uint256,uint256)"},
    {MEASUREMENTS, PC_EV_MEASUREMENT_ADDED, 2, 4, event_measurement_added,
     "MeasurementAdded(bytes32,uint16,uint8,uint40,bytes32,bytes32)"},
    {MEASUREMENTS, PC_EV_MEASUREMENT_SUNSET, 1, 2, event_measurement_sunset,
     "MeasurementSunset(bytes32,uint40,uint40)"},
    {MEASUREMENTS, PC_EV_MEASUREMENT_REVOKED, 1, 0, event_measurement_revoked,
     "MeasurementRevoked(bytes32)"},
    {APPS, PC_EV_APP_REGISTERED, 2, 4, event_app_registered,
     "Registered(bytes32,address,bytes32,uint40,bool,bytes)"},
    {APPS, PC_EV_APP_QUEUED, 2, 2, event_app_queued, "Queued(bytes32,bytes32,uint40,bytes)"},
    {APPS, PC_EV_APP_END_QUEUED, 1, 2, event_app_end_queued, "EndQueued(bytes32,uint40,address)"},
    {APPS, PC_EV_APP_CHANGE_CANCELLED, 2, 1, event_app_change_cancelled,
     "ChangeCancelled(bytes32,bytes32,bytes32)"},
    {APPS, PC_EV_APP_FROZEN, 1, 2, event_app_frozen, "AppFrozen(bytes32,uint40,uint40)"},
    {APPS, PC_EV_APP_REVOKED, 2, 0, event_app_revoked, "RevokedMeasurement(bytes32,bytes32)"},
};
#define EVENTS PC_ARRAY_LEN(events)

static const struct evm_word *topic_of(size_t i)
{
    static struct evm_word topic[EVENTS];
    static bool made;
    if (!made)
        for (size_t j = 0; j < EVENTS; j++)
            topic[j] = abi_topic(events[j].signature);
    made = true;
    return &topic[i];
}

static const struct evm_address *address_of(const struct event_sources *from, enum source s)
{
    switch (s) {
    case EPOCHS:
        return &from->epochs;
    case NODE_REGISTRY:
        return &from->node_registry;
    case ATTESTATIONS:
        return &from->attestations;
    case MEASUREMENTS:
        return &from->measurements;
    case APPS:
        return &from->apps;
    }
    pc_bug("source of events");
}

bool event_table_line(size_t i, const char **contract, const char **signature, unsigned *indexed)
{
    static const char *const names[] = {[EPOCHS] = "Epochs",
                                        [NODE_REGISTRY] = "NodeRegistry",
                                        [ATTESTATIONS] = "Attestations",
                                        [MEASUREMENTS] = "Measurements",
                                        [APPS] = "Apps"};
    if (i >= EVENTS)
        return false;
    *contract = names[events[i].source];
    *signature = events[i].signature;
    *indexed = events[i].indexed;
    return true;
}

struct evm_word event_topic(struct event_in *in)
{
    PC_ASSERT(in->topic < in->log->n_topics);
    return in->log->topics[in->topic++];
}

uint64_t event_topic_u64(struct event_in *in, unsigned bits)
{
    struct evm_word w = event_topic(in);
    uint64_t v;
    enum err_code e = evm_word_to_u64(&v, &w, bits);
    if (e != PC_OK)
        abi_in_fail(&in->data, e);
    return v;
}

struct evm_address event_topic_addr(struct event_in *in)
{
    struct evm_word w = event_topic(in);
    struct evm_address a;
    enum err_code e = evm_word_to_addr(&a, &w);
    if (e != PC_OK)
        abi_in_fail(&in->data, e);
    return a;
}

struct event_keys event_read_keys(struct event_in *in)
{
    struct event_keys k;
    abi_in_fixed(&in->data, k.ed25519, 32);
    abi_in_fixed(&in->data, k.x25519, 32);
    k.account = abi_in_addr(&in->data);
    return k;
}

static enum err_code decode(struct event *out, const struct log_record *log, size_t i)
{
    struct event_in in = {log, 1, abi_in_of(log->data, events[i].words)};
    if (log->n_topics != events[i].indexed + 1)
        return PC_E_MALFORMED;
    out->kind = events[i].kind;
    events[i].decode(out, &in);
    return abi_in_end(&in.data);
}

enum err_code event_decode(struct event *out, const struct event_sources *from,
                           const struct log_record *log)
{
    memset(out, 0, sizeof *out);
    if (log->n_topics == 0)
        return PC_E_NOT_FOUND;
    for (size_t i = 0; i < EVENTS; i++) {
        if (!evm_addr_equal(&log->address, address_of(from, events[i].source)) ||
            !evm_word_equal(&log->topics[0], topic_of(i)))
            continue;
        enum err_code e = decode(out, log, i);
        if (e != PC_OK)
            memset(out, 0, sizeof *out);
        return e;
    }
    return PC_E_NOT_FOUND;
}
