// SPDX-License-Identifier: MPL-2.0
/*
 * execve, execveat: the calling thread's process becomes another program. See execve(2).
 *
 * How it works. Everything that can fail comes first; exec_commit, which cannot fail, comes last.
 *
 * 1. try_exec copies the path, opens the program (exec_open denies writes to it) and copies argv
 *    and envp (args.c). fs_context_begin_exec finds out whether another process shares the
 *    directory and umask, and keeps new sharers out until the end.
 * 2. load_program reads the first bytes of the file. A script replaces the program by its
 *    interpreter, at most EXEC_MAX_DEPTH times. Then it chooses the credentials, makes the new
 *    address space and loads the ELF file into it (elf.c). Once the headers are good, e->fatal is
 *    set: Linux has no old program any more at that point, so a later error kills the process.
 * 3. exec_run maps the vDSO, builds the stack, and copies the signal handlers and the descriptor
 *    table if they are shared.
 * 4. end_siblings sets process.execing under proc_lock and marks the other threads with WORK_EXIT.
 *    The caller sleeps on child_wait until it is the only thread. If a kill or another exec came
 *    first, it returns -EAGAIN and the thread ends. process.execing also makes clone fail, so no
 *    new sibling appears.
 * 5. become_leader gives the thread the pid of the process if it was not the leader.
 * 6. exec_commit switches the program in one hold of proc_lock and then releases the old program's
 *    state.
 *
 * An error before step 4 leaves the caller as it was, unless e->fatal is set. All state of an
 * attempt is in struct exec, and its release undoes the attempt.
 *
 * Locking: proc_lock (steps 4 to 6), sighand.lock inside it. Path walk, loading and copying hold no
 *          lock.
 */
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/random.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/elf.h>
#include <uapi/fs.h>
#include <uapi/personality.h>

#include "../proc.h"
#include "exec.h"

static void exec_release(struct exec *e)
{
	exec_close(&e->file);
	obj_put(&e->strings);
	buf_put(&e->prefix);
	buf_put(&e->name);
	if (e->mm) {
		mm_leave(e->mm);
		obj_put(&e->mm);
	}
	obj_put(&e->cred);
}
OBJ_TYPE(exec, exec_release);

/*
 * exec_deny counts the open executions of an inode, inode.writers the opens for writing. Each side
 * raises its own counter first and then reads the other (both are full atomics), so an execution
 * and an open for writing at the same time cannot both succeed. The loser gets ETXTBSY.
 */
static int open_program(struct thread *t, s32 dirfd, struct cspan name, u32 flags,
	struct file **out)
{
	struct path path = { 0 };
	struct inode *ino;
	int err = path_lookup(t, dirfd, name, lookup_of_at(flags), &path);

	if (err)
		return err;
	ino = path.dentry->inode;
	if (S_IS(ino->mode, S_IFLNK))
		err = -ELOOP;
	else if (!S_IS(ino->mode, S_IFREG) || path_is_noexec(&path))
		err = -EACCES;
	else
		err = inode_permission(ino, MAY_EXEC);
	if (!err && !(ino->mode & 0111))
		err = -EACCES; /* root, too, needs one execute bit */
	if (!err)
		err = file_open_path(&path, O_RDONLY | O_LARGEFILE | FILE_OPEN_EXEC, t->cred, out);
	if (!err) {
		atomic_add(&ino->exec_deny, 1);
		if (atomic_load(&ino->writers)) {
			exec_close(out);
			err = -ETXTBSY;
		}
	}
	path_put(&path);
	return err;
}

/* For init the log names the file: the program, or the interpreter of a program or a script. */
static void tell_missing(struct cspan name, int err)
{
	u8 text[256];
	FMT(f, span_of(text));

	fmt_printf(&f, "init needs a file that cannot be opened, error %d: ", -err);
	fmt_span(&f, cspan_first(name, min(cspan_len(name), 180ul)));
	log_text(LOG_ERR, fmt_text(&f));
}

int exec_open(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct file **out)
{
	int err = open_program(t, dirfd, name, flags, out);

	if (err && t->init_exec)
		tell_missing(name, err);
	return err;
}

void exec_close(struct file **f)
{
	if (*f)
		atomic_sub(&(*f)->inode->exec_deny, 1);
	obj_put(f);
}

