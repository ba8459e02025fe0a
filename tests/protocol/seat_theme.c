/* SPDX-License-Identifier: MIT */
/* The pointer's picture on outputs of any scale and transform: from a cursor theme, which the test
 * writes itself, and from clients. */
#include "hands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RED   0xffff0000
#define BLUE  0xff0000ff
#define GREEN 0xff00ff00

struct fixture {
	struct test *test;
	struct lend_server *server;
	struct lend_output *output; /* 320x240 pixels */
	char directory[64];	    /* $XCURSOR_PATH */
};

/* ---- a theme -------------------------------------------------------------------------------- */

struct entry {
	uint32_t nominal, side, hot_x, hot_y, colour;
};

static void put(FILE *file, const uint32_t *words, size_t n)
{
	assert_int_equal(fwrite(words, sizeof(*words), n, file), n);
}

/* The format of libXcursor: a table of contents, and pictures. */
static void write_pictures(FILE *file, const struct entry *entries, uint32_t n)
{
	const uint32_t header[] = {0x72756358, 16, 0x10000, n};
	uint32_t at = 16 + 12 * n;

	put(file, header, 4);
	for (uint32_t i = 0; i < n; i++) {
		put(file, (uint32_t[]){0xfffd0002, entries[i].nominal, at}, 3);
		at += 36 + 4 * entries[i].side * entries[i].side;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct entry *e = &entries[i];
		put(file,
		    (uint32_t[]){36, 0xfffd0002, e->nominal, 1, e->side, e->side, e->hot_x,
				 e->hot_y, 0},
		    9);
		/* The hot spot is blue. */
		for (uint32_t p = 0; p < e->side * e->side; p++)
			put(file,
			    p == e->hot_y * e->side + e->hot_x ? (uint32_t[]){BLUE} : &e->colour,
			    1);
	}
}

static void path_of(const struct fixture *f, const char *name, char path[static 128])
{
	snprintf(path, 128, "%s/default%s%s", f->directory, name ? "/cursors/" : "",
		 name ? name : "");
}

static FILE *open_cursor(const struct fixture *f, const char *name)
{
	char path[128];

	path_of(f, NULL, path);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	path_of(f, "", path);
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	path_of(f, name, path);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	return file;
}

static void write_cursor(const struct fixture *f, const char *name, const struct entry *entries,
			 uint32_t n)
{
	FILE *file = open_cursor(f, name);

	write_pictures(file, entries, n);
	assert_int_equal(fclose(file), 0);
}

static void remove_theme(const struct fixture *f)
{
	static const char *const names[] = {"default", "left_ptr", "text"};
	char path[128];

	for (size_t i = 0; i < 3; i++) {
		path_of(f, names[i], path);
		unlink(path);
	}
	path_of(f, "", path);
	rmdir(path);
	path_of(f, NULL, path);
	rmdir(path);
	assert_int_equal(rmdir(f->directory), 0);
}

/* ---- the server ----------------------------------------------------------------------------- */

