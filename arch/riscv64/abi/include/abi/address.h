// SPDX-License-Identifier: MPL-2.0
/* Addresses that calls refuse without an access. */
#ifndef ABI_ADDRESS_H
#define ABI_ADDRESS_H

#include <frame/types.h>

/* Whether a buffer may be user memory: Linux's access_ok. */
static inline bool abi_access_ok(u64 va, u64 len)
{
	return (s64)(va | (va + len)) >= 0;
}
/* Whether clone accepts a thread pointer. */
static inline bool abi_tls_is_good(u64 tls)
{
	(void)tls;
	return true;
}

#endif
