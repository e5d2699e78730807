// SPDX-License-Identifier: MPL-2.0
// A bound socket's node: mode and owner, links and renames lead to the socket, it stays when the
// socket goes, permissions count for connecting.
#include "../lib/t.h"
#include <sys/socket.h>
#include <sys/un.h>

static struct sockaddr_un a;

static long do_bind(int type, const char *path)
{
	int fd = socket(AF_UNIX, type, 0);

	a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(a.sun_path, path, sizeof(a.sun_path));
	long r = bind(fd, (void *)&a, sizeof(a));
	if (r == 0 && type == SOCK_STREAM)
		listen(fd, 10);
	return r == 0 ? fd : (close(fd), -1);
}

static long do_connect(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	strncpy(a.sun_path, path, sizeof(a.sun_path));
	long r = connect(fd, (void *)&a, sizeof(a));
	int e = errno;
	close(fd);
	errno = e;
	return r;
}

static void mode_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		printf("%s: %s\n", path, t_errname(errno));
	else
		printf("%s: %o nlink %d uid %d size %ld\n", path, st.st_mode, (int)st.st_nlink,
			(int)st.st_uid, (long)st.st_size);
}

int main(void)
{
	char longest[120];
	struct stat st, fst;

	t_start();
	t_tmpfs("");
	int fd = do_bind(SOCK_STREAM, "s");
	IS(fd >= 0);
	mode_of("s");
	umask(077);
	IS(do_bind(SOCK_STREAM, "private") >= 0);
	mode_of("private");
	umask(0);
	IS(do_bind(SOCK_STREAM, "public") >= 0);
	mode_of("public");
	umask(022);
	fstat(fd, &fst);
	stat("s", &st);
	SHOWO(fst.st_mode);
	IS(fst.st_ino != st.st_ino || fst.st_dev != st.st_dev);
	int tuned = socket(AF_UNIX, SOCK_STREAM, 0);
	T(fchmod(tuned, 0700));
	fstat(tuned, &fst);
	SHOWO(fst.st_mode);
	a = (struct sockaddr_un){ .sun_family = AF_UNIX, .sun_path = "tuned" };
	T(bind(tuned, (void *)&a, sizeof(a)));
	mode_of("tuned");
	T(do_connect("s"));
	T(symlink("s", "link"));
	T(do_connect("link"));
	T(link("s", "hard"));
	T(do_connect("hard"));
	T(rename("s", "moved"));
	T(do_connect("s"));
	T(do_connect("moved"));
	T(unlink("moved"));
	T(do_connect("hard"));
	T(do_bind(SOCK_STREAM, "hard"));
	T(close(fd));
	mode_of("hard");
	T(do_connect("hard"));
	T(do_bind(SOCK_STREAM, "hard"));
	T(unlink("hard"));
	IS(do_bind(SOCK_STREAM, "hard") >= 0);
	T(do_connect("hard"));
	printf("---- refused names\n");
	T(do_bind(SOCK_STREAM, "none/s"));
	T(do_bind(SOCK_STREAM, "public/s"));
	T(do_bind(SOCK_STREAM, "new/"));
	T(do_bind(SOCK_STREAM, "."));
	T(do_bind(SOCK_STREAM, "/"));
	T(symlink("nowhere", "dangling"));
	T(do_bind(SOCK_STREAM, "dangling"));
	T(do_connect("dangling"));
	T(do_connect("."));
	T(do_connect("none/s"));
	T(do_connect("public/s"));
	T(mkfifo("fifo", 0600));
	T(do_connect("fifo"));
	T(mknod("node", S_IFSOCK | 0600, 0));
	T(do_connect("node"));
	T(open("public", O_RDWR));
	T(open("public", O_PATH) >= 0);
	memset(longest, 'p', sizeof(longest));
	longest[108] = 0;
	fd = do_bind(SOCK_STREAM, longest);
	IS(fd >= 0);
	socklen_t len = 110;
	char name[120] = "";
	T(getsockname(fd, (void *)name, &len));
	SHOW(len);
	SHOW(strlen(name + 2));
	T(do_connect(longest));
	printf("---- permissions\n");
	IN_CHILD("user", {
		mkdir("locked", 0700);
		mkdir("open", 0777);
		chmod("open", 0777);
		IS(do_bind(SOCK_STREAM, "locked/s") >= 0);
		t_drop_root(1000);
		T(do_connect("private"));
		T(do_connect("public"));
		T(do_connect("locked/s"));
		T(do_bind(SOCK_STREAM, "denied"));
		T(do_bind(SOCK_STREAM, "locked/t"));
		IS(do_bind(SOCK_STREAM, "open/s") >= 0);
		mode_of("open/s");
		T(chmod("open/s", 0));
		T(do_connect("open/s"));
	});
	return 0;
}
