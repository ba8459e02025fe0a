/* SPDX-License-Identifier: MIT */
/* wl_data_device: dragging from one client to another. */
#include "hands.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TYPE "text/plain"
#define COPY WL_DATA_DEVICE_MANAGER_DND_ACTION_COPY
#define MOVE WL_DATA_DEVICE_MANAGER_DND_ACTION_MOVE
#define ASK  WL_DATA_DEVICE_MANAGER_DND_ACTION_ASK

/* A client with a window, which writes down what it hears of drags. */
struct desk {
	struct client *client;
	struct hands hands;
	struct pane pane;
	struct wl_data_device_manager *manager;
	struct wl_data_device *device;
	struct wl_data_source *source;
	struct wl_data_offer *offer; /* that came last */
	struct wl_surface *icon;
	uint32_t enter_serial;
	char text[4096];
};

struct fixture {
	struct test *test;
	struct desk left, right;
};

__attribute__((format(printf, 2, 3))) static void say(struct desk *desk, const char *format, ...)
{
	size_t used = strlen(desk->text);
	va_list args;

	va_start(args, format);
	vsnprintf(desk->text + used, sizeof(desk->text) - used - 1, format, args);
	va_end(args);
	strcat(desk->text, " ");
}

static void expect(struct desk *desk, const char *text)
{
	settle(desk->client);
	size_t length = strlen(desk->text);
	if (length)
		desk->text[length - 1] = '\0';
	assert_string_equal(desk->text, text);
	desk->text[0] = '\0';
}

/* ---- what is heard -------------------------------------------------------------------------- */

static void offer_type(void *data, struct wl_data_offer *offer, const char *type)
{
	say(data, "type(%s)", type);
}

static void offer_source_actions(void *data, struct wl_data_offer *offer, uint32_t actions)
{
	say(data, "may(%u)", actions);
}

static void offer_action(void *data, struct wl_data_offer *offer, uint32_t action)
{
	say(data, "will(%u)", action);
}

static const struct wl_data_offer_listener offer_listener = {
	.offer = offer_type,
	.source_actions = offer_source_actions,
	.action = offer_action,
};

static void device_offer(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
	struct desk *desk = data;

	if (desk->offer)
		wl_data_offer_destroy(desk->offer);
	desk->offer = offer;
	wl_data_offer_add_listener(offer, &offer_listener, desk);
}

static void device_enter(void *data, struct wl_data_device *device, uint32_t serial,
			 struct wl_surface *surface, wl_fixed_t x, wl_fixed_t y,
			 struct wl_data_offer *offer)
{
	((struct desk *)data)->enter_serial = serial;
	say(data, "enter(%g,%g%s)", wl_fixed_to_double(x), wl_fixed_to_double(y),
	    offer ? "" : ",nothing");
}

static void device_leave(void *data, struct wl_data_device *device)
{
	say(data, "leave");
}

static void device_motion(void *data, struct wl_data_device *device, uint32_t time, wl_fixed_t x,
			  wl_fixed_t y)
{
	say(data, "motion(%g,%g)", wl_fixed_to_double(x), wl_fixed_to_double(y));
}

static void device_drop(void *data, struct wl_data_device *device)
{
	say(data, "drop");
}

static void device_selection(void *data, struct wl_data_device *device, struct wl_data_offer *offer)
{
}

static const struct wl_data_device_listener device_listener = {
	.data_offer = device_offer,
	.enter = device_enter,
	.leave = device_leave,
	.motion = device_motion,
	.drop = device_drop,
	.selection = device_selection,
};

static void source_target(void *data, struct wl_data_source *source, const char *type)
{
	say(data, "target(%s)", type ? type : "none");
}

static void source_send(void *data, struct wl_data_source *source, const char *type, int32_t fd)
{
	assert_int_equal(write(fd, "hello", 5), 5);
	close(fd);
	say(data, "send(%s)", type);
}

static void source_cancelled(void *data, struct wl_data_source *source)
{
	say(data, "cancelled");
}

static void source_dropped(void *data, struct wl_data_source *source)
{
	say(data, "dropped");
}

static void source_finished(void *data, struct wl_data_source *source)
{
	say(data, "finished");
}

