/* SPDX-License-Identifier: MIT */
/* Composition by a GPU: the damaged pixels, each surface's visible ones, nothing else. */
#include "render/gles2.h"

#include <stdlib.h>

#define BATCH 64 /* rectangles that are drawn at once */

/* Places are pixels of the output, of which the first row is the uppermost. */
static const char vertex_source[] =
	"attribute vec2 place;\n"
	"uniform mat3 matrix;\n"
	"uniform vec2 size;\n"
	"varying vec2 at;\n"
	"void main() {\n"
	"	at = (matrix * vec3(place, 1.0)).xy;\n"
	"	gl_Position = vec4(2.0 * place / size - 1.0, 0.0, 1.0);\n"
	"}\n";

#define FRAGMENT(head, sampler)                                                                    \
	head "#ifdef GL_FRAGMENT_PRECISION_HIGH\n"                                                 \
	     "precision highp float;\n"                                                            \
	     "#else\n"                                                                             \
	     "precision mediump float;\n"                                                          \
	     "#endif\n"                                                                            \
	     "uniform " sampler " picture;\n"                                                      \
	     "uniform float opaque;\n"                                                             \
	     "uniform float swap;\n"                                                               \
	     "varying vec2 at;\n"                                                                  \
	     "void main() {\n"                                                                     \
	     "	vec4 pixel = texture2D(picture, at);\n"                                             \
	     "	gl_FragColor = vec4(swap > 0.5 ? pixel.bgr : pixel.rgb, max(pixel.a, opaque));\n"   \
	     "}\n"

static const char plain_source[] = FRAGMENT("", "sampler2D");
static const char external_source[] =
	FRAGMENT("#extension GL_OES_EGL_image_external : require\n", "samplerExternalOES");

/* ---- programs ------------------------------------------------------------------------------- */

static void attach(GLuint program, GLenum kind, const char *source)
{
	GLuint shader = gl.CreateShader(kind);

	gl.ShaderSource(shader, 1, &source, NULL);
	gl.CompileShader(shader);
	gl.AttachShader(program, shader);
	gl.DeleteShader(shader); /* once the program goes */
}

static bool program_create(struct program *program, const char *fragment_source)
{
	GLint linked = GL_FALSE;

	program->name = gl.CreateProgram();
	attach(program->name, GL_VERTEX_SHADER, vertex_source);
	attach(program->name, GL_FRAGMENT_SHADER, fragment_source);
	gl.BindAttribLocation(program->name, 0, "place");
	gl.LinkProgram(program->name);
	gl.GetProgramiv(program->name, GL_LINK_STATUS, &linked);
	program->matrix = gl.GetUniformLocation(program->name, "matrix");
	program->size = gl.GetUniformLocation(program->name, "size");
	program->opaque = gl.GetUniformLocation(program->name, "opaque");
	program->swap = gl.GetUniformLocation(program->name, "swap");
	return linked;
}

/* ---- rectangles ----------------------------------------------------------------------------- */

static void draw_boxes(const pixman_box32_t *boxes, int n)
{
	GLfloat places[BATCH * 12];
	GLfloat *place = places;

	for (int i = 0; i < n; i++, place += 12) {
		const GLfloat x1 = (GLfloat)boxes[i].x1, y1 = (GLfloat)boxes[i].y1;
		const GLfloat x2 = (GLfloat)boxes[i].x2, y2 = (GLfloat)boxes[i].y2;
		const GLfloat corners[12] = {x1, y1, x2, y1, x1, y2, x2, y1, x2, y2, x1, y2};
		memcpy(place, corners, sizeof(corners));
	}
	gl.VertexAttribPointer(0, 2, GL_FLOAT, GL_FALSE, 0, places);
	gl.DrawArrays(GL_TRIANGLES, 0, 6 * n);
}

