/* SPDX-License-Identifier: MIT */
/* framelend_capture_v1: what an output shows, copied once for all who look. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 3

struct capture {
	struct client *client;
	struct framelend_capture_v1 *proxy;
	struct slot {
		int fd;
		uint32_t width, height, stride, format;
		const uint8_t *pixels;
	} slots[SLOTS];
	unsigned announced; /* buffer events */
	unsigned ready, failed, views;
	uint32_t transform, scale;
	uint32_t index, error;
	uint64_t sequence;
	struct lend_rect damage[128];
	unsigned n_damage; /* since the last ready */
	bool fresh;	   /* the next damage event begins a frame */
	char reason[256];
};

static void forget_slot(struct slot *slot)
{
	if (slot->pixels)
		munmap((void *)(uintptr_t)slot->pixels, (size_t)slot->stride * slot->height);
	if (slot->fd > 0)
		close(slot->fd);
	*slot = (struct slot){.fd = -1};
}

static void handle_buffer(void *data, struct framelend_capture_v1 *proxy, uint32_t index,
			  int32_t fd, uint32_t width, uint32_t height, uint32_t stride,
			  uint32_t format)
{
	struct capture *capture = data;

	assert_int_equal(index, capture->announced % SLOTS);
	capture->announced++;
	struct slot *slot = &capture->slots[index];
	forget_slot(slot);
	*slot = (struct slot){fd, width, height, stride, format, NULL};
	void *pixels = mmap(NULL, (size_t)stride * height, PROT_READ, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(pixels, MAP_FAILED);
	slot->pixels = pixels;
}

static void handle_damage(void *data, struct framelend_capture_v1 *proxy, int32_t x, int32_t y,
			  int32_t width, int32_t height)
{
	struct capture *capture = data;

	if (capture->fresh)
		capture->n_damage = 0;
	capture->fresh = false;
	assert_true(capture->n_damage < 128);
	capture->damage[capture->n_damage++] = (struct lend_rect){x, y, width, height};
}

static void handle_ready(void *data, struct framelend_capture_v1 *proxy, uint32_t index,
			 uint32_t sequence_hi, uint32_t sequence_lo, uint32_t sec_hi,
			 uint32_t sec_lo, uint32_t nsec)
{
	struct capture *capture = data;

	if (capture->fresh)
		capture->n_damage = 0;
	assert_true(index < SLOTS);
	assert_true(capture->announced >= SLOTS);
	assert_true(sec_lo > 0 && nsec < 1000000000);
	capture->index = index;
	capture->sequence = (uint64_t)sequence_hi << 32 | sequence_lo;
	capture->fresh = true;
	capture->ready++;
}

static void handle_failed(void *data, struct framelend_capture_v1 *proxy, uint32_t error,
			  const char *reason)
{
	struct capture *capture = data;

	capture->error = error;
	snprintf(capture->reason, sizeof(capture->reason), "%s", reason);
	capture->failed++;
}

static void handle_view(void *data, struct framelend_capture_v1 *proxy, uint32_t transform,
			uint32_t scale)
{
	struct capture *capture = data;

	capture->transform = transform;
	capture->scale = scale;
	capture->views++;
}

static const struct framelend_capture_v1_listener listener = {
	.buffer = handle_buffer,
	.damage = handle_damage,
	.ready = handle_ready,
	.failed = handle_failed,
	.view = handle_view,
};

static void capture_create(struct client *client, unsigned output, struct capture *capture)
{
	*capture = (struct capture){.client = client, .fresh = true};
	for (int i = 0; i < SLOTS; i++)
		capture->slots[i].fd = -1;
	capture->proxy =
		framelend_manager_v1_capture_output(client->manager, client->outputs[output]);
	framelend_capture_v1_add_listener(capture->proxy, &listener, capture);
}

static void capture_destroy(struct capture *capture)
{
	framelend_capture_v1_destroy(capture->proxy);
	for (int i = 0; i < SLOTS; i++)
		forget_slot(&capture->slots[i]);
}

static void capture_frame(struct capture *capture, uint32_t flags)
{
	unsigned before = capture->ready;

	framelend_capture_v1_frame(capture->proxy, flags);
	pump_until(capture->client->test, &capture->ready, before + 1);
}

static void capture_release(struct capture *capture)
{
	framelend_capture_v1_release(capture->proxy, capture->index);
}

/* The frame captured last is what the output shows, byte for byte. */
static void assert_captured(const struct capture *capture, struct lend_output *output)
{
	const struct slot *slot = &capture->slots[capture->index];
	struct picture picture;

	picture_take(output, &picture);
	assert_int_equal(slot->width, picture.width);
	assert_int_equal(slot->height, picture.height);
	for (uint32_t y = 0; y < picture.height; y++)
		assert_memory_equal(picture.pixels + (size_t)y * picture.width,
				    slot->pixels + (size_t)y * slot->stride,
				    (size_t)picture.width * 4);
	picture_finish(&picture);
}

/* A test with one window that shows a shm buffer of the output's size. */
struct fixture {
	struct test *test;
	struct client *client;
	struct window window;
	struct shm_buffer buffers[2];
	unsigned next;
	struct capture capture;
};

static void fixture_create(struct fixture *fixture, const struct test_options *options)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->test = test_create(options);
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
	for (int i = 0; i < 2; i++)
		shm_buffer_create(fixture->client, fixture->window.width, fixture->window.height,
				  WL_SHM_FORMAT_XRGB8888, &fixture->buffers[i]);
	capture_create(fixture->client, 0, &fixture->capture);
}