static void setup(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	f->test = test_create(NULL);
	f->server = f->test->server;
	f->output = f->test->outputs[0];
	snprintf(f->directory, sizeof(f->directory), "/tmp/framelend-theme-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	setenv("XCURSOR_PATH", f->directory, 1);
	unsetenv("XCURSOR_THEME");
	unsetenv("XCURSOR_SIZE");
	drive_devices(f->server, POINTER);
}

static void finish(struct fixture *f)
{
	test_destroy(f->test);
	remove_theme(f);
}

static void configure(struct fixture *f, uint32_t scale, enum lend_transform transform)
{
	output_configure(f->output, scale, transform);
	pump(f->test);
}

static unsigned count_words(const struct fixture *f, const char *words)
{
	unsigned n = 0;

	for (const char *at = f->test->log; (at = strstr(at, words)); at++)
		n++;
	return n;
}

static void assert_cursor(const struct fixture *f, int width, int height, int hot_x, int hot_y)
{
	struct drive_cursor cursor = drive_read_cursor(f->output);

	assert_true(cursor.shown);
	assert_int_equal(cursor.width, width);
	assert_int_equal(cursor.height, height);
	assert_int_equal(cursor.hot_x, hot_x);
	assert_int_equal(cursor.hot_y, hot_y);
}

/* Where its hot spot is on the output. */
static void assert_tip(const struct fixture *f, int x, int y)
{
	struct drive_cursor cursor = drive_read_cursor(f->output);

	assert_int_equal(cursor.x + cursor.hot_x, x);
	assert_int_equal(cursor.y + cursor.hot_y, y);
}

/* ---- bad themes ----------------------------------------------------------------------------- */

static void no_theme_is_an_arrow(void)
{
	struct fixture f;

	setup(&f);
	assert_int_equal(count_words(&f, "drawn arrow"), 0);
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 24, 24, 0, 0);
	assert_tip(&f, 50, 60);
	assert_int_equal(drive_cursor_pixel(f.output, 1, 3), 0xffffffff);
	drive_to(f.server, 51, 60);
	assert_int_equal(count_words(&f, "the pointer is a drawn arrow: the cursor theme default "
					 "has none (XCURSOR_THEME, XCURSOR_PATH)"),
			 1);
	finish(&f);
}

static void garbage_is_no_theme(void)
{
	static const uint32_t cases[][6] = {
		{0},
		{0x72756358, 16, 0x10000, UINT32_MAX},
		{0x72756358, 16, 0x10000, 1, 0xfffd0002, 24},
	};

	for (size_t i = 0; i <= sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;
		setup(&f);
		if (i < sizeof(cases) / sizeof(cases[0])) {
			FILE *file = open_cursor(&f, "default");
			put(file, cases[i], 6);
			fclose(file);
		} else {
			/* Larger than pictures for pointers are. */
			const struct entry large = {24, 3000, 0, 0, RED};
			write_cursor(&f, "default", &large, 1);
		}
		drive_to(f.server, 50, 60);
		assert_cursor(&f, 24, 24, 0, 0);
		assert_int_equal(count_words(&f, "drawn arrow"), 1);
		finish(&f);
	}
}

static void nonsense_sizes_are_the_usual_one(void)
{
	static const char *const sizes[] = {"", "0", "-1", "x", "99999999999999999999", "513"};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct fixture f;
		const struct entry entries[] = {{16, 16, 0, 0, RED}, {24, 20, 3, 2, GREEN}};
		setup(&f);
		write_cursor(&f, "default", entries, 2);
		setenv("XCURSOR_SIZE", sizes[i], 1);
		drive_to(f.server, 50, 60);
		assert_cursor(&f, 20, 20, 3, 2);
		finish(&f);
	}
}

/* ---- themes --------------------------------------------------------------------------------- */

static void the_theme_says_what_the_pointer_is(void)
{
	const struct entry entries[] = {{24, 20, 3, 2, RED}, {24, 20, 3, 2, GREEN}};
	struct fixture f;
	struct picture picture;

	setup(&f);
	write_cursor(&f, "left_ptr", entries, 2); /* by its old name, and it moves */
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 20, 20, 3, 2);
	assert_tip(&f, 50, 60);
	assert_int_equal(drive_cursor_pixel(f.output, 0, 0), RED);
	assert_int_equal(drive_cursor_pixel(f.output, 3, 2), BLUE);
	pump(f.test);
	picture_take(f.output, &picture);
	assert_int_equal(picture_at(&picture, 50, 60), 0x0000ff);
	assert_picture_rect(&picture, 47, 58, 20, 2, 0xff0000);
	picture_finish(&picture);
	assert_int_equal(count_words(&f, "drawn arrow"), 0);
	finish(&f);
}