static void draw_region(const pixman_region32_t *region)
{
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	for (int i = 0; i < n; i += BATCH)
		draw_boxes(boxes + i, n - i < BATCH ? n - i : BATCH);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* From the output's pixels to the texture, which is a unit square. */
static void find_matrix(const struct lend_output *output, const struct node *node,
			struct pixman_f_transform *matrix)
{
	const struct buffer *buffer = node->surface->current.buffer;
	struct pixman_f_transform step;

	if (node_is_identity(output, node) || !node_to_buffer(output, node, matrix))
		pixman_f_transform_init_identity(matrix);
	pixman_f_transform_init_translate(&step, -node->box.x1, -node->box.y1);
	pixman_f_transform_multiply(matrix, matrix, &step);
	pixman_f_transform_init_scale(&step, 1.0 / buffer->width, 1.0 / buffer->height);
	pixman_f_transform_multiply(matrix, &step, matrix);
}

/* Takes the texture and the way to it; what is drawn from now on is drawn from there. */
static const struct program *use(const struct gles2 *gles2, const struct lend_output *output,
				 const struct sampled *sampled,
				 const struct pixman_f_transform *matrix, bool filter)
{
	const struct program *program =
		&gles2->programs[sampled->target == GL_TEXTURE_EXTERNAL_OES];
	const GLint between = filter ? GL_LINEAR : GL_NEAREST;
	GLfloat columns[9];

	for (int i = 0; i < 9; i++)
		columns[i] = (GLfloat)matrix->m[i % 3][i / 3];
	gl.UseProgram(program->name);
	gl.UniformMatrix3fv(program->matrix, 1, GL_FALSE, columns);
	gl.Uniform2f(program->size, (GLfloat)output->width, (GLfloat)output->height);
	gl.Uniform1f(program->swap, sampled->swap);
	gl.BindTexture(sampled->target, sampled->texture);
	gl.TexParameteri(sampled->target, GL_TEXTURE_MIN_FILTER, between);
	gl.TexParameteri(sampled->target, GL_TEXTURE_MAG_FILTER, between);
	return program;
}

/* Where it is declared opaque nothing was drawn below: there its alpha must not count. */
static void draw_parts(const struct program *program, const struct node *node,
		       const struct sampled *sampled, const pixman_region32_t *region)
{
	pixman_region32_t part;

	pixman_region32_init(&part);
	pixman_region32_intersect(&part, (pixman_region32_t *)region,
				  (pixman_region32_t *)&node->opaque);
	gl.Disable(GL_BLEND);
	gl.Uniform1f(program->opaque, 1);
	draw_region(&part);
	pixman_region32_subtract(&part, (pixman_region32_t *)region,
				 (pixman_region32_t *)&node->opaque);
	gl.Enable(GL_BLEND);
	gl.Uniform1f(program->opaque, sampled->opaque);
	draw_region(&part);
	pixman_region32_fini(&part);
}

static void clear(const struct lend_output *output, const pixman_region32_t *region)
{
	const pixman_color_t *colour = render_background(output);
	int n = 0;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	gl.ClearColor((GLfloat)colour->red / 65535, (GLfloat)colour->green / 65535,
		      (GLfloat)colour->blue / 65535, 1);
	gl.Enable(GL_SCISSOR_TEST);
	for (int i = 0; i < n; i++) {
		gl.Scissor(boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
			   boxes[i].y2 - boxes[i].y1);
		gl.Clear(GL_COLOR_BUFFER_BIT);
	}
	gl.Disable(GL_SCISSOR_TEST);
}

/* The pixels drawn. What cannot be read leaves a hole rather than what was there before. */
static uint64_t draw_node(struct gles2 *gles2, const struct lend_output *output,
			  const struct node *node, const pixman_region32_t *region)
{
	struct pixman_f_transform matrix;
	struct sampled sampled;
	pixman_region32_t read;

	pixman_region32_init(&read);
	render_find_read(output, node, region, &read);
	bool readable = texture_get(gles2, node->surface, &read, &sampled);
	pixman_region32_fini(&read);
	if (!readable) {
		clear(output, region);
		return 0;
	}
	find_matrix(output, node, &matrix);
	bool filter = !node_is_identity(output, node) && !node_is_magnified(output, node);
	draw_parts(use(gles2, output, &sampled, &matrix, filter), node, &sampled, region);
	return region_area(region);
}

static uint64_t draw_cursor(struct gles2 *gles2, const struct lend_output *output,
			    const pixman_region32_t *damage)
{
	const struct output_cursor *cursor = &output->cursor;
	struct pixman_f_transform matrix, step;
	struct sampled sampled;
	pixman_region32_t region;

	if (!output->cursor_drawn || !cursor->image || !texture_get_cursor(gles2, cursor, &sampled))
		return 0;
	int width = pixman_image_get_width(cursor->image);
	int height = pixman_image_get_height(cursor->image);
	pixman_f_transform_init_translate(&matrix, -cursor->x, -cursor->y);
	pixman_f_transform_init_scale(&step, 1.0 / width, 1.0 / height);
	pixman_f_transform_multiply(&matrix, &step, &matrix);
	pixman_region32_init(&region);
	pixman_region32_intersect_rect(&region, (pixman_region32_t *)damage, cursor->x, cursor->y,
				       (unsigned)width, (unsigned)height);
	const struct program *program = use(gles2, output, &sampled, &matrix, false);
	gl.Enable(GL_BLEND);
	gl.Uniform1f(program->opaque, 0);
	draw_region(&region);
	uint64_t pixels = region_area(&region);
	pixman_region32_fini(&region);
	return pixels;
}

/* The pixels drawn. */
static uint64_t draw_scene(struct gles2 *gles2, const struct lend_output *output,
			   const pixman_region32_t *damage)
{
	uint32_t cpp = lend_format_get(output->format)->cpp[0];
	pixman_region32_t region;

	pixman_region32_init(&region);
	render_find_background(output, damage, &region);
	clear(output, &region);
	uint64_t pixels = region_area(&region);
	gl.EnableVertexAttribArray(0);
	gl.BlendFunc(GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
	for (size_t i = 0; i < output->n_nodes; i++) {
		const struct node *node = &output->nodes[i];
		if (!render_find_damage(node, damage, &region))
			continue;
		uint64_t drawn = draw_node(gles2, output, node, &region);
		node->surface->copied += drawn * cpp;
		pixels += drawn;
	}
	pixman_region32_fini(&region);
	return pixels + draw_cursor(gles2, output, damage);
}

/* ---- the renderer --------------------------------------------------------------------------- */

static struct gles2 *gles2_of(struct renderer *renderer)
{
	struct gles2 *gles2 = wl_container_of(renderer, gles2, renderer);

	return gles2;
}

static int64_t draw(struct renderer *renderer, struct lend_output *output,
		    struct own_buffer *target, const pixman_region32_t *damage, int *fence)
{
	struct gles2 *gles2 = gles2_of(renderer);
	struct current before;
	uint64_t pixels = 0;

	*fence = -1;
	bool lost = !context_enter(&gles2->context, &before);
	if (!lost && target_begin(gles2, target)) {
		pixels = draw_scene(gles2, output, damage);
		target_end(gles2, target, damage, fence);
	}
	lost = lost || context_is_lost();
	context_leave(&gles2->context, &before);
	if (lost)
		return -ENODEV;
	renderer->proven = true;
	return (int64_t)(pixels * lend_format_get(output->format)->cpp[0]);
}

static const char *refuses(struct renderer *renderer, struct buffer *buffer)
{
	return texture_refuses(gles2_of(renderer), buffer);
}

static bool list_format(struct renderer *renderer, size_t index, uint32_t *format,
			uint64_t *modifier)
{
	const struct context *context = &gles2_of(renderer)->context;

	if (index >= context->n_formats)
		return false;
	*format = context->formats[index].format;
	*modifier = context->formats[index].modifier;
	return true;
}

static bool draws(struct renderer *renderer, const struct lend_buffer *memory)
{
	struct gles2 *gles2 = gles2_of(renderer);
	struct current before;

	bool direct = context_enter(&gles2->context, &before) && target_is_direct(gles2, memory);
	context_leave(&gles2->context, &before);
	return direct;
}

static void forget(struct renderer *renderer, const struct lend_buffer *memory)
{
	struct gles2 *gles2 = gles2_of(renderer);
	struct current before;

	context_enter(&gles2->context, &before);
	textures_forget(gles2, memory);
	targets_forget(gles2, memory);
	context_leave(&gles2->context, &before);
}

static void destroy(struct renderer *renderer)
{
	struct gles2 *gles2 = gles2_of(renderer);
	struct current before;

	if (gles2->context.context) {
		context_enter(&gles2->context, &before);
		textures_finish(gles2);
		targets_finish(gles2);
		for (int i = 0; i < 2; i++)
			gl.DeleteProgram(gles2->programs[i].name);
		context_leave(&gles2->context, &before);
		context_finish(&gles2->context);
	}
	free(gles2);
}

static const struct renderer_type gles2_type = {
	.name = "gles2",
	.path = LEND_PATH_TEXTURE,
	.refuses = refuses,
	.format = list_format,
	.draws = draws,
	.draw = draw,
	.forget = forget,
	.destroy = destroy,
};

static int make_programs(struct gles2 *gles2)
{
	struct current before;

	bool made = context_enter(&gles2->context, &before) &&
		    program_create(&gles2->programs[0], plain_source);
	if (made && gles2->context.external)
		gles2->context.external = program_create(&gles2->programs[1], external_source);
	context_leave(&gles2->context, &before);
	return made ? 0 : fail(-ENOTSUP, "the GPU's driver refuses the shaders");
}

int gles2_create(const char *device, bool software, struct renderer **renderer)
{
	struct gles2 *gles2 = calloc(1, sizeof(*gles2));

	if (!gles2)
		return fail(-ENOMEM, "out of memory");
	gles2->renderer.type = &gles2_type;
	wl_list_init(&gles2->textures);
	wl_list_init(&gles2->images);
	wl_list_init(&gles2->targets);
	int ret = context_create(device, software, &gles2->context);
	if (ret < 0) {
		free(gles2);
		return ret;
	}
	ret = make_programs(gles2);
	if (ret < 0) {
		destroy(&gles2->renderer);
		return ret;
	}
	*renderer = &gles2->renderer;
	return 0;
}
