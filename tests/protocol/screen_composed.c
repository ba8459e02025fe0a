/* SPDX-License-Identifier: MIT */
/* Windows that share a display, by composition and by planes, and the cursor above them. */
#include "screen.h"

#include "hands.h"

#include <stdlib.h>
#include <string.h>

/* ---- surfaces above a window ---------------------------------------------------------------- */

/* A subsurface, with a chain or what it gets from a pool. */
struct child {
	struct screen *screen;
	struct wl_surface *surface, *parent;
	struct wl_subsurface *subsurface;
	struct chain chain;
	struct shm_buffer shm;
	unsigned next, frames;
};

static void handle_done(void *data, struct wl_callback *callback, uint32_t time)
{
	((struct child *)data)->frames++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener callback_listener = {.done = handle_done};

static void child_create(struct screen *screen, struct client *client, struct wl_surface *parent,
			 struct child *child)
{
	*child = (struct child){.screen = screen, .parent = parent};
	child->surface = wl_compositor_create_surface(client->compositor);
	child->subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child->surface, parent);
	wl_subsurface_set_desync(child->subsurface);
}

static void child_destroy(struct child *child)
{
	if (child->chain.proxy)
		chain_destroy(&child->chain);
	if (child->shm.buffer)
		shm_buffer_destroy(&child->shm);
	wl_subsurface_destroy(child->subsurface);
	wl_surface_destroy(child->surface);
}

static void child_move(struct child *child, int x, int y)
{
	wl_subsurface_set_position(child->subsurface, x, y);
	wl_surface_commit(child->parent);
}

static void child_commit(struct child *child, struct wl_buffer *buffer)
{
	unsigned frames = child->frames;

	wl_surface_attach(child->surface, buffer, 0, 0);
	wl_surface_damage_buffer(child->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_callback_add_listener(wl_surface_frame(child->surface), &callback_listener, child);
	wl_surface_commit(child->surface);
	wl_surface_commit(child->parent);
	pump_until(child->screen->test, &child->frames, frames + 1);
}

static void child_show(struct child *child, unsigned seed)
{
	struct chain *chain = &child->chain;

	chain_take(chain);
	child->next = (child->next + 1) % chain->count;
	struct lent_buffer *buffer = &chain->buffers[child->next];
	pattern_draw((uint32_t *)(void *)(buffer->pixels + buffer->offset), buffer->stride / 4,
		     (struct part){0, 0, (int)chain->width, (int)chain->height}, seed);
	child_commit(child, buffer->buffer);
}

static void child_settle(struct child *child, enum lend_path path)
{
	for (unsigned i = 0; i < 80 && (i < 4 || child->chain.path != path); i++)
		child_show(child, 60 + i);
	if (child->chain.path != path)
		fail_msg("the path is %s, not %s: %s", lend_path_name(child->chain.path),
			 lend_path_name(path), child->chain.path_reason);
}

static const struct part small = {0, 0, 160, 90};

/* The window's pattern, the child's above it. */
static void expect(struct screen *screen, const struct lent *below, unsigned below_seed, int x,
		   int y, unsigned seed)
{
	canvas_expect(&screen->canvases[0], 0, 0, lent_all(below), below_seed);
	canvas_expect(&screen->canvases[0], x, y, small, seed);
}

static void a_plane_shows_moves_and_goes(void)
{
	struct screen screen;
	struct lent below;
	struct child child, cover;

	screen_open(&screen, DISPLAY_OVERLAY);
	lent_open(&screen, 0, 2, &below);
	lent_settle(&below, screen_direct_path(&screen));
	lent_show(&below, 1);
	/* Else what lies past the edge would count as the window's, and shift it. */
	xdg_surface_set_window_geometry(below.window.xdg_surface, 0, 0, screen.canvases[0].width,
					screen.canvases[0].height);
	child_create(&screen, below.client, below.window.surface, &child);
	child_move(&child, 70, 50);
	chain_create(below.client, child.surface, &child.chain);
	chain_configure(&child.chain, (uint32_t)small.width, (uint32_t)small.height,
			LEND_FORMAT_XRGB8888, 0, 2);
	child_settle(&child, LEND_PATH_PLANE);
	uint64_t copied = output_copied(screen.test->outputs[0]);
	for (unsigned i = 2; i < 5; i++) {
		child_show(&child, i);
		expect(&screen, &below, 1, 70, 50, i);
		screen_check(&screen, 0, "a plane");
	}
	child_move(&child, 403, 311);
	child_show(&child, 5);
	expect(&screen, &below, 1, 403, 311, 5);
	screen_check(&screen, 0, "a plane that moved");
	assert_int_equal(child.chain.path, LEND_PATH_PLANE);
	assert_int_equal(output_copied(screen.test->outputs[0]), copied);
	/* Covered in part by what no plane takes. */
	child_create(&screen, below.client, below.window.surface, &cover);
	child_move(&cover, 350, 300);
	shm_buffer_create(below.client, 100, 60, WL_SHM_FORMAT_XRGB8888, &cover.shm);
	pattern_draw((uint32_t *)(void *)cover.shm.pixels, 100, (struct part){0, 0, 100, 60}, 6);
	child_commit(&cover, cover.shm.buffer);
	child_show(&child, 7);
	expect(&screen, &below, 1, 403, 311, 7);
	canvas_expect(&screen.canvases[0], 350, 300, (struct part){0, 0, 100, 60}, 6);
	screen_check(&screen, 0, "covered in part");
	assert_int_not_equal(child.chain.path, LEND_PATH_PLANE);
	child_destroy(&cover);
	wl_surface_commit(below.window.surface);
	expect(&screen, &below, 1, 403, 311, 7);
	screen_check(&screen, 0, "uncovered");
	child_settle(&child, LEND_PATH_PLANE);
	/* Past the edge: no plane's any more. */
	child_move(&child, 560, -20);
	lent_show(&below, 1); /* its chain may have got other memory meanwhile */
	child_show(&child, 8);
	expect(&screen, &below, 1, 560, -20, 8);
	screen_check(&screen, 0, "past the edge");
	wl_surface_attach(child.surface, NULL, 0, 0);
	wl_surface_commit(child.surface);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&below), 1);
	screen_check(&screen, 0, "gone");
	child_destroy(&child);
	lent_close(&below);
	screen_close(&screen);
}

