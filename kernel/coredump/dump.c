// SPDX-License-Identifier: MPL-2.0
/*
 * Core dumps: whether a process has one, and where it goes. See core(5).
 *
 * How it works. A thread that is to be killed by a signal with a dump comes to core_dump. If the
 * process may be dumped (PR_SET_DUMPABLE) and the limit allows a file, dump_begin ends the process
 * but for this thread, and the others come to a stop (kernel/signal/dump.c). Then the file is made,
 * written (elf.c), and dump_end lets all threads go; the wait status says whether there is a core.
 *
 * The file. It is made anew, with mode 0600: one that is there is removed first, and what cannot be
 * removed is not written over. A process whose ids have changed is dumped if fs.suid_dumpable is 2,
 * as root, and only to an absolute path from the root of the mount tree, where nothing is removed.
 *
 * Locking: no lock is held while the file is opened or written. All that is written ends when the
 * process is killed.
 */
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/files.h>
#include <kernel/helper.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/mm.h>
#include <kernel/namei.h>
#include <kernel/pipe.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "core.h"

#define CORE_OPEN_FLAGS (O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_LARGEFILE)

enum { DUMPABLE_NOT, DUMPABLE_USER, DUMPABLE_ROOT };

/*
 * The file is root's, and its name begins at the root of the mount tree. The thread keeps its own
 * root and working directory, which others may look at. Limits and quotas of the file are root's
 * until it is written: *@user, a reference, are the credentials to go back to.
 */
static int open_as_root(struct thread *t, struct cspan name, struct cred **user, struct file **out)
{
	struct cred *c = cred_copy(t->cred);

	if (!c)
		return -ENOMEM;
	c->fsuid = 0;
	*user = cred_override(t, c);
	return file_open_system(t, name, CORE_OPEN_FLAGS, 0600, out);
}

/* What the file system has made of the request to create the file. */
static int core_check_file(struct thread *t, const struct file *f)
{
	const struct inode *ino = f->inode;

	if (ino->nlink > 1 || path_is_unlinked(&f->path) || !S_IS(ino->mode, S_IFREG) ||
		ino->uid != t->cred->fsuid || (ino->mode & 0677) != 0600)
		return -EPERM;
	return 0;
}

static int open_file(struct thread *t, struct cspan name, s32 dumpable, struct cred **user,
	struct file **out)
{
	int err;

	if (dumpable == DUMPABLE_ROOT) {
		if (!cspan_len(name) || span_byte(name, 0) != '/')
			return -EACCES;
		err = open_as_root(t, name, user, out);
	} else {
		/* Whatever goes wrong is found by the open. */
		ignore_error(vfs_unlink(t, name));
		err = file_open(t, AT_FDCWD, name, CORE_OPEN_FLAGS, 0600, out);
	}
	if (!err)
		err = core_check_file(t, *out);
	if (err)
		obj_put(out);
	return err;
}

/*
 * Whether there is a core: as on Linux also one that is cut, by the limit or an error, once its notes
 * have been made.
 */
static bool write_core(struct thread *t, struct file *f, u64 limit, const struct siginfo *info)
{
	struct core_out *o = core_out_new(t, f, limit);
	struct core_maps *maps = NULL;
	struct core_notes *n = NULL;
	bool ok;

	if (o && !core_maps_take(t->mm, load_once(t->mm->core_filter), &maps))
		n = core_notes_new(t, t->mm, maps, info);
	ok = n;
	if (ok) {
		core_elf_write(o, n);
		core_out_end(o);
	}
	obj_put(&n);
	core_maps_put(&maps);
	obj_put(&o);
	return ok;
}

static void core_tell(const struct thread *t, int err)
{
	static struct log_limit limit;

	if (log_limit_pass(&limit))
		log_info("process %d: no core dump, error %d", t->process->pid, -err);
}

/* Dumps to programs in progress: kernel.core_pipe_limit. */
static struct atomic nr_pipes;

/*
 * The program of the pattern reads the core from its standard input; no limit on size applies. With
 * kernel.core_pipe_limit the process stays until the program is done with it, so that it can look
 * into /proc. A limit of one byte is that of such a program itself: its own core goes nowhere.
 */
static bool dump_to_program(struct thread *t, const struct core_name *n,
	const struct core_facts *facts, const struct siginfo *info)
{
	u64 most = knob_get(KNOB_CORE_PIPE_LIMIT);
	struct file *r = NULL, *w = NULL;
	bool ok = false;
	int err = facts->limit == 1 ? -ELOOP : 0;

	if (atomic_add(&nr_pipes, 1) > most && most)
		err = -EAGAIN;
	if (!err)
		err = pipe_make_ends(0, &r, &w);
	if (!err)
		err = process_start_helper(n->text, n->len, r);
	obj_put(&r); /* the program has its own: the pipe breaks when it ends */
	if (err)
		core_tell(t, err);
	else
		ok = write_core(t, w, RLIM_INFINITY, info);
	if (!err && most)
		pipe_close_and_wait(&w);
	obj_put(&w);
	(void)atomic_sub(&nr_pipes, 1);
	return ok;
}

/* The other threads have stopped. Returns whether there is a core. */
static bool dump_process(struct thread *t, const struct core_facts *facts,
	const struct siginfo *info)
{
	struct cred *user = NULL;
	struct file *f = NULL;
	struct core_name n;
	bool ok = false;
	int err = core_name_make(t, facts, &n);

	if (!err && n.nr_args) {
		ok = dump_to_program(t, &n, facts, info);
		buf_put(&n.text);
		return ok;
	}
	if (!err && facts->limit < PAGE_SIZE)
		err = -EFBIG;
	if (!err)
		err = open_file(t, cspan_first(buf_cspan(n.text), n.len), facts->dumpable, &user,
			&f);
	if (!err)
		ok = write_core(t, f, facts->limit, info);
	else
		core_tell(t, err);
	obj_put(&f);
	if (user)
		user = cred_override(t, user);
	obj_put(&user);
	buf_put(&n.text);
	return ok;
}

/* A hint: the pattern may change until the name is made. */
static bool pattern_is_pipe(void)
{
	u8 first[1];

	return core_pattern_get(span_of(first)) && first[0] == '|';
}

/*
 * What is sure to give no core is found first: then the process ends as by any other signal. The
 * credentials that count are those of the thread that dumps.
 */
static void core_dump(struct thread *t, const struct siginfo *info)
{
	struct core_facts facts = { .signo = info->signo,
		.dumpable = load_once(t->process->dumpable),
		.cpu = task_cpu(t->task),
		.limit = rlimit_get(t, RLIMIT_CORE) };
	bool dumped = false;

	if (facts.dumpable == DUMPABLE_NOT || (facts.limit < PAGE_SIZE && !pattern_is_pipe()))
		return;
	if (!dump_begin(t, info->signo))
		return;
	if (dump_wait_threads(t))
		dumped = dump_process(t, &facts, info);
	dump_end(t, dumped);
}
static const struct signal_dump_ops dump_ops = { .dump = core_dump };

void coredump_init(void)
{
	signal_dump_register(&dump_ops);
}
