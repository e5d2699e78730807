// SPDX-License-Identifier: MPL-2.0
/*
 * framecheck: checks that service code is Safe C (docs/safe-c.md).
 *
 *	framecheck [options] [compiler flags] FILE...
 *	framecheck --link FACTS...
 *	framecheck --list-nodes     the kinds of node there are, as docs/safe-c-nodes.md
 *
 *	--text FILE.i      GCC's preprocessed text of the one FILE, which is what will be compiled
 *	--compiled OUT.i   writes what is to be compiled: this text, with a zero for each local that has no initialiser
 *	--gcc COMMAND      the GCC that makes this text where --text is not given (default: that of --target, or gcc)
 *	--frame-dir DIR    headers under DIR are the frame's (beside frame/include and arch/NAME/frame/include)
 *	--service-dir DIR  headers under DIR may be included (beside kernel, arch/NAME/abi and the file's own folder)
 *	--facts OUT        also writes what --link needs
 *	--count            also prints how many nodes of each unit were visited, and how many there are
 *	--list-decls       prints the external names that frame headers declare, and checks nothing
 *
 * Findings: FILE:LINE:COL: [RULE] what, and what to write instead. Exit: 0 none, 1 findings, 2 usage or a file that does not
 * compile. A frame header as FILE is read for its facts and for the rules that frame macros must keep (F1 to F3).
 */
#include "framecheck.h"

#include <algorithm>

namespace {
std::vector<std::string> flags, files;
Options options;

int usage()
{
	fputs("usage: framecheck [--text FILE.i [--compiled OUT.i]] [--gcc COMMAND] [--frame-dir DIR]... [--service-dir DIR]... [--facts OUT] [--count] [--list-decls] "
	      "[compiler flags] FILE...\n       framecheck --link FACTS...\n", stderr);
	return 2;
}

bool is_one_of(StringRef s, std::initializer_list<const char *> list)
{
	return std::any_of(list.begin(), list.end(), [&](const char *w) { return s == w; });
}

/* Only what changes the meaning of the text is handed to clang; GCC's other options are none of its business. */
bool matters(StringRef f)
{
	for (const char *p : { "-I", "-D", "-U", "-std=", "--target=", "-isystem", "-iquote", "-include" })
		if (f.starts_with(p))
			return true;
	return is_one_of(f, { "-nostdinc", "-ffreestanding", "-m64" });
}

bool takes_value(StringRef f)
{
	return is_one_of(f, { "-I", "-D", "-U", "-isystem", "-iquote", "-include", "-target", "-o", "-MF", "-MT", "-MQ", "-x", "-idirafter", "--param" });
}

/* The flags for GCC are clang's, but for the target. */
std::vector<std::string> gcc_flags()
{
	std::vector<std::string> out;
	for (auto &f : flags)
		if (!StringRef(f).starts_with("--target="))
			out.push_back(f);
	return out;
}

std::string gcc_of_target()
{
	for (auto &f : flags)
		if (StringRef(f).starts_with("--target="))
			return f.substr(9) + "-gcc";
	return "gcc";
}

/* Returns the words taken beyond the first, or -1. */
int own_option(char **arg)
{
	StringRef a = arg[0];
	if (a == "--list-decls" || a == "--count") {
		(a == "--count" ? options.count : options.list_decls) = true;
		return 0;
	}
	if (!arg[1])
		return -1;
	if (a == "--frame-dir")
		frame_dir_add(arg[1]);
	else if (a == "--service-dir")
		service_dir_add(arg[1]);
	else if (a == "--text")
		options.text = arg[1];
	else if (a == "--compiled")
		options.compiled = arg[1];
	else if (a == "--gcc")
		options.gcc = arg[1];
	else if (a != "--facts" || !facts_to(arg[1]))
		return -1;
	return 1;
}

int link_facts(char **argv)
{
	for (; *argv; argv++)
		if (!facts_read(*argv))
			return 2;
	check_program();
	return findings_print() ? 1 : 0;
}
}

int main(int argc, char **argv)
{
	bool compiled = true;
	if (argc > 2 && StringRef(argv[1]) == "--link")
		return link_facts(argv + 2);
	if (argc == 2 && StringRef(argv[1]) == "--list-nodes") {
		nodes_print();
		return 0;
	}
	for (int i = 1; i < argc; i++) {
		StringRef a = argv[i];
		if (a.starts_with("--") && !a.starts_with("--target=") && a != "--param") {
			int n = own_option(argv + i);
			if (n < 0)
				return usage();
			i += n;
		} else if (!a.starts_with("-")) {
			files.push_back(a.str());
		} else if (takes_value(a) && i + 1 < argc) {
			if (a == "-target")
				flags.push_back(std::string("--target=") + argv[i + 1]);
			else if (matters(a))
				flags.insert(flags.end(), { a.str(), argv[i + 1] });
			i++;
		} else if (matters(a)) {
			flags.push_back(a.str());
		}
	}
	if (files.empty() || (!(options.text + options.compiled).empty() && files.size() > 1))
		return usage();
	if (options.gcc.empty())
		options.gcc = gcc_of_target();
	flags.push_back("-DSAFE_C");
	options.gcc_flags = gcc_flags();
	for (auto &f : files)
		compiled &= check_file(f, flags, options);
	if (options.list_decls)
		return compiled ? 0 : 2;
	facts_close();
	check_program();
	unsigned n = findings_print();
	return !compiled ? 2 : n ? 1 : 0;
}
