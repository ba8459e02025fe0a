/* SPDX-License-Identifier: MIT */
/* What keys mean: compiled by libxkbcommon, handed to clients as a text that nobody can change. */
#include "seat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- the text's memory ---------------------------------------------------------------------- */

static bool write_all(int fd, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, text, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text += written;
		size -= (size_t)written;
	}
	return true;
}

/* Older kernels refuse shared maps of a sealed file that is open for writing, and older clients
 * make such maps. NULL-terminated, as the protocol has it. */
static int make_fd(const char *text, size_t size)
{
	char path[64];

	int fd = memfd_create("keymap", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	if (!write_all(fd, text, size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0) {
		close(fd);
		return -ENOMEM;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	int read_only = open(path, O_RDONLY | O_CLOEXEC);
	if (read_only < 0)
		return fd; /* no /proc: the seals do, on newer kernels */
	close(fd);
	return read_only;
}

/* ---- compiling ------------------------------------------------------------------------------ */

/* Else libxkbcommon prints, many lines; tell_fallback() says what matters. */
static void ignore_log(struct xkb_context *context, enum xkb_log_level level, const char *format,
		       va_list args)
{
}

static const char *setting(const char *name)
{
	const char *value = secure_getenv(name);

	return value && *value ? value : "(unset)";
}

static void tell_fallback(const struct lend_server *server, bool found)
{
	server_log(
		server, LEND_LOG_ERROR,
		"no keymap for XKB_DEFAULT_RULES=%s MODEL=%s LAYOUT=%s VARIANT=%s OPTIONS=%s; %s",
		setting("XKB_DEFAULT_RULES"), setting("XKB_DEFAULT_MODEL"),
		setting("XKB_DEFAULT_LAYOUT"), setting("XKB_DEFAULT_VARIANT"),
		setting("XKB_DEFAULT_OPTIONS"),
		found ? "using the layout us"
		      : "nor for the layout us: install xkb-data, else keys mean nothing");
}

static struct xkb_keymap *compile(const struct lend_server *server, struct xkb_context *context)
{
	/* All is given: what is left out would come from the environment. */
	const struct xkb_rule_names us = {"evdev", "pc105", "us", "", ""};
	struct xkb_keymap *keymap =
		xkb_keymap_new_from_names(context, NULL, XKB_KEYMAP_COMPILE_NO_FLAGS);

	if (keymap)
		return keymap;
	keymap = xkb_keymap_new_from_names(context, &us, XKB_KEYMAP_COMPILE_NO_FLAGS);
	tell_fallback(server, keymap != NULL);
	return keymap;
}

static int share(struct keymap *keymap, const char *text)
{
	size_t size = strlen(text) + 1;

	int fd = make_fd(text, size);
	if (fd < 0)
		return fd;
	keymap->fd = fd;
	keymap->size = (uint32_t)size;
	return 0;
}

static int share_xkb(struct keymap *keymap)
{
	char *text = xkb_keymap_get_as_string(keymap->xkb, XKB_KEYMAP_FORMAT_TEXT_V1);

	if (!text)
		return -ENOMEM;
	int ret = share(keymap, text);
	free(text);
	keymap->format = WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1;
	return ret;
}

int keymap_open(const struct lend_server *server, struct keymap *keymap)
{
	/* The context looks at directories that are not there without the data. */
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);
	if (!context)
		return -ENOMEM;
	xkb_context_set_log_fn(context, ignore_log);
	xkb_context_include_path_append_default(context);
	*keymap = (struct keymap){.fd = -1};
	keymap->xkb = compile(server, context);
	xkb_context_unref(context); /* the keymap has it */
	if (keymap->xkb)
		return share_xkb(keymap);
	keymap->format = WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP;
	return share(keymap, "");
}

void keymap_close(struct keymap *keymap)
{
	xkb_keymap_unref(keymap->xkb);
	if (keymap->fd >= 0)
		close(keymap->fd);
	*keymap = (struct keymap){.fd = -1};
}
