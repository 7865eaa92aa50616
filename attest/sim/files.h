/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/files.h - files of the simulators' folders, and their "key = hex" lines. What fails is said
 * on stderr, with the file's name.
 */
#ifndef PC_ATTEST_SIM_FILES_H
#define PC_ATTEST_SIM_FILES_H

#include <sys/stat.h>

#include "base/bytes.h"
#include "base/err.h"

/* Prints "WHAT DIR/NAME: why" with errno's text, if it is set. False. */
bool sim_complain(const char *what, const char *dir, const char *name);
PC_MUST_USE bool sim_save(const char *dir, const char *name, const void *p, size_t n, mode_t mode);
/* Fewer than cap bytes. */
PC_MUST_USE bool sim_load(void *p, size_t cap, size_t *n, const char *dir, const char *name);

/* Value of `key` in "key = hex" lines: exactly n bytes. */
PC_MUST_USE bool sim_conf_hex(uint8_t *out, size_t n, const char *conf, const char *key);
/* A line, at `at`; where the next one begins. */
size_t sim_conf_put(char *out, size_t cap, size_t at, const char *key, struct bytes value);

#endif
