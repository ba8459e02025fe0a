/* SPDX-License-Identifier: MIT */
/* framelend run: start a program that draws in /dev/fb0 and show what it draws. */
#include "child.h"
#include "cli.h"
#include "fbdev/keeper.h"
#include "fbdev/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a program gets to end in, when the display is gone. */
#define GRACE 3000 /* milliseconds */

struct run {
	struct keeper_options options;
	bool verbose;
	char **command;
	struct keeper keeper;
	struct child child;
	int signals, terminal; /* signalfd; the console's other side */
	bool asked;	       /* to end: not to wait for those that the program left behind */
	int status;
};

static const char help[] =
	"usage: framelend run [--size WIDTHxHEIGHT] [--depth BITS] [--fullscreen] [--title TITLE]\n"
	"                     [--display NAME] [--verbose] -- PROGRAM [ARGUMENT...]\n"
	"\n"
	"Starts a program that draws in /dev/fb0 (fbi, links2 -g, mplayer -vo fbdev2, ffmpeg -f\n"
	"fbdev, your own) and shows what it draws on a display: it needs no framebuffer device and\n"
	"no change. Every program started so has a framebuffer of its own; it shares it with those\n"
	"that it starts. Ends when the program does and nobody draws any more.\n"
	"\n"
	"  --size WIDTHxHEIGHT  the framebuffer's size (default: what the display gives a window that\n"
	"                       asks for 1280x720)\n"
	"  --depth BITS         16, 24 or 32 (the default) bits a pixel; programs can change it\n"
	"  --fullscreen         fill an output\n"
	"  --title TITLE        the window's title (default: the program, and how its changes are found)\n"
	"  --display NAME       the display (default: $LEND_DISPLAY, $WAYLAND_DISPLAY)\n"
	"  --verbose            say how the changes are found, and how the pixels reach the display\n"
	"\n"
	"The program reads its keyboard from the terminal that it is started on. SIGTERM and SIGINT\n"
	"are passed on to it; it gets SIGTERM when its window is closed.\n"
	"\n"
	"exit status: the program's own; 128 + N if signal N ended it, 127 not found, 126 not\n"
	"executable or no library can be loaded into it; 1 no display, 2 wrong usage.\n";

/* ---- arguments ------------------------------------------------------------------------------ */

static int set_size(struct run *run, const char *text)
{
	const char *end;
	if (parse_size(text, &run->options.width, &run->options.height, &end) < 0 || *end != '\0')
		return misuse("'%s' is not a size: WIDTHxHEIGHT, each 1 to %d", text,
			      MODE_SIDE_MAX);
	return STATUS_OK;
}

static int set_depth(struct run *run, const char *text)
{
	uint32_t bits;
	if (parse_number(text, 16, 32, &bits) < 0 || bits % 8 != 0)
		return misuse("depth '%s' is not 16, 24 or 32", text);
	run->options.bits = bits;
	return STATUS_OK;
}

