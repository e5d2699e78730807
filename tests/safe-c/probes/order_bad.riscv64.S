/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Accesses that are ordered less than the end of their name says: what GCC 12 and newer compilers make of C11's forms, and mistakes one could make. Each must be found
 * (tests/safe-c/codegen).
 */
	.macro	function name
	.globl	\name
	.type	\name, @function
\name:
	.endm
	.macro	pair lr, sc
1:	\lr	a4, (a0)
	bne	a4, a5, 2f
	\sc	a3, a2, (a0)
	bnez	a3, 1b
2:
	.endm
	.text

/* GCC 12: compare-exchanges (success, failure). */
function relaxed_relaxed_acq_rel
	pair	lr.d, sc.d
	ret
function acquire_relaxed_acquire
	pair	lr.d, sc.d.aq
	ret
function acq_rel_acquire_acq_rel
	pair	lr.d.aq, sc.d.aq
	ret
function acq_rel_relaxed_acq_rel
	pair	lr.d, sc.d.aq
	ret
function seq_cst_seq_cst_full
	fence	iorw, ow
	pair	lr.d.aq, sc.d.aq
	ret
function unused_relaxed
	pair	lr.d, sc.d.aq
	ret
/* GCC 14: right for memory, but an engine's register may be written later; and a later load may pass the store. */
function gcc_14_acq_rel
	pair	lr.d.aq, sc.d.rl
	ret
function gcc_14_full
	pair	lr.d.aqrl, sc.d.rl
	ret
function gcc_14_amo_release
	amoswap.w.rl	a0, zero, (a0)
	ret
function gcc_14_amo_full
	amoadd.w.aqrl	a0, a1, (a0)
	ret
function gcc_14_store_release
	fence	rw, w
	sd	a1, 0(a0)
	ret
/* AMOs. */
function amo_acquire
	amoswap.w	a0, a1, (a0)
	ret
function amo_rl_acquire
	amoswap.w.rl	a0, a1, (a0)
	ret
function amo_fence_full
	fence	iorw, ow
	amoadd.w	a0, a1, (a0)
	ret
/* The fence is too weak, on one side of a store, not on all ways, or too far away. */
function weak_fence_acq_rel
	fence	rw, w
	pair	lr.w.aq, sc.w
	ret
function late_fence_acq_rel
	pair	lr.w.aq, sc.w
	fence	iorw, ow
	ret
function store_between_release
	fence	iorw, ow
	sd	a2, 8(a0)
	amoswap.w	a0, a1, (a0)
	ret
function one_way_release
	beqz	a2, 3f
	fence	iorw, ow
3:	amoswap.w	a0, a1, (a0)
	ret
function before_only_full
	fence	rw, rw
	pair	lr.d.aq, sc.d
	ret
function after_only_full
	pair	lr.d, sc.d
	fence	rw, rw
	ret
function success_only_full
	fence	rw, rw
1:	lr.d	a4, (a0)
	bne	a4, a5, 2f
	sc.d	a3, a2, (a0)
	bnez	a3, 1b
	fence	rw, rw
2:	ret
/* Device registers. */
function plain_device_read
	lw	a0, 0(a0)
	fence	i, iorw
	ret
function early_device_read
	fence	r, i
	lw	a0, 0(a0)
	ret
function memory_device_read
	fence	r, r
	lw	a0, 0(a0)
	fence	i, iorw
	ret
function memory_device_write
	fence	rw, w
	sw	a1, 0(a0)
	ret
/* Loads, stores, fences. */
function plain_load_acquire
	ld	a0, 0(a0)
	ret
function early_load_acquire
	fence	r, rw
	ld	a0, 0(a0)
	ret
function writes_load_acquire
	ld	a0, 0(a0)
	fence	w, w
	ret
function plain_store_release
	sd	a1, 0(a0)
	ret
function amo_store_release
	fence	iorw, ow
	amoswap.d	zero, a1, (a0)
	ret
function tso_barrier
	fence	rw, w
	ret
function no_barrier
	ret
/* Forms that are not understood. */
function loop_acquire
1:	lr.d.aq	a4, (a0)
	add	a4, a4, a1
	sc.d	a3, a4, (a0)
	bnez	a3, 1b
	ret
