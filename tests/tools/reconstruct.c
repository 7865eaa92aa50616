/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reconstruct.c - reconstruct: is a key in the shares that somebody has? For tests only.
 *
 * Genuine shares lie on the polynomial of the epoch's public shares. A set of T of them is the key;
 * a set of fewer says nothing about it: whatever subset is interpolated, another point than PK
 * comes out. That the interpolation would find PK is shown by the public shares of other members,
 * which stand in for the scalars that are missing.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "client/lib/client.h"
#include "client/lib/pin.h"
#include "crypto/shamir.h"

#define SHARES_MAX 12 /* all subsets are tried */

static const char help[] =
    "reconstruct PIN EPOCH < SHARES tries whether shares have the key. For tests only.\n"
    "\n"
    "PIN: the application's pin. EPOCH: a file with the body of GET /v1/epoch. SHARES: lines\n"
    "\"INDEX SHARE\", 12 at most, SHARE 64 hexadecimal digits.\n"
    "Prints JSON: t, shares, genuine (they belong to the epoch's public shares), subsets\n"
    "(tried), key (one of them has it), completed (with public shares up to T they\n"
    "interpolate to PK). Exit 0; 2: wrong usage or input.\n";

static const struct group *const g = &group_ristretto255;

struct holding {
    uint16_t index[SHARES_MAX];
    struct scalar share[SHARES_MAX];
    size_t n;
};

static int usage(const char *what, const char *which)
{
    (void)fprintf(stderr, "reconstruct: %s: %s; reconstruct --help\n", what, which);
    return 2;
}

static bool read_shares(struct holding *h)
{
    unsigned index;
    char hex[65];
    uint8_t raw[32];
    while (h->n < SHARES_MAX && scanf("%u %64s", &index, hex) == 2) { /* NOLINT: a test's input */
        if (index == 0 || index > DKG_MAX_N || strlen(hex) != 64 ||
            hex_decode(raw, 32, hex, 64) != PC_OK ||
            group_scalar_decode(g, &h->share[h->n], raw) != PC_OK)
            return false;
        for (size_t i = 0; i < h->n; i++)
            if (h->index[i] == index)
                return false;
        h->index[h->n++] = (uint16_t)index;
    }
    return feof(stdin) != 0;
}

static bool is_key(const struct holding *h, unsigned subset, const struct point *pk)
{
    uint16_t index[SHARES_MAX];
    struct scalar share[SHARES_MAX], x;
    struct point p;
    size_t n = 0;
    for (size_t i = 0; i < h->n; i++)
        if (subset >> i & 1) {
            index[n] = h->index[i];
            share[n++] = h->share[i];
        }
    if (shamir_combine(g, &x, index, share, n, 0) != PC_OK)
        return false;
    group_base_mult(g, &p, &x);
    return group_point_equal(&p, pk);
}

/* T points: of the shares, then of the public shares of others. */
static bool completed(const struct holding *h, const struct dkg_public *pub)
{
    uint16_t index[DKG_MAX_N];
    struct point p[DKG_MAX_N], x;
    size_t n = 0;
    bool held[DKG_MAX_N + 1] = {false};
    for (; n < h->n && n < pub->t; n++) {
        index[n] = h->index[n];
        held[h->index[n]] = true;
        group_base_mult(g, &p[n], &h->share[n]);
    }
    for (uint16_t j = 1; j <= pub->n && n < pub->t; j++)
        if (!held[j]) {
            index[n] = j;
            p[n++] = pub->y[j];
        }
    return n == pub->t && shamir_combine_points_var(g, &x, index, p, n, 0) == PC_OK &&
           group_point_equal(&x, &pub->y[0]);
}

static void judge(const struct holding *h, const struct dkg_public *pub)
{
    unsigned genuine = 0, subsets = 0;
    bool key = false;
    for (size_t i = 0; i < h->n; i++) {
        struct point p;
        group_base_mult(g, &p, &h->share[i]);
        genuine += h->index[i] <= pub->n && group_point_equal(&p, &pub->y[h->index[i]]);
    }
    for (unsigned s = 1; s < 1u << h->n; s++, subsets++)
        key |= is_key(h, s, &pub->y[0]);
    (void)printf(
        "{\"t\":%u,\"shares\":%zu,\"genuine\":%u,\"subsets\":%u,\"key\":%s,\"completed\":%s}"
        "\n",
        pub->t, h->n, genuine, subsets, key ? "true" : "false",
        completed(h, pub) ? "true" : "false");
}

int main(int argc, char **argv)
{
    static struct client_epoch epoch;
    static struct holding have;
    static uint8_t body[CLIENT_EPOCH_INFO_BYTES];
    struct polyclave_pin pin;
    unsigned line;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout) < 0 ? 2 : 0;
    if (argc != 3)
        return usage("wants", "PIN EPOCH");
    if (pin_read(&pin, &line, argv[1]) != PC_OK)
        return usage("cannot read the pin", argv[1]);
    FILE *f = fopen(argv[2], "rb");
    size_t n = f == NULL ? 0 : fread(body, 1, sizeof body, f);
    if (f != NULL)
        (void)fclose(f);
    enum err_code e = client_epoch_read(&epoch, &pin, bytes_of(body, n), rng_system());
    if (e != PC_OK)
        return usage("the epoch does not fit the pin", pc_err_text(e));
    if (!read_shares(&have) || have.n == 0)
        return usage("cannot read the shares", "lines INDEX SHARE, each index once");
    judge(&have, &epoch.pub);
    return 0;
}
