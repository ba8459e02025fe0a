/* SPDX-License-Identifier: MIT */
/* Framebuffers: made, described, removed. */
#include "kms.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

int failed(int error)
{
	errno = error;
	return -error;
}

struct framebuffer *framebuffer_find(uint32_t id)
{
	struct framebuffer *fb = kms.framebuffers;
	while (fb && (fb->id != id || !(fb->file || fb->console || fb->internal)))
		fb = fb->next;
	return fb;
}

bool framebuffer_foreign(const struct framebuffer *fb)
{
	return fb && fb->objects[0] && fb->objects[0]->foreign;
}

static bool modifier_known(const struct plane_spec *spec, uint64_t modifier)
{
	for (size_t i = 0; i < spec->n_modifiers; i++)
		if (spec->modifiers[i] == modifier)
			return true;
	return spec->n_modifiers == 0 && modifier == DRM_FORMAT_MOD_LINEAR;
}

/* An atomic driver makes no framebuffer that none of its planes can show. */
static bool any_plane_shows(uint32_t format, uint64_t modifier)
{
	for (size_t i = 0; i < kms.n_planes; i++) {
		const struct plane_spec *spec = kms.planes[i].spec;
		for (size_t j = 0; j < spec->n_formats; j++)
			if (spec->formats[j] == format && modifier_known(spec, modifier))
				return true;
	}
	return false;
}

static int check_layout(const struct drm_mode_fb_cmd2 *request, uint64_t modifier)
{
	const uint32_t bytes = format_bytes(request->pixel_format);
	if (request->flags & ~(uint32_t)(DRM_MODE_FB_INTERLACED | DRM_MODE_FB_MODIFIERS))
		return EINVAL;
	if (request->flags & DRM_MODE_FB_MODIFIERS && !kms.options.modifiers)
		return EINVAL;
	if (request->width == 0 || request->height == 0 || request->width > kms.options.width_max ||
	    request->height > kms.options.height_max)
		return EINVAL;
	if (bytes == 0 || request->handles[1] ||
	    (kms.options.atomic && !any_plane_shows(request->pixel_format, modifier)))
		return EINVAL;
	return request->pitches[0] < (uint64_t)request->width * bytes ? EINVAL : 0;
}

static int check_memory(const struct object *object, const struct drm_mode_fb_cmd2 *request)
{
	const uint64_t end = (uint64_t)(request->height - 1) * request->pitches[0] +
			     (uint64_t)request->width * format_bytes(request->pixel_format) +
			     request->offsets[0];
	if (!object)
		return ENOENT;
	return object->size < end ? EINVAL : 0;
}

/* Linear memory of one plane is what this double keeps. */
struct framebuffer *framebuffer_add(struct file *file, const struct drm_mode_fb_cmd2 *request,
				    uint64_t modifier)
{
	struct object *object = object_by_handle(file, request->handles[0]);
	errno = check_layout(request, modifier);
	if (errno == 0)
		errno = check_memory(object, request);
	if (errno != 0)
		return NULL;
	struct framebuffer *fb = calloc(1, sizeof(*fb));
	if (!fb)
		complain("out of memory");
	*fb = (struct framebuffer){
		.id = new_id(),
		.file = file->serial,
		.next = kms.framebuffers,
		.width = request->width,
		.height = request->height,
		.format = request->pixel_format,
		.modifier = modifier,
		.n_planes = 1,
		.objects = {object},
		.pitches = {request->pitches[0]},
		.offsets = {request->offsets[0]},
	};
	object_use(object);
	return kms.framebuffers = fb;
}

static const char *add_words(int fd, uint32_t handle, uint32_t flags)
{
	static const char *const words[] = {"own", "foreign", "own modifier", "foreign modifier"};
	const struct file *file = kms_file(fd);
	const struct object *object = file ? object_by_handle(file, handle) : NULL;
	return words[(object && object->foreign) + 2 * !!(flags & DRM_MODE_FB_MODIFIERS)];
}

