/* SPDX-License-Identifier: MIT */
/* What the subcommands of framelend(1) share: exit statuses, complaints, reading of arguments. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "common/parse.h"

#include <getopt.h>
#include <stdint.h>

enum {
	STATUS_OK = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_NOT_EXECUTABLE = 126, /* as shells say it */
	STATUS_NOT_FOUND = 127,
	STATUS_SIGNAL = 128,
};

struct command {
	const char *name;
	const char *summary;
	const char *help;
	int (*run)(int argc, char **argv);
};

extern const struct command input_command;
extern const struct command output_command;
extern const struct command probe_command;
extern const struct command run_command;
extern const struct command serve_command;
extern const struct command shot_command;
extern const struct command top_command;
extern const struct command demo_client_command;

/* One line on stderr, after "framelend COMMAND: ". Returns STATUS_FAILED. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

/* Likewise, and it names the help. Returns STATUS_USAGE. */
__attribute__((format(printf, 1, 2))) int misuse(const char *format, ...);

/* What complaints are about, such as "line 3"; kept. NULL: nothing in particular. */
void complain_about(const char *where);

/* As getopt_long() for long options (and -h for --help), but says itself what is wrong, then
 * returns
 * '?'. Stops at the first argument that is no option if in_order, else they are moved to the end.
 */
int next_option(int argc, char **argv, const struct option *options, int in_order);

#endif
