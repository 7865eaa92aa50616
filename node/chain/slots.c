/* SPDX-License-Identifier: Apache-2.0 */
#include "node/chain/slots.h"

#include "chain/layout.h"
