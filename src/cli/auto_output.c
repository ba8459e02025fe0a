/* SPDX-License-Identifier: MIT */
/* Which kind of output suits where the program was started: on a desktop a window, at a text
 * console the displays, elsewhere none. */
#include "outputs.h"

#include <errno.h>
#include <linux/kd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define WIDTH	1280
#define HEIGHT	720
#define REFRESH 60000

struct choice {
	struct lend_server *server;
	struct output_wish *wish;
	enum lend_layout layout;
	lend_log_handler log;
	void *data;
};

__attribute__((format(printf, 2, 3))) static void refuse(const struct choice *choice,
							 const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	choice->log(choice->data, LEND_LOG_INFO, text);
}

/* what: of the log, if it does not come about. */
static bool make(const struct choice *choice, enum output_kind kind, const char *what)
{
	choice->wish->kind = kind;
	if (output_make(choice->server, choice->wish, choice->layout) >= 0)
		return true;
	refuse(choice, "output: no %s: %s", what, lend_server_error());
	return false;
}

static bool try_window(const struct choice *choice, enum output_kind kind, const char *what,
		       const char *variable)
{
	const char *name = getenv(variable);
	if (!name || !*name) {
		refuse(choice, "output: no %s: %s is not set", what, variable);
		return false;
	}
	if (!make(choice, kind, what))
		return false;
	fprintf(stderr, "framelend: output: a %s (%s), since %s is set\n", what, name, variable);
	return true;
}

/* Why the displays are this user's to take, or NULL: who comes over the network, or from a timer,
 * does not mean them. */
static const char *find_seat(void)
{
	int mode;
	const char *seat = getenv("XDG_SEAT"), *vt = getenv("XDG_VTNR");
	if (ioctl(STDIN_FILENO, KDGETMODE, &mode) == 0)
		return "it was started from a text console";
	return seat && *seat && vt && *vt ? "its session has a seat (XDG_SEAT) and a console"
					  : NULL;
}

static bool try_displays(const struct choice *choice)
{
	const char *reason = find_seat();
	if (!reason) {
		refuse(choice, "output: no displays: it was not started from a text console");
		return false;
	}
	if (!make(choice, OUTPUT_KMS, "displays"))
		return false;
	fprintf(stderr, "framelend: output: the displays that are connected, since %s\n", reason);
	return true;
}

int output_make_auto(struct lend_server *server, struct output_wish *wish, enum lend_layout layout,
		     lend_log_handler log, void *data)
{
	const struct choice choice = {server, wish, layout, log, data};
	if (try_window(&choice, OUTPUT_WAYLAND, "window on Wayland", "WAYLAND_DISPLAY") ||
	    try_window(&choice, OUTPUT_X11, "window on X11", "DISPLAY") || try_displays(&choice))
		return 0;
	wish->kind = OUTPUT_HEADLESS;
	wish->width = WIDTH;
	wish->height = HEIGHT;
	wish->refresh = REFRESH;
	int result = output_make(server, wish, layout);
	if (result >= 0)
		fprintf(stderr,
			"framelend: output: none that is seen (headless:%dx%d@%d), since this is neither a desktop nor a "
			"text console\n",
			WIDTH, HEIGHT, REFRESH / 1000);
	return result;
}
