/* SPDX-License-Identifier: MIT */
/* The outputs that framelend serve is asked for: --output KIND[:...][,OPTION]... */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include <framelend/server.h>
#include <stdbool.h>

struct output_wish {
	bool kms; /* else headless */
	bool has_layout;
	enum lend_layout layout;
	bool mirror;
	uint32_t width, height, refresh; /* kms: 0 if not said */
	char device[64], connector[32];	 /* kms; empty: any */
};

/* "full" or "tile". -EINVAL: neither. */
int parse_layout(const char *name, enum lend_layout *layout);

/* Reads what was asked for; returns an exit status, after a complaint. */
int output_parse(const char *text, struct output_wish *wish);

/* Makes it; layout: if the wish has none. -errno with lend_server_error(). */
int output_make(struct lend_server *server, const struct output_wish *wish,
		enum lend_layout layout);

#endif
