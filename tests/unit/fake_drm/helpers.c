/* SPDX-License-Identifier: MIT */
#include "helpers.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int card_open(const char *personality, const char *more)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s.txt", PERSONALITIES, personality);
	fake_drm_load(path);
	fake_drm_inject(more);
	int fd = open(CARD, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	assert_true(fd >= 0);
	if (drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0) {
		drmSetClientCap(fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);
		drmSetClientCap(fd, 6, 1);
	}
	assert_int_equal(drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1), 0);
	return fd;
}

/* ---- properties ---- */

static bool find_property(int fd, uint32_t object, const char *name, uint32_t *id, uint64_t *value)
{
	drmModeObjectProperties *properties =
		drmModeObjectGetProperties(fd, object, DRM_MODE_OBJECT_ANY);
	bool found = false;
	assert_non_null(properties);
	for (uint32_t i = 0; !found && i < properties->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, properties->props[i]);
		assert_non_null(property);
		found = strcmp(property->name, name) == 0;
		*id = properties->props[i];
		*value = properties->prop_values[i];
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(properties);
	return found;
}

uint32_t property_id(int fd, uint32_t object, const char *name)
{
	uint32_t id = 0;
	uint64_t value;
	return find_property(fd, object, name, &id, &value) ? id : 0;
}

uint64_t property_value(int fd, uint32_t object, const char *name)
{
	uint32_t id;
	uint64_t value = 0;
	assert_true(find_property(fd, object, name, &id, &value));
	return value;
}

/* ---- heads ---- */

