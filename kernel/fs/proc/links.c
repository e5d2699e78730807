// SPDX-License-Identifier: MPL-2.0
/*
 * The links of /proc/PID that stand for objects: exe, cwd, root, fd/N; and fdinfo/N. See
 * proc_pid_fd(5).
 *
 * Such a link has a text for readlink and an object for a path walk (follow). The walk goes to the
 * object itself, so it works for deleted files and pipes, too. All of them require proc_access.
 *
 * A walk through such a link skips the permissions of all directories on the way to the object, and
 * gives a new open of the same file. That is why it needs the right to look into the process, and
 * not the permissions of the link, which only show how the descriptor is open.
 */
#include <frame/types.h>
#include <kernel/dentry.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/nsfs.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "procfs.h"

/* ---- the text of a path ---- */

/*
 * The text of a file without a path. A name that ends with ":" (pipe:, socket:) is followed by the
 * inode's number; other names stand alone. A memfd is shown as a deleted file in the root, as on
 * Linux, where it is one of a hidden tmpfs.
 */
static ssize_t anon_text(const struct path *p, struct span out)
{
	u8 name[NAME_LEN];
	size_t n = dentry_name(p->dentry, span_of(name));
	struct cspan text = cspan_first(cspan_of(name), n);
	FMT(f, out);

	if (cspan_starts(text, STR("memfd:")))
		fmt_char(&f, '/');
	fmt_span(&f, text);
	if (n && span_byte(text, n - 1) == ':' && !cspan_starts(text, STR("memfd:")))
		fmt_printf(&f, "[%lu]", p->dentry->inode->ino);
	if (cspan_starts(text, STR("memfd:")))
		fmt_lit(&f, LIT(" (deleted)"));
	return (ssize_t)fmt_len(&f);
}

ssize_t proc_path_text(const struct path *p, struct span out)
{
	struct buf *b;
	ssize_t at;
	size_t n;

	if (path_is_anonymous(p) || path_is_ns(p))
		return anon_text(p, out);
	b = buf_alloc_dirty(PATH_LEN);
	if (!b)
		return -ENOMEM;
	at = path_name(thread_current(), p, buf_span(b));
	n = 0;
	if (at >= 0) {
		n = span_copy(out, cspan_from(buf_cspan(b), (size_t)at));
		if (path_is_unlinked(p))
			n += span_copy(span_from(out, n), STR(" (deleted)"));
	}
	buf_put(&b);
	return at < 0 ? at : (ssize_t)n;
}

/* The characters that separate fields and lines, and the escape character itself. */
void proc_escape(struct fmt *f, struct cspan name)
{
	size_t i;

	for (i = 0; i < cspan_len(name); i++) {
		u8 c = span_byte(name, i);
		if (c == ' ' || c == '\t' || c == '\n' || c == '\\')
			fmt_printf(f, "\\%03o", c);
		else
			fmt_char(f, (char)c);
	}
}

/* ---- exe, cwd, root ---- */

enum link_kind { LINK_EXE, LINK_CWD, LINK_ROOT };

/*
 * The path that the link stands for: references in *@out. -ENOENT: there is none, -ESRCH: the
 * thread has exited. An exec replaces the program under proc_lock, so the path that is copied here
 * is of the old one or of the new one.
 */
static int link_path(struct synth *s, struct path *out)
{
	struct thread *t = proc_thread(s);
	struct process *p;
	bool ok = false;

	if (!t || !proc_alive(s))
		return -ESRCH;
	if (s->node->arg != LINK_EXE)
		return (s->node->arg == LINK_ROOT ? thread_get_root(t, out)
						  : thread_get_cwd(t, out))
			? 0
			: -ENOENT;
	p = t->process;
	spin_lock(&proc_lock);
	if (p->exe) {
		*out = p->exe->path;
		path_get(out);
		ok = true;
	}
	spin_unlock(&proc_lock);
	return ok ? 0 : -ENOENT;
}

static ssize_t link_readlink(struct synth *s, struct span out)
{
	struct path p;
	ssize_t n = link_path(s, &p);

	if (n)
		return n;
	n = proc_path_text(&p, out);
	path_put(&p);
	return n;
}

/* The path walk gets the references. */
static int link_follow(struct synth *s, struct mount **mnt, struct dentry **d)
{
	struct path p;
	int err = link_path(s, &p);

	if (err)
		return err;
	*mnt = p.mnt;
	*d = p.dentry;
	return 0;
}

#define PID_LINK(N, A)                                       \
	const struct synth_node pid_##N = { .name = LIT(#N), \
		.mode = S_IFLNK | 0777,                      \
		.readlink = link_readlink,                   \
		.follow = link_follow,                       \
		.access = proc_access,                       \
		.owner = proc_owner,                         \
		.alive = proc_alive,                         \
		.arg = (A) }
PID_LINK(exe, LINK_EXE);
PID_LINK(cwd, LINK_CWD);
PID_LINK(root, LINK_ROOT);

/* ---- descriptors ---- */

/*
 * The open file @fd of the thread, a reference; NULL: none. files_next returns the first open
 * descriptor that is not below @fd, so another number means that @fd is closed.
 */
static struct file *link_file_of(struct thread *t, s32 fd, bool *cloexec)
{
	struct files *fs = t ? files_pin(t) : NULL;
	struct file *f = NULL;
	s32 found = fs ? files_next(fs, fd, &f, cloexec) : -1;

	files_unpin(&fs);
	if (found != fd)
		obj_put(&f);
	return f;
}

