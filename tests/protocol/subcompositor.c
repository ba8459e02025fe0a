/* SPDX-License-Identifier: MIT */
/* wl_subcompositor: positions, order, synchronisation, and what happens when the family falls
 * apart. */
#include "harness.h"

#include <stdlib.h>
#include <string.h>

#define RED    0xffc02010
#define GREEN  0xff20a040
#define BLUE   0xff1030d0
#define YELLOW 0xffe0d020

struct child {
	struct wl_surface *surface;
	struct wl_subsurface *subsurface;
	struct shm_buffer buffer;
};

struct fixture {
	struct test *test;
	struct client *client;
	struct window window; /* fills the output in red */
	struct shm_buffer buffer;
};

static void fixture_create(struct fixture *fixture, const struct test_options *options)
{
	fixture->test = test_create(options);
	fixture->client = client_create(fixture->test);
	window_create(fixture->client, &fixture->window);
	shm_buffer_create(fixture->client, 320, 240, WL_SHM_FORMAT_XRGB8888, &fixture->buffer);
	shm_buffer_fill(&fixture->buffer, RED);
	/* Else children that stick out would be part of the window and shift it. */
	xdg_surface_set_window_geometry(fixture->window.xdg_surface, 0, 0, 320, 240);
	window_show(&fixture->window, fixture->buffer.buffer);
}

static void fixture_destroy(struct fixture *fixture)
{
	shm_buffer_destroy(&fixture->buffer);
	window_destroy(&fixture->window);
	client_destroy(fixture->client);
	test_destroy(fixture->test);
}

static void child_create(struct fixture *fixture, struct wl_surface *parent, int x, int y,
			 uint32_t colour, struct child *child)
{
	struct client *client = fixture->client;

	child->surface = wl_compositor_create_surface(client->compositor);
	child->subsurface =
		wl_subcompositor_get_subsurface(client->subcompositor, child->surface, parent);
	wl_subsurface_set_position(child->subsurface, x, y);
	shm_buffer_create(client, 40, 30, WL_SHM_FORMAT_XRGB8888, &child->buffer);
	shm_buffer_fill(&child->buffer, colour);
	wl_surface_attach(child->surface, child->buffer.buffer, 0, 0);
	wl_surface_damage_buffer(child->surface, 0, 0, 40, 30);
	wl_surface_commit(child->surface);
}

static void child_destroy(struct child *child)
{
	wl_subsurface_destroy(child->subsurface);
	wl_surface_destroy(child->surface);
	shm_buffer_destroy(&child->buffer);
}

static void commit_parent(struct fixture *fixture)
{
	unsigned frames = fixture->window.frames;

	window_request_frame(&fixture->window);
	wl_surface_commit(fixture->window.surface);
	pump_until(fixture->test, &fixture->window.frames, frames + 1);
}

static void assert_shown(struct fixture *fixture, int x, int y, int width, int height,
			 uint32_t colour)
{
	struct picture picture;

	client_roundtrip(fixture->client);
	pump(fixture->test);
	picture_take(fixture->test->outputs[0], &picture);
	assert_picture_rect(&picture, x, y, width, height, colour);
	picture_finish(&picture);
}

/* ---- position and order --------------------------------------------------------------------- */

static void children_appear_with_the_parents_commit(void)
{
	struct fixture fixture;
	struct child child;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 10, 20, GREEN, &child);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	commit_parent(&fixture);
	assert_shown(&fixture, 10, 20, 40, 30, GREEN);
	assert_shown(&fixture, 0, 0, 320, 20, RED);
	wl_subsurface_set_position(child.subsurface, 100, -10);
	assert_shown(&fixture, 10, 20, 40, 30, GREEN);
	commit_parent(&fixture);
	assert_shown(&fixture, 100, 0, 40, 20, GREEN);
	assert_shown(&fixture, 10, 20, 40, 30, RED);
	child_destroy(&child);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	fixture_destroy(&fixture);
}

