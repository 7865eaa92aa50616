/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hostile.h - an attempt driven by bytes, as if everything around the vault were taken over: TEST
 * ONLY. One input is one life of one attempt. Aborts when something happens that never may.
 */
#ifndef PC_DKG_HOSTILE_H
#define PC_DKG_HOSTILE_H

#include "base/bytes.h"

void hostile_attempt(struct bytes in);

#endif
