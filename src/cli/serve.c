/* SPDX-License-Identifier: MIT */
/* framelend serve: run a display server, with a program in it or alone. */
#include "child.h"
#include "cli.h"
#include "config.h"
#include "xwayland.h"

#include <framelend/server.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

struct serve {
	struct config config;	 /* with what the command line says */
	const char *config_path; /* NULL: none */
	const char *renderer;	 /* NULL: the server's choice */
	int ready_fd;		 /* -1: none */
	char **command;		 /* NULL: none */
	struct lend_server *server;
	struct xwayland xwayland;
	int signals; /* signalfd */
	bool done;
	int status;
};

static const char help[] =
	"usage: framelend serve [--output OUTPUT[,OPTION]...]...\n"
	"                       [--layout full|tile] [--socket NAME] [--log LEVEL] [--ready-fd FD]\n"
	"                       [--xwayland] [--no-shortcuts] [--renderer pixman|gles2] [--config FILE]\n"
	"                       [-- COMMAND [ARGUMENT...]]\n"
	"\n"
	"Runs a display server. With a COMMAND it starts that program on it and ends when the program\n"
	"does; without one it runs until it is interrupted.\n"
	"\n"
	"  --output OUTPUT  what to show it on; can be repeated\n"
	"           auto    the default: a window if $WAYLAND_DISPLAY or $DISPLAY names a server that\n"
	"                   answers, the displays from a text console, else headless:1280x720@60\n"
	"           wayland[:DISPLAY][:WIDTHxHEIGHT][,fullscreen]\n"
	"           x11[:DISPLAY][:WIDTHxHEIGHT][,fullscreen]\n"
	"                   a window of another server, as in x11:800x600 or x11::0; when the last one\n"
	"                   is closed the server ends\n"
	"           headless:WIDTHxHEIGHT[@HZ]\n"
	"                   an output without a screen, of any size up to 16384x16384; HZ up to 1000,\n"
	"                   fractions allowed, 0: as fast as programs draw\n"
	"           kms[:CARD][:CONNECTOR][:WIDTHxHEIGHT[@HZ]][,mirror]\n"
	"                   real displays: all that are connected to a device (card0, /dev/dri/card0\n"
	"                   or its driver's name; the first that has one) or one connector (HDMI-A-1),\n"
	"                   in their preferred mode or another; mirror: all show the same\n"
	"           full, tile, scale=1.5, transform=90 are options of all kinds\n"
	"  --layout LAYOUT  of outputs that name none: full (one surface fills the output, the newest\n"
	"                   on top; the default) or tile (a grid)\n"
	"  --socket NAME    the socket's name in $XDG_RUNTIME_DIR, or its absolute path\n"
	"                   (default: the first free of framelend-0 to framelend-31)\n"
	"  --log LEVEL      error, warning (the default), info (also every change of a path) or debug\n"
	"  --ready-fd FD    write the socket's name and a newline to this descriptor when programs\n"
	"                   can connect, then close it\n"
	"  --xwayland       programs for X too: start Xwayland, whose root window is one window here,\n"
	"                   and set $DISPLAY; a second line for --ready-fd names the X display\n"
	"  --no-shortcuts   leave Alt+Tab (the window used before; with Shift the other way) and Alt+F4\n"
	"                   (close) to the programs\n"
	"  --renderer NAME  what composites: pixman (the CPU) or gles2 (a GPU); default: gles2 where the\n"
	"                   display's device has a GPU\n"
	"  --config FILE    outputs, programs to start and all of the above from a file, framelend(5);\n"
	"                   what the command line says counts more\n"
	"\n"
	"COMMAND finds the server through $WAYLAND_DISPLAY and $LEND_DISPLAY. SIGTERM and SIGINT are\n"
	"passed on to it.\n"
	"\n"
	"exit status: 0 ended by SIGINT or SIGTERM, 1 the server could not run, 2 wrong usage; with\n"
	"COMMAND its own status, 128 + N if signal N ended it, 127 not found, 126 not executable.\n";

/* ---- arguments ------------------------------------------------------------------------------ */

