// SPDX-License-Identifier: MPL-2.0
/* Addresses that calls refuse without an access. */
#ifndef ABI_ADDRESS_H
#define ABI_ADDRESS_H

#include <frame/types.h>
#include <frame/vmspace.h>

/* Whether a buffer may be user memory: Linux's access_ok. */
static inline bool abi_access_ok(u64 va, u64 len)
{
	return va + len >= va && va + len <= VM_USER_MAX;
}
/* Whether clone and arch_prctl accept a base address. */
static inline bool abi_tls_is_good(u64 tls)
{
	return tls < VM_USER_MAX;
}

#endif
