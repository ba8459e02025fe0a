/* SPDX-License-Identifier: MIT */
/* Memory that the device can show: imported, or a dumb buffer of its own. */
#include "alloc/kms/internal.h"
#include "common/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* ---- the kernel's side ---- */

static int add(const struct lend_framebuffer *framebuffer, uint32_t format, uint32_t *id)
{
	const struct lend_kms *kms = framebuffer->kms;
	uint64_t modifiers[4] = {0};
	/* A driver that knows no modifiers refuses even LINEAR. */
	const bool modifiers_said =
		kms->modifiers && framebuffer->modifier != LEND_MODIFIER_INVALID;
	for (uint32_t i = 0; modifiers_said && i < framebuffer->n_planes; i++)
		modifiers[i] = framebuffer->modifier;
	return drmModeAddFB2WithModifiers(kms->fd, framebuffer->width, framebuffer->height, format,
					  framebuffer->handles, framebuffer->pitches,
					  framebuffer->offsets, modifiers_said ? modifiers : NULL,
					  id, modifiers_said ? DRM_MODE_FB_MODIFIERS : 0);
}

uint32_t framebuffer_opaque(struct lend_framebuffer *framebuffer)
{
	const struct lend_format *format = lend_format_get(framebuffer->format);
	if (!framebuffer->opaque_id && format && format->has_alpha)
		add(framebuffer, format->opaque, &framebuffer->opaque_id);
	return framebuffer->opaque_id;
}

/* Without a plane for a format with alpha, drivers refuse it here; below everything else its opaque
 * twin looks the same. */
static int add_any(struct lend_framebuffer *framebuffer)
{
	int result = add(framebuffer, framebuffer->format, &framebuffer->id);
	if (result == 0 || (result == -EINVAL && framebuffer_opaque(framebuffer)))
		return 0;
	const struct lend_format *format = lend_format_get(framebuffer->format);
	return fail(result, "%s makes no framebuffer of %ux%u %s with rows of %u bytes: %s",
		    framebuffer->kms->device->driver, framebuffer->width, framebuffer->height,
		    format ? format->name : "of unknown format", framebuffer->pitches[0],
		    strerror(-result));
}

static void remove_ids(struct lend_framebuffer *framebuffer)
{
	if (framebuffer->id)
		drmModeRmFB(framebuffer->kms->fd, framebuffer->id);
	if (framebuffer->opaque_id)
		drmModeRmFB(framebuffer->kms->fd, framebuffer->opaque_id);
}

/* ---- lifetime ---- */

static struct lend_framebuffer *framebuffer_new(struct lend_kms *kms)
{
	struct lend_framebuffer *framebuffer = calloc(1, sizeof(*framebuffer));
	if (!framebuffer) {
		fail(-ENOMEM, "out of memory");
		return NULL;
	}
	framebuffer->kms = kms;
	framebuffer->holders = 1;
	return framebuffer;
}

static void drop_handles(struct lend_framebuffer *framebuffer)
{
	struct lend_kms *kms = framebuffer->kms;
	for (uint32_t i = 0; i < framebuffer->n_planes; i++)
		if (framebuffer->handles[i] && framebuffer->length)
			drmModeDestroyDumbBuffer(kms->fd, framebuffer->handles[i]);
		else if (framebuffer->handles[i])
			gem_drop(kms, framebuffer->handles[i]);
}

void framebuffer_hold(struct lend_framebuffer *framebuffer)
{
	if (framebuffer)
		framebuffer->holders++;
}

void framebuffer_drop(struct lend_framebuffer *framebuffer)
{
	if (!framebuffer || --framebuffer->holders > 0)
		return;
	remove_ids(framebuffer);
	lend_buffer_destroy(framebuffer->buffer);
	if (framebuffer->map)
		munmap(framebuffer->map, framebuffer->length);
	drop_handles(framebuffer);
	free(framebuffer);
}

void lend_framebuffer_destroy(struct lend_framebuffer *framebuffer)
{
	framebuffer_drop(framebuffer);
}

struct lend_buffer *lend_framebuffer_buffer(struct lend_framebuffer *framebuffer)
{
	return framebuffer->buffer;
}

/* ---- imported ---- */

static bool is_dmabuf(const struct lend_buffer_info *info)
{
	switch (info->memory) {
	case LEND_MEMORY_UDMABUF:
	case LEND_MEMORY_HEAP:
	case LEND_MEMORY_DUMB:
	case LEND_MEMORY_GBM:
	case LEND_MEMORY_DMABUF: return info->planes[0].fd >= 0;
	default: return false;
	}
}

/* The handle of an earlier plane in the same memory is counted once more. */
static int import_plane(struct lend_framebuffer *framebuffer, const struct lend_buffer_info *info,
			uint32_t i)
{
	uint32_t same = 0;
	while (same < i && info->planes[same].fd != info->planes[i].fd)
		same++;
	framebuffer->pitches[i] = info->planes[i].stride;
	framebuffer->offsets[i] = info->planes[i].offset;
	if (same < i) {
		framebuffer->handles[i] = framebuffer->handles[same];
		gem_hold(framebuffer->kms, framebuffer->handles[i]);
		return 0;
	}
	int result = gem_import(framebuffer->kms, info->planes[i].fd, &framebuffer->handles[i]);
	if (result < 0)
		return fail(result, "%s does not import memory of kind %s: %s",
			    framebuffer->kms->device->driver, lend_memory_name(info->memory),
			    strerror(-result));
	return 0;
}

