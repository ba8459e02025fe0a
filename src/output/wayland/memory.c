/* SPDX-License-Identifier: MIT */
/*
 * Buffers as the host knows them: once for each, kept as long as the buffer lives, and as long as
 * the host reads it. A client's buffer is locked meanwhile, so that it is not released too early.
 *
 * A host ends the whole connection of whoever hands it memory that it cannot map, so what a client
 * brings is looked at first.
 */
#include "output/wayland/wayland.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "buffer/fds.h"
#include "linux-dmabuf-v1-client-protocol.h"

/* ---- shared memory -------------------------------------------------------------------------- */

/* Why the host could not map it, now or soon; NULL: it can. */
static const char *check_shm(int fd, const struct lend_buffer_info *info, int64_t size)
{
	int seals = fcntl(fd, F_GET_SEALS), flags = fcntl(fd, F_GETFL);
	int64_t end = (int64_t)info->planes[0].stride * info->height + info->planes[0].offset;

	if (seals < 0 || flags < 0)
		return "the other server could not map its memory.";
	if ((flags & O_ACCMODE) != O_RDWR || seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return "the other server would map its memory for writing, which it does not allow.";
	/* Nothing that would forbid it may be added later. */
	if (!(seals & F_SEAL_SEAL) && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		return "its memory cannot be sealed, so the other server could not trust it.";
	if (size > INT32_MAX || end > size || info->planes[0].stride > INT32_MAX)
		return "its memory is not laid out as wl_shm wants it.";
	return NULL;
}

struct wl_buffer *shm_wrap(const struct host *host, int fd, const struct lend_buffer_info *info,
			   uint32_t format)
{
	int64_t end = (int64_t)info->planes[0].stride * info->height + info->planes[0].offset;
	struct wl_shm_pool *pool = wl_shm_create_pool(host->shm, fd, (int32_t)end);

	if (!pool)
		return NULL;
	struct wl_buffer *buffer = wl_shm_pool_create_buffer(
		pool, (int32_t)info->planes[0].offset, (int32_t)info->width, (int32_t)info->height,
		(int32_t)info->planes[0].stride, format);
	wl_shm_pool_destroy(pool);
	return buffer;
}

static void import_shm(struct picture *picture, const struct lend_buffer_info *info)
{
	int fd = info->planes[0].fd;
	struct stat status;

	picture->refusal = fstat(fd, &status) < 0 ? "its memory has gone."
						  : check_shm(fd, info, (int64_t)status.st_size);
	if (picture->refusal)
		return;
	picture->proxy = shm_wrap(&picture->window->host, fd, info, WL_SHM_FORMAT_XRGB8888);
	if (!picture->proxy)
		picture->refusal = "there is no memory left to tell the other server of it.";
}

/* ---- dma-bufs ------------------------------------------------------------------------------- */

static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format) {}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *dmabuf, uint32_t format,
			    uint32_t high, uint32_t low)
{
	struct window *window = data;

	if (format == LEND_FORMAT_XRGB8888 && ((uint64_t)high << 32 | low) == LEND_MODIFIER_LINEAR)
		window->host.takes_dmabuf = true;
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = handle_format,
	.modifier = handle_modifier,
};

void dmabuf_listen(struct window *window)
{
	zwp_linux_dmabuf_v1_add_listener(window->host.dmabuf, &dmabuf_listener, window);
}

static void listen_to_buffer(struct picture *picture);
static void picture_free(struct picture *picture);

static void end_params(struct picture *picture)
{
	zwp_linux_buffer_params_v1_destroy(picture->params);
	picture->params = NULL;
}

static void handle_created(void *data, struct zwp_linux_buffer_params_v1 *params,
			   struct wl_buffer *buffer)
{
	struct picture *picture = data;

	end_params(picture);
	picture->proxy = buffer;
	picture->refusal = NULL;
	if (!picture->memory) {
		picture_free(picture);
		return;
	}
	listen_to_buffer(picture);
	output_schedule(picture->window->output);
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	struct picture *picture = data;

	end_params(picture);
	picture->refusal = "the other server refused its memory (zwp_linux_dmabuf_v1).";
	if (!picture->memory)
		picture_free(picture);
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

/* A request that may fail without an error; until the answer comes it is copied. */
static void import_dmabuf(struct picture *picture, const struct lend_buffer_info *info)
{
	const struct host *host = &picture->window->host;

	if (!host->dmabuf || !host->takes_dmabuf) {
		picture->refusal = "the other server takes no dma-bufs that a CPU can draw in.";
		return;
	}
	if (info->modifier != LEND_MODIFIER_LINEAR || info->n_planes != 1) {
		picture->refusal = "its memory is not laid out in rows.";
		return;
	}
	picture->refusal = "the other server has not said yet whether it takes its memory.";
	picture->params = zwp_linux_dmabuf_v1_create_params(host->dmabuf);
	if (!picture->params)
		return;
	zwp_linux_buffer_params_v1_add_listener(picture->params, &params_listener, picture);
	zwp_linux_buffer_params_v1_add(picture->params, info->planes[0].fd, 0,
				       info->planes[0].offset, info->planes[0].stride, 0, 0);
	zwp_linux_buffer_params_v1_create(picture->params, (int32_t)info->width,
					  (int32_t)info->height, LEND_FORMAT_XRGB8888, 0);
}

/* ---- pictures ------------------------------------------------------------------------------- */

static struct picture *find(const struct window *window, const struct lend_buffer *memory)
{
	struct picture *picture;

