// SPDX-License-Identifier: MPL-2.0
/*
 * ppoll, pselect6 and the older poll and select: waiting for many files at once. See poll(2),
 * select(2).
 *
 * How it works. The first scan only reads the readiness of each file. If no file is ready and there
 * is time to wait, the second scan also registers the thread's waiter with each file. Then the
 * thread sleeps until a registration is notified, and scans again without registering. As the park
 * token is reset before the second scan, a notification during a scan ends the next sleep at once.
 *
 * Registration stops at the first ready file: the call will not sleep, so the later files are only
 * looked at. A file registers the waiter before it reads its own state (kernel/poll.h), so a change
 * between the two is either seen or notified.
 *
 * The entries are removed before the call returns. A notification in progress is waited for
 * (poll_entry_remove). The waiter itself stays with the thread until its end, and the next call
 * registers it again.
 *
 * What if a signal comes. poll has no mask and restarts from a block with the absolute deadline, so
 * that the restarted call does not wait longer in total. The others return ERESTARTNOHAND: they
 * start over only if no handler runs, with the remaining time that they wrote to the user. A
 * temporary mask must still hold when the handler is chosen. So on -EINTR the old mask is not put
 * back here, but after the delivery (WORK_RESTORE_MASK).
 *
 * What if there is no memory. A file that cannot make an entry sets the error of the table; the
 * call then returns what is ready, or -ENOMEM, and does not sleep: it might never be woken.
 */
#include <kernel/clock.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/poll.h>
#include <kernel/stat.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/personality.h>
#include <uapi/resource.h>

#include "event.h"

struct poll_waiter {
	struct obj obj;
	struct task *task; /* borrowed: the waiting thread's */
};
static void poll_waiter_release(struct poll_waiter *w)
{
	(void)w;
}
OBJ_TYPE(poll_waiter, poll_waiter_release);

static bool wake_waiter(struct poll_entry *e, u32 events)
{
	struct poll_waiter *w = obj_cast(poll_waiter, e->waiter);

	(void)events;
	task_unpark(w->task);
	return true;
}
static const struct poll_entry_ops waiter_ops = { .notify = wake_waiter };

/* The thread's waiter, kept between calls. NULL: no memory. */
static struct poll_waiter *get_waiter(struct thread *t)
{
	if (!t->poll) {
		t->poll = obj_new(poll_waiter);
		if (t->poll)
			t->poll->task = t->task;
	}
	return t->poll;
}

void poll_thread_exit(struct thread *t)
{
	obj_put(&t->poll);
}

/* Ends the registrations. Each entry leaves the chain first, since its removal may free it. */
static void drop_entries(struct poll_table *pt)
{
	struct poll_entry *e;

	while ((e = pt->made) != NULL) {
		struct obj *file = e->held;
		pt->made = e->waiter_link.next;
		e->waiter_link.next = NULL;
		e->held = NULL;
		poll_entry_remove(e);
		obj_put_any(&file);
	}
}

#define POLL_ALWAYS (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM) /* files without the operation */

/*
 * As look, and registers. The file then stays whole until the end of the call, whatever happens to
 * the descriptor: its other end must not hang up before. Where fd_get needs no reference, nobody
 * else can close the descriptor.
 */
static noinline u32 look_and_register(struct fd_ref ref, u32 events, struct poll_table *pt)
{
	struct file *const f = ref.file;
	u32 r;

	pt->events = events | POLLERR | POLLHUP;
	pt->held = ref.held ? &ref.held->obj : NULL;
	r = f->ops->poll ? f->ops->poll(f, pt) : POLL_ALWAYS;
	fd_put(ref);
	return r & (events | POLLERR | POLLHUP | POLLNVAL);
}

/*
 * The readiness of descriptor @fd among @events (ERR and HUP always); POLLNVAL if it is not open.
 * @pt: register, too.
 */
static always_inline u32 look(struct thread *t, s32 fd, u32 events, struct poll_table *pt)
{
	struct fd_ref ref = fd_get(t, fd);
	struct file *const f = ref.file;
	u32 r;

	if (!f)
		return POLLNVAL;
	if (pt)
		return look_and_register(ref, events, pt);
	r = f->ops->poll ? f->ops->poll(f, NULL) : POLL_ALWAYS;
	fd_put(ref);
	return r & (events | POLLERR | POLLHUP | POLLNVAL);
}

