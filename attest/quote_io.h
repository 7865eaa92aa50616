/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_io.h - the interface of a quote helper: 64 bytes of report data in, one quote out.
 */
#ifndef PC_ATTEST_QUOTE_IO_H
#define PC_ATTEST_QUOTE_IO_H

#include "base/bytes.h"
#include "base/err.h"

/* Read until 64 bytes are there; the other end need not close. PC_E_TRUNCATED if it ends before,
 * PC_E_TRAILING if more than 64 came with them, PC_E_IO. */
PC_MUST_USE enum err_code quote_read_data(uint8_t out[static 64], int fd);
/* Write all of it. PC_E_IO. */
PC_MUST_USE enum err_code quote_write(int fd, struct bytes quote);

#endif
