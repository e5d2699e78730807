// SPDX-License-Identifier: MPL-2.0
/*
 * Traps in directories that everybody may write to, such as /tmp: fs.protected_symlinks,
 * _hardlinks, _fifos and _regular (proc_sys_fs(5)). An attacker leaves a link or a file there under
 * a name that a privileged program is going to use. The rules are Linux's:
 *
 * - A link at the end of a path, in a sticky directory that all may write to, is followed only if
 * it
 *   belongs to the one who follows it or to the directory's owner.
 * - A hard link can be made to a file of one's own, or to an ordinary one that can be read and
 *   written and has no set-id bits.
 * - O_CREAT does not open a file of somebody else that is there already, in a sticky directory that
 *   all may write to, or with the value 2 also one that a group may write to.
 */
#include <kernel/cred.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "fs.h"

#define STICKY_FOR_ALL (S_ISVTX | 0002u)

/* Whether the calling thread's files have this owner; true for the kernel itself. */
static bool is_own(const struct inode *ino)
{
	struct thread *t = thread_current();

	return !t || t->cred->fsuid == ino->uid;
}

int may_follow_link(const struct inode *dir, const struct inode *link)
{
	if (!knob_get(KNOB_PROTECTED_SYMLINKS) || is_own(link) ||
		(dir->mode & STICKY_FOR_ALL) != STICKY_FOR_ALL || dir->uid == link->uid)
		return 0;
	return -EACCES;
}

int may_link(struct inode *ino)
{
	if (!knob_get(KNOB_PROTECTED_HARDLINKS) || inode_owner_or_capable(ino))
		return 0;
	if (!S_IS(ino->mode, S_IFREG) || (ino->mode & S_ISUID) ||
		(ino->mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		return -EPERM;
	return inode_permission(ino, MAY_READ | MAY_WRITE) ? -EPERM : 0;
}

int may_create_over(const struct inode *dir, const struct inode *ino)
{
	bool regular = S_IS(ino->mode, S_IFREG), fifo = S_IS(ino->mode, S_IFIFO);
	u64 level = regular ? knob_get(KNOB_PROTECTED_REGULAR) : knob_get(KNOB_PROTECTED_FIFOS);

	if (!(dir->mode & S_ISVTX) || ((regular || fifo) && !level) || ino->uid == dir->uid ||
		is_own(ino))
		return 0;
	if ((dir->mode & 0002) || ((dir->mode & 0020) && (regular || fifo) && level >= 2))
		return -EACCES;
	return 0;
}
