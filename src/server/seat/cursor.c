/* SPDX-License-Identifier: MIT */
/* The pointer's picture: a client's surface, copied when it is committed, or one of the theme's. */
#include "seat.h"

#include <math.h>
#include <stdlib.h>

static void handle_committed(struct surface *surface);
static void handle_destroyed(struct surface *surface);

static const struct surface_role cursor_role = {
	.name = "cursor",
	.committed = handle_committed,
	.destroyed = handle_destroyed,
};

/* What a surface with that role has. */
struct drawn {
	struct seat *seat;
	struct surface *surface;
	struct picture *picture; /* NULL: nothing to be seen, or it is unusable */
	bool unusable;		 /* too large, or it could not be read: an arrow is shown instead */
	bool told;
};

/* ---- on outputs ----------------------------------------------------------------------------- */

/* A picture and its hot spot, which may be anywhere. */
struct shown {
	struct picture *picture; /* NULL: nothing */
	double hot_x, hot_y;
};

static struct shown current(struct seat *seat, const struct lend_output *output)
{
	struct cursor *cursor = &seat->cursor;
	struct drawn *drawn = cursor->surface ? cursor->surface->role_object : NULL;

	if (!seat_has(seat, WL_SEAT_CAPABILITY_POINTER) || !seat->pointer.used ||
	    cursor->kind == CURSOR_HIDDEN)
		return (struct shown){0};
	if (drawn && !drawn->unusable)
		return (struct shown){drawn->picture, cursor->hot_x, cursor->hot_y};
	struct picture *picture = theme_picture(&cursor->theme, output, cursor->shape);
	return picture ? (struct shown){picture, picture->hot_x, picture->hot_y}
		       : (struct shown){0};
}

static int32_t within(int64_t value, int32_t length)
{
	if (value < 0)
		return 0;
	return value < length ? (int32_t)value : length - 1;
}

/* Pixels before the output's transform: where the tip is, and the picture's corner. */
struct aim {
	int64_t tip_x, tip_y, x, y;
};

static struct aim find_aim(const struct seat *seat, const struct lend_output *output,
			   const struct shown *shown)
{
	const double scale = (double)output->scale / LEND_SCALE_ONE;
	struct aim aim = {
		.tip_x = (int64_t)floor((seat->pointer.x - output->x) * scale),
		.tip_y = (int64_t)floor((seat->pointer.y - output->y) * scale),
	};

	aim.x = aim.tip_x - (int64_t)floor(shown->hot_x * scale);
	aim.y = aim.tip_y - (int64_t)floor(shown->hot_y * scale);
	return aim;
}

static bool is_beside(const struct lend_output *output, const struct aim *aim,
		      const struct look *look)
{
	bool quarter = output->transform & 1;

	return aim->x >= (quarter ? output->height : output->width) ||
	       aim->y >= (quarter ? output->width : output->height) || aim->x + look->width <= 0 ||
	       aim->y + look->height <= 0;
}

/* The output's part of it: where its top left corner is, or nothing. */
static struct output_cursor on_output(struct seat *seat, const struct lend_output *output)
{
	const struct shown shown = current(seat, output);
	const struct look *look = shown.picture ? picture_look(shown.picture, output) : NULL;

