/* SPDX-License-Identifier: MIT */
#include "remote.h"

#include "cli.h"
#include "framelend-v1-client-protocol.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-client.h>

#define PATIENCE_MS 5000

/* We say ourselves what went wrong, in one line. */
static void ignore_log(const char *format, va_list arguments) {}

/* ---- what the server announces -------------------------------------------------------------- */

static void output_geometry(void *data, struct wl_output *output, int32_t x, int32_t y,
			    int32_t width, int32_t height, int32_t subpixel, const char *make,
			    const char *model, int32_t transform)
{
}

static void output_mode(void *data, struct wl_output *output, uint32_t flags, int32_t width,
			int32_t height, int32_t refresh)
{
	struct remote_output *remote = data;
	if (!(flags & WL_OUTPUT_MODE_CURRENT))
		return;
	remote->width = (uint32_t)width;
	remote->height = (uint32_t)height;
}

static void output_done(void *data, struct wl_output *output) {}

static void output_scale(void *data, struct wl_output *output, int32_t factor) {}

static void output_name(void *data, struct wl_output *proxy, const char *name)
{
	struct remote_output *output = data;
	free(output->name);
	output->name = strdup(name);
}

static void output_description(void *data, struct wl_output *output, const char *description) {}

static const struct wl_output_listener output_listener = {
	.geometry = output_geometry,
	.mode = output_mode,
	.done = output_done,
	.scale = output_scale,
	.name = output_name,
	.description = output_description,
};

static void manager_capabilities(void *data, struct framelend_manager_v1 *manager,
				 uint32_t capabilities)
{
	struct remote *remote = data;
	remote->capabilities = capabilities;
}

static void manager_format(void *data, struct framelend_manager_v1 *manager, uint32_t format) {}

static void manager_done(void *data, struct framelend_manager_v1 *manager) {}

static const struct framelend_manager_v1_listener manager_listener = {
	.capabilities = manager_capabilities,
	.format = manager_format,
	.done = manager_done,
};

static void add_output(struct remote *remote, uint32_t id, uint32_t version)
{
	struct remote_output *output = calloc(1, sizeof(*output));
	if (!output)
		return;
	output->output = wl_registry_bind(remote->registry, id, &wl_output_interface, version);
	if (!output->output) {
		free(output);
		return;
	}
	wl_output_add_listener(output->output, &output_listener, output);
	wl_list_insert(remote->outputs.prev, &output->link);
}

static void registry_global(void *data, struct wl_registry *registry, uint32_t id,
			    const char *interface, uint32_t version)
{
	struct remote *remote = data;
	if (strcmp(interface, wl_output_interface.name) == 0 && version >= 4) {
		add_output(remote, id, 4);
	} else if (strcmp(interface, framelend_manager_v1_interface.name) == 0 &&
		   !remote->manager) {
		remote->manager =
			wl_registry_bind(registry, id, &framelend_manager_v1_interface, 1);
		if (remote->manager)
			framelend_manager_v1_add_listener(remote->manager, &manager_listener,
							  remote);
	}
}

static void registry_global_remove(void *data, struct wl_registry *registry, uint32_t id) {}

static const struct wl_registry_listener registry_listener = {
	.global = registry_global,
	.global_remove = registry_global_remove,
};

/* ---- waiting -------------------------------------------------------------------------------- */

/* At the limit the kernel drops the descriptors of a message, which libwayland then calls invalid.
 */
