// SPDX-License-Identifier: MPL-2.0
/* Inside kernel/seccomp: filters and their listeners. */
#ifndef KERNEL_SECCOMP_INTERNAL_H
#define KERNEL_SECCOMP_INTERNAL_H

#include <abi/syscall_nr.h>
#include <kernel/bpf.h>
#include <kernel/poll.h>
#include <kernel/seccomp.h>
#include <kernel/thread.h>

struct seccomp_notice;

/*
 * The supervisor's end of the filters that ask it: the object behind the descriptor of
 * SECCOMP_FILTER_FLAG_NEW_LISTENER. The descriptor holds it, and so does the filter.
 */
struct seccomp_listener {
	struct obj obj;
	bool wait_killable; /* set before it is published */
	/* Guards what follows; a notice is on `fresh` until it was received, then on `sent`. */
	struct mutex lock;
	LIST_HEAD(seccomp_notice) fresh;
	LIST_HEAD(seccomp_notice) sent;
	u64 next_id;
	/*
	 * What may be received: each notice counts once, also if its thread has been interrupted
	 * since; then a RECV finds none. Also read without the lock.
	 */
	u32 requests;
	bool closed; /* the descriptor is closed: calls get ENOSYS; also read without the lock */
	bool unused; /* the filter is gone: no thread can ask any more; by store_once */
	struct waitq recv_wait;
	struct poll_source *poll;
};
OBJ_TYPE_DECL(seccomp_listener);

#define SECCOMP_MAP_WORDS ((NR_SYSCALLS + 63) / 64)

/*
 * An installed filter. It is complete and does not change once a thread has it, but for `mark`.
 * Filters form a tree: `prev` is the one that the thread had before.
 */
struct seccomp_filter {
	struct obj obj;
	struct seccomp_filter *prev;       /* reference */
	struct bpf_prog *prog;             /* reference */
	struct seccomp_listener *listener; /* reference, or NULL */
	u32 count;                         /* filters from here to the first one */
	u32 total; /* what they cost together: instructions, and 4 for each filter but the last */
	struct seccomp_listener *newest; /* of their listeners; borrowed from its filter */
	bool log;
	u32 uid, charged; /* USER_SECCOMP, in bytes */
	u64 mark;         /* find_out_of_step: proc_lock */
	/*
	 * The calls that all of them allow without a look at the arguments: a bit for each number.
	 */
	u64 allowed[SECCOMP_MAP_WORDS];
};
OBJ_TYPE_DECL(seccomp_filter);

/* ---- filter.c ---- */
/* Installs a filter: seccomp(2), SECCOMP_SET_MODE_FILTER. */
s64 must_check seccomp_install(struct thread *t, u32 flags, struct uaddr fprog);
/*
 * The value for the call @d that counts among those of @f and the ones before it, and the filter
 * that gave it (*@by: a borrowed object; NULL: SECCOMP_RET_ALLOW).
 */
u32 seccomp_ask_filters(struct seccomp_filter *f, const struct seccomp_data *d,
	struct seccomp_filter **by);

/* ---- listener.c ---- */
struct seccomp_listener *seccomp_listener_new(bool wait_killable);
/* The descriptor's file; NULL: no memory. */
struct file *seccomp_listener_file(struct seccomp_listener *l);
/* The filter that asked @l is gone. */
void seccomp_listener_unused(struct seccomp_listener *l);
/* SECCOMP_RET_USER_NOTIF: asks the supervisor and waits for the answer. */
enum seccomp_verdict seccomp_ask_supervisor(struct thread *t, struct seccomp_listener *l,
	const struct seccomp_data *d);

#endif