	wl_list_for_each (picture, &window->pictures, link)
		if (picture->memory == memory)
			return picture;
	return NULL;
}

static void picture_free(struct picture *picture)
{
	if (picture->window->shown == picture)
		picture->window->shown = NULL;
	if (picture->params)
		zwp_linux_buffer_params_v1_destroy(picture->params);
	if (picture->proxy)
		wl_buffer_destroy(picture->proxy);
	wl_list_remove(&picture->link);
	lend_buffer_destroy(picture->own);
	free(picture);
}

/* Unlocking may be what the buffer's end waited for, and so the picture's. */
static void handle_release(void *data, struct wl_buffer *proxy)
{
	struct picture *picture = data;
	struct lend_output *output = picture->window->output;
	struct buffer *client = picture->client;
	bool own = picture->own != NULL;

	picture->busy = false;
	picture->client = NULL;
	if (!picture->memory)
		picture_free(picture);
	buffer_unlock(client);
	if (own)
		output_released(output);
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static void listen_to_buffer(struct picture *picture)
{
	wl_buffer_add_listener(picture->proxy, &buffer_listener, picture);
}

static void import(struct picture *picture)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(picture->memory, &info);
	enum fd_kind kind = info.planes[0].fd < 0 ? FD_OTHER : fd_classify(info.planes[0].fd);
	if (kind == FD_DMABUF)
		import_dmabuf(picture, &info);
	else if (kind == FD_SHMEM)
		import_shm(picture, &info);
	else
		picture->refusal = "its memory cannot be handed to another server.";
	if (picture->proxy)
		listen_to_buffer(picture);
}

struct picture *picture_get(struct window *window, const struct lend_buffer *memory)
{
	struct picture *picture = find(window, memory);

	if (picture)
		return picture;
	picture = calloc(1, sizeof(*picture));
	if (!picture)
		return NULL;
	picture->window = window;
	picture->memory = memory;
	wl_list_insert(&window->pictures, &picture->link);
	import(picture);
	return picture;
}

void picture_hold(struct picture *picture, struct buffer *client)
{
	if (client && !picture->client)
		picture->client = buffer_lock(client);
	picture->busy = true;
}

void pictures_finish(struct window *window)
{
	struct picture *picture, *next;
	struct buffer *client;

	wl_list_for_each_safe (picture, next, &window->pictures, link) {
		client = picture->client;
		picture_free(picture);
		buffer_unlock(client);
	}
}

/* ---- for the output ------------------------------------------------------------------------- */

int window_allocate(struct lend_output *output, struct lend_buffer **memory)
{
	struct window *window = output->backend_data;
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = (uint32_t)output->width,
		.height = (uint32_t)output->height,
		.format = output->format,
	};
	struct lend_buffer *own;

	int ret = lend_buffer_allocate(NULL, &options, &own, NULL);
	if (ret < 0)
		return fail(ret, "%s", lend_alloc_error());
	struct picture *picture = picture_get(window, own);
	if (!picture || !picture->proxy) {
		if (picture)
			picture_free(picture);
		lend_buffer_destroy(own);
		return fail(-ENOMEM, "the other server cannot be told of a buffer");
	}
	picture->own = own;
	*memory = own;
	return 0;
}

bool window_reads(const struct lend_output *output, const struct lend_buffer *memory)
{
	const struct picture *picture = find(output->backend_data, memory);

	return picture && picture->busy;
}

const char *window_refuses(struct lend_output *output, struct buffer *buffer, bool layer)
{
	struct window *window = output->backend_data;

	if (layer)
		return "a window has no overlay planes.";
	const struct picture *picture = picture_get(window, buffer->memory);
	if (!picture)
		return "there is no memory left to tell the other server of it.";
	return picture->refusal;
}

void window_forget(struct lend_output *output, const struct lend_buffer *memory)
{
	struct window *window = output->backend_data;
	struct picture *picture = find(window, memory);

	if (!picture)
		return;
	if (!picture->busy && !picture->params) {
		picture_free(picture);
		return;
	}
	/* The host has a map of its own. */
	lend_buffer_destroy(picture->own);
	picture->own = NULL;
	picture->memory = NULL;
}
