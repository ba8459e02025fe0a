/* SPDX-License-Identifier: MIT */
/* Random input while windows, cursors, devices and outputs come and go. Whatever happens, what each
 * client hears makes sense: nothing without an enter, no enter twice, no release without a press.
 */
#include "hands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLAYERS 3
#define PANES	4
#define TOOLS	3
#define FINGERS 8
#define ROUNDS	24
#define STEPS	250

/* One wl_pointer, wl_keyboard and wl_touch, and what it should expect. */
struct tools {
	struct player *player;
	struct wl_pointer *pointer;
	struct wl_keyboard *keyboard;
	struct wl_touch *touch;
	bool entered, focused;
	bool keys[KEY_CNT], fingers[FINGERS];
};

struct player {
	struct game *game;
	struct client *client;
	struct pane panes[PANES]; /* popups after their parents */
	int parents[PANES];	  /* or -1 */
	unsigned n_panes;
	struct tools tools[TOOLS];
	struct wl_surface *cursors[2];
	struct shm_buffer pictures[2];
	uint32_t enter_serial, action_serial;
};

struct game {
	struct test *test;
	struct player players[PLAYERS];
	unsigned heard;
};

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

/* ---- what is heard -------------------------------------------------------------------------- */

static void pointer_enter(void *data, struct wl_pointer *pointer, uint32_t serial,
			  struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y)
{
	struct tools *tools = data;

	assert_false(tools->entered);
	tools->entered = true;
	tools->player->enter_serial = serial;
	tools->player->game->heard++;
}

static void pointer_leave(void *data, struct wl_pointer *pointer, uint32_t serial,
			  struct wl_surface *surface)
{
	struct tools *tools = data;

	assert_true(tools->entered);
	tools->entered = false;
}

static void pointer_motion(void *data, struct wl_pointer *pointer, uint32_t time, wl_fixed_t x,
			   wl_fixed_t y)
{
	assert_true(((struct tools *)data)->entered);
}

static void pointer_button(void *data, struct wl_pointer *pointer, uint32_t serial, uint32_t time,
			   uint32_t button, uint32_t state)
{
	struct tools *tools = data;

	assert_true(tools->entered);
	if (state)
		tools->player->action_serial = serial;
}

static void pointer_axis(void *data, struct wl_pointer *pointer, uint32_t time, uint32_t axis,
			 wl_fixed_t value)
{
	assert_true(((struct tools *)data)->entered);
}

static void pointer_frame(void *data, struct wl_pointer *pointer) {}

static void pointer_number(void *data, struct wl_pointer *pointer, uint32_t number) {}

static void pointer_numbers(void *data, struct wl_pointer *pointer, uint32_t a, uint32_t b) {}

static void pointer_steps(void *data, struct wl_pointer *pointer, uint32_t axis, int32_t steps) {}

static const struct wl_pointer_listener pointer_listener = {
	.enter = pointer_enter,
	.leave = pointer_leave,
	.motion = pointer_motion,
	.button = pointer_button,
	.axis = pointer_axis,
	.frame = pointer_frame,
	.axis_source = pointer_number,
	.axis_stop = pointer_numbers,
	.axis_discrete = pointer_steps,
	.axis_value120 = pointer_steps,
#ifdef WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION
	.axis_relative_direction = pointer_numbers,
#endif
};

static void keyboard_keymap(void *data, struct wl_keyboard *keyboard, uint32_t format, int32_t fd,
			    uint32_t size)
{
	close(fd);
}

static void keyboard_enter(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			   struct wl_surface *surface, struct wl_array *array)
{
	struct tools *tools = data;
	const uint32_t *keys = array->data;

	assert_false(tools->focused);
	tools->focused = true;
	memset(tools->keys, 0, sizeof(tools->keys));
	for (size_t i = 0; i < array->size / sizeof(*keys); i++)
		tools->keys[keys[i]] = true;
	tools->player->game->heard++;
}

static void keyboard_leave(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			   struct wl_surface *surface)
{
	struct tools *tools = data;

	assert_true(tools->focused);
	tools->focused = false;
}

