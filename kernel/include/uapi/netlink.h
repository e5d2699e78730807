// SPDX-License-Identifier: MPL-2.0
/* Messages of AF_NETLINK in the Linux ABI. See netlink(7), rtnetlink(7). */
#ifndef UAPI_NETLINK_H
#define UAPI_NETLINK_H

#include <frame/types.h>

enum netlink_protocol {
	NETLINK_ROUTE = 0,
	NETLINK_SOCK_DIAG = 4,
	NETLINK_KOBJECT_UEVENT = 15,
	NETLINK_GENERIC = 16,
	NETLINK_MAX = 32
};
#define SOL_NETLINK 270

struct sockaddr_nl {
	u16 family, pad;
	u32 pid, groups;
};
static_assert(sizeof(struct sockaddr_nl) == 12, "the ABI says so");

struct nlmsghdr {
	u32 len; /* with this header */
	u16 type, flags;
	u32 seq, pid;
};
static_assert(sizeof(struct nlmsghdr) == 16, "the ABI says so");
struct nlmsgerr {
	s32 error;
	struct nlmsghdr msg;
};
/* struct nlattr, struct rtattr */
struct nlattr {
	u16 len; /* with this header */
	u16 type;
};
#define NLA_NESTED    0x8000u
#define NLA_TYPE_MASK 0x3fffu
#define NL_ALIGN(n)   round_up((n), 4u)

enum { NLMSG_NOOP = 1, NLMSG_ERROR = 2, NLMSG_DONE = 3, NLMSG_MIN_TYPE = 16 };
enum {
	NLM_F_REQUEST = 1,
	NLM_F_MULTI = 2,
	NLM_F_ACK = 4,
	NLM_F_ECHO = 8,
	NLM_F_DUMP = 0x300,
	NLM_F_REPLACE = 0x100,
	NLM_F_EXCL = 0x200,
	NLM_F_CREATE = 0x400,
	NLM_F_APPEND = 0x800,
	NLM_F_CAPPED = 0x100
};

enum netlink_option {
	NETLINK_ADD_MEMBERSHIP = 1,
	NETLINK_DROP_MEMBERSHIP,
	NETLINK_PKTINFO,
	NETLINK_BROADCAST_ERROR,
	NETLINK_NO_ENOBUFS,
	NETLINK_LISTEN_ALL_NSID = 8,
	NETLINK_LIST_MEMBERSHIPS,
	NETLINK_CAP_ACK,
	NETLINK_EXT_ACK,
	NETLINK_GET_STRICT_CHK
};

/* rtnetlink: NEW, DEL, GET and SET of each kind in this order. */
enum rtnetlink_type {
	RTM_NEWLINK = 16,
	RTM_DELLINK,
	RTM_GETLINK,
	RTM_SETLINK,
	RTM_NEWADDR = 20,
	RTM_DELADDR,
	RTM_GETADDR,
	RTM_NEWROUTE = 24,
	RTM_DELROUTE,
	RTM_GETROUTE,
	RTM_NEWNEIGH = 28,
	RTM_DELNEIGH,
	RTM_GETNEIGH,
	RTM_NEWRULE = 32,
	RTM_DELRULE,
	RTM_GETRULE,
	RTM_NEWNETCONF = 80,
	RTM_DELNETCONF,
	RTM_GETNETCONF,
	RTM_NEWNEXTHOP = 104,
	RTM_DELNEXTHOP,
	RTM_GETNEXTHOP,
	RTM_MAX = 123
};
enum rtnetlink_group {
	RTNLGRP_LINK = 1,
	RTNLGRP_NEIGH = 3,
	RTNLGRP_IPV4_IFADDR = 5,
	RTNLGRP_IPV4_ROUTE = 7,
	RTNLGRP_IPV4_RULE = 8,
	RTNLGRP_IPV6_IFADDR = 9,
	RTNLGRP_IPV6_ROUTE = 11,
	RTNLGRP_IPV6_RULE = 19,
};

struct ifinfomsg {
	u8 family, pad;
	u16 type;
	s32 index;
	u32 flags, change;
};
struct ifaddrmsg {
	u8 family, prefixlen, flags, scope;
	u32 index;
};
struct rtmsg {
	u8 family, dst_len, src_len, tos, table, protocol, scope, type;
	u32 flags;
};
struct ndmsg {
	u8 family, pad1;
	u16 pad2;
	s32 ifindex;
	u16 state;
	u8 flags, type;
};
struct fib_rule_hdr {
	u8 family, dst_len, src_len, tos, table, res1, res2, action;
	u32 flags;
};
struct genlmsghdr {
	u8 cmd, version;
	u16 reserved;
};

