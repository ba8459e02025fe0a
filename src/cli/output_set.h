/* SPDX-License-Identifier: MIT */
/* All outputs of a server: those that were asked for, and what becomes of them. */
#ifndef CLI_OUTPUT_SET_H
#define CLI_OUTPUT_SET_H

#include "outputs.h"

#define OUTPUTS_MAX	   16
#define SERVER_OUTPUTS_MAX 32 /* of a server */

struct output_set {
	struct output_wish wishes[OUTPUTS_MAX];
	size_t n_wishes;
	struct output_wish named[OUTPUTS_MAX]; /* of outputs of these names, whoever made them */
	char names[OUTPUTS_MAX][64];
	size_t n_named;
	const struct output_wish *making; /* the outputs that come now are its, or NULL */
	unsigned n_outputs;
	struct lend_output *outputs[SERVER_OUTPUTS_MAX]; /* or NULL */
	struct lend_output *windows[OUTPUTS_MAX];
	lend_log_handler log;
	void *data;
};

/* Of one --output; returns an exit status, after a complaint. */
int output_set_add(struct output_set *set, const char *text);

/* What an output of that name is to be. Returns as output_set_add(). */
int output_set_add_named(struct output_set *set, const char *name, const struct output_wish *wish);

/* Makes them; layout: of those that name none. -errno with lend_server_error(). */
int output_set_make(struct output_set *set, struct lend_server *server, enum lend_layout layout);

/* The server's events. */
void output_set_added(struct output_set *set, struct lend_output *output);
/* True if it was a window, and now there is nothing left to be seen. */
bool output_set_removed(struct output_set *set, const struct lend_output *output);

/* NULL: there is none of that name now. */
struct lend_output *output_set_find(const struct output_set *set, const char *name);

#endif
