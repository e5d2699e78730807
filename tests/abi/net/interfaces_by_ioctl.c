// SPDX-License-Identifier: MPL-2.0
// lo as ioctl and /proc/net show it: flags, addresses, MTU, index; who may change it; an address
// that is added and goes.
#include "../lib/net.h"

static int s;

static void ask(const char *what, unsigned long cmd, const char *name)
{
	struct ifreq r = { 0 };
	char text[32];

	strcpy(r.ifr_name, name);
	if (ioctl(s, cmd, &r)) {
		printf("%s %s: %s\n", what, name, t_errname(errno));
		return;
	}
	printf("%s %s:", what, name);
	if (cmd == SIOCGIFFLAGS)
		printf(" %#x\n", (unsigned short)r.ifr_flags);
	else if (cmd == SIOCGIFMTU || cmd == SIOCGIFINDEX || cmd == SIOCGIFTXQLEN ||
		cmd == SIOCGIFMETRIC)
		printf(" %d\n", r.ifr_ifindex);
	else if (cmd == SIOCGIFHWADDR)
		printf(" %d %02x\n", r.ifr_hwaddr.sa_family,
			(unsigned char)r.ifr_hwaddr.sa_data[5]);
	else
		printf(" %s\n",
			inet_ntop(AF_INET, &((struct sockaddr_in *)&r.ifr_addr)->sin_addr, text,
				sizeof(text)));
}

static void all(void)
{
	ask("flags", SIOCGIFFLAGS, "lo");
	ask("address", SIOCGIFADDR, "lo");
	ask("mask", SIOCGIFNETMASK, "lo");
	ask("broadcast", SIOCGIFBRDADDR, "lo");
	ask("mtu", SIOCGIFMTU, "lo");
	ask("index", SIOCGIFINDEX, "lo");
	ask("queue", SIOCGIFTXQLEN, "lo");
	ask("metric", SIOCGIFMETRIC, "lo");
	ask("hardware", SIOCGIFHWADDR, "lo");
	ask("flags", SIOCGIFFLAGS, "none0");
}

static void file(const char *path)
{
	char line[400];
	FILE *f = fopen(path, "r");

	printf("%s\n", path);
	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, "    lo:", 7))
			printf("%s", line);
	}
	if (f)
		fclose(f);
}

static void up(int on)
{
	struct ifreq r = { .ifr_name = "lo" };

	r.ifr_flags = on ? IFF_UP : 0;
	net_result(on ? "up" : "down", ioctl(s, SIOCSIFFLAGS, &r));
}

int main(void)
{
	union net_addr a = net_addr("127.0.0.1", 7020);
	struct ifreq r = { .ifr_name = "lo" };
	struct ifconf c = { .ifc_len = 0 };

	net_start();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	all();
	r.ifr_ifindex = 1;
	memset(r.ifr_name, 0, sizeof(r.ifr_name));
	net_result("name", ioctl(s, SIOCGIFNAME, &r));
	printf("%s\n", r.ifr_name);
	net_result("length", ioctl(s, SIOCGIFCONF, &c));
	printf("%d\n", c.ifc_len);
	file("/proc/net/dev");
	file("/proc/net/if_inet6");
	up(0);
	all();
	file("/proc/net/if_inet6");
	net_result("send", sendto(s, "x", 1, 0, &a.any, net_len(&a)));
	up(1);
	all();
	net_result("send", sendto(s, "x", 1, 0, &a.any, net_len(&a)));
	strcpy(r.ifr_name, "lo");
	memcpy(&r.ifr_addr, &a.any, sizeof(a.in));
	((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr = htonl(0x7f000009);
	net_result("other address", ioctl(s, SIOCSIFADDR, &r));
	ask("address", SIOCGIFADDR, "lo");
	ask("mask", SIOCGIFNETMASK, "lo");
	((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr = htonl(0x7f000001);
	net_result("back", ioctl(s, SIOCSIFADDR, &r));
	all();
	if (fork() == 0) {
		CHECK(setuid(1000) == 0);
		up(0);
		all();
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	int u = net_bound("127.0.0.1", 7021), v = net_bound("::1", 7021);
	char line[300];
	FILE *f = fopen("/proc/net/udp", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "   sl", 5) || strstr(line, ":1B6D"))
			printf("%zu %.60s\n", strlen(line),
				strchr(line, ':') && line[3] != 's' ? strchr(line, ':') : line);
	}
	fclose(f);
	f = fopen("/proc/net/udp6", "r");
	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "  sl", 4) || strstr(line, ":1B6D"))
			printf("%.120s\n",
				strchr(line, ':') && line[2] != 's' ? strchr(line, ':') : line);
	}
	fclose(f);
	close(u);
	close(v);
	file("/proc/net/route");
	return 0;
}
