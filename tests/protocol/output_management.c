/* SPDX-License-Identifier: MIT */
/* zwlr_output_manager_v1: what is told of outputs, and how they are changed. */
#include "shell.h"

#include <stdio.h>
#include <string.h>

#include "wlr-output-management-unstable-v1-client-protocol.h"

#define HEADS_MAX 4
#define MODES_MAX 8

struct mode {
	struct zwlr_output_mode_v1 *proxy;
	int32_t width, height, refresh;
	unsigned finished;
};

struct head {
	struct zwlr_output_head_v1 *proxy;
	char name[64], description[128], make[64], model[64];
	struct mode modes[MODES_MAX];
	unsigned n_modes;
	struct zwlr_output_mode_v1 *current;
	int32_t enabled, x, y, transform;
	double scale;
	unsigned events, adaptive_sync, finished;
};

struct fixture {
	struct test *test;
	struct client *client;
	struct zwlr_output_manager_v1 *manager;
	struct head heads[HEADS_MAX];
	unsigned n_heads, dones, finished;
	uint32_t serial;
};

/* ---- what is told --------------------------------------------------------------------------- */

static void mode_size(void *data, struct zwlr_output_mode_v1 *proxy, int32_t width, int32_t height)
{
	struct mode *mode = data;

	mode->width = width;
	mode->height = height;
}

static void mode_refresh(void *data, struct zwlr_output_mode_v1 *proxy, int32_t refresh)
{
	((struct mode *)data)->refresh = refresh;
}

static void mode_preferred(void *data, struct zwlr_output_mode_v1 *proxy) {}

static void mode_finished(void *data, struct zwlr_output_mode_v1 *proxy)
{
	((struct mode *)data)->finished++;
}

static const struct zwlr_output_mode_v1_listener mode_listener = {
	.size = mode_size,
	.refresh = mode_refresh,
	.preferred = mode_preferred,
	.finished = mode_finished,
};

static void head_name(void *data, struct zwlr_output_head_v1 *proxy, const char *name)
{
	struct head *head = data;

	snprintf(head->name, sizeof(head->name), "%s", name);
}

static void head_description(void *data, struct zwlr_output_head_v1 *proxy, const char *text)
{
	struct head *head = data;

	snprintf(head->description, sizeof(head->description), "%s", text);
}

static void head_physical_size(void *data, struct zwlr_output_head_v1 *proxy, int32_t width,
			       int32_t height)
{
}

static void head_mode(void *data, struct zwlr_output_head_v1 *proxy,
		      struct zwlr_output_mode_v1 *mode_proxy)
{
	struct head *head = data;

	assert_true(head->n_modes < MODES_MAX);
	struct mode *mode = &head->modes[head->n_modes++];
	*mode = (struct mode){.proxy = mode_proxy};
	zwlr_output_mode_v1_add_listener(mode_proxy, &mode_listener, mode);
}

static void head_enabled(void *data, struct zwlr_output_head_v1 *proxy, int32_t enabled)
{
	struct head *head = data;

	head->enabled = enabled;
	head->events++;
}

static void head_current_mode(void *data, struct zwlr_output_head_v1 *proxy,
			      struct zwlr_output_mode_v1 *mode)
{
	((struct head *)data)->current = mode;
}

static void head_position(void *data, struct zwlr_output_head_v1 *proxy, int32_t x, int32_t y)
{
	struct head *head = data;

	head->x = x;
	head->y = y;
}

static void head_transform(void *data, struct zwlr_output_head_v1 *proxy, int32_t transform)
{
	((struct head *)data)->transform = transform;
}

static void head_scale(void *data, struct zwlr_output_head_v1 *proxy, wl_fixed_t scale)
{
	((struct head *)data)->scale = wl_fixed_to_double(scale);
}

static void head_finished(void *data, struct zwlr_output_head_v1 *proxy)
{
	((struct head *)data)->finished++;
}

static void head_make(void *data, struct zwlr_output_head_v1 *proxy, const char *make)
{
	struct head *head = data;

	snprintf(head->make, sizeof(head->make), "%s", make);
}

static void head_model(void *data, struct zwlr_output_head_v1 *proxy, const char *model)
{
	struct head *head = data;

	snprintf(head->model, sizeof(head->model), "%s", model);
}

static void head_serial_number(void *data, struct zwlr_output_head_v1 *proxy, const char *serial) {}

