/* SPDX-License-Identifier: MIT */
#include "screen_kms.h"

#include "protocol/harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include <drm_fourcc.h>

/* ---- files ---------------------------------------------------------------------------------- */

static bool is_driven_by(const char *path, const char *driver)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	drmVersion *version = fd < 0 ? NULL : drmGetVersion(fd);
	bool is = version && strcmp(version->name, driver) == 0;

	drmFreeVersion(version);
	if (fd >= 0)
		close(fd);
	return is;
}

bool screen_find_card(const char *driver, char *path, size_t size)
{
	for (int i = 0; i < 16; i++) {
		snprintf(path, size, "/dev/dri/card%d", i);
		if (is_driven_by(path, driver))
			return true;
	}
	return false;
}

static int find_own_master(const char *path)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	int found = -1;

	assert_non_null(directory);
	while (found < 0 && (entry = readdir(directory))) {
		char target[64] = "";
		int fd = atoi(entry->d_name);
		if (readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1) > 0 &&
		    strcmp(target, path) == 0 && drmIsMaster(fd))
			found = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	}
	closedir(directory);
	return found;
}

bool screen_is_master(const char *path)
{
	int fd = find_own_master(path);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int screen_borrow_master(const char *path)
{
	int fd = find_own_master(path);

	if (fd < 0)
		fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0 && !drmIsMaster(fd)) {
		close(fd);
		return -1;
	}
	drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
	drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1);
	drmSetClientCap(fd, DRM_CLIENT_CAP_WRITEBACK_CONNECTORS, 1);
	return fd;
}

/* ---- objects -------------------------------------------------------------------------------- */

/* The property's id; its value if that is asked for. 0: there is none of that name. */
static uint32_t find_property(int fd, uint32_t object, uint32_t type, const char *name,
			      uint64_t *value)
{
	drmModeObjectProperties *all = drmModeObjectGetProperties(fd, object, type);
	uint32_t found = 0;

	for (uint32_t i = 0; all && !found && i < all->count_props; i++) {
		drmModePropertyRes *property = drmModeGetProperty(fd, all->props[i]);
		if (property && strcmp(property->name, name) == 0) {
			found = property->prop_id;
			if (value)
				*value = all->prop_values[i];
		}
		drmModeFreeProperty(property);
	}
	drmModeFreeObjectProperties(all);
	return found;
}

/* Of the index-th connector. False: that is past the last. */
static bool name_connector(int fd, int index, char name[32], uint32_t *id)
{
	drmModeRes *resources = drmModeGetResources(fd);

	assert_non_null(resources);
	drmModeConnector *connector =
		index < resources->count_connectors
			? drmModeGetConnectorCurrent(fd, resources->connectors[index])
			: NULL;
	drmModeFreeResources(resources);
	if (!connector)
		return false;
	const char *type = drmModeGetConnectorTypeName(connector->connector_type);
	snprintf(name, 32, "%s-%u", type ? type : "Unknown", connector->connector_type_id);
	*id = connector->connector_id;
	drmModeFreeConnector(connector);
	return true;
}

static bool is_kind(const char *name, const char *kind)
{
	return strncmp(name, kind, strlen(kind)) == 0 && name[strlen(kind)] == '-';
}

unsigned screen_list_connectors(const char *path, const char *kind, char names[][32], unsigned size)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char name[32];
	unsigned n = 0;
	uint32_t id;

	assert_true(fd >= 0);
	for (int i = 0; n < size && name_connector(fd, i, name, &id); i++)
		if (is_kind(name, kind))
			strcpy(names[n++], name);
	close(fd);
	return n;
}

/* By its name, or any of the kind. */
static uint32_t find_connector(int fd, const char *wanted)
{
	char name[32];
	uint32_t id;

	for (int i = 0; name_connector(fd, i, name, &id); i++)
		if (strcmp(name, wanted) == 0 || is_kind(name, wanted))
			return id;
	return 0;
}

