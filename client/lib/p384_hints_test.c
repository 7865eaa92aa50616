/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_hints_test.c - hints are byte for byte those of the reference program, and there are none
 * for what is no signature.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attest/sim/key.h"
#include "base/hex.h"
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "client/lib/p384_hints.h"

#define REFERENCE PC_SOURCE_DIR "/contracts/test/reference/p384_hints.py"
#define CALLS     PC_SOURCE_DIR "/contracts/cache/scratch/p384-%s.bin"
#define STATEMENT ((size_t)240) /* hash, r, s, x, y */
#define RANDOM    12

static uint8_t made[PC_P384_HINTS_MAX];
static size_t made_n;

static enum err_code hints_of(const uint8_t s[static STATEMENT])
{
    return p384_hints(made, &made_n, s + 144, s, s + 48);
}

/* The order of the curve minus the number. */
static void negate(uint8_t s[static 48])
{
    static const uint8_t n[48] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37,
                                  0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a,
                                  0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};
    int borrow = 0;
    for (unsigned i = 48; i-- > 0;) {
        int v = n[i] - s[i] - borrow;
        borrow = v < 0;
        s[i] = (uint8_t)v;
    }
}

static void make_statement(uint8_t out[static STATEMENT], struct rng *rng, bool other_s)
{
    struct sim_key384 key;
    sim_key384_new(&key, rng);
    rng_fill(rng, out, 48);
    sim_sign384_digest(out + 48, &key, out);
    memcpy(out + 144, key.xy, 96);
    if (other_s)
        negate(out + 96);
}

/* The reference program with these files as stdin and stdout. */
static void run_reference(int in, int out)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (dup2(in, 0) == 0 && dup2(out, 1) == 1)
            (void)execlp("python3", "python3", REFERENCE, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* A file without a name. */
static FILE *scratch(void)
{
    char path[] = "/tmp/p384-hints.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(unlink(path), 0);
    FILE *f = fdopen(fd, "w+");
    assert_non_null(f);
    return f;
}

static void as_the_reference(void **state)
{
    (void)state;
    static uint8_t statement[RANDOM][STATEMENT];
    static char line[2 * PC_P384_HINTS_MAX + 2], mine[2 * PC_P384_HINTS_MAX + 2];
    char hex[2 * STATEMENT + 1];
    struct rng_seeded rng;
    FILE *in = scratch(), *out = scratch();
    rng_seeded_init(&rng, 384);
    for (size_t i = 0; i < RANDOM; i++) {
        make_statement(statement[i], &rng.rng, i % 3 == 0);
        hex_encode(hex, PC_BYTES(statement[i]));
        (void)fprintf(in, "%s\n", hex);
    }
    assert_int_equal(fflush(in), 0);
    rewind(in);
    run_reference(fileno(in), fileno(out));
    rewind(out);
    for (size_t i = 0; i < RANDOM; i++) {
        assert_non_null(fgets(line, sizeof line, out));
        assert_int_equal(hints_of(statement[i]), PC_OK);
        hex_encode(mine, bytes_of(made, made_n));
        line[strcspn(line, "\n")] = '\0';
        assert_string_equal(mine, line);
    }
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

/* The calls that forge makes: u8 accept, u32 length, statement, hints. */
static bool calls_of_forge(const char *name)
{
    static uint8_t call[STATEMENT + PC_P384_HINTS_MAX];
    uint8_t head[5];
    char path[300];
    size_t good = 0, bad = 0;
    (void)snprintf(path, sizeof path, CALLS, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return false;
    while (fread(head, 1, sizeof head, f) == sizeof head) {
        size_t n = load_be32(head + 1);
        assert_true(n >= STATEMENT && n <= sizeof call);
        assert_int_equal(fread(call, 1, n, f), n);
        enum err_code e = hints_of(call);
        if (head[0] == 1) {
            assert_int_equal(e, PC_OK);
            assert_int_equal(made_n, n - STATEMENT);
            assert_memory_equal(made, call + STATEMENT, made_n);
            good++;
        } else {
            assert_int_equal(e, PC_E_SIGNATURE);
            assert_int_equal(made_n, 0);
            bad++;
        }
    }
    assert_int_equal(fclose(f), 0);
    print_message("%s: %zu signatures, %zu false ones\n", name, good, bad);
    assert_true(good + bad > 0);
    return true;
}

static void as_forge(void **state)
{
    (void)state;
    if (!calls_of_forge("random") || !calls_of_forge("wycheproof"))
        print_message("SKIP: contracts/check has not made its calls yet\n");
}

static void refused(void **state)
{
    (void)state;
    static const uint8_t p[48] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                  0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff};
    uint8_t good[STATEMENT], s[STATEMENT];
    struct rng_seeded rng;
    rng_seeded_init(&rng, 385);
    make_statement(good, &rng.rng, false);
    assert_int_equal(hints_of(good), PC_OK);
    for (size_t at = 0; at < STATEMENT; at += 7) {
        memcpy(s, good, sizeof s);
        s[at] ^= 1;
        assert_int_equal(hints_of(s), PC_E_SIGNATURE);
    }
    for (size_t at = 48; at < STATEMENT; at += 48) {
        memcpy(s, good, sizeof s); /* 0, and what is over every order */
        memset(s + at, 0, 48);
        assert_int_equal(hints_of(s), PC_E_SIGNATURE);
        memset(s + at, 0xff, 48);
        assert_int_equal(hints_of(s), PC_E_SIGNATURE);
        memcpy(s + at, p, 48);
        assert_int_equal(hints_of(s), PC_E_SIGNATURE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_the_reference),
                                       cmocka_unit_test(as_forge), cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
