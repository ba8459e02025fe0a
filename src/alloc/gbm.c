/* SPDX-License-Identifier: MIT */
/* Memory that a GPU draws in, from Mesa's GBM, which is loaded when it is first asked for. */
#include "alloc/device.h"
#include "alloc/gpu.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gbm.h>
#include <string.h>
#include <unistd.h>
#include <xf86drm.h>

/* Of libgbm, as its header declares them. */
static struct {
	void *library;
	__typeof__(gbm_create_device) *create_device;
	__typeof__(gbm_device_destroy) *device_destroy;
	__typeof__(gbm_bo_create) *bo_create;
	__typeof__(gbm_bo_create_with_modifiers) *bo_create_with_modifiers;
	__typeof__(gbm_bo_destroy) *bo_destroy;
	__typeof__(gbm_bo_get_handle_for_plane) *bo_get_handle_for_plane;
	__typeof__(gbm_bo_get_modifier) *bo_get_modifier;
	__typeof__(gbm_bo_get_offset) *bo_get_offset;
	__typeof__(gbm_bo_get_plane_count) *bo_get_plane_count;
	__typeof__(gbm_bo_get_stride_for_plane) *bo_get_stride_for_plane;
	__typeof__(gbm_bo_map) *bo_map;
	__typeof__(gbm_bo_unmap) *bo_unmap;
} gbm;

static const struct symbol {
	const char *name;
	void **function;
} symbols[] = {
	{"gbm_create_device", (void **)&gbm.create_device},
	{"gbm_device_destroy", (void **)&gbm.device_destroy},
	{"gbm_bo_create", (void **)&gbm.bo_create},
	{"gbm_bo_create_with_modifiers", (void **)&gbm.bo_create_with_modifiers},
	{"gbm_bo_destroy", (void **)&gbm.bo_destroy},
	{"gbm_bo_get_handle_for_plane", (void **)&gbm.bo_get_handle_for_plane},
	{"gbm_bo_get_modifier", (void **)&gbm.bo_get_modifier},
	{"gbm_bo_get_offset", (void **)&gbm.bo_get_offset},
	{"gbm_bo_get_plane_count", (void **)&gbm.bo_get_plane_count},
	{"gbm_bo_get_stride_for_plane", (void **)&gbm.bo_get_stride_for_plane},
	{"gbm_bo_map", (void **)&gbm.bo_map},
	{"gbm_bo_unmap", (void **)&gbm.bo_unmap},
};

/* It stays loaded: Mesa's drivers do not survive being unloaded. */
static bool load(void)
{
	if (gbm.library)
		return true;
	void *library = dlopen("libgbm.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		*symbols[i].function = dlsym(library, symbols[i].name);
		if (!*symbols[i].function) {
			dlclose(library);
			return false;
		}
	}
	gbm.library = library;
	return true;
}

static int open_device(struct lend_device *device, struct trial *trial)
{
	if (device->gbm)
		return 0;
	if (!load()) {
		errno = ENOPKG;
		return trial_fail(trial, LEND_DEPTH_CREATE, "dlopen(libgbm.so.1)");
	}
	errno = 0;
	device->gbm = gbm.create_device(device->fd);
	if (device->gbm)
		return 0;
	errno = errno ? errno : ENODEV;
	return trial_fail(trial, LEND_DEPTH_CREATE, "gbm_create_device");
}

void gbm_close(struct lend_device *device)
{
	if (device->gbm)
		gbm.device_destroy(device->gbm);
	device->gbm = NULL;
}

static bool allows(const struct lend_buffer_options *options, uint64_t modifier)
{
	for (size_t i = 0; i < options->n_modifiers; i++)
		if (options->modifiers[i] == modifier)
			return true;
	return options->n_modifiers == 0 && modifier == LEND_MODIFIER_LINEAR;
}

/* Drivers without modifiers (kms_swrast, virgl) know LINEAR by a flag of the older call, and their
 * own layout by none. */
