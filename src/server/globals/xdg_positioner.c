/* SPDX-License-Identifier: MIT */
/* xdg_positioner: the rules by which a popup is put next to a part of its parent. */
#include "xdg_shell.h"

#include <stdlib.h>

/* Far more than any screen; keeps the sums of nested popups in range. */
#define COORDINATE_MAX (1 << 20)

/* ---- the rules applied ---------------------------------------------------------------------- */

/* The two axes are independent and alike, so that everything is done for one. */
struct axis {
	int64_t anchor_start, anchor_length, offset;
	int anchor, gravity; /* -1: left or top, 0: middle, 1: right or bottom */
	bool flip, slide, resize;
	int64_t min, max;
	int64_t start, length; /* the result */
};

static int horizontal(uint32_t edge)
{
	switch (edge) {
	case XDG_POSITIONER_ANCHOR_LEFT:
	case XDG_POSITIONER_ANCHOR_TOP_LEFT:
	case XDG_POSITIONER_ANCHOR_BOTTOM_LEFT: return -1;
	case XDG_POSITIONER_ANCHOR_RIGHT:
	case XDG_POSITIONER_ANCHOR_TOP_RIGHT:
	case XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT: return 1;
	default: return 0;
	}
}

static int vertical(uint32_t edge)
{
	switch (edge) {
	case XDG_POSITIONER_ANCHOR_TOP:
	case XDG_POSITIONER_ANCHOR_TOP_LEFT:
	case XDG_POSITIONER_ANCHOR_TOP_RIGHT: return -1;
	case XDG_POSITIONER_ANCHOR_BOTTOM:
	case XDG_POSITIONER_ANCHOR_BOTTOM_LEFT:
	case XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT: return 1;
	default: return 0;
	}
}

static int64_t start_for(const struct axis *axis, int anchor, int gravity)
{
	int64_t point = axis->anchor_start + (anchor + 1) * axis->anchor_length / 2;

	return point + axis->offset + (gravity - 1) * axis->length / 2;
}

static bool is_constrained(const struct axis *axis, int64_t start)
{
	return start < axis->min || start + axis->length > axis->max;
}

static void flip(struct axis *axis)
{
	int64_t flipped = start_for(axis, -axis->anchor, -axis->gravity);

	if (!is_constrained(axis, flipped))
		axis->start = flipped;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Until its start is within bounds, or its end would leave them. */
static void slide_forward(struct axis *axis)
{
	int64_t way = least(axis->min - axis->start, axis->max - axis->start - axis->length);

	if (way > 0)
		axis->start += way;
}

static void slide_back(struct axis *axis)
{
	int64_t way = least(axis->start + axis->length - axis->max, axis->start - axis->min);

	if (way > 0)
		axis->start -= way;
}

/* Nothing would be left of what is wholly outside, so that stays as it is. */
static void resize(struct axis *axis)
{
	int64_t start = axis->start < axis->min ? axis->min : axis->start;
	int64_t end = least(axis->start + axis->length, axis->max);

	if (end <= start)
		return;
	axis->start = start;
	axis->length = end - start;
}

static void place(struct axis *axis)
{
	axis->start = start_for(axis, axis->anchor, axis->gravity);
	if (axis->flip && is_constrained(axis, axis->start))
		flip(axis);
	if (axis->slide) {
		/* First towards the gravity. */
		if (axis->gravity < 0)
			slide_back(axis);
		slide_forward(axis);
		slide_back(axis);
	}
	if (axis->resize)
		resize(axis);
}

static int32_t clamp(int64_t coordinate)
{
	if (coordinate > COORDINATE_MAX)
		return COORDINATE_MAX;
	return coordinate < -COORDINATE_MAX ? -COORDINATE_MAX : (int32_t)coordinate;
}

struct lend_rect positioner_place(const struct positioner_rules *rules,
				  const struct pixman_box32 *bounds)
{
	const struct lend_rect *rect = &rules->anchor_rect;
	const uint32_t adjustment = bounds ? rules->adjustment : 0;
	struct axis x = {
		.anchor_start = rect->x,
		.anchor_length = rect->width,
		.offset = rules->offset_x,
		.anchor = horizontal(rules->anchor),
		.gravity = horizontal(rules->gravity),
		.flip = adjustment & XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_X,
		.slide = adjustment & XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_X,
		.resize = adjustment & XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_X,
		.min = bounds ? bounds->x1 : 0,
		.max = bounds ? bounds->x2 : 0,
		.length = rules->width,
	};
	struct axis y = {
		.anchor_start = rect->y,
		.anchor_length = rect->height,
		.offset = rules->offset_y,
		.anchor = vertical(rules->anchor),
		.gravity = vertical(rules->gravity),
		.flip = adjustment & XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_FLIP_Y,
		.slide = adjustment & XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_SLIDE_Y,
		.resize = adjustment & XDG_POSITIONER_CONSTRAINT_ADJUSTMENT_RESIZE_Y,
		.min = bounds ? bounds->y1 : 0,
		.max = bounds ? bounds->y2 : 0,
		.length = rules->height,
	};

	place(&x);
	place(&y);
	return (struct lend_rect){clamp(x.start), clamp(y.start), (int32_t)x.length,
				  (int32_t)y.length};
}

/* ---- requests ------------------------------------------------------------------------------- */

static void handle_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void handle_set_size(struct wl_client *client, struct wl_resource *resource, int32_t width,
			    int32_t height)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	if (width <= 0 || height <= 0) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
				       "xdg_positioner.set_size: %dx%d, both must be positive",
				       width, height);
		return;
	}
	rules->width = width;
	rules->height = height;
}

