// SPDX-License-Identifier: MPL-2.0
// Abstract names: any bytes, compared by length, one table for each type, free again when the
// socket is closed; autobind.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un a = { .sun_family = AF_UNIX }, got;

static int bound(int type, const char *name, socklen_t len)
{
	int fd = socket(AF_UNIX, type, 0);

	memset(a.sun_path, 0, sizeof(a.sun_path));
	memcpy(a.sun_path + 1, name, len);
	return bind(fd, (void *)&a, 3 + len) == 0 ? fd : (close(fd), -1);
}

static void name_of(const char *label, int fd)
{
	socklen_t len = sizeof(got);

	memset(&got, 0x55, sizeof(got));
	if (getsockname(fd, (void *)&got, &len) < 0)
		printf("%s: %s\n", label, t_errname(errno));
	else
		t_text(label, (char *)&got + 2, (ssize_t)len - 2);
}

int main(void)
{
	struct sockaddr_un b = { .sun_family = AF_UNIX };
	int fd, c;

	t_start();
	fd = bound(SOCK_STREAM, "keel\0x", 6);
	IS(fd >= 0);
	name_of("name", fd);
	IS(bound(SOCK_STREAM, "keel\0x", 6) >= 0);
	SHOWS(t_errname(errno));
	IS(bound(SOCK_STREAM, "keel\0", 5) >= 0);
	IS(bound(SOCK_STREAM, "keel\0x\0", 7) >= 0);
	IS(bound(SOCK_DGRAM, "keel\0x", 6) >= 0);
	IS(bound(SOCK_SEQPACKET, "keel\0x", 6) >= 0);
	IS(bound(SOCK_STREAM, "", 0) >= 0);
	IS(bound(SOCK_STREAM, "", 0) >= 0);
	int twin = dup(fd);
	close(fd);
	IS(bound(SOCK_STREAM, "keel\0x", 6) >= 0);
	close(twin);
	fd = bound(SOCK_STREAM, "keel\0x", 6);
	IS(fd >= 0);
	listen(fd, 3);
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	T(connect(c, (void *)&a, 3 + 6));
	c = socket(AF_UNIX, SOCK_STREAM, 0);
	T(connect(c, (void *)&a, 3 + 5));
	T(connect(c, (void *)&a, sizeof(a)));
	int s = accept(fd, NULL, NULL);
	name_of("accepted", s);
	close(fd);
	name_of("the listener is closed", s);
	IS(bound(SOCK_STREAM, "keel\0x", 6) >= 0);
	// The whole length.
	memset(b.sun_path, 'y', sizeof(b.sun_path));
	b.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	T(bind(fd, (void *)&b, sizeof(b)));
	name_of("longest", fd);
	T(bind(fd, (void *)&b, sizeof(b)));
	T(bind(fd, (void *)&b, 2));
	T(bind(fd, (void *)&b, sizeof(b) + 1));
	T(bind(fd, (void *)&b, 1));
	T(bind(fd, (void *)&b, 0));
	T(bind(fd, (void *)&b, -1));
	// Autobind: five digits, each time others.
	int x = socket(AF_UNIX, SOCK_DGRAM, 0), y = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
	T(bind(x, (void *)&b, 2));
	T(bind(y, (void *)&b, 2));
	struct sockaddr_un nx, ny;
	socklen_t lx = sizeof(nx), ly = sizeof(ny);
	getsockname(x, (void *)&nx, &lx);
	getsockname(y, (void *)&ny, &ly);
	SHOW(lx);
	IS(lx == ly && memcmp(&nx, &ny, lx) != 0);
	for (int i = 1; i < 6; i++)
		CHECK(isxdigit(nx.sun_path[i]) && !isupper(nx.sun_path[i]));
	T(bind(x, (void *)&b, 2));
	T(sendto(y, "hello", 5, 0, (void *)&nx, lx));
	// Credentials asked for: a name is given at the first send.
	int z = socket(AF_UNIX, SOCK_DGRAM, 0);
	setsockopt(z, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	lx = sizeof(got);
	getsockname(z, (void *)&got, &lx);
	SHOW(lx);
	T(sendto(z, "hello", 5, 0, (void *)&nx, 8));
	lx = sizeof(got);
	getsockname(z, (void *)&got, &lx);
	SHOW(lx);
	return 0;
}
