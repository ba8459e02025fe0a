/* SPDX-License-Identifier: MIT */
#include "capture.h"

#include "cli.h"
#include "framelend-v1-client-protocol.h"
#include "remote.h"

#include <framelend/buffer.h>

#include <errno.h>
#include <pixman.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFERS_MAX 8

struct capture_buffer {
	int fd; /* -1: not announced */
	uint32_t width, height, stride, format;
};

struct capture {
	struct capture_buffer buffers[BUFFERS_MAX];
	uint32_t ready; /* the index of the buffer with the frame */
	uint32_t transform, scale;
	bool done;
	char *failure;
};

static void capture_buffer(void *data, struct framelend_capture_v1 *proxy, uint32_t index,
			   int32_t fd, uint32_t width, uint32_t height, uint32_t stride,
			   uint32_t format)
{
	struct capture *capture = data;
	if (index >= BUFFERS_MAX) {
		close(fd);
		return;
	}
	if (capture->buffers[index].fd >= 0)
		close(capture->buffers[index].fd);
	capture->buffers[index] = (struct capture_buffer){fd, width, height, stride, format};
}

static void capture_damage(void *data, struct framelend_capture_v1 *proxy, int32_t x, int32_t y,
			   int32_t width, int32_t height)
{
}

static void capture_ready(void *data, struct framelend_capture_v1 *proxy, uint32_t index,
			  uint32_t sequence_hi, uint32_t sequence_lo, uint32_t tv_sec_hi,
			  uint32_t tv_sec_lo, uint32_t tv_nsec)
{
	struct capture *capture = data;
	capture->ready = index;
	capture->done = true;
}

static void capture_failed(void *data, struct framelend_capture_v1 *proxy, uint32_t error,
			   const char *reason)
{
	struct capture *capture = data;
	free(capture->failure);
	capture->failure = strdup(reason);
	capture->done = true;
}

static void capture_view(void *data, struct framelend_capture_v1 *proxy, uint32_t transform,
			 uint32_t scale)
{
	struct capture *capture = data;
	capture->transform = transform;
	capture->scale = scale;
}

static const struct framelend_capture_v1_listener capture_listener = {
	.buffer = capture_buffer,
	.damage = capture_damage,
	.ready = capture_ready,
	.failed = capture_failed,
	.view = capture_view,
};

static pixman_format_code_t pixman_format(uint32_t format)
{
	switch (format) {
	case LEND_FORMAT_XRGB8888:
	case LEND_FORMAT_ARGB8888: return PIXMAN_x8r8g8b8;
	case LEND_FORMAT_XBGR8888:
	case LEND_FORMAT_ABGR8888: return PIXMAN_x8b8g8r8;
	case LEND_FORMAT_RGB565: return PIXMAN_r5g6b5;
	case LEND_FORMAT_BGR565: return PIXMAN_b5g6r5;
	case LEND_FORMAT_XRGB2101010:
	case LEND_FORMAT_ARGB2101010: return PIXMAN_x2r10g10b10;
	case LEND_FORMAT_XBGR2101010:
	case LEND_FORMAT_ABGR2101010: return PIXMAN_x2b10g10r10;
	default: return 0;
	}
}

/* From the upright picture's pixels to those of a display of that size with the transform. */
static void read_turned(pixman_image_t *source, uint32_t transform, int width, int height)
{
	/* Of the upright x and y, what goes into the display's x, and into its y. */
	static const int turned[8][4] = {
		{1, 0, 0, 1},  {0, 1, -1, 0}, {-1, 0, 0, -1}, {0, -1, 1, 0},
		{-1, 0, 0, 1}, {0, 1, 1, 0},  {1, 0, 0, -1},  {0, -1, -1, 0},
	};
	const int *m = turned[transform];
	struct pixman_transform matrix;
	pixman_transform_init_identity(&matrix);
	matrix.matrix[0][0] = pixman_int_to_fixed(m[0]);
	matrix.matrix[0][1] = pixman_int_to_fixed(m[1]);
	matrix.matrix[0][2] = pixman_int_to_fixed(m[0] + m[1] < 0 ? width : 0);
	matrix.matrix[1][0] = pixman_int_to_fixed(m[2]);
	matrix.matrix[1][1] = pixman_int_to_fixed(m[3]);
	matrix.matrix[1][2] = pixman_int_to_fixed(m[2] + m[3] < 0 ? height : 0);
	pixman_image_set_transform(source, &matrix);
}

