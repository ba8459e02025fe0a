/* SPDX-License-Identifier: MIT */
/*
 * An output on a display. A frame is committed shortly before the refresh that is to show it, and
 * the next one is not drawn before the driver says that this one is on display. Drivers without
 * refreshes say so at once; they are given the mode's rate.
 */
#include "output/kms/kms.h"

#include <stdlib.h>

#include "presentation-time-server-protocol.h"

#define MARGIN	 (3 * SECOND / 2000) /* before a refresh, besides what drawing takes */
#define OVERDUE	 (2 * SECOND)	     /* a frame that was not told of until then never will be */
#define COST_MAX (SECOND / 100)

static const uint32_t formats[] = {
	LEND_FORMAT_XRGB8888, LEND_FORMAT_XBGR8888,    LEND_FORMAT_ARGB8888,
	LEND_FORMAT_RGB565,   LEND_FORMAT_XRGB2101010,
};

/* ---- time ----------------------------------------------------------------------------------- */

static uint64_t next_refresh(const struct screen *screen, uint64_t now)
{
	if (screen->last == 0 || now < screen->last)
		return now;
	return screen->last + ((now - screen->last) / screen->period + 1) * screen->period;
}

/* Once for each refresh, also where nothing is committed and so nothing is told. */
static void arm(struct screen *screen)
{
	uint64_t now = time_now(), at = next_refresh(screen, now);
	uint64_t margin = screen->cost + MARGIN;

	if (at <= screen->aimed && screen->aimed < now + 2 * screen->period)
		at = screen->aimed + screen->period;
	screen->aimed = at;
	if (screen->info.paced)
		at = at > now + margin ? at - margin : now;
	alarm_set(&screen->alarm, at ? at : 1);
}

static void schedule(struct lend_output *output)
{
	struct screen *screen = output->backend_data;

	if (screen->pending || !screen->display->active)
		screen->wanted = true;
	else
		arm(screen);
}

/* Whether the driver has vblanks is known once the display is lit. */
static void learn_pace(struct screen *screen)
{
	if (!screen->lit)
		lend_pipe_describe(screen->pipe, &screen->info);
	screen->lit = true;
}

static void shown(struct screen *screen, const struct timespec *when, uint64_t sequence)
{
	learn_pace(screen);
	const struct presented presented = {
		.when = *when,
		.sequence = sequence ? sequence : ++screen->frames,
		.flags = WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY |
			 (screen->info.paced ? WP_PRESENTATION_FEEDBACK_KIND_VSYNC |
						       WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK |
						       WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION
					     : 0u),
	};

	screen->last = time_to_ns(when);
	screen->pending = false;
	output_presented(screen->output, &presented);
}

static void catch_up(struct screen *screen)
{
	if (!screen->wanted || screen->pending || !screen->display->active)
		return;
	screen->wanted = false;
	arm(screen);
}

void screen_presented(void *data, const struct timespec *when, uint64_t sequence)
{
	struct screen *screen = data;

	if (!screen->pending)
		return;
	alarm_set(&screen->alarm, 0);
	shown(screen, when, sequence);
	catch_up(screen);
}

void screen_await(struct screen *screen)
{
	screen->pending = true;
	alarm_set(&screen->alarm, time_now() + OVERDUE);
}

static void handle_overdue(struct screen *screen)
{
	server_log(
		screen->output->server, LEND_LOG_WARNING,
		"%s: the driver does not say that a frame is on display; the display is set anew",
		screen->output->name);
	display_restart(screen->display);
}

static void handle_alarm(void *data)
{
	struct screen *screen = data;

	if (screen->pending) {
		handle_overdue(screen);
		return;
	}
	if (!screen->display->active) {
		screen->wanted = true;
		return;
	}
	uint64_t start = time_now();
	output_repaint(screen->output);
	uint64_t cost = time_now() - start;
	/* Rises at once and falls slowly: a frame too late is worse than one a little early. */
	screen->cost = cost > screen->cost ? cost : screen->cost - (screen->cost - cost) / 16;
	if (screen->cost > COST_MAX)
		screen->cost = COST_MAX;
}

void screen_set_active(struct screen *screen, bool active)
{
	screen->pending = false;
	screen->wanted = true;
	alarm_set(&screen->alarm, 0);
	if (!active)
		return;
	output_lost(screen->output);
	catch_up(screen);
}

/* ---- frames --------------------------------------------------------------------------------- */

