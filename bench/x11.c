/* SPDX-License-Identifier: MIT */
/* Clients of an X server as they are measured, each frame drawn as soon as the server has handled
 * the one before: one of libframelend-client, and one by hand, with MIT-SHM and nothing that it
 * does not need. usage: x11 library|hand DISPLAY WIDTHxHEIGHT WIDTHxHEIGHT+X+Y FRAMES SERVER-PID */
#include "bench.h"

#include <framelend/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xcb/present.h>
#include <xcb/shm.h>
#include <xcb/xcb.h>

/* ---- by hand -------------------------------------------------------------------------------- */

struct hand {
	xcb_connection_t *xcb;
	xcb_screen_t *screen;
	xcb_window_t window;
	xcb_gcontext_t gc;
	xcb_shm_seg_t segment;
	bool paced;
	uint8_t awaited; /* the event after which the next frame is drawn */
	char *pixels;
};

static void hand_connect(struct hand *hand, const char *name)
{
	hand->xcb = xcb_connect(name, NULL);
	if (xcb_connection_has_error(hand->xcb))
		die("x11: cannot connect to %s", name);
	hand->screen = xcb_setup_roots_iterator(xcb_get_setup(hand->xcb)).data;
}

static void hand_create(struct hand *hand, const struct task *task)
{
	xcb_connection_t *xcb = hand->xcb;
	const xcb_query_extension_reply_t *shm = xcb_get_extension_data(xcb, &xcb_shm_id);
	if (!shm->present)
		die("x11: the server has no MIT-SHM");
	free(xcb_shm_query_version_reply(xcb, xcb_shm_query_version(xcb), NULL));
	hand->awaited = hand->paced ? XCB_GE_GENERIC : shm->first_event + XCB_SHM_COMPLETION;
	hand->window = xcb_generate_id(xcb);
	hand->gc = xcb_generate_id(xcb);
	hand->segment = xcb_generate_id(xcb);
	xcb_create_window(xcb, XCB_COPY_FROM_PARENT, hand->window, hand->screen->root, 0, 0,
			  (uint16_t)task->width, (uint16_t)task->height, 0,
			  XCB_WINDOW_CLASS_INPUT_OUTPUT, XCB_COPY_FROM_PARENT, 0, NULL);
	xcb_create_gc(xcb, hand->gc, hand->window, 0, NULL);
	if (hand->paced)
		xcb_present_select_input(xcb, xcb_generate_id(xcb), hand->window,
					 XCB_PRESENT_EVENT_MASK_COMPLETE_NOTIFY);
	xcb_map_window(xcb, hand->window);
	size_t size = (size_t)task->width * 4 * task->height;
	int fd = memfd_create("bench", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
		die("x11: no memory");
	hand->pixels = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (hand->pixels == MAP_FAILED)
		die("x11: no memory");
	xcb_shm_attach_fd(xcb, hand->segment, fd, 1);
}

static void hand_wait(const struct hand *hand)
{
	for (bool done = false; !done;) {
		xcb_generic_event_t *event = xcb_wait_for_event(hand->xcb);
		if (event == NULL || event->response_type == 0)
			die("x11: an error, or the connection is lost");
		done = (event->response_type & 0x7f) == hand->awaited;
		free(event);
	}
}

static void hand_frames(const struct hand *hand, const struct task *task, uint64_t first,
			uint64_t last)
{
	const struct lend_rect all = {0, 0, (int32_t)task->width, (int32_t)task->height};
	for (uint64_t number = first; number <= last; number++) {
		const struct lend_rect *rect = number == 1 ? &all : &task->damage;
		paint(hand->pixels, task->width * 4, rect, number);
		xcb_shm_put_image(hand->xcb, hand->window, hand->gc, (uint16_t)task->width,
				  (uint16_t)task->height, (uint16_t)rect->x, (uint16_t)rect->y,
				  (uint16_t)rect->width, (uint16_t)rect->height, (int16_t)rect->x,
				  (int16_t)rect->y, hand->screen->root_depth,
				  XCB_IMAGE_FORMAT_Z_PIXMAP, 1, hand->segment, 0);
		if (hand->paced)
			xcb_present_notify_msc(hand->xcb, hand->window, 0, 0, 1, 0);
		xcb_flush(hand->xcb);
		hand_wait(hand);
	}
}

/* What is on the screen. */
static uint64_t hand_hash(const struct hand *hand, const struct task *task)
{
	const struct lend_rect all = {0, 0, (int32_t)task->width, (int32_t)task->height};
	xcb_get_image_reply_t *image = xcb_get_image_reply(
		hand->xcb,
		xcb_get_image(hand->xcb, XCB_IMAGE_FORMAT_Z_PIXMAP, hand->screen->root, 0, 0,
			      (uint16_t)task->width, (uint16_t)task->height, ~0U),
		NULL);
	if (image == NULL)
		die("x11: the screen cannot be read");
	uint64_t hash = picture_hash(xcb_get_image_data(image), task->width * 4, &all);
	free(image);
	return hash;
}

static void run_by_hand(const struct task *task, bool paced)
{
	struct hand hand = {.paced = paced};
	struct meter meter;
	hand_connect(&hand, task->socket);
	hand_create(&hand, task);
	hand_frames(&hand, task, 1, WARM_UP);
	meter_start(&meter, task->server);
	hand_frames(&hand, task, WARM_UP + 1, WARM_UP + task->frames);
	meter_stop(&meter);
	meter_report(&meter, task->frames, hand_hash(&hand, task));
}

/* ---- by the library ------------------------------------------------------------------------- */

struct library {
	struct lend_client *client;
	struct lend_surface *surface;
	uint64_t presented; /* number of the last frame that was */
};

static void note_presented(void *data, struct lend_surface *surface, uint64_t number, uint64_t time,
			   uint32_t refresh)
{
	((struct library *)data)->presented = number;
}

static void library_frames(struct library *library, const struct task *task, uint32_t n)
{
	const struct lend_rect all = {0, 0, (int32_t)task->width, (int32_t)task->height};
	while (n-- > 0) {
		struct lend_frame frame;
		int result = lend_frame_begin(library->surface, &frame);
		if (result < 0)
			die("x11: %s", lend_client_error(library->client));
		const struct lend_rect *rect = frame.age == 0 ? &all : &task->damage;
		paint(frame.pixels, frame.stride, rect, frame.number);
		result = lend_frame_end(library->surface, rect, 1);
		while (result >= 0 && library->presented < frame.number)
			result = lend_client_dispatch(library->client, -1);
		if (result < 0)
			die("x11: %s", lend_client_error(library->client));
	}
}

static void run_library(const struct task *task, bool paced)
{
	struct library library = {.presented = 0};
	struct hand reader;
	struct meter meter;
	char display[64];
	snprintf(display, sizeof(display), "x11:%s", task->socket);
	const struct lend_client_options options = {.size = sizeof(options), .display = display};
	const struct lend_surface_events events = {.size = sizeof(events),
						   .presented = note_presented};
	const struct lend_surface_options surface_options = {.size = sizeof(surface_options),
							     .width = task->width,
							     .height = task->height,
							     .unpaced = !paced,
							     .events = &events,
							     .data = &library};
	if (lend_client_connect(&options, &library.client) < 0 ||
	    lend_surface_create(library.client, &surface_options, &library.surface) < 0)
		die("x11: %s", lend_client_error(library.client));
	library_frames(&library, task, WARM_UP);
	meter_start(&meter, task->server);
	library_frames(&library, task, task->frames);
	meter_stop(&meter);
	hand_connect(&reader, task->socket);
	meter_report(&meter, task->frames, hand_hash(&reader, task));
	lend_client_destroy(library.client);
}

int main(int argc, char **argv)
{
	struct task task;
	if (argc < 3)
		die("x11: library or hand, now or vblank?");
	bool paced = strcmp(argv[2], "vblank") == 0;
	task_read(&task, argv + 3);
	if (strcmp(argv[1], "library") == 0)
		run_library(&task, paced);
	else
		run_by_hand(&task, paced);
	return 0;
}
