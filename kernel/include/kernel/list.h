// SPDX-License-Identifier: MPL-2.0
/*
 * Typed doubly linked lists of objects. Links are plain object pointers, so nothing is cast and
 * there is no container_of.
 *
 *	struct inode { ...; LIST_LINK(inode) sb_link; };
 *	LIST_HEAD(inode) inodes;	a field or a static variable; zero is the empty list
 *	list_push_back(&sb->inodes, ino, sb_link);
 *	list_for_each (ino, &sb->inodes, sb_link) ...
 *
 * A list holds no references by itself: the code that inserts an object says whether it takes one.
 * Lists have no lock: the caller holds the lock of the list. An object that is on no list has two
 * NULL links and is not the first of any list. list_remove may be called only for an object that is
 * on the list: keep a flag, or ask list_is_linked.
 */
#ifndef KERNEL_LIST_H
#define KERNEL_LIST_H

#include <frame/types.h>

#define LIST_LINK(T)                   \
	struct {                       \
		struct T *next, *prev; \
	}
#define LIST_HEAD(T)                    \
	struct {                        \
		struct T *first, *last; \
	}

#define list_empty(head)   ((head)->first == NULL)
#define list_first(head)   ((head)->first)
#define list_last(head)    ((head)->last)
#define list_next(p, link) ((p)->link.next)

/* Whether @p is on the list @head by @link. */
#define list_is_linked(head, p, link) ((p)->link.prev != NULL || (head)->first == (p))

#define list_push_front(head, p, link)                  \
	do {                                            \
		(p)->link.prev = NULL;                  \
		(p)->link.next = (head)->first;         \
		if ((head)->first)                      \
			(head)->first->link.prev = (p); \
		else                                    \
			(head)->last = (p);             \
		(head)->first = (p);                    \
	} while (0)
#define list_push_back(head, p, link)                  \
	do {                                           \
		(p)->link.next = NULL;                 \
		(p)->link.prev = (head)->last;         \
		if ((head)->last)                      \
			(head)->last->link.next = (p); \
		else                                   \
			(head)->first = (p);           \
		(head)->last = (p);                    \
	} while (0)
/* Inserts @p before @at, which is on the list. */
#define list_insert_before(head, at, p, link)             \
	do {                                              \
		(p)->link.next = (at);                    \
		(p)->link.prev = (at)->link.prev;         \
		if ((at)->link.prev)                      \
			(at)->link.prev->link.next = (p); \
		else                                      \
			(head)->first = (p);              \
		(at)->link.prev = (p);                    \
	} while (0)
#define list_remove(head, p, link)                                  \
	do {                                                        \
		if ((p)->link.prev)                                 \
			(p)->link.prev->link.next = (p)->link.next; \
		else                                                \
			(head)->first = (p)->link.next;             \
		if ((p)->link.next)                                 \
			(p)->link.next->link.prev = (p)->link.prev; \
		else                                                \
			(head)->last = (p)->link.prev;              \
		(p)->link.next = NULL;                              \
		(p)->link.prev = NULL;                              \
	} while (0)

#define list_for_each(p, head, link) for ((p) = (head)->first; (p); (p) = (p)->link.next)
/* As above; the body may remove @p. @n is a second variable of the same type. */
#define list_for_each_safe(p, n, head, link) \
	for ((p) = (head)->first; (p) && ((n) = (p)->link.next, true); (p) = (n))

#endif
