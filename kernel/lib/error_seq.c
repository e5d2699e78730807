// SPDX-License-Identifier: MPL-2.0
/*
 * Sequences of errors (kernel/include/kernel/error_seq.h).
 *
 * The value has the errno, a bit SEEN that says whether an open file has been told, and above them
 * a number. A new error after a report makes the number grow; an error before it needs no change.
 *
 * Why not a flag. A flag that the first fsync clears would hide the error from all other open
 * files. Here the number tells each file by itself whether there is an error that it has not seen,
 * and nothing is counted for files that never ask.
 */
#include <kernel/error_seq.h>
#include <uapi/errno.h>

#define SEEN  1ul
#define SHIFT 1
#define MASK  0x7ffful
#define ONE   (1ul << 16)

OBJ_TYPE(error_seq, NULL_RELEASE);

void error_seq_note(struct atomic *seq, int error)
{
	u64 no = error == -ENOSPC || error == -EDQUOT ? (u64)-error : (u64)EIO, old;

	do {
		old = atomic_load(seq);
		if (old && !(old & SEEN))
			return;
	} while (!atomic_cas(seq, old, (old & ~(ONE - 1)) + ONE + (no << SHIFT)));
}

/* The value 0 differs from that of an error that is not reported yet. */
u64 error_seq_sample(const struct atomic *seq)
{
	u64 now = atomic_load(seq);

	return now & SEEN ? now : 0;
}

/* Marks the error as reported, so that the next one gets a new number. */
int error_seq_check(struct atomic *seq, u64 *seen)
{
	u64 now = atomic_load(seq);

	if (now == *seen)
		return 0;
	now = atomic_or(seq, SEEN) | SEEN;
	*seen = now;
	return -(int)((now >> SHIFT) & MASK);
}
