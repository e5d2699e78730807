// SPDX-License-Identifier: MPL-2.0
// /proc/PID/ns: its links and the files that they lead to; setns into the namespaces that a process
// is in.
#include "../lib/t.h"

#include <sys/vfs.h>
#include <sys/xattr.h>

#define NS_GET_USERNS    0xb701
#define NS_GET_PARENT    0xb702
#define NS_GET_NSTYPE    0xb703
#define NS_GET_OWNER_UID 0xb704

static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "pid_for_children",
	"time", "time_for_children", "user", "uts" };
static const unsigned types[] = { CLONE_NEWNS, 0x02000000, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, 0x80 };

static void directory(const char *path)
{
	struct dirent *e;
	struct stat st;
	char p[300], l[64];
	DIR *d = opendir(path);
	ssize_t n;

	CHECK(d && stat(path, &st) == 0);
	printf("%s mode %o links %d\n", path, st.st_mode, (int)st.st_nlink);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(p, sizeof(p), "%s/%s", path, e->d_name);
		CHECK(lstat(p, &st) == 0 && (n = readlink(p, l, sizeof(l))) > 0);
		printf("%s type %d mode %o size %ld: %.*s\n", e->d_name, e->d_type, st.st_mode,
			(long)st.st_size, (int)n, l);
	}
	closedir(d);
}

static void status(const char *path)
{
	struct stat st;
	struct statfs sf;

	CHECK(stat(path, &st) == 0);
	printf("mode %o links %d uid %d size %ld ino %lu\n", st.st_mode, (int)st.st_nlink,
		st.st_uid, (long)st.st_size, (unsigned long)st.st_ino);
	CHECK(statfs(path, &sf) == 0);
	printf("type %lx name %ld flags %lx\n", (long)sf.f_type, (long)sf.f_namelen,
		(long)sf.f_flags);
}

static void open_file(const char *path)
{
	struct pollfd p = { .events = POLLIN | POLLOUT };
	int fd = TOK(open(path, O_RDONLY)), user;
	unsigned uid = 77;
	char l[64], p_fd[64];
	ssize_t n;

	T(read(fd, l, 1));
	T(write(fd, l, 1));
	TOK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0));
	T(lseek(fd, 0, SEEK_CUR));
	T(fsync(fd));
	p.fd = fd;
	T(poll(&p, 1, 0));
	printf("%x\n", p.revents);
	T(ioctl(fd, NS_GET_NSTYPE));
	T(ioctl(fd, NS_GET_PARENT));
	T(ioctl(fd, NS_GET_OWNER_UID, &uid));
	T(ioctl(fd, NS_GET_OWNER_UID, 1));
	SHOW(uid);
	T(ioctl(fd, 0xb799));
	T(ioctl(fd, TCGETS, l));
	user = TOK(ioctl(fd, NS_GET_USERNS));
	if (user >= 0) {
		T(fcntl(user, F_GETFD));
		T(ioctl(user, NS_GET_NSTYPE));
		close(user);
	}
	snprintf(p_fd, sizeof(p_fd), "/proc/self/fd/%d", fd);
	n = readlink(p_fd, l, sizeof(l));
	printf("%.*s\n", (int)n, l);
	close(fd);
}

static void refused(const char *path)
{
	char c;

	T(open(path, O_RDWR));
	T(open(path, O_WRONLY | O_TRUNC));
	T(open(path, O_RDONLY | O_TRUNC));
	T(open(path, O_RDONLY | O_NOFOLLOW));
	T(open(path, O_RDONLY | O_DIRECTORY));
	T(chmod(path, 0600));
	T(chown(path, 1, 1));
	T(truncate(path, 0));
	T(utimes(path, NULL));
	T(access(path, R_OK));
	T(access(path, W_OK));
	T(access(path, X_OK));
	T(getxattr(path, "user.a", &c, 1));
	T(unlink(path));
}

static void *join_as_thread(void *arg)
{
	T(setns(*(int *)arg, 0));
	return NULL;
}

static void join(const char *name, const char *path)
{
	int fd = open(path, O_RDONLY);

	for (unsigned i = 0; i < T_LEN(types); i++) {
		printf("%s %x ", name, types[i]);
		T(setns(fd, (int)types[i]));
	}
	T(setns(fd, 0));
	T(setns(fd, 1));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(setns(fd, 0));
	});
	IN_CHILD("with a thread", {
		pthread_t th;
		pthread_create(&th, NULL, join_as_thread, &fd);
		pthread_join(th, NULL);
	});
	close(fd);
}

static void join_by_pidfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	pid_t child = t_fork();
	int of_child;

	if (child == 0)
		_exit(0);
	for (unsigned i = 0; i < T_LEN(types); i++) {
		printf("pidfd %x ", types[i]);
		T(setns(fd, (int)types[i]));
	}
	T(setns(fd, 0));
	T(setns(fd, 1));
	T(setns(fd, CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWNS));
	T(setns(fd, CLONE_NEWNET | CLONE_NEWUSER));
	T(setns(fd, CLONE_NEWNET | 1));
	of_child = (int)syscall(SYS_pidfd_open, child, 0);
	t_reap("child", child);
	T(setns(of_child, CLONE_NEWNET));
	IN_CHILD("user", {
		int own;
		t_drop_root(1000);
		own = (int)syscall(SYS_pidfd_open, getpid(), 0);
		T(setns(fd, CLONE_NEWNET));
		T(setns(own, CLONE_NEWNET));
		T(setns(own, CLONE_NEWUSER));
	});
	T(setns(999, 0));
	T(setns(1, 0));
	T(setns(1, CLONE_NEWNET));
}

