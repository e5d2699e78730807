// SPDX-License-Identifier: MPL-2.0
// name_to_handle_at with AT_HANDLE_FID: identifiers by which files can be compared, not opened.
#include "../lib/t.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#define FID       0x200
#define UNIQUE    1
#define CONNECT   2
#define MAX_BYTES 128

struct id {
	unsigned bytes;
	int type;
	unsigned char data[MAX_BYTES + 8];
};

static int get(int dir, const char *path, struct id *h, unsigned bytes, int flags)
{
	unsigned long mount[2] = { 0x1111111122222222, 5 };
	struct statx st;
	int ret, e;

	memset(h, 0x55, sizeof(*h));
	h->bytes = bytes;
	ret = (int)syscall(SYS_name_to_handle_at, dir, path, h, mount, flags);
	e = errno;
	if (!ret && !(flags & UNIQUE)) {
		CHECK(statx(dir, path, flags & AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0);
		CHECK(mount[0] == (0x1111111100000000 | st.stx_mnt_id));
	}
	errno = e;
	return ret;
}

static bool same(const char *a, const char *b)
{
	struct id x, y;

	CHECK(!get(AT_FDCWD, a, &x, MAX_BYTES, FID) && !get(AT_FDCWD, b, &y, MAX_BYTES, FID));
	return x.bytes == y.bytes && x.type == y.type && !memcmp(x.data, y.data, x.bytes);
}

static void kind(const char *what, int fd)
{
	struct id h;
	int ret = get(fd, "", &h, MAX_BYTES, FID | AT_EMPTY_PATH);

	printf("%s: %s, %u bytes, type %x\n", what, ret ? t_errname(errno) : "0", h.bytes, h.type);
	close(fd);
}

int main(void)
{
	struct id h;
	int fd[2];

	t_start();
	t_tmpfs("");
	t_file("a", "a", 0600);
	t_file("b", "b", 0600);
	CHECK(link("a", "a2") == 0 && symlink("a", "l") == 0 && mkdir("d", 0700) == 0);
	kind("file", open("a", O_RDONLY));
	kind("file by path", open("a", O_PATH));
	kind("directory", open("d", O_RDONLY));
	kind("link", open("l", O_PATH | O_NOFOLLOW));
	IS(same("a", "a2"));
	IS(!same("a", "b"));
	IS(!same("l", "a"));
	IS(!same("d", "."));
	CHECK(get(AT_FDCWD, "a", &h, MAX_BYTES, FID) == 0);
	CHECK(rename("a", "d/c") == 0);
	IS(same("d/c", "a2"));
	kind("proc", open("/proc/version", O_RDONLY));
	kind("sys", open("/sys/class", O_RDONLY));
	kind("dev", open("/dev/null", O_RDONLY));
	for (unsigned n = 0; n <= 20; n += 4) {
		printf("%u ", n);
		T(get(AT_FDCWD, "b", &h, n, FID));
		SHOW(h.bytes);
		SHOW(h.type);
		IS(h.data[0] == 0x55 && h.data[11] == 0x55);
		IS(h.data[12] == 0x55);
	}
	T(get(AT_FDCWD, "b", &h, MAX_BYTES + 1, FID));
	T(get(AT_FDCWD, "none", &h, MAX_BYTES, FID));
	T(get(AT_FDCWD, "", &h, MAX_BYTES, FID));
	T(get(99, "b", &h, MAX_BYTES, FID));
	T(get(AT_FDCWD, "b", &h, MAX_BYTES, FID | CONNECT));
	T(get(AT_FDCWD, "b", &h, MAX_BYTES, FID | UNIQUE));
	T(get(AT_FDCWD, "l", &h, MAX_BYTES, FID | AT_SYMLINK_FOLLOW));
	T(get(AT_FDCWD, "b", &h, MAX_BYTES, FID | 0x4000));
	T(syscall(SYS_name_to_handle_at, AT_FDCWD, "b", NULL, fd, FID));
	h.bytes = MAX_BYTES;
	T(syscall(SYS_name_to_handle_at, AT_FDCWD, "b", &h, NULL, FID));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(get(AT_FDCWD, "/proc/version", &h, MAX_BYTES, FID));
	});
	T(pipe(fd));
	kind("pipe", fd[0]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0);
	kind("socket", fd[0]);
	kind("eventfd", eventfd(0, 0));
	return 0;
}