static int read_head(struct exec *e)
{
	ssize_t n;

	span_fill(span_of(e->head), 0);
	n = file_read_kernel(e->file, 0, span_of(e->head));
	e->head_len = n > 0 ? (u32)n : 0;
	return n < 0 ? (int)n : 0;
}

/* A program that gains rights by its file must not take its layout from the user that runs it. */
#define PER_CLEAR_ON_SETID \
	(READ_IMPLIES_EXEC | ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | MMAP_PAGE_ZERO)

static bool sets_id(u32 mode)
{
	return (mode & S_ISUID) || (mode & (S_ISGID | 0010)) == (S_ISGID | 0010);
}

/* Whether the layout is randomized: kernel.randomize_va_space, and the program's own wish. */
static bool is_random(const struct exec *e)
{
	return knob_get(KNOB_RANDOMIZE) && !(e->personality & ADDR_NO_RANDOMIZE);
}

u64 exec_random(const struct exec *e, u64 span)
{
	return is_random(e) ? random_u64() & (span - 1) & ~PAGE_MASK : 0;
}

/*
 * Chooses the new credentials, and the personality that goes with them. Mode and owner are read in
 * one hold of the inode's lock, under which chown changes the owner and clears the set-id bits. So
 * the bits of one owner are never applied to another.
 */
static int choose_cred(struct exec *e, struct thread *t)
{
	struct inode *ino = e->file->inode;
	u32 mode, uid, gid;
	bool nosuid;

	e->no_new_privs = load_once(t->no_new_privs);
	nosuid = (e->file->path.mnt->flags & MS_NOSUID) || e->no_new_privs;
	rwlock_read_lock(&ino->lock);
	mode = ino->mode;
	uid = ino->uid;
	gid = ino->gid;
	rwlock_read_unlock(&ino->lock);
	if (inode_permission(ino, MAY_READ))
		e->unreadable = true;
	e->cred = cred_for_exec(t, mode, uid, gid, nosuid, e->fs_shared, &e->secure);
	if (!e->cred)
		return -ENOMEM;
	e->personality = t->personality;
	if ((!nosuid && sets_id(mode)) || (e->cred->cap_permitted & ~t->cred->cap_permitted))
		e->personality &= ~PER_CLEAR_ON_SETID;
	return 0;
}

/*
 * Follows scripts to the program, then makes credentials and address space and loads it. Returns 0
 * or -Exxx; @e owns the parts that exist, also after an error.
 */
static int load_program(struct exec *e, struct thread *t)
{
	u32 depth;
	int err;

	for (depth = 0;; depth++) {
		err = read_head(e);
		if (err)
			return err;
		if (e->head[0] != '#' || e->head[1] != '!')
			break;
		if (depth == EXEC_MAX_DEPTH)
			return -ELOOP;
		if (e->fd_path)
			return -ENOENT;
		err = exec_follow_script(e, t);
		if (err)
			return err;
	}
	err = choose_cred(e, t);
	if (err)
		return err;
	e->mm = mm_new(is_random(e));
	if (!e->mm)
		return -ENOMEM;
	e->mm->mdwe = mm_inherited_mdwe(t->mm);
	e->mm->core_filter = load_once(t->mm->core_filter);
	mm_join(e->mm);
	return exec_load_elf(e);
}

/*
 * Sets e->skip_len: the length of argv[0] with its NUL if a script's name replaces it, else 0. The
 * string may cross pages, so it is read in pieces that end at a page boundary.
 */
static void measure_skip(struct exec *e)
{
	u8 chunk[256];
	u64 off = 0;

	while (e->skip_argc && off < e->strings->len) {
		size_t n = min(sizeof(chunk), PAGE_SIZE - (off & PAGE_MASK));
		struct span piece = span_first(span_of(chunk), n);
		size_t len;
		page_read(e->strings->page[off / PAGE_SIZE], off & PAGE_MASK, piece);
		len = cspan_strlen(span_const(piece));
		off += len;
		if (len < n) {
			off++;
			break;
		}
	}
	e->skip_len = off;
}

/*
 * Ends all other threads of the process and waits until they have left it. Returns 0, or -EAGAIN if
 * the process is being killed or another thread's exec came first; then the caller has WORK_EXIT
 * too and ends. -ERESTARTNOINTR: another thread has put the caller under no_new_privs and a filter
 * since the credentials were chosen; nothing is done, and the exec is to begin again. From the hold
 * of proc_lock that checks this no thread can do that any more (kernel/seccomp/filter.c).
 *
 * Each thread that leaves lowers nr_threads under proc_lock and wakes child_wait (leave_process).
 * The wait is killable only: a caught signal does not end it. After the wait the count is read
 * again under proc_lock, since process_exit_group may have come in between.
 */
