// SPDX-License-Identifier: MPL-2.0
/* Which addresses calls refuse before they look what is there. */
#ifndef ABI_ADDRESS_H
#define ABI_ADDRESS_H

#include <frame/types.h>

/* A buffer: Linux's access_ok. */
static inline bool abi_access_ok(u64 va, u64 len)
{
	return (s64)(va | (va + len)) >= 0;
}
/* A thread pointer: of clone. */
static inline bool abi_tls_is_good(u64 tls)
{
	(void)tls;
	return true;
}

#endif
