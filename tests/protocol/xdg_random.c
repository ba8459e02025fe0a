/* SPDX-License-Identifier: MIT */
/* Clients that do anything in any order with their windows, most of it wrong. Whatever becomes of
 * them, the server and a client that behaves go on. */
#include "shell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS 5
#define CLIENTS 400
#define STEPS	400

struct player {
	struct client *client;
	struct shm_buffer buffers[2];
	struct window_of_player {
		struct wl_surface *surface;
		struct xdg_surface *xdg_surface;
		struct xdg_toplevel *toplevel;
		struct xdg_popup *popup;
		struct wl_subsurface *subsurface;
		struct wp_viewport *viewport;
		uint32_t serial; /* not acknowledged yet, or 0 */
		bool configured;
	} windows[WINDOWS];
};

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

/* One in how many steps goes against the protocol; each player has a number of its own, so that
 * some get far and some do not. */
static unsigned errs_in = 1;

static bool errs(void)
{
	return below(errs_in) == 0;
}

static int32_t number(void)
{
	static const int32_t extremes[] = {INT32_MIN, -1, 0, INT32_MAX};

	return errs() ? extremes[below(4)] : (int32_t)below(60) + 1;
}

static void handle_configure(void *data, struct xdg_surface *xdg_surface, uint32_t serial)
{
	((struct window_of_player *)data)->serial = serial;
}

static const struct xdg_surface_listener xdg_surface_listener = {.configure = handle_configure};

static struct xdg_positioner *random_positioner(struct player *player)
{
	struct xdg_positioner *positioner = xdg_wm_base_create_positioner(player->client->wm_base);

