// SPDX-License-Identifier: MPL-2.0
/* See sim.h. */
#include <frame/boot.h>
#include <frame/buf.h>
#include <frame/cpu.h>
#include <frame/page.h>
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/chrdev.h>
#include <kernel/clock.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/notify.h>
#include <kernel/pidfd.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/sigio.h>
#include <kernel/signal.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "heap.h"
#include "sim.h"

void abort(void) __attribute__((noreturn));
void *mmap(void *at, size_t n, int prot, int flags, int fd, long off);
void *memcpy(void *dst, const void *src, size_t n);
typedef void *jmp_buf[32];
int _setjmp(jmp_buf b);
void longjmp(jmp_buf b, int v) __attribute__((noreturn));

struct thread *sim_thread;
u8 *sim_user;
u64 sim_now = NSEC_PER_SEC;
void *host_task;
/* ---- objects, buffers, pages ---- */

void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	abort();
}

struct buf {
	u32 refs;
	size_t size;
	u8 bytes[];
};

struct buf *buf_alloc(size_t size)
{
	struct buf *b = size > BUF_MAX || unit_fails() ? NULL : calloc(1, sizeof(*b) + size);

	if (b) {
		b->refs = 1;
		b->size = size;
		unit_objects++;
	}
	return b;
}

struct buf *_buf_alloc(size_t size, unsigned class)
{
	(void)class;
	return buf_alloc(size);
}

struct buf *buf_get(struct buf *b)
{
	b->refs++;
	return b;
}

void buf_put(struct buf **bp)
{
	struct buf *b = *bp;

	*bp = NULL;
	if (b && !--b->refs) {
		free(b);
		unit_objects--;
	}
}

struct span buf_span(struct buf *b)
{
	return (struct span){ b->bytes, b->size };
}

struct cspan buf_cspan(struct buf *b)
{
	return (struct cspan){ b->bytes, b->size };
}

size_t buf_size(const struct buf *b)
{
	return b->size;
}

struct page *page_alloc_wait(u32 flags)
{
	return page_alloc(flags);
}

void page_get_stats(struct page_stats *out)
{
	*out = (struct page_stats){ .total = 1 << 16, .free = 1 << 15 };
}

/* ---- time, tasks, waiting ---- */

u64 time_mono_ns(void)
{
	return sim_now;
}

u64 clock_realtime_ns(void)
{
	return 1767225600ul * NSEC_PER_SEC + sim_now;
}

struct timespec64 timespec_of_ns(u64 ns)
{
	return (struct timespec64){ (s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC) };
}

int deadline_from_user(struct uaddr timespec, u64 *deadline_ns)
{
	(void)timespec;
	*deadline_ns = NO_DEADLINE;
	return 0;
}

struct timer {
	const struct timer_ops *ops;
	struct obj *owner;
	u64 at; /* 0: disarmed */
	struct timer *next;
};
static struct timer *timers;

struct timer *timer_new(const struct timer_ops *ops, struct obj *owner)
{
	struct timer *t = unit_fails() ? NULL : calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ops = ops;
	t->owner = obj_get_any(owner);
	t->next = timers;
	timers = t;
	return t;
}

void timer_set(struct timer *t, u64 deadline_ns)
{
	t->at = max(deadline_ns, 1ul);
}

void timer_put(struct timer **tp)
{
	struct timer *t = *tp, **at = &timers;

	*tp = NULL;
	if (!t)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	obj_put_any(&t->owner);
	free(t);
}

static struct sim_task {
	const struct task_ops *ops;
	struct obj *owner;
} tasks[8];
static u32 nr_tasks;
static bool in_task;
static jmp_buf waits;

struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name)
{
	(void)name;
	UNIT_CHECK(nr_tasks < ARRAY_LEN(tasks));
	tasks[nr_tasks].ops = ops;
	tasks[nr_tasks].owner = owner ? obj_get_any(owner) : NULL;
	return (struct task *)&tasks[nr_tasks++];
}

void task_start(struct task *t)
{
	(void)t;
}

void task_put(struct task **tp)
{
	*tp = NULL;
}

void task_cond_resched(void)
{
}

void task_yield(void)
{
}

bool loop_should_end(void)
{
	return false;
}

void waitq_prepare(struct waitq *wq, enum wait_mode mode)
{
	(void)wq;
	(void)mode;
}

void waitq_cancel(void)
{
}

/* A task of the kernel is left here; a program's call finds that its time is over. */
int waitq_commit(u64 deadline_ns)
{
	if (in_task)
		longjmp(waits, 1);
	UNIT_CHECK(deadline_ns != NO_DEADLINE);
	return -ETIMEDOUT;
}

unsigned _waitq_wake(struct waitq *wq, unsigned nr)
{
	(void)wq;
	return nr;
}

void sim_tasks(void)
{
	volatile u32 turn, i;

	for (turn = 0; turn < 2; turn++) {
		for (i = 0; i < nr_tasks; i++) {
			in_task = true;
			if (!_setjmp(waits))
				tasks[i].ops->run(tasks[i].owner);
			in_task = false;
		}
	}
}

