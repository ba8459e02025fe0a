/* SPDX-License-Identifier: MIT */
/* The pointer's picture: a client's surface, copied when it is committed, or an arrow. */
#include "seat.h"

#include <stdlib.h>

static void handle_committed(struct surface *surface);
static void handle_destroyed(struct surface *surface);

static const struct surface_role cursor_role = {
	.name = "cursor",
	.committed = handle_committed,
	.destroyed = handle_destroyed,
};

/* What a surface with that role has. */
struct picture {
	struct seat *seat;
	struct surface *surface;
	pixman_image_t *image; /* NULL: nothing to be seen, or it is unusable */
	bool unusable;	       /* too large, or it could not be read: an arrow is shown instead */
	bool told;
	uint64_t serial;
};

/* ---- on outputs ----------------------------------------------------------------------------- */

/* What to show, with its hot spot wherever it is; no image: nothing. */
static struct output_cursor current(const struct seat *seat)
{
	const struct cursor *cursor = &seat->cursor;
	const struct picture *picture = cursor->surface ? cursor->surface->role_object : NULL;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER) || !seat->pointer.used ||
	    cursor->kind == CURSOR_HIDDEN)
		return (struct output_cursor){0};
	if (picture && !picture->unusable)
		return (struct output_cursor){.image = picture->image,
					      .hot_x = cursor->hot_x,
					      .hot_y = cursor->hot_y,
					      .serial = picture->serial};
	return (struct output_cursor){.image = cursor->arrow,
				      .hot_x = cursor->arrow_hot_x,
				      .hot_y = cursor->arrow_hot_y,
				      .serial = 1};
}

static int32_t within(int32_t value, int32_t length)
{
	if (value < 0)
		return 0;
	return value < length ? value : length - 1;
}

/* The output's part of it: where its top left corner is, or nothing. */
static struct output_cursor on_output(const struct seat *seat, const struct lend_output *output,
				      const struct output_cursor *shown)
{
	struct output_cursor cursor = *shown;

	if (!shown->image)
		return (struct output_cursor){0};
	int32_t width = pixman_image_get_width(shown->image);
	int32_t height = pixman_image_get_height(shown->image);
	int64_t x = (int64_t)seat->pointer.x - output->x - shown->hot_x;
	int64_t y = (int64_t)seat->pointer.y - output->y - shown->hot_y;
	if (x >= output->width || y >= output->height || x + width <= 0 || y + height <= 0)
		return (struct output_cursor){0};
	cursor.x = (int32_t)x;
	cursor.y = (int32_t)y;
	cursor.hot_x = within(shown->hot_x, width);
	cursor.hot_y = within(shown->hot_y, height);
	return cursor;
}

/* Its frame callbacks come with that output's frames. */
static void set_output(struct surface *surface, struct lend_output *output)
{
	if (surface->output == output)
		return;
	surface_unlatch(surface);
	surface->output = output;
	if (!wl_list_empty(&surface->current.frames))
		scene_wants_frame(surface);
}

void cursor_update(struct seat *seat)
{
	const struct output_cursor shown = current(seat);
	struct surface *surface = seat->cursor.surface;
	struct lend_output *output;

	if (surface)
		set_output(surface, output_at(seat->server, seat->pointer.x, seat->pointer.y));
	wl_list_for_each (output, &seat->server->outputs, link) {
		struct output_cursor cursor = on_output(seat, output, &shown);
		output_set_cursor(output, &cursor);
	}
}

/* ---- whose it is ---------------------------------------------------------------------------- */

static void set_surface(struct cursor *cursor, struct surface *surface)
{
	struct surface *before = cursor->surface;

	cursor->surface = surface;
	if (before && before != surface)
		set_output(before, NULL);
}

void cursor_reset(struct seat *seat)
{
	set_surface(&seat->cursor, NULL);
	seat->cursor.kind = CURSOR_DEFAULT;
	cursor_update(seat);
}

struct surface *seat_cursor_surface(const struct seat *seat, const struct lend_output *output)
{
	struct surface *surface = seat->cursor.surface;

	return surface && surface->output == output ? surface : NULL;
}

/* ---- pictures ------------------------------------------------------------------------------- */

static pixman_image_t *copy(struct surface *surface)
{
	struct buffer *buffer = surface->current.buffer;
	pixman_image_t *image =
		pixman_image_create_bits(PIXMAN_a8r8g8b8, surface->width, surface->height, NULL, 0);
	pixman_region32_t all;

	pixman_region32_init_rect(&all, 0, 0, buffer->width, buffer->height);
	pixman_image_t *source = image ? buffer_begin_read(buffer, &all) : NULL;
	pixman_region32_fini(&all);
	if (source) {
		render_set_transform(surface, source);
		pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, image, 0, 0, 0, 0, 0, 0,
					 surface->width, surface->height);
		buffer_end_read(buffer);
	} else if (image) {
		pixman_image_unref(image);
		image = NULL;
	}
	return image;
}

