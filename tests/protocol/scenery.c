/* SPDX-License-Identifier: MIT */
#include "scenery.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

/* ---- buffers -------------------------------------------------------------------------------- */

static void handle_release(void *data, struct wl_buffer *buffer)
{
	((struct piece_buffer *)data)->busy = false;
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

static uint32_t bytes_per_pixel(const struct piece *piece)
{
	return piece->format == LEND_FORMAT_RGB565 ? 2 : 4;
}

static uint32_t shm_format(uint32_t format)
{
	return format == LEND_FORMAT_XRGB8888	? WL_SHM_FORMAT_XRGB8888
	       : format == LEND_FORMAT_ARGB8888 ? WL_SHM_FORMAT_ARGB8888
						: format;
}

static void make_shm_buffer(struct piece *piece, struct piece_buffer *buffer)
{
	struct client *client = piece->client;

	buffer->stride = (piece->width * bytes_per_pixel(piece) + 3) & ~3U;
	buffer->size = (size_t)buffer->stride * piece->height;
	int fd = memfd_create(
		"scenery", MFD_CLOEXEC | (piece->memory == PIECE_SEALED ? MFD_ALLOW_SEALING : 0));
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)buffer->size), 0);
	buffer->pixels = mmap(NULL, buffer->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_ptr_not_equal(buffer->pixels, MAP_FAILED);
	struct wl_shm_pool *pool = wl_shm_create_pool(client->shm, fd, (int32_t)buffer->size);
	buffer->buffer =
		wl_shm_pool_create_buffer(pool, 0, (int32_t)piece->width, (int32_t)piece->height,
					  (int32_t)buffer->stride, shm_format(piece->format));
	wl_shm_pool_destroy(pool);
	close(fd);
	wl_buffer_add_listener(buffer->buffer, &buffer_listener, buffer);
}

static void lend_buffers(struct piece *piece)
{
	struct chain *chain = &piece->chain;
	bool front = piece->memory == PIECE_FRONT;
	uint32_t before = chain->generation;

	chain_configure(chain, piece->width, piece->height, piece->format,
			front ? FRAMELEND_CHAIN_V1_USAGE_FRONT : 0, front ? 1 : PIECE_BUFFERS);
	if (before)
		framelend_chain_v1_drop(chain->proxy, before);
	piece->n_buffers = chain->count;
	for (unsigned i = 0; i < chain->count; i++) {
		struct lent_buffer *lent = &chain->buffers[i];
		piece->buffers[i] = (struct piece_buffer){
			.buffer = lent->buffer,
			.pixels = lent->pixels + lent->offset,
			.stride = lent->stride,
		};
		wl_proxy_set_user_data((struct wl_proxy *)lent->buffer, &lent->released);
	}
}

static bool is_lent(const struct piece *piece)
{
	return piece->memory == PIECE_LENT || piece->memory == PIECE_FRONT;
}

static void make_buffers(struct piece *piece)
{
	piece->n_buffers = PIECE_BUFFERS;
	if (is_lent(piece))
		lend_buffers(piece);
	else
		for (unsigned i = 0; i < PIECE_BUFFERS; i++)
			make_shm_buffer(piece, &piece->buffers[i]);
	piece->contents = calloc((size_t)piece->width * piece->height, 4);
	assert_non_null(piece->contents);
}

/* What is shown stays. */
static void free_buffers(struct piece *piece)
{
	for (unsigned i = 0; i < piece->n_buffers && !is_lent(piece); i++) {
		wl_buffer_destroy(piece->buffers[i].buffer);
		munmap(piece->buffers[i].pixels, piece->buffers[i].size);
	}
	memset(piece->buffers, 0, sizeof(piece->buffers));
	piece->n_buffers = 0;
	free(piece->contents);
	piece->contents = NULL;
}

