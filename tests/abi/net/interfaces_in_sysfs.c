// SPDX-License-Identifier: MPL-2.0
// /sys/class/net: the files of lo, a tun and a tap device, what may be written to them, how
// directories and open files behave when a device is renamed or goes, and the events of that.
#include "../lib/netlink.h"
#include "../lib/tap.h"
#include <linux/netlink.h>

#define DIR_OF "/sys/devices/virtual/net/"

static const char *const files[] = { "addr_assign_type", "addr_len", "broadcast", "carrier",
	"carrier_changes", "carrier_down_count", "carrier_up_count", "dev_id", "dev_port",
	"dormant", "duplex", "flags", "gro_flush_timeout", "ifalias", "link_mode", "mtu",
	"name_assign_type", "napi_defer_hard_irqs", "netdev_group", "operstate", "phys_port_id",
	"phys_port_name", "phys_switch_id", "proto_down", "speed", "testing", "tx_queue_len",
	"type", "tun_flags", "owner", "group" };

static int read_file(const char *path, char *b, int size)
{
	int fd = open(path, O_RDONLY), n;

	if (fd < 0)
		return -errno;
	n = read(fd, b, size - 1);
	n = n < 0 ? -errno : n;
	close(fd);
	if (n >= 0)
		b[n] = 0;
	return n;
}

static void show(const char *dir, const char *name)
{
	char path[256], b[4096];
	struct stat st;
	int n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (lstat(path, &st)) {
		printf("%s: %s\n", path, t_errname(errno));
		return;
	}
	n = read_file(path, b, sizeof(b));
	printf("%s %06o: %s\n", path, st.st_mode, n < 0 ? t_errname(-n) : b);
}

static void show_all(const char *dev)
{
	char dir[64];

	snprintf(dir, sizeof(dir), DIR_OF "%s", dev);
	for (size_t i = 0; i < T_LEN(files); i++)
		show(dir, files[i]);
}

/* Writes a text, says what became of it, and shows the file. */
static void put(const char *dev, const char *file, const char *text)
{
	char path[256];
	int fd, n, e;

	snprintf(path, sizeof(path), DIR_OF "%s/%s", dev, file);
	fd = open(path, O_WRONLY);
	if (fd < 0) {
		printf("open %s: %s\n", path, t_errname(errno));
		return;
	}
	n = write(fd, text, strlen(text));
	e = errno;
	printf("%s = '%.20s': %s\n", file, text, n < 0 ? t_errname(e) : "written");
	close(fd);
	snprintf(path, sizeof(path), DIR_OF "%s", dev);
	show(path, file);
}

static void link_is(const char *path)
{
	char b[256];
	int n = readlink(path, b, sizeof(b) - 1);

	if (n >= 0)
		b[n] = 0;
	printf("%s -> %s\n", path, n < 0 ? t_errname(errno) : b);
}

static void statistics(const char *dev)
{
	static const char *const names[] = { "collisions", "multicast", "rx_bytes", "rx_compressed",
		"rx_crc_errors", "rx_dropped", "rx_errors", "rx_fifo_errors", "rx_frame_errors",
		"rx_length_errors", "rx_missed_errors", "rx_nohandler", "rx_over_errors",
		"rx_packets", "tx_aborted_errors", "tx_bytes", "tx_carrier_errors", "tx_compressed",
		"tx_dropped", "tx_errors", "tx_fifo_errors", "tx_heartbeat_errors", "tx_packets",
		"tx_window_errors" };
	char dir[64];
	DIR *d;
	int n = 0;

	snprintf(dir, sizeof(dir), DIR_OF "%s/statistics", dev);
	for (size_t i = 0; i < T_LEN(names); i++)
		show(dir, names[i]);
	d = opendir(dir);
	while (readdir(d))
		n++;
	SHOW(n);
	closedir(d);
}

static void writes(void)
{
	static const char *const numbers[] = { "1400", "1300\n", "0x514", "02424", "+1301", "-1",
		"", " 1300", "1300 ", "12z", "67", "65", "70000", "99999999999999999999" };
	char text[300];

	for (size_t i = 0; i < T_LEN(numbers); i++)
		put("t0", "mtu", numbers[i]);
	put("t0", "tx_queue_len", "77");
	put("t0", "tx_queue_len", "4294967296");
	put("t0", "netdev_group", "5");
	put("t0", "netdev_group", "4294967295");
	put("t0", "gro_flush_timeout", "0");
	put("t0", "proto_down", "1");
	put("t0", "proto_down", "x");
	put("lo", "carrier", "1");
	put("t0", "ifalias", "the link to nowhere\n");
	put("t0", "ifalias", "another");
	memset(text, 'a', sizeof(text));
	text[255] = 0;
	put("t0", "ifalias", text);
	text[255] = 'a';
	text[256] = 0;
	put("t0", "ifalias", text);
	put("t0", "ifalias", "\n");
	put("t0", "operstate", "up");
	/* While the device is down the link says nothing. */
	put("t0", "carrier", "0");
	put("t0", "flags", "0x1091");
	put("t0", "operstate", "x");
	put("t0", "carrier", "0");
	show(DIR_OF "t0", "operstate");
	put("t0", "carrier", "1");
	show(DIR_OF "t0", "operstate");
	show(DIR_OF "t0", "carrier_changes");
	show(DIR_OF "t0", "carrier_up_count");
	show(DIR_OF "t0", "carrier_down_count");
	show(DIR_OF "t0", "speed");
	show(DIR_OF "t0", "duplex");
	put("t0", "flags", "0x1090");
}

