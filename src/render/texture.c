/* SPDX-License-Identifier: MIT */
/*
 * What surfaces are drawn from. Memory that the CPU wrote is copied into a texture of the surface:
 * of what changed, what is to be seen. Memory that a GPU wrote is read where it is.
 */
#include "render/gles2.h"

#include <stdlib.h>

/* The copy of a surface's contents. It belongs to the one renderer that drew the surface last. */
struct texture {
	struct gles2 *gles2;
	struct surface *surface;
	struct wl_list link; /* gles2.textures */
	struct wl_listener destroyed;
	GLuint name;
	int32_t width, height;
	const struct texel *texel;
	pixman_region32_t valid;
};

/* A dma-buf, as long as it is there. */
struct image {
	struct wl_list link; /* gles2.images */
	const struct lend_buffer *memory;
	EGLImageKHR egl; /* EGL_NO_IMAGE_KHR: refused */
	GLuint name;
	GLenum target;
};

/* How pixels of the CPU's are copied as they are. */
struct texel {
	pixman_format_code_t with_alpha, opaque;
	GLenum format, type;
	uint32_t cpp;
	bool swap;
};

static const struct texel texels[] = {
	{PIXMAN_a8b8g8r8, PIXMAN_x8b8g8r8, GL_RGBA, GL_UNSIGNED_BYTE, 4, false},
	{PIXMAN_a8r8g8b8, PIXMAN_x8r8g8b8, GL_RGBA, GL_UNSIGNED_BYTE, 4, true},
	{PIXMAN_r5g6b5, PIXMAN_r5g6b5, GL_RGB, GL_UNSIGNED_SHORT_5_6_5, 2, false},
	{PIXMAN_b5g6r5, PIXMAN_b5g6r5, GL_RGB, GL_UNSIGNED_SHORT_5_6_5, 2, true},
};

/* All others are converted to the first one. */
static const struct texel *find_texel(pixman_format_code_t format)
{
	for (size_t i = 0; i < sizeof(texels) / sizeof(texels[0]); i++)
		if (texels[i].with_alpha == format || texels[i].opaque == format)
			return &texels[i];
	return &texels[0];
}

static bool is_as_it_is(const struct texel *texel, pixman_format_code_t format)
{
	return texel->with_alpha == format || texel->opaque == format;
}

/* ---- copies --------------------------------------------------------------------------------- */

