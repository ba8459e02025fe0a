/* SPDX-License-Identifier: MIT */
/* SetCrtc, PageFlip and DIRTYFB, for drivers without atomic commits. */
#include "alloc/kms/internal.h"
#include "common/error.h"

#include <errno.h>
#include <string.h>

enum { CLIPS_MAX = 64 };

/* ---- the cursor ---- */

static int set_cursor(struct lend_pipe *pipe, const struct head *head, const struct frame *frame)
{
	const struct lend_framebuffer *cursor = frame->cursor.framebuffer;
	const int fd = pipe->kms->fd;
	const uint32_t id = head->crtc->object.id;
	if (!cursor)
		return drmModeSetCursor2(fd, id, 0, 0, 0, 0, 0);
	int result = drmModeSetCursor2(fd, id, cursor->handles[0], cursor->width, cursor->height,
				       frame->hot_x, frame->hot_y);
	return result < 0 ? result : drmModeMoveCursor(fd, id, frame->cursor.x, frame->cursor.y);
}

static bool same_cursor(const struct frame *a, const struct frame *b)
{
	return a->cursor.framebuffer == b->cursor.framebuffer && a->hot_x == b->hot_x &&
	       a->hot_y == b->hot_y;
}

static int move_cursor(struct lend_pipe *pipe, const struct head *head, const struct frame *frame)
{
	const struct frame *shown = &pipe->shown;
	if (pipe->fresh || !same_cursor(shown, frame))
		return set_cursor(pipe, head, frame);
	if (!frame->cursor.framebuffer ||
	    (shown->cursor.x == frame->cursor.x && shown->cursor.y == frame->cursor.y))
		return 0;
	return drmModeMoveCursor(pipe->kms->fd, head->crtc->object.id, frame->cursor.x,
				 frame->cursor.y);
}

/* A driver that knows no cursor is refused nothing as long as none is to be shown. */
static int show_cursor(struct lend_pipe *pipe, const struct frame *frame)
{
	int result = 0;
	if (pipe->kms->cursorless)
		return 0;
	for (size_t i = 0; result == 0 && i < pipe->n_heads; i++)
		result = move_cursor(pipe, &pipe->heads[i], frame);
	if (result == -ENXIO || result == -ENOSYS) {
		pipe->kms->cursorless = true;
		return frame->cursor.framebuffer ? result : 0;
	}
	return result;
}

static void restore_cursor(struct lend_pipe *pipe)
{
	for (size_t i = 0; !pipe->kms->cursorless && i < pipe->n_heads; i++)
		set_cursor(pipe, &pipe->heads[i], &pipe->shown);
}

/* ---- the picture ---- */

static int set_crtc(struct lend_pipe *pipe, struct head *head, struct lend_framebuffer *framebuffer)
{
	head->crtc->changed = true;
	return drmModeSetCrtc(pipe->kms->fd, head->crtc->object.id, primary_id(head, framebuffer),
			      0, 0, &head->connector.id, 1, &head->timing);
}

/* Heads before this one show the frame before again, or nothing if there was none. */
static void go_back(struct lend_pipe *pipe, size_t heads)
{
	for (size_t i = 0; i < heads; i++) {
		struct head *head = &pipe->heads[i];
		if (pipe->shown.main.framebuffer && !pipe->fresh)
			set_crtc(pipe, head, pipe->shown.main.framebuffer);
		else
			drmModeSetCrtc(pipe->kms->fd, head->crtc->object.id, 0, 0, 0, NULL, 0,
				       NULL);
	}
}

static int set_mode(struct lend_pipe *pipe, const struct frame *frame)
{
	for (size_t i = 0; i < pipe->n_heads; i++) {
		int result = set_crtc(pipe, &pipe->heads[i], frame->main.framebuffer);
		if (result == 0)
			continue;
		go_back(pipe, i);
		return commit_failed(pipe->kms, "DRM_IOCTL_MODE_SETCRTC", result);
	}
	/* The picture is there; without the cursor it would not be what was asked for. */
	int result = show_cursor(pipe, frame);
	if (result == 0)
		return 1;
	go_back(pipe, pipe->n_heads);
	return commit_failed(pipe->kms, "DRM_IOCTL_MODE_CURSOR2", result);
}

static uint16_t clamp(int64_t value, uint32_t most)
{
	most = most < UINT16_MAX ? most : UINT16_MAX;
	return (uint16_t)(value < 0 ? 0 : value > most ? most : value);
}

