/* SPDX-License-Identifier: MIT */
/* What of an output changes while it is there: what is refused, what clients hear of it, and what
 * is shown as it is all the same. */
#include "shell.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fractional-scale-client-protocol.h"
#include "xdg-output-client-protocol.h"

#define RED   0xffc02010
#define GREEN 0xff20a040

static void set_mode(struct lend_output *output, uint32_t width, uint32_t height, uint32_t refresh)
{
	struct lend_output_state state = output_describe(output);

	state.mode = (struct lend_output_mode){width, height, refresh, 0};
	assert_int_equal(lend_output_configure(output, &state), 0);
}

static void set_off(struct lend_output *output, int off)
{
	struct lend_output_state state = output_describe(output);

	state.off = off;
	assert_int_equal(lend_output_configure(output, &state), 0);
}

/* ---- bad values ----------------------------------------------------------------------------- */

static void describing_needs_a_size(void)
{
	struct test *test = test_create(NULL);
	struct lend_output_state state = {.size = 0};

	assert_int_equal(lend_output_describe(test->outputs[0], &state), -EINVAL);
	state.size = 3;
	assert_int_equal(lend_output_describe(test->outputs[0], &state), -EINVAL);
	assert_int_equal(lend_output_configure(test->outputs[0], &state), -EINVAL);
	assert_non_null(strstr(lend_server_error(), "sizeof"));
	test_destroy(test);
}

static void values_that_cannot_be_change_nothing(void)
{
#define AT(field) offsetof(struct lend_output_state, field)
	static const struct {
		size_t at;
		uint32_t value;
		const char *words;
	} rows[] = {
		{AT(scale), 0, "a scale of 0/120: it must be 60 to 1200"},
		{AT(scale), 59, "a scale of 59/120"},
		{AT(scale), 1201, "a scale of 1201/120"},
		{AT(scale), UINT32_MAX, "scale"},
		{AT(transform), 8, "no transform 8: 0 to 7 are"},
		{AT(transform), UINT32_MAX, "no transform -1"},
		{AT(layout), 3, "no layout 3: 0 to 2 are"},
		{AT(layout), UINT32_MAX, "no layout -1"},
		{AT(x), 1u << 31, "a place at"},
		{AT(y), INT32_MAX, "a place at"},
		{AT(mode.width), 0, "a mode of 0x240: each side must be 1 to 16384"},
		{AT(mode.height), 16385, "each side must be"},
		{AT(mode.width), UINT32_MAX, "each side must be"},
		{AT(mode.refresh), 1000001, "over 1000 Hz"},
	};
	struct test *test = test_create(&(struct test_options){.refresh = 60000});
	struct lend_output *output = test->outputs[0];
	const struct lend_output_state good = output_describe(output);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lend_output_state state = good;
		memcpy((char *)&state + rows[i].at, &rows[i].value, sizeof(rows[i].value));
		assert_int_equal(lend_output_configure(output, &state), -EINVAL);
		if (!strstr(lend_server_error(), rows[i].words))
			fail_msg("'%s' is not in: %s", rows[i].words, lend_server_error());
		state = output_describe(output);
		assert_memory_equal(&state, &good, sizeof(state));
	}
	test_destroy(test);
}

/* The extremes of what can be. */
static void any_mode_of_a_display_that_lists_none(void)
{
	struct test *test = test_create(NULL);
	struct lend_output *output = test->outputs[0];
	struct lend_output_mode mode;

	assert_int_equal(lend_output_get_mode(output, 0, &mode), -ENOENT);
	assert_int_equal(lend_output_get_mode(output, SIZE_MAX, &mode), -ENOENT);
	set_mode(output, 1, 1, 0);
	output_configure(output, 1200, LEND_TRANSFORM_FLIPPED_270);
	pump(test);
	output_configure(output, 60, LEND_TRANSFORM_90);
	pump(test);
	set_mode(output, 1, 16384, 1000000);
	pump(test);
	set_mode(output, 100, 50, 0);
	output_configure(output, 120, LEND_TRANSFORM_NORMAL);
	pump(test);
	struct lend_output_state state = output_describe(output);
	assert_int_equal(state.mode.width, 100);
	assert_int_equal(state.mode.height, 50);
	assert_int_equal(state.mode.refresh, 0);
	assert_int_equal(state.scale, 120);
	test_destroy(test);
}

