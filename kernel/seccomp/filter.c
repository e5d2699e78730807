// SPDX-License-Identifier: MPL-2.0
/*
 * Filters of system calls: how one is installed, and how the filters of a thread are asked. See
 * seccomp(2).
 *
 * A filter is made whole first: the program is copied and checked, the calls that it allows without
 * a look at their arguments are found, and the memory is charged to the user. Then attach_locked
 * puts it in front of the thread's filters, in one hold of proc_lock, for all threads of the
 * process if they are to be in step (TSYNC). Nothing can fail after the first thread has it.
 *
 * What a user can make long: a thread's filters have 32768 instructions at most, which bounds their
 * number, and what one call runs. TSYNC walks the caller's filters once, to mark them, and then
 * looks at the mark of each thread's newest one.
 *
 * A thread's filters form a list from the newest to the oldest, which threads and children share: a
 * fork takes a reference on the newest one. A filter never changes once it is installed, so a
 * thread walks its list without a lock; only the pointer to the newest one changes, by one store.
 * The mark of a filter belongs to find_out_of_step, and so to proc_lock.
 *
 * The map of allowed calls is the common case made short: a bit for each call says that all filters
 * of the thread allow it whatever the arguments are. It is found by running the programs once for
 * each number at the installation (always_allows).
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/uaccess.h>
#include <kernel/user_limit.h>
#include <uapi/fs.h>

#include "internal.h"

#define MAX_TOTAL 32768u /* instructions of a thread's filters */
#define MIN_CODE  96ul   /* bytes that the buffer of a short program takes, with its header */

/*
 * The filters before this one go with it if it was their last user: in a loop, since there may be
 * thousands. Context: task.
 */
static void seccomp_filter_release(struct seccomp_filter *f)
{
	struct seccomp_filter *p = f->prev, *next;

	f->prev = NULL;
	if (f->listener)
		seccomp_listener_unused(f->listener);
	obj_put(&f->listener);
	obj_put(&f->prog);
	user_uncharge(USER_SECCOMP, f->uid, f->charged);
	while (p && !obj_put_unless_last(&p)) {
		next = p->prev;
		p->prev = NULL;
		obj_put(&p);
		p = next;
	}
}
OBJ_TYPE(seccomp_filter, seccomp_filter_release);

/* ---- asking ---- */

/*
 * All filters are run, and the strictest answer counts; of equal ones the newest filter's.
 * Strictness is the order of the action as a signed number, so that KILL_PROCESS, which has the
 * highest bit, comes first.
 */
u32 seccomp_ask_filters(struct seccomp_filter *f, const struct seccomp_data *d,
	struct seccomp_filter **by)
{
	u32 ret = SECCOMP_RET_ALLOW;

	*by = NULL;
	for (; f; f = f->prev) {
		u32 one = bpf_run(f->prog, value_cspan(d));

		if ((s32)(one & SECCOMP_RET_ACTION) < (s32)(ret & SECCOMP_RET_ACTION)) {
			ret = one;
			*by = f;
		}
	}
	return ret;
}

/*
 * Whether the program allows call @nr whatever the call's arguments and address are: it is run
 * until it looks at one of them, or does what a test of a number does not need. A "no" costs only
 * time: the call then goes through the filters.
 */
static bool always_allows(const struct bpf_prog *p, u32 nr)
{
	u32 a = 0, pc;

	for (pc = 0; pc < p->len; pc++) {
		struct bpf_insn in = bpf_insn_at(p, pc);

		switch (in.code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in.k > offsetof(struct seccomp_data, arch))
				return false;
			a = in.k ? ABI_AUDIT_ARCH : nr;
			break;
		case BPF_RET | BPF_K:
			return (in.k & SECCOMP_RET_ACTION) == SECCOMP_RET_ALLOW;
		case BPF_JMP | BPF_JA:
			pc += in.k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += bpf_compare(in.code, a, in.k) ? in.jt : in.jf;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in.k;
			break;
		default:
			return false;
		}
	}
	return false;
}

