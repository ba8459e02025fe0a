/* SPDX-License-Identifier: MIT */
/* What a server says of its outputs by zwlr_output_manager_v1, and how they are changed. */
#ifndef CLI_HEADS_H
#define CLI_HEADS_H

#include <framelend/server.h>
#include <stdbool.h>
#include <stdint.h>
#include <wayland-util.h>

struct remote;

struct heads {
	struct remote *remote;
	struct wl_registry *registry;
	struct zwlr_output_manager_v1 *manager;
	struct wl_list list; /* head.link, in the server's order */
	uint32_t serial;
	bool done, out_of_memory;
};

struct head_mode {
	struct wl_list link; /* head.modes */
	struct head *head;
	struct zwlr_output_mode_v1 *proxy;
	struct lend_output_mode mode;
};

struct head {
	struct wl_list link;
	struct heads *heads;
	struct zwlr_output_head_v1 *proxy;
	char *name, *description, *make, *model; /* or NULL */
	int32_t width_mm, height_mm;		 /* 0: not known */
	bool enabled;
	struct head_mode *current; /* or NULL */
	int32_t x, y, transform;
	double scale;
	struct wl_list modes;
};

/* What is to be another: those whose has_ is set. */
struct head_change {
	bool has_mode, has_position, has_transform, has_scale, has_power;
	uint32_t width, height, refresh; /* mHz; 0: the server's choice */
	int32_t x, y;
	enum lend_transform transform;
	uint32_t scale; /* in 120ths */
	bool off;
};

/* Return 0, or an exit status after saying what is wrong. heads_close() is due in both cases. */
int heads_open(struct heads *heads, struct remote *remote);
void heads_close(struct heads *heads);

/* NULL: there is none of that name. */
struct head *heads_find(struct heads *heads, const char *name);

/* Changes one of them. Returns as heads_open(). */
int head_apply(struct head *head, const struct head_change *change);

#endif
