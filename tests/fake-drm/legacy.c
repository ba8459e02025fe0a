/* SPDX-License-Identifier: MIT */
/* The calls of before the atomic ones, as the commits that they amount to. */
#include "kms.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct commit commit;

static const char *fb_words(int fd, uint32_t id)
{
	return kms_file(fd) && framebuffer_foreign(framebuffer_find(id)) ? "foreign" : "";
}

/* ---- setting a mode ---- */

static void show_all(struct node *plane, const struct node *crtc, const struct framebuffer *fb,
		     uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	plane->value[FB_ID] = fb->id;
	plane->value[CRTC_ID] = crtc->id;
	plane->value[SRC_X] = (uint64_t)x << 16;
	plane->value[SRC_Y] = (uint64_t)y << 16;
	plane->value[SRC_W] = (uint64_t)width << 16;
	plane->value[SRC_H] = (uint64_t)height << 16;
	plane->value[CRTC_X] = plane->value[CRTC_Y] = 0;
	plane->value[CRTC_W] = width;
	plane->value[CRTC_H] = height;
}

static void turn_off(const struct node *crtc)
{
	struct node *next = commit_touch(&commit, crtc);
	next->value[ACTIVE] = next->value[MODE_ID] = 0;
	for (size_t i = 0; i < kms.n_nodes; i++) {
		if (kms.nodes[i].kind == DRM_MODE_OBJECT_CRTC ||
		    commit.next[i].value[CRTC_ID] != crtc->id)
			continue;
		struct node *node = commit_touch(&commit, &kms.nodes[i]);
		node->value[CRTC_ID] = node->value[FB_ID] = 0;
	}
}

/* A CRTC whose last connector went to another one is turned off. */
static void turn_off_idle(void)
{
	for (size_t i = 0; i < kms.n_crtcs; i++) {
		const struct node *crtc = node_get(DRM_MODE_OBJECT_CRTC, i);
		bool used = false;
		for (size_t j = 0; j < kms.n_nodes; j++)
			used = used || (kms.nodes[j].kind == DRM_MODE_OBJECT_CONNECTOR &&
					commit.next[j].value[CRTC_ID] == crtc->id);
		if (!used && commit.next[crtc - kms.nodes].value[MODE_ID])
			turn_off(crtc);
	}
}

static int set_connectors(const struct node *crtc, const uint32_t *ids, int n)
{
	for (size_t i = 0; i < kms.n_nodes; i++)
		if (kms.nodes[i].kind == DRM_MODE_OBJECT_CONNECTOR &&
		    kms.nodes[i].value[CRTC_ID] == crtc->id)
			commit_touch(&commit, &kms.nodes[i])->value[CRTC_ID] = 0;
	for (int i = 0; i < n; i++) {
		const struct node *connector = node_find(ids[i], DRM_MODE_OBJECT_CONNECTOR);
		if (!connector)
			return failed(ENOENT);
		commit_touch(&commit, connector)->value[CRTC_ID] = crtc->id;
	}
	return 0;
}

static int set_mode(struct file *file, const struct node *crtc, const struct framebuffer *fb,
		    uint32_t x, uint32_t y, const uint32_t *connectors, int n,
		    const drmModeModeInfo *mode)
{
	const struct node *primary = crtc_plane(crtc, DRM_PLANE_TYPE_PRIMARY);
	if (!primary || mode->hdisplay == 0 || mode->vdisplay == 0)
		return failed(EINVAL);
	if ((uint64_t)x + mode->hdisplay > fb->width || (uint64_t)y + mode->vdisplay > fb->height)
		return failed(ENOSPC);
	const struct drm_mode_modeinfo *now = mode_of(crtc->value[MODE_ID]);
	struct node *next = commit_touch(&commit, crtc);
	next->value[ACTIVE] = 1;
	if (!now || memcmp(now, mode, sizeof(*now)) != 0)
		next->value[MODE_ID] = blob_create(mode, sizeof(*mode))->id;
	int result = set_connectors(crtc, connectors, n);
	if (result < 0)
		return result;
	show_all(commit_touch(&commit, primary), crtc, fb, x, y, mode->hdisplay, mode->vdisplay);
	turn_off_idle();
	return commit_end(&commit);
}