	xdg_positioner_set_size(positioner, (int32_t)below(300) + 1, (int32_t)below(300) + 1);
	xdg_positioner_set_anchor_rect(positioner, number(), number(), (int32_t)below(50) + 1,
				       (int32_t)below(50) + 1);
	xdg_positioner_set_anchor(positioner, below(9));
	xdg_positioner_set_gravity(positioner, below(9));
	xdg_positioner_set_constraint_adjustment(positioner, below(64));
	xdg_positioner_set_offset(positioner, number(), number());
	if (below(2))
		xdg_positioner_set_reactive(positioner);
	return positioner;
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void make_popup(struct player *player, struct window_of_player *window,
		       const struct window_of_player *other)
{
	struct xdg_positioner *positioner = random_positioner(player);

	window->popup = xdg_surface_get_popup(window->xdg_surface, other->xdg_surface, positioner);
	xdg_positioner_destroy(positioner);
	if (below(3) == 0)
		xdg_popup_grab(window->popup, player->client->seat, below(5));
}

/* The next object that the window lacks. */
static void make(struct player *player, struct window_of_player *window,
		 const struct window_of_player *other)
{
	if (!window->surface) {
		window->surface = wl_compositor_create_surface(player->client->compositor);
	} else if (!window->xdg_surface && !window->subsurface && below(4)) {
		window->xdg_surface =
			xdg_wm_base_get_xdg_surface(player->client->wm_base, window->surface);
		xdg_surface_add_listener(window->xdg_surface, &xdg_surface_listener, window);
	} else if (window->xdg_surface && !window->toplevel && !window->popup) {
		if (!errs() && !other->toplevel && !other->popup)
			window->toplevel = xdg_surface_get_toplevel(window->xdg_surface);
		else
			make_popup(player, window, other);
		wl_surface_commit(window->surface);
		window->configured = false;
	} else if (!window->xdg_surface && !window->subsurface && other->surface &&
		   (window != other || errs())) {
		window->subsurface = wl_subcompositor_get_subsurface(
			player->client->subcompositor, window->surface, other->surface);
	} else if (!window->viewport) {
		window->viewport =
			wp_viewporter_get_viewport(player->client->viewporter, window->surface);
	}
}

static void commit(struct player *player, struct window_of_player *window)
{
	struct wl_buffer *buffers[] = {NULL, player->buffers[0].buffer, player->buffers[1].buffer};

	if (!window->surface)
		return;
	if (window->xdg_surface && window->serial) {
		xdg_surface_ack_configure(window->xdg_surface, window->serial);
		window->serial = 0;
		window->configured = true;
	}
	if (window->configured || (!window->xdg_surface && window->subsurface) || errs()) {
		unsigned choice = below(8);
		wl_surface_attach(window->surface, buffers[choice > 2 ? 1 : choice], 0, 0);
		window->configured &= choice > 0;
	}
	wl_surface_damage(window->surface, number(), number(), number(), number());
	if (below(4) == 0)
		wl_callback_destroy(wl_surface_frame(window->surface));
	wl_surface_commit(window->surface);
}

static void ask(struct player *player, struct window_of_player *window,
		const struct window_of_player *other)
{
	unsigned what = below(6);

	if (window->xdg_surface && what == 0 && (window->toplevel || window->popup || errs())) {
		xdg_surface_set_window_geometry(window->xdg_surface, number(), number(), number(),
						number());
	} else if (window->toplevel) {
		if (what == 1 && (window != other || errs()))
			xdg_toplevel_set_parent(window->toplevel, other->toplevel);
		else if (what == 2)
			xdg_toplevel_set_fullscreen(window->toplevel,
						    player->client->outputs[below(2)]);
		else if (what == 3)
			xdg_toplevel_unset_fullscreen(window->toplevel);
		else if (what == 4)
			xdg_toplevel_set_title(window->toplevel, "random");
		else
			xdg_toplevel_set_max_size(window->toplevel, number(), number());
	} else if (window->popup) {
		struct xdg_positioner *positioner = random_positioner(player);
		xdg_popup_reposition(window->popup, positioner, what);
		xdg_positioner_destroy(positioner);
	} else if (window->subsurface) {
		wl_subsurface_set_position(window->subsurface, number(), number());
	}
	if (window->viewport && below(2))
		wp_viewport_set_destination(window->viewport, number(), number());
}

#define DROP(object, destroy)                                                                      \
	do {                                                                                       \
		if (object)                                                                        \
			destroy(object);                                                           \
		(object) = NULL;                                                                   \
	} while (0)

/* Any of its objects, or all of them in the right order. */
static void drop(struct window_of_player *window)
{
	unsigned what = below(8);
	bool all = what > 5 || !errs();

	if (all || what == 0)
		DROP(window->viewport, wp_viewport_destroy);
	if (all || what == 1)
		DROP(window->subsurface, wl_subsurface_destroy);
	if (all || what == 2)
		DROP(window->popup, xdg_popup_destroy);
	if (all || what == 3)
		DROP(window->toplevel, xdg_toplevel_destroy);
	if (all || what == 4)
		DROP(window->xdg_surface, xdg_surface_destroy);
	if (all || what == 5)
		DROP(window->surface, wl_surface_destroy);
	if (all) {
		window->serial = 0;
		window->configured = false;
	}
}

static void step(struct player *player)
{
	struct window_of_player *window = &player->windows[below(WINDOWS)];
	const struct window_of_player *other = &player->windows[below(WINDOWS)];
	unsigned what = below(16);

	if (what < 6)
		make(player, window, other);
	else if (what < 11)
		commit(player, window);
	else if (what < 15)
		ask(player, window, other);
	else
		drop(window);
}

/* ---- players -------------------------------------------------------------------------------- */

static void play(struct test *test)
{
	struct player player = {.client = client_create(test)};

	shm_buffer_create(player.client, 30, 20, WL_SHM_FORMAT_ARGB8888, &player.buffers[0]);
	shm_buffer_create(player.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &player.buffers[1]);
	for (int i = 0; i < STEPS && !player.client->error; i++) {
		step(&player);
		if (below(2))
			pump_once(test, 0);
	}
	shm_buffer_destroy(&player.buffers[0]);
	shm_buffer_destroy(&player.buffers[1]);
	client_destroy(player.client);
}

static void anything_goes(enum lend_layout layout)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2, .layout = layout});
	static const unsigned errors[] = {5, 50, 5000};
	struct bystander bystander;

	bystander_create(test, &bystander);
	for (unsigned i = 0; i < CLIENTS; i++) {
		srandom(i + 1);
		errs_in = errors[i % 3];
		play(test);
		if (i % 25 == 0)
			expect_alive(bystander.client);
	}
	pump(test);
	printf("%u windows mapped\n", test->mapped);
	assert_int_equal(test->gone, CLIENTS);
	assert_int_equal(test->mapped, test->unmapped + 1);
	/* Players' windows were mapped, too, else nothing of this was tried. */
	assert_true(test->mapped > CLIENTS);
	bystander_check(&bystander);
	bystander_destroy(&bystander);
	test_destroy(test);
}

static void in_full_layout(void)
{
	anything_goes(LEND_LAYOUT_FULL);
}

static void in_tile_layout(void)
{
	anything_goes(LEND_LAYOUT_TILE);
}

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"in_full_layout", in_full_layout},
		{"in_tile_layout", in_tile_layout},
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
