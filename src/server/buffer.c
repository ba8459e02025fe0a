/* SPDX-License-Identifier: MIT */
/*
 * A client's buffer: locked by whoever needs its contents, released to the client exactly once a
 * commit, when the last lock goes.
 */
#include "server/server.h"

#include <stdlib.h>
#include <unistd.h>
#include <wayland-server.h>

#include "framelend-v1-server-protocol.h"

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

const struct wl_buffer_interface buffer_interface = {.destroy = handle_destroy_request};

struct buffer *buffer_create(struct client *client, const struct buffer_source *source, void *data,
			     const struct charge *charge)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));

	if (!buffer) {
		quota_discharge(client, charge);
		return NULL;
	}
	buffer->client = client_reference(client);
	buffer->source = source;
	buffer->source_data = data;
	buffer->charge = *charge;
	buffer->staged_fd = -1;
	wl_list_init(&buffer->releases);
	return buffer;
}

static void destroy(struct buffer *buffer)
{
	struct wl_resource *release, *next;

	wl_resource_for_each_safe(release, next, &buffer->releases) wl_resource_destroy(release);
	if (buffer->image)
		pixman_image_unref(buffer->image);
	if (buffer->memory)
		outputs_forget(buffer->client->server, buffer->memory);
	buffer->source->destroy(buffer);
	lend_buffer_destroy(buffer->memory);
	free(buffer->staging);
	quota_discharge(buffer->client, &buffer->charge);
	client_unreference(buffer->client);
	free(buffer);
}

static void destroy_if_unused(struct buffer *buffer)
{
	if (buffer->locks == 0 && !buffer->resource && !buffer->held)
		destroy(buffer);
}

static void handle_resource_destroy(struct wl_resource *resource)
{
	struct buffer *buffer = wl_resource_get_user_data(resource);

	buffer->resource = NULL;
	buffer->committed = false;
	destroy_if_unused(buffer);
}

void buffer_drop(struct buffer *buffer)
{
	buffer->held = false;
	destroy_if_unused(buffer);
}

void buffer_set_resource(struct buffer *buffer, struct wl_resource *resource)
{
	buffer->resource = resource;
	wl_resource_set_implementation(resource, &buffer_interface, buffer,
				       handle_resource_destroy);
}

struct buffer *buffer_from_resource(struct wl_resource *resource)
{
	if (!resource ||
	    !wl_resource_instance_of(resource, &wl_buffer_interface, &buffer_interface))
		return NULL;
	return wl_resource_get_user_data(resource);
}

struct buffer *buffer_lock(struct buffer *buffer)
{
	buffer->locks++;
	return buffer;
}

void release_list_send(struct wl_list *releases)
{
	struct wl_resource *resource, *next;

	wl_resource_for_each_safe(resource, next, releases)
	{
		framelend_release_v1_send_immediate(resource);
		wl_resource_destroy(resource);
	}
}

void buffer_unlock(struct buffer *buffer)
{
	if (!buffer || --buffer->locks > 0)
		return;
	release_list_send(&buffer->releases);
	if (buffer->committed && !buffer->front && buffer->resource)
		wl_buffer_send_release(buffer->resource);
	buffer->committed = false;
	destroy_if_unused(buffer);
}

int buffer_open(struct buffer *buffer)
{
	if (buffer->opened)
		return 0;
	int ret = buffer->source->open(buffer);
	buffer->opened = ret == 0;
	return ret;
}

const char *buffer_share(struct buffer *buffer)
{
	if (buffer->kind != LEND_MEMORY_SHM || !buffer->source->share)
		return NULL;
	if (!buffer->share_tried)
		buffer->unshared = buffer->source->share(buffer);
	buffer->share_tried = true;
	return buffer->unshared;
}

