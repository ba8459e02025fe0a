/* SPDX-License-Identifier: MIT */
/*
 * Random scenes. Clients change a little at a time and say what they changed; whatever the server
 * made of that must be the picture it draws when it has to draw everything.
 */
#include "render_driver.h"
#include "scenery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define OUTPUTS 2
#define VIEWS	5
#define PIECES	20
#define SCENES	40
#define STEPS	40
#define CHANGES 8 /* at most, between two looks */
/* Between two renderers, of 255: each filters with weights of a few bits. */
#define ROUNDING 6

struct scene {
	struct test *test;
	struct client *client;
	struct piece pieces[PIECES]; /* views first; a parent comes before what is in it */
	struct waits *waits;	     /* of all pieces there ever were */
	unsigned n_waits;
	bool turns;    /* the outputs' scales, transforms and sizes change */
	bool compares; /* what a GPU draws with what the CPU draws */
};

static unsigned below(unsigned n)
{
	return (unsigned)random() % n;
}

static struct piece *any_piece(struct scene *scene)
{
	unsigned start = below(PIECES);

	for (unsigned i = 0; i < PIECES; i++)
		if (scene->pieces[(start + i) % PIECES].surface)
			return &scene->pieces[(start + i) % PIECES];
	return NULL;
}

/* A free one after the parent, or NULL. */
static struct piece *free_piece(struct scene *scene, const struct piece *parent)
{
	struct piece *piece = parent ? scene->pieces + VIEWS : scene->pieces;
	const struct piece *end = scene->pieces + (parent ? PIECES : VIEWS);

	while (piece < end && (piece->surface || piece <= parent))
		piece++;
	return piece < end ? piece : NULL;
}

/* ---- changes -------------------------------------------------------------------------------- */

static void add_view(struct scene *scene)
{
	struct piece *piece = free_piece(scene, NULL);

	if (!piece)
		return;
	piece_create(scene->client, PIECE_TOPLEVEL, NULL, &scene->waits[scene->n_waits++], piece);
}

static void add_child(struct scene *scene, struct piece *parent)
{
	struct piece *piece = free_piece(scene, parent);
	bool may_pop_up = parent->role != PIECE_SUBSURFACE;

	if (!piece || piece_depth(parent) > 1)
		return;
	piece_create(scene->client, may_pop_up && below(4) == 0 ? PIECE_POPUP : PIECE_SUBSURFACE,
		     parent, &scene->waits[scene->n_waits++], piece);
	piece_draw(parent);
}

static void remove_piece(struct scene *scene, struct piece *piece)
{
	for (int i = PIECES - 1; i >= 0; i--)
		if (scene->pieces[i].surface && scene->pieces[i].parent == piece)
			remove_piece(scene, &scene->pieces[i]);
	piece_destroy(piece);
}

static void restack(struct piece *piece, struct piece *other)
{
	if (!other)
		return;
	bool siblings = other->role == PIECE_SUBSURFACE && other->parent == piece->parent;
	if (piece->role != PIECE_SUBSURFACE || other == piece ||
	    (other != piece->parent && !siblings))
		return;
	if (below(2))
		wl_subsurface_place_above(piece->subsurface, other->surface);
	else
		wl_subsurface_place_below(piece->subsurface, other->surface);
}

static void move(struct piece *piece)
{
	if (piece->role != PIECE_SUBSURFACE)
		return;
	wl_subsurface_set_position(piece->subsurface, (int)below(100) - 30, (int)below(90) - 30);
	if (below(2))
		wl_subsurface_set_desync(piece->subsurface);
	else if (below(3) == 0)
		wl_subsurface_set_sync(piece->subsurface);
}

static void change_view(struct scene *scene, struct piece *piece)
{
	if (piece->role != PIECE_TOPLEVEL)
		return;
	if (below(3) == 0)
		xdg_toplevel_set_fullscreen(piece->toplevel,
					    scene->client->outputs[below(OUTPUTS)]);
	else if (below(2))
		xdg_toplevel_unset_fullscreen(piece->toplevel);
	client_roundtrip(scene->client);
	piece_resize(piece, true);
}

