/* SPDX-License-Identifier: Apache-2.0 */
/* events_int.h - shared by events.c, events_epochs.c and events_registry.c alone. */
#ifndef PC_CHAIN_EVENTS_INT_H
#define PC_CHAIN_EVENTS_INT_H

#include "chain/abi.h"
#include "chain/events.h"

/* A log under decoding: indexed words (topics[1..]) and the data's cursor. */
struct event_in {
    const struct log_record *log;
    unsigned topic; /* next indexed one */
    struct abi_in data;
};

/* Next indexed value; PC_E_MALFORMED if there is none. */
struct evm_word event_topic(struct event_in *in);
uint64_t event_topic_u64(struct event_in *in, unsigned bits);
struct evm_address event_topic_addr(struct event_in *in);
struct event_keys event_read_keys(struct event_in *in);

/* For tests: line i of the table; false behind its end. */
bool event_table_line(size_t i, const char **contract, const char **signature, unsigned *indexed);

typedef void (*event_decoder)(struct event *out, struct event_in *in);

void event_announced(struct event *out, struct event_in *in);
void event_enrolled(struct event *out, struct event_in *in);
void event_opened(struct event *out, struct event_in *in);
void event_committed(struct event *out, struct event_in *in);
void event_commits_complete(struct event *out, struct event_in *in);
void event_voted(struct event *out, struct event_in *in);
void event_complained(struct event *out, struct event_in *in);
void event_ready(struct event *out, struct event_in *in);
void event_voided(struct event *out, struct event_in *in);
void event_activated(struct event *out, struct event_in *in);
void event_failed(struct event *out, struct event_in *in);
void event_recovering(struct event *out, struct event_in *in);

void event_joined(struct event *out, struct event_in *in);
void event_reattested(struct event *out, struct event_in *in);
void event_endpoint(struct event *out, struct event_in *in);
void event_left(struct event *out, struct event_in *in);
void event_node_revoked(struct event *out, struct event_in *in);
void event_attested(struct event *out, struct event_in *in);
void event_rechecked(struct event *out, struct event_in *in);
void event_measurement_added(struct event *out, struct event_in *in);
void event_measurement_sunset(struct event *out, struct event_in *in);
void event_measurement_revoked(struct event *out, struct event_in *in);
void event_app_registered(struct event *out, struct event_in *in);
void event_app_queued(struct event *out, struct event_in *in);
void event_app_end_queued(struct event *out, struct event_in *in);
void event_app_change_cancelled(struct event *out, struct event_in *in);
void event_app_frozen(struct event *out, struct event_in *in);
void event_app_revoked(struct event *out, struct event_in *in);

#endif