static void restacking_waits_for_the_parent(void)
{
	struct fixture fixture;
	struct child lower, upper;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 10, 10, GREEN, &lower);
	child_create(&fixture, fixture.window.surface, 30, 10, BLUE, &upper);
	commit_parent(&fixture);
	assert_shown(&fixture, 30, 10, 40, 30, BLUE);
	wl_subsurface_place_above(lower.subsurface, upper.surface);
	assert_shown(&fixture, 30, 10, 40, 30, BLUE);
	commit_parent(&fixture);
	assert_shown(&fixture, 10, 10, 40, 30, GREEN);
	assert_shown(&fixture, 50, 10, 20, 30, BLUE);
	wl_subsurface_place_below(lower.subsurface, upper.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 30, 10, 40, 30, BLUE);
	wl_subsurface_place_below(upper.subsurface, fixture.window.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 50, 10, 20, 30, RED);
	assert_shown(&fixture, 10, 10, 40, 30, GREEN);
	/* Order of requests within one commit: above the parent, then above a sibling, and back. */
	wl_subsurface_place_above(upper.subsurface, fixture.window.surface);
	wl_subsurface_place_above(lower.subsurface, upper.surface);
	wl_subsurface_place_below(lower.subsurface, upper.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 30, 10, 40, 30, BLUE);
	assert_shown(&fixture, 10, 10, 20, 30, GREEN);
	child_destroy(&lower);
	child_destroy(&upper);
	fixture_destroy(&fixture);
}

/* Premultiplied `over` of the one colour above the other, as pixman rounds it. */
static uint32_t blend(uint32_t above, uint32_t below)
{
	uint32_t through = 255 - (above >> 24), result = 0;

	for (int shift = 0; shift < 24; shift += 8) {
		uint32_t product = (below >> shift & 255) * through + 128;
		result |= ((above >> shift & 255) + ((product + (product >> 8)) >> 8)) << shift;
	}
	return result;
}

static void translucent_children_blend_in_order(void)
{
	const uint32_t first = 0x80600010, second = 0x40003020;
	struct fixture fixture;
	struct child children[2];
	struct shm_buffer buffers[2];

	fixture_create(&fixture, NULL);
	for (int i = 0; i < 2; i++) {
		child_create(&fixture, fixture.window.surface, 10, 10, 0, &children[i]);
		shm_buffer_create(fixture.client, 40, 30, WL_SHM_FORMAT_ARGB8888, &buffers[i]);
		shm_buffer_fill(&buffers[i], i ? second : first);
		wl_surface_attach(children[i].surface, buffers[i].buffer, 0, 0);
		wl_surface_commit(children[i].surface);
	}
	commit_parent(&fixture);
	assert_shown(&fixture, 10, 10, 40, 30, blend(second, blend(first, RED)));
	/* Restacked, both are seen where they were before, and yet the picture is another. */
	wl_subsurface_place_below(children[1].subsurface, children[0].surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 10, 10, 40, 30, blend(first, blend(second, RED)));
	assert_int_not_equal(blend(first, blend(second, RED)), blend(second, blend(first, RED)));
	for (int i = 0; i < 2; i++) {
		child_destroy(&children[i]);
		shm_buffer_destroy(&buffers[i]);
	}
	fixture_destroy(&fixture);
}

/* Against a list kept here. */
static void random_orders(void)
{
	enum { N = 5 };
	static const uint32_t colours[N] = {0x101010, 0x202020, 0x303030, 0x404040, 0x505050};
	struct fixture fixture;
	struct child children[N];
	int order[N + 1]; /* -1: the parent; bottom first */

	srand(11);
	fixture_create(&fixture, NULL);
	order[0] = -1;
	for (int i = 0; i < N; i++) { /* all overlap in 20,20 to 40,30 */
		child_create(&fixture, fixture.window.surface, i * 3, i * 2, colours[i],
			     &children[i]);
		order[i + 1] = i;
	}
	for (int round = 0; round < 100; round++) {
		for (int moves = rand() % 3; moves >= 0; moves--) {
			int which = rand() % N, other = rand() % (N + 1) - 1;
			bool above = rand() % 2;
			int kept = 0, without[N];
			if (other == which)
				continue;
			struct wl_surface *sibling =
				other < 0 ? fixture.window.surface : children[other].surface;
			if (above)
				wl_subsurface_place_above(children[which].subsurface, sibling);
			else
				wl_subsurface_place_below(children[which].subsurface, sibling);
			for (int i = 0; i <= N; i++)
				if (order[i] != which)
					without[kept++] = order[i];
			for (int i = 0, to = 0; i < N; i++) {
				if (!above && without[i] == other)
					order[to++] = which;
				order[to++] = without[i];
				if (above && without[i] == other)
					order[to++] = which;
			}
		}
		commit_parent(&fixture);
		uint32_t top = order[N] < 0 ? RED : colours[order[N]];
		assert_shown(&fixture, 20, 20, 10, 5, top);
	}
	for (int i = 0; i < N; i++)
		child_destroy(&children[i]);
	fixture_destroy(&fixture);
}