/* Another scale, transform or size of a display, each of which may be any that there is. */
static void change_output(struct lend_output *output)
{
	static const uint32_t scales[] = {120, 60, 90, 137, 150, 180, 240, 365};
	struct lend_output_state state = {.size = sizeof(state)};

	assert_int_equal(lend_output_describe(output, &state), 0);
	if (below(2))
		state.scale = scales[below(8)];
	if (below(2))
		state.transform = below(8);
	if (below(4) == 0) {
		state.mode.width = 60 + below(120);
		state.mode.height = 60 + below(120);
	}
	assert_int_equal(lend_output_configure(output, &state), 0);
}

static void change(struct scene *scene)
{
	struct piece *piece = any_piece(scene);

	if (scene->turns && below(40) == 0)
		change_output(scene->test->outputs[below(OUTPUTS)]);
	if (!piece || below(30) == 0) {
		add_view(scene);
		return;
	}
	switch (below(20)) {
	case 0:
	case 1: add_child(scene, piece); break;
	case 2: restack(piece, any_piece(scene)); break;
	case 3: move(piece); break;
	case 4: piece_reshape(piece); break;
	case 5: piece_resize(piece, false); break;
	case 6:
		if (below(4) == 0)
			remove_piece(scene, piece);
		break;
	case 7:
		if (piece->role == PIECE_SUBSURFACE)
			piece_hide(piece);
		break;
	case 8: change_view(scene, piece); break;
	case 9:
	case 10:
	case 11: piece_draw(piece->parent ? piece->parent : piece); break;
	default: piece_draw(piece);
	}
}

/* ---- the same picture from nothing ---------------------------------------------------------- */

/* What something opaque has covered is drawn anew when that goes. */
static void draw_anew(struct scene *scene, unsigned output)
{
	struct client *client = scene->client;
	struct window window;
	struct shm_buffer buffer;

	window_create(client, &window);
	xdg_toplevel_set_fullscreen(window.toplevel, client->outputs[output]);
	client_roundtrip(client);
	shm_buffer_create(client, window.width, window.height, WL_SHM_FORMAT_XRGB8888, &buffer);
	shm_buffer_fill(&buffer, 0xff808080);
	window_show(&window, buffer.buffer);
	window_destroy(&window);
	shm_buffer_destroy(&buffer);
	client_roundtrip(client);
	pump(scene->test);
}

static int distance(uint32_t a, uint32_t b)
{
	int most = 0;

	for (int shift = 0; shift < 24; shift += 8) {
		int d = abs((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff));
		most = d > most ? d : most;
	}
	return most;
}

static void assert_same(const struct picture *shown, const struct picture *anew, int most,
			const char *where)
{
	assert_int_equal(shown->width, anew->width);
	assert_int_equal(shown->height, anew->height);
	for (int y = 0; y < (int)shown->height; y++)
		for (int x = 0; x < (int)shown->width; x++)
			if (distance(picture_at(shown, x, y), picture_at(anew, x, y)) > most)
				fail_msg("%s: pixel %d,%d is 0x%06x, drawn anew 0x%06x", where, x,
					 y, picture_at(shown, x, y), picture_at(anew, x, y));
}

static void look(struct scene *scene, const char *where)
{
	struct picture shown[OUTPUTS], anew;

	client_roundtrip(scene->client);
	pump(scene->test);
	for (unsigned i = 0; i < OUTPUTS; i++)
		picture_take(scene->test->outputs[i], &shown[i]);
	for (unsigned i = 0; i < OUTPUTS; i++) {
		if (scene->compares)
			drive_renderer_swap(scene->test->outputs[i]);
		draw_anew(scene, i);
		picture_take(scene->test->outputs[i], &anew);
		assert_same(&shown[i], &anew, scene->compares ? ROUNDING : 0, where);
		if (scene->compares)
			drive_renderer_swap(scene->test->outputs[i]);
		picture_finish(&anew);
		picture_finish(&shown[i]);
	}
}

static void scene_create(struct scene *scene, bool turns, const char *renderer)
{
	struct lend_output_options options = {.size = sizeof(options)};

	scene->turns = turns;
	scene->compares = strcmp(renderer, "gles2") == 0;
	scene->waits = calloc(2 + STEPS * CHANGES, sizeof(*scene->waits));
	assert_non_null(scene->waits);
	scene->test = test_create(&(struct test_options){.outputs = -1, .renderer = renderer});
	for (unsigned i = 0; i < OUTPUTS; i++) {
		options.width = i ? 90 : 160;
		options.height = i ? 100 : 120;
		options.layout = i ? LEND_LAYOUT_FULL : LEND_LAYOUT_TILE;
		assert_int_equal(lend_output_create_headless(scene->test->server, &options,
							     &scene->test->outputs[i]),
				 0);
		assert_string_equal(drive_renderer_name(scene->test->outputs[i]), renderer);
		if (turns)
			change_output(scene->test->outputs[i]);
	}
	pump(scene->test);
	scene->client = client_create(scene->test);
}

