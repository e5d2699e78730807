// SPDX-License-Identifier: MPL-2.0
// What each option of SOL_SOCKET says on a new AF_UNIX socket, and whether it can be set to 1.
#include "../lib/t.h"
#include <sys/socket.h>

static const struct t_name options[] = { T_N(SO_DEBUG), T_N(SO_REUSEADDR), T_N(SO_TYPE),
	T_N(SO_ERROR), T_N(SO_DONTROUTE), T_N(SO_BROADCAST), T_N(SO_SNDBUF), T_N(SO_RCVBUF),
	T_N(SO_KEEPALIVE), T_N(SO_OOBINLINE), T_N(SO_NO_CHECK), T_N(SO_PRIORITY), T_N(SO_PASSCRED),
	T_N(SO_RCVLOWAT), T_N(SO_SNDLOWAT), T_N(SO_ACCEPTCONN), T_N(SO_PROTOCOL), T_N(SO_DOMAIN),
	T_N(SO_MARK), T_N(SO_TIMESTAMP), T_N(SO_SNDBUFFORCE), T_N(SO_RCVBUFFORCE), { 9999, "9999" },
	{ 14, "14" }, { 0, "0" }, { -1, "-1" } };

int main(void)
{
	struct linger l = { 7, 7 };
	struct timeval tv = { 7, 7 };
	int fd, v;
	socklen_t len;

	t_start();
	for (size_t i = 0; i < T_LEN(options); i++) {
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
		char label[64];
		v = -1;
		len = sizeof(v);
		snprintf(label, sizeof(label), "get %s", options[i].name);
		TL(label, getsockopt(fd, SOL_SOCKET, options[i].value, &v, &len));
		printf("  %d, length %d\n", v, (int)len);
		v = 1;
		snprintf(label, sizeof(label), "set %s", options[i].name);
		TL(label, setsockopt(fd, SOL_SOCKET, options[i].value, &v, sizeof(v)));
		v = -1;
		getsockopt(fd, SOL_SOCKET, options[i].value, &v, &len);
		printf("  %d\n", v);
		close(fd);
	}
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	len = sizeof(l);
	T(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	printf("%d %d %d\n", l.l_onoff, l.l_linger, (int)len);
	l = (struct linger){ 5, 6 };
	T(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)));
	T(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, 4));
	T(getsockopt(fd, SOL_SOCKET, SO_LINGER, &l, &len));
	printf("%d %d\n", l.l_onoff, l.l_linger);
	len = sizeof(tv);
	T(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	printf("%ld %ld %d\n", (long)tv.tv_sec, (long)tv.tv_usec, (int)len);
	tv = (struct timeval){ 3, 500000 };
	T(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	tv = (struct timeval){ 0, 0 };
	len = sizeof(tv);
	T(getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, &len));
	printf("%ld %ld\n", (long)tv.tv_sec, (long)tv.tv_usec);
	tv = (struct timeval){ 0, -1 };
	T(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	tv = (struct timeval){ -1, 0 };
	T(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
	struct ucred u = { 7, 7, 7 };
	len = sizeof(u);
	T(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &len));
	printf("%d %d %d\n", u.pid, (int)u.uid, (int)u.gid);
	T(setsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, sizeof(u)));
	gid_t g[4];
	len = sizeof(g);
	T(getsockopt(fd, SOL_SOCKET, 59 /* SO_PEERGROUPS */, g, &len));
	len = 128;
	char name[128];
	T(getsockopt(fd, SOL_SOCKET, 28 /* SO_PEERNAME */, name, &len));
	// Negative, and what an ordinary user may not.
	len = sizeof(v);
	v = -5;
	T(setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, sizeof(v)));
	getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, &len);
	SHOW(v);
	IN_CHILD("user", {
		t_drop_root(1000);
		v = 1;
		T(setsockopt(fd, SOL_SOCKET, SO_DEBUG, &v, sizeof(v)));
		T(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &v, sizeof(v)));
		v = 7;
		T(setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &v, sizeof(v)));
		T(setsockopt(fd, SOL_SOCKET, SO_MARK, &v, sizeof(v)));
		T(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &v, sizeof(v)));
	});
	return 0;
}