static int add(int fd, const struct drm_mode_fb_cmd2 *request, uint64_t modifier, uint32_t *id)
{
	const char *words = add_words(fd, request->handles[0], request->flags);
	struct file *file = kms_call(fd, "drmModeAddFB2", words);
	if (!file)
		return -errno;
	const struct framebuffer *fb = framebuffer_add(file, request, modifier);
	if (!fb)
		return -errno;
	*id = fb->id;
	return 0;
}

static struct drm_mode_fb_cmd2 request_of(uint32_t width, uint32_t height, uint32_t format,
					  const uint32_t *handles, const uint32_t *pitches,
					  const uint32_t *offsets, uint32_t flags)
{
	struct drm_mode_fb_cmd2 request = {
		.width = width, .height = height, .pixel_format = format, .flags = flags};
	memcpy(request.handles, handles, sizeof(request.handles));
	memcpy(request.pitches, pitches, sizeof(request.pitches));
	memcpy(request.offsets, offsets, sizeof(request.offsets));
	return request;
}

FAKE_EXPORT int drmModeAddFB2(int fd, uint32_t width, uint32_t height, uint32_t format,
			      const uint32_t handles[4], const uint32_t pitches[4],
			      const uint32_t offsets[4], uint32_t *id, uint32_t flags)
{
	const struct drm_mode_fb_cmd2 request =
		request_of(width, height, format, handles, pitches, offsets, flags);
	return add(fd, &request, 0, id);
}

FAKE_EXPORT int drmModeAddFB2WithModifiers(int fd, uint32_t width, uint32_t height, uint32_t format,
					   const uint32_t handles[4], const uint32_t pitches[4],
					   const uint32_t offsets[4], const uint64_t modifiers[4],
					   uint32_t *id, uint32_t flags)
{
	const struct drm_mode_fb_cmd2 request =
		request_of(width, height, format, handles, pitches, offsets, flags);
	return add(fd, &request, modifiers && flags & DRM_MODE_FB_MODIFIERS ? modifiers[0] : 0, id);
}

/* The old way, which legacy drivers know best: a depth in place of a format. */
FAKE_EXPORT int drmModeAddFB(int fd, uint32_t width, uint32_t height, uint8_t depth, uint8_t bpp,
			     uint32_t pitch, uint32_t handle, uint32_t *id)
{
	const uint32_t format = bpp == 32 && depth == 24   ? DRM_FORMAT_XRGB8888
				: bpp == 32 && depth == 32 ? DRM_FORMAT_ARGB8888
				: bpp == 24		   ? DRM_FORMAT_RGB888
				: bpp == 16		   ? DRM_FORMAT_RGB565
							   : 0;
	const uint32_t none[4] = {0}, handles[4] = {handle}, pitches[4] = {pitch};
	const struct drm_mode_fb_cmd2 request =
		request_of(width, height, format, handles, pitches, none, 0);
	return add(fd, &request, 0, id);
}

/* ---- removing ---- */

