/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/opts.h"

#include <stdio.h>

#include "base/hex.h"

static const struct cli_option everywhere[] = {
    {"json", NULL, "one JSON object on stdout", false, 1},
    {"help", NULL, "this text", false, 1},
};
static const struct cli_option network[] = {
    {"network", "FILE", "network.json; default $POLYCLAVE_NETWORK, else ./network.json", false, 1},
};
static const struct cli_option signer[] = {
    {"key", "FILE", "encrypted keystore that signs and pays", false, 0},
    {"pass-file", "FILE", "its pass phrase: one line, readable by its owner alone", false, 0},
    {"relay", "SOCKET", "let polyclave-relay send and pay, where it may", false, 1},
    {"wait", "SECONDS", "how long to wait for a block and its finality (120)", false, 1},
};

struct option_list {
    const struct cli_option *p;
    size_t n;
};

/* The verb's own options, then the common ones. */
static void lists_of(struct option_list out[static 4], const struct cli_verb *v)
{
    out[0] = (struct option_list){v->options, v->n_options};
    out[1] = (struct option_list){
        network, v->common & (PC_CLI_NETWORK | PC_CLI_SIGNER) ? PC_ARRAY_LEN(network) : 0};
    out[2] = (struct option_list){signer, v->common & PC_CLI_SIGNER ? PC_ARRAY_LEN(signer) : 0};
    out[3] = (struct option_list){everywhere, PC_ARRAY_LEN(everywhere)};
}

static const struct cli_option *find(const struct cli_verb *v, const char *name, size_t len)
{
    struct option_list lists[4];
    lists_of(lists, v);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < lists[i].n; j++)
            if (strlen(lists[i].p[j].name) == len && memcmp(lists[i].p[j].name, name, len) == 0)
                return &lists[i].p[j];
    return NULL;
}

const char *cli_arg_at(const struct cli_args *a, const char *name, size_t i)
{
    for (size_t k = 0; k < a->n; k++)
        if (strcmp(a->option[k]->name, name) == 0 && i-- == 0)
            return a->value[k];
    return NULL;
}

const char *cli_arg(const struct cli_args *a, const char *name)
{
    return cli_arg_at(a, name, 0);
}

bool cli_has(const struct cli_args *a, const char *name)
{
    return cli_arg(a, name) != NULL;
}

size_t cli_count(const struct cli_args *a, const char *name)
{
    size_t n = 0;
    while (cli_arg_at(a, name, n) != NULL)
        n++;
    return n;
}

static bool bad(const char *name, const char *value, const char *want)
{
    (void)fprintf(stderr, "polyclave: --%s: %s: %s\n", name, value, want);
    return false;
}

bool cli_arg_u64(const struct cli_args *a, const char *name, uint64_t max, uint64_t *out)
{
    const char *text = cli_arg(a, name);
    uint64_t v = 0;
    if (text == NULL)
        return true;
    size_t n = strlen(text);
    if (n == 0 || n > 19 || strspn(text, "0123456789") != n)
        return bad(name, text, "not a number");
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (uint64_t)(text[i] - '0');
    if (v > max)
        return bad(name, text, "too large");
    *out = v;
    return true;
}

bool cli_hex_at(const struct cli_args *a, const char *name, size_t i, uint8_t *out, size_t n)
{
    const char *text = cli_arg_at(a, name, i);
    char want[64];
    if (text == NULL || hex_decode(out, n, text, strlen(text)) == PC_OK)
        return true;
    (void)snprintf(want, sizeof want, "want 0x and %zu hexadecimal digits", 2 * n);
    return bad(name, text, want);
}

bool cli_arg_hex(const struct cli_args *a, const char *name, uint8_t *out, size_t n)
{
    return cli_hex_at(a, name, 0, out, n);
}

/* *w = *w * 10 + digit, in 256 bits; false if it does not fit. */
static bool shift_in(uint8_t w[static 32], unsigned digit)
{
    unsigned carry = digit;
    for (size_t i = 32; i-- > 0;) {
        unsigned v = w[i] * 10u + carry;
        w[i] = (uint8_t)v;
        carry = v >> 8;
    }
    return carry == 0;
}

bool cli_arg_ether(const struct cli_args *a, const char *name, uint8_t out[static 32])
{
    const char *text = cli_arg(a, name);
    unsigned decimals = 0;
    bool point = false, ok = true;
    uint8_t w[32] = {0};
    if (text == NULL)
        return true;
    for (const char *p = text; *p != '\0' && ok; p++) {
        if (*p == '.' && !point) {
            point = true;
            continue;
        }
        ok = *p >= '0' && *p <= '9' && (!point || decimals < 18) &&
             shift_in(w, (unsigned)(*p - '0'));
        decimals += point;
    }
    while (ok && decimals++ < 18)
        ok = shift_in(w, 0);
    if (!ok || text[0] == '\0' || text[0] == '.')
        return bad(name, text, "not an amount in ETH, like 1 or 0.25");
    memcpy(out, w, 32);
    return true;
}

/* ---- help */

