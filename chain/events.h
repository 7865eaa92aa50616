/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.h - the contracts' events, decoded strictly (SPEC 11).
 *
 * An event proves nothing: what a node acts on has a slot of its own or a running hash (board.h).
 * Decoding is total and canonical: a log has one meaning or PC_E_MALFORMED (or another code of
 * class PEER). A log of a contract that is none of ours, or with a topic that no node needs, is
 * PC_E_NOT_FOUND: skip it. Views point into the log. Source: contracts/src/interfaces.
 */
#ifndef PC_CHAIN_EVENTS_H
#define PC_CHAIN_EVENTS_H

#include "chain/ncall.h"
#include "chain/records.h"

#define PC_EVENT_MEMBERS  256
#define PC_EVENT_KEYS     8
#define PC_EVENT_PREIMAGE 2048
#define PC_EVENT_DOMAINS  4
#define PC_EVENT_ENDPOINT 128
#define PC_EVENT_POLICY   16384 /* bytes of an application's policy */

/* Addresses of the contracts whose logs count. */
struct event_sources {
    struct evm_address epochs, node_registry, attestations, measurements, apps, tcb_policy, router;
    struct evm_address council;
};

enum event_kind {
    /* Epochs */
    PC_EV_ANNOUNCED,
    PC_EV_ENROLLED,
    PC_EV_OPENED,
    PC_EV_COMMITTED,
    PC_EV_COMMITS_COMPLETE,
    PC_EV_VOTED,
    PC_EV_COMPLAINED,
    PC_EV_READY,
    PC_EV_VOIDED,
    PC_EV_ACTIVATED,
    PC_EV_FAILED,
    PC_EV_RECOVERING,
    /* NodeRegistry */
    PC_EV_JOINED,
    PC_EV_REATTESTED,
    PC_EV_ENDPOINT,
    PC_EV_LEFT,
    PC_EV_NODE_REVOKED,
    /* Attestations */
    PC_EV_ATTESTED,
    PC_EV_RECHECKED,
    /* Measurements */
    PC_EV_MEASUREMENT_ADDED,
    PC_EV_MEASUREMENT_SUNSET,
    PC_EV_MEASUREMENT_REVOKED,
    /* Apps */
    PC_EV_APP_REGISTERED,
    PC_EV_APP_QUEUED,
    PC_EV_APP_END_QUEUED,
    PC_EV_APP_CHANGE_CANCELLED,
    PC_EV_APP_FROZEN,
    PC_EV_APP_REVOKED,
};

struct event_keys {
    uint8_t ed25519[32], x25519[32];
    struct evm_address account;
};

struct event {
    enum event_kind kind;
    uint64_t epoch; /* Epochs' events */
    uint32_t attempt;
    uint32_t id;    /* node; 0 where the event has none */
    uint16_t index; /* seat; 0 where the event has none */
    union {
        struct {
            uint64_t enrol_until, open_until;
        } announced;
        struct {
            struct ncall call;         /* kind, id, epoch, attempt, seq and the signed fields */
            struct evm_word keys_hash; /* of enrolled */
            struct evm_sig signature;  /* of enrolled */
            struct evm_word acc;       /* the running hash as the event gives it: not believed */
        } ncall;                       /* ENROLLED, COMMITTED, VOTED, COMPLAINED, READY */
        struct {
            uint16_t n, t;
            bool degraded;
            uint8_t reasons;
            uint32_t protocol;
            struct evm_word member_root;
            struct bytes key_list;
            uint32_t ids[PC_EVENT_MEMBERS], reserved[PC_EVENT_MEMBERS];
        } opened;
        struct {
            uint64_t b1;
        } commits_complete;
        struct {
            struct evm_word transcript, ready;
            struct bytes preimage; /* its SHA-256 is the transcript; the fields below are in it */
            struct evm_word sid, qual, blame_dealers, blame_receivers;
            uint8_t n_keys;
            struct evm_word pk[PC_EVENT_KEYS], y_hash[PC_EVENT_KEYS];
            uint16_t t;
        } activated;
        struct {
            struct evm_word hash;
            uint16_t n_struck;
            uint32_t struck[PC_EVENT_MEMBERS];
        } failed;
        struct {
            struct evm_address owner, verifier;
            struct evm_word platform, record, measurement, bond;
            uint8_t vendor;
            struct event_keys keys;
            uint8_t n_domains;
            struct evm_word domain[PC_EVENT_DOMAINS];
            struct bytes endpoint;
        } joined;
        struct {
            struct evm_word platform, old_keys_hash, record, measurement;
            struct event_keys keys;
            struct evm_address verifier;
        } reattested;
        struct {
            uint64_t seq;
            struct bytes text;
        } endpoint;
        struct {
            bool expired;
            uint64_t unlock_at;
        } left;
        struct {
            struct evm_word record, subject, context, measurement, platform, claims, state;
            struct evm_address verifier;
        } attested;
        struct {
            struct evm_word record, old_state, new_state;
        } rechecked;
        struct {
            struct evm_word measurement;
            uint16_t index;
            uint8_t vendor;
            uint64_t from; /* active from; of a sunset: when */
        } measurement;
        struct {
            struct evm_word app, scope_hash; /* scope_hash zero: the app itself */
            struct evm_word what;            /* revoked measurement, hash of the cancelled change */
            struct evm_address who;          /* owner, or target of a move */
            uint64_t at; /* notice at registration; when it takes effect; frozen until */
            bool revoke_waits;
            struct bytes policy;
        } app;
    } u;
};

PC_MUST_USE enum err_code event_decode(struct event *out, const struct event_sources *from,
                                       const struct log_record *log);

#endif
