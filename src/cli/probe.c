/* SPDX-License-Identifier: MIT */
/* framelend probe: what this machine's drivers can share and show, and why not. */
#include "probe.h"

#include "cli.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/dev/dri"

struct arguments {
	const char *device; /* NULL: all */
	bool json, report, no_modeset;
};

static const char help[] =
	"usage: framelend probe [DEVICE] [--json] [--no-modeset] [--report]\n"
	"\n"
	"Tries what a display's driver can share with other processes and what it shows, and says what\n"
	"that comes to for a client: whether its framebuffer is shown as it is or copied, why, and what\n"
	"to do about it.\n"
	"\n"
	"  DEVICE        /dev/dri/card0, card0, or a driver's name (default: all devices)\n"
	"  --json        one JSON object with everything that was found out\n"
	"  --no-modeset  leave the display as it is; otherwise, where no other program has the display,\n"
	"                pictures are shown for a moment, and then what was there before\n"
	"  --report      write everything to a file framelend-report-DATE-TIME.txt in this folder, to be\n"
	"                sent with a bug report\n"
	"\n"
	"No privileges are needed; what could not be tried without them is said.\n"
	"\n"
	"exit status: 0 success, 1 no device, or none that could be opened, 2 wrong usage.\n";

/* ---- which devices -------------------------------------------------------------------------- */

/* Paths of device nodes. */
struct paths {
	char path[64][80];
	size_t count;
};

static void add_path(struct paths *paths, const char *path)
{
	const size_t length = strlen(path);
	if (paths->count < sizeof(paths->path) / sizeof(paths->path[0]) &&
	    length < sizeof(paths->path[0]))
		memcpy(paths->path[paths->count++], path, length + 1);
}

static int is_card(const struct dirent *entry)
{
	return fnmatch("card[0-9]*", entry->d_name, 0) == 0;
}

static int list_cards(struct paths *paths)
{
	struct dirent **entries;
	const int count = scandir(FOLDER, &entries, is_card, versionsort);
	const int error = errno;
	for (int i = 0; i < count; i++) {
		char path[80];
		snprintf(path, sizeof(path), FOLDER "/%.60s", entries[i]->d_name);
		add_path(paths, path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (count < 0 && error != ENOENT)
		return complain("cannot list " FOLDER ": %s", strerror(error));
	if (count <= 0)
		return complain("there is no display device: " FOLDER
				" has no card. Load the driver of the graphics card (in a virtual "
				"machine: give it one), or let the container see " FOLDER);
	return STATUS_OK;
}

/* The driver's name, without trying anything. */
static bool has_driver(const char *path, const char *driver)
{
	struct lend_device *device;
	struct lend_device_info info = {.size = sizeof(info)};
	if (lend_device_open(path, &device) < 0)
		return false;
	const bool match =
		lend_device_describe(device, &info) == 0 && strcmp(info.driver, driver) == 0;
	lend_device_destroy(device);
	return match;
}

static int list_driver(struct paths *paths, const char *driver)
{
	struct paths all = {.count = 0};
	int status = list_cards(&all);
	if (status)
		return status;
	for (size_t i = 0; i < all.count; i++)
		if (has_driver(all.path[i], driver))
			add_path(paths, all.path[i]);
	if (paths->count == 0)
		return complain("no device that can be opened has the driver '%s': framelend probe "
				"lists those there are",
				driver);
	return STATUS_OK;
}

static int list_devices(struct paths *paths, const char *device)
{
	char path[80];
	if (!device)
		return list_cards(paths);
	if (strchr(device, '/') && strlen(device) >= sizeof(path))
		return complain("no device has a path as long as '%s'", device);
	if (strchr(device, '/'))
		add_path(paths, device);
	else if (fnmatch("card[0-9]*", device, 0) == 0 && strlen(device) < 20) {
		snprintf(path, sizeof(path), FOLDER "/%s", device);
		add_path(paths, path);
	} else {
		return list_driver(paths, device);
	}
	return STATUS_OK;
}

/* ---- probing -------------------------------------------------------------------------------- */

/* Adds the device to the list. opened: it could be. */
static int probe_device(const struct arguments *arguments, const char *path,
			struct json_object *devices, bool *opened)
{
	const struct lend_probe_options options = {
		.size = sizeof(options),
		.no_modeset = arguments->no_modeset,
	};
	struct lend_probe_info info = {.size = sizeof(info)};
	struct lend_probe *probe;
	if (lend_probe_create(path, &options, &probe) < 0)
		return complain("%s", lend_alloc_error());
	lend_probe_describe(probe, &info);
	*opened = *opened || info.error == 0;
	json_object_array_add(devices, probe_to_json(probe));
	lend_probe_destroy(probe);
	return STATUS_OK;
}

static void print_texts(struct json_object *devices)
{
	for (size_t i = 0; i < json_object_array_length(devices); i++) {
		if (i > 0)
			putchar('\n');
		probe_print_text(stdout, json_object_array_get_idx(devices, i));
	}
}

static void print_json(struct json_object *devices)
{
	struct json_object *object = json_object_new_object();
	json_object_object_add(object, "version", json_object_new_string(VERSION));
	json_object_object_add(object, "devices", json_object_get(devices));
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

static int print(const struct arguments *arguments, struct json_object *devices)
{
	if (arguments->report)
		return probe_report(devices);
	if (arguments->json)
		print_json(devices);
	else
		print_texts(devices);
	return STATUS_OK;
}

static int probe(const struct arguments *arguments, const struct paths *paths)
{
	struct json_object *devices = json_object_new_array();
	int status = STATUS_OK;
	bool opened = false;
	for (size_t i = 0; i < paths->count; i++) {
		const int result = probe_device(arguments, paths->path[i], devices, &opened);
		status = status ? status : result;
	}
	if (json_object_array_length(devices) > 0) {
		const int result = print(arguments, devices);
		status = status ? status : result;
	}
	json_object_put(devices);
	return status == STATUS_OK && !opened ? STATUS_FAILED : status;
}

static int read_arguments(struct arguments *arguments, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"no-modeset", no_argument, NULL, 'n'},
		{"report", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;
	while ((option = next_option(argc, argv, options, 0)) != -1) {
		if (option == 'j')
			arguments->json = true;
		else if (option == 'n')
			arguments->no_modeset = true;
		else if (option == 'r')
			arguments->report = true;
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
		else if (option == '?')
			return STATUS_USAGE;
	}
	if (optind + 1 < argc)
		return misuse("argument too many: '%s'", argv[optind + 1]);
	if (optind < argc && argv[optind][0] == '\0')
		return misuse("the device's name is empty");
	if (arguments->json && arguments->report)
		return misuse("--json and --report exclude each other: the report has the JSON");
	arguments->device = optind < argc ? argv[optind] : NULL;
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct paths paths = {.count = 0};
	int status = read_arguments(&arguments, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	status = list_devices(&paths, arguments.device);
	return status ? status : probe(&arguments, &paths);
}

const struct command probe_command = {
	.name = "probe",
	.summary = "say what this machine's drivers can share and show, and why not",
	.help = help,
	.run = run,
};
