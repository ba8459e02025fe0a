/* SPDX-License-Identifier: MIT */
/* How a surface's pixels reach the display, and why, in words. */
#include "server/server.h"

#include <stdio.h>

bool node_is_opaque(const struct node *node, const pixman_region32_t *region)
{
	pixman_region32_t *opaque = (pixman_region32_t *)&node->opaque, rest;
	pixman_box32_t *box = pixman_region32_extents((pixman_region32_t *)region);

	if (pixman_region32_contains_rectangle(opaque, box) == PIXMAN_REGION_IN)
		return true;
	pixman_region32_init(&rest);
	pixman_region32_subtract(&rest, (pixman_region32_t *)region, opaque);
	bool is_opaque = !pixman_region32_not_empty(&rest);
	pixman_region32_fini(&rest);
	return is_opaque;
}

static bool fills(const struct lend_output *output, const struct node *node)
{
	return node->box.x1 == 0 && node->box.y1 == 0 && node->box.x2 == output->width &&
	       node->box.y2 == output->height;
}

static bool shows_foreign(const struct lend_output *output)
{
	struct lend_device_info info = {.size = sizeof(info)};

	return output->backend->takes && output->device &&
	       lend_device_describe(output->device, &info) == 0 && info.foreign;
}

/* What shows it as it is, or why nothing does. */
static void decide_direct(struct lend_output *output, const struct node *node, struct path *path)
{
	const struct output_backend *backend = output->backend;
	struct buffer *buffer = node->surface->current.buffer;

	path->detail = shows_foreign(output) ? buffer_share(buffer) : NULL;
	if (!path->detail)
		path->detail = backend->refuses(output, buffer, false);
	if (path->detail) {
		path->reason = REASON_REFUSED;
		return;
	}
	path->reason = REASON_FILLS;
	path->kind = backend->direct_path ? backend->direct_path(output) : LEND_PATH_SCANOUT;
}

/* By whom it is composited, if it can be at all. */
static void decide_composited(struct lend_output *output, const struct node *node,
			      struct path *path)
{
	struct renderer *renderer = output->renderer;
	const char *refusal = renderer->type->refuses(renderer, node->surface->current.buffer);

	if (renderer->type->path != LEND_PATH_NONE)
		path->kind = renderer->type->path;
	if (!refusal)
		return;
	path->kind = LEND_PATH_NONE;
	path->reason = REASON_UNREAD;
	path->detail = refusal;
}

/* From what rules out most to what rules out least. */
struct path path_decide(struct lend_output *output, const struct node *node, bool alone)
{
	const struct buffer *buffer = node->surface->current.buffer;
	const struct lend_format *format = lend_format_get(buffer->format);
	struct path path = {
		.kind = LEND_PATH_COPY,
		.place = {node->x, node->y, node->width, node->height},
		.output = output,
	};

	if (node->layer) {
		path.kind = LEND_PATH_PLANE;
		path.reason = REASON_PLANE;
	} else if (!node_is_identity(output, node)) {
		path.kind = LEND_PATH_BLEND;
		path.reason = node->surface->identity ? REASON_UNFIT : REASON_SCALED;
	} else if (!node_is_opaque(node, &node->visible)) {
		path.kind = LEND_PATH_BLEND;
		path.reason = REASON_ALPHA;
	} else if (node->refusal) {
		path.reason = REASON_NO_PLANE;
		path.detail = node->refusal;
	} else if (!fills(output, node)) {
		path.reason = REASON_SIZE;
	} else if (!alone) {
		path.reason = REASON_SHARED;
	} else if (format->opaque != lend_format_get(output->format)->opaque) {
		path.reason = REASON_FORMAT;
		path.detail = format->name;
	} else if (buffer->staged) {
		path.reason = REASON_UNSEALED;
	} else if (output->cursor_drawn) {
		path.reason = REASON_CURSOR;
	} else {
		decide_direct(output, node, &path);
	}
	if (path.kind == LEND_PATH_COPY || path.kind == LEND_PATH_BLEND)
		decide_composited(output, node, &path);
	return path;
}