static void head_adaptive_sync(void *data, struct zwlr_output_head_v1 *proxy, uint32_t state)
{
	assert_int_equal(state, ZWLR_OUTPUT_HEAD_V1_ADAPTIVE_SYNC_STATE_DISABLED);
	((struct head *)data)->adaptive_sync++;
}

static const struct zwlr_output_head_v1_listener head_listener = {
	.name = head_name,
	.description = head_description,
	.physical_size = head_physical_size,
	.mode = head_mode,
	.enabled = head_enabled,
	.current_mode = head_current_mode,
	.position = head_position,
	.transform = head_transform,
	.scale = head_scale,
	.finished = head_finished,
	.make = head_make,
	.model = head_model,
	.serial_number = head_serial_number,
	.adaptive_sync = head_adaptive_sync,
};

static void manager_head(void *data, struct zwlr_output_manager_v1 *manager,
			 struct zwlr_output_head_v1 *proxy)
{
	struct fixture *f = data;

	assert_true(f->n_heads < HEADS_MAX);
	struct head *head = &f->heads[f->n_heads++];
	*head = (struct head){.proxy = proxy};
	zwlr_output_head_v1_add_listener(proxy, &head_listener, head);
}

static void manager_done(void *data, struct zwlr_output_manager_v1 *manager, uint32_t serial)
{
	struct fixture *f = data;

	f->serial = serial;
	f->dones++;
}

static void manager_finished(void *data, struct zwlr_output_manager_v1 *manager)
{
	((struct fixture *)data)->finished++;
}

static const struct zwlr_output_manager_v1_listener manager_listener = {
	.head = manager_head,
	.done = manager_done,
	.finished = manager_finished,
};

static void fixture_create(struct fixture *f, int outputs, uint32_t version)
{
	*f = (struct fixture){0};
	f->test = test_create(&(struct test_options){.outputs = outputs, .refresh = 60000});
	f->client = client_create(f->test);
	f->manager = bind_again(f->client, &zwlr_output_manager_v1_interface, version, 0);
	zwlr_output_manager_v1_add_listener(f->manager, &manager_listener, f);
	client_roundtrip(f->client);
}

static void release(const struct head *head)
{
	for (unsigned i = 0; i < head->n_modes; i++) {
		if (zwlr_output_mode_v1_get_version(head->modes[i].proxy) >= 3)
			zwlr_output_mode_v1_release(head->modes[i].proxy);
		else
			zwlr_output_mode_v1_destroy(head->modes[i].proxy);
	}
	if (zwlr_output_head_v1_get_version(head->proxy) >= 3)
		zwlr_output_head_v1_release(head->proxy);
	else
		zwlr_output_head_v1_destroy(head->proxy);
}

static void fixture_destroy(struct fixture *f)
{
	for (unsigned i = 0; i < f->n_heads; i++)
		release(&f->heads[i]);
	zwlr_output_manager_v1_destroy(f->manager);
	client_destroy(f->client);
	test_destroy(f->test);
}

static struct lend_output_state describe(const struct fixture *f, unsigned index)
{
	struct lend_output_state state = {.size = sizeof(state)};

	assert_int_equal(lend_output_describe(f->test->outputs[index], &state), 0);
	return state;
}

static const struct mode *current_mode(const struct head *head)
{
	unsigned i = 0;

	while (i < head->n_modes - 1 && head->modes[i].proxy != head->current)
		i++;
	assert_ptr_equal(head->modes[i].proxy, head->current);
	return &head->modes[i];
}

static void every_output_is_a_head(void)
{
	struct fixture f;

	fixture_create(&f, 2, 4);
	assert_int_equal(f.n_heads, 2);
	assert_int_equal(f.dones, 1);
	assert_int_not_equal(f.serial, 0); /* wlr-randr waits for another one */
	for (unsigned i = 0; i < 2; i++) {
		const struct head *head = &f.heads[i];
		assert_string_equal(head->name, lend_output_name(f.test->outputs[i]));
		assert_non_null(strstr(head->description, head->name));
		assert_string_equal(head->make, "framelend");
		assert_string_equal(head->model, "headless");
		assert_int_equal(head->enabled, 1);
		assert_int_equal(head->x, i * 320);
		assert_int_equal(head->transform, 0);
		assert_true(head->scale == 1);
		assert_int_equal(head->adaptive_sync, 1);
		const struct mode *mode = current_mode(head);
		assert_int_equal(mode->width, 320);
		assert_int_equal(mode->height, 240);
		assert_int_equal(mode->refresh, 60000);
	}
	fixture_destroy(&f);
}

