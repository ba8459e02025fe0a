/* SPDX-License-Identifier: MIT */
/* zwlr_output_manager_v1's parts: what outputs are (output_management.c) and what they are to be
 * (output_configuration.c). Only the privileged see outputs through it. */
#ifndef SERVER_GLOBALS_OUTPUT_MANAGEMENT_H
#define SERVER_GLOBALS_OUTPUT_MANAGEMENT_H

#include "server/server.h"

#include "wlr-output-management-unstable-v1-server-protocol.h"

/* One for each server. */
struct management {
	struct lend_server *server;
	uint32_t serial;	 /* of what clients were told last */
	struct wl_list managers; /* manager.link */
	struct wl_event_source *update;
	struct wl_listener arranged, destroyed;
};

/* A zwlr_output_mode_v1. Its resource's user data is NULL once the head has it no more. */
struct mode {
	struct wl_resource *resource;
	struct wl_list link; /* head.modes */
	uint32_t output;     /* lend_output.serial */
	struct lend_output_mode mode;
};

/* Tells all managers what has changed, so that the serial is up to date. */
void management_update(struct management *management);
/* The output of a head, or NULL: it is gone. */
struct lend_output *management_find(const struct management *management, uint32_t output);
/* lend_output.serial of a head, or 0: it is gone. */
uint32_t management_head_output(struct wl_resource *head);

void output_configuration_create(struct management *management, struct wl_resource *manager,
				 uint32_t id, uint32_t serial);

#endif