	if (!look)
		return (struct output_cursor){0};
	const struct aim aim = find_aim(seat, output, &shown);
	if (is_beside(output, &aim, look))
		return (struct output_cursor){0};
	int32_t x = (int32_t)aim.x, y = (int32_t)aim.y;
	int32_t hot_x = x + within(aim.tip_x - aim.x, look->width);
	int32_t hot_y = y + within(aim.tip_y - aim.y, look->height);
	pixman_box32_t box = {x, y, x + look->width, y + look->height};
	pixman_box32_t hot = {hot_x, hot_y, hot_x + 1, hot_y + 1};
	box = output_turn_box(output, &box);
	hot = output_turn_box(output, &hot);
	return (struct output_cursor){
		.image = look->image,
		.x = box.x1,
		.y = box.y1,
		.hot_x = hot.x1 - box.x1,
		.hot_y = hot.y1 - box.y1,
		.serial = look->serial,
	};
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

/* Its client may draw it for the scale of the outputs that it is told of. */
static void tell_output(struct surface *surface, struct lend_output *output, bool inside)
{
	const uint32_t bit = 1u << output->index;

	if (inside == !!(surface->outputs_entered & bit))
		return;
	surface->outputs_entered ^= bit;
	if (inside)
		output_send_enter(output, surface);
	else
		output_send_leave(output, surface);
}

void cursor_update(struct seat *seat)
{
	struct surface *surface = seat->cursor.surface;
	struct lend_output *at = output_at(seat->server, seat->pointer.x, seat->pointer.y);
	struct lend_output *output;

	if (surface)
		set_output(surface, at);
	wl_list_for_each (output, &seat->server->outputs, link) {
		const struct output_cursor cursor = on_output(seat, output);
		output_set_cursor(output, &cursor);
		if (surface)
			tell_output(surface, output, output == at);
	}
}

/* ---- whose it is ---------------------------------------------------------------------------- */

static void set_surface(struct seat *seat, struct surface *surface)
{
	struct surface *before = seat->cursor.surface;
	struct lend_output *output;

	seat->cursor.surface = surface;
	if (!before || before == surface)
		return;
	set_output(before, NULL);
	wl_list_for_each (output, &seat->server->outputs, link)
		tell_output(before, output, false);
}

static void show_shape(struct seat *seat, uint32_t shape)
{
	set_surface(seat, NULL);
	seat->cursor.kind = CURSOR_SHAPE;
	seat->cursor.shape = shape;
	cursor_update(seat);
}

void cursor_reset(struct seat *seat)
{
	show_shape(seat, CURSOR_SHAPE_DEFAULT);
}

struct surface *seat_cursor_surface(const struct seat *seat, const struct lend_output *output)
{
	struct surface *surface = seat->cursor.surface;

	return surface && surface->output == output ? surface : NULL;
}

/* ---- pictures of clients -------------------------------------------------------------------- */

static pixman_image_t *copy(const struct surface *surface)
{
	struct buffer *buffer = surface->current.buffer;
	pixman_image_t *image = pixman_image_create_bits(PIXMAN_a8r8g8b8, (int)buffer->width,
							 (int)buffer->height, NULL, 0);
	pixman_region32_t all;

	pixman_region32_init_rect(&all, 0, 0, buffer->width, buffer->height);
	pixman_image_t *source = image ? buffer_begin_read(buffer, &all) : NULL;
	pixman_region32_fini(&all);
	if (source) {
		pixman_image_composite32(PIXMAN_OP_SRC, source, NULL, image, 0, 0, 0, 0, 0, 0,
					 (int)buffer->width, (int)buffer->height);
		buffer_end_read(buffer);
	} else if (image) {
		pixman_image_unref(image);
		image = NULL;
	}
	return image;
}

static bool is_too_large(const struct surface *surface)
{
	const struct buffer *buffer = surface->current.buffer;

	return surface->width > CURSOR_MAX || surface->height > CURSOR_MAX ||
	       buffer->width > LOOK_MAX || buffer->height > LOOK_MAX;
}

static struct picture *make_picture(const struct surface *surface)
{
	struct picture *picture = picture_create();

	if (!picture)
		return NULL;
	picture->image = copy(surface);
	if (!picture->image) {
		picture_destroy(picture);
		return NULL;
	}
	picture->from_image = surface->from_buffer;
	picture->width = surface->width;
	picture->height = surface->height;
	return picture;
}

static struct picture *read_picture(struct drawn *drawn)
{
	const struct surface *surface = drawn->surface;