static void fixture_destroy(struct fixture *fixture)
{
	capture_destroy(&fixture->capture);
	for (int i = 0; i < 2; i++)
		shm_buffer_destroy(&fixture->buffers[i]);
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
}

/* Shows a frame that differs from the one before in the rectangle. */
static void draw(struct fixture *fixture, int x, int y, int width, int height, uint32_t colour)
{
	struct shm_buffer *from = &fixture->buffers[fixture->next];
	struct shm_buffer *to = &fixture->buffers[fixture->next ^= 1];
	unsigned frames = fixture->window.frames;

	memcpy(to->pixels, from->pixels, from->size);
	fill_rect(to->pixels, to->stride, x, y, width, height, colour);
	wl_surface_attach(fixture->window.surface, to->buffer, 0, 0);
	wl_surface_damage_buffer(fixture->window.surface, x, y, width, height);
	window_request_frame(&fixture->window);
	wl_surface_commit(fixture->window.surface);
	pump_until(fixture->test, &fixture->window.frames, frames + 1);
}

/* ---- frames --------------------------------------------------------------------------------- */

static void an_empty_output_is_captured(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct capture capture;

	capture_create(client, 0, &capture);
	capture_frame(&capture, 0);
	assert_int_equal(capture.slots[0].format, LEND_FORMAT_XRGB8888);
	assert_int_equal(capture.slots[0].width, 320);
	assert_int_equal(capture.slots[0].height, 240);
	assert_captured(&capture, test->outputs[0]);
	capture_destroy(&capture);
	test_destroy(test);
}

static void it_is_what_is_latched(const struct test_options *options)
{
	struct fixture fixture;

	fixture_create(&fixture, options);
	for (int i = 0; i < 20; i++) {
		draw(&fixture, i * 3, i * 2, 40, 30, 0xff102030 + (uint32_t)i * 0x050709);
		capture_frame(&fixture.capture, 0);
		assert_captured(&fixture.capture, fixture.test->outputs[0]);
		capture_release(&fixture.capture);
	}
	assert_int_equal(fixture.capture.announced, SLOTS);
	fixture_destroy(&fixture);
}

static void scanned_out_frames_are_captured(void)
{
	it_is_what_is_latched(NULL);
}

static void composed_frames_are_captured(void)
{
	it_is_what_is_latched(&(struct test_options){.layout = LEND_LAYOUT_TILE});
}

static void alpha_is_copied_but_not_announced(void)
{
	struct fixture fixture;
	struct shm_buffer argb;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_ARGB8888, &argb);
	shm_buffer_fill(&argb, 0x55aabbcc);
	struct wl_region *region = wl_compositor_create_region(fixture.client->compositor);
	wl_region_add(region, 0, 0, 320, 240);
	wl_surface_set_opaque_region(fixture.window.surface, region);
	wl_region_destroy(region);
	window_show(&fixture.window, argb.buffer);
	capture_frame(&fixture.capture, 0);
	const struct slot *slot = &fixture.capture.slots[fixture.capture.index];
	assert_int_equal(slot->format, LEND_FORMAT_XRGB8888);
	assert_int_equal(*(const uint32_t *)(const void *)slot->pixels, 0x55aabbcc);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	shm_buffer_destroy(&argb);
	fixture_destroy(&fixture);
}