enum {
	IFLA_ADDRESS = 1,
	IFLA_BROADCAST,
	IFLA_IFNAME,
	IFLA_MTU,
	IFLA_LINK,
	IFLA_QDISC,
	IFLA_STATS,
	IFLA_MASTER = 10,
	IFLA_PROTINFO = 12,
	IFLA_TXQLEN = 13,
	IFLA_MAP,
	IFLA_OPERSTATE = 16,
	IFLA_LINKMODE,
	IFLA_LINKINFO,
	IFLA_NET_NS_PID,
	IFLA_IFALIAS = 20,
	IFLA_STATS64 = 23,
	IFLA_AF_SPEC = 26,
	IFLA_GROUP,
	IFLA_NET_NS_FD,
	IFLA_EXT_MASK = 29,
	IFLA_PROMISCUITY,
	IFLA_NUM_TX_QUEUES,
	IFLA_NUM_RX_QUEUES,
	IFLA_CARRIER,
	IFLA_CARRIER_CHANGES = 35,
	IFLA_PROTO_DOWN = 39,
	IFLA_GSO_MAX_SEGS,
	IFLA_GSO_MAX_SIZE,
	IFLA_MIN_MTU = 50,
	IFLA_MAX_MTU,
	IFLA_ALT_IFNAME = 53,
	IFLA_GRO_MAX_SIZE = 58,
	IFLA_TSO_MAX_SIZE,
	IFLA_TSO_MAX_SEGS,
	IFLA_ALLMULTI,
	IFLA_GSO_IPV4_MAX_SIZE = 63,
	IFLA_GRO_IPV4_MAX_SIZE
};
enum { IFLA_INFO_KIND = 1, IFLA_INFO_DATA, IFLA_INFO_SLAVE_KIND = 4, IFLA_INFO_SLAVE_DATA };
/* Of a link of the kind "vlan". */
enum { IFLA_VLAN_ID = 1, IFLA_VLAN_FLAGS, IFLA_VLAN_PROTOCOL = 5 };
struct vlan_flags {
	u32 flags, mask;
};
#define VLAN_FLAG_REORDER_HDR 1u
#define VLAN_FLAGS_ALL        0x1fu
#define VLAN_ID_MAX           4094u
/* Of a link of the kind "bridge", and of a port of it. */
enum {
	IFLA_BR_FORWARD_DELAY = 1,
	IFLA_BR_HELLO_TIME,
	IFLA_BR_MAX_AGE,
	IFLA_BR_AGEING_TIME,
	IFLA_BR_STP_STATE,
	IFLA_BR_PRIORITY,
	IFLA_BR_VLAN_FILTERING,
	IFLA_BR_GROUP_FWD_MASK = 9,
	IFLA_BR_ROOT_ID,
	IFLA_BR_BRIDGE_ID,
	IFLA_BR_ROOT_PORT,
	IFLA_BR_ROOT_PATH_COST
};
enum {
	IFLA_BRPORT_STATE = 1,
	IFLA_BRPORT_PRIORITY,
	IFLA_BRPORT_COST,
	IFLA_BRPORT_MODE,
	IFLA_BRPORT_GUARD,
	IFLA_BRPORT_PROTECT,
	IFLA_BRPORT_FAST_LEAVE,
	IFLA_BRPORT_LEARNING,
	IFLA_BRPORT_UNICAST_FLOOD,
	IFLA_BRPORT_MCAST_FLOOD = 27,
	IFLA_BRPORT_BCAST_FLOOD = 30,
	IFLA_BRPORT_ISOLATED = 33
};
enum { IFLA_BRIDGE_FLAGS = 0 };
#define BRIDGE_FLAGS_MASTER 1u
enum { BR_STATE_DISABLED = 0, BR_STATE_FORWARDING = 3 };
/* Of a link of the kind "veth". */
enum { VETH_INFO_PEER = 1 };
/* Of a link of the kind "tun". */
enum {
	IFLA_TUN_OWNER = 1,
	IFLA_TUN_GROUP,
	IFLA_TUN_TYPE,
	IFLA_TUN_PI,
	IFLA_TUN_VNET_HDR,
	IFLA_TUN_PERSIST,
	IFLA_TUN_MULTI_QUEUE,
	IFLA_TUN_NUM_QUEUES,
	IFLA_TUN_NUM_DISABLED_QUEUES
};
/* Inside of IFLA_AF_SPEC, in the attribute that has the family's number. */
enum { IFLA_INET6_ADDR_GEN_MODE = 8 };
enum { IN6_ADDR_GEN_MODE_EUI64, IN6_ADDR_GEN_MODE_NONE, IN6_ADDR_GEN_MODE_RANDOM = 3 };

