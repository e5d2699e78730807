// SPDX-License-Identifier: MPL-2.0
// Frames of a protocol that nobody has are counted as dropped, unless a packet socket takes them.
#include "../lib/virtual.h"

#define MAC(n) "\x02\x00\x00\x00\x00" n

static int dropped(void)
{
	char b[32] = "";
	int fd = open("/sys/class/net/p7/statistics/rx_dropped", O_RDONLY);

	CHECK(fd >= 0 && read(fd, b, sizeof(b) - 1) > 0);
	close(fd);
	return atoi(b);
}

int main(void)
{
	int s, before;

	vl_start();
	CHECK(vl_make_veth(NULL, "p7", "e7") == 0);
	vl_ready("p7", MAC("\x07"));
	vl_ready("e7", MAC("\x08"));
	vl_settle("p7", "up");
	vl_settle("e7", "up");
	before = dropped();
	vl_send("to the device", "e7", MAC("\x07"), MAC("\x08"), 4);
	printf("counted %d\n", UNTIL(dropped() == before + 1));
	vl_send("to all", "e7", pk_all, MAC("\x08"), 4);
	printf("counted %d\n", UNTIL(dropped() == before + 2));
	vl_send("to another", "e7", MAC("\x09"), MAC("\x08"), 4);
	printf("counted %d\n", UNTIL(dropped() == before + 3));
	s = pk_open(SOCK_RAW, "p7", PK_TYPE);
	vl_send("to a packet socket", "e7", MAC("\x07"), MAC("\x08"), 4);
	vl_recv("came", s);
	printf("counted %d\n", dropped() - before);
	close(s);
	s = pk_open(SOCK_RAW, "p7", ETH_P_ALL);
	vl_send("to one of all protocols", "e7", MAC("\x07"), MAC("\x08"), 4);
	vl_recv("came", s);
	printf("counted %d\n", dropped() - before);
	close(s);
	vl_send("to nobody again", "e7", MAC("\x07"), MAC("\x08"), 4);
	printf("counted %d\n", UNTIL(dropped() == before + 4));
	vl_del("the pair goes", "p7");
	return 0;
}
