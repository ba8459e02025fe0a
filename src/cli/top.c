/* SPDX-License-Identifier: MIT */
/* framelend top: who shows what, on which path, at what cost. */
#include "cli.h"
#include "monitor.h"
#include "remote.h"
#include "table.h"

#include <framelend/buffer.h>

#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ONCE_MS 500

struct top {
	const char *display;
	bool once, json;
	uint32_t interval; /* ms */
};

static const char help[] =
	"usage: framelend top [--display NAME] [--once] [--json] [--interval SECONDS]\n"
	"\n"
	"Shows a server's outputs and surfaces: whose they are, on which path their pixels reach the\n"
	"display and why, and what that costs.\n"
	"\n"
	"  --display NAME      the server's socket (default: $LEND_DISPLAY, $WAYLAND_DISPLAY or\n"
	"                      framelend-0)\n"
	"  --once              two samples half a second apart, one table, then end\n"
	"  --json              one JSON object on a line for each sample\n"
	"  --interval SECONDS  time between two samples, 0.1 to 3600 (default: 1)\n"
	"\n"
	"columns: HELD counts buffers that were committed and not released yet; COPIED is what the\n"
	"server copied of the surface, in bytes a second. Paths: scanout (the display reads the\n"
	"program's buffer, no copy), flush (likewise, the driver uploads the damage), plane (an overlay\n"
	"plane reads it), copy (the server copies the damage once), blend (copied with alpha, scale or\n"
	"transform), texture (the GPU composites).\n"
	"\n"
	"exit status: 0 success, 1 no server or it went away, 2 wrong usage.\n";

/* ---- rates ---------------------------------------------------------------------------------- */

struct rates {
	double frames, scanout, copied; /* a second */
};

static double rate(uint64_t before, uint64_t now, double seconds)
{
	return seconds > 0 && now > before ? (double)(now - before) / seconds : 0;
}

static double seconds_between(const struct sample *before, const struct sample *now)
{
	return now->time > before->time ? (double)(now->time - before->time) / 1e9 : 0;
}

static struct rates output_rates(const struct sample *before, const struct sample *now,
				 const struct sample_output *output)
{
	static const struct sample_output none;
	double seconds = seconds_between(before, now);
	const struct sample_output *old = sample_find_output(before, output->name);
	old = old ? old : &none;
	return (struct rates){
		.frames = rate(old->frames, output->frames, seconds),
		.scanout = rate(old->scanout, output->scanout, seconds),
		.copied = rate(old->copied, output->copied, seconds),
	};
}

static struct rates surface_rates(const struct sample *before, const struct sample *now,
				  const struct sample_surface *surface)
{
	static const struct sample_surface none;
	double seconds = seconds_between(before, now);
	const struct sample_surface *old = sample_find_surface(before, surface->id);
	old = old ? old : &none;
	return (struct rates){
		.frames = rate(old->frames, surface->frames, seconds),
		.copied = rate(old->copied, surface->copied, seconds),
	};
}

/* ---- the table ------------------------------------------------------------------------------ */

static void print_outputs(const struct sample *before, const struct sample *now)
{
	static const char *const heads[] = {"OUTPUT",	"SIZE",	     "REFRESH", "LAYOUT",
					    "FRAMES/S", "SCANOUT/S", "COPIED/S"};
	static const int widths[] = {14, 11, 10, 7, -9, -10, -10};
	struct table table = {.widths = widths, .n_columns = 7};
	table_heads(&table, heads);
	const struct sample_output *output;
	wl_array_for_each (output, &now->outputs) {
		struct rates rates = output_rates(before, now, output);
		table_text(&table, output->name);
		table_format(&table, "%" PRIu32 "x%" PRIu32, output->width, output->height);
		if (output->refresh)
			table_format(&table, "%.5g Hz", output->refresh / 1e3);
		else
			table_text(&table, "unpaced");
		table_text(&table, output->layout);
		table_format(&table, "%.1f", rates.frames);
		table_format(&table, "%.1f", rates.scanout);
		table_bytes(&table, rates.copied);
		table_end(&table);
	}
}

