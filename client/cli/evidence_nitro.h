/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_nitro.h - what a Nitro document says, as JSON.
 */
#ifndef PC_CLI_EVIDENCE_NITRO_H
#define PC_CLI_EVIDENCE_NITRO_H

#include "attest/nitro.h"
#include "base/json.h"

/* Member "claims" of a document. */
void nitro_claims_json(struct json_out *o, const struct nitro_view *view);

#endif