/* ---- poll ---- */

struct pollfd {
	s32 fd;
	u16 events, revents;
};

/*
 * Scans all descriptors once. Returns how many are ready. The results are stored behind the @n
 * entries; *@news: how many of them differ from the user's present revents.
 */
static always_inline u32 scan(struct thread *t, struct span fds, u32 n, struct poll_table *pt,
	u32 *news)
{
	struct pollfd p;
	u32 i, ready = 0, differ = 0;
	u16 r;

	for (i = 0; i < n; i++) {
		if (!span_read(span_const(fds), i * sizeof(p), &p))
			break;
		r = p.fd < 0 ? 0 : (u16)look(t, p.fd, p.events, ready ? NULL : pt);
		ready += r != 0;
		differ += r != p.revents;
		(void)!span_write(fds, n * sizeof(p) + i * sizeof(r), &r);
	}
	*news = differ;
	return ready;
}

/* Twice, since the first scan often ends the call: it is not to look for a table at each entry. */
static noinline u32 scan_fds(struct thread *t, struct span fds, u32 n, u32 *news)
{
	return scan(t, fds, n, NULL, news);
}

static noinline u32 scan_and_register(struct thread *t, struct span fds, u32 n,
	struct poll_table *pt, u32 *news)
{
	return scan(t, fds, n, pt, news);
}

/*
 * Writes the results to the user's entries. An entry that has its result already is skipped. But
 * one entry in each page is written even so, since the page may not be writable (EFAULT).
 */
static int put_answers(struct uaddr ufds, struct cspan fds, u32 n, u32 news)
{
	struct pollfd p;
	u64 at, page = ~0ul;
	u32 i;
	u16 r;

	for (i = 0; i < n; i++) {
		if (!news && page != ~0ul) /* nothing to change: skip to the next page */
			i = min((u32)((((page + 1) << PAGE_SHIFT) - ufds.va + sizeof(p) - 1 -
					      offsetof(struct pollfd, revents)) /
					sizeof(p)),
				n);
		if (i >= n || !span_read(fds, i * sizeof(p), &p) ||
			!span_read(fds, n * sizeof(p) + i * sizeof(r), &r))
			break;
		at = ufds.va + i * sizeof(p) + offsetof(struct pollfd, revents);
		if (p.revents == r && page == at >> PAGE_SHIFT)
			continue;
		page = at >> PAGE_SHIFT;
		if (user_put(UADDR(at), &r))
			return -EFAULT;
	}
	return 0;
}

/*
 * Scans and sleeps until a file is ready. Returns the number of ready ones, 0 at the deadline,
 * -EINTR, or -ENOMEM.
 */
static s64 poll_loop(struct thread *t, struct span fds, u32 n, u64 deadline, u32 *news)
{
	struct poll_table pt = { .ops = &waiter_ops };
	s64 ret = scan_fds(t, fds, n, news);
	struct poll_waiter *w;
	int err;

	if (ret || !deadline)
		return ret;
	w = get_waiter(t);
	if (!w)
		return -ENOMEM;
	pt.waiter = &w->obj;
	task_park_reset();
	ret = scan_and_register(t, fds, n, &pt, news);
	while (!ret && !pt.error) {
		err = task_park(WAIT_INTERRUPTIBLE, deadline);
		ret = scan_fds(t, fds, n, news);
		if (err && !ret) {
			ret = err == -ETIMEDOUT ? 0 : -EINTR;
			break;
		}
	}
	drop_entries(&pt);
	return pt.error && !ret ? pt.error : ret;
}

/*
 * The entries are copied in whole, because a scan that faulted in the middle could not sleep. One
 * buffer has the entries and, behind them, the results. Linux has the same limit: no more entries
 * than the process may have descriptors.
 */
