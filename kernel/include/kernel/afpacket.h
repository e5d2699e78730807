// SPDX-License-Identifier: MPL-2.0
/* AF_PACKET (kernel/net/afpacket). See packet(7). */
#ifndef KERNEL_AFPACKET_H
#define KERNEL_AFPACKET_H

#include <frame/fmt.h>

/* Start-up: the family. Before net_init. */
void afpacket_init(void);
/* /proc/net/packet: the heading, and the socket after *@next; false: there are no more. */
void afpacket_show_header(struct fmt *out);
bool afpacket_show(struct fmt *out, u64 *next);

#endif
