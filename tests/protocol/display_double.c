/* SPDX-License-Identifier: MIT */
/* The double plays the display: by what was recorded of the real driver. */
#include "display.h"

#include "harness.h"

#include <fake-drm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct display_facts *chosen;

/* DRIVER or DRIVER@KERNEL */
int display_choose(const char *driver)
{
	char name[32];
	const char *at = strchr(driver, '@');

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(driver, "@"), driver);
	chosen = display_find(name, at ? at + 1 : "6.12");
	if (!chosen)
		fprintf(stderr, "no driver %s\n", driver);
	return chosen ? 0 : 2;
}

void display_open(struct display *display, unsigned needs)
{
	char path[512], second[128];

	if (needs & ~chosen->can)
		harness_skip("the driver cannot do it");
	*display = (struct display){.facts = chosen, .path = "/dev/dri/card0", .n_connectors = 2};
	for (unsigned i = 0; i < 2; i++)
		snprintf(display->connectors[i], sizeof(display->connectors[i]), "%s-%u",
			 chosen->connector, i + 1);
	setenv("LEND_SESSION", "direct", 1);
	setenv("LEND_CACHE", "off", 1);
	snprintf(path, sizeof(path), "%s/%s", PERSONALITIES, chosen->personality);
	fake_drm_load(path);
	if (chosen->lines)
		fake_drm_inject(chosen->lines);
	if (needs & DISPLAY_TWO) {
		snprintf(second, sizeof(second), "connector %s connected crtcs=1 mode=%ux%u@60",
			 display->connectors[1], chosen->width, chosen->height);
		fake_drm_inject(second);
	}
}

void display_close(struct display *display)
{
	assert_int_equal(fake_drm_blanked(), 0);
	assert_int_equal(fake_drm_framebuffers(), 0);
	assert_int_equal(fake_drm_blobs(), 0);
	assert_int_equal(fake_drm_handles(), 0);
	fake_drm_unload();
}

uint32_t *display_look(struct display *display, unsigned index, uint32_t *width, uint32_t *height)
{
	int crtc = fake_drm_crtc(display->connectors[index]);

	return crtc < 0 ? NULL : fake_drm_shown((size_t)crtc, width, height);
}
