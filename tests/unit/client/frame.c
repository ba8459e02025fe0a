/* SPDX-License-Identifier: MIT */
#include "fake.h"

#include <errno.h>
#include <presentation-time-server-protocol.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <xdg-shell-server-protocol.h>

#include <cmocka.h>

#define WIDTH  64
#define HEIGHT 48

static const struct fake_options plain = {.width = WIDTH, .height = HEIGHT};

static uint32_t *pixel(const struct lend_frame *frame, uint32_t x, uint32_t y)
{
	return (uint32_t *)((char *)frame->pixels + (size_t)y * frame->stride) + x;
}

static uint32_t shown_pixel(struct fake *fake, uint32_t x, uint32_t y)
{
	const struct fake_buffer *shown = fake_shown(fake);
	assert_non_null(shown);
	return ((const uint32_t *)(shown->pixels + (size_t)y * shown->stride))[x];
}

static void test_age_tells_whose_content_it_is(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	assert_int_equal(fake.asked_count, 3);
	assert_int_equal(fake.asked_usage, 0);
	for (uint32_t number = 1; number < 20; number++) {
		/* now and then a buffer more is held, so that ages differ */
		fake.options.hold_releases = number % 5 == 0;
		struct lend_frame frame = fake_begin(surface);
		assert_int_equal(frame.number, number);
		assert_int_equal(frame.width, WIDTH);
		assert_int_equal(frame.height, HEIGHT);
		assert_int_equal(frame.format, LEND_FORMAT_XRGB8888);
		assert_int_equal(frame.stride, WIDTH * 4 + 64);
		assert_true(frame.age <= number);
		if (frame.age > 0)
			assert_int_equal(*pixel(&frame, 1, 2), number - frame.age);
		else
			assert_int_equal(*pixel(&frame, 1, 2), 0);
		*pixel(&frame, 1, 2) = number;
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(shown_pixel(&fake, 1, 2), number);
		if (number % 5 == 1)
			fake_release_all(&fake);
		assert_int_equal(fake_run(&fake), 0);
	}
	fake_stop(&fake);
}

static void test_steady_age_is_two(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	for (int i = 1; i < 10; i++) {
		struct lend_frame frame = fake_begin(surface);
		assert_int_equal(frame.age, i < 3 ? 0 : 2);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
	}
	fake_stop(&fake);
}

static void count_call(void *data, struct lend_surface *surface)
{
	++*(int *)data;
}

static void test_a_held_buffer_is_not_drawn_in(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.hold_releases = true;
	int ready = 0;
	struct lend_surface_events events = {.size = sizeof(events), .ready = count_call};
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(
		&fake,
		(struct lend_surface_options){.count = 2, .events = &events, .data = &ready});
	assert_int_equal(ready, 1);
	for (int i = 0; i < 2; i++) {
		fake_begin(surface);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(ready, 2);
	struct lend_frame frame;
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	assert_non_null(strstr(lend_client_error(fake.lend), "holds all buffers"));
	fake_release(&fake, fake.buffers[0].resource);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(ready, 3);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	assert_int_equal(frame.age, 2);
	fake_stop(&fake);
}

static void test_frame_callback_paces(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.hold_frames = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	struct lend_frame frame = fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	assert_non_null(strstr(lend_client_error(fake.lend), "not shown yet"));
	fake_frame_done(&fake);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	fake_stop(&fake);
}

static void test_unpaced_waits_for_buffers_only(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.hold_frames = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.unpaced = 1});
	for (uint32_t i = 1; i <= 5; i++) {
		fake_begin(surface);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(fake.commits, i + 1);
	}
	fake_frame_done(&fake);
	fake_stop(&fake);
}

static void test_rules_of_begin_end_cancel(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.hold_generations = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = NULL;
	struct lend_surface_options given = {.size = sizeof(given)};
	struct lend_frame frame;
	assert_int_equal(lend_surface_create(fake.lend, &given, &surface), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	assert_non_null(strstr(lend_client_error(fake.lend), "has not said the size"));
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);
	assert_non_null(strstr(lend_client_error(fake.lend), "have not come yet"));
	assert_int_equal(lend_frame_end(surface, NULL, 0), -EINVAL);
	assert_int_equal(lend_frame_cancel(surface), -EINVAL);
	fake_lend(&fake, WIDTH, HEIGHT, 3);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	assert_int_equal(lend_frame_begin(surface, &frame), -EBUSY);
	assert_non_null(strstr(lend_client_error(fake.lend), "end or cancel"));
	assert_int_equal(lend_frame_cancel(surface), 0);
	assert_int_equal(lend_frame_cancel(surface), -EINVAL);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.commits, 1); /* the empty one */
	frame = fake_begin(surface);
	assert_int_equal(frame.number, 1);
	lend_surface_destroy(surface); /* in the middle of a frame */
	assert_int_equal(fake_run(&fake), 0);
	fake_stop(&fake);
}