static int convert(const struct capture_buffer *buffer, uint32_t transform, void *pixels,
		   cairo_surface_t *picture)
{
	pixman_format_code_t format = pixman_format(buffer->format);
	if (!format)
		return complain("the output has a format that cannot be saved (%08x)",
				buffer->format);
	int width = cairo_image_surface_get_width(picture);
	int height = cairo_image_surface_get_height(picture);
	pixman_image_t *source = pixman_image_create_bits(
		format, (int)buffer->width, (int)buffer->height, pixels, (int)buffer->stride);
	pixman_image_t *target = pixman_image_create_bits(
		PIXMAN_x8r8g8b8, width, height, (uint32_t *)cairo_image_surface_get_data(picture),
		cairo_image_surface_get_stride(picture));
	if (source && target) {
		read_turned(source, transform, (int)buffer->width, (int)buffer->height);
		pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, target, 0, 0, 0, 0, 0, 0,
					 width, height);
	}
	int status = source && target ? 0 : complain("out of memory");
	if (source)
		pixman_image_unref(source);
	if (target)
		pixman_image_unref(target);
	cairo_surface_mark_dirty(picture);
	return status;
}

/* The buffer's contents as a picture of our own. */
static int read_buffer(const struct capture_buffer *buffer, uint32_t transform,
		       cairo_surface_t **picture)
{
	bool quarter = transform & 1;
	struct stat stat;
	uint64_t size = (uint64_t)buffer->stride * buffer->height;
	if (fstat(buffer->fd, &stat) < 0 || size == 0 || (uint64_t)stat.st_size < size ||
	    buffer->width > 16384 || buffer->height > 16384 || transform > 7)
		return complain("the server announced a picture that its memory does not hold");
	void *pixels = mmap(NULL, size, PROT_READ, MAP_SHARED, buffer->fd, 0);
	if (pixels == MAP_FAILED)
		return complain("cannot map the picture: %s", strerror(errno));
	*picture = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
					      (int)(quarter ? buffer->height : buffer->width),
					      (int)(quarter ? buffer->width : buffer->height));
	int status = cairo_surface_status(*picture) ? complain("out of memory")
						    : convert(buffer, transform, pixels, *picture);
	munmap(pixels, size);
	if (status)
		cairo_surface_destroy(*picture);
	return status;
}

int capture_output(struct remote *remote, const struct remote_output *output,
		   cairo_surface_t **picture, double *scale)
{
	struct capture capture = {.scale = 120};
	for (int i = 0; i < BUFFERS_MAX; i++)
		capture.buffers[i].fd = -1;
	struct framelend_capture_v1 *proxy =
		framelend_manager_v1_capture_output(remote->manager, output->output);
	if (!proxy)
		return complain("out of memory");
	framelend_capture_v1_add_listener(proxy, &capture_listener, &capture);
	framelend_capture_v1_frame(proxy, 0);
	int status = remote_wait(remote, &capture.done);
	if (status == 0 && capture.failure)
		status = complain("%s cannot be captured: %s", output->name, capture.failure);
	else if (status == 0 &&
		 (capture.ready >= BUFFERS_MAX || capture.buffers[capture.ready].fd < 0))
		status = complain("the server named a buffer that it has not announced");
	else if (status == 0)
		status = read_buffer(&capture.buffers[capture.ready], capture.transform, picture);
	*scale = capture.scale > 0 ? capture.scale / 120.0 : 1;
	framelend_capture_v1_destroy(proxy);
	for (int i = 0; i < BUFFERS_MAX; i++)
		if (capture.buffers[i].fd >= 0)
			close(capture.buffers[i].fd);
	free(capture.failure);
	return status;
}
