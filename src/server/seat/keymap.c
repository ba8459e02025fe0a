/* SPDX-License-Identifier: MIT */
/* What keys mean: compiled by libxkbcommon, handed to clients as a text that nobody can change. */
#include "seat.h"

#include "buffer/fds.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS 256 /* of a cause */

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

/* ---- a client's file ------------------------------------------------------------------------ */

/* Copies the value of a field of /proc's that has a line of its own, or begins one. */
static bool find_line(const char *path, const char *start, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	size_t length = strlen(start);
	bool found = false;

	if (!file)
		return false;
	while (!found && fgets(line, (int)size, file))
		found = strncmp(line, start, length) == 0;
	fclose(file);
	return found;
}

/* What is known of the file is enough: no file system is asked anew, FUSE's neither. */
static bool is_on_root(int fd)
{
	const int flags = AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT;
	struct statx file, root;

	return statx(fd, "", flags | AT_EMPTY_PATH, STATX_TYPE, &file) == 0 &&
	       statx(AT_FDCWD, "/", flags, STATX_TYPE, &root) == 0 &&
	       file.stx_dev_major == root.stx_dev_major && file.stx_dev_minor == root.stx_dev_minor;
}

/* A file of a local file system, found out without calling into it: wtype's keymap is one in /tmp.
 * Any other, such as one on FUSE or a pipe, might never answer. */
static bool is_local(int fd)
{
	static const char *const local[] = {"bcachefs", "btrfs", "ext2",  "ext3", "ext4", "f2fs",
					    "overlay",	"ramfs", "tmpfs", "xfs",  "zfs"};
	char path[64], line[4096], start[32];

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	if (!find_line(path, "mnt_id:", line, sizeof(line)))
		return false;
	snprintf(start, sizeof(start), "%d ", atoi(line + strlen("mnt_id:")));
	if (!find_line("/proc/self/mountinfo", start, line, sizeof(line)))
		return is_on_root(fd); /* which a chroot's list does not have */
	const char *type = strstr(line, " - ");
	for (size_t i = 0; type && i < sizeof(local) / sizeof(local[0]); i++) {
		size_t length = strlen(local[i]);
		if (strncmp(type + 3, local[i], length) == 0 && type[3 + length] == ' ')
			return true;
	}
	return false;
}

static int check_file(int fd, uint32_t size)
{
	struct stat status;

	if (size == 0 || size > KEYMAP_MAX)
		return fail(-EINVAL, "a keymap of %u bytes: it can have 1 to %d", size, KEYMAP_MAX);
	if (fd_classify(fd) != FD_SHMEM && !is_local(fd))
		return fail(-EINVAL, "the fd is neither shared memory nor a file of a local file "
				     "system: pass a memfd (memfd_create)");
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return fail(-EINVAL, "the fd is no regular file: pass a memfd (memfd_create)");
	if (status.st_size < (off_t)size)
		return fail(-EINVAL, "the file holds %lld bytes, fewer than the %u of the keymap",
			    (long long)status.st_size, size);
	return 0;
}

int keymap_read(int fd, uint32_t size, char **out)
{
	int ret = check_file(fd, size);
	char *text = ret < 0 ? NULL : malloc((size_t)size + 1);
	size_t had = 0;

	if (ret < 0)
		return ret;
	if (!text)
		return fail(-ENOMEM, "out of memory for a keymap");
	while (had < size) {
		ssize_t got = pread(fd, text + had, size - had, (off_t)had);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			free(text);
			return fail(-EINVAL, "the keymap's file cannot be read: %s",
				    got < 0 ? strerror(errno) : "it became shorter");
		}
		had += (size_t)got;
	}
	text[size] = '\0';
	*out = text;
	return 0;
}

/* ---- compiling ------------------------------------------------------------------------------ */

