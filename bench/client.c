/* SPDX-License-Identifier: MIT */
/* A client of libframelend-client as it is measured: draws its damage and waits for the display. */
#include "bench.h"

#include <errno.h>
#include <framelend/client.h>

/* The next frame, which can be begun once the one before is on display. */
static void begin_frame(struct lend_client *client, struct lend_surface *surface,
			struct lend_frame *frame)
{
	int result = lend_frame_begin(surface, frame);
	while (result == -EAGAIN && (result = lend_client_dispatch(client, -1)) >= 0)
		result = lend_frame_begin(surface, frame);
	if (result < 0)
		die("client: %s", lend_client_error(client));
}

static void draw_frame(struct lend_client *client, struct lend_surface *surface,
		       const struct lend_frame *frame, const struct task *task)
{
	const struct lend_rect all = {0, 0, (int32_t)task->width, (int32_t)task->height};

	if (frame->width != task->width || frame->height != task->height)
		die("client: the display wants %ux%u", frame->width, frame->height);
	if (frame->age == 0)
		paint(frame->pixels, frame->stride, &all, 0);
	paint(frame->pixels, frame->stride, &task->damage, frame->number);
	if (lend_frame_end(surface, frame->age == 0 ? NULL : &task->damage, 1) < 0)
		die("client: %s", lend_client_error(client));
}

/* From one begun frame to the next; gives the last one drawn. */
static struct lend_frame draw_frames(struct lend_client *client, struct lend_surface *surface,
				     struct lend_frame *next, const struct task *task, uint32_t n)
{
	struct lend_frame drawn;

	for (uint32_t i = 0; i < n; i++) {
		drawn = *next;
		draw_frame(client, surface, &drawn, task);
		begin_frame(client, surface, next);
	}
	return drawn;
}

static uint64_t hash_frame(const struct lend_frame *frame)
{
	const struct lend_rect all = {0, 0, (int32_t)frame->width, (int32_t)frame->height};
	void *pixels;

	if (lend_buffer_begin(frame->buffer, LEND_READ, &pixels) < 0)
		die("client: %s", lend_buffer_error());
	uint64_t hash = picture_hash(pixels, frame->stride, &all);
	lend_buffer_end(frame->buffer);
	return hash;
}

int main(int argc, char **argv)
{
	struct lend_client *client;
	struct lend_surface *surface;
	struct lend_frame next;
	struct meter meter;
	struct task task;

	task_read(&task, argv + 1);
	const struct lend_client_options options = {.size = sizeof(options),
						    .display = task.socket};
	const struct lend_surface_options surface_options = {.size = sizeof(surface_options),
							     .width = task.width,
							     .height = task.height,
							     .title = "bench"};
	if (lend_client_connect(&options, &client) < 0 ||
	    lend_surface_create(client, &surface_options, &surface) < 0)
		die("client: %s", lend_client_error(client));
	begin_frame(client, surface, &next);
	draw_frames(client, surface, &next, &task, WARM_UP);
	meter_start(&meter, task.server);
	const struct lend_frame last = draw_frames(client, surface, &next, &task, task.frames);
	meter_stop(&meter);
	meter_report(&meter, task.frames, hash_frame(&last));
	wait_for_end(lend_client_fd(client));
	lend_client_destroy(client);
	return 0;
}