/* Who is not privileged cannot write through a file that root has opened. */
static void unprivileged(void)
{
	int fd = open(DIR_OF "t0/mtu", O_WRONLY);
	pid_t p = t_fork();

	if (!p) {
		CHECK(setresuid(1000, 1000, 1000) == 0);
		T(write(fd, "1200", 4));
		TL("open to write", open(DIR_OF "t0/mtu", O_WRONLY));
		show(DIR_OF "t0", "tx_queue_len");
		fflush(stdout);
		_exit(0);
	}
	waitpid(p, NULL, 0);
	close(fd);
}

static void rename_to(const char *from, const char *to)
{
	struct ifreq r = { 0 };

	strcpy(r.ifr_name, from);
	strcpy(r.ifr_newname, to);
	T(ioctl(tap_sock(), SIOCSIFNAME, &r));
}

/* An event that udev would get: all but its number, for network devices alone. */
static void events(int s)
{
	char b[4096];
	int n;

	while ((n = recv(s, b, sizeof(b) - 1, MSG_DONTWAIT)) > 0) {
		b[n] = 0;
		if (!memmem(b, n, "SUBSYSTEM=net", 13))
			continue;
		for (char *p = b; p < b + n; p += strlen(p) + 1)
			if (strncmp(p, "SEQNUM", 6) && strncmp(p, "IFINDEX", 7))
				printf("event %s\n", p);
	}
}

static void renames(int uevents)
{
	int dir = open(DIR_OF "t0", O_RDONLY | O_DIRECTORY), mtu = open(DIR_OF "t0/mtu", O_RDONLY);
	char b[64] = "";

	put("t0", "uevent", "change\n");
	put("t0", "uevent", "change 5ca1ab1e-0000-4000-8000-0123456789AB");
	put("t0", "uevent", "change 5ca1ab1e-0000-4000-8000-0123456789A");
	put("t0", "uevent", "explode");
	put("t0", "uevent", "");
	events(uevents);
	rename_to("t0", "t1");
	events(uevents);
	link_is("/sys/class/net/t0");
	link_is("/sys/class/net/t1");
	show(DIR_OF "t0", "mtu");
	show(DIR_OF "t1", "mtu");
	show(DIR_OF "t1", "name_assign_type");
	T(pread(mtu, b, sizeof(b), 0));
	IS(faccessat(dir, "mtu", F_OK, 0) == 0);
	close(dir);
	close(mtu);
}

static void goes(int tun, int uevents)
{
	int dir = open(DIR_OF "t1", O_RDONLY | O_DIRECTORY), mtu = open(DIR_OF "t1/mtu", O_RDWR);
	char b[64];

	close(tun);
	CHECK(UNTIL(access("/sys/class/net/t1", F_OK)));
	events(uevents);
	link_is("/sys/class/net/t1");
	show(DIR_OF "t1", "mtu");
	T(pread(mtu, b, sizeof(b), 0));
	T(pwrite(mtu, "1300", 4, 0));
	T(faccessat(dir, "mtu", F_OK, 0));
	close(dir);
	close(mtu);
}

int main(void)
{
	int tun, tap, uevents;

	net_start();
	uevents = nl_socket(NETLINK_KOBJECT_UEVENT, 1);
	tun = tap_open("t0", IFF_TUN);
	tap = tap_open("e0", IFF_TAP);
	events(uevents);
	show_all("lo");
	show_all("t0");
	show_all("e0");
	statistics("e0");
	link_is("/sys/class/net/t0");
	link_is(DIR_OF "lo/subsystem");
	show("/sys/class/net/lo", "uevent");
	show(DIR_OF "lo/queues/tx-0", "tx_timeout");
	show(DIR_OF "lo/queues/tx-0", "traffic_class");
	IS(access(DIR_OF "lo/queues/rx-0", F_OK) == 0);
	IS(access(DIR_OF "lo/queues/rx-1", F_OK) == 0);
	IS(access(DIR_OF "lo/queues/rx-00", F_OK) == 0);
	IS(access("/sys/class/net/nosuch", F_OK) == 0);
	T(mkdir("/sys/class/net/new", 0755));
	T(unlink("/sys/class/net/lo"));
	writes();
	unprivileged();
	renames(uevents);
	goes(tun, uevents);
	close(tap);
	CHECK(UNTIL(access("/sys/class/net/e0", F_OK)));
	events(uevents);
	return 0;
}