/* ---- what clients hear ---------------------------------------------------------------------- */

struct heard {
	int32_t x, y, width, height, refresh, scale, transform;
	int32_t logical_x, logical_y, logical_width, logical_height;
	char name[64];
	unsigned dones, xdg_dones, preferred_events;
	uint32_t preferred;
};

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
			    int32_t width, int32_t height, int32_t subpixel, const char *make,
			    const char *model, int32_t transform)
{
	struct heard *heard = data;

	heard->x = x;
	heard->y = y;
	heard->transform = transform;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
			int32_t height, int32_t refresh)
{
	struct heard *heard = data;

	heard->width = width;
	heard->height = height;
	heard->refresh = refresh;
}

static void handle_done(void *data, struct wl_output *output)
{
	((struct heard *)data)->dones++;
}

static void handle_scale(void *data, struct wl_output *output, int32_t factor)
{
	((struct heard *)data)->scale = factor;
}

static void handle_text(void *data, struct wl_output *output, const char *text) {}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_done,
	.scale = handle_scale,
	.name = handle_text,
	.description = handle_text,
};

static void handle_position(void *data, struct zxdg_output_v1 *output, int32_t x, int32_t y)
{
	struct heard *heard = data;

	heard->logical_x = x;
	heard->logical_y = y;
}

static void handle_size(void *data, struct zxdg_output_v1 *output, int32_t width, int32_t height)
{
	struct heard *heard = data;

	heard->logical_width = width;
	heard->logical_height = height;
}

static void handle_xdg_done(void *data, struct zxdg_output_v1 *output)
{
	((struct heard *)data)->xdg_dones++;
}

static void handle_name(void *data, struct zxdg_output_v1 *output, const char *name)
{
	struct heard *heard = data;

	snprintf(heard->name, sizeof(heard->name), "%s", name);
}

static void handle_xdg_text(void *data, struct zxdg_output_v1 *output, const char *text) {}

static const struct zxdg_output_v1_listener xdg_listener = {
	.logical_position = handle_position,
	.logical_size = handle_size,
	.done = handle_xdg_done,
	.name = handle_name,
	.description = handle_xdg_text,
};

static void handle_preferred(void *data, struct wp_fractional_scale_v1 *scale, uint32_t preferred)
{
	struct heard *heard = data;

	heard->preferred = preferred;
	heard->preferred_events++;
}

static const struct wp_fractional_scale_v1_listener scale_listener = {
	.preferred_scale = handle_preferred,
};

static struct wl_output *listen(struct client *client, struct heard *heard, unsigned index)
{
	struct wl_output *output = bind_again(client, &wl_output_interface, 4, index);

	*heard = (struct heard){0};
	wl_output_add_listener(output, &output_listener, heard);
	client_roundtrip(client);
	return output;
}

static struct zxdg_output_v1 *listen_xdg(struct client *client, struct wl_output *output,
					 uint32_t version, struct heard *heard)
{
	struct zxdg_output_manager_v1 *manager =
		bind_again(client, &zxdg_output_manager_v1_interface, version, 0);
	struct zxdg_output_v1 *xdg = zxdg_output_manager_v1_get_xdg_output(manager, output);

	zxdg_output_v1_add_listener(xdg, &xdg_listener, heard);
	zxdg_output_manager_v1_destroy(manager);
	client_roundtrip(client);
	return xdg;
}

