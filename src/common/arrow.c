/* SPDX-License-Identifier: MIT */
#include "common/arrow.h"

/* '#': its edge, '.': within. The hot spot is the tip. */
/* clang-format off */
static const char *const arrow[ARROW_SIDE] = {
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

void arrow_draw(uint32_t *pixels, size_t stride)
{
	for (size_t y = 0; y < ARROW_SIDE; y++)
		for (size_t x = 0; x < ARROW_SIDE; x++)
			pixels[y * stride + x] = colour(arrow[y][x]);
}
