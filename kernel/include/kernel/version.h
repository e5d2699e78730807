// SPDX-License-Identifier: MPL-2.0
/*
 * The names and versions in uname(2) and /proc/version. The release is that of the Linux ABI that
 * Keel implements, because C libraries check it.
 */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#include <abi/uts.h>
#include <frame/span.h>

#define KEEL_UTS_RELEASE "6.12.0-keel"
#define KEEL_UTS_VERSION "#1 SMP Keel 0.1"

/* Copy the host name or the domain name to @out: 65 bytes, padded with NULs. */
void uts_nodename(struct span out);
void uts_domainname(struct span out);
/* Makes @name, at most 64 bytes of it, the domain or host name. */
void uts_set(bool domain, struct cspan name);

#endif
