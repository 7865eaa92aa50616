/* SPDX-License-Identifier: Apache-2.0 */
/*
 * degraded.h - when a committee may shrink, and to what: DEGRADED of SPEC 6, written from its text
 * apart from contracts/src/epoch and its twin in Python (docs/decisions/0192 where it is silent).
 *
 *     degraded_window   after each enrolment window: which vendors are absent
 *     degraded_shrink   n', if a whole vendor is lost or absent
 *     degraded_floor    what T' is before anybody is seated; new members keep to T'-1 seats a
 * domain degraded_settle   T', b', a' of the committee that was seated degraded_of       the last
 * three, where nobody new is seated
 *
 * Asked only when no full committee is to be had: that one comes first, and ends DEGRADED. Pure;
 * counts of seats are at most 256. On a refusal *out is zero, and the old epoch goes on.
 */
#ifndef PC_SIM_DEGRADED_H
#define PC_SIM_DEGRADED_H

#include <stdbool.h>
#include <stdint.h>

/* Vendors are numbered from 1, as on chain; 0 stays unused. */
#define DEGRADED_VENDORS 6

/* n' - T' is at least this. */
#define DEGRADED_SLACK     2
#define DEGRADED_SLACK_DEV 1 /* on chain 31337 */

enum degraded_verdict {
    DEGRADED_YES,
    DEGRADED_GENESIS,   /* there is no committee yet */
    DEGRADED_NO_VENDOR, /* no vendor is lost or absent, and the committee is not DEGRADED */
    DEGRADED_TOO_SMALL, /* T' would be above n' less the slack */
    DEGRADED_TOO_FEW,   /* fewer than a' seats are filled */
};

struct degraded_vendor {
    unsigned seats; /* it holds now, those of its absent members too */
    unsigned here;  /* of them enrolled for this attempt and live */
    bool lost;      /* revoked, or frozen and ratified: a council freeze alone is not */
    bool absent;    /* by its enrolments: degraded_window */
};

/* The committee of the epoch that goes on if this one does not come. */
struct degraded_committee {
    unsigned n; /* empty seats that nobody may come back to counted; 0 before genesis */
    unsigned t;
    bool already; /* it is DEGRADED itself */
    struct degraded_vendor vendor[DEGRADED_VENDORS];
};

struct degraded_size {
    unsigned n, t;
    unsigned b, a; /* floor((n-t)/2), t+b */
};

/* Seats of a vendor that stay. */
unsigned degraded_left(const struct degraded_vendor *v);

/* n' in *n. */
enum degraded_verdict degraded_shrink(unsigned *n, const struct degraded_committee *c);

/* max(floor(n'/2)+1, min(T, n'-2)). */
unsigned degraded_floor(unsigned n, unsigned t);

/* n is n', t the old T; largest: most seats, reserved ones too, that one domain of any kind under
 * quota has; filled: seats that are not empty. */
enum degraded_verdict degraded_settle(struct degraded_size *out, unsigned n, unsigned t,
                                      unsigned largest, unsigned filled, unsigned slack);

/* declared: most of the seats that stay that one declared domain has, 0 if there is no such kind;
 * vendors are under quota. filled as above, of the seats that stay. */
enum degraded_verdict degraded_of(struct degraded_size *out, const struct degraded_committee *c,
                                  unsigned declared, unsigned filled, unsigned slack);

/* End of the first window, in a row that reaches to the latest one, in which fewer than half of a
 * vendor's seats enrolled; 0: the latest one had half of them. */
struct degraded_watch {
    uint64_t since[DEGRADED_VENDORS];
};

/* A window has ended (end > 0, growing): bit v of the answer says that vendor v is absent, as it is
 * while a window of that row ends `absence` or more after the row's first. */
uint32_t degraded_window(struct degraded_watch *w, const unsigned seats[static DEGRADED_VENDORS],
                         const unsigned enrolled[static DEGRADED_VENDORS], uint64_t end,
                         uint64_t absence);

#endif
