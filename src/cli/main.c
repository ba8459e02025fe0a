/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&serve_command, &run_command,	&output_command,      &shot_command, &input_command,
	&top_command,	&probe_command, &demo_client_command, NULL,
};

static const struct command *current;
static const char *place;

void complain_about(const char *where)
{
	place = where;
}

__attribute__((format(printf, 1, 0))) static void complain_va(const char *format, va_list arguments)
{
	fprintf(stderr, "framelend%s%s: %s%s", current ? " " : "", current ? current->name : "",
		place ? place : "", place ? ": " : "");
	vfprintf(stderr, format, arguments);
}

int complain(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	complain_va(format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return STATUS_FAILED;
}

int misuse(const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	complain_va(format, arguments);
	va_end(arguments);
	fprintf(stderr, " (try: framelend help%s%s)\n", current ? " " : "",
		current ? current->name : "");
	return STATUS_USAGE;
}

static const struct command *find_command(const char *name)
{
	for (const struct command *const *command = commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

static int print_help(void)
{
	puts("framelend lends framebuffers to programs and shows what they draw in them.\n"
	     "\n"
	     "usage: framelend COMMAND [ARGUMENT...]\n"
	     "\n"
	     "commands:");
	for (const struct command *const *command = commands; *command; command++)
		printf("  %-12s %s\n", (*command)->name, (*command)->summary);
	puts("  help         show how a command is used: framelend help COMMAND\n"
	     "\n"
	     "options:\n"
	     "  -h, --help   show this\n"
	     "  --version    show the version\n"
	     "\n"
	     "exit status: 0 success, 1 failure while running, 2 wrong usage; serve with a COMMAND\n"
	     "ends with that program's exit status.");
	return STATUS_OK;
}

static int help(int argc, char **argv)
{
	if (argc < 1)
		return print_help();
	if (argc > 1)
		return misuse("help is about one command at a time");
	const struct command *command = find_command(argv[0]);
	if (!command)
		return misuse("no command '%s'", argv[0]);
	fputs(command->help, stdout);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	if (argc < 2)
		return misuse("a command is missing");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return print_help();
	if (strcmp(argv[1], "--version") == 0)
		return printf("framelend %s\n", VERSION) < 0;
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2);
	current = find_command(argv[1]);
	if (!current)
		return misuse("no command '%s'", argv[1]);
	return current->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* titles of windows are UTF-8 wherever we run */
	int status = run(argc, argv);
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == STATUS_OK)
		return complain("cannot write to standard output: %s", strerror(errno));
	return status;
}