static void find_planes(int fd, struct head *head, uint32_t crtc_bit)
{
	drmModePlaneRes *planes = drmModeGetPlaneResources(fd);
	assert_non_null(planes);
	for (uint32_t i = 0; i < planes->count_planes; i++) {
		drmModePlane *plane = drmModeGetPlane(fd, planes->planes[i]);
		assert_non_null(plane);
		const uint64_t type = property_value(fd, plane->plane_id, "type");
		uint32_t *place = type == DRM_PLANE_TYPE_PRIMARY  ? &head->primary
				  : type == DRM_PLANE_TYPE_CURSOR ? &head->cursor
								  : &head->overlay;
		if (plane->possible_crtcs & crtc_bit)
			*place = plane->plane_id;
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
}

struct head head_get(int fd, size_t n)
{
	struct head head = {0};
	drmModeRes *resources = drmModeGetResources(fd);
	assert_non_null(resources);
	const size_t index = n;
	for (int i = 0; i < resources->count_connectors; i++) {
		drmModeConnector *connector = drmModeGetConnector(fd, resources->connectors[i]);
		assert_non_null(connector);
		if (connector->connector_type == DRM_MODE_CONNECTOR_WRITEBACK)
			head.writeback = connector->connector_id;
		else if (connector->connection == DRM_MODE_CONNECTED && n-- == 0) {
			head.connector = connector->connector_id;
			head.mode = connector->modes[0];
		}
		drmModeFreeConnector(connector);
	}
	head.crtc = resources->crtcs[index];
	find_planes(fd, &head, 1U << index);
	drmModeFreeResources(resources);
	return head;
}

/* ---- pictures ---- */

void picture_fill(struct picture *picture, uint32_t colour)
{
	for (uint64_t i = 0; i < picture->size / 4; i++)
		picture->pixels[i] = colour;
}

struct picture picture_create(int fd, uint32_t width, uint32_t height, uint32_t format,
			      uint32_t colour)
{
	struct picture picture = {.width = width, .height = height};
	uint64_t offset;
	assert_int_equal(drmModeCreateDumbBuffer(fd, width, height, 32, 0, &picture.handle,
						 &picture.pitch, &picture.size),
			 0);
	int prime;
	if (drmPrimeHandleToFD(fd, picture.handle, DRM_RDWR | DRM_CLOEXEC, &prime) == 0)
		close(prime);
	assert_int_equal(drmModeMapDumbBuffer(fd, picture.handle, &offset), 0);
	assert_true(offset >= UINT64_C(1) << 32);
	picture.pixels =
		mmap(NULL, picture.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
	assert_ptr_not_equal(picture.pixels, MAP_FAILED);
	picture_fill(&picture, colour);
	const uint32_t handles[4] = {picture.handle}, pitches[4] = {picture.pitch};
	const uint32_t offsets[4] = {0};
	assert_int_equal(
		drmModeAddFB2(fd, width, height, format, handles, pitches, offsets, &picture.fb, 0),
		0);
	return picture;
}

void picture_destroy(int fd, struct picture *picture)
{
	assert_int_equal(munmap(picture->pixels, picture->size), 0);
	assert_int_equal(drmModeRmFB(fd, picture->fb), 0);
	assert_int_equal(drmModeDestroyDumbBuffer(fd, picture->handle), 0);
}

/* ---- requests ---- */

void set(drmModeAtomicReq *request, int fd, uint32_t object, const char *name, uint64_t value)
{
	const uint32_t id = property_id(fd, object, name);
	assert_int_not_equal(id, 0);
	assert_true(drmModeAtomicAddProperty(request, object, id, value) > 0);
}

void set_plane(drmModeAtomicReq *request, int fd, uint32_t plane, uint32_t crtc, uint32_t fb,
	       int32_t x, int32_t y, uint32_t width, uint32_t height)
{
	set(request, fd, plane, "FB_ID", fb);
	set(request, fd, plane, "CRTC_ID", crtc);
	set(request, fd, plane, "SRC_X", 0);
	set(request, fd, plane, "SRC_Y", 0);
	set(request, fd, plane, "SRC_W", (uint64_t)width << 16);
	set(request, fd, plane, "SRC_H", (uint64_t)height << 16);
	set(request, fd, plane, "CRTC_X", (uint64_t)(int64_t)x);
	set(request, fd, plane, "CRTC_Y", (uint64_t)(int64_t)y);
	set(request, fd, plane, "CRTC_W", width);
	set(request, fd, plane, "CRTC_H", height);
}

uint32_t clips_blob(int fd, const struct drm_mode_rect *clips, size_t n)
{
	uint32_t id = 0;
	assert_int_equal(drmModeCreatePropertyBlob(fd, clips, n * sizeof(*clips), &id), 0);
	return id;
}

void light(int fd, const struct head *head, const struct picture *picture)
{
	uint32_t mode;
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	assert_int_equal(drmModeCreatePropertyBlob(fd, &head->mode, sizeof(head->mode), &mode), 0);
	set(request, fd, head->crtc, "MODE_ID", mode);
	set(request, fd, head->crtc, "ACTIVE", 1);
	set(request, fd, head->connector, "CRTC_ID", head->crtc);
	set_plane(request, fd, head->primary, head->crtc, picture->fb, 0, 0, picture->width,
		  picture->height);
	assert_int_equal(drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL), 0);
	drmModeAtomicFree(request);
	assert_int_equal(drmModeDestroyPropertyBlob(fd, mode), 0);
}

/* ---- what came of it ---- */

uint32_t shown(size_t crtc, uint32_t x, uint32_t y)
{
	uint32_t width, height, *pixels = fake_drm_shown(crtc, &width, &height);
	if (!pixels)
		return 0;
	assert_true(x < width && y < height);
	const uint32_t pixel = pixels[(size_t)y * width + x];
	free(pixels);
	return pixel;
}

bool readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	return poll(&poll_fd, 1, 0) == 1;
}

static uintptr_t last_flip;

static void flipped(int fd, unsigned sequence, unsigned seconds, unsigned us, unsigned crtc,
		    void *data)
{
	last_flip = (uintptr_t)data;
}

uintptr_t handle_events(int fd)
{
	drmEventContext context = {.version = 3, .page_flip_handler2 = flipped};
	last_flip = 0;
	drmHandleEvent(fd, &context);
	return last_flip;
}
