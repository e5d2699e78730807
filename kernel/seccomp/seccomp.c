// SPDX-License-Identifier: MPL-2.0
/*
 * The entry of a system call under seccomp, and the calls that switch it on. See seccomp(2).
 *
 * A thread without seccomp pays nothing: syscall_dispatch tests thread.entry_work, which it tests
 * for tracing anyway. A thread with filters first looks its call up in the newest filter's map of
 * calls that are allowed whatever their arguments are (filter.c), and runs the programs only if the
 * call is not in it.
 *
 * The strictest result of all filters counts. Its upper half is an action, its lower half data:
 *
 *	kill_process, kill_thread	as by SIGSYS without a handler; also what nobody knows
 *	trap				SIGSYS with the call's number, whose handler sees the
 *					registers as they were before the call
 *	errno				the data is the error
 *	user_notif			another process answers (listener.c)
 *	trace				a tracer decides; there is none, so ENOSYS
 *	log, allow			the call runs
 *
 * thread.seccomp and seccomp_mode change under proc_lock: the thread's own call changes them, or
 * that of another thread of the process (SECCOMP_FILTER_FLAG_TSYNC). They never become weaker. The
 * thread reads its own without a lock: a filter that is replaced stays an ancestor of the new one.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/syscall.h>
#include <kernel/text.h>
#include <kernel/uaccess.h>

#include "internal.h"

/* ---- the log ---- */

/* From the strictest to the weakest. */
static const struct {
	u32 action;
	struct lit name;
} actions[] = {
	{ SECCOMP_RET_KILL_PROCESS, LIT("kill_process") },
	{ SECCOMP_RET_KILL_THREAD, LIT("kill_thread") },
	{ SECCOMP_RET_TRAP, LIT("trap") },
	{ SECCOMP_RET_ERRNO, LIT("errno") },
	{ SECCOMP_RET_USER_NOTIF, LIT("user_notif") },
	{ SECCOMP_RET_TRACE, LIT("trace") },
	{ SECCOMP_RET_LOG, LIT("log") },
	{ SECCOMP_RET_ALLOW, LIT("allow") },
};
#define LAST_ACTION (ARRAY_LEN(actions) - 1) /* allow: never logged */

static u32 logged = bit(LAST_ACTION) - 1; /* a bit for each of `actions` */

/* The action's place in the table; an unknown one kills the process. */
static u32 action_index(u32 action)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(actions); i++) {
		if (actions[i].action == action)
			return i;
	}
	return 0;
}

void seccomp_logged_show(struct fmt *f, bool all)
{
	u32 set = all ? ~0u : load_once(logged), i;
	bool first = true;

	for (i = 0; i < ARRAY_LEN(actions); i++) {
		if (!(set & bit(i)))
			continue;
		if (!first)
			fmt_char(f, ' ');
		fmt_lit(f, actions[i].name);
		first = false;
	}
	fmt_char(f, '\n');
}

int seccomp_logged_set(struct cspan text)
{
	u32 set = 0, i;

	while (cspan_len(text)) {
		size_t end = min(cspan_find(text, ' '), cspan_find(text, '\n'));

		for (i = 0; end && i < LAST_ACTION; i++) {
			if (cspan_equal(cspan_first(text, end), lit_span(actions[i].name)))
				break;
		}
		if (i == LAST_ACTION)
			return -EINVAL;
		if (end)
			set |= (u32)bit(i);
		text = cspan_from(text, min(end + 1, cspan_len(text)));
	}
	store_once(logged, set);
	return 0;
}

/* Logs what happens to call @nr. @wanted: the filter asked for it; killing is always logged. */
static void log_call(const struct thread *t, s32 nr, u32 action, bool wanted)
{
	static struct log_limit limit;
	u32 i = action_index(action);
	char line[120];
	FMT(f, span_of(line));

	if (!wanted && actions[i].action > SECCOMP_RET_KILL_THREAD &&
		actions[i].action < SECCOMP_RET_LOG)
		return;
	if (!(load_once(logged) & bit(i)) || !log_limit_pass(&limit))
		return;
	fmt_span(&f, text_in(t->comm));
	fmt_printf(&f, "[%d]: seccomp: system call %d, ", t->tid, nr);
	fmt_lit(&f, actions[i].name);
	log_text(LOG_INFO, fmt_text(&f));
}

/* ---- the entry ---- */

/* Ends the thread as if by signal @signo. From the last one the process gets that status. */
static enum seccomp_verdict end_thread(struct thread *t, s32 signo)
{
	t->exit_code = signo;
	thread_set_work(t, WORK_EXIT);
	return SECCOMP_GONE;
}

static enum seccomp_verdict seccomp_answer(struct thread *t, s64 ret)
{
	user_set_ret(t->user, (u64)ret);
	return SECCOMP_ANSWER;
}

/* The strict mode knows four calls. SIGKILL ends the calling thread only. */
static enum seccomp_verdict enter_strict(struct thread *t, s32 nr)
{
	if (nr == NR_read || nr == NR_write || nr == NR_exit || nr == NR_rt_sigreturn)
		return SECCOMP_RUN;
	log_call(t, nr, SECCOMP_RET_KILL_THREAD, true);
	return end_thread(t, SIGKILL);
}

