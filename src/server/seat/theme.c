/* SPDX-License-Identifier: MIT */
/* Pictures from a cursor theme, by libXcursor, which is loaded when the first one is needed; or the
 * arrow. */
#include "seat.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef HAVE_XCURSOR
#include <X11/Xcursor/Xcursor.h>
#include <dlfcn.h>
#endif

/* A picture in one size. */
struct themed {
	struct wl_list link; /* theme.pictures */
	uint32_t shape, scale;
	struct picture *picture;
};

/* ---- libXcursor ----------------------------------------------------------------------------- */

static void say_why(struct theme *theme, const struct lend_server *server, const char *why)
{
	if (!theme->told)
		server_log(server, LEND_LOG_INFO, "the pointer is a drawn arrow: %s", why);
	theme->told = true;
}

#ifdef HAVE_XCURSOR
#define USUAL_SIZE 24
#define NAMES	   3

/* By the numbers of wp_cursor_shape_device_v1.shape: the name in CSS, by which newer themes go, and
 * what older ones have instead. */
static const char *const names[CURSOR_SHAPES + 1][NAMES] = {
	[1] = {"default", "left_ptr"},
	[2] = {"context-menu", "left_ptr"},
	[3] = {"help", "question_arrow", "left_ptr"},
	[4] = {"pointer", "hand2", "hand1"},
	[5] = {"progress", "left_ptr_watch", "watch"},
	[6] = {"wait", "watch"},
	[7] = {"cell", "plus"},
	[8] = {"crosshair", "cross"},
	[9] = {"text", "xterm"},
	[10] = {"vertical-text", "xterm"},
	[11] = {"alias", "dnd-link", "link"},
	[12] = {"copy", "dnd-copy"},
	[13] = {"move", "dnd-move", "fleur"},
	[14] = {"no-drop", "dnd-none", "circle"},
	[15] = {"not-allowed", "crossed_circle", "circle"},
	[16] = {"grab", "openhand", "hand1"},
	[17] = {"grabbing", "closedhand", "fleur"},
	[18] = {"e-resize", "right_side"},
	[19] = {"n-resize", "top_side"},
	[20] = {"ne-resize", "top_right_corner"},
	[21] = {"nw-resize", "top_left_corner"},
	[22] = {"s-resize", "bottom_side"},
	[23] = {"se-resize", "bottom_right_corner"},
	[24] = {"sw-resize", "bottom_left_corner"},
	[25] = {"w-resize", "left_side"},
	[26] = {"ew-resize", "sb_h_double_arrow"},
	[27] = {"ns-resize", "sb_v_double_arrow"},
	[28] = {"nesw-resize", "fd_double_arrow", "top_right_corner"},
	[29] = {"nwse-resize", "bd_double_arrow", "top_left_corner"},
	[30] = {"col-resize", "sb_h_double_arrow"},
	[31] = {"row-resize", "sb_v_double_arrow"},
	[32] = {"all-scroll", "fleur"},
	[33] = {"zoom-in", "plus"},
	[34] = {"zoom-out", "plus"},
	[35] = {"dnd-ask", "copy", "left_ptr"},
	[36] = {"all-resize", "move", "fleur"},
};

static uint32_t wanted_size(void)
{
	const char *text = getenv("XCURSOR_SIZE");
	unsigned long size = text ? strtoul(text, NULL, 10) : 0;

	return size >= 1 && size <= CURSOR_MAX ? (uint32_t)size : USUAL_SIZE;
}

/* The pixels, with a hot spot, of what the size in pixels asks for. */
struct loaded {
	pixman_image_t *image;
	uint32_t nominal;
	int32_t hot_x, hot_y;
};

