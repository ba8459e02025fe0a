/* SPDX-License-Identifier: MIT */
/* Which display: the one that is named, or the first that works. */
#include "client/display.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order in which they are tried. */
static const struct kind {
	const char *name;
	const struct display_backend *backend; /* NULL: a module */
} kinds[] = {
	{"wayland", &wayland_backend},
	{"x11", NULL},
	{"kms", NULL},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- modules -------------------------------------------------------------------------------- */

const struct client_calls client_calls = {
	.version = DISPLAY_VERSION,
	.client_vfail = client_vfail,
	.client_vlose = client_vlose,
	.client_vlog = client_vlog,
	.link_ready = link_ready,
	.client_wait = client_wait,
	.alarm_set = alarm_set,
	.alarm_cancel = alarm_cancel,
	.surface_configure = surface_configure,
	.surface_show = surface_show,
	.surface_frame_done = surface_frame_done,
	.surface_presented = surface_presented,
	.surface_close = surface_close,
	.surface_verdict = surface_verdict,
	.surface_input = surface_input,
	.generation_create = generation_create,
	.generation_find = generation_find,
	.generation_offer = generation_offer,
	.generation_refuse = generation_refuse,
	.generation_destroy = generation_destroy,
	.generation_conclude = generation_conclude,
	.slot_release = slot_release,
	.keyboard_create = keyboard_create,
	.keyboard_destroy = keyboard_destroy,
	.keyboard_set_keymap = keyboard_set_keymap,
	.keyboard_set_layout = keyboard_set_layout,
	.keyboard_set_repeat = keyboard_set_repeat,
	.keyboard_set_modifiers = keyboard_set_modifiers,
	.keyboard_enter = keyboard_enter,
	.keyboard_leave = keyboard_leave,
	.keyboard_key = keyboard_key,
	.keyboard_modifiers = keyboard_modifiers,
	.keyboard_forget = keyboard_forget,
};

/* Where this library lies: the modules are beside it. */
static void own_directory(char *directory, size_t size)
{
	Dl_info info;
	directory[0] = '\0';
	if (dladdr(&client_calls, &info) != 0 && info.dli_fname != NULL)
		snprintf(directory, size, "%s", info.dli_fname);
	char *slash = strrchr(directory, '/');
	if (slash != NULL)
		*slash = '\0';
	else
		snprintf(directory, size, ".");
}

/* The module's path, or -ENOENT and where it was looked for. */
static int find_module(const char *name, char *path, size_t size)
{
	const char *given = secure_getenv("LEND_MODULES");
	char own[4096];
	if (given != NULL) {
		snprintf(path, size, "%s/framelend-client-%s.so", given, name);
		return access(path, F_OK) == 0 ? 0 : -ENOENT;
	}
	own_directory(own, sizeof(own));
	/* where it was built */
	snprintf(path, size, "%s/%s/framelend-client-%s.so", own, name, name);
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(path, size, "%s/framelend/framelend-client-%s.so", own, name);
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(path, size, LIBDIR "/framelend/framelend-client-%s.so", name);
	return access(path, F_OK) == 0 ? 0 : -ENOENT;
}

/* It stays loaded until the process ends. */
static int load_module(struct lend_client *client, const char *name)
{
	char path[4352];
	if (find_module(name, path, sizeof(path)) < 0)
		return client_lose(client, -ELIBACC, "%s is not installed", path);
	void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (module == NULL)
		return client_lose(client, -ELIBACC, "cannot load it: %s", dlerror());
	module_open *open = NULL;
	*(void **)&open = dlsym(module, MODULE_OPEN);
	dlclose(module);
	const struct display_backend *backend = open != NULL ? open(&client_calls) : NULL;
	if (backend == NULL || backend->version != DISPLAY_VERSION)
		return client_lose(client, -ELIBACC,
				   "%s is of another version than this library: install both from "
				   "the same one",
				   path);
	client->backend = backend;
	return 0;
}

/* ---- trials --------------------------------------------------------------------------------- */

static void note(struct lend_client *client, const char *kind, int error)
{
	const struct lend_verdict verdict = {
		.allocator = kind,
		.state = error < 0 ? LEND_STATE_FAILED : LEND_STATE_OK,
		.call = "",
		.error = -error,
		.reason = error < 0 ? client->text : client->name,
		.remedy = "",
	};
	(void)verdicts_add(&client->tried, &verdict);
}

static int try(struct lend_client *client, const struct kind *kind, const char *target)
{
	if (strlen(target) >= sizeof(client->target))
		return client_lose(client, -ENAMETOOLONG, "'%.40s...' is too long for a display",
				   target);
	snprintf(client->target, sizeof(client->target), "%s", target);
	client->backend = kind->backend;
	int result = kind->backend == NULL ? load_module(client, kind->name) : 0;
	if (result == 0)
		result = link_connect(client);
	if (result == 0)
		snprintf(client->name, sizeof(client->name), "%s%s%s", kind->name,
			 client->target[0] != '\0' ? ":" : "", client->target);
	note(client, kind->name, result);
	client_log(client, result < 0 ? LEND_LOG_DEBUG : LEND_LOG_INFO, "%s: %s", kind->name,
		   result < 0 ? client->text : client->name);
	return result;
}

static int try_all(struct lend_client *client)
{
	char text[sizeof(client->text)] = "no display works";
	size_t length = strlen(text);
	int first = 0;
	for (size_t i = 0; i < N_KINDS; i++) {
		int result = try(client, &kinds[i], "");
		if (result == 0)
			return 0;
		if (i == 0)
			first = result;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "; %s: %s",
					   kinds[i].name, client->text);
		if (length >= sizeof(text))
			length = sizeof(text) - 1;
	}
	return client_lose(client, first, "%s", text);
}

/* The row of the kind that the name begins with, and what comes after it. NULL: it names none. */
static const struct kind *parse(const char *name, const char **target)
{
	size_t length = strcspn(name, ":");
	for (size_t i = 0; i < N_KINDS; i++) {
		if (strlen(kinds[i].name) != length || strncmp(kinds[i].name, name, length) != 0)
			continue;
		*target = name[length] == ':' ? name + length + 1 : "";
		return &kinds[i];
	}
	*target = name;
	return name[0] == '/' || name[length] != ':' ? &kinds[0] : NULL;
}

int displays_connect(struct lend_client *client, const char *name)
{
	if (name == NULL)
		return try_all(client);
	const char *target;
	const struct kind *kind = parse(name, &target);
	if (kind == NULL)
		return client_lose(client, -EINVAL,
				   "there is no kind of display as in '%s': name wayland[:SOCKET], "
				   "x11[:DISPLAY], kms[:CARD][:CONNECTOR], or a Wayland socket",
				   name);
	return try(client, kind, target);
}
