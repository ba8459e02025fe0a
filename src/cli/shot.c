/* SPDX-License-Identifier: MIT */
/* framelend shot: what outputs show, as a PNG file. */
#include "capture.h"
#include "cli.h"
#include "monitor.h"
#include "png.h"
#include "poster.h"
#include "remote.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTPUTS_MAX 16

struct shot {
	const char *display, *path;
	const char *wanted[OUTPUTS_MAX]; /* names or numbers */
	size_t n_wanted;
	bool labels;
	struct poster_output outputs[OUTPUTS_MAX];
	size_t n_outputs;
};

static const char help[] =
	"usage: framelend shot [--display NAME] [--output NAME|NUMBER]... [--labels] FILE.png\n"
	"\n"
	"Saves what a server's outputs show; FILE.png '-' is standard output. Several outputs stand\n"
	"side by side. One output without labels is saved pixel by pixel, the right way up.\n"
	"\n"
	"  --display NAME     the server's socket (default: $LEND_DISPLAY, $WAYLAND_DISPLAY or\n"
	"                     framelend-0)\n"
	"  --output OUTPUT    its name, or its number from 1; can be repeated (default: all)\n"
	"  --labels           with captions that say whose each surface is, how it reaches the\n"
	"                     display, and why\n"
	"\n"
	"exit status: 0 saved, 1 no server, no such output or the file cannot be written, 2 wrong usage;\n"
	"on failure FILE.png is as it was.\n";

static int take(struct shot *shot, struct remote *remote, const struct remote_output *output)
{
	if (shot->n_outputs == OUTPUTS_MAX)
		return complain("more than %d outputs do not fit in one picture", OUTPUTS_MAX);
	struct poster_output *taken = &shot->outputs[shot->n_outputs];
	taken->name = output->name ? output->name : "?";
	int status = capture_output(remote, output, &taken->picture, &taken->scale);
	if (status == 0)
		shot->n_outputs++;
	return status;
}

static int take_outputs(struct shot *shot, struct remote *remote)
{
	const struct remote_output *output;
	int status = 0;
	for (size_t i = 0; i < shot->n_wanted && status == 0; i++) {
		status = remote_find_output(remote, shot->wanted[i], &output);
		if (status == 0)
			status = take(shot, remote, output);
	}
	if (shot->n_wanted > 0)
		return status;
	wl_list_for_each (output, &remote->outputs, link) {
		status = take(shot, remote, output);
		if (status)
			return status;
	}
	return shot->n_outputs > 0 ? 0 : complain("the server at %s has no output", remote->name);
}

static int save(const struct shot *shot, const struct sample *sample)
{
	if (shot->n_outputs == 1 && !sample)
		return png_write(shot->outputs[0].picture, shot->path);
	cairo_surface_t *picture = poster_draw(shot->outputs, shot->n_outputs, sample);
	if (!picture)
		return complain("the outputs do not fit in one picture: choose with --output");
	int status = png_write(picture, shot->path);
	cairo_surface_destroy(picture);
	return status;
}

static int save_labelled(const struct shot *shot, struct remote *remote)
{
	struct monitor monitor;
	struct sample sample;
	int status = monitor_open(&monitor, remote);
	if (status == 0)
		status = monitor_sample(&monitor, &sample);
	if (status == 0) {
		status = save(shot, &sample);
		sample_finish(&sample);
	}
	monitor_close(&monitor);
	return status;
}

static int read_arguments(struct shot *shot, int argc, char **argv)
{
	static const struct option options[] = {
		{"display", required_argument, NULL, 'd'},
		{"output", required_argument, NULL, 'o'},
		{"labels", no_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;
	while ((option = next_option(argc, argv, options, 0)) != -1) {
		if (option == 'd')
			shot->display = optarg;
		else if (option == 'o' && shot->n_wanted == OUTPUTS_MAX)
			return misuse("more than %d outputs", OUTPUTS_MAX);
		else if (option == 'o')
			shot->wanted[shot->n_wanted++] = optarg;
		else if (option == 'l')
			shot->labels = true;
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
		else
			return STATUS_USAGE;
	}
	if (optind == argc)
		return misuse("the file to write is missing");
	if (optind + 1 < argc)
		return misuse("argument too many: '%s'", argv[optind + 1]);
	shot->path = argv[optind];
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct shot shot = {0};
	int status = read_arguments(&shot, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	signal(SIGXFSZ, SIG_IGN); /* a file that gets too large is an error to tell, not the end */
	struct remote remote;
	status = remote_open(&remote, shot.display);
	if (status == 0)
		status = take_outputs(&shot, &remote);
	if (status == 0)
		status = shot.labels ? save_labelled(&shot, &remote) : save(&shot, NULL);
	for (size_t i = 0; i < shot.n_outputs; i++)
		cairo_surface_destroy(shot.outputs[i].picture);
	remote_close(&remote);
	return status;
}

const struct command shot_command = {
	.name = "shot",
	.summary = "save what outputs show as a PNG file",
	.help = help,
	.run = run,
};