static void other_formats_are_captured(void)
{
	struct test *test = test_create(
		&(struct test_options){.format = LEND_FORMAT_RGB565, .width = 33, .height = 7});
	struct client *client = client_create(test);
	struct capture capture;

	capture_create(client, 0, &capture);
	capture_frame(&capture, 0);
	assert_int_equal(capture.slots[0].format, LEND_FORMAT_RGB565);
	assert_true(capture.slots[0].stride >= 66);
	assert_int_equal(capture.slots[0].stride % 4, 0);
	capture_destroy(&capture);
	test_destroy(test);
}

/* ---- outputs that change -------------------------------------------------------------------- */

static void it_goes_on_in_another_size(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL);
	struct lend_output_state state = output_describe(fixture.test->outputs[0]);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	for (uint32_t i = 0; i < 10; i++) {
		capture_frame(&fixture.capture, FRAMELEND_CAPTURE_V1_FLAGS_CHANGED);
		assert_captured(&fixture.capture, fixture.test->outputs[0]);
		if (i % 2)
			capture_release(&fixture.capture);
		state.mode.width = 400 - 37 * i;
		state.mode.height = 100 + 51 * i;
		assert_int_equal(lend_output_configure(fixture.test->outputs[0], &state), 0);
		if (i % 3)
			pump(fixture.test);
	}
	/* Larger for a while, and nobody looked. */
	for (uint32_t i = 0; i < 4; i++) {
		state.mode.width += i % 2 ? -500u : 500;
		state.mode.height += i % 2 ? -400u : 400;
		assert_int_equal(lend_output_configure(fixture.test->outputs[0], &state), 0);
		pump(fixture.test);
	}
	capture_frame(&fixture.capture, 0);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	assert_int_equal(fixture.capture.slots[0].width, state.mode.width);
	assert_int_equal(fixture.capture.slots[0].height, state.mode.height);
	assert_true(fixture.capture.announced > 9 * SLOTS);
	fixture_destroy(&fixture);
}

static void it_says_how_pictures_are_to_be_seen(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL);
	struct lend_output_state state = output_describe(fixture.test->outputs[0]);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_frame(&fixture.capture, 0);
	capture_frame(&fixture.capture, 0);
	assert_int_equal(fixture.capture.views, 1);
	assert_int_equal(fixture.capture.transform, 0);
	assert_int_equal(fixture.capture.scale, 120);
	state.transform = LEND_TRANSFORM_FLIPPED_270;
	state.scale = 150;
	assert_int_equal(lend_output_configure(fixture.test->outputs[0], &state), 0);
	/* Not before there is a picture of that kind. */
	framelend_capture_v1_frame(fixture.capture.proxy, 0);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	capture_frame(&fixture.capture, 0);
	assert_int_equal(fixture.capture.views, 2);
	assert_int_equal(fixture.capture.transform, LEND_TRANSFORM_FLIPPED_270);
	assert_int_equal(fixture.capture.scale, 150);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	fixture_destroy(&fixture);
}

static void nothing_is_captured_while_it_is_off(void)
{
	struct fixture fixture;
	struct capture waiting;

	fixture_create(&fixture, NULL);
	struct lend_output_state state = output_describe(fixture.test->outputs[0]);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_create(fixture.client, 0, &waiting);
	capture_frame(&waiting, 0);
	framelend_capture_v1_frame(waiting.proxy, FRAMELEND_CAPTURE_V1_FLAGS_CHANGED);
	state.off = 1;
	assert_int_equal(lend_output_configure(fixture.test->outputs[0], &state), 0);
	framelend_capture_v1_frame(fixture.capture.proxy, 0);
	pump_until(fixture.test, &fixture.capture.failed, 1);
	assert_int_equal(fixture.capture.error, ENODATA);
	assert_non_null(strstr(fixture.capture.reason, "is off"));
	/* Who waits for a change gets it when it is lit again. */
	assert_int_equal(waiting.failed, 0);
	assert_int_equal(waiting.ready, 1);
	state.off = 0;
	assert_int_equal(lend_output_configure(fixture.test->outputs[0], &state), 0);
	pump_until(fixture.test, &waiting.ready, 2);
	assert_captured(&waiting, fixture.test->outputs[0]);
	capture_destroy(&waiting);
	fixture_destroy(&fixture);
}

