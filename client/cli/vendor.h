/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor.h - vendors and their products as people write them: tdx, snp, nitro.
 *
 *   product   of TDX   FMSPC and PCEID, 16 digits: 00806f0500000000 or tdx:00806f0500000000
 *             of SNP   snp:Milan, snp:Genoa, snp:Turin
 *             of Nitro nitro; AWS names none
 *   with TCB  PRODUCT or PRODUCT:HEX, as many digits as the vendor's rawTcb has (104, 112)
 */
#ifndef PC_CLI_VENDOR_H
#define PC_CLI_VENDOR_H

#include "chain/evm.h"
#include "client/cli/cli.h"
#include "client/cli/opts.h"
#include "crypto/ids.h"
#include "crypto/raw_tcb.h"

#define PC_CLI_VENDOR_WANT "want tdx, snp or nitro"
#define PC_CLI_PRODUCT_WANT                                                                        \
    "want FMSPC and PCEID (16 digits), snp:Milan, snp:Genoa, snp:Turin or nitro"

const char *vendor_name(enum vendor v); /* NULL if there is none */
/* 0 if there is none of that name; n characters. */
enum vendor vendor_named(const char *name, size_t n);
/* Of option --vendor, tdx when it is absent; 0 and a message for another word. */
enum vendor vendor_arg(const struct cli_args *a);

struct vendor_product {
    enum vendor vendor;
    struct evm_word product;
};

/* *rest: what stands behind the product, "" or ":...". False if it is none; nothing is said. */
bool vendor_product_of(struct vendor_product *out, const char *text, const char **rest);

#endif
