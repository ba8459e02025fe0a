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

#include <stddef.h>

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

#endif
