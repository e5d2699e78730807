// SPDX-License-Identifier: MPL-2.0
/*
 * Error numbers that the frame returns, those of the Linux ABI (the generic numbering). Services have
 * the others as well: <uapi/errno.h>.
 */
#ifndef FRAME_ERRNO_H
#define FRAME_ERRNO_H

enum {
	ENOENT = 2,
	EINTR = 4,
	EIO = 5,
	EAGAIN = 11,
	ENOMEM = 12,
	EFAULT = 14,
	EBUSY = 16,
	EEXIST = 17,
	ENODEV = 19,
	EINVAL = 22,
	ENOSPC = 28,
	ERANGE = 34,
	ENOSYS = 38,
	EOVERFLOW = 75,
	ESHUTDOWN = 108,
	ETIMEDOUT = 110,
	ECANCELED = 125,
	/* Between drivers and device_probe_all; no program sees it. */
	EPROBE_DEFER = 517,
};

#endif