static void clients_hear_of_all_that_changes(void)
{
	struct test *test =
		test_create(&(struct test_options){.width = 1920, .height = 1080, .refresh = 0});
	struct client *client = client_create(test);
	struct heard heard;
	struct wl_output *output = listen(client, &heard, 0);
	struct zxdg_output_v1 *xdg = listen_xdg(client, output, 3, &heard);

	assert_string_equal(heard.name, lend_output_name(test->outputs[0]));
	assert_int_equal(heard.logical_width, 1920);
	assert_int_equal(heard.dones, 2); /* another for what xdg-output said */
	struct lend_output_state state = output_describe(test->outputs[0]);
	state.scale = 180;
	state.transform = LEND_TRANSFORM_90;
	state.x = -30;
	state.y = 7;
	state.mode = (struct lend_output_mode){960, 600, 50000, 0};
	assert_int_equal(lend_output_configure(test->outputs[0], &state), 0);
	client_roundtrip(client);
	assert_true(heard.dones > 2);
	assert_int_equal(heard.x, -30);
	assert_int_equal(heard.y, 7);
	assert_int_equal(heard.width, 960);
	assert_int_equal(heard.height, 600);
	assert_int_equal(heard.refresh, 50000);
	assert_int_equal(heard.scale, 2);
	assert_int_equal(heard.transform, WL_OUTPUT_TRANSFORM_90);
	assert_int_equal(heard.logical_x, -30);
	assert_int_equal(heard.logical_y, 7);
	assert_int_equal(heard.logical_width, 400);
	assert_int_equal(heard.logical_height, 640);
	assert_int_equal(heard.xdg_dones, 0);
	zxdg_output_v1_destroy(xdg);
	wl_output_release(output);
	test_destroy(test);
}

static void xdg_outputs_of_older_clients_and_of_outputs_that_went(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct heard heard;
	struct wl_output *output = listen(client, &heard, 0);
	struct zxdg_output_v1 *xdg = listen_xdg(client, output, 2, &heard);

	assert_int_equal(heard.xdg_dones, 1);
	assert_int_equal(heard.dones, 1);
	output_configure(test->outputs[0], 240, LEND_TRANSFORM_NORMAL);
	client_roundtrip(client);
	assert_int_equal(heard.xdg_dones, 2);
	assert_int_equal(heard.logical_width, 160);
	struct zxdg_output_v1 *oldest = listen_xdg(client, output, 1, &(struct heard){0});
	lend_output_destroy(test->outputs[0]);
	struct zxdg_output_v1 *late = listen_xdg(client, output, 3, &heard);
	expect_alive(client);
	zxdg_output_v1_destroy(late);
	zxdg_output_v1_destroy(oldest);
	zxdg_output_v1_destroy(xdg);
	wl_output_release(output);
	expect_alive(client);
	test_destroy(test);
}

static void outputs_that_were_not_placed_are_right_of_the_others(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 3});
	struct lend_output_state state = output_describe(test->outputs[1]);

	assert_int_equal(state.x, 320);
	state.x = 100;
	state.y = 1000;
	assert_int_equal(lend_output_configure(test->outputs[1], &state), 0);
	output_configure(test->outputs[0], 240, LEND_TRANSFORM_NORMAL);
	assert_int_equal(output_describe(test->outputs[0]).x, 0);
	assert_int_equal(output_describe(test->outputs[1]).x, 100);
	assert_int_equal(output_describe(test->outputs[1]).y, 1000);
	assert_int_equal(output_describe(test->outputs[2]).x, 420);
	assert_int_equal(output_describe(test->outputs[2]).y, 0);
	test_destroy(test);
}

/* ---- surfaces ------------------------------------------------------------------------------- */

static struct wp_fractional_scale_v1 *get_scale(struct client *client, struct wl_surface *surface,
						struct heard *heard)
{
	struct wp_fractional_scale_manager_v1 *manager =
		bind_again(client, &wp_fractional_scale_manager_v1_interface, 1, 0);
	struct wp_fractional_scale_v1 *scale =
		wp_fractional_scale_manager_v1_get_fractional_scale(manager, surface);

	wp_fractional_scale_v1_add_listener(scale, &scale_listener, heard);
	wp_fractional_scale_manager_v1_destroy(manager);
	client_roundtrip(client);
	return scale;
}

