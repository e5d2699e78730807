// SPDX-License-Identifier: MPL-2.0
/*
 * The command line: words separated by blanks; `name=value` or bare. Words after `--` belong to
 * init (kernel/init/cmdline.c). This file handles what the frame needs before services run: a panic
 * reads `panic`, and the first messages already obey the console level.
 */
#include <frame/fmt.h>
#include <frame/log.h>

#include "boot_private.h"

struct cspan boot_cmdline(void)
{
	return (struct cspan){ (const u8 *)boot_facts.cmdline, boot_facts.cmdline_len };
}

/* The next word at or after *@at; empty at the end. */
static struct cspan cmdline_next_word(size_t *at)
{
	struct cspan line = boot_cmdline();
	size_t start;

	while (*at < line._n && (line._p[*at] == ' ' || line._p[*at] == '\t'))
		(*at)++;
	start = *at;
	while (*at < line._n && line._p[*at] != ' ' && line._p[*at] != '\t')
		(*at)++;
	return (struct cspan){ line._p + start, *at - start };
}

struct cspan boot_option(struct lit name, bool *found)
{
	struct cspan want = lit_span(name), value = CSPAN_NONE, w;
	size_t at = 0;

	*found = false;
	while ((w = cmdline_next_word(&at))._n && !cspan_equal(w, STR("--"))) {
		if (!cspan_starts(w, want) || (w._n > want._n && w._p[want._n] != '='))
			continue;
		*found = true;
		value = cspan_from(w, want._n + 1);
	}
	return value;
}

void cmdline_set_levels(void)
{
	bool found;
	u64 level;
	struct cspan v = boot_option(LIT("loglevel"), &found);

	if (found && parse_u64(v, 10, &level) && level <= 8)
		log_set_console_level((u32)level);
	(void)boot_option(LIT("quiet"), &found);
	if (found)
		log_set_console_level(LOG_WARNING);
	(void)boot_option(LIT("debug"), &found);
	if (found)
		log_set_console_level(LOG_DEBUG + 1);
}
