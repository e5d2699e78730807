// SPDX-License-Identifier: MPL-2.0
// /proc/net/packet: a line for each packet socket, with what it receives and who made it.
#include "../lib/packet.h"

static void show(const char *what, int s)
{
	char line[200], sk[40], iface[12];
	unsigned refs, type, proto, running, rmem, user;
	unsigned long inode;
	int ifindex, found = 0;
	struct stat st;
	FILE *f = fopen("/proc/net/packet", "r");

	CHECK(f && !fstat(s, &st) && fgets(line, sizeof(line), f));
	if (what[0] == 'm')
		printf("%s", line);
	while (fgets(line, sizeof(line), f)) {
		CHECK(sscanf(line, "%39s %u %u %x %d %u %u %u %lu", sk, &refs, &type, &proto,
			      &ifindex, &running, &rmem, &user, &inode) == 9);
		if (inode != st.st_ino)
			continue;
		found++;
		sprintf(iface, "%d", ifindex);
		printf("%s: type %u proto %04x iface %s running %u rmem %s user %u\n", what, type,
			proto, ifindex > 1 ? "some" : iface, running, rmem ? "some" : "0", user);
	}
	fclose(f);
	SHOW(found);
}

int main(void)
{
	int s, d, tap;
	struct sockaddr_ll a;

	net_start();
	s = socket(AF_PACKET, SOCK_RAW, 0);
	show("made", s);
	a = pk_addr("lo", PK_TYPE);
	CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)) == 0);
	show("bound", s);
	CHECK(pk_send(s, PK_TYPE, 10) > 0);
	show("a packet", s);
	tap = tap_open("t0", IFF_TAP);
	a = pk_addr("t0", ETH_P_ALL);
	d = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	show("other", d);
	TOK(bind(d, (struct sockaddr *)&a, sizeof(a)));
	show("down", d);
	close(tap);
	show("gone", d);
	close(d);
	show("alone", s);
	return 0;
}