static void the_first_version_hears_less(void)
{
	struct fixture f;

	fixture_create(&f, 1, 1);
	assert_int_equal(f.n_heads, 1);
	assert_string_equal(f.heads[0].name, "headless-1");
	assert_string_equal(f.heads[0].make, "");
	assert_int_equal(f.heads[0].adaptive_sync, 0);
	fixture_destroy(&f);
}

static void changes_are_told_together(void)
{
	struct fixture f;
	struct lend_output_state state;

	fixture_create(&f, 2, 4);
	uint32_t before = f.serial;
	state = describe(&f, 0);
	state.scale = 180;
	assert_int_equal(lend_output_configure(f.test->outputs[0], &state), 0);
	state.transform = LEND_TRANSFORM_270;
	state.mode.width = 640;
	assert_int_equal(lend_output_configure(f.test->outputs[0], &state), 0);
	pump(f.test);
	assert_int_equal(f.dones, 2);
	assert_int_not_equal(f.serial, before);
	assert_int_equal(f.heads[0].events, 2);
	assert_true(f.heads[0].scale == 1.5);
	assert_int_equal(f.heads[0].transform, 3);
	assert_int_equal(current_mode(&f.heads[0])->width, 640);
	/* The mode that it was in is none that it lists. */
	assert_int_equal(f.heads[0].n_modes, 2);
	assert_int_equal(f.heads[0].modes[0].finished, 1);
	/* Turned by a quarter it is 160 units wide. */
	assert_int_equal(f.heads[1].x, 160);
	/* What concerns no output is not told. */
	state.layout = LEND_LAYOUT_TILE;
	assert_int_equal(lend_output_configure(f.test->outputs[0], &state), 0);
	pump(f.test);
	assert_int_equal(f.dones, 2);
	fixture_destroy(&f);
}

static void outputs_come_and_go(void)
{
	struct fixture f;
	struct lend_output *output;

	fixture_create(&f, 1, 4);
	assert_int_equal(
		lend_output_create_headless(f.test->server,
					    &(struct lend_output_options){
						    .size = sizeof(struct lend_output_options),
						    .name = "late",
						    .width = 64,
						    .height = 32,
					    },
					    &output),
		0);
	pump(f.test);
	assert_int_equal(f.n_heads, 2);
	assert_int_equal(f.dones, 2);
	assert_string_equal(f.heads[1].name, "late");
	assert_int_equal(current_mode(&f.heads[1])->refresh, 0);
	lend_output_destroy(output);
	pump(f.test);
	assert_int_equal(f.dones, 3);
	assert_int_equal(f.heads[1].finished, 1);
	assert_int_equal(f.heads[1].modes[0].finished, 1);
	assert_int_equal(f.heads[0].finished, 0);
	expect_alive(f.client);
	fixture_destroy(&f);
}

static void who_stops_hears_no_more(void)
{
	struct fixture f;
	struct lend_output_state state;

	fixture_create(&f, 1, 4);
	zwlr_output_manager_v1_stop(f.manager);
	client_roundtrip(f.client);
	assert_int_equal(f.finished, 1);
	state = describe(&f, 0);
	state.scale = 240;
	assert_int_equal(lend_output_configure(f.test->outputs[0], &state), 0);
	lend_output_destroy(f.test->outputs[0]);
	pump(f.test);
	assert_int_equal(f.dones, 1);
	assert_int_equal(f.heads[0].finished, 0);
	expect_alive(f.client);
	fixture_destroy(&f);
}

/* ---- changing ------------------------------------------------------------------------------- */

struct change {
	struct zwlr_output_configuration_v1 *proxy;
	unsigned succeeded, failed, cancelled;
};

static void succeeded(void *data, struct zwlr_output_configuration_v1 *proxy)
{
	((struct change *)data)->succeeded++;
}

static void failed(void *data, struct zwlr_output_configuration_v1 *proxy)
{
	((struct change *)data)->failed++;
}

static void cancelled(void *data, struct zwlr_output_configuration_v1 *proxy)
{
	((struct change *)data)->cancelled++;
}

static const struct zwlr_output_configuration_v1_listener change_listener = {
	.succeeded = succeeded,
	.failed = failed,
	.cancelled = cancelled,
};

