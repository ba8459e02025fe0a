/* SPDX-License-Identifier: MIT */
#include "preload.h"

#include <errno.h>
#include <linux/fb.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#define COLOURS 256

static int result_of(int result)
{
	if (result >= 0)
		return result;
	errno = -result;
	return -1;
}

/* Colours are true: a palette can be asked for, and is a straight line. */
static int read_palette(const struct fb_cmap *palette)
{
	if (palette->start >= COLOURS || palette->len == 0 ||
	    palette->len > COLOURS - palette->start)
		return -EINVAL;
	if (!palette->red || !palette->green || !palette->blue)
		return -EFAULT;
	for (uint32_t i = 0; i < palette->len; i++) {
		uint16_t level = (uint16_t)((palette->start + i) * 0x101);
		palette->red[i] = palette->green[i] = palette->blue[i] = level;
		if (palette->transp)
			palette->transp[i] = 0;
	}
	return 0;
}

static int set_palette(const struct fb_cmap *palette)
{
	if (palette->start >= COLOURS || palette->len > COLOURS - palette->start)
		return -EINVAL;
	return palette->red && palette->green && palette->blue ? 0 : -EFAULT;
}

static int framebuffer_ioctl(unsigned long code, void *argument)
{
	if (code == FBIOGETCMAP || code == FBIOPUTCMAP) {
		if (!argument)
			return -EFAULT;
		return code == FBIOGETCMAP ? read_palette(argument) : set_palette(argument);
	}
	const struct link_payload *payload = link_payload((uint32_t)code);
	if (!payload)
		return -ENOTTY;
	const struct link_request request = {
		.kind = LINK_IOCTL,
		.code = (uint32_t)code,
		.argument = (uintptr_t)argument,
	};
	/* The kernel reads and writes what the argument points to, and says EFAULT if it cannot. */
	return link_ask(&request, argument, payload->in, argument, payload->out, NULL);
}

/* The codes of virtual terminals and keyboards are 0x4Bxx and 0x56xx. */
static bool is_of_console(unsigned long code)
{
	return (code >> 8) == 0x4B || (code >> 8) == 0x56;
}

static bool is_terminal(int fd, int (*next)(int, unsigned long, ...))
{
	int saved = errno;
	struct winsize size;
	bool terminal = next(fd, TIOCGWINSZ, &size) == 0;
	errno = saved;
	return terminal;
}

EXPORT int ioctl(int fd, unsigned long code, ...)
{
	static int (*next)(int, unsigned long, ...);
	if (!next)
		*(void **)&next = next_function("ioctl");
	va_list arguments;
	va_start(arguments, code);
	void *argument = va_arg(arguments, void *);
	va_end(arguments);
	if (_IOC_TYPE(code) == 'F' && framebuffer_size(fd) >= 0)
		return result_of(framebuffer_ioctl(code, argument));
	if (is_of_console(code) && is_terminal(fd, next)) {
		int result = console_ioctl(code, argument);
		if (result != -ENOTTY)
			return result_of(result);
	}
	return next(fd, code, argument);
}
