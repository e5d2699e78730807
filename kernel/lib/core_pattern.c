// SPDX-License-Identifier: MPL-2.0
/*
 * kernel.core_pattern: where core files go (core(5)). The text is copied in and out under a lock, so
 * a reader sees one pattern whole. What it means stands in kernel/coredump/name.c.
 */
#include <frame/sync.h>
#include <kernel/coredump.h>

static struct spinlock pattern_lock;
static u8 pattern[CORE_PATTERN_LEN] = "core";

size_t core_pattern_get(struct span out)
{
	size_t n;

	spin_lock(&pattern_lock);
	n = span_copy(out, cspan_first(cspan_of(pattern), cspan_strlen(cspan_of(pattern))));
	spin_unlock(&pattern_lock);
	return n;
}

void core_pattern_set(struct cspan text)
{
	size_t n = min(cspan_find(text, '\n'), cspan_strlen(text));

	spin_lock(&pattern_lock);
	span_fill(span_of(pattern), 0);
	span_copy(span_first(span_of(pattern), CORE_PATTERN_LEN - 1), cspan_first(text, n));
	spin_unlock(&pattern_lock);
}
