/* SPDX-License-Identifier: MIT */
/* A Wayland server for one window, made with libwayland alone, that does what a test tells it to.
 * It runs on a thread of its own while the window is made, and takes turns after that. */
#ifndef TESTS_PROTOCOL_NESTED_HOST_H
#define TESTS_PROTOCOL_NESTED_HOST_H

#include "harness.h"

enum {
	HOST_COMPOSITOR = 1,
	HOST_SHELL = 2,
	HOST_SHM = 4,
	HOST_OUTPUT = 8,
	HOST_VIEWPORTER = 16,
	HOST_FRACTIONAL = 32,
	HOST_ALL = 63,
};

#define HELD_MAX 16

struct wl_resource;

struct fake_host {
	struct test *test; /* whose server has the window */
	void *display;	   /* struct wl_display of libwayland-server */
	char path[128];
	/* The window's objects, and what was committed last. */
	struct wl_resource *surface, *xdg_surface, *toplevel, *output, *fractional;
	struct wl_resource *pending_buffer, *callback;
	unsigned commits; /* with a buffer */
	int32_t buffer_width, buffer_height, scale, pending_scale;
	int32_t destination_width, destination_height;
	bool configured;
	/* What it does with them. */
	bool keeps_buffers, keeps_callbacks;
	struct wl_resource *held[HELD_MAX];
	unsigned n_held;
};

struct fake_host *fake_host_create(struct test *test, unsigned globals);
void fake_host_destroy(struct fake_host *host);
/* lend_output_create_wayland() with this display. */
int fake_host_open(struct fake_host *host, const struct lend_window_output_options *options);
/* True if there was something to do. */
bool fake_host_dispatch(struct fake_host *host);
void fake_host_configure(struct fake_host *host, int32_t width, int32_t height);
void fake_host_set_scale(struct fake_host *host, int32_t scale);     /* its output's */
void fake_host_prefer_scale(struct fake_host *host, uint32_t scale); /* in 120ths */
void fake_host_release(struct fake_host *host, unsigned n);	     /* oldest first */
void fake_host_post_error(struct fake_host *host, const char *words);

#endif