static void test_cancelled_content_is_undefined(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.count = 2});
	for (int i = 0; i < 4; i++) {
		fake_begin(surface);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(fake_begin(surface).age, 2);
	assert_int_equal(lend_frame_cancel(surface), 0);
	struct lend_frame frame = fake_begin(surface);
	assert_int_equal(frame.age, 0);
	assert_int_equal(frame.number, 5);
	fake_stop(&fake);
}

/* A picture drawn bit by bit into preserved buffers equals one drawn into a single buffer. */
static void draw_randomly(const struct lend_frame *frame, uint32_t *reference,
			  struct lend_rect *rects, int n)
{
	for (int i = 0; i < n; i++) {
		rects[i] = (struct lend_rect){rand() % WIDTH, rand() % HEIGHT, 0, 0};
		rects[i].width = rand() % (WIDTH - rects[i].x) + 1;
		rects[i].height = rand() % (HEIGHT - rects[i].y) + 1;
		uint32_t colour = (uint32_t)rand();
		for (int y = rects[i].y; y < rects[i].y + rects[i].height; y++)
			for (int x = rects[i].x; x < rects[i].x + rects[i].width; x++) {
				*pixel(frame, (uint32_t)x, (uint32_t)y) = colour;
				reference[y * WIDTH + x] = colour;
			}
	}
}

static void assert_shows(struct fake *fake, const uint32_t *reference)
{
	const struct fake_buffer *shown = fake_shown(fake);
	assert_non_null(shown);
	for (size_t y = 0; y < HEIGHT; y++)
		assert_memory_equal(shown->pixels + y * shown->stride, reference + y * WIDTH,
				    WIDTH * sizeof(*reference));
}

static void check_preserve(uint32_t count, enum lend_mode mode, unsigned seed)
{
	static uint32_t reference[WIDTH * HEIGHT];
	struct fake fake;
	memset(reference, 0, sizeof(reference));
	srand(seed);
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(
		&fake, (struct lend_surface_options){.count = count, .mode = mode, .preserve = 1});
	for (int i = 0; i < 200; i++) {
		struct lend_rect rects[6];
		fake.options.hold_releases = rand() % 3 == 0;
		struct lend_frame frame;
		int result = lend_frame_begin(surface, &frame);
		if (result == -EAGAIN) {
			fake_release_all(&fake);
			assert_int_equal(fake_run(&fake), 0);
			frame = fake_begin(surface);
		}
		assert_int_equal(frame.age, frame.number > 1);
		int n = rand() % 7;
		draw_randomly(&frame, reference, rects, n);
		assert_int_equal(lend_frame_end(surface, rects, (size_t)n), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_shows(&fake, reference);
		/* the server moves the surface to other memory of its own accord */
		if (rand() % 20 == 0 && fake.n_buffers + 4 < FAKE_BUFFERS)
			fake_lend(&fake, WIDTH, HEIGHT, mode == LEND_MODE_FRONT ? 1 : count);
		assert_int_equal(fake_run(&fake), 0);
	}
	fake_stop(&fake);
}

static void test_preserve_equals_a_full_redraw(void **state)
{
	for (unsigned seed = 1; seed <= 6; seed++)
		check_preserve(seed % 3 + 2, LEND_MODE_CHAIN, seed);
}

static void test_front_preserves_without_being_asked(void **state)
{
	check_preserve(0, LEND_MODE_FRONT, 7);
}

static void test_preserve_copies_no_more_than_is_lacking(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.preserve = 1});
	struct lend_path_info path = {.size = sizeof(path)};
	uint64_t before = 0;
	for (int i = 0; i < 10; i++) {
		fake_begin(surface);
		assert_int_equal(lend_surface_path(surface, &path), 0);
		if (i == 1) /* the second buffer had nothing yet */
			assert_int_equal(path.own_copy, WIDTH * HEIGHT * 4);
		else if (i > 2)
			assert_int_equal(path.own_copy - before, 5 * 7 * 4);
		before = path.own_copy;
		assert_int_equal(lend_frame_end(surface, &(struct lend_rect){i, i, 5, 7}, 1), 0);
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(fake.asked_usage, 1); /* read */
	fake_stop(&fake);
}

