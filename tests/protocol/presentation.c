/* SPDX-License-Identifier: MIT */
/* wp_presentation: every commit's feedback comes once, and says when it was shown or that it was
 * not. */
#include "shell.h"

#include <time.h>

struct feedback {
	struct wp_presentation_feedback *proxy;
	unsigned presented, discarded, sync_outputs;
	uint64_t when, sequence; /* ns */
	uint32_t refresh, flags;
};

static void handle_sync_output(void *data, struct wp_presentation_feedback *proxy,
			       struct wl_output *output)
{
	((struct feedback *)data)->sync_outputs++;
}

static void handle_presented(void *data, struct wp_presentation_feedback *proxy, uint32_t sec_hi,
			     uint32_t sec_lo, uint32_t nsec, uint32_t refresh, uint32_t seq_hi,
			     uint32_t seq_lo, uint32_t flags)
{
	struct feedback *feedback = data;

	assert_in_range(nsec, 0, 999999999);
	feedback->when = ((uint64_t)sec_hi << 32 | sec_lo) * 1000000000 + nsec;
	feedback->sequence = (uint64_t)seq_hi << 32 | seq_lo;
	feedback->refresh = refresh;
	feedback->flags = flags;
	feedback->presented++;
	wp_presentation_feedback_destroy(proxy);
}

static void handle_discarded(void *data, struct wp_presentation_feedback *proxy)
{
	((struct feedback *)data)->discarded++;
	wp_presentation_feedback_destroy(proxy);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_sync_output,
	.presented = handle_presented,
	.discarded = handle_discarded,
};

struct fixture {
	struct test *test;
	struct client *client;
	struct shm_buffer buffer;
	struct shell_window window; /* a configured toplevel */
};

static void fixture_create(struct fixture *f, uint32_t refresh)
{
	f->test = test_create(&(struct test_options){.refresh = refresh});
	f->client = client_create(f->test);
	shm_buffer_create(f->client, 32, 32, WL_SHM_FORMAT_XRGB8888, &f->buffer);
	shell_window_create(f->client, &f->window);
	shell_window_get_toplevel(&f->window);
	shell_window_begin(&f->window);
	shell_window_ack(&f->window);
}

static void fixture_destroy(struct fixture *f)
{
	expect_alive(f->client);
	shm_buffer_destroy(&f->buffer);
	client_destroy(f->client);
	test_destroy(f->test);
}

static void ask(struct fixture *f, struct wl_surface *surface, struct feedback *feedback)
{
	*feedback = (struct feedback){
		.proxy = wp_presentation_feedback(f->client->presentation, surface)};
	wp_presentation_feedback_add_listener(feedback->proxy, &feedback_listener, feedback);
}

