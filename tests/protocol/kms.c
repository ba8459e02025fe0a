/* SPDX-License-Identifier: MIT */
/* Outputs on displays, which a double plays: what is lit, what is shown of a client and how, and
 * what each frame costs in calls. */
#include "harness.h"

#include <errno.h>
#include <fake-drm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RED    0xffc02010
#define GREEN  0xff20a040
#define BLUE   0xff1030d0

#define WIDTH  320
#define HEIGHT 240

/* A driver that scans out what it is given. */
static const char direct[] = "uname -> 6.12.48\n"
			     "open /dev/dri/card0 -> ok\n"
			     "drmGetDeviceNameFromFd2 -> /dev/dri/card0\n"
			     "drmGetNodeTypeFromFd -> primary\n"
			     "drmGetVersion -> vkms\n"
			     "drmGetCap DUMB_BUFFER -> 1\n"
			     "drmGetCap DUMB_PREFER_SHADOW -> 0\n"
			     "drmModeCreateDumbBuffer -> ok pitch=4\n"
			     "drmPrimeHandleToFD RDWR CLOEXEC -> ok\n"
			     "drmModeMapDumbBuffer -> ok\n"
			     "drmModeDestroyDumbBuffer -> ok\n"
			     "drmPrimeFDToHandle -> ok\n"
			     "drmCloseBufferHandle -> ok\n"
			     "open /dev/dma_heap/system -> EACCES\n"
			     "open /dev/udmabuf -> ENOENT\n";

/* One that uploads what it is told has changed. */
static const char uploading[] = "drmGetVersion -> virtio_gpu";

#define MONITOR "connector Virtual-1 connected edid=ACM/Test_20/42 mode=320x240@60 mode=640x480@60"
#define PRIMARY "plane primary formats=XR24,AR24"
#define OVERLAY "plane overlay formats=XR24,AR24"
#define CURSOR	"plane cursor formats=AR24"

struct fixture {
	struct test *test;
	struct client *client;
	struct window window;
	struct chain chain;
	unsigned next;
};

/* lines: the display, and what counts before the driver's own answers. */
static void start(struct fixture *fixture, const char *first, const char *display)
{
	char script[8192];

	memset(fixture, 0, sizeof(*fixture));
	snprintf(script, sizeof(script), "%s\n%s%s\n", first, direct, display);
	fake_drm_script(script);
	setenv("LEND_SESSION", "direct", 1);
	setenv("LEND_CACHE", "off", 1);
	fixture->test = test_create(&(struct test_options){.outputs = -1});
}

static int light(struct fixture *fixture, struct lend_kms_output_options options)
{
	options.size = sizeof(options);
	if (!options.device)
		options.device = "/dev/dri/card0";
	options.no_input = 1;
	return lend_output_create_kms(fixture->test->server, &options);
}

static void finish(struct fixture *fixture)
{
	test_destroy(fixture->test);
	assert_int_equal(fake_drm_blanked(), 0);
	assert_int_equal(fake_drm_framebuffers(), 0);
	assert_int_equal(fake_drm_blobs(), 0);
	assert_int_equal(fake_drm_handles(), 0);
	fake_drm_unload();
}

/* A window that fills the display, with a chain of its own. */
static void open_window(struct fixture *fixture, uint32_t usage, uint32_t count)
{
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
	chain_create(fixture->client, fixture->window.surface, &fixture->chain);
	chain_configure(&fixture->chain, WIDTH, HEIGHT, LEND_FORMAT_XRGB8888, usage, count);
	assert_int_equal(fixture->chain.failed, 0);
}

static void close_window(struct fixture *fixture)
{
	chain_destroy(&fixture->chain);
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
}

static void show(struct fixture *fixture, uint32_t colour)
{
	struct chain *chain = &fixture->chain;

	fixture->next = (fixture->next + 1) % chain->count;
	lent_buffer_fill(chain, fixture->next, colour);
	window_show(&fixture->window, chain->buffers[fixture->next].buffer);
}

