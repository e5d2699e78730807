// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes: inside kernel/ipc. See pipe(7).
 *
 * A pipe is a ring of slots; a slot is a run of bytes in a page. A page that only its slot refers
 * to takes more bytes at its end (SLOT_MERGE); pages that are shared with the page cache or another
 * pipe (splice, tee) are only read. The slots are kept in chunks, so that a pipe grows to what
 * F_SETPIPE_SZ asks for.
 *
 * pipe.lock guards everything but what says otherwise; head, tail and the counts of ends are also
 * looked at without.
 */
#ifndef KERNEL_IPC_PIPE_H
#define KERNEL_IPC_PIPE_H

#include <frame/wait.h>
#include <kernel/file.h>

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL      15u

#define PIPE_CHUNK  16u
#define PIPE_CHUNKS 64u
/* 4 MiB, for who may have more than /proc/sys/fs/pipe-max-size. */
#define PIPE_MAX_SLOTS (PIPE_CHUNK * PIPE_CHUNKS)

struct pipe_slot {
	struct page *page; /* reference */
	u32 off, len;
	u32 flags;
};
enum { SLOT_PACKET = 1 /* a read ends with it */, SLOT_MERGE = 2 };

struct pipe_chunk {
	struct obj obj;
	struct pipe_slot slot[PIPE_CHUNK];
};

struct pipe {
	struct obj obj;
	struct mutex lock;
	u32 nr_slots;   /* power of two */
	u32 head, tail; /* slots ever filled, emptied */
	u32 reserved;   /* free slots that a splice will fill: nobody else may */
	u32 nr_readers, nr_writers;
	u32 reader_opens, writer_opens; /* ever: a FIFO open waits for the other side */
	u32 nr_files;                   /* open files; the inode's lock */
	u32 uid;                        /* whose pages are counted */
	struct waitq read_wait, write_wait, open_wait;
	struct poll_source *poll;
	struct page *spare; /* reference: an emptied page for the next write */
	struct pipe_chunk *chunk[PIPE_CHUNKS];
};
OBJ_TYPE_DECL(pipe);

/* The slot of number @i, borrowed. */
#define pipe_slot(p, i)                                                       \
	(array_at((p)->chunk[((i) & ((p)->nr_slots - 1)) / PIPE_CHUNK]->slot, \
		(i) & ((p)->nr_slots - 1) & (PIPE_CHUNK - 1)))

static inline bool pipe_empty(const struct pipe *p)
{
	return load_once(p->head) == load_once(p->tail);
}
static inline u32 pipe_room(const struct pipe *p)
{
	u32 used = load_once(p->head) - load_once(p->tail) + load_once(p->reserved);

	return p->nr_slots > used ? p->nr_slots - used : 0;
}

/* ---- pipe_ring.c ---- */
/* A pipe of the caller's, of the default size; NULL: out of memory. */
struct pipe *pipe_new(void);
/* Fills the next slot; there must be room. The page's reference is the pipe's now. Lock held. */
void pipe_push(struct pipe *p, const struct pipe_slot *s);
/*
 * Gives back the slot at the tail with its page, if that is still there (it becomes the spare one
 * if nobody shares it). Lock held.
 */
void pipe_drop_tail(struct pipe *p);
/* Drops all. Lock held. */
void pipe_drain(struct pipe *p);
/* A page for a new slot, NULL: out of memory. Lock held. */
struct page *pipe_page(struct pipe *p);
u64 pipe_bytes(struct pipe *p);

/* ---- pipe.c ---- */
/* The pipe of an open end of it, or NULL. */
struct pipe *pipe_of(struct file *f);
/* Sends SIGPIPE to the caller; -EPIPE. */
ssize_t pipe_broken(void);
/* Moves bytes out of the ring, to the end of a packet at most; -EFAULT. Lock held. */
ssize_t pipe_take(struct pipe *p, struct uio *u);
/* Moves what fits now into the ring; an error only if nothing. Lock held. */
ssize_t pipe_put(struct pipe *p, struct uio *u, bool packet);
/*
 * Waits until there is something to read or no writer is left / room to write or no reader is left.
 * 0, -EAGAIN, -ERESTARTSYS. No lock held.
 */
s64 pipe_wait_readable(struct pipe *p, bool nonblock);
s64 pipe_wait_writable(struct pipe *p, bool nonblock);
/* After slots were filled / emptied, without the lock: tells readers / writers. */
void pipe_filled(struct pipe *p, bool was_empty);
void pipe_emptied(struct pipe *p, bool was_full);
/*
 * A change wakes one thread only. Whoever may be that one, and leaves bytes or room, wakes the next
 * reader or writer. No lock held.
 */
void pipe_wake_next_reader(struct pipe *p);
void pipe_wake_next_writer(struct pipe *p);

/* F_GETPIPE_SZ, F_SETPIPE_SZ; pipe_ring.c. */
s64 pipe_fcntl(struct file *f, u32 cmd, u64 arg);

#endif
