/* SPDX-License-Identifier: MIT */
/* What a person sees: planes latched, uploaded where the driver shows a copy, and composed. */
#include "kms.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- formats ---- */

struct layout {
	uint32_t format, bytes;
};

static const struct layout layouts[] = {
	{DRM_FORMAT_XRGB8888, 4},    {DRM_FORMAT_ARGB8888, 4},	   {DRM_FORMAT_XBGR8888, 4},
	{DRM_FORMAT_ABGR8888, 4},    {DRM_FORMAT_RGBX8888, 4},	   {DRM_FORMAT_RGBA8888, 4},
	{DRM_FORMAT_BGRX8888, 4},    {DRM_FORMAT_BGRA8888, 4},	   {DRM_FORMAT_XRGB2101010, 4},
	{DRM_FORMAT_ARGB2101010, 4}, {DRM_FORMAT_XBGR2101010, 4},  {DRM_FORMAT_ABGR2101010, 4},
	{DRM_FORMAT_RGB888, 3},	     {DRM_FORMAT_BGR888, 3},	   {DRM_FORMAT_RGB565, 2},
	{DRM_FORMAT_BGR565, 2},	     {DRM_FORMAT_XRGB1555, 2},	   {DRM_FORMAT_ARGB1555, 2},
	{DRM_FORMAT_C8, 1},	     {DRM_FORMAT_XRGB16161616, 8}, {DRM_FORMAT_ARGB16161616, 8},
};

uint32_t format_bytes(uint32_t format)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i].format == format)
			return layouts[i].bytes;
	return 0;
}

static uint32_t swap_red_blue(uint32_t p)
{
	return (p & 0xff00ff00) | (p >> 16 & 0xff) | (p & 0xff) << 16;
}

/* 0xAARRGGBB, premultiplied. */
static uint32_t texel(uint32_t format, const uint8_t *at)
{
	uint32_t p = 0;
	memcpy(&p, at, format_bytes(format));
	switch (format) {
	case DRM_FORMAT_XRGB8888:
	case DRM_FORMAT_RGB888: return p | 0xff000000;
	case DRM_FORMAT_ARGB8888: return p;
	case DRM_FORMAT_XBGR8888:
	case DRM_FORMAT_BGR888: return swap_red_blue(p) | 0xff000000;
	case DRM_FORMAT_ABGR8888: return swap_red_blue(p);
	case DRM_FORMAT_RGBX8888: return p >> 8 | 0xff000000;
	case DRM_FORMAT_BGRX8888: return __builtin_bswap32(p) | 0xff000000;
	case DRM_FORMAT_RGB565: {
		const uint32_t r = p >> 11, g = p >> 5 & 63, b = p & 31;
		return 0xff000000 | (r << 3 | r >> 2) << 16 | (g << 2 | g >> 4) << 8 |
		       (b << 3 | b >> 2);
	}
	default: complain("this double cannot show the format %.4s", (const char *)&format);
	}
}

/* ---- memory ---- */

static uint64_t bytes_of(const struct framebuffer *fb)
{
	return fb->offsets[0] + (uint64_t)(fb->height - 1) * fb->pitches[0] +
	       (uint64_t)fb->width * format_bytes(fb->format);
}

static void *map(const struct framebuffer *fb, int protection)
{
	void *memory = (void *)syscall(SYS_mmap, NULL, bytes_of(fb), protection, MAP_SHARED,
				       fb->objects[0]->fd, 0);
	if (memory == MAP_FAILED)
		complain("the memory of framebuffer %u: %s", fb->id, strerror(errno));
	return memory;
}

/* ---- uploads ---- */

/* Does the display show a copy of this plane's memory, one for each buffer? */
static bool has_copy(const struct plane *plane, const struct framebuffer *fb)
{
	const bool primary = plane->spec->type == DRM_PLANE_TYPE_PRIMARY;
	return kms.options.flush == FLUSH_BUFFER ||
	       (kms.options.flush == FLUSH_DISPLAY && !primary) ||
	       (kms.options.foreign_stale && framebuffer_foreign(fb));
}