static void scene_play(struct scene *scene, unsigned seed)
{
	char where[64];

	srandom(seed);
	add_view(scene);
	add_view(scene);
	for (unsigned step = 0; step < STEPS; step++) {
		snprintf(where, sizeof(where), "scene %u, step %u", seed, step);
		for (unsigned n = 1 + below(CHANGES); n > 0; n--) {
			change(scene);
			if (below(2))
				client_roundtrip(scene->client);
		}
		look(scene, where);
	}
}

static unsigned frames_due(const struct scene *scene)
{
	unsigned due = 0;

	for (int i = 0; i < PIECES; i++)
		if (scene->pieces[i].surface)
			due += scene->pieces[i].waits->frames - scene->pieces[i].waits->frames_done;
	return due;
}

/* Shown or not, each surface gets its callbacks when no parent keeps its state. */
static void wait_for_frames(struct scene *scene)
{
	time_t end = time(NULL) + 20;

	for (int i = 0; i < PIECES; i++)
		if (scene->pieces[i].surface && scene->pieces[i].subsurface)
			wl_subsurface_set_desync(scene->pieces[i].subsurface);
	for (int i = 0; i < PIECES; i++)
		if (scene->pieces[i].surface)
			piece_commit(&scene->pieces[i]);
	client_roundtrip(scene->client);
	while (frames_due(scene) && time(NULL) < end)
		pump_once(scene->test, 100);
	assert_int_equal(frames_due(scene), 0);
}

static void scene_destroy(struct scene *scene)
{
	for (int i = 0; i < PIECES; i++)
		if (scene->pieces[i].surface && !scene->pieces[i].parent)
			remove_piece(scene, &scene->pieces[i]);
	client_roundtrip(scene->client);
	for (unsigned i = 0; i < scene->n_waits; i++) {
		const struct waits *waits = &scene->waits[i];
		assert_true(waits->frames_done <= waits->frames);
		assert_int_equal(waits->feedbacks_done, waits->feedbacks);
	}
	client_destroy(scene->client);
	test_destroy(scene->test);
	free(scene->waits);
}

static void play(bool turns, const char *renderer)
{
	const char *only = getenv("SCENE");
	/* The CPU plays the GPU. */
	unsigned scenes = strcmp(renderer, "gles2") == 0 ? SCENES / 4 : SCENES;
	struct scene scene;

	for (unsigned seed = only ? (unsigned)atoi(only) : 1; only || seed <= scenes; seed++) {
		memset(&scene, 0, sizeof(scene));
		scene_create(&scene, turns, renderer);
		scene_play(&scene, seed);
		if (seed % 10 == 0)
			wait_for_frames(&scene);
		scene_destroy(&scene);
		if (only)
			break;
	}
}

static void damage_is_all_that_changed(void)
{
	play(false, "pixman");
}

static void damage_is_all_that_changed_on_scaled_and_turned_outputs(void)
{
	play(true, "pixman");
}

#ifdef HAVE_GLES2
static void a_gpu_draws_what_the_cpu_draws(void)
{
	play(false, "gles2");
}

static void a_gpu_draws_what_the_cpu_draws_on_scaled_and_turned_outputs(void)
{
	play(true, "gles2");
}
#endif

int main(int argc, char **argv)
{
	static const struct harness_test tests[] = {
		{"damage_is_all_that_changed", damage_is_all_that_changed},
		{"damage_is_all_that_changed_on_scaled_and_turned_outputs",
		 damage_is_all_that_changed_on_scaled_and_turned_outputs},
#ifdef HAVE_GLES2
		{"a_gpu_draws_what_the_cpu_draws", a_gpu_draws_what_the_cpu_draws},
		{"a_gpu_draws_what_the_cpu_draws_on_scaled_and_turned_outputs",
		 a_gpu_draws_what_the_cpu_draws_on_scaled_and_turned_outputs},
#endif
	};

	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