static void source_action(void *data, struct wl_data_source *source, uint32_t action)
{
	say(data, "action(%u)", action);
}

static const struct wl_data_source_listener source_listener = {
	.target = source_target,
	.send = source_send,
	.cancelled = source_cancelled,
	.dnd_drop_performed = source_dropped,
	.dnd_finished = source_finished,
	.action = source_action,
};

/* ---- desks ---------------------------------------------------------------------------------- */

static void desk_create(struct test *test, const char *name, uint32_t version, struct desk *desk)
{
	desk->client = client_create(test);
	hands_create(desk->client, POINTER | KEYBOARD | TOUCH, &desk->hands);
	desk->manager = bind_again(desk->client, &wl_data_device_manager_interface, version, 0);
	desk->device = wl_data_device_manager_get_data_device(desk->manager, desk->client->seat);
	wl_data_device_add_listener(desk->device, &device_listener, desk);
	pane_create(desk->client, name, 148, 224, &desk->pane);
}

static void desk_destroy(struct desk *desk)
{
	if (desk->offer)
		wl_data_offer_destroy(desk->offer);
	if (desk->source)
		wl_data_source_destroy(desk->source);
	hands_destroy(&desk->hands);
}

/* The windows are left and right, with 8 pixels around each. version: the right one's. */
static void setup_with(struct fixture *f, uint32_t version)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	drive_devices(f->test->server, POINTER | KEYBOARD | TOUCH);
	drive_to(f->test->server, 28, 48);
	desk_create(f->test, "left", 3, &f->left);
	desk_create(f->test, "right", version, &f->right);
	settle(f->left.client);
	hands_forget(&f->left.hands);
	hands_forget(&f->right.hands);
}

static void setup(struct fixture *f)
{
	setup_with(f, 3);
}

static void finish(struct fixture *f)
{
	desk_destroy(&f->left);
	desk_destroy(&f->right);
	test_destroy(f->test);
}

static void make_source(struct desk *desk, uint32_t actions)
{
	desk->source = wl_data_device_manager_create_data_source(desk->manager);
	wl_data_source_add_listener(desk->source, &source_listener, desk);
	wl_data_source_offer(desk->source, TYPE);
	if (actions)
		wl_data_source_set_actions(desk->source, actions);
}

static void press(struct fixture *f)
{
	drive_button(f->test->server, BTN_LEFT, true);
	settle(f->left.client);
}

static void release(struct fixture *f)
{
	drive_button(f->test->server, BTN_LEFT, false);
	settle(f->left.client);
}

static void ask_to_start(struct desk *desk, uint32_t serial)
{
	wl_data_device_start_drag(desk->device, desk->source, desk->pane.surface, desk->icon,
				  serial);
}

static void start(struct desk *desk, uint32_t serial)
{
	ask_to_start(desk, serial);
	settle(desk->client);
}

/* The left one drags with its button. */
static void drag(struct fixture *f, uint32_t actions)
{
	press(f);
	make_source(&f->left, actions);
	start(&f->left, f->left.hands.button_serial);
	hands_forget(&f->left.hands);
	hands_forget(&f->right.hands);
}

static void to(struct fixture *f, double x, double y)
{
	drive_to(f->test->server, x, y);
	settle(f->left.client);
	settle(f->right.client);
}

static void accept_with(struct desk *desk, uint32_t actions, uint32_t preferred)
{
	wl_data_offer_accept(desk->offer, 0, TYPE);
	wl_data_offer_set_actions(desk->offer, actions, preferred);
	settle(desk->client);
}

static void read_offer(struct fixture *f)
{
	char text[16] = "";
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	wl_data_offer_receive(f->right.offer, TYPE, fds[1]);
	close(fds[1]);
	settle(f->right.client);
	settle(f->left.client);
	assert_int_equal(read(fds[0], text, sizeof(text)), 5);
	assert_string_equal(text, "hello");
	close(fds[0]);
}

/* ---- those who may not ---------------------------------------------------------------------- */

