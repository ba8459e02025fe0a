/* SPDX-License-Identifier: MIT */
/*
 * A test double of libdrm and of the device nodes that go with it. Which driver it plays is told by
 * a personality: a transcript in plain text of calls and answers (see personalities/README.md).
 *
 * A program gets it by LD_PRELOAD=fake-drm.so LEND_FAKE_DRM=FILE, a test by linking fake_drm_dep
 * and calling fake_drm_load(). LEND_FAKE_DRM_INJECT holds further lines, separated by ';', which
 * count before the file's. A call that the transcript does not expect ends the process by abort().
 */
#ifndef FAKE_DRM_H
#define FAKE_DRM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAKE_EXPORT __attribute__((visibility("default")))

/* Plays the personality from now on, instead of any before. Aborts if it cannot be parsed. */
FAKE_EXPORT void fake_drm_load(const char *path);

/* As fake_drm_load(), with the transcript itself. */
FAKE_EXPORT void fake_drm_script(const char *transcript);

/* Adds lines that count before those there are. */
FAKE_EXPORT void fake_drm_inject(const char *lines);

/* Plays no driver any more: everything reaches the real kernel. */
FAKE_EXPORT void fake_drm_unload(void);

/* What the personality's head says: "taken from source: ..." or "recorded: ..."; "" without. */
FAKE_EXPORT const char *fake_drm_evidence(void);

/* The calls since the personality was loaded, by name and in order, separated by spaces. */
FAKE_EXPORT const char *fake_drm_log(void);

/* How many calls of that name there were. */
FAKE_EXPORT size_t fake_drm_calls(const char *call);

/* GEM handles that are open now, and accesses by the CPU that were begun and not ended. */
FAKE_EXPORT size_t fake_drm_handles(void);
FAKE_EXPORT size_t fake_drm_accesses(void);

/* ---- the display of a personality with a line `kms` ---- */

/* What a person sees on the CRTC of that index: pixels 0xffRRGGBB, row by row, to be freed. NULL:
 * it is off. */
FAKE_EXPORT uint32_t *fake_drm_shown(size_t crtc, uint32_t *width, uint32_t *height);

/* The index of the CRTC that feeds the connector, such as "Virtual-1"; -1: none does. */
FAKE_EXPORT int fake_drm_crtc(const char *connector);

/* A monitor comes or goes. Modes are read anew when the master asks for them. */
FAKE_EXPORT void fake_drm_plug(const char *connector, bool connected);

/* A vertical blank on every CRTC: with vblank=test, what completes the flips that wait. */
FAKE_EXPORT void fake_drm_vblank(void);

/* The seat takes the master away (false), as at a switch of terminals, or gives it back. */
FAKE_EXPORT void fake_drm_master(bool ours);

/* The clips of FB_DAMAGE_CLIPS or DIRTYFB that came last for the CRTC's primary plane; 0: none
 * came, all is damaged. */
struct fake_drm_clip {
	int32_t x1, y1, x2, y2;
};
FAKE_EXPORT size_t fake_drm_clips(size_t crtc, struct fake_drm_clip *clips, size_t max);

/* Pixels that the driver has copied to the display so far (flush=...). */
FAKE_EXPORT uint64_t fake_drm_uploaded(void);

/* Framebuffers and blobs that somebody made and has not removed. */
FAKE_EXPORT size_t fake_drm_framebuffers(void);
FAKE_EXPORT size_t fake_drm_blobs(void);

/* How many planes went dark since a framebuffer was removed, or its file closed, while it was
 * shown: what a person sees as a flash of black. */
FAKE_EXPORT size_t fake_drm_blanked(void);

/* Mode sets that changed what a monitor is fed: what a person sees as a flicker. */
FAKE_EXPORT size_t fake_drm_modesets(void);

#endif
