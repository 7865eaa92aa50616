/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/measure.h - what a simulated machine's measurement registers hold (SPEC 4).
 *
 *   MRTD       = SHA-384 over, for each file in byte order of names: u32 big-endian length of the
 *                name, the name, SHA-384 of the contents
 *   MRCONFIGID = SHA-384 of policy.bin
 *   the other registers are zero; TDATTRIBUTES has SEPT_VE_DISABLE and XFAM is 0xe7, else no strict
 *   policy could accept a simulated TD (docs/decisions/0042).
 *
 * A simulated SEV-SNP guest's MEASUREMENT is made like MRTD, its HOST_DATA is SHA-256 of
 * policy.bin.
 */
#ifndef PC_ATTEST_SIM_MEASURE_H
#define PC_ATTEST_SIM_MEASURE_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_SIM_FILES_MAX 32

struct sim_file {
    const char *path; /* its base name counts */
};

/* The programs of a node, by name: what `--bin DIR` measures. */
extern const char *const sim_node_programs[];
extern const size_t sim_node_program_count;

/* MRTD of the files. PC_E_IO with *bad the path that could not be read; PC_E_EXISTS when two have
 * one name; PC_E_USAGE for none or more than PC_SIM_FILES_MAX. */
PC_MUST_USE enum err_code sim_measure_files(uint8_t mrtd[static 48], const char **bad,
                                            const struct sim_file *files, size_t n);
/* MRTD of a node's programs in a folder; *bad names the program. */
PC_MUST_USE enum err_code sim_measure_node(uint8_t mrtd[static 48], const char **bad,
                                           const char *dir);
/* SHA-384 and SHA-256 of a file. */
PC_MUST_USE enum err_code sim_hash_file(uint8_t out[static 48], const char *path);
PC_MUST_USE enum err_code sim_hash_file_256(uint8_t out[static 32], const char *path);

/* The measurement (SPEC 4) of a simulated TDX TD with these registers. */
void sim_measurement(uint8_t out[static 32], const uint8_t mrtd[static 48],
                     const uint8_t mrconfigid[static 48]);

#endif
