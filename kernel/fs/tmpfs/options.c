// SPDX-License-Identifier: MPL-2.0
/*
 * The options of tmpfs: size=, nr_blocks=, nr_inodes=, mode=, uid=, gid=, inode64; see tmpfs(5).
 * Those that are not as usual are shown, as on Linux.
 *
 * Limits are counters that a change of the limit does not touch: the check is made when something
 * is added (tmpfs.c). So a remount only stores a new limit. On Linux a limit cannot be set below
 * the present use, and none can be added to a file system that began without one; the same holds
 * here.
 */
#include <frame/page.h>
#include <kernel/super.h>

#include "../fs.h"
#include "instance.h"

void tmpfs_show(struct super *sb, struct fmt *f)
{
	struct tmpfs *fs = tmpfs_of(sb);
	struct page_stats s;

	page_get_stats(&s);
	if (fs->max_pages != s.total / 2)
		fmt_printf(f, ",size=%luk", fs->max_pages * 4);
	if (fs->max_inodes != s.total / 2)
		fmt_printf(f, ",nr_inodes=%lu", fs->max_inodes);
	if (fs->mode != 01777)
		fmt_printf(f, ",mode=%03o", fs->mode);
	if (fs->uid)
		fmt_printf(f, ",uid=%u", fs->uid);
	if (fs->gid)
		fmt_printf(f, ",gid=%u", fs->gid);
	fmt_lit(f, LIT(",inode64")); /* numbers of inodes have 64 bits */
}

/*
 * Parses a size, a number with k, m, g or % of memory, into pages. A letter behind the unit, or two
 * units, are an error.
 */
static bool parse_size(struct cspan v, u64 *pages)
{
	struct page_stats s;
	u64 n;
	size_t used = parse_u64(v, 0, &n);
	u8 unit = used < cspan_len(v) ? span_byte(v, used) | 32 : 0;

	if (!used || used + (unit != 0) != cspan_len(v))
		return false;
	page_get_stats(&s);
	switch (unit) {
	case 0:
		*pages = div_round_up(n, PAGE_SIZE);
		return true;
	case 'k':
		*pages = div_round_up(n, 4ul);
		return true;
	case 'm':
		*pages = n << 8;
		return true;
	case 'g':
		*pages = n << 18;
		return true;
	case '%' | 32:
		*pages = s.total * n / 100;
		return true;
	default:
		return false;
	}
}

static int tmpfs_parse_option(struct tmpfs *fs, struct cspan o)
{
	size_t eq = cspan_find(o, '=');
	struct cspan key = cspan_first(o, eq), v = cspan_from(o, eq + 1);
	u64 n = 0;

	if (cspan_equal(key, STR("size")))
		return parse_size(v, &fs->max_pages) ? 0 : -EINVAL;
	if (cspan_equal(key, STR("mode")))
		return parse_u64(v, 8, &n) ? (fs->mode = (u32)n & 07777, 0) : -EINVAL;
	if (cspan_equal(o, STR("inode64")))
		return 0;
	if (!parse_u64(v, 0, &n))
		return -EINVAL;
	if (cspan_equal(key, STR("nr_inodes")))
		fs->max_inodes = n;
	else if (cspan_equal(key, STR("nr_blocks")))
		fs->max_pages = n;
	else if (cspan_equal(key, STR("uid")))
		fs->uid = (u32)n;
	else if (cspan_equal(key, STR("gid")))
		fs->gid = (u32)n;
	else
		return -EINVAL;
	return 0;
}

/* Empty options, as of ",,", are skipped. */
int tmpfs_parse_options(struct tmpfs *fs, struct cspan data)
{
	int err = 0;

	while (!err && cspan_len(data)) {
		size_t n = cspan_find(data, ',');
		if (n)
			err = tmpfs_parse_option(fs, cspan_first(data, n));
		data = cspan_from(data, n + 1);
	}
	return err;
}

/*
 * Whether a remount may change a limit to @to: it must not be less than the use, and a file system
 * without a limit cannot get one. 0: no limit.
 */
static bool may_limit(u64 from, u64 to, u64 used)
{
	return to == from || !to || (from && to >= used);
}

/*
 * A remount changes the limits. mode, uid and gid apply to a new root directory only. The options
 * are parsed into a copy, so an error changes nothing.
 */
int tmpfs_remount(struct super *sb, u32 flags, struct cspan data)
{
	struct tmpfs *fs = tmpfs_of(sb);
	struct tmpfs *new = obj_new(tmpfs);
	u64 inodes = atomic_load(&fs->inodes) +
		div_round_up(atomic_load(&fs->xattr_bytes), INODE_SPACE);
	int err = new ? 0 : -ENOMEM;

	(void)flags;
	if (!err) {
		new->max_pages = fs->max_pages;
		new->max_inodes = fs->max_inodes;
		err = tmpfs_parse_options(new, data);
	}
	if (!err &&
		(!may_limit(fs->max_pages, new->max_pages, atomic_load(&fs->pages)) ||
			!may_limit(fs->max_inodes, new->max_inodes, inodes)))
		err = -EINVAL;
	if (!err) {
		store_once(fs->max_pages, new->max_pages);
		store_once(fs->max_inodes, new->max_inodes);
	}
	obj_put(&new);
	return err;
}
