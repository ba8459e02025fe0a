/* SPDX-License-Identifier: MIT */
/* What is seen where: the nodes of an output, and what they damage. */
#include "server/server.h"

#include <stdlib.h>

#define HIDDEN_INTERVAL 1000 /* ms between frame callbacks of surfaces that nobody sees */

void scene_changed(struct lend_server *server)
{
	struct lend_output *output;

	wl_list_for_each (output, &server->outputs, link) {
		output->rebuild = true;
		output_schedule(output);
	}
}

static struct node *find_node(struct node *nodes, size_t n, const struct surface *surface)
{
	for (size_t i = 0; i < n; i++)
		if (nodes[i].surface == surface)
			return &nodes[i];
	return NULL;
}

void scene_damage(struct surface *surface, const pixman_region32_t *damage)
{
	struct lend_output *output = surface->output;
	struct node *node = output ? find_node(output->nodes, output->n_nodes, surface) : NULL;
	pixman_region32_t seen;

	if (!node)
		return;
	pixman_region32_init(&seen);
	node_find_damage(output, node, damage, &seen);
	if (node->layer)
		output->layers_dirty = true;
	else
		pixman_region32_union(&output->damage, &output->damage, &seen);
	pixman_region32_fini(&seen);
	region_bound(&output->damage);
	output_schedule(output);
}

/* Not put off by a surface that commits all the time. */
void scene_arm_timer(struct lend_server *server)
{
	if (!server->hidden_armed)
		wl_event_source_timer_update(server->hidden, HIDDEN_INTERVAL);
	server->hidden_armed = true;
}

void scene_wants_frame(struct surface *surface)
{
	if (surface->output)
		output_schedule(surface->output);
	else
		scene_arm_timer(surface->server);
}

/* ---- building the nodes --------------------------------------------------------------------- */

struct builder {
	struct lend_output *output;
	struct node *nodes;
	size_t n, size;
};

/* Clients can ask for places that no sum of two would fit in. */
static int32_t limit(int64_t position)
{
	const int64_t most = 1 << 24;

	return (int32_t)(position < -most ? -most : position > most ? most : position);
}

static bool add_node(struct builder *builder, struct surface *surface, int32_t x, int32_t y,
		     const pixman_box32_t *clip)
{
	const pixman_box32_t box = {x, y, x + surface->width, y + surface->height};

	if (builder->n == builder->size) {
		size_t size = builder->size ? 2 * builder->size : 16;
		struct node *nodes = realloc(builder->nodes, size * sizeof(*nodes));
		if (!nodes)
			return false;
		builder->nodes = nodes;
		builder->size = size;
	}
	struct node *node = &builder->nodes[builder->n++];
	*node = (struct node){.surface = surface, .x = x, .y = y, .clip = *clip};
	node->width = surface->width;
	node->height = surface->height;
	node->box = output_box_to_pixels(builder->output, &box);
	pixman_region32_init(&node->visible);
	pixman_region32_init(&node->opaque);
	node_find_opaque(builder->output, node);
	return true;
}

/* The surface and its subsurfaces, bottom first; nothing of them is seen if it has no contents. */
static void add_surface(struct builder *builder, struct surface *surface, int32_t x, int32_t y,
			const pixman_box32_t *clip)
{
	const struct stack_entry *entry;

	if (!surface_has_buffer(surface))
		return;
	wl_list_for_each (entry, &surface->stack, link) {
		const struct subsurface *child = entry->surface->subsurface;
		if (entry->surface == surface)
			add_node(builder, surface, x, y, clip);
		else
			add_surface(builder, entry->surface, limit((int64_t)x + child->x),
				    limit((int64_t)y + child->y), clip);
	}
}

/* Popups above what they belong to; x and y are the parent geometry's origin. */
static void add_popups(struct builder *builder, const struct wl_list *popups, int32_t x, int32_t y)
{
	const struct lend_output *output = builder->output;
	const pixman_box32_t clip = {0, 0, output->logical_width, output->logical_height};
	const struct popup *popup;

	wl_list_for_each (popup, popups, link) {
		int32_t popup_x = x + popup->x, popup_y = y + popup->y;
		if (!popup->mapped)
			continue;
		add_surface(builder, popup->surface, popup_x - popup->geometry.x,
			    popup_y - popup->geometry.y, &clip);
		add_popups(builder, &popup->popups, popup_x, popup_y);
	}
}

