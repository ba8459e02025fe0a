/* SPDX-License-Identifier: MIT */
/* Buffers, in memory of our own that the X server maps too, and their way to the server. */
#include "client/x11/x11.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Rows that any importer of the memory can take. */
#define STRIDE_MULTIPLE 256

/* The memory of a generation, as the server knows it. */
struct segment {
	uint32_t id;
	bool attached;
	unsigned users; /* images, and who makes them */
};

/* A slot's part of it. */
struct image {
	struct segment *segment;
	uint32_t offset, stride;
	unsigned awaited; /* times that it was put and not done yet */
	uint64_t number;  /* of the frame, until it is done */
};

/* ---- making them ---------------------------------------------------------------------------- */

/* A memfd that can be neither shrunk nor grown, so that the server can trust it. */
static int allocate(size_t size)
{
	int fd = memfd_create("framelend-client", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		int error = -errno;
		close(fd);
		return error;
	}
	return fd;
}

static void leave(struct display *display, struct segment *segment)
{
	if (--segment->users > 0)
		return;
	if (segment->attached)
		xcb_shm_detach(display->x11.xcb, segment->id);
	display->queued = true;
	free(segment);
}

static int fill_slot(struct slot *slot, struct segment *segment, int fd, uint32_t offset,
		     uint32_t stride)
{
	const struct generation *generation = slot->generation;
	const struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = generation->width,
		.height = generation->height,
		.format = generation->surface->format->fourcc,
		.n_planes = 1,
		.modifier = LEND_MODIFIER_LINEAR,
		.planes[0] = {.fd = fd, .offset = offset, .stride = stride},
		.memory = LEND_MEMORY_MEMFD,
		.caching = LEND_CACHING_CACHED,
	};
	struct image *image = calloc(1, sizeof(*image));
	int result = image != NULL ? lend_buffer_import(&info, &slot->buffer) : -ENOMEM;
	if (result < 0) {
		free(image);
		return result;
	}
	*image = (struct image){.segment = segment, .offset = offset, .stride = stride};
	segment->users++;
	slot->handle = image;
	return 0;
}

static int fill_slots(struct generation *generation, struct segment *segment, int fd,
		      uint32_t stride)
{
	uint32_t size = stride * generation->height;
	int result = 0;
	for (uint32_t i = 0; i < generation->surface->count && result == 0; i++)
		result = fill_slot(&generation->slots[i], segment, fd, size * i, stride);
	return result;
}

/* If the server cannot map it, an error comes later: image_refused(). fd is taken. */
static void attach(struct window *window, struct segment *segment, int fd)
{
	struct display *display = window->display;
	segment->id = xcb_generate_id(display->x11.xcb);
	segment->attached = display->x11.shm && !window->converts;
	if (segment->attached)
		xcb_shm_attach_fd(display->x11.xcb, segment->id, fd, 1);
	else
		close(fd);
	display->queued = true;
}

static int fill_generation(struct generation *generation, struct window *window)
{
	const struct lend_surface *surface = generation->surface;
	uint32_t row = generation->width * surface->format->cpp[0];
	uint32_t stride = (row + STRIDE_MULTIPLE - 1) / STRIDE_MULTIPLE * STRIDE_MULTIPLE;
	uint64_t size = (uint64_t)stride * generation->height * surface->count;
	if (size > UINT32_MAX)
		return -EFBIG; /* MIT-SHM counts in 32 bits */
	struct segment *segment = calloc(1, sizeof(*segment));
	if (segment == NULL)
		return -ENOMEM;
	segment->users = 1;
	int fd = allocate((size_t)size);
	int result = fd < 0 ? fd : fill_slots(generation, segment, fd, stride);
	if (result == 0)
		attach(window, segment, fd);
	else if (fd >= 0)
		close(fd);
	leave(window->display, segment);
	return result;
}

static void request(struct window *window, uint32_t width, uint32_t height)
{
	struct lend_surface *surface = window->surface;
	struct generation *generation = generation_create(surface, 0, width, height);
	int result = generation != NULL ? fill_generation(generation, window) : -ENOMEM;
	generation_conclude(surface, generation, result,
			    "This program's own memory: an X server lends none.");
}

const struct source image_source = {.request = request};

void image_forget(struct slot *slot)
{
	struct image *image = slot->handle;
	leave(slot->generation->surface->client->display, image->segment);
	free(image);
}

/* ---- over the connection -------------------------------------------------------------------- */

/* A colour of 8 bits as one of the mask. */
static uint32_t fit(uint32_t value, uint32_t mask)
{
	int bits = __builtin_popcount(mask), shift = __builtin_ctz(mask);
	uint32_t fitted =
		bits <= 8 ? value >> (8 - bits) : value << (bits - 8) | value >> (16 - bits);
	return fitted << shift;
}

static uint32_t convert(const struct window *window, uint32_t value)
{
	const struct pixel *from = &window->own, *to = &window->pixel;
	return fit((value & from->red) >> __builtin_ctz(from->red), to->red) |
	       fit((value & from->green) >> __builtin_ctz(from->green), to->green) |
	       fit((value & from->blue) >> __builtin_ctz(from->blue), to->blue);
}

static uint8_t visual_cpp(const struct window *window)
{
	return window->pixel.depth > 16 ? 4 : 2;
}