static void assert_shown(int x, int y, int width, int height, uint32_t colour)
{
	uint32_t screen_width, screen_height;
	uint32_t *pixels =
		fake_drm_shown((size_t)fake_drm_crtc("Virtual-1"), &screen_width, &screen_height);

	assert_non_null(pixels);
	for (int i = y; i < y + height; i++)
		for (int j = x; j < x + width; j++)
			if (pixels[(uint32_t)i * screen_width + (uint32_t)j] != colour)
				fail_msg("pixel %d,%d is %08x, not %08x", j, i,
					 pixels[(uint32_t)i * screen_width + (uint32_t)j], colour);
	free(pixels);
}

/* ---- lent frames ---------------------------------------------------------------------------- */

static void a_lent_frame_costs_one_commit(void)
{
	struct fixture fixture;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	assert_int_equal(fixture.chain.buffers[0].memory, LEND_MEMORY_DUMB);
	for (unsigned i = 0; i < 4; i++)
		show(&fixture, i % 2 ? RED : GREEN);
	assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
	size_t commits = fake_drm_calls("drmModeAtomicCommit");
	size_t framebuffers =
		fake_drm_calls("drmModeAddFB2") + fake_drm_calls("drmModeAddFB2WithModifiers");
	uint64_t copied = output_copied(fixture.test->outputs[0]);
	for (unsigned i = 0; i < 10; i++) {
		show(&fixture, i % 2 ? RED : BLUE);
		assert_shown(0, 0, WIDTH, HEIGHT, i % 2 ? RED : BLUE);
	}
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit") - commits, 10);
	assert_int_equal(fake_drm_calls("drmModeAddFB2") +
				 fake_drm_calls("drmModeAddFB2WithModifiers") - framebuffers,
			 0);
	assert_int_equal(output_copied(fixture.test->outputs[0]) - copied, 0);
	close_window(&fixture);
	finish(&fixture);
}