/* Of many lines that libxkbcommon would print, the first one has the cause. */
__attribute__((format(printf, 3, 0))) static void note_first(struct xkb_context *context,
							     enum xkb_log_level level,
							     const char *format, va_list args)
{
	char *words = xkb_context_get_user_data(context);

	if (!words || level > XKB_LOG_LEVEL_ERROR || words[0])
		return;
	vsnprintf(words, WORDS, format, args);
	words[strcspn(words, "\n")] = '\0';
}

/* words: of WORDS bytes, empty until something goes wrong. */
static struct xkb_context *create_context(char *words)
{
	/* The context looks at directories that are not there without the data. */
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES);

	words[0] = '\0';
	if (!context)
		return NULL;
	xkb_context_set_user_data(context, words);
	xkb_context_set_log_fn(context, note_first);
	xkb_context_include_path_append_default(context);
	return context;
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

static struct xkb_keymap *compile_default(const struct lend_server *server,
					  struct xkb_context *context)
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

/* ---- keymaps -------------------------------------------------------------------------------- */

/* Fills in what clients get. */
static int share(struct keymap *keymap)
{
	keymap->format = keymap->xkb ? WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1
				     : WL_KEYBOARD_KEYMAP_FORMAT_NO_KEYMAP;
	keymap->text = keymap->xkb
			       ? xkb_keymap_get_as_string(keymap->xkb, XKB_KEYMAP_FORMAT_TEXT_V1)
			       : strdup("");
	if (!keymap->text)
		return -ENOMEM;
	keymap->size = (uint32_t)strlen(keymap->text) + 1;
	keymap->fd = make_fd(keymap->text, keymap->size);
	return keymap->fd < 0 ? keymap->fd : 0;
}

/* Takes the libxkbcommon keymap, which may be NULL. */
static int create(struct xkb_keymap *xkb, struct keymap **out)
{
	struct keymap *keymap = calloc(1, sizeof(*keymap));

	if (!keymap) {
		xkb_keymap_unref(xkb);
		return fail(-ENOMEM, "out of memory for a keymap");
	}
	keymap->references = 1;
	keymap->xkb = xkb;
	keymap->fd = -1;
	int ret = share(keymap);
	if (ret < 0) {
		keymap_unreference(keymap);
		return fail(ret, "cannot share a keymap with clients: %s", strerror(-ret));
	}
	*out = keymap;
	return 0;
}

int keymap_create(const struct lend_server *server, struct keymap **out)
{
	char words[WORDS];
	struct xkb_context *context = create_context(words);

	if (!context)
		return fail(-ENOMEM, "out of memory for a keymap");
	struct xkb_keymap *xkb = compile_default(server, context);
	xkb_context_set_user_data(context, NULL);
	xkb_context_unref(context); /* the keymap has it */
	return create(xkb, out);
}

int keymap_create_from_text(const char *text, struct keymap **out)
{
	size_t length = strnlen(text, KEYMAP_MAX + 1);
	char words[WORDS];

	if (length > KEYMAP_MAX)
		return fail(-EINVAL, "the keymap has more than %d bytes", KEYMAP_MAX);
	struct xkb_context *context = create_context(words);
	if (!context)
		return fail(-ENOMEM, "out of memory for a keymap");
	struct xkb_keymap *xkb = xkb_keymap_new_from_buffer(
		context, text, length, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	xkb_context_set_user_data(context, NULL);
	xkb_context_unref(context);
	if (!xkb)
		return fail(-EINVAL, "the text is no keymap that libxkbcommon can use: %s",
			    words[0] ? words : "it does not say why");
	return create(xkb, out);
}

struct keymap *keymap_reference(struct keymap *keymap)
{
	keymap->references++;
	return keymap;
}

void keymap_unreference(struct keymap *keymap)
{
	if (!keymap || --keymap->references > 0)
		return;
	xkb_keymap_unref(keymap->xkb);
	free(keymap->text);
	if (keymap->fd >= 0)
		close(keymap->fd);
	free(keymap);
}

bool keymap_is_same(const struct keymap *a, const struct keymap *b)
{
	return a == b || (a && b && strcmp(a->text, b->text) == 0);
}