/* A process that has exited and is not reaped. */
static void of_a_zombie(void)
{
	char path[64], l[64];
	pid_t child = t_fork();
	siginfo_t info;
	int fd;

	if (child == 0)
		_exit(0);
	CHECK(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) == 0);
	for (unsigned i = 0; i < T_LEN(names); i++) {
		snprintf(path, sizeof(path), "/proc/%d/ns/%s", child, names[i]);
		puts(names[i]);
		IS(readlink(path, l, sizeof(l)) > 0);
		fd = TOK(open(path, O_RDONLY));
		if (fd >= 0)
			close(fd);
	}
	fd = (int)syscall(SYS_pidfd_open, child, 0);
	for (unsigned i = 0; i < T_LEN(types); i++)
		T(setns(fd, (int)types[i]));
	T(setns(fd, 0));
	close(fd);
	t_reap("zombie", child);
}

/* Children that are reaped while their namespaces are asked for. */
static void join_while_reaped(void)
{
	int i, n, fd;
	pid_t child;

	t_drop_root(1000);
	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < 300; i++) {
		child = t_fork();
		if (child == 0)
			_exit(0);
		fd = (int)syscall(SYS_pidfd_open, child, 0);
		if (fd < 0)
			continue;
		for (n = 0; n < 2000 && setns(fd, CLONE_NEWNET) < 0 && errno == EPERM; n++)
			;
		if (n < 2000)
			CHECK(setns(fd, CLONE_NEWNET) < 0 && errno == ESRCH);
		close(fd);
	}
}

static void *several_as_thread(void *arg)
{
	int fd = *(int *)arg;

	T(setns(fd, CLONE_NEWNS));
	T(setns(fd, CLONE_NEWNS | CLONE_NEWTIME));
	T(setns(fd, CLONE_NEWNS | CLONE_NEWUTS));
	return NULL;
}

static void *as_user_thread(void *arg)
{
	int fd = *(int *)arg;

	t_drop_root(1000);
	prctl(PR_SET_DUMPABLE, 1);
	T(setns(fd, CLONE_NEWTIME));
	T(setns(fd, CLONE_NEWNET | CLONE_NEWTIME));
	T(setns(fd, CLONE_NEWNS | CLONE_NEWTIME));
	return NULL;
}

/* That of mounts cannot be joined by one of several threads, also not with others. */
static void several_at_once(void)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	char cwd[256];
	pthread_t th;

	T(chroot("."));
	umask(027);
	pthread_create(&th, NULL, several_as_thread, &fd);
	pthread_join(th, NULL);
	SHOWS(getcwd(cwd, sizeof(cwd)));
	T(access("/proc/self/ns", F_OK));
	SHOW(umask(0));
	pthread_create(&th, NULL, as_user_thread, &fd);
	pthread_join(th, NULL);
}

/* Root and working directory become the namespace's. */
static void leave_a_root(void)
{
	int fd = open("/proc/self/ns/mnt", O_RDONLY);
	char cwd[256];

	t_tmpfs("");
	IN_CHILD("chroot", {
		umask(027);
		T(chroot("."));
		T(setns(fd, 0));
		SHOWS(getcwd(cwd, sizeof(cwd)));
		T(access("/proc/self/ns", F_OK));
		SHOW(umask(0));
	});
	IN_CHILD("several", several_at_once());
	close(fd);
}

int main(void)
{
	char path[64];
	struct stat a, b;

	t_start();
	directory("/proc/self/ns");
	directory("/proc/thread-self/ns");
	directory("/proc/1/ns");
	for (unsigned i = 0; i < T_LEN(names); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		puts(names[i]);
		status(path);
		open_file(path);
		refused(path);
		join(names[i], path);
	}
	CHECK(stat("/proc/self/ns/net", &a) == 0 && stat("/proc/1/ns/net", &b) == 0);
	IS(a.st_dev == b.st_dev && a.st_ino == b.st_ino);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(readlink("/proc/1/ns/net", path, sizeof(path)));
		T(open("/proc/1/ns/net", O_RDONLY));
		T(access("/proc/1/ns", X_OK));
		T(open("/proc/1/ns", O_RDONLY));
		T(open("/proc/self/ns", O_RDONLY));
		prctl(PR_SET_DUMPABLE, 1);
		directory("/proc/self/ns");
		open_file("/proc/self/ns/uts");
		refused("/proc/self/ns/uts");
	});
	join_by_pidfd();
	of_a_zombie();
	IN_CHILD("reaped meanwhile", join_while_reaped());
	leave_a_root();
	T(open("/proc/self/ns/none", O_RDONLY));
	return 0;
}
