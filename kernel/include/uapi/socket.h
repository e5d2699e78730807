// SPDX-License-Identifier: MPL-2.0
/*
 * Sockets in the Linux ABI (generic numbering). See socket(2), socket(7), unix(7), recvmsg(2),
 * cmsg(3).
 */
#ifndef UAPI_SOCKET_H
#define UAPI_SOCKET_H

#include <frame/types.h>

enum {
	AF_UNSPEC = 0,
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	AF_NETLINK = 16,
	AF_PACKET = 17,
	AF_MAX = 46
};

enum {
	SOCK_STREAM = 1,
	SOCK_DGRAM = 2,
	SOCK_RAW = 3,
	SOCK_RDM = 4,
	SOCK_SEQPACKET = 5,
	SOCK_PACKET = 10,
	SOCK_MAX = 11
};
#define SOCK_TYPE_MASK 0xfu
#define SOCK_CLOEXEC   02000000u
#define SOCK_NONBLOCK  00004000u

enum { SHUT_RD, SHUT_WR, SHUT_RDWR };

#define SOCKADDR_MAX 128u /* sockaddr_storage */
#define SOMAXCONN    4096u

/* Any address: the family, and its data. */
struct sockaddr_any {
	u16 family;
	u8 data[SOCKADDR_MAX - 2];
};
#define UNIX_PATH_MAX 108u

#define MSG_OOB          0x1u
#define MSG_PEEK         0x2u
#define MSG_DONTROUTE    0x4u
#define MSG_CTRUNC       0x8u
#define MSG_TRUNC        0x20u
#define MSG_DONTWAIT     0x40u
#define MSG_EOR          0x80u
#define MSG_WAITALL      0x100u
#define MSG_ERRQUEUE     0x2000u
#define MSG_NOSIGNAL     0x4000u
#define MSG_MORE         0x8000u
#define MSG_WAITFORONE   0x10000u
#define MSG_ZEROCOPY     0x4000000u
#define MSG_CMSG_CLOEXEC 0x40000000u

#define SOL_SOCKET 1

enum socket_option {
	SO_DEBUG = 1,
	SO_REUSEADDR = 2,
	SO_TYPE = 3,
	SO_ERROR = 4,
	SO_DONTROUTE = 5,
	SO_BROADCAST = 6,
	SO_SNDBUF = 7,
	SO_RCVBUF = 8,
	SO_KEEPALIVE = 9,
	SO_OOBINLINE = 10,
	SO_NO_CHECK = 11,
	SO_PRIORITY = 12,
	SO_LINGER = 13,
	SO_BSDCOMPAT = 14,
	SO_REUSEPORT = 15,
	SO_PASSCRED = 16,
	SO_PEERCRED = 17,
	SO_RCVLOWAT = 18,
	SO_SNDLOWAT = 19,
	SO_RCVTIMEO = 20,
	SO_SNDTIMEO = 21,
	SO_ATTACH_FILTER = 26,
	SO_GET_FILTER = SO_ATTACH_FILTER,
	SO_DETACH_FILTER = 27,
	SO_PEERNAME = 28,
	SO_BINDTODEVICE = 25,
	SO_TIMESTAMP = 29,
	SO_ACCEPTCONN = 30,
	SO_PEERSEC = 31,
	SO_SNDBUFFORCE = 32,
	SO_RCVBUFFORCE = 33,
	SO_PASSSEC = 34,
	SO_TIMESTAMPNS = 35,
	SO_MARK = 36,
	SO_TIMESTAMPING = 37,
	SO_PROTOCOL = 38,
	SO_DOMAIN = 39,
	SO_PEEK_OFF = 42,
	SO_LOCK_FILTER = 44,
	SO_SELECT_ERR_QUEUE = 45,
	SO_BPF_EXTENSIONS = 48,
	SO_ATTACH_REUSEPORT_CBPF = 51,
	SO_COOKIE = 57,
	SO_PEERGROUPS = 59,
	SO_ZEROCOPY = 60,
	SO_BINDTOIFINDEX = 62,
	SO_TIMESTAMP_NEW = 63,
	SO_TIMESTAMPNS_NEW = 64,
	SO_TIMESTAMPING_NEW = 65,
	SO_RCVTIMEO_NEW = 66,
	SO_SNDTIMEO_NEW = 67,
	SO_DETACH_REUSEPORT_BPF = 68,
	SO_BUF_LOCK = 72,
	SO_PASSPIDFD = 76,
	SO_PEERPIDFD = 77,
};

enum { SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, SCM_PIDFD = 4 };
#define SCM_MAX_FD 253u

struct ucred {
	s32 pid;
	u32 uid, gid;
};
/* struct so_timestamping */
struct user_stamping {
	s32 flags, bind_phc;
};
struct user_linger {
	s32 onoff, linger;
};
struct user_timeval {
	s64 sec, usec;
};

struct user_msghdr {
	u64 name;
	s32 namelen;
	u32 pad1;
	u64 iov, iovlen;
	u64 control, controllen;
	u32 flags;
	u32 pad2;
};
static_assert(sizeof(struct user_msghdr) == 56, "struct msghdr");
struct user_mmsghdr {
	struct user_msghdr hdr;
	u32 len;
	u32 pad;
};

struct user_cmsghdr {
	u64 len; /* with this header */
	s32 level, type;
};
#define CMSG_ALIGN(n) round_up((n), 8ul)

#define FIONREAD     0x541bu
#define SIOCOUTQ     0x5411u
#define FIOSETOWN    0x8901u
#define SIOCSPGRP    0x8902u
#define FIOGETOWN    0x8903u
#define SIOCGPGRP    0x8904u
#define SIOCATMARK   0x8905u
#define SIOCGSTAMP   0x8906u
#define SIOCGSTAMPNS 0x8907u
/* The same, for a time of 64 bits on each machine. */
#define SIOCGSTAMP_NEW   0x80108906u
#define SIOCGSTAMPNS_NEW 0x80108907u
#define SIOCUNIXFILE     0x89e0u

#endif