static void begin(const struct fixture *f, uint32_t serial, struct change *change)
{
	*change = (struct change){0};
	change->proxy = zwlr_output_manager_v1_create_configuration(f->manager, serial);
	zwlr_output_configuration_v1_add_listener(change->proxy, &change_listener, change);
}

static void finish(const struct fixture *f, struct change *change, bool really)
{
	if (really)
		zwlr_output_configuration_v1_apply(change->proxy);
	else
		zwlr_output_configuration_v1_test(change->proxy);
	client_roundtrip(f->client);
	pump(f->test);
	assert_int_equal(change->succeeded + change->failed + change->cancelled, 1);
	zwlr_output_configuration_v1_destroy(change->proxy);
}

static struct zwlr_output_configuration_head_v1 *enable(const struct fixture *f,
							struct change *change, unsigned index)
{
	return zwlr_output_configuration_v1_enable_head(change->proxy, f->heads[index].proxy);
}

/* A change of the first head's scale. */
static void try_scale(const struct fixture *f, struct change *change, double scale, bool really)
{
	begin(f, f->serial, change);
	struct zwlr_output_configuration_head_v1 *head = enable(f, change, 0);
	zwlr_output_configuration_head_v1_set_scale(head, wl_fixed_from_double(scale));
	finish(f, change, really);
	zwlr_output_configuration_head_v1_destroy(head);
}

static void everything_is_changed_at_once(void)
{
	struct fixture f;
	struct change change;

	fixture_create(&f, 2, 4);
	begin(&f, f.serial, &change);
	struct zwlr_output_configuration_head_v1 *head = enable(&f, &change, 0);
	zwlr_output_configuration_head_v1_set_custom_mode(head, 800, 600, 75000);
	zwlr_output_configuration_head_v1_set_position(head, -100, 50);
	zwlr_output_configuration_head_v1_set_transform(head, WL_OUTPUT_TRANSFORM_FLIPPED);
	zwlr_output_configuration_head_v1_set_scale(head, wl_fixed_from_double(1.25));
	zwlr_output_configuration_head_v1_set_adaptive_sync(head, 1);
	zwlr_output_configuration_v1_disable_head(change.proxy, f.heads[1].proxy);
	finish(&f, &change, true);
	assert_int_equal(change.succeeded, 1);
	struct lend_output_state state = describe(&f, 0);
	assert_int_equal(state.mode.width, 800);
	assert_int_equal(state.mode.height, 600);
	assert_int_equal(state.mode.refresh, 75000);
	assert_int_equal(state.x, -100);
	assert_int_equal(state.y, 50);
	assert_int_equal(state.transform, LEND_TRANSFORM_FLIPPED);
	assert_int_equal(state.scale, 150);
	assert_int_equal(state.off, 0);
	assert_int_equal(describe(&f, 1).off, 1);
	assert_int_equal(f.heads[1].enabled, 0);
	assert_int_equal(f.heads[0].x, -100);
	assert_int_equal(f.dones, 2);
	/* And back on; what was not asked for is as it was. */
	zwlr_output_configuration_head_v1_destroy(head);
	begin(&f, f.serial, &change);
	head = enable(&f, &change, 1);
	finish(&f, &change, true);
	assert_int_equal(change.succeeded, 1);
	assert_int_equal(describe(&f, 1).off, 0);
	assert_int_equal(describe(&f, 0).scale, 150);
	zwlr_output_configuration_head_v1_destroy(head);
	fixture_destroy(&f);
}

static void a_mode_object_is_a_mode(void)
{
	struct fixture f;
	struct change change;

	fixture_create(&f, 1, 4);
	begin(&f, f.serial, &change);
	struct zwlr_output_configuration_head_v1 *head = enable(&f, &change, 0);
	zwlr_output_configuration_head_v1_set_mode(head, f.heads[0].current);
	finish(&f, &change, true);
	assert_int_equal(change.succeeded, 1);
	assert_int_equal(f.dones, 1); /* nothing has changed */
	zwlr_output_configuration_head_v1_destroy(head);
	/* Without a rate, it stays. */
	begin(&f, f.serial, &change);
	head = enable(&f, &change, 0);
	zwlr_output_configuration_head_v1_set_custom_mode(head, 100, 100, 0);
	finish(&f, &change, true);
	assert_int_equal(describe(&f, 0).mode.refresh, 60000);
	assert_int_equal(describe(&f, 0).mode.width, 100);
	zwlr_output_configuration_head_v1_destroy(head);
	fixture_destroy(&f);
}