int parse_level(const char *name, enum lend_log_level *level)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(name, names[i]) == 0) {
			*level = (enum lend_log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int set_ready_fd(struct serve *serve, const char *text)
{
	uint32_t fd;
	if (parse_number(text, 0, 1 << 20, &fd) < 0)
		return misuse("'%s' is not a descriptor's number", text);
	if (fcntl((int)fd, F_SETFD, FD_CLOEXEC) < 0)
		return misuse("descriptor %s of --ready-fd is not open", text);
	serve->ready_fd = (int)fd;
	return STATUS_OK;
}

static int set_option(struct serve *serve, int option)
{
	switch (option) {
	case 'c': serve->config_path = optarg; return STATUS_OK;
	case 'o': return output_set_add(&serve->config.outputs, optarg);
	case 'r': return set_ready_fd(serve, optarg);
	case 's':
		if (!*optarg)
			return misuse("the socket's name is empty");
		free(serve->config.socket);
		serve->config.socket = strdup(optarg);
		return serve->config.socket ? STATUS_OK : complain("out of memory");
	case 'y':
		serve->config.has_layout = true;
		if (parse_layout(optarg, &serve->config.layout) < 0)
			return misuse("layout '%s' is neither full nor tile", optarg);
		return STATUS_OK;
	case 'l':
		serve->config.has_log = true;
		if (parse_level(optarg, &serve->config.log) < 0)
			return misuse("log level '%s' is not error, warning, info or debug",
				      optarg);
		return STATUS_OK;
	case 'x': serve->config.xwayland = true; return STATUS_OK;
	case 'k': serve->config.no_shortcuts = true; return STATUS_OK;
	case 'g':
		serve->renderer = optarg;
		if (strcmp(optarg, "pixman") != 0 && strcmp(optarg, "gles2") != 0)
			return misuse("renderer '%s' is neither pixman nor gles2", optarg);
		return STATUS_OK;
	case 'h': return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
	default: return STATUS_USAGE;
	}
}

static int read_arguments(struct serve *serve, int argc, char **argv)
{
	static const struct option options[] = {
		{"output", required_argument, NULL, 'o'},
		{"layout", required_argument, NULL, 'y'},
		{"socket", required_argument, NULL, 's'},
		{"log", required_argument, NULL, 'l'},
		{"ready-fd", required_argument, NULL, 'r'},
		{"xwayland", no_argument, NULL, 'x'},
		{"no-shortcuts", no_argument, NULL, 'k'},
		{"renderer", required_argument, NULL, 'g'},
		{"config", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option, status;
	while ((option = next_option(argc, argv, options, 1)) != -1) {
		status = set_option(serve, option);
		if (status)
			return status;
	}
	bool separated = strcmp(argv[optind - 1], "--") == 0;
	if (optind < argc && !separated)
		return misuse("argument too many: '%s' (a program to start comes after --)",
			      argv[optind]);
	if (separated && optind == argc)
		return misuse("the command after -- is missing");
	serve->command = separated ? argv + optind : NULL;
	return STATUS_OK;
}

/* What the command line does not say. */
static void take_over(struct config *config, struct config *file)
{
	struct output_set *outputs = &config->outputs;
	struct output_set wished = *outputs;
	if (!config->socket) {
		config->socket = file->socket;
		file->socket = NULL;
	}
	config->layout = config->has_layout ? config->layout : file->layout;
	config->log = config->has_log || !file->has_log ? config->log : file->log;
	config->xwayland |= file->xwayland;
	config->no_shortcuts |= file->no_shortcuts;
	*outputs = file->outputs;
	if (wished.n_wishes > 0) {
		memcpy(outputs->wishes, wished.wishes, sizeof(wished.wishes));
		outputs->n_wishes = wished.n_wishes;
	}
	config->programs = file->programs;
	file->programs = (struct programs){0};
}

/* All that is to be, or nothing is started. */
static int settle(struct serve *serve)
{
	struct config *config = &serve->config, file = {0};
	int status = serve->config_path ? config_read(&file, serve->config_path) : STATUS_OK;
	if (status == STATUS_OK)
		take_over(config, &file);
	free(file.socket);
	programs_finish(&file.programs);
	if (status == STATUS_OK && serve->command) {
		struct program *program = programs_add(&config->programs, serve->command[0]);
		if (!program)
			return STATUS_FAILED;
		program->command = serve->command;
	}
	if (status == STATUS_OK && config->outputs.n_wishes == 0)
		status = output_set_add(&config->outputs, "auto");
	return status;
}

/* ---- what the server tells ------------------------------------------------------------------ */

static void print_log(void *data, enum lend_log_level level, const char *message)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	const struct serve *serve = data;
	if (level <= serve->config.log)
		fprintf(stderr, "framelend: %s: %s\n", names[level & 3], message);
}

static void log_path(void *data, struct lend_view *view)
{
	char text[512];
	struct lend_view_info info = {.size = sizeof(info)};
	if (lend_view_describe(view, &info) < 0)
		return;
	snprintf(text, sizeof(text), "%s (%d) %dx%d on %s: %s: %s",
		 info.peer.program ? info.peer.program : "?", (int)info.peer.pid, info.place.width,
		 info.place.height, info.output ? info.output : "no output",
		 lend_path_name(info.path), info.reason ? info.reason : "");
	print_log(data, LEND_LOG_INFO, text);
}

static void add_output(void *data, struct lend_output *output)
{
	struct serve *serve = data;
	output_set_added(&serve->config.outputs, output);
}

/* Who closes the last window has seen enough. */
static void remove_output(void *data, struct lend_output *output)
{
	struct serve *serve = data;
	struct program *program = programs_main(&serve->config.programs);
	if (!output_set_removed(&serve->config.outputs, output))
		return;
	serve->done = true;
	if (program)
		kill(program->child.pid, SIGTERM);
}

/* Where the configuration wants it. */
static void place_view(void *data, struct lend_view *view)
{
	struct serve *serve = data;
	struct lend_view_info info = {.size = sizeof(info)};
	struct lend_output_state state = {.size = sizeof(state)};
	if (lend_view_describe(view, &info) < 0)
		return;
	const struct program *program = programs_of(&serve->config.programs, info.peer.pid);
	const struct lend_output *output =
		program && program->output
			? output_set_find(&serve->config.outputs, program->output)
			: NULL;
	if (output && lend_output_describe(output, &state) == 0)
		lend_view_move(view, state.x, state.y);
}

/* ---- running -------------------------------------------------------------------------------- */

static int create_server(struct serve *serve)
{
	const struct lend_server_events events = {
		.size = sizeof(events),
		.view_mapped = place_view,
		.view_changed = log_path,
		.output_added = add_output,
		.output_removed = remove_output,
	};
	const struct lend_server_options options = {
		.size = sizeof(options),
		.socket = serve->config.socket,
		.no_shortcuts = serve->config.no_shortcuts,
		.renderer = serve->renderer,
		.events = &events,
		.data = serve,
		.log = print_log,
		.log_data = serve,
	};
	if (lend_server_create(&options, &serve->server) < 0)
		return complain("%s", lend_server_error());
	serve->config.outputs.log = print_log;
	serve->config.outputs.data = serve;
	if (output_set_make(&serve->config.outputs, serve->server, serve->config.layout) < 0)
		return complain("%s", lend_server_error());
	return STATUS_OK;
}

/* A signal that we were started to ignore, as shells do with background jobs, stays ignored. */
static void add_signal(sigset_t *set, int number)
{
	struct sigaction action;
	if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

static int take_signals(struct serve *serve)
{
	sigset_t set;
	sigemptyset(&set);
	add_signal(&set, SIGINT);
	add_signal(&set, SIGTERM);
	signal(SIGCHLD, SIG_DFL); /* if it were ignored, no child's status would come */
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, &serve->config.programs.mask);
	serve->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return serve->signals < 0 ? complain("cannot wait for signals: %s", strerror(errno))
				  : STATUS_OK;
}

static int tell_ready(struct serve *serve)
{
	const char *name = lend_server_socket(serve->server);
	if (serve->ready_fd < 0)
		return STATUS_OK;
	int failed = dprintf(serve->ready_fd, "%s\n%s%s", name, serve->xwayland.name,
			     serve->config.xwayland ? "\n" : "") < 0;
	if (close(serve->ready_fd) < 0 || failed)
		return complain("cannot write to the descriptor of --ready-fd: %s",
				strerror(errno));
	return STATUS_OK;
}

static int start_command(struct serve *serve)
{
	const char *name = lend_server_socket(serve->server);
	struct programs *programs = &serve->config.programs;
	programs->display = name;
	int status = programs_start(programs);
	if (status || serve->command)
		return status;
	printf("Programs find this server by: export WAYLAND_DISPLAY=%s%s%s\n"
	       "It ends with Ctrl-C.\n",
	       name, serve->config.xwayland ? " DISPLAY=" : "", serve->xwayland.name);
	fflush(stdout);
	return STATUS_OK;
}

static int let_programs_in(struct serve *serve)
{
	int status = tell_ready(serve);
	return status == STATUS_OK ? start_command(serve) : status;
}

/* An X display that others have is not for programs on this server. */
static int start(struct serve *serve)
{
	unsetenv("DISPLAY");
	if (!serve->config.xwayland)
		return let_programs_in(serve);
	serve->xwayland.child.mask = serve->config.programs.mask;
	return xwayland_start(&serve->xwayland, lend_server_socket(serve->server));
}

static int handle_children(struct serve *serve)
{
	serve->done = serve->done || programs_mind(&serve->config.programs, &serve->status);
	return serve->done ? STATUS_OK : xwayland_mind(&serve->xwayland);
}

static int handle_signals(struct serve *serve)
{
	struct signalfd_siginfo info;
	int status = STATUS_OK;
	while (status == STATUS_OK && read(serve->signals, &info, sizeof(info)) == sizeof(info)) {
		const struct program *program = programs_main(&serve->config.programs);
		if (info.ssi_signo == SIGCHLD) {
			status = handle_children(serve);
		} else if (!program) {
			serve->done = true;
		} else if (info.ssi_code <= 0) {
			/* Sent to us alone: a terminal's Ctrl-C reaches the child by itself. */
			kill(program->child.pid, (int)info.ssi_signo);
		}
	}
	return status;
}

static int serve_until_done(struct serve *serve)
{
	struct pollfd fds[] = {
		{.fd = lend_server_fd(serve->server), .events = POLLIN},
		{.fd = serve->signals, .events = POLLIN},
		{.events = POLLIN},
	};
	int status = STATUS_OK;
	while (status == STATUS_OK && !serve->done) {
		int error = lend_server_dispatch(serve->server, 0);
		if (error < 0)
			return complain("the server failed: %s", strerror(-error));
		if (serve->done)
			break;
		fds[2].fd = serve->xwayland.reader;
		if (poll(fds, 3, programs_timeout(&serve->config.programs)) < 0 && errno != EINTR)
			return complain("cannot wait: %s", strerror(errno));
		if (serve->xwayland.reader >= 0 && xwayland_read(&serve->xwayland))
			status = let_programs_in(serve);
		if (status == STATUS_OK)
			status = handle_signals(serve);
		if (programs_timeout(&serve->config.programs) == 0)
			handle_children(serve);
	}
	return status == STATUS_OK ? serve->status : status;
}

static int run_server(struct serve *serve)
{
	int status = settle(serve);
	if (status == STATUS_OK)
		status = take_signals(serve);
	if (status == STATUS_OK)
		status = create_server(serve);
	if (status == STATUS_OK)
		status = start(serve);
	if (status == STATUS_OK)
		status = serve_until_done(serve);
	if (serve->server)
		programs_stop(&serve->config.programs, serve->server);
	xwayland_stop(&serve->xwayland, serve->server);
	lend_server_destroy(serve->server);
	if (serve->signals >= 0)
		close(serve->signals);
	return status;
}

static int run(int argc, char **argv)
{
	struct serve serve = {.config.log = LEND_LOG_WARNING,
			      .ready_fd = -1,
			      .xwayland.reader = -1,
			      .signals = -1};
	int status = read_arguments(&serve, argc, argv);
	if (status == STATUS_OK)
		status = run_server(&serve);
	programs_finish(&serve.config.programs);
	free(serve.config.socket);
	return status < 0 ? STATUS_OK : status;
}

const struct command serve_command = {
	.name = "serve",
	.summary = "run a display server, alone or for one program",
	.help = help,
	.run = run,
};
