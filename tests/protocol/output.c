/* SPDX-License-Identifier: MIT */
/* wl_output: what it says of an output, which surfaces are on it, and how it goes away. */
#include "shell.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct bound {
	struct wl_output *proxy;
	unsigned geometries, modes, scales, names, descriptions, dones;
	int32_t width, height, refresh, scale;
	uint32_t flags;
	char name[64], description[128], make[64];
	unsigned said_before_done;
};

static void handle_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
			    int32_t width, int32_t height, int32_t subpixel, const char *make,
			    const char *model, int32_t transform)
{
	struct bound *bound = data;

	assert_int_equal(transform, WL_OUTPUT_TRANSFORM_NORMAL);
	snprintf(bound->make, sizeof(bound->make), "%s %s", make, model);
	bound->geometries++;
}

static void handle_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
			int32_t height, int32_t refresh)
{
	struct bound *bound = data;

	bound->flags = flags;
	bound->width = width;
	bound->height = height;
	bound->refresh = refresh;
	bound->modes++;
}

static void handle_done(void *data, struct wl_output *output)
{
	struct bound *bound = data;

	bound->said_before_done = bound->geometries + bound->modes + bound->scales + bound->names +
				  bound->descriptions;
	bound->dones++;
}

static void handle_scale(void *data, struct wl_output *output, int32_t factor)
{
	struct bound *bound = data;

	bound->scale = factor;
	bound->scales++;
}

static void handle_name(void *data, struct wl_output *output, const char *name)
{
	struct bound *bound = data;

	snprintf(bound->name, sizeof(bound->name), "%s", name);
	bound->names++;
}

static void handle_description(void *data, struct wl_output *output, const char *description)
{
	struct bound *bound = data;

	snprintf(bound->description, sizeof(bound->description), "%s", description);
	bound->descriptions++;
}

static const struct wl_output_listener output_listener = {
	.geometry = handle_geometry,
	.mode = handle_mode,
	.done = handle_done,
	.scale = handle_scale,
	.name = handle_name,
	.description = handle_description,
};

static void bind_output(struct client *client, uint32_t version, unsigned index,
			struct bound *bound)
{
	*bound = (struct bound){.proxy = bind_again(client, &wl_output_interface, version, index)};
	wl_output_add_listener(bound->proxy, &output_listener, bound);
	client_roundtrip(client);
}

/* ---- what it is ----------------------------------------------------------------------------- */

static void says_everything_and_done(void)
{
	struct test *test =
		test_create(&(struct test_options){.width = 1234, .height = 567, .refresh = 59940});
	struct client *client = client_create(test);
	struct bound bound;

	bind_output(client, 4, 0, &bound);
	assert_int_equal(bound.said_before_done, 5);
	assert_int_equal(bound.dones, 1);
	assert_int_equal(bound.width, 1234);
	assert_int_equal(bound.height, 567);
	assert_int_equal(bound.refresh, 59940);
	assert_int_equal(bound.flags, WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED);
	assert_int_equal(bound.scale, 1);
	assert_string_equal(bound.make, "framelend headless");
	assert_string_equal(bound.name, lend_output_name(test->outputs[0]));
	assert_non_null(strstr(bound.description, bound.name));
	wl_output_release(bound.proxy);
	expect_alive(client);
	test_destroy(test);
}

static void older_versions_hear_less(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct bound bound;

	bind_output(client, 1, 0, &bound);
	assert_int_equal(bound.geometries + bound.modes, 2);
	assert_int_equal(bound.scales + bound.names + bound.descriptions + bound.dones, 0);
	wl_output_destroy(bound.proxy);
	bind_output(client, 3, 0, &bound);
	assert_int_equal(bound.said_before_done, 3);
	assert_int_equal(bound.scales, 1);
	assert_int_equal(bound.dones, 1);
	wl_output_release(bound.proxy);
	test_destroy(test);
}

static void outputs_have_names_of_their_own(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct bound first, second;

	bind_output(client, 4, 0, &first);
	bind_output(client, 4, 1, &second);
	assert_string_not_equal(first.name, second.name);
	assert_string_equal(first.name, lend_output_name(test->outputs[0]));
	assert_string_equal(second.name, lend_output_name(test->outputs[1]));
	wl_output_release(first.proxy);
	wl_output_release(second.proxy);
	test_destroy(test);
}