static int end_siblings(const struct exec *e, struct thread *t)
{
	struct process *p = t->process;
	struct thread *s;
	int err;

	spin_lock(&proc_lock);
	if (p->group_exiting || p->execing) {
		spin_unlock(&proc_lock);
		return -EAGAIN;
	}
	if (t->no_new_privs != e->no_new_privs) {
		spin_unlock(&proc_lock);
		return -ERESTARTNOINTR;
	}
	p->execing = p->nr_threads > 1;
	list_for_each(s, &p->threads, group_link) {
		if (s != t && !s->exited)
			thread_set_work(s, WORK_EXIT);
	}
	spin_unlock(&proc_lock);
	wait_event(&p->child_wait, load_acquire(p->nr_threads) == 1 || load_once(p->group_exiting),
		WAIT_KILLABLE, NO_DEADLINE, &err);
	spin_lock(&proc_lock);
	err = p->nr_threads == 1 ? 0 : -EAGAIN;
	if (err)
		p->execing = false;
	spin_unlock(&proc_lock);
	return err;
}

/*
 * The caller is the only thread left. If it was not the leader, it takes over the leader's id: both
 * leave the pid table, and the thread returns under process.pid, in one hold of proc_lock. So a
 * lookup finds the old leader or the new one, never neither. id_use_locked counts the new use of
 * the id. The references that the table and the process held are dropped after the unlock.
 */
static void become_leader(struct thread *t)
{
	struct process *p = t->process;
	struct thread *old;
	struct thread *entry1 = NULL;
	struct thread *entry2 = NULL;
	u64 irq;

	spin_lock(&proc_lock);
	old = p->leader;
	if (old != t) {
		entry1 = thread_unpublish_locked(old);
		entry2 = thread_unpublish_locked(t);
		irq = spin_lock_irqsave(&t->sighand->lock);
		list_remove(&p->threads, old, group_link);
		p->leader = obj_get(t); /* under sighand.lock: see process_reap_locked */
		spin_unlock_irqrestore(&t->sighand->lock, irq);
		t->tid = p->pid;
		id_use_locked(t->tid);
		thread_publish_locked(t);
	} else {
		old = NULL;
	}
	p->execing = false;
	p->nr_leaving = 0;
	spin_unlock(&proc_lock);
	obj_put(&entry1);
	obj_put(&entry2);
	obj_put(&old);
}

struct comm {
	u8 text[COMM_LEN];
};

/*
 * comm is the last component of the path, at most 15 bytes. A program that was named by its
 * descriptor alone has the file's own name; after a script that is the interpreter's.
 */
static void choose_comm(struct exec *e, struct comm *const comm)
{
	struct cspan path = cspan_first(buf_cspan(e->name), e->name_len);
	struct span out = span_first(span_of(comm->text), COMM_LEN - 1);
	u8 name[NAME_LEN];
	size_t base = 0, i;

	if (e->no_path) {
		base = dentry_name(e->file->path.dentry, span_of(name));
		(void)span_copy(out, cspan_first(cspan_of(name), base));
		return;
	}
	for (i = 0; i < cspan_len(path); i++) {
		if (span_byte(path, i) == '/')
			base = i + 1;
	}
	(void)span_copy(out, cspan_from(path, base));
}

/*
 * The point of no return; every step that can fail is done. Address space, credentials, dumpable
 * and exec_id change in one hold of proc_lock. Access checks (thread_mm_access) read all of them in
 * one hold, too. So nobody reaches the new program's memory by rights over the old one. The old
 * credentials and program file are returned in *@cred and *@exe, to be dropped without the lock.
 */
