// SPDX-License-Identifier: MPL-2.0
/*
 * The account of promised memory: Committed_AS of /proc/meminfo, and vm.overcommit_memory. See
 * proc_sys_vm(5).
 *
 * What counts is memory that can come to need pages of its own, whether it has them yet or not:
 * private mappings that are or were writable (VMA_ACCOUNT), shared anonymous memory in its full
 * size, and each page of a file in memory.
 *
 * How mappings are counted. vma.c keeps mm.promised, the pages of all VMAs with VMA_ACCOUNT.
 * mm.charged is the share of the address space in the account of the machine. Before a mapping
 * grows, mm_commit raises that share, or refuses; the end of the hold of mm.lock (mm_settle) makes
 * both equal again. So pages that leave in the same hold (MAP_FIXED, mremap) are not charged twice,
 * and a change that fails behind its charge gives it back.
 *
 * The account is raised first and compared then, so two tasks cannot pass the limit together. It is
 * one atomic number, changed by mapping calls and by faults that grow a stack or fill a hole of a
 * file in memory, not by others.
 */
#include <frame/page.h>
#include <kernel/cred.h>
#include <kernel/knobs.h>
#include <kernel/thread.h>

#include "vm.h"

#define KIB_OF_A_PAGE (PAGE_SIZE / 1024)

enum overcommit { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

static struct atomic vm_promised;
static u64 pages_at_start; /* since then the machine's pages have become more, if anything */

u64 vm_committed(void)
{
	return atomic_load(&vm_promised);
}

static u64 machine_pages(void)
{
	struct page_stats s;

	page_get_stats(&s);
	return s.total;
}

u64 vm_commit_limit(void)
{
	u64 kib = knob_get(KNOB_OVERCOMMIT_KBYTES);

	return kib ? kib / KIB_OF_A_PAGE : machine_pages() * knob_get(KNOB_OVERCOMMIT_RATIO) / 100;
}

/*
 * Of the limit a part is kept for an administrator who must repair things, and a part of each
 * program's own size, so that one program cannot take all and leave no room for the shell that
 * would end it.
 */
static u64 limit_for(const struct mm *mm)
{
	const struct thread *t = thread_current();
	u64 limit = vm_commit_limit(), kept = 0;

	if (t && !cred_capable(t->cred, CAP_SYS_ADMIN))
		kept = knob_get(KNOB_ADMIN_RESERVE) / KIB_OF_A_PAGE;
	if (mm)
		kept += min(mm->total_pages / 32, knob_get(KNOB_USER_RESERVE) / KIB_OF_A_PAGE);
	return limit - min(kept, limit);
}

bool vm_commit(const struct mm *mm, u64 pages)
{
	u64 mode = knob_get(KNOB_OVERCOMMIT);

	if (likely(mode != OVERCOMMIT_NEVER)) {
		if (mode == OVERCOMMIT_GUESS && unlikely(pages > pages_at_start) &&
			pages > machine_pages())
			return false;
		atomic_add_relaxed(&vm_promised, pages);
		return true;
	}
	if (atomic_add(&vm_promised, pages) < limit_for(mm))
		return true;
	vm_uncommit(pages);
	return false;
}

void vm_uncommit(u64 pages)
{
	atomic_add_relaxed(&vm_promised, -pages);
}

bool vm_honours_noreserve(void)
{
	return knob_get(KNOB_OVERCOMMIT) != OVERCOMMIT_NEVER;
}

bool mm_commit_by(struct mm *mm, const struct mm *asker, u64 pages)
{
	s64 more = (s64)(mm->promised + pages - mm->charged);

	if (more <= 0)
		return true;
	if (!vm_commit(asker, (u64)more))
		return false;
	mm->charged += (u64)more;
	return true;
}

void mm_settle_charge(struct mm *mm)
{
	atomic_add_relaxed(&vm_promised, mm->promised - mm->charged);
	mm->charged = mm->promised;
}

/*
 * A 32nd of the memory that is free at the start, which is enough to log in with and run top(1),
 * and at most 8 MiB and 128 MiB, as on Linux.
 */
void commit_init(void)
{
	struct page_stats s;
	u64 kib;

	page_get_stats(&s);
	pages_at_start = s.total;
	kib = s.free * KIB_OF_A_PAGE / 32;
	ignore_error(knob_set(KNOB_ADMIN_RESERVE, min(kib, 8192ul))); /* in range */
	ignore_error(knob_set(KNOB_USER_RESERVE, min(kib, 131072ul)));
}