static s64 do_poll(struct thread *t, struct uaddr ufds, u32 n, u64 deadline)
{
	u64 size = n * sizeof(struct pollfd), room = size + n * sizeof(u16);
	struct buf *fds;
	u32 news = 0;
	s64 ret;

	if (n > rlimit_get(t, RLIMIT_NOFILE) || room > BUF_MAX)
		return -EINVAL;
	if (!user_range_ok(ufds, size))
		return -EFAULT;
	fds = buf_alloc_dirty(room);
	if (!fds)
		return -ENOMEM;
	struct span all = buf_span(fds);
	ret = copy_in(span_first(all, size), ufds) ? -EFAULT
						   : poll_loop(t, all, n, deadline, &news);
	if (ret >= 0 && put_answers(ufds, span_const(all), n, news))
		ret = -EFAULT;
	buf_put(&fds);
	return ret;
}

static s64 poll_restart(struct thread *t)
{
	struct restart_block r = t->restart;
	s64 ret = do_poll(t, UADDR(r.arg[0]), (u32)r.arg[1], r.deadline_ns);

	return ret == -EINTR ? -ERESTART_RESTARTBLOCK : ret;
}
static const struct restart_ops poll_restart_ops = { .resume = poll_restart };

s64 sys_poll(struct thread *t, struct uaddr fds, u32 n, s32 timeout)
{
	u64 deadline = timeout < 0 ? NO_DEADLINE
		: timeout          ? time_mono_ns() + (u64)timeout * NSEC_PER_MSEC
				   : 0;
	s64 ret = do_poll(t, fds, n, deadline);

	if (ret != -EINTR)
		return ret;
	t->restart = (struct restart_block){
		.ops = &poll_restart_ops, .deadline_ns = deadline, .arg = { fds.va, n }
	};
	return -ERESTART_RESTARTBLOCK;
}

/* A personality of other systems, which leave the time-outs of programs as they are. */
static bool timeouts_stay(void)
{
	return thread_current()->personality & STICKY_TIMEOUTS;
}

/* Writes the remaining time to the user, as ppoll and pselect do on Linux. Errors are ignored. */
static void put_remaining(struct uaddr ts, u64 deadline)
{
	u64 now = deadline ? time_mono_ns() : 0;
	struct timespec64 left = timespec_of_ns(deadline > now ? deadline - now : 0);

	if (ts.va && deadline != NO_DEADLINE && !timeouts_stay())
		(void)!user_put(ts, &left);
}

/* The old mask is kept in the thread; SIGKILL and SIGSTOP cannot be blocked. */
int set_temporary_mask(struct thread *t, struct uaddr set, u64 size)
{
	u64 mask;

	if (!set.va)
		return 0;
	if (size != sizeof(mask))
		return -EINVAL;
	if (user_get(&mask, set))
		return -EFAULT;
	t->saved_mask = t->blocked;
	signal_set_mask(t, mask & ~(sigbit(SIGKILL) | sigbit(SIGSTOP)));
	return 0;
}

/*
 * After a signal the temporary mask stays until the handler has been chosen by it; otherwise the
 * old mask is put back at once.
 */
s64 finish_mask(struct thread *t, struct uaddr set, s64 ret)
{
	if (!set.va)
		return ret;
	if (ret == -EINTR || ret == -ERESTARTNOHAND)
		thread_set_work(t, WORK_RESTORE_MASK | WORK_SIGNAL);
	else
		signal_set_mask(t, t->saved_mask);
	return ret;
}

s64 sys_ppoll(struct thread *t, struct uaddr fds, u32 n, struct uaddr timeout, struct uaddr sigmask,
	u64 size)
{
	u64 deadline;
	s64 ret = deadline_from_user(timeout, &deadline);

	if (ret)
		return ret;
	ret = set_temporary_mask(t, sigmask, size);
	if (ret)
		return ret;
	ret = do_poll(t, fds, n, deadline);
	put_remaining(timeout, deadline);
	if (ret == -EINTR && !(timeout.va && timeouts_stay()))
		ret = -ERESTARTNOHAND;
	return finish_mask(t, sigmask, ret);
}

/* ---- select: sets of up to 1024 descriptors ---- */

#define SET_WORDS 16u
struct fd_sets {
	u64 in[SET_WORDS], out[SET_WORDS], ex[SET_WORDS];
};

/* The bits of 64 descriptors. */
struct fd_bits {
	u64 in, out, ex;
};

