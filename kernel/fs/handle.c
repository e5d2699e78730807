// SPDX-License-Identifier: MPL-2.0
/*
 * name_to_handle_at(2): identifiers of files, by which programs compare them (AT_HANDLE_FID). No
 * number of an inode is used twice in a file system, so it is all that an identifier needs; the
 * generation, for which the form has room, is 0. Handles by which files can be opened do not exist.
 */
#include <kernel/inode.h>
#include <kernel/namei.h>
#include <kernel/super.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#define HANDLE_MAX 128u

#define AT_HANDLE_MNT_ID_UNIQUE 1u
#define AT_HANDLE_CONNECTABLE   2u
#define AT_HANDLE_FID           0x200u
#define HANDLE_FLAGS                                                                           \
	(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH | AT_HANDLE_MNT_ID_UNIQUE | AT_HANDLE_CONNECTABLE | \
		AT_HANDLE_FID)

/* struct file_handle, and the identifier behind it. */
struct handle_head {
	u32 bytes;
	s32 type;
};
struct handle_id {
	u32 word[3];
};

#define TYPE_GEN_INO 1    /* as tmpfs has it on Linux */
#define TYPE_INO_GEN 0x81 /* as file systems have it whose files cannot be opened by it */
#define TYPE_INVALID 0xff /* there is no room for the identifier */

static struct handle_id handle_of(const struct inode *ino, s32 *type)
{
	u32 low = (u32)ino->ino, high = (u32)(ino->ino >> 32);

	*type = ino->sb->magic == TMPFS_MAGIC ? TYPE_GEN_INO : TYPE_INO_GEN;
	return *type == TYPE_GEN_INO ? (struct handle_id){ { 0, low, high } }
				     : (struct handle_id){ { low, high, 0 } };
}

/* The id of the mount is told also with -EOVERFLOW, as on Linux. */
static s64 handle_put(const struct path *p, struct uaddr handle, struct uaddr mount_id, bool unique)
{
	struct handle_head h;
	struct handle_id id;
	u64 wide = (u64)p->mnt->id;
	s32 narrow = p->mnt->id;
	bool fits;

	if (user_get(&h, handle))
		return -EFAULT;
	if (h.bytes > HANDLE_MAX)
		return -EINVAL;
	fits = h.bytes >= sizeof(id);
	h.bytes = sizeof(id);
	id = handle_of(p->dentry->inode, &h.type);
	if (!fits)
		h.type = TYPE_INVALID;
	if ((unique ? user_put(mount_id, &wide) : user_put(mount_id, &narrow)) ||
		user_put(handle, &h) || (fits && user_put(uaddr_add(handle, sizeof(h)), &id)))
		return -EFAULT;
	return fits ? 0 : -EOVERFLOW;
}

s64 sys_name_to_handle_at(struct thread *t, s32 dirfd, struct uaddr path, struct uaddr handle,
	struct uaddr mount_id, u32 flags)
{
	struct handle_head h;
	struct path p;
	s64 err;

	if (flags & ~HANDLE_FLAGS || (flags & AT_HANDLE_FID && flags & AT_HANDLE_CONNECTABLE))
		return -EINVAL;
	err = path_lookup_user(t, dirfd, path, lookup_of_at_follow(flags), &p);
	if (err)
		return err;
	if (flags & AT_HANDLE_FID)
		err = handle_put(&p, handle, mount_id, flags & AT_HANDLE_MNT_ID_UNIQUE);
	else if (user_get(&h, handle))
		err = -EFAULT;
	else
		err = h.bytes > HANDLE_MAX ? -EINVAL : -EOPNOTSUPP;
	path_put(&p);
	return err;
}
