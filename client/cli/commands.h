/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the command groups; each is a line in main.c's table and a file cmd_*.c. */
#ifndef PC_CLI_COMMANDS_H
#define PC_CLI_COMMANDS_H

int cmd_evidence(int argc, char **argv);

#endif