static void convert_row(const void *data, void *to, const void *from, uint32_t width)
{
	const struct window *window = data;
	const uint32_t *pixels = from;
	for (uint32_t x = 0; x < width; x++)
		if (visual_cpp(window) == 2)
			((uint16_t *)to)[x] = (uint16_t)convert(window, pixels[x]);
		else
			((uint32_t *)to)[x] = convert(window, pixels[x]);
}

static struct x11_image describe(const struct window *window, const struct slot *slot)
{
	const struct generation *generation = slot->generation;
	const struct image *image = slot->handle;
	return (struct x11_image){
		.segment = image->segment->id,
		.offset = image->offset,
		.width = generation->width,
		.height = generation->height,
		.stride = image->stride,
		.cpp = generation->surface->format->cpp[0],
		.pack = window->converts ? convert_row : NULL,
		.data = window,
		.window_cpp = visual_cpp(window),
	};
}

static void send_pixels(struct window *window, struct slot *slot, const struct damage *damage)
{
	/* A front buffer may be open: it is shown while it is drawn in. */
	struct x11_image image = describe(window, slot);
	void *pixels = lend_buffer_plane(slot->buffer, 0);
	bool open = pixels != NULL;
	struct hush hush;
	int result = open ? 0 : lend_buffer_begin(slot->buffer, LEND_READ, &pixels);
	if (result < 0) {
		client_log(window->display->client, LEND_LOG_ERROR, "a frame cannot be read: %s",
			   lend_buffer_error());
		return;
	}
	image.pixels = pixels;
	hush_begin(&hush);
	for (size_t i = 0; i < damage->n; i++)
		x11_put_pixels(&window->display->x11, &window->x11, &image, &damage->rects[i]);
	hush_end(&hush, window->display->x11.xcb);
	if (!open)
		lend_buffer_end(slot->buffer);
}

/* ---- through shared memory ------------------------------------------------------------------ */

static void put_shared(struct window *window, const struct slot *slot, const struct damage *damage)
{
	const struct x11_image image = describe(window, slot);
	for (size_t i = 0; i < damage->n; i++)
		x11_put_segment(&window->display->x11, &window->x11, &image, &damage->rects[i],
				i + 1 == damage->n);
}

/* ---- both ----------------------------------------------------------------------------------- */

void image_put(struct window *window, struct slot *slot, const struct damage *damage,
	       uint64_t number)
{
	struct image *image = slot->handle;
	image->awaited++;
	if (number != 0)
		image->number = number;
	if (window->gone)
		return;
	if (image->segment->attached && window->display->x11.shm) {
		put_shared(window, slot, damage);
		if (damage->n > 0)
			return;
	} else {
		send_pixels(window, slot, damage);
	}
	x11_ask_done(&window->display->x11, window->x11.id, image->segment->id, image->offset);
}

static void finish(struct window *window, struct slot *slot)
{
	struct image *image = slot->handle;
	uint64_t number = image->number;
	image->awaited = 0;
	image->number = 0;
	window_show(window);
	if (number != 0)
		pace_done(window, number);
	if (slot->busy)
		slot_release(slot); /* which may be its end */
}

static struct slot *find_slot(const struct window *window, uint32_t segment, uint32_t offset)
{
	struct generation *generation = window->surface->generations;
	for (; generation != NULL; generation = generation->next) {
		for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
			struct slot *slot = &generation->slots[i];
			const struct image *image = slot->handle;
			if (image != NULL && image->segment->id == segment &&
			    image->offset == offset)
				return slot;
		}
	}
	return NULL;
}

void image_done(struct display *display, uint32_t segment, uint32_t offset)
{
	for (struct window *window = display->windows; window != NULL; window = window->next) {
		struct slot *slot = find_slot(window, segment, offset);
		if (slot == NULL)
			continue;
		struct image *image = slot->handle;
		if (image->awaited == 1)
			finish(window, slot);
		else if (image->awaited > 1)
			image->awaited--;
		return;
	}
}

static struct slot *find_awaited(const struct window *window)
{
	struct generation *generation = window->surface->generations;
	for (; generation != NULL; generation = generation->next) {
		for (size_t i = 0; i < SLOTS_MAXIMUM; i++) {
			const struct image *image = generation->slots[i].handle;
			if (image != NULL && image->awaited > 0)
				return &generation->slots[i];
		}
	}
	return NULL;
}

void image_release_all(struct window *window)
{
	struct slot *slot;
	while ((slot = find_awaited(window)) != NULL)
		finish(window, slot);
}

void image_refused(struct display *display, const xcb_generic_error_t *error)
{
	if (!display->x11.shm)
		return;
	display->x11.shm = false;
	client_log(
		display->client, LEND_LOG_WARNING,
		"the X server refuses shared memory (error %u of MIT-SHM's request %u): frames go "
		"over the connection",
		error->error_code, error->minor_code);
	for (struct window *window = display->windows; window != NULL; window = window->next) {
		image_release_all(window);
		damage_add(
			&window->exposed,
			(struct lend_rect){0, 0, (int32_t)window->width, (int32_t)window->height},
			SIZE_MAXIMUM, SIZE_MAXIMUM);
		window_repaint(window);
	}
}