static void who_holds_nothing_drags_nothing(void)
{
	struct fixture f;

	setup(&f);
	make_source(&f.left, COPY);
	start(&f.left, 0); /* no button is down */
	expect(&f.left, "cancelled");
	wl_data_source_destroy(f.left.source);
	press(&f);
	make_source(&f.left, COPY);
	start(&f.left, f.left.hands.button_serial + 1);
	expect(&f.left, "cancelled");
	wl_data_source_destroy(f.left.source);
	/* Somebody else's button. */
	make_source(&f.right, COPY);
	start(&f.right, f.left.hands.button_serial);
	expect(&f.right, "cancelled");
	/* It was let go meanwhile. */
	release(&f);
	make_source(&f.left, COPY);
	start(&f.left, f.left.hands.button_serial);
	expect(&f.left, "cancelled");
	hands_expect(&f.left.hands, "focus(left) mods(0,0,0,0) press(0) frame release(0) frame");
	finish(&f);
}

static void one_drag_at_a_time(void)
{
	struct fixture f;
	struct wl_data_source *first;

	setup(&f);
	drag(&f, COPY);
	expect(&f.left, "type(" TYPE ") may(1) enter(20,40)");
	first = f.left.source;
	make_source(&f.left, COPY);
	start(&f.left, f.left.hands.button_serial);
	expect(&f.left, "cancelled");
	wl_data_source_destroy(f.left.source);
	f.left.source = first;
	to(&f, 30, 48);
	expect(&f.left, "motion(22,40)");
	finish(&f);
}

static void an_icon_is_nothing_else(void)
{
	struct fixture f;

	setup(&f);
	press(&f);
	f.left.icon = f.left.pane.surface;
	ask_to_start(&f.left, f.left.hands.button_serial);
	expect_error(f.left.client, &wl_data_device_interface, WL_DATA_DEVICE_ERROR_ROLE,
		     "the role xdg_toplevel already");
	pump(f.test);
	finish(&f);
}