FAKE_EXPORT int drmModeSetCrtc(int fd, uint32_t id, uint32_t fb_id, uint32_t x, uint32_t y,
			       uint32_t *connectors, int count, drmModeModeInfoPtr mode)
{
	struct file *file =
		kms_master_call(fd, "drmModeSetCrtc", mode ? fb_words(fd, fb_id) : "off");
	if (!file)
		return -errno;
	const struct node *crtc = node_find(id, DRM_MODE_OBJECT_CRTC);
	if (!crtc)
		return failed(ENOENT);
	commit_begin(&commit, file, DRM_MODE_ATOMIC_ALLOW_MODESET, 0);
	if (!mode && count > 0)
		return failed(EINVAL);
	if (!mode) {
		turn_off(crtc);
		return commit_end(&commit);
	}
	const struct node *primary = crtc_plane(crtc, DRM_PLANE_TYPE_PRIMARY);
	if (fb_id == UINT32_MAX && primary)
		fb_id = (uint32_t)primary->value[FB_ID];
	const struct framebuffer *fb = framebuffer_find(fb_id);
	if (!fb)
		return failed(ENOENT);
	if (count <= 0)
		return failed(EINVAL);
	int result = set_mode(file, crtc, fb, x, y, connectors, count, mode);
	const int error = errno;
	collect();
	errno = error;
	return result;
}

/* ---- flips and flushes ---- */

FAKE_EXPORT int drmModePageFlip(int fd, uint32_t id, uint32_t fb_id, uint32_t flags,
				void *user_data)
{
	struct file *file = kms_master_call(fd, "drmModePageFlip", fb_words(fd, fb_id));
	if (!file)
		return -errno;
	const struct node *crtc = node_find(id, DRM_MODE_OBJECT_CRTC);
	if (flags & ~(uint32_t)DRM_MODE_PAGE_FLIP_EVENT)
		return failed(EINVAL);
	const struct node *primary = crtc ? crtc_plane(crtc, DRM_PLANE_TYPE_PRIMARY) : NULL;
	if (!primary)
		return failed(ENOENT);
	const struct framebuffer *old = framebuffer_find((uint32_t)primary->value[FB_ID]);
	const struct framebuffer *fb = framebuffer_find(fb_id);
	if (!old)
		return failed(EBUSY);
	if (!fb)
		return failed(ENOENT);
	if (fb->format != old->format)
		return failed(EINVAL);
	commit_begin(&commit, file, DRM_MODE_ATOMIC_NONBLOCK | flags, (uintptr_t)user_data);
	commit_touch(&commit, primary)->value[FB_ID] = fb_id;
	return commit_end(&commit);
}

static void take_clips(struct damage *damage, const drmModeClip *clips, uint32_t n)
{
	damage->whole = n == 0;
	damage->n = n;
	for (uint32_t i = 0; i < n; i++)
		damage->clips[i] =
			(struct drm_mode_rect){clips[i].x1, clips[i].y1, clips[i].x2, clips[i].y2};
}

FAKE_EXPORT int drmModeDirtyFB(int fd, uint32_t id, drmModeClipPtr clips, uint32_t n)
{
	struct file *file = kms_master_call(fd, "drmModeDirtyFB", fb_words(fd, id));
	if (!file)
		return -errno;
	if (!framebuffer_find(id))
		return failed(ENOENT);
	if (n > CLIPS_MAX || !clips != !n)
		return failed(EINVAL);
	if (kms.options.flush == FLUSH_NO)
		return failed(ENOSYS);
	for (size_t i = 0; i < kms.n_planes; i++) {
		const struct node *plane = node_get(DRM_MODE_OBJECT_PLANE, i);
		const struct node *crtc = crtc_of(plane);
		if (plane->value[FB_ID] != id || !crtc)
			continue;
		crtc_wait(&kms.crtcs[crtc->index]);
		take_clips(&kms.planes[i].damage, clips, n);
		plane_upload(i);
	}
	return 0;
}

