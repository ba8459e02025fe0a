/* SPDX-License-Identifier: MIT */
/* usage: screen DRIVER [TEST] */
#include "screen.h"

#include <stdio.h>

static const struct screen_tests *const files[] = {&lent_tests, &composed_tests, &outputs_tests};

int main(int argc, char **argv)
{
	struct harness_test tests[64];
	size_t n = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s DRIVER [TEST]\n", argv[0]);
		return 2;
	}
	int ret = display_choose(argv[1]);
	if (ret != 0)
		return ret;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		for (size_t j = 0; j < files[i]->n; j++)
			tests[n++] = files[i]->tests[j];
	return harness_run(tests, n, argc - 1, argv + 1);
}
