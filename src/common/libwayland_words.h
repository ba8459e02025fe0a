/* SPDX-License-Identifier: MIT */
/* A protocol error's words, and why a connection failed, libwayland-client tells its log handler
 * alone. That handler is one for the whole process, without data and without a way to ask for the
 * one before. So ours keeps what this thread's calls between begin and end cause, and passes on
 * everything else to where libwayland would have written it: the other users of libwayland in the
 * process notice nothing. A program with a handler of its own sets it after its first connection
 * and loses only our words. */
#ifndef COMMON_LIBWAYLAND_WORDS_H
#define COMMON_LIBWAYLAND_WORDS_H

/* Before the first connection. */
void libwayland_words_install(void);
void libwayland_words_begin(void);
void libwayland_words_end(void);
/* A line, or "". */
const char *libwayland_words(void);

#endif