/* Fills the map of the filter's own program. False: the thread is being killed. */
static bool map_allowed(struct seccomp_filter *f)
{
	u32 nr;

	for (nr = 0; nr < NR_SYSCALLS; nr++) {
		if (always_allows(f->prog, nr))
			f->allowed[nr / 64] = f->allowed[nr / 64] | bit(nr % 64);
		if (loop_should_end())
			return false;
	}
	return true;
}

/* ---- making ---- */

/* All filters of a user together may have a 64th of memory. */
static bool filter_charge(struct seccomp_filter *f, const struct thread *t, u32 flags, u64 len)
{
	u64 bytes = sizeof(*f) + sizeof(struct bpf_prog) +
		max(len * sizeof(struct bpf_insn), MIN_CODE) +
		(flags & SECCOMP_FILTER_NEW_LISTENER ? sizeof(struct seccomp_listener) : 0);
	struct page_stats mem;

	page_get_stats(&mem);
	if (cred_capable(t->cred, CAP_SYS_RESOURCE))
		(void)user_charge_always(USER_SECCOMP, t->cred->uid, bytes);
	else if (!user_charge(USER_SECCOMP, t->cred->uid, bytes, mem.total * PAGE_SIZE / 64))
		return false;
	f->uid = t->cred->uid;
	f->charged = (u32)bytes;
	return true;
}

/* The user's program: a reference in *@out. */
static s64 program_new(const struct bpf_fprog *from, struct bpf_prog **out)
{
	struct buf *code = buf_alloc_dirty(from->len * sizeof(struct bpf_insn));

	if (!code)
		return -ENOMEM;
	if (copy_in(buf_span(code), UADDR(from->insns))) {
		buf_put(&code);
		return -EFAULT;
	}
	return bpf_prog_new(&code, sizeof(struct seccomp_data), out);
}

