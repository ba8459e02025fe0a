/* SPDX-License-Identifier: MIT */
/* Draws on the GPU in framebuffers that the display lends: each is the colour attachment of a
 * framebuffer object. "gpu upload" draws on the CPU instead and has GLES carry the pixels over. */
#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>
#include <errno.h>
#include <framelend/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the four quarters. */
static const GLubyte colours[4][3] = {{192, 32, 16}, {32, 160, 64}, {16, 48, 208}, {240, 240, 64}};

static EGLDisplay display;
static PFNEGLCREATEIMAGEKHRPROC create_image;
static PFNEGLDESTROYIMAGEKHRPROC destroy_image;
static PFNGLEGLIMAGETARGETTEXTURE2DOESPROC image_to_texture;

static int start_egl(void)
{
	static const EGLint version[] = {EGL_CONTEXT_CLIENT_VERSION, 2, EGL_NONE};
	display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
	if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API))
		return -1;
	EGLContext context = eglCreateContext(display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, version);
	if (!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context))
		return -1;
	create_image = (PFNEGLCREATEIMAGEKHRPROC)eglGetProcAddress("eglCreateImageKHR");
	destroy_image = (PFNEGLDESTROYIMAGEKHRPROC)eglGetProcAddress("eglDestroyImageKHR");
	image_to_texture = (PFNGLEGLIMAGETARGETTEXTURE2DOESPROC)eglGetProcAddress(
		"glEGLImageTargetTexture2DOES");
	return create_image && destroy_image && image_to_texture ? 0 : -1;
}

/* Of LINEAR memory, which is what a surface without modifiers is lent: one plane. */
static EGLImageKHR import(struct lend_buffer *buffer)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	lend_buffer_describe(buffer, &info);
	const struct lend_plane *plane = &info.planes[0];
	/* clang-format off */
	const EGLint attributes[] = {
		EGL_WIDTH, (EGLint)info.width, EGL_HEIGHT, (EGLint)info.height,
		EGL_LINUX_DRM_FOURCC_EXT, (EGLint)info.format, EGL_DMA_BUF_PLANE0_FD_EXT, plane->fd,
		EGL_DMA_BUF_PLANE0_OFFSET_EXT, (EGLint)plane->offset,
		EGL_DMA_BUF_PLANE0_PITCH_EXT, (EGLint)plane->stride, EGL_NONE,
	};
	/* clang-format on */
	return create_image(display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

static int draw(GLint width, GLint height)
{
	glEnable(GL_SCISSOR_TEST);
	for (int i = 0; i < 4; i++) {
		const GLubyte *c = colours[i];
		glScissor(i % 2 ? width / 2 : 0, i / 2 ? height / 2 : 0, width - width / 2,
			  height - height / 2);
		glClearColor((float)c[0] / 255, (float)c[1] / 255, (float)c[2] / 255, 1);
		glClear(GL_COLOR_BUFFER_BIT);
	}
	glDisable(GL_SCISSOR_TEST);
	return glGetError() == GL_NO_ERROR ? 0 : -1;
}

/* The same picture by the CPU, carried into the bound texture, which is the lent buffer. */
static int upload(GLint width, GLint height)
{
	GLubyte(*pixels)[3] = malloc((size_t)width * (size_t)height * sizeof(*pixels));
	if (!pixels)
		return -1;
	for (GLint i = 0; i < width * height; i++)
		memcpy(pixels[i], colours[(i % width >= width / 2) + 2 * (i / width >= height / 2)],
		       3);
	glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
	glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE, pixels);
	free(pixels);
	return glGetError() == GL_NO_ERROR ? 0 : -1;
}

static int draw_frame(const struct lend_frame *frame, int uploads)
{
	const GLint width = (GLint)frame->width, height = (GLint)frame->height;
	GLuint texture, framebuffer;
	int result = -1;
	EGLImageKHR image = import(frame->buffer);
	if (image == EGL_NO_IMAGE_KHR)
		return -1;
	glGenTextures(1, &texture);
	glBindTexture(GL_TEXTURE_2D, texture);
	image_to_texture(GL_TEXTURE_2D, image);
	glGenFramebuffers(1, &framebuffer);
	glBindFramebuffer(GL_FRAMEBUFFER, framebuffer);
	glFramebufferTexture2D(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_TEXTURE_2D, texture, 0);
	if (glCheckFramebufferStatus(GL_FRAMEBUFFER) == GL_FRAMEBUFFER_COMPLETE)
		result = uploads ? upload(width, height) : draw(width, height);
	glFinish();
	glDeleteFramebuffers(1, &framebuffer);
	glDeleteTextures(1, &texture);
	destroy_image(display, image);
	return result;
}

static int fail(const char *what, const char *why)
{
	fprintf(stderr, "gpu: %s: %s\n", what, why);
	return 1;
}

static int run(struct lend_client *client, int uploads)
{
	const struct lend_surface_options options = {
		.size = sizeof(options), .fullscreen = 1, .gpu = 1, .title = "gpu"};
	const struct lend_verdict *verdict;
	struct lend_surface *surface;
	struct lend_frame frame;
	int result = lend_surface_create(client, &options, &surface);
	if (result < 0)
		return fail("no surface", lend_client_error(client));
	while ((result = lend_client_dispatch(client, -1)) >= 0) {
		result = lend_frame_begin(surface, &frame);
		if (result == -EAGAIN)
			continue;
		if (result < 0)
			break;
		if (draw_frame(&frame, uploads) < 0)
			return fail("the GPU does not draw in what is lent", "see EGL_LOG_LEVEL");
		lend_frame_end(surface, NULL, 0);
	}
	for (size_t i = 0; (verdict = lend_surface_verdict(surface, i)); i++)
		fprintf(stderr, "gpu: %s: %s %s\n", verdict->allocator, verdict->reason,
			verdict->remedy);
	return result == -ECANCELED ? 0 : fail("no frame", lend_client_error(client));
}

int main(int argc, char **argv)
{
	struct lend_client *client;
	if (start_egl() < 0)
		return fail("EGL", "there is no GLES2 without a surface");
	int result = lend_client_connect(NULL, &client);
	result = result < 0 ? fail("no display", lend_client_error(client))
			    : run(client, argc > 1 && strcmp(argv[1], "upload") == 0);
	lend_client_destroy(client);
	return result;
}