static void keyboard_key(void *data, struct wl_keyboard *keyboard, uint32_t serial, uint32_t time,
			 uint32_t key, uint32_t state)
{
	struct tools *tools = data;

	assert_true(tools->focused);
	assert_int_not_equal(tools->keys[key], state);
	tools->keys[key] = state;
	if (state)
		tools->player->action_serial = serial;
}

static void keyboard_modifiers(void *data, struct wl_keyboard *keyboard, uint32_t serial,
			       uint32_t depressed, uint32_t latched, uint32_t locked,
			       uint32_t group)
{
	assert_true(((struct tools *)data)->focused);
}

static void keyboard_repeat_info(void *data, struct wl_keyboard *keyboard, int32_t rate,
				 int32_t delay)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = keyboard_keymap,
	.enter = keyboard_enter,
	.leave = keyboard_leave,
	.key = keyboard_key,
	.modifiers = keyboard_modifiers,
	.repeat_info = keyboard_repeat_info,
};

static void touch_down(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time,
		       struct wl_surface *surface, int32_t id, wl_fixed_t x, wl_fixed_t y)
{
	struct tools *tools = data;

	tools->fingers[id] = true; /* again, if its surface went meanwhile */
	tools->player->action_serial = serial;
	tools->player->game->heard++;
}

static void touch_up(void *data, struct wl_touch *touch, uint32_t serial, uint32_t time, int32_t id)
{
	((struct tools *)data)->fingers[id] = false;
}

static void touch_motion(void *data, struct wl_touch *touch, uint32_t time, int32_t id,
			 wl_fixed_t x, wl_fixed_t y)
{
}

static void touch_frame(void *data, struct wl_touch *touch) {}

static void touch_cancel(void *data, struct wl_touch *touch)
{
	struct tools *tools = data;

	memset(tools->fingers, 0, sizeof(tools->fingers));
}

static const struct wl_touch_listener touch_listener = {
	.down = touch_down,
	.up = touch_up,
	.motion = touch_motion,
	.frame = touch_frame,
	.cancel = touch_cancel,
};

/* ---- players -------------------------------------------------------------------------------- */

static void drop_tools(struct tools *tools)
{
	if (tools->pointer)
		wl_pointer_release(tools->pointer);
	if (tools->keyboard)
		wl_keyboard_release(tools->keyboard);
	if (tools->touch)
		wl_touch_release(tools->touch);
	*tools = (struct tools){.player = tools->player};
}

/* All devices have been there at some time, so that none of this is an error. */
static void take_tools(struct tools *tools)
{
	struct wl_seat *seat = tools->player->client->seat;

	drop_tools(tools);
	tools->pointer = wl_seat_get_pointer(seat);
	wl_pointer_add_listener(tools->pointer, &pointer_listener, tools);
	tools->keyboard = wl_seat_get_keyboard(seat);
	wl_keyboard_add_listener(tools->keyboard, &keyboard_listener, tools);
	tools->touch = wl_seat_get_touch(seat);
	wl_touch_add_listener(tools->touch, &touch_listener, tools);
}

static void join(struct game *game, struct player *player)
{
	*player = (struct player){.game = game, .client = client_create(game->test)};
	for (int i = 0; i < TOOLS; i++)
		player->tools[i].player = player;
	for (int i = 0; i < 2; i++) {
		player->cursors[i] = wl_compositor_create_surface(player->client->compositor);
		shm_buffer_create(player->client, 8 << i, 600 >> i, WL_SHM_FORMAT_ARGB8888,
				  &player->pictures[i]);
	}
	take_tools(&player->tools[0]);
}

/* politely: everything is destroyed one by one, else the connection just ends. */
static void quit(struct player *player, bool politely)
{
	for (int i = 0; i < TOOLS; i++)
		drop_tools(&player->tools[i]);
	while (politely && player->n_panes)
		pane_destroy(&player->panes[--player->n_panes]);
	for (int i = 0; i < 2; i++)
		shm_buffer_destroy(&player->pictures[i]);
	client_destroy(player->client);
}