static void bad_sources(void)
{
	static const struct {
		uint32_t code;
		const char *words;
	} cases[] = {
		{WL_DATA_SOURCE_ERROR_INVALID_ACTION_MASK, "0x8: not all of them are actions"},
		{WL_DATA_SOURCE_ERROR_INVALID_ACTION_MASK, "0x1: they were set before"},
		{WL_DATA_SOURCE_ERROR_INVALID_ACTION_MASK, "0x1: the source is in use already"},
		{WL_DATA_SOURCE_ERROR_INVALID_SOURCE, "it has actions"},
		{WL_DATA_SOURCE_ERROR_INVALID_SOURCE, "it was dragged"},
		{WL_DATA_SOURCE_ERROR_INVALID_SOURCE, "was a selection before"},
		{WL_DATA_SOURCE_ERROR_INVALID_SOURCE, "was dragged before"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		setup(&f);
		struct desk *desk = &f.left;
		make_source(desk, i == 1 || i == 3 ? COPY : 0);
		switch (i) {
		case 0: wl_data_source_set_actions(desk->source, 8); break;
		case 1: wl_data_source_set_actions(desk->source, COPY); break;
		case 2:
			start(desk, 0);
			wl_data_source_set_actions(desk->source, COPY);
			break;
		case 3: wl_data_device_set_selection(desk->device, desk->source, 0); break;
		case 4:
			start(desk, 0);
			wl_data_device_set_selection(desk->device, desk->source, 0);
			break;
		case 5:
			wl_data_device_set_selection(desk->device, desk->source, 0);
			ask_to_start(desk, 0);
			break;
		default: ask_to_start(desk, 0); ask_to_start(desk, 0);
		}
		expect_error(desk->client, &wl_data_source_interface, cases[i].code,
			     cases[i].words);
		expect_alive(f.right.client);
		finish(&f);
	}
}

static void bad_offers(void)
{
	static const struct {
		uint32_t actions, preferred, code;
		const char *words;
	} cases[] = {
		{8, 0, WL_DATA_OFFER_ERROR_INVALID_ACTION_MASK, "0x8 are no actions"},
		{COPY, MOVE, WL_DATA_OFFER_ERROR_INVALID_ACTION, "0x2 is not one of the actions"},
		{COPY | MOVE, COPY | MOVE, WL_DATA_OFFER_ERROR_INVALID_ACTION, "0x3 is not one"},
		{0, 0, WL_DATA_OFFER_ERROR_INVALID_FINISH, "finish: nothing was dropped"},
		{0, 0, WL_DATA_OFFER_ERROR_INVALID_FINISH, "finish: it is finished already"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		setup(&f);
		drag(&f, COPY);
		to(&f, 200, 100);
		if (i < 3)
			wl_data_offer_set_actions(f.right.offer, cases[i].actions,
						  cases[i].preferred);
		if (i == 4) {
			accept_with(&f.right, COPY, COPY);
			release(&f);
			wl_data_offer_finish(f.right.offer);
		}
		if (i >= 3)
			wl_data_offer_finish(f.right.offer);
		expect_error(f.right.client, &wl_data_offer_interface, cases[i].code,
			     cases[i].words);
		expect_alive(f.left.client);
		finish(&f);
	}
}

/* ---- from one to the other ------------------------------------------------------------------ */

static void from_enter_to_finish(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY | MOVE);
	hands_expect(&f.left.hands, "");
	expect(&f.left, "type(" TYPE ") may(3) enter(20,40)");
	to(&f, 200, 100);
	expect(&f.left, "leave");
	expect(&f.right, "type(" TYPE ") may(3) enter(36,92)");
	accept_with(&f.right, COPY | MOVE, MOVE);
	expect(&f.right, "will(2)");
	expect(&f.left, "target(" TYPE ") action(2)");
	to(&f, 210, 100);
	expect(&f.right, "motion(46,92)");
	/* No pointer hears of anything. */
	hands_expect(&f.left.hands, "");
	hands_expect(&f.right.hands, "");
	release(&f);
	expect(&f.left, "dropped");
	expect(&f.right, "drop");
	read_offer(&f);
	wl_data_offer_finish(f.right.offer);
	expect(&f.right, "");
	expect(&f.left, "send(" TYPE ") finished");
	/* Whose pointer it is now. */
	hands_expect(&f.right.hands, "enter(right,46,92) frame");
	hands_expect(&f.left.hands, "");
	finish(&f);
}

static void what_nobody_takes_is_cancelled(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	to(&f, 200, 100);
	f.left.text[0] = f.right.text[0] = '\0';
	release(&f);
	expect(&f.left, "cancelled");
	expect(&f.right, "leave");
	wl_data_source_destroy(f.left.source);
	/* Taken, but not in a way that is possible. */
	to(&f, 28, 48);
	drag(&f, COPY);
	to(&f, 200, 100);
	f.left.text[0] = f.right.text[0] = '\0';
	accept_with(&f.right, MOVE, MOVE);
	release(&f);
	expect(&f.left, "target(" TYPE ") target(none) cancelled");
	expect(&f.right, "leave");
	wl_data_source_destroy(f.left.source);
	/* Taken and refused again. */
	to(&f, 28, 48);
	drag(&f, COPY);
	to(&f, 200, 100);
	f.left.text[0] = f.right.text[0] = '\0';
	accept_with(&f.right, COPY, COPY);
	wl_data_offer_accept(f.right.offer, 0, NULL);
	settle(f.right.client);
	release(&f);
	expect(&f.left, "target(" TYPE ") action(1) target(none) action(0) cancelled");
	/* Onto nothing at all. */
	wl_data_source_destroy(f.left.source);
	to(&f, 28, 48);
	drag(&f, COPY);
	to(&f, 160, 2);
	f.left.text[0] = '\0';
	release(&f);
	expect(&f.left, "cancelled");
	finish(&f);
}

static void who_takes_and_gives_up(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	to(&f, 200, 100);
	accept_with(&f.right, COPY, COPY);
	release(&f);
	f.left.text[0] = '\0';
	wl_data_offer_destroy(f.right.offer);
	f.right.offer = NULL;
	settle(f.right.client);
	expect(&f.left, "cancelled");
	finish(&f);
}

/* The answer of a user who was asked comes after the drop. */
static void the_user_is_asked(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY | MOVE | ASK);
	to(&f, 200, 100);
	f.left.text[0] = f.right.text[0] = '\0';
	accept_with(&f.right, COPY | MOVE | ASK, ASK);
	release(&f);
	expect(&f.right, "will(4) drop");
	expect(&f.left, "target(" TYPE ") action(4) dropped");
	wl_data_offer_set_actions(f.right.offer, MOVE, MOVE);
	expect(&f.right, "will(2)");
	expect(&f.left, "action(2)");
	/* It was his last word. */
	wl_data_offer_set_actions(f.right.offer, COPY, COPY);
	wl_data_offer_finish(f.right.offer);
	expect(&f.right, "");
	expect(&f.left, "finished");
	finish(&f);
}

