// SPDX-License-Identifier: MPL-2.0
/*
 * Rules over the whole program: one definition for each struct tag, one type for each external name, and pointers that
 * were stored before their struct was seen must point to objects.
 *
 * Each unit states facts; they are kept in memory and, with --facts, written as tab-separated lines
 * (kind, name, detail, file, line, column), so that a build checks changed files alone and links the facts of all:
 *	tag   a service's struct, union or enum: its kind and a hash of its layout
 *	ftag  the same of the frame; '-' for one that is never defined
 *	ext   an external name: its canonical type
 *	use   a pointer to an incomplete struct is stored: 'const' or 'mutable'
 */
#include "framecheck.h"

#include <algorithm>
#include <fstream>
#include <map>

namespace {
struct Fact {
	std::string kind, name, detail;
	Place at;
	bool frame() const { return kind == "ftag"; }
	bool is(const char *what) const { return StringRef(detail).starts_with(what); }
};

std::vector<Fact> facts;
std::set<std::string> seen;
std::ofstream out;
bool writing;

/* Keeps the better of two facts about a name: a definition beats a declaration, the frame beats a service. */
void check_tag(std::map<std::string, const Fact *> &tags, const Fact &f)
{
	const Fact *&g = tags[f.name];
	if (!g) {
		g = &f;
	} else if (f.frame() && g->frame()) {
		if (StringRef(g->detail).ends_with(" -"))
			g = &f;
	} else if (f.frame() || g->frame()) {
		finding((f.frame() ? *g : f).at, "W1", "tag '" + f.name + "' is the frame's; choose another");
	} else if (f.at.file != g->at.file || f.at.line != g->at.line) {
		finding(f.at, "W1", "tag '" + f.name + "' is also defined at " + g->at.file + ":" + std::to_string(g->at.line) + "; one name, one type");
	} else if (f.detail != g->detail) {
		finding(f.at, "W1", "tag '" + f.name + "' has another layout in another unit; no macro may change it");
	}
}

void check_ext(std::map<std::string, const Fact *> &names, const Fact &f)
{
	const Fact *&g = names[f.name];
	if (!g)
		g = &f;
	else if (f.detail != g->detail)
		finding(f.at, "W1", "'" + f.name + "' is '" + f.detail + "' here and '" + g->detail + "' at " + g->at.file + ":" +
			std::to_string(g->at.line) + "; one name, one type");
}

void check_use(const std::map<std::string, const Fact *> &tags, const Fact &f)
{
	auto it = tags.find(f.name);
	if (it == tags.end())
		return; /* never defined: no such thing can exist */
	const Fact &tag = *it->second;
	bool table = tag.is("table");
	if (tag.is("object") || tag.is("handle") || (table && f.detail == "const"))
		return;
	finding(f.at, "P4", "stored pointer to 'struct " + f.name + "', which is a " + (table ? "table: point to const" : "value; keep an object, or copy the value"));
}
}

bool facts_to(const std::string &path)
{
	out.open(path);
	writing = out.is_open();
	if (!writing)
		perror(path.c_str());
	return writing;
}

void fact(const std::string &kind, const std::string &name, const std::string &detail, const Place &at)
{
	std::string line = kind + "\t" + name + "\t" + detail + "\t" + at.file + "\t" + std::to_string(at.line) + "\t" + std::to_string(at.col);
	if (!seen.insert(line).second)
		return;
	if (writing)
		out << line << "\n";
	facts.push_back({ kind, name, detail, at });
}

void facts_close()
{
	if (!writing)
		return;
	out.close();
	if (out.fail()) {
		perror("facts");
		exit(2);
	}
}

bool facts_read(const char *path)
{
	std::ifstream f(path);
	if (!f) {
		perror(path);
		return false;
	}
	for (std::string line; std::getline(f, line);) {
		llvm::SmallVector<StringRef, 6> part;
		StringRef(line).split(part, '\t');
		if (part.size() != 6) {
			fprintf(stderr, "%s: not a facts file\n", path);
			return false;
		}
		fact(part[0].str(), part[1].str(), part[2].str(), { part[3].str(), (unsigned)atoi(part[4].data()), (unsigned)atoi(part[5].data()) });
	}
	return true;
}

void check_program()
{
	std::map<std::string, const Fact *> tags, names;
	std::sort(facts.begin(), facts.end(), [](const Fact &a, const Fact &b) {
		return a.at.file != b.at.file ? a.at.file < b.at.file : a.at.line < b.at.line;
	});
	for (auto &f : facts) {
		if (f.kind == "tag" || f.kind == "ftag")
			check_tag(tags, f);
		else if (f.kind == "ext")
			check_ext(names, f);
	}
	for (auto &f : facts)
		if (f.kind == "use")
			check_use(tags, f);
}
