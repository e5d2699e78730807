// SPDX-License-Identifier: MPL-2.0
/*
 * Names from users, and walks to the parent of a name: for calls that make or remove one.
 *
 * A call that makes or removes a name must look that name up under the directory's lock, so that it
 * cannot change before the call acts on it. So the walk stops at the directory, and reports what
 * kind of last component is left: a name, or ".", ".." or "/", which no call may make or remove,
 * each with errors of its own.
 */
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/uaccess.h>

#include "fs.h"

int path_copy_in(struct uaddr name, struct buf **out, size_t *len)
{
	struct buf *b = buf_alloc_dirty(PATH_LEN);
	ssize_t n;

	if (!b)
		return -ENOMEM;
	n = copy_in_str(buf_span(b), name);
	if (n < 0) {
		buf_put(&b);
		return (int)n;
	}
	*out = b;
	*len = (size_t)n;
	return 0;
}

/*
 * The last component is found from the end of the name, without slashes at its end; they are noted
 * in trailing_slash, because the caller must then require a directory. The rest is walked as a name
 * of its own, and must lead to a directory that may be searched.
 */
int walk_parent(struct walk *w, struct cspan name, struct last_name *last)
{
	size_t end = cspan_len(name), start;
	struct cspan part;
	int err;

	*last = (struct last_name){ .kind = LAST_NAME };
	while (end && span_byte(name, end - 1) == '/')
		end--;
	last->trailing_slash = end < cspan_len(name);
	start = end;
	while (start && span_byte(name, start - 1) != '/')
		start--;
	last->off = (u32)start;
	last->len = (u32)(end - start);
	part = cspan_sub(name, start, end - start);
	if (!end)
		last->kind = LAST_ROOT;
	else if (name_is_dot(part))
		last->kind = LAST_DOT;
	else if (name_is_dotdot(part))
		last->kind = LAST_DOTDOT;
	err = walk_string(w, cspan_first(name, start),
		LOOKUP_FOLLOW | LOOKUP_DIRECTORY | LOOKUP_MORE);
	if (!err)
		err = walk_check_dir(w);
	if (!err && cspan_len(part) > NAME_LEN)
		err = -ENAMETOOLONG;
	return err ? err : walk_check_confined(w);
}

/* walk_begin, one walk_parent, walk_end: the references on the directory go to the caller. */
int path_parent(struct thread *t, s32 dirfd, struct cspan name, u32 flags, struct path *dir,
	struct last_name *last)
{
	struct walk w;
	int err;

	if (!cspan_len(name))
		return -ENOENT;
	err = walk_begin(&w, t, dirfd, name, flags);
	if (err)
		return err;
	err = walk_parent(&w, name, last);
	if (!err) {
		*dir = w.at;
		w.at = (struct path){ 0 };
	}
	walk_end(&w);
	return err;
}
