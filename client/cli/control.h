/* SPDX-License-Identifier: Apache-2.0 */
/* control.h - the control socket of a node's daemon (docs/INTERNALS.md 8). */
#ifndef PC_CLI_CONTROL_H
#define PC_CLI_CONTROL_H

#include "attest/evidence.h"
#include "base/json.h"
#include "client/cli/cli.h"

#define PC_CONTROL_MAX (2 * PC_EVIDENCE_MAX + 16384)

/* Send a line, parse the answer. An exit code; on PC_CLI_YES free *doc. An answer with a `code`
 * member is the node's refusal and is told as such. */
int control_ask(struct json_doc **doc, const char *socket, const char *line);

#endif