static void set_up(GLenum target, GLuint name)
{
	gl.BindTexture(target, name);
	gl.TexParameteri(target, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
	gl.TexParameteri(target, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

/* Makes room for a picture of that size. False: there is none. */
static bool make_room(GLuint name, const struct texel *texel, int32_t width, int32_t height)
{
	while (gl.GetError() != GL_NO_ERROR)
		;
	set_up(GL_TEXTURE_2D, name);
	gl.TexImage2D(GL_TEXTURE_2D, 0, (GLint)texel->format, width, height, 0, texel->format,
		      texel->type, NULL);
	return gl.GetError() == GL_NO_ERROR;
}

static void upload(const struct texel *texel, const void *pixels, int stride,
		   const pixman_box32_t *box, int32_t from_x, int32_t from_y)
{
	const char *from = (const char *)pixels + (ptrdiff_t)from_y * stride +
			   (ptrdiff_t)from_x * (ptrdiff_t)texel->cpp;

	gl.PixelStorei(GL_UNPACK_ALIGNMENT, 1);
	gl.PixelStorei(GL_UNPACK_ROW_LENGTH_EXT, stride / (int)texel->cpp);
	gl.TexSubImage2D(GL_TEXTURE_2D, 0, box->x1, box->y1, box->x2 - box->x1, box->y2 - box->y1,
			 texel->format, texel->type, from);
}

static void upload_converted(const struct texel *texel, pixman_image_t *image,
			     const pixman_box32_t *box)
{
	int width = box->x2 - box->x1, height = box->y2 - box->y1;
	pixman_image_t *converted =
		pixman_image_create_bits_no_clear(texel->with_alpha, width, height, NULL, 0);

	if (!converted)
		return;
	pixman_image_set_transform(image, NULL);
	pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, converted, box->x1, box->y1, 0, 0, 0,
				 0, width, height);
	upload(texel, pixman_image_get_data(converted), pixman_image_get_stride(converted), box, 0,
	       0);
	pixman_image_unref(converted);
}

/* Copies the region of the image into the bound texture. */
static void upload_region(struct gles2 *gles2, const struct texel *texel, pixman_image_t *image,
			  const pixman_region32_t *region)
{
	bool as_it_is = is_as_it_is(texel, pixman_image_get_format(image));
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	for (int i = 0; i < n; i++) {
		if (as_it_is)
			upload(texel, pixman_image_get_data(image), pixman_image_get_stride(image),
			       &boxes[i], boxes[i].x1, boxes[i].y1);
		else
			upload_converted(texel, image, &boxes[i]);
	}
	gles2->renderer.uploaded += region_area(region) * texel->cpp;
}

/* ---- of surfaces ---------------------------------------------------------------------------- */

/* Its context is current. */
static void texture_free(struct texture *texture)
{
	wl_list_remove(&texture->link);
	wl_list_remove(&texture->destroyed.link);
	texture->surface->texture = NULL;
	gl.DeleteTextures(1, &texture->name);
	pixman_region32_fini(&texture->valid);
	free(texture);
}

static void texture_destroy(struct texture *texture)
{
	const struct context *context = &texture->gles2->context;
	struct current before;

	context_enter(context, &before);
	texture_free(texture);
	context_leave(context, &before);
}

static void handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct texture *texture = wl_container_of(listener, texture, destroyed);

	texture_destroy(texture);
}

static struct texture *texture_create(struct gles2 *gles2, struct surface *surface)
{
	struct texture *texture = calloc(1, sizeof(*texture));

	if (!texture)
		return NULL;
	texture->gles2 = gles2;
	texture->surface = surface;
	wl_list_insert(&gles2->textures, &texture->link);
	texture->destroyed.notify = handle_surface_destroyed;
	wl_signal_add(&surface->destroyed, &texture->destroyed);
	gl.GenTextures(1, &texture->name);
	pixman_region32_init(&texture->valid);
	surface->texture = texture;
	return texture;
}

/* As large as the buffer, and of its kind; what is out of date is not valid any more. */
static bool texture_fit(struct texture *texture, const struct buffer *buffer)
{
	const struct texel *texel = find_texel(format_to_pixman(buffer->format));
	pixman_region32_t *unread = &texture->surface->unread;

	pixman_region32_subtract(&texture->valid, &texture->valid, unread);
	pixman_region32_clear(unread);
	if (texture->texel == texel && texture->width == (int32_t)buffer->width &&
	    texture->height == (int32_t)buffer->height)
		return true;
	pixman_region32_clear(&texture->valid);
	texture->texel = texel;
	texture->width = (int32_t)buffer->width;
	texture->height = (int32_t)buffer->height;
	bool fits = make_room(texture->name, texel, texture->width, texture->height);
	texture->width = fits ? texture->width : 0;
	return fits;
}

/* Another renderer's is of no use here, and out of date by then. */
static struct texture *texture_of(struct gles2 *gles2, struct surface *surface)
{
	struct texture *texture = surface->texture;
	struct current before;

	if (texture && texture->gles2 == gles2)
		return texture;
	if (texture) {
		texture_destroy(texture);
		context_enter(&gles2->context, &before);
	}
	return texture_create(gles2, surface);
}

/* What is too complicated to remember is forgotten. */
static void note_valid(struct texture *texture, const pixman_region32_t *region)
{
	pixman_region32_union(&texture->valid, &texture->valid, (pixman_region32_t *)region);
	if (pixman_region32_n_rects(&texture->valid) > RECTS_MAX)
		pixman_region32_copy(&texture->valid, (pixman_region32_t *)region);
}

static bool texture_update(struct texture *texture, struct buffer *buffer,
			   const pixman_region32_t *read)
{
	pixman_region32_t missing;
	bool ok = true;

	pixman_region32_init(&missing);
	pixman_region32_subtract(&missing, (pixman_region32_t *)read, &texture->valid);
	if (pixman_region32_not_empty(&missing)) {
		region_bound(&missing);
		pixman_region32_intersect_rect(&missing, &missing, 0, 0, buffer->width,
					       buffer->height);
		pixman_image_t *image = buffer_begin_read(buffer, &missing);
		ok = image != NULL;
		if (image) {
			gl.BindTexture(GL_TEXTURE_2D, texture->name);
			upload_region(texture->gles2, texture->texel, image, &missing);
			buffer_end_read(buffer);
			note_valid(texture, &missing);
		}
	}
	pixman_region32_fini(&missing);
	return ok;
}

static bool get_copy(struct gles2 *gles2, struct surface *surface, const pixman_region32_t *read,
		     struct sampled *sampled)
{
	struct buffer *buffer = surface->current.buffer;
	struct texture *texture = texture_of(gles2, surface);

	if (!texture || !texture_fit(texture, buffer) || !texture_update(texture, buffer, read))
		return false;
	*sampled = (struct sampled){
		.target = GL_TEXTURE_2D,
		.texture = texture->name,
		.swap = texture->texel->swap,
		.opaque = !lend_format_get(buffer->format)->has_alpha,
	};
	return true;
}

/* ---- of dma-bufs ---------------------------------------------------------------------------- */

/* What a CPU draws in is not looked at by the GPU: some do not see what the CPU wrote. */
static bool is_of_gpu(const struct buffer *buffer)
{
	return buffer->memory && !buffer->staged &&
	       (buffer->kind == LEND_MEMORY_GBM || buffer->kind == LEND_MEMORY_DMABUF);
}

static void image_free(struct gles2 *gles2, struct image *image)
{
	wl_list_remove(&image->link);
	if (image->name)
		gl.DeleteTextures(1, &image->name);
	if (image->egl != EGL_NO_IMAGE_KHR)
		image_destroy(&gles2->context, image->egl);
	free(image);
}

static void image_import(struct gles2 *gles2, struct image *image, const struct lend_format *format)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	lend_buffer_describe(image->memory, &info);
	const struct dmabuf_format *known =
		context_find_format(&gles2->context, info.format, info.modifier);
	image->egl = image_create(&gles2->context, image->memory);
	image->target = format->n_planes > 1 || (known && known->external) ? GL_TEXTURE_EXTERNAL_OES
									   : GL_TEXTURE_2D;
	if (image->egl == EGL_NO_IMAGE_KHR)
		return;
	while (gl.GetError() != GL_NO_ERROR)
		;
	gl.GenTextures(1, &image->name);
	set_up(image->target, image->name);
	gl.EGLImageTargetTexture2DOES(image->target, image->egl);
	if (gl.GetError() == GL_NO_ERROR &&
	    (image->target == GL_TEXTURE_2D || gles2->context.external))
		return;
	image_destroy(&gles2->context, image->egl);
	image->egl = EGL_NO_IMAGE_KHR;
}

