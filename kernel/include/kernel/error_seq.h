// SPDX-License-Identifier: MPL-2.0
/*
 * Errors of writes that happen after the call that caused them: each open file is told of each
 * error once, as by errseq_t of Linux. A sequence belongs to a mapping (fsync) or to a super
 * (syncfs); an open file remembers the value that it saw last.
 */
#ifndef KERNEL_ERROR_SEQ_H
#define KERNEL_ERROR_SEQ_H

#include <frame/atomic.h>
#include <frame/obj.h>

/* A sequence of its own, for users that outlive each other: a super and its mappings. */
struct error_seq {
	struct obj obj;
	struct atomic value;
};
OBJ_TYPE_DECL(error_seq);

/*
 * Records @error, -ENOSPC, -EDQUOT or another, which stands as -EIO. An error that nobody has been
 * told of yet stands for those that follow it. Context: any.
 */
void error_seq_note(struct atomic *seq, int error);
/*
 * The starting value for a new open file. An error that nobody has been told of is reported to that
 * file, too. Context: any.
 */
u64 error_seq_sample(const struct atomic *seq);
/*
 * Returns the error that the open file with *@seen has not been told of yet, or 0; advances *@seen.
 * Context: any.
 */
int must_check error_seq_check(struct atomic *seq, u64 *seen);

#endif