static void the_size_is_as_wanted(void)
{
	const struct entry entries[] = {{24, 20, 3, 2, RED}, {32, 30, 4, 3, GREEN}};
	struct fixture f;

	setup(&f);
	write_cursor(&f, "default", entries, 2);
	setenv("XCURSOR_SIZE", "32", 1);
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 30, 30, 4, 3);
	finish(&f);
}

/* ---- scales and transforms ------------------------------------------------------------------ */

/* Where the theme has the size, its pixels are shown as they are; else they are made larger. */
static void the_theme_follows_the_scale(void)
{
	const struct entry entries[] = {{24, 20, 3, 2, RED}, {48, 40, 6, 4, GREEN}};
	struct fixture f;

	setup(&f);
	write_cursor(&f, "default", entries, 2);
	configure(&f, 240, LEND_TRANSFORM_NORMAL);
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 40, 40, 6, 4);
	assert_int_equal(drive_cursor_pixel(f.output, 0, 0), GREEN);
	assert_tip(&f, 100, 120);
	drive_to(f.server, 50.5, 60);
	assert_tip(&f, 101, 120);
	finish(&f);
	setup(&f);
	write_cursor(&f, "default", entries, 1);
	configure(&f, 240, LEND_TRANSFORM_NORMAL);
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 40, 40, 6, 4);
	assert_int_equal(drive_cursor_pixel(f.output, 0, 0), RED);
	configure(&f, 120, LEND_TRANSFORM_NORMAL);
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 20, 20, 3, 2);
	finish(&f);
}

static void it_is_turned_as_the_output_is(void)
{
	/* Of a picture of 20x20 with its hot spot at 3,2; and the place 50,60 of the picture. */
	static const struct {
		int hot_x, hot_y, x, y;
	} turned[] = {
		[LEND_TRANSFORM_NORMAL] = {3, 2, 50, 60},
		[LEND_TRANSFORM_90] = {2, 16, 60, 189},
		[LEND_TRANSFORM_180] = {16, 17, 269, 179},
		[LEND_TRANSFORM_270] = {17, 3, 259, 50},
		[LEND_TRANSFORM_FLIPPED] = {16, 2, 269, 60},
		[LEND_TRANSFORM_FLIPPED_90] = {2, 3, 60, 50},
		[LEND_TRANSFORM_FLIPPED_180] = {3, 17, 50, 179},
		[LEND_TRANSFORM_FLIPPED_270] = {17, 16, 259, 189},
	};
	const struct entry entry = {24, 20, 3, 2, RED};
	struct fixture f;

	setup(&f);
	write_cursor(&f, "default", &entry, 1);
	for (int i = 0; i < 8; i++) {
		configure(&f, 120, (enum lend_transform)i);
		drive_to(f.server, 0, 0);
		drive_to(f.server, 50, 60);
		assert_cursor(&f, 20, 20, turned[i].hot_x, turned[i].hot_y);
		assert_tip(&f, turned[i].x, turned[i].y);
		assert_int_equal(drive_cursor_pixel(f.output, turned[i].hot_x, turned[i].hot_y),
				 BLUE);
	}
	finish(&f);
}

