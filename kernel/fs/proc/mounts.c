// SPDX-License-Identifier: MPL-2.0
/*
 * mounts, mountinfo and mountstats: see proc_pid_mounts(5), proc_pid_mountinfo(5),
 * proc_pid_mountstats(5). One mount a record.
 *
 * The files show all mounts of the machine, in the order of their ids, and a path as the reader
 * sees it: for a reader with another root, paths begin at that root. The file may be kept open and
 * polled by programs that follow mounts (udisks, systemd); each read from the start is a new look.
 */
#include <frame/types.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/poll.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "procfs.h"

/*
 * The mount of record *@next, a reference, or NULL: a record's number is the lowest id that it may
 * have, so mounts that come and go meanwhile do no harm. *@next becomes the number of the next one.
 */
static struct mount *next_mount(u64 *next)
{
	struct mount *m = *next <= 0x7fffffff ? mount_from_id((s32)*next) : NULL;

	*next = m ? (u64)m->id + 1 : SYNTH_END;
	return m;
}

/*
 * The mount point as the calling thread sees it, relative to its root. Characters that separate
 * fields are escaped, so a mount point cannot forge a line.
 */
static void mounts_put_path(struct fmt *f, struct mount *m, struct dentry *d)
{
	struct path p = { m, d };
	struct buf *b = buf_alloc_dirty(PATH_LEN);
	ssize_t at = b ? path_name(thread_current(), &p, buf_span(b)) : -ENOMEM;

	if (at >= 0)
		proc_escape(f, cspan_from(buf_cspan(b), (size_t)at));
	buf_put(&b);
}

/* The source name that mount(2) was given. */
static void put_source(struct fmt *f, struct mount *m)
{
	if (m->source && buf_size(m->source))
		proc_escape(f,
			cspan_first(buf_cspan(m->source), cspan_strlen(buf_cspan(m->source))));
	else
		fmt_lit(f, LIT("none"));
}

/* The flags of the file system by name. */
static void put_super_flags(struct fmt *f, const struct super *sb)
{
	if (sb->flags & MS_SYNCHRONOUS)
		fmt_lit(f, LIT(",sync"));
	if (sb->flags & MS_DIRSYNC)
		fmt_lit(f, LIT(",dirsync"));
	if (sb->flags & MS_MANDLOCK)
		fmt_lit(f, LIT(",mand"));
	if (sb->flags & MS_LAZYTIME)
		fmt_lit(f, LIT(",lazytime"));
}

/* The flags of the mount by name, in Linux's order. */
static void mounts_put_flags(struct fmt *f, struct mount *m)
{
	static const struct {
		u32 flag;
		struct lit text;
	} names[] = { { MS_NOSUID, LIT(",nosuid") }, { MS_NODEV, LIT(",nodev") },
		{ MS_NOEXEC, LIT(",noexec") }, { MS_NOATIME, LIT(",noatime") },
		{ MS_NODIRATIME, LIT(",nodiratime") }, { MS_RELATIME, LIT(",relatime") },
		{ MS_NOSYMFOLLOW, LIT(",nosymfollow") } };
	u32 i;

	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (m->flags & names[i].flag)
			fmt_lit(f, names[i].text);
	}
}

/* What the file system has to tell of itself; each option begins with a comma. */
static void mounts_put_options(struct fmt *f, struct mount *m)
{
	if (m->sb->ops && m->sb->ops->show_options)
		m->sb->ops->show_options(m->sb, f);
}

/* The format of fstab(5), with 0 for dump and fsck. */
static int show_mounts(struct synth *s, struct fmt *f, u64 *next)
{
	struct mount *m = next_mount(next);

	(void)s;
	if (!m)
		return 0;
	put_source(f, m);
	fmt_char(f, ' ');
	mounts_put_path(f, m, m->root);
	fmt_char(f, ' ');
	fmt_lit(f, m->sb->type->name);
	fmt_char(f, ' ');
	fmt_lit(f, mount_is_readonly(m) ? LIT("ro") : LIT("rw"));
	put_super_flags(f, m->sb);
	mounts_put_flags(f, m);
	mounts_put_options(f, m);
	fmt_lit(f, LIT(" 0 0\n"));
	obj_put(&m);
	return 0;
}