static void test_damage_is_clipped_and_counted(void **state)
{
	static const struct lend_rect rects[] = {
		{-5, -5, 10, 10}, {60, 40, 1000, 1000}, {7, 7, 0, 3}};
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, rects, 3), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.n_shown_damage, 2);
	assert_memory_equal(&fake.shown_damage[0], (&(struct lend_rect){0, 0, 5, 5}),
			    sizeof(struct lend_rect));
	assert_memory_equal(&fake.shown_damage[1], (&(struct lend_rect){60, 40, 4, 8}),
			    sizeof(struct lend_rect));
	assert_false(fake.damage_in_surface);

	fake_begin(surface); /* nothing changed */
	assert_int_equal(lend_frame_end(surface, rects, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.n_shown_damage, 0);

	fake_begin(surface); /* everything */
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.n_shown_damage, 1);
	assert_memory_equal(&fake.shown_damage[0], (&(struct lend_rect){0, 0, WIDTH, HEIGHT}),
			    sizeof(struct lend_rect));
	fake_stop(&fake);
}

static void test_ten_thousand_rectangles(void **state)
{
	static struct lend_rect rects[10000];
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	for (int i = 0; i < 10000; i++)
		rects[i] = (struct lend_rect){i % 31 * 2, i / 31 % 20 * 2, 1, 1};
	for (int i = 0; i < 20; i++) {
		fake_begin(surface);
		assert_int_equal(lend_frame_end(surface, rects, 10000), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_true(fake.n_shown_damage >= 1 && fake.n_shown_damage <= 64);
	}
	assert_int_equal(fake.commits, 21);
	fake_stop(&fake);
}

static void test_old_compositor_gets_surface_damage(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.compositor_version = 3;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, &(struct lend_rect){1, 2, 3, 4}, 1), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_true(fake.damage_in_surface);
	assert_int_equal(fake.n_shown_damage, 1);
	fake_stop(&fake);
}

static void test_front_draws_in_what_is_shown(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.mode = LEND_MODE_FRONT});
	assert_int_equal(fake.asked_count, 1);
	assert_int_equal(fake.asked_usage, 2); /* front */
	for (uint32_t i = 1; i < 10; i++) {
		struct lend_frame frame = fake_begin(surface);
		assert_int_equal(frame.age, i > 1);
		*pixel(&frame, 3, 3) = i;
		if (i > 1) /* before the frame ends */
			assert_int_equal(shown_pixel(&fake, 3, 3), i);
		assert_int_equal(lend_frame_end(surface, &(struct lend_rect){3, 3, 1, 1}, 1), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(fake.commits, i + 1);
		assert_int_equal(fake.n_shown_damage, 1);
	}
	struct lend_path_info path = {.size = sizeof(path)};
	assert_int_equal(lend_surface_path(surface, &path), 0);
	assert_int_equal(path.count, 1);
	assert_int_equal(path.own_copy, 0);
	fake_stop(&fake);
}

struct told {
	uint32_t width, height;
	uint64_t number, time;
	uint32_t refresh;
	int resized, closed, presented;
};

static void on_resize(void *data, struct lend_surface *surface, uint32_t width, uint32_t height)
{
	struct told *told = data;
	told->width = width;
	told->height = height;
	told->resized++;
}

static void on_close(void *data, struct lend_surface *surface)
{
	struct told *told = data;
	told->closed++;
	lend_surface_destroy(surface);
}

static void on_presented(void *data, struct lend_surface *surface, uint64_t number, uint64_t time,
			 uint32_t refresh)
{
	struct told *told = data;
	told->presented++;
	told->number = number;
	told->time = time;
	told->refresh = refresh;
}

static const struct lend_surface_events telling = {
	.size = sizeof(telling),
	.resize = on_resize,
	.close = on_close,
	.presented = on_presented,
};

