/* SPDX-License-Identifier: MIT */
/*
 * wl_shm. Our own, since libwayland's never shows the pool's fd: here a pool is sealed against
 * shrinking where the file allows it and then mapped; where not, it is read by pread, so that a
 * client that truncates its file hurts its own picture and nothing else.
 */
#include "server/server.h"

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <wayland-server.h>

#include "buffer/fds.h"

#define UDMABUF_USUAL_LIMIT (UINT64_C(64) << 20)

struct pool {
	struct client *client;	      /* a reference */
	struct wl_resource *resource; /* NULL once the client destroyed it */
	int fd;
	int32_t size;
	bool sealed;
	unsigned references; /* its resource and its buffers */
};

/* ---- what the fd is ------------------------------------------------------------------------- */

static int seal(int fd, bool *sealed)
{
	enum fd_kind kind = fd_classify(fd);

	if (kind != FD_SHMEM && kind != FD_HUGE)
		return fail(-EBADF, "the fd is not shared memory: pass a memfd (memfd_create) or a "
				    "file from shm_open");
	*sealed = fd_secure(fd, kind) == 0;
	return 0;
}

static int check_size(int fd, int32_t size)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return fail(-errno, "cannot look at the fd: %s", strerror(errno));
	if (status.st_size < size)
		return fail(-EBADF,
			    "the fd holds %lld bytes, fewer than the %d it is to hold: "
			    "ftruncate it first",
			    (long long)status.st_size, size);
	return 0;
}

/* ---- buffers -------------------------------------------------------------------------------- */

static void pool_unreference(struct pool *pool)
{
	if (--pool->references > 0)
		return;
	close(pool->fd);
	quota_discharge(pool->client, &(struct charge){.fds = 1});
	client_unreference(pool->client);
	free(pool);
}

/* Maps a buffer of a sealed pool; the fd that the buffer keeps for it is charged now. */
static int open_mapped(struct buffer *buffer)
{
	const struct pool *pool = buffer->source_data;
	const struct charge charge = {.fds = 1};
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = buffer->width,
		.height = buffer->height,
		.format = buffer->format,
		.n_planes = 1,
		.planes[0] = {.fd = pool->fd,
			      .offset = (uint32_t)buffer->staged_offset,
			      .stride = buffer->stride},
		.memory = LEND_MEMORY_SHM,
		.caching = LEND_CACHING_CACHED,
	};

	int ret = quota_charge(buffer->client, &charge);
	if (ret < 0)
		return ret;
	ret = lend_buffer_import(&info, &buffer->memory);
	if (ret < 0) {
		quota_discharge(buffer->client, &charge);
		return fail(ret, "%s", lend_buffer_error());
	}
	buffer->charge.fds += 1;
	return 0;
}

static int open_buffer(struct buffer *buffer)
{
	const struct pool *pool = buffer->source_data;

	if (!buffer->staged)
		return open_mapped(buffer);
	buffer->staged_fd = pool->fd;
	return 0;
}

/* The dma-buf of whole pages that the buffer's pixels fill. -1 with errno. */
static int make_udmabuf(const struct buffer *buffer, uint64_t size)
{
	const struct pool *pool = buffer->source_data;
	struct udmabuf_create create = {
		.memfd = (uint32_t)pool->fd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = buffer->staged_offset,
		.size = size,
	};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);

	if (device < 0)
		return -1;
	int fd = ioctl(device, UDMABUF_CREATE, &create);
	int error = errno;
	close(device);
	errno = error;
	return fd;
}

static const char *explain_udmabuf(uint64_t size)
{
	switch (errno) {
	case ENOENT:
		return "the kernel has no udmabuf, which makes ordinary memory readable to it.";
	case EACCES:
	case EPERM: return "the server may not use /dev/udmabuf to make its memory readable to it.";
	case EINVAL:
		return size > UDMABUF_USUAL_LIMIT
			       ? "its memory exceeds what udmabuf takes (usually 64 MiB)."
			       : "udmabuf does not take its memory, which may be sealed against "
				 "writing.";
	default: return "udmabuf could not make its memory readable to the display.";
	}
}

/* From now on the buffer is the dma-buf; it has the same pages. */
static const char *adopt(struct buffer *buffer, int fd)
{
	struct lend_buffer *memory = NULL;
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = buffer->width,
		.height = buffer->height,
		.format = buffer->format,
		.n_planes = 1,
		.planes[0] = {.fd = fd, .stride = buffer->stride},
		.memory = LEND_MEMORY_UDMABUF,
		.caching = LEND_CACHING_CACHED,
	};

	if (lend_buffer_import(&info, &memory) < 0)
		return "there is no memory left to make its own readable to the display.";
	if (buffer->image)
		pixman_image_unref(buffer->image);
	buffer->image = NULL;
	outputs_forget(buffer->client->server, buffer->memory);
	lend_buffer_destroy(buffer->memory);
	buffer->memory = memory;
	buffer->kind = LEND_MEMORY_UDMABUF;
	return NULL;
}