/* Sets those of the wanted bits at @b that the readiness @r satisfies. */
static void select_mark(struct fd_bits *got, const struct fd_bits *want, u64 b, u32 r)
{
	if (r & (POLLIN | POLLRDNORM | POLLHUP | POLLERR | POLLNVAL))
		got->in |= want->in & b;
	if (r & (POLLOUT | POLLWRNORM | POLLERR | POLLNVAL))
		got->out |= want->out & b;
	if (r & (POLLPRI | POLLNVAL))
		got->ex |= want->ex & b;
}

/*
 * Scans up to 64 descriptors from @base on. False: one of them is not open; with @closed, such a one
 * is ready for all.
 */
static bool scan_word(struct thread *t, u32 base, const struct fd_bits *want, struct fd_bits *got,
	struct poll_table *pt, bool closed)
{
	u64 bits = want->in | want->out | want->ex, b = 1;

	for (; bits; bits >>= 1, b <<= 1, base++) {
		while (!(bits & 0xff)) {
			bits >>= 8;
			b <<= 8;
			base += 8;
		}
		if (!(bits & 1))
			continue;
		u32 ev = (want->in & b ? POLLIN | POLLRDNORM : 0) |
			(want->out & b ? POLLOUT | POLLWRNORM : 0) | (want->ex & b ? POLLPRI : 0);
		u32 r = look(t, (s32)base, ev, got->in | got->out | got->ex ? NULL : pt);
		if (unlikely(r & POLLNVAL) && !closed)
			return false;
		if (r)
			select_mark(got, want, b, r);
	}
	return true;
}

/*
 * Scans the first @n descriptors of the sets. Returns how many bits are set in @got, which is valid
 * only then and for a result of 0. *@err: -EBADF if a descriptor of a set is not open; NULL: that is no
 * error any more.
 */
static u32 scan_sets(struct thread *t, const struct fd_sets *want, struct fd_sets *got, u32 n,
	struct poll_table *pt, int *err)
{
	u32 w, ready = 0;

	for (w = 0; w < div_round_up(n, 64u); w++) {
		u64 mask = n - w * 64 < 64 ? bit(n - w * 64) - 1 : ~0ul;
		struct fd_bits some = { want->in[w] & mask, want->out[w] & mask,
			want->ex[w] & mask };
		struct fd_bits found = { 0 };
		if (!scan_word(t, w * 64, &some, &found, ready ? NULL : pt, !err)) {
			*err = -EBADF;
			return 0;
		}
		got->in[w] = found.in;
		got->out[w] = found.out;
		got->ex[w] = found.ex;
		if (found.in | found.out | found.ex)
			ready += bit_count(found.in) + bit_count(found.out) + bit_count(found.ex);
	}
	return ready;
}

/*
 * As poll_loop, with sets. A descriptor that another thread closes during the wait is ready at the
 * next scan, as on Linux.
 */
static s64 do_select(struct thread *t, const struct fd_sets *want, struct fd_sets *got, u32 n,
	u64 deadline)
{
	struct poll_table pt = { .ops = &waiter_ops };
	s32 bad = 0;
	s64 ret = scan_sets(t, want, got, n, NULL, &bad);
	struct poll_waiter *w;
	int err;

	if (ret || bad || !deadline)
		return bad ? bad : ret;
	w = get_waiter(t);
	if (!w)
		return -ENOMEM;
	pt.waiter = &w->obj;
	task_park_reset();
	ret = scan_sets(t, want, got, n, &pt, NULL);
	while (!ret && !pt.error) {
		err = task_park(WAIT_INTERRUPTIBLE, deadline);
		ret = scan_sets(t, want, got, n, NULL, NULL);
		if (err && !ret) {
			ret = err == -ETIMEDOUT ? 0 : -EINTR;
			break;
		}
	}
	drop_entries(&pt);
	return pt.error && !ret ? pt.error : ret;
}

/* The three sets of a call in user memory; va 0: no such set. */
struct user_sets {
	struct uaddr in, out, ex;
};

static s64 get_sets(const struct user_sets *u, u64 bytes, struct fd_sets *want)
{
	return (u->in.va && copy_in(span_first(value_span(&want->in), bytes), u->in)) ||
			(u->out.va && copy_in(span_first(value_span(&want->out), bytes), u->out)) ||
			(u->ex.va && copy_in(span_first(value_span(&want->ex), bytes), u->ex))
		? -EFAULT
		: 0;
}

