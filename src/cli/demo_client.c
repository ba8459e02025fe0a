/* SPDX-License-Identifier: MIT */
/* framelend demo-client: programs to look at, drawn with libframelend-client. */
#include "cli.h"
#include "demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct demo_client {
	const struct demo *demo;
	const char *display, *output;
	uint32_t width, height;
	uint32_t frames; /* to draw; 0: until closed */
	struct lend_client *client;
	struct lend_surface *surface;
	void *state;
	bool path_changed, closed;
	uint64_t path_frame; /* the first frame that shows the path */
};

static const struct demo *const demos[] = {&demo_chart, &demo_paint, &demo_front, NULL};

static const char help[] =
	"usage: framelend demo-client [chart|paint|front] [--size WIDTHxHEIGHT] [--fullscreen OUTPUT]\n"
	"                             [--frames N] [--display NAME]\n"
	"\n"
	"Draws in framebuffers that a display server lends, and shows which path they take to the\n"
	"display. Without a framelend server it brings its own buffers.\n"
	"\n"
	"  chart  an animated chart in a chain of buffers; it would show a torn picture (default)\n"
	"  paint  a drawing program that blends with what it drew, so it reads back\n"
	"  front  an oscilloscope in the buffer that is shown, a few columns at a time\n"
	"\n"
	"  --size WIDTHxHEIGHT   the size to ask for (default: 640x360); the display decides\n"
	"  --fullscreen OUTPUT   fill the output of this name\n"
	"  --frames N            end after N frames, and say how they reached the display\n"
	"  --display NAME        the server's socket (default: $LEND_DISPLAY, $WAYLAND_DISPLAY or\n"
	"                        wayland-0)\n"
	"\n"
	"exit status: 0 ended after --frames or closed, 1 no display or it went away, 2 wrong usage.\n";

/* ---- events --------------------------------------------------------------------------------- */

static void surface_close(void *data, struct lend_surface *surface)
{
	struct demo_client *client = data;
	client->closed = true;
}

static void surface_path(void *data, struct lend_surface *surface)
{
	struct demo_client *client = data;
	client->path_changed = true;
}

static int create_surface(struct demo_client *client)
{
	const struct lend_surface_events events = {
		.size = sizeof(events),
		.close = surface_close,
		.path = surface_path,
	};
	char app_id[64];
	snprintf(app_id, sizeof(app_id), "framelend-demo-%s", client->demo->name);
	struct lend_surface_options options = client->demo->options;
	options.size = sizeof(options);
	options.width = client->width;
	options.height = client->height;
	options.format = LEND_FORMAT_XRGB8888;
	options.fullscreen = client->output != NULL;
	options.output = client->output;
	options.title = client->demo->title;
	options.app_id = app_id;
	options.events = &events;
	options.data = client;
	return lend_surface_create(client->client, &options, &client->surface);
}

/* ---- frames --------------------------------------------------------------------------------- */

static double scale_for(const struct lend_frame *frame)
{
	double across = frame->width / 640.0, down = frame->height / 360.0;
	double scale = across < down ? across : down;
	return scale < 0.5 ? 0.5 : scale;
}

static int draw_frame(struct demo_client *client, const struct lend_frame *lent,
		      struct demo_damage *damage)
{
	struct lend_path_info path = {.size = sizeof(path)};
	int error = lend_surface_path(client->surface, &path);
	if (error < 0)
		return error;
	if (client->path_changed || client->path_frame == 0)
		client->path_frame = lent->number;
	client->path_changed = false;
	cairo_surface_t *picture = cairo_image_surface_create_for_data(
		lent->pixels, CAIRO_FORMAT_RGB24, (int)lent->width, (int)lent->height,
		(int)lent->stride);
	struct demo_frame frame = {
		.cr = cairo_create(picture),
		.lent = lent,
		.path = &path,
		.path_changed = client->path_frame,
		.scale = scale_for(lent),
	};
	client->demo->draw(client->state, &frame, damage);
	error = cairo_status(frame.cr) == CAIRO_STATUS_SUCCESS ? 0 : -ENOMEM;
	cairo_destroy(frame.cr);
	cairo_surface_destroy(picture);
	return error;
}

