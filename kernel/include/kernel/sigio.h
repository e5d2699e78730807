// SPDX-License-Identifier: MPL-2.0
/*
 * Signals about the readiness of open files: O_ASYNC, F_SETOWN, F_SETSIG (kernel/fs/sigio.c). See
 * fcntl(2), socket(7).
 *
 * Objects say what happened by the ASYNC_ bits of poll_notify (kernel/poll.h); this module turns
 * them into signals.
 */
#ifndef KERNEL_SIGIO_H
#define KERNEL_SIGIO_H

#include <kernel/file.h>

/* F_SETOWN_EX; the first two are also kinds of ids that F_SETOWN tells apart by their sign. */
enum sigio_owner { F_OWNER_TID, F_OWNER_PID, F_OWNER_PGRP };

/* Starts the task that sends. Returns 0 or -ENOMEM. */
int must_check sigio_init(void);
/*
 * Switches O_ASYNC for a file whose operations have `async`. @fd: what si_fd shows. Returns 0 or
 * -ENOMEM. Context: task.
 */
int must_check sigio_switch(struct file *f, s32 fd, bool on);
/*
 * Makes the thread, process or group @id the owner, who gets the signals, with the rights of the
 * calling task; 0: nobody. @keep: only if there is none yet. Returns 0, -EINVAL, -ESRCH, -ENOMEM.
 * Context: task; takes proc_lock.
 */
int must_check sigio_set_owner(struct file *f, s32 type, s32 id, bool keep);
/* The same as F_SETOWN and SIOCSPGRP give it: a group is a negative number. */
int must_check sigio_set_owner_signed(struct file *f, s32 who);
/* The owner's id, 0 if there is none or it is gone; *@type: enum sigio_owner. Takes proc_lock. */
s32 sigio_owner(const struct file *f, s32 *type);
/*
 * The commands of fcntl from F_SETOWN to F_GETOWNER_UIDS. Returns a value or -errno, -EINVAL for
 * others. Context: task.
 */
s64 must_check sigio_fcntl(struct file *f, u32 cmd, u64 arg);
/*
 * For leases and dnotify, which send signals without O_ASYNC. sigio_pin: the file's, a reference;
 * NULL: no memory. sigio_set_fd: what si_fd shows. sigio_tell_message: notes an event POLL_MSG for
 * the owner; context: any. sigio_disown: no owner and no F_SETSIG any more. Context: task.
 */
struct obj *sigio_pin(struct file *f);
void sigio_set_fd(struct obj *sigio, s32 fd);
void sigio_tell_message(struct obj *sigio);
void sigio_disown(struct obj *sigio);
/* The file is released: no more signals for it. */
void sigio_file_gone(struct file *f);
/*
 * Sends what is due (WORK_SIGIO). A thread calls it before it returns to user mode or ends, so the
 * signals that its call caused are there by then. Context: task, no locks.
 */
void sigio_send_due(void);

#endif
