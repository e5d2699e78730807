// SPDX-License-Identifier: MPL-2.0
/* Raw sockets (raw(7)): not made yet; nobody takes copies. */
#include "ip.h"

bool raw_deliver(struct packet *p, const struct ip_info *info)
{
	(void)p;
	(void)info;
	return false;
}