static void open_pane(struct player *player)
{
	unsigned index = player->n_panes;
	const unsigned parent = index ? below(index) : 0;
	uint32_t serial = below(4) ? player->action_serial : below(100);

	if (index == PANES)
		return;
	struct pane *pane = &player->panes[index];
	int32_t width = (int32_t)below(200) + 1, height = (int32_t)below(200) + 1;
	player->parents[index] = -1;
	/* A popup that was dismissed, or one that holds no keys, takes no popup with a grab. */
	if (index && below(2) && player->panes[parent].toplevel) {
		player->parents[index] = (int)parent;
		pane_create_popup(&player->panes[parent], "popup", (int32_t)below(200),
				  (int32_t)below(200), width, height, NULL, pane);
	} else {
		pane_create(player->client, "pane", width, height, pane);
	}
	player->n_panes++;
	if (!below(2) && index + 1 < PANES && pane->toplevel && !player->panes[index].popup) {
		pane_create_popup(pane, "menu", 5, 5, 60, 60, &serial, &player->panes[index + 1]);
		player->parents[index + 1] = (int)index;
		player->n_panes++;
	}
}

static void close_pane(struct player *player)
{
	if (player->n_panes)
		pane_destroy(&player->panes[--player->n_panes]);
}

/* Unmaps or maps, lets through, or moves below or above a parent. */
static void change_pane(struct player *player)
{
	if (!player->n_panes)
		return;
	struct pane *pane = &player->panes[below(player->n_panes)];
	struct wl_region *region = wl_compositor_create_region(player->client->compositor);

	if (below(3) == 0 && pane->toplevel) {
		/* What belongs to it is dismissed; mapping begins anew. */
		wl_surface_attach(pane->surface, NULL, 0, 0);
		wl_surface_commit(pane->surface);
		wl_surface_commit(pane->surface);
		client_roundtrip(player->client);
		if (below(2)) {
			wl_surface_attach(pane->surface, pane->buffer, 0, 0);
			wl_surface_commit(pane->surface);
		}
	} else if (pane->buffer && !pane->dones && pane->configures) {
		wl_region_add(region, 0, 0, (int32_t)below(200), (int32_t)below(200));
		wl_surface_set_input_region(pane->surface, below(3) ? region : NULL);
		wl_surface_commit(pane->surface);
	}
	if (pane->toplevel && below(3) == 0)
		xdg_toplevel_set_fullscreen(pane->toplevel, player->client->n_outputs
								    ? player->client->outputs[0]
								    : NULL);
	else if (pane->toplevel && below(3) == 0)
		xdg_toplevel_unset_fullscreen(pane->toplevel);
	wl_region_destroy(region);
}

static void change_cursor(struct player *player)
{
	struct tools *tools = &player->tools[below(TOOLS)];
	unsigned i = below(2);

	if (below(4) == 0) {
		wl_surface_destroy(player->cursors[i]);
		player->cursors[i] = wl_compositor_create_surface(player->client->compositor);
	}
	if (below(2)) {
		wl_surface_attach(player->cursors[i],
				  below(4) ? player->pictures[below(2)].buffer : NULL, 0, 0);
		wl_callback_destroy(wl_surface_frame(player->cursors[i]));
		wl_surface_commit(player->cursors[i]);
	}
	if (tools->pointer)
		wl_pointer_set_cursor(tools->pointer, below(8) ? player->enter_serial : below(1000),
				      below(5) ? player->cursors[i] : NULL, (int32_t)below(20) - 5,
				      (int32_t)below(20) - 5);
}

static void act(struct game *game)
{
	struct player *player = &game->players[below(PLAYERS)];

	switch (below(9)) {
	case 0:
	case 1: open_pane(player); break;
	case 2: close_pane(player); break;
	case 3: change_pane(player); break;
	case 4: take_tools(&player->tools[below(TOOLS)]); break;
	case 5: drop_tools(&player->tools[below(TOOLS)]); break;
	case 6:
		if (below(6) == 0) {
			quit(player, below(2));
			join(game, player);
		}
		break;
	default: change_cursor(player);
	}
}

/* ---- devices and outputs -------------------------------------------------------------------- */

static struct lend_output *some_output(const struct game *game)
{
	return below(2) ? game->test->outputs[below(2)] : NULL;
}

