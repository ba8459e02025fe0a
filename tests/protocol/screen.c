/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- life ----------------------------------------------------------------------------------- */

static void canvas_create(struct canvas *canvas, int width, int height)
{
	*canvas = (struct canvas){.width = width, .height = height};
	canvas->pixels = malloc((size_t)width * (size_t)height * 4);
	assert_non_null(canvas->pixels);
	canvas_fill(canvas, (struct part){0, 0, width, height}, 0xff000000);
}

int screen_light(struct screen *screen, struct lend_kms_output_options options)
{
	const struct display_facts *facts = screen->display.facts;

	options.size = sizeof(options);
	options.device = options.device ? options.device : screen->display.path;
	options.width = options.width ? options.width : facts->width;
	options.height = options.height ? options.height : facts->height;
	options.no_input = 1;
	return lend_output_create_kms(screen->test->server, &options);
}

void screen_prepare(struct screen *screen, unsigned needs)
{
	memset(screen, 0, sizeof(*screen));
	display_open(&screen->display, needs);
	const struct display_facts *facts = screen->display.facts;
	screen->n = needs & DISPLAY_TWO ? 2 : 1;
	for (unsigned i = 0; i < screen->n; i++)
		canvas_create(&screen->canvases[i], (int)facts->width, (int)facts->height);
	screen->test = test_create(&(struct test_options){.outputs = -1});
}

void screen_open(struct screen *screen, unsigned needs)
{
	screen_prepare(screen, needs);
	for (unsigned i = 0; i < screen->n; i++) {
		const char *connector = screen->display.connectors[i];
		int ret = screen_light(screen,
				       (struct lend_kms_output_options){.connector = connector});
		if (ret != 1)
			fail_msg("lend_output_create_kms: %d: %s", ret, lend_server_error());
	}
}

void screen_close(struct screen *screen)
{
	test_destroy(screen->test);
	for (unsigned i = 0; i < screen->n; i++)
		free(screen->canvases[i].pixels);
	display_close(&screen->display);
}

/* ---- pictures ------------------------------------------------------------------------------- */

uint32_t pattern(int x, int y, unsigned seed)
{
	const unsigned red = (unsigned)x * 3 + seed * 41, green = (unsigned)y * 5 + seed * 71,
		       blue = ((unsigned)x ^ (unsigned)y) + seed * 13;

	return 0xff000000 | (red & 0xff) << 16 | (green & 0xff) << 8 | (blue & 0xff);
}

void pattern_draw(uint32_t *pixels, size_t stride, struct part part, unsigned seed)
{
	for (int y = part.y; y < part.y + part.height; y++)
		for (int x = part.x; x < part.x + part.width; x++)
			pixels[(size_t)y * stride + (size_t)x] = pattern(x, y, seed);
}

static uint32_t *canvas_at(struct canvas *canvas, int x, int y)
{
	static uint32_t nowhere;

	if (x < 0 || y < 0 || x >= canvas->width || y >= canvas->height)
		return &nowhere;
	return &canvas->pixels[(size_t)y * (size_t)canvas->width + (size_t)x];
}

void canvas_expect(struct canvas *canvas, int x, int y, struct part part, unsigned seed)
{
	for (int row = part.y; row < part.y + part.height; row++)
		for (int column = part.x; column < part.x + part.width; column++)
			*canvas_at(canvas, x + column, y + row) = pattern(column, row, seed);
}

void canvas_fill(struct canvas *canvas, struct part part, uint32_t colour)
{
	for (int y = part.y; y < part.y + part.height; y++)
		for (int x = part.x; x < part.x + part.width; x++)
			*canvas_at(canvas, x, y) = colour;
}

/* $SCREEN_ROUNDING: by how much of 255 a GPU may be off. */
static bool is_right(uint32_t seen, uint32_t expected)
{
	const char *rounding = getenv("SCREEN_ROUNDING");
	int most = rounding ? atoi(rounding) : 0;

	for (int shift = 0; shift < 32 && seen != expected; shift += 8)
		if (abs((int)(seen >> shift & 0xff) - (int)(expected >> shift & 0xff)) > most)
			return false;
	return true;
}