static void go_dark(const struct framebuffer *fb)
{
	static struct commit commit;
	commit_begin(&commit, NULL, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	for (size_t i = 0; i < kms.n_planes; i++) {
		const struct node *plane = node_get(DRM_MODE_OBJECT_PLANE, i);
		const struct node *crtc = crtc_of(plane);
		if (plane->value[FB_ID] != fb->id)
			continue;
		kms.blanked++;
		struct node *next = commit_touch(&commit, plane);
		next->value[FB_ID] = next->value[CRTC_ID] = 0;
		if (kms.planes[i].spec->type == DRM_PLANE_TYPE_PRIMARY && crtc)
			commit_touch(&commit, crtc)->value[ACTIVE] = 0;
	}
	commit_end(&commit);
}

static bool is_shown(const struct framebuffer *fb)
{
	for (size_t i = 0; i < kms.n_planes; i++)
		if (node_get(DRM_MODE_OBJECT_PLANE, i)->value[FB_ID] == fb->id)
			return true;
	return false;
}

void framebuffer_remove(struct framebuffer *fb, bool keep)
{
	if (!keep && is_shown(fb))
		go_dark(fb);
	fb->file = 0;
	fb->internal = keep;
	collect();
}

static int remove_framebuffer(int fd, const char *call, uint32_t id, bool keep)
{
	struct file *file = kms_call(fd, call, "");
	if (!file)
		return -errno;
	struct framebuffer *fb = framebuffer_find(id);
	if (!fb || fb->file != file->serial)
		return failed(ENOENT);
	framebuffer_remove(fb, keep);
	return 0;
}

FAKE_EXPORT int drmModeRmFB(int fd, uint32_t id)
{
	return remove_framebuffer(fd, "drmModeRmFB", id, false);
}

/* Since Linux 6.8 and libdrm 2.4.118; a personality of an older kernel makes it fail. */
FAKE_EXPORT int drmModeCloseFB(int fd, uint32_t id);

int drmModeCloseFB(int fd, uint32_t id)
{
	return remove_framebuffer(fd, "drmModeCloseFB", id, true);
}

void kms_file_closed(struct file *file)
{
	file->master = false;
	events_forget(file);
	for (struct framebuffer *fb = kms.framebuffers; fb;) {
		if (fb->file != file->serial) {
			fb = fb->next;
			continue;
		}
		framebuffer_remove(fb, false);
		fb = kms.framebuffers; /* the list has changed */
	}
	for (struct blob *blob = kms.blobs; blob; blob = blob->next)
		if (blob->file == file->serial)
			blob->file = 0;
	collect();
}

size_t fake_drm_framebuffers(void)
{
	size_t count = 0;
	for (const struct framebuffer *fb = kms.framebuffers; fb; fb = fb->next)
		count += fb->file != 0;
	return count;
}

size_t fake_drm_blanked(void)
{
	return kms.blanked;
}

/* ---- asking ---- */

/* A handle that the caller has to close, for the master alone. */
static uint32_t handle_for(struct file *file, struct object *object)
{
	if (!file->master || !object)
		return 0;
	object_use(object);
	return handle_create(file, object);
}

FAKE_EXPORT drmModeFBPtr drmModeGetFB(int fd, uint32_t id)
{
	struct file *file = kms_call(fd, "drmModeGetFB", "");
	struct framebuffer *fb = file ? framebuffer_find(id) : NULL;
	drmModeFB *answer = fb ? calloc(1, sizeof(*answer)) : NULL;
	if (!answer) {
		errno = file ? ENOENT : errno;
		return NULL;
	}
	const uint32_t bytes = format_bytes(fb->format);
	*answer = (drmModeFB){
		.fb_id = id,
		.width = fb->width,
		.height = fb->height,
		.pitch = fb->pitches[0],
		.bpp = bytes * 8,
		.depth = bytes == 4 ? 24 : bytes * 8,
		.handle = handle_for(file, fb->objects[0]),
	};
	return answer;
}

FAKE_EXPORT drmModeFB2Ptr drmModeGetFB2(int fd, uint32_t id)
{
	struct file *file = kms_call(fd, "drmModeGetFB2", "");
	struct framebuffer *fb = file ? framebuffer_find(id) : NULL;
	drmModeFB2 *answer = fb ? calloc(1, sizeof(*answer)) : NULL;
	if (!answer) {
		errno = file ? ENOENT : errno;
		return NULL;
	}
	*answer = (drmModeFB2){
		.fb_id = id,
		.width = fb->width,
		.height = fb->height,
		.pixel_format = fb->format,
		.modifier = fb->modifier,
		.flags = kms.options.modifiers ? DRM_MODE_FB_MODIFIERS : 0,
		.handles = {handle_for(file, fb->objects[0])},
		.pitches = {fb->pitches[0]},
		.offsets = {fb->offsets[0]},
	};
	return answer;
}
