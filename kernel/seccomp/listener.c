// SPDX-License-Identifier: MPL-2.0
/*
 * Supervisors of system calls: SECCOMP_RET_USER_NOTIF. See seccomp_unotify(2).
 *
 * The story of a call. The thread queues a notice on `fresh`, wakes the supervisor and sleeps. The
 * supervisor's RECV moves the notice to `sent` and copies it out. Its SEND stores the answer in the
 * notice and wakes the thread, which takes the notice off the list and returns the answer, or lets
 * the call run. In between ADDFD can hang a file on the notice: the thread wakes, opens it in its
 * own table, reports the number, and sleeps again; or returns the number, if the file is to be the
 * answer (SECCOMP_ADDFD_SEND). Files that hang on the notice are opened even if an answer comes
 * meanwhile.
 *
 * A signal ends the sleep, and the call is restarted or not as any other; with wait_killable, once
 * the notice was received, only a fatal one does. The supervisor then finds no notice of that id:
 * it checks with ID_VALID before it acts on what it has read about the thread.
 *
 * When the descriptor is closed, all notices are answered with ENOSYS, and no new ones are taken.
 * When the filter has no thread any more, the descriptor hangs up.
 *
 * Lifetimes: the thread holds the notice; lists hold none, since the thread takes it off before it
 * goes. The supervisor touches a notice only under the lock, on which list membership is checked.
 *
 * Locking: listener.lock, a leaf.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/random.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#include "internal.h"

enum notice_state {
	NOTICE_FRESH,
	NOTICE_SENT,
	NOTICE_ANSWERING, /* a file that hangs on it becomes the answer, once it is open */
	NOTICE_ANSWERED
};

/* A file for the thread: ADDFD. Held by the supervisor's call; see addfd_file. */
struct seccomp_addfd {
	struct obj obj;
	LIST_LINK(seccomp_addfd) link;
	struct file *file;
	s32 fd; /* the number, -1: any */
	u32 flags, fd_flags;
	bool taken; /* off the list: the thread is opening it */
	bool done;  /* ret is valid */
	s64 ret;
	struct waitq done_wait;
};

static void seccomp_addfd_release(struct seccomp_addfd *a)
{
	obj_put(&a->file);
}
OBJ_TYPE_DECL(seccomp_addfd);
OBJ_TYPE(seccomp_addfd, seccomp_addfd_release);

struct seccomp_notice {
	struct obj obj;
	LIST_LINK(seccomp_notice) link;
	u64 id;
	s32 tid;
	struct seccomp_data data;
	/* Under the lock; read without it to wait. */
	u32 state;
	LIST_HEAD(seccomp_addfd) files; /* references */
	s64 val;
	int error;
	u32 flags;
	struct waitq wait; /* the thread */
};

static void seccomp_notice_release(struct seccomp_notice *n)
{
	(void)n;
}
OBJ_TYPE_DECL(seccomp_notice);
OBJ_TYPE(seccomp_notice, seccomp_notice_release);

static void seccomp_listener_release(struct seccomp_listener *l)
{
	obj_put(&l->poll);
}
OBJ_TYPE(seccomp_listener, seccomp_listener_release);

/* Ids begin at a random number, as on Linux, so that no program relies on their being small. */
struct seccomp_listener *seccomp_listener_new(bool wait_killable)
{
	struct seccomp_listener *l = obj_new(seccomp_listener);

	if (!l)
		return NULL;
	l->wait_killable = wait_killable;
	l->next_id = random_u64();
	return l;
}

/*
 * The last thread of the filter has gone: a supervisor that waits for a notice would wait for ever.
 */
void seccomp_listener_unused(struct seccomp_listener *l)
{
	store_once(l->unused, true);
	waitq_wake_all(&l->recv_wait);
	poll_notify(l->poll, POLLHUP);
}

/* ---- the thread; listener.lock held unless said otherwise ---- */