enum {
	IFA_ADDRESS = 1,
	IFA_LOCAL,
	IFA_LABEL,
	IFA_BROADCAST,
	IFA_CACHEINFO = 6,
	IFA_FLAGS = 8,
	IFA_RT_PRIORITY,
	IFA_PROTO = 11
};
#define IFA_F_HOMEADDRESS 0x10u
#define IFA_F_MCAUTOJOIN  0x400u
struct ifa_cacheinfo {
	u32 preferred, valid, created, updated; /* seconds; hundredths since boot */
};

enum {
	RTA_DST = 1,
	RTA_SRC,
	RTA_IIF,
	RTA_OIF,
	RTA_GATEWAY,
	RTA_PRIORITY,
	RTA_PREFSRC,
	RTA_METRICS,
	RTA_MULTIPATH,
	RTA_CACHEINFO = 12,
	RTA_TABLE = 15,
	RTA_MARK = 16,
	RTA_PREF = 20,
	RTA_EXPIRES = 23,
	RTA_UID = 25
};
enum {
	NETCONFA_IFINDEX = 1,
	NETCONFA_FORWARDING,
	NETCONFA_RP_FILTER,
	NETCONFA_MC_FORWARDING,
	NETCONFA_PROXY_NEIGH,
	NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN,
	NETCONFA_BC_FORWARDING = 8
};
enum { RTAX_MTU = 2, RTAX_WINDOW = 3, RTAX_ADVMSS = 8, RTAX_HOPLIMIT = 10 };
struct rta_cacheinfo {
	u32 clntref, lastuse;
	s32 expires;
	u32 error, used, id, ts, tsage;
};
#define RTM_F_CLONED       0x200u
#define RTM_F_LOOKUP_TABLE 0x1000u
#define RTM_F_FIB_MATCH    0x2000u

enum { NDA_DST = 1, NDA_LLADDR, NDA_CACHEINFO, NDA_PROBES, NDA_MASTER = 9 };
enum { NUD_REACHABLE = 0x02, NUD_STALE = 0x04, NUD_NOARP = 0x40, NUD_PERMANENT = 0x80 };
struct nda_cacheinfo {
	u32 confirmed, used, updated, refcnt;
};
#define NTF_SELF   0x02u
#define NTF_MASTER 0x04u
#define NTF_PROXY  0x08u
#define NTF_ROUTER 0x80u
/* Routes of multicast routing. */
#define RTNL_FAMILY_IPMR  128u
#define RTNL_FAMILY_IP6MR 129u
#define AF_BRIDGE         7u

enum {
	FRA_DST = 1,
	FRA_SRC,
	FRA_IIFNAME,
	FRA_PRIORITY = 6,
	FRA_FWMARK = 10,
	FRA_SUPPRESS_PREFIXLEN = 14,
	FRA_TABLE,
	FRA_FWMASK,
	FRA_OIFNAME,
	FRA_PROTOCOL = 21
};
#define FR_ACT_GOTO           2u
#define FIB_RULE_INVERT       2u
#define FIB_RULE_IIF_DETACHED 8u
#define FIB_RULE_OIF_DETACHED 16u

/* Generic netlink's controller. */
#define GENL_ID_CTRL 16u
enum { CTRL_CMD_NEWFAMILY = 1, CTRL_CMD_GETFAMILY = 3 };
enum {
	CTRL_ATTR_FAMILY_ID = 1,
	CTRL_ATTR_FAMILY_NAME,
	CTRL_ATTR_VERSION,
	CTRL_ATTR_HDRSIZE,
	CTRL_ATTR_MAXATTR
};

#endif