static void switch_program(struct exec *e, struct thread *t, struct file **exe, struct cred **cred)
{
	struct process *p = t->process;
	struct comm comm = { 0 };
	bool gains = cred_gains(t->cred, e->cred);
	bool tells = !e->unreadable && !gains && t->cred->euid == t->cred->uid &&
		t->cred->egid == t->cred->gid;

	if (gains || e->secure)
		t->pdeath_signal = 0;
	choose_comm(e, &comm);
	spin_lock(&proc_lock);
	/*
	 * These change before a parent can notice the new program, by the end of vfork or a closed
	 * pipe: setpgid by the parent fails from here on.
	 */
	p->did_exec = true;
	store_release(p->exec_id, p->exec_id + 1);
	p->exit_signal = SIGCHLD;
	p->dumpable = tells ? 1 : (s32)knob_get(KNOB_SUID_DUMPABLE);
	*cred = t->cred;
	t->cred = e->cred;
	t->personality = e->personality;
	t->mm = e->mm;
	*exe = p->exe;
	p->exe = e->file;
	span_copy(span_of(t->comm), cspan_of(comm.text));
	spin_unlock(&proc_lock);
	t->vmspace = e->mm->vmspace;
	user_set_vmspace(t->vmspace);
	e->cred = NULL;
	e->mm = NULL;
	e->file = NULL;
}

/*
 * Switches over, then releases the rest of the old program. The order matters in three places.
 * Robust lists and clear_child_tid are written to the old address space, so they come before the
 * switch. vfork_release comes after the caller has left the address space that the parent shares.
 * Close-on-exec comes after all that could fail, so an exec that fails closes nothing.
 */
static void exec_commit(struct exec *e, struct thread *t)
{
	struct process *p = t->process;
	struct mm *old = t->mm;
	struct cred *cred = NULL;
	struct file *exe = NULL;

	futex_thread_exec(t);
	switch_program(e, t, &exe, &cred);
	p->max_rss_pages = max(p->max_rss_pages, mm_peak_rss_pages(old));
	mm_leave(old);
	obj_put(&old);
	vfork_release(t);
	posix_timers_exec(p);
	signal_exec(t);
	files_close_on_exec(t->files);
	obj_put(&cred);
	exec_close(&exe);
	t->clear_child_tid = UADDR(0);
	t->set_child_tid = UADDR(0);
	t->robust_list = UADDR(0);
	t->rseq = UADDR(0);
	t->rseq_len = 0;
	user_reset(t->user, e->entry, e->sp);
}

/*
 * Runs every step that can fail, then commits. @e has file, name and strings. Returns 0 or -Exxx.
 */
static int exec_run(struct exec *e, struct thread *t)
{
	struct files *own = NULL;
	struct sighand *sig = NULL;
	s32 ferr = 0;
	int err = load_program(e, t);

	if (err)
		return err;
	measure_skip(e);
	err = mm_map_vdso(e->mm);
	if (!err)
		err = exec_build_stack(e, t);
	if (err)
		return err;
	if (obj_refs(t->sighand) > 1) {
		sig = sighand_copy(t->sighand);
		if (!sig)
			return -ENOMEM;
	}
	if (files_is_shared(t->files)) {
		own = files_copy(t->files, &ferr);
		if (!own) {
			obj_put(&sig);
			return ferr ? ferr : -ENOMEM;
		}
	}
	err = end_siblings(e, t);
	if (err) {
		/* This thread is ended by another one, or begins again: no SIGSEGV is due. */
		e->fatal = false;
		obj_put(&sig);
		files_put(&own);
		return err;
	}
	become_leader(t);
	if (own) {
		struct files *shared = t->files;
		store_release(t->files, own); /* one store: readers never find NULL */
		files_put(&shared);
	}
	if (sig)
		sighand_replace(t, sig);
	exec_commit(e, t);
	return 0;
}

static struct exec *exec_new(struct thread *t)
{
	struct exec *e = obj_new(exec);
	u64 stack = rlimit_get(t, RLIMIT_STACK);

	if (!e)
		return NULL;
	e->strings = obj_new(exec_strings);
	e->limit = clamp(stack / 4, 32 * PAGE_SIZE, (u64)(ARG_PAGES_MAX - 1) * PAGE_SIZE);
	if (!e->strings)
		obj_put(&e);
	return e;
}

/*
 * Sets e->name, which scripts and AT_EXECFN see: the path, or /dev/fd/N[/path] if the path is
 * relative to a descriptor. Returns 0 or -ENOMEM.
 */
static int exec_set_name(struct exec *e, s32 dirfd, struct cspan path)
{
	bool relative = dirfd != AT_FDCWD && (cspan_len(path) == 0 || span_byte(path, 0) != '/');

	e->no_path = relative && cspan_len(path) == 0;
	e->name = buf_alloc(cspan_len(path) + 32);
	if (!e->name)
		return -ENOMEM;
	FMT(f, buf_span(e->name));
	if (relative) {
		fmt_printf(&f, "/dev/fd/%d", dirfd);
		if (cspan_len(path))
			fmt_char(&f, '/');
	}
	fmt_span(&f, path);
	e->name_len = (u32)fmt_len(&f);
	return 0;
}

