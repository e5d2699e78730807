// SPDX-License-Identifier: MPL-2.0
/*
 * Typed trees of intervals of objects: finds those that meet a given interval in O(log n) each.
 *
 *	struct vma { ...; INTERVAL_NODE(vma) file_node; };
 *	TREE_ROOT(vma) mappings;
 *	u64 first_of(const struct vma *v);
 *	u64 last_of(const struct vma *v);
 *	INTERVAL_DEFINE(map_tree, vma, file_node, first_of, last_of)	no semicolon
 *
 * defines map_tree_insert(root, p), _remove(root, p), _grown(p), _meet(root, lo, hi) and
 * _meet_next(p, lo, hi). Intervals have both ends in them. The objects are in the order of their
 * first ends; of two with the same, the one that was inserted later comes later. The first end does
 * not change while the object is in a tree. After a change of the last end, _grown is called.
 *
 * _meet returns the first object that meets [lo, hi], _meet_next the next one after @p, which is in
 * the tree but need not meet [lo, hi] itself; NULL: there is none. Both are bounded by the height
 * of the tree. No lock, no references, as <kernel/tree.h>.
 *
 * How it works. Each node has the largest last end in its subtree (max). A subtree whose max is
 * below @lo meets nothing. Nor does anything whose first end is above @hi, or what comes after it.
 */
#ifndef KERNEL_INTERVAL_H
#define KERNEL_INTERVAL_H

#include <kernel/tree.h>

#define INTERVAL_NODE(T)                         \
	struct {                                 \
		struct T *left, *right, *parent; \
		s32 height;                      \
		u64 max;                         \
	}

#define INTERVAL_DEFINE(N, T, F, FIRST, LAST)                                              \
	static inline bool N##_before(const struct T *a, const struct T *b)                \
	{                                                                                  \
		return FIRST(a) < FIRST(b);                                                \
	}                                                                                  \
	static inline bool N##_set_max(struct T *p)                                        \
	{                                                                                  \
		u64 was = p->F.max;                                                        \
		p->F.max = LAST(p);                                                        \
		if (p->F.left && p->F.left->F.max > p->F.max)                              \
			p->F.max = p->F.left->F.max;                                       \
		if (p->F.right && p->F.right->F.max > p->F.max)                            \
			p->F.max = p->F.right->F.max;                                      \
		return p->F.max != was;                                                    \
	}                                                                                  \
	TREE_DEFINE_WITH(N##_tree, T, F, N##_before, N##_set_max)                          \
	static inline void N##_set_all(struct T *p)                                        \
	{                                                                                  \
		for (; p; p = p->F.parent)                                                 \
			(void)N##_set_max(p);                                              \
	}                                                                                  \
	static inline UNUSED void N##_insert(struct T **root, struct T *p)                 \
	{                                                                                  \
		N##_tree_insert(root, p);                                                  \
	}                                                                                  \
	/* \
	 * A node with two children is replaced by its successor, whose max is that of another place, \
	 * and so may be those above it. \
	 */                                                                               \
	static inline UNUSED void N##_remove(struct T **root, struct T *p)                 \
	{                                                                                  \
		struct T *s = p->F.left && p->F.right ? N##_tree_first(p->F.right) : NULL; \
		N##_tree_remove(root, p);                                                  \
		N##_set_all(s);                                                            \
	}                                                                                  \
	static inline UNUSED void N##_grown(struct T *p)                                   \
	{                                                                                  \
		N##_set_all(p);                                                            \
	}                                                                                  \
	/* The first of a subtree whose max is not below @lo. */                           \
	static inline struct T *N##_descend(struct T *p, u64 lo, u64 hi)                   \
	{                                                                                  \
		for (;;) {                                                                 \
			if (p->F.left && p->F.left->F.max >= lo)                           \
				p = p->F.left;                                             \
			else if (FIRST(p) > hi)                                            \
				return NULL;                                               \
			else if (LAST(p) >= lo)                                            \
				return p;                                                  \
			else if (p->F.right && p->F.right->F.max >= lo)                    \
				p = p->F.right;                                            \
			else                                                               \
				return NULL;                                               \
		}                                                                          \
	}                                                                                  \
	static inline UNUSED struct T *N##_meet(struct T *root, u64 lo, u64 hi)            \
	{                                                                                  \
		return root && root->F.max >= lo ? N##_descend(root, lo, hi) : NULL;       \
	}                                                                                  \
	static inline UNUSED struct T *N##_meet_next(struct T *p, u64 lo, u64 hi)          \
	{                                                                                  \
		for (;;) {                                                                 \
			if (p->F.right && p->F.right->F.max >= lo)                         \
				return N##_descend(p->F.right, lo, hi);                    \
			while (p->F.parent && p->F.parent->F.right == p)                   \
				p = p->F.parent;                                           \
			p = p->F.parent;                                                   \
			if (!p || FIRST(p) > hi)                                           \
				return NULL;                                               \
			if (LAST(p) >= lo)                                                 \
				return p;                                                  \
		}                                                                          \
	}

#endif
