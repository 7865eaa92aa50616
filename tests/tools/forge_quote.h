/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forge_quote.h - for tests only: quotes of a simulated machine that are wrong in one way each.
 *
 * All else is as genuine as the simulator makes it, so whoever refuses one does so for that one
 * reason. Registers are the machine's but where the forgery is in one of them (debug).
 */
#ifndef PC_TESTS_TOOLS_FORGE_QUOTE_H
#define PC_TESTS_TOOLS_FORGE_QUOTE_H

#include "attest/quote_helper.h"
#include "base/rng.h"

enum forgery {
    FORGERY_NONE,
    FORGERY_OTHER_ROOT,    /* Intel's formats and names, certificates of another root */
    FORGERY_FLIPPED_BIT,   /* one bit of the signed part, changed behind the signature */
    FORGERY_DEBUG,         /* a debug TD, signed as it is: its host can read its memory */
    FORGERY_OTHER_SUBJECT, /* genuine evidence of somebody else's keys */
    FORGERY_NO_RESERVED    /* report data whose second half is free for any use */
};

/* By name ("none", "other-root", ...); false if there is none. */
PC_MUST_USE bool forgery_of(enum forgery *out, const char *name);

/* A quote of the machine in the folder `platform`, *n bytes into out. The two forgeries of report
 * data are the caller's: he passes other report data. False: the folder cannot be read, as said on
 * stderr. */
PC_MUST_USE bool forge_quote(uint8_t out[static PC_QUOTE_MAX], size_t *n, enum forgery how,
                             const char *platform, const uint8_t report_data[static 64],
                             struct rng *rng);

#endif
