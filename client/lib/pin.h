/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h - the pin as text (polyclave.h says what it is for). */
#ifndef PC_CLIENT_LIB_PIN_H
#define PC_CLIENT_LIB_PIN_H

#include "base/bytes.h"
#include "base/err.h"
#include "client/include/polyclave.h"

#define PC_PIN_FILE_MAX 4096
#define PC_PIN_TEXT_MAX 512

/* PC_E_MALFORMED with *bad_line set: that line is not `name = 0x<64 digits>`, or is there twice.
 * PC_E_TRUNCATED: a line is missing. PC_E_NOT_CANONICAL, PC_E_IDENTITY: pk is no point. */
PC_MUST_USE enum err_code pin_parse(struct polyclave_pin *out, unsigned *bad_line,
                                    struct bytes text);
/* The same from a file: PC_E_NOT_FOUND, PC_E_IO, PC_E_TOO_LARGE too. */
PC_MUST_USE enum err_code pin_read(struct polyclave_pin *out, unsigned *bad_line, const char *path);
/* What pin_parse reads. PC_E_TOO_LARGE unless cap is PC_PIN_TEXT_MAX or more. */
PC_MUST_USE enum err_code pin_text(char *out, size_t cap, const struct polyclave_pin *pin);

#endif