static struct siginfo seccomp_info(const struct seccomp_data *d, u32 data)
{
	return (struct siginfo){ .signo = SIGSYS,
		.err = (s32)data,
		.code = SYS_SECCOMP,
		.addr = d->ip,
		.value = (u32)d->nr | (u64)d->arch << 32 };
}

/* SIGSYS: the registers stay as they are, so the handler sees the call. */
static enum seccomp_verdict trap(struct thread *t, const struct seccomp_data *d, u32 data)
{
	struct siginfo info = seccomp_info(d, data);

	signal_force_info(t, &info);
	return SECCOMP_GONE;
}

/* Whether all other threads of the process are ending. */
static bool is_last_thread(const struct thread *t)
{
	const struct process *p = t->process;
	bool last;

	spin_lock(&proc_lock);
	last = p->nr_threads - p->nr_leaving == 1;
	spin_unlock(&proc_lock);
	return last;
}

/* SIGSYS without a handler, which dumps core, for the process, or for a thread that is its last. */
static enum seccomp_verdict seccomp_kill(struct thread *t, const struct seccomp_data *d, u32 data,
	bool whole_process)
{
	struct siginfo info = seccomp_info(d, data);

	if (!whole_process && !is_last_thread(t))
		return end_thread(t, SIGSYS);
	t->ended_in_call = true;
	signal_end_process(t, &info);
	return SECCOMP_GONE;
}

#define MAX_ERRNO 4095u

static enum seccomp_verdict enter_filtered(struct thread *t, struct seccomp_filter *f,
	const struct seccomp_data *d)
{
	struct seccomp_filter *by = NULL;
	u32 ret = seccomp_ask_filters(f, d, &by);
	u32 action = ret & SECCOMP_RET_ACTION, data = ret & SECCOMP_RET_DATA;

	if (action == SECCOMP_RET_ALLOW)
		return SECCOMP_RUN;
	log_call(t, d->nr, action, by && by->log);
	switch (action) {
	case SECCOMP_RET_LOG:
		return SECCOMP_RUN;
	case SECCOMP_RET_ERRNO:
		return seccomp_answer(t, -(s64)min(data, MAX_ERRNO));
	case SECCOMP_RET_TRAP:
		return trap(t, d, data);
	case SECCOMP_RET_TRACE:
		return seccomp_answer(t, -ENOSYS);
	case SECCOMP_RET_USER_NOTIF:
		return by && by->listener ? seccomp_ask_supervisor(t, by->listener, d)
					  : seccomp_answer(t, -ENOSYS);
	default:
		return seccomp_kill(t, d, data, action != SECCOMP_RET_KILL_THREAD);
	}
}

enum seccomp_verdict seccomp_enter(struct thread *t)
{
	struct user_ctx *u = t->user;
	struct seccomp_filter *f = load_acquire(t->seccomp);
	struct seccomp_data d = { .nr = (s32)user_syscall_nr(u) };
	u32 i;

	if (load_once(t->seccomp_mode) == SECCOMP_MODE_STRICT)
		return enter_strict(t, d.nr);
	if (!f)
		return SECCOMP_RUN;
	if ((u32)d.nr < NR_SYSCALLS && (f->allowed[(u32)d.nr / 64] & bit((u32)d.nr % 64)))
		return SECCOMP_RUN;
	d.arch = ABI_AUDIT_ARCH;
	d.ip = user_pc(u);
	for (i = 0; i < ARRAY_LEN(d.args); i++)
		d.args[i] = user_syscall_arg(u, i);
	return enter_filtered(t, f, &d);
}

/* ---- calls ---- */

static s64 set_strict(struct thread *t)
{
	s64 err = 0;

	spin_lock(&proc_lock);
	if (t->seccomp_mode == SECCOMP_MODE_FILTER) {
		err = -EINVAL;
	} else {
		store_once(t->seccomp_mode, SECCOMP_MODE_STRICT);
		set_bits(t->entry_work, ENTRY_SECCOMP);
	}
	spin_unlock(&proc_lock);
	return err;
}

s64 seccomp_prctl(struct thread *t, u64 mode, u64 fprog)
{
	switch (mode) {
	case SECCOMP_MODE_STRICT:
		return set_strict(t);
	case SECCOMP_MODE_FILTER:
		return seccomp_install(t, 0, UADDR(fprog));
	default:
		return -EINVAL;
	}
}

static s64 action_available(struct uaddr args)
{
	u32 action, i;

	if (user_get(&action, args))
		return -EFAULT;
	for (i = 0; i < ARRAY_LEN(actions); i++) {
		if (actions[i].action == action)
			return 0;
	}
	return -EOPNOTSUPP;
}

s64 sys_seccomp(struct thread *t, u32 op, u32 flags, struct uaddr args)
{
	struct seccomp_notif_sizes sizes = { .notif = sizeof(struct seccomp_notif),
		.resp = sizeof(struct seccomp_notif_resp),
		.data = sizeof(struct seccomp_data) };

	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return flags || args.va ? -EINVAL : set_strict(t);
	case SECCOMP_SET_MODE_FILTER:
		return seccomp_install(t, flags, args);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags ? -EINVAL : action_available(args);
	case SECCOMP_GET_NOTIF_SIZES:
		if (flags)
			return -EINVAL;
		return user_put(args, &sizes) ? -EFAULT : 0;
	default:
		return -EINVAL;
	}
}
