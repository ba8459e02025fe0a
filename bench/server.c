/* SPDX-License-Identifier: MIT */
/*
 * libframelend-server as it is measured: one headless output, which with a refresh of 0 shows a
 * frame as soon as it is committed; or a display, which a double of libdrm plays that is preloaded.
 * Ends at SIGTERM and then says what it has done and what it shows.
 *
 *   server SOCKET full|tile WIDTHxHEIGHT MILLIHERTZ
 *   server SOCKET full|tile kms 0
 */
#include "bench.h"

#include <dlfcn.h>
#include <framelend/server.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile sig_atomic_t ended;
static struct lend_view *newest;
static struct lend_output *shown;

/* The calls to a display's driver that a frame could need. */
static const char *const calls[] = {
	"drmModeAtomicCommit",
	"drmModePageFlip",
	"drmModeSetCrtc",
	"drmModeDirtyFB",
	"drmModeAddFB2",
	"drmModeAddFB2WithModifiers",
	"drmModeRmFB",
	"drmModeCreatePropertyBlob",
	"drmModeDestroyPropertyBlob",
	"drmPrimeFDToHandle",
	"drmPrimeHandleToFD",
	"drmCloseBufferHandle",
	"drmModeCreateDumbBuffer",
};

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

static void handle_added(void *data, struct lend_output *output)
{
	shown = output;
}

static void report_calls(void)
{
	size_t (*count)(const char *call);

	*(void **)&count = dlsym(RTLD_DEFAULT, "fake_drm_calls");
	for (size_t i = 0; count && i < sizeof(calls) / sizeof(calls[0]); i++)
		printf("%s\"%s\": %zu", i ? ", " : "", calls[i], count(calls[i]));
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
	       ", \"copied\": %" PRIu64 ", \"hash\": \"%016" PRIx64 "\", \"calls\": {",
	       lend_path_name(view.path), stats.frames, stats.scanout, view.copied,
	       picture_hash(pixels, info.planes[0].stride, &view.place));
	report_calls();
	puts("}}");
	lend_buffer_end(latched);
}

static int create_output(struct lend_server *server, char **argv)
{
	const enum lend_layout layout =
		strcmp(argv[2], "tile") == 0 ? LEND_LAYOUT_TILE : LEND_LAYOUT_FULL;
	const struct lend_kms_output_options kms = {
		.size = sizeof(kms), .device = "/dev/dri/card0", .layout = layout, .no_input = 1};
	struct lend_output_options headless = {.size = sizeof(headless), .layout = layout};

	if (strcmp(argv[3], "kms") == 0)
		return lend_output_create_kms(server, &kms);
	size_read(argv[3], &headless.width, &headless.height);
	headless.refresh = (uint32_t)strtoul(argv[4], NULL, 10);
	return lend_output_create_headless(server, &headless, &shown);
}

int main(int argc, char **argv)
{
	const struct lend_server_events events = {.size = sizeof(events),
						  .view_mapped = handle_mapped,
						  .view_unmapped = handle_unmapped,
						  .output_added = handle_added};
	struct lend_server_options options = {.size = sizeof(options), .events = &events};
	struct lend_server *server;

	if (argc != 5)
		die("usage: server SOCKET full|tile WIDTHxHEIGHT|kms MILLIHERTZ");
	options.socket = argv[1];
	sigaction(SIGTERM, &(struct sigaction){.sa_handler = handle_signal}, NULL);
	if (lend_server_create(&options, &server) < 0 || create_output(server, argv) < 0)
		die("server: %s", lend_server_error());
	puts("ready");
	fflush(stdout);
	while (!ended && lend_server_dispatch(server, -1) >= 0)
		;
	report(shown);
	lend_server_destroy(server);
	return 0;
}
