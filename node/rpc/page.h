/* SPDX-License-Identifier: Apache-2.0 */
/* page.h - pages of one block's logs, for a block that has more than one answer holds. */
#ifndef PC_NODE_RPC_PAGE_H
#define PC_NODE_RPC_PAGE_H

#include "chain/records.h"

/* Of the packed logs, those behind the first `skip`, as many as fit into w; none if there are no
 * more. PC_E_TOO_LARGE if the next one alone does not fit; the codes of log_record_read. */
PC_MUST_USE enum err_code page_cut(struct writer *w, struct bytes packed, uint64_t skip);

#endif