static bool is_display_copy(const struct plane *plane)
{
	return kms.options.flush == FLUSH_DISPLAY && plane->spec->type == DRM_PLANE_TYPE_PRIMARY;
}

static void copy_to_buffer(const struct framebuffer *fb, const uint8_t *memory,
			   const struct drm_mode_rect *clip)
{
	struct object *object = fb->objects[0];
	const uint32_t bytes = format_bytes(fb->format);
	if (!object->upload)
		object->upload = calloc(1, object->size);
	if (!object->upload)
		complain("out of memory");
	for (int32_t y = clip->y1; y < clip->y2; y++) {
		const uint64_t at =
			fb->offsets[0] + (uint64_t)y * fb->pitches[0] + (uint64_t)clip->x1 * bytes;
		memcpy(object->upload + at, memory + at, (size_t)(clip->x2 - clip->x1) * bytes);
	}
}

static void copy_to_display(struct crtc *crtc, const struct view *view, const uint8_t *memory,
			    const struct drm_mode_rect *clip)
{
	const struct framebuffer *fb = view->fb;
	for (int32_t y = clip->y1; y < clip->y2; y++)
		for (int32_t x = clip->x1; x < clip->x2; x++) {
			const int64_t to_x = x - (int64_t)view->src_x + view->x;
			const int64_t to_y = y - (int64_t)view->src_y + view->y;
			if (to_x < 0 || to_y < 0 || to_x >= crtc->width || to_y >= crtc->height)
				continue;
			crtc->display[to_y * crtc->width + to_x] = texel(
				fb->format, memory + fb->offsets[0] + (uint64_t)y * fb->pitches[0] +
						    (uint64_t)x * format_bytes(fb->format));
		}
}

static struct drm_mode_rect clipped(const struct drm_mode_rect *clip, const struct framebuffer *fb)
{
	struct drm_mode_rect result = *clip;
	result.x1 = result.x1 < 0 ? 0 : result.x1;
	result.y1 = result.y1 < 0 ? 0 : result.y1;
	result.x2 = result.x2 > (int32_t)fb->width ? (int32_t)fb->width : result.x2;
	result.y2 = result.y2 > (int32_t)fb->height ? (int32_t)fb->height : result.y2;
	if (result.x2 < result.x1 || result.y2 < result.y1)
		result.x2 = result.x1 = result.y2 = result.y1 = 0;
	return result;
}

static void upload_clip(struct plane *plane, struct crtc *crtc, const uint8_t *memory,
			const struct drm_mode_rect *clip)
{
	const struct drm_mode_rect part = clipped(clip, plane->view.fb);
	kms.uploaded += (uint64_t)(part.x2 - part.x1) * (uint64_t)(part.y2 - part.y1);
	if (is_display_copy(plane))
		copy_to_display(crtc, &plane->view, memory, &part);
	else
		copy_to_buffer(plane->view.fb, memory, &part);
}

static void blacken(struct crtc *crtc)
{
	for (size_t i = 0; i < (size_t)crtc->width * crtc->height; i++)
		crtc->display[i] = 0xff000000;
}

/* The driver copies what was damaged. Foreign memory that it shows wrongly it copies once at most,
 * when it first comes. */
void plane_upload(size_t index)
{
	struct plane *plane = &kms.planes[index];
	struct framebuffer *fb = plane->view.fb;
	const struct node *crtc = crtc_of(node_get(DRM_MODE_OBJECT_PLANE, index));
	if (!fb || !crtc || !(has_copy(plane, fb) || is_display_copy(plane)))
		return;
	if (kms.options.foreign_stale && framebuffer_foreign(fb) &&
	    (is_display_copy(plane) || fb->objects[0]->upload))
		return;
	if (fb->console) {
		blacken(&kms.crtcs[crtc->index]);
		return;
	}
	const struct drm_mode_rect all = {0, 0, (int32_t)fb->width, (int32_t)fb->height};
	const struct damage *damage = &plane->damage;
	uint8_t *memory = map(fb, PROT_READ);
	if (damage->whole)
		upload_clip(plane, &kms.crtcs[crtc->index], memory, &all);
	for (size_t i = 0; !damage->whole && i < damage->n; i++)
		upload_clip(plane, &kms.crtcs[crtc->index], memory, &damage->clips[i]);
	munmap(memory, bytes_of(fb));
}