/* ---- damage --------------------------------------------------------------------------------- */

static void damage_is_since_the_captures_own_frame(void)
{
	struct fixture fixture;
	struct capture other;

	fixture_create(&fixture, NULL);
	capture_create(fixture.client, 0, &other);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_frame(&fixture.capture, 0);
	assert_int_equal(fixture.capture.n_damage, 1);
	assert_int_equal(fixture.capture.damage[0].width, 320);
	assert_int_equal(fixture.capture.damage[0].height, 240);

	draw(&fixture, 10, 20, 30, 40, 0xff112233);
	capture_frame(&other, 0); /* its first: everything */
	assert_int_equal(other.n_damage, 1);
	assert_int_equal(other.damage[0].width, 320);
	draw(&fixture, 100, 20, 5, 6, 0xff445566);
	capture_frame(&other, 0);
	assert_int_equal(other.n_damage, 1);
	assert_int_equal(other.damage[0].x, 100);
	assert_int_equal(other.damage[0].y, 20);
	assert_int_equal(other.damage[0].width, 5);
	assert_int_equal(other.damage[0].height, 6);
	/* The first capture missed a frame; pixman splits the union in bands. */
	capture_frame(&fixture.capture, 0);
	int area = 0;
	for (unsigned i = 0; i < fixture.capture.n_damage; i++)
		area += fixture.capture.damage[i].width * fixture.capture.damage[i].height;
	assert_int_equal(area, 30 * 40 + 5 * 6);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	/* Nothing happened since. */
	capture_release(&fixture.capture);
	capture_frame(&fixture.capture, 0);
	assert_int_equal(fixture.capture.n_damage, 0);
	capture_destroy(&other);
	fixture_destroy(&fixture);
}

static void every_frame_is_complete_with_random_damage(void)
{
	struct fixture fixture;

	srand(1);
	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	int width = fixture.window.width, height = fixture.window.height;
	draw(&fixture, 0, 0, width, height, 0xff000000);
	for (int i = 0; i < 200; i++) {
		int x = rand() % width, y = rand() % height;
		draw(&fixture, x, y, 1 + rand() % (width - x), 1 + rand() % (height - y),
		     0xff000000 | (uint32_t)rand());
		if (rand() % 3)
			continue;
		capture_frame(&fixture.capture, 0);
		assert_captured(&fixture.capture, fixture.test->outputs[0]);
		if (rand() % 2)
			capture_release(&fixture.capture);
	}
	fixture_destroy(&fixture);
}

static void changed_waits_for_a_change(void)
{
	struct fixture fixture;
	const uint32_t changed = FRAMELEND_CAPTURE_V1_FLAGS_CHANGED;

	fixture_create(&fixture, NULL);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_frame(&fixture.capture, changed); /* its first frame comes at once */
	assert_int_equal(fixture.capture.n_damage, 1);
	framelend_capture_v1_frame(fixture.capture.proxy, changed);
	client_roundtrip(fixture.client);
	client_roundtrip(fixture.client);
	assert_int_equal(fixture.capture.ready, 1);
	/* A frame without damage is no change. */
	unsigned frames = fixture.window.frames;
	wl_surface_attach(fixture.window.surface, fixture.buffers[0].buffer, 0, 0);
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	pump_until(fixture.test, &fixture.window.frames, frames + 1);
	client_roundtrip(fixture.client);
	assert_int_equal(fixture.capture.ready, 1);

	draw(&fixture, 1, 2, 3, 4, 0xff00ff00);
	pump_until(fixture.test, &fixture.capture.ready, 2);
	assert_int_equal(fixture.capture.n_damage, 1);
	assert_int_equal(fixture.capture.damage[0].x, 1);
	assert_int_equal(fixture.capture.damage[0].height, 4);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	/* A change that came before the request counts. */
	draw(&fixture, 9, 9, 1, 1, 0xffff0000);
	capture_frame(&fixture.capture, changed);
	assert_int_equal(fixture.capture.damage[0].x, 9);
	fixture_destroy(&fixture);
}

