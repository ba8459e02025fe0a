/* SPDX-License-Identifier: MIT */
/* A headless server whose user is a test: what is read from standard input is done by hand.
 * usage: examples-server WIDTH HEIGHT [tile]; prints the socket's name, and a line for each command
 */
#include <framelend/server.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/seat_driver.h"

#define VIEWS 16

struct puppet {
	struct lend_server *server;
	struct lend_output *output;
	double width, height;
	struct lend_view *views[VIEWS];
};

static void mapped(void *data, struct lend_view *view)
{
	struct puppet *puppet = data;
	for (size_t i = 0; i < VIEWS; i++)
		if (puppet->views[i] == NULL) {
			puppet->views[i] = view;
			return;
		}
}

static void unmapped(void *data, struct lend_view *view)
{
	struct puppet *puppet = data;
	for (size_t i = 0; i < VIEWS; i++)
		if (puppet->views[i] == view)
			puppet->views[i] = NULL;
}

static int close_views(struct puppet *puppet)
{
	int count = 0;
	for (size_t i = 0; i < VIEWS; i++)
		if (puppet->views[i] != NULL) {
			lend_view_close(puppet->views[i]);
			count++;
		}
	return count;
}

static void touch(struct puppet *puppet, const char *what, int id, double x, double y)
{
	x /= puppet->width;
	y /= puppet->height;
	if (strcmp(what, "down") == 0)
		drive_touch_down(puppet->server, id, puppet->output, x, y);
	else if (strcmp(what, "move") == 0)
		drive_touch_motion(puppet->server, id, puppet->output, x, y);
	else
		drive_touch_up(puppet->server, id);
	drive_touch_frame(puppet->server);
}

/* WHAT [NUMBER [X [Y]]] */
static int act(struct puppet *puppet, const char *line)
{
	char what[16] = "";
	int number = 0;
	double x = 0, y = 0;
	if (sscanf(line, "%15s %d %lf %lf", what, &number, &x, &y) < 1)
		return -1;
	if (strcmp(what, "devices") == 0)
		drive_devices(puppet->server, (unsigned)number);
	else if (strcmp(what, "point") == 0)
		drive_to(puppet->server, number, x);
	else if (strcmp(what, "button") == 0)
		drive_button(puppet->server, (uint32_t)number, x > 0);
	else if (strcmp(what, "key") == 0)
		drive_key(puppet->server, (uint32_t)number, x > 0);
	else if (strcmp(what, "close") == 0)
		return close_views(puppet);
	else
		touch(puppet, what, number, x, y);
	return 0;
}

/* All the lines there are; false at the end. */
static bool obey(struct puppet *puppet)
{
	char line[128];
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	printf("%d\n", act(puppet, line));
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct puppet puppet = {0};
	const struct lend_server_events events = {
		.size = sizeof(events), .view_mapped = mapped, .view_unmapped = unmapped};
	const struct lend_server_options options = {
		.size = sizeof(options), .events = &events, .data = &puppet};
	struct lend_output_options output = {.size = sizeof(output), .refresh = 60000};
	if (argc < 3)
		return 2;
	puppet.width = output.width = (uint32_t)strtoul(argv[1], NULL, 10);
	puppet.height = output.height = (uint32_t)strtoul(argv[2], NULL, 10);
	if (argc > 3)
		output.layout = LEND_LAYOUT_TILE;
	if (lend_server_create(&options, &puppet.server) < 0 ||
	    lend_output_create_headless(puppet.server, &output, &puppet.output) < 0) {
		fprintf(stderr, "examples-server: %s\n", lend_server_error());
		return 1;
	}
	drive_devices(puppet.server, POINTER | KEYBOARD | TOUCH);
	setvbuf(stdin, NULL, _IONBF, 0); /* what stdio has read already, poll would not tell of */
	printf("%s\n", lend_server_socket(puppet.server));
	fflush(stdout);
	struct pollfd polled[] = {{.fd = lend_server_fd(puppet.server), .events = POLLIN},
				  {.fd = 0, .events = POLLIN}};
	bool going = true;
	while (going && poll(polled, 2, -1) > 0) {
		going = polled[1].revents == 0 || obey(&puppet);
		lend_server_dispatch(puppet.server, 0);
	}
	lend_server_destroy(puppet.server);
	return 0;
}