/* Its context is current. */
static struct image *image_of(struct gles2 *gles2, const struct buffer *buffer)
{
	struct image *image;

	wl_list_for_each (image, &gles2->images, link)
		if (image->memory == buffer->memory)
			return image;
	image = calloc(1, sizeof(*image));
	if (!image)
		return NULL;
	image->memory = buffer->memory;
	wl_list_insert(&gles2->images, &image->link);
	image_import(gles2, image, lend_format_get(buffer->format));
	return image;
}

static bool can_be_copied(const struct buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};

	if (!format_to_pixman(buffer->format))
		return false;
	if (!buffer->memory || buffer->staged)
		return true;
	lend_buffer_describe(buffer->memory, &info);
	return info.modifier == LEND_MODIFIER_LINEAR;
}

/* ---- for all -------------------------------------------------------------------------------- */

bool texture_get(struct gles2 *gles2, struct surface *surface, const pixman_region32_t *read,
		 struct sampled *sampled)
{
	const struct buffer *buffer = surface->current.buffer;
	const struct image *image = is_of_gpu(buffer) ? image_of(gles2, buffer) : NULL;

	if (!image || image->egl == EGL_NO_IMAGE_KHR)
		return can_be_copied(buffer) && get_copy(gles2, surface, read, sampled);
	*sampled = (struct sampled){
		.target = image->target,
		.texture = image->name,
		.opaque = !lend_format_get(buffer->format)->has_alpha,
	};
	return true;
}

const char *texture_refuses(struct gles2 *gles2, const struct buffer *buffer)
{
	const struct context *context = &gles2->context;
	const struct image *image = NULL;
	struct current before;

	if (buffer->width > (uint32_t)context->side_max ||
	    buffer->height > (uint32_t)context->side_max)
		return "it is larger than the GPU's textures can be.";
	if (is_of_gpu(buffer)) {
		context_enter(context, &before);
		image = image_of(gles2, buffer);
		context_leave(context, &before);
		if (image && image->egl != EGL_NO_IMAGE_KHR)
			return NULL;
	}
	return can_be_copied(buffer) ? NULL : "the GPU that composites does not import it.";
}

bool texture_get_cursor(struct gles2 *gles2, const struct output_cursor *cursor,
			struct sampled *sampled)
{
	int32_t width = pixman_image_get_width(cursor->image);
	int32_t height = pixman_image_get_height(cursor->image);
	const struct texel *texel = find_texel(pixman_image_get_format(cursor->image));
	pixman_region32_t all;

	if (!gles2->cursor.texture)
		gl.GenTextures(1, &gles2->cursor.texture);
	*sampled = (struct sampled){GL_TEXTURE_2D, gles2->cursor.texture, texel->swap, false};
	if (gles2->cursor.serial == cursor->serial && gles2->cursor.width == width &&
	    gles2->cursor.height == height)
		return true;
	gles2->cursor.width = 0;
	if (!make_room(gles2->cursor.texture, texel, width, height))
		return false;
	pixman_region32_init_rect(&all, 0, 0, (unsigned)width, (unsigned)height);
	upload_region(gles2, texel, cursor->image, &all);
	pixman_region32_fini(&all);
	gles2->cursor.serial = cursor->serial;
	gles2->cursor.width = width;
	gles2->cursor.height = height;
	return true;
}

void textures_forget(struct gles2 *gles2, const struct lend_buffer *memory)
{
	struct image *image, *next;

	wl_list_for_each_safe (image, next, &gles2->images, link)
		if (image->memory == memory)
			image_free(gles2, image);
}

void textures_finish(struct gles2 *gles2)
{
	struct texture *texture, *next_texture;
	struct image *image, *next_image;

	wl_list_for_each_safe (texture, next_texture, &gles2->textures, link)
		texture_free(texture);
	wl_list_for_each_safe (image, next_image, &gles2->images, link)
		image_free(gles2, image);
	if (gles2->cursor.texture)
		gl.DeleteTextures(1, &gles2->cursor.texture);
}
