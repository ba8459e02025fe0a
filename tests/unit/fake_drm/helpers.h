/* SPDX-License-Identifier: MIT */
#ifndef FAKE_DRM_HELPERS_H
#define FAKE_DRM_HELPERS_H

/* cmocka.h needs these four first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "fake-drm.h"

#define CARD "/dev/dri/card0"

/* Plays the personality, with those lines more, and opens its device as an atomic client, if it is.
 */
int card_open(const char *personality, const char *more);

/* The object's property of that name; it must have it. */
uint32_t property_id(int fd, uint32_t object, const char *name);
uint64_t property_value(int fd, uint32_t object, const char *name);

/* What a display is made of. */
struct head {
	uint32_t connector, crtc, primary, overlay, cursor, writeback;
	drmModeModeInfo mode;
};
/* The head of the n-th connector that is connected. */
struct head head_get(int fd, size_t n);

/* A dumb buffer in one colour, its framebuffer and its map. */
struct picture {
	uint32_t handle, fb, pitch, width, height;
	uint64_t size;
	uint32_t *pixels;
};
struct picture picture_create(int fd, uint32_t width, uint32_t height, uint32_t format,
			      uint32_t colour);
void picture_fill(struct picture *picture, uint32_t colour);
void picture_destroy(int fd, struct picture *picture);

/* Requests of a few properties. */
void set(drmModeAtomicReq *request, int fd, uint32_t object, const char *name, uint64_t value);
void set_plane(drmModeAtomicReq *request, int fd, uint32_t plane, uint32_t crtc, uint32_t fb,
	       int32_t x, int32_t y, uint32_t width, uint32_t height);
uint32_t clips_blob(int fd, const struct drm_mode_rect *clips, size_t n);

/* Lights the head with the picture, by the atomic calls. */
void light(int fd, const struct head *head, const struct picture *picture);

/* What is shown at that place of the CRTC of that index; 0: nothing is. */
uint32_t shown(size_t crtc, uint32_t x, uint32_t y);

bool readable(int fd);

/* Reads events; returns the last flip's user data, or 0. */
uintptr_t handle_events(int fd);

#endif
