/* SPDX-License-Identifier: MIT */
/* Which renderer draws an output, and what all of them need to know of a scene. */
#include "server/server.h"

#include <stdlib.h>

static const pixman_color_t background_full = {0, 0, 0, 0xffff};
static const pixman_color_t background_tile = {0x1a1a, 0x1d1d, 0x2323, 0xffff};

/* ---- which ---------------------------------------------------------------------------------- */

bool renderer_is_known(const char *name)
{
	return strcmp(name, "pixman") == 0 || strcmp(name, "gles2") == 0;
}

/* What somebody asked for, or NULL. */
static const char *wish(const struct lend_server *server)
{
	const char *name = server->renderer[0] ? server->renderer : getenv("LEND_RENDERER");

	if (!name || !*name)
		return NULL;
	if (renderer_is_known(name))
		return name;
	server_log(server, LEND_LOG_WARNING,
		   "LEND_RENDERER is '%s', which is neither pixman nor gles2: it is ignored", name);
	return NULL;
}

/* Without a word where nobody asked for it and there is no GPU. */
static struct renderer *try_gles2(const struct lend_output *output, bool wished)
{
	struct lend_device_info info = {.size = sizeof(info)};
	struct renderer *renderer = NULL;

	if (output->device)
		lend_device_describe(output->device, &info);
	int ret = gles2_create(info.path, wished, &renderer);
	if (ret < 0 && (wished || ret != -ENODEV))
		server_log(output->server, wished ? LEND_LOG_WARNING : LEND_LOG_INFO,
			   "%s is composited by the CPU: %s", output->name, fail_text());
	return renderer;
}

void renderer_choose(struct lend_output *output)
{
	const char *name = wish(output->server);
	struct renderer *renderer = NULL;

	if (name ? strcmp(name, "gles2") == 0 : output->device != NULL)
		renderer = try_gles2(output, name != NULL);
	output->renderer = renderer ? renderer : pixman_renderer();
}

void renderer_replace(struct lend_output *output)
{
	struct renderer *lost = output->renderer;
	bool again = lost->proven;

	server_log(output->server, LEND_LOG_WARNING, "%s: the renderer %s has lost its GPU",
		   output->name, lost->type->name);
	lost->type->destroy(lost);
	output->renderer = pixman_renderer();
	if (again)
		renderer_choose(output);
}

void renderer_forget(struct lend_output *output, const struct lend_buffer *memory)
{
	if (output->renderer->type->forget)
		output->renderer->type->forget(output->renderer, memory);
}

/* ---- what of a scene ------------------------------------------------------------------------ */

bool render_find_damage(const struct node *node, const pixman_region32_t *damage,
			pixman_region32_t *region)
{
	pixman_region32_intersect(region, (pixman_region32_t *)damage,
				  (pixman_region32_t *)&node->visible);
	return !node->layer && pixman_region32_not_empty(region) &&
	       surface_has_buffer(node->surface);
}

void render_find_background(const struct lend_output *output, const pixman_region32_t *damage,
			    pixman_region32_t *region)
{
	pixman_region32_t opaque;

	pixman_region32_init(&opaque);
	pixman_region32_copy(region, (pixman_region32_t *)damage);
	for (size_t i = 0; i < output->n_nodes; i++) {
		struct node *node = &output->nodes[i];
		if (node->layer)
			continue;
		pixman_region32_intersect(&opaque, &node->opaque, &node->visible);
		pixman_region32_subtract(region, region, &opaque);
	}
	pixman_region32_fini(&opaque);
}

void render_find_read(const struct lend_output *output, const struct node *node,
		      const pixman_region32_t *region, pixman_region32_t *read)
{
	const struct buffer *buffer = node->surface->current.buffer;
	struct pixman_f_transform matrix;

	pixman_region32_copy(read, (pixman_region32_t *)region);
	pixman_region32_translate(read, -node->box.x1, -node->box.y1);
	if (!node_is_identity(output, node) && node_to_buffer(output, node, &matrix)) {
		pixman_box32_t box = box_map(&matrix, pixman_region32_extents(read));
		pixman_region32_fini(read);
		/* Filtering reaches a pixel further. */
		pixman_region32_init_rect(read, box.x1 - 1, box.y1 - 1,
					  (unsigned)(box.x2 - box.x1 + 2),
					  (unsigned)(box.y2 - box.y1 + 2));
	}
	pixman_region32_intersect_rect(read, read, 0, 0, buffer->width, buffer->height);
}

const pixman_color_t *render_background(const struct lend_output *output)
{
	return output->layout == LEND_LAYOUT_TILE ? &background_tile : &background_full;
}