/* Clients of version 2 copy, and have finished when they let go of the offer. */
static void older_clients_copy(void)
{
	struct fixture f;

	setup_with(&f, 2);
	drag(&f, COPY | MOVE);
	to(&f, 200, 100);
	expect(&f.right, "type(" TYPE ") enter(36,92)");
	f.left.text[0] = '\0';
	wl_data_offer_accept(f.right.offer, 0, TYPE);
	settle(f.right.client);
	expect(&f.left, "action(1) target(" TYPE ")");
	release(&f);
	expect(&f.right, "drop");
	expect(&f.left, "dropped");
	wl_data_offer_destroy(f.right.offer);
	f.right.offer = NULL;
	settle(f.right.client);
	expect(&f.left, "finished");
	/* And what they drag is copied. */
	press(&f);
	make_source(&f.right, 0);
	start(&f.right, f.right.hands.button_serial);
	to(&f, 28, 48);
	accept_with(&f.left, COPY | MOVE, MOVE);
	f.left.text[0] = '\0';
	release(&f);
	expect(&f.left, "drop");
	finish(&f);
}

/* Without a source nobody else is concerned. */
static void what_stays_in_the_client(void)
{
	struct fixture f;

	setup(&f);
	press(&f);
	start(&f.left, f.left.hands.button_serial);
	expect(&f.left, "enter(20,40,nothing)");
	to(&f, 200, 100);
	expect(&f.left, "leave");
	expect(&f.right, "");
	to(&f, 30, 48);
	expect(&f.left, "enter(22,40,nothing)");
	release(&f);
	expect(&f.left, "drop");
	expect(&f.right, "");
	finish(&f);
}

/* ---- the icon ------------------------------------------------------------------------------- */

static uint32_t colour_at(struct fixture *f, int x, int y)
{
	struct picture picture;

	settle(f->left.client);
	picture_take(f->test->outputs[0], &picture);
	uint32_t colour = picture_at(&picture, x, y);
	picture_finish(&picture);
	return colour;
}

static void the_icon_follows(void)
{
	struct fixture f;
	struct shm_buffer buffer;

	setup(&f);
	press(&f);
	uint32_t below = colour_at(&f, 200, 150);
	f.left.icon = wl_compositor_create_surface(f.left.client->compositor);
	shm_buffer_create(f.left.client, 10, 10, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, 0xff00ff);
	wl_surface_attach(f.left.icon, buffer.buffer, 0, 0);
	wl_surface_offset(f.left.icon, 30, 40);
	wl_surface_commit(f.left.icon);
	make_source(&f.left, COPY);
	start(&f.left, f.left.hands.button_serial);
	to(&f, 170, 110);
	assert_int_equal(colour_at(&f, 170, 110) == 0xff00ff, 0);
	wl_surface_offset(f.left.icon, 30, 40);
	wl_surface_commit(f.left.icon);
	settle(f.left.client);
	assert_int_equal(colour_at(&f, 200, 150), 0xff00ff);
	assert_int_equal(colour_at(&f, 209, 159), 0xff00ff);
	assert_int_equal(colour_at(&f, 210, 150), below);
	to(&f, 171, 110);
	assert_int_equal(colour_at(&f, 200, 150), below);
	assert_int_equal(colour_at(&f, 210, 150), 0xff00ff);
	/* It lies below the pointer and takes nothing of it. */
	wl_surface_offset(f.left.icon, -35, -45);
	wl_surface_set_input_region(f.left.icon, NULL);
	wl_surface_commit(f.left.icon);
	settle(f.left.client);
	f.right.text[0] = '\0';
	to(&f, 172, 110);
	expect(&f.right, "motion(8,102)");
	release(&f);
	assert_int_equal(colour_at(&f, 168, 106), below);
	/* The next drag's. */
	wl_data_source_destroy(f.left.source);
	f.left.source = NULL;
	to(&f, 28, 48);
	press(&f);
	start(&f.left, f.left.hands.button_serial);
	to(&f, 180, 110);
	assert_int_equal(colour_at(&f, 188, 111), 0xff00ff);
	wl_surface_destroy(f.left.icon);
	assert_int_equal(colour_at(&f, 188, 111), below);
	to(&f, 30, 48);
	release(&f);
	expect_alive(f.left.client);
	shm_buffer_destroy(&buffer);
	finish(&f);
}

