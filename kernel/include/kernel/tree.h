// SPDX-License-Identifier: MPL-2.0
/*
 * Typed balanced search trees (AVL) of objects, ordered by a comparison of the user. Like
 * <kernel/list.h>: plain object pointers.
 *
 *	struct vma { ...; TREE_NODE(vma) node; };
 *	TREE_ROOT(vma) vmas;
 *	bool vma_before(const struct vma *a, const struct vma *b);
 *	TREE_DEFINE(vma_tree, vma, node, vma_before)	no semicolon; makes static functions
 *
 * defines vma_tree_insert(root, p), _remove(root, p), _first(root), _last(root), _next(p),
 * _prev(p). insert and remove take the root as struct vma **. The user writes searches as a walk
 * over node.left and node.right. A tree has no lock of its own and holds no references. Of objects
 * that compare as equal, the one that was inserted later comes later.
 *
 * TREE_DEFINE_WITH is for trees whose nodes keep a summary of their subtree (<kernel/interval.h>):
 * @REFRESH(p) computes it anew from p and its two children, and returns whether it has changed.
 * After _remove the summary of the node that has taken the place of p may be wrong, and so those
 * above: see there.
 */
#ifndef KERNEL_TREE_H
#define KERNEL_TREE_H

#include <frame/types.h>

#define TREE_NODE(T)                             \
	struct {                                 \
		struct T *left, *right, *parent; \
		s32 height;                      \
	}
#define TREE_ROOT(T) struct T *

/*
 * AVL: the heights of the two subtrees of a node differ by at most one. Each path from the root has
 * less than 1.45 log2(n) nodes, so a walk is short whatever the order of insertions. remove
 * replaces a node with two children by its in-order successor.
 */
