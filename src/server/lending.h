/* SPDX-License-Identifier: MIT */
/* Chains, captures and monitors, as the rest of the server knows them. (lend.c, generation.c,
 * capture.c, monitor.c in globals/) */
#ifndef SERVER_LENDING_H
#define SERVER_LENDING_H

#include "server/output.h"

/* Could the chain have memory that the output shows as it is? */
bool chain_may_be_shown(const struct chain *chain, const struct lend_output *output);
/* The output has refused the chain's memory. */
void chain_refused(struct chain *chain, const struct lend_output *output);
/* The surface's path has changed: tell its chain. */
void chain_path_changed(struct chain *chain, const struct surface *surface);
/* A frame of the surface was shown; lets the memory follow the path after a while. */
void chain_presented(struct chain *chain, const struct surface *surface);
void chain_surface_destroyed(struct chain *chain);
void capture_create(struct client *client, uint32_t version, uint32_t id,
		    struct lend_output *output);
void monitor_create(struct client *client, uint32_t version, uint32_t id);
/* The surface's buffers that were committed and not released yet. */
uint32_t surface_unreleased(const struct surface *surface);

#endif