/* Releases of lent buffers are counted by the harness. */
static struct piece_buffer *free_buffer(struct piece *piece)
{
	for (unsigned i = 0; i < piece->n_buffers; i++) {
		struct piece_buffer *buffer = &piece->buffers[i];
		if (is_lent(piece) && piece->chain.buffers[i].released) {
			piece->chain.buffers[i].released = 0;
			buffer->busy = false;
		}
		if (!buffer->busy || piece->memory == PIECE_FRONT)
			return buffer;
	}
	return NULL;
}

/* ---- contents ------------------------------------------------------------------------------- */

static uint32_t random_pixel(const struct piece *piece)
{
	uint32_t alpha = below(256), colour = 0;

	if (piece->format != LEND_FORMAT_ARGB8888)
		return (uint32_t)random();
	for (int i = 0; i < 3; i++)
		colour = colour << 8 | below(alpha + 1);
	return alpha << 24 | colour;
}

static void draw_rect(struct piece *piece, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	for (uint32_t row = y; row < y + height; row++)
		for (uint32_t column = x; column < x + width; column++)
			piece->contents[row * piece->width + column] = random_pixel(piece);
}

static void copy_contents(const struct piece *piece, struct piece_buffer *buffer)
{
	for (uint32_t y = 0; y < piece->height; y++)
		for (uint32_t x = 0; x < piece->width; x++)
			memcpy(buffer->pixels + (size_t)y * buffer->stride +
				       (size_t)x * bytes_per_pixel(piece),
			       &piece->contents[y * piece->width + x], bytes_per_pixel(piece));
}

