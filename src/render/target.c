/* SPDX-License-Identifier: MIT */
/* What is drawn into: an output's own buffer where the GPU can, else a picture of the same size
 * from which the CPU takes what was drawn. */
#include "render/gles2.h"

#include <stdlib.h>

struct target {
	struct wl_list link; /* gles2.targets */
	const struct lend_buffer *memory;
	EGLImageKHR image; /* EGL_NO_IMAGE_KHR: the GPU does not draw in it */
	GLuint texture, framebuffer;
};

static bool make_framebuffer(GLuint texture, GLuint *framebuffer)
{
	gl.GenFramebuffers(1, framebuffer);
	gl.BindFramebuffer(GL_FRAMEBUFFER, *framebuffer);
	gl.FramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
	return gl.CheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE;
}

/* ---- the memory itself ---------------------------------------------------------------------- */

static void release(struct gles2 *gles2, struct target *target)
{
	if (target->framebuffer)
		gl.DeleteFramebuffers(1, &target->framebuffer);
	if (target->texture)
		gl.DeleteTextures(1, &target->texture);
	if (target->image != EGL_NO_IMAGE_KHR)
		image_destroy(&gles2->context, target->image);
	target->framebuffer = target->texture = 0;
	target->image = EGL_NO_IMAGE_KHR;
}

/* Only memory that the CPU leaves alone: what others wrote is not always seen. */
static void import(struct gles2 *gles2, struct target *target)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(target->memory, &info);
	if (info.memory != LEND_MEMORY_GBM)
		return;
	target->image = image_create(&gles2->context, target->memory);
	if (target->image == EGL_NO_IMAGE_KHR)
		return;
	gl.GenTextures(1, &target->texture);
	gl.BindTexture(GL_TEXTURE_2D, target->texture);
	gl.EGLImageTargetTexture2DOES(GL_TEXTURE_2D, target->image);
	if (!make_framebuffer(target->texture, &target->framebuffer))
		release(gles2, target);
}

static struct target *target_of(struct gles2 *gles2, const struct lend_buffer *memory)
{
	struct target *target;

	wl_list_for_each (target, &gles2->targets, link)
		if (target->memory == memory)
			return target;
	target = calloc(1, sizeof(*target));
	if (!target)
		return NULL;
	target->memory = memory;
	target->image = EGL_NO_IMAGE_KHR;
	wl_list_insert(&gles2->targets, &target->link);
	import(gles2, target);
	return target;
}

static void target_free(struct gles2 *gles2, struct target *target)
{
	wl_list_remove(&target->link);
	release(gles2, target);
	free(target);
}

/* ---- the picture instead of it -------------------------------------------------------------- */

static void scratch_finish(struct gles2 *gles2)
{
	if (gles2->scratch.framebuffer)
		gl.DeleteFramebuffers(1, &gles2->scratch.framebuffer);
	if (gles2->scratch.texture)
		gl.DeleteTextures(1, &gles2->scratch.texture);
	if (gles2->scratch.image)
		pixman_image_unref(gles2->scratch.image);
	gles2->scratch.framebuffer = gles2->scratch.texture = 0;
	gles2->scratch.image = NULL;
}

static bool scratch_make(struct gles2 *gles2, int32_t width, int32_t height)
{
	if (gles2->scratch.image && gles2->scratch.width == width &&
	    gles2->scratch.height == height)
		return true;
	scratch_finish(gles2);
	gles2->scratch.width = width;
	gles2->scratch.height = height;
	gl.GenTextures(1, &gles2->scratch.texture);
	gl.BindTexture(GL_TEXTURE_2D, gles2->scratch.texture);
	gl.TexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, NULL);
	if (make_framebuffer(gles2->scratch.texture, &gles2->scratch.framebuffer))
		gles2->scratch.image =
			pixman_image_create_bits_no_clear(PIXMAN_a8b8g8r8, width, height, NULL, 0);
	return gles2->scratch.image != NULL;
}

/* Rows without gaps are what can be read without an extension: so many rows as there is room for
 * in the picture, as often as it takes. */
static void read_box(struct gles2 *gles2, pixman_image_t *to, const pixman_box32_t *box)
{
	void *pixels = pixman_image_get_data(gles2->scratch.image);
	int width = box->x2 - box->x1, height = box->y2 - box->y1;

	pixman_image_t *from = pixman_image_create_bits_no_clear(PIXMAN_a8b8g8r8, width, height,
								 pixels, width * 4);
	if (!from)
		return;
	gl.ReadPixels(box->x1, box->y1, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
	pixman_image_composite32(PIXMAN_OP_SRC, from, NULL, to, 0, 0, 0, 0, box->x1, box->y1, width,
				 height);
	pixman_image_unref(from);
}

static void read_back(struct gles2 *gles2, struct own_buffer *own, const pixman_region32_t *damage)
{
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)damage, &n);
	void *pixels;

	if (lend_buffer_begin(own->memory, LEND_WRITE, &pixels) < 0)
		return;
	pixman_image_set_clip_region32(own->image, NULL);
	gl.PixelStorei(GL_PACK_ALIGNMENT, 1);
	for (int i = 0; i < n; i++)
		read_box(gles2, own->image, &boxes[i]);
	lend_buffer_end(own->memory);
}

/* ---- for all -------------------------------------------------------------------------------- */

bool target_begin(struct gles2 *gles2, struct own_buffer *own)
{
	const struct target *target = target_of(gles2, own->memory);

	if (!target)
		return false;
	if (target->framebuffer)
		gl.BindFramebuffer(GL_FRAMEBUFFER, target->framebuffer);
	else if (scratch_make(gles2, own->width, own->height))
		gl.BindFramebuffer(GL_FRAMEBUFFER, gles2->scratch.framebuffer);
	else
		return false;
	gl.Viewport(0, 0, own->width, own->height);
	return true;
}

void target_end(struct gles2 *gles2, struct own_buffer *own, const pixman_region32_t *damage,
		int *fence)
{
	const struct target *target = target_of(gles2, own->memory);

	if (target && target->framebuffer)
		*fence = context_fence(&gles2->context);
	else
		read_back(gles2, own, damage);
	gl.BindFramebuffer(GL_FRAMEBUFFER, 0);
}

bool target_is_direct(struct gles2 *gles2, const struct lend_buffer *memory)
{
	const struct target *target = target_of(gles2, memory);

	return target && target->framebuffer;
}

void targets_forget(struct gles2 *gles2, const struct lend_buffer *memory)
{
	struct target *target, *next;

	wl_list_for_each_safe (target, next, &gles2->targets, link)
		if (target->memory == memory)
			target_free(gles2, target);
}

void targets_finish(struct gles2 *gles2)
{
	struct target *target, *next;

	wl_list_for_each_safe (target, next, &gles2->targets, link)
		target_free(gles2, target);
	scratch_finish(gles2);
}