/* Its pages stay where they are as long as the dma-buf lives: they are charged once more. */
static const char *share_buffer(struct buffer *buffer)
{
	const struct pool *pool = buffer->source_data;
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t size = ((uint64_t)buffer->stride * buffer->height + page - 1) & ~(page - 1);
	const struct charge charge = {.bytes = size};

	if (buffer->staged || buffer->staged_offset % page ||
	    buffer->staged_offset + size > (uint64_t)pool->size)
		return "its pixels do not fill whole pages of a sealed pool.";
	if (quota_charge(buffer->client, &charge) < 0)
		return "its client's quota does not allow for memory that stays in place.";
	int fd = make_udmabuf(buffer, size);
	const char *reason = fd < 0 ? explain_udmabuf(size) : adopt(buffer, fd);
	if (fd >= 0)
		close(fd);
	if (reason)
		quota_discharge(buffer->client, &charge);
	else
		buffer->charge.bytes += charge.bytes;
	return reason;
}

static void destroy_buffer(struct buffer *buffer)
{
	pool_unreference(buffer->source_data);
}

static const struct buffer_source shm_source = {
	.open = open_buffer,
	.share = share_buffer,
	.destroy = destroy_buffer,
};

/* ---- wl_shm_pool ---------------------------------------------------------------------------- */

/* wl_shm has two codes of its own; all others are DRM's. */
static uint32_t format_from_shm(uint32_t format)
{
	if (format == WL_SHM_FORMAT_ARGB8888)
		return LEND_FORMAT_ARGB8888;
	if (format == WL_SHM_FORMAT_XRGB8888)
		return LEND_FORMAT_XRGB8888;
	return format;
}

static uint32_t format_to_shm(uint32_t format)
{
	if (format == LEND_FORMAT_ARGB8888)
		return WL_SHM_FORMAT_ARGB8888;
	if (format == LEND_FORMAT_XRGB8888)
		return WL_SHM_FORMAT_XRGB8888;
	return format;
}

static bool check_buffer(struct wl_resource *resource, int32_t offset, int32_t width,
			 int32_t height, int32_t stride, uint32_t format)
{
	const struct pool *pool = wl_resource_get_user_data(resource);
	const struct lend_format *row = lend_format_get(format_from_shm(format));

	if (!row || !format_to_pixman(row->fourcc)) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FORMAT,
				       "wl_shm_pool.create_buffer: format 0x%08x is none of those "
				       "that wl_shm announced",
				       format);
		return false;
	}
	if (width <= 0 || height <= 0 || width > SIDE_MAX || height > SIDE_MAX) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE,
				       "wl_shm_pool.create_buffer: size %dx%d: each side must be 1 "
				       "to %d",
				       width, height, SIDE_MAX);
		return false;
	}
	if (stride < 0 || (uint32_t)stride < lend_format_stride(row, 0, (uint32_t)width)) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE,
				       "wl_shm_pool.create_buffer: stride %d is less than the %u "
				       "bytes of a row of %d pixels",
				       stride, lend_format_stride(row, 0, (uint32_t)width), width);
		return false;
	}
	if (offset < 0 || offset + (int64_t)stride * height > pool->size) {
		wl_resource_post_error(
			resource, WL_SHM_ERROR_INVALID_STRIDE,
			"wl_shm_pool.create_buffer: offset %d and %d rows of %d bytes "
			"do not fit in the pool's %d bytes",
			offset, height, stride, pool->size);
		return false;
	}
	return true;
}

static struct buffer *make_buffer(struct pool *pool, int32_t offset, int32_t width, int32_t height,
				  int32_t stride, uint32_t format)
{
	bool staged = !pool->sealed || stride % 4 != 0 || offset % 4 != 0;
	uint64_t size = (uint64_t)stride * (uint64_t)height;
	struct charge charge = {.buffers = 1, .bytes = staged ? 2 * size : size};

	if (quota_charge(pool->client, &charge) < 0) {
		client_post_no_memory(pool->client, "wl_shm_pool.create_buffer");
		return NULL;
	}
	struct buffer *buffer = buffer_create(pool->client, &shm_source, pool, &charge);
	if (!buffer) {
		wl_client_post_no_memory(pool->client->wl_client);
		return NULL;
	}
	pool->references++;
	buffer->width = (uint32_t)width;
	buffer->height = (uint32_t)height;
	buffer->stride = (uint32_t)stride;
	buffer->format = format_from_shm(format);
	buffer->kind = LEND_MEMORY_SHM;
	buffer->caching = LEND_CACHING_CACHED;
	buffer->staged = staged;
	buffer->staged_offset = (uint64_t)offset;
	return buffer;
}