/* Damages in surface coordinates where these are easily told. */
static void damage(struct piece *piece, uint32_t x, uint32_t y, uint32_t width, uint32_t height)
{
	int32_t scale = piece->scale;
	bool plain = piece->transform == 0 && !piece->viewport && !piece->reshaped;

	if (!plain || below(2)) {
		wl_surface_damage_buffer(piece->surface, (int32_t)x, (int32_t)y, (int32_t)width,
					 (int32_t)height);
		return;
	}
	int32_t left = (int32_t)x / scale, top = (int32_t)y / scale;
	int32_t right = ((int32_t)(x + width) + scale - 1) / scale;
	int32_t bottom = ((int32_t)(y + height) + scale - 1) / scale;
	wl_surface_damage(piece->surface, left, top, right - left, bottom - top);
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	((struct waits *)data)->frames_done++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

static void handle_sync_output(void *data, struct wp_presentation_feedback *feedback,
			       struct wl_output *output)
{
}

static void handle_presented(void *data, struct wp_presentation_feedback *feedback,
			     uint32_t seconds_high, uint32_t seconds_low, uint32_t ns,
			     uint32_t refresh, uint32_t sequence_high, uint32_t sequence_low,
			     uint32_t flags)
{
	((struct waits *)data)->feedbacks_done++;
	wp_presentation_feedback_destroy(feedback);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	((struct waits *)data)->feedbacks_done++;
	wp_presentation_feedback_destroy(feedback);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

void piece_commit(struct piece *piece)
{
	piece->waits->frames++;
	wl_callback_add_listener(wl_surface_frame(piece->surface), &frame_listener, piece->waits);
	piece->waits->feedbacks++;
	wp_presentation_feedback_add_listener(
		wp_presentation_feedback(piece->client->presentation, piece->surface),
		&feedback_listener, piece->waits);
	wl_surface_commit(piece->surface);
	piece->reshaped = false;
}

static void show(struct piece *piece, struct piece_buffer *buffer)
{
	copy_contents(piece, buffer);
	buffer->busy = true;
	wl_surface_attach(piece->surface, buffer->buffer, 0, 0);
	piece_commit(piece);
}

void piece_draw(struct piece *piece)
{
	struct piece_buffer *buffer = free_buffer(piece);

	if (!buffer) {
		piece_commit(piece);
		return;
	}
	for (unsigned n = below(3); n > 0; n--) {
		uint32_t x = below(piece->width), y = below(piece->height);
		uint32_t width = 1 + below(piece->width - x), height = 1 + below(piece->height - y);
		if (below(2))
			width = height = 1;
		draw_rect(piece, x, y, width, height);
		damage(piece, x, y, width, height);
	}
	show(piece, buffer);
}

static void draw_all(struct piece *piece)
{
	struct piece_buffer *buffer = free_buffer(piece);

	assert_non_null(buffer);
	draw_rect(piece, 0, 0, piece->width, piece->height);
	wl_surface_damage_buffer(piece->surface, 0, 0, INT32_MAX, INT32_MAX);
	show(piece, buffer);
}

/* ---- shape ---------------------------------------------------------------------------------- */

static void set_opaque(struct piece *piece)
{
	struct wl_region *region;

	if (piece->alpha != PIECE_PARTLY)
		return;
	region = wl_compositor_create_region(piece->client->compositor);
	for (unsigned n = 1 + below(3); n > 0; n--)
		wl_region_add(region, (int32_t)below(60), (int32_t)below(50),
			      1 + (int32_t)below(60), 1 + (int32_t)below(60));
	wl_surface_set_opaque_region(piece->surface, region);
	wl_region_destroy(region);
}

/* Within the buffer, in the coordinates after scale and transform. */
static void crop(struct piece *piece)
{
	bool turned = piece->transform & 1;
	uint32_t width = (turned ? piece->height : piece->width) / (uint32_t)piece->scale;
	uint32_t height = (turned ? piece->width : piece->height) / (uint32_t)piece->scale;
	uint32_t x = below(width), y = below(height);

	wp_viewport_set_source(piece->viewport, wl_fixed_from_int((int)x) + (int)below(200),
			       wl_fixed_from_int((int)y) + (int)below(200),
			       wl_fixed_from_int((int)(width - x)) - 200,
			       wl_fixed_from_int((int)(height - y)) - 200);
}

static void reshape(struct piece *piece)
{
	if (piece->viewport)
		wp_viewport_destroy(piece->viewport);
	piece->viewport = NULL;
	bool even = piece->width % 2 == 0 && piece->height % 2 == 0;
	piece->scale = even && below(3) == 0 ? 2 : 1;
	piece->transform = below(2) ? 0 : (int32_t)below(8);
	piece->reshaped = true;
	wl_surface_set_buffer_scale(piece->surface, piece->scale);
	wl_surface_set_buffer_transform(piece->surface, piece->transform);
	if (below(2))
		return;
	piece->viewport = wp_viewporter_get_viewport(piece->client->viewporter, piece->surface);
	wp_viewport_set_destination(piece->viewport, 1 + (int32_t)below(200),
				    1 + (int32_t)below(150));
	if (below(2))
		crop(piece);
}

void piece_reshape(struct piece *piece)
{
	reshape(piece);
	set_opaque(piece);
	piece_commit(piece);
}

void piece_resize(struct piece *piece, bool fit)
{
	free_buffers(piece);
	piece->width = 1 + below(80);
	piece->height = 1 + below(60);
	if (fit && piece->given_width > 0) {
		piece->width = (uint32_t)piece->given_width;
		piece->height = (uint32_t)piece->given_height;
	}
	make_buffers(piece);
	if (fit) {
		if (piece->viewport)
			wp_viewport_destroy(piece->viewport);
		piece->viewport = NULL;
		piece->scale = 1;
		piece->transform = 0;
		piece->reshaped = true;
		wl_surface_set_buffer_scale(piece->surface, 1);
		wl_surface_set_buffer_transform(piece->surface, 0);
	} else {
		reshape(piece);
	}
	set_opaque(piece);
	draw_all(piece);
}

void piece_hide(struct piece *piece)
{
	wl_surface_attach(piece->surface, NULL, 0, 0);
	wl_surface_commit(piece->surface);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void toplevel_configure(void *data, struct xdg_toplevel *toplevel, int32_t width,
			       int32_t height, struct wl_array *states)
{
	((struct piece *)data)->given_width = width;
	((struct piece *)data)->given_height = height;
}

static void ignore_toplevel(void *data, struct xdg_toplevel *toplevel) {}

static void ignore_size(void *data, struct xdg_toplevel *toplevel, int32_t width, int32_t height) {}

static void ignore_array(void *data, struct xdg_toplevel *toplevel, struct wl_array *array) {}

static const struct xdg_toplevel_listener toplevel_listener = {
	.configure = toplevel_configure,
	.close = ignore_toplevel,
	.configure_bounds = ignore_size,
	.wm_capabilities = ignore_array,
};

static void surface_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	xdg_surface_ack_configure(xdg_surface, serial);
	((struct piece *)data)->configures++;
}

static const struct xdg_surface_listener surface_listener = {.configure = surface_configure};

static void take_popup_role(struct piece *piece)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(piece->client->wm_base);

	xdg_positioner_set_size(positioner, 30, 20);
	xdg_positioner_set_anchor_rect(positioner, (int)below(80), (int)below(60), 1, 1);
	piece->popup =
		xdg_surface_get_popup(piece->xdg_surface, piece->parent->xdg_surface, positioner);
	xdg_positioner_destroy(positioner);
}

static void take_role(struct piece *piece)
{
	struct client *client = piece->client;

	if (piece->role == PIECE_SUBSURFACE) {
		piece->subsurface = wl_subcompositor_get_subsurface(
			client->subcompositor, piece->surface, piece->parent->surface);
		return;
	}
	piece->xdg_surface = xdg_wm_base_get_xdg_surface(client->wm_base, piece->surface);
	xdg_surface_add_listener(piece->xdg_surface, &surface_listener, piece);
	if (piece->role == PIECE_POPUP) {
		take_popup_role(piece);
	} else {
		piece->toplevel = xdg_surface_get_toplevel(piece->xdg_surface);
		xdg_toplevel_add_listener(piece->toplevel, &toplevel_listener, piece);
	}
	wl_surface_commit(piece->surface);
	pump_until(client->test, &piece->configures, 1);
}

static void choose_kind(struct piece *piece)
{
	static const uint32_t formats[] = {LEND_FORMAT_XRGB8888, LEND_FORMAT_XRGB8888,
					   LEND_FORMAT_RGB565, LEND_FORMAT_XRGB2101010};

	piece->memory = below(PIECE_MEMORIES);
	/* What is drawn in while it is shown cannot wait for a parent. */
	if (piece->memory == PIECE_FRONT && piece->role == PIECE_SUBSURFACE)
		piece->memory = PIECE_LENT;
	piece->alpha = below(PIECE_ALPHAS);
	piece->format = piece->alpha == PIECE_NO_ALPHA ? formats[below(4)] : LEND_FORMAT_ARGB8888;
}

void piece_create(struct client *client, enum piece_role role, struct piece *parent,
		  struct waits *waits, struct piece *piece)
{
	*piece = (struct piece){
		.client = client, .role = role, .parent = parent, .waits = waits, .scale = 1};
	choose_kind(piece);
	piece->surface = wl_compositor_create_surface(client->compositor);
	take_role(piece);
	if (is_lent(piece))
		chain_create(client, piece->surface, &piece->chain);
	piece_resize(piece, role == PIECE_TOPLEVEL && below(3));
}

void piece_destroy(struct piece *piece)
{
	free_buffers(piece);
	if (is_lent(piece))
		chain_destroy(&piece->chain);
	if (piece->viewport)
		wp_viewport_destroy(piece->viewport);
	if (piece->subsurface)
		wl_subsurface_destroy(piece->subsurface);
	if (piece->popup)
		xdg_popup_destroy(piece->popup);
	if (piece->toplevel)
		xdg_toplevel_destroy(piece->toplevel);
	if (piece->xdg_surface)
		xdg_surface_destroy(piece->xdg_surface);
	wl_surface_destroy(piece->surface);
	*piece = (struct piece){0};
}

unsigned piece_depth(const struct piece *piece)
{
	return piece->parent ? 1 + piece_depth(piece->parent) : 0;
}
