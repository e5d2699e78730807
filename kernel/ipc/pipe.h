// SPDX-License-Identifier: MPL-2.0
/*
 * Inside kernel/ipc: pipes. See pipe(7).
 *
 * A pipe is a ring of slots; a slot is a run of bytes in a page. A page that belongs to its slot
 * alone takes more bytes at its end (SLOT_MERGE). Pages that are shared with the page cache or
 * another pipe (splice, tee) are only read. The slots are kept in chunks, so that F_SETPIPE_SZ can
 * make the ring larger without one large allocation.
 *
 * head and tail count the slots that were ever filled and emptied; they only grow (but see
 * splice.c, which moves tail back) and wrap around. head - tail is the number of full slots.
 *
 * Locking: pipe.lock guards all fields that do not say otherwise. head, tail, reserved and the
 *          numbers of ends are also read without it, by waiters, which check again under the lock.
 */
#ifndef KERNEL_IPC_PIPE_H
#define KERNEL_IPC_PIPE_H

#include <frame/wait.h>
#include <kernel/file.h>

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL      15u

#define PIPE_CHUNK  16u
#define PIPE_CHUNKS 64u
/* 4 MiB, for users that may exceed /proc/sys/fs/pipe-max-size. */
#define PIPE_MAX_SLOTS (PIPE_CHUNK * PIPE_CHUNKS)

struct pipe_slot {
	struct page *page; /* reference */
	u32 off, len;
	u32 flags;
};
/* A read ends with a packet's slot; for SLOT_MERGE see the top. */
enum { SLOT_PACKET = 1, SLOT_MERGE = 2 };

struct pipe_chunk {
	struct obj obj;
	struct pipe_slot slot[PIPE_CHUNK];
};

struct pipe {
	struct obj obj;
	struct mutex lock;
	u32 nr_slots;   /* power of two */
	u32 head, tail; /* slots ever filled, ever emptied */
	u32 reserved; /* free slots that a splice in progress will fill: nobody else may use them */
	/* Open ends. */
	u32 nr_readers, nr_writers;
	u32 reader_opens, writer_opens; /* ever; a FIFO's open waits for the other side */
	u32 nr_files;                   /* open files; guarded by the inode's lock */
	u32 uid;                        /* the user whose pages are counted */
	struct waitq read_wait, write_wait, open_wait;
	struct poll_source *poll;
	struct page *spare; /* reference: an emptied page, kept for the next write */
	struct pipe_chunk *chunk[PIPE_CHUNKS];
};
OBJ_TYPE_DECL(pipe);

/* The slot of number @i, borrowed. Lock held. */
#define pipe_slot(p, i)                                                       \
	(array_at((p)->chunk[((i) & ((p)->nr_slots - 1)) / PIPE_CHUNK]->slot, \
		(i) & ((p)->nr_slots - 1) & (PIPE_CHUNK - 1)))

/* No slot is full. Without the lock, a snapshot. */
static inline bool pipe_empty(const struct pipe *p)
{
	return load_once(p->head) == load_once(p->tail);
}
/* Slots that are free and not reserved. Without the lock, a snapshot. */
static inline u32 pipe_room(const struct pipe *p)
{
	u32 used = load_once(p->head) - load_once(p->tail) + load_once(p->reserved);

	return p->nr_slots > used ? p->nr_slots - used : 0;
}

/* ---- pipe_ring.c ---- */
/* A new pipe of the default size, charged to the caller: a reference, or NULL (no memory). */
struct pipe *pipe_new(void);
/*
 * Fills the next slot. There must be room. The page's reference belongs to the pipe afterwards.
 * Lock held.
 */
static inline void pipe_push(struct pipe *p, const struct pipe_slot *s)
{
	struct pipe_slot *const to = pipe_slot(p, p->head);

	*to = *s;
	store_once(p->head, p->head + 1);
}
/*
 * Frees the slot at the tail. Its page is put, or becomes the spare one if nobody shares it; a page
 * that the caller has taken out (NULL) is skipped. Lock held.
 */
void pipe_drop_tail(struct pipe *p);
/* Frees all slots. Lock held, or nobody else uses the pipe. */
void pipe_drain(struct pipe *p);
/* The number of bytes in the pipe. Lock held. */
u64 pipe_bytes(struct pipe *p);

/* ---- pipe.c ---- */
/* The pipe of an open end, borrowed; NULL if the file is something else. */
struct pipe *pipe_of(struct file *f);
/* Sends SIGPIPE to the calling thread. Returns -EPIPE. */
ssize_t must_check pipe_broken(void);
/*
 * Copies bytes out of the ring, at most to the end of a packet. Returns their number or -EFAULT.
 * Lock held.
 */
ssize_t must_check pipe_take(struct pipe *p, struct uio *u);
/*
 * Copies as much into the ring as fits now; a packet is at most a page. Returns the number of
 * bytes; -ENOMEM or -EFAULT only if there is none. Lock held.
 */
ssize_t must_check pipe_put(struct pipe *p, struct uio *u, bool packet);
/*
 * Waits until there are bytes to read or no writer is left; until there is room or no reader is
 * left. 0, -EAGAIN, -ERESTARTSYS. No lock held. Another thread may be faster, so the caller checks
 * again under the lock.
 */
int must_check pipe_wait_readable(struct pipe *p, bool nonblock);
int must_check pipe_wait_writable(struct pipe *p, bool nonblock);
/*
 * After slots were filled or emptied, without the lock: wakes a reader or a writer and notifies
 * pollers. pipe_tell_emptied is the slow path: somebody may care.
 */
void pipe_filled(struct pipe *p, bool was_empty);
void pipe_tell_emptied(struct pipe *p, bool was_full);
static inline void pipe_emptied(struct pipe *p, bool was_full)
{
	if (unlikely(was_full || load_once(p->poll)))
		pipe_tell_emptied(p, was_full);
}
/*
 * A change wakes one thread only. A thread that may have been that one, and leaves bytes or room
 * behind, wakes the next reader or writer. No lock held.
 */
void pipe_wake_next_reader(struct pipe *p);
void pipe_wake_next_writer(struct pipe *p);

/*
 * F_GETPIPE_SZ, F_SETPIPE_SZ (pipe_ring.c): the size in bytes, -EBADF, -EINVAL, -EPERM, -EBUSY,
 * -ENOMEM.
 */
s64 must_check pipe_fcntl(struct file *f, u32 cmd, u64 arg);

#endif