/* ---- which surfaces are on it --------------------------------------------------------------- */

struct presence {
	unsigned enters, leaves;
	struct wl_output *entered, *left; /* last */
};

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *output)
{
	struct presence *presence = data;

	presence->enters++;
	presence->entered = output;
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *output)
{
	struct presence *presence = data;

	presence->leaves++;
	presence->left = output;
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
};

struct fixture {
	struct test *test;
	struct client *client;
	struct shm_buffer buffer;
	struct shell_window window;
	struct presence presence;
};

/* A mapped toplevel, whose client has bound each output once. */
static void fixture_create(struct fixture *f, int outputs)
{
	*f = (struct fixture){.test = test_create(&(struct test_options){.outputs = outputs})};
	f->client = client_create(f->test);
	shm_buffer_create(f->client, 32, 32, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	shell_window_create(f->client, &f->window);
	wl_surface_add_listener(f->window.surface, &surface_listener, &f->presence);
	shell_window_get_toplevel(&f->window);
	shell_window_map(&f->window, f->buffer.buffer);
	pump(f->test);
}

static void fixture_destroy(struct fixture *f)
{
	expect_alive(f->client);
	shell_window_destroy(&f->window);
	shm_buffer_destroy(&f->buffer);
	client_destroy(f->client);
	test_destroy(f->test);
}

static void surfaces_enter_and_leave(void)
{
	struct fixture f;

	fixture_create(&f, 2);
	assert_int_equal(f.presence.enters, 1);
	assert_ptr_equal(f.presence.entered, f.client->outputs[0]);
	shell_window_commit(&f.window, f.buffer.buffer);
	pump(f.test);
	assert_int_equal(f.presence.enters, 1);
	xdg_toplevel_set_fullscreen(f.window.toplevel, f.client->outputs[1]);
	client_roundtrip(f.client);
	pump(f.test);
	assert_int_equal(f.presence.enters, 2);
	assert_ptr_equal(f.presence.entered, f.client->outputs[1]);
	assert_int_equal(f.presence.leaves, 1);
	assert_ptr_equal(f.presence.left, f.client->outputs[0]);
	shell_window_commit(&f.window, NULL);
	pump(f.test);
	assert_int_equal(f.presence.leaves, 2);
	assert_ptr_equal(f.presence.left, f.client->outputs[1]);
	fixture_destroy(&f);
}

static void each_bound_object_is_entered(void)
{
	struct fixture f;
	struct bound late;

	fixture_create(&f, 1);
	assert_int_equal(f.presence.enters, 1);
	bind_output(f.client, 4, 0, &late);
	assert_int_equal(f.presence.enters, 2);
	assert_ptr_equal(f.presence.entered, late.proxy);
	shell_window_commit(&f.window, NULL);
	pump(f.test);
	assert_int_equal(f.presence.leaves, 2);
	wl_output_release(late.proxy);
	fixture_destroy(&f);
}

/* Another client's surfaces are nobody else's business. */
static void only_the_surfaces_client_hears(void)
{
	struct fixture f;
	struct client *other;
	struct bound bound;

	fixture_create(&f, 1);
	other = client_create(f.test);
	bind_output(other, 4, 0, &bound);
	expect_alive(other);
	assert_int_equal(f.presence.enters, 1);
	wl_output_release(bound.proxy);
	fixture_destroy(&f);
}

/* ---- removal -------------------------------------------------------------------------------- */

struct names {
	uint32_t output[OUTPUTS_MAX];
	unsigned n, removed;
	uint32_t removed_name;
};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
			  const char *interface, uint32_t version)
{
	struct names *names = data;

	if (strcmp(interface, wl_output_interface.name) == 0 && names->n < OUTPUTS_MAX)
		names->output[names->n++] = name;
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
	struct names *names = data;

	names->removed_name = name;
	names->removed++;
}

static const struct wl_registry_listener registry_listener = {
	.global = handle_global,
	.global_remove = handle_global_remove,
};