static void grandchildren_move_along(void)
{
	struct fixture fixture;
	struct child child, grandchild;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 50, 50, GREEN, &child);
	child_create(&fixture, child.surface, 20, 10, BLUE, &grandchild);
	wl_surface_commit(child.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 70, 60, 40, 30, BLUE);
	assert_shown(&fixture, 50, 50, 20, 30, GREEN);
	wl_subsurface_set_position(child.subsurface, 100, 50);
	commit_parent(&fixture);
	assert_shown(&fixture, 120, 60, 40, 30, BLUE);
	assert_shown(&fixture, 50, 50, 40, 30, RED);
	/* Without contents a child takes its own children along. */
	wl_surface_attach(child.surface, NULL, 0, 0);
	wl_surface_commit(child.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	child_destroy(&grandchild);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

/* ---- synchronisation ------------------------------------------------------------------------ */

static void recolour(struct child *child, uint32_t colour)
{
	shm_buffer_fill(&child->buffer, colour);
	wl_surface_attach(child->surface, child->buffer.buffer, 0, 0);
	wl_surface_damage_buffer(child->surface, 0, 0, 40, 30);
	wl_surface_commit(child->surface);
}

static void desynchronised_children_go_their_way(void)
{
	struct fixture fixture;
	struct child child, grandchild;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 0, 0, GREEN, &child);
	child_create(&fixture, child.surface, 100, 0, GREEN, &grandchild);
	wl_surface_commit(child.surface);
	commit_parent(&fixture);
	recolour(&child, BLUE);
	assert_shown(&fixture, 0, 0, 40, 30, GREEN);
	commit_parent(&fixture);
	assert_shown(&fixture, 0, 0, 40, 30, BLUE);

	/* What waits is taken over when the child is set free. */
	recolour(&child, YELLOW);
	assert_shown(&fixture, 0, 0, 40, 30, BLUE);
	wl_subsurface_set_desync(child.subsurface);
	assert_shown(&fixture, 0, 0, 40, 30, YELLOW);
	recolour(&child, GREEN);
	assert_shown(&fixture, 0, 0, 40, 30, GREEN);
	/* A free child of a synchronised one is not free. */
	wl_subsurface_set_desync(grandchild.subsurface);
	wl_subsurface_set_sync(child.subsurface);
	recolour(&grandchild, BLUE);
	assert_shown(&fixture, 100, 0, 40, 30, GREEN);
	wl_surface_commit(child.surface);
	assert_shown(&fixture, 100, 0, 40, 30, GREEN);
	commit_parent(&fixture);
	assert_shown(&fixture, 100, 0, 40, 30, BLUE);
	child_destroy(&grandchild);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

static void cached_states_add_up(void)
{
	struct fixture fixture;
	struct child child;
	struct shm_buffer other;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 0, 0, GREEN, &child);
	commit_parent(&fixture);
	shm_buffer_create(fixture.client, 40, 30, WL_SHM_FORMAT_XRGB8888, &other);
	shm_buffer_fill(&other, BLUE);
	/* A buffer that is replaced while it waits was never shown, and is released all the same.
	 */
	wl_surface_attach(child.surface, other.buffer, 0, 0);
	wl_surface_damage_buffer(child.surface, 0, 0, 10, 30);
	wl_surface_commit(child.surface);
	wl_surface_attach(child.surface, child.buffer.buffer, 0, 0);
	wl_surface_damage_buffer(child.surface, 30, 0, 10, 30);
	wl_surface_commit(child.surface);
	client_roundtrip(fixture.client);
	assert_int_equal(other.released, 1);
	shm_buffer_fill(&child.buffer, YELLOW);
	commit_parent(&fixture);
	assert_shown(&fixture, 0, 0, 10, 30, YELLOW);
	assert_shown(&fixture, 30, 0, 10, 30, YELLOW);
	client_roundtrip(fixture.client);
	assert_int_equal(other.released, 1);
	shm_buffer_destroy(&other);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

static void handle_done(void *data, struct wl_callback *callback, uint32_t time)
{
	(*(unsigned *)data)++;
	wl_callback_destroy(callback);
}

static const struct wl_callback_listener frame_listener = {.done = handle_done};

static void callbacks_wait_with_the_state(void)
{
	struct fixture fixture;
	struct child child;
	unsigned frames = 0;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 0, 0, GREEN, &child);
	wl_callback_add_listener(wl_surface_frame(child.surface), &frame_listener, &frames);
	wl_surface_commit(child.surface);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	assert_int_equal(frames, 0);
	commit_parent(&fixture);
	pump_until(fixture.test, &frames, 1);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

/* A synchronised parent that has nothing to commit holds up nobody: the whole tree follows the
 * commit of the window. */
static void grandchildren_do_not_wait_for_idle_parents(void)
{
	struct fixture fixture;
	struct child child, grandchild;
	unsigned frames = 0;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 50, 50, GREEN, &child);
	child_create(&fixture, child.surface, 10, 10, BLUE, &grandchild);
	wl_subsurface_set_desync(grandchild.subsurface);
	wl_surface_commit(child.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 60, 60, 30, 20, BLUE);
	recolour(&grandchild, YELLOW);
	wl_callback_add_listener(wl_surface_frame(grandchild.surface), &frame_listener, &frames);
	wl_surface_commit(grandchild.surface);
	client_roundtrip(fixture.client);
	pump(fixture.test);
	assert_int_equal(frames, 0);
	commit_parent(&fixture);
	pump_until(fixture.test, &frames, 1);
	assert_shown(&fixture, 60, 60, 30, 20, YELLOW);
	child_destroy(&grandchild);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

/* What a descendant committed while it had to wait is shown once it need not any more. */
static void desynchronising_frees_the_tree(void)
{
	struct fixture fixture;
	struct child child, grandchild;
	unsigned frames = 0;

	for (int cached = 0; cached < 2; cached++) {
		fixture_create(&fixture, NULL);
		child_create(&fixture, fixture.window.surface, 50, 50, GREEN, &child);
		child_create(&fixture, child.surface, 10, 10, BLUE, &grandchild);
		wl_subsurface_set_desync(grandchild.subsurface);
		wl_surface_commit(child.surface);
		commit_parent(&fixture);
		recolour(&grandchild, YELLOW);
		wl_callback_add_listener(wl_surface_frame(grandchild.surface), &frame_listener,
					 &frames);
		wl_surface_commit(grandchild.surface);
		if (cached)
			recolour(&child, GREEN);
		wl_subsurface_set_desync(child.subsurface);
		pump_until(fixture.test, &frames, (unsigned)cached + 1);
		assert_shown(&fixture, 60, 60, 30, 20, YELLOW);
		child_destroy(&grandchild);
		child_destroy(&child);
		fixture_destroy(&fixture);
	}
}

/* A commit is checked against the scale that waits with the one before, not the one in effect. */
static void scales_wait_with_the_state(void)
{
	struct fixture fixture;
	struct child child;
	struct shm_buffer odd;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 0, 0, GREEN, &child);
	wl_surface_set_buffer_scale(child.surface, 2);
	wl_surface_commit(child.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 0, 0, 20, 15, GREEN);
	shm_buffer_create(fixture.client, 21, 15, WL_SHM_FORMAT_XRGB8888, &odd);
	shm_buffer_fill(&odd, BLUE);
	wl_surface_set_buffer_scale(child.surface, 1);
	wl_surface_commit(child.surface);
	wl_surface_attach(child.surface, odd.buffer, 0, 0);
	wl_surface_commit(child.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 0, 0, 21, 15, BLUE);
	wl_surface_set_buffer_scale(child.surface, 3);
	wl_surface_commit(child.surface);
	wl_surface_attach(child.surface, child.buffer.buffer, 0, 0); /* 40 wide */
	wl_surface_commit(child.surface);
	expect_error(fixture.client, &wl_surface_interface, WL_SURFACE_ERROR_INVALID_SIZE,
		     "multiple");
	shm_buffer_destroy(&odd);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

/* ---- errors and ends ------------------------------------------------------------------------ */

static void families_are_checked(void)
{
	struct fixture fixture;
	struct child child, grandchild;
	struct wl_subcompositor *subcompositor;

	fixture_create(&fixture, NULL);
	subcompositor = fixture.client->subcompositor;
	wl_subcompositor_get_subsurface(subcompositor, fixture.window.surface,
					fixture.window.surface);
	expect_error(fixture.client, &wl_subcompositor_interface,
		     WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE, "own parent");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	subcompositor = fixture.client->subcompositor;
	struct wl_surface *first = wl_compositor_create_surface(fixture.client->compositor);
	struct wl_surface *second = wl_compositor_create_surface(fixture.client->compositor);
	wl_subcompositor_get_subsurface(subcompositor, first, second);
	wl_subcompositor_get_subsurface(subcompositor, second, first);
	expect_error(fixture.client, &wl_subcompositor_interface,
		     WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE, "ancestor");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 0, 0, GREEN, &child);
	wl_subcompositor_get_subsurface(fixture.client->subcompositor, child.surface,
					fixture.window.surface);
	expect_error(fixture.client, &wl_subcompositor_interface,
		     WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE, "already");
	child_destroy(&child);
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	struct wl_surface *parent = wl_compositor_create_surface(fixture.client->compositor);
	wl_subcompositor_get_subsurface(fixture.client->subcompositor, fixture.window.surface,
					parent);
	expect_error(fixture.client, &wl_subcompositor_interface,
		     WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE, "xdg_toplevel");
	fixture_destroy(&fixture);

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 0, 0, GREEN, &child);
	child_create(&fixture, child.surface, 0, 0, BLUE, &grandchild);
	wl_subsurface_place_above(child.subsurface, grandchild.surface);
	expect_error(fixture.client, &wl_subsurface_interface, WL_SUBSURFACE_ERROR_BAD_SURFACE,
		     "sibling");
	child_destroy(&grandchild);
	child_destroy(&child);
	fixture_destroy(&fixture);
}

