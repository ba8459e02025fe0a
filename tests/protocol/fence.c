/* SPDX-License-Identifier: MIT */
/* Commits wait for fences: the surface that brought one, and nobody else. */
#include "fence_double.h"

#include "dmabufs.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define RED   0xffc02010
#define GREEN 0xff20a040
#define BLUE  0xff1030d0

struct fixture {
	struct dmabufs dmabufs;
	struct window window;
	struct dmabuf buffers[3]; /* red, green, blue */
};

static void open_fixture(struct fixture *f)
{
	static const uint32_t colours[] = {RED, GREEN, BLUE};

	memset(f, 0, sizeof(*f));
	dmabufs_open(&f->dmabufs, NULL, 4);
	window_create(f->dmabufs.client, &f->window);
	for (int i = 0; i < 3; i++)
		dmabuf_create(&f->dmabufs, &f->buffers[i], 320, 240, colours[i]);
	window_show(&f->window, f->buffers[0].buffer);
}

static void close_fixture(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		dmabuf_destroy(&f->buffers[i]);
	window_destroy(&f->window);
	dmabufs_close(&f->dmabufs);
	fence_forget_drawing();
}

static void expect_colour(struct fixture *f, uint32_t colour)
{
	struct picture picture;

	pump(f->dmabufs.test);
	picture_take(f->dmabufs.test->outputs[0], &picture);
	assert_picture_rect(&picture, 0, 0, 320, 240, colour);
	picture_finish(&picture);
}

static struct framelend_chain_v1 *get_chain(struct fixture *f)
{
	return framelend_manager_v1_get_chain(f->dmabufs.client->manager, f->window.surface);
}

/* ---- bad input ------------------------------------------------------------------------------ */

static int open_null(void)
{
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

static int make_memory(void)
{
	return memory_create(4096);
}

static void what_is_no_fence_is_refused(void)
{
	int (*const make[])(void) = {open_null, make_memory};

	for (size_t i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		struct fixture f;
		int fd;

		open_fixture(&f);
		fd = make[i]();
		framelend_chain_v1_set_acquire_fence(get_chain(&f), fd);
		close(fd);
		expect_error(f.dmabufs.client, &framelend_chain_v1_interface,
			     FRAMELEND_CHAIN_V1_ERROR_INVALID_FENCE, "not a sync_file");
		close_fixture(&f);
	}
}

static void a_commit_has_one_fence(void)
{
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct framelend_chain_v1 *chain = get_chain(&f);
	framelend_chain_v1_set_acquire_fence(chain, fence);
	framelend_chain_v1_set_acquire_fence(chain, fence);
	expect_error(f.dmabufs.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_DUPLICATE_FENCE, "has a fence already");
	close(fence);
	close_fixture(&f);
}

static void a_fence_needs_its_surface(void)
{
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct wl_surface *surface = wl_compositor_create_surface(f.dmabufs.client->compositor);
	struct framelend_chain_v1 *chain =
		framelend_manager_v1_get_chain(f.dmabufs.client->manager, surface);
	wl_surface_destroy(surface);
	framelend_chain_v1_set_acquire_fence(chain, fence);
	expect_error(f.dmabufs.client, &framelend_chain_v1_interface,
		     FRAMELEND_CHAIN_V1_ERROR_NO_SURFACE, "destroyed");
	close(fence);
	close_fixture(&f);
}

/* ---- waiting -------------------------------------------------------------------------------- */

static void a_commit_waits_for_its_fence(void)
{
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct framelend_chain_v1 *chain = get_chain(&f);
	unsigned frames = f.window.frames;
	framelend_chain_v1_set_acquire_fence(chain, fence);
	window_commit(&f.window, f.buffers[1].buffer);
	expect_colour(&f, RED);
	assert_int_equal(f.window.frames, frames);
	fence_signal(fence);
	pump_until(f.dmabufs.test, &f.window.frames, frames + 1);
	expect_colour(&f, GREEN);
	assert_int_equal(f.buffers[0].released, 1);
	framelend_chain_v1_destroy(chain);
	close(fence);
	close_fixture(&f);
}

static void a_commit_waits_for_who_draws_in_its_memory(void)
{
	struct fixture f;

	open_fixture(&f);
	unsigned frames = f.window.frames;
	fence_begin_drawing(f.buffers[1].fd);
	window_commit(&f.window, f.buffers[1].buffer);
	expect_colour(&f, RED);
	fence_end_drawing();
	pump_until(f.dmabufs.test, &f.window.frames, frames + 1);
	expect_colour(&f, GREEN);
	close_fixture(&f);
}

/* Ready ones do not overtake. */
static void commits_stay_in_order(void)
{
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct framelend_chain_v1 *chain = get_chain(&f);
	unsigned frames = f.window.frames;
	framelend_chain_v1_set_acquire_fence(chain, fence);
	window_commit(&f.window, f.buffers[1].buffer);
	wl_surface_commit(f.window.surface); /* nothing new */
	window_commit(&f.window, f.buffers[2].buffer);
	expect_colour(&f, RED);
	fence_signal(fence);
	pump_until(f.dmabufs.test, &f.window.frames, frames + 2);
	expect_colour(&f, BLUE);
	assert_int_equal(f.buffers[1].released, 1);
	framelend_chain_v1_destroy(chain);
	close(fence);
	close_fixture(&f);
}

static void a_fence_that_never_signals_costs_nobody_else(void)
{
	struct bystander bystander;
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct framelend_chain_v1 *chain = get_chain(&f);
	framelend_chain_v1_set_acquire_fence(chain, fence);
	for (unsigned i = 0; i < 100; i++) /* more than are kept apart */
		window_commit(&f.window, f.buffers[1 + i % 2].buffer);
	pump(f.dmabufs.test);
	bystander_create(f.dmabufs.test, &bystander);
	bystander_check(&bystander);
	bystander_destroy(&bystander);
	framelend_chain_v1_destroy(chain);
	close(fence);
	close_fixture(&f); /* while it waits */
}

static void the_buffer_may_go_while_it_waits(void)
{
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct framelend_chain_v1 *chain = get_chain(&f);
	unsigned frames = f.window.frames;
	framelend_chain_v1_set_acquire_fence(chain, fence);
	window_commit(&f.window, f.buffers[1].buffer);
	wl_buffer_destroy(f.buffers[1].buffer);
	f.buffers[1].buffer = NULL;
	expect_colour(&f, RED);
	fence_signal(fence);
	pump_until(f.dmabufs.test, &f.window.frames, frames + 1);
	expect_colour(&f, GREEN);
	framelend_chain_v1_destroy(chain);
	close(fence);
	close_fixture(&f);
}

/* The fence comes when the commit has been applied long since: what there is is shown. */
static void a_later_fence_holds_up_nobody(void)
{
	struct fixture f;
	struct window other;
	struct dmabuf small;

	open_fixture(&f);
	fence_begin_drawing(f.buffers[0].fd);
	window_create(f.dmabufs.client, &other);
	dmabuf_create(&f.dmabufs, &small, 320, 240, GREEN);
	window_show(&other, small.buffer);
	expect_colour(&f, GREEN);
	window_destroy(&other);
	expect_colour(&f, RED);
	dmabuf_destroy(&small);
	fence_end_drawing();
	close_fixture(&f);
}

/* ---- subsurfaces ---------------------------------------------------------------------------- */

static void a_parent_waits_for_its_children(void)
{
	struct fixture f;
	struct dmabuf child;
	int fence = fence_create();

	open_fixture(&f);
	struct wl_surface *surface = wl_compositor_create_surface(f.dmabufs.client->compositor);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		f.dmabufs.client->subcompositor, surface, f.window.surface);
	wl_surface_commit(f.window.surface);
	struct framelend_chain_v1 *chain =
		framelend_manager_v1_get_chain(f.dmabufs.client->manager, surface);
	dmabuf_create(&f.dmabufs, &child, 320, 240, BLUE);
	framelend_chain_v1_set_acquire_fence(chain, fence);
	wl_surface_attach(surface, child.buffer, 0, 0);
	wl_surface_commit(surface);
	unsigned frames = f.window.frames;
	window_commit(&f.window, f.buffers[1].buffer);
	expect_colour(&f, RED);
	assert_int_equal(f.window.frames, frames);
	fence_signal(fence);
	pump_until(f.dmabufs.test, &f.window.frames, frames + 1);
	expect_colour(&f, BLUE);
	framelend_chain_v1_destroy(chain);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(surface);
	dmabuf_destroy(&child);
	close(fence);
	close_fixture(&f);
}

