// SPDX-License-Identifier: MPL-2.0
/* Findings: collected, sorted by place, printed once for each place and rule. */
#include "framecheck.h"

#include <algorithm>
#include <tuple>

namespace {
struct Found {
	Place at;
	std::string rule, what;
	auto key() const { return std::tie(at.file, at.line, at.col, rule); }
	auto all() const { return std::tie(at.file, at.line, at.col, rule, what); }
};
std::vector<Found> found;
}

void finding(const Place &at, const char *rule, const std::string &what)
{
	found.push_back({ at, rule, what });
}

bool findings_any()
{
	return !found.empty();
}

unsigned findings_print()
{
	unsigned printed = 0;
	std::sort(found.begin(), found.end(), [](const Found &a, const Found &b) { return a.all() < b.all(); });
	for (size_t i = 0; i < found.size(); i++) {
		const Found &f = found[i];
		if (i && found[i - 1].key() == f.key())
			continue;
		printf("%s:%u:%u: [%s] %s\n", f.at.file.c_str(), f.at.line, f.at.col, f.rule.c_str(), f.what.c_str());
		printed++;
	}
	return printed;
}