static void removal_is_survived(void)
{
	struct fixture f;
	struct names names = {.n = 0};

	fixture_create(&f, 2);
	struct wl_registry *registry = wl_display_get_registry(f.client->display);
	wl_registry_add_listener(registry, &registry_listener, &names);
	client_roundtrip(f.client);
	assert_int_equal(names.n, 2);

	lend_output_destroy(f.test->outputs[0]);
	/* The client has not heard of it yet, binds it, and uses what it bound. */
	struct bound late = {
		.proxy = wl_registry_bind(registry, names.output[0], &wl_output_interface, 4)};
	wl_output_add_listener(late.proxy, &output_listener, &late);
	xdg_toplevel_set_fullscreen(f.window.toplevel, late.proxy);
	xdg_toplevel_set_fullscreen(f.window.toplevel, f.client->outputs[0]);
	client_roundtrip(f.client);
	pump(f.test);
	assert_int_equal(names.removed, 1);
	assert_int_equal(names.removed_name, names.output[0]);
	assert_int_equal(late.modes + late.dones, 0);
	/* The surface moved on. */
	assert_int_equal(f.presence.leaves, 1);
	assert_ptr_equal(f.presence.left, f.client->outputs[0]);
	assert_ptr_equal(f.presence.entered, f.client->outputs[1]);
	wl_output_release(late.proxy);
	wl_output_release(f.client->outputs[0]);
	f.client->outputs[0] = f.client->outputs[1];
	f.client->n_outputs = 1;
	wl_registry_destroy(registry);
	/* The server ends while the removed global lingers. */
	fixture_destroy(&f);
}

/* A dialog goes where its parent goes, at once. */
static void dialogs_move_with_their_parents(void)
{
	struct fixture f;
	struct shell_window dialog;
	struct lend_view_info info = {.size = sizeof(info)};

	fixture_create(&f, 2);
	shell_window_create(f.client, &dialog);
	shell_window_get_toplevel(&dialog);
	xdg_toplevel_set_parent(dialog.toplevel, f.window.toplevel);
	shell_window_map(&dialog, f.buffer.buffer);
	assert_int_equal(lend_view_describe(f.test->view, &info), 0);
	assert_string_equal(info.output, "headless-1");
	lend_output_destroy(f.test->outputs[0]);
	assert_int_equal(lend_view_describe(f.test->view, &info), 0);
	assert_string_equal(info.output, "headless-2");
	pump(f.test);
	assert_int_equal(lend_view_describe(f.test->view, &info), 0);
	assert_int_equal(info.place.x, (320 - 32) / 2);
	assert_int_equal(info.place.width, 32);
	shell_window_destroy(&dialog);
	fixture_destroy(&f);
}

static void all_outputs_may_go(void)
{
	struct fixture f;

	fixture_create(&f, 1);
	lend_output_destroy(f.test->outputs[0]);
	client_roundtrip(f.client);
	assert_int_equal(f.presence.leaves, 1);
	shell_window_commit(&f.window, f.buffer.buffer);
	shell_window_commit(&f.window, NULL);
	fixture_destroy(&f);
}

/* Some seconds later nobody can have missed the removal. */
static void removed_global_goes_in_the_end(void)
{
	struct fixture f;
	struct names names = {.n = 0};
	time_t end = time(NULL) + 60;

	fixture_create(&f, 2);
	struct wl_registry *registry = wl_display_get_registry(f.client->display);
	wl_registry_add_listener(registry, &registry_listener, &names);
	client_roundtrip(f.client);
	lend_output_destroy(f.test->outputs[0]);
	while (!f.client->error && time(NULL) < end) {
		struct wl_output *output =
			wl_registry_bind(registry, names.output[0], &wl_output_interface, 4);
		wl_output_release(output);
		pump_once(f.test, 0);
		poll(NULL, 0, 100);
	}
	expect_error(f.client, &wl_registry_interface, WL_DISPLAY_ERROR_INVALID_OBJECT,
		     "invalid global wl_output");
	shm_buffer_destroy(&f.buffer);
	wl_registry_destroy(registry);
	client_destroy(f.client);
	test_destroy(f.test);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(says_everything_and_done),
		TEST(older_versions_hear_less),
		TEST(outputs_have_names_of_their_own),
		TEST(surfaces_enter_and_leave),
		TEST(each_bound_object_is_entered),
		TEST(only_the_surfaces_client_hears),
		TEST(removal_is_survived),
		TEST(removed_global_goes_in_the_end),
		TEST(dialogs_move_with_their_parents),
		TEST(all_outputs_may_go),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
