/* SPDX-License-Identifier: MIT */
/* Bipartite matching by augmenting paths: a wish may push another one on to its next choice. */
#include "alloc/kms/match.h"

struct matching {
	const struct wish *wishes;
	int owner[64]; /* of each thing; -1: nobody */
	uint64_t visited;
};

static bool place(struct matching *matching, size_t index);

static bool take(struct matching *matching, size_t index, int thing)
{
	matching->visited |= UINT64_C(1) << thing;
	if (matching->owner[thing] >= 0 && !place(matching, (size_t)matching->owner[thing]))
		return false;
	matching->owner[thing] = (int)index;
	return true;
}

static bool take_any(struct matching *matching, size_t index, uint64_t things, bool free_only)
{
	for (int thing = 0; thing < 64; thing++) {
		const uint64_t bit = UINT64_C(1) << thing;
		const bool skip = free_only && matching->owner[thing] >= 0;
		if (things & ~matching->visited & bit && !skip && take(matching, index, thing))
			return true;
	}
	return false;
}

static bool place(struct matching *matching, size_t index)
{
	const struct wish *wish = &matching->wishes[index];
	const uint64_t gladly = wish->possible & ~wish->reluctantly;
	return take_any(matching, index, gladly, true) ||
	       take_any(matching, index, wish->possible, true) ||
	       take_any(matching, index, wish->possible, false);
}

static void prefer(struct matching *matching, size_t index)
{
	const struct wish *wish = &matching->wishes[index];
	if (wish->preferred >= 0 && wish->possible >> wish->preferred & 1 &&
	    matching->owner[wish->preferred] < 0)
		matching->owner[wish->preferred] = (int)index;
}

bool match(const struct wish *wishes, size_t count, int *chosen)
{
	struct matching matching = {.wishes = wishes};
	bool all = true;
	for (int thing = 0; thing < 64; thing++)
		matching.owner[thing] = -1;
	for (size_t i = 0; i < count; i++)
		prefer(&matching, i);
	for (size_t i = 0; i < count; i++) {
		bool placed = false;
		for (int thing = 0; thing < 64; thing++)
			placed = placed || matching.owner[thing] == (int)i;
		matching.visited = 0;
		if (!placed && !place(&matching, i))
			all = false;
	}
	for (size_t i = 0; i < count; i++)
		chosen[i] = -1;
	for (int thing = 0; thing < 64; thing++)
		if (matching.owner[thing] >= 0)
			chosen[matching.owner[thing]] = thing;
	return all;
}