/* A client's picture is as large as its scale says, whatever the output's. */
static void clients_have_scales_too(void)
{
	struct fixture f;
	struct client *client;
	struct hands hands;
	struct pane pane;
	struct shm_buffer buffer;

	setup(&f);
	drive_to(f.server, 50, 60);
	client = client_create(f.test);
	hands_create(client, POINTER, &hands);
	pane_create(client, "pane", 320, 240, &pane);
	settle(client);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	surface_set_name(surface, "cursor");
	shm_buffer_create(client, 40, 20, WL_SHM_FORMAT_ARGB8888, &buffer);
	shm_buffer_fill(&buffer, RED);
	fill_rect(buffer.pixels, buffer.stride, 6, 4, 2, 2, BLUE);
	wl_surface_set_buffer_scale(surface, 2);
	wl_surface_attach(surface, buffer.buffer, 0, 0);
	wl_surface_commit(surface);
	wl_pointer_set_cursor(hands.pointer, hands.enter_serial, surface, 3, 2);
	settle(client);
	assert_cursor(&f, 20, 10, 3, 2);
	assert_tip(&f, 50, 60);
	assert_int_equal(drive_cursor_pixel(f.output, 3, 2), BLUE);
	/* An offset moves it, and with it the hot spot. */
	wl_surface_offset(surface, -1, 1);
	wl_surface_commit(surface);
	settle(client);
	assert_cursor(&f, 20, 10, 4, 1);
	wl_surface_offset(surface, 1, -1);
	wl_surface_commit(surface);
	configure(&f, 240, LEND_TRANSFORM_NORMAL);
	settle(client);
	drive_to(f.server, 50, 60);
	assert_cursor(&f, 40, 20, 6, 4);
	assert_tip(&f, 100, 120);
	assert_int_equal(drive_cursor_pixel(f.output, 7, 5), BLUE);
	assert_int_equal(drive_cursor_pixel(f.output, 8, 5), RED);
	configure(&f, 240, LEND_TRANSFORM_90);
	drive_to(f.server, 0, 0);
	drive_to(f.server, 30, 40);
	assert_cursor(&f, 20, 40, 4, 33);
	assert_int_equal(drive_cursor_pixel(f.output, 4, 33), BLUE);
	hands_destroy(&hands);
	shm_buffer_destroy(&buffer);
	finish(&f);
}

static void handle_enter(void *data, struct wl_surface *surface, struct wl_output *output)
{
	int *inside = data;

	(*inside)++;
}

static void handle_leave(void *data, struct wl_surface *surface, struct wl_output *output)
{
	int *inside = data;

	(*inside)--;
}

#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
static void ignore_scale(void *data, struct wl_surface *surface, int32_t scale) {}

static void ignore_transform(void *data, struct wl_surface *surface, uint32_t transform) {}
#endif

static const struct wl_surface_listener surface_listener = {
	.enter = handle_enter,
	.leave = handle_leave,
#ifdef WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION
	.preferred_buffer_scale = ignore_scale,
	.preferred_buffer_transform = ignore_transform,
#endif
};

/* So that they can draw for the scale of the output that it is on. */
static void clients_know_where_their_cursor_is(void)
{
	struct fixture f;
	struct client *client;
	struct hands hands;
	struct pane pane;
	int inside = 0;

	setup(&f);
	drive_to(f.server, 50, 60);
	client = client_create(f.test);
	hands_create(client, POINTER, &hands);
	pane_create(client, "pane", 320, 240, &pane);
	settle(client);
	struct wl_surface *surface = wl_compositor_create_surface(client->compositor);
	wl_surface_add_listener(surface, &surface_listener, &inside);
	wl_pointer_set_cursor(hands.pointer, hands.enter_serial, surface, 0, 0);
	settle(client);
	assert_int_equal(inside, 1);
	drive_to(f.server, 51, 60);
	settle(client);
	assert_int_equal(inside, 1);
	wl_pointer_set_cursor(hands.pointer, hands.enter_serial, NULL, 0, 0);
	settle(client);
	assert_int_equal(inside, 0);
	hands_destroy(&hands);
	finish(&f);
}

static const struct harness_test tests[] = {
	{"no_theme_is_an_arrow", no_theme_is_an_arrow},
	{"garbage_is_no_theme", garbage_is_no_theme},
	{"nonsense_sizes_are_the_usual_one", nonsense_sizes_are_the_usual_one},
	{"the_theme_says_what_the_pointer_is", the_theme_says_what_the_pointer_is},
	{"the_size_is_as_wanted", the_size_is_as_wanted},
	{"the_theme_follows_the_scale", the_theme_follows_the_scale},
	{"it_is_turned_as_the_output_is", it_is_turned_as_the_output_is},
	{"clients_have_scales_too", clients_have_scales_too},
	{"clients_know_where_their_cursor_is", clients_know_where_their_cursor_is},
};

int main(int argc, char **argv)
{
	return harness_run(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
