// SPDX-License-Identifier: MPL-2.0
/*
 * The output of a core dump: bytes are gathered and written in larger pieces, and zeroes become
 * holes where the file can have some.
 *
 * The limit (RLIMIT_CORE) counts bytes that are emitted, not holes, and is looked at for each piece
 * that is emitted: the file ends before the first piece that would exceed it. No lock is held while
 * the file is written, which may take as long as a reader of a pipe likes; only a kill ends it.
 */
#include <frame/task.h>
#include <kernel/notify.h>
#include <kernel/sigio.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "core.h"

#define OUT_BUF (4 * PAGE_SIZE)

static void core_out_release(struct core_out *o)
{
	obj_put(&o->file);
	buf_put(&o->buf);
}
OBJ_TYPE(core_out, core_out_release);

struct core_out *core_out_new(struct thread *t, struct file *f, u64 limit)
{
	struct core_out *o = obj_new(core_out);

	if (!o)
		return NULL;
	o->t = t;
	o->file = obj_get(f);
	o->limit = limit;
	o->buf = buf_alloc_dirty(OUT_BUF);
	if (!o->buf)
		obj_put(&o);
	return o;
}

/*
 * A write may be cut short (RLIMIT_FSIZE): then the next one fails. What interrupts a write to a pipe
 * without a kill is that the reader is to be told of the bytes by SIGIO (O_ASYNC): that is done here,
 * and the write goes on.
 */
static void out_flush(struct core_out *o)
{
	struct uio u = uio_kernel(o->buf, 0, o->fill);
	u64 at = o->pos;

	while (!o->failed && u.left) {
		ssize_t n = o->file->ops->write ? o->file->ops->write(o->file, &u, &at) : -EINVAL;

		if (loop_should_end() || (n <= 0 && n != -ERESTARTSYS)) {
			o->failed = true;
		} else if (n < 0) {
			sigio_send_due();
			task_interrupt_clear(TASK_INT_SIGNAL);
		}
	}
	o->pos += o->fill;
	o->fill = 0;
}

/* Bytes that the limit allows; they leave when the buffer is full. */
static void out_append(struct core_out *o, struct cspan bytes)
{
	while (!o->failed && cspan_len(bytes)) {
		size_t n = span_copy(span_from(buf_span(o->buf), o->fill), bytes);

		o->fill += n;
		bytes = cspan_from(bytes, n);
		if (o->fill == buf_size(o->buf))
			out_flush(o);
	}
}

static const u8 zeros[PAGE_SIZE];

/* Makes the hole that core_skip has asked for. */
static void out_make_hole(struct core_out *o)
{
	u64 n;

	out_flush(o);
	if (!(o->file->mode & FMODE_STREAM)) {
		o->pos += o->skip;
		o->skip = 0;
	}
	for (; o->skip && !o->failed; o->skip -= n) {
		n = min(o->skip, PAGE_SIZE);
		out_append(o, cspan_first(cspan_of(zeros), n));
	}
}

void core_emit(struct core_out *o, struct cspan bytes)
{
	if (loop_should_end())
		o->failed = true;
	if (o->failed)
		return;
	if (o->skip)
		out_make_hole(o);
	if (o->written + cspan_len(bytes) > o->limit) {
		out_flush(o); /* the file has all that comes before the limit */
		o->failed = true;
		return;
	}
	o->written += cspan_len(bytes);
	out_append(o, bytes);
}

/* Nothing is written yet: what follows decides, or the end of the file. */
void core_skip(struct core_out *o, u64 n)
{
	o->skip += n;
}

void core_out_end(struct core_out *o)
{
	if (o->skip && !o->failed) {
		o->skip--;
		core_emit(o, cspan_first(cspan_of(zeros), 1));
	}
	out_flush(o);
	notify_file(o->file, IN_MODIFY);
}
