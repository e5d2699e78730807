// SPDX-License-Identifier: MPL-2.0
/*
 * User memory (frame/mm/usercopy.c): whatever address and length, the backend gets only ranges of
 * the user half, no longer than the kernel's side. The plain copies in and out are assembly, and
 * check for themselves.
 */
#include "proof.h"

#include "frame/mm/usercopy.c"

const struct fixup _fixups_start[1], _fixups_end[1];
static u8 bytes[16];
static size_t len;

static void claim_user(u64 va, size_t n)
{
	CLAIM(n == 0 || (va < VM_USER_MAX && n <= VM_USER_MAX - va), "a range of the user half");
	CLAIM(n <= len, "no longer than asked");
}
static size_t done(size_t n)
{
	size_t d = nondet_u64();

	ASSUME(d <= n);
	return d;
}

size_t arch_user_copy(void *dst, const void *src, size_t n)
{
	(void)dst, (void)src;
	return done(n);
}
size_t arch_user_zero(u64 user_dst, size_t n)
{
	claim_user(user_dst, n);
	return done(n);
}
size_t arch_user_str(void *dst, u64 user_src, size_t n)
{
	CLAIM(dst == bytes, "to the span");
	claim_user(user_src, n);
	return done(n);
}
int arch_user_load32(u64 user_addr, u32 *out)
{
	claim_user(user_addr, 4);
	CLAIM(user_addr % 4 == 0, "a whole word");
	*out = nondet_u32();
	return nondet_bool();
}
int arch_user_cas32(u64 user_addr, u32 from, u32 to, u32 *seen)
{
	(void)from, (void)to;
	claim_user(user_addr, 4);
	CLAIM(user_addr % 4 == 0, "a whole word");
	*seen = nondet_u32();
	return nondet_bool();
}

void main_copy(void)
{
	struct uaddr a = { nondet_u64() };
	u32 word;
	bool found;
	size_t left;

	len = nondet_u64();
	switch (nondet_u8()) {
	case 2:
		left = user_zero(a, len);
		CLAIM(left <= len, "no more done than asked");
		break;
	case 3:
		ASSUME(len <= sizeof(bytes));
		left = user_copy_in_str((struct span){ bytes, len }, a, &found);
		CLAIM(left <= len, "no more done than asked");
		break;
	case 4:
		len = 4;
		(void)user_load32(a, &word);
		break;
	default:
		len = 4;
		(void)user_cas32(a, 1, 2, &word);
		break;
	}
}
