/* SPDX-License-Identifier: MIT */
/* A display server of a few hundred lines in the test's own process and thread, over a socket pair:
 * it does what a test tells it, wrong things included, and nothing by itself that could depend on
 * time. */
#ifndef TESTS_UNIT_CLIENT_FAKE_H
#define TESTS_UNIT_CLIENT_FAKE_H

#include <framelend/client.h>
#include <stdbool.h>
#include <wayland-server.h>

#define FAKE_BUFFERS   64
#define FAKE_DAMAGE    256
#define FAKE_MODIFIERS 256

struct fake_buffer {
	uint32_t generation, index;
	uint32_t width, height, stride;
	int fd;
	size_t size;
	unsigned char *pixels;
	struct wl_resource *resource; /* NULL: no wl_buffer */
	int releases;
};

/* Set before fake_connect(). */
struct fake_options {
	bool no_manager, no_shm, no_shell, no_compositor, no_format;
	uint32_t compositor_version; /* 0: 4 */
	uint32_t width, height;	     /* of the configures; 0: the client decides */
	bool hold_releases;	     /* buffers are not released... */
	bool hold_frames;	     /* and frame callbacks not sent, until the test does */
	bool hold_generations;	     /* chain.configure is not answered */
	const char *output;	     /* NULL: none */
	uint32_t dmabuf;	     /* version of zwp_linux_dmabuf_v1; 0: none */
	bool dmabuf_tiled;	     /* in no rows */
	bool dmabuf_refuses;
	bool hold_dmabuf; /* no answer until fake_answer_dmabuf() */
	uint32_t seat;	  /* version of wl_seat; 0: none */
	bool fences;	  /* the manager takes them */
};

struct fake {
	struct fake_options options;
	struct wl_display *wl;
	struct wl_client *client;
	struct wl_listener gone;
	struct lend_client *lend;

	/* the newest of each */
	struct wl_resource *surface, *xdg, *toplevel, *chain, *output;
	struct wl_list callbacks; /* resources of frame callbacks not done */
	struct wl_resource *feedback;

	/* pending state and what was committed */
	struct wl_resource *attached, *shown;
	struct lend_rect damage[FAKE_DAMAGE], shown_damage[FAKE_DAMAGE];
	size_t n_damage, n_shown_damage;
	bool damage_in_surface; /* by wl_surface.damage */
	uint32_t commits, serial, acked;
	char title[64], app_id[64];
	bool fullscreen;
	struct wl_resource *fullscreen_output;

	/* taking dma-bufs */
	struct wl_resource *params[8]; /* that wait for an answer */
	size_t n_params;
	struct fake_buffer asked[8];

	/* the user; the newest of each */
	struct wl_resource *seat, *pointer, *keyboard, *touch;

	/* lending */
	struct fake_buffer buffers[FAKE_BUFFERS];
	size_t n_buffers;
	uint32_t generation, dropped; /* newest announced; newest dropped */
	uint32_t configures, asked_width, asked_height, asked_usage, asked_count;
	uint64_t modifiers[FAKE_MODIFIERS]; /* of the newest set_modifiers */
	size_t n_modifiers;
	uint32_t fences; /* that came for commits */
};

/* Connects a client to a new server. The result of lend_client_connect(). */
int fake_start(struct fake *fake, const struct fake_options *options);
void fake_stop(struct fake *fake);

/* The server handles what there is; then also the client; until both are quiet. The first negative
 * result of lend_client_dispatch(), or 0. */
void fake_serve(struct fake *fake);
int fake_run(struct fake *fake);

/* The server hangs up. */
void fake_disconnect(struct fake *fake);

void fake_configure(struct fake *fake, uint32_t width, uint32_t height);
/* Lends a generation, properly. */
void fake_lend(struct fake *fake, uint32_t width, uint32_t height, uint32_t count);
void fake_release(struct fake *fake, struct wl_resource *buffer);
void fake_release_all(struct fake *fake);
void fake_frame_done(struct fake *fake);
/* The lent buffer that is shown, or NULL. */
struct fake_buffer *fake_shown(struct fake *fake);
int fake_memfd(size_t size, bool sealed);
void fake_answer_dmabuf(struct fake *fake);

/* Surfaces and frames in the manner of most tests. */
struct lend_surface *fake_surface(struct fake *fake, struct lend_surface_options options);
/* Begins a frame, which must succeed. */
struct lend_frame fake_begin(struct lend_surface *surface);

int count_fds(void);

#endif
