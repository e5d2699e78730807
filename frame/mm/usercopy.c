// SPDX-License-Identifier: MPL-2.0
/*
 * Copies between kernel bytes and the user memory of the current address space (frame/user.h): the
 * range checks. The backend does the copies (usercopy.S).
 *
 * Trust: the backend's copies get no address outside the user half. The kernel side is a span, so
 *        it is byte memory of its length.
 */
#include "../arch.h"

/* Instructions [start, end) that may fault on user memory, and where execution then continues. */
struct fixup {
	u64 start, end, landing;
};
extern const struct fixup _fixups_start[], _fixups_end[];

u64 user_fixup(u64 pc)
{
	const struct fixup *f;

	for (f = _fixups_start; f < _fixups_end; f++) {
		if (pc >= f->start && pc < f->end)
			return f->landing;
	}
	return 0;
}

/* The number of bytes of [va, va + n) that lie in the user half. */
static size_t user_room(u64 va, size_t n)
{
	return va < VM_USER_MAX ? min(n, VM_USER_MAX - va) : 0;
}

size_t user_copy_beyond(void *dst, const void *src, size_t n, u64 room)
{
	return n - room + arch_user_copy(dst, src, room);
}

size_t user_zero(struct uaddr dst, size_t len)
{
	size_t n = user_room(dst.va, len);

	return n - arch_user_zero(dst.va, n);
}

size_t user_copy_in_str(struct span dst, struct uaddr src, bool *found)
{
	size_t n = user_room(src.va, dst._n), done = n - arch_user_str(dst._p, src.va, n);

	*found = done && dst._p[done - 1] == 0;
	return done;
}

static bool user_is_word(struct uaddr a)
{
	return user_room(a.va, 4) == 4 && (a.va & 3) == 0;
}

bool user_load32(struct uaddr a, u32 *out)
{
	return user_is_word(a) && arch_user_load32(a.va, out) == 0;
}

bool user_cas32(struct uaddr a, u32 from, u32 to, u32 *seen)
{
	return user_is_word(a) && arch_user_cas32(a.va, from, to, seen) == 0;
}
