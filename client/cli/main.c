/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave - the command line. This file is the table of commands; cli.h is what they share, and
 * each command stands in its own cmd_*.c. docs/CLI.md lists them all.
 */
#include <stdio.h>

#include "client/cli/cli.h"
#include "client/cli/commands.h"

static const struct cli_command commands[] = {
    {"app", cmd_app, "register applications and change what they accept"},
    {"collateral", cmd_collateral, "post and show what evidence is judged by"},
    {"epoch", cmd_epoch, "who holds the key, and when it changes"},
    {"evidence", cmd_evidence, "verify a machine's evidence, now or again; measure programs"},
    {"gov", cmd_gov, "propose, vote, freeze"},
    {"key", cmd_key, "get keys inside an enclave; pin a network"},
    {"mirror", cmd_mirror, "accepted evidence, kept for later"},
    {"network", cmd_network, "where a deployment is found"},
    {"node", cmd_node, "join and run a node"},
    {"policy", cmd_policy, "make a node image's policy"},
};

static const char help[] = "polyclave looks at, joins and uses a Polyclave network.\n"
                           "\n"
                           "  polyclave GROUP VERB [options]\n"
                           "  polyclave GROUP --help\n"
                           "\n"
                           "stdout is the result, stderr the talk; --json gives one object.\n"
                           "Exit codes: 0 yes, 1 a clean no, 2 usage or unreadable input,\n"
                           "3 try again, 70 a bug.\n"
                           "\n"
                           "Groups:\n";

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        (void)fputs(help, stdout);
        for (size_t i = 0; i < PC_ARRAY_LEN(commands); i++)
            (void)printf("  %-12s %s\n", commands[i].name, commands[i].help);
        return fflush(stdout) == 0 ? PC_CLI_YES : PC_CLI_USAGE;
    }
    return cli_dispatch(commands, PC_ARRAY_LEN(commands), help, argc, argv);
}