static void a_test_changes_nothing(void)
{
	struct fixture f;
	struct change change;

	fixture_create(&f, 1, 4);
	try_scale(&f, &change, 2, false);
	assert_int_equal(change.succeeded, 1);
	try_scale(&f, &change, 20, false);
	assert_int_equal(change.failed, 1);
	assert_int_equal(describe(&f, 0).scale, 120);
	assert_int_equal(f.dones, 1);
	assert_non_null(strstr(f.test->log, "outputs are not changed: a scale of 2400/120"));
	fixture_destroy(&f);
}

static void all_or_nothing(void)
{
	struct fixture f;
	struct change change;

	fixture_create(&f, 3, 4);
	begin(&f, f.serial, &change);
	struct zwlr_output_configuration_head_v1 *first = enable(&f, &change, 0);
	zwlr_output_configuration_head_v1_set_scale(first, wl_fixed_from_int(2));
	zwlr_output_configuration_head_v1_set_custom_mode(first, 99, 88, 1000);
	zwlr_output_configuration_v1_disable_head(change.proxy, f.heads[1].proxy);
	struct zwlr_output_configuration_head_v1 *last = enable(&f, &change, 2);
	zwlr_output_configuration_head_v1_set_custom_mode(last, 17000, 1, 0);
	finish(&f, &change, true);
	assert_int_equal(change.failed, 1);
	assert_int_equal(describe(&f, 0).scale, 120);
	assert_int_equal(describe(&f, 0).mode.width, 320);
	assert_int_equal(describe(&f, 0).mode.refresh, 60000);
	assert_int_equal(describe(&f, 1).off, 0);
	assert_int_equal(describe(&f, 2).mode.width, 320);
	assert_int_equal(describe(&f, 2).x, 640);
	zwlr_output_configuration_head_v1_destroy(first);
	zwlr_output_configuration_head_v1_destroy(last);
	fixture_destroy(&f);
}

static void an_old_state_is_not_changed(void)
{
	struct fixture f;
	struct change change;
	struct lend_output_state state;

	fixture_create(&f, 1, 4);
	begin(&f, f.serial + 1, &change);
	finish(&f, &change, true);
	assert_int_equal(change.cancelled, 1);
	/* Nor is one that it was not told of yet. */
	begin(&f, f.serial, &change);
	struct zwlr_output_configuration_head_v1 *head = enable(&f, &change, 0);
	zwlr_output_configuration_head_v1_set_scale(head, wl_fixed_from_int(2));
	state = describe(&f, 0);
	state.x = 7;
	assert_int_equal(lend_output_configure(f.test->outputs[0], &state), 0);
	finish(&f, &change, true);
	assert_int_equal(change.cancelled, 1);
	assert_int_equal(describe(&f, 0).scale, 120);
	assert_int_equal(f.heads[0].x, 7);
	zwlr_output_configuration_head_v1_destroy(head);
	/* With the new serial it is. */
	try_scale(&f, &change, 2, true);
	assert_int_equal(change.succeeded, 1);
	assert_int_equal(describe(&f, 0).scale, 240);
	fixture_destroy(&f);
}

static void an_output_that_went_is_not_changed(void)
{
	struct fixture f;
	struct change change;

	fixture_create(&f, 2, 4);
	begin(&f, f.serial, &change);
	struct zwlr_output_configuration_head_v1 *head = enable(&f, &change, 1);
	zwlr_output_configuration_head_v1_set_mode(head, f.heads[1].current);
	lend_output_destroy(f.test->outputs[1]);
	finish(&f, &change, true);
	assert_int_equal(change.cancelled, 1);
	zwlr_output_configuration_head_v1_destroy(head);
	/* Its head, once more, with a mode that is gone too. */
	begin(&f, f.serial, &change);
	head = enable(&f, &change, 1);
	zwlr_output_configuration_head_v1_set_mode(head, f.heads[1].current);
	finish(&f, &change, true);
	assert_int_equal(change.failed, 1);
	zwlr_output_configuration_head_v1_destroy(head);
	fixture_destroy(&f);
}

/* ---- hostile clients ------------------------------------------------------------------------ */

struct wrong {
	const char *name;
	void (*act)(struct fixture *f);
	const struct wl_interface *interface;
	uint32_t code;
	const char *words;
};