static void handle_set_anchor_rect(struct wl_client *client, struct wl_resource *resource,
				   int32_t x, int32_t y, int32_t width, int32_t height)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	if (width < 0 || height < 0) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
				       "xdg_positioner.set_anchor_rect: %dx%d, neither may be "
				       "negative",
				       width, height);
		return;
	}
	rules->anchor_rect = (struct lend_rect){x, y, width, height};
}

static void handle_set_anchor(struct wl_client *client, struct wl_resource *resource,
			      uint32_t anchor)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	if (anchor > XDG_POSITIONER_ANCHOR_BOTTOM_RIGHT) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
				       "xdg_positioner.set_anchor: %u is no anchor (0 to 8)",
				       anchor);
		return;
	}
	rules->anchor = anchor;
}

static void handle_set_gravity(struct wl_client *client, struct wl_resource *resource,
			       uint32_t gravity)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	if (gravity > XDG_POSITIONER_GRAVITY_BOTTOM_RIGHT) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
				       "xdg_positioner.set_gravity: %u is no gravity (0 to 8)",
				       gravity);
		return;
	}
	rules->gravity = gravity;
}

static void handle_set_constraint_adjustment(struct wl_client *client, struct wl_resource *resource,
					     uint32_t adjustment)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	if (adjustment > 63) {
		wl_resource_post_error(resource, XDG_POSITIONER_ERROR_INVALID_INPUT,
				       "xdg_positioner.set_constraint_adjustment: 0x%x has bits "
				       "beyond 0x3f",
				       adjustment);
		return;
	}
	rules->adjustment = adjustment;
}

static void handle_set_offset(struct wl_client *client, struct wl_resource *resource, int32_t x,
			      int32_t y)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	rules->offset_x = x;
	rules->offset_y = y;
}

static void handle_set_reactive(struct wl_client *client, struct wl_resource *resource)
{
	struct positioner_rules *rules = wl_resource_get_user_data(resource);

	rules->reactive = true;
}

/* These two are hints of where the parent will be. The layout decides that, and reactive popups
 * hear of it. */
static void handle_set_parent_size(struct wl_client *client, struct wl_resource *resource,
				   int32_t width, int32_t height)
{
}

static void handle_set_parent_configure(struct wl_client *client, struct wl_resource *resource,
					uint32_t serial)
{
}

static const struct xdg_positioner_interface positioner_interface = {
	.destroy = handle_destroy_request,
	.set_size = handle_set_size,
	.set_anchor_rect = handle_set_anchor_rect,
	.set_anchor = handle_set_anchor,
	.set_gravity = handle_set_gravity,
	.set_constraint_adjustment = handle_set_constraint_adjustment,
	.set_offset = handle_set_offset,
	.set_reactive = handle_set_reactive,
	.set_parent_size = handle_set_parent_size,
	.set_parent_configure = handle_set_parent_configure,
};

static void handle_destroy(struct wl_resource *resource)
{
	free(wl_resource_get_user_data(resource));
}

void positioner_create(struct wl_client *client, uint32_t version, uint32_t id)
{
	struct positioner_rules *rules = calloc(1, sizeof(*rules));
	struct wl_resource *resource =
		rules ? wl_resource_create(client, &xdg_positioner_interface, (int)version, id)
		      : NULL;

	if (!resource) {
		free(rules);
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &positioner_interface, rules, handle_destroy);
}

const struct positioner_rules *positioner_from_resource(struct wl_resource *resource)
{
	return wl_resource_get_user_data(resource);
}

bool positioner_check(const struct positioner_rules *rules, struct wl_resource *shell,
		      const char *request)
{
	const struct lend_rect *rect = &rules->anchor_rect;

	if (rules->width > 0 && rules->height > 0 && rect->width > 0 && rect->height > 0)
		return true;
	wl_resource_post_error(shell, XDG_WM_BASE_ERROR_INVALID_POSITIONER,
			       "%s: the positioner is incomplete: its size is %dx%d, its anchor "
			       "rectangle %dx%d; neither may be empty",
			       request, rules->width, rules->height, rect->width, rect->height);
	return false;
}
