// SPDX-License-Identifier: MPL-2.0
/* Kinds of parameters below /proc/sys, for the files sys*.c of kernel/fs/proc only. */
#ifndef KERNEL_PROCFS_SYS_H
#define KERNEL_PROCFS_SYS_H

#include <kernel/knobs.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "procfs.h"

int must_check proc_show_number(struct synth *s, struct fmt *f, u64 *next);
int must_check proc_write_same(struct synth *s, struct cspan text);
int must_check proc_show_knob(struct synth *s, struct fmt *f, u64 *next);
int must_check proc_write_knob(struct synth *s, struct cspan text);

/* A number that never changes. Nobody may open it for writing. */
#define NUMBER(V, N, A)                                      \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = S_IFREG | 0444,                      \
		.readonly = true,                            \
		.show = proc_show_number,                    \
		.arg = (u64)(A) }
/*
 * A switch for what this kernel always or never does: only the value that is true can be written.
 */
#define FIXED(V, N, A)                                       \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = S_IFREG | 0644,                      \
		.show = proc_show_number,                    \
		.write = proc_write_same,                    \
		.arg = (u64)(A) }
/* A number that can be changed, and then has an effect. */
#define KNOB(V, N, A)                                        \
	static const struct synth_node V = { .name = LIT(N), \
		.mode = S_IFREG | 0644,                      \
		.show = proc_show_knob,                      \
		.write = proc_write_knob,                    \
		.arg = (A) }
/* A file of other kinds that can be written. */
#define WRITABLE(V, N, S, W, A)                                                               \
	static const struct synth_node V = {                                                  \
		.name = LIT(N), .mode = S_IFREG | 0644, .show = (S), .write = (W), .arg = (A) \
	}

/* sys_conf.c: net/ipv4/conf and net/ipv6/conf. */
extern const struct synth_node proc_sys_conf4, proc_sys_conf6;

#endif
