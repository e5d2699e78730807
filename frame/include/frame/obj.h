// SPDX-License-Identifier: MPL-2.0
/*
 * Objects: counted, type-stable memory. Type stability is what makes stale pointers harmless.
 *
 * An object type is a struct whose first field is `struct obj`. Its memory comes from a pool of its
 * own: an address that once held a T holds a T, for as long as the kernel runs. So a pointer to an
 * object may be stored anywhere: it always points to a T. When the object has been released, the
 * slot may hold the object's last contents, another T, or zeroes (obj_trim).
 *
 *	struct inode { struct obj obj; ... };
 *	OBJ_TYPE_DECL(inode);			in the header, if others create or cast
 *	OBJ_TYPE(inode, inode_release);		in one .c file: the pool; the release function is
 *						inode_release(struct inode *), or NULL_RELEASE
 *	struct inode *ino = obj_new(inode);	zeroed, one reference; NULL when memory is out
 *	obj_get(ino);				takes a reference; returns ino
 *	obj_put(&ino);				drops a reference and clears the variable; NULL may
 *						be put
 *	obj_put_unless_last(&ino)		the same, unless the reference is the last one: then
 *						it returns false and the variable stays
 *
 * `struct obj *` is a pointer to an object of any type: up by &p->obj, down by the checked
 * obj_cast(T, o).
 *
 * The release function drops what the object owns. It runs in the context of the last put, while
 * the object is dead (obj_tryget fails, obj_get traps), and may do what that context may do:
 * anything in a task; in an interrupt handler, or in an operation that the frame calls, what these
 * may do. So it must not sleep if any put of the type happens in a context that must not sleep
 * (traps). The frame itself puts objects of services only in the calls that say so, with none of
 * its locks held. The slot is free when the release function returns.
 *
 * Order: a new object is zeroed before any holder of the pointer can read it, however the pointer
 * was passed. Later writes to the object are ordered by how the pointer is passed (store_release, a
 * lock). obj_get orders nothing. obj_tryget that succeeds acquires from obj_new and from earlier
 * puts. obj_put is a full barrier: the release function sees what each holder wrote before its put,
 * and so does the caller of obj_put_unless_last that gets false.
 * Context: any (also interrupt) unless the release function needs more. SMP-safe.
 * Traps: obj_get or obj_put of an object without references, overflow of a count.
 * Trust: `struct obj` stands only at offset 0 of a pool slot (checker), so a struct obj * is always
 *        the start of a slot, and the frame alone writes the private fields below. The _type
 *        of a slot is that of its pool, or 0 while the slot has no memory of its own.
 * Source: frame/mm/pool.c, group.c, trim.c.
 */
#ifndef FRAME_OBJ_H
#define FRAME_OBJ_H

#include <frame/lit.h>
#include <frame/types.h>

struct obj {
	u32 _refs;
	u32 _type;         /* index of the obj_type, set when the slot is carved; 0: trimmed */
	struct obj *_next; /* the pool's free list while the slot is free */
};

/*
 * The count of an object that is being released, and of a free slot. obj_get and obj_put change the
 * count first and look at it afterwards; they undo the change of such a count and trap. At most
 * MAX_CPUS such changes exist at a time, so the count stays far from 0 and from 0x7fffffff: no
 * obj_tryget or obj_put takes it for the count of a live object meanwhile. Zero would not do: after
 * the change of a stale obj_get it is 1.
 */
#define _OBJ_DEAD 0xc0000000u

struct FRAME_HANDLE obj_type {
	struct lit _name;
	u32 _size;
	u32 _index;
	void (*_release)(struct obj *);
	struct obj_pool *_pool; /* created at the first allocation */
	bool _stays;            /* obj_trim takes no page of the pool */
};
/*
 * _index of a type that has no pool yet. No slot has this type, not even one that is trimmed, so no
 * cast to such a type succeeds.
 */
#define OBJ_NO_POOL 1u

/*
 * A macro that pastes its parameter goes through an underscore macro, so that the parameter is
 * expanded once for all its uses. Otherwise a service that makes T a macro could get the pool of
 * one type and a pointer to another.
 */
#define OBJ_TYPE_DECL(T)        _OBJ_TYPE_DECL(T)
#define OBJ_TYPE(T, release_fn) _OBJ_TYPE(T, release_fn)
#define obj_new(T)              (_obj_new(T))
#define obj_cast(T, o)          (_obj_cast(T, o))

#define _OBJ_TYPE_DECL(T) extern struct obj_type _##T##_obj_type

/*
 * The maximum size of an object in bytes: half a unit of the pools (frame/mm/pool.c checks it
 * again).
 */
#define OBJ_MAX (1ul << 20)

#define NULL_RELEASE(p) ((void)(p))
#define _OBJ_TYPE(T, release)                                                              \
	static_assert(offsetof(struct T, obj) == 0, "struct obj must be the first field"); \
	static_assert(sizeof(struct T) <= OBJ_MAX, "an object has at most 1 MiB");         \
	static void _##T##_obj_release(struct obj *_o)                                     \
	{                                                                                  \
		struct T *_p = (struct T *)_o;                                             \
		release(_p);                                                               \
	}                                                                                  \
	_OBJ_TYPE_DECL(T);                                                                 \
	struct obj_type _##T##_obj_type = { ._name = LIT(#T),                              \
		._size = sizeof(struct T),                                                 \
		._index = OBJ_NO_POOL,                                                     \
		._release = _##T##_obj_release }

