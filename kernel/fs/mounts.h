// SPDX-License-Identifier: MPL-2.0
/* What the files about mounts share: mount.c, bind.c, remount.c, pivot.c, mount_calls.c. */
#ifndef FS_MOUNTS_H
#define FS_MOUNTS_H

#include <frame/sync.h>
#include <kernel/list.h>
#include <kernel/mount.h>
#include <kernel/uaccess.h>

#include "fs.h"

#define MS_ATIME (MS_NOATIME | MS_NODIRATIME | MS_RELATIME)
#define MS_SUPER (MS_RDONLY | MS_SYNCHRONOUS | MS_MANDLOCK | MS_DIRSYNC | MS_LAZYTIME)
#define MS_RESET (MS_SUPER & ~MS_DIRSYNC) /* what a remount changes of them */
#define MS_KEPT  (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW | MS_ATIME)

/* Serializes all changes of the tree. */
extern struct mutex mount_lock;
/* Guards the list of mounts, the table, parent and point, and the entry into mounts. Taken last. */
extern struct spinlock mount_list_lock;
struct mount_list {
	LIST_HEAD(mount) list;
};
/* The attached mounts, oldest first. */
extern struct mount_list all_mounts;

/* ---- mount.c ---- */
/* The flags of a mount, from those of mount(2): relatime unless the call says otherwise. */
u32 mount_kept_flags(u32 flags);
/* A mount of @sb, which the caller holds, too, attached nowhere. NULL: no memory. */
struct mount *mount_of_super(struct super *sb, struct dentry *root, u32 flags);
s32 mount_new_id(void);
void mount_set_root(struct mount *m);
/* Whether fs.mount-max allows one mount more when there are @nr besides the attached ones. */
bool mount_has_room(u32 nr);
/* Puts @m into the table at mount point @at; takes references on that. mount_list_lock held. */
void mount_hang(struct mount *m, const struct path *at);
/*
 * Takes @m out of the table; *@from gets the references on its mount point. mount_list_lock held.
 */
void mount_unhang(struct mount *m, struct path *from);
/* Whether @m is part of the tree. mount_lock held. */
bool mount_is_attached(const struct mount *m);
/* Puts @m, which has its id, into the list, which takes a reference. Both locks held. */
void mount_enlist(struct mount *m);
/* After a change of the tree or of flags: counts it and notifies. mount_lock held. */
void mount_changed(void);
/* Whether @m is @top or is mounted somewhere below it. mount_lock held. */
bool mount_hangs_on(struct mount *const m, const struct mount *top);
/*
 * Locks and checks a mount point for a mount whose root is @what. On success (0) the caller ends
 * with mount_place_unlock. mount_lock held.
 */
int must_check mount_place_lock(const struct path *at, const struct dentry *what);
void mount_place_unlock(const struct path *at);
/* Attaches @m at *@at and adds it to the list, which takes a reference. mount_lock held. */
int must_check mount_attach(struct mount *m, const struct path *at);
/*
 * Takes @m off its mount point and off the list; the list's reference is the caller's afterwards.
 * mount_lock held.
 */
void mount_detach(struct mount *m);
/*
 * Detaches @top and all mounts below it, which join *@gone with the list's references. mount_lock
 * held.
 */
void mount_detach_tree(struct mount *top, struct mount_list *gone);
/*
 * The same for @m alone if it is not in use: the only references are those of the list and of the
 * caller's path, and no mount is on it. @expire: only if no walk has entered it since the last call
 * with @expire; else marks it and returns -EAGAIN. mount_lock held. Returns 0, -EBUSY, -EAGAIN.
 */
int must_check mount_detach_unused(struct mount *m, bool expire, struct mount_list *gone);

/* ---- bind.c ---- */
/*
 * MS_BIND: mounts the tree at @source once more, with MS_REC also the mounts below it. mount_lock
 * held.
 */
int must_check mount_bind(struct thread *t, const struct path *at, struct uaddr source, bool rec);
/* MS_MOVE. mount_lock held. */
int must_check mount_move(struct thread *t, const struct path *at, struct uaddr source);

/* ---- remount.c ---- */
/* MS_REMOUNT. Takes mount_lock and super.active. */
int must_check mount_remount(const struct path *at, u32 flags, struct uaddr data);

#endif