static int set_option(struct run *run, int option)
{
	switch (option) {
	case 's': return set_size(run, optarg);
	case 'b': return set_depth(run, optarg);
	case 't': run->options.screen.title = optarg; return STATUS_OK;
	case 'd': run->options.screen.display = optarg; return STATUS_OK;
	case 'f': run->options.screen.fullscreen = true; return STATUS_OK;
	case 'v': run->verbose = true; return STATUS_OK;
	case 'h': return fputs(help, stdout) < 0 ? STATUS_FAILED : -1;
	default: return STATUS_USAGE;
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

static int read_arguments(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{"size", required_argument, NULL, 's'},	 {"depth", required_argument, NULL, 'b'},
		{"title", required_argument, NULL, 't'}, {"display", required_argument, NULL, 'd'},
		{"fullscreen", no_argument, NULL, 'f'},	 {"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},	 {0},
	};
	int option, status;
	while ((option = next_option(argc, argv, options, 1)) != -1) {
		status = set_option(run, option);
		if (status)
			return status;
	}
	run->command = argv + optind;
	if (optind == argc)
		return misuse("the program is missing");
	struct screen_options *screen = &run->options.screen;
	screen->app_id = base_name(run->command[0]);
	screen->width = run->options.width > 0 ? run->options.width : 1280;
	screen->height = run->options.height > 0 ? run->options.height : 720;
	return STATUS_OK;
}

static void print_log(void *data, enum lend_log_level level, const char *message)
{
	const struct run *run = data;
	if (level <= LEND_LOG_WARNING || (run->verbose && level == LEND_LOG_INFO))
		fprintf(stderr, "framelend run: %s\n", message);
}

/* ---- what the program finds ----------------------------------------------------------------- */

static int set_environment(const struct run *run)
{
	char library[4096], preload[8192];
	if (program_library(library, sizeof(library)) < 0)
		return complain("%s is missing: install framelend completely", library);
	if (strpbrk(library, ": "))
		return complain("%s cannot be preloaded: there is a space or colon in its path",
				library);
	const char *others = getenv("LD_PRELOAD");
	snprintf(preload, sizeof(preload), "%s%s%s", library, others && *others ? ":" : "",
		 others ? others : "");
	if (setenv("LD_PRELOAD", preload, 1) < 0 ||
	    setenv(LINK_VARIABLE, run->keeper.name, 1) < 0 ||
	    setenv("FRAMEBUFFER", "/dev/fb0", 1) < 0)
		return complain("out of memory");
	return STATUS_OK;
}

static bool is_nothing(int fd)
{
	struct stat status;
	return fstat(fd, &status) < 0 ||
	       (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3));
}

/* A console for those that have none. Standard input that is a terminal or has something to read
 * stays. */
static int create_console(struct run *run)
{
	run->terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	const char *name =
		run->terminal >= 0 && grantpt(run->terminal) == 0 && unlockpt(run->terminal) == 0
			? ptsname(run->terminal)
			: NULL;
	run->options.console = name ? open(name, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (run->options.console < 0)
		return complain("cannot make a terminal: %s", strerror(errno));
	run->options.screen.keyboard = run->terminal;
	if (is_nothing(STDIN_FILENO) && dup2(run->options.console, STDIN_FILENO) < 0)
		return complain("cannot replace standard input: %s", strerror(errno));
	return STATUS_OK;
}

/* ---- running -------------------------------------------------------------------------------- */

static void add_signal(sigset_t *set, int number)
{
	struct sigaction action;
	if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset(set, number);
}

static int take_signals(struct run *run)
{
	sigset_t set;
	sigemptyset(&set);
	add_signal(&set, SIGINT);
	add_signal(&set, SIGTERM);
	signal(SIGCHLD, SIG_DFL);
	sigaddset(&set, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, &run->child.mask);
	run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return run->signals < 0 ? complain("cannot wait for signals: %s", strerror(errno))
				: STATUS_OK;
}

static void end_program(struct run *run, int signal)
{
	run->asked = true;
	if (run->child.pid > 0)
		kill(run->child.pid, signal);
}

static void handle_signals(struct run *run)
{
	struct signalfd_siginfo info;
	while (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			child_ended(&run->child, &run->status);
		else if (info.ssi_code <= 0) /* a terminal's Ctrl-C reaches the child by itself */
			end_program(run, (int)info.ssi_signo);
	}
}

/* What a program writes on its console nobody sees, but it must not wait either. */
static void drain(int terminal)
{
	char text[4096];
	while (read(terminal, text, sizeof(text)) > 0) {
	}
}

static int end_child(struct run *run)
{
	struct pollfd signals = {.fd = run->signals, .events = POLLIN};
	end_program(run, SIGTERM);
	while (run->child.pid > 0 && poll(&signals, 1, GRACE) > 0)
		handle_signals(run);
	end_program(run, SIGKILL);
	return STATUS_FAILED;
}

static int run_until_done(struct run *run)
{
	struct pollfd fds[] = {
		{.fd = run->signals, .events = POLLIN},
		{.fd = run->terminal, .events = POLLIN},
	};
	while (run->child.pid > 0 || (!run->asked && keeper_is_used(&run->keeper))) {
		int result = keeper_run(&run->keeper, fds, 2);
		if (result == -ECANCELED) {
			run->keeper.screen.closed = false;
			end_program(run, SIGTERM);
		} else if (result < 0) {
			complain("%s", keeper_error(&run->keeper));
			return end_child(run);
		}
		handle_signals(run);
		drain(run->terminal);
	}
	if (run->verbose)
		complain("%llu frames, %llu pixels of damage",
			 (unsigned long long)run->keeper.screen.frames,
			 (unsigned long long)run->keeper.screen.pixels);
	return run->status;
}

static int check_program(const struct run *run)
{
	char reason[5000];
	int result = program_check(run->command[0], reason, sizeof(reason));
	if (result == 0)
		return STATUS_OK;
	complain("%s", reason);
	return result == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static int start(struct run *run)
{
	if (keeper_create(&run->keeper, &run->options) < 0)
		return complain("%s", keeper_error(&run->keeper));
	int status = set_environment(run);
	if (status == STATUS_OK)
		status = child_start(&run->child, run->command, NULL);
	return status == STATUS_OK ? run_until_done(run) : status;
}

static int run_program(int argc, char **argv)
{
	struct run run = {.options = {.bits = 32, .console = -1}, .signals = -1, .terminal = -1};
	int status = read_arguments(&run, argc, argv);
	if (status)
		return status < 0 ? STATUS_OK : status;
	run.options.screen.log = print_log;
	run.options.screen.log_data = &run;
	status = check_program(&run);
	if (status == STATUS_OK)
		status = take_signals(&run);
	if (status == STATUS_OK)
		status = create_console(&run);
	if (status != STATUS_OK)
		return status;
	status = start(&run);
	keeper_destroy(&run.keeper);
	return status;
}

const struct command run_command = {
	.name = "run",
	.summary = "run a program that draws in /dev/fb0",
	.help = help,
	.run = run_program,
};
