/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <linux/fb.h>
#include <stddef.h>
#include <sys/ioctl.h>

#define VARIABLE sizeof(struct fb_var_screeninfo)
#define FIXED	 sizeof(struct fb_fix_screeninfo)
#define CONSOLE	 sizeof(struct fb_con2fbmap)

const struct link_payload *link_payload(uint32_t code)
{
	static const struct link_payload payloads[] = {
		{FBIOGET_VSCREENINFO, 0, VARIABLE},
		{FBIOPUT_VSCREENINFO, VARIABLE, VARIABLE},
		{FBIOGET_FSCREENINFO, 0, FIXED},
		{FBIOPAN_DISPLAY, VARIABLE, VARIABLE},
		{FBIOGET_CON2FBMAP, CONSOLE, CONSOLE},
		{FBIOPUT_CON2FBMAP, CONSOLE, 0},
		{FBIOBLANK, 0, 0},
		{FBIO_CURSOR, 0, 0},
		/* Its argument is read by some drivers and left alone by others: so do programs. */
		{FBIO_WAITFORVSYNC, 0, 0},
	};
	for (size_t i = 0; i < sizeof(payloads) / sizeof(*payloads); i++)
		if (payloads[i].code == code)
			return &payloads[i];
	return NULL;
}