static pixman_image_t *read_picture(struct picture *picture)
{
	struct surface *surface = picture->surface;

	if (surface->width < 1 || surface->height < 1)
		return NULL;
	if (surface->width <= CURSOR_MAX && surface->height <= CURSOR_MAX)
		return copy(surface);
	if (!picture->told)
		server_log(surface->server, LEND_LOG_INFO,
			   "client %d (%s): a cursor of %dx%d is shown as an arrow; at most %dx%d "
			   "is possible",
			   (int)surface->client->peer.pid, surface->client->peer.program,
			   surface->width, surface->height, CURSOR_MAX, CURSOR_MAX);
	picture->told = true;
	return NULL;
}

/* Copies what was attached, so that the client has its buffer back at once. */
static void take_picture(struct picture *picture)
{
	struct surface *surface = picture->surface;
	struct surface_state *state = &surface->current;
	pixman_image_t *before = picture->image;

	if (!(state->set & SURFACE_BUFFER))
		return;
	picture->image = state->buffer ? read_picture(picture) : NULL;
	picture->unusable = state->buffer && !picture->image;
	picture->serial = ++picture->seat->cursor.next_serial;
	buffer_unlock(state->buffer);
	state->buffer = NULL;
	state->set &= ~(uint32_t)SURFACE_BUFFER;
	if (picture->seat->cursor.surface == surface)
		cursor_update(picture->seat);
	if (before)
		pixman_image_unref(before);
}

static void handle_committed(struct surface *surface)
{
	take_picture(surface->role_object);
}

static void handle_destroyed(struct surface *surface)
{
	struct picture *picture = surface->role_object;
	struct seat *seat = picture->seat;

	surface->role_object = NULL;
	if (seat->cursor.surface == surface) {
		set_surface(&seat->cursor, NULL);
		seat->cursor.kind = CURSOR_HIDDEN;
		cursor_update(seat);
	}
	if (picture->image)
		pixman_image_unref(picture->image);
	free(picture);
}

/* ---- the request ---------------------------------------------------------------------------- */

static bool check_role(struct wl_resource *pointer, const struct surface *surface)
{
	if (!surface || !surface->role || surface->role == &cursor_role)
		return true;
	wl_resource_post_error(pointer, WL_POINTER_ERROR_ROLE,
			       "wl_pointer.set_cursor: wl_surface@%u has the role %s already",
			       wl_resource_get_id(surface->resource), surface->role->name);
	return false;
}

/* Only who has the pointer may, and the current cursor's client may move its hot spot. */
static bool may_set(const struct seat *seat, struct wl_resource *pointer, uint32_t serial,
		    const struct surface *surface)
{
	const struct surface *focus = seat->pointer.focus.surface;

	if (surface && surface == seat->cursor.surface)
		return true;
	return focus && serial == seat->pointer.enter_serial &&
	       wl_resource_get_client(focus->resource) == wl_resource_get_client(pointer);
}

/* False: no memory. */
static bool give_role(struct seat *seat, struct surface *surface)
{
	surface_set_role(surface, &cursor_role);
	if (surface->role_object)
		return true;
	struct picture *picture = calloc(1, sizeof(*picture));
	if (!picture)
		return false;
	picture->seat = seat;
	picture->surface = surface;
	surface->role_object = picture;
	take_picture(picture);
	return true;
}

void cursor_set(struct seat *seat, struct wl_resource *pointer, uint32_t serial,
		struct surface *surface, int32_t hot_x, int32_t hot_y)
{
	struct cursor *cursor = &seat->cursor;

	if (!check_role(pointer, surface) || !may_set(seat, pointer, serial, surface))
		return;
	if (surface && !give_role(seat, surface)) {
		wl_resource_post_no_memory(pointer);
		return;
	}
	set_surface(cursor, surface);
	cursor->kind = surface ? CURSOR_SURFACE : CURSOR_HIDDEN;
	cursor->hot_x = hot_x;
	cursor->hot_y = hot_y;
	cursor_update(seat);
}

/* ---- life ----------------------------------------------------------------------------------- */

int cursor_init(struct cursor *cursor)
{
	cursor->next_serial = 1; /* the arrow's */
	cursor->arrow = arrow_create(&cursor->arrow_hot_x, &cursor->arrow_hot_y);
	return cursor->arrow ? 0 : -ENOMEM;
}

void cursor_finish(struct cursor *cursor)
{
	if (cursor->arrow)
		pixman_image_unref(cursor->arrow);
}
