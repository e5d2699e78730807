// SPDX-License-Identifier: MPL-2.0
/*
 * The options of the command line (kernel/init.h). The frame finds an option by its name
 * (boot_option). Options that no code looks up by name are handled here: unknown ones are reported
 * or passed to init.
 */
#include <frame/boot.h>
#include <frame/log.h>
#include <kernel/init.h>

/*
 * Options that the kernel knows. On Linux others with an `=` become init's environment; here they
 * are ignored, and those that begin with "keel." are reported.
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

static bool cmdline_is_blank(struct cspan line, size_t i)
{
	u8 c = span_byte(line, i);

	return c == ' ' || c == '\t';
}

/*
 * Moves *@start to the first character of the next option at or after it, and returns the end of
 * that option; *@start if there is none.
 */
static size_t next_word(struct cspan line, size_t *start)
{
	size_t end;

	while (*start < cspan_len(line) && cmdline_is_blank(line, *start))
		(*start)++;
	for (end = *start; end < cspan_len(line) && !cmdline_is_blank(line, end); end++)
		;
	return end;
}

static bool cmdline_is_known(struct cspan word)
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
		if (!cspan_starts(word, STR("keel.")) || cmdline_is_known(word))
			continue;
		log_warn(
			"unknown word on the command line (known: keel.test=GLOBS, keel.strace=1|NAME):");
		log_text(LOG_WARNING, word);
	}
}

/*
 * Whether the option is an argument for init: not the kernel's, without `=`, and not an option of a
 * module.
 */
static bool is_for_init(struct cspan word)
{
	return !cspan_starts(word, STR("keel.")) && !cmdline_is_known(word) &&
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