/* ---- the pool ------------------------------------------------------------------------------- */

static void buffers_can_only_be_read(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_frame(&fixture.capture, 0);
	for (int i = 0; i < SLOTS; i++) {
		const struct slot *slot = &fixture.capture.slots[i];
		size_t size = (size_t)slot->stride * slot->height;
		void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, slot->fd, 0);
		assert_ptr_equal(map, MAP_FAILED);
		assert_int_equal(errno, EPERM);
		assert_int_equal(
			mprotect((void *)(uintptr_t)slot->pixels, size, PROT_READ | PROT_WRITE),
			-1);
		assert_int_equal(pwrite(slot->fd, "x", 1, 0), -1);
		assert_int_equal(errno, EPERM);
		assert_int_equal(ftruncate(slot->fd, 0), -1);
		char path[64];
		snprintf(path, sizeof(path), "/proc/self/fd/%d", slot->fd);
		int again = open(path, O_RDWR | O_CLOEXEC);
		if (again >= 0) { /* the seal is the file's, not the descriptor's */
			map = mmap(NULL, size, PROT_WRITE, MAP_SHARED, again, 0);
			assert_ptr_equal(map, MAP_FAILED);
			close(again);
		}
		int seals = fcntl(slot->fd, F_GET_SEALS);
		assert_true(seals & F_SEAL_FUTURE_WRITE && seals & F_SEAL_SHRINK &&
			    seals & F_SEAL_GROW && seals & F_SEAL_SEAL);
	}
	fixture_destroy(&fixture);
}

static ino_t slot_inode(const struct slot *slot)
{
	struct stat status;

	assert_int_equal(fstat(slot->fd, &status), 0);
	return status.st_ino;
}

static void captures_share_one_pool(void)
{
	struct fixture fixture;
	struct capture other;

	fixture_create(&fixture, NULL);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	int before = count_fds();
	capture_frame(&fixture.capture, 0);
	assert_int_equal(count_fds(), before + 2 * SLOTS); /* the server's and ours */
	capture_create(fixture.client, 0, &other);
	capture_frame(&other, 0);
	assert_int_equal(count_fds(), before + 3 * SLOTS);
	assert_int_equal(other.index, fixture.capture.index);
	for (int i = 0; i < SLOTS; i++)
		assert_int_equal(slot_inode(&other.slots[i]),
				 slot_inode(&fixture.capture.slots[i]));
	/* It goes with the last capture, and comes back with the next one. */
	capture_destroy(&other);
	capture_destroy(&fixture.capture);
	client_roundtrip(fixture.client);
	assert_int_equal(count_fds(), before);
	capture_create(fixture.client, 0, &fixture.capture);
	capture_frame(&fixture.capture, 0);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	fixture_destroy(&fixture);
}

