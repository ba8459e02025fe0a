/* SPDX-License-Identifier: MIT */
#include "dmabufs.h"

#include <fake-drm.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static void handle_format(void *data, struct zwp_linux_dmabuf_v1 *global, uint32_t format)
{
	((struct dmabufs *)data)->formats++;
}

static void handle_modifier(void *data, struct zwp_linux_dmabuf_v1 *global, uint32_t format,
			    uint32_t hi, uint32_t lo)
{
	((struct dmabufs *)data)->modifiers++;
	assert_int_equal(hi, 0);
	assert_int_equal(lo, 0);
}

static const struct zwp_linux_dmabuf_v1_listener dmabuf_listener = {
	.format = handle_format,
	.modifier = handle_modifier,
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct dmabufs *dmabufs = data;

	if (strcmp(interface, "zwp_linux_dmabuf_v1") != 0)
		return;
	assert_int_equal(version, 4);
	dmabufs->global =
		wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface, dmabufs->version);
	zwp_linux_dmabuf_v1_add_listener(dmabufs->global, &dmabuf_listener, dmabufs);
}

static void handle_remove(void *data, struct wl_registry *registry, uint32_t name) {}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_remove,
};

void dmabufs_open(struct dmabufs *dmabufs, const char *lines, uint32_t version)
{
	memset(dmabufs, 0, sizeof(*dmabufs));
	dmabufs->version = version;
	fake_drm_load(PERSONALITIES "/vkms.txt");
	if (lines)
		fake_drm_inject(lines);
	if (lend_device_open("/dev/dri/card0", &dmabufs->device) < 0)
		fail_msg("lend_device_open: %s", lend_alloc_error());
	dmabufs->test = test_create(&(struct test_options){.device = dmabufs->device});
	dmabufs->client = client_create(dmabufs->test);
	struct wl_registry *registry = wl_display_get_registry(dmabufs->client->display);
	wl_registry_add_listener(registry, &registry_listener, dmabufs);
	client_roundtrip(dmabufs->client);
	wl_registry_destroy(registry);
	assert_non_null(dmabufs->global);
	client_roundtrip(dmabufs->client);
}

void dmabufs_close(struct dmabufs *dmabufs)
{
	zwp_linux_dmabuf_v1_destroy(dmabufs->global);
	client_destroy(dmabufs->client);
	test_destroy(dmabufs->test);
	lend_device_destroy(dmabufs->device);
	assert_int_equal(fake_drm_handles(), 0);
	assert_int_equal(fake_drm_accesses(), 0);
	fake_drm_unload();
}

static void handle_created(void *data, struct zwp_linux_buffer_params_v1 *params,
			   struct wl_buffer *buffer)
{
	struct dmabuf *dmabuf = data;

	dmabuf->created++;
	dmabuf->buffer = buffer;
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
	((struct dmabuf *)data)->failed++;
}

static const struct zwp_linux_buffer_params_v1_listener params_listener = {
	.created = handle_created,
	.failed = handle_failed,
};

static void handle_release(void *data, struct wl_buffer *buffer)
{
	++*(unsigned *)data;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

void dmabuf_listen(struct zwp_linux_buffer_params_v1 *params, struct dmabuf *dmabuf)
{
	zwp_linux_buffer_params_v1_add_listener(params, &params_listener, dmabuf);
}

void dmabuf_fill(struct dmabuf *dmabuf, uint32_t colour)
{
	fill_rect(dmabuf->pixels, (int32_t)dmabuf->stride, 0, 0, dmabuf->width, dmabuf->height,
		  colour);
}

void dmabuf_allocate(struct dmabuf *dmabuf, int32_t width, int32_t height, uint32_t colour)
{
	struct udmabuf_create create = {.flags = UDMABUF_FLAGS_CLOEXEC};
	int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int memfd = memfd_create("dmabuf", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	*dmabuf = (struct dmabuf){.width = width, .height = height, .stride = (uint32_t)width * 4};
	dmabuf->size = ((size_t)dmabuf->stride * (size_t)height + 4095) & ~(size_t)4095;
	assert_int_equal(ftruncate(memfd, (off_t)dmabuf->size), 0);
	assert_int_equal(fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK), 0);
	create.memfd = (uint32_t)memfd;
	create.size = dmabuf->size;
	dmabuf->fd = ioctl(device, UDMABUF_CREATE, &create);
	assert_true(dmabuf->fd >= 0);
	close(device);
	dmabuf->pixels = mmap(NULL, dmabuf->size, PROT_READ | PROT_WRITE, MAP_SHARED, memfd, 0);
	assert_ptr_not_equal(dmabuf->pixels, MAP_FAILED);
	close(memfd);
	dmabuf_fill(dmabuf, colour);
}

void dmabuf_create(struct dmabufs *dmabufs, struct dmabuf *dmabuf, int32_t width, int32_t height,
		   uint32_t colour)
{
	dmabuf_allocate(dmabuf, width, height, colour);
	struct zwp_linux_buffer_params_v1 *params =
		zwp_linux_dmabuf_v1_create_params(dmabufs->global);
	dmabuf_listen(params, dmabuf);
	zwp_linux_buffer_params_v1_add(params, dmabuf->fd, 0, 0, dmabuf->stride, 0, 0);
	zwp_linux_buffer_params_v1_create(params, width, height, LEND_FORMAT_XRGB8888, 0);
	client_roundtrip(dmabufs->client);
	if (!dmabuf->created)
		fail_msg("no buffer: %s", dmabufs->test->log);
	wl_buffer_add_listener(dmabuf->buffer, &buffer_listener, &dmabuf->released);
	zwp_linux_buffer_params_v1_destroy(params);
}

void dmabuf_destroy(struct dmabuf *dmabuf)
{
	if (dmabuf->buffer)
		wl_buffer_destroy(dmabuf->buffer);
	munmap(dmabuf->pixels, dmabuf->size);
	close(dmabuf->fd);
}
