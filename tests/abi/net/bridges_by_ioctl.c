// SPDX-License-Identifier: MPL-2.0
// Bridges as brctl makes and shows them: ioctls of any socket, the older ones, and files in /sys.
#include "../lib/virtual.h"
#include <linux/sockios.h>

static int s;

static void ask(const char *what, unsigned long cmd, const char *name, const char *port)
{
	struct ifreq r = { 0 };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	if (port)
		r.ifr_ifindex = if_nametoindex(port);
	printf("%s %s %s: ", what, name, port ? port : "");
	T(ioctl(s, cmd, &r));
}

static void old(const char *what, unsigned long cmd, unsigned long number, const char *name)
{
	unsigned long args[3] = { number, (unsigned long)name };

	printf("old %s %s: ", what, name);
	T(ioctl(s, cmd, args));
}

static void private(const char *what, const char *name, unsigned long number, const char *port)
{
	unsigned long args[4] = { number, if_nametoindex(port) };
	struct ifreq r = { 0 };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	r.ifr_data = (void *)args;
	printf("old %s %s %s: ", what, name, port);
	T(ioctl(s, SIOCDEVPRIVATE, &r));
}

static void show(const char *path)
{
	char b[512], full[200];
	int fd, n;

	snprintf(full, sizeof(full), "/sys/class/net/%s", path);
	fd = open(full, O_RDONLY);
	n = fd < 0 ? -1 : read(fd, b, sizeof(b) - 1);
	if (n < 0)
		printf("%s: %s\n", path, t_errname(errno));
	else
		printf("%s: %.*s", path, n, b);
	if (fd >= 0)
		close(fd);
}

static void leads(const char *path)
{
	char b[200], full[200];
	int n;

	snprintf(full, sizeof(full), "/sys/class/net/%s", path);
	n = readlink(full, b, sizeof(b));
	printf("%s -> %.*s\n", path, n < 0 ? 4 : n, n < 0 ? "none" : b);
}

static void set(const char *path, const char *text)
{
	char full[200];
	int fd;

	snprintf(full, sizeof(full), "/sys/class/net/%s", path);
	fd = open(full, O_WRONLY);
	printf("%s to %s: ", path, text);
	T(write(fd, text, strlen(text)));
	close(fd);
	show(path);
}

static void files(void)
{
	static const char *const bridge[] = { "ageing_time", "bridge_id", "root_id", "root_port",
		"root_path_cost", "max_age", "hello_time", "forward_delay", "hello_timer",
		"tcn_timer", "topology_change", "topology_change_detected", "priority", "stp_state",
		"topology_change_timer", "vlan_filtering" };
	static const char *const port[] = { "change_ack", "config_pending", "designated_bridge",
		"designated_cost", "designated_port", "designated_root", "hairpin_mode",
		"hold_timer", "learning", "message_age_timer", "path_cost", "port_id", "port_no",
		"priority", "state", "unicast_flood" };
	char path[100];

	for (size_t i = 0; i < T_LEN(bridge); i++) {
		snprintf(path, sizeof(path), "br0/bridge/%s", bridge[i]);
		show(path);
	}
	for (size_t i = 0; i < T_LEN(port); i++) {
		snprintf(path, sizeof(path), "d1/brport/%s", port[i]);
		show(path);
	}
	leads("br0/brif/d0");
	leads("br0/brif/d1");
	leads("br0/brif/lo");
	leads("d0/master");
	leads("d0/brport/bridge");
	t_list("ports", "/sys/class/net/br0/brif");
}

/* struct __fdb_entry; Linux has an entry once for each VLAN. */
static void stations(void)
{
	unsigned char b[32 * 16];
	int fd = open("/sys/class/net/br0/brforward", O_RDONLY), n = read(fd, b, sizeof(b)),
	    seen = 0;

	CHECK(n >= 0 && n % 16 == 0);
	for (int port = 1; port < 3; port++) {
		for (int i = 0; i < n; i += 16) {
			if (b[i + 6] != port || b[i + 12] || seen & 1 << port)
				continue;
			seen |= 1 << port;
			printf("station %02x port %d local %d age %d\n", b[i + 5], b[i + 6],
				b[i + 7], b[i + 8]);
		}
	}
	close(fd);
}

static void refused(void)
{
	CHECK(setresuid(1000, 1000, 1000) == 0);
	ask("user: make", SIOCBRADDBR, "br1", NULL);
	ask("user: add", SIOCBRADDIF, "br0", "d0");
	old("user: make", SIOCSIFBR, 2, "br1");
}

int main(void)
{
	vl_start();
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(vl_make(NULL, "dummy", "d0") == 0 && vl_make(NULL, "dummy", "d1") == 0);
	vl_ready("d0", "\x02\x00\x00\x00\x00\x10");
	vl_ready("d1", "\x02\x00\x00\x00\x00\x11");
	ask("make", SIOCBRADDBR, "br0", NULL);
	ask("make", SIOCBRADDBR, "br0", NULL);
	ask("make", SIOCBRADDBR, "a/b", NULL);
	show("br0/name_assign_type");
	old("make", SIOCSIFBR, 2, "br0");
	old("make", SIOCSIFBR, 2, "br2");
	old("remove", SIOCSIFBR, 3, "br2");
	old("something", SIOCSIFBR, 77, "br2");
	ask("add", SIOCBRADDIF, "br0", "d0");
	ask("add", SIOCBRADDIF, "br0", "d0");
	ask("add", SIOCBRADDIF, "br0", "lo");
	ask("add", SIOCBRADDIF, "br0", "br0");
	ask("add", SIOCBRADDIF, "br0", "none");
	ask("add", SIOCBRADDIF, "none", "d1");
	ask("add", SIOCBRADDIF, "d0", "d1");
	ask("take", SIOCBRDELIF, "br0", "d1");
	private("add", "br0", 4, "d1");
	private("add", "br0", 4, "d1");
	private("take", "br0", 5, "d1");
	private("take", "d0", 5, "d1");
	private("take", "none", 5, "d1");
	private("something", "br0", 77, "d1");
	ask("add", SIOCBRADDIF, "br0", "d1");
	vl_silent("br0");
	CHECK(vl_up(NULL, "br0", true) == 0);
	files();
	stations();
	set("br0/bridge/ageing_time", "10000");
	set("br0/bridge/ageing_time", "30000\n");
	set("br0/bridge/ageing_time", "x");
	set("br0/bridge/stp_state", "0");
	set("br0/bridge/forward_delay", "1500");
	set("d1/brport/path_cost", "100");
	IN_CHILD("user", refused());
	ask("take", SIOCBRDELIF, "br0", "d1");
	show("d1/brport/state");
	leads("d1/master");
	leads("br0/brif/d1");
	ask("remove", SIOCBRDELBR, "br0", NULL);
	CHECK(vl_up(NULL, "br0", false) == 0);
	ask("remove", SIOCBRDELBR, "br0", NULL);
	ask("remove", SIOCBRDELBR, "br0", NULL);
	ask("remove", SIOCBRDELBR, "d0", NULL);
	leads("d0/master");
	CHECK(vl_del(NULL, "d0") == 0);
	CHECK(vl_del(NULL, "d1") == 0);
	return 0;
}