/*
 * The root of the mount as a path in its file system. A bind mount of a directory that was removed
 * meanwhile is marked, as on Linux.
 */
static void put_root(struct fmt *f, struct mount *m)
{
	struct buf *b = buf_alloc_dirty(PATH_LEN);
	ssize_t at = b ? dentry_path(m->root, buf_span(b)) : -ENOMEM;

	if (at >= 0)
		proc_escape(f, cspan_from(buf_cspan(b), (size_t)at));
	if (!(m->root->flags & (D_ROOT | D_HASHED)))
		fmt_lit(f, LIT("//deleted"));
	buf_put(&b);
}

/*
 * The fields are those of proc_pid_mountinfo(5). Nothing propagates between mounts, so "unbindable"
 * is the only optional field.
 */
static int show_mountinfo(struct synth *s, struct fmt *f, u64 *next)
{
	struct mount *m = next_mount(next);

	(void)s;
	if (!m)
		return 0;
	fmt_printf(f, "%d %d %u:%u ", m->id, mount_parent_id(m), DEV_MAJOR(m->sb->dev),
		DEV_MINOR(m->sb->dev));
	put_root(f, m);
	fmt_char(f, ' ');
	mounts_put_path(f, m, m->root);
	fmt_char(f, ' ');
	fmt_lit(f, m->flags & MS_RDONLY ? LIT("ro") : LIT("rw"));
	mounts_put_flags(f, m);
	fmt_lit(f, m->unbindable ? LIT(" unbindable - ") : LIT(" - "));
	fmt_lit(f, m->sb->type->name);
	fmt_char(f, ' ');
	put_source(f, m);
	fmt_lit(f, m->sb->flags & MS_RDONLY ? LIT(" ro") : LIT(" rw"));
	put_super_flags(f, m->sb);
	mounts_put_options(f, m);
	fmt_char(f, '\n');
	obj_put(&m);
	return 0;
}

/* No file system here keeps statistics, so a line is all. */
static int show_mountstats(struct synth *s, struct fmt *f, u64 *next)
{
	struct mount *m = next_mount(next);

	(void)s;
	if (!m)
		return 0;
	if (m->source && buf_size(m->source)) {
		fmt_lit(f, LIT("device "));
		put_source(f, m);
	} else {
		fmt_lit(f, LIT("no device"));
	}
	fmt_lit(f, LIT(" mounted on "));
	mounts_put_path(f, m, m->root);
	fmt_lit(f, LIT(" with fstype "));
	fmt_lit(f, m->sb->type->name);
	fmt_char(f, '\n');
	obj_put(&m);
	return 0;
}

/*
 * A change of the mounts since the last look is an exceptional condition, see proc_pid_mounts(5).
 */
static u32 poll_mounts(struct synth *s, struct poll_table *pt, u64 *seen)
{
	u64 now;
	bool news;

	(void)s;
	if (pt)
		mount_poll_wait(pt);
	now = mount_nr_changes();
	news = now != *seen;
	*seen = now;
	return POLLIN | POLLRDNORM | (news ? POLLERR | POLLPRI : 0);
}

const struct synth_node pid_mounts = { .name = LIT("mounts"),
	.mode = S_IFREG | 0444,
	.show = show_mounts,
	.poll = poll_mounts,
	.outlives = true,
	.owner = proc_owner,
	.alive = proc_alive };
const struct synth_node pid_mountinfo = { .name = LIT("mountinfo"),
	.mode = S_IFREG | 0444,
	.show = show_mountinfo,
	.poll = poll_mounts,
	.outlives = true,
	.owner = proc_owner,
	.alive = proc_alive };
const struct synth_node pid_mountstats = { .name = LIT("mountstats"),
	.mode = S_IFREG | 0400,
	.show = show_mountstats,
	.outlives = true,
	.owner = proc_owner,
	.alive = proc_alive };
