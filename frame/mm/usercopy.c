// SPDX-License-Identifier: MPL-2.0
/*
 * Copies between kernel bytes and the user memory of the current address space (frame/user.h).
 *
 * Trust: the backend refuses addresses outside the user half; the kernel side is a span, so it is byte memory of its length.
 */
#include "../arch.h"

size_t user_zero(struct uaddr dst, size_t len)
{
	return len - arch_zero_out(dst.va, len);
}

size_t user_copy_in_str(struct span dst, struct uaddr src, bool *found)
{
	return arch_copy_in_str(dst._p, src.va, dst._n, found);
}

bool user_load32(struct uaddr a, u32 *out)
{
	return arch_user_word_ok(a.va) && arch_user_load32(a.va, out) == 0;
}

bool user_cas32(struct uaddr a, u32 from, u32 to, u32 *seen)
{
	return arch_user_word_ok(a.va) && arch_user_cas32(a.va, from, to, seen) == 0;
}