static bool open_library(struct theme *theme, const struct lend_server *server)
{
	if (theme->library)
		return true;
	theme->library = dlopen("libXcursor.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!theme->library)
		say_why(theme, server, dlerror());
	return theme->library != NULL;
}

static pixman_image_t *copy(const XcursorImage *from)
{
	if (from->width < 1 || from->height < 1 || from->width > LOOK_MAX ||
	    from->height > LOOK_MAX)
		return NULL;
	pixman_image_t *image = pixman_image_create_bits(PIXMAN_a8r8g8b8, (int)from->width,
							 (int)from->height, NULL, 0);
	if (image)
		/* Without padding, as that of an image of whole words. */
		memcpy(pixman_image_get_data(image), from->pixels,
		       (size_t)from->width * from->height * sizeof(uint32_t));
	return image;
}

/* Of one that moves, the first picture. */
static bool load(struct theme *theme, const char *name, uint32_t size, struct loaded *loaded)
{
	__typeof__(XcursorLibraryLoadImages) *load_images;
	__typeof__(XcursorImagesDestroy) *destroy;

	*(void **)&load_images = dlsym(theme->library, "XcursorLibraryLoadImages");
	*(void **)&destroy = dlsym(theme->library, "XcursorImagesDestroy");
	if (!load_images || !destroy)
		return false;
	XcursorImages *images = load_images(name, getenv("XCURSOR_THEME"), (int)size);
	if (!images)
		return false;
	if (images->nimage > 0) {
		const XcursorImage *first = images->images[0];
		*loaded = (struct loaded){copy(first), first->size, (int32_t)first->xhot,
					  (int32_t)first->yhot};
	}
	destroy(images);
	return loaded->image != NULL;
}

static bool load_shape(struct theme *theme, const struct lend_server *server, uint32_t shape,
		       uint32_t size, struct loaded *loaded)
{
	const char *set = getenv("XCURSOR_THEME");
	char why[160];

	if (theme->missing || !open_library(theme, server))
		return false;
	for (int i = 0; i < NAMES && names[shape][i]; i++)
		if (load(theme, names[shape][i], size, loaded))
			return true;
	for (int i = 0; i < NAMES && names[CURSOR_SHAPE_DEFAULT][i]; i++)
		if (load(theme, names[CURSOR_SHAPE_DEFAULT][i], size, loaded))
			return true;
	theme->missing = true;
	snprintf(why, sizeof(why), "the cursor theme %.80s has none (XCURSOR_THEME, XCURSOR_PATH)",
		 set ? set : "default");
	say_why(theme, server, why);
	return false;
}

/* How many of its pixels make a unit: as many as the output has, where the theme has it in that
 * size; else as many as there are of the usual size. */
static double pixels_per_unit(const struct loaded *loaded, uint32_t size, uint32_t scale)
{
	uint32_t usual = wanted_size();

	if (loaded->nominal == size)
		return (double)scale / LEND_SCALE_ONE;
	return loaded->nominal > usual ? (loaded->nominal + usual / 2) / usual : 1;
}

static bool from_theme(struct theme *theme, const struct lend_server *server, struct themed *themed)
{
	uint32_t size = (wanted_size() * themed->scale + LEND_SCALE_ONE / 2) / LEND_SCALE_ONE;
	struct picture *picture = themed->picture;
	struct loaded loaded = {0};

	if (!load_shape(theme, server, themed->shape, size, &loaded))
		return false;
	double unit = pixels_per_unit(&loaded, size, themed->scale);
	picture->image = loaded.image;
	picture->width = pixman_image_get_width(loaded.image) / unit;
	picture->height = pixman_image_get_height(loaded.image) / unit;
	picture->hot_x = loaded.hot_x / unit;
	picture->hot_y = loaded.hot_y / unit;
	pixman_f_transform_init_scale(&picture->from_image, 1 / unit, 1 / unit);
	return true;
}

static void close_library(struct theme *theme)
{
	if (theme->library)
		dlclose(theme->library);
}
#else
static bool from_theme(struct theme *theme, const struct lend_server *server, struct themed *themed)
{
	say_why(theme, server, "built without libXcursor");
	return false;
}

static void close_library(struct theme *theme) {}
#endif

/* ---- pictures ------------------------------------------------------------------------------- */

static void from_arrow(struct themed *themed)
{
	struct picture *picture = themed->picture;
	int32_t hot_x = 0, hot_y = 0;

	picture->image = arrow_create(&hot_x, &hot_y);
	if (!picture->image)
		return;
	picture->width = pixman_image_get_width(picture->image);
	picture->height = pixman_image_get_height(picture->image);
	picture->hot_x = hot_x;
	picture->hot_y = hot_y;
	pixman_f_transform_init_identity(&picture->from_image);
}

struct picture *theme_picture(struct theme *theme, const struct lend_output *output, uint32_t shape)
{
	struct themed *themed;

	wl_list_for_each (themed, &theme->pictures, link) {
		if (themed->shape == shape && themed->scale == output->scale)
			return themed->picture;
	}
	themed = calloc(1, sizeof(*themed));
	if (themed)
		themed->picture = picture_create();
	if (!themed || !themed->picture) {
		free(themed);
		return NULL;
	}
	themed->shape = shape;
	themed->scale = output->scale;
	if (!from_theme(theme, output->server, themed))
		from_arrow(themed);
	wl_list_insert(&theme->pictures, &themed->link);
	return themed->picture;
}

void theme_init(struct theme *theme)
{
	wl_list_init(&theme->pictures);
}

void theme_finish(struct theme *theme)
{
	struct themed *themed, *next;

	wl_list_for_each_safe (themed, next, &theme->pictures, link) {
		picture_destroy(themed->picture);
		free(themed);
	}
	close_library(theme);
}
