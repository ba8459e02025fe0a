/* SPDX-License-Identifier: MIT */
/*
 * libframelend-server as it is measured: one headless output, which with a refresh of 0 shows a
 * frame as soon as it is committed. Ends at SIGTERM and then says what it has done and what it
 * shows.
 *
 *   server SOCKET full|tile WIDTHxHEIGHT MILLIHERTZ
 */
#include "bench.h"

#include <framelend/server.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t ended;
static struct lend_view *newest;

static void handle_signal(int number)
{
	ended = 1;
}

static void handle_mapped(void *data, struct lend_view *view)
{
	newest = view;
}

static void handle_unmapped(void *data, struct lend_view *view)
{
	if (view == newest)
		newest = NULL;
}

static void report(struct lend_output *output)
{
	struct lend_output_counters stats = {.size = sizeof(stats)};
	struct lend_view_info view = {.size = sizeof(view)};
	struct lend_buffer_info info = {.size = sizeof(info)};
	struct lend_buffer *latched = lend_output_latched(output);
	void *pixels;

	lend_output_stats(output, &stats);
	if (!latched || !newest || lend_view_describe(newest, &view) < 0 ||
	    lend_buffer_describe(latched, &info) < 0 ||
	    lend_buffer_begin(latched, LEND_READ, &pixels) < 0)
		die("server: nothing is shown");
	printf("{\"path\": \"%s\", \"frames\": %" PRIu64 ", \"scanout\": %" PRIu64
	       ", \"copied\": %" PRIu64 ", \"hash\": \"%016" PRIx64 "\"}\n",
	       lend_path_name(view.path), stats.frames, stats.scanout, view.copied,
	       picture_hash(pixels, info.planes[0].stride, &view.place));
	lend_buffer_end(latched);
}

int main(int argc, char **argv)
{
	const struct lend_server_events events = {.size = sizeof(events),
						  .view_mapped = handle_mapped,
						  .view_unmapped = handle_unmapped};
	struct lend_output_options output_options = {.size = sizeof(output_options)};
	struct lend_server_options options = {.size = sizeof(options), .events = &events};
	struct lend_output *output;
	struct lend_server *server;

	if (argc != 5)
		die("usage: server SOCKET full|tile WIDTHxHEIGHT MILLIHERTZ");
	options.socket = argv[1];
	size_read(argv[3], &output_options.width, &output_options.height);
	output_options.refresh = (uint32_t)strtoul(argv[4], NULL, 10);
	output_options.layout = strcmp(argv[2], "tile") == 0 ? LEND_LAYOUT_TILE : LEND_LAYOUT_FULL;
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = handle_signal}, NULL);
	if (lend_server_create(&options, &server) < 0 ||
	    lend_output_create_headless(server, &output_options, &output) < 0)
		die("server: %s", lend_server_error());
	puts("ready");
	fflush(stdout);
	while (!ended && lend_server_dispatch(server, -1) >= 0)
		;
	report(output);
	lend_server_destroy(server);
	return 0;
}