static void handle_create_buffer(struct wl_client *wl_client, struct wl_resource *resource,
				 uint32_t id, int32_t offset, int32_t width, int32_t height,
				 int32_t stride, uint32_t format)
{
	struct pool *pool = wl_resource_get_user_data(resource);

	if (!check_buffer(resource, offset, width, height, stride, format))
		return;
	struct buffer *buffer = make_buffer(pool, offset, width, height, stride, format);
	if (!buffer)
		return;
	struct wl_resource *buffer_resource =
		wl_resource_create(wl_client, &wl_buffer_interface, 1, id);
	if (!buffer_resource) {
		buffer_drop(buffer);
		wl_client_post_no_memory(wl_client);
		return;
	}
	buffer_set_resource(buffer, buffer_resource);
	if (check_size(pool->fd, offset + stride * height) < 0)
		wl_resource_post_error(buffer_resource, WL_SHM_ERROR_INVALID_FD,
				       "wl_shm_pool.create_buffer: %s", fail_text());
}

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_resize(struct wl_client *client, struct wl_resource *resource, int32_t size)
{
	struct pool *pool = wl_resource_get_user_data(resource);

	if (size < pool->size) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FD,
				       "wl_shm_pool.resize: from %d to %d bytes: a pool can only "
				       "grow",
				       pool->size, size);
		return;
	}
	if (check_size(pool->fd, size) < 0) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FD, "wl_shm_pool.resize: %s",
				       fail_text());
		return;
	}
	pool->size = size;
}

static const struct wl_shm_pool_interface pool_interface = {
	.create_buffer = handle_create_buffer,
	.destroy = handle_destroy_request,
	.resize = handle_resize,
};

static void pool_handle_destroy(struct wl_resource *resource)
{
	struct pool *pool = wl_resource_get_user_data(resource);

	pool->resource = NULL;
	pool_unreference(pool);
}

/* ---- wl_shm --------------------------------------------------------------------------------- */

/* Takes the fd if it succeeds. NULL with fail_text(). */
static struct pool *make_pool(struct client *client, int fd, int32_t size, bool sealed)
{
	const struct charge charge = {.fds = 1};

	if (quota_charge(client, &charge) < 0)
		return NULL;
	struct pool *pool = calloc(1, sizeof(*pool));
	if (!pool) {
		quota_discharge(client, &charge);
		fail(-ENOMEM, "out of memory");
		return NULL;
	}
	pool->client = client_reference(client);
	pool->fd = fd;
	pool->size = size;
	pool->sealed = sealed;
	pool->references = 1;
	return pool;
}

static void handle_create_pool(struct wl_client *wl_client, struct wl_resource *resource,
			       uint32_t id, int fd, int32_t size)
{
	struct client *client = client_get(wl_client);
	bool sealed = false;

	if (size <= 0) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_STRIDE,
				       "wl_shm.create_pool: size %d must be positive", size);
		fds_close(&fd, 1);
		return;
	}
	if (seal(fd, &sealed) < 0) {
		wl_resource_post_error(resource, WL_SHM_ERROR_INVALID_FD, "wl_shm.create_pool: %s",
				       fail_text());
		fds_close(&fd, 1);
		return;
	}
	struct pool *pool = make_pool(client, fd, size, sealed);
	if (!pool) {
		client_post_no_memory(client, "wl_shm.create_pool");
		close(fd);
		return;
	}
	pool->resource = wl_resource_create(wl_client, &wl_shm_pool_interface, 1, id);
	if (!pool->resource) {
		pool_unreference(pool);
		wl_client_post_no_memory(wl_client);
		return;
	}
	wl_resource_set_implementation(pool->resource, &pool_interface, pool, pool_handle_destroy);
}

static const struct wl_shm_interface shm_interface = {.create_pool = handle_create_pool};

static void bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_shm_interface, (int)version, id);
	const struct lend_format *format;

	if (!resource) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &shm_interface, data, NULL);
	for (size_t i = 0; (format = lend_format_at(i)); i++)
		if (format_to_pixman(format->fourcc))
			wl_shm_send_format(resource, format_to_shm(format->fourcc));
}

static int create(struct lend_server *server)
{
	return wl_global_create(server->display, &wl_shm_interface, 1, server, bind) ? 0 : -ENOMEM;
}

const struct global global_shm = {.name = "wl_shm", .create = create};