static s64 put_sets(const struct user_sets *u, u64 bytes, const struct fd_sets *got)
{
	return (u->in.va && copy_out(u->in, cspan_first(value_cspan(&got->in), bytes))) ||
			(u->out.va &&
				copy_out(u->out, cspan_first(value_cspan(&got->out), bytes))) ||
			(u->ex.va && copy_out(u->ex, cspan_first(value_cspan(&got->ex), bytes)))
		? -EFAULT
		: 0;
}

/*
 * Reads the sets, installs the mask, waits, and writes the results. The callers turn -EINTR into a
 * restart.
 */
static s64 select_sets(struct thread *t, s32 n, const struct user_sets *sets, u64 deadline,
	struct uaddr mask, u64 mask_size)
{
	struct fd_sets want = { 0 };
	struct fd_sets got;
	u64 bytes;
	s64 ret;

	n = min(n, (s32)min((u64)SET_WORDS * 64, (u64)files_limit(t->files)));
	bytes = div_round_up((u64)n, 64ul) * 8;
	ret = get_sets(sets, bytes, &want);
	if (!ret)
		ret = set_temporary_mask(t, mask, mask_size);
	if (ret)
		return ret;
	ret = do_select(t, &want, &got, (u32)n, deadline);
	if (ret >= 0 && put_sets(sets, bytes, &got))
		ret = -EFAULT;
	return finish_mask(t, mask, ret);
}

struct sigset_arg {
	u64 ptr, len;
};

s64 sys_pselect6(struct thread *t, s32 n, struct uaddr in, struct uaddr out, struct uaddr ex,
	struct uaddr timeout, struct uaddr sig)
{
	const struct user_sets sets = { in, out, ex };
	struct sigset_arg mask = { 0 };
	u64 deadline;
	s64 ret;

	if (n < 0)
		return -EINVAL;
	if (sig.va && user_get(&mask, sig))
		return -EFAULT;
	ret = deadline_from_user(timeout, &deadline);
	if (ret)
		return ret;
	ret = select_sets(t, n, &sets, deadline, UADDR(mask.ptr), mask.len);
	put_remaining(timeout, deadline);
	return ret == -EINTR && !(timeout.va && timeouts_stay()) ? -ERESTARTNOHAND : ret;
}

/*
 * A deadline from a struct timeval; microseconds above a second are carried over. 0, -EFAULT,
 * -EINVAL.
 */
static s64 deadline_from_timeval(struct uaddr timeout, u64 *deadline)
{
	struct timeval64 tv = { 0 };
	struct timespec64 ts;
	u64 ns = 0;

	*deadline = NO_DEADLINE;
	if (!timeout.va)
		return 0;
	if (user_get(&tv, timeout))
		return -EFAULT;
	ts = (struct timespec64){ .sec = tv.sec + tv.usec / 1000000,
		.nsec = tv.usec % 1000000 * (s64)NSEC_PER_USEC };
	if (timespec_to_ns(&ts, &ns))
		return -EINVAL;
	*deadline = ns ? time_mono_ns() + ns : 0;
	return 0;
}

/*
 * The time left is written over the time-out, as Linux does, unless the personality says otherwise.
 */
s64 sys_select(struct thread *t, s32 n, struct uaddr in, struct uaddr out, struct uaddr ex,
	struct uaddr timeout)
{
	const struct user_sets sets = { in, out, ex };
	struct timeval64 left = { 0 };
	u64 deadline, now;
	s64 ret = deadline_from_timeval(timeout, &deadline);

	if (ret)
		return ret;
	if (n < 0)
		return -EINVAL;
	ret = select_sets(t, n, &sets, deadline, UADDR(0), 0);
	if (timeout.va && deadline && !timeouts_stay()) {
		now = time_mono_ns();
		if (deadline > now)
			left = (struct timeval64){ .sec = (s64)((deadline - now) / NSEC_PER_SEC),
				.usec = (s64)((deadline - now) % NSEC_PER_SEC / NSEC_PER_USEC) };
		(void)!user_put(timeout, &left);
	}
	return ret == -EINTR && !(timeout.va && timeouts_stay()) ? -ERESTARTNOHAND : ret;
}