static void surfaces_hear_of_their_scale(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct shell_window window;
	struct shm_buffer buffer;
	struct heard heard = {0};

	output_configure(test->outputs[0], 150, LEND_TRANSFORM_NORMAL);
	output_configure(test->outputs[1], 300, LEND_TRANSFORM_NORMAL);
	shm_buffer_create(client, 32, 32, WL_SHM_FORMAT_XRGB8888, &buffer);
	shell_window_create(client, &window);
	/* Known before anything is drawn. */
	struct wp_fractional_scale_v1 *scale = get_scale(client, window.surface, &heard);
	assert_int_equal(heard.preferred, 150);
	shell_window_get_toplevel(&window);
	shell_window_map(&window, buffer.buffer);
	assert_int_equal(heard.preferred_events, 1);
	output_configure(test->outputs[0], 180, LEND_TRANSFORM_180);
	client_roundtrip(client);
	assert_int_equal(heard.preferred, 180);
	xdg_toplevel_set_fullscreen(window.toplevel, client->outputs[1]);
	client_roundtrip(client);
	pump(test);
	assert_int_equal(heard.preferred, 300);
	wp_fractional_scale_v1_destroy(scale);
	scale = get_scale(client, window.surface, &heard);
	assert_int_equal(heard.preferred_events, 4);
	shell_window_destroy(&window);
	output_configure(test->outputs[1], 120, LEND_TRANSFORM_NORMAL);
	expect_alive(client);
	wp_fractional_scale_v1_destroy(scale);
	shm_buffer_destroy(&buffer);
	test_destroy(test);
}

static void a_surface_has_one_scale(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	struct heard heard = {0};

	get_scale(client, surface, &heard);
	struct wp_fractional_scale_manager_v1 *manager =
		bind_again(client, &wp_fractional_scale_manager_v1_interface, 1, 0);
	wp_fractional_scale_manager_v1_get_fractional_scale(manager, surface);
	expect_error(client, &wp_fractional_scale_manager_v1_interface,
		     WP_FRACTIONAL_SCALE_MANAGER_V1_ERROR_FRACTIONAL_SCALE_EXISTS,
		     "has one already");
	test_destroy(test);
}

#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
struct wishes {
	int32_t scale;
	uint32_t transform;
	unsigned scales, transforms;
};

static void handle_presence(void *data, struct wl_surface *surface, struct wl_output *output) {}

static void handle_wanted_scale(void *data, struct wl_surface *surface, int32_t scale)
{
	struct wishes *wishes = data;

	wishes->scale = scale;
	wishes->scales++;
}

static void handle_wanted_transform(void *data, struct wl_surface *surface, uint32_t transform)
{
	struct wishes *wishes = data;

	wishes->transform = transform;
	wishes->transforms++;
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_presence,
	.leave = handle_presence,
	.preferred_buffer_scale = handle_wanted_scale,
	.preferred_buffer_transform = handle_wanted_transform,
};

static void surfaces_hear_of_whole_scales_and_transforms(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct wl_compositor *before = client->compositor;
	struct shell_window window;
	struct shm_buffer buffer;
	struct wishes wishes = {0};

	output_configure(test->outputs[0], 150, LEND_TRANSFORM_90);
	client->compositor = bind_again(client, &wl_compositor_interface, 6, 0);
	shm_buffer_create(client, 32, 32, WL_SHM_FORMAT_XRGB8888, &buffer);
	shell_window_create(client, &window);
	wl_surface_add_listener(window.surface, &surface_listener, &wishes);
	shell_window_get_toplevel(&window);
	shell_window_map(&window, buffer.buffer);
	pump(test);
	assert_int_equal(wishes.scale, 2);
	assert_int_equal(wishes.transform, WL_OUTPUT_TRANSFORM_90);
	output_configure(test->outputs[0], 300, LEND_TRANSFORM_FLIPPED);
	client_roundtrip(client);
	assert_int_equal(wishes.scale, 3);
	assert_int_equal(wishes.transform, WL_OUTPUT_TRANSFORM_FLIPPED);
	shell_window_destroy(&window);
	shm_buffer_destroy(&buffer);
	wl_compositor_destroy(client->compositor);
	client->compositor = before;
	client_destroy(client);
	test_destroy(test);
}
#endif

