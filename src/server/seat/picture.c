/* SPDX-License-Identifier: MIT */
/* A picture for the pointer, made for each kind of output: in its pixels, and turned as it is. */
#include "seat.h"

#include <math.h>
#include <stdlib.h>

struct picture *picture_create(void)
{
	struct picture *picture = calloc(1, sizeof(*picture));

	if (picture)
		wl_list_init(&picture->looks);
	return picture;
}

void picture_destroy(struct picture *picture)
{
	struct look *look, *next;

	if (!picture)
		return;
	wl_list_for_each_safe (look, next, &picture->looks, link) {
		pixman_image_unref(look->image);
		free(look);
	}
	if (picture->image)
		pixman_image_unref(picture->image);
	free(picture);
}

/* As many pixels as the picture is to have before it is turned. */
static int32_t length(double units, uint32_t scale)
{
	double pixels = round(units * scale / LEND_SCALE_ONE);

	return pixels < 1 ? 1 : (int32_t)fmin(pixels, LOOK_MAX);
}

static bool is_identity(const struct pixman_f_transform *matrix)
{
	for (int row = 0; row < 3; row++)
		for (int column = 0; column < 3; column++)
			if (fabs(matrix->m[row][column] - (row == column)) > 1e-6)
				return false;
	return true;
}

/* From the picture's pixels to those of a box on the output. */
static void find_matrix(const struct picture *picture, const struct lend_output *output,
			const struct look *look, struct pixman_f_transform *matrix)
{
	const pixman_box32_t upright = {0, 0, look->width, look->height};
	const struct node node = {
		.width = look->width,
		.height = look->height,
		.box = {0, 0, pixman_image_get_width(look->image),
			pixman_image_get_height(look->image)},
	};
	struct pixman_f_transform step;

	pixman_f_transform_init_scale(&step, upright.x2 / picture->width,
				      upright.y2 / picture->height);
	pixman_f_transform_multiply(&step, &step, &picture->from_image);
	node_matrix(output, &node, matrix);
	pixman_f_transform_multiply(matrix, matrix, &step);
}

static void draw(const struct picture *picture, const struct lend_output *output, struct look *look)
{
	struct pixman_f_transform matrix, inverse;

	find_matrix(picture, output, look, &matrix);
	if (is_identity(&matrix)) {
		pixman_image_unref(look->image);
		look->image = pixman_image_ref(picture->image);
		return;
	}
	if (!pixman_f_transform_invert(&inverse, &matrix))
		return;
	render_set_transform(picture->image, &inverse, true);
	pixman_image_composite32(PIXMAN_OP_SRC, picture->image, NULL, look->image, 0, 0, 0, 0, 0, 0,
				 pixman_image_get_width(look->image),
				 pixman_image_get_height(look->image));
	render_set_transform(picture->image, NULL, false);
}

static struct look *make_look(struct picture *picture, const struct lend_output *output)
{
	struct look *look = calloc(1, sizeof(*look));

	if (!look)
		return NULL;
	look->scale = output->scale;
	look->transform = output->transform;
	look->width = length(picture->width, output->scale);
	look->height = length(picture->height, output->scale);
	bool quarter = output->transform & 1;
	look->image =
		pixman_image_create_bits(PIXMAN_a8r8g8b8, quarter ? look->height : look->width,
					 quarter ? look->width : look->height, NULL, 0);
	if (!look->image) {
		free(look);
		return NULL;
	}
	draw(picture, output, look);
	look->serial = ++output->server->seat->cursor.next_serial;
	wl_list_insert(&picture->looks, &look->link);
	return look;
}

const struct look *picture_look(struct picture *picture, const struct lend_output *output)
{
	const struct look *look;

	if (!picture->image)
		return NULL;
	wl_list_for_each (look, &picture->looks, link) {
		if (look->scale == output->scale && look->transform == output->transform)
			return look;
	}
	return make_look(picture, output);
}