static size_t clip_all(const struct picture *picture, drmModeClip clips[CLIPS_MAX])
{
	const struct lend_framebuffer *framebuffer = picture->framebuffer;
	const struct lend_rect whole = {0, 0, (int32_t)framebuffer->width,
					(int32_t)framebuffer->height};
	const bool all = picture->damage.whole || picture->damage.count > CLIPS_MAX;
	const size_t given = all ? 1 : picture->damage.count;
	size_t count = 0;
	for (size_t i = 0; i < given; i++) {
		const struct lend_rect *rect = all ? &whole : &picture->damage.rects[i];
		const drmModeClip clip = {
			.x1 = clamp(rect->x, framebuffer->width),
			.y1 = clamp(rect->y, framebuffer->height),
			.x2 = clamp((int64_t)rect->x + rect->width, framebuffer->width),
			.y2 = clamp((int64_t)rect->y + rect->height, framebuffer->height),
		};
		if (rect->width > 0 && rect->height > 0 && clip.x1 < clip.x2 && clip.y1 < clip.y2)
			clips[count++] = clip;
	}
	return count;
}

/* The same framebuffer again: only a driver that shows a copy needs to know. */
static int flush(struct lend_pipe *pipe, const struct frame *frame)
{
	struct lend_kms *kms = pipe->kms;
	drmModeClip clips[CLIPS_MAX];
	const size_t count = clip_all(&frame->main, clips);
	if (kms->dirty_needless || count == 0)
		return 1;
	const uint32_t id = primary_id(&pipe->heads[0], frame->main.framebuffer);
	int result = drmModeDirtyFB(kms->fd, id, clips, (uint32_t)count);
	if (result == -ENOSYS || result == -EOPNOTSUPP) {
		kms->dirty_needless = true;
		return 1;
	}
	return result < 0 ? commit_failed(kms, "DRM_IOCTL_MODE_DIRTYFB", result) : 1;
}

/* 0: an event will come; 1: it is done. Drivers flip only between framebuffers that are alike. */
static int flip_head(struct lend_pipe *pipe, struct head *head,
		     struct lend_framebuffer *framebuffer, uint32_t number)
{
	int result =
		drmModePageFlip(pipe->kms->fd, head->crtc->object.id, primary_id(head, framebuffer),
				DRM_MODE_PAGE_FLIP_EVENT, (void *)(uintptr_t)number);
	if (result != -EINVAL && result != -ENOSYS)
		return result;
	result = set_crtc(pipe, head, framebuffer);
	return result < 0 ? result : 1;
}

static int flip(struct lend_pipe *pipe, const struct frame *frame, uint32_t number)
{
	bool done = true;
	for (size_t i = 0; i < pipe->n_heads; i++)
		pipe->heads[i].awaited = false;
	for (size_t i = 0; i < pipe->n_heads; i++) {
		struct head *head = &pipe->heads[i];
		int result = flip_head(pipe, head, frame->main.framebuffer, number);
		if (result < 0) {
			go_back(pipe, i);
			return commit_failed(pipe->kms, "DRM_IOCTL_MODE_PAGE_FLIP", result);
		}
		head->awaited = result == 0;
		done = done && result == 1;
	}
	return done;
}

static int commit(struct lend_pipe *pipe, struct frame *frame, uint32_t number)
{
	if (pipe->fresh)
		return set_mode(pipe, frame);
	int result = show_cursor(pipe, frame);
	if (result < 0) {
		restore_cursor(pipe);
		return commit_failed(pipe->kms, "DRM_IOCTL_MODE_CURSOR2", result);
	}
	const bool same = frame->main.framebuffer == pipe->shown.main.framebuffer;
	result = same ? flush(pipe, frame) : flip(pipe, frame, number);
	if (result < 0)
		restore_cursor(pipe);
	return result;
}

/* There is no way to ask. */
static int test(struct lend_pipe *pipe, struct frame *frame)
{
	return 0;
}

static void turn_off(struct lend_pipe *pipe)
{
	for (size_t i = 0; i < pipe->n_heads; i++) {
		const uint32_t id = pipe->heads[i].crtc->object.id;
		if (pipe->shown.cursor.framebuffer)
			drmModeSetCursor2(pipe->kms->fd, id, 0, 0, 0, 0, 0);
		drmModeSetCrtc(pipe->kms->fd, id, 0, 0, 0, NULL, 0, NULL);
	}
}

const struct backend legacy_backend = {
	.test = test,
	.commit = commit,
	.turn_off = turn_off,
};
