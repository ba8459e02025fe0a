/* SPDX-License-Identifier: MIT */
/* What of an output can change while it is there: mode, scale, transform, place, layout, power. */
#include "server/server.h"

#define SCALE_LEAST 60
#define SCALE_MOST  1200
#define PLACE_MOST  (1 << 20) /* what pointers' coordinates can tell, and some */

/* ---- when it has ---------------------------------------------------------------------------- */

/* Everything is drawn anew, at another place perhaps. */
static void changed(struct lend_output *output)
{
	output_update_logical(output);
	output_damage_all(output);
	scene_changed(output->server);
	if (!output->started)
		return;
	output_send_state(output);
	layout_arrange(output->server);
}

void output_resized(struct lend_output *output, int32_t width, int32_t height, uint32_t refresh)
{
	bool resized = width != output->width || height != output->height;

	if (!resized && refresh == output->refresh)
		return;
	output->width = width;
	output->height = height;
	output->refresh = refresh;
	if (resized)
		frames_resized(output);
	changed(output);
}

static uint32_t within(uint32_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : value;
}

void output_set_scale(struct lend_output *output, uint32_t scale)
{
	scale = within(scale, SCALE_LEAST, SCALE_MOST);
	if (output->scale == scale)
		return;
	output->scale = scale;
	changed(output);
}

/* ---- describing ----------------------------------------------------------------------------- */

LEND_EXPORT int lend_output_get_mode(const struct lend_output *output, size_t index,
				     struct lend_output_mode *mode)
{
	const struct output_backend *backend = output->backend;

	return backend->mode && backend->mode(output, index, mode) ? 0 : -ENOENT;
}

static bool is_preferred(const struct lend_output *output)
{
	struct lend_output_mode mode;

	for (size_t i = 0; lend_output_get_mode(output, i, &mode) == 0; i++)
		if (mode.preferred && (int32_t)mode.width == output->width &&
		    (int32_t)mode.height == output->height && mode.refresh == output->refresh)
			return true;
	return false;
}

LEND_EXPORT int lend_output_describe(const struct lend_output *output,
				     struct lend_output_state *state)
{
	const struct lend_output_state own = {
		.mode = {(uint32_t)output->width, (uint32_t)output->height, output->refresh,
			 is_preferred(output)},
		.scale = output->scale,
		.transform = output->transform,
		.x = output->x,
		.y = output->y,
		.layout = output->layout,
		.off = output->off,
	};

	return info_write(state, &own, sizeof(own));
}

/* ---- configuring ---------------------------------------------------------------------------- */

static int check_mode(const struct lend_output_mode *mode)
{
	if (mode->width < 1 || mode->height < 1 || mode->width > SIDE_MAX ||
	    mode->height > SIDE_MAX)
		return fail(-EINVAL, "a mode of %ux%u: each side must be 1 to %d pixels",
			    mode->width, mode->height, SIDE_MAX);
	if (mode->refresh > REFRESH_MAX)
		return fail(-EINVAL, "a refresh of %u mHz is over 1000 Hz", mode->refresh);
	return 0;
}

static int check_state(const struct lend_output_state *state)
{
	if (state->scale < SCALE_LEAST || state->scale > SCALE_MOST)
		return fail(-EINVAL, "a scale of %u/%d: it must be %d to %d", state->scale,
			    LEND_SCALE_ONE, SCALE_LEAST, SCALE_MOST);
	if ((unsigned)state->transform > LEND_TRANSFORM_FLIPPED_270)
		return fail(-EINVAL, "there is no transform %d: 0 to 7 are", (int)state->transform);
	if ((unsigned)state->layout > LEND_LAYOUT_FREE)
		return fail(-EINVAL, "there is no layout %d: 0 to 2 are", (int)state->layout);
	if (state->x < -PLACE_MOST || state->x > PLACE_MOST || state->y < -PLACE_MOST ||
	    state->y > PLACE_MOST)
		return fail(-EINVAL, "a place at %d,%d: it must be within %d of 0,0", state->x,
			    state->y, PLACE_MOST);
	return check_mode(&state->mode);
}

static bool is_same(const struct lend_output *output, const struct lend_output_mode *mode)
{
	return (int32_t)mode->width == output->width && (int32_t)mode->height == output->height &&
	       mode->refresh == output->refresh;
}

static int refuse_size(const struct lend_output *output)
{
	return fail(-ENOTSUP, "%s is %dx%d: its window has the size that its user gives it",
		    output->name, output->width, output->height);
}

static int change_mode(struct lend_output *output, const struct lend_output_mode *mode)
{
	if (is_same(output, mode))
		return 0;
	if (!output->backend->set_mode)
		return refuse_size(output);
	return output->backend->set_mode(output, mode);
}

/* What is not listed, a display may take or not: that only setting it tells. */
int output_check_state(const struct lend_output *output, const struct lend_output_state *state)
{
	int ret = check_state(state);

	if (ret == 0 && !is_same(output, &state->mode) && !output->backend->set_mode)
		return refuse_size(output);
	return ret;
}

static int change_power(struct lend_output *output, bool off)
{
	const struct output_backend *backend = output->backend;

	if (output->off == off)
		return 0;
	int ret = backend->set_power ? backend->set_power(output, !off) : 0;
	if (ret < 0)
		return ret;
	output->off = off;
	frames_powered(output);
	return 0;
}

/* What cannot fail. */
static void take_over(struct lend_output *output, const struct lend_output_state *state)
{
	output->placed = output->placed || state->x != output->x || state->y != output->y;
	output->x = state->x;
	output->y = state->y;
	output->scale = state->scale;
	output->transform = state->transform;
	output->layout = state->layout;
	changed(output);
}

LEND_EXPORT int lend_output_configure(struct lend_output *output,
				      const struct lend_output_state *state)
{
	const struct lend_output_mode before = {(uint32_t)output->width, (uint32_t)output->height,
						output->refresh, 0};
	struct lend_output_state own;

	if (options_read(&own, sizeof(own), state) < 0)
		return fail(-EINVAL, "lend_output_state: set size to sizeof the struct");
	int ret = check_state(&own);
	if (ret == 0)
		ret = change_mode(output, &own.mode);
	if (ret < 0)
		return ret;
	ret = change_power(output, own.off);
	if (ret < 0) {
		change_mode(output, &before);
		return ret;
	}
	take_over(output, &own);
	return 0;
}
