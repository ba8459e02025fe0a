/* SPDX-License-Identifier: MIT */
#include "keyboard.h"

#include <linux/input-event-codes.h>
#include <string.h>
#include <unistd.h>

/* Keys without a letter, as Linux's console sends them. */
static const char *sequence_of(uint32_t code)
{
	static const struct {
		uint32_t code;
		const char *sequence;
	} keys[] = {
		{KEY_UP, "\033[A"},	   {KEY_DOWN, "\033[B"},    {KEY_RIGHT, "\033[C"},
		{KEY_LEFT, "\033[D"},	   {KEY_HOME, "\033[1~"},   {KEY_INSERT, "\033[2~"},
		{KEY_DELETE, "\033[3~"},   {KEY_END, "\033[4~"},    {KEY_PAGEUP, "\033[5~"},
		{KEY_PAGEDOWN, "\033[6~"}, {KEY_F1, "\033[[A"},	    {KEY_F2, "\033[[B"},
		{KEY_F3, "\033[[C"},	   {KEY_F4, "\033[[D"},	    {KEY_F5, "\033[[E"},
		{KEY_F6, "\033[17~"},	   {KEY_F7, "\033[18~"},    {KEY_F8, "\033[19~"},
		{KEY_F9, "\033[20~"},	   {KEY_F10, "\033[21~"},   {KEY_F11, "\033[23~"},
		{KEY_F12, "\033[24~"},	   {KEY_BACKSPACE, "\177"},
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (keys[i].code == code)
			return keys[i].sequence;
	return NULL;
}

void keyboard_send(int terminal, const struct lend_input *input)
{
	if (input->kind != LEND_INPUT_KEYBOARD_KEY || !input->pressed || terminal < 0)
		return;
	const char *text = sequence_of(input->code);
	if (!text)
		text = input->text;
	if (*text != '\0' && write(terminal, text, strlen(text)) < 0)
		return; /* nobody reads */
}
