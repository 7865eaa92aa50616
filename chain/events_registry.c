/* SPDX-License-Identifier: Apache-2.0 */
/* events_registry.c - NodeRegistry, Attestations, Measurements, Apps. */
#include "chain/events_int.h"

void event_joined(struct event *out, struct event_in *in)
{
    out->id = (uint32_t)event_topic_u64(in, 32);
    out->u.joined.owner = event_topic_addr(in);
    out->u.joined.platform = event_topic(in);
    out->u.joined.vendor = (uint8_t)abi_in_u64(&in->data, 8);
    out->u.joined.keys = event_read_keys(in);
    out->u.joined.record = abi_in_word(&in->data);
    out->u.joined.measurement = abi_in_word(&in->data);
    out->u.joined.verifier = abi_in_addr(&in->data);
    size_t n;
    struct bytes domains = abi_in_array(&in->data, 1, PC_EVENT_DOMAINS, &n);
    for (size_t i = 0; i < n; i++)
        out->u.joined.domain[i] = evm_word_of(domains.p + 32 * i);
    out->u.joined.n_domains = (uint8_t)n;
    out->u.joined.bond = abi_in_word(&in->data);
    if (!bytes_all_zero_var(bytes_of(out->u.joined.bond.b, 20)))
        abi_in_fail(&in->data, PC_E_TOO_LARGE);
    out->u.joined.endpoint = abi_in_bytes(&in->data, PC_EVENT_ENDPOINT);
}

void event_reattested(struct event *out, struct event_in *in)
{
    out->id = (uint32_t)event_topic_u64(in, 32);
    out->u.reattested.platform = event_topic(in);
    out->u.reattested.old_keys_hash = abi_in_word(&in->data);
    out->u.reattested.keys = event_read_keys(in);
    out->u.reattested.record = abi_in_word(&in->data);
    out->u.reattested.measurement = abi_in_word(&in->data);
    out->u.reattested.verifier = abi_in_addr(&in->data);
}

void event_endpoint(struct event *out, struct event_in *in)
{
    out->id = (uint32_t)event_topic_u64(in, 32);
    out->u.endpoint.seq = abi_in_u64(&in->data, 64);
    out->u.endpoint.text = abi_in_bytes(&in->data, PC_EVENT_ENDPOINT);
}

void event_left(struct event *out, struct event_in *in)
{
    out->id = (uint32_t)event_topic_u64(in, 32);
    out->u.left.expired = abi_in_bool(&in->data);
    out->u.left.unlock_at = abi_in_u64(&in->data, 40);
}

void event_node_revoked(struct event *out, struct event_in *in)
{
    out->id = (uint32_t)event_topic_u64(in, 32);
}

void event_attested(struct event *out, struct event_in *in)
{
    out->u.attested.record = event_topic(in);
    out->u.attested.subject = event_topic(in);
    out->u.attested.context = event_topic(in);
    out->u.attested.verifier = abi_in_addr(&in->data);
    out->u.attested.measurement = abi_in_word(&in->data);
    out->u.attested.platform = abi_in_word(&in->data);
    out->u.attested.claims = abi_in_word(&in->data);
    out->u.attested.state = abi_in_word(&in->data);
}

void event_rechecked(struct event *out, struct event_in *in)
{
    out->u.rechecked.record = event_topic(in);
    out->u.rechecked.old_state = abi_in_word(&in->data);
    out->u.rechecked.new_state = abi_in_word(&in->data);
}

void event_measurement_added(struct event *out, struct event_in *in)
{
    out->u.measurement.measurement = event_topic(in);
    out->u.measurement.index = (uint16_t)event_topic_u64(in, 16);
    out->u.measurement.vendor = (uint8_t)abi_in_u64(&in->data, 8);
    out->u.measurement.from = abi_in_u64(&in->data, 40);
    (void)abi_in_word(&in->data); /* source digest */
    (void)abi_in_word(&in->data); /* build digest */
}

void event_measurement_sunset(struct event *out, struct event_in *in)
{
    out->u.measurement.measurement = event_topic(in);
    (void)abi_in_u64(&in->data, 40); /* the sunset before */
    out->u.measurement.from = abi_in_u64(&in->data, 40);
}

void event_measurement_revoked(struct event *out, struct event_in *in)
{
    out->u.measurement.measurement = event_topic(in);
}

void event_app_registered(struct event *out, struct event_in *in)
{
    out->u.app.app = event_topic(in);
    out->u.app.who = event_topic_addr(in);
    (void)abi_in_word(&in->data); /* salt */
    out->u.app.at = abi_in_u64(&in->data, 40);
    out->u.app.revoke_waits = abi_in_bool(&in->data);
    out->u.app.policy = abi_in_bytes(&in->data, PC_EVENT_POLICY);
}

void event_app_queued(struct event *out, struct event_in *in)
{
    out->u.app.app = event_topic(in);
    out->u.app.scope_hash = event_topic(in);
    out->u.app.at = abi_in_u64(&in->data, 40);
    out->u.app.policy = abi_in_bytes(&in->data, PC_EVENT_POLICY);
}

void event_app_end_queued(struct event *out, struct event_in *in)
{
    out->u.app.app = event_topic(in);
    out->u.app.at = abi_in_u64(&in->data, 40);
    out->u.app.who = abi_in_addr(&in->data);
}

void event_app_change_cancelled(struct event *out, struct event_in *in)
{
    out->u.app.app = event_topic(in);
    out->u.app.scope_hash = event_topic(in);
    out->u.app.what = abi_in_word(&in->data);
}

void event_app_frozen(struct event *out, struct event_in *in)
{
    out->u.app.app = event_topic(in);
    (void)abi_in_u64(&in->data, 40); /* the end before */
    out->u.app.at = abi_in_u64(&in->data, 40);
}

void event_app_revoked(struct event *out, struct event_in *in)
{
    out->u.app.app = event_topic(in);
    out->u.app.what = event_topic(in);
}
