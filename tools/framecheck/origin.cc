// SPDX-License-Identifier: MPL-2.0
/*
 * Who wrote a token: what trust rests on.
 *
 * clang records for each token the place where it was spelled and the chain of expansions that carried it to where the parser read it. A
 * token is the frame's when it was spelled in a public frame header and every expansion on the chain is whole: either the token stands in
 * the body of a macro, or it is part of an argument of a frame macro. A service's macro that receives frame tokens as (part of) an argument
 * could keep some of them and drop others, so a token on such a way is nobody's: text.cc reports it, and no rule trusts it.
 *
 * A pasted token belongs to the macro in whose body the ## stands.
 */
#include "framecheck.h"

#include <climits>
#include <cstdlib>
#include <unistd.h>

using clang::FileID;
using clang::SrcMgr::ExpansionInfo;

namespace {
std::vector<std::string> frame_dirs, service_dirs;

struct KnownFile {
	Owner owner;
	std::string path;
};
std::unordered_map<int, KnownFile> known; /* by hash value of the file id, which is its number */
std::unordered_set<unsigned> whole_constants;

bool has_prefix(const std::string &s, const std::string &p)
{
	return s.compare(0, p.size(), p) == 0;
}

bool has_suffix(const std::string &s, const std::string &p)
{
	return s.size() >= p.size() && s.compare(s.size() - p.size(), p.size(), p) == 0;
}

const std::string &cwd()
{
	static std::string dir;
	char buf[PATH_MAX];
	if (dir.empty())
		dir = getcwd(buf, sizeof(buf)) ? buf : "/";
	return dir;
}

/* arch/NAME/PART... */
bool in_arch(const std::string &path, const char *part)
{
	size_t slash = path.find('/', 5);
	return has_prefix(path, "arch/") && slash != std::string::npos && path.compare(slash + 1, strlen(part), part) == 0;
}

std::string dir_of(const std::string &path)
{
	size_t slash = path.rfind('/');
	return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

const KnownFile &know(FileID f)
{
	static const KnownFile none = { Owner::None, "?" };
	auto entry = f.isValid() ? u.sm->getFileEntryRefForID(f) : clang::OptionalFileEntryRef();
	if (!entry)
		return none;
	auto it = known.find((int)f.getHashValue());
	if (it != known.end())
		return it->second;
	KnownFile k = { Owner::None, path_normal(entry->getName().str()) };
	k.owner = path_owner(k.path);
	/* The file on the command line is checked wherever it lies, unless it is the frame's. */
	if (k.owner == Owner::System && k.path == u.main_path)
		k.owner = Owner::Service;
	return known[(int)f.getHashValue()] = k;
}

bool is_scratch(SourceLocation spelled)
{
	return !u.sm->getFileEntryRefForID(u.sm->getFileID(spelled));
}

/* The owner of the text that a token was spelled in, or pasted by. */
Owner spelled_by(SourceLocation l)
{
	SourceLocation s = u.sm->getSpellingLoc(l);
	if (!is_scratch(s))
		return file_owner(u.sm->getFileID(s));
	/* Scratch space: pasted or made of an argument. The innermost expansion whose spelling it is was entered at the ## or #. */
	while (l.isMacroID()) {
		const ExpansionInfo &e = u.sm->getSLocEntry(u.sm->getFileID(l)).getExpansion();
		SourceLocation next = u.sm->getImmediateSpellingLoc(l);
		if (!next.isMacroID())
			return spelled_by(e.getExpansionLocStart());
		l = next;
	}
	return Owner::None;
}

/*
 * Whether the token at @l never was in an argument of a service's macro. Each argument that carried it shows as an expansion of its own, outermost first; the
 * place of such an expansion is the parameter, in the body of the macro that has it.
 */
bool is_whole(SourceLocation l)
{
	while (l.isMacroID()) {
		const ExpansionInfo &e = u.sm->getSLocEntry(u.sm->getFileID(l)).getExpansion();
		if (!e.isMacroArgExpansion())
			return true;
		if (spelled_by(e.getExpansionLocStart()) != Owner::Frame)
			return false;
		l = u.sm->getImmediateSpellingLoc(l);
	}
	return true;
}
}

void frame_dir_add(const std::string &dir)
{
	frame_dirs.push_back(path_normal(dir) + "/");
}

void service_dir_add(const std::string &dir)
{
	service_dirs.push_back(path_normal(dir) + "/");
}

void origin_reset()
{
	known.clear();
	whole_constants.clear();
}

std::string path_normal(const std::string &path)
{
	char real[PATH_MAX];
	if (!realpath(path.c_str(), real))
		return path;
	if (has_prefix(real, cwd() + "/"))
		return real + cwd().size() + 1;
	return real;
}

Owner path_owner(const std::string &path)
{
	for (auto &d : frame_dirs)
		if (has_prefix(path, d))
			return Owner::Frame;
	if (has_prefix(path, "frame/include/") || in_arch(path, "frame/include/"))
		return Owner::Frame;
	if (has_prefix(path, "frame/") || in_arch(path, "frame/"))
		return Owner::Private;
	for (auto &d : service_dirs)
		if (has_prefix(path, d))
			return Owner::Service;
	return path[0] == '/' ? Owner::System : Owner::Service;
}

Owner file_owner(FileID f)
{
	return know(f).owner;
}

const std::string &file_path(FileID f)
{
	return know(f).path;
}

bool may_include(const std::string &path, const std::string &main)
{
	if (!has_suffix(path, ".h") && !has_suffix(path, ".def"))
		return false;
	Owner owner = path_owner(path);
	if (owner == Owner::Frame)
		return !in_arch(path, "frame/") && path.find("/frame_arch/") == std::string::npos;
	if (owner == Owner::Private)
		return false;
	for (auto &d : service_dirs)
		if (has_prefix(path, d))
			return true;
	if (has_prefix(path, "kernel/") || in_arch(path, "abi/"))
		return true;
	return has_prefix(path, dir_of(main)) && path[0] != '/';
}

Place place_of(SourceLocation l)
{
	Place p;
	SourceLocation f = u.sm->getFileLoc(l);
	p.file = file_path(u.sm->getFileID(f));
	if (f.isValid()) {
		p.line = u.sm->getSpellingLineNumber(f);
		p.col = u.sm->getSpellingColumnNumber(f);
	}
	return p;
}

Owner seen_in(SourceLocation l)
{
	return l.isValid() ? file_owner(u.sm->getFileID(u.sm->getFileLoc(l))) : Owner::None;
}

Owner written_by(SourceLocation l)
{
	if (l.isInvalid())
		return Owner::Service;
	Owner owner = spelled_by(l);
	return owner == Owner::Frame && !is_whole(l) && !whole_constants.count(l.getRawEncoding()) ? Owner::Service : owner;
}

bool is_made(SourceLocation l)
{
	return l.isMacroID() && is_scratch(u.sm->getSpellingLoc(l));
}

bool is_dissected(SourceLocation l)
{
	return l.isMacroID() && spelled_by(l) == Owner::Frame && written_by(l) != Owner::Frame;
}

void find_whole_constants(const std::vector<TextToken> &tokens, const std::vector<Definition> &definitions)
{
	std::unordered_map<unsigned, const clang::MacroInfo *> first; /* by the place of the body's first token */
	for (auto &d : definitions)
		if (d.info->isObjectLike() && d.info->getNumTokens() && file_owner(u.sm->getFileID(d.info->getDefinitionLoc())) == Owner::Frame)
			first[d.info->getReplacementToken(0).getLocation().getRawEncoding()] = d.info;
	for (size_t i = 0; i < tokens.size(); i++) {
		if (!tokens[i].at.isMacroID())
			continue;
		auto it = first.find(u.sm->getSpellingLoc(tokens[i].at).getRawEncoding());
		if (it == first.end() || i + it->second->getNumTokens() > tokens.size())
			continue;
		unsigned n = it->second->getNumTokens(), k = 0;
		while (k < n && u.sm->getSpellingLoc(tokens[i + k].at) == it->second->getReplacementToken(k).getLocation())
			k++;
		for (unsigned j = 0; k == n && j < n; j++)
			whole_constants.insert(tokens[i + j].at.getRawEncoding());
	}
}

bool is_frame_text(SourceLocation l)
{
	return l.isFileID() && written_by(l) == Owner::Frame;
}