/* ---- composition ---------------------------------------------------------------------------- */

/* A share of a colour, as pixman rounds it. */
static uint32_t share(uint32_t colour, uint32_t of)
{
	uint32_t result = 0;

	for (int shift = 0; shift < 32; shift += 8) {
		uint32_t part = (colour >> shift & 0xff) * of + 128;
		result |= ((part + (part >> 8)) >> 8) << shift;
	}
	return result;
}

static uint32_t glass(int x, int y)
{
	return share(pattern(x, y, 9), (uint32_t)(x * 2 + y) & 0xff);
}

static void expect_glass(struct canvas *canvas, int x, int y, int width, int height)
{
	for (int row = 0; row < height; row++)
		for (int column = 0; column < width; column++) {
			uint32_t above = glass(column, row);
			uint32_t *at = &canvas->pixels[(y + row) * canvas->width + x + column];
			*at = above + share(*at, 255 - (above >> 24));
		}
}

static void glass_above_damage(void)
{
	struct screen screen;
	struct shm_buffer shm;
	struct window window;
	struct child child;

	screen_open(&screen, 0);
	struct client *client = client_create(screen.test);
	struct canvas *canvas = &screen.canvases[0];
	const struct part all = {0, 0, canvas->width, canvas->height};
	window_create(client, &window);
	shm_buffer_create(client, canvas->width, canvas->height, WL_SHM_FORMAT_XRGB8888, &shm);
	uint32_t *pixels = (uint32_t *)(void *)shm.pixels;
	pattern_draw(pixels, (size_t)canvas->width, all, 1);
	window_show(&window, shm.buffer);
	child_create(&screen, client, window.surface, &child);
	child_move(&child, 100, 60);
	shm_buffer_create(client, 200, 100, WL_SHM_FORMAT_ARGB8888, &child.shm);
	for (int i = 0; i < 200 * 100; i++)
		((uint32_t *)(void *)child.shm.pixels)[i] = glass(i % 200, i / 200);
	child_commit(&child, child.shm.buffer);
	canvas_expect(canvas, 0, 0, all, 1);
	expect_glass(canvas, 100, 60, 200, 100);
	screen_check(&screen, 0, "glass");
	/* Small damage beneath, in part beside it; several times, so that each of the output's
	 * buffers has to catch up. */
	for (int i = 0; i < 5; i++) {
		const struct part part = {70 + i * 35, 120 + i * 13, 50, 30};
		pattern_draw(pixels, (size_t)canvas->width, part, 2);
		unsigned frames = window.frames;
		wl_surface_attach(window.surface, shm.buffer, 0, 0);
		wl_surface_damage_buffer(window.surface, part.x, part.y, part.width, part.height);
		window_request_frame(&window);
		wl_surface_commit(window.surface);
		pump_until(screen.test, &window.frames, frames + 1);
		canvas_expect(canvas, 0, 0, all, 1);
		for (int j = 0; j <= i; j++)
			canvas_expect(canvas, 0, 0,
				      (struct part){70 + j * 35, 120 + j * 13, 50, 30}, 2);
		expect_glass(canvas, 100, 60, 200, 100);
		screen_check(&screen, 0, "damage below glass");
	}
	child_destroy(&child);
	shm_buffer_destroy(&shm);
	window_destroy(&window);
	client_destroy(client);
	screen_close(&screen);
}