static void report(struct demo_client *client)
{
	struct lend_path_info path = {.size = sizeof(path)};
	if (lend_surface_path(client->surface, &path) < 0)
		return;
	printf("%u frame%s in %u %s buffer%s: %s: %s\n", client->frames,
	       client->frames == 1 ? "" : "s", path.count, lend_memory_name(path.memory),
	       path.count == 1 ? "" : "s", lend_path_name(path.path), path.reason);
}

/* Begins, draws and ends the next frame. -EAGAIN: not now. */
static int show_frame(struct demo_client *client)
{
	struct lend_frame lent;
	struct demo_damage damage = {.count = 0};
	int error = lend_frame_begin(client->surface, &lent);
	if (error < 0)
		return error;
	if (client->frames && lent.number > client->frames) {
		/* The last frame is on its way now that another one could be begun. */
		client->closed = true;
		report(client);
		return lend_frame_cancel(client->surface);
	}
	error = draw_frame(client, &lent, &damage);
	if (error < 0) {
		lend_frame_cancel(client->surface);
		return error;
	}
	return lend_frame_end(client->surface, damage.whole ? NULL : damage.rects, damage.count);
}

static int complain_client(struct demo_client *client)
{
	return complain("%s", lend_client_error(client->client));
}

static int show_frames(struct demo_client *client)
{
	while (!client->closed) {
		int error = show_frame(client);
		if (error < 0 && error != -EAGAIN)
			return complain_client(client);
		error = lend_client_dispatch(client->client, error == -EAGAIN ? -1 : 0);
		if (error < 0 && error != -EINTR)
			return complain_client(client);
	}
	return STATUS_OK;
}

/* ---- running -------------------------------------------------------------------------------- */

static int choose_demo(struct demo_client *client, const char *name)
{
	for (const struct demo *const *demo = demos; *demo; demo++) {
		if (strcmp((*demo)->name, name) == 0) {
			client->demo = *demo;
			return STATUS_OK;
		}
	}
	return misuse("no demo '%s': there is chart, paint and front", name);
}

static int set_option(struct demo_client *client, int option)
{
	const char *end;
	switch (option) {
	case 'd': client->display = optarg; return STATUS_OK;
	case 'o': client->output = optarg; return STATUS_OK;
	case 's':
		if (parse_size(optarg, &client->width, &client->height, &end) < 0 || *end)
			return misuse("size '%s' is not 1x1 to 16384x16384", optarg);
		return STATUS_OK;
	case 'f':
		if (parse_number(optarg, 1, 999999999, &client->frames) < 0)
			return misuse("'%s' is not a number of frames", optarg);
		return STATUS_OK;
	case 'h': return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
	default: return STATUS_USAGE;
	}
}

static int read_arguments(struct demo_client *client, int argc, char **argv)
{
	static const struct option options[] = {
		{"display", required_argument, NULL, 'd'},
		{"fullscreen", required_argument, NULL, 'o'},
		{"size", required_argument, NULL, 's'},
		{"frames", required_argument, NULL, 'f'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option, status;
	while ((option = next_option(argc, argv, options, 0)) != -1) {
		status = set_option(client, option);
		if (status)
			return status;
	}
	if (optind + 1 < argc)
		return misuse("argument too many: '%s'", argv[optind + 1]);
	return optind < argc ? choose_demo(client, argv[optind]) : STATUS_OK;
}

static int start(struct demo_client *client)
{
	const struct lend_client_options options = {
		.size = sizeof(options),
		.display = client->display,
	};
	client->state = calloc(1, client->demo->state_size + 1);
	if (!client->state)
		return complain("out of memory");
	if (lend_client_connect(&options, &client->client) < 0 || create_surface(client) < 0)
		return complain_client(client);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct demo_client client = {.demo = demos[0], .width = 640, .height = 360};
	int status = read_arguments(&client, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	status = start(&client);
	if (status == STATUS_OK)
		status = show_frames(&client);
	lend_client_destroy(client.client);
	free(client.state);
	return status;
}

const struct command demo_client_command = {
	.name = "demo-client",
	.summary = "programs to look at that draw in lent framebuffers",
	.help = help,
	.run = run,
};
