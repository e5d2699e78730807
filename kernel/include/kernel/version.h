// SPDX-License-Identifier: MPL-2.0
/*
 * What uname(2) and /proc/version say. The release is that of the Linux ABI we follow, as C
 * libraries check it.
 */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#include <abi/uts.h>
#include <frame/span.h>

#define KEEL_UTS_RELEASE "6.12.0-keel"
#define KEEL_UTS_VERSION "#1 SMP Keel 0.1"

/* The host name; @out 65 bytes, NUL-padded. */
void uts_nodename(struct span out);
void uts_domainname(struct span out);
/* At most 64 bytes of @name become the domain or host name. */
void uts_set(bool domain, struct cspan name);

#endif