/* ---- the cursor ---- */

/* The commit of a cursor neither waits nor makes others wait. */
static int move_plane(const struct node *plane)
{
	int result = commit_check(&commit);
	if (result < 0)
		return result;
	memcpy(kms.nodes, commit.next, sizeof(kms.nodes));
	kms.planes[plane->index].damage.n = 0;
	plane_latch(plane->index, true);
	collect();
	return 0;
}

static struct framebuffer *cursor_framebuffer(struct file *file, uint32_t handle, uint32_t width,
					      uint32_t height)
{
	const struct drm_mode_fb_cmd2 request = {.width = width,
						 .height = height,
						 .pixel_format = DRM_FORMAT_ARGB8888,
						 .handles = {handle},
						 .pitches = {width * 4}};
	return framebuffer_add(file, &request, 0);
}

static int set_cursor(struct file *file, const struct node *crtc, const struct node *plane,
		      uint32_t handle, uint32_t width, uint32_t height)
{
	commit_begin(&commit, file, 0, 0);
	struct node *next = commit_touch(&commit, plane);
	if (handle == 0) {
		next->value[FB_ID] = next->value[CRTC_ID] = 0;
		return move_plane(plane);
	}
	if (width > kms.options.cursor_width || height > kms.options.cursor_height)
		return failed(EINVAL);
	struct framebuffer *fb = cursor_framebuffer(file, handle, width, height);
	if (!fb)
		return -errno;
	next->value[FB_ID] = fb->id;
	next->value[CRTC_ID] = crtc->id;
	next->value[SRC_W] = (uint64_t)width << 16;
	next->value[SRC_H] = (uint64_t)height << 16;
	next->value[CRTC_W] = width;
	next->value[CRTC_H] = height;
	int result = move_plane(plane);
	fb->file = 0; /* gone with the next image */
	fb->internal = true;
	collect();
	return result;
}

/* The cursor's plane, for a call of that name; NULL with errno set. */
static const struct node *cursor_plane(int fd, const char *call, uint32_t id, struct file **file)
{
	*file = kms_master_call(fd, call, "");
	if (!*file)
		return NULL;
	const struct node *crtc = node_find(id, DRM_MODE_OBJECT_CRTC);
	const struct node *plane = crtc ? crtc_plane(crtc, DRM_PLANE_TYPE_CURSOR) : NULL;
	errno = crtc ? ENXIO : ENOENT;
	return plane;
}

FAKE_EXPORT int drmModeSetCursor(int fd, uint32_t id, uint32_t handle, uint32_t width,
				 uint32_t height)
{
	struct file *file;
	const struct node *plane = cursor_plane(fd, "drmModeSetCursor", id, &file);
	if (!plane)
		return -errno;
	return set_cursor(file, node_find(id, 0), plane, handle, width, height);
}

FAKE_EXPORT int drmModeSetCursor2(int fd, uint32_t id, uint32_t handle, uint32_t width,
				  uint32_t height, int32_t hot_x, int32_t hot_y)
{
	struct file *file;
	const struct node *plane = cursor_plane(fd, "drmModeSetCursor2", id, &file);
	if (!plane)
		return -errno;
	int result = set_cursor(file, node_find(id, 0), plane, handle, width, height);
	if (result == 0) {
		kms.nodes[plane - kms.nodes].value[HOTSPOT_X] = (uint64_t)(int64_t)hot_x;
		kms.nodes[plane - kms.nodes].value[HOTSPOT_Y] = (uint64_t)(int64_t)hot_y;
	}
	return result;
}

FAKE_EXPORT int drmModeMoveCursor(int fd, uint32_t id, int x, int y)
{
	struct file *file;
	const struct node *plane = cursor_plane(fd, "drmModeMoveCursor", id, &file);
	if (!plane)
		return -errno;
	commit_begin(&commit, file, 0, 0);
	struct node *next = commit_touch(&commit, plane);
	next->value[CRTC_X] = (uint64_t)(int64_t)x;
	next->value[CRTC_Y] = (uint64_t)(int64_t)y;
	return move_plane(plane);
}
