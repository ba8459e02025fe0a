/* SPDX-License-Identifier: MIT */
/*
 * Tests of the server by its protocol. Each test is a process of its own, which must end in time
 * and leave no file descriptor open. Server and clients live in one thread and take turns in
 * pump(), so that what happens is the same every time.
 */
#ifndef TESTS_PROTOCOL_HARNESS_H
#define TESTS_PROTOCOL_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants those above first */
#include <cmocka.h>
#include <framelend/server.h>
#include <wayland-client.h>

#include "framelend-v1-client-protocol.h"
#include "presentation-time-client-protocol.h"
#include "viewporter-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define OUTPUTS_MAX 4

/* ---- running -------------------------------------------------------------------------------- */

struct harness_test {
	const char *name;
	void (*run)(void);
};

/* Runs each test in a process of its own, or the one that argv[1] names in this one (for a
 * debugger). Returns main()'s value. */
int harness_run(const struct harness_test *tests, size_t count, int argc, char **argv);
/* Ends the test as skipped. */
__attribute__((noreturn, format(printf, 1, 2))) void harness_skip(const char *format, ...);

/* ---- the server's side ---------------------------------------------------------------------- */

struct test_options {
	uint32_t width, height; /* of the outputs; 0: 320x240 */
	uint32_t refresh;
	uint32_t format;
	enum lend_layout layout;
	int outputs;	   /* 0: one; -1: none */
	bool unprivileged; /* nobody may capture */
	bool no_shortcuts;
	struct lend_quota quota;
	struct lend_device *device;
	const char *socket;
	const char *renderer;
};

struct client;

struct test {
	struct lend_server *server;
	struct lend_output *outputs[OUTPUTS_MAX]; /* as they come; NULL once removed */
	char directory[64];			  /* XDG_RUNTIME_DIR */
	char log[16384];			  /* what the server logged, a line a message */
	struct wl_list clients;
	struct test *host;	  /* whose server shows an output of this one: takes turns too */
	unsigned connected, gone; /* events */
	struct lend_view *view;	  /* mapped last, NULL once unmapped */
	unsigned mapped, unmapped, changed;
};

/* NULL: one output of 320x240, layout full, not paced. */
struct test *test_create(const struct test_options *options);
void test_destroy(struct test *test); /* clients included */
/* One round: everybody sends, handles what there is, and sends again. Waits up to timeout_ms for
 * the first. True if anything happened. */
bool pump_once(struct test *test, int timeout_ms);
/* Until nothing happens any more (timers may still be due). */
void pump(struct test *test);
/* Until *value is at least `least`; fails the test after ten seconds. */
void pump_until(struct test *test, const unsigned *value, unsigned least);
uint64_t output_frames(const struct lend_output *output);
uint64_t output_copied(const struct lend_output *output);
uint64_t output_scanout(const struct lend_output *output);
struct lend_output_state output_describe(const struct lend_output *output);
void output_configure(struct lend_output *output, uint32_t scale, enum lend_transform transform);
/* Until the output has latched a frame more. */
void pump_frame(struct test *test, struct lend_output *output);

/* What an output shows, copied. */
struct picture {
	uint32_t width, height, format;
	uint32_t *pixels; /* without padding; four bytes a pixel */
};

void picture_take(struct lend_output *output, struct picture *picture);
void picture_finish(struct picture *picture);
/* The pixel without its undefined bits. */
uint32_t picture_at(const struct picture *picture, int x, int y);
void assert_picture_rect(const struct picture *picture, int x, int y, int width, int height,
			 uint32_t colour);
int count_fds(void);

/* ---- a client's side ------------------------------------------------------------------------ */

struct client {
	struct test *test;
	struct wl_list link;
	struct wl_display *display;
	struct wl_registry *registry;
	struct wl_compositor *compositor;
	struct wl_subcompositor *subcompositor;
	struct wl_shm *shm;
	struct wl_seat *seat;
	struct xdg_wm_base *wm_base;
	struct wp_viewporter *viewporter;
	struct wp_presentation *presentation;
	struct wl_data_device_manager *data_manager;
	struct framelend_manager_v1 *manager;
	struct wl_output *outputs[OUTPUTS_MAX];
	unsigned n_outputs, globals_removed;
	uint32_t capabilities;
	uint32_t shm_formats[32], formats[32];
	unsigned n_shm_formats, n_formats;
	unsigned syncs; /* wl_display.sync callbacks that came */
	int error;	/* wl_display_get_error(), kept */
	bool paused;	/* pump() leaves it alone */
};