static int allocate(struct lend_output *output, struct lend_buffer **memory)
{
	struct screen *screen = output->backend_data;
	uint32_t width = (uint32_t)output->width, height = (uint32_t)output->height;

	if (output_hides_frames(output))
		return framebuffer_allocate_gpu(screen->display, width, height, output->format,
						memory);
	return framebuffer_allocate(screen->display, width, height, output->format, memory);
}

/* Nobody has seen it show such memory. A client's GPU may have made it on this very device, though:
 * where a refusal can be relied on, the display is asked. */
static bool is_foreign(const struct lend_output *output, const struct buffer *buffer)
{
	const struct screen *screen = output->backend_data;
	const struct lend_device_info *device = &screen->display->info;

	if (buffer->device == output->device || device->foreign)
		return false;
	return !device->honest || buffer->kind != LEND_MEMORY_DMABUF;
}

static const char *refuses(struct lend_output *output, struct buffer *buffer, bool layer)
{
	struct screen *screen = output->backend_data;
	const struct lend_device_info *device = &screen->display->info;

	if (!screen->pipe)
		return "the display is dark.";
	if (buffer->kind == LEND_MEMORY_MEMFD || buffer->kind == LEND_MEMORY_SHM)
		return "a display cannot read ordinary memory.";
	if (is_foreign(output, buffer))
		return device->foreign_reason;
	if (lend_pipe_takes_format(screen->pipe, layer, buffer->format) != 1)
		return layer ? "no overlay plane takes its format."
			     : "the display does not take its format.";
	const struct framebuffer *framebuffer = framebuffer_get(screen->display, buffer->memory);
	if (!framebuffer)
		return "there is no memory left to tell the display of it.";
	return framebuffer->kms ? NULL : framebuffer->refusal;
}

static bool takes(struct lend_output *output, uint32_t format, uint64_t modifier)
{
	const struct screen *screen = output->backend_data;

	return modifier == LEND_MODIFIER_LINEAR && screen->pipe &&
	       lend_pipe_takes_format(screen->pipe, 0, format) == 1;
}

static enum lend_path direct_path(const struct lend_output *output)
{
	const struct screen *screen = output->backend_data;

	return screen->display->info.flush == 1 ? LEND_PATH_FLUSH : LEND_PATH_SCANOUT;
}

static int layers(const struct lend_output *output)
{
	const struct screen *screen = output->backend_data;

	return (int)screen->info.n_overlays;
}

static bool takes_modifier(const struct lend_output *output, uint32_t format, uint64_t modifier)
{
	const struct screen *screen = output->backend_data;
	uint64_t listed;

	for (size_t i = 0;
	     screen->pipe && lend_pipe_modifier(screen->pipe, 0, format, i, &listed) == 1; i++)
		if (listed == modifier)
			return true;
	return false;
}

static bool cursor(struct lend_output *output)
{
	return cursor_take(output->backend_data);
}

static void forget(struct lend_output *output, const struct lend_buffer *memory)
{
	struct screen *screen = output->backend_data;

	framebuffer_forget(screen->display, memory);
}

static size_t list_layers(struct screen *screen, const struct frame *frame, struct lend_layer *list)
{
	size_t n = 0;

	for (int i = 0; i < frame->n_layers; i++) {
		const struct buffer *buffer = frame->layers[i].buffer;
		const struct framebuffer *framebuffer =
			framebuffer_get(screen->display, buffer->memory);
		if (framebuffer && framebuffer->kms)
			list[n++] = (struct lend_layer){
				.framebuffer = framebuffer->kms,
				.x = frame->layers[i].x,
				.y = frame->layers[i].y,
				.width = buffer->width,
				.height = buffer->height,
			};
	}
	return n;
}

/* A driver that takes everything but the cursor gets the rest; the cursor is drawn from then on. */
static int commit(struct screen *screen, struct lend_pipe_state *state)
{
	int ret = lend_pipe_commit(screen->pipe, state);

	if (ret >= 0 || !state->cursor || error_is_passing(ret))
		return ret;
	state->cursor = NULL;
	int without = lend_pipe_commit(screen->pipe, state);
	if (without >= 0) {
		screen->cursor.broken = true;
		screen->wanted = true;
	}
	return without;
}

static int try_state(struct screen *screen, struct framebuffer *framebuffer,
		     struct lend_pipe_state *state)
{
	const char *call = "test-only commit";
	int ret = framebuffer->tried || framebuffer->own ? 0 : lend_pipe_test(screen->pipe, state);

	if (ret >= 0) {
		call = "commit";
		ret = commit(screen, state);
	}
	if (ret >= 0)
		framebuffer->tried = true;
	else if (!error_is_passing(ret) && !framebuffer->own && state->n_layers == 0)
		framebuffer_refuse(framebuffer, call, ret);
	return ret;
}