uint64_t fake_drm_uploaded(void)
{
	advance();
	return kms.uploaded;
}

/* ---- latching ---- */

void plane_latch(size_t index, bool whole)
{
	const struct node *node = node_get(DRM_MODE_OBJECT_PLANE, index);
	const uint64_t *value = node->value;
	struct plane *plane = &kms.planes[index];
	plane->view = (struct view){
		.fb = framebuffer_find((uint32_t)value[FB_ID]),
		.x = (int32_t)(uint32_t)value[CRTC_X],
		.y = (int32_t)(uint32_t)value[CRTC_Y],
		.width = (uint32_t)value[CRTC_W],
		.height = (uint32_t)value[CRTC_H],
		.src_x = (uint32_t)(value[SRC_X] >> 16),
		.src_y = (uint32_t)(value[SRC_Y] >> 16),
		.src_width = (uint32_t)(value[SRC_W] >> 16),
		.src_height = (uint32_t)(value[SRC_H] >> 16),
	};
	plane->damage.whole |= whole;
	plane->due = false;
	plane_upload(index);
}

static void latch_mode(struct crtc *crtc, const struct node *node)
{
	const struct drm_mode_modeinfo *mode = mode_of(node->value[MODE_ID]);
	crtc->lit = mode && node->value[ACTIVE];
	if (!crtc->lit)
		return;
	free(crtc->display);
	crtc->width = mode->hdisplay;
	crtc->height = mode->vdisplay;
	crtc->display = calloc((size_t)crtc->width * crtc->height, sizeof(uint32_t));
	if (!crtc->display)
		complain("out of memory");
	crtc->period = (uint64_t)mode->htotal * mode->vtotal * 1000000 / mode->clock;
	crtc->epoch = now();
}

/* A plane belongs to the CRTC that it is on, or that it has just left. */
void crtc_latch(size_t index, bool modeset)
{
	struct crtc *crtc = &kms.crtcs[index];
	const struct node *node = node_get(DRM_MODE_OBJECT_CRTC, index);
	if (modeset)
		latch_mode(crtc, node);
	for (size_t i = 0; i < kms.n_planes; i++) {
		const struct node *on = crtc_of(node_get(DRM_MODE_OBJECT_PLANE, i));
		struct plane *plane = &kms.planes[i];
		const bool here = on ? on->index == index : (plane->possible & 1U << index) != 0;
		if (here && (plane->due || modeset))
			plane_latch(i, modeset);
	}
}

/* ---- composing ---- */

static uint32_t over(uint32_t top, uint32_t bottom)
{
	const uint32_t rest = 255 - (top >> 24);
	uint32_t result = 0xff000000;
	for (unsigned shift = 0; shift < 24; shift += 8) {
		const uint32_t value =
			(top >> shift & 255) + ((bottom >> shift & 255) * rest + 127) / 255;
		result |= (value > 255 ? 255 : value) << shift;
	}
	return result;
}

static void compose_plane(uint32_t *picture, const struct crtc *crtc, const struct view *view,
			  const uint8_t *memory)
{
	const struct framebuffer *fb = view->fb;
	const uint32_t bytes = format_bytes(fb->format);
	for (uint32_t y = 0; y < view->height; y++)
		for (uint32_t x = 0; x < view->width; x++) {
			const int64_t to_x = (int64_t)view->x + x, to_y = (int64_t)view->y + y;
			if (to_x < 0 || to_y < 0 || to_x >= crtc->width || to_y >= crtc->height)
				continue;
			const uint64_t from_x =
				view->src_x + (uint64_t)x * view->src_width / view->width;
			const uint64_t from_y =
				view->src_y + (uint64_t)y * view->src_height / view->height;
			uint32_t *to = &picture[to_y * crtc->width + to_x];
			*to = over(texel(fb->format, memory + fb->offsets[0] +
							     from_y * fb->pitches[0] +
							     from_x * bytes),
				   *to);
		}
}

