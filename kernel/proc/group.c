// SPDX-License-Identifier: MPL-2.0
/*
 * Process groups and sessions: setpgid, getpgid, setsid, getsid; orphaned groups. See
 * credentials(7), setpgid(2).
 *
 * A group lives while it has members, a session while it has groups. The objects are counted; their
 * numbers are taken out of use when the last member or group leaves (drop_group_locked). So a
 * number is not given to a new process while a group still has it.
 *
 * Locking: proc_lock guards all of it. Objects are allocated before it is taken.
 */
#include <kernel/list.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>

#include "proc.h"

struct pgrp *pgrp_new_locked(struct pgrp *g, s32 pgid, struct session *s)
{
	g->pgid = pgid;
	g->session = obj_get(s);
	s->nr_groups++;
	id_use_locked(pgid);
	pgrp_hash_insert_locked(g);
	return g;
}

/*
 * Drops a former member's reference. A group that has no members left leaves the hash, and its
 * number is free; so is the session's number after its last group.
 */
static void drop_group_locked(struct pgrp *g)
{
	if (g && list_empty(&g->members)) {
		struct session *s = g->session;
		pgrp_hash_remove_locked(g);
		id_drop_locked(g->pgid);
		if (--s->nr_groups == 0)
			id_drop_locked(s->sid);
	}
	obj_put(&g);
}

/* The reference to the new group is taken before the old one is dropped: they may be the same. */
void process_join_group_locked(struct process *p, struct pgrp *g)
{
	struct pgrp *old = p->pgrp;

	(void)obj_get(g);
	if (old)
		list_remove(&old->members, p, pgrp_link);
	list_push_back(&g->members, p, pgrp_link);
	p->pgrp = g;
	drop_group_locked(old);
}

void process_leave_group_locked(struct process *p)
{
	struct pgrp *g = p->pgrp;

	if (!g)
		return;
	list_remove(&g->members, p, pgrp_link);
	p->pgrp = NULL;
	drop_group_locked(g);
}

/* Whether a member is stopped. proc_lock held. */
static bool pgrp_has_stopped_locked(struct pgrp *g)
{
	struct process *p;

	list_for_each(p, &g->members, pgrp_link) {
		if (p->state == PROCESS_STOPPED)
			return true;
	}
	return false;
}

/*
 * An orphaned group has nobody who could continue its stopped members: a shell would have to be
 * their parent and in their session. So they get SIGHUP, and SIGCONT to take it (setpgid(2),
 * POSIX).
 */
void pgrp_check_orphaned_locked(struct process *p, struct process *parent)
{
	struct pgrp *g = p->pgrp;

	/* Only a parent in another group of the same session keeps a group from being orphaned. */
	if (!g || !parent || parent->pgrp == g || parent->session != p->session)
		return;
	if (pgrp_is_orphaned_locked(g, p->state == PROCESS_ZOMBIE ? p : NULL) &&
		pgrp_has_stopped_locked(g)) {
		signal_send_pgrp_locked(g, SIGHUP);
		signal_send_pgrp_locked(g, SIGCONT);
	}
}

/*
 * The rules of setpgid(2). *@target is borrowed. proc_lock held. Returns 0, -ESRCH, -EINVAL,
 * -EPERM, -EACCES. A child that has executed a program may not be moved any more: the program might
 * have looked at its group already.
 */
static s64 setpgid_check_locked(struct thread *t, s32 pid, s32 pgid, struct process **target)
{
	struct process *self = t->process;
	struct process *p = self;
	struct pgrp *g;
	struct thread *leader;

	if (pid != self->pid) {
		leader = thread_lookup_locked(pid);
		p = leader ? leader->process : NULL;
		if (!p)
			return -ESRCH;
		if (p->leader != leader)
			return -EINVAL;
		if (p != self && p->parent != self)
			return -ESRCH;
		if (p != self) {
			if (p->session != self->session)
				return -EPERM;
			if (p->did_exec)
				return -EACCES;
		}
	}
	if (p->session->sid == p->pid)
		return -EPERM;
	if (pgid != p->pid) {
		g = pgrp_lookup_locked(pgid);
		if (!g || g->session != self->session)
			return -EPERM;
	}
	*target = p;
	return 0;
}

/*
 * The object for a new group is allocated first, since that may sleep; it is dropped if no group is
 * made. Rules and change are in one hold of proc_lock.
 */
s64 sys_setpgid(struct thread *t, s32 pid, s32 pgid)
{
	struct pgrp *spare;
	struct pgrp *g;
	struct process *p = NULL;
	s64 err;

	if (pgid < 0 || (!pgid && pid < 0))
		return -EINVAL;
	spare = obj_new(pgrp);
	if (!spare)
		return -ENOMEM;
	spin_lock(&proc_lock);
	if (pid == 0)
		pid = t->process->pid;
	if (pgid == 0)
		pgid = pid;
	err = setpgid_check_locked(t, pid, pgid, &p);
	if (!err && p->pgrp->pgid != pgid) {
		g = pgrp_lookup_locked(pgid);
		if (!g)
			g = pgrp_new_locked(spare, pgid, p->session);
		process_join_group_locked(p, g);
	}
	spin_unlock(&proc_lock);
	obj_put(&spare);
	return err;
}

s64 sys_getpgid(struct thread *t, s32 pid)
{
	s64 ret = -ESRCH;
	struct thread *other;

	spin_lock(&proc_lock);
	other = pid ? thread_lookup_locked(pid) : t;
	if (other && other->process->pgrp)
		ret = other->process->pgrp->pgid;
	spin_unlock(&proc_lock);
	return ret;
}

s64 sys_getsid(struct thread *t, s32 pid)
{
	s64 ret = -ESRCH;
	struct thread *other;

	spin_lock(&proc_lock);
	other = pid ? thread_lookup_locked(pid) : t;
	if (other && other->process->session)
		ret = other->process->session->sid;
	spin_unlock(&proc_lock);
	return ret;
}

/*
 * EPERM if a group with the caller's pid exists, also if the caller is not in it any more. The
 * controlling terminal is given up by tty_serial 0.
 */
s64 sys_setsid(struct thread *t)
{
	struct process *p = t->process;
	struct session *s = obj_new(session);
	struct session *old = NULL;
	struct pgrp *g = obj_new(pgrp);
	s64 ret = p->pid;

	if (!s || !g) {
		ret = -ENOMEM;
		goto out;
	}
	spin_lock(&proc_lock);
	if (pgrp_lookup_locked(p->pid)) {
		ret = -EPERM;
	} else {
		old = p->session;
		s->sid = p->pid;
		id_use_locked(p->pid);
		p->session = obj_get(s);
		p->tty_serial = 0;
		process_join_group_locked(p, pgrp_new_locked(g, p->pid, s));
	}
	spin_unlock(&proc_lock);
out:
	obj_put(&old);
	obj_put(&g);
	obj_put(&s);
	return ret;
}