struct client *client_create(struct test *test); /* all globals bound */
void client_destroy(struct client *client);
/* Waits for the server to have handled all that was sent. */
void client_roundtrip(struct client *client);
/* The connection must end in this protocol error whose message contains the words. */
void expect_error(struct client *client, const struct wl_interface *interface, uint32_t code,
		  const char *words);
/* It must end for want of memory or quota, with a message that contains the words. */
void expect_no_memory(struct client *client, const char *words);
/* It must end in the error of a request that the interface does not know like that. */
void expect_invalid(struct client *client, const char *words);
/* The connection must still work. */
void expect_alive(struct client *client);
/* A connection without libwayland's help. Blocking. */
int raw_connect(struct test *test);
/* Sends 32 bit words as one message: object, opcode, and the size put in. False: the peer is gone.
 */
bool raw_send(int fd, uint32_t object, uint16_t opcode, const uint32_t *args, size_t n_args);

/* ---- buffers -------------------------------------------------------------------------------- */

struct shm_buffer {
	struct wl_buffer *buffer;
	int32_t width, height, stride;
	uint8_t *pixels;
	size_t size;
	int fd;
	unsigned released;
};

void shm_buffer_create(struct client *client, int32_t width, int32_t height, uint32_t format,
		       struct shm_buffer *buffer);
void shm_buffer_destroy(struct shm_buffer *buffer);
void fill_rect(uint8_t *pixels, int32_t stride, int x, int y, int width, int height,
	       uint32_t colour);
void shm_buffer_fill(struct shm_buffer *buffer, uint32_t colour);
/* A memfd of the size. */
int memory_create(size_t size);

struct lent_buffer {
	int fd;
	uint32_t memory, caching, offset, stride;
	uint8_t *pixels;
	size_t size;
	struct wl_buffer *buffer;
	unsigned released;
};

struct chain {
	struct client *client;
	struct framelend_chain_v1 *proxy;
	uint32_t generation; /* of the buffers below, the newest announced */
	uint32_t width, height, format;
	unsigned count;
	struct lent_buffer buffers[4];
	unsigned done, failed, verdicts;
	uint32_t error;
	char reason[512];
	unsigned paths;
	uint32_t path;
	char path_reason[512], path_output[64];
};

void chain_create(struct client *client, struct wl_surface *surface, struct chain *chain);
/* Configures and waits for the answer, with maps and wl_buffers made if there are buffers. */
void chain_configure(struct chain *chain, uint32_t width, uint32_t height, uint32_t format,
		     uint32_t usage, uint32_t count);
/* Makes maps and wl_buffers of a generation that the server announced. */
void chain_take(struct chain *chain);
/* Unmaps and destroys the wl_buffers; the generation stays. */
void chain_let_go(struct chain *chain);
void chain_destroy(struct chain *chain);
void lent_buffer_fill(struct chain *chain, unsigned index, uint32_t colour);

/* ---- windows -------------------------------------------------------------------------------- */

struct window {
	struct client *client;
	struct wl_surface *surface;
	struct xdg_surface *xdg_surface;
	struct xdg_toplevel *toplevel;
	int32_t width, height; /* as configured last */
	unsigned configures, closes;
	unsigned frames; /* frame callbacks that came */
};

/* A toplevel that is configured but has no contents. */
void window_create(struct client *client, struct window *window);
void window_destroy(struct window *window);
/* Attaches, damages everything, asks for a frame callback and commits. */
void window_commit(struct window *window, struct wl_buffer *buffer);
/* As window_commit, and waits until the frame was shown. */
void window_show(struct window *window, struct wl_buffer *buffer);
/* Adds to window->frames when the commit was shown. */
void window_request_frame(struct window *window);

/* A client that behaves: a window whose frames must go on whatever others do. */
struct bystander {
	struct client *client;
	struct window window;
	struct chain chain;
	unsigned next, frames;
	uint32_t colour;
};

void bystander_create(struct test *test, struct bystander *bystander);
void bystander_destroy(struct bystander *bystander);
/* Its next three frames come, in its colours. */
void bystander_check(struct bystander *bystander);

#endif