/* Reads the region's rows from a file that may shrink at any time; what is missing is black. */
static void fill_staging(struct buffer *buffer, const pixman_region32_t *region)
{
	uint32_t cpp = lend_format_get(buffer->format)->cpp[0];
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);
	uint32_t staging_stride = (uint32_t)pixman_image_get_stride(buffer->image);

	for (int i = 0; i < n; i++) {
		size_t length = (size_t)(boxes[i].x2 - boxes[i].x1) * cpp;
		for (int32_t y = boxes[i].y1; y < boxes[i].y2; y++) {
			size_t column = (size_t)boxes[i].x1 * cpp;
			char *to = (char *)buffer->staging + (size_t)y * staging_stride + column;
			uint64_t from =
				buffer->staged_offset + (uint64_t)y * buffer->stride + column;
			ssize_t got = pread(buffer->staged_fd, to, length, (off_t)from);
			if (got < (ssize_t)length)
				memset(to + (got < 0 ? 0 : got), 0,
				       length - (size_t)(got < 0 ? 0 : got));
		}
	}
}

/* Staging memory, allocated at first use, is as large as the image with whole words to a row. */
static bool make_staging(struct buffer *buffer)
{
	uint32_t cpp = lend_format_get(buffer->format)->cpp[0];
	size_t stride = ((size_t)buffer->width * cpp + 3) & ~(size_t)3;

	buffer->staging = calloc(buffer->height, stride);
	if (!buffer->staging)
		return false;
	buffer->image = pixman_image_create_bits_no_clear(format_to_pixman(buffer->format),
							  (int)buffer->width, (int)buffer->height,
							  buffer->staging, (int)stride);
	return buffer->image != NULL;
}

static bool map_image(struct buffer *buffer, void *pixels)
{
	if (!buffer->image)
		buffer->image = pixman_image_create_bits_no_clear(
			format_to_pixman(buffer->format), (int)buffer->width, (int)buffer->height,
			pixels, (int)buffer->stride);
	return buffer->image != NULL;
}

pixman_image_t *buffer_begin_read(struct buffer *buffer, const pixman_region32_t *region)
{
	void *pixels;

	if (buffer->staged) {
		if (!buffer->image && !make_staging(buffer))
			return NULL;
		if (buffer->staged_fd >= 0)
			fill_staging(buffer, region);
		return buffer->image;
	}
	if (buffer->unreadable)
		return NULL;
	/* The bracket would wait for a fence that the client has added by now. */
	buffer->bracketed = fence_of_buffer(buffer) < 0;
	if (!buffer->bracketed)
		return buffer->image;
	if (lend_buffer_begin(buffer->memory, LEND_READ, &pixels) < 0)
		return NULL;
	if (!map_image(buffer, pixels)) {
		lend_buffer_end(buffer->memory);
		return NULL;
	}
	return buffer->image;
}

void buffer_end_read(struct buffer *buffer)
{
	if (!buffer->staged && buffer->bracketed)
		lend_buffer_end(buffer->memory);
}

pixman_format_code_t format_to_pixman(uint32_t fourcc)
{
	static const struct {
		uint32_t fourcc;
		pixman_format_code_t pixman;
	} table[] = {
		{LEND_FORMAT_XRGB8888, PIXMAN_x8r8g8b8},
		{LEND_FORMAT_ARGB8888, PIXMAN_a8r8g8b8},
		{LEND_FORMAT_XBGR8888, PIXMAN_x8b8g8r8},
		{LEND_FORMAT_ABGR8888, PIXMAN_a8b8g8r8},
		{LEND_FORMAT_RGB565, PIXMAN_r5g6b5},
		{LEND_FORMAT_BGR565, PIXMAN_b5g6r5},
		{LEND_FORMAT_XRGB2101010, PIXMAN_x2r10g10b10},
		{LEND_FORMAT_ARGB2101010, PIXMAN_a2r10g10b10},
		{LEND_FORMAT_XBGR2101010, PIXMAN_x2b10g10r10},
		{LEND_FORMAT_ABGR2101010, PIXMAN_a2b10g10r10},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (table[i].fourcc == fourcc)
			return table[i].pixman;
	return (pixman_format_code_t)0;
}