static void windows_side_by_side(void)
{
	struct screen screen;
	struct lent left;
	struct window window;
	struct shm_buffer shm;

	screen_prepare(&screen, 0);
	assert_int_equal(
		screen_light(&screen, (struct lend_kms_output_options){.layout = LEND_LAYOUT_TILE}),
		1);
	struct canvas *canvas = &screen.canvases[0];
	const int width = (canvas->width - 24) / 2, height = canvas->height - 16;
	const struct part tile = {0, 0, width, height};
	lent_open(&screen, 0, 2, &left);
	lent_show(&left, 1);
	struct client *client = client_create(screen.test);
	window_create(client, &window);
	shm_buffer_create(client, width, height, WL_SHM_FORMAT_XRGB8888, &shm);
	pattern_draw((uint32_t *)(void *)shm.pixels, (size_t)width, tile, 2);
	window_show(&window, shm.buffer);
	chain_configure(&left.chain, (uint32_t)width, (uint32_t)height, LEND_FORMAT_XRGB8888, 0, 2);
	for (unsigned i = 3; i < 6; i++) {
		lent_show(&left, i);
		canvas_fill(canvas, (struct part){0, 0, canvas->width, canvas->height}, 0xff1a1d23);
		canvas_expect(canvas, 8, 8, tile, i);
		canvas_expect(canvas, 16 + width, 8, tile, 2);
		screen_check(&screen, 0, "two windows");
	}
	lent_close(&left);
	shm_buffer_destroy(&shm);
	window_destroy(&window);
	client_destroy(client);
	screen_close(&screen);
}

/* ---- windows that change and go ------------------------------------------------------------- */

static void another_size_is_another_generation(void)
{
	struct screen screen;
	struct lent lent;

	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	struct canvas *canvas = &screen.canvases[0];
	const struct part all = {0, 0, canvas->width, canvas->height};
	lent_settle(&lent, screen_direct_path(&screen));
	for (unsigned i = 1; i < 3; i++) {
		const int width = canvas->width / 2 + 10 * (int)i, height = canvas->height / 2;
		chain_configure(&lent.chain, (uint32_t)width, (uint32_t)height,
				LEND_FORMAT_XRGB8888, 0, 2);
		lent_show(&lent, i);
		canvas_fill(canvas, all, 0xff000000);
		canvas_expect(canvas, (canvas->width - width) / 2, (canvas->height - height) / 2,
			      lent_all(&lent), i);
		screen_check(&screen, 0, "a smaller window");
		chain_configure(&lent.chain, (uint32_t)canvas->width, (uint32_t)canvas->height,
				LEND_FORMAT_XRGB8888, 0, 2);
		lent_settle(&lent, screen_direct_path(&screen));
		lent_show(&lent, 10 + i);
		canvas_expect(canvas, 0, 0, all, 10 + i);
		screen_check(&screen, 0, "as large as the display again");
	}
	lent_close(&lent);
	screen_close(&screen);
}

/* Without a word: as if it were killed. */
static void die(struct lent *lent)
{
	chain_let_go(&lent->chain);
	client_destroy(lent->client);
}

static void who_dies_uncovers_the_next(void)
{
	struct screen screen;
	struct lent lower, upper;

	screen_open(&screen, 0);
	struct canvas *canvas = &screen.canvases[0];
	const struct part all = {0, 0, canvas->width, canvas->height};
	lent_open(&screen, 0, 2, &lower);
	lent_show(&lower, 1);
	lent_open(&screen, 0, 2, &upper);
	lent_settle(&upper, screen_direct_path(&screen));
	lent_show(&upper, 2);
	canvas_expect(canvas, 0, 0, all, 2);
	screen_check(&screen, 0, "the upper window");
	die(&upper);
	canvas_expect(canvas, 0, 0, all, 1);
	screen_check(&screen, 0, "the lower one");
	lent_settle(&lower, screen_direct_path(&screen));
	lent_show(&lower, 3);
	canvas_expect(canvas, 0, 0, all, 3);
	screen_check(&screen, 0, "the lower one goes on");
	die(&lower);
	canvas_fill(canvas, all, 0xff000000);
	screen_check(&screen, 0, "nobody is left");
	screen_close(&screen);
}

/* ---- the cursor ----------------------------------------------------------------------------- */

