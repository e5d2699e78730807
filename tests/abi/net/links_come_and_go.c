// SPDX-License-Identifier: MPL-2.0
// Devices that are made, renamed and removed while others walk over their files in /sys and
// /proc/sys: what is read is whole or an error, and no name stays.
#include "../lib/net.h"
#include "../lib/tap.h"

static volatile bool over;

/* Errors of a device that has just gone, or whose link is down. */
static bool may_fail(int e)
{
	return e == ENOENT || e == ENODEV || e == EINVAL || e == ENOTDIR || e == ESRCH;
}

static void read_one(const char *path, long *good)
{
	char b[256];
	int fd = open(path, O_RDONLY), n;

	if (fd < 0) {
		CHECK(may_fail(errno));
		return;
	}
	n = read(fd, b, sizeof(b));
	if (n < 0)
		CHECK(may_fail(errno));
	else if (n)
		CHECK(b[n - 1] == '\n');
	*good += n > 0;
	close(fd);
}

static void *walker(void *dir)
{
	static const char *const names[] = { "mtu", "address", "uevent", "statistics/rx_bytes",
		"queues/tx-0/tx_timeout", "operstate", "rp_filter", "disable_ipv6" };
	char path[400];
	long good = 0;

	while (!over || !good) {
		DIR *d = opendir(dir);
		struct dirent *e;
		CHECK(d);
		while ((e = readdir(d))) {
			if (e->d_name[0] == '.')
				continue;
			for (size_t i = 0; i < T_LEN(names); i++) {
				snprintf(path, sizeof(path), "%s/%s/%s", (char *)dir, e->d_name,
					names[i]);
				read_one(path, &good);
			}
		}
		closedir(d);
	}
	return NULL;
}

static void set(const char *name, const char *file, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), file, name);
	fd = open(path, O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		CHECK(may_fail(errno));
	close(fd);
}

/* The other thread of the same number writes to a device that may have another name by now. */
static void *writer(void *x)
{
	while (!over) {
		set("c0", "/sys/class/net/%s/mtu", "1400");
		set("d0", "/sys/class/net/%s/ifalias", "alias");
		set("c0", "/proc/sys/net/ipv6/conf/%s/disable_ipv6", "1");
		set("d0", "/proc/sys/net/ipv6/conf/%s/disable_ipv6", "0");
		set("d0", "/sys/class/net/%s/flags", "0x1003");
		set("c0", "/sys/class/net/%s/uevent", "change");
	}
	return NULL;
}

static void once(void)
{
	struct ifreq r = { .ifr_name = "c0", .ifr_newname = "d0" };
	int tap = tap_open("c0", IFF_TAP);

	if (ioctl(tap_sock(), SIOCSIFNAME, &r))
		CHECK(errno == EBUSY || errno == ENODEV);
	close(tap);
	CHECK(UNTIL(!if_nametoindex("c0") && !if_nametoindex("d0")));
}

int main(void)
{
	static char *const dirs[] = { "/sys/class/net", "/sys/devices/virtual/net",
		"/proc/sys/net/ipv4/conf", "/proc/sys/net/ipv6/conf" };
	pthread_t t[T_LEN(dirs) + 1];

	net_start();
	for (size_t i = 0; i < T_LEN(dirs); i++)
		CHECK(!pthread_create(&t[i], NULL, walker, dirs[i]));
	CHECK(!pthread_create(&t[T_LEN(dirs)], NULL, writer, NULL));
	for (int i = 0; i < 40; i++)
		once();
	over = true;
	for (size_t i = 0; i < T_LEN(t); i++)
		pthread_join(t[i], NULL);
	IS(access("/sys/class/net/c0", F_OK) == 0);
	IS(access("/sys/class/net/d0", F_OK) == 0);
	IS(access("/proc/sys/net/ipv6/conf/d0", F_OK) == 0);
	IS(access("/sys/class/net/lo", F_OK) == 0);
	return 0;
}
