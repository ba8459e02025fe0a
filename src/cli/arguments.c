/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <string.h>

int next_option(int argc, char **argv, const struct option *options, int in_order)
{
	opterr = 0;
	int option = getopt_long(argc, argv, in_order ? "+:h" : ":h", options, NULL);
	if (option == ':')
		misuse("option '%s' needs an argument", argv[optind - 1]);
	else if (option == '?' && optopt && strncmp(argv[optind - 1], "--", 2) != 0)
		misuse("unknown option '-%c'", optopt);
	else if (option == '?')
		misuse("unknown option, or it takes no argument: '%s'", argv[optind - 1]);
	return option == ':' ? '?' : option;
}