static int present(struct lend_output *output, const struct frame *frame)
{
	struct screen *screen = output->backend_data;
	struct framebuffer *framebuffer = framebuffer_get(screen->display, frame->memory);
	struct lend_rect rects[RECTS_MAX];
	struct lend_layer list[LAYERS_MAX];
	struct lend_pipe_state state = {.size = sizeof(state), .damage = rects, .layers = list};
	struct timespec now;

	if (!screen->pipe)
		return -ENODEV;
	if (!framebuffer || !framebuffer->kms)
		return -ENOMEM;
	state.framebuffer = framebuffer->kms;
	state.n_damage = region_list(&frame->lacking, rects);
	state.n_layers = list_layers(screen, frame, list);
	cursor_fill_state(screen, &state);
	int ret = try_state(screen, framebuffer, &state);
	if (ret < 0)
		return ret;
	screen->cursor.displayed = state.cursor ? screen->cursor.shown : -1;
	if (ret == 0) {
		screen_await(screen);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	shown(screen, &now, 0);
	catch_up(screen);
	return 0;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void screen_free(struct screen *screen)
{
	struct display *display = screen->display;

	alarm_finish(&screen->alarm);
	/* At the end the device puts back what was there before, without a dark moment. */
	if (!display->screens->server->ending)
		lend_pipe_destroy(screen->pipe);
	cursor_finish_planes(&screen->cursor);
	wl_list_remove(&screen->link);
	/* Nobody would tell of buffers that go. */
	if (wl_list_empty(&display->outputs))
		framebuffers_finish(display);
	free(screen);
}

static void destroy(struct lend_output *output)
{
	screen_free(output->backend_data);
}

static const struct output_backend kms_backend = {
	.name = "kms",
	.own_buffers = 2, /* one is on display; the driver says when it is not */
	.allocate = allocate,
	.schedule = schedule,
	.refuses = refuses,
	.takes = takes,
	.direct_path = direct_path,
	.layers = layers,
	.modifier = takes_modifier,
	.cursor = cursor,
	.present = present,
	.mode = screen_mode,
	.set_mode = screen_set_mode,
	.set_power = screen_set_power,
	.forget = forget,
	.destroy = destroy,
};

bool screen_has(const struct screen *screen, uint32_t connector)
{
	for (size_t i = 0; i < screen->n_connectors; i++)
		if (screen->connectors[i] == connector)
			return true;
	return false;
}

static uint32_t choose_format(const struct screen *screen)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (lend_pipe_takes_format(screen->pipe, 0, formats[i]) == 1)
			return formats[i];
	return LEND_FORMAT_XRGB8888;
}

static int make_output(struct screen *screen, const struct lend_connector_info *connector)
{
	const struct lend_output_options options = {
		.size = sizeof(options),
		.name = connector->name,
		.width = screen->info.mode.width,
		.height = screen->info.mode.height,
		.refresh = screen->info.mode.refresh,
		.format = choose_format(screen),
		.layout = screen->wish->layout,
		.device = lend_kms_device(screen->display->kms),
	};
	struct lend_server *server = screen->display->screens->server;

	int ret = output_create(server, &options, &kms_backend, &screen->output);
	if (ret < 0)
		return ret;
	screen->output->backend_data = screen;
	return output_set_identity(screen->output, connector->make, connector->model,
				   connector->width_mm, connector->height_mm);
}

int screen_create(struct display *display, struct wish *wish,
		  const struct lend_connector_info *connectors, size_t n)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen)
		return fail(-ENOMEM, "out of memory");
	screen->display = display;
	screen->wish = wish;
	screen->cursor.shown = screen->cursor.displayed = -1;
	wl_list_insert(display->outputs.prev, &screen->link);
	for (size_t i = 0; i < n && i < CONNECTORS_MAX; i++)
		screen->connectors[screen->n_connectors++] = connectors[i].id;
	int ret = screen_make_pipe(screen, wish->width, wish->height, wish->refresh);
	if (ret == 0)
		ret = alarm_init(&screen->alarm, display->screens->server->loop, handle_alarm,
				 screen);
	if (ret == 0)
		ret = make_output(screen, &connectors[0]);
	if (ret < 0 && screen->output) {
		lend_output_destroy(screen->output);
		return ret;
	}
	if (ret < 0) {
		screen_free(screen);
		return ret;
	}
	output_start(screen->output);
	return 0;
}
