// SPDX-License-Identifier: MPL-2.0
/*
 * framecheck: checks that service code is Safe C (docs/safe-c.md).
 *
 *	framecheck [options] [compiler flags] FILE...
 *	framecheck --link FACTS...
 *
 *	--frame-dir DIR    headers under DIR are the frame's (beside frame/include and arch/NAME/frame/include)
 *	--service-dir DIR  headers under DIR may be included (beside kernel, arch/NAME/abi and the file's own folder)
 *	--facts OUT        also writes what --link needs
 *	--list-decls       prints the external names that frame headers declare, and checks nothing
 *
 * Findings: FILE:LINE:COL: [RULE] what, and what to write instead. Exit: 0 none, 1 findings, 2 usage or a file that does not
 * compile. A frame header as FILE is read for its facts and for the rules that frame macros must keep (F1).
 */
#include "framecheck.h"

#include <string.h>

#define MAX_ARGS 4096

static const char *flags[MAX_ARGS], *files[MAX_ARGS];
static int nr_flags, nr_files;

static int usage(void)
{
	fputs("usage: framecheck [--frame-dir DIR]... [--service-dir DIR]... [--facts OUT] [--list-decls] [compiler flags] FILE...\n"
	      "       framecheck --link FACTS...\n",
		stderr);
	return 2;
}

/* Only what changes the meaning of the text is handed to clang; GCC's other options are none of its business. */
static bool matters(const char *flag)
{
	static const char *const prefixes[] = { "-I", "-D", "-U", "-std=", "--target=", "-isystem", "-iquote", "-include" };
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (has_prefix(flag, prefixes[i]))
			return true;
	return !strcmp(flag, "-nostdinc") || !strcmp(flag, "-ffreestanding") || !strcmp(flag, "-m64");
}

/* Options whose value is the next word. */
static bool takes_value(const char *flag)
{
	static const char *const list[] = { "-I", "-D", "-U", "-isystem", "-iquote", "-include", "-target" };
	static const char *const dropped[] = { "-o", "-MF", "-MT", "-MQ", "-x", "-idirafter", "--param" };
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (!strcmp(flag, list[i]))
			return true;
	for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++)
		if (!strcmp(flag, dropped[i]))
			return true;
	return false;
}

static void add_flag(const char *f)
{
	if (nr_flags < MAX_ARGS - 64)
		flags[nr_flags++] = f;
}

static void add_own_flags(void)
{
	static const char *const own[] = {
		"-xc", "-fsyntax-only", "-ferror-limit=0", "-Wno-everything", "-Wincompatible-pointer-types",
		"-Wincompatible-function-pointer-types", "-Wint-conversion", "-Wpointer-sign", "-Wpointer-type-mismatch",
		"-Wcompare-distinct-pointer-types", "-Wpointer-integer-compare", "-Wmissing-braces",
		"-Wincompatible-library-redeclaration", "-Wreturn-type", "-Wvla", "-Wimplicit-function-declaration",
		"-Wimplicit-int", "-Wstrict-prototypes", "-Wdeprecated-non-prototype", "-Wvisibility", "-Wformat",
		"-Wformat-security", "-Wformat-nonliteral", "-Wno-pragma-once-outside-header",
	};
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		add_flag(own[i]);
}

static int link_facts(char **argv)
{
	for (; *argv; argv++)
		if (!facts_read(*argv))
			return 2;
	check_program();
	return findings_print() ? 1 : 0;
}

/* Returns the words taken beyond the first, or -1. */
static int own_option(char **arg, bool *list_decls)
{
	if (!strcmp(*arg, "--list-decls")) {
		*list_decls = true;
		return 0;
	}
	if (!arg[1])
		return -1;
	if (!strcmp(*arg, "--frame-dir"))
		files_add_frame_dir(arg[1]);
	else if (!strcmp(*arg, "--service-dir"))
		files_add_service_dir(arg[1]);
	else if (strcmp(*arg, "--facts") || !facts_to(arg[1]))
		return -1;
	return 1;
}

int main(int argc, char **argv)
{
	bool list_decls = false, compiled = true;
	if (argc > 2 && !strcmp(argv[1], "--link"))
		return link_facts(argv + 2);
	for (int i = 1; i < argc && nr_files < MAX_ARGS; i++) {
		const char *a = argv[i];
		if (has_prefix(a, "--") && !has_prefix(a, "--target=") && strcmp(a, "--param")) {
			int n = own_option(argv + i, &list_decls);
			if (n < 0)
				return usage();
			i += n;
		} else if (a[0] != '-') {
			files[nr_files++] = a;
		} else if (takes_value(a) && i + 1 < argc) {
			if (matters(a) || !strcmp(a, "-target")) {
				add_flag(a);
				add_flag(argv[i + 1]);
			}
			i++;
		} else if (matters(a)) {
			add_flag(a);
		}
	}
	if (!nr_files)
		return usage();
	add_own_flags();
	CXIndex index = clang_createIndex(0, 0);
	for (int i = 0; i < nr_files; i++)
		compiled &= check_file(index, files[i], flags, nr_flags, list_decls);
	if (list_decls)
		return compiled ? 0 : 2;
	facts_close();
	check_program();
	unsigned n = findings_print();
	return !compiled ? 2 : n ? 1 : 0;
}