static void change_outputs(struct game *game)
{
	struct lend_output **output = &game->test->outputs[below(2)];
	const struct lend_output_options options = {
		.size = sizeof(options),
		.width = below(400) + 1,
		.height = below(300) + 1,
		.layout = below(2) ? LEND_LAYOUT_TILE : LEND_LAYOUT_FULL,
	};

	if (*output) {
		lend_output_destroy(*output);
		*output = NULL;
	} else {
		assert_int_equal(lend_output_create_headless(game->test->server, &options, output),
				 0);
	}
}

static void touch(struct game *game)
{
	struct lend_server *server = game->test->server;
	int32_t id = (int32_t)below(FINGERS);

	switch (below(5)) {
	case 0: drive_touch_up(server, id); break;
	case 1:
		drive_touch_motion(server, id, some_output(game), below(101) / 100.0,
				   below(101) / 100.0);
		break;
	case 2: drive_touch_frame(server); break;
	case 3:
		drive_touch_down(server, id, some_output(game), below(101) / 100.0,
				 below(101) / 100.0);
		break;
	default:
		if (below(8) == 0)
			drive_touch_cancel(server);
	}
}

static void drive(struct game *game)
{
	static const uint32_t keys[] = {KEY_LEFTCTRL, KEY_LEFTALT, KEY_F1,    KEY_CAPSLOCK,
					KEY_A,	      KEY_NUMLOCK, KEY_ENTER, KEY_MAX};
	struct lend_server *server = game->test->server;

	switch (below(9)) {
	case 0:
		drive_absolute(server, some_output(game), below(101) / 100.0, below(101) / 100.0);
		break;
	case 1: drive_motion(server, below(201) - 100.0, below(201) - 100.0); break;
	case 2:
	case 3: drive_button(server, BTN_LEFT + below(3), below(2)); break;
	case 4:
		drive_axis(server, below(5), below(3), below(20) - 10.0, (int32_t)below(240) - 120);
		drive_frame(server);
		break;
	case 5:
	case 6: drive_key(server, keys[below(8)], below(2)); break;
	case 7: touch(game); break;
	default:
		if (below(6) == 0)
			drive_devices(server, below(3) ? 7 : below(8));
		else if (below(8) == 0)
			change_outputs(game);
	}
}

/* ---- the game ------------------------------------------------------------------------------- */

static void check(const struct game *game)
{
	unsigned entered = 0, focused = 0;

	for (int i = 0; i < PLAYERS; i++) {
		const struct player *player = &game->players[i];
		bool in = false, has = false;
		for (int t = 0; t < TOOLS; t++) {
			in |= player->tools[t].entered;
			has |= player->tools[t].focused;
		}
		entered += in;
		focused += has;
	}
	assert_in_range(entered, 0, 1);
	assert_in_range(focused, 0, 1);
}

static void play(unsigned seed, struct game *game)
{
	static struct drive_asked asked;

	srandom(seed);
	*game = (struct game){
		.test = test_create(&(struct test_options){.outputs = 2, .layout = seed % 2})};
	drive_bind(game->test->server, seed % 3 ? &asked : NULL);
	drive_devices(game->test->server, 7);
	for (int i = 0; i < PLAYERS; i++)
		join(game, &game->players[i]);
	for (int step = 0; step < STEPS; step++) {
		if (below(3) == 0)
			act(game);
		else
			drive(game);
		if (below(2))
			pump_once(game->test, 0);
		if (below(10))
			continue;
		pump(game->test);
		check(game);
	}
	for (int i = 0; i < PLAYERS; i++) {
		expect_alive(game->players[i].client);
		quit(&game->players[i], i % 2);
	}
	pump(game->test);
	test_destroy(game->test);
}

static void anything_in_any_order(void)
{
	const char *given = getenv("SEED"), *rounds = getenv("ROUNDS");
	unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : 1, heard = 0;
	unsigned n = given ? 1 : rounds ? (unsigned)strtoul(rounds, NULL, 10) : ROUNDS;
	static struct game game;

	for (unsigned i = 0; i < n; i++) {
		fprintf(stderr, "SEED=%u\n", seed + i);
		play(seed + i, &game);
		heard += game.heard;
	}
	assert_true(heard > n * 5);
}

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"anything_in_any_order", anything_in_any_order},
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
