/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cheat.c - a vault that is honest until a signal. SIGUSR1: it gives wrong partials, until SIGUSR2.
 * SIGHUP: at the next request it gives its share away, in the log.
 *
 * The wrong partial is of another element than the request's, with a proof that is right for it,
 * sealed and signed as ever: only a client that checks the proof against the epoch's public shares
 * finds out, and the signature says who it was. A share given away is what a hardware vendor that
 * is broken, or wills it, can have of each machine of his. A test program: never installed, linked
 * with --wrap.
 */
#include <signal.h>

#include "base/log.h"
#include "dkg/threshold.h"

static volatile sig_atomic_t lying, giving;

static void on_signal(int number)
{
    if (number == SIGHUP)
        giving = 1;
    else
        lying = number == SIGUSR1;
}

__attribute__((constructor)) static void listen_for_signals(void)
{
    struct sigaction act = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    (void)sigaction(SIGUSR1, &act, NULL);
    (void)sigaction(SIGUSR2, &act, NULL);
    (void)sigaction(SIGHUP, &act, NULL);
}

enum err_code __real_threshold_evaluate(struct threshold_partial *out, const struct group *g,
                                        const struct dkg_key *key, struct bytes input,
                                        struct rng *rng);
enum err_code __wrap_threshold_evaluate(struct threshold_partial *out, const struct group *g,
                                        const struct dkg_key *key, struct bytes input,
                                        struct rng *rng);

static void give_away(const struct dkg_key *key)
{
    log_warn("given_away", LOG_U64("index", key->index), LOG_HEX("share", PC_BYTES(key->share.b)));
    giving = 0;
}

enum err_code __wrap_threshold_evaluate(struct threshold_partial *out, const struct group *g,
                                        const struct dkg_key *key, struct bytes input,
                                        struct rng *rng)
{
    uint8_t other[4096];
    if (giving)
        give_away(key);
    if (!lying || input.n == 0 || input.n > sizeof other)
        return __real_threshold_evaluate(out, g, key, input, rng);
    memcpy(other, input.p, input.n);
    other[input.n - 1] ^= 1;
    log_warn("lying", LOG_U64("index", key->index));
    return __real_threshold_evaluate(out, g, key, bytes_of(other, input.n), rng);
}