void sim_advance(u64 ns)
{
	u64 end = sim_now + ns;
	struct timer *t, *first;
	u32 steps;

	for (steps = 0; steps < 4096; steps++) {
		first = NULL;
		for (t = timers; t; t = t->next) {
			if (t->at && t->at <= end && (!first || t->at < first->at))
				first = t;
		}
		if (!first)
			break;
		sim_now = max(sim_now, first->at);
		first->at = 0;
		{
			struct obj *owner = obj_get_any(first->owner);
			first->ops->fire(first->owner);
			obj_put_any(&owner);
		}
		sim_tasks();
	}
	sim_now = end;
	sim_tasks();
}

void _mutex_lock_slow(struct mutex *m)
{
	(void)m;
	UNIT_CHECK(!"a mutex is held already");
}

void _mutex_unlock_slow(struct mutex *m)
{
	(void)m;
}

void _spin_wait(struct spinlock *l)
{
	(void)l;
	UNIT_CHECK(!"a spinlock is held already");
}

unsigned cpu_count(void)
{
	return 1;
}

u64 random_u64(void)
{
	return (u64)unit_random(~0u) << 32 | unit_random(~0u);
}

void random_bytes(struct span out)
{
	size_t i;

	for (i = 0; i < out._n; i++)
		out._p[i] = (u8)unit_random(256);
}

/* ---- threads, signals, credentials ---- */

static void thread_release(struct thread *t)
{
	(void)t;
}
OBJ_TYPE(thread, thread_release);
OBJ_TYPE(process, NULL_RELEASE);
OBJ_TYPE(cred, NULL_RELEASE);

bool signal_pending(struct thread *t)
{
	(void)t;
	return false;
}

int signal_send_thread(struct thread *t, const struct siginfo *info)
{
	(void)t;
	(void)info;
	return 0;
}

struct process *process_find(s32 pid)
{
	(void)pid;
	return NULL;
}

bool cred_in_group(const struct cred *c, u32 gid)
{
	return c->fsgid == gid;
}

/* Nobody is told of files by signals, and nobody has descriptors of processes. */
int sigio_set_owner(struct file *f, s32 type, s32 id, bool keep)
{
	(void)f;
	(void)type;
	(void)id;
	(void)keep;
	return 0;
}

int sigio_set_owner_signed(struct file *f, s32 who)
{
	(void)f;
	(void)who;
	return 0;
}

s32 sigio_owner(const struct file *f, s32 *type)
{
	(void)f;
	*type = 0;
	return 0;
}

int pidfd_file_new(struct process *p, struct thread *t, u32 flags, struct file **out)
{
	(void)p;
	(void)t;
	(void)flags;
	(void)out;
	return -ENOMEM;
}

/* ---- files ---- */

#define NR_FDS 256u
static struct file *fds[NR_FDS];

static void file_release(struct file *f)
{
	if (f->ops && f->ops->release)
		f->ops->release(f);
	obj_put_any(&f->private);
	obj_put(&f->inode);
}
OBJ_TYPE(file, file_release);
OBJ_TYPE(inode, NULL_RELEASE);

struct file *file_new_anon(struct lit name, const struct file_ops *ops, struct obj *private,
	u32 flags, u32 mode)
{
	struct file *f = obj_new(file);
	struct inode *ino = f ? obj_new(inode) : NULL;

	(void)name;
	if (!ino) {
		obj_put(&f);
		obj_put_any(&private);
		return NULL;
	}
	ino->mode = S_IFSOCK | 0777;
	f->inode = ino;
	f->ops = ops;
	f->private = private;
	f->flags = flags;
	f->mode = mode;
	return f;
}

s32 fd_install(struct thread *t, struct file *f, s32 from, bool cloexec)
{
	s32 fd;

	(void)t;
	(void)from;
	(void)cloexec;
	for (fd = 0; fd < (s32)NR_FDS; fd++) {
		if (!fds[fd]) {
			fds[fd] = obj_get(f);
			return fd;
		}
	}
	return -EMFILE;
}

s32 fd_reserve(struct thread *t, s32 from, bool cloexec)
{
	s32 fd;

	(void)t;
	(void)from;
	(void)cloexec;
	for (fd = 0; fd < (s32)NR_FDS && fds[fd]; fd++)
		;
	return fd < (s32)NR_FDS ? fd : -EMFILE;
}

void fd_publish(struct thread *t, s32 fd, struct file *f)
{
	(void)t;
	fds[fd] = obj_get(f);
}

void fd_unreserve(struct thread *t, s32 fd)
{
	(void)t;
	(void)fd;
}

struct file *file_get(struct thread *t, s32 fd)
{
	(void)t;
	return fd >= 0 && fd < (s32)NR_FDS && fds[fd] ? obj_get(fds[fd]) : NULL;
}

struct file *file_get_path(struct thread *t, s32 fd)
{
	return file_get(t, fd);
}

void sim_close(s32 fd)
{
	obj_put(&fds[fd]);
}

