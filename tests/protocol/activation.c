/* SPDX-License-Identifier: MIT */
/* xdg_activation: whose window may come to the front. */
#include "hands.h"

#include <stdio.h>
#include <string.h>

#include "xdg-activation-client-protocol.h"

struct actor {
	struct client *client;
	struct hands hands;
	struct pane pane;
	struct xdg_activation_v1 *manager;
	unsigned tokens;
	char name[64]; /* of the token that came last */
};

struct fixture {
	struct test *test;
	struct actor left, right; /* the right one has the keys at first */
};

static void handle_done(void *data, struct xdg_activation_token_v1 *token, const char *name)
{
	struct actor *actor = data;

	actor->tokens++;
	snprintf(actor->name, sizeof(actor->name), "%s", name);
}

static const struct xdg_activation_token_v1_listener listener = {handle_done};

static void actor_create(struct test *test, const char *name, struct actor *actor)
{
	actor->client = client_create(test);
	hands_create(actor->client, POINTER | KEYBOARD, &actor->hands);
	actor->manager = bind_again(actor->client, &xdg_activation_v1_interface, 1, 0);
	pane_create(actor->client, name, 148, 224, &actor->pane);
}

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(&(struct test_options){.layout = LEND_LAYOUT_TILE});
	drive_devices(f->test->server, POINTER | KEYBOARD);
	actor_create(f->test, "left", &f->left);
	actor_create(f->test, "right", &f->right);
	settle(f->left.client);
	hands_forget(&f->left.hands);
	hands_forget(&f->right.hands);
}

static void finish(struct fixture *f)
{
	hands_destroy(&f->left.hands);
	hands_destroy(&f->right.hands);
	test_destroy(f->test);
}

static void press_key(struct fixture *f, struct actor *actor)
{
	drive_key(f->test->server, KEY_A, true);
	drive_key(f->test->server, KEY_A, false);
	hands_forget(&actor->hands);
}

/* serial: or NULL for a token without one. */
static void get_token(struct actor *actor, const uint32_t *serial)
{
	struct xdg_activation_token_v1 *token =
		xdg_activation_v1_get_activation_token(actor->manager);

	xdg_activation_token_v1_add_listener(token, &listener, actor);
	if (serial)
		xdg_activation_token_v1_set_serial(token, *serial, actor->client->seat);
	xdg_activation_token_v1_set_app_id(token, "org.example.other");
	xdg_activation_token_v1_set_surface(token, actor->pane.surface);
	xdg_activation_token_v1_commit(token);
	client_roundtrip(actor->client);
	xdg_activation_token_v1_destroy(token);
	assert_int_equal(strlen(actor->name), 32);
}

static void activate(struct actor *actor, const char *name)
{
	xdg_activation_v1_activate(actor->manager, name, actor->pane.surface);
	settle(actor->client);
}

/* ---- hostile -------------------------------------------------------------------------------- */

static void a_token_is_committed_once(void)
{
	for (int request = 0; request < 4; request++) {
		struct fixture f;
		setup(&f);
		struct xdg_activation_token_v1 *token =
			xdg_activation_v1_get_activation_token(f.left.manager);
		xdg_activation_token_v1_commit(token);
		switch (request) {
		case 0: xdg_activation_token_v1_commit(token); break;
		case 1: xdg_activation_token_v1_set_serial(token, 0, f.left.client->seat); break;
		case 2: xdg_activation_token_v1_set_app_id(token, "x"); break;
		default: xdg_activation_token_v1_set_surface(token, f.left.pane.surface);
		}
		expect_error(f.left.client, &xdg_activation_token_v1_interface,
			     XDG_ACTIVATION_TOKEN_V1_ERROR_ALREADY_USED, "was committed already");
		expect_alive(f.right.client);
		finish(&f);
	}
}

