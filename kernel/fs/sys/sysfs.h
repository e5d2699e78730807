// SPDX-License-Identifier: MPL-2.0
/* Declarations that the files of kernel/fs/sys share. See sysfs(5). */
#ifndef KERNEL_SYSFS_SYSFS_H
#define KERNEL_SYSFS_SYSFS_H

#include <kernel/synth.h>

/* block.c: devices/virtual/block, block, class/block, dev/block. */
extern const struct synth_node virtual_block, sys_block, class_block, dev_block;
/* net.c: devices/virtual/net, class/net. */
extern const struct synth_node virtual_net, class_net;
/* devicetree.c: firmware/devicetree. */
extern const struct synth_node sys_devicetree;

/* For show functions of files that have one record only. */
static inline int must_check sys_done(u64 *next)
{
	*next = SYNTH_END;
	return 0;
}

#endif
