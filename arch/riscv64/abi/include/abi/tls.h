// SPDX-License-Identifier: MPL-2.0
/* The thread pointer. */
#ifndef ABI_TLS_H
#define ABI_TLS_H

#include <frame/types.h>

/* Whether clone takes this value. */
static inline bool abi_tls_is_good(u64 tls)
{
	(void)tls;
	return true;
}

#endif
