/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_helper.h - the quote helpers as functions: whole command lines, and single quotes for a
 * process that is a helper already (node/quote).
 */
#ifndef PC_ATTEST_QUOTE_HELPER_H
#define PC_ATTEST_QUOTE_HELPER_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_QUOTE_MAX ((size_t)256 * 1024) /* room that a maker wants; quotes are 32 KiB at most */

/* One quote over report_data, *n bytes into out. */
typedef enum err_code quote_maker(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                                  const uint8_t report_data[static 64]);

/* polyclave-quote-sim, polyclave-quote-tsm and polyclave-quote-nsm; their exit codes. */
int quote_sim_main(int argc, char **argv);
int quote_tsm_main(int argc, char **argv);
int quote_nsm_main(int argc, char **argv);

/* The simulated machine of a folder, running the node's programs in bin (NULL: what the folder
 * says) under that policy.bin (NULL: likewise). What is wrong is on stderr. Before quote_sim_make.
 */
PC_MUST_USE enum err_code quote_sim_open(const char *platform, const char *bin, const char *policy);
PC_MUST_USE enum err_code quote_sim_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                                         const uint8_t report_data[static 64]);
/* tsm_quote and nsm_document with the real calls. */
PC_MUST_USE enum err_code quote_tsm_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                                         const uint8_t report_data[static 64]);
PC_MUST_USE enum err_code quote_nsm_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                                         const uint8_t report_data[static 64]);

#endif
