/* SPDX-License-Identifier: Apache-2.0 */
/* root.h - internal to libpolyclave: a root secret in locked memory of its own. */
#ifndef PC_CLIENT_LIB_ROOT_H
#define PC_CLIENT_LIB_ROOT_H

#include "client/include/polyclave.h"
#include "crypto/kdf.h"

/* From y of one scope and version. PC_E_MEMORY; *out is then NULL. */
PC_MUST_USE enum err_code root_new(struct polyclave_root **out, const uint8_t y[static 64]);

#endif