static void print_memory(struct table *table, const struct sample_surface *surface)
{
	table_format(table, "%s %s%s", surface->lent ? "lent" : "own",
		     lend_memory_name(surface->memory),
		     surface->caching == LEND_CACHING_WRITE_COMBINED ? " (wc)" : "");
}

static void print_surfaces(const struct sample *before, const struct sample *now)
{
	static const char *const heads[] = {"PID",  "PROGRAM", "TITLE",	   "SIZE",
					    "PATH", "MEMORY",  "FRAMES/S", "COPIED/S",
					    "HELD", "OUTPUT",  "WHY"};
	static const int widths[] = {-7, 15, 14, 9, 8, 12, -9, -9, -5, 12, 0};
	struct table table = {.widths = widths, .n_columns = 11};
	table_heads(&table, heads);
	const struct sample_surface *surface;
	wl_array_for_each (surface, &now->surfaces) {
		struct rates rates = surface_rates(before, now, surface);
		table_format(&table, "%" PRIu32, surface->pid);
		table_text(&table, surface->program);
		table_text(&table, *surface->title ? surface->title : surface->role);
		table_format(&table, "%" PRIu32 "x%" PRIu32, surface->width, surface->height);
		table_text(&table, lend_path_name(surface->path));
		print_memory(&table, surface);
		table_format(&table, "%.1f", rates.frames);
		table_bytes(&table, rates.copied);
		table_format(&table, "%" PRIu32, surface->unreleased);
		table_text(&table, surface->output);
		table_text(&table, surface->reason);
		table_end(&table);
	}
}