/* ---- shown as it is ------------------------------------------------------------------------- */

struct fixture {
	struct test *test;
	struct client *client;
	struct shell_window window;
	struct shm_buffer buffer;
	struct wp_viewport *viewport;
};

/* A window of 320x240 pixels. */
static void fixture_create(struct fixture *f, uint32_t scale, enum lend_transform transform)
{
	*f = (struct fixture){.test = test_create(NULL)};
	output_configure(f->test->outputs[0], scale, transform);
	f->client = client_create(f->test);
	shm_buffer_create(f->client, 320, 240, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	shm_buffer_fill(&f->buffer, RED);
	fill_rect(f->buffer.pixels, f->buffer.stride, 10, 20, 30, 40, GREEN);
	shell_window_create(f->client, &f->window);
	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	shell_window_ack(&f->window);
}

static void fixture_destroy(struct fixture *f)
{
	if (f->viewport)
		wp_viewport_destroy(f->viewport);
	shell_window_destroy(&f->window);
	shm_buffer_destroy(&f->buffer);
	client_destroy(f->client);
	test_destroy(f->test);
}

static void commit(struct fixture *f)
{
	wl_surface_damage_buffer(f->window.surface, 0, 0, INT32_MAX, INT32_MAX);
	shell_window_commit(&f->window, f->buffer.buffer);
	pump(f->test);
}

static enum lend_path path_of(const struct fixture *f, const char *words)
{
	struct lend_view_info info = {.size = sizeof(info)};

	assert_int_equal(lend_view_describe(f->test->view, &info), 0);
	if (!strstr(info.reason, words))
		fail_msg("'%s' is not in: %s", words, info.reason);
	return info.path;
}

/* The display's pixels are the buffer's. */
static void expect_scanout(struct fixture *f)
{
	struct picture picture;

	commit(f);
	assert_int_equal(path_of(f, "fills"), LEND_PATH_SCANOUT);
	picture_take(f->test->outputs[0], &picture);
	assert_picture_rect(&picture, 10, 20, 30, 40, GREEN);
	assert_picture_rect(&picture, 0, 0, 320, 20, RED);
	assert_picture_rect(&picture, 40, 20, 280, 220, RED);
	picture_finish(&picture);
}

static void what_is_drawn_for_a_whole_scale_is_scanned_out(void)
{
	struct fixture f;

	fixture_create(&f, 240, LEND_TRANSFORM_NORMAL);
	assert_int_equal(f.window.width, 160);
	assert_int_equal(f.window.height, 120);
	wl_surface_set_buffer_scale(f.window.surface, 2);
	expect_scanout(&f);
	fixture_destroy(&f);
}

static void what_is_drawn_for_a_fraction_is_scanned_out(void)
{
	static const uint32_t scales[] = {60, 90, 100, 120, 137, 150, 180, 210, 300, 333, 1200};
	struct fixture f;

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		fixture_create(&f, scales[i], LEND_TRANSFORM_NORMAL);
		f.viewport = wp_viewporter_get_viewport(f.client->viewporter, f.window.surface);
		wp_viewport_set_destination(f.viewport, f.window.width, f.window.height);
		expect_scanout(&f);
		fixture_destroy(&f);
	}
}

static void what_is_drawn_turned_is_scanned_out(void)
{
	struct fixture f;

	for (int transform = 0; transform < 8; transform++) {
		fixture_create(&f, 120, (enum lend_transform)transform);
		assert_int_equal(f.window.width, transform & 1 ? 240 : 320);
		assert_int_equal(f.window.height, transform & 1 ? 320 : 240);
		wl_surface_set_buffer_transform(f.window.surface, transform);
		expect_scanout(&f);
		fixture_destroy(&f);
	}
}

