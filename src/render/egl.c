/* SPDX-License-Identifier: MIT */
/* A context to draw in, and the libraries for it, which are loaded when they are first asked for.
 */
#include "render/gles2.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <gbm.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <drm.h>

struct gl gl;

/* Of libEGL. The last ones are extensions and may be NULL. */
static struct {
	__typeof__(eglBindAPI) *BindAPI;
	__typeof__(eglCreateContext) *CreateContext;
	__typeof__(eglDestroyContext) *DestroyContext;
	__typeof__(eglGetCurrentContext) *GetCurrentContext;
	__typeof__(eglGetCurrentDisplay) *GetCurrentDisplay;
	__typeof__(eglGetCurrentSurface) *GetCurrentSurface;
	__typeof__(eglGetError) *GetError;
	__typeof__(eglGetProcAddress) *GetProcAddress;
	__typeof__(eglInitialize) *Initialize;
	__typeof__(eglMakeCurrent) *MakeCurrent;
	__typeof__(eglQueryString) *QueryString;
	__typeof__(eglReleaseThread) *ReleaseThread;
	__typeof__(eglTerminate) *Terminate;
	PFNEGLGETPLATFORMDISPLAYEXTPROC GetPlatformDisplayEXT;
	PFNEGLCREATEIMAGEKHRPROC CreateImageKHR;
	PFNEGLDESTROYIMAGEKHRPROC DestroyImageKHR;
	PFNEGLCREATESYNCKHRPROC CreateSyncKHR;
	PFNEGLDESTROYSYNCKHRPROC DestroySyncKHR;
	PFNEGLDUPNATIVEFENCEFDANDROIDPROC DupNativeFenceFDANDROID;
	PFNEGLQUERYDMABUFFORMATSEXTPROC QueryDmaBufFormatsEXT;
	PFNEGLQUERYDMABUFMODIFIERSEXTPROC QueryDmaBufModifiersEXT;
} egl;

/* Of libgbm. */
static struct {
	__typeof__(gbm_create_device) *create_device;
	__typeof__(gbm_device_destroy) *device_destroy;
} gbm;

struct symbol {
	const char *name;
	void **function;
};

static const struct symbol egl_symbols[] = {
	{"eglBindAPI", (void **)&egl.BindAPI},
	{"eglCreateContext", (void **)&egl.CreateContext},
	{"eglDestroyContext", (void **)&egl.DestroyContext},
	{"eglGetCurrentContext", (void **)&egl.GetCurrentContext},
	{"eglGetCurrentDisplay", (void **)&egl.GetCurrentDisplay},
	{"eglGetCurrentSurface", (void **)&egl.GetCurrentSurface},
	{"eglGetError", (void **)&egl.GetError},
	{"eglGetProcAddress", (void **)&egl.GetProcAddress},
	{"eglInitialize", (void **)&egl.Initialize},
	{"eglMakeCurrent", (void **)&egl.MakeCurrent},
	{"eglQueryString", (void **)&egl.QueryString},
	{"eglReleaseThread", (void **)&egl.ReleaseThread},
	{"eglTerminate", (void **)&egl.Terminate},
	{NULL, NULL},
};

static const struct symbol gbm_symbols[] = {
	{"gbm_create_device", (void **)&gbm.create_device},
	{"gbm_device_destroy", (void **)&gbm.device_destroy},
	{NULL, NULL},
};