	if (surface->width < 1 || surface->height < 1)
		return NULL;
	if (!is_too_large(surface))
		return make_picture(surface);
	if (!drawn->told)
		server_log(surface->server, LEND_LOG_INFO,
			   "client %d (%s): a cursor of %dx%d is shown as an arrow; at most %dx%d "
			   "is possible",
			   (int)surface->client->peer.pid, surface->client->peer.program,
			   surface->width, surface->height, CURSOR_MAX, CURSOR_MAX);
	drawn->told = true;
	return NULL;
}

/* Copies what was attached, so that the client has its buffer back at once. */
static void take_picture(struct drawn *drawn)
{
	struct surface *surface = drawn->surface;
	struct surface_state *state = &surface->current;
	struct picture *before = drawn->picture;

	if (!(state->set & SURFACE_BUFFER))
		return;
	drawn->picture = state->buffer ? read_picture(drawn) : NULL;
	drawn->unusable = state->buffer && !drawn->picture;
	buffer_unlock(state->buffer);
	state->buffer = NULL;
	state->set &= ~(uint32_t)SURFACE_BUFFER;
	if (drawn->seat->cursor.surface == surface)
		cursor_update(drawn->seat);
	picture_destroy(before);
}

static void handle_committed(struct surface *surface)
{
	struct drawn *drawn = surface->role_object;
	struct cursor *cursor = &drawn->seat->cursor;

	if (cursor->surface == surface) {
		cursor->hot_x -= surface->current.offset_x;
		cursor->hot_y -= surface->current.offset_y;
	}
	take_picture(drawn);
}

static void handle_destroyed(struct surface *surface)
{
	struct drawn *drawn = surface->role_object;
	struct seat *seat = drawn->seat;

	surface->role_object = NULL;
	if (seat->cursor.surface == surface) {
		set_surface(seat, NULL);
		seat->cursor.kind = CURSOR_HIDDEN;
		cursor_update(seat);
	}
	picture_destroy(drawn->picture);
	free(drawn);
}

/* ---- requests ------------------------------------------------------------------------------- */

static bool check_role(struct wl_resource *pointer, const struct surface *surface)
{
	if (!surface || !surface->role || surface->role == &cursor_role)
		return true;
	wl_resource_post_error(pointer, WL_POINTER_ERROR_ROLE,
			       "wl_pointer.set_cursor: wl_surface@%u has the role %s already",
			       wl_resource_get_id(surface->resource), surface->role->name);
	return false;
}

/* Only who has the pointer, or carries something with it, may. */
static bool may_set(const struct seat *seat, const struct wl_client *client, uint32_t serial)
{
	const struct surface *focus = seat->pointer.focus.surface;

	if (!focus)
		return drag_may_set_cursor(seat, client, serial);
	return serial == seat->pointer.enter_serial && client == focus->client->wl_client;
}

/* False: no memory. */
static bool give_role(struct seat *seat, struct surface *surface)
{
	surface_set_role(surface, &cursor_role);
	if (surface->role_object)
		return true;
	struct drawn *drawn = calloc(1, sizeof(*drawn));
	if (!drawn)
		return false;
	drawn->seat = seat;
	drawn->surface = surface;
	surface->role_object = drawn;
	take_picture(drawn);
	return true;
}

/* The current cursor's client may move its hot spot at any time. */
void cursor_set(struct seat *seat, struct wl_resource *pointer, uint32_t serial,
		struct surface *surface, int32_t hot_x, int32_t hot_y)
{
	struct cursor *cursor = &seat->cursor;
	bool is_current = surface && surface == cursor->surface;

	if (!check_role(pointer, surface) ||
	    (!is_current && !may_set(seat, wl_resource_get_client(pointer), serial)))
		return;
	if (surface && !give_role(seat, surface)) {
		wl_resource_post_no_memory(pointer);
		return;
	}
	set_surface(seat, surface);
	cursor->kind = surface ? CURSOR_SURFACE : CURSOR_HIDDEN;
	cursor->hot_x = hot_x;
	cursor->hot_y = hot_y;
	cursor_update(seat);
}

void cursor_set_shape(struct seat *seat, const struct wl_client *client, uint32_t serial,
		      uint32_t shape)
{
	if (may_set(seat, client, serial))
		show_shape(seat, shape);
}