/* The filter of the user's program, not installed: a reference in *@out. */
static s64 filter_new(struct thread *t, u32 flags, struct uaddr at, struct seccomp_filter **out)
{
	struct bpf_fprog prog;
	struct seccomp_filter *f;
	s64 err;

	if (user_get(&prog, at))
		return -EFAULT;
	if (prog.len == 0 || prog.len > BPF_MAXINSNS)
		return -EINVAL;
	if (!t->no_new_privs && !cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EACCES;
	if (!prog.insns)
		return -EINVAL;
	f = obj_new(seccomp_filter);
	if (!f)
		return -ENOMEM;
	f->log = flags & SECCOMP_FILTER_LOG;
	err = filter_charge(f, t, flags, prog.len) ? 0 : -ENOMEM;
	if (!err)
		err = program_new(&prog, &f->prog);
	if (!err && !map_allowed(f))
		err = -EINTR;
	if (!err && (flags & SECCOMP_FILTER_NEW_LISTENER)) {
		f->listener = seccomp_listener_new(flags & SECCOMP_FILTER_WAIT_KILLABLE_RECV);
		err = f->listener ? 0 : -ENOMEM;
	}
	if (err)
		obj_put(&f);
	*out = f;
	return err;
}

/* ---- installing; proc_lock held ---- */

/*
 * Whether all other threads of the process can have the caller's filters instead of their own: each
 * has none, or one of those that the caller has. Returns 0, or the id of a thread that has others.
 *
 * A thread that is told to end (WORK_EXIT) counts, since it may be asking its filters now. One that
 * is leaving has none any more.
 */
static s32 find_out_of_step(struct thread *t)
{
	static u64 marks;
	struct seccomp_filter *f;
	struct thread *u;

	marks++;
	for (f = t->seccomp; f; f = f->prev)
		f->mark = marks;
	list_for_each(u, &t->process->threads, group_link) {
		if (u == t || u->leaving)
			continue;
		if (u->seccomp_mode == SECCOMP_MODE_STRICT ||
			(u->seccomp && u->seccomp->mark != marks))
			return u->tid;
	}
	return 0;
}

/*
 * Gives @u the filter @f. Its old filter is an ancestor of @f, which holds it: so the put is never
 * the last one, and the thread, which may be reading the old one now, loses nothing.
 */
static void give_locked(struct thread *u, struct seccomp_filter *f)
{
	struct seccomp_filter *old = u->seccomp;

	store_release(u->seccomp, obj_get(f));
	u->seccomp_count = f->count;
	store_once(u->seccomp_mode, SECCOMP_MODE_FILTER);
	set_bits(u->entry_work, ENTRY_SECCOMP);
	obj_put(&old);
}

static void give_all_locked(struct thread *t, struct seccomp_filter *f)
{
	struct thread *u;

	list_for_each(u, &t->process->threads, group_link) {
		if (u == t || u->leaving)
			continue;
		give_locked(u, f);
		if (t->no_new_privs)
			store_once(u->no_new_privs, true);
	}
}

/*
 * Returns 0, -EINVAL, -EBUSY (there is an open listener already), -ENOMEM (too long), -EINTR
 * (another thread's exec ends this one, which must not change what the other chose its rights by),
 * or find_out_of_step's thread.
 */
static s64 attach_locked(struct thread *t, struct seccomp_filter *f, u32 flags)
{
	struct seccomp_filter *prev = t->seccomp;
	s32 tid;
	u32 i;

	if (t->seccomp_mode == SECCOMP_MODE_STRICT)
		return -EINVAL;
	if (f->listener && prev && prev->newest && !load_once(prev->newest->closed))
		return -EBUSY;
	f->total = f->prog->len + (prev ? prev->total + 4 : 0);
	if (f->total > MAX_TOTAL)
		return -ENOMEM;
	if (flags & SECCOMP_FILTER_TSYNC) {
		if (t->process->execing)
			return -EINTR;
		tid = find_out_of_step(t);
		if (tid)
			return flags & SECCOMP_FILTER_TSYNC_ESRCH ? -ESRCH : tid;
	}
	f->count = prev ? prev->count + 1 : 1;
	f->newest = f->listener ? f->listener : prev ? prev->newest : NULL;
	for (i = 0; prev && i < SECCOMP_MAP_WORDS; i++)
		f->allowed[i] = f->allowed[i] & prev->allowed[i];
	f->prev = prev ? obj_get(prev) : NULL;
	give_locked(t, f);
	if (flags & SECCOMP_FILTER_TSYNC)
		give_all_locked(t, f);
	return 0;
}

s64 seccomp_install(struct thread *t, u32 flags, struct uaddr fprog)
{
	struct seccomp_filter *f = NULL;
	struct file *file = NULL;
	s32 fd = -1;
	s64 ret;

	if ((flags & ~(u32)SECCOMP_FILTER_FLAGS) ||
		((flags & SECCOMP_FILTER_TSYNC) && (flags & SECCOMP_FILTER_NEW_LISTENER) &&
			!(flags & SECCOMP_FILTER_TSYNC_ESRCH)) ||
		((flags & SECCOMP_FILTER_WAIT_KILLABLE_RECV) &&
			!(flags & SECCOMP_FILTER_NEW_LISTENER)))
		return -EINVAL;
	ret = filter_new(t, flags, fprog, &f);
	if (ret)
		return ret;
	if (f->listener) {
		fd = fd_reserve(t, 0, true);
		file = fd < 0 ? NULL : seccomp_listener_file(f->listener);
		ret = fd < 0 ? fd : file ? 0 : -ENOMEM;
	}
	if (!ret) {
		spin_lock(&proc_lock);
		ret = attach_locked(t, f, flags);
		spin_unlock(&proc_lock);
	}
	if (fd >= 0 && ret)
		fd_unreserve(t, fd);
	if (fd >= 0 && !ret) {
		fd_publish(t, fd, file);
		ret = fd;
	}
	obj_put(&file);
	obj_put(&f);
	return ret;
}

void seccomp_inherit_locked(const struct thread *t, struct thread *c)
{
	c->no_new_privs = t->no_new_privs;
	c->seccomp_mode = t->seccomp_mode;
	c->seccomp = t->seccomp ? obj_get(t->seccomp) : NULL;
	c->seccomp_count = t->seccomp_count;
	c->entry_work |= t->entry_work & ENTRY_SECCOMP;
}

void seccomp_put(struct seccomp_filter **fp)
{
	obj_put(fp);
}