static void show_plane(uint32_t *picture, const struct crtc *crtc, const struct plane *plane)
{
	const struct framebuffer *fb = plane->view.fb;
	if (is_display_copy(plane)) {
		memcpy(picture, crtc->display, (size_t)crtc->width * crtc->height * 4);
		return;
	}
	if (fb->console)
		return;
	if (has_copy(plane, fb) && fb->objects[0]->upload) {
		compose_plane(picture, crtc, &plane->view, fb->objects[0]->upload);
		return;
	}
	uint8_t *memory = map(fb, PROT_READ);
	compose_plane(picture, crtc, &plane->view, memory);
	munmap(memory, bytes_of(fb));
}

/* Black, then the primary plane, the overlays in their order, the cursor. */
static uint32_t *compose(size_t index)
{
	static const uint32_t order[] = {DRM_PLANE_TYPE_PRIMARY, DRM_PLANE_TYPE_OVERLAY,
					 DRM_PLANE_TYPE_CURSOR};
	const struct crtc *crtc = &kms.crtcs[index];
	const size_t pixels = (size_t)crtc->width * crtc->height;
	uint32_t *picture = malloc(pixels * sizeof(*picture));
	if (!picture)
		complain("out of memory");
	for (size_t i = 0; i < pixels; i++)
		picture[i] = 0xff000000;
	for (size_t type = 0; type < 3; type++)
		for (size_t i = 0; i < kms.n_planes; i++) {
			const struct plane *plane = &kms.planes[i];
			const struct node *on = crtc_of(node_get(DRM_MODE_OBJECT_PLANE, i));
			if (plane->spec->type == order[type] && plane->view.fb && on &&
			    on->index == index)
				show_plane(picture, crtc, plane);
		}
	return picture;
}

uint32_t *fake_drm_shown(size_t index, uint32_t *width, uint32_t *height)
{
	kms_boot();
	advance();
	if (index >= kms.n_crtcs || !kms.crtcs[index].lit)
		return NULL;
	*width = kms.crtcs[index].width;
	*height = kms.crtcs[index].height;
	return compose(index);
}

size_t fake_drm_clips(size_t index, struct fake_drm_clip *clips, size_t max)
{
	const struct node *crtc = node_get(DRM_MODE_OBJECT_CRTC, index);
	const struct node *plane = crtc ? crtc_plane(crtc, DRM_PLANE_TYPE_PRIMARY) : NULL;
	const struct damage *damage = plane ? &kms.planes[plane->index].damage : NULL;
	for (size_t i = 0; damage && i < damage->n && i < max; i++)
		clips[i] = (struct fake_drm_clip){damage->clips[i].x1, damage->clips[i].y1,
						  damage->clips[i].x2, damage->clips[i].y2};
	return damage ? damage->n : 0;
}

/* ---- writeback ---- */

int write_back(size_t index, struct framebuffer *fb)
{
	const struct crtc *crtc = &kms.crtcs[index];
	if (fb->format != DRM_FORMAT_XRGB8888 && fb->format != DRM_FORMAT_ARGB8888) {
		errno = EINVAL;
		return -1;
	}
	uint32_t *picture = compose(index);
	uint8_t *memory = map(fb, PROT_READ | PROT_WRITE);
	for (uint32_t y = 0; y < fb->height && y < crtc->height; y++)
		memcpy(memory + fb->offsets[0] + (uint64_t)y * fb->pitches[0],
		       picture + (size_t)y * crtc->width, (size_t)fb->width * 4);
	munmap(memory, bytes_of(fb));
	free(picture);
	return 0;
}