static void a_lost_parent_leaves_children_inert(void)
{
	struct fixture fixture;
	struct child child, grandchild;

	fixture_create(&fixture, NULL);
	struct wl_surface *parent = wl_compositor_create_surface(fixture.client->compositor);
	child_create(&fixture, parent, 10, 10, GREEN, &child);
	child_create(&fixture, child.surface, 10, 10, BLUE, &grandchild);
	wl_surface_commit(parent);
	wl_surface_destroy(parent);
	wl_subsurface_set_position(child.subsurface, 1, 1);
	wl_subsurface_place_above(child.subsurface, fixture.window.surface);
	wl_subsurface_set_desync(child.subsurface);
	wl_subsurface_set_sync(child.subsurface);
	recolour(&child, BLUE);
	expect_alive(fixture.client);
	/* The subsurface's surface goes first. */
	wl_surface_destroy(grandchild.surface);
	wl_subsurface_set_position(grandchild.subsurface, 1, 1);
	wl_subsurface_place_below(grandchild.subsurface, child.surface);
	wl_subsurface_set_desync(grandchild.subsurface);
	wl_subsurface_destroy(grandchild.subsurface);
	shm_buffer_destroy(&grandchild.buffer);
	child_destroy(&child);
	expect_alive(fixture.client);
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	fixture_destroy(&fixture);
}