/* The CRTC that feeds the connector; NULL: none. */
static drmModeCrtc *get_crtc(int fd, const char *connector)
{
	uint32_t id = find_connector(fd, connector);
	uint64_t crtc = 0;

	assert_int_not_equal(id, 0);
	if (!find_property(fd, id, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", &crtc)) {
		drmModeConnector *current = drmModeGetConnectorCurrent(fd, id);
		drmModeEncoder *encoder =
			current ? drmModeGetEncoder(fd, current->encoder_id) : NULL;
		crtc = encoder ? encoder->crtc_id : 0;
		drmModeFreeEncoder(encoder);
		drmModeFreeConnector(current);
	}
	return crtc ? drmModeGetCrtc(fd, (uint32_t)crtc) : NULL;
}

/* ---- writing back --------------------------------------------------------------------------- */

struct target {
	uint32_t handle, pitch, id;
	uint64_t size;
	uint32_t *pixels;
};

static void map(int fd, struct target *target)
{
	uint64_t offset = 0;

	assert_int_equal(drmModeMapDumbBuffer(fd, target->handle, &offset), 0);
	target->pixels = mmap(NULL, target->size, PROT_READ, MAP_SHARED, fd, (off_t)offset);
	assert_ptr_not_equal(target->pixels, MAP_FAILED);
}

static void target_create(int fd, uint32_t width, uint32_t height, struct target *target)
{
	uint32_t handles[4] = {0}, pitches[4] = {0}, offsets[4] = {0};

	assert_int_equal(drmModeCreateDumbBuffer(fd, width, height, 32, 0, &target->handle,
						 &target->pitch, &target->size),
			 0);
	handles[0] = target->handle;
	pitches[0] = target->pitch;
	assert_int_equal(drmModeAddFB2(fd, width, height, DRM_FORMAT_XRGB8888, handles, pitches,
				       offsets, &target->id, 0),
			 0);
	map(fd, target);
}

static void target_destroy(int fd, struct target *target)
{
	munmap(target->pixels, target->size);
	drmModeRmFB(fd, target->id);
	drmModeDestroyDumbBuffer(fd, target->handle);
}

static void put(int fd, drmModeAtomicReq *request, uint32_t connector, const char *name,
		uint64_t value)
{
	uint32_t id = find_property(fd, connector, DRM_MODE_OBJECT_CONNECTOR, name, NULL);

	assert_int_not_equal(id, 0);
	assert_true(drmModeAtomicAddProperty(request, connector, id, value) > 0);
}

static void commit(int fd, drmModeAtomicReq *request)
{
	int ret = drmModeAtomicCommit(fd, request, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);

	drmModeAtomicFree(request);
	if (ret < 0)
		fail_msg("a writeback commit fails: %s", strerror(-ret));
}

static void write_into(int fd, uint32_t connector, uint32_t crtc, uint32_t framebuffer)
{
	drmModeAtomicReq *request = drmModeAtomicAlloc();
	int32_t fence = -1;

	put(fd, request, connector, "CRTC_ID", crtc);
	put(fd, request, connector, "WRITEBACK_FB_ID", framebuffer);
	put(fd, request, connector, "WRITEBACK_OUT_FENCE_PTR", (uint64_t)(uintptr_t)&fence);
	commit(fd, request);
	assert_true(fence >= 0);
	assert_int_equal(poll(&(struct pollfd){.fd = fence, .events = POLLIN}, 1, 10000), 1);
	close(fence);
	request = drmModeAtomicAlloc();
	put(fd, request, connector, "CRTC_ID", 0);
	commit(fd, request);
}

uint32_t *screen_write_back(int fd, const char *connector, uint32_t *width, uint32_t *height)
{
	drmModeCrtc *crtc = get_crtc(fd, connector);
	uint32_t writeback = find_connector(fd, "Writeback");
	struct target target;

	if (!crtc)
		return NULL;
	assert_int_not_equal(writeback, 0);
	*width = crtc->mode.hdisplay;
	*height = crtc->mode.vdisplay;
	target_create(fd, *width, *height, &target);
	write_into(fd, writeback, crtc->crtc_id, target.id);
	uint32_t *pixels = malloc((size_t)*width * *height * 4);
	assert_non_null(pixels);
	for (size_t y = 0; y < *height; y++)
		for (size_t x = 0; x < *width; x++)
			pixels[y * *width + x] =
				0xff000000 | target.pixels[y * target.pitch / 4 + x];
	target_destroy(fd, &target);
	drmModeFreeCrtc(crtc);
	return pixels;
}

/* ---- the cursor ----------------------------------------------------------------------------- */

static uint32_t mix(uint32_t below, uint32_t above)
{
	uint32_t left = 255 - (above >> 24), result = 0xff000000;

	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t part = (below >> shift & 0xff) * left + 128;
		result |= ((above >> shift & 0xff) + ((part + (part >> 8)) >> 8)) << shift;
	}
	return result;
}

static void lay_over(uint32_t *pixels, uint32_t width, uint32_t height, const drmModeFB2 *above,
		     const uint32_t *from, int32_t x, int32_t y)
{
	for (int32_t row = 0; row < (int32_t)above->height; row++)
		for (int32_t column = 0; column < (int32_t)above->width; column++) {
			int32_t to_x = x + column, to_y = y + row;
			if (to_x < 0 || to_y < 0 || to_x >= (int32_t)width ||
			    to_y >= (int32_t)height)
				continue;
			uint32_t *to = &pixels[(size_t)to_y * width + (size_t)to_x];
			*to = mix(*to, from[(size_t)row * above->pitches[0] / 4 + (size_t)column]);
		}
}

static void add_plane(int fd, const drmModePlane *plane, uint32_t *pixels, uint32_t width,
		      uint32_t height)
{
	uint64_t x = 0, y = 0;
	drmModeFB2 *framebuffer = drmModeGetFB2(fd, plane->fb_id);

	assert_non_null(framebuffer);
	find_property(fd, plane->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_X", &x);
	find_property(fd, plane->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_Y", &y);
	struct target target = {.handle = framebuffer->handles[0],
				.size = (uint64_t)framebuffer->pitches[0] * framebuffer->height};
	map(fd, &target);
	lay_over(pixels, width, height, framebuffer, target.pixels, (int32_t)(int64_t)x,
		 (int32_t)(int64_t)y);
	munmap(target.pixels, target.size);
	drmCloseBufferHandle(fd, target.handle);
	drmModeFreeFB2(framebuffer);
}

void screen_add_cursor(int fd, const char *connector, uint32_t *pixels, uint32_t width,
		       uint32_t height)
{
	drmModeCrtc *crtc = get_crtc(fd, connector);
	drmModePlaneRes *planes = crtc ? drmModeGetPlaneResources(fd) : NULL;

	for (uint32_t i = 0; planes && i < planes->count_planes; i++) {
		uint64_t type = DRM_PLANE_TYPE_PRIMARY;
		drmModePlane *plane = drmModeGetPlane(fd, planes->planes[i]);
		find_property(fd, planes->planes[i], DRM_MODE_OBJECT_PLANE, "type", &type);
		if (plane && type == DRM_PLANE_TYPE_CURSOR && plane->crtc_id == crtc->crtc_id &&
		    plane->fb_id)
			add_plane(fd, plane, pixels, width, height);
		drmModeFreePlane(plane);
	}
	drmModeFreePlaneResources(planes);
	drmModeFreeCrtc(crtc);
}