static void an_uploading_driver_is_told_what_each_buffer_lacks(void)
{
	struct fixture fixture;

	start(&fixture, uploading, "kms flush=buffer vblank=no\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	for (unsigned i = 0; i < 3; i++)
		show(&fixture, GREEN);
	assert_int_equal(fixture.chain.path, LEND_PATH_FLUSH);
	/* Small damage, in each of two buffers in turn: each lacks the other's as well. The first
	 * one lacks the whole frame before. */
	uint64_t uploaded = 0;
	for (int i = 0; i < 6; i++) {
		struct lent_buffer *buffer =
			&fixture.chain.buffers[fixture.next = (fixture.next + 1) % 2];
		for (int j = 0; j <= i; j++)
			fill_rect(buffer->pixels, (int32_t)buffer->stride, 10 * j, 0, 10, 10, RED);
		unsigned frames = fixture.window.frames;
		wl_surface_attach(fixture.window.surface, buffer->buffer, 0, 0);
		wl_surface_damage_buffer(fixture.window.surface, 10 * i, 0, 10, 10);
		window_request_frame(&fixture.window);
		wl_surface_commit(fixture.window.surface);
		pump_until(fixture.test, &fixture.window.frames, frames + 1);
		assert_shown(0, 0, 10 * (i + 1), 10, RED);
		assert_true(i == 0 || fake_drm_uploaded() - uploaded == 2 * 10 * 10);
		uploaded = fake_drm_uploaded();
	}
	close_window(&fixture);
	finish(&fixture);
}

static void drawing_in_a_front_buffer_is_seen_when_committed(void)
{
	struct fixture fixture;

	start(&fixture, uploading, "kms flush=buffer vblank=no\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, FRAMELEND_CHAIN_V1_USAGE_FRONT, 1);
	show(&fixture, GREEN);
	struct lent_buffer *buffer = &fixture.chain.buffers[0];
	fill_rect(buffer->pixels, (int32_t)buffer->stride, 0, 0, 20, 20, RED);
	assert_shown(0, 0, 20, 20, GREEN);
	size_t framebuffers =
		fake_drm_calls("drmModeAddFB2") + fake_drm_calls("drmModeAddFB2WithModifiers");
	unsigned frames = fixture.window.frames;
	wl_surface_damage_buffer(fixture.window.surface, 0, 0, 20, 20);
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	pump_until(fixture.test, &fixture.window.frames, frames + 1);
	assert_shown(0, 0, 20, 20, RED);
	assert_shown(20, 20, 20, 20, GREEN);
	assert_int_equal(fake_drm_calls("drmModeAddFB2") +
				 fake_drm_calls("drmModeAddFB2WithModifiers"),
			 framebuffers);
	close_window(&fixture);
	finish(&fixture);
}

/* ---- refusals ------------------------------------------------------------------------------- */

static void what_the_display_refuses_is_copied_in_the_same_frame(void)
{
	struct fixture fixture;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	/* The first one is the output's own, from before there was a window. */
	fake_drm_inject("drmModeAtomicCommit nth=2 -> ENOSPC");
	show(&fixture, RED);
	assert_shown(0, 0, WIDTH, HEIGHT, RED);
	assert_int_equal(fake_drm_blanked(), 0);
	pump(fixture.test);
	if (fixture.chain.path == LEND_PATH_COPY)
		assert_non_null(strstr(fixture.chain.path_reason, "refused"));
	close_window(&fixture);
	finish(&fixture);
}

static void memory_that_cannot_be_imported_is_copied(void)
{
	struct fixture fixture;

	start(&fixture, "drmPrimeFDToHandle own -> EINVAL",
	      "kms vblank=yes\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, RED);
	assert_shown(0, 0, WIDTH, HEIGHT, RED);
	assert_int_equal(fixture.chain.path, LEND_PATH_COPY);
	close_window(&fixture);
	finish(&fixture);
}

/* A frame in the newest memory that was lent. */
static void show_newest(struct fixture *fixture, uint32_t colour)
{
	struct chain *chain = &fixture->chain;

	if (!chain->buffers[0].buffer) {
		chain_take(chain);
		framelend_chain_v1_drop(chain->proxy, chain->generation - 1);
	}
	show(fixture, colour);
	pump(fixture->test);
}

static void memory_that_is_refused_is_given_up_for_cached_memory(void)
{
	struct fixture fixture;

	start(&fixture, "drmPrimeFDToHandle own -> EINVAL", "kms vblank=no\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	assert_int_equal(fixture.chain.buffers[0].memory, LEND_MEMORY_DUMB);
	for (unsigned i = 0; i < 150; i++)
		show_newest(&fixture, i % 2 ? RED : GREEN);
	assert_int_equal(fixture.chain.buffers[0].memory, LEND_MEMORY_MEMFD);
	assert_int_equal(fixture.chain.done, 2);
	close_window(&fixture);
	finish(&fixture);
}

static void bad_wishes_have_words(void)
{
	static const struct {
		struct lend_kms_output_options options;
		int error;
		const char *words;
	} wishes[] = {
		{{.device = "/dev/dri/card7"}, -ENOENT, "/dev/dri/card7"},
		{{.connector = "HDMI-A-9"}, -ENOENT, "Virtual-1"},
		{{.connector = "Virtual-2"}, -ENOTCONN, "Virtual-2"},
		{{.connector = "Virtual-1", .width = 123, .height = 45}, -ENODATA, "640x480"},
		{{.width = 640, .height = 480, .refresh = 99000}, -ENODATA, "60"},
	};
	struct fixture fixture;

	start(&fixture, "open /dev/dri/card7 -> ENOENT",
	      "kms crtcs=2 vblank=no\n" PRIMARY "\n" PRIMARY "\n" MONITOR
	      "\nconnector Virtual-2 disconnected");
	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		assert_int_equal(light(&fixture, wishes[i].options), wishes[i].error);
		if (!strstr(lend_server_error(), wishes[i].words))
			fail_msg("'%s' does not say '%s'", lend_server_error(), wishes[i].words);
	}
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	finish(&fixture);
}

/* ---- what passes ---------------------------------------------------------------------------- */

/* Commits the next buffer, with everything of `rects` squares drawn, the last one as damage. */
static void show_squares(struct fixture *fixture, int rects)
{
	struct lent_buffer *buffer =
		&fixture->chain.buffers[fixture->next = (fixture->next + 1) % 2];
	unsigned frames = fixture->window.frames;

	for (int i = 0; i < rects; i++)
		fill_rect(buffer->pixels, (int32_t)buffer->stride, 10 * i, 0, 10, 10, RED);
	wl_surface_attach(fixture->window.surface, buffer->buffer, 0, 0);
	wl_surface_damage_buffer(fixture->window.surface, 10 * (rects - 1), 0, rects ? 10 : 0, 10);
	window_request_frame(&fixture->window);
	wl_surface_commit(fixture->window.surface);
	pump_until(fixture->test, &fixture->window.frames, frames + 1);
}

static void a_failure_that_passes_costs_nothing(void)
{
	struct fixture fixture;

	start(&fixture, uploading, "kms flush=buffer vblank=no\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	for (unsigned i = 0; i < 3; i++)
		show(&fixture, GREEN);
	show_squares(&fixture, 1);
	fake_drm_inject("drmModeAtomicCommit -> EBUSY once");
	for (int i = 2; i < 6; i++) {
		show_squares(&fixture, i);
		assert_shown(0, 0, 10 * i, 10, RED);
	}
	/* Nor is it taken for the memory's fault. */
	for (unsigned i = 0; i < 40; i++)
		show(&fixture, i % 2 ? GREEN : BLUE);
	pump(fixture.test);
	assert_int_equal(fixture.chain.path, LEND_PATH_FLUSH);
	assert_int_equal(fixture.chain.done, 1);
	/* A frame that changes nothing comes through as well. */
	fake_drm_inject("drmModeAtomicCommit -> EBUSY once");
	show_squares(&fixture, 0);
	close_window(&fixture);
	finish(&fixture);
}

static void callbacks_come_once_a_refresh(void)
{
	struct fixture fixture;
	struct timespec start_time, now;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, GREEN);
	show(&fixture, RED);
	clock_gettime(CLOCK_MONOTONIC, &start_time);
	for (unsigned i = 0; i < 30; i++) {
		unsigned frames = fixture.window.frames;
		window_request_frame(&fixture.window);
		wl_surface_commit(fixture.window.surface);
		pump_until(fixture.test, &fixture.window.frames, frames + 1);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	double seconds = (double)(now.tv_sec - start_time.tv_sec) +
			 (double)(now.tv_nsec - start_time.tv_nsec) / 1e9;
	assert_true(seconds > 29 / 60.0 - 0.05); /* never faster, however busy the machine is */
	close_window(&fixture);
	finish(&fixture);
}

static void a_display_that_says_nothing_is_set_anew(void)
{
	struct fixture fixture;

	start(&fixture, "", "kms vblank=test\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	for (unsigned i = 0; i < 3; i++) {
		lent_buffer_fill(&fixture.chain, i % 2, i % 2 ? RED : GREEN);
		window_show(&fixture.window, fixture.chain.buffers[i % 2].buffer);
	}
	assert_non_null(strstr(fixture.test->log, "does not say"));
	close_window(&fixture);
	finish(&fixture);
}

/* ---- composition ---------------------------------------------------------------------------- */

static void show_shm(struct fixture *fixture, struct shm_buffer *buffer, uint32_t colour)
{
	shm_buffer_fill(buffer, colour);
	window_show(&fixture->window, buffer->buffer);
}

static void ordinary_clients_are_copied_where_they_changed(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	fixture.client = client_create(fixture.test);
	window_create(fixture.client, &fixture.window);
	shm_buffer_create(fixture.client, WIDTH, HEIGHT, WL_SHM_FORMAT_XRGB8888, &buffer);
	for (unsigned i = 0; i < 4; i++)
		show_shm(&fixture, &buffer, i % 2 ? RED : GREEN);
	assert_shown(0, 0, WIDTH, HEIGHT, RED);
	uint64_t copied = output_copied(fixture.test->outputs[0]);
	fill_rect(buffer.pixels, buffer.stride, 50, 50, 10, 10, BLUE);
	unsigned frames = fixture.window.frames;
	wl_surface_attach(fixture.window.surface, buffer.buffer, 0, 0);
	wl_surface_damage_buffer(fixture.window.surface, 50, 50, 10, 10);
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	pump_until(fixture.test, &fixture.window.frames, frames + 1);
	assert_shown(50, 50, 10, 10, BLUE);
	/* The other buffer lacked the last whole frame. */
	assert_int_equal(output_copied(fixture.test->outputs[0]) - copied,
			 (uint64_t)WIDTH * HEIGHT * 4);
	copied = output_copied(fixture.test->outputs[0]);
	fill_rect(buffer.pixels, buffer.stride, 60, 50, 10, 10, BLUE);
	frames = fixture.window.frames;
	wl_surface_attach(fixture.window.surface, buffer.buffer, 0, 0);
	wl_surface_damage_buffer(fixture.window.surface, 60, 50, 10, 10);
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	pump_until(fixture.test, &fixture.window.frames, frames + 1);
	assert_shown(50, 50, 20, 10, BLUE);
	assert_int_equal(output_copied(fixture.test->outputs[0]) - copied, 2 * 10 * 10 * 4);
	shm_buffer_destroy(&buffer);
	window_destroy(&fixture.window);
	client_destroy(fixture.client);
	finish(&fixture);
}

static void an_idle_display_makes_no_calls(void)
{
	struct fixture fixture;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, RED);
	pump(fixture.test);
	size_t commits = fake_drm_calls("drmModeAtomicCommit");
	for (int i = 0; i < 20; i++)
		assert_int_equal(lend_server_dispatch(fixture.test->server, 10), 0);
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits);
	close_window(&fixture);
	finish(&fixture);
}

/* ---- planes --------------------------------------------------------------------------------- */

struct child {
	struct wl_surface *surface;
	struct wl_subsurface *subsurface;
	struct chain chain;
	unsigned next, frames;
};

static void handle_done(void *data, struct wl_callback *callback, uint32_t time)
{
	struct child *child = data;

	child->frames++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {.done = handle_done};

static void child_create(struct fixture *fixture, struct child *child, int x, int y)
{
	*child = (struct child){0};
	child->surface = wl_compositor_create_surface(fixture->client->compositor);
	child->subsurface = wl_subcompositor_get_subsurface(
		fixture->client->subcompositor, child->surface, fixture->window.surface);
	wl_subsurface_set_position(child->subsurface, x, y);
	wl_subsurface_set_desync(child->subsurface);
	chain_create(fixture->client, child->surface, &child->chain);
	chain_configure(&child->chain, 60, 40, LEND_FORMAT_XRGB8888, 0, 2);
}

static void child_show(struct fixture *fixture, struct child *child, uint32_t colour)
{
	struct chain *chain = &child->chain;
	unsigned frames = child->frames;

	if (!chain->buffers[0].buffer)
		chain_take(chain);
	child->next = (child->next + 1) % chain->count;
	lent_buffer_fill(chain, child->next, colour);
	wl_surface_attach(child->surface, chain->buffers[child->next].buffer, 0, 0);
	wl_surface_damage_buffer(child->surface, 0, 0, 60, 40);
	wl_callback_add_listener(wl_surface_frame(child->surface), &callback_listener, child);
	wl_surface_commit(child->surface);
	wl_surface_commit(fixture->window.surface);
	pump_until(fixture->test, &child->frames, frames + 1);
}

static void child_destroy(struct child *child)
{
	chain_destroy(&child->chain);
	wl_subsurface_destroy(child->subsurface);
	wl_surface_destroy(child->surface);
}

static void a_plane_shows_what_is_above(void)
{
	struct fixture fixture;
	struct child child;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" OVERLAY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, GREEN);
	child_create(&fixture, &child, 30, 20);
	for (unsigned i = 0; i < 80 && child.chain.path != LEND_PATH_PLANE; i++)
		child_show(&fixture, &child, i % 2 ? RED : BLUE);
	assert_int_equal(child.chain.path, LEND_PATH_PLANE);
	uint64_t copied = output_copied(fixture.test->outputs[0]);
	child_show(&fixture, &child, BLUE);
	assert_shown(30, 20, 60, 40, BLUE);
	assert_shown(0, 0, 30, 20, GREEN);
	child_show(&fixture, &child, RED);
	assert_shown(30, 20, 60, 40, RED);
	assert_int_equal(output_copied(fixture.test->outputs[0]), copied);
	/* The window below is shown as it is, too. */
	assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
	child_destroy(&child);
	close_window(&fixture);
	finish(&fixture);
}

static void refused_planes_are_composited(void)
{
	struct fixture fixture;
	struct child child;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" OVERLAY "\n" MONITOR);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, GREEN);
	child_create(&fixture, &child, 30, 20);
	fake_drm_inject("drmModeAtomicCommit overlay -> ERANGE");
	for (unsigned i = 0; i < 80; i++) {
		child_show(&fixture, &child, i % 2 ? RED : BLUE);
		assert_shown(30, 20, 60, 40, i % 2 ? RED : BLUE);
		assert_int_not_equal(child.chain.path, LEND_PATH_PLANE);
	}
	child_destroy(&child);
	close_window(&fixture);
	finish(&fixture);
}

/* ---- modes and power ------------------------------------------------------------------------ */

#define THREE_MODES MONITOR " mode=800x600@75"

static struct lend_output_state describe(const struct fixture *fixture)
{
	struct lend_output_state state = {.size = sizeof(state)};

	assert_int_equal(lend_output_describe(fixture->test->outputs[0], &state), 0);
	return state;
}

static int set_mode(const struct fixture *fixture, uint32_t width, uint32_t height,
		    uint32_t refresh)
{
	struct lend_output_state state = describe(fixture);

	state.mode = (struct lend_output_mode){width, height, refresh, 0};
	return lend_output_configure(fixture->test->outputs[0], &state);
}

static int set_off(const struct fixture *fixture, int off)
{
	struct lend_output_state state = describe(fixture);

	state.off = off;
	return lend_output_configure(fixture->test->outputs[0], &state);
}

/* The display has another size now, with the window in the middle of it. */
static void assert_in_the_middle(const struct fixture *fixture, uint32_t width, uint32_t height,
				 uint32_t colour)
{
	uint32_t shown_width = 0, shown_height = 0;

	free(fake_drm_shown((size_t)fake_drm_crtc("Virtual-1"), &shown_width, &shown_height));
	assert_int_equal(shown_width, width);
	assert_int_equal(shown_height, height);
	assert_int_equal(describe(fixture).mode.width, width);
	assert_shown((int)(width - WIDTH) / 2, (int)(height - HEIGHT) / 2, WIDTH, HEIGHT, colour);
	if (width > WIDTH)
		assert_shown(0, 0, (int)(width - WIDTH) / 2, (int)height, 0xff000000);
}

/* The server has handed a frame over; the display takes it at its next vblank. */
static void await_in_the_middle(const struct fixture *fixture, uint32_t colour)
{
	bool there = false;

	for (int i = 0; i < 500 && !there; i++) {
		uint32_t width = 0, height = 0;
		uint32_t *pixels =
			fake_drm_shown((size_t)fake_drm_crtc("Virtual-1"), &width, &height);

		there = pixels && pixels[height / 2 * width + width / 2] == colour;
		free(pixels);
		if (!there)
			pump_once(fixture->test, 20);
	}
	assert_true(there);
}

static void modes_are_listed_and_set(void)
{
	struct fixture fixture;
	struct lend_output_mode mode;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" THREE_MODES);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	struct lend_output *output = fixture.test->outputs[0];
	assert_int_equal(lend_output_get_mode(output, 0, &mode), 0);
	assert_int_equal(mode.width, 320);
	assert_int_equal(mode.preferred, 1);
	assert_int_equal(lend_output_get_mode(output, 2, &mode), 0);
	assert_int_equal(mode.height, 600);
	assert_int_equal(mode.refresh / 100, 750);
	assert_int_equal(lend_output_get_mode(output, 3, &mode), -ENOENT);
	assert_int_equal(describe(&fixture).mode.preferred, 1);
	open_window(&fixture, 0, 2);
	show(&fixture, RED);
	show(&fixture, GREEN);
	assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
	assert_int_equal(set_mode(&fixture, 640, 480, 0), 0);
	assert_true(describe(&fixture).mode.refresh > 59000);
	assert_int_equal(describe(&fixture).mode.preferred, 0);
	await_in_the_middle(&fixture, GREEN);
	assert_in_the_middle(&fixture, 640, 480, GREEN);
	assert_int_equal(fixture.window.width, 640);
	show(&fixture, BLUE);
	assert_in_the_middle(&fixture, 640, 480, BLUE);
	assert_int_equal(set_mode(&fixture, 800, 600, 75000), 0);
	assert_int_equal(set_mode(&fixture, 320, 240, 60000), 0);
	show(&fixture, RED);
	show(&fixture, GREEN);
	assert_in_the_middle(&fixture, 320, 240, GREEN);
	assert_int_equal(fixture.chain.path, LEND_PATH_SCANOUT);
	close_window(&fixture);
	finish(&fixture);
}

static void a_mode_that_cannot_be_leaves_the_one_there_was(void)
{
	struct fixture fixture;
	char refusal[64];

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" THREE_MODES);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, RED);
	assert_int_equal(set_mode(&fixture, 123, 45, 0), -ENODATA);
	assert_non_null(strstr(lend_server_error(), "no mode 123x45: there are 320x240"));
	assert_int_equal(set_mode(&fixture, 640, 480, 99000), -ENODATA);
	show(&fixture, GREEN);
	assert_in_the_middle(&fixture, 320, 240, GREEN);
	/* One that is listed, but too much for the link. The first commit turns off what was. */
	snprintf(refusal, sizeof(refusal), "drmModeAtomicCommit nth=%zu -> ENOSPC",
		 fake_drm_calls("drmModeAtomicCommit") + 2);
	fake_drm_inject(refusal);
	assert_int_equal(set_mode(&fixture, 640, 480, 0), -ENOSPC);
	assert_non_null(strstr(lend_server_error(), "Virtual-1 cannot show 640x480"));
	show(&fixture, BLUE);
	assert_in_the_middle(&fixture, 320, 240, BLUE);
	assert_int_equal(set_mode(&fixture, 640, 480, 0), 0);
	show(&fixture, RED);
	assert_in_the_middle(&fixture, 640, 480, RED);
	close_window(&fixture);
	finish(&fixture);
}

static void a_display_is_dark_and_lit_again(void)
{
	struct fixture fixture;

	start(&fixture, "", "kms vblank=yes\n" PRIMARY "\n" THREE_MODES);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	show(&fixture, RED);
	show(&fixture, GREEN);
	unsigned frames = fixture.window.frames;
	window_commit(&fixture.window, fixture.chain.buffers[fixture.next].buffer);
	pump_once(fixture.test, 0);
	assert_int_equal(set_off(&fixture, 1), 0);
	pump(fixture.test);
	assert_int_equal(fake_drm_crtc("Virtual-1"), -1);
	size_t commits = fake_drm_calls("drmModeAtomicCommit");
	uint64_t shown = output_frames(fixture.test->outputs[0]);
	fixture.next = (fixture.next + 1) % 2;
	lent_buffer_fill(&fixture.chain, fixture.next, BLUE);
	window_commit(&fixture.window, fixture.chain.buffers[fixture.next].buffer);
	pump(fixture.test);
	assert_int_equal(fake_drm_calls("drmModeAtomicCommit"), commits);
	assert_int_equal(output_frames(fixture.test->outputs[0]), shown);
	/* What it is to be when it is lit again. */
	assert_int_equal(set_mode(&fixture, 123, 45, 0), -ENODATA);
	assert_int_equal(set_mode(&fixture, 640, 480, 0), 0);
	assert_int_equal(fake_drm_crtc("Virtual-1"), -1);
	assert_int_equal(set_off(&fixture, 0), 0);
	pump_until(fixture.test, &fixture.window.frames, frames + 2);
	assert_in_the_middle(&fixture, 640, 480, BLUE);
	close_window(&fixture);
	finish(&fixture);
}

/* What changes the display while its driver says that a frame is on it. */
static void a_driver_without_atomic_commits_does_it_too(void)
{
	struct fixture fixture;

	setenv("LEND_KMS_LEGACY", "1", 1);
	start(&fixture, "", "kms vblank=no\n" PRIMARY "\n" THREE_MODES);
	assert_int_equal(light(&fixture, (struct lend_kms_output_options){0}), 1);
	open_window(&fixture, 0, 2);
	for (unsigned i = 0; i < 3; i++) {
		show(&fixture, RED);
		assert_int_equal(set_mode(&fixture, 800, 600, 0), 0);
		show(&fixture, GREEN);
		assert_in_the_middle(&fixture, 800, 600, GREEN);
		assert_int_equal(set_off(&fixture, 1), 0);
		assert_int_equal(set_off(&fixture, 0), 0);
		show(&fixture, BLUE);
		assert_in_the_middle(&fixture, 800, 600, BLUE);
		assert_int_equal(set_mode(&fixture, 320, 240, 0), 0);
	}
	close_window(&fixture);
	finish(&fixture);
	unsetenv("LEND_KMS_LEGACY");
}

static const struct harness_test tests[] = {
	{"a_lent_frame_costs_one_commit", a_lent_frame_costs_one_commit},
	{"an_uploading_driver_is_told_what_each_buffer_lacks",
	 an_uploading_driver_is_told_what_each_buffer_lacks},
	{"drawing_in_a_front_buffer_is_seen_when_committed",
	 drawing_in_a_front_buffer_is_seen_when_committed},
	{"what_the_display_refuses_is_copied_in_the_same_frame",
	 what_the_display_refuses_is_copied_in_the_same_frame},
	{"memory_that_cannot_be_imported_is_copied", memory_that_cannot_be_imported_is_copied},
	{"memory_that_is_refused_is_given_up_for_cached_memory",
	 memory_that_is_refused_is_given_up_for_cached_memory},
	{"bad_wishes_have_words", bad_wishes_have_words},
	{"a_failure_that_passes_costs_nothing", a_failure_that_passes_costs_nothing},
	{"callbacks_come_once_a_refresh", callbacks_come_once_a_refresh},
	{"a_display_that_says_nothing_is_set_anew", a_display_that_says_nothing_is_set_anew},
	{"ordinary_clients_are_copied_where_they_changed",
	 ordinary_clients_are_copied_where_they_changed},
	{"an_idle_display_makes_no_calls", an_idle_display_makes_no_calls},
	{"a_plane_shows_what_is_above", a_plane_shows_what_is_above},
	{"refused_planes_are_composited", refused_planes_are_composited},
	{"modes_are_listed_and_set", modes_are_listed_and_set},
	{"a_mode_that_cannot_be_leaves_the_one_there_was",
	 a_mode_that_cannot_be_leaves_the_one_there_was},
	{"a_display_is_dark_and_lit_again", a_display_is_dark_and_lit_again},
	{"a_driver_without_atomic_commits_does_it_too",
	 a_driver_without_atomic_commits_does_it_too},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