/* The role may be taken up again, under another parent. */
static void a_subsurface_can_change_its_parent(void)
{
	struct fixture fixture;
	struct child mother, child;

	fixture_create(&fixture, NULL);
	child_create(&fixture, fixture.window.surface, 100, 100, YELLOW, &mother);
	child_create(&fixture, fixture.window.surface, 10, 10, GREEN, &child);
	commit_parent(&fixture);
	assert_shown(&fixture, 10, 10, 40, 30, GREEN);
	wl_subsurface_destroy(child.subsurface);
	assert_shown(&fixture, 10, 10, 40, 30, RED);
	child.subsurface = wl_subcompositor_get_subsurface(fixture.client->subcompositor,
							   child.surface, mother.surface);
	wl_subsurface_set_position(child.subsurface, 10, 10);
	wl_surface_commit(mother.surface);
	commit_parent(&fixture);
	assert_shown(&fixture, 110, 110, 30, 20, GREEN);
	child_destroy(&child);
	child_destroy(&mother);
	fixture_destroy(&fixture);
}

/* A family is destroyed in every order of its five objects. */
static void families_end_in_every_order(void)
{
	for (int permutation = 0; permutation < 120; permutation++) {
		struct fixture fixture;
		struct child child, grandchild;
		int order[5] = {0, 1, 2, 3, 4}, rest = permutation;

		for (int i = 4; i > 0; i--) { /* the factorial number system */
			int j = rest % (i + 1), swap = order[i];
			rest /= i + 1;
			order[i] = order[j];
			order[j] = swap;
		}
		fixture_create(&fixture, NULL);
		struct wl_surface *parent =
			wl_compositor_create_surface(fixture.client->compositor);
		child_create(&fixture, permutation % 2 ? parent : fixture.window.surface, 1, 1,
			     GREEN, &child);
		child_create(&fixture, child.surface, 1, 1, BLUE, &grandchild);
		wl_surface_commit(child.surface);
		commit_parent(&fixture);
		for (int i = 0; i < 5; i++) {
			switch (order[i]) {
			case 0: wl_surface_destroy(parent); break;
			case 1: wl_surface_destroy(child.surface); break;
			case 2: wl_subsurface_destroy(child.subsurface); break;
			case 3: wl_surface_destroy(grandchild.surface); break;
			default: wl_subsurface_destroy(grandchild.subsurface); break;
			}
			commit_parent(&fixture);
		}
		expect_alive(fixture.client);
		assert_shown(&fixture, 0, 0, 320, 240, RED);
		shm_buffer_destroy(&child.buffer);
		shm_buffer_destroy(&grandchild.buffer);
		fixture_destroy(&fixture);
	}
}