static void add_view(struct builder *builder, const struct lend_view *view)
{
	const struct lend_rect *place = &view->place;
	const pixman_box32_t clip = {place->x, place->y, place->x + place->width,
				     place->y + place->height};
	int32_t x, y;

	view_origin(view, &x, &y);
	add_surface(builder, view->surface, x, y, &clip);
	add_popups(builder, &view->popups, x + view->geometry.x, y + view->geometry.y);
}

/* What is dragged is above all else. */
static void add_drag_icon(struct builder *builder)
{
	const struct lend_output *output = builder->output;
	const pixman_box32_t clip = {0, 0, output->logical_width, output->logical_height};
	int32_t x, y;
	struct surface *icon = seat_drag_icon(output->server->seat, &x, &y);

	if (icon)
		add_surface(builder, icon, x - output->x, y - output->y, &clip);
}

static void add_views(struct builder *builder)
{
	const struct lend_view *view;

	wl_list_for_each_reverse (view, &builder->output->server->views, link) {
		if (view_is_shown(view) && view->output == builder->output)
			add_view(builder, view);
	}
	add_drag_icon(builder);
}

/* From the top down: what is not covered by something opaque. */
static void find_visible(struct builder *builder)
{
	const struct lend_output *output = builder->output;
	pixman_region32_t free, opaque;

	pixman_region32_init_rect(&free, 0, 0, (unsigned)output->width, (unsigned)output->height);
	pixman_region32_init(&opaque);
	for (size_t i = builder->n; i-- > 0;) {
		struct node *node = &builder->nodes[i];
		pixman_box32_t clip = output_box_to_pixels(output, &node->clip);
		region_intersect_box(&node->visible, &free, &clip);
		region_intersect_box(&node->visible, &node->visible, &node->box);
		pixman_region32_intersect(&opaque, &node->opaque, &node->visible);
		pixman_region32_subtract(&free, &free, &opaque);
	}
	pixman_region32_fini(&free);
	pixman_region32_fini(&opaque);
}

/* ---- what differs from the nodes before ----------------------------------------------------- */

static void damage_region(struct lend_output *output, const pixman_region32_t *region)
{
	pixman_region32_union(&output->damage, &output->damage, (pixman_region32_t *)region);
}

static void leave(struct lend_output *output, struct surface *surface)
{
	const struct path path = {.kind = LEND_PATH_NONE, .reason = REASON_UNMAPPED};

	if (surface->outputs_entered & (1u << output->index))
		output_send_leave(output, surface);
	surface->outputs_entered &= ~(1u << output->index);
	if (surface->output != output)
		return;
	surface->output = NULL;
	surface_unlatch(surface);
	surface_set_path(surface, &path);
	if (!wl_list_empty(&surface->current.frames))
		scene_wants_frame(surface);
}

static void enter(struct lend_output *output, struct surface *surface)
{
	if (!(surface->outputs_entered & (1u << output->index)))
		output_send_enter(output, surface);
	surface->outputs_entered |= 1u << output->index;
	surface_send_scale(surface, output);
}

static void compare_node(struct lend_output *output, const struct node *old,
			 const struct node *node)
{
	if (old && memcmp(&old->box, &node->box, sizeof(node->box)) == 0 &&
	    pixman_region32_equal((pixman_region32_t *)&old->visible,
				  (pixman_region32_t *)&node->visible))
		return;
	if (old)
		damage_region(output, &old->visible);
	damage_region(output, &node->visible);
}

/* Adds what differs to the output's damage; a changed order of what remains damages everything. */
static void compare(struct lend_output *output, const struct builder *builder)
{
	const struct node *last = NULL;

	for (size_t i = 0; i < builder->n; i++) {
		struct node *node = &builder->nodes[i];
		const struct node *old = find_node(output->nodes, output->n_nodes, node->surface);
		node->layer = old && old->layer;
		if (old && last && old < last)
			output_damage_all(output);
		last = old ? old : last;
		compare_node(output, old, node);
		enter(output, node->surface);
	}
	for (size_t i = 0; i < output->n_nodes; i++) {
		const struct node *old = &output->nodes[i];
		if (find_node(builder->nodes, builder->n, old->surface))
			continue;
		damage_region(output, &old->visible);
		leave(output, old->surface);
	}
	region_bound(&output->damage);
}

