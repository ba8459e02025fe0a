/* SPDX-License-Identifier: MIT */
/* What was shown before us is shown after us. */
#include "alloc/kms/internal.h"

#include <string.h>

void restore_note(struct lend_kms *kms)
{
	for (size_t i = 0; i < kms->n_crtcs; i++)
		kms->crtcs[i].found = drmModeGetCrtc(kms->fd, kms->crtcs[i].object.id);
	for (size_t i = 0; i < kms->connectors.count; i++) {
		const struct connector *connector = &kms->connectors.list[i];
		struct crtc *crtc = kms_crtc(kms, connector->crtc_id);
		if (crtc && crtc->n_found_on < 32)
			crtc->found_on[crtc->n_found_on++] = connector->object.id;
	}
}

static bool was_on(const struct crtc *crtc)
{
	return crtc->found && crtc->found->mode_valid && crtc->found->buffer_id &&
	       crtc->n_found_on > 0;
}

static void turn_off(struct lend_kms *kms, const struct crtc *crtc)
{
	drmModeSetCrtc(kms->fd, crtc->object.id, 0, 0, 0, NULL, 0, NULL);
}

/* A picture that is gone, since whoever showed it is, cannot come back. */
static void turn_on(struct lend_kms *kms, struct crtc *crtc)
{
	drmModeCrtc *found = crtc->found;
	int result = drmModeSetCrtc(kms->fd, found->crtc_id, found->buffer_id, found->x, found->y,
				    crtc->found_on, crtc->n_found_on, &found->mode);
	if (result == 0)
		return;
	kms_log(kms, LEND_LOG_INFO, "what %s showed before cannot be shown again: %s",
		kms->device->path, strerror(-result));
	turn_off(kms, crtc);
}

/* Planes of ours would stay above what comes back. */
static void clear_planes(struct lend_kms *kms)
{
	struct request request;
	request_begin(&request, kms->fd);
	for (struct lend_pipe *pipe = kms->pipes; pipe; pipe = pipe->next) {
		for (size_t i = 0; i < pipe->n_heads; i++)
			if (pipe->lit && pipe->heads[i].crtc->cursor)
				request_hide(&request, &pipe->heads[i].crtc->cursor->object);
		for (size_t i = 0; i < pipe->shown.n_layers; i++)
			request_hide(&request, &pipe->shown.layers[i].plane->object);
	}
	request_commit(&request, 0, 0);
}

static void clear_cursors(struct lend_kms *kms)
{
	for (struct lend_pipe *pipe = kms->pipes; pipe; pipe = pipe->next)
		for (size_t i = 0; pipe->shown.cursor.framebuffer && i < pipe->n_heads; i++)
			drmModeSetCursor2(kms->fd, pipe->heads[i].crtc->object.id, 0, 0, 0, 0, 0);
}

void restore(struct lend_kms *kms)
{
	if (kms->paused || kms->gone)
		return;
	if (kms->backend == &atomic_backend)
		clear_planes(kms);
	else
		clear_cursors(kms);
	for (size_t i = 0; i < kms->n_crtcs; i++)
		if (kms->crtcs[i].changed && !was_on(&kms->crtcs[i]))
			turn_off(kms, &kms->crtcs[i]);
	for (size_t i = 0; i < kms->n_crtcs; i++)
		if (kms->crtcs[i].changed && was_on(&kms->crtcs[i]))
			turn_on(kms, &kms->crtcs[i]);
}
