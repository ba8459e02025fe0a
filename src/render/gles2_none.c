/* SPDX-License-Identifier: MIT */
/* In the place of gles2.c where the headers of EGL and OpenGL ES were not there at the build. */
#include "server/server.h"

int gles2_create(const char *device, bool software, struct renderer **renderer)
{
	return fail(-ENOSYS, "this library was built without OpenGL ES (meson option gpu)");
}