/*
 * The call. Errors of the early steps are collected in err; the fs context is marked and unmarked
 * in any case.
 */
static s64 try_exec(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr argv,
	struct uaddr envp, u32 flags)
{
	struct exec *e;
	struct buf *name = NULL;
	size_t len = 0;
	struct fs_context *fs;
	s64 err;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	err = path_copy_in(path, &name, &len);
	if (err)
		return err;
	e = exec_new(t);
	if (!e) {
		buf_put(&name);
		return -ENOMEM;
	}
	err = exec_set_name(e, dirfd, cspan_first(buf_cspan(name), len));
	if (!err)
		err = exec_open(t, dirfd, cspan_first(buf_cspan(name), len), flags, &e->file);
	if (!err)
		err = exec_copy_strings(e, t, argv, envp);
	e->fd_path = !err && dirfd != AT_FDCWD && fd_cloexec(t, dirfd, -1) > 0 &&
		(!len || span_byte(buf_cspan(name), 0) != '/');
	fs = t->fs;
	e->fs_shared = !fs_context_begin_exec(fs, t);
	if (!err)
		err = exec_run(e, t);
	if (!e->fs_shared)
		fs_context_end_exec(fs);
	/*
	 * The headers were good: Linux has no old program to return to here, so the process is
	 * killed.
	 */
	if (err && e->fatal)
		process_exit_group(t, SIGSEGV);
	buf_put(&name);
	obj_put(&e);
	return err;
}

/* At most one attempt is in vain: no_new_privs is set only once. */
static s64 do_exec(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr argv,
	struct uaddr envp, u32 flags)
{
	s64 err;

	do {
		err = try_exec(t, dirfd, path, argv, envp, flags);
	} while (err == -ERESTARTNOINTR);
	return err;
}

s64 sys_execve(struct thread *t, struct uaddr path, struct uaddr argv, struct uaddr envp)
{
	return do_exec(t, AT_FDCWD, path, argv, envp, 0);
}

s64 sys_execveat(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr argv,
	struct uaddr envp, u32 flags)
{
	return do_exec(t, dirfd, path, argv, envp, flags);
}

/* Of the calling thread, which has no program yet: @e has the strings. Consumes @e. */
static int run_first(struct exec *e, struct thread *t, struct cspan path)
{
	int err = exec_set_name(e, AT_FDCWD, path);

	if (!err)
		err = exec_open(t, AT_FDCWD, path, 0, &e->file);
	if (!err)
		err = exec_run(e, t);
	obj_put(&e);
	return err;
}

/*
 * Starts the program of pid 1, called in its own thread. @args: blank-separated options of the
 * command line. Returns 0 or -Exxx.
 */
int exec_kernel(struct thread *t, struct cspan path, struct cspan args)
{
	struct exec *e = exec_new(t);
	int err;

	if (!e)
		return -ENOMEM;
	err = exec_add_string(e, path);
	e->argc = 1;
	while (!err && cspan_len(args)) {
		size_t n = cspan_find(args, ' ');
		if (n) {
			err = exec_add_string(e, cspan_first(args, n));
			e->argc++;
		}
		args = cspan_from(args, n + 1);
	}
	if (!err)
		err = exec_add_string(e, STR("HOME=/"));
	if (!err)
		err = exec_add_string(e, STR("TERM=linux"));
	e->envc = 2;
	if (!err)
		return run_first(e, t, path);
	obj_put(&e);
	return err;
}

int exec_kernel_args(struct thread *t, struct cspan args)
{
	struct cspan path = cspan_first(args, cspan_strlen(args));
	struct exec *e = exec_new(t);
	int err = e ? 0 : -ENOMEM;
	bool more = true;

	while (!err && more) {
		size_t n = cspan_strlen(args);
		err = exec_add_string(e, cspan_first(args, n));
		e->argc++;
		/* A NUL stands before another one, which may be empty. */
		more = n < cspan_len(args);
		args = more ? cspan_from(args, n + 1) : CSPAN_NONE;
	}
	if (!err)
		return run_first(e, t, path);
	obj_put(&e);
	return err;
}
