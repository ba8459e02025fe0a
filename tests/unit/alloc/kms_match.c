/* SPDX-License-Identifier: MIT */
/* Who gets which CRTC, compared with trying every way there is. */
#include "kms_helpers.h"

#include "alloc/kms/match.h"

#include <string.h>

static size_t most(const struct wish *wishes, size_t count, uint64_t used)
{
	if (count == 0)
		return 0;
	size_t best = most(wishes + 1, count - 1, used);
	for (int thing = 0; thing < 64; thing++) {
		const uint64_t bit = UINT64_C(1) << thing;
		if (!(wishes->possible & bit) || used & bit)
			continue;
		const size_t with = 1 + most(wishes + 1, count - 1, used | bit);
		best = with > best ? with : best;
	}
	return best;
}

/* As many as possible, each a thing of its own that is possible for it. */
static void check(const struct wish *wishes, size_t count)
{
	int chosen[WISHES_MAX];
	uint64_t used = 0;
	size_t placed = 0;
	const bool all = match(wishes, count, chosen);
	for (size_t i = 0; i < count; i++) {
		if (chosen[i] < 0)
			continue;
		const uint64_t bit = UINT64_C(1) << chosen[i];
		assert_true(wishes[i].possible & bit);
		assert_false(used & bit);
		used |= bit;
		placed++;
	}
	assert_int_equal(placed, most(wishes, count, 0));
	assert_int_equal(all, placed == count);
}

static void test_random(void **state)
{
	uint32_t random = 7;
	for (int round = 0; round < 3000; round++) {
		struct wish wishes[6];
		const size_t count = (size_t)round % 6 + 1;
		for (size_t i = 0; i < count; i++) {
			random = random * 1664525 + 1013904223;
			wishes[i] = (struct wish){
				.possible = random >> 8 & random >> 14 & 63,
				.reluctantly = random >> 20 & 63,
				.preferred = (int)(random >> 26 & 7) - 1,
			};
		}
		check(wishes, count);
	}
}

static void test_preferences(void **state)
{
	int chosen[3];
	const struct wish free_choice[] = {
		{.possible = 7, .preferred = 2},
		{.possible = 7, .preferred = -1},
		{.possible = 7, .preferred = 2},
	};
	assert_true(match(free_choice, 3, chosen));
	assert_int_equal(chosen[0], 2); /* who comes first keeps it */
	assert_int_equal(chosen[1], 0);
	assert_int_equal(chosen[2], 1);
	const struct wish reluctant = {.possible = 7, .reluctantly = 1, .preferred = -1};
	assert_true(match(&reluctant, 1, chosen));
	assert_int_equal(chosen[0], 1);
	/* The first has to give up what it prefers for the second to get anything. */
	const struct wish tight[] = {
		{.possible = 3, .preferred = 0},
		{.possible = 1, .preferred = -1},
	};
	assert_true(match(tight, 2, chosen));
	assert_int_equal(chosen[0], 1);
	assert_int_equal(chosen[1], 0);
	const struct wish none = {.possible = 0, .preferred = 5};
	assert_false(match(&none, 1, chosen));
	assert_int_equal(chosen[0], -1);
	const struct wish last = {.possible = UINT64_C(1) << 63, .preferred = 63};
	assert_true(match(&last, 1, chosen));
	assert_int_equal(chosen[0], 63);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_preferences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