/* Those that name nothing. */
static const char *const sentences[] = {
	[REASON_NONE] = "No output shows it.",
	[REASON_UNMAPPED] = "No output shows it.",
	[REASON_HIDDEN] = "Another surface covers it.",
	[REASON_ALPHA] = ("It lets through what is below: its format has alpha and it is not "
			  "declared opaque."),
	[REASON_SCALED] = "It is scaled, cropped or transformed.",
	[REASON_UNSEALED] = ("Its pool cannot be sealed against shrinking or is not aligned, so it "
			     "is read twice."),
};

static void write_reason(struct surface *surface)
{
	const struct path *path = &surface->path;
	const struct lend_output *output = path->output;
	char *text = surface->reason;
	char at[64] = "";

	if (output)
		snprintf(at, sizeof(at), "%.40s (%dx%d)", output->name, output->width,
			 output->height);
	switch (path->reason) {
	case REASON_NONE:
	case REASON_UNMAPPED:
	case REASON_HIDDEN:
	case REASON_ALPHA:
	case REASON_SCALED:
	case REASON_UNSEALED: snprintf(text, REASON_LENGTH, "%s", sentences[path->reason]); break;
	case REASON_FILLS:
		snprintf(text, REASON_LENGTH, "It fills %s alone: the %s.", at,
			 path->kind == LEND_PATH_FLUSH ? "driver uploads what changes in its buffer"
						       : "output reads its buffer");
		break;
	case REASON_PLANE:
		snprintf(text, REASON_LENGTH, "An overlay plane of %s reads its buffer.", at);
		break;
	case REASON_NO_PLANE:
		snprintf(text, REASON_LENGTH, "An overlay plane of %s could show it, but %s", at,
			 path->detail);
		break;
	case REASON_CURSOR:
		snprintf(text, REASON_LENGTH,
			 "It fills %s, but the cursor has no plane of its own there.", at);
		break;
	case REASON_SIZE:
		snprintf(text, REASON_LENGTH, "It covers %dx%d of %.40s (%dx%d), not all of it.",
			 path->place.width, path->place.height, output ? output->name : "?",
			 output ? output->logical_width : 0, output ? output->logical_height : 0);
		break;
	case REASON_SHARED:
		snprintf(text, REASON_LENGTH, "It fills %s, but something else is seen above it.",
			 at);
		break;
	case REASON_UNFIT:
		snprintf(text, REASON_LENGTH, "It is not drawn for the scale and transform of %s.",
			 at);
		break;
	case REASON_FORMAT:
		snprintf(text, REASON_LENGTH, "%s is converted to %s for %s.", path->detail,
			 output ? lend_format_get(output->format)->name : "?", at);
		break;
	case REASON_REFUSED:
		snprintf(text, REASON_LENGTH, "It fills %s, but %s", at, path->detail);
		break;
	case REASON_UNREAD:
		snprintf(text, REASON_LENGTH, "%.40s does not show it: %s",
			 output ? output->name : "?", path->detail);
		break;
	}
}

static bool path_equal(const struct path *a, const struct path *b)
{
	return a->kind == b->kind && a->reason == b->reason && a->output == b->output &&
	       a->detail == b->detail && memcmp(&a->place, &b->place, sizeof(a->place)) == 0;
}

static void tell_views(struct surface *surface)
{
	struct lend_server *server = surface->server;
	struct lend_view *view;

	wl_list_for_each (view, &server->views, link) {
		if (view->surface == surface && view->mapped)
			server_tell_view(server, server->events.view_changed, view);
	}
}

void surface_set_path(struct surface *surface, const struct path *path)
{
	if (path_equal(&surface->path, path))
		return;
	surface->path = *path;
	write_reason(surface);
	server_log(surface->server, LEND_LOG_DEBUG, "surface %u of %d (%s): %s: %s", surface->id,
		   (int)surface->client->peer.pid, surface->client->program,
		   lend_path_name(path->kind), surface->reason);
	if (surface->chain)
		chain_path_changed(surface->chain, surface);
	wl_signal_emit(&surface->path_changed, surface);
	tell_views(surface);
}