static void commit(struct fixture *f)
{
	wl_surface_attach(f->window.surface, f->buffer.buffer, 0, 0);
	wl_surface_damage_buffer(f->window.surface, 0, 0, 32, 32);
	wl_surface_commit(f->window.surface);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void handle_clock(void *data, struct wp_presentation *presentation, uint32_t id)
{
	*(uint32_t *)data = id;
}

static const struct wp_presentation_listener clock_listener = {.clock_id = handle_clock};

static void clock_is_monotonic(void)
{
	struct test *test = test_create(NULL);
	struct client *client = client_create(test);
	struct wp_presentation *presentation = bind_again(client, &wp_presentation_interface, 1, 0);
	uint32_t clock = 99;

	wp_presentation_add_listener(presentation, &clock_listener, &clock);
	client_roundtrip(client);
	assert_int_equal(clock, CLOCK_MONOTONIC);
	wp_presentation_destroy(presentation);
	expect_alive(client);
	test_destroy(test);
}

static void shown_at_a_tick_of_the_output(void)
{
	struct fixture f;
	struct feedback feedbacks[3];
	uint64_t before = now();

	fixture_create(&f, 60000);
	for (int i = 0; i < 3; i++) {
		struct feedback *feedback = &feedbacks[i];
		ask(&f, f.window.surface, feedback);
		commit(&f);
		pump_until(f.test, &feedback->presented, 1);
		assert_int_equal(feedback->discarded, 0);
		assert_int_equal(feedback->refresh, 16666667);
		assert_int_equal(feedback->flags, 0);
		assert_int_equal(feedback->sync_outputs, 1);
		assert_true(feedback->when >= before && feedback->when <= now());
		assert_true(feedback->sequence > 0);
		if (i > 0) {
			assert_true(feedback->sequence > feedbacks[i - 1].sequence);
			assert_true(feedback->when > feedbacks[i - 1].when);
		}
	}
	fixture_destroy(&f);
}

/* Without a refresh there is neither a next tick to foretell nor a count of them. */
static void without_refresh_both_are_zero(void)
{
	struct fixture f;
	struct feedback feedback;

	fixture_create(&f, 0);
	ask(&f, f.window.surface, &feedback);
	commit(&f);
	pump_until(f.test, &feedback.presented, 1);
	assert_int_equal(feedback.refresh, 0);
	assert_int_equal(feedback.sequence, 0);
	fixture_destroy(&f);
}

static void each_bound_output_is_named(void)
{
	struct fixture f;
	struct feedback feedback;

	fixture_create(&f, 0);
	struct wl_output *second = bind_again(f.client, &wl_output_interface, 4, 0);
	struct wl_output *third = bind_again(f.client, &wl_output_interface, 1, 0);
	ask(&f, f.window.surface, &feedback);
	commit(&f);
	pump_until(f.test, &feedback.presented, 1);
	assert_int_equal(feedback.sync_outputs, 3);
	wl_output_destroy(second);
	wl_output_destroy(third);
	fixture_destroy(&f);
}

static void all_of_a_commit_hear_the_same(void)
{
	struct fixture f;
	struct feedback a, b;

	fixture_create(&f, 60000);
	ask(&f, f.window.surface, &a);
	ask(&f, f.window.surface, &b);
	commit(&f);
	pump_until(f.test, &b.presented, 1);
	assert_int_equal(a.presented, 1);
	assert_true(a.when == b.when && a.sequence == b.sequence);
	fixture_destroy(&f);
}

/* Two commits arrive at once: the first is never seen. */
static void superseded_is_discarded(void)
{
	struct fixture f;
	struct feedback first, second;

	fixture_create(&f, 0);
	ask(&f, f.window.surface, &first);
	commit(&f);
	ask(&f, f.window.surface, &second);
	commit(&f);
	pump_until(f.test, &second.presented, 1);
	assert_int_equal(first.discarded, 1);
	assert_int_equal(first.presented, 0);
	assert_int_equal(second.discarded, 0);
	fixture_destroy(&f);
}

static void destroyed_surface_discards(void)
{
	struct fixture f;
	struct feedback committed, pending;
	struct wl_surface *surface;

	fixture_create(&f, 0);
	surface = wl_compositor_create_surface(f.client->compositor);
	ask(&f, surface, &committed);
	wl_surface_commit(surface);
	ask(&f, surface, &pending);
	client_roundtrip(f.client);
	assert_int_equal(committed.discarded + pending.discarded, 0);
	wl_surface_destroy(surface);
	client_roundtrip(f.client);
	assert_int_equal(committed.discarded, 1);
	assert_int_equal(pending.discarded, 1);
	fixture_destroy(&f);
}

static void outlives_the_global_object(void)
{
	struct fixture f;
	struct feedback feedback;

	fixture_create(&f, 0);
	ask(&f, f.window.surface, &feedback);
	wp_presentation_destroy(f.client->presentation);
	f.client->presentation = NULL;
	commit(&f);
	pump_until(f.test, &feedback.presented, 1);
	fixture_destroy(&f);
}

static void client_may_vanish(void)
{
	struct fixture f;
	struct feedback feedbacks[50];

	fixture_create(&f, 1000);
	for (int i = 0; i < 50; i++) {
		ask(&f, f.window.surface, &feedbacks[i]);
		if (i % 5 == 0)
			commit(&f);
	}
	client_roundtrip(f.client);
	shm_buffer_destroy(&f.buffer);
	for (int i = 0; i < 50; i++)
		if (feedbacks[i].presented + feedbacks[i].discarded == 0)
			wp_presentation_feedback_destroy(feedbacks[i].proxy);
	client_destroy(f.client);
	pump(f.test);
	assert_int_equal(f.test->gone, 1);
	f.client = client_create(f.test);
	expect_alive(f.client);
	test_destroy(f.test);
}

int main(int argc, char **argv)
{
#define TEST(name)                                                                                 \
	{                                                                                          \
#name, name                                                                        \
	}
	static const struct harness_test tests[] = {
		TEST(clock_is_monotonic),
		TEST(shown_at_a_tick_of_the_output),
		TEST(without_refresh_both_are_zero),
		TEST(each_bound_output_is_named),
		TEST(all_of_a_commit_hear_the_same),
		TEST(superseded_is_discarded),
		TEST(destroyed_surface_discards),
		TEST(outlives_the_global_object),
		TEST(client_may_vanish),
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