static void print_list(const struct option_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct cli_option *o = &l->p[i];
        char left[64];
        (void)snprintf(left, sizeof left, "--%s%s%s", o->name, o->arg != NULL ? " " : "",
                       o->arg != NULL ? o->arg : "");
        (void)printf("  %-24s %s%s%s\n", left, o->help, o->required ? " (needed)" : "",
                     o->most == 0 ? " (may be repeated)" : "");
    }
}

static int print_help(const struct cli_verb *v)
{
    struct option_list lists[4];
    lists_of(lists, v);
    (void)printf("polyclave %s %s %s.\n\n  %s\n  %s\n\n", v->group, v->name, v->sentence,
                 v->example[0], v->example[1]);
    for (size_t i = 0; i < 4; i++)
        print_list(&lists[i]);
    return fflush(stdout) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
}

static void troff(const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '-' || *s == '\\')
            (void)putchar('\\');
        (void)putchar(*s);
    }
}

int cli_man(const struct cli_verb *v)
{
    struct option_list lists[4];
    lists_of(lists, v);
    (void)printf(".\\\" SPDX-License-Identifier: Apache-2.0\n"
                 ".TH POLYCLAVE-%s-%s 1\n.SH NAME\npolyclave\\-%s\\-%s \\- ",
                 v->group, v->name, v->group, v->name);
    troff(v->sentence);
    (void)printf("\n.SH SYNOPSIS\n.B polyclave %s %s\n[options]\n.SH OPTIONS\n", v->group, v->name);
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < lists[i].n; j++) {
            const struct cli_option *o = &lists[i].p[j];
            (void)printf(".TP\n.B \\-\\-");
            troff(o->name);
            if (o->arg != NULL)
                (void)printf(" \\fI%s\\fR", o->arg);
            (void)putchar('\n');
            troff(o->help);
            (void)putchar('\n');
        }
    (void)printf(".SH EXAMPLES\n.nf\n");
    for (size_t i = 0; i < 2; i++) {
        troff(v->example[i]);
        (void)putchar('\n');
    }
    (void)printf(".fi\n.SH EXIT STATUS\n0 yes, 1 a clean no, 2 usage or unreadable input, 3 try "
                 "again, 70 a bug.\n");
    return fflush(stdout) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
}

/* ---- parsing */

static int hint(const struct cli_verb *v)
{
    (void)fprintf(stderr, "polyclave: see `polyclave %s %s --help`\n", v->group, v->name);
    return PC_CLI_USAGE;
}

static bool take(struct cli_args *a, int argc, char **argv, int *i)
{
    const char *word = argv[*i];
    if (strncmp(word, "--", 2) != 0)
        return bad("", word, "options begin with --");
    const char *name = word + 2, *eq = strchr(name, '=');
    size_t len = eq != NULL ? (size_t)(eq - name) : strlen(name);
    const struct cli_option *o = find(a->verb, name, len);
    if (o == NULL)
        return bad(name, "unknown", "no such option");
    if (o->most != 0 && cli_count(a, o->name) >= o->most)
        return bad(o->name, "given twice", "once will do");
    if (a->n == PC_CLI_VALUES_MAX)
        return bad(o->name, "too many options", "split the command");
    const char *value = "";
    if (o->arg == NULL && eq != NULL)
        return bad(o->name, eq, "it takes no value");
    if (o->arg != NULL && eq != NULL)
        value = eq + 1;
    else if (o->arg != NULL) {
        if (*i + 1 >= argc)
            return bad(o->name, "no value", o->arg);
        value = argv[++*i];
    }
    a->option[a->n] = o;
    a->value[a->n++] = value;
    return true;
}

static int run_verb(const struct cli_verb *v, int argc, char **argv)
{
    struct cli_args a = {.verb = v};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return print_help(v);
        if (strcmp(argv[i], "--man") == 0)
            return cli_man(v);
        if (!take(&a, argc, argv, &i))
            return hint(v);
    }
    for (size_t i = 0; i < v->n_options; i++)
        if (v->options[i].required && !cli_has(&a, v->options[i].name)) {
            (void)bad(v->options[i].name, "missing", v->options[i].help);
            return hint(v);
        }
    a.json = cli_has(&a, "json");
    return v->run(&a);
}

int cli_group(const char *group, const char *sentence, const struct cli_verb *verbs, size_t n,
              int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < n; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return run_verb(&verbs[i], argc - 1, argv + 1);
    bool asked = strcmp(name, "--help") == 0 || strcmp(name, "help") == 0;
    FILE *to = asked ? stdout : stderr;
    if (!asked && name[0] != '\0')
        (void)fprintf(stderr, "polyclave: no such command: %s %s: these there are:\n", group, name);
    (void)fprintf(to, "polyclave %s: %s.\n\n", group, sentence);
    for (size_t i = 0; i < n; i++)
        (void)fprintf(to, "  %-10s %s\n", verbs[i].name, verbs[i].sentence);
    (void)fprintf(to, "\n  %s\n  %s\n\nEach has --help.\n", verbs[0].example[0],
                  verbs[n - 1].example[0]);
    return asked && fflush(stdout) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
}