static void free_nodes(struct node *nodes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		pixman_region32_fini(&nodes[i].visible);
		pixman_region32_fini(&nodes[i].opaque);
	}
	free(nodes);
}

void scene_build(struct lend_output *output)
{
	struct builder builder = {.output = output};

	if (!output->rebuild)
		return;
	output->rebuild = false;
	output->layers_refused = false;
	add_views(&builder);
	find_visible(&builder);
	compare(output, &builder);
	free_nodes(output->nodes, output->n_nodes);
	output->nodes = builder.nodes;
	output->n_nodes = builder.n;
	seat_scene_built(output->server->seat);
}

void scene_finish(struct lend_output *output)
{
	for (size_t i = 0; i < output->n_nodes; i++)
		leave(output, output->nodes[i].surface);
	free_nodes(output->nodes, output->n_nodes);
	output->nodes = NULL;
	output->n_nodes = 0;
}

void scene_forget(struct surface *surface)
{
	struct lend_output *output;

	wl_list_for_each (output, &surface->server->outputs, link) {
		struct node *node = find_node(output->nodes, output->n_nodes, surface);
		if (!node)
			continue;
		damage_region(output, &node->visible);
		pixman_region32_fini(&node->visible);
		pixman_region32_fini(&node->opaque);
		output->n_nodes--;
		memmove(node, node + 1,
			(size_t)(output->nodes + output->n_nodes - node) * sizeof(*node));
		output->rebuild = true;
		output_schedule(output);
	}
}

/* ---- what to do with it --------------------------------------------------------------------- */

/* Those that are to be in the main buffer. */
static size_t count_visible(const struct lend_output *output)
{
	size_t n = 0;

	for (size_t i = 0; i < output->n_nodes; i++)
		n += !output->nodes[i].layer &&
		     pixman_region32_not_empty(&output->nodes[i].visible);
	return n;
}

struct node *scene_decide(struct lend_output *output)
{
	bool alone = count_visible(output) == 1;
	struct node *scanout = NULL;

	for (size_t i = 0; i < output->n_nodes; i++) {
		struct node *node = &output->nodes[i];
		struct path path = {.kind = LEND_PATH_NONE, .reason = REASON_HIDDEN};
		bool seen = pixman_region32_not_empty(&node->visible) &&
			    surface_has_buffer(node->surface);
		if (seen)
			path = path_decide(output, node, alone);
		else if (node->surface->output && !wl_list_empty(&node->surface->current.frames))
			scene_arm_timer(output->server);
		node->surface->output = seen ? output : NULL;
		surface_set_path(node->surface, &path);
		if (path.reason == REASON_FILLS)
			scanout = node;
	}
	return scanout;
}

void scene_latch(struct lend_output *output)
{
	for (size_t i = 0; i < output->n_nodes; i++)
		if (output->nodes[i].surface->output == output)
			surface_latch(output->nodes[i].surface);
	struct surface *cursor = seat_cursor_surface(output->server->seat, output);
	if (cursor)
		surface_latch(cursor);
}

void scene_unlatch(struct lend_output *output)
{
	for (size_t i = 0; i < output->n_nodes; i++)
		if (output->nodes[i].surface->output == output)
			surface_unlatch(output->nodes[i].surface);
	struct surface *cursor = seat_cursor_surface(output->server->seat, output);
	if (cursor)
		surface_unlatch(cursor);
}

static void move_feedbacks(struct surface *surface, struct wl_list *feedbacks)
{
	wl_list_insert_list(feedbacks->prev, &surface->latched_feedbacks);
	wl_list_init(&surface->latched_feedbacks);
}

void scene_take_feedbacks(struct lend_output *output, struct wl_list *feedbacks)
{
	struct surface *cursor = seat_cursor_surface(output->server->seat, output);

	for (size_t i = 0; i < output->n_nodes; i++)
		if (output->nodes[i].surface->output == output)
			move_feedbacks(output->nodes[i].surface, feedbacks);
	if (cursor)
		move_feedbacks(cursor, feedbacks);
}

void scene_presented(struct lend_output *output, const struct presented *presented)
{
	for (size_t i = 0; i < output->n_nodes; i++) {
		struct surface *surface = output->nodes[i].surface;
		if (surface->output == output)
			surface_presented(surface, output, presented);
	}
	struct surface *cursor = seat_cursor_surface(output->server->seat, output);
	if (cursor)
		surface_presented(cursor, output, presented);
}