static void all_of_it_together_is_scanned_out(void)
{
	struct fixture f;

	fixture_create(&f, 240, LEND_TRANSFORM_FLIPPED_90);
	wl_surface_set_buffer_transform(f.window.surface, LEND_TRANSFORM_FLIPPED_90);
	wl_surface_set_buffer_scale(f.window.surface, 2);
	f.viewport = wp_viewporter_get_viewport(f.client->viewporter, f.window.surface);
	wp_viewport_set_source(f.viewport, 0, 0, wl_fixed_from_int(120), wl_fixed_from_int(160));
	wp_viewport_set_destination(f.viewport, f.window.width, f.window.height);
	expect_scanout(&f);
	/* A pixel less of it is another matter. */
	wp_viewport_set_source(f.viewport, 0, 0, wl_fixed_from_int(119), wl_fixed_from_int(160));
	commit(&f);
	assert_int_equal(path_of(&f, "scaled, cropped"), LEND_PATH_BLEND);
	fixture_destroy(&f);
}

static void what_is_not_is_said_so(void)
{
	struct fixture f;

	fixture_create(&f, 180, LEND_TRANSFORM_90);
	commit(&f);
	assert_int_equal(path_of(&f, "not drawn for the scale and transform of headless-1"),
			 LEND_PATH_BLEND);
	output_configure(f.test->outputs[0], 120, LEND_TRANSFORM_NORMAL);
	expect_scanout(&f);
	fixture_destroy(&f);
}

/* ---- other sizes ---------------------------------------------------------------------------- */

static void the_mode_changes_under_what_is_scanned_out(void)
{
	struct fixture f;
	struct picture picture;

	fixture_create(&f, 120, LEND_TRANSFORM_NORMAL);
	expect_scanout(&f);
	set_mode(f.test->outputs[0], 200, 100, 0);
	/* What was shown stays until there is something new. */
	picture_take(f.test->outputs[0], &picture);
	assert_int_equal(picture.width, 320);
	picture_finish(&picture);
	client_roundtrip(f.client);
	pump(f.test);
	assert_int_equal(f.window.width, 200);
	assert_int_equal(f.window.height, 100);
	picture_take(f.test->outputs[0], &picture);
	assert_int_equal(picture.width, 200);
	assert_int_equal(picture.height, 100);
	assert_picture_rect(&picture, 10, 20, 30, 40, GREEN);
	assert_picture_rect(&picture, 40, 20, 160, 80, RED);
	picture_finish(&picture);
	assert_int_equal(path_of(&f, "320x240 of headless-1 (200x100)"), LEND_PATH_COPY);
	shm_buffer_destroy(&f.buffer);
	shm_buffer_create(f.client, 200, 100, WL_SHM_FORMAT_XRGB8888, &f.buffer);
	shm_buffer_fill(&f.buffer, GREEN);
	commit(&f);
	assert_int_equal(path_of(&f, "fills"), LEND_PATH_SCANOUT);
	set_mode(f.test->outputs[0], 320, 240, 60000);
	client_roundtrip(f.client);
	pump_frame(f.test, f.test->outputs[0]);
	picture_take(f.test->outputs[0], &picture);
	assert_picture_rect(&picture, 60, 70, 200, 100, GREEN);
	assert_picture_rect(&picture, 0, 0, 320, 70, 0xff000000);
	picture_finish(&picture);
	fixture_destroy(&f);
}

/* From one to another and back, with a frame in between and without. */
static void modes_change_all_the_time(void)
{
	struct fixture f;
	struct picture picture;

	fixture_create(&f, 120, LEND_TRANSFORM_NORMAL);
	commit(&f);
	for (uint32_t i = 0; i < 60; i++) {
		set_mode(f.test->outputs[0], 100 + 40 * (i % 5), 300 - 30 * (i % 7), 0);
		if (i % 3 == 0)
			pump(f.test);
	}
	set_mode(f.test->outputs[0], 330, 250, 0);
	pump(f.test);
	picture_take(f.test->outputs[0], &picture);
	assert_int_equal(picture.width, 330);
	assert_picture_rect(&picture, 5 + 10, 5 + 20, 30, 40, GREEN);
	assert_picture_rect(&picture, 5, 5, 320, 20, RED);
	assert_picture_rect(&picture, 0, 0, 330, 5, 0xff000000);
	picture_finish(&picture);
	fixture_destroy(&f);
}