static const struct symbol gl_symbols[] = {
	{"glActiveTexture", (void **)&gl.ActiveTexture},
	{"glAttachShader", (void **)&gl.AttachShader},
	{"glBindAttribLocation", (void **)&gl.BindAttribLocation},
	{"glBindFramebuffer", (void **)&gl.BindFramebuffer},
	{"glBindTexture", (void **)&gl.BindTexture},
	{"glBlendFunc", (void **)&gl.BlendFunc},
	{"glCheckFramebufferStatus", (void **)&gl.CheckFramebufferStatus},
	{"glClear", (void **)&gl.Clear},
	{"glClearColor", (void **)&gl.ClearColor},
	{"glCompileShader", (void **)&gl.CompileShader},
	{"glCreateProgram", (void **)&gl.CreateProgram},
	{"glCreateShader", (void **)&gl.CreateShader},
	{"glDeleteFramebuffers", (void **)&gl.DeleteFramebuffers},
	{"glDeleteProgram", (void **)&gl.DeleteProgram},
	{"glDeleteShader", (void **)&gl.DeleteShader},
	{"glDeleteTextures", (void **)&gl.DeleteTextures},
	{"glDisable", (void **)&gl.Disable},
	{"glDrawArrays", (void **)&gl.DrawArrays},
	{"glEnable", (void **)&gl.Enable},
	{"glEnableVertexAttribArray", (void **)&gl.EnableVertexAttribArray},
	{"glFinish", (void **)&gl.Finish},
	{"glFlush", (void **)&gl.Flush},
	{"glFramebufferTexture2D", (void **)&gl.FramebufferTexture2D},
	{"glGenFramebuffers", (void **)&gl.GenFramebuffers},
	{"glGenTextures", (void **)&gl.GenTextures},
	{"glGetError", (void **)&gl.GetError},
	{"glGetIntegerv", (void **)&gl.GetIntegerv},
	{"glGetProgramiv", (void **)&gl.GetProgramiv},
	{"glGetString", (void **)&gl.GetString},
	{"glGetUniformLocation", (void **)&gl.GetUniformLocation},
	{"glLinkProgram", (void **)&gl.LinkProgram},
	{"glPixelStorei", (void **)&gl.PixelStorei},
	{"glReadPixels", (void **)&gl.ReadPixels},
	{"glScissor", (void **)&gl.Scissor},
	{"glShaderSource", (void **)&gl.ShaderSource},
	{"glTexImage2D", (void **)&gl.TexImage2D},
	{"glTexParameteri", (void **)&gl.TexParameteri},
	{"glTexSubImage2D", (void **)&gl.TexSubImage2D},
	{"glUniform1f", (void **)&gl.Uniform1f},
	{"glUniform1i", (void **)&gl.Uniform1i},
	{"glUniform2f", (void **)&gl.Uniform2f},
	{"glUniformMatrix3fv", (void **)&gl.UniformMatrix3fv},
	{"glUseProgram", (void **)&gl.UseProgram},
	{"glVertexAttribPointer", (void **)&gl.VertexAttribPointer},
	{"glViewport", (void **)&gl.Viewport},
	{NULL, NULL},
};

static const struct symbol extensions[] = {
	{"eglGetPlatformDisplayEXT", (void **)&egl.GetPlatformDisplayEXT},
	{"eglCreateImageKHR", (void **)&egl.CreateImageKHR},
	{"eglDestroyImageKHR", (void **)&egl.DestroyImageKHR},
	{"eglCreateSyncKHR", (void **)&egl.CreateSyncKHR},
	{"eglDestroySyncKHR", (void **)&egl.DestroySyncKHR},
	{"eglDupNativeFenceFDANDROID", (void **)&egl.DupNativeFenceFDANDROID},
	{"eglQueryDmaBufFormatsEXT", (void **)&egl.QueryDmaBufFormatsEXT},
	{"eglQueryDmaBufModifiersEXT", (void **)&egl.QueryDmaBufModifiersEXT},
	{"glEGLImageTargetTexture2DOES", (void **)&gl.EGLImageTargetTexture2DOES},
	{"glGetGraphicsResetStatusEXT", (void **)&gl.GetGraphicsResetStatusEXT},
	{NULL, NULL},
};

/* ---- libraries ------------------------------------------------------------------------------ */

/* They stay loaded: Mesa's drivers do not survive being unloaded. */
static int load_library(const char *name, const struct symbol *symbols)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return fail(-ENOPKG, "%s", dlerror());
	for (; symbols->name; symbols++) {
		*symbols->function = dlsym(library, symbols->name);
		if (!*symbols->function)
			return fail(-ENOPKG, "%s has no %s", name, symbols->name);
	}
	return 0;
}

static int load_all(void)
{
	static bool loaded;

	if (loaded)
		return 0;
	int ret = load_library("libEGL.so.1", egl_symbols);
	if (ret == 0)
		ret = load_library("libGLESv2.so.2", gl_symbols);
	if (ret == 0)
		ret = load_library("libgbm.so.1", gbm_symbols);
	if (ret < 0)
		return ret;
	for (const struct symbol *symbol = extensions; symbol->name; symbol++)
		*symbol->function = (void *)(uintptr_t)egl.GetProcAddress(symbol->name);
	loaded = true;
	return 0;
}

/* Servers in other threads may be at it, too. */
static int load(void)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&mutex);
	int ret = load_all();
	pthread_mutex_unlock(&mutex);
	return ret;
}

