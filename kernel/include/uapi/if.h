// SPDX-License-Identifier: MPL-2.0
/* Network interfaces in the Linux ABI. See netdevice(7). */
#ifndef UAPI_IF_H
#define UAPI_IF_H

#define IFF_UP          0x1u
#define IFF_BROADCAST   0x2u
#define IFF_DEBUG       0x4u
#define IFF_LOOPBACK    0x8u
#define IFF_POINTOPOINT 0x10u
#define IFF_RUNNING     0x40u
#define IFF_NOARP       0x80u
#define IFF_PROMISC     0x100u
#define IFF_ALLMULTI    0x200u
#define IFF_MULTICAST   0x1000u
#define IFF_LOWER_UP    0x10000u
#define IFF_DORMANT     0x20000u

/* States of RFC 2863. */
enum {
	IF_OPER_UNKNOWN = 0,
	IF_OPER_DOWN = 2,
	IF_OPER_LOWERLAYERDOWN,
	IF_OPER_TESTING,
	IF_OPER_DORMANT,
	IF_OPER_UP
};
enum { IF_LINK_MODE_DEFAULT, IF_LINK_MODE_DORMANT, IF_LINK_MODE_TESTING };

#endif