static void invented_tokens_do_nothing(void)
{
	static const char *const names[] = {"", "x", "00000000000000000000000000000000",
					    "\xff\xfe%s%n"};
	struct fixture f;
	char large[2048];

	setup(&f);
	memset(large, 'a', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		activate(&f.left, names[i]);
	activate(&f.left, large);
	hands_expect(&f.left.hands, "");
	expect_alive(f.left.client);
	finish(&f);
}

/* Old tokens make room, each client's own or not; none of them outlives the server. */
static void many_tokens(void)
{
	struct fixture f;
	char first[64];

	setup(&f);
	press_key(&f, &f.right);
	get_token(&f.right, &f.right.hands.key_serial);
	memcpy(first, f.right.name, sizeof(first));
	for (int i = 0; i < 63; i++)
		get_token(&f.right, &f.right.hands.key_serial);
	get_token(&f.right, &f.right.hands.key_serial);
	activate(&f.left, first);
	hands_expect(&f.left.hands, "");
	activate(&f.left, f.right.name);
	hands_expect(&f.left.hands, "focus(left) mods(0,0,0,0)");
	finish(&f);
}

/* ---- who may -------------------------------------------------------------------------------- */

static void who_was_told_to_may_hand_on(void)
{
	struct fixture f;

	setup(&f);
	press_key(&f, &f.right);
	get_token(&f.right, &f.right.hands.key_serial);
	activate(&f.left, f.right.name);
	hands_expect(&f.left.hands, "focus(left) mods(0,0,0,0)");
	hands_expect(&f.right.hands, "unfocus(right)");
	/* Once. */
	drive_to(f.test->server, 200, 100);
	drive_click(f.test->server);
	hands_forget(&f.left.hands);
	activate(&f.left, f.right.name);
	hands_expect(&f.left.hands, "");
	finish(&f);
}

static void who_was_not_told_gets_nothing_of_it(void)
{
	struct fixture f;

	setup(&f);
	/* Without a serial, with one that was none, with somebody else's. */
	press_key(&f, &f.right);
	get_token(&f.left, NULL);
	activate(&f.left, f.left.name);
	uint32_t serial = f.right.hands.key_serial + 1000;
	get_token(&f.right, &serial);
	activate(&f.left, f.right.name);
	get_token(&f.left, &f.right.hands.key_serial);
	activate(&f.left, f.left.name);
	hands_expect(&f.left.hands, "");
	/* With its own, but the keys are elsewhere by now. */
	drive_to(f.test->server, 20, 100);
	drive_click(f.test->server);
	hands_forget(&f.left.hands);
	serial = f.left.hands.button_serial;
	drive_to(f.test->server, 200, 100);
	drive_click(f.test->server);
	hands_forget(&f.left.hands);
	hands_forget(&f.right.hands);
	get_token(&f.left, &serial);
	activate(&f.left, f.left.name);
	hands_expect(&f.left.hands, "");
	hands_expect(&f.right.hands, "");
	finish(&f);
}

/* The client that asked may be gone, and the window that comes may be new. */
static void from_a_launcher(void)
{
	struct fixture f;
	char name[64];

	setup(&f);
	press_key(&f, &f.right);
	get_token(&f.right, &f.right.hands.key_serial);
	memcpy(name, f.right.name, sizeof(name));
	hands_destroy(&f.right.hands);
	client_destroy(f.right.client);
	pump(f.test);
	struct wl_surface *unmapped = wl_compositor_create_surface(f.left.client->compositor);
	struct client *third = client_create(f.test);
	struct pane pane;
	pane_create(third, "third", 148, 224, &pane);
	settle(third);
	hands_forget(&f.left.hands);
	activate(&f.left, name);
	hands_expect(&f.left.hands, "focus(left) mods(0,0,0,0)");
	xdg_activation_v1_activate(f.left.manager, name, unmapped);
	expect_alive(f.left.client);
	hands_destroy(&f.left.hands);
	test_destroy(f.test);
}

static const struct harness_test tests[] = {
	{"a_token_is_committed_once", a_token_is_committed_once},
	{"invented_tokens_do_nothing", invented_tokens_do_nothing},
	{"many_tokens", many_tokens},
	{"who_was_told_to_may_hand_on", who_was_told_to_may_hand_on},
	{"who_was_not_told_gets_nothing_of_it", who_was_not_told_gets_nothing_of_it},
	{"from_a_launcher", from_a_launcher},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
