/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the command groups; each is a line in main.c's table and a file cmd_*.c. */
#ifndef PC_CLI_COMMANDS_H
#define PC_CLI_COMMANDS_H

int cmd_app(int argc, char **argv);
int cmd_collateral(int argc, char **argv);
int cmd_epoch(int argc, char **argv);
int cmd_evidence(int argc, char **argv);
int cmd_gov(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_mirror(int argc, char **argv);
int cmd_network(int argc, char **argv);
int cmd_node(int argc, char **argv);
int cmd_policy(int argc, char **argv);

/* Verbs with a file of their own. */
int evidence_replay(int argc, char **argv);
struct cli_args;
int collateral_watch(const struct cli_args *a);
int collateral_settle(const struct cli_args *a);

#endif