static bool is_cursor_shown(struct fixture *f)
{
	settle(f->left.client);
	settle(f->right.client);
	return drive_read_cursor(f->test->outputs[0]).shown;
}

/* Who drags says what the pointer looks like, with either serial. */
static void the_cursor_is_whose_drag_it_is(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	assert_true(is_cursor_shown(&f));
	wl_pointer_set_cursor(f.left.hands.pointer, f.left.hands.enter_serial, NULL, 0, 0);
	assert_false(is_cursor_shown(&f));
	to(&f, 200, 100);
	wl_pointer_set_cursor(f.right.hands.pointer, f.right.enter_serial, NULL, 0, 0);
	release(&f);
	assert_true(is_cursor_shown(&f)); /* whose pointer it is then, has set none */
	wl_data_source_destroy(f.left.source);
	to(&f, 28, 48);
	drag(&f, COPY);
	wl_pointer_set_cursor(f.right.hands.pointer, f.left.enter_serial, NULL, 0, 0);
	assert_true(is_cursor_shown(&f));
	wl_pointer_set_cursor(f.left.hands.pointer, f.left.enter_serial, NULL, 0, 0);
	assert_false(is_cursor_shown(&f));
	finish(&f);
}

/* ---- ends ----------------------------------------------------------------------------------- */

static void escape_cancels(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	to(&f, 200, 100);
	accept_with(&f.right, COPY, COPY);
	f.left.text[0] = f.right.text[0] = '\0';
	hands_forget(&f.right.hands);
	drive_key(f.test->server, KEY_ESC, true);
	drive_key(f.test->server, KEY_ESC, false);
	expect(&f.left, "target(none) action(0) cancelled");
	expect(&f.right, "leave");
	/* Nobody gets the key, nor, before the button is up, the pointer. */
	hands_expect(&f.right.hands, "");
	release(&f);
	hands_expect(&f.right.hands, "enter(right,36,92) frame");
	expect(&f.left, "");
	/* Afterwards it is a key like others. */
	drive_key(f.test->server, KEY_ESC, true);
	hands_expect(&f.left.hands, "keydown(1)");
	finish(&f);
}

static void a_source_that_dies_ends_it(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	to(&f, 200, 100);
	f.left.text[0] = f.right.text[0] = '\0';
	wl_data_source_destroy(f.left.source);
	f.left.source = NULL;
	settle(f.left.client);
	expect(&f.right, "leave");
	/* What is left of the offer does nothing. */
	accept_with(&f.right, COPY, COPY);
	release(&f);
	expect(&f.right, "");
	expect(&f.left, "");
	finish(&f);
}

static void a_client_that_dies_ends_it(void)
{
	for (int with_source = 0; with_source < 2; with_source++) {
		struct fixture f;
		setup(&f);
		if (with_source) {
			drag(&f, COPY);
			to(&f, 200, 100);
			f.right.text[0] = '\0';
		} else {
			press(&f);
			start(&f.left, f.left.hands.button_serial);
		}
		hands_destroy(&f.left.hands);
		client_destroy(f.left.client);
		pump(f.test);
		expect(&f.right, with_source ? "leave" : "");
		drive_button(f.test->server, BTN_LEFT, false);
		expect_alive(f.right.client);
		desk_destroy(&f.right);
		test_destroy(f.test);
	}
}

