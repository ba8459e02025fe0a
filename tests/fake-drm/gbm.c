/* SPDX-License-Identifier: MIT */
/*
 * A test double of Mesa's libgbm.so.1, for whoever loads it on demand: put its folder first in
 * LD_LIBRARY_PATH. Its memory is the dumb buffers of the device. LEND_FAKE_GBM, read at each call,
 * holds words that say how it behaves:
 *
 *   no-device   there is no driver for the device (ENODEV)
 *   no-bo       it makes no memory (ENOMEM)
 *   no-map      the CPU gets no view of it (EACCES)
 *   modifiers   it knows modifiers, and takes the last one asked for; else ENOSYS, as kms_swrast
 *   two-planes  each buffer has a second plane, in the same object
 *   apart       likewise, in an object of its own
 *   five-planes more than DRM has
 */
#include <errno.h>
#include <gbm.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define FAKE_EXPORT __attribute__((visibility("default")))

/* Rows of what is not LINEAR are multiples of so many pixels. */
enum { TILE = 128 };

#define LINEAR	UINT64_C(0)
#define INVALID UINT64_C(0x00ffffffffffffff)

struct gbm_device {
	int fd;
};

struct gbm_bo {
	struct gbm_device *gbm;
	uint32_t handles[2], stride, height;
	uint64_t size, modifier;
	int planes;
};

static bool told(const char *word)
{
	const char *words = getenv("LEND_FAKE_GBM");
	const size_t length = strlen(word);

	for (; words && *words; words += strcspn(words, " "), words += strspn(words, " "))
		if (strcspn(words, " ") == length && strncmp(words, word, length) == 0)
			return true;
	return false;
}

FAKE_EXPORT struct gbm_device *gbm_create_device(int fd)
{
	errno = ENODEV;
	struct gbm_device *gbm = told("no-device") ? NULL : calloc(1, sizeof(*gbm));
	if (gbm)
		gbm->fd = fd;
	return gbm;
}

FAKE_EXPORT void gbm_device_destroy(struct gbm_device *gbm)
{
	free(gbm);
}

FAKE_EXPORT void gbm_bo_destroy(struct gbm_bo *bo)
{
	for (size_t i = 0; i < 2; i++)
		if (bo->handles[i])
			drmModeDestroyDumbBuffer(bo->gbm->fd, bo->handles[i]);
	free(bo);
}

static bool add_object(struct gbm_bo *bo, size_t index, uint32_t width, uint32_t height)
{
	const int result = drmModeCreateDumbBuffer(bo->gbm->fd, width, height, 32, 0,
						   &bo->handles[index], &bo->stride, &bo->size);
	errno = result < 0 ? -result : 0;
	return result == 0;
}

static struct gbm_bo *create(struct gbm_device *gbm, uint32_t width, uint32_t height,
			     uint64_t modifier)
{
	const uint32_t row = modifier == LINEAR ? width : (width + TILE - 1) / TILE * TILE;

	errno = ENOMEM;
	struct gbm_bo *bo = told("no-bo") ? NULL : calloc(1, sizeof(*bo));
	if (!bo)
		return NULL;
	bo->gbm = gbm;
	bo->height = height;
	bo->modifier = modifier;
	bo->planes = told("five-planes") ? 5 : told("two-planes") || told("apart") ? 2 : 1;
	if (!add_object(bo, 0, row, height * (uint32_t)bo->planes) ||
	    (told("apart") && !add_object(bo, 1, row, height))) {
		gbm_bo_destroy(bo);
		return NULL;
	}
	return bo;
}

/* Without modifiers a driver does not say which layout it took. */
FAKE_EXPORT struct gbm_bo *gbm_bo_create(struct gbm_device *gbm, uint32_t width, uint32_t height,
					 uint32_t format, uint32_t flags)
{
	(void)format;
	return create(gbm, width, height, flags & GBM_BO_USE_LINEAR ? LINEAR : INVALID);
}

FAKE_EXPORT struct gbm_bo *gbm_bo_create_with_modifiers(struct gbm_device *gbm, uint32_t width,
							uint32_t height, uint32_t format,
							const uint64_t *modifiers,
							const unsigned count)
{
	(void)format;
	errno = ENOSYS;
	if (!told("modifiers") || count == 0)
		return NULL;
	return create(gbm, width, height, modifiers[count - 1]);
}

FAKE_EXPORT union gbm_bo_handle gbm_bo_get_handle_for_plane(struct gbm_bo *bo, int plane)
{
	return (union gbm_bo_handle){.u32 = bo->handles[bo->handles[1] ? plane : 0]};
}

FAKE_EXPORT uint64_t gbm_bo_get_modifier(struct gbm_bo *bo)
{
	return bo->modifier;
}

FAKE_EXPORT uint32_t gbm_bo_get_offset(struct gbm_bo *bo, int plane)
{
	return bo->handles[1] ? 0 : (uint32_t)plane * bo->stride * bo->height;
}

FAKE_EXPORT int gbm_bo_get_plane_count(struct gbm_bo *bo)
{
	return bo->planes;
}

FAKE_EXPORT uint32_t gbm_bo_get_stride_for_plane(struct gbm_bo *bo, int plane)
{
	(void)plane;
	return bo->stride;
}

FAKE_EXPORT void *gbm_bo_map(struct gbm_bo *bo, uint32_t x, uint32_t y, uint32_t width,
			     uint32_t height, uint32_t flags, uint32_t *stride, void **data)
{
	uint64_t offset;

	(void)x, (void)y, (void)width, (void)height, (void)flags;
	errno = EACCES;
	if (told("no-map") || drmModeMapDumbBuffer(bo->gbm->fd, bo->handles[0], &offset) < 0)
		return NULL;
	void *map = mmap(NULL, bo->size, PROT_READ | PROT_WRITE, MAP_SHARED, bo->gbm->fd,
			 (off_t)offset);
	if (map == MAP_FAILED)
		return NULL;
	*stride = bo->stride;
	*data = map;
	return map;
}

FAKE_EXPORT void gbm_bo_unmap(struct gbm_bo *bo, void *data)
{
	munmap(data, bo->size);
}