/* Ten thousand deep: neither slow beyond use nor the end of the stack. */
static void deep_nesting(void)
{
	enum { DEPTH = 10000 };
	struct fixture fixture;
	static struct wl_surface *surfaces[DEPTH];
	static struct wl_subsurface *subsurfaces[DEPTH];
	struct shm_buffer buffer;

	fixture_create(&fixture, &(struct test_options){
					 .quota = {.surfaces = DEPTH + 10, .objects = 4 * DEPTH}});
	shm_buffer_create(fixture.client, 40, 30, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, GREEN);
	struct wl_surface *parent = fixture.window.surface;
	for (int i = 0; i < DEPTH; i++) {
		surfaces[i] = wl_compositor_create_surface(fixture.client->compositor);
		subsurfaces[i] = wl_subcompositor_get_subsurface(fixture.client->subcompositor,
								 surfaces[i], parent);
		parent = surfaces[i];
		if (i % 100 == 0)
			client_roundtrip(fixture.client);
		if (fixture.client->error)
			break;
	}
	for (int i = DEPTH - 1; i >= 0; i--) { /* leaves first: every commit waits for the next */
		wl_surface_attach(surfaces[i], buffer.buffer, 0, 0);
		wl_surface_commit(surfaces[i]);
		if (i % 100 == 0)
			client_roundtrip(fixture.client);
	}
	commit_parent(&fixture);
	assert_shown(&fixture, 0, 0, 40, 30, GREEN);
	for (int i = 0; i < DEPTH; i++) {
		wl_subsurface_destroy(subsurfaces[i]);
		wl_surface_destroy(surfaces[i]);
		if (i % 100 == 0)
			client_roundtrip(fixture.client);
	}
	assert_shown(&fixture, 0, 0, 320, 240, RED);
	shm_buffer_destroy(&buffer);
	fixture_destroy(&fixture);
}

static const struct harness_test tests[] = {
	{"children_appear_with_the_parents_commit", children_appear_with_the_parents_commit},
	{"restacking_waits_for_the_parent", restacking_waits_for_the_parent},
	{"translucent_children_blend_in_order", translucent_children_blend_in_order},
	{"random_orders", random_orders},
	{"grandchildren_move_along", grandchildren_move_along},
	{"desynchronised_children_go_their_way", desynchronised_children_go_their_way},
	{"cached_states_add_up", cached_states_add_up},
	{"callbacks_wait_with_the_state", callbacks_wait_with_the_state},
	{"grandchildren_do_not_wait_for_idle_parents", grandchildren_do_not_wait_for_idle_parents},
	{"desynchronising_frees_the_tree", desynchronising_frees_the_tree},
	{"scales_wait_with_the_state", scales_wait_with_the_state},
	{"families_are_checked", families_are_checked},
	{"a_lost_parent_leaves_children_inert", a_lost_parent_leaves_children_inert},
	{"a_subsurface_can_change_its_parent", a_subsurface_can_change_its_parent},
	{"families_end_in_every_order", families_end_in_every_order},
	{"deep_nesting", deep_nesting},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