static bool has(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; at && (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

/* ---- the device ----------------------------------------------------------------------------- */

/* The render node among the nodes of a device, or of all; the name's length, 0: there is none. */
static int find_render_node(const char *directory, char *name, size_t size)
{
	DIR *list = opendir(directory);
	struct dirent *entry;
	int length = 0;

	if (!list)
		return 0;
	while (!length && (entry = readdir(list)))
		if (strncmp(entry->d_name, "renderD", 7) == 0)
			length = snprintf(name, size, "/dev/dri/%.32s", entry->d_name);
	closedir(list);
	return length;
}

/* Its own render node; where it has none, Mesa finds the GPU that goes with a display, if there is
 * any at all. */
static int choose_node(const char *device, bool software, char *node, size_t size)
{
	char directory[64], other[64];
	struct stat status;

	if (stat(device, &status) < 0 || !S_ISCHR(status.st_mode))
		return fail(-ENODEV, "%s is no device", device);
	snprintf(directory, sizeof(directory), "/sys/dev/char/%u:%u/device/drm",
		 major(status.st_rdev), minor(status.st_rdev));
	if (find_render_node(directory, node, size))
		return 0;
	if (!software && !find_render_node("/dev/dri", other, sizeof(other)))
		return fail(-ENODEV, "%s has no GPU", device);
	snprintf(node, size, "%s", device);
	return 0;
}

/* A file of its own: handles of what is imported are not to be mixed up with the display's. */
static int open_device(struct context *context, const char *device, bool software)
{
	char node[256];

	int ret = choose_node(device, software, node, sizeof(node));
	if (ret < 0)
		return ret;
	context->fd = open(node, O_RDWR | O_CLOEXEC);
	if (context->fd < 0)
		return fail(-errno, "cannot open %s: %s", node, strerror(errno));
	/* Whoever opens a primary node first is its master. */
	ioctl(context->fd, DRM_IOCTL_DROP_MASTER, 0);
	context->gbm = gbm.create_device(context->fd);
	return context->gbm ? 0 : fail(-ENODEV, "GBM has no driver for %s", node);
}

/* ---- display and context -------------------------------------------------------------------- */

static int open_display(struct context *context)
{
	const char *clients = egl.QueryString(EGL_NO_DISPLAY, EGL_EXTENSIONS);

	if (!egl.GetPlatformDisplayEXT || !has(clients, "EGL_MESA_platform_surfaceless"))
		return fail(-ENOPKG, "EGL has no EGL_MESA_platform_surfaceless");
	context->display =
		context->gbm ? egl.GetPlatformDisplayEXT(EGL_PLATFORM_GBM_KHR, context->gbm, NULL)
			     : egl.GetPlatformDisplayEXT(EGL_PLATFORM_SURFACELESS_MESA,
							 EGL_DEFAULT_DISPLAY, NULL);
	if (!context->display || !egl.Initialize(context->display, NULL, NULL))
		return fail(-ENOPKG, "EGL cannot be initialised (error 0x%x)", egl.GetError());
	return 0;
}

static int create_context(struct context *context)
{
	const char *extension = egl.QueryString(context->display, EGL_EXTENSIONS);
	const bool robust = has(extension, "EGL_EXT_create_context_robustness");
	const EGLint attributes[] = {
		EGL_CONTEXT_CLIENT_VERSION,
		2,
		robust ? EGL_CONTEXT_OPENGL_RESET_NOTIFICATION_STRATEGY_EXT : EGL_NONE,
		EGL_LOSE_CONTEXT_ON_RESET_EXT,
		EGL_NONE,
	};

	if (!has(extension, "EGL_KHR_no_config_context") ||
	    !has(extension, "EGL_KHR_surfaceless_context"))
		return fail(-ENOTSUP, "EGL cannot draw without a window");
	context->imports = has(extension, "EGL_EXT_image_dma_buf_import");
	context->modifiers = has(extension, "EGL_EXT_image_dma_buf_import_modifiers");
	context->fences = has(extension, "EGL_ANDROID_native_fence_sync");
	egl.BindAPI(EGL_OPENGL_ES_API);
	context->context =
		egl.CreateContext(context->display, EGL_NO_CONFIG_KHR, EGL_NO_CONTEXT, attributes);
	if (!context->context)
		return fail(-ENOTSUP, "EGL makes no context for OpenGL ES 2 (error 0x%x)",
			    egl.GetError());
	return 0;
}

static bool is_software(const char *renderer)
{
	return !renderer || strncmp(renderer, "llvmpipe", 8) == 0 ||
	       strncmp(renderer, "softpipe", 8) == 0 || strncmp(renderer, "swrast", 6) == 0;
}

/* What only shows once the context is current. */
static int examine(struct context *context, bool software)
{
	const char *extension = (const char *)gl.GetString(GL_EXTENSIONS);
	const char *name = (const char *)gl.GetString(GL_RENDERER);

	if (!software && is_software(name))
		return fail(-ENODEV, "there is no GPU, only %s", name ? name : "nothing");
	if (!has(extension, "GL_EXT_unpack_subimage"))
		return fail(-ENOTSUP, "%s has no GL_EXT_unpack_subimage", name);
	if (!has(extension, "GL_OES_EGL_image"))
		context->imports = false;
	context->external = has(extension, "GL_OES_EGL_image_external");
	gl.GetIntegerv(GL_MAX_TEXTURE_SIZE, &context->side_max);
	return 0;
}

/* ---- formats of dma-bufs -------------------------------------------------------------------- */

static bool add_format(struct context *context, uint32_t format, uint64_t modifier, bool external)
{
	size_t size = (context->n_formats + 1) * sizeof(*context->formats);
	struct dmabuf_format *formats = realloc(context->formats, size);

	if (!formats)
		return false;
	context->formats = formats;
	context->formats[context->n_formats++] = (struct dmabuf_format){format, modifier, external};
	return true;
}

static void list_modifiers(struct context *context, uint32_t format)
{
	EGLuint64KHR modifiers[64];
	EGLBoolean external[64];
	EGLint n = 0;

	add_format(context, format, LEND_MODIFIER_INVALID, false);
	if (!egl.QueryDmaBufModifiersEXT(context->display, (EGLint)format, 64, modifiers, external,
					 &n))
		return;
	for (EGLint i = 0; i < n && i < 64; i++) {
		if (external[i] && !context->external)
			continue;
		add_format(context, format, modifiers[i], external[i]);
	}
	if (n == 0)
		add_format(context, format, LEND_MODIFIER_LINEAR, false);
}

/* Those of our formats that it knows. Without the extension all that can be said is what every
 * driver takes. */
static void list_formats(struct context *context)
{
	EGLint known[256], n = 0;

	if (!context->imports)
		return;
	if (!context->modifiers || !egl.QueryDmaBufFormatsEXT(context->display, 256, known, &n)) {
		add_format(context, LEND_FORMAT_XRGB8888, LEND_MODIFIER_LINEAR, false);
		add_format(context, LEND_FORMAT_ARGB8888, LEND_MODIFIER_LINEAR, false);
		return;
	}
	for (EGLint i = 0; i < n && i < 256; i++)
		if (lend_format_get((uint32_t)known[i]))
			list_modifiers(context, (uint32_t)known[i]);
}

const struct dmabuf_format *context_find_format(const struct context *context, uint32_t format,
						uint64_t modifier)
{
	for (size_t i = 0; i < context->n_formats; i++)
		if (context->formats[i].format == format &&
		    context->formats[i].modifier == modifier)
			return &context->formats[i];
	return NULL;
}

/* ---- life ----------------------------------------------------------------------------------- */

static int start(struct context *context, const char *device, bool software)
{
	struct current before;

	int ret = load();
	if (ret == 0 && device)
		ret = open_device(context, device, software);
	if (ret == 0)
		ret = open_display(context);
	if (ret == 0)
		ret = create_context(context);
	if (ret < 0)
		return ret;
	ret = context_enter(context, &before) ? examine(context, software)
					      : fail(-ENOTSUP, "EGL's context cannot be used");
	context_leave(context, &before);
	list_formats(context);
	return ret;
}

int context_create(const char *device, bool software, struct context *context)
{
	*context = (struct context){.fd = -1};
	int ret = start(context, device, software);
	if (ret < 0)
		context_finish(context);
	return ret;
}

/* The display without a device is shared with all others in the process: it stays as it is. */
void context_finish(struct context *context)
{
	if (context->context)
		egl.DestroyContext(context->display, context->context);
	if (context->gbm && context->display)
		egl.Terminate(context->display);
	if (context->gbm)
		gbm.device_destroy(context->gbm);
	if (context->fd >= 0)
		close(context->fd);
	free(context->formats);
}

bool context_enter(const struct context *context, struct current *before)
{
	egl.BindAPI(EGL_OPENGL_ES_API);
	before->display = egl.GetCurrentDisplay();
	before->context = egl.GetCurrentContext();
	before->draw = egl.GetCurrentSurface(EGL_DRAW);
	before->read = egl.GetCurrentSurface(EGL_READ);
	return egl.MakeCurrent(context->display, EGL_NO_SURFACE, EGL_NO_SURFACE, context->context);
}

void context_leave(const struct context *context, const struct current *before)
{
	if (before->context)
		egl.MakeCurrent(before->display, before->draw, before->read, before->context);
	else
		egl.MakeCurrent(context->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
}

bool context_is_lost(void)
{
	return gl.GetGraphicsResetStatusEXT && gl.GetGraphicsResetStatusEXT() != GL_NO_ERROR;
}

/* ---- fences and images ---------------------------------------------------------------------- */

int context_fence(const struct context *context)
{
	int fence = -1;
	EGLSyncKHR sync = context->fences ? egl.CreateSyncKHR(context->display,
							      EGL_SYNC_NATIVE_FENCE_ANDROID, NULL)
					  : EGL_NO_SYNC_KHR;

	if (sync != EGL_NO_SYNC_KHR) {
		gl.Flush(); /* there is no fence before */
		fence = egl.DupNativeFenceFDANDROID(context->display, sync);
		egl.DestroySyncKHR(context->display, sync);
	}
	if (fence < 0)
		gl.Finish();
	return fence;
}

/* Names of a plane's attributes. */
static const EGLint plane_names[LEND_PLANES_MAX][5] = {
	{EGL_DMA_BUF_PLANE0_FD_EXT, EGL_DMA_BUF_PLANE0_OFFSET_EXT, EGL_DMA_BUF_PLANE0_PITCH_EXT,
	 EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT},
	{EGL_DMA_BUF_PLANE1_FD_EXT, EGL_DMA_BUF_PLANE1_OFFSET_EXT, EGL_DMA_BUF_PLANE1_PITCH_EXT,
	 EGL_DMA_BUF_PLANE1_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE1_MODIFIER_HI_EXT},
	{EGL_DMA_BUF_PLANE2_FD_EXT, EGL_DMA_BUF_PLANE2_OFFSET_EXT, EGL_DMA_BUF_PLANE2_PITCH_EXT,
	 EGL_DMA_BUF_PLANE2_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE2_MODIFIER_HI_EXT},
	{EGL_DMA_BUF_PLANE3_FD_EXT, EGL_DMA_BUF_PLANE3_OFFSET_EXT, EGL_DMA_BUF_PLANE3_PITCH_EXT,
	 EGL_DMA_BUF_PLANE3_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE3_MODIFIER_HI_EXT},
};

static size_t describe_plane(const struct lend_buffer_info *info, uint32_t i, bool modifier,
			     EGLint *attributes)
{
	const EGLint values[5] = {
		info->planes[i].fd,
		(EGLint)info->planes[i].offset,
		(EGLint)info->planes[i].stride,
		(EGLint)(info->modifier & UINT32_MAX),
		(EGLint)(info->modifier >> 32),
	};
	size_t n = 0;

	for (int k = 0; k < (modifier ? 5 : 3); k++) {
		attributes[n++] = plane_names[i][k];
		attributes[n++] = values[k];
	}
	return n;
}

EGLImageKHR image_create(const struct context *context, const struct lend_buffer *memory)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	bool modifier;

	lend_buffer_describe(memory, &info);
	EGLint attributes[6 + 10 * LEND_PLANES_MAX + 1] = {
		EGL_WIDTH,	     (EGLint)info.width,       EGL_HEIGHT,
		(EGLint)info.height, EGL_LINUX_DRM_FOURCC_EXT, (EGLint)info.format,
	};
	size_t n = 6;

	if (!context->imports || info.planes[0].fd < 0)
		return EGL_NO_IMAGE_KHR;
	/* Drivers without modifiers list none. */
	modifier = context->modifiers && info.modifier != LEND_MODIFIER_INVALID &&
		   context_find_format(context, info.format, info.modifier);
	for (uint32_t i = 0; i < info.n_planes; i++)
		n += describe_plane(&info, i, modifier, attributes + n);
	attributes[n] = EGL_NONE;
	return egl.CreateImageKHR(context->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL,
				  attributes);
}

void image_destroy(const struct context *context, EGLImageKHR image)
{
	egl.DestroyImageKHR(context->display, image);
}
