/* SPDX-License-Identifier: MIT */
/* A screen's mode and power. Another mode takes another pipe; a screen that is off has none. */
#include "output/kms/kms.h"
#include "session/find.h"

static void drop_pipe(struct screen *screen)
{
	lend_pipe_destroy(screen->pipe);
	screen->pipe = NULL;
	screen->lit = false;
	screen->cursor.displayed = -1;
}

int screen_make_pipe(struct screen *screen, uint32_t width, uint32_t height, uint32_t refresh)
{
	const struct lend_pipe_options options = {
		.size = sizeof(options),
		.connectors = screen->connectors,
		.n_connectors = screen->n_connectors,
		.width = width,
		.height = height,
		.refresh = refresh,
		.data = screen,
	};

	int ret = lend_pipe_create(screen->display->kms, &options, &screen->pipe);
	if (ret < 0)
		return fail(ret, "%s", lend_alloc_error());
	screen->info.size = sizeof(screen->info);
	lend_pipe_describe(screen->pipe, &screen->info);
	uint32_t rate = screen->info.mode.refresh ? screen->info.mode.refresh : 60000;
	screen->period = 1000 * SECOND / rate;
	return 0;
}

/* What is on its way, and what is due, will not come from the pipe that is about to go. */
static void settle(struct screen *screen)
{
	screen->pending = screen->wanted = false;
	output_lost(screen->output);
	alarm_set(&screen->alarm, 0);
	screen->wanted = screen->output->scheduled = false;
}

/* Shows black, since only a real commit tells whether the display can do it. */
static int try_pipe(struct screen *screen)
{
	const struct lend_kms_mode *mode = &screen->info.mode;
	struct lend_pipe_state state = {.size = sizeof(state)};

	int ret = lend_framebuffer_allocate(screen->display->kms, mode->width, mode->height,
					    screen->output->format, &state.framebuffer);
	if (ret == 0) {
		ret = lend_pipe_commit(screen->pipe, &state);
		lend_framebuffer_destroy(state.framebuffer);
		/* Until its event the display takes no other frame. */
		if (ret == 0)
			screen_await(screen);
	}
	return ret < 0 ? fail(ret, "%s cannot show %ux%u: %s", screen->output->name, mode->width,
			      mode->height, lend_alloc_error())
		       : 0;
}

bool screen_mode(const struct lend_output *output, size_t index, struct lend_output_mode *mode)
{
	const struct screen *screen = output->backend_data;
	struct lend_connector_info info = {0};
	size_t i = 0;

	while (connector_get(screen->display->kms, i, &info) && info.id != screen->connectors[0])
		i++;
	if (info.id != screen->connectors[0] || index >= info.n_modes)
		return false;
	*mode = (struct lend_output_mode){
		.width = info.modes[index].width,
		.height = info.modes[index].height,
		.refresh = info.modes[index].refresh,
		.preferred = info.modes[index].preferred,
	};
	return true;
}

int screen_set_mode(struct lend_output *output, const struct lend_output_mode *mode)
{
	struct screen *screen = output->backend_data;
	const struct lend_kms_mode before = screen->info.mode;

	settle(screen);
	drop_pipe(screen);
	int ret = screen_make_pipe(screen, mode->width, mode->height, mode->refresh);
	if (ret == 0 && screen->display->active && !output->off)
		ret = try_pipe(screen);
	if (ret < 0) {
		drop_pipe(screen);
		screen_make_pipe(screen, before.width, before.height, before.refresh);
	}
	const struct lend_kms_mode now = screen->info.mode;
	if (output->off)
		drop_pipe(screen);
	output_resized(output, (int32_t)now.width, (int32_t)now.height, now.refresh);
	output_lost(output); /* it is black until the next frame */
	return ret;
}

int screen_set_power(struct lend_output *output, bool on)
{
	struct screen *screen = output->backend_data;
	const struct lend_kms_mode *mode = &screen->info.mode;

	if (on)
		return screen_make_pipe(screen, mode->width, mode->height, mode->refresh);
	settle(screen);
	drop_pipe(screen);
	return 0;
}