static void print_table(const struct sample *before, const struct sample *now)
{
	if (isatty(STDOUT_FILENO))
		fputs("\033[H\033[J", stdout); /* home, and clear from there */
	print_outputs(before, now);
	putchar('\n');
	print_surfaces(before, now);
	putchar('\n');
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static void add_rate(struct json_object *object, const char *key, double rate, int digits)
{
	char text[64];
	snprintf(text, sizeof(text), "%.*f", digits, rate);
	json_object_object_add(object, key, json_object_new_double_s(rate, text));
}

static struct json_object *output_to_json(const struct sample_output *output, struct rates rates)
{
	struct json_object *object = json_object_new_object();
	add_text(object, "name", output->name);
	add_text(object, "layout", output->layout);
	add_number(object, "width", output->width);
	add_number(object, "height", output->height);
	add_number(object, "refresh_mhz", output->refresh);
	add_number(object, "frames", output->frames);
	add_number(object, "scanout_frames", output->scanout);
	add_number(object, "copied_bytes", output->copied);
	add_rate(object, "frames_per_second", rates.frames, 3);
	add_rate(object, "scanout_per_second", rates.scanout, 3);
	add_rate(object, "copied_per_second", rates.copied, 0);
	return object;
}

static struct json_object *client_to_json(const struct sample_client *client)
{
	struct json_object *object = json_object_new_object();
	add_number(object, "pid", client->pid);
	add_number(object, "uid", client->uid);
	add_text(object, "program", client->program);
	add_number(object, "bytes", client->bytes);
	add_number(object, "buffers", client->buffers);
	add_number(object, "fds", client->fds);
	add_number(object, "surfaces", client->surfaces);
	return object;
}

static struct json_object *surface_to_json(const struct sample_surface *surface, struct rates rates)
{
	struct json_object *object = json_object_new_object();
	const struct lend_format *format = lend_format_get(surface->format);
	add_number(object, "id", surface->id);
	add_number(object, "pid", surface->pid);
	add_text(object, "program", surface->program);
	add_text(object, "role", surface->role);
	add_text(object, "title", surface->title);
	add_text(object, "output", surface->output);
	json_object_object_add(object, "x", json_object_new_int(surface->x));
	json_object_object_add(object, "y", json_object_new_int(surface->y));
	add_number(object, "width", surface->width);
	add_number(object, "height", surface->height);
	add_text(object, "format", format ? format->name : "unknown");
	add_text(object, "path", lend_path_name(surface->path));
	add_text(object, "reason", surface->reason);
	add_text(object, "memory", lend_memory_name(surface->memory));
	add_text(object, "caching", lend_caching_name(surface->caching));
	json_object_object_add(object, "lent", json_object_new_boolean(surface->lent != 0));
	add_number(object, "frames", surface->frames);
	add_number(object, "commits", surface->commits);
	add_number(object, "copied_bytes", surface->copied);
	add_number(object, "unreleased", surface->unreleased);
	add_rate(object, "frames_per_second", rates.frames, 3);
	add_rate(object, "copied_per_second", rates.copied, 0);
	return object;
}

static void add_time(struct json_object *object, uint64_t ns)
{
	char text[64];
	snprintf(text, sizeof(text), "%" PRIu64 ".%09" PRIu64, ns / 1000000000, ns % 1000000000);
	json_object_object_add(object, "time", json_object_new_double_s((double)ns / 1e9, text));
}

static void print_json(const struct sample *before, const struct sample *now)
{
	struct json_object *object = json_object_new_object();
	struct json_object *outputs = json_object_new_array(), *clients = json_object_new_array();
	struct json_object *surfaces = json_object_new_array();
	const struct sample_output *output;
	wl_array_for_each (output, &now->outputs)
		json_object_array_add(outputs,
				      output_to_json(output, output_rates(before, now, output)));
	const struct sample_client *client;
	wl_array_for_each (client, &now->clients)
		json_object_array_add(clients, client_to_json(client));
	const struct sample_surface *surface;
	wl_array_for_each (surface, &now->surfaces)
		json_object_array_add(
			surfaces, surface_to_json(surface, surface_rates(before, now, surface)));
	add_time(object, now->time);
	json_object_object_add(object, "outputs", outputs);
	json_object_object_add(object, "clients", clients);
	json_object_object_add(object, "surfaces", surfaces);
	puts(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

/* ---- running -------------------------------------------------------------------------------- */

static void pause_for(uint32_t ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&time, NULL);
}

static int watch(struct monitor *monitor, const struct top *top)
{
	struct sample before;
	int status = monitor_sample(monitor, &before);
	if (status)
		return status;
	do {
		struct sample now;
		pause_for(top->once ? ONCE_MS : top->interval);
		status = monitor_sample(monitor, &now);
		if (status)
			break;
		if (top->json)
			print_json(&before, &now);
		else
			print_table(&before, &now);
		sample_finish(&before);
		before = now;
	} while (!top->once && fflush(stdout) == 0);
	sample_finish(&before);
	return status;
}

static int read_arguments(struct top *top, int argc, char **argv)
{
	static const struct option options[] = {
		{"display", required_argument, NULL, 'd'},
		{"once", no_argument, NULL, 'o'},
		{"json", no_argument, NULL, 'j'},
		{"interval", required_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;
	while ((option = next_option(argc, argv, options, 0)) != -1) {
		if (option == 'd')
			top->display = optarg;
		else if (option == 'o')
			top->once = true;
		else if (option == 'j')
			top->json = true;
		else if (option == 'i' && (parse_thousandths(optarg, 3600000, &top->interval) < 0 ||
					   top->interval < 100))
			return misuse("interval '%s' is not 0.1 to 3600 seconds", optarg);
		else if (option == 'h')
			return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
		else if (option == '?')
			return STATUS_USAGE;
	}
	if (optind < argc)
		return misuse("argument too many: '%s'", argv[optind]);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct top top = {.interval = 1000};
	int status = read_arguments(&top, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	struct remote remote;
	struct monitor monitor;
	status = remote_open(&remote, top.display);
	if (status == 0) {
		status = monitor_open(&monitor, &remote);
		if (status == 0)
			status = watch(&monitor, &top);
		monitor_close(&monitor);
	}
	remote_close(&remote);
	return status;
}

const struct command top_command = {
	.name = "top",
	.summary = "show who draws what, on which path, at what cost",
	.help = help,
	.run = run,
};