/* Wakes the thread, whose notice is about to be looked at. The caller has the lock. */
static void answer_locked(struct seccomp_notice *n, int error, s64 val, u32 flags)
{
	n->error = error;
	n->val = val;
	n->flags = flags;
	store_release(n->state, NOTICE_ANSWERED);
	waitq_wake_all(&n->wait);
}

static void listener_unlink_locked(struct seccomp_listener *l, struct seccomp_notice *n)
{
	if (n->state == NOTICE_FRESH)
		list_remove(&l->fresh, n, link);
	else
		list_remove(&l->sent, n, link);
}

/* There is one more request. Without the lock, which the one that wakes is about to take. */
static void tell_supervisor(struct seccomp_listener *l)
{
	waitq_wake_one(&l->recv_wait);
	poll_notify(l->poll, POLLIN | POLLRDNORM);
}

static void addfd_done(struct seccomp_addfd *a, s64 ret)
{
	a->ret = ret;
	store_release(a->done, true);
	waitq_wake_all(&a->done_wait);
}

/*
 * Opens the files that hang on the notice. The lock is not held meanwhile: the number may be that
 * of a file whose closing takes time. The reference on the file goes there, too. Supervisors could
 * hang files on it without end: a thread that is killed opens no more. An answer by file
 * (NOTICE_ANSWERING) becomes one here, or the notice goes back to the supervisor if the file could
 * not be opened.
 */
static void open_files_locked(struct thread *t, struct seccomp_listener *l,
	struct seccomp_notice *n)
{
	struct seccomp_addfd *a;
	s64 ret;

	while (!signal_fatal_pending(t) && (a = list_first(&n->files)) != NULL) {
		list_remove(&n->files, a, link);
		a->taken = true;
		mutex_unlock(&l->lock);
		ret = a->flags & SECCOMP_ADDFD_SETFD
			? fd_replace(t, a->file, a->fd, a->fd_flags & O_CLOEXEC)
			: fd_install(t, a->file, 0, a->fd_flags & O_CLOEXEC);
		obj_put(&a->file);
		mutex_lock(&l->lock);
		if ((a->flags & SECCOMP_ADDFD_SEND) && n->state == NOTICE_ANSWERING) {
			if (ret >= 0)
				answer_locked(n, 0, ret, 0);
			else
				store_once(n->state, NOTICE_SENT);
		}
		addfd_done(a, ret);
		obj_put(&a);
	}
}

/* The notice is on no list, so no more files come. */
static void drop_files_locked(struct seccomp_listener *l, struct seccomp_notice *n)
{
	struct seccomp_addfd *a;

	while ((a = list_first(&n->files)) != NULL) {
		list_remove(&n->files, a, link);
		a->taken = true;
		mutex_unlock(&l->lock);
		obj_put(&a->file);
		mutex_lock(&l->lock);
		addfd_done(a, -ESRCH);
		obj_put(&a);
	}
}

/*
 * Sleeps until the notice is answered: 0, or -EINTR. Takes and keeps the lock. How it sleeps
 * changes with the state: when the notice is received, the sleep that follows the next signal is
 * killable; when the notice is given back, the thread is woken and sleeps in the other way.
 */
static int listener_wait_answer(struct thread *t, struct seccomp_listener *l,
	struct seccomp_notice *n)
{
	int err;

