/* SPDX-License-Identifier: MIT */
/*
 * The pointer's picture is handed to the host, which shows it where the user's pointer is. When our
 * pointer is elsewhere, because something else has moved it, it is drawn and the host's is hidden.
 */
#include "output/wayland/wayland.h"

#include <math.h>

#include "viewporter-client-protocol.h"

#define NEAR 2 /* pixels by which places may differ for rounding */

static void handle_release(void *data, struct wl_buffer *buffer)
{
	wl_buffer_destroy(buffer);
}

static const struct wl_buffer_listener buffer_listener = {.release = handle_release};

/* Pixels to a unit of the cursor's surface, where it has to be a whole number. */
static int32_t whole_scale(const struct window *window)
{
	return window->cursor.viewport ? 1 : (int32_t)(window->scale / UNIT);
}

static int32_t round_up(int32_t value, int32_t multiple)
{
	return (value + multiple - 1) / multiple * multiple;
}

static void copy(pixman_image_t *image, const struct lend_buffer_info *info, void *pixels)
{
	pixman_image_t *target = pixman_image_create_bits_no_clear(
		PIXMAN_a8r8g8b8, (int)info->width, (int)info->height, pixels,
		(int)info->planes[0].stride);

	if (!target)
		return;
	pixman_image_composite32(PIXMAN_OP_SRC, image, NULL, target, 0, 0, 0, 0, 0, 0,
				 (int)info->width, (int)info->height);
	pixman_image_unref(target);
}

/* In memory that is the host's alone from then on. NULL: there is none. */
static struct wl_buffer *make_buffer(struct window *window, pixman_image_t *image, int32_t multiple)
{
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = (uint32_t)round_up(pixman_image_get_width(image), multiple),
		.height = (uint32_t)round_up(pixman_image_get_height(image), multiple),
		.format = LEND_FORMAT_ARGB8888,
	};
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct wl_buffer *buffer = NULL;
	struct lend_buffer *memory;
	void *pixels;

	if (lend_buffer_allocate(NULL, &options, &memory, NULL) < 0)
		return NULL;
	lend_buffer_describe(memory, &info);
	if (lend_buffer_begin(memory, LEND_WRITE, &pixels) == 0) {
		copy(image, &info, pixels);
		lend_buffer_end(memory);
		buffer = shm_wrap(&window->host, info.planes[0].fd, &info, WL_SHM_FORMAT_ARGB8888);
	}
	lend_buffer_destroy(memory);
	if (buffer)
		wl_buffer_add_listener(buffer, &buffer_listener, NULL);
	return buffer;
}

static int32_t to_units(const struct window *window, int32_t pixels)
{
	int32_t units = (int32_t)(((int64_t)pixels * UNIT + window->scale / 2) / window->scale);

	return units < 1 ? 1 : units;
}

static bool open_surface(struct window *window)
{
	struct host_cursor *cursor = &window->cursor;

	if (cursor->surface)
		return true;
	cursor->surface = wl_compositor_create_surface(window->host.compositor);
	if (cursor->surface && window->host.viewporter)
		cursor->viewport =
			wp_viewporter_get_viewport(window->host.viewporter, cursor->surface);
	return cursor->surface != NULL;
}

/* False: it has to be drawn. */
static bool set_picture(struct window *window, const struct output_cursor *wanted)
{
	struct host_cursor *cursor = &window->cursor;

	if (cursor->serial == wanted->serial && cursor->hot_x == wanted->hot_x &&
	    cursor->hot_y == wanted->hot_y && cursor->scale == window->scale)
		return true;
	if (!open_surface(window))
		return false;
	int32_t multiple = whole_scale(window);
	struct wl_buffer *buffer = make_buffer(window, wanted->image, multiple);
	if (!buffer)
		return false;
	wl_surface_attach(cursor->surface, buffer, 0, 0);
	wl_surface_damage_buffer(cursor->surface, 0, 0, INT32_MAX, INT32_MAX);
	if (cursor->viewport)
		wp_viewport_set_destination(
			cursor->viewport, to_units(window, pixman_image_get_width(wanted->image)),
			to_units(window, pixman_image_get_height(wanted->image)));
	else
		wl_surface_set_buffer_scale(cursor->surface, multiple);
	wl_surface_commit(cursor->surface);
	cursor->serial = wanted->serial;
	cursor->hot_x = wanted->hot_x;
	cursor->hot_y = wanted->hot_y;
	cursor->scale = window->scale;
	cursor->told = false;
	return true;
}

static void tell(struct window *window, bool visible)
{
	struct host_cursor *cursor = &window->cursor;

	if (!window->hands.over || (cursor->told && cursor->visible == visible))
		return;
	wl_pointer_set_cursor(window->hands.pointer, window->hands.enter_serial,
			      visible ? cursor->surface : NULL,
			      (int32_t)((int64_t)cursor->hot_x * UNIT / window->scale),
			      (int32_t)((int64_t)cursor->hot_y * UNIT / window->scale));
	cursor->told = true;
	cursor->visible = visible;
}

/* Is our pointer where the host's has put it? */
static bool is_hosts(const struct window *window, const struct output_cursor *wanted)
{
	const struct lend_output *output = window->output;
	double x = window->cursor.x * output->width, y = window->cursor.y * output->height;

	return window->hands.pointer && window->cursor.moved &&
	       fabs(wanted->x + wanted->hot_x - x) <= NEAR &&
	       fabs(wanted->y + wanted->hot_y - y) <= NEAR;
}

/* Shown by the host at once, not with a frame. */
bool window_cursor(struct lend_output *output)
{
	struct window *window = output->backend_data;
	const struct output_cursor *wanted = &output->cursor;
	bool taken = true;

	if (wanted->image)
		taken = is_hosts(window, wanted) && set_picture(window, wanted);
	tell(window, wanted->image && taken);
	if (taken)
		output->cursor_dirty = false;
	return taken;
}

void cursor_moved(struct window *window, double x, double y)
{
	window->cursor.moved = true;
	window->cursor.x = x < 0 ? 0 : x > 1 ? 1 : x;
	window->cursor.y = y < 0 ? 0 : y > 1 ? 1 : y;
}

/* Until a client has had a say in it, it is as it was. */
void cursor_enter(struct window *window)
{
	window->cursor.told = false;
	tell(window, window->cursor.surface && window->output->cursor.image &&
			     !window->output->cursor_drawn);
	output_schedule(window->output);
}

void cursor_close(struct window *window)
{
	if (window->cursor.viewport)
		wp_viewport_destroy(window->cursor.viewport);
	if (window->cursor.surface)
		wl_surface_destroy(window->cursor.surface);
}