/*
 * Takes a zeroed slot with one reference from the pool of @type; NULL when memory is out. Context:
 * any.
 */
struct obj *_obj_alloc(struct obj_type *type);
/*
 * After the last reference is gone: runs the release function, then returns the slot to the pool.
 */
void _obj_last_put(struct obj *o);
/*
 * Undoes @change and traps with a message that names the type: the count is zero or would overflow.
 */
void _obj_bad_count(struct obj *o, u32 change) __attribute__((cold, noreturn));
/* What obj_tryget returns with a count that it cannot raise: false, or it traps if that is full. */
bool _obj_no_ref(struct obj *o, u32 refs);
/*
 * Gives back up to about @nr_pages pages whose slots are all free, and returns how many; 0: there
 * are none. A pool maps new pages at the same addresses when it
 * needs slots again. Bounded by @nr_pages and the number of types.
 * Context: task, no locks held, interrupts on (it calls other CPUs). Traps: in other contexts.
 */
u64 obj_trim(u64 nr_pages);
/* A hint how many pages obj_trim could give back at once. Context: any. */
u64 obj_idle_pages(void);
/* Number of slots in use in all pools, for the leak count. */
u64 obj_live_count(void);
/* Logs one line (name, size, live, peak) for each pool that has live slots. Context: task. */
void obj_log_live(void);

#define _obj_new(T) ((struct T *)_obj_alloc(&_##T##_obj_type))

static always_inline void _obj_get(struct obj *o)
{
	u32 old = _add32_relaxed(&o->_refs, 1);
	if (unlikely(old - 1 >= 0x7ffffffe))
		_obj_bad_count(o, 1);
}
/* Takes a reference and returns @p. @p must be live (traps). */
#define obj_get(p)                      \
	(__extension__({                \
		__typeof__(p) _g = (p); \
		_obj_get(&_g->obj);     \
		_g;                     \
	}))

static inline bool _obj_tryget(struct obj *o)
{
	u32 old = load_once(o->_refs);

	while (likely(old - 1 < 0x7ffffffe)) {
		if (_cas32_acquire(&o->_refs, &old, old + 1))
			return true;
	}
	return _obj_no_ref(o, old);
}
/*
 * Takes a reference unless the object is being released or its slot is free; returns whether it
 * did. For lookups through weak pointers: the slot may meanwhile hold another object of the same
 * type, so check the identity again afterwards.
 */
#define obj_tryget(p) (_obj_tryget(&(p)->obj))

static always_inline void _obj_put(struct obj *o)
{
	u32 old = _add32_full(&o->_refs, -1u);
	if (unlikely(old - 1 >= 0x7fffffff))
		_obj_bad_count(o, -1u);
	if (old == 1)
		_obj_last_put(o);
}
/* Drops the reference in the variable *@pp; clears the variable first. */
#define obj_put(pp)                            \
	(__extension__({                       \
		__typeof__(&*(pp)) _pp = (pp); \
		__typeof__(*_pp) _o = *_pp;    \
		*_pp = NULL;                   \
		if (_o)                        \
			_obj_put(&_o->obj);    \
		(void)0;                       \
	}))

static inline bool _obj_put_unless_last(struct obj *o)
{
	u32 old;
	do {
		/*
		 * If the count is 1, the caller sees what the other holders wrote before their
		 * puts.
		 */
		old = load_acquire(o->_refs);
		if (old == 1)
			return false;
		if (unlikely(old - 1 >= 0x7fffffff))
			_obj_bad_count(o, 0);
	} while (!_cas32_full(&o->_refs, &old, old - 1));
	return true;
}
/*
 * Drops the reference in the variable *@pp, which is not NULL, and clears the variable. If the
 * reference is the last one, returns false and changes nothing. For chains of objects each of which
 * owns the next: the release function walks along the chain instead of recursing.
 */
#define obj_put_unless_last(pp)                                     \
	(__extension__({                                            \
		__typeof__(&*(pp)) _pp = (pp);                      \
		bool _dropped = _obj_put_unless_last(&(*_pp)->obj); \
		if (_dropped)                                       \
			*_pp = NULL;                                \
		_dropped;                                           \
	}))

/* The same for a `struct obj *`: an object of any type. */
static always_inline struct obj *obj_get_any(struct obj *o)
{
	_obj_get(o);
	return o;
}
static always_inline void obj_put_any(struct obj **op)
{
	struct obj *o = *op;

	*op = NULL;
	if (o)
		_obj_put(o);
}

/* Number of references now, 0 if the slot is free; only a hint when others hold some. */
#define obj_refs(p) (_obj_refs(&(p)->obj))

static always_inline bool _obj_is_dead(const struct obj *o)
{
	return load_once(o->_refs) >> 31;
}
static always_inline u32 _obj_refs(const struct obj *o)
{
	u32 refs = load_acquire(o->_refs);

	return refs >> 31 ? 0 : refs;
}

static always_inline bool _obj_is(const struct obj *o, const struct obj_type *t)
{
	return o && o->_type == t->_index;
}
/*
 * @o (a struct obj *) as a struct T *, or NULL when it is NULL or of another type. Takes no
 * reference. NULL also for a released T whose page went back (obj_trim).
 */
#define _obj_cast(T, o)                                                            \
	(__extension__({                                                           \
		struct obj *_c = (o);                                              \
		_obj_is(_c, &_##T##_obj_type) ? (struct T *)_c : (struct T *)NULL; \
	}))

#endif
