/* SPDX-License-Identifier: MIT */
/* Each allocator on its own: whether it gives memory, whether a client can use it, and for the
 * device's own how far it gets to the display. */
#include "alloc/probe/probe.h"

#include <string.h>

static bool is_own(size_t index)
{
	return strcmp(lend_allocator_name(index), "dumb") == 0;
}

/* The rates are in the device's findings where another process measured them. */
static void note_rates(struct lend_probe *probe, struct sample *sample)
{
	struct lend_buffer_info info = {.size = sizeof(info)};
	lend_buffer_describe(sample->buffer, &info);
	const struct finding *finding = device_finding(probe->device, info.memory);
	sample->caching = info.caching;
	sample->rates = finding->rates;
	sample->rates.size = sizeof(sample->rates);
	if (sample->rates.write == 0)
		lend_buffer_measure(sample->buffer, &sample->rates);
}

static const char *why_shown(const struct lend_probe *probe, const struct trial *trial)
{
	switch (trial->depth) {
	case LEND_DEPTH_SEEN:
		return "a client drew in it, and the display showed exactly that: the picture was "
		       "read back.";
	case LEND_DEPTH_COMMIT:
		return "a client can draw in it, and the display took it without an error; the "
		       "picture cannot be read back here: that it is right, only looking tells.";
	case LEND_DEPTH_FRAMEBUFFER:
		return "a client can draw in it, and {driver} made a framebuffer of it; nothing was "
		       "shown.";
	default:
		return probe->known->headless
			       ? "a client can draw in it; {driver} has no display to show it."
			       : "a client can draw in it; that the display shows it was not tried.";
	}
}

static enum lend_state state_of(const struct lend_probe *probe, const struct trial *trial)
{
	return trial->depth == LEND_DEPTH_SEEN || probe->known->headless ? LEND_STATE_OK
									 : LEND_STATE_UNVERIFIED;
}

/* The device's own memory, on its way to the display. */
static void show(struct lend_probe *probe, struct sample *sample, const char *name)
{
	struct trial trial = {.depth = LEND_DEPTH_MAP, .call = ""};
	screen_show(probe, sample->buffer, &trial);
	if (trial.error) {
		probe_failure(probe, name, &trial, &sample->verdict, &sample->words, sample->call);
		return;
	}
	const struct lend_verdict verdict = {
		.allocator = name,
		.state = state_of(probe, &trial),
		.depth = trial.depth,
		.call = "",
		.reason = why_shown(probe, &trial),
		.remedy = "",
	};
	probe_verdict(probe, &verdict, &sample->verdict, &sample->words, sample->call);
}

static void note_usable(struct lend_probe *probe, struct sample *sample, const char *name)
{
	const struct lend_verdict verdict = {
		.allocator = name,
		.state = LEND_STATE_OK,
		.depth = LEND_DEPTH_MAP,
		.call = "",
		.reason = "a client can draw in it: another process wrote it and read it back.",
		.remedy = "",
	};
	probe_verdict(probe, &verdict, &sample->verdict, &sample->words, sample->call);
}

static void try_allocator(struct lend_probe *probe, size_t index)
{
	struct sample *sample = &probe->samples[index];
	const char *name = lend_allocator_name(index);
	const struct lend_buffer_options options = {
		.size = sizeof(options),
		.width = probe->width,
		.height = probe->height,
		.format = LEND_FORMAT_XRGB8888,
		.use = is_own(index) ? LEND_USE_SCANOUT : 0,
		.allocator = name,
	};
	struct lend_verdicts *verdicts;
	int result = lend_buffer_allocate(probe->device, &options, &sample->buffer, &verdicts);
	const struct lend_verdict *verdict = lend_verdicts_get(verdicts, index);
	if (result < 0 && verdict)
		probe_verdict(probe, verdict, &sample->verdict, &sample->words, sample->call);
	lend_verdicts_destroy(verdicts);
	if (result < 0)
		return;
	note_rates(probe, sample);
	if (is_own(index))
		show(probe, sample, name);
	else
		note_usable(probe, sample, name);
}

void memory_probe(struct lend_probe *probe)
{
	for (size_t i = 0; i < ALLOCATORS; i++)
		try_allocator(probe, i);
}
