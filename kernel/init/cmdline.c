// SPDX-License-Identifier: MPL-2.0
/*
 * What the words of the command line are (kernel/init.h). The frame finds a word by its name
 * (boot_option); what a word that nobody asks for by name means is decided here.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <kernel/init.h>

/*
 * Words that mean something to the kernel. Others with an `=` go to init's environment on Linux;
 * here they are only told of.
 */
struct TABLE known_word {
	struct lit name;
};
static const struct known_word known[] = {
	{ LIT("console") },
	{ LIT("init") },
	{ LIT("rdinit") },
	{ LIT("panic") },
	{ LIT("loglevel") },
	{ LIT("quiet") },
	{ LIT("debug") },
	{ LIT("keel.test") },
	{ LIT("keel.strace") },
	{ LIT("earlycon") },
	{ LIT("ro") },
	{ LIT("rw") },
	{ LIT("root") },
	{ LIT("rootwait") },
};

static bool is_blank(struct cspan line, size_t i)
{
	u8 c = span_byte(line, i);

	return c == ' ' || c == '\t';
}

/*
 * Moves *@start to the first character of the next word at or behind it; returns where that ends,
 * which is *@start when there is none.
 */
static size_t next_word(struct cspan line, size_t *start)
{
	size_t end;

	while (*start < cspan_len(line) && is_blank(line, *start))
		(*start)++;
	for (end = *start; end < cspan_len(line) && !is_blank(line, end); end++)
		;
	return end;
}

static bool is_known(struct cspan word)
{
	struct cspan name = cspan_first(word, cspan_find(word, '='));
	size_t i;

	for (i = 0; i < ARRAY_LEN(known); i++) {
		if (cspan_equal(name, lit_span(known[i].name)))
			return true;
	}
	return false;
}

void cmdline_check(void)
{
	struct cspan line = boot_cmdline();
	size_t start = 0, end;

	for (; (end = next_word(line, &start)) > start &&
		!cspan_equal(cspan_sub(line, start, end - start), STR("--"));
		start = end) {
		struct cspan word = cspan_sub(line, start, end - start);
		if (!cspan_starts(word, STR("keel.")) || is_known(word))
			continue;
		log_warn(
			"unknown word on the command line (known: keel.test=GLOBS, keel.strace=1|NAME):");
		log_text(LOG_WARNING, word);
	}
}

/* A bare word that is not the kernel's, and is of no module. */
static bool is_for_init(struct cspan word)
{
	return !cspan_starts(word, STR("keel.")) && !is_known(word) &&
		cspan_find(word, '=') == cspan_len(word) &&
		cspan_find(word, '.') == cspan_len(word);
}

size_t cmdline_init_args(struct span out)
{
	struct cspan line = boot_cmdline();
	size_t start = 0, end, n = 0;
	bool is_rest = false;

	for (; (end = next_word(line, &start)) > start; start = end) {
		struct cspan word = cspan_sub(line, start, end - start);
		if (!is_rest && cspan_equal(word, STR("--"))) {
			is_rest = true;
			continue;
		}
		if (!(is_rest || is_for_init(word)) ||
			n + (n > 0) + cspan_len(word) > span_len(out))
			continue;
		if (n)
			span_set_byte(out, n++, ' ');
		n += span_copy(span_from(out, n), word);
	}
	return n;
}
