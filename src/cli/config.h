/* SPDX-License-Identifier: MIT */
/* What a server is to be, in a file. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "output_set.h"
#include "programs.h"

struct config {
	char *socket; /* or NULL */
	bool has_layout, has_log, no_shortcuts, xwayland;
	enum lend_layout layout;
	enum lend_log_level log;
	struct output_set outputs;
	struct programs programs;
};

/* serve.c: "error", "warning", "info" or "debug". -EINVAL: none of them. */
int parse_level(const char *name, enum lend_log_level *level);

/* Returns 0, or an exit status after naming the line and what is wrong with it. What is said of it
 * until then is in *config in both cases. */
int config_read(struct config *config, const char *path);

#endif