/* ---- power ---------------------------------------------------------------------------------- */

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
	(*(unsigned *)data)++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_frame};

static void what_is_off_shows_nothing_and_comes_back(void)
{
	struct fixture f;
	struct picture picture;
	unsigned called = 0;

	fixture_create(&f, 120, LEND_TRANSFORM_NORMAL);
	expect_scanout(&f);
	set_off(f.test->outputs[0], 1);
	assert_int_equal(output_describe(f.test->outputs[0]).off, 1);
	assert_null(lend_output_latched(f.test->outputs[0]));
	uint64_t frames = output_frames(f.test->outputs[0]);
	wl_callback_add_listener(wl_surface_frame(f.window.surface), &frame_listener, &called);
	commit(&f);
	set_mode(f.test->outputs[0], 320, 250, 0);
	output_configure(f.test->outputs[0], 120, LEND_TRANSFORM_180);
	pump(f.test);
	assert_int_equal(output_frames(f.test->outputs[0]), frames);
	assert_null(lend_output_latched(f.test->outputs[0]));
	assert_int_equal(called, 0);
	set_off(f.test->outputs[0], 0);
	pump(f.test);
	assert_int_equal(called, 1);
	assert_true(output_frames(f.test->outputs[0]) > frames);
	picture_take(f.test->outputs[0], &picture);
	assert_picture_rect(&picture, 320 - 10 - 30, 250 - 5 - 20 - 40, 30, 40, GREEN);
	picture_finish(&picture);
	fixture_destroy(&f);
}

static void a_view_moves_to_an_output_that_is_lit(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct shell_window window;
	struct shm_buffer buffer;
	struct lend_view_info info = {.size = sizeof(info)};

	shm_buffer_create(client, 32, 32, WL_SHM_FORMAT_XRGB8888, &buffer);
	shell_toplevel_map(client, &window, buffer.buffer);
	set_off(test->outputs[0], 1);
	pump(test);
	assert_int_equal(lend_view_describe(test->view, &info), 0);
	assert_string_equal(info.output, "headless-2");
	set_off(test->outputs[1], 1);
	pump(test);
	set_off(test->outputs[0], 0);
	pump(test);
	assert_int_equal(lend_view_describe(test->view, &info), 0);
	assert_string_equal(info.output, "headless-1");
	shell_window_destroy(&window);
	shm_buffer_destroy(&buffer);
	client_destroy(client);
	test_destroy(test);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(describing_needs_a_size),
		TEST(values_that_cannot_be_change_nothing),
		TEST(any_mode_of_a_display_that_lists_none),
		TEST(clients_hear_of_all_that_changes),
		TEST(xdg_outputs_of_older_clients_and_of_outputs_that_went),
		TEST(outputs_that_were_not_placed_are_right_of_the_others),
		TEST(surfaces_hear_of_their_scale),
		TEST(a_surface_has_one_scale),
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
		TEST(surfaces_hear_of_whole_scales_and_transforms),
#endif
		TEST(what_is_drawn_for_a_whole_scale_is_scanned_out),
		TEST(what_is_drawn_for_a_fraction_is_scanned_out),
		TEST(what_is_drawn_turned_is_scanned_out),
		TEST(all_of_it_together_is_scanned_out),
		TEST(what_is_not_is_said_so),
		TEST(the_mode_changes_under_what_is_scanned_out),
		TEST(modes_change_all_the_time),
		TEST(what_is_off_shows_nothing_and_comes_back),
		TEST(a_view_moves_to_an_output_that_is_lit),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