static struct gbm_bo *create_bo(struct lend_device *device,
				const struct lend_buffer_options *options, uint64_t *modifier)
{
	const bool linear = allows(options, LEND_MODIFIER_LINEAR);
	uint32_t flags =
		GBM_BO_USE_RENDERING | (options->use & LEND_USE_SCANOUT ? GBM_BO_USE_SCANOUT : 0u);
	struct gbm_bo *bo = NULL;

	errno = 0;
	if (options->n_modifiers > 0)
		bo = gbm.bo_create_with_modifiers(device->gbm, options->width, options->height,
						  options->format, options->modifiers,
						  (unsigned)options->n_modifiers);
	if (bo) {
		*modifier = gbm.bo_get_modifier(bo);
		return bo;
	}
	if (!linear && !allows(options, LEND_MODIFIER_INVALID))
		return NULL;
	flags |= linear ? GBM_BO_USE_LINEAR : 0u;
	*modifier = linear ? LEND_MODIFIER_LINEAR : LEND_MODIFIER_INVALID;
	return gbm.bo_create(device->gbm, options->width, options->height, options->format, flags);
}

/* All planes lie in one object on the drivers there are; one fd is all that a client is to need. */
static int export(struct lend_device *device, struct gbm_bo *bo, struct memory *memory,
		  struct trial *trial)
{
	const int n = gbm.bo_get_plane_count(bo);
	const uint32_t handle = gbm.bo_get_handle_for_plane(bo, 0).u32;
	int fd;

	errno = EXDEV;
	if (n < 1 || n > LEND_PLANES_MAX)
		return trial_fail(trial, LEND_DEPTH_CREATE, "gbm_bo_get_plane_count");
	for (int i = 0; i < n; i++) {
		if (gbm.bo_get_handle_for_plane(bo, i).u32 != handle)
			return trial_fail(trial, LEND_DEPTH_EXPORT, "gbm_bo_get_handle_for_plane");
		memory->info.planes[i].offset = gbm.bo_get_offset(bo, i);
		memory->info.planes[i].stride = gbm.bo_get_stride_for_plane(bo, i);
	}
	memory->info.n_planes = (uint32_t)n;
	/* Before anybody calls gbm_bo_get_fd(), which would make it read-only for good. */
	if (drmPrimeHandleToFD(device->fd, handle, DRM_RDWR | DRM_CLOEXEC, &fd) != 0)
		return trial_fail(trial, LEND_DEPTH_EXPORT, "DRM_IOCTL_PRIME_HANDLE_TO_FD");
	return fd;
}

/* By the driver, since the memory may be no CPU's: GPUs hand out what others left in theirs. */
static int clear(struct gbm_bo *bo, const struct lend_buffer_options *options, struct trial *trial)
{
	const struct lend_format *format = lend_format_get(options->format);
	const size_t row = lend_format_stride(format, 0, options->width);
	uint32_t stride = 0;
	void *data = NULL;

	errno = 0;
	char *pixels = gbm.bo_map(bo, 0, 0, options->width, options->height, GBM_BO_TRANSFER_WRITE,
				  &stride, &data);
	if (!pixels) {
		errno = errno ? errno : EIO;
		return trial_fail(trial, LEND_DEPTH_MAP, "gbm_bo_map");
	}
	for (uint32_t y = 0; y < options->height; y++)
		memset(pixels + (size_t)y * stride, 0, row);
	gbm.bo_unmap(bo, data);
	return 0;
}

static int allocate(struct lend_device *device, const struct lend_buffer_options *options,
		    struct memory *memory, struct trial *trial)
{
	int result = open_device(device, trial);
	if (result < 0)
		return result;
	struct gbm_bo *bo = create_bo(device, options, &memory->info.modifier);
	if (!bo) {
		errno = errno ? errno : EINVAL;
		return trial_fail(trial, LEND_DEPTH_CREATE, "gbm_bo_create");
	}
	int fd = export(device, bo, memory, trial);
	if (fd >= 0 && (result = clear(bo, options, trial)) < 0) {
		close(fd);
		fd = result;
	}
	gbm.bo_destroy(bo); /* the fd keeps the memory alive */
	if (fd >= 0) {
		off_t end = lseek(fd, 0, SEEK_END);
		memory->bytes = end > 0 ? (uint64_t)end : 0;
		trial->depth = LEND_DEPTH_EXPORT;
	}
	return fd;
}

const struct allocator gbm_allocator = {
	.name = "gbm",
	.memory = LEND_MEMORY_GBM,
	.own = true,
	.gpu = true,
	.planes_max = LEND_PLANES_MAX,
	.allocate = allocate,
};
