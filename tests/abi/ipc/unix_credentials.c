// SPDX-License-Identifier: MPL-2.0
// SO_PEERCRED and SCM_CREDENTIALS: who is at the other end, what may be claimed.
#include "../lib/t.h"
#include <sys/socket.h>

static int sv[2];

static long send_cred(pid_t pid, uid_t uid, gid_t gid)
{
	char control[CMSG_SPACE(sizeof(struct ucred))] = "";
	struct iovec iov = { "x", 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct ucred u = { pid, uid, gid };

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_CREDENTIALS;
	c->cmsg_len = CMSG_LEN(sizeof(u));
	memcpy(CMSG_DATA(c), &u, sizeof(u));
	return sendmsg(sv[0], &m, 0);
}

static void receive(const char *what, pid_t expect)
{
	char control[256] = "", b;
	struct iovec iov = { &b, 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct ucred u;

	recvmsg(sv[1], &m, MSG_DONTWAIT);
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	if (!c) {
		printf("%s: none\n", what);
		return;
	}
	memcpy(&u, CMSG_DATA(c), sizeof(u));
	printf("%s: type %d pid %s uid %d gid %d\n", what, c->cmsg_type,
		u.pid == expect ? "right" : "wrong", u.uid, u.gid);
}

int main(void)
{
	struct ucred u;
	socklen_t len = sizeof(u);
	int on = 1;

	t_start();
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	T(getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &u, &len));
	SHOW(len);
	IS(u.pid == getpid());
	SHOW(u.uid);
	SHOW(u.gid);
	T(write(sv[0], "x", 1));
	receive("not asked", getpid());
	T(setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	len = sizeof(on);
	on = 0;
	T(getsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &on, &len));
	SHOW(on);
	T(write(sv[0], "x", 1));
	receive("by itself", getpid());
	T(send_cred(getpid(), 0, 0));
	receive("own", getpid());
	T(send_cred(1, 5, 6));
	receive("root may claim", 1);
	T(send_cred(999999, 0, 0));
	pid_t me = getpid();
	IN_CHILD("user", {
		t_drop_root(1000);
		T(send_cred(getpid(), 1000, 1000));
		T(send_cred(getpid(), 0, 1000));
		T(send_cred(me, 1000, 1000));
		T(send_cred(getpid(), 1000, 0));
		len = sizeof(u);
		getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &u, &len);
		printf("peer credentials are those of the time of connection: %d\n", u.uid);
	});
	return 0;
}
