/* SPDX-License-Identifier: MIT */
/* The picture of a pointer that is over no surface, or over one whose client sets none. */
#include "common/arrow.h"
#include "seat.h"

pixman_image_t *arrow_create(int32_t *hot_x, int32_t *hot_y)
{
	pixman_image_t *image =
		pixman_image_create_bits(PIXMAN_a8r8g8b8, ARROW_SIDE, ARROW_SIDE, NULL, 0);

	if (!image)
		return NULL;
	arrow_draw(pixman_image_get_data(image),
		   (size_t)pixman_image_get_stride(image) / sizeof(uint32_t));
	*hot_x = *hot_y = 0;
	return image;
}