static int import(struct lend_framebuffer *framebuffer, const struct lend_buffer_info *info)
{
	int result = 0;
	framebuffer->width = info->width;
	framebuffer->height = info->height;
	framebuffer->format = info->format;
	framebuffer->modifier = info->modifier;
	framebuffer->n_planes = info->n_planes;
	for (uint32_t i = 0; result == 0 && i < info->n_planes; i++)
		result = import_plane(framebuffer, info, i);
	return result < 0 ? result : add_any(framebuffer);
}

int lend_framebuffer_import(struct lend_kms *kms, const struct lend_buffer *buffer,
			    struct lend_framebuffer **out)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	if (!kms || !buffer || !out)
		return fail(-EINVAL, "lend_framebuffer_import needs a device, a buffer and a place "
				     "for the framebuffer");
	lend_buffer_describe(buffer, &info);
	if (!is_dmabuf(&info))
		return fail(-EMEDIUMTYPE,
			    "memory of kind %s is no dma-buf, and no display can read it: copy it "
			    "into a framebuffer of the display's own",
			    lend_memory_name(info.memory));
	struct lend_framebuffer *framebuffer = framebuffer_new(kms);
	if (!framebuffer)
		return -ENOMEM;
	int result = import(framebuffer, &info);
	if (result < 0) {
		framebuffer_drop(framebuffer);
		return result;
	}
	*out = framebuffer;
	return 0;
}

/* ---- allocated ---- */

static int create_dumb(struct lend_framebuffer *framebuffer, const struct lend_format *format)
{
	uint64_t bytes = 0;
	int result = drmModeCreateDumbBuffer(
		framebuffer->kms->fd, framebuffer->width, framebuffer->height, format->cpp[0] * 8U,
		0, &framebuffer->handles[0], &framebuffer->pitches[0], &bytes);
	if (result < 0) {
		framebuffer->handles[0] = 0;
		return fail(result, "%s makes no dumb buffer of %ux%u %s: %s",
			    framebuffer->kms->device->driver, framebuffer->width,
			    framebuffer->height, format->name, strerror(-result));
	}
	framebuffer->length = bytes;
	return 0;
}

static int map_dumb(struct lend_framebuffer *framebuffer)
{
	uint64_t offset;
	int result = drmModeMapDumbBuffer(framebuffer->kms->fd, framebuffer->handles[0], &offset);
	if (result < 0)
		return fail(result, "DRM_IOCTL_MODE_MAP_DUMB: %s", strerror(-result));
	void *map = mmap(NULL, framebuffer->length, PROT_READ | PROT_WRITE, MAP_SHARED,
			 framebuffer->kms->fd, (off_t)offset);
	if (map == MAP_FAILED) {
		int error = errno;
		return fail(-error, "mapping a dumb buffer of %zu bytes: %s", framebuffer->length,
			    strerror(error));
	}
	framebuffer->map = map;
	memset(map, 0, framebuffer->length);
	return 0;
}

/* Measured once for each device: all of its dumb buffers are alike. */
static int wrap(struct lend_framebuffer *framebuffer)
{
	enum lend_caching *known = &framebuffer->kms->device->findings[LEND_MEMORY_DUMB].caching;
	struct lend_buffer_info info = {
		.size = sizeof(info),
		.width = framebuffer->width,
		.height = framebuffer->height,
		.format = framebuffer->format,
		.n_planes = 1,
		.modifier = LEND_MODIFIER_LINEAR,
		.planes = {{.fd = -1, .stride = framebuffer->pitches[0]}},
		.memory = LEND_MEMORY_DUMB,
		.caching = *known,
	};
	int result = lend_buffer_wrap(&info, framebuffer->map, framebuffer->length,
				      &framebuffer->buffer);
	if (result == 0 && *known == LEND_CACHING_UNKNOWN) {
		lend_buffer_measure(framebuffer->buffer, NULL);
		lend_buffer_describe(framebuffer->buffer, &info);
		*known = info.caching;
	}
	if (result < 0)
		return fail(result, "%s", lend_buffer_error());
	return 0;
}

static int allocate(struct lend_framebuffer *framebuffer, const struct lend_format *format)
{
	int result = create_dumb(framebuffer, format);
	if (result == 0)
		result = map_dumb(framebuffer);
	if (result == 0)
		result = wrap(framebuffer);
	return result < 0 ? result : add_any(framebuffer);
}

int lend_framebuffer_allocate(struct lend_kms *kms, uint32_t width, uint32_t height,
			      uint32_t fourcc, struct lend_framebuffer **out)
{
	const struct lend_format *format = lend_format_get(fourcc);
	if (!kms || !out)
		return fail(-EINVAL, "lend_framebuffer_allocate needs a device and a place for the "
				     "framebuffer");
	if (!format || format->n_planes != 1)
		return fail(-EINVAL,
			    "a dumb buffer cannot hold format 0x%08x: give one of one "
			    "plane, such as XRGB8888",
			    fourcc);
	if (width == 0 || height == 0)
		return fail(-EINVAL, "a framebuffer of %ux%u: give at least 1 pixel a side", width,
			    height);
	struct lend_framebuffer *framebuffer = framebuffer_new(kms);
	if (!framebuffer)
		return -ENOMEM;
	framebuffer->width = width;
	framebuffer->height = height;
	framebuffer->format = fourcc;
	framebuffer->modifier = LEND_MODIFIER_LINEAR;
	framebuffer->n_planes = 1;
	int result = allocate(framebuffer, format);
	if (result < 0) {
		framebuffer_drop(framebuffer);
		return result;
	}
	*out = framebuffer;
	return 0;
}