/* A configuration of both heads. */
static struct zwlr_output_configuration_head_v1 *wrong_head(struct fixture *f)
{
	struct zwlr_output_configuration_v1 *configuration =
		zwlr_output_manager_v1_create_configuration(f->manager, f->serial);

	return zwlr_output_configuration_v1_enable_head(configuration, f->heads[0].proxy);
}

static void head_twice(struct fixture *f)
{
	struct change change;

	begin(f, f->serial, &change);
	enable(f, &change, 1);
	zwlr_output_configuration_v1_disable_head(change.proxy, f->heads[1].proxy);
}

static void apply_twice(struct fixture *f)
{
	struct change change;

	begin(f, f->serial, &change);
	zwlr_output_configuration_v1_test(change.proxy);
	zwlr_output_configuration_v1_apply(change.proxy);
}

static void add_when_used(struct fixture *f)
{
	struct change change;

	begin(f, f->serial + 5, &change);
	zwlr_output_configuration_v1_apply(change.proxy);
	enable(f, &change, 0);
}

static void set_twice(struct fixture *f)
{
	struct zwlr_output_configuration_head_v1 *head = wrong_head(f);

	zwlr_output_configuration_head_v1_set_mode(head, f->heads[0].current);
	zwlr_output_configuration_head_v1_set_custom_mode(head, 10, 10, 10);
}

static void mode_of_another(struct fixture *f)
{
	zwlr_output_configuration_head_v1_set_mode(wrong_head(f), f->heads[1].current);
}

static void mode_of_nothing(struct fixture *f)
{
	zwlr_output_configuration_head_v1_set_custom_mode(wrong_head(f), 0, 5, 60000);
}

static void negative_rate(struct fixture *f)
{
	zwlr_output_configuration_head_v1_set_custom_mode(wrong_head(f), 5, 5, -1);
}

static void no_transform(struct fixture *f)
{
	zwlr_output_configuration_head_v1_set_transform(wrong_head(f), 8);
}

static void no_scale(struct fixture *f)
{
	zwlr_output_configuration_head_v1_set_scale(wrong_head(f), 0);
}

static void no_state(struct fixture *f)
{
	zwlr_output_configuration_head_v1_set_adaptive_sync(wrong_head(f), 2);
}

#define CONFIGURATION (&zwlr_output_configuration_v1_interface)
#define HEAD	      (&zwlr_output_configuration_head_v1_interface)

static const struct wrong wrongs[] = {
	{"head_twice", head_twice, CONFIGURATION, 1, "in the configuration already"},
	{"apply_twice", apply_twice, CONFIGURATION, 3, "applied or tested before"},
	{"add_when_used", add_when_used, CONFIGURATION, 3, "applied or tested before"},
	{"set_twice", set_twice, HEAD, 1, "set before"},
	{"mode_of_another", mode_of_another, HEAD, 2, "another head's"},
	{"mode_of_nothing", mode_of_nothing, HEAD, 3, "0x5 at 60000 mHz"},
	{"negative_rate", negative_rate, HEAD, 3, "-1 mHz"},
	{"no_transform", no_transform, HEAD, 4, "8 is no"},
	{"no_scale", no_scale, HEAD, 5, "not positive"},
	{"no_state", no_state, HEAD, 6, "2 is no"},
};

static void each_error_is_told(void)
{
	struct test *test = test_create(&(struct test_options){.outputs = 2, .refresh = 60000});

	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct fixture f = {.test = test, .client = client_create(test)};
		f.manager = bind_again(f.client, &zwlr_output_manager_v1_interface, 4, 0);
		zwlr_output_manager_v1_add_listener(f.manager, &manager_listener, &f);
		client_roundtrip(f.client);
		printf("%s\n", wrongs[i].name);
		wrongs[i].act(&f);
		expect_error(f.client, wrongs[i].interface, wrongs[i].code, wrongs[i].words);
		client_destroy(f.client);
	}
	test_destroy(test);
}

