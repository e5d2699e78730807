// SPDX-License-Identifier: MPL-2.0
// AF_UNIX names: bind, listen, connect, accept, their errors, files they leave, abstract names,
// autobind.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un un(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, path);
	return a;
}

#define ADDR(a) (struct sockaddr *)&a

int main(void)
{
	struct sockaddr_un a = un("sock"), b = un("other"), c = un("nodir/x"), got;
	struct stat st;
	socklen_t len;

	t_start();
	int l = T(socket(AF_UNIX, SOCK_STREAM, 0));
	T(listen(l, 5));
	T(connect(l, ADDR(a), sizeof(a)));
	T(bind(l, ADDR(c), sizeof(c)));
	T(bind(l, ADDR(a), sizeof(a)));
	T(bind(l, ADDR(b), sizeof(b)));
	T(stat("sock", &st));
	SHOWO(st.st_mode);
	int c1 = T(socket(AF_UNIX, SOCK_STREAM, 0));
	T(connect(c1, ADDR(a), sizeof(a)));
	T(accept(l, NULL, NULL));
	T(listen(l, 1));
	T(listen(l, 0));
	T(connect(c1, ADDR(a), sizeof(a)));
	len = sizeof(got);
	int s1 = T(accept4(l, ADDR(got), &len, SOCK_CLOEXEC));
	SHOW(len);
	T(connect(c1, ADDR(a), sizeof(a)));
	T(fcntl(s1, F_GETFD));
	len = sizeof(got);
	T(getpeername(c1, ADDR(got), &len));
	SHOW(len);
	SHOWS(got.sun_path);
	len = sizeof(got);
	T(getsockname(s1, ADDR(got), &len));
	SHOWS(got.sun_path);
	len = sizeof(got);
	T(getsockname(c1, ADDR(got), &len));
	SHOW(len);
	len = 4;
	T(getsockname(s1, ADDR(got), &len));
	SHOW(len);
	T(getpeername(l, ADDR(got), &len));
	int e = T(socket(AF_UNIX, SOCK_STREAM, 0));
	T(bind(e, ADDR(a), sizeof(a)));
	b = un("none");
	T(connect(e, ADDR(b), sizeof(b)));
	t_file("file", "", 0666);
	b = un("file");
	T(connect(e, ADDR(b), sizeof(b)));
	T(connect(e, ADDR(a), 2));
	T(connect(e, ADDR(a), 1));
	a.sun_family = AF_INET;
	T(connect(e, ADDR(a), sizeof(a)));
	T(bind(e, ADDR(a), sizeof(a)));
	a = un("sock");
	int d = T(socket(AF_UNIX, SOCK_DGRAM, 0));
	T(connect(d, ADDR(a), sizeof(a)));
	T(listen(d, 1));
	T(accept(d, NULL, NULL));
	T(accept4(l, NULL, NULL, 0x10));
	T(close(l));
	T(connect(e, ADDR(a), sizeof(a)));
	T(unlink("sock"));
	T(connect(e, ADDR(a), sizeof(a)));
	T(open("sock", O_RDWR));
	// Abstract names: no file, gone with the socket, compared by length.
	memset(&a, 0, sizeof(a));
	a.sun_family = AF_UNIX;
	memcpy(a.sun_path, "\0keel-abi-test", 14);
	l = T(socket(AF_UNIX, SOCK_STREAM, 0));
	T(bind(l, ADDR(a), 2 + 14));
	T(listen(l, 5));
	T(bind(e, ADDR(a), 2 + 14));
	T(connect(e, ADDR(a), 2 + 13));
	T(connect(e, ADDR(a), 2 + 14));
	len = sizeof(got);
	T(getpeername(e, ADDR(got), &len));
	SHOW(len);
	t_text("name", got.sun_path, 14);
	T(close(l));
	int f = T(socket(AF_UNIX, SOCK_STREAM, 0));
	T(connect(f, ADDR(a), 2 + 14));
	T(bind(f, ADDR(a), 2));
	len = sizeof(got);
	T(getsockname(f, ADDR(got), &len));
	SHOW(len);
	IS(got.sun_path[0] == 0);
	IN_CHILD("user", {
		a = un("sock2");
		l = socket(AF_UNIX, SOCK_STREAM, 0);
		T(bind(l, ADDR(a), sizeof(a)));
		T(listen(l, 1));
		T(chmod("sock2", 0700));
		t_drop_root(1000);
		T(connect(socket(AF_UNIX, SOCK_STREAM, 0), ADDR(a), sizeof(a)));
		b = un("denied");
		T(bind(socket(AF_UNIX, SOCK_STREAM, 0), ADDR(b), sizeof(b)));
	});
	return 0;
}
