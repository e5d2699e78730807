// SPDX-License-Identifier: MPL-2.0
// PACKET_AUXDATA: what a control message says of a packet: lengths before and after the filter,
// where the internet header is, the checksum; control buffers that are too short.
#include "../lib/packet.h"

static void receive(const char *what, int s, size_t room)
{
	union {
		char room[256];
		struct cmsghdr align;
	} c;
	char b[4096];
	struct iovec v = { b, sizeof(b) };
	struct sockaddr_ll a;
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = room,
		.msg_name = &a,
		.msg_namelen = sizeof(a) };
	int n;

	memset(&c, 0, sizeof(c)); /* what is cut off is shown as zero */
	n = recvmsg(s, &m, MSG_DONTWAIT);

	if (n < 0) {
		printf("%s: %s\n", what, t_errname(errno));
		return;
	}
	printf("%s: %d bytes, flags %x, kind %d, control %d\n", what, n, m.msg_flags, a.sll_pkttype,
		(int)m.msg_controllen);
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		struct tpacket_auxdata x;
		memcpy(&x, CMSG_DATA(h), sizeof(x));
		printf("  level %d type %d len %d: status %x len %u snaplen %u mac %u net %u vlan %u %u\n",
			h->cmsg_level, h->cmsg_type, (int)h->cmsg_len, x.tp_status & 0xff, x.tp_len,
			x.tp_snaplen, x.tp_mac, x.tp_net, x.tp_vlan_tci, x.tp_vlan_tpid);
	}
}

int main(void)
{
	struct sock_filter cut[] = { { BPF_RET | BPF_K, 0, 0, 20 } };
	int raw, cooked, u, ip, v = 1, off = 0;
	union net_addr to;

	net_start();
	raw = pk_open(SOCK_RAW, "lo", PK_TYPE);
	cooked = pk_open(SOCK_DGRAM, "lo", PK_TYPE);
	T(pk_send(raw, PK_TYPE, 50));
	receive("no option", raw, 256);
	T(setsockopt(raw, SOL_PACKET, PACKET_AUXDATA, &v, sizeof(v)));
	T(setsockopt(cooked, SOL_PACKET, PACKET_AUXDATA, &v, sizeof(v)));
	receive("cooked", cooked, 256);
	T(pk_filter(raw, cut, 1));
	for (size_t room = 0; room <= 48; room += 8) {
		T(pk_send(raw, PK_TYPE, 50));
		receive("raw", raw, room);
		receive("cooked", cooked, room);
	}
	T(setsockopt(raw, SOL_PACKET, PACKET_AUXDATA, &off, sizeof(off)));
	T(pk_send(raw, PK_TYPE, 50));
	receive("no more", raw, 256);
	/* UDP by lo has no checksum yet. */
	ip = pk_open(SOCK_RAW, "lo", ETH_P_ALL);
	T(setsockopt(ip, SOL_PACKET, PACKET_AUXDATA, &v, sizeof(v)));
	u = net_bound("127.0.0.1", 7400);
	to = net_addr("127.0.0.1", 7400);
	T(sendto(u, "datagram", 8, 0, &to.any, sizeof(to.in)));
	receive("going", ip, 256);
	receive("coming", ip, 256);
	close(raw);
	close(cooked);
	close(ip);
	close(u);
	return 0;
}