static void a_target_that_dies_is_left(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	to(&f, 200, 100);
	accept_with(&f.right, COPY, COPY);
	f.left.text[0] = '\0';
	hands_destroy(&f.right.hands);
	client_destroy(f.right.client);
	pump(f.test);
	expect(&f.left, "target(none) action(0) type(" TYPE ") may(1) enter(114,92)");
	drive_button(f.test->server, BTN_LEFT, false);
	pump(f.test);
	desk_destroy(&f.left);
	test_destroy(f.test);
}

static void no_pointer_no_drag(void)
{
	struct fixture f;

	setup(&f);
	drag(&f, COPY);
	f.left.text[0] = '\0';
	drive_devices(f.test->server, KEYBOARD | TOUCH);
	expect(&f.left, "leave cancelled");
	finish(&f);
}

/* ---- fingers -------------------------------------------------------------------------------- */

static void by_touch(void)
{
	struct fixture f;
	struct lend_output *output;

	setup(&f);
	output = f.test->outputs[0];
	drive_touch_down(f.test->server, 7, output, 28 / 320.0, 48 / 240.0);
	drive_touch_frame(f.test->server);
	hands_expect(&f.left.hands, "focus(left) mods(0,0,0,0) down(7,left,20,40) frame");
	hands_forget(&f.right.hands);
	make_source(&f.left, COPY);
	start(&f.left, f.left.hands.touch_serial);
	expect(&f.left, "type(" TYPE ") may(1) enter(20,40)");
	/* Other fingers and the pointer are not concerned. */
	drive_touch_down(f.test->server, 8, output, 40 / 320.0, 60 / 240.0);
	drive_touch_motion(f.test->server, 8, output, 41 / 320.0, 60 / 240.0);
	drive_touch_frame(f.test->server);
	hands_expect(&f.left.hands, "down(8,left,32,52) drag(8,33,52) frame");
	drive_to(f.test->server, 29, 48);
	hands_expect(&f.left.hands, "motion(21,40) frame");
	drive_touch_motion(f.test->server, 7, output, 200 / 320.0, 100 / 240.0);
	settle(f.left.client);
	expect(&f.left, "leave");
	expect(&f.right, "type(" TYPE ") may(1) enter(36,92)");
	accept_with(&f.right, COPY, COPY);
	drive_touch_up(f.test->server, 7);
	drive_touch_frame(f.test->server);
	expect(&f.right, "will(1) drop");
	hands_expect(&f.left.hands, "");
	hands_expect(&f.right.hands, "");
	/* Cancelled. */
	wl_data_source_destroy(f.left.source);
	f.left.text[0] = '\0';
	drive_touch_down(f.test->server, 7, output, 28 / 320.0, 48 / 240.0);
	drive_touch_frame(f.test->server);
	settle(f.left.client);
	make_source(&f.left, COPY);
	start(&f.left, f.left.hands.touch_serial);
	f.left.text[0] = '\0';
	drive_touch_cancel(f.test->server);
	expect(&f.left, "leave cancelled");
	finish(&f);
}

static const struct harness_test tests[] = {
	{"who_holds_nothing_drags_nothing", who_holds_nothing_drags_nothing},
	{"one_drag_at_a_time", one_drag_at_a_time},
	{"an_icon_is_nothing_else", an_icon_is_nothing_else},
	{"bad_sources", bad_sources},
	{"bad_offers", bad_offers},
	{"from_enter_to_finish", from_enter_to_finish},
	{"what_nobody_takes_is_cancelled", what_nobody_takes_is_cancelled},
	{"who_takes_and_gives_up", who_takes_and_gives_up},
	{"the_user_is_asked", the_user_is_asked},
	{"older_clients_copy", older_clients_copy},
	{"what_stays_in_the_client", what_stays_in_the_client},
	{"the_icon_follows", the_icon_follows},
	{"the_cursor_is_whose_drag_it_is", the_cursor_is_whose_drag_it_is},
	{"escape_cancels", escape_cancels},
	{"a_source_that_dies_ends_it", a_source_that_dies_ends_it},
	{"a_client_that_dies_ends_it", a_client_that_dies_ends_it},
	{"a_target_that_dies_is_left", a_target_that_dies_is_left},
	{"no_pointer_no_drag", no_pointer_no_drag},
	{"by_touch", by_touch},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
