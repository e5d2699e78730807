// SPDX-License-Identifier: MPL-2.0
/*
 * How many files are open, and how many may be: fs.file-nr and fs.file-max of proc_sys_fs(5).
 *
 * Each CPU counts those that it makes and releases in a word of its own, without an atomic: the
 * kernel is not preempted, so a word has one writer at a time. A file may be made by one CPU and
 * released by another, so only the sum means something. open and pipe are quick paths, and usually
 * there is no limit: the sum is made only where somebody has set one.
 */
#include <frame/cpu.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/thread.h>

#include "fs.h"

#define NO_LIMIT 0x7fffffffffffffffull

u64 file_counts[MAX_CPUS];
static u64 most_files = NO_LIMIT;

u64 file_count(void)
{
	u64 sum = 0;
	u32 i;

	for (i = 0; i < MAX_CPUS; i++)
		sum += load_once(*array_at(file_counts, i));
	return sum;
}

u64 file_max(void)
{
	return load_once(most_files);
}

void file_set_max(u64 n)
{
	store_once(most_files, n);
}

/* Whether the caller may open no more files. */
static noinline bool file_limit_reached(void)
{
	struct thread *t = thread_current();

	return file_count() >= file_max() && t && !cred_capable(t->cred, CAP_SYS_ADMIN);
}

struct file *file_alloc(void)
{
	struct file *f;

	if (unlikely(file_max() != NO_LIMIT) && file_limit_reached())
		return NULL;
	f = obj_new(file);
	if (f)
		file_counted(1);
	return f;
}