	for (;;) {
		bool killable = l->wait_killable && load_acquire(n->state) != NOTICE_FRESH;

		wait_event(&n->wait,
			load_acquire(n->state) == NOTICE_ANSWERED || load_once(n->files.first) ||
				(killable && load_once(n->state) == NOTICE_FRESH),
			killable ? WAIT_KILLABLE : WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		mutex_lock(&l->lock);
		open_files_locked(t, l, n);
		if (n->state == NOTICE_ANSWERED)
			return 0;
		if (signal_fatal_pending(t))
			return -EINTR;
		/* A notice that was received meanwhile may have to wait on. */
		if (err && (killable || !l->wait_killable || n->state == NOTICE_FRESH))
			return err;
		mutex_unlock(&l->lock);
	}
}

/*
 * Without a supervisor the call fails with -ENOSYS. An interrupted wait is an interrupted call: a
 * signal handler may restart it, and then it is asked about anew.
 */
enum seccomp_verdict seccomp_ask_supervisor(struct thread *t, struct seccomp_listener *l,
	const struct seccomp_data *d)
{
	struct seccomp_notice *n = obj_new(seccomp_notice);
	s64 ret = -ENOSYS;
	u32 flags = 0;
	int err;

	if (!n) {
		user_set_ret(t->user, (u64)-ENOMEM);
		return SECCOMP_ANSWER;
	}
	n->tid = t->tid;
	n->data = *d;
	mutex_lock(&l->lock);
	if (!l->closed) {
		n->id = l->next_id++;
		list_push_back(&l->fresh, n, link);
		store_once(l->requests, l->requests + 1);
		mutex_unlock(&l->lock);
		tell_supervisor(l);
		err = listener_wait_answer(t, l, n);
		listener_unlink_locked(l, n);
		drop_files_locked(l, n);
		ret = err ? -ERESTARTSYS : n->error ? n->error : n->val;
		flags = err ? 0 : n->flags;
	}
	mutex_unlock(&l->lock);
	obj_put(&n);
	if (flags & SECCOMP_NOTIF_CONTINUE)
		return SECCOMP_RUN;
	user_set_ret(t->user, (u64)ret);
	return SECCOMP_ANSWER;
}

/* ---- the supervisor ---- */

/* The notice @id, whose thread still waits; NULL: none. */
static struct seccomp_notice *listener_find_locked(struct seccomp_listener *l, u64 id)
{
	struct seccomp_notice *n;