static void held_frames_are_left_alone(void)
{
	struct fixture fixture;
	uint32_t colours[SLOTS];
	bool used[SLOTS] = {false};

	fixture_create(&fixture, NULL);
	/* One frame a slot, none released: within a refresh (16 ms here) none is overwritten. A
	 * slow machine may take longer for that, so only what was checked in time counts. */
	struct timespec start, end;
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (uint32_t i = 0; i < SLOTS; i++) {
		colours[i] = 0xff000000 | (i + 1) * 0x102030;
		draw(&fixture, 0, 0, 320, 240, colours[i]);
		capture_frame(&fixture.capture, 0);
		used[fixture.capture.index] = true;
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	int64_t ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	if (ms < 16)
		assert_true(used[0] && used[1] && used[2]);
	/* Nothing is free: the answer comes when the first hold is over, without a release. */
	draw(&fixture, 0, 0, 320, 240, 0xffabcdef);
	capture_frame(&fixture.capture, 0);
	assert_captured(&fixture.capture, fixture.test->outputs[0]);
	for (int i = 0; i < SLOTS + 1; i++) {
		draw(&fixture, i, 0, 3, 3, 0xff00ff00);
		capture_frame(&fixture.capture, 0);
		assert_captured(&fixture.capture, fixture.test->outputs[0]);
	}
	fixture_destroy(&fixture);
}

/* ---- misuse --------------------------------------------------------------------------------- */

static void requests_are_checked(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL);
	framelend_capture_v1_frame(fixture.capture.proxy, 2);
	expect_error(fixture.client, &framelend_capture_v1_interface,
		     FRAMELEND_CAPTURE_V1_ERROR_INVALID_FLAGS, "0x2");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	capture_frame(&fixture.capture, 0);
	framelend_capture_v1_frame(fixture.capture.proxy, FRAMELEND_CAPTURE_V1_FLAGS_CHANGED);
	framelend_capture_v1_frame(fixture.capture.proxy, 0);
	expect_error(fixture.client, &framelend_capture_v1_interface,
		     FRAMELEND_CAPTURE_V1_ERROR_FRAME_PENDING, "has not come");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	framelend_capture_v1_release(fixture.capture.proxy, 0);
	expect_error(fixture.client, &framelend_capture_v1_interface,
		     FRAMELEND_CAPTURE_V1_ERROR_NO_FRAME, "buffer 0");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	framelend_capture_v1_release(fixture.capture.proxy, UINT32_MAX);
	expect_error(fixture.client, &framelend_capture_v1_interface,
		     FRAMELEND_CAPTURE_V1_ERROR_NO_FRAME, "4294967295");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	capture_frame(&fixture.capture, 0);
	capture_release(&fixture.capture);
	expect_alive(fixture.client);
	capture_release(&fixture.capture);
	expect_error(fixture.client, &framelend_capture_v1_interface,
		     FRAMELEND_CAPTURE_V1_ERROR_NO_FRAME, "holds no frame");
	fixture_destroy(&fixture);
}

/* After `failed` whatever was sent meanwhile is ignored. */
static void assert_failed(struct capture *capture, uint32_t error, const char *words)
{
	pump_until(capture->client->test, &capture->failed, 1);
	assert_int_equal(capture->error, error);
	assert_non_null(strstr(capture->reason, words));
	framelend_capture_v1_frame(capture->proxy, 0);
	framelend_capture_v1_release(capture->proxy, 0);
	framelend_capture_v1_frame(capture->proxy, 0);
	expect_alive(capture->client);
	assert_int_equal(capture->failed, 1);
}

static void the_unprivileged_are_refused(void)
{
	struct test *test = test_create(&(struct test_options){.unprivileged = true});
	struct client *client = client_create(test);
	struct capture capture;

	capture_create(client, 0, &capture);
	assert_failed(&capture, EACCES, "user id");
	assert_int_equal(capture.ready, 0);
	capture_destroy(&capture);
	test_destroy(test);
}

static void it_fails_when_the_output_goes(void)
{
	struct fixture fixture;
	struct capture late;

	fixture_create(&fixture, NULL);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_frame(&fixture.capture, 0);
	framelend_capture_v1_frame(fixture.capture.proxy, FRAMELEND_CAPTURE_V1_FLAGS_CHANGED);
	client_roundtrip(fixture.client);
	lend_output_destroy(fixture.test->outputs[0]);
	assert_failed(&fixture.capture, ENODEV, "removed");
	capture_create(fixture.client, 0, &late); /* of a wl_output that is gone */
	assert_failed(&late, ENODEV, "removed");
	capture_destroy(&late);
	fixture_destroy(&fixture);
}