static void test_resize_is_taken_by_the_next_frame(void **state)
{
	struct fake fake;
	struct told told = {0};
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(
		&fake, (struct lend_surface_options){.events = &telling, .data = &told});
	assert_int_equal(told.resized, 1);
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.acked, 1);

	/* in the middle of a frame, which keeps its size and acknowledges nothing */
	struct lend_frame frame = fake_begin(surface);
	fake.options.hold_generations = true;
	fake_configure(&fake, 100, 30);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(told.resized, 2);
	assert_int_equal(told.width, 100);
	assert_int_equal(told.height, 30);
	*pixel(&frame, WIDTH - 1, HEIGHT - 1) = 1;
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.acked, 1);
	assert_int_equal(fake.asked_width, 100);
	assert_int_equal(fake.asked_height, 30);
	assert_int_equal(lend_frame_begin(surface, &frame), -EAGAIN);

	fake_lend(&fake, 100, 30, 3);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.dropped, 0); /* before the new size is drawn the old stays */
	frame = fake_begin(surface);
	assert_int_equal(frame.width, 100);
	assert_int_equal(frame.height, 30);
	assert_int_equal(frame.age, 0);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.acked, 2);
	assert_int_equal(fake.dropped, 1);
	for (int i = 0; i < 3; i++) /* and all of its wl_buffers go */
		assert_null(fake.buffers[i].resource);
	fake_stop(&fake);
}

/* A configure is acknowledged with the first frame of its size, be it only one side that changes.
 */
static void test_acknowledged_with_the_size_alone(void **state)
{
	static const uint32_t sizes[][2] = {{WIDTH + 1, HEIGHT}, {WIDTH, HEIGHT + 1}};
	for (size_t i = 0; i < 2; i++) {
		struct fake fake;
		assert_int_equal(fake_start(&fake, &plain), 0);
		struct lend_surface *surface =
			fake_surface(&fake, (struct lend_surface_options){0});
		fake_begin(surface);
		fake_configure(&fake, sizes[i][0], sizes[i][1]);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(fake.acked, 0);
		assert_int_equal(fake_begin(surface).width, sizes[i][0]);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(fake.acked, 2);
		/* the same size once more needs no frame */
		fake_configure(&fake, sizes[i][0], sizes[i][1]);
		assert_int_equal(fake_run(&fake), 0);
		assert_int_equal(fake.acked, 3);
		fake_stop(&fake);
	}
}

static void test_only_the_last_of_many_sizes_is_asked_for(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.hold_generations = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	struct lend_surface *surface = fake_surface(&fake, (struct lend_surface_options){0});
	for (uint32_t i = 1; i <= 50; i++) {
		fake_configure(&fake, 100 + i, 100);
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(fake.configures, 1);
	fake_lend(&fake, WIDTH, HEIGHT, 3); /* nobody wants it any more */
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.dropped, 1);
	assert_int_equal(fake.configures, 2);
	assert_int_equal(fake.asked_width, 150);
	fake_lend(&fake, 150, 100, 3);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake_begin(surface).width, 150);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.acked, 51);
	fake_stop(&fake);
}

static void test_the_program_decides_where_the_display_does_not(void **state)
{
	struct fake fake;
	assert_int_equal(fake_start(&fake, &(struct fake_options){0}), 0);
	struct lend_surface *surface =
		fake_surface(&fake, (struct lend_surface_options){.width = 33, .height = 22});
	struct lend_frame frame = fake_begin(surface);
	assert_int_equal(frame.width, 33);
	assert_int_equal(frame.height, 22);
	surface = fake_surface(&fake, (struct lend_surface_options){0});
	assert_true(fake_begin(surface).width > 0);
	fake_stop(&fake);
}

static void test_absurd_configures(void **state)
{
	struct fake fake;
	struct fake_options options = plain;
	options.hold_generations = true;
	assert_int_equal(fake_start(&fake, &options), 0);
	fake_surface(&fake, (struct lend_surface_options){.width = 10, .height = 10});
	fake_lend(&fake, WIDTH, HEIGHT, 3);
	fake_configure(&fake, (uint32_t)-5, INT32_MAX);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(fake.asked_width, 10);
	assert_int_equal(fake.asked_height, 16384);
	fake_stop(&fake);
}

