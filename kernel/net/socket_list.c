// SPDX-License-Identifier: MPL-2.0
/*
 * Lists of all sockets of a kind, for those who tell of each of them: /proc/net, sock_diag(7), and
 * AF_PACKET, whose sockets learn of changes of devices.
 *
 * A list is in the order of ids, which count up. A walk asks for the first socket behind an id, gets
 * a reference, and asks again with the id of that socket. So a walk is a number, and may last over
 * many system calls; sockets come and go between its steps, and one that is on the list all the
 * time is met exactly once.
 *
 * Programs can make a list long, so a step must not begin at the front. Marks remember where steps
 * ended: a step begins at the last mark that is not behind its id, and takes the mark of its own
 * walk along, which stands on that very id. Marks hold no references: when a socket leaves the list,
 * its marks go to the socket before it. A walk that finds its mark gone (there are more walks than
 * marks) goes far in one step; then the step drops the lock every WALK_HOLD sockets, keeps a
 * reference to the socket that it stands on, and gives way.
 *
 * Locking: the lock of a list is a leaf.
 */
#include <frame/task.h>
#include <kernel/socket.h>

#define MARKS     16u
#define WALK_HOLD 256u /* sockets that are looked at in one hold of the lock */

static struct socket_list {
	struct spinlock lock;
	LIST_HEAD(socket) socks;    /* in the order of all_id; no references */
	u64 last_id;                /* the largest one so far */
	struct socket *mark[MARKS]; /* on the list; NULL: none */
	u32 turn;                   /* the mark that the next new walk gets */
	u32 nr, nr6;                /* sockets on the list; those of AF_INET6 */
} lists[NR_SOCKET_LISTS];

void socket_list_add(enum socket_kind kind, struct socket *s)
{
	struct socket_list *const l = array_at(lists, kind);

	spin_lock(&l->lock);
	s->all_id = ++l->last_id;
	s->all_kind = kind;
	s->all_listed = true;
	list_push_back(&l->socks, s, all_link);
	l->nr++;
	l->nr6 += s->family == AF_INET6;
	spin_unlock(&l->lock);
}

void socket_list_remove(struct socket *s)
{
	struct socket_list *const l = array_at(lists, s->all_kind);
	u32 i;

	if (!load_once(s->all_listed))
		return;
	spin_lock(&l->lock);
	if (s->all_listed) {
		for (i = 0; i < MARKS; i++) {
			if (*array_at(l->mark, i) == s)
				*array_at(l->mark, i) = s->all_link.prev;
		}
		list_remove(&l->socks, s, all_link);
		store_once(s->all_listed, false);
		l->nr--;
		l->nr6 -= s->family == AF_INET6;
	}
	spin_unlock(&l->lock);
}

/* Where a step to the first socket behind @after begins. The lock is held. */
static struct socket *socket_list_begin(const struct socket_list *l, u64 after)
{
	struct socket *best = NULL, *m;
	u32 i;

	for (i = 0; i < MARKS; i++) {
		m = l->mark[i];
		if (m && m->all_id <= after && (!best || m->all_id > best->all_id))
			best = m;
	}
	return best ? best : list_first(&l->socks);
}

/* The walk that stood on @after stands on @s. The lock is held. */
static void set_mark(struct socket_list *l, u64 after, struct socket *s)
{
	struct socket *m;
	u32 i;

	for (i = 0; i < MARKS; i++) {
		m = *array_at(l->mark, i);
		if (m && m->all_id == after)
			break;
	}
	if (i == MARKS)
		i = l->turn++ % MARKS;
	*array_at(l->mark, i) = s;
}

struct socket *socket_list_next(enum socket_kind kind, u64 after)
{
	struct socket_list *const l = array_at(lists, kind);
	struct socket *s, *at = NULL;
	bool found = false;
	u32 n;

	for (;;) {
		spin_lock(&l->lock);
		s = at && at->all_listed ? at : socket_list_begin(l, after);
		for (n = 0; s; n++) {
			/* One whose last reference is being dropped is passed by. */
			found = s->all_id > after;
			if ((found || n >= WALK_HOLD) && obj_tryget(s))
				break;
			s = list_next(s, all_link);
		}
		if (s && found)
			set_mark(l, after, s);
		spin_unlock(&l->lock);
		obj_put(&at);
		if (!s || found)
			return s;
		at = s;
		task_cond_resched();
	}
}

u32 socket_list_count(enum socket_kind kind, u32 family)
{
	struct socket_list *const l = array_at(lists, kind);
	u32 six;

	spin_lock(&l->lock);
	six = family == AF_INET6 ? l->nr6 : l->nr - l->nr6;
	spin_unlock(&l->lock);
	return six;
}
