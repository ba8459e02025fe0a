/* SPDX-License-Identifier: MIT */
/* The way of pixels to the window: out of memory that the server maps too, the output's own or a
 * client's, else over the connection. */
#include "output/x11/x11.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct segment *find(const struct xwindow *window, const struct lend_buffer *memory)
{
	struct segment *segment;

	wl_list_for_each (segment, &window->segments, link)
		if (segment->memory == memory)
			return segment;
	return NULL;
}

/* MIT-SHM counts pixels in 16 bits and bytes in 32, and rows are padded to 4 bytes. */
static bool fits(uint64_t offset, uint32_t stride, uint32_t height, uint32_t cpp)
{
	return stride % 4 == 0 && stride % cpp == 0 && stride / cpp <= UINT16_MAX &&
	       offset + (uint64_t)stride * height <= UINT32_MAX;
}

const char *picture_refuses(struct xwindow *window, const struct buffer *buffer)
{
	const struct lend_format *format = lend_format_get(buffer->format);
	const struct segment *segment = find(window, buffer->memory);

	if (buffer->kind != LEND_MEMORY_MEMFD && buffer->kind != LEND_MEMORY_SHM)
		return "an X server reads ordinary memory only.";
	if (!window->x11.shm)
		return "the X server is on another machine or has no MIT-SHM.";
	if (!fits(0, buffer->stride, buffer->height, format->cpp[0]))
		return "an X server takes no rows of that length.";
	return segment && segment->refused ? "the X server could not map its memory." : NULL;
}

/* If the server cannot map it an error comes later. */
static void attach(struct xwindow *window, struct segment *segment, int fd)
{
	struct x11 *x11 = &window->x11;
	int own = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);

	segment->refused = own < 0;
	if (own < 0)
		return;
	segment->image.segment = xcb_generate_id(x11->xcb);
	segment->request = xcb_shm_attach_fd(x11->xcb, segment->image.segment, own, 1).sequence;
}

static struct segment *make(struct xwindow *window, struct lend_buffer *memory)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct segment *segment;

	if (lend_buffer_describe(memory, &info) < 0 || !(segment = calloc(1, sizeof(*segment))))
		return NULL;
	const struct lend_plane *plane = &info.planes[0];
	const struct lend_format *format = lend_format_get(info.format);
	segment->memory = memory;
	segment->image = (struct x11_image){
		.offset = plane->offset,
		.width = info.width,
		.height = info.height,
		.stride = plane->stride,
		.cpp = format->cpp[0],
	};
	wl_list_insert(&window->segments, &segment->link);
	if (window->x11.shm &&
	    fits(plane->offset, segment->image.stride, info.height, segment->image.cpp))
		attach(window, segment, plane->fd);
	else
		segment->refused = true;
	return segment;
}

int picture_allocate(struct lend_output *output, struct lend_buffer **memory)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = (uint32_t)output->width,
		.height = (uint32_t)output->height,
		.format = output->format,
	};
	struct segment *segment;

	int ret = lend_buffer_allocate(NULL, &options, memory, NULL);
	if (ret < 0)
		return ret;
	segment = make(output->backend_data, *memory);
	if (segment) {
		segment->own = true;
		return 0;
	}
	lend_buffer_destroy(*memory);
	*memory = NULL;
	return -ENOMEM;
}

static void put_over_connection(struct xwindow *window, const struct segment *segment,
				struct lend_buffer *memory, const struct lend_rect *rects, size_t n)
{
	struct x11_image image = segment->image;
	void *pixels = lend_buffer_plane(memory, 0);
	bool open = pixels != NULL;

	if (!open && lend_buffer_begin(memory, LEND_READ, &pixels) < 0) {
		server_log(window->output->server, LEND_LOG_ERROR, "%s: a frame cannot be read: %s",
			   window->output->name, lend_buffer_error());
		return;
	}
	image.pixels = pixels;
	for (size_t i = 0; i < n; i++)
		x11_put_pixels(&window->x11, &window->window, &image, &rects[i]);
	if (!open)
		lend_buffer_end(memory);
	x11_ask_done(&window->x11, window->window.id, 0, 0);
}

static void put(struct xwindow *window, struct lend_buffer *memory, const struct lend_rect *rects,
		size_t n)
{
	struct segment *segment = find(window, memory);

	if (!segment)
		segment = make(window, memory);
	if (!segment)
		return;
	if (segment->refused || !window->x11.shm)
		put_over_connection(window, segment, memory, rects, n);
	for (size_t i = 0; !segment->refused && window->x11.shm && i < n; i++)
		x11_put_segment(&window->x11, &window->window, &segment->image, &rects[i],
				i + 1 == n);
	pace_await(window);
	window->queued = true;
}

void picture_put(struct xwindow *window, struct lend_buffer *memory)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_rect rects[RECTS_MAX];

	if (xwindow_is_hidden(window) || lend_buffer_describe(memory, &info) < 0)
		return;
	pixman_region32_intersect_rect(&window->lacking, &window->lacking, 0, 0, info.width,
				       info.height);
	size_t n = region_list(&window->lacking, rects);
	pixman_region32_clear(&window->lacking);
	if (n > 0)
		put(window, memory, rects, n);
}

static void destroy(struct xwindow *window, struct segment *segment)
{
	if (segment->image.segment != 0)
		xcb_shm_detach(window->x11.xcb, segment->image.segment);
	if (segment->own)
		lend_buffer_destroy(segment->memory);
	window->queued = true;
	wl_list_remove(&segment->link);
	free(segment);
}

void picture_forget(struct lend_output *output, const struct lend_buffer *memory)
{
	struct xwindow *window = output->backend_data;
	struct segment *segment = find(window, memory);
	struct hush hush;

	if (!segment)
		return;
	hush_begin(&hush);
	destroy(window, segment);
	hush_end(&hush, window->x11.xcb);
}

void picture_finish(struct xwindow *window)
{
	struct segment *segment, *next;

	wl_list_for_each_safe (segment, next, &window->segments, link)
		destroy(window, segment);
	pixman_region32_fini(&window->lacking);
}

/* A client's memory that cannot be mapped is copied from then on; if it is anything else, or our
 * own memory, no other will do. */
void picture_refused(struct xwindow *window, const xcb_generic_error_t *error)
{
	struct lend_output *output = window->output;
	struct segment *segment, *found = NULL;

	wl_list_for_each (segment, &window->segments, link)
		if (segment->request == error->full_sequence ||
		    segment->image.segment == error->resource_id)
			found = segment;
	if (found && found->refused)
		return; /* what was put out of it before that was known */
	if (found)
		found->refused = true;
	if (!window->x11.shm)
		return;
	window->x11.shm = found && !found->own;
	server_log(output->server, LEND_LOG_WARNING,
		   "%s: the X server refuses shared memory (error %u of MIT-SHM's request %u)%s",
		   output->name, error->error_code, error->minor_code,
		   window->x11.shm ? "" : ": frames go over the connection");
	output_damage_all(output);
	output_schedule(output);
	pace_forget(window);
}
