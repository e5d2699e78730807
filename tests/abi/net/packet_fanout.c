// SPDX-License-Identifier: MPL-2.0
// PACKET_FANOUT: groups that are refused, packets in turn, by hash, by a program, by the first with
// room; members that leave.
#include "../lib/packet.h"

static int sender;

static long fan(int s, int id, int type)
{
	int v = id | type << 16;

	return setsockopt(s, SOL_PACKET, PACKET_FANOUT, &v, sizeof(v));
}

static void counts(const char *what, const int *s, int n)
{
	printf("%s:", what);
	for (int i = 0; i < n; i++) {
		char b[100];
		int k = 0;
		while (recv(s[i], b, sizeof(b), MSG_DONTWAIT) >= 0)
			k++;
		printf(" %d", k);
	}
	printf("\n");
}

static void open_all(int *s, int n)
{
	for (int i = 0; i < n; i++)
		s[i] = pk_open(SOCK_RAW, "lo", PK_TYPE);
}

static void close_all(int *s, int n)
{
	for (int i = 0; i < n; i++)
		close(s[i]);
}

static void refused(void)
{
	int none = socket(AF_PACKET, SOCK_RAW, 0), any = pk_open(SOCK_RAW, NULL, PK_TYPE), s[4],
	    v = 0;
	struct fanout_args args = {
		.id = 9, .type_flags = PACKET_FANOUT_LB, .max_num_members = 257
	};
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	socklen_t n = 4;

	open_all(s, 4);
	T(fan(none, 1, PACKET_FANOUT_HASH));
	T(fan(s[0], 1, 99));
	T(fan(s[0], 1, PACKET_FANOUT_ROLLOVER | PACKET_FANOUT_FLAG_ROLLOVER));
	T(fan(s[0], 1, PACKET_FANOUT_LB));
	T(fan(s[0], 1, PACKET_FANOUT_LB));
	T(fan(s[1], 1, PACKET_FANOUT_HASH));
	T(fan(s[1], 1, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_ROLLOVER));
	T(fan(any, 1, PACKET_FANOUT_LB));
	T(fan(s[1], 1, PACKET_FANOUT_LB));
	T(fan(any, 2, PACKET_FANOUT_HASH));
	T(bind(s[0], (struct sockaddr *)&a, sizeof(a)));
	T(getsockopt(s[0], SOL_PACKET, PACKET_FANOUT, &v, &n));
	printf("%x\n", v);
	T(getsockopt(any, SOL_PACKET, PACKET_FANOUT, &v, &n));
	printf("%x\n", v);
	T(setsockopt(s[2], SOL_PACKET, PACKET_FANOUT, &args, 5));
	T(setsockopt(s[2], SOL_PACKET, PACKET_FANOUT, NULL, 4));
	T(setsockopt(s[2], SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	args.max_num_members = 1;
	T(setsockopt(s[2], SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	T(setsockopt(s[3], SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	args.max_num_members = 2;
	T(setsockopt(s[3], SOL_PACKET, PACKET_FANOUT, &args, sizeof(args)));
	T(fan(s[3], 5, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_UNIQUEID));
	T(fan(s[3], 0, PACKET_FANOUT_LB | PACKET_FANOUT_FLAG_UNIQUEID));
	T(getsockopt(s[3], SOL_PACKET, PACKET_FANOUT, &v, &n));
	printf("%x\n", v >> 16);
	n = 100;
	T(getsockopt(s[0], SOL_PACKET, PACKET_ROLLOVER_STATS, &v, &n));
	close_all(s, 4);
	close(none);
	close(any);
}

static void turns(void)
{
	int s[3], alone = pk_open(SOCK_RAW, "lo", PK_TYPE);

	open_all(s, 3);
	for (int i = 0; i < 3; i++)
		CHECK(fan(s[i], 20, PACKET_FANOUT_LB) == 0);
	for (int i = 0; i < 9; i++)
		CHECK(pk_send(sender, PK_TYPE, 20) > 0);
	counts("in turn", s, 3);
	counts("alone", &alone, 1);
	close(s[0]);
	for (int i = 0; i < 8; i++)
		CHECK(pk_send(sender, PK_TYPE, 20) > 0);
	counts("in turn, two", s + 1, 2);
	/* What a member sends, the group does not see go, but it comes. */
	for (int i = 0; i < 4; i++)
		CHECK(pk_send(s[1], PK_TYPE, 20) > 0);
	counts("own", s + 1, 2);
	close_all(s + 1, 2);
	CHECK(pk_send(sender, PK_TYPE, 20) > 0);
	counts("alone", &alone, 1);
	close(alone);
}

/* Packets of one flow go to one member, and both directions to the same. */
static void hashes(void)
{
	int s[4], u[2], with[4] = { 0 }, sum = 0;
	struct sockaddr_ll a = pk_addr("lo", ETH_P_IP);
	union net_addr to[2] = { net_addr("127.0.0.1", 7600), net_addr("127.0.0.1", 7601) };

	for (int i = 0; i < 4; i++) {
		s[i] = socket(AF_PACKET, SOCK_RAW, 0);
		CHECK(bind(s[i], (struct sockaddr *)&a, sizeof(a)) == 0);
		CHECK(fan(s[i], 21, PACKET_FANOUT_HASH) == 0);
	}
	u[0] = net_bound("127.0.0.1", 7600);
	u[1] = net_bound("127.0.0.1", 7601);
	for (int i = 0; i < 10; i++)
		CHECK(sendto(u[i & 1], "flow", 4, 0, &to[!(i & 1)].any, sizeof(to[0].in)) == 4);
	for (int i = 0; i < 4; i++) {
		char b[100];
		while (recv(s[i], b, sizeof(b), MSG_DONTWAIT) >= 0)
			with[i]++;
		sum += with[i];
	}
	SHOW(sum);
	IS(with[0] == 10 || with[1] == 10 || with[2] == 10 || with[3] == 10);
	close_all(s, 4);
	close(u[0]);
	close(u[1]);
}

static void program(void)
{
	struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1),
		BPF_STMT(BPF_RET | BPF_A, 0) };
	struct sock_fprog p = { 2, code };
	struct sockaddr_ll a = pk_addr("lo", PK_TYPE);
	unsigned char b[64];
	int s[3], n = pk_frame(b, pk_zero, pk_zero, PK_TYPE, 10);

	open_all(s, 3);
	T(setsockopt(s[0], SOL_PACKET, PACKET_FANOUT_DATA, &p, sizeof(p)));
	for (int i = 0; i < 3; i++)
		CHECK(fan(s[i], 22, PACKET_FANOUT_CBPF) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(pk_send(sender, PK_TYPE, 20) > 0);
	counts("no program", s, 3);
	T(setsockopt(s[0], SOL_PACKET, PACKET_FANOUT_DATA, &p, 4));
	T(setsockopt(s[0], SOL_PACKET, PACKET_FANOUT_DATA, NULL, sizeof(p)));
	T(setsockopt(s[0], SOL_PACKET, PACKET_FANOUT_DATA, &p, sizeof(p)));
	for (int i = 0; i < 10; i++) {
		b[15] = i % 5;
		CHECK(sendto(sender, b, n, 0, (struct sockaddr *)&a, sizeof(a)) == n);
	}
	counts("by a program", s, 3);
	close_all(s, 3);
}

static void rollover(void)
{
	int s[3], small = 0;
	struct tpacket_rollover_stats st;
	socklen_t n = sizeof(st);
	char *m;
	struct tpacket_req r = { 4096, 1, 1024, 4 };

	open_all(s, 3);
	for (int i = 0; i < 3; i++) {
		CHECK(setsockopt(s[i], SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)) == 0);
		CHECK(fan(s[i], 23, PACKET_FANOUT_ROLLOVER) == 0);
	}
	/* A ring of four has normal room until one frame in four is left. */
	for (int i = 0; i < 14; i++) {
		CHECK(pk_send(sender, PK_TYPE, 20) > 0);
		if (i == 2 || i == 6 || i == 13) {
			printf("after %d:", i + 1);
			for (int k = 0; k < 3; k++) {
				int used = 0;
				m = mmap(NULL, 4096, PROT_READ, MAP_SHARED, s[k], 0);
				CHECK(m != MAP_FAILED);
				for (int j = 0; j < 4; j++)
					used += m[j * 1024] & 1;
				munmap(m, 4096);
				printf(" %d", used);
			}
			printf("\n");
		}
	}
	for (int i = 0; i < 3; i++) {
		n = sizeof(st);
		T(getsockopt(s[i], SOL_PACKET, PACKET_ROLLOVER_STATS, &st, &n));
		printf("%lld %lld %lld, %d bytes\n", (long long)st.tp_all, (long long)st.tp_huge,
			(long long)st.tp_failed, (int)n);
		pk_stats("member", s[i]);
	}
	(void)small;
	close_all(s, 3);
}

int main(void)
{
	net_start();
	sender = socket(AF_PACKET, SOCK_RAW, 0);
	refused();
	turns();
	hashes();
	program();
	rollover();
	return 0;
}