/* Objects outlive those that they came from, in whatever order they go. */
static void objects_go_in_any_order(void)
{
	struct fixture f;
	struct change change, other;

	fixture_create(&f, 2, 4);
	begin(&f, f.serial, &change);
	begin(&f, f.serial, &other);
	struct zwlr_output_configuration_head_v1 *head = enable(&f, &change, 0);
	enable(&f, &other, 1);
	zwlr_output_configuration_v1_destroy(change.proxy);
	zwlr_output_configuration_head_v1_set_scale(head, wl_fixed_from_int(3));
	zwlr_output_manager_v1_stop(f.manager);
	release(&f.heads[0]);
	zwlr_output_configuration_v1_apply(other.proxy);
	client_roundtrip(f.client);
	assert_int_equal(other.succeeded, 1);
	assert_int_equal(describe(&f, 0).scale, 120);
	/* The client goes with all that is left. */
	client_destroy(f.client);
	lend_output_destroy(f.test->outputs[0]);
	pump(f.test);
	test_destroy(f.test);
}

static unsigned managers_seen;

static void see_global(void *data, struct wl_registry *registry, uint32_t name,
		       const char *interface, uint32_t version)
{
	managers_seen += strcmp(interface, zwlr_output_manager_v1_interface.name) == 0;
}

static void see_removal(void *data, struct wl_registry *registry, uint32_t name) {}

static void only_the_privileged_see_it(void)
{
	static const struct wl_registry_listener listener = {see_global, see_removal};

	for (int privileged = 0; privileged < 2; privileged++) {
		struct test *test =
			test_create(&(struct test_options){.unprivileged = !privileged});
		struct client *client = client_create(test);
		struct wl_registry *registry = wl_display_get_registry(client->display);
		managers_seen = 0;
		wl_registry_add_listener(registry, &listener, NULL);
		client_roundtrip(client);
		assert_int_equal(managers_seen, privileged);
		wl_registry_destroy(registry);
		client_destroy(client);
		test_destroy(test);
	}
}

/* ---- layouts -------------------------------------------------------------------------------- */

static void a_layout_is_set_at_run_time(void)
{
	struct fixture f;

	fixture_create(&f, 1, 4);
	framelend_manager_v1_set_layout(f.client->manager, f.client->outputs[0],
					FRAMELEND_MANAGER_V1_LAYOUT_TILE);
	client_roundtrip(f.client);
	assert_int_equal(describe(&f, 0).layout, LEND_LAYOUT_TILE);
	lend_output_destroy(f.test->outputs[0]);
	framelend_manager_v1_set_layout(f.client->manager, f.client->outputs[0],
					FRAMELEND_MANAGER_V1_LAYOUT_FULL);
	expect_alive(f.client);
	framelend_manager_v1_set_layout(f.client->manager, f.client->outputs[0], 2);
	expect_error(f.client, &framelend_manager_v1_interface,
		     FRAMELEND_MANAGER_V1_ERROR_INVALID_LAYOUT, "2 is neither full nor tile");
	client_destroy(f.client);
	test_destroy(f.test);
}

static void layouts_are_for_the_privileged(void)
{
	struct test *test = test_create(&(struct test_options){.unprivileged = true});
	struct client *client = client_create(test);

	framelend_manager_v1_set_layout(client->manager, client->outputs[0],
					FRAMELEND_MANAGER_V1_LAYOUT_TILE);
	expect_error(client, &framelend_manager_v1_interface,
		     FRAMELEND_MANAGER_V1_ERROR_NOT_PRIVILEGED, "server's permission");
	client_destroy(client);
	test_destroy(test);
}

static const struct harness_test tests[] = {
	{"each_error_is_told", each_error_is_told},
	{"objects_go_in_any_order", objects_go_in_any_order},
	{"only_the_privileged_see_it", only_the_privileged_see_it},
	{"every_output_is_a_head", every_output_is_a_head},
	{"the_first_version_hears_less", the_first_version_hears_less},
	{"changes_are_told_together", changes_are_told_together},
	{"outputs_come_and_go", outputs_come_and_go},
	{"who_stops_hears_no_more", who_stops_hears_no_more},
	{"everything_is_changed_at_once", everything_is_changed_at_once},
	{"a_mode_object_is_a_mode", a_mode_object_is_a_mode},
	{"a_test_changes_nothing", a_test_changes_nothing},
	{"all_or_nothing", all_or_nothing},
	{"an_old_state_is_not_changed", an_old_state_is_not_changed},
	{"an_output_that_went_is_not_changed", an_output_that_went_is_not_changed},
	{"a_layout_is_set_at_run_time", a_layout_is_set_at_run_time},
	{"layouts_are_for_the_privileged", layouts_are_for_the_privileged},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