void sim_close_all(void)
{
	s32 fd;

	for (fd = 0; fd < (s32)NR_FDS; fd++)
		obj_put(&fds[fd]);
}

void file_accessed(struct file *f)
{
	(void)f;
}

int file_take_page(struct file *f, u64 pos, u64 left, struct page **out)
{
	(void)f;
	(void)pos;
	(void)left;
	(void)out;
	return -EOPNOTSUPP;
}

int chrdev_register(u32 major, u32 first, u32 count, struct lit name, u32 mode,
	const struct file_ops *ops)
{
	(void)major;
	(void)first;
	(void)count;
	(void)name;
	(void)mode;
	(void)ops;
	return 0;
}

int inode_permission(struct inode *ino, u32 mask)
{
	(void)ino;
	(void)mask;
	return 0;
}

void notify_dentry_event(struct dentry *d, u32 event, bool by_file)
{
	(void)d;
	(void)event;
	(void)by_file;
}

u32 notify_watchers;

void poll_register(struct poll_table *pt, struct poll_source **sp)
{
	(void)pt;
	(void)sp;
}

void poll_source_notify(struct poll_source *s, u32 events)
{
	(void)s;
	(void)events;
}

/* ---- user memory ---- */

size_t _user_copy_in(void *dst, u64 src, size_t n)
{
	if (src < (u64)sim_user || src - (u64)sim_user > SIM_USER_BYTES ||
		n > SIM_USER_BYTES - (src - (u64)sim_user))
		return n;
	memcpy(dst, (const void *)src, n);
	return 0;
}

size_t _user_copy_out(u64 dst, const void *src, size_t n)
{
	if (dst < (u64)sim_user || dst - (u64)sim_user > SIM_USER_BYTES ||
		n > SIM_USER_BYTES - (dst - (u64)sim_user))
		return n;
	memcpy((void *)dst, src, n);
	return 0;
}

int copy_in_rest(struct span dst, struct uaddr src, size_t done)
{
	(void)dst;
	(void)src;
	(void)done;
	return -EFAULT;
}

int copy_out_rest(struct uaddr dst, struct cspan src, size_t done)
{
	(void)dst;
	(void)src;
	(void)done;
	return -EFAULT;
}

size_t uio_take(struct uio *u, struct span dst)
{
	size_t n = min(dst._n, u->left);

	if (_user_copy_in(dst._p, u->base, n))
		return 0;
	u->base += n;
	u->left -= n;
	return n;
}

size_t uio_put(struct uio *u, struct cspan src)
{
	size_t n = min(src._n, u->left);

	if (_user_copy_out(u->base, src._p, n))
		return 0;
	u->base += n;
	u->left -= n;
	return n;
}

size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	UNIT_CHECK(off + len <= PAGE_SIZE);
	return uio_take(u, (struct span){ p->bytes + off, len });
}

size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	UNIT_CHECK(off + len <= PAGE_SIZE);
	return uio_put(u, (struct cspan){ p->bytes + off, len });
}

size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	struct uio u = { .base = src.va, .left = len };

	return uio_take_page_rest(&u, p, off, len);
}

size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	struct uio u = { .base = dst.va, .left = len };

	return uio_put_page_rest(&u, p, off, len);
}

size_t uio_put_zero(struct uio *u, size_t len)
{
	size_t n = min(len, u->left), i;

	for (i = 0; i < n; i++)
		((u8 *)u->base)[i] = 0;
	u->base += n;
	u->left -= n;
	return n;
}

/* One range only. */
int uio_iovec(struct uio *u, struct uaddr iov, u64 count)
{
	struct {
		u64 base, len;
	} v = { 0, 0 };

	if (count && user_get(&v, iov))
		return -EFAULT;
	*u = uio_user(UADDR(v.base), min(v.len, (u64)SIM_USER_BYTES));
	return 0;
}

void uio_done(struct uio *u)
{
	(void)u;
}

/* ---- what AF_UNIX asks of files; no test uses it ---- */

int vfs_mksock(struct thread *t, struct cspan name, u32 mode, bool bound, struct path *out)
{
	(void)t;
	(void)name;
	(void)mode;
	(void)bound;
	(void)out;
	return -EOPNOTSUPP;
}

int path_lookup(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *out)
{
	(void)t;
	(void)dirfd;
	(void)name;
	(void)flags;
	(void)out;
	return -ENOENT;
}

void sim_init(void)
{
	static u8 task[64];

	sim_user = mmap((void *)0x10000000ul, SIM_USER_BYTES, 3, 0x32, -1, 0);
	UNIT_CHECK(sim_user == (u8 *)0x10000000ul);
	sim_thread = obj_new(thread);
	sim_thread->process = obj_new(process);
	sim_thread->process->pid = 77;
	sim_thread->cred = obj_new(cred);
	sim_thread->cred->cap_permitted = sim_thread->cred->cap_effective = ~0ul;
	*(struct obj **)(task + _TASK_OWNER_OFFSET) = &sim_thread->obj;
	host_task = task;
}