static bool out_of_descriptors(struct remote *remote)
{
	int fd = fcntl(wl_display_get_fd(remote->display), F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		close(fd);
	return fd < 0 && (errno == EMFILE || errno == ENFILE);
}

static int complain_lost(struct remote *remote)
{
	int error = wl_display_get_error(remote->display);
	if (error == EPROTO) {
		const struct wl_interface *interface = NULL;
		uint32_t id = 0;
		uint32_t code = wl_display_get_protocol_error(remote->display, &interface, &id);
		return complain(
			"the server at %s refused a request (%s, error %u): are it and this "
			"program of the same version?",
			remote->name, interface ? interface->name : "unknown object", code);
	}
	if (out_of_descriptors(remote))
		return complain("out of file descriptors, so that the server's could not be "
				"received: raise the limit (ulimit -n)");
	return complain("the server at %s went away (%s)", remote->name, strerror(error));
}

/* Reads events for up to the given time. Returns poll's answer; the display keeps errors. */
static int read_events(struct wl_display *display, int timeout_ms)
{
	struct pollfd fd = {.fd = wl_display_get_fd(display), .events = POLLIN};
	if (wl_display_prepare_read(display) < 0)
		return 1;
	/* Requests that a full socket keeps back go out once the server has read some. */
	if (wl_display_flush(display) < 0 && errno == EAGAIN)
		fd.events |= POLLOUT;
	int ready = poll(&fd, 1, timeout_ms);
	if (ready > 0 && fd.revents & ~POLLOUT)
		wl_display_read_events(display);
	else
		wl_display_cancel_read(display);
	return ready < 0 && errno == EINTR ? 1 : ready;
}

int remote_wait(struct remote *remote, const bool *done)
{
	while (!*done) {
		if (wl_display_dispatch_pending(remote->display) < 0)
			return complain_lost(remote);
		if (*done)
			break;
		if (read_events(remote->display, PATIENCE_MS) == 0)
			return complain("the server at %s has not answered for %d seconds",
					remote->name, PATIENCE_MS / 1000);
		if (wl_display_get_error(remote->display) != 0)
			return complain_lost(remote);
	}
	return 0;
}

static void sync_done(void *data, struct wl_callback *callback, uint32_t serial)
{
	*(bool *)data = true;
}

static const struct wl_callback_listener sync_listener = {.done = sync_done};

int remote_sync(struct remote *remote)
{
	bool done = false;
	struct wl_callback *callback = wl_display_sync(remote->display);
	if (!callback)
		return complain("out of memory");
	wl_callback_add_listener(callback, &sync_listener, &done);
	int status = remote_wait(remote, &done);
	wl_callback_destroy(callback);
	return status;
}

/* ---- outputs -------------------------------------------------------------------------------- */

static int complain_no_output(const struct remote *remote, const char *wanted)
{
	char names[256] = "";
	size_t length = 0;
	const struct remote_output *output;
	wl_list_for_each (output, &remote->outputs, link)
		if (length < sizeof(names))
			length += (size_t)snprintf(names + length, sizeof(names) - length, " %s",
						   output->name ? output->name : "?");
	if (!wanted)
		return complain("the server at %s has no output", remote->name);
	return complain("no output '%s': there is%s", wanted, *names ? names : " none");
}

int remote_find_output(struct remote *remote, const char *wanted,
		       const struct remote_output **found)
{
	const struct remote_output *output;
	uint32_t number = 0, position = 0;
	wl_list_for_each (output, &remote->outputs, link) {
		*found = output;
		if (!wanted || (output->name && strcmp(output->name, wanted) == 0))
			return 0;
	}
	if (wanted && parse_number(wanted, 1, UINT32_MAX, &number) == 0) {
		wl_list_for_each (output, &remote->outputs, link) {
			*found = output;
			if (++position == number)
				return 0;
		}
	}
	return complain_no_output(remote, wanted);
}

/* ---- connecting ----------------------------------------------------------------------------- */

static const char *default_name(void)
{
	const char *name = getenv("LEND_DISPLAY");
	/* It may name a display of another kind, for clients: those are no framelend servers. */
	if (name && strncmp(name, "wayland:", 8) == 0)
		name += 8;
	if (!name || !*name || strcmp(name, "wayland") == 0 || strncmp(name, "x11", 3) == 0 ||
	    strncmp(name, "kms", 3) == 0)
		name = getenv("WAYLAND_DISPLAY");
	return name && *name ? name : "framelend-0";
}

/* A socket of a framelend server in the runtime directory, to be named as a remedy; "" if none. */
static const char *find_server(char *name, size_t size)
{
	const char *directory = getenv("XDG_RUNTIME_DIR");
	DIR *entries = directory ? opendir(directory) : NULL;
	const struct dirent *entry;
	name[0] = '\0';
	while (entries && (entry = readdir(entries)))
		if (strncmp(entry->d_name, "framelend-", 10) == 0 &&
		    !strstr(entry->d_name, ".lock"))
			snprintf(name, size, "%s", entry->d_name);
	if (entries)
		closedir(entries);
	return name;
}

static int complain_other(const char *problem, const char *name)
{
	char other[256];
	if (*find_server(other, sizeof(other)) && strcmp(other, name) != 0)
		return complain("%s %s: try --display %s, or start a server with: framelend serve",
				name, problem, other);
	return complain("%s %s: start a server with: framelend serve", name, problem);
}

static int connect_to(struct remote *remote)
{
	if (!*remote->name)
		return complain("the display's name is empty: name a server's socket");
	if (remote->name[0] != '/' && !getenv("XDG_RUNTIME_DIR"))
		return complain("XDG_RUNTIME_DIR is not set: set it to the directory in which the "
				"server made its socket, or give the socket's whole path");
	remote->display = wl_display_connect(remote->name);
	if (remote->display)
		return 0;
	if (errno == ENOENT || errno == ECONNREFUSED)
		return complain_other("has no server", remote->name);
	return complain("cannot connect to %s: %s", remote->name, strerror(errno));
}

static int complain_unprivileged(struct remote *remote)
{
	struct ucred peer = {.uid = (uid_t)-1};
	socklen_t length = sizeof(peer);
	getsockopt(wl_display_get_fd(remote->display), SOL_SOCKET, SO_PEERCRED, &peer, &length);
	if (peer.uid == geteuid())
		return complain(
			"the program that runs the server at %s does not let this one look into it",
			remote->name);
	return complain(
		"the server at %s does not let this user look into it: run this as the user "
		"with uid %u, who started it",
		remote->name, (unsigned int)peer.uid);
}

int remote_open(struct remote *remote, const char *name)
{
	/* $WAYLAND_SOCKET would win over the name, and is another program's connection. */
	unsetenv("WAYLAND_SOCKET");
	wl_log_set_handler_client(ignore_log);
	*remote = (struct remote){.name = name ? name : default_name()};
	wl_list_init(&remote->outputs);
	int status = connect_to(remote);
	if (status)
		return status;
	remote->registry = wl_display_get_registry(remote->display);
	if (!remote->registry)
		return complain("out of memory");
	wl_registry_add_listener(remote->registry, &registry_listener, remote);
	status = remote_sync(remote); /* the globals */
	if (status)
		return status;
	if (!remote->manager)
		return complain_other("is a Wayland display, but not a framelend server",
				      remote->name);
	status = remote_sync(remote); /* what they say of themselves */
	if (status)
		return status;
	if (!(remote->capabilities & FRAMELEND_MANAGER_V1_CAPABILITY_PRIVILEGED))
		return complain_unprivileged(remote);
	return 0;
}

void remote_close(struct remote *remote)
{
	struct remote_output *output, *next;
	wl_list_for_each_safe (output, next, &remote->outputs, link) {
		wl_output_destroy(output->output);
		free(output->name);
		free(output);
	}
	if (remote->manager)
		framelend_manager_v1_destroy(remote->manager);
	if (remote->registry)
		wl_registry_destroy(remote->registry);
	if (remote->display)
		wl_display_disconnect(remote->display);
}
