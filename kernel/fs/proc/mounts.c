// SPDX-License-Identifier: MPL-2.0
/* mounts and mountinfo: see proc_pid_mounts(5), proc_pid_mountinfo(5). One mount a record. */
#include <frame/types.h>
#include <kernel/chrdev.h>
#include <kernel/dentry.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "../fs.h"
#include "procfs.h"

/* The @n-th mount in the list, a reference; NULL: past the end. */
static struct mount *nth_mount(u64 n)
{
	struct mount *m = mount_next(NULL);

	while (m && n--) {
		struct mount *next = mount_next(m);
		obj_put(&m);
		m = next;
	}
	return m;
}

/* The mount point as the calling thread sees it, relative to its root. */
static void put_path(struct fmt *f, struct mount *m, struct dentry *d)
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

/* The flags of the mount by name, in Linux's order. */
static void put_flags(struct fmt *f, struct mount *m)
{
	static const struct {
		u32 flag;
		struct lit text;
	} names[] = { { MS_NOSUID, LIT(",nosuid") }, { MS_NODEV, LIT(",nodev") },
		{ MS_NOEXEC, LIT(",noexec") }, { MS_NOATIME, LIT(",noatime") },
		{ MS_NODIRATIME, LIT(",nodiratime") }, { MS_RELATIME, LIT(",relatime") },
		{ MS_NOSYMFOLLOW, LIT(",nosymfollow") } };
	u32 i;

	fmt_lit(f, mount_is_readonly(m) ? LIT("ro") : LIT("rw"));
	for (i = 0; i < ARRAY_LEN(names); i++) {
		if (m->flags & names[i].flag)
			fmt_lit(f, names[i].text);
	}
}

static void put_options(struct fmt *f, struct mount *m)
{
	if (m->sb->ops && m->sb->ops->show_options)
		m->sb->ops->show_options(m->sb, f);
}

/* The format of fstab(5), with 0 for dump and fsck. */
static int show_mounts(struct synth *s, struct fmt *f, u64 *next)
{
	struct mount *m = nth_mount(*next);

	(void)s;
	if (!m)
		return proc_done(next);
	put_source(f, m);
	fmt_char(f, ' ');
	put_path(f, m, m->root);
	fmt_char(f, ' ');
	fmt_lit(f, m->sb->type->name);
	fmt_char(f, ' ');
	put_flags(f, m);
	put_options(f, m);
	fmt_lit(f, LIT(" 0 0\n"));
	(*next)++;
	obj_put(&m);
	return 0;
}

/* The root of the mount as a path in its file system. */
static void put_root(struct fmt *f, struct mount *m)
{
	struct dentry *d = m->root;
	u8 name[NAME_LEN];
	size_t n;

	if (d->flags & D_ROOT) {
		fmt_char(f, '/');
		return;
	}
	/* Only the last name is shown, also for a deeper root. */
	n = dentry_name(d, span_of(name));
	fmt_char(f, '/');
	proc_escape(f, cspan_first(cspan_of(name), n));
}

/*
 * The fields are those of proc_pid_mountinfo(5). There is no propagation between mounts, so the
 * optional fields are empty.
 */
static int show_mountinfo(struct synth *s, struct fmt *f, u64 *next)
{
	struct mount *m = nth_mount(*next);

	(void)s;
	if (!m)
		return proc_done(next);
	fmt_printf(f, "%d %d %u:%u ", m->id, mount_parent_id(m), DEV_MAJOR(m->sb->dev),
		DEV_MINOR(m->sb->dev));
	put_root(f, m);
	fmt_char(f, ' ');
	put_path(f, m, m->root);
	fmt_char(f, ' ');
	put_flags(f, m);
	fmt_lit(f, LIT(" - "));
	fmt_lit(f, m->sb->type->name);
	fmt_char(f, ' ');
	put_source(f, m);
	fmt_lit(f, m->sb->flags & MS_RDONLY ? LIT(" ro") : LIT(" rw"));
	put_options(f, m);
	fmt_char(f, '\n');
	(*next)++;
	obj_put(&m);
	return 0;
}

const struct synth_node pid_mounts = { .name = LIT("mounts"),
	.mode = S_IFREG | 0444,
	.show = show_mounts,
	.owner = proc_owner,
	.alive = proc_alive };
const struct synth_node pid_mountinfo = { .name = LIT("mountinfo"),
	.mode = S_IFREG | 0444,
	.show = show_mountinfo,
	.owner = proc_owner,
	.alive = proc_alive };
