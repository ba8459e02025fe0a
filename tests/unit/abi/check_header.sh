#!/bin/sh
# SPDX-License-Identifier: MIT
# A public header compiles on its own, without a warning: check_header.sh HEADER COMPILER [FLAGS...]
header=$1
shift
echo "#include <framelend/$header>" |
	exec "$@" -pedantic -Wall -Wextra -Wundef -Werror -fsyntax-only -