static size_t count_wrong(const struct canvas *canvas, const uint32_t *pixels, char *text,
			  size_t size)
{
	size_t wrong = 0;

	for (int y = 0; y < canvas->height; y++)
		for (int x = 0; x < canvas->width; x++) {
			size_t at = (size_t)y * (size_t)canvas->width + (size_t)x;
			if (is_right(pixels[at], canvas->pixels[at]))
				continue;
			if (wrong++ == 0)
				snprintf(text, size, "the first, at %d,%d, is %08x, not %08x", x, y,
					 pixels[at], canvas->pixels[at]);
		}
	return wrong;
}

static size_t look(struct screen *screen, unsigned index, char *text, size_t size)
{
	const struct canvas *canvas = &screen->canvases[index];
	uint32_t width = 0, height = 0;
	uint32_t *pixels = display_look(&screen->display, index, &width, &height);
	size_t wrong = (size_t)canvas->width * (size_t)canvas->height;

	snprintf(text, size, "%ux%u are seen", width, height);
	if (pixels && width == (uint32_t)canvas->width && height == (uint32_t)canvas->height)
		wrong = count_wrong(canvas, pixels, text, size);
	free(pixels);
	return wrong;
}

void screen_check(struct screen *screen, unsigned index, const char *what)
{
	char text[128];
	size_t wrong = look(screen, index, text, sizeof(text));

	for (int i = 0; wrong && i < 20; i++) {
		pump_once(screen->test, 100);
		wrong = look(screen, index, text, sizeof(text));
	}
	if (wrong)
		fail_msg("%s: %zu pixels are wrong; %s\n%s", what, wrong, text, screen->test->log);
}

void screen_check_all(struct screen *screen, const char *what)
{
	for (unsigned i = 0; i < screen->n; i++)
		screen_check(screen, i, what);
}

enum lend_path screen_direct_path(const struct screen *screen)
{
	const struct display_facts *facts = screen->display.facts;

	if (!(facts->can & DISPLAY_LENDS))
		return LEND_PATH_COPY;
	return facts->uploads ? LEND_PATH_FLUSH : LEND_PATH_SCANOUT;
}

/* ---- a client that is lent what it draws in ------------------------------------------------- */

void lent_open(struct screen *screen, uint32_t usage, uint32_t count, struct lent *lent)
{
	*lent = (struct lent){.screen = screen, .client = client_create(screen->test)};
	window_create(lent->client, &lent->window);
	chain_create(lent->client, lent->window.surface, &lent->chain);
	chain_configure(&lent->chain, screen->display.facts->width, screen->display.facts->height,
			LEND_FORMAT_XRGB8888, usage, count);
	if (lent->chain.failed)
		fail_msg("no chain: %s", lent->chain.reason);
}

void lent_close(struct lent *lent)
{
	chain_destroy(&lent->chain);
	window_destroy(&lent->window);
	client_destroy(lent->client);
	pump(lent->screen->test);
}

struct lent_buffer *lent_next(struct lent *lent)
{
	struct chain *chain = &lent->chain;

	chain_take(chain); /* a generation may have come */
	lent->next = (lent->next + 1) % chain->count;
	return &chain->buffers[lent->next];
}

void lent_draw(struct lent *lent, struct lent_buffer *buffer, struct part part, unsigned seed)
{
	pattern_draw((uint32_t *)(void *)(buffer->pixels + buffer->offset), buffer->stride / 4,
		     part, seed);
}

void lent_commit(struct lent *lent, struct lent_buffer *buffer, struct part damage)
{
	struct wl_surface *surface = lent->window.surface;
	unsigned frames = lent->window.frames;

	wl_surface_attach(surface, buffer->buffer, 0, 0);
	wl_surface_damage_buffer(surface, damage.x, damage.y, damage.width, damage.height);
	window_request_frame(&lent->window);
	wl_surface_commit(surface);
	pump_until(lent->screen->test, &lent->window.frames, frames + 1);
}

struct part lent_all(const struct lent *lent)
{
	return (struct part){0, 0, (int)lent->chain.width, (int)lent->chain.height};
}

void lent_show(struct lent *lent, unsigned seed)
{
	struct lent_buffer *buffer = lent_next(lent);

	lent_draw(lent, buffer, lent_all(lent), seed);
	lent_commit(lent, buffer, lent_all(lent));
}

void lent_settle(struct lent *lent, enum lend_path path)
{
	for (unsigned i = 0; i < 80 && (i < 4 || lent->chain.path != path); i++)
		lent_show(lent, 90 + i);
	if (lent->chain.path != path)
		fail_msg("the path is %s, not %s: %s", lend_path_name(lent->chain.path),
			 lend_path_name(path), lent->chain.path_reason);
}
