/* SPDX-License-Identifier: MIT */
/* framelend serve: run a display server, with a program in it or alone. */
#include "child.h"
#include "cli.h"
#include "outputs.h"

#include <framelend/server.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define OUTPUTS_MAX 16

struct serve {
	struct output_wish outputs[OUTPUTS_MAX];
	size_t n_outputs;
	enum lend_layout layout; /* of outputs that do not say */
	enum lend_log_level log;
	const char *socket;
	int ready_fd;	/* -1: none */
	char **command; /* NULL: none */
	struct lend_server *server;
	struct child child;
	int signals; /* signalfd */
	bool done;
	int status;
};

static const char help[] =
	"usage: framelend serve [--output OUTPUT[,full|,tile]]...\n"
	"                       [--layout full|tile] [--socket NAME] [--log LEVEL] [--ready-fd FD]\n"
	"                       [-- COMMAND [ARGUMENT...]]\n"
	"\n"
	"Runs a display server. With a COMMAND it starts that program on it and ends when the program\n"
	"does; without one it runs until it is interrupted.\n"
	"\n"
	"  --output OUTPUT  what to show it on; can be repeated (default: headless:1280x720@60)\n"
	"           headless:WIDTHxHEIGHT[@HZ]\n"
	"                   an output without a screen, of any size up to 16384x16384; HZ up to 1000,\n"
	"                   fractions allowed, 0: as fast as programs draw\n"
	"           kms[:CARD][:CONNECTOR][:WIDTHxHEIGHT[@HZ]][,mirror]\n"
	"                   real displays: all that are connected to a device (card0, /dev/dri/card0\n"
	"                   or its driver's name; the first that has one) or one connector (HDMI-A-1),\n"
	"                   in their preferred mode or another; mirror: all show the same\n"
	"  --layout LAYOUT  of outputs that name none: full (one surface fills the output, the newest\n"
	"                   on top; the default) or tile (a grid)\n"
	"  --socket NAME    the socket's name in $XDG_RUNTIME_DIR, or its absolute path\n"
	"                   (default: the first free of framelend-0 to framelend-31)\n"
	"  --log LEVEL      error, warning (the default), info (also every change of a path) or debug\n"
	"  --ready-fd FD    write the socket's name and a newline to this descriptor when programs\n"
	"                   can connect, then close it\n"
	"\n"
	"COMMAND finds the server through $WAYLAND_DISPLAY and $LEND_DISPLAY. SIGTERM and SIGINT are\n"
	"passed on to it.\n"
	"\n"
	"exit status: 0 ended by SIGINT or SIGTERM, 1 the server could not run, 2 wrong usage; with\n"
	"COMMAND its own status, 128 + N if signal N ended it, 127 not found, 126 not executable.\n";

/* ---- arguments ------------------------------------------------------------------------------ */

static int parse_level(const char *name, enum lend_log_level *level)
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

static int add_output(struct serve *serve, const char *text)
{
	if (serve->n_outputs == OUTPUTS_MAX)
		return misuse("more than %d outputs", OUTPUTS_MAX);
	return output_parse(text, &serve->outputs[serve->n_outputs++]);
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
	case 'o': return add_output(serve, optarg);
	case 'r': return set_ready_fd(serve, optarg);
	case 's':
		if (!*optarg)
			return misuse("the socket's name is empty");
		serve->socket = optarg;
		return STATUS_OK;
	case 'y':
		if (parse_layout(optarg, &serve->layout) < 0)
			return misuse("layout '%s' is neither full nor tile", optarg);
		return STATUS_OK;
	case 'l':
		if (parse_level(optarg, &serve->log) < 0)
			return misuse("log level '%s' is not error, warning, info or debug",
				      optarg);
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
	if (serve->n_outputs == 0)
		return add_output(serve, "headless:1280x720@60");
	return STATUS_OK;
}

/* ---- what the server tells ------------------------------------------------------------------ */

static void print_log(void *data, enum lend_log_level level, const char *message)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	const struct serve *serve = data;
	if (level <= serve->log)
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

/* ---- running -------------------------------------------------------------------------------- */

static int create_outputs(struct serve *serve)
{
	for (size_t i = 0; i < serve->n_outputs; i++)
		if (output_make(serve->server, &serve->outputs[i], serve->layout) < 0)
			return complain("%s", lend_server_error());
	return STATUS_OK;
}

static int create_server(struct serve *serve)
{
	const struct lend_server_events events = {
		.size = sizeof(events),
		.view_changed = log_path,
	};
	const struct lend_server_options options = {
		.size = sizeof(options),
		.socket = serve->socket,
		.events = &events,
		.data = serve,
		.log = print_log,
		.log_data = serve,
	};
	if (lend_server_create(&options, &serve->server) < 0)
		return complain("%s", lend_server_error());
	return create_outputs(serve);
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
	sigprocmask(SIG_BLOCK, &set, &serve->child.mask);
	serve->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return serve->signals < 0 ? complain("cannot wait for signals: %s", strerror(errno))
				  : STATUS_OK;
}

static int tell_ready(struct serve *serve)
{
	const char *name = lend_server_socket(serve->server);
	if (serve->ready_fd < 0)
		return STATUS_OK;
	int failed = dprintf(serve->ready_fd, "%s\n", name) < 0;
	if (close(serve->ready_fd) < 0 || failed)
		return complain("cannot write to the descriptor of --ready-fd: %s",
				strerror(errno));
	return STATUS_OK;
}

static int start_command(struct serve *serve)
{
	const char *name = lend_server_socket(serve->server);
	if (serve->command)
		return child_start(&serve->child, serve->command, name);
	printf("Programs find this server by: export WAYLAND_DISPLAY=%s\n"
	       "It ends with Ctrl-C.\n",
	       name);
	fflush(stdout);
	return STATUS_OK;
}

static void handle_signals(struct serve *serve)
{
	struct signalfd_siginfo info;
	while (read(serve->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			serve->done = serve->done || child_ended(&serve->child, &serve->status);
		} else if (!serve->command) {
			serve->done = true;
		} else if (info.ssi_code <= 0 && serve->child.pid > 0) {
			/* Sent to us alone: a terminal's Ctrl-C reaches the child by itself. */
			kill(serve->child.pid, (int)info.ssi_signo);
		}
	}
}

static int serve_until_done(struct serve *serve)
{
	struct pollfd fds[] = {
		{.fd = lend_server_fd(serve->server), .events = POLLIN},
		{.fd = serve->signals, .events = POLLIN},
	};
	while (!serve->done) {
		int error = lend_server_dispatch(serve->server, 0);
		if (error < 0)
			return complain("the server failed: %s", strerror(-error));
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return complain("cannot wait: %s", strerror(errno));
		handle_signals(serve);
	}
	return serve->status;
}

static int run(int argc, char **argv)
{
	struct serve serve = {.log = LEND_LOG_WARNING, .ready_fd = -1, .signals = -1};
	int status = read_arguments(&serve, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	status = take_signals(&serve);
	if (status == STATUS_OK)
		status = create_server(&serve);
	if (status == STATUS_OK)
		status = tell_ready(&serve);
	if (status == STATUS_OK)
		status = start_command(&serve);
	if (status == STATUS_OK)
		status = serve_until_done(&serve);
	lend_server_destroy(serve.server);
	if (serve.signals >= 0)
		close(serve.signals);
	return status;
}

const struct command serve_command = {
	.name = "serve",
	.summary = "run a display server, alone or for one program",
	.help = help,
	.run = run,
};
