/* SPDX-License-Identifier: MIT */
#include "common/libwayland_words.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wayland-client-core.h>

static _Thread_local char words[256];
static _Thread_local bool listening;

__attribute__((format(printf, 1, 0))) static void keep(const char *format, va_list args)
{
	if (!listening) {
		vfprintf(stderr, format, args);
		return;
	}
	vsnprintf(words, sizeof(words), format, args);
	words[strcspn(words, "\n")] = '\0';
}

static void set_handler(void)
{
	wl_log_set_handler_client(keep);
}

void libwayland_words_install(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, set_handler);
}

void libwayland_words_begin(void)
{
	words[0] = '\0';
	listening = true;
}

void libwayland_words_end(void)
{
	listening = false;
}

const char *libwayland_words(void)
{
	return words;
}