static void a_child_that_goes_is_not_waited_for(void)
{
	struct fixture f;
	int fence = fence_create();

	open_fixture(&f);
	struct wl_surface *surface = wl_compositor_create_surface(f.dmabufs.client->compositor);
	struct wl_subsurface *subsurface = wl_subcompositor_get_subsurface(
		f.dmabufs.client->subcompositor, surface, f.window.surface);
	wl_surface_commit(f.window.surface);
	struct framelend_chain_v1 *chain =
		framelend_manager_v1_get_chain(f.dmabufs.client->manager, surface);
	framelend_chain_v1_set_acquire_fence(chain, fence);
	wl_surface_attach(surface, f.buffers[2].buffer, 0, 0);
	wl_surface_commit(surface);
	unsigned frames = f.window.frames;
	window_commit(&f.window, f.buffers[1].buffer);
	expect_colour(&f, RED);
	framelend_chain_v1_destroy(chain);
	wl_subsurface_destroy(subsurface);
	wl_surface_destroy(surface);
	pump_until(f.dmabufs.test, &f.window.frames, frames + 1);
	expect_colour(&f, GREEN);
	close(fence);
	close_fixture(&f);
}

static const struct harness_test tests[] = {
	{"what_is_no_fence_is_refused", what_is_no_fence_is_refused},
	{"a_commit_has_one_fence", a_commit_has_one_fence},
	{"a_fence_needs_its_surface", a_fence_needs_its_surface},
	{"a_commit_waits_for_its_fence", a_commit_waits_for_its_fence},
	{"a_commit_waits_for_who_draws_in_its_memory", a_commit_waits_for_who_draws_in_its_memory},
	{"commits_stay_in_order", commits_stay_in_order},
	{"a_fence_that_never_signals_costs_nobody_else",
	 a_fence_that_never_signals_costs_nobody_else},
	{"the_buffer_may_go_while_it_waits", the_buffer_may_go_while_it_waits},
	{"a_later_fence_holds_up_nobody", a_later_fence_holds_up_nobody},
	{"a_parent_waits_for_its_children", a_parent_waits_for_its_children},
	{"a_child_that_goes_is_not_waited_for", a_child_that_goes_is_not_waited_for},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