#define TREE_DEFINE_WITH(N, T, F, BEFORE, REFRESH)                                             \
	static inline s32 N##_height(const struct T *p)                                        \
	{                                                                                      \
		return p ? p->F.height : 0;                                                    \
	}                                                                                      \
	/* Whether what the node above goes by has changed. */                                 \
	static inline bool N##_update(struct T *p)                                             \
	{                                                                                      \
		s32 l = N##_height(p->F.left), r = N##_height(p->F.right), was = p->F.height;  \
		p->F.height = (l > r ? l : r) + 1;                                             \
		return REFRESH(p) || p->F.height != was;                                       \
	}                                                                                      \
	static inline void N##_replace(struct T **root, struct T *parent, struct T *old,       \
		struct T *n)                                                                   \
	{                                                                                      \
		if (!parent)                                                                   \
			*root = n;                                                             \
		else if (parent->F.left == old)                                                \
			parent->F.left = n;                                                    \
		else                                                                           \
			parent->F.right = n;                                                   \
		if (n)                                                                         \
			n->F.parent = parent;                                                  \
	}                                                                                      \
	static inline struct T *N##_rotate_left(struct T **root, struct T *p)                  \
	{                                                                                      \
		struct T *r = p->F.right;                                                      \
		N##_replace(root, p->F.parent, p, r);                                          \
		p->F.right = r->F.left;                                                        \
		if (p->F.right)                                                                \
			p->F.right->F.parent = p;                                              \
		r->F.left = p;                                                                 \
		p->F.parent = r;                                                               \
		(void)N##_update(p);                                                           \
		(void)N##_update(r);                                                           \
		return r;                                                                      \
	}                                                                                      \
	static inline struct T *N##_rotate_right(struct T **root, struct T *p)                 \
	{                                                                                      \
		struct T *l = p->F.left;                                                       \
		N##_replace(root, p->F.parent, p, l);                                          \
		p->F.left = l->F.right;                                                        \
		if (p->F.left)                                                                 \
			p->F.left->F.parent = p;                                               \
		l->F.right = p;                                                                \
		p->F.parent = l;                                                               \
		(void)N##_update(p);                                                           \
		(void)N##_update(l);                                                           \
		return l;                                                                      \
	}                                                                                      \
	static inline void N##_rebalance(struct T **root, struct T *p)                         \
	{                                                                                      \
		while (p) {                                                                    \
			s32 diff = N##_height(p->F.left) - N##_height(p->F.right);             \
			if (diff > 1) {                                                        \
				if (N##_height(p->F.left->F.left) <                            \
					N##_height(p->F.left->F.right))                        \
					N##_rotate_left(root, p->F.left);                      \
				p = N##_rotate_right(root, p);                                 \
			} else if (diff < -1) {                                                \
				if (N##_height(p->F.right->F.right) <                          \
					N##_height(p->F.right->F.left))                        \
					N##_rotate_right(root, p->F.right);                    \
				p = N##_rotate_left(root, p);                                  \
			} else if (!N##_update(p)) {                                           \
				break;                                                         \
			}                                                                      \
			p = p->F.parent;                                                       \
		}                                                                              \
	}                                                                                      \
	static inline UNUSED void N##_insert(struct T **root, struct T *n)                     \
	{                                                                                      \
		struct T *parent = NULL;                                                       \
		struct T *at = *root;                                                          \
		bool left = false;                                                             \
		while (at) {                                                                   \
			parent = at;                                                           \
			left = BEFORE(n, at);                                                  \
			at = left ? at->F.left : at->F.right;                                  \
		}                                                                              \
		n->F.left = NULL;                                                              \
		n->F.right = NULL;                                                             \
		n->F.parent = parent;                                                          \
		(void)N##_update(n);                                                           \
		if (!parent)                                                                   \
			*root = n;                                                             \
		else if (left)                                                                 \
			parent->F.left = n;                                                    \
		else                                                                           \
			parent->F.right = n;                                                   \
		N##_rebalance(root, parent);                                                   \
	}                                                                                      \
	static inline UNUSED struct T *N##_first(struct T *p)                                  \
	{                                                                                      \
		while (p && p->F.left)                                                         \
			p = p->F.left;                                                         \
		return p;                                                                      \
	}                                                                                      \
	static inline UNUSED struct T *N##_last(struct T *p)                                   \
	{                                                                                      \
		while (p && p->F.right)                                                        \
			p = p->F.right;                                                        \
		return p;                                                                      \
	}                                                                                      \
	static inline UNUSED struct T *N##_next(struct T *p)                                   \
	{                                                                                      \
		if (p->F.right)                                                                \
			return N##_first(p->F.right);                                          \
		while (p->F.parent && p->F.parent->F.right == p)                               \
			p = p->F.parent;                                                       \
		return p->F.parent;                                                            \
	}                                                                                      \
	static inline UNUSED struct T *N##_prev(struct T *p)                                   \
	{                                                                                      \
		if (p->F.left)                                                                 \
			return N##_last(p->F.left);                                            \
		while (p->F.parent && p->F.parent->F.left == p)                                \
			p = p->F.parent;                                                       \
		return p->F.parent;                                                            \
	}                                                                                      \
	static inline UNUSED void N##_remove(struct T **root, struct T *p)                     \
	{                                                                                      \
		struct T *fix;                                                                 \
		if (p->F.left && p->F.right) {                                                 \
			struct T *s = N##_first(p->F.right);                                   \
			if (s->F.parent == p) {                                                \
				fix = s;                                                       \
			} else {                                                               \
				fix = s->F.parent;                                             \
				N##_replace(root, s->F.parent, s, s->F.right);                 \
				s->F.right = p->F.right;                                       \
				s->F.right->F.parent = s;                                      \
			}                                                                      \
			s->F.left = p->F.left;                                                 \
			s->F.left->F.parent = s;                                               \
			N##_replace(root, p->F.parent, p, s);                                  \
			s->F.height = p->F.height;                                             \
		} else {                                                                       \
			fix = p->F.parent;                                                     \
			N##_replace(root, p->F.parent, p, p->F.left ? p->F.left : p->F.right); \
		}                                                                              \
		p->F.left = NULL;                                                              \
		p->F.right = NULL;                                                             \
		p->F.parent = NULL;                                                            \
		N##_rebalance(root, fix);                                                      \
	}
#define TREE_DEFINE(N, T, F, BEFORE)                         \
	static inline bool N##_no_summary(const struct T *p) \
	{                                                    \
		(void)p;                                     \
		return false;                                \
	}                                                    \
	TREE_DEFINE_WITH(N, T, F, BEFORE, N##_no_summary)

#endif
