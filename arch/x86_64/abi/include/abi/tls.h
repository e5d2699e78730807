// SPDX-License-Identifier: MPL-2.0
/* The thread pointer. */
#ifndef ABI_TLS_H
#define ABI_TLS_H

#include <frame/types.h>
#include <frame/vmspace.h>

/* Whether clone takes this value. */
static inline bool abi_tls_is_good(u64 tls)
{
	return tls < VM_USER_MAX;
}

#endif
