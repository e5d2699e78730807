// SPDX-License-Identifier: MPL-2.0
/*
 * The command line: words separated by blanks; `name=value` or bare. Words after `--` belong to init.
 */
#include <frame/fmt.h>
#include <frame/log.h>

#include "boot_private.h"

/* Words that mean something to the kernel. Others with an `=` go to init's environment on Linux; here they are only told of. */
static const char *const known[] = { "console", "init", "rdinit", "panic", "loglevel", "quiet", "debug", "keel.test", "keel.strace", "earlycon", "ro", "rw", "root",
	"rootwait" };

struct cspan boot_cmdline(void)
{
	return (struct cspan){ (const u8 *)boot_facts.cmdline, boot_facts.cmdline_len };
}

/* The next word at or behind *@at; empty at the end. */
static struct cspan next_word(size_t *at)
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
	while ((w = next_word(&at))._n && !cspan_equal(w, STR("--"))) {
		if (!cspan_starts(w, want) || (w._n > want._n && w._p[want._n] != '='))
			continue;
		*found = true;
		value = cspan_from(w, want._n + 1);
	}
	return value;
}

static bool is_known(struct cspan w)
{
	struct cspan name = cspan_first(w, cspan_find(w, '='));
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++) {
		if (cspan_equal(name, lit_span((struct lit){ known[i] })))
			return true;
	}
	return false;
}

static char init_args[CMDLINE_MAX];
static u32 init_args_len;

struct cspan boot_init_args(void)
{
	return (struct cspan){ (const u8 *)init_args, init_args_len };
}

static void add_init_arg(struct cspan w)
{
	if (init_args_len + w._n + 1 > sizeof(init_args))
		return;
	if (init_args_len)
		init_args[init_args_len++] = ' ';
	memcpy(init_args + init_args_len, w._p, w._n);
	init_args_len += (u32)w._n;
}

static void set_levels(void)
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

void cmdline_check(void)
{
	struct cspan w;
	size_t at = 0;
	bool rest = false;

	set_levels();
	while ((w = next_word(&at))._n) {
		if (!rest && cspan_equal(w, STR("--"))) {
			rest = true;
			continue;
		}
		if (rest) {
			add_init_arg(w);
		} else if (cspan_starts(w, STR("keel.")) && !is_known(w)) {
			log_warn("unknown word on the command line (known: keel.test=GLOBS, keel.strace=1|NAME):");
			log_text(LOG_WARNING, w);
		} else if (!is_known(w) && cspan_find(w, '=') == w._n && cspan_find(w, '.') == w._n) {
			add_init_arg(w);
		}
	}
}