static void expect_cursor(struct screen *screen)
{
	struct drive_cursor cursor = drive_read_cursor(screen->test->outputs[0]);
	struct canvas *canvas = &screen->canvases[0];

	assert_true(cursor.shown);
	for (int y = 0; y < cursor.height; y++)
		for (int x = 0; x < cursor.width; x++) {
			uint32_t pixel = drive_cursor_pixel(screen->test->outputs[0], x, y);
			/* Opaque or nothing: how planes blend is theirs to round. */
			assert_true(pixel >> 24 == 0 || pixel >> 24 == 255);
			if (pixel >> 24)
				canvas_fill(canvas, (struct part){cursor.x + x, cursor.y + y, 1, 1},
					    pixel);
		}
}

static void move_cursor(struct screen *screen, const struct lent *below, unsigned seed, int x,
			int y)
{
	drive_to(screen->test->server, x, y);
	pump(screen->test);
	canvas_expect(&screen->canvases[0], 0, 0, lent_all(below), seed);
	expect_cursor(screen);
	screen_check(screen, 0, "the cursor");
}

static void the_cursor_is_above_all(void)
{
	struct screen screen;
	struct lent lent;

	screen_open(&screen, 0);
	const int width = screen.canvases[0].width, height = screen.canvases[0].height;
	const bool plane = screen.display.facts->can & DISPLAY_CURSOR;
	lent_open(&screen, 0, 2, &lent);
	drive_devices(screen.test->server, POINTER);
	drive_to(screen.test->server, 100, 80);
	lent_settle(&lent, plane ? screen_direct_path(&screen) : LEND_PATH_COPY);
	for (unsigned i = 0; i < 2; i++)
		lent_show(&lent, 1);
	move_cursor(&screen, &lent, 1, 101, 81);
	move_cursor(&screen, &lent, 1, 333, 222);
	move_cursor(&screen, &lent, 1, width - 3, height - 5);
	move_cursor(&screen, &lent, 1, 0, 0);
	lent_show(&lent, 2);
	move_cursor(&screen, &lent, 2, 50, 60);
	if (!plane)
		assert_non_null(strstr(lent.chain.path_reason, "cursor"));
	drive_devices(screen.test->server, 0);
	lent_settle(&lent, screen_direct_path(&screen));
	lent_show(&lent, 3);
	canvas_expect(&screen.canvases[0], 0, 0, lent_all(&lent), 3);
	screen_check(&screen, 0, "no cursor any more");
	lent_close(&lent);
	screen_close(&screen);
}

/* A client's own picture, with its hot spot, past the edges and changed. */
static void a_clients_cursor(void)
{
	struct screen screen;
	struct lent lent;
	struct hands hands;
	struct shm_buffer shm;

	screen_open(&screen, 0);
	lent_open(&screen, 0, 2, &lent);
	hands_create(lent.client, 0, &hands);
	drive_devices(screen.test->server, POINTER);
	drive_to(screen.test->server, 200, 200);
	hands_take(&hands, POINTER);
	for (unsigned i = 0; i < 4; i++)
		lent_show(&lent, 1);
	pump(screen.test);
	struct wl_surface *surface = wl_compositor_create_surface(lent.client->compositor);
	shm_buffer_create(lent.client, 31, 19, WL_SHM_FORMAT_ARGB8888, &shm);
	for (unsigned i = 0; i < 3; i++) {
		pattern_draw((uint32_t *)(void *)shm.pixels, 31, (struct part){0, 0, 31, 19},
			     20 + i);
		fill_rect(shm.pixels, shm.stride, (int)i, 3, 10, 10, 0);
		wl_pointer_set_cursor(hands.pointer, hands.enter_serial, surface, 15, 9);
		wl_surface_attach(surface, shm.buffer, 0, 0);
		wl_surface_damage_buffer(surface, 0, 0, INT32_MAX, INT32_MAX);
		wl_surface_commit(surface);
		client_roundtrip(lent.client);
		move_cursor(&screen, &lent, 1, 200 + (int)i, 200);
		move_cursor(&screen, &lent, 1, 3, 2);
	}
	wl_surface_destroy(surface);
	shm_buffer_destroy(&shm);
	hands_destroy(&hands);
	lent_close(&lent);
	screen_close(&screen);
}

static const struct harness_test tests[] = {
	{"glass_above_damage", glass_above_damage},
	{"another_size_is_another_generation", another_size_is_another_generation},
	{"who_dies_uncovers_the_next", who_dies_uncovers_the_next},
	{"the_cursor_is_above_all", the_cursor_is_above_all},
	{"a_clients_cursor", a_clients_cursor},
	{"a_plane_shows_moves_and_goes", a_plane_shows_moves_and_goes},
	{"windows_side_by_side", windows_side_by_side},
};

const struct screen_tests composed_tests = {
	.tests = tests,
	.n = sizeof(tests) / sizeof(tests[0]),
};