static void test_close_with_and_without_a_callback(void **state)
{
	struct fake fake;
	struct told told = {0};
	assert_int_equal(fake_start(&fake, &plain), 0);
	fake_surface(&fake, (struct lend_surface_options){.events = &telling, .data = &told});
	xdg_toplevel_send_close(fake.toplevel);
	assert_int_equal(fake_run(&fake), 0);
	assert_int_equal(told.closed, 1);
	fake_surface(&fake, (struct lend_surface_options){0});
	xdg_toplevel_send_close(fake.toplevel);
	assert_int_equal(fake_run(&fake), -ECANCELED);
	assert_non_null(strstr(lend_client_error(fake.lend), "closed"));
	assert_int_equal(fake_run(&fake), 0); /* it was told; the connection is whole */
	fake_stop(&fake);
}

static void test_presented(void **state)
{
	struct fake fake;
	struct told told = {0};
	assert_int_equal(fake_start(&fake, &plain), 0);
	struct lend_surface *surface = fake_surface(
		&fake, (struct lend_surface_options){.events = &telling, .data = &told});
	for (int i = 0; i < 3; i++) {
		fake_begin(surface);
		assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
		assert_int_equal(fake_run(&fake), 0);
		assert_non_null(fake.feedback);
		if (i == 1)
			wp_presentation_feedback_send_discarded(fake.feedback);
		else
			wp_presentation_feedback_send_presented(fake.feedback, 1, 2, 3, 16666666, 0,
								0, 0);
		wl_resource_destroy(fake.feedback);
		fake.feedback = NULL;
		assert_int_equal(fake_run(&fake), 0);
	}
	assert_int_equal(told.presented, 2);
	assert_int_equal(told.number, 3);
	assert_true(told.time == ((1ULL << 32) + 2) * 1000000000 + 3);
	assert_int_equal(told.refresh, 16666666);

	/* a program that did not ask causes no feedback */
	surface = fake_surface(&fake, (struct lend_surface_options){0});
	fake_begin(surface);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	assert_int_equal(fake_run(&fake), 0);
	assert_null(fake.feedback);
	fake_stop(&fake);
}

/* Frames are drawn, surfaces made and destroyed within callbacks. */
static void draw_when_ready(void *data, struct lend_surface *surface)
{
	int *left = data;
	struct lend_frame frame;
	assert_int_equal(lend_frame_begin(surface, &frame), 0);
	assert_int_equal(lend_frame_end(surface, NULL, 0), 0);
	if (--*left == 0)
		lend_surface_destroy(surface);
}

static void test_a_program_driven_by_ready_alone(void **state)
{
	struct fake fake;
	int left = 20;
	struct lend_surface_events events = {.size = sizeof(events), .ready = draw_when_ready};
	assert_int_equal(fake_start(&fake, &plain), 0);
	fake_surface(&fake, (struct lend_surface_options){.events = &events, .data = &left});
	assert_int_equal(left, 0);
	assert_int_equal(fake.commits, 21);
	fake_stop(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_age_tells_whose_content_it_is),
		cmocka_unit_test(test_steady_age_is_two),
		cmocka_unit_test(test_a_held_buffer_is_not_drawn_in),
		cmocka_unit_test(test_frame_callback_paces),
		cmocka_unit_test(test_unpaced_waits_for_buffers_only),
		cmocka_unit_test(test_rules_of_begin_end_cancel),
		cmocka_unit_test(test_cancelled_content_is_undefined),
		cmocka_unit_test(test_preserve_equals_a_full_redraw),
		cmocka_unit_test(test_front_preserves_without_being_asked),
		cmocka_unit_test(test_preserve_copies_no_more_than_is_lacking),
		cmocka_unit_test(test_damage_is_clipped_and_counted),
		cmocka_unit_test(test_ten_thousand_rectangles),
		cmocka_unit_test(test_old_compositor_gets_surface_damage),
		cmocka_unit_test(test_front_draws_in_what_is_shown),
		cmocka_unit_test(test_resize_is_taken_by_the_next_frame),
		cmocka_unit_test(test_acknowledged_with_the_size_alone),
		cmocka_unit_test(test_only_the_last_of_many_sizes_is_asked_for),
		cmocka_unit_test(test_the_program_decides_where_the_display_does_not),
		cmocka_unit_test(test_absurd_configures),
		cmocka_unit_test(test_close_with_and_without_a_callback),
		cmocka_unit_test(test_presented),
		cmocka_unit_test(test_a_program_driven_by_ready_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
