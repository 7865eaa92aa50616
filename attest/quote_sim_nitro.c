/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_sim_nitro.c - polyclave-quote-sim for Nitro: AWS's chain of certificates and documents
 * under a throw-away root. sim/nitro.h says what is in them, sim/nitro_store.h what the folders
 * hold.
 */
#include "attest/quote_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "attest/sim/nitro_store.h"
#include "base/hex.h"

enum { EXIT_USAGE = 2 };

#define LEAF_RENEWED_AFTER UINT64_C(5400) /* half of its life */

/* PCRs by the options; without options they stay. */
static bool measure(const struct sim_options *o, struct sim_nitro *m)
{
    const char *bad = "";
    enum err_code e = PC_OK;
    if (o->mrtd != NULL || o->mrconfigid != NULL || o->quote_version != 0)
        return sim_usage("not for Nitro:", "--mrtd, --mrconfigid, --quote-version"), false;
    if ((o->bin != NULL) + (o->file_count > 0) + (o->pcr0 != NULL) > 1 ||
        (o->policy != NULL && o->pcr1 != NULL))
        return sim_usage("give one of", "--bin, --file, --pcr0, and one of --policy, --pcr1"),
               false;
    if (o->bin != NULL)
        e = sim_measure_node(m->program, &bad, o->bin);
    else if (o->file_count > 0)
        e = sim_measure_files(m->program, &bad, o->files, o->file_count);
    else if (o->pcr0 != NULL)
        e = hex_decode(m->program, 48, o->pcr0, strlen(bad = o->pcr0));
    if (e == PC_OK && o->policy != NULL)
        e = sim_hash_file(m->policy, bad = o->policy);
    else if (e == PC_OK && o->pcr1 != NULL)
        e = hex_decode(m->policy, 48, o->pcr1, strlen(bad = o->pcr1));
    if (e != PC_OK)
        (void)fprintf(stderr, "polyclave-quote-sim: cannot measure %s: %s\n", bad, pc_err_text(e));
    return e == PC_OK;
}

int quote_nitro_init_vendor(const struct sim_options *o, const char *dir)
{
    static struct sim_nitro m;
    sim_nitro_vendor_new(&m, rng_system(), o->now - 3600);
    return sim_nitro_vendor_save(dir, &m) ? EXIT_SUCCESS : EXIT_USAGE;
}

int quote_nitro_init_platform(const struct sim_options *o, const char *dir)
{
    static struct sim_nitro m;
    if (!sim_nitro_vendor_load(&m, o->vendor) || !measure(o, &m))
        return EXIT_USAGE;
    sim_nitro_host_new(&m, rng_system());
    return sim_nitro_host_save(dir, &m) ? EXIT_SUCCESS : EXIT_USAGE;
}

static struct sim_nitro machine; /* the one that quotes */
static uint64_t fixed_now;       /* --now; 0: the clock's */

bool quote_nitro_open(const struct sim_options *o, const char *dir)
{
    if (!sim_nitro_host_load(&machine, dir) || !measure(o, &machine))
        return false;
    /* Zero PCRs are what debug mode has: a machine that nobody measured is not made by accident. */
    if ((bytes_all_zero_var(PC_BYTES(machine.program)) && o->pcr0 == NULL) ||
        (bytes_all_zero_var(PC_BYTES(machine.policy)) && o->pcr1 == NULL))
        return sim_usage("a Nitro enclave is measured:",
                         "give --bin, --file or --pcr0, and --policy or --pcr1"),
               false;
    sim_nitro_start(&machine, rng_system());
    fixed_now = o->now_given ? o->now : 0;
    return true;
}

static uint64_t now_ms(void)
{
    struct timespec t;
    if (fixed_now != 0)
        return fixed_now * 1000;
    if (clock_gettime(CLOCK_REALTIME, &t) != 0)
        pc_bug("no clock");
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void quote_nitro_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                      const uint8_t report_data[static 64])
{
    const uint64_t ms = now_ms(), now = ms / 1000;
    if (now < machine.leaf_from + 3 || now > machine.leaf_from + LEAF_RENEWED_AFTER)
        machine.leaf_from = now - 3;
    sim_nitro_document(out, n, &machine, ms, report_data);
}
