/* SPDX-License-Identifier: MIT */
/* Releases: every committed buffer comes back, exactly once. */
#include "harness.h"

#include <stdlib.h>

#define RED   0xffc02010
#define GREEN 0xff20a040

struct fixture {
	struct test *test;
	struct lend_output *output;
	struct client *client;
	struct window window;
};

static void fixture_create(struct fixture *fixture, const struct test_options *options)
{
	fixture->test = test_create(options);
	fixture->output = fixture->test->outputs[0];
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
}

static void fixture_destroy(struct fixture *fixture)
{
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
}

static void assert_shown(const struct fixture *fixture, int x, int y, int width, int height,
			 uint32_t colour)
{
	struct picture picture;

	picture_take(fixture->output, &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	picture_finish(&picture);
}

struct counted {
	struct shm_buffer buffer;
	unsigned committed; /* times it was handed over while it was free */
	bool busy;
};

static void settle(struct counted *buffers, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(buffers[i].buffer.released <= buffers[i].committed);
		buffers[i].busy = buffers[i].buffer.released < buffers[i].committed;
	}
}

/* Random commits of windows on two outputs, by surface and subsurface, seen and hidden: in the end
 * every buffer was released once for each time it was committed. */
static void every_commit_is_released_once(void)
{
	enum { BUFFERS = 12, SURFACES = 4 };
	struct test *test = test_create(&(struct test_options){.outputs = 2});
	struct client *client = client_create(test);
	struct window windows[SURFACES];
	struct wl_surface *children[SURFACES];
	struct wl_subsurface *subsurfaces[SURFACES];
	static struct counted buffers[BUFFERS];

	srand(3);
	for (int i = 0; i < SURFACES; i++) {
		window_create(client, &windows[i]);
		xdg_toplevel_set_fullscreen(windows[i].toplevel, client->outputs[i % 2]);
		children[i] = wl_compositor_create_surface(client->compositor);
		subsurfaces[i] = wl_subcompositor_get_subsurface(client->subcompositor, children[i],
								 windows[i].surface);
	}
	for (int i = 0; i < BUFFERS; i++)
		shm_buffer_create(client, i % 3 ? 320 : 100, i % 3 ? 240 : 90,
				  i % 2 ? WL_SHM_FORMAT_XRGB8888 : WL_SHM_FORMAT_ARGB8888,
				  &buffers[i].buffer);
	for (int round = 0; round < 2000; round++) {
		struct counted *counted = &buffers[rand() % BUFFERS];
		int which = rand() % SURFACES;
		struct wl_surface *surface = rand() % 3 ? windows[which].surface : children[which];
		settle(buffers, BUFFERS);
		switch (rand() % 8) {
		case 0:
			if (surface == windows[which].surface)
				break; /* an unmapped toplevel must be configured anew */
			wl_surface_attach(surface, NULL, 0, 0);
			break;
		case 1: wl_subsurface_set_sync(subsurfaces[which]); break;
		case 2: wl_subsurface_set_desync(subsurfaces[which]); break;
		default:
			if (counted->busy)
				break;
			counted->committed++;
			wl_surface_attach(surface, counted->buffer.buffer, 0, 0);
			wl_surface_damage(surface, rand() % 300, rand() % 200, 50, 50);
			break;
		}
		wl_surface_commit(surface);
		if (rand() % 4 == 0)
			client_roundtrip(client);
	}
	for (int i = 0; i < SURFACES; i++) {
		wl_subsurface_destroy(subsurfaces[i]);
		wl_surface_destroy(children[i]);
		window_destroy(&windows[i]);
	}
	client_roundtrip(client);
	pump(test);
	for (int i = 0; i < BUFFERS; i++) {
		assert_true(buffers[i].committed > 10);
		assert_int_equal(buffers[i].buffer.released, buffers[i].committed);
		shm_buffer_destroy(&buffers[i].buffer);
	}
	test_destroy(test);
}

static void a_buffer_on_two_surfaces_is_released_once(void)
{
	struct fixture fixture;
	struct shm_buffer buffer, other;
	struct window second;

	fixture_create(&fixture, &(struct test_options){.layout = LEND_LAYOUT_TILE});
	window_create(fixture.client, &second);
	shm_buffer_create(fixture.client, 50, 50, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_create(fixture.client, 50, 50, WL_SHM_FORMAT_XRGB8888, &other);
	window_show(&fixture.window, buffer.buffer);
	window_show(&second, buffer.buffer);
	window_show(&fixture.window, other.buffer);
	assert_int_equal(buffer.released, 0);
	window_show(&second, other.buffer);
	client_roundtrip(fixture.client);
	assert_int_equal(buffer.released, 1);
	assert_int_equal(other.released, 0);
	window_destroy(&second);
	client_roundtrip(fixture.client);
	assert_int_equal(other.released, 0);
	shm_buffer_destroy(&other);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static void attached_buffers_may_be_destroyed(void)
{
	struct fixture fixture;
	struct shm_buffer buffer;

	fixture_create(&fixture, NULL);
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, RED);
	/* before the commit: the surface keeps the contents, or has none; either way nothing breaks
	 */
	wl_surface_attach(fixture.window.surface, buffer.buffer, 0, 0);
	wl_buffer_destroy(buffer.buffer);
	buffer.buffer = NULL;
	window_request_frame(&fixture.window);
	wl_surface_commit(fixture.window.surface);
	expect_alive(fixture.client);
	shm_buffer_destroy(&buffer);
	/* after it: what is shown stays */
	shm_buffer_create(fixture.client, 320, 240, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, GREEN);
	window_show(&fixture.window, buffer.buffer);
	shm_buffer_destroy(&buffer);
	client_roundtrip(fixture.client);
	assert_shown(&fixture, 0, 0, 320, 240, GREEN);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"every_commit_is_released_once", every_commit_is_released_once},
	{"a_buffer_on_two_surfaces_is_released_once", a_buffer_on_two_surfaces_is_released_once},
	{"attached_buffers_may_be_destroyed", attached_buffers_may_be_destroyed},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
