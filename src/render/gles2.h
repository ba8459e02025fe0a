/* SPDX-License-Identifier: MIT */
/*
 * The parts of the renderer on a GPU: egl.c (libraries, display, context), texture.c (what surfaces
 * are drawn from), target.c (what is drawn into), gles2.c (drawing).
 */
#ifndef RENDER_GLES2_H
#define RENDER_GLES2_H

#include "server/server.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES2/gl2.h>
#include <GLES2/gl2ext.h>

/* ---- egl.c ---------------------------------------------------------------------------------- */

/* OpenGL ES, as its headers declare it. The last ones are extensions and may be NULL. */
struct gl {
	__typeof__(glActiveTexture) *ActiveTexture;
	__typeof__(glAttachShader) *AttachShader;
	__typeof__(glBindAttribLocation) *BindAttribLocation;
	__typeof__(glBindFramebuffer) *BindFramebuffer;
	__typeof__(glBindTexture) *BindTexture;
	__typeof__(glBlendFunc) *BlendFunc;
	__typeof__(glCheckFramebufferStatus) *CheckFramebufferStatus;
	__typeof__(glClear) *Clear;
	__typeof__(glClearColor) *ClearColor;
	__typeof__(glCompileShader) *CompileShader;
	__typeof__(glCreateProgram) *CreateProgram;
	__typeof__(glCreateShader) *CreateShader;
	__typeof__(glDeleteFramebuffers) *DeleteFramebuffers;
	__typeof__(glDeleteProgram) *DeleteProgram;
	__typeof__(glDeleteShader) *DeleteShader;
	__typeof__(glDeleteTextures) *DeleteTextures;
	__typeof__(glDisable) *Disable;
	__typeof__(glDrawArrays) *DrawArrays;
	__typeof__(glEnable) *Enable;
	__typeof__(glEnableVertexAttribArray) *EnableVertexAttribArray;
	__typeof__(glFinish) *Finish;
	__typeof__(glFlush) *Flush;
	__typeof__(glFramebufferTexture2D) *FramebufferTexture2D;
	__typeof__(glGenFramebuffers) *GenFramebuffers;
	__typeof__(glGenTextures) *GenTextures;
	__typeof__(glGetError) *GetError;
	__typeof__(glGetIntegerv) *GetIntegerv;
	__typeof__(glGetProgramiv) *GetProgramiv;
	__typeof__(glGetString) *GetString;
	__typeof__(glGetUniformLocation) *GetUniformLocation;
	__typeof__(glLinkProgram) *LinkProgram;
	__typeof__(glPixelStorei) *PixelStorei;
	__typeof__(glReadPixels) *ReadPixels;
	__typeof__(glScissor) *Scissor;
	__typeof__(glShaderSource) *ShaderSource;
	__typeof__(glTexImage2D) *TexImage2D;
	__typeof__(glTexParameteri) *TexParameteri;
	__typeof__(glTexSubImage2D) *TexSubImage2D;
	__typeof__(glUniform1f) *Uniform1f;
	__typeof__(glUniform1i) *Uniform1i;
	__typeof__(glUniform2f) *Uniform2f;
	__typeof__(glUniformMatrix3fv) *UniformMatrix3fv;
	__typeof__(glUseProgram) *UseProgram;
	__typeof__(glVertexAttribPointer) *VertexAttribPointer;
	__typeof__(glViewport) *Viewport;
	PFNGLEGLIMAGETARGETTEXTURE2DOESPROC EGLImageTargetTexture2DOES;
	PFNGLGETGRAPHICSRESETSTATUSEXTPROC GetGraphicsResetStatusEXT;
};

extern struct gl gl; /* filled by the first context */

struct gbm_device;

/* A pair of what can be imported. */
struct dmabuf_format {
	uint32_t format;
	uint64_t modifier;
	bool external; /* for samplerExternalOES alone: not to be drawn in */
};

struct context {
	int fd; /* the device's, -1: none */
	struct gbm_device *gbm;
	EGLDisplay display;
	EGLContext context;
	bool imports, modifiers, fences; /* what the display can */
	bool external;			 /* samplerExternalOES */
	int32_t side_max;		 /* of textures */
	struct dmabuf_format *formats;
	size_t n_formats;
};

/* As gles2_create(). */
int context_create(const char *device, bool software, struct context *context);
void context_finish(struct context *context);

/* What was current in this thread before; the embedder may draw, too. */
struct current {
	EGLDisplay display;
	EGLContext context;
	EGLSurface draw, read;
};

/* False: the context is lost. context_leave() is to follow in any case. */
bool context_enter(const struct context *context, struct current *before);
void context_leave(const struct context *context, const struct current *before);
bool context_is_lost(void);
/* A sync_file that signals when all that was drawn is there, or -1: all is there. */
int context_fence(const struct context *context);
/* The dma-buf as EGL knows it; EGL_NO_IMAGE_KHR: it does not import it. */
EGLImageKHR image_create(const struct context *context, const struct lend_buffer *memory);
void image_destroy(const struct context *context, EGLImageKHR image);
/* NULL: it is not among what can be imported. */
const struct dmabuf_format *context_find_format(const struct context *context, uint32_t format,
						uint64_t modifier);

/* ---- gles2.c -------------------------------------------------------------------------------- */

struct program {
	GLuint name;
	GLint matrix, size, opaque, swap;
};

struct gles2 {
	struct renderer renderer;
	struct context context;
	struct program programs[2]; /* for GL_TEXTURE_2D, and GL_TEXTURE_EXTERNAL_OES or 0 */
	struct wl_list textures;    /* texture.link */
	struct wl_list images;	    /* image.link */
	struct wl_list targets;	    /* target.link */
	struct {
		GLuint texture, framebuffer;
		int32_t width, height;
		pixman_image_t *image; /* what was read of it */
	} scratch;		       /* for targets that only the CPU writes */
	struct {
		GLuint texture;
		uint64_t serial; /* output_cursor's */
		int32_t width, height;
	} cursor;
};

/* ---- texture.c ------------------------------------------------------------------------------ */

/* What can be sampled. */
struct sampled {
	GLenum target;
	GLuint texture;
	bool swap;   /* red is in the place of blue */
	bool opaque; /* what it has for alpha means nothing */
};

/* The surface's contents, up to date within `read` (of its buffer). False: out of memory, or the
 * buffer cannot be read. */
bool texture_get(struct gles2 *gles2, struct surface *surface, const pixman_region32_t *read,
		 struct sampled *sampled);
/* The cursor's picture. */
bool texture_get_cursor(struct gles2 *gles2, const struct output_cursor *cursor,
			struct sampled *sampled);
const char *texture_refuses(struct gles2 *gles2, const struct buffer *buffer);
void textures_forget(struct gles2 *gles2, const struct lend_buffer *memory);
void textures_finish(struct gles2 *gles2);

/* ---- target.c ------------------------------------------------------------------------------- */

/* From here on all is drawn there. False: out of memory. */
bool target_begin(struct gles2 *gles2, struct own_buffer *own);
/* Brings what was drawn within damage to where it belongs. fence: as in renderer_type.draw. */
void target_end(struct gles2 *gles2, struct own_buffer *own, const pixman_region32_t *damage,
		int *fence);
bool target_is_direct(struct gles2 *gles2, const struct lend_buffer *memory);
void targets_forget(struct gles2 *gles2, const struct lend_buffer *memory);
void targets_finish(struct gles2 *gles2);

#endif
