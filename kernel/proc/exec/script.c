// SPDX-License-Identifier: MPL-2.0
/*
 * Scripts: programs whose first line names an interpreter. See execve(2).
 *
 * How it works. exec_follow_script replaces the file of the attempt by the interpreter and puts
 * strings before the arguments: the interpreter's path, the one argument of the first line, and the
 * name of the script, which takes the place of argv[0]. They are kept in a buffer of their own
 * (exec.prefix), because the caller's strings have been copied already and lie in their final
 * pages; exec_build_stack writes the prefix below them. An interpreter that is a script is followed
 * in the same way by the next call, which rewrites the prefix.
 *
 * As on Linux the first line is what lies in the first EXEC_HEAD bytes. An interpreter's path that
 * the end of the buffer may have cut off is refused, since it would name another program; an
 * argument is just cut off.
 */
#include <kernel/namei.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "exec.h"

/* The first line of a script: offsets and lengths in exec.head. */
struct script_line {
	u32 path, path_len, arg, arg_len;
};

static bool exec_is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

#define SCRIPT_HEAD (EXEC_HEAD - 1u) /* the last byte of Linux's buffer is a NUL */

/*
 * Finds the interpreter's path and its one optional argument on the first line of a script, as
 * offsets into e->head. The argument is the rest of the line, blanks included.
 * Returns 0, or -ENOEXEC if there is no path or the end of the buffer cuts it off.
 */
static int parse_script(struct exec *e, struct script_line *l)
{
	struct cspan head = cspan_first(cspan_of(e->head), min(e->head_len, SCRIPT_HEAD));
	struct cspan line = cspan_first(head, cspan_find(head, '\n'));
	u32 end = (u32)min(cspan_len(line), cspan_strlen(line));
	u32 i = 2;

	while (end > i && exec_is_blank(e->head[end - 1]))
		end--;
	while (i < end && exec_is_blank(e->head[i]))
		i++;
	l->path = i;
	while (i < end && !exec_is_blank(e->head[i]))
		i++;
	l->path_len = i - l->path;
	if (!l->path_len || (i == SCRIPT_HEAD && cspan_len(line) == SCRIPT_HEAD))
		return -ENOEXEC;
	while (i < end && exec_is_blank(e->head[i]))
		i++;
	l->arg = i;
	l->arg_len = end - i;
	return 0;
}

/* Appends @s and a NUL to the new prefix; *@len is the length so far. Returns 0 or -E2BIG. */
static int prefix_append(struct buf *b, u32 *len, struct cspan s)
{
	if (*len + cspan_len(s) + 1 > buf_size(b))
		return -E2BIG;
	*len += (u32)span_copy(span_from(buf_span(b), *len), s);
	span_set_byte(buf_span(b), (*len)++, 0);
	return 0;
}

int exec_follow_script(struct exec *e, struct thread *t)
{
	struct script_line l = { 0 };
	struct buf *b;
	struct file *next = NULL;
	struct cspan head = cspan_of(e->head);
	u32 len = 0, count;
	int err = parse_script(e, &l);

	if (err)
		return err;
	b = buf_alloc(4 * PAGE_SIZE);
	if (!b)
		return -ENOMEM;
	count = l.arg_len ? 3 : 2;
	err = prefix_append(b, &len, cspan_sub(head, l.path, l.path_len));
	if (!err && l.arg_len)
		err = prefix_append(b, &len, cspan_sub(head, l.arg, l.arg_len));
	if (!err && !e->prefix) {
		/* The script's own name replaces argv[0]. */
		err = prefix_append(b, &len, cspan_first(buf_cspan(e->name), e->name_len));
		e->skip_argc = 1;
	} else if (!err) {
		/*
		 * The interpreter is a script itself. Its name, the path that led here, is the
		 * first string of the old prefix. So the new prefix is: the new interpreter, its
		 * argument, that name, and the old prefix without its first string.
		 */
		err = prefix_append(b, &len,
			cspan_first(buf_cspan(e->prefix), cspan_strlen(buf_cspan(e->prefix))));
		if (!err) {
			u32 skip = (u32)cspan_strlen(buf_cspan(e->prefix)) + 1;
			struct cspan rest = cspan_sub(buf_cspan(e->prefix), skip,
				e->prefix_len - skip);
			if (len + cspan_len(rest) > buf_size(b))
				err = -E2BIG;
			else
				len += (u32)span_copy(span_from(buf_span(b), len), rest);
			count += e->prefix_count - 1;
		}
	}
	if (!err)
		err = exec_open(t, AT_FDCWD, cspan_sub(head, l.path, l.path_len), 0, &next);
	if (err) {
		buf_put(&b);
		return err;
	}
	buf_put(&e->prefix);
	e->prefix = b;
	e->prefix_len = len;
	e->prefix_count = count;
	exec_close(&e->file);
	e->file = next;
	return 0;
}
