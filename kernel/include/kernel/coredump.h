// SPDX-License-Identifier: MPL-2.0
/*
 * Core dumps: the settings, how the threads of a process stop for a dump, and what other modules do
 * for it. See core(5).
 */
#ifndef KERNEL_COREDUMP_H
#define KERNEL_COREDUMP_H

#include <frame/page.h>
#include <frame/span.h>
#include <kernel/signal.h>

struct mm;
struct thread;

/* ---- settings (kernel/lib/core_pattern.c) ---- */

/* Bytes of kernel.core_pattern, with a NUL at the end. */
#define CORE_PATTERN_LEN 128
/* Copies the pattern to @out; returns its length. Context: any. */
size_t core_pattern_get(struct span out);
/* Makes @text the pattern, up to a newline or a NUL; a longer one is cut. Context: any. */
void core_pattern_set(struct cspan text);

/* mm.core_filter, /proc/PID/coredump_filter: the kinds of memory that a core file has. */
enum core_filter {
	CORE_ANON_PRIVATE = 1,
	CORE_ANON_SHARED = 2,
	CORE_FILE_PRIVATE = 4,
	CORE_FILE_SHARED = 8,
	CORE_ELF_HEADERS = 16,
	CORE_HUGE_PRIVATE = 32, /* there are no huge pages and no DAX: no effect */
	CORE_FILTER_ALL = 0x1ff,
	CORE_FILTER_DEFAULT = 0x33
};

/* ---- the threads of a process that dumps (kernel/signal/dump.c) ---- */

/*
 * Begins the end of the calling thread's process with @status, as process_exit_group, but the
 * caller goes on: it dumps. From here on the process gets no signal but SIGKILL, and its other
 * threads stop in dump_join_locked. False: the process is ending already, or a thread executes a
 * program. Takes proc_lock and sighand.lock.
 */
bool must_check dump_begin(struct thread *t, s32 status);
/* Waits until the other threads have stopped. False: the process is being killed meanwhile. */
bool must_check dump_wait_threads(struct thread *t);
/*
 * The next thread that has stopped for the dump of @t, in the order of their coming; @prev NULL: the
 * first. Borrowed: it stays until dump_end. NULL: there are no more. After dump_wait_threads.
 */
struct thread *dump_next_thread(struct thread *t, struct thread *prev);
/*
 * Ends the dump: all threads exit now. @dumped: there is a core, so the status says so; SIGKILL,
 * if the process was killed meanwhile. Takes proc_lock.
 */
void dump_end(struct thread *t, bool dumped);
/*
 * An ending thread that dump_begin has counted: comes to a stop here until the dump is over. Called
 * with proc_lock held, which is free meanwhile.
 */
void dump_join_locked(struct thread *t);

/* ---- memory (kernel/vm/dump.c) ---- */

/*
 * The first address of [va, end) at which a page may be present, of one mapping, after a look at a
 * bounded range. Takes mm.lock.
 */
u64 mm_dump_skip(struct mm *mm, u64 va, u64 end);
/*
 * The page that a core file shows at @va, whatever the rights of the mapping are: a reference in
 * *@out, or NULL: zeroes, since nothing has been written there, or since the page cannot be had.
 * Takes mm.lock; may read from a device.
 */
void mm_dump_page(struct mm *mm, u64 va, struct page **out);

/* Start-up: signals whose action is a dump write one. */
void coredump_init(void);

#endif