/* The open file that the entry stands for. */
static struct file *fd_file(struct synth *s, bool *cloexec)
{
	return link_file_of(proc_thread(s), (s32)s->key, cloexec);
}

/* The entry exists while the descriptor is open, for whatever file. */
static bool fd_alive(struct synth *s)
{
	bool cloexec;
	struct file *f = fd_file(s, &cloexec);
	bool alive = f != NULL;

	obj_put(&f);
	return alive;
}

ssize_t proc_file_text(struct file *f, struct span out)
{
	ssize_t n = f ? proc_path_text(&f->path, out) : -ENOENT;

	obj_put(&f);
	return n;
}

int proc_file_follow(struct file *f, struct mount **mnt, struct dentry **d)
{
	struct path p;

	if (!f)
		return -ENOENT;
	p = f->path;
	path_get(&p);
	*mnt = p.mnt;
	*d = p.dentry;
	obj_put(&f);
	return 0;
}

static ssize_t fd_readlink(struct synth *s, struct span out)
{
	bool cloexec;

	return proc_file_text(fd_file(s, &cloexec), out);
}

static int fd_follow(struct synth *s, struct mount **mnt, struct dentry **d)
{
	bool cloexec;

	return proc_file_follow(fd_file(s, &cloexec), mnt, d);
}

/*
 * The position, flags and mount of the open file, then lines of its own (inotify, epoll, ...). The
 * position is read without its lock: one of a read or write in progress may be shown before or
 * after.
 */
static int fdinfo_show(struct synth *s, struct fmt *out, u64 *next)
{
	bool cloexec = false;
	struct file *f = fd_file(s, &cloexec);

	if (!f)
		return -ENOENT;
	fmt_printf(out, "pos:\t%lu\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", f->pos,
		f->flags | (cloexec ? (u32)O_CLOEXEC : 0), f->path.mnt->id, f->inode->ino);
	if (f->ops->show_fdinfo)
		f->ops->show_fdinfo(f, out);
	obj_put(&f);
	return proc_done(next);
}

/* The permissions of a link show how the file is open. */
#define FD_LINK(N, M)                                               \
	static const struct synth_node N = { .mode = S_IFLNK | (M), \
		.readlink = fd_readlink,                            \
		.follow = fd_follow,                                \
		.access = proc_access,                              \
		.owner = proc_owner,                                \
		.alive = fd_alive,                                  \
		.no_mount = true }
FD_LINK(fd_none, 0);
FD_LINK(fd_read, 0500);
FD_LINK(fd_write, 0300);
FD_LINK(fd_both, 0700);
static const struct synth_node fdinfo_file = {
	.mode = S_IFREG | 0444,
	.show = fdinfo_show,
	.access = proc_access,
	.owner = proc_owner,
	.alive = fd_alive,
	.no_mount = true,
};

/* The kind of link for an open file: by its access mode. */
static const struct synth_node *fd_node(const struct file *f)
{
	if (f->mode & FMODE_READ)
		return f->mode & FMODE_WRITE ? &fd_both : &fd_read;
	return f->mode & FMODE_WRITE ? &fd_write : &fd_none;
}

/*
 * fd and (arg 1) fdinfo have the same entries. The key is the descriptor, not the file: a
 * descriptor that is opened again shows its new file.
 */
static int fd_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct file *f;
	bool cloexec;
	u64 fd;

	if (!proc_parse_id(name, &fd) || fd >= FILES_MAX)
		return -ENOENT;
	f = link_file_of(proc_thread(s), (s32)fd, &cloexec);
	if (!f)
		return -ENOENT;
	*out = (struct synth_found){ s->node->arg ? &fdinfo_file : fd_node(f),
		obj_get_any(s->subject), fd };
	obj_put(&f);
	return 0;
}

/* Positions are descriptors. */
static bool fd_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct thread *t = proc_thread(s);
	struct files *fs = *pos < FILES_MAX ? files_pin(t) : NULL;
	struct file *f = NULL;
	bool cloexec;
	s32 fd = fs ? files_next(fs, (s32)*pos, &f, &cloexec) : -1;

	files_unpin(&fs);
	obj_put(&f);
	if (fd < 0)
		return false;
	fmt_printf(name, "%d", fd);
	*pos = (u64)fd + 1;
	*type = s->node->arg ? S_IFREG : S_IFLNK;
	return true;
}

/* The size of the directory: how many descriptors are open. */
static u64 fd_count(struct synth *s)
{
	struct files *fs = files_pin(proc_thread(s));
	struct file *f = NULL;
	bool cloexec;
	u64 n = 0;
	s32 fd = 0;

	while (fs && (fd = files_next(fs, fd, &f, &cloexec)) >= 0) {
		obj_put(&f);
		fd++;
		n++;
		if (loop_should_end())
			break;
	}
	files_unpin(&fs);
	return n;
}

const struct synth_node proc_fd = {
	.name = LIT("fd"),
	.size = fd_count,
	.mode = S_IFDIR | 0500,
	.lookup = fd_lookup,
	.list = fd_list,
	.access = proc_access,
	.owner = proc_owner,
	.alive = proc_alive,
};
const struct synth_node proc_fdinfo = {
	.name = LIT("fdinfo"),
	.mode = S_IFDIR | 0555,
	.lookup = fd_lookup,
	.list = fd_list,
	.access = proc_access,
	.owner = proc_owner,
	.alive = proc_alive,
	.arg = 1,
};