static void it_fails_without_descriptors(void)
{
	struct fixture fixture;
	struct rlimit limit, tight;

	fixture_create(&fixture, NULL);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	client_roundtrip(fixture.client);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = limit;
	tight.rlim_cur = (rlim_t)dup(0) + 2; /* room for one more */
	close((int)tight.rlim_cur - 2);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	framelend_capture_v1_frame(fixture.capture.proxy, 0);
	pump_until(fixture.test, &fixture.capture.failed, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(fixture.capture.error, EMFILE);
	assert_non_null(strstr(fixture.capture.reason, "memfd_create"));
	/* A new one works. */
	capture_destroy(&fixture.capture);
	capture_create(fixture.client, 0, &fixture.capture);
	capture_frame(&fixture.capture, 0);
	fixture_destroy(&fixture);
}

static void objects_go_in_any_order(void)
{
	struct fixture fixture;
	struct capture captures[3];

	fixture_create(&fixture, NULL);
	for (int i = 0; i < 3; i++) {
		capture_create(fixture.client, 0, &captures[i]);
		framelend_capture_v1_frame(captures[i].proxy, i % 2 ? 1 : 0);
	}
	framelend_manager_v1_destroy(fixture.client->manager);
	fixture.client->manager = NULL;
	capture_destroy(&captures[1]);
	wl_output_release(fixture.client->outputs[0]);
	fixture.client->n_outputs = 0;
	client_roundtrip(fixture.client);
	draw(&fixture, 0, 0, 320, 240, 0xff808080);
	capture_frame(&captures[0], 0);
	capture_destroy(&captures[0]);
	capture_destroy(&captures[2]);
	expect_alive(fixture.client);
	fixture_destroy(&fixture);
}

static void a_dead_consumer_costs_nobody(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL);
	struct client *client = client_create(fixture.test);
	struct capture capture;
	capture_create(client, 0, &capture);
	capture_frame(&capture, 0);
	framelend_capture_v1_frame(capture.proxy, FRAMELEND_CAPTURE_V1_FLAGS_CHANGED);
	client_roundtrip(client);
	for (int i = 0; i < SLOTS; i++)
		forget_slot(&capture.slots[i]);
	client_destroy(client);
	for (int i = 0; i < 5; i++) {
		draw(&fixture, i, i, 9, 9, 0xff00ff00);
		capture_frame(&fixture.capture, 0);
		capture_release(&fixture.capture);
	}
	fixture_destroy(&fixture);
}

static void nothing_is_copied_unasked(void)
{
	struct fixture fixture;

	fixture_create(&fixture, NULL);
	draw(&fixture, 0, 0, 320, 240, 0xff111111);
	capture_frame(&fixture.capture, 0);
	capture_release(&fixture.capture);
	uint32_t index = fixture.capture.index;
	uint64_t copied = output_copied(fixture.test->outputs[0]);
	for (int i = 0; i < 10; i++)
		draw(&fixture, 0, 0, 320, 240, 0xff222222);
	client_roundtrip(fixture.client);
	const struct slot *slot = &fixture.capture.slots[index];
	assert_int_equal(*(const uint32_t *)(const void *)slot->pixels & 0xffffff, 0x111111);
	assert_int_equal(fixture.capture.ready, 1);
	assert_int_equal(output_copied(fixture.test->outputs[0]), copied);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"an_empty_output_is_captured", an_empty_output_is_captured},
	{"scanned_out_frames_are_captured", scanned_out_frames_are_captured},
	{"composed_frames_are_captured", composed_frames_are_captured},
	{"alpha_is_copied_but_not_announced", alpha_is_copied_but_not_announced},
	{"other_formats_are_captured", other_formats_are_captured},
	{"it_goes_on_in_another_size", it_goes_on_in_another_size},
	{"it_says_how_pictures_are_to_be_seen", it_says_how_pictures_are_to_be_seen},
	{"nothing_is_captured_while_it_is_off", nothing_is_captured_while_it_is_off},
	{"damage_is_since_the_captures_own_frame", damage_is_since_the_captures_own_frame},
	{"every_frame_is_complete_with_random_damage", every_frame_is_complete_with_random_damage},
	{"changed_waits_for_a_change", changed_waits_for_a_change},
	{"buffers_can_only_be_read", buffers_can_only_be_read},
	{"captures_share_one_pool", captures_share_one_pool},
	{"held_frames_are_left_alone", held_frames_are_left_alone},
	{"requests_are_checked", requests_are_checked},
	{"the_unprivileged_are_refused", the_unprivileged_are_refused},
	{"it_fails_when_the_output_goes", it_fails_when_the_output_goes},
	{"it_fails_without_descriptors", it_fails_without_descriptors},
	{"objects_go_in_any_order", objects_go_in_any_order},
	{"a_dead_consumer_costs_nobody", a_dead_consumer_costs_nobody},
	{"nothing_is_copied_unasked", nothing_is_copied_unasked},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
