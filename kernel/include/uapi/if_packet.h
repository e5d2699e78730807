// SPDX-License-Identifier: MPL-2.0
/* AF_PACKET in the Linux ABI. See packet(7), Documentation/networking/packet_mmap. */
#ifndef UAPI_IF_PACKET_H
#define UAPI_IF_PACKET_H

#include <frame/types.h>

#define SOL_PACKET 263
#define ETH_P_ALL  3u

struct sockaddr_ll {
	u16 family;
	u16 protocol; /* network order */
	s32 ifindex;
	u16 hatype;
	u8 pkttype, halen, addr[8];
};
static_assert(sizeof(struct sockaddr_ll) == 20, "the ABI says so");
#define SOCKADDR_LL_ADDR 12u /* where addr begins */

enum packet_option {
	PACKET_ADD_MEMBERSHIP = 1,
	PACKET_DROP_MEMBERSHIP = 2,
	PACKET_RX_RING = 5,
	PACKET_STATISTICS = 6,
	PACKET_COPY_THRESH = 7,
	PACKET_AUXDATA = 8,
	PACKET_ORIGDEV = 9,
	PACKET_VERSION = 10,
	PACKET_HDRLEN = 11,
	PACKET_RESERVE = 12,
	PACKET_TX_RING = 13,
	PACKET_LOSS = 14,
	PACKET_VNET_HDR = 15,
	PACKET_TX_TIMESTAMP = 16, /* a control message */
	PACKET_TIMESTAMP = 17,
	PACKET_FANOUT = 18,
	PACKET_TX_HAS_OFF = 19,
	PACKET_QDISC_BYPASS = 20,
	PACKET_ROLLOVER_STATS = 21,
	PACKET_FANOUT_DATA = 22,
	PACKET_IGNORE_OUTGOING = 23
};
enum { PACKET_MR_MULTICAST, PACKET_MR_PROMISC, PACKET_MR_ALLMULTI, PACKET_MR_UNICAST };

struct packet_mreq {
	s32 ifindex;
	u16 type, alen;
	u8 address[8];
};
struct tpacket_stats {
	u32 packets, drops, freezes; /* freezes: TPACKET_V3 only */
};
struct tpacket_auxdata {
	u32 status, len, snaplen;
	u16 mac, net, vlan_tci, vlan_tpid;
};
static_assert(sizeof(struct tpacket_auxdata) == 20, "the ABI says so");

/* The status of a packet, of a frame of a ring, and of a block. */
enum tp_status {
	TP_STATUS_KERNEL = 0,
	TP_STATUS_USER = 1,
	TP_STATUS_COPY = 2,
	TP_STATUS_LOSING = 4,
	TP_STATUS_CSUM_NOT_READY = 8,
	TP_STATUS_VLAN_VALID = 0x10,
	TP_STATUS_BLK_TMO = 0x20,
	TP_STATUS_VLAN_TPID_VALID = 0x40,
	TP_STATUS_CSUM_VALID = 0x80
};
/* Of frames to be sent. */
enum tp_send_status {
	TP_STATUS_AVAILABLE = 0,
	TP_STATUS_SEND_REQUEST = 1,
	TP_STATUS_SENDING = 2,
	TP_STATUS_WRONG_FORMAT = 4
};

enum tpacket_version { TPACKET_V1, TPACKET_V2, TPACKET_V3 };
#define TPACKET_ALIGNMENT 16u

/* Headers of frames. The sender's address (sockaddr_ll) follows each, aligned. */
struct tpacket1_header {
	u64 status;
	u32 len, snaplen;
	u16 mac, net;
	u32 sec, usec;
	u32 pad;
};
static_assert(sizeof(struct tpacket1_header) == 32, "the ABI says so");
struct tpacket2_header {
	u32 status, len, snaplen;
	u16 mac, net;
	u32 sec, nsec;
	u16 vlan_tci, vlan_tpid;
	u32 pad;
};
static_assert(sizeof(struct tpacket2_header) == 32, "the ABI says so");
struct tpacket3_header {
	u32 next_offset, sec, nsec, snaplen, len, status;
	u16 mac, net;
	u32 rxhash, vlan_tci;
	u16 vlan_tpid, pad;
	u32 pad2[2];
};
static_assert(sizeof(struct tpacket3_header) == 48, "the ABI says so");
#define TPACKET3_STATUS 20u /* where it stands in the header */

/* The header of a block of TPACKET_V3. */
struct tpacket_block {
	u32 version, offset_to_priv;
	u32 status, nr_packets, first, len;
	u64 seq;
	u32 first_sec, first_nsec, last_sec, last_nsec;
};
static_assert(sizeof(struct tpacket_block) == 48, "the ABI says so");
#define TPACKET_BLOCK_STATUS 8u

/* struct tpacket_req, and what tpacket_req3 has beside. */
struct tpacket_req {
	u32 block_size, block_nr, frame_size, frame_nr;
	u32 retire_ms, sizeof_priv, features;
};
#define TPACKET_REQ_LEN       16u
#define TPACKET_REQ3_LEN      28u
#define TP_FT_REQ_FILL_RXHASH 1u

enum fanout_type {
	PACKET_FANOUT_HASH,
	PACKET_FANOUT_LB,
	PACKET_FANOUT_CPU,
	PACKET_FANOUT_ROLLOVER,
	PACKET_FANOUT_RND,
	PACKET_FANOUT_QM,
	PACKET_FANOUT_CBPF
};
#define PACKET_FANOUT_FLAG_ROLLOVER        0x10u
#define PACKET_FANOUT_FLAG_UNIQUEID        0x20u
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x40u
#define PACKET_FANOUT_FLAG_DEFRAG          0x80u
struct fanout_args {
	u16 id;
	u8 type, flags;
	u32 max_members;
};
struct rollover_stats {
	u64 all, huge, failed;
};

#endif
