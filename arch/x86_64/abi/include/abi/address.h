// SPDX-License-Identifier: MPL-2.0
/* Which addresses calls refuse before they look what is there. */
#ifndef ABI_ADDRESS_H
#define ABI_ADDRESS_H

#include <frame/types.h>
#include <frame/vmspace.h>

/* A buffer: Linux's access_ok. */
static inline bool abi_access_ok(u64 va, u64 len)
{
	return va + len >= va && va + len <= VM_USER_MAX;
}
/* A thread pointer: of clone. */
static inline bool abi_tls_is_good(u64 tls)
{
	return tls < VM_USER_MAX;
}

#endif
