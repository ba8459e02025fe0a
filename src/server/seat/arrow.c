/* SPDX-License-Identifier: MIT */
/* The picture of a pointer that is over no surface, or over one whose client sets none. */
#include "seat.h"

#define SIDE 24

/* '#': its edge, '.': within. The hot spot is the tip. */
/* clang-format off */
static const char *const arrow[SIDE] = {
	"##                      ",
	"#.#                     ",
	"#..#                    ",
	"#...#                   ",
	"#....#                  ",
	"#.....#                 ",
	"#......#                ",
	"#.......#               ",
	"#........#              ",
	"#.........#             ",
	"#..........#            ",
	"#...........#           ",
	"#............#          ",
	"#.......#######         ",
	"#....#..#               ",
	"#...##...#              ",
	"#..# #...#              ",
	"#.#   #...#             ",
	"##    #...#             ",
	"#      #...#            ",
	"       #...#            ",
	"        ###             ",
	"                        ",
	"                        ",
};
/* clang-format on */

static uint32_t colour(char mark)
{
	if (mark == '#')
		return 0xff000000;
	return mark == '.' ? 0xffffffff : 0;
}

pixman_image_t *arrow_create(int32_t *hot_x, int32_t *hot_y)
{
	pixman_image_t *image = pixman_image_create_bits(PIXMAN_a8r8g8b8, SIDE, SIDE, NULL, 0);

	if (!image)
		return NULL;
	uint32_t *pixels = pixman_image_get_data(image);
	size_t stride = (size_t)pixman_image_get_stride(image) / sizeof(*pixels);
	for (size_t y = 0; y < SIDE; y++)
		for (size_t x = 0; x < SIDE; x++)
			pixels[y * stride + x] = colour(arrow[y][x]);
	*hot_x = *hot_y = 0;
	return image;
}