	list_for_each(n, &l->fresh, link) {
		if (n->id == id)
			return n;
	}
	list_for_each(n, &l->sent, link) {
		if (n->id == id)
			return n;
	}
	return NULL;
}

/* The notice could not be copied out: it is to be received again. */
static void listener_give_back(struct seccomp_listener *l, u64 id)
{
	struct seccomp_notice *n;

	mutex_lock(&l->lock);
	n = listener_find_locked(l, id);
	if (n && n->state == NOTICE_SENT) {
		list_remove(&l->sent, n, link);
		list_push_front(&l->fresh, n, link);
		store_once(n->state, NOTICE_FRESH);
		waitq_wake_all(&n->wait);
		store_once(l->requests, l->requests + 1);
	}
	mutex_unlock(&l->lock);
	tell_supervisor(l);
}

/*
 * Waits until there is something to receive, and takes one request; of several supervisors only one
 * gets it. 0 with the lock held, or -EINTR. If nobody can ask any more, there may be none.
 */
static int take_request(struct seccomp_listener *l)
{
	int err;

	for (;;) {
		wait_event(&l->recv_wait, load_once(l->requests) || load_once(l->unused),
			WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
		if (err)
			return err;
		mutex_lock(&l->lock);
		if (l->requests) {
			store_once(l->requests, l->requests - 1);
			return 0;
		}
		if (load_once(l->unused))
			return 0;
		mutex_unlock(&l->lock);
	}
}

/*
 * The structure must be zero on entry, as Linux demands for the sake of future fields. A request
 * whose thread has been interrupted since leaves no notice: -ENOENT.
 */
static s64 notice_recv(struct seccomp_listener *l, struct uaddr at)
{
	struct seccomp_notif out = { 0 };
	struct seccomp_notice *n;
	int err = user_check_zero(at, sizeof(out));

	if (err)
		return err == -E2BIG ? -EINVAL : err;
	if (take_request(l))
		return -ERESTARTSYS;
	n = list_first(&l->fresh);
	if (n) {
		listener_unlink_locked(l, n);
		list_push_back(&l->sent, n, link);
		store_release(n->state, NOTICE_SENT);
		out = (struct seccomp_notif){ .id = n->id, .pid = (u32)n->tid, .data = n->data };
	}
	mutex_unlock(&l->lock);
	if (!n)
		return -ENOENT; /* its thread was interrupted, or there are no threads */
	poll_notify(l->poll, POLLOUT | POLLWRNORM);
	if (!user_put(at, &out))
		return 0;
	listener_give_back(l, out.id);
	return -EFAULT;
}

/*
 * An answer has a value or an error; to let the call run is neither. One notice is answered once:
 * -EINPROGRESS.
 */
static s64 notice_send(struct seccomp_listener *l, struct uaddr at)
{
	struct seccomp_notif_resp in;
	struct seccomp_notice *n;
	s64 ret = 0;

	if (user_get(&in, at))
		return -EFAULT;
	if (in.flags & ~SECCOMP_NOTIF_CONTINUE || (in.flags && (in.error || in.val)))
		return -EINVAL;
	mutex_lock(&l->lock);
	n = listener_find_locked(l, in.id);
	if (!n)
		ret = -ENOENT;
	else if (n->state != NOTICE_SENT)
		ret = -EINPROGRESS;
	else
		answer_locked(n, in.error, in.val, in.flags);
	mutex_unlock(&l->lock);
	return ret;
}

static s64 notice_is_valid(struct seccomp_listener *l, struct uaddr at)
{
	struct seccomp_notice *n;
	u64 id;
	s64 ret;

	if (user_get(&id, at))
		return -EFAULT;
	mutex_lock(&l->lock);
	n = listener_find_locked(l, id);
	ret = n && n->state == NOTICE_SENT ? 0 : -ENOENT;
	mutex_unlock(&l->lock);
	return ret;
}

/* Hangs the file on the notice, and waits until its thread has opened it. */
static s64 add_file(struct seccomp_listener *l, u64 id, struct seccomp_addfd *a)
{
	struct seccomp_addfd *held;
	struct seccomp_notice *n;
	s64 ret = 0;
	int err;

	mutex_lock(&l->lock);
	n = listener_find_locked(l, id);
	if (!n)
		ret = -ENOENT;
	else if (n->state != NOTICE_SENT)
		ret = -EINPROGRESS;
	else if ((a->flags & SECCOMP_ADDFD_SEND) && !list_empty(&n->files))
		ret = -EBUSY;
	else if (a->flags & SECCOMP_ADDFD_SEND)
		store_once(n->state, NOTICE_ANSWERING);
	if (ret) {
		mutex_unlock(&l->lock);
		return ret;
	}
	held = obj_get(a);
	list_push_back(&n->files, held, link);
	waitq_wake_all(&n->wait);
	mutex_unlock(&l->lock);

	wait_event(&a->done_wait, load_acquire(a->done), WAIT_INTERRUPTIBLE, NO_DEADLINE, &err);
	if (!err)
		return a->ret;
	mutex_lock(&l->lock);
	if (a->taken) { /* the thread has it: what it does cannot be undone, so wait */
		mutex_unlock(&l->lock);
		wait_event(&a->done_wait, load_acquire(a->done), WAIT_KILLABLE, NO_DEADLINE, &err);
		return err ? -ERESTARTSYS : a->ret;
	}
	/* Not taken, so it is on the list of its notice; or its thread is dropping that list. */
	n = listener_find_locked(l, id);
	if (n) {
		if ((a->flags & SECCOMP_ADDFD_SEND) && n->state == NOTICE_ANSWERING)
			store_once(n->state, NOTICE_SENT);
		list_remove(&n->files, a, link);
		obj_put(&held); /* the list's; the caller has one */
	}
	mutex_unlock(&l->lock);
	return -ERESTARTSYS;
}

/*
 * The size is in the number of the ioctl. A longer structure than the one known here is accepted if
 * the rest of it is zero.
 */
static s64 notice_addfd(struct seccomp_listener *l, struct uaddr at, u32 size)
{
	struct seccomp_notif_addfd in = { 0 };
	struct seccomp_addfd *a;
	s64 ret;

	if (size < sizeof(in) || size >= PAGE_SIZE)
		return -EINVAL;
	ret = user_check_zero(uaddr_add(at, sizeof(in)), size - sizeof(in));
	if (ret)
		return ret;
	if (user_get(&in, at))
		return -EFAULT;
	if (in.newfd_flags & ~(u32)O_CLOEXEC)
		return -EINVAL;
	if (in.flags & ~(SECCOMP_ADDFD_SETFD | SECCOMP_ADDFD_SEND))
		return -EINVAL;
	if (in.newfd && !(in.flags & SECCOMP_ADDFD_SETFD))
		return -EINVAL;
	a = obj_new(seccomp_addfd);
	if (!a)
		return -ENOMEM;
	a->file = file_get(thread_current(), (s32)in.srcfd);
	a->flags = in.flags;
	a->fd_flags = in.newfd_flags;
	a->fd = in.flags & SECCOMP_ADDFD_SETFD ? (s32)in.newfd : -1;
	ret = a->file ? add_file(l, in.id, a) : -EBADF;
	obj_put(&a);
	return ret;
}

#define IOCTL_SIZE(cmd)   ((cmd) >> 16 & 0x3fff)
#define IOCTL_NUMBER(cmd) ((cmd) & 0xffffu) /* without the size and the direction */

static s64 listener_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct seccomp_listener *l = obj_cast(seccomp_listener, f->private);

	switch (cmd) {
	case SECCOMP_IOCTL_RECV:
		return notice_recv(l, UADDR(arg));
	case SECCOMP_IOCTL_SEND:
		return notice_send(l, UADDR(arg));
	case SECCOMP_IOCTL_ID_VALID:
	case SECCOMP_IOCTL_ID_VALID_READ:
		return notice_is_valid(l, UADDR(arg));
	case SECCOMP_IOCTL_SET_FLAGS: /* a hint to the scheduler, whose wake-ups need none */
		return arg & ~(u64)SECCOMP_NOTIF_SYNC_WAKE_UP ? -EINVAL : 0;
	default:
		if (IOCTL_NUMBER(cmd) == IOCTL_NUMBER(SECCOMP_IOCTL_ADDFD))
			return notice_addfd(l, UADDR(arg), IOCTL_SIZE(cmd));
		return -EINVAL;
	}
}

/* Readable: a notice can be received; writable: one waits for an answer. */
static u32 listener_poll(struct file *f, struct poll_table *pt)
{
	struct seccomp_listener *l = obj_cast(seccomp_listener, f->private);
	struct seccomp_notice *n;
	u32 events = 0;

	poll_wait(pt, &l->poll);
	mutex_lock(&l->lock);
	if (!list_empty(&l->fresh))
		events |= POLLIN | POLLRDNORM;
	list_for_each(n, &l->sent, link) {
		if (n->state == NOTICE_SENT) {
			events |= POLLOUT | POLLWRNORM;
			break;
		}
	}
	mutex_unlock(&l->lock);
	return events | (load_once(l->unused) ? POLLHUP : 0);
}

/* The supervisor is gone: whoever waits for it gets ENOSYS. */
static void listener_close(struct file *f)
{
	struct seccomp_listener *l = obj_cast(seccomp_listener, f->private);
	struct seccomp_notice *n;

	mutex_lock(&l->lock);
	store_once(l->closed, true);
	while ((n = list_first(&l->fresh)) != NULL) {
		listener_unlink_locked(l, n);
		list_push_back(&l->sent, n, link);
	}
	list_for_each(n, &l->sent, link) {
		if (n->state != NOTICE_ANSWERED)
			answer_locked(n, -ENOSYS, 0, 0);
	}
	mutex_unlock(&l->lock);
}

static const struct file_ops listener_ops = {
	.release = listener_close, .poll = listener_poll, .ioctl = listener_ioctl
};

struct file *seccomp_listener_file(struct seccomp_listener *l)
{
	struct seccomp_listener *held = obj_get(l);

	return file_new_anon(LIT("anon_inode:seccomp notify"), &listener_ops, &held->obj, O_RDWR,
		FMODE_READ | FMODE_WRITE | FMODE_STREAM);
}
