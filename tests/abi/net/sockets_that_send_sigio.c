// SPDX-License-Identifier: MPL-2.0
// O_ASYNC of internet, packet and netlink sockets: data, room, connections, errors; SIGURG.
#include "../lib/net.h"

#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/ethernet.h>

#define RT (SIGRTMIN + 3)

static sigset_t watched;

// Waits until signals of @want kinds (si_code bits, bit 16 SIGURG, bit 17 SIGIO) have come, and
// prints which did. How many of each depends on how the kernel cuts the work.
static void kinds(const char *label, unsigned want, int fd)
{
	struct timespec soon = { 10, 0 }, now = { 0, 0 };
	unsigned seen = 0;
	bool fds = true;
	siginfo_t si;
	int sig;

	while ((sig = sigtimedwait(&watched, &si, (seen & want) == want ? &now : &soon)) > 0) {
		if (sig == SIGURG) {
			seen |= 1u << 16;
		} else if (sig == SIGIO) {
			seen |= 1u << 17;
		} else {
			seen |= 1u << si.si_code;
			fds = fds && si.si_fd == fd;
		}
	}
	printf("%s:", label);
	for (int i = 0; i < 32; i++)
		if (seen & 1u << i)
			printf(" %s",
				i == POLL_IN            ? "IN"
					: i == POLL_OUT ? "OUT"
					: i == POLL_ERR ? "ERR"
					: i == POLL_PRI ? "PRI"
					: i == POLL_HUP ? "HUP"
					: i == 16       ? "SIGURG"
					: i == 17       ? "SIGIO"
							: "?");
	printf("%s\n", fds ? "" : " of another");
}
#define IN  (1u << POLL_IN)
#define OUT (1u << POLL_OUT)
#define ERR (1u << POLL_ERR)
#define HUP (1u << POLL_HUP)
#define PRI (1u << POLL_PRI)
#define URG (1u << 16)
#define SIO (1u << 17)

static void async(int fd, int sig)
{
	CHECK(fcntl(fd, F_SETOWN, getpid()) == 0);
	CHECK(fcntl(fd, F_SETSIG, sig) == 0);
	CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC | O_NONBLOCK) == 0);
}

static char big[65536];

static void *receive(void *arg)
{
	char c;

	read(*(int *)arg, &c, 1);
	return NULL;
}

static void tcp(const char *text)
{
	union net_addr at = net_addr(text, 0);
	socklen_t n = sizeof(at);
	int l = socket(at.any.sa_family, SOCK_STREAM, 0), a, b, i;
	struct linger reset = { 1, 0 };
	pthread_t th;

	printf("---- %s\n", text);
	CHECK(bind(l, &at.any, net_len(&at)) == 0 && listen(l, 8) == 0);
	CHECK(getsockname(l, &at.any, &n) == 0);
	async(l, RT);
	a = socket(at.any.sa_family, SOCK_STREAM, 0);
	CHECK(connect(a, &at.any, net_len(&at)) == 0);
	kinds("listener", IN, l);
	b = accept(l, NULL, NULL);
	IS(fcntl(b, F_GETFL) & O_ASYNC);
	T(fcntl(b, F_GETOWN));
	close(a);
	close(b);
	a = socket(at.any.sa_family, SOCK_STREAM, 0);
	async(a, RT);
	connect(a, &at.any, net_len(&at));
	UNTIL((b = accept(l, NULL, NULL)) >= 0);
	fcntl(l, F_SETFL, 0);
	while (sigtimedwait(&watched, NULL, &(struct timespec){ 0, 0 }) > 0)
		;
	write(b, "x", 1);
	kinds("data", IN, a);
	read(a, big, 10);
	UNTIL(write(a, big, sizeof(big)) < 0);
	while (sigtimedwait(&watched, NULL, &(struct timespec){ 0, 0 }) > 0)
		;
	for (i = 0; i < 400; i++)
		recv(b, big, sizeof(big), MSG_DONTWAIT);
	kinds("room", OUT, a);
	UNTIL(recv(b, big, sizeof(big), MSG_DONTWAIT) < 0);
	while (sigtimedwait(&watched, NULL, &(struct timespec){ 0, 0 }) > 0)
		;
	send(b, "yz", 2, MSG_OOB);
	kinds("urgent", IN | PRI | URG, a);
	T(ioctl(a, SIOCATMARK, &i));
	SHOW(i);
	T(recv(a, big, 10, 0));
	T(ioctl(a, SIOCATMARK, &i));
	SHOW(i);
	T(recv(a, big, 10, MSG_OOB));
	fcntl(a, F_SETSIG, 0);
	send(b, "yz", 2, MSG_OOB);
	kinds("urgent, no signal set", SIO | URG, a);
	fcntl(a, F_SETFL, O_NONBLOCK);
	send(b, "yz", 2, MSG_OOB);
	kinds("urgent without O_ASYNC", URG, a);
	fcntl(a, F_SETOWN, 0);
	send(b, "yz", 2, MSG_OOB);
	kinds("urgent without owner", 0, a);
	while (recv(a, big, 100, 0) > 0)
		;
	// A thread that waits for data gets it, and nobody is told.
	fcntl(a, F_SETOWN, getpid());
	fcntl(a, F_SETSIG, RT);
	fcntl(a, F_SETFL, O_ASYNC);
	CHECK(pthread_create(&th, NULL, receive, &a) == 0);
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task");
	DIR *d = opendir(path);
	struct dirent *e;
	while ((e = readdir(d)))
		if (atoi(e->d_name) && atoi(e->d_name) != getpid())
			t_wait_thread(atoi(e->d_name), 'S');
	closedir(d);
	write(b, "x", 1);
	pthread_join(th, NULL);
	kinds("read by a waiting thread", 0, a);
	shutdown(b, SHUT_WR);
	kinds("half closed", IN, a);
	shutdown(a, SHUT_WR);
	close(b);
	close(a);
	// A reset.
	a = socket(at.any.sa_family, SOCK_STREAM, 0);
	CHECK(connect(a, &at.any, net_len(&at)) == 0);
	CHECK((b = accept(l, NULL, NULL)) >= 0);
	async(a, RT);
	setsockopt(b, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	close(b);
	kinds("reset", ERR, a);
	close(a);
	close(l);
}

static void udp(const char *text)
{
	union net_addr at = net_addr(text, 0);
	socklen_t n = sizeof(at);
	int a = socket(at.any.sa_family, SOCK_DGRAM, 0), b;

	CHECK(bind(a, &at.any, net_len(&at)) == 0);
	CHECK(getsockname(a, &at.any, &n) == 0);
	async(a, RT);
	b = socket(at.any.sa_family, SOCK_DGRAM, 0);
	CHECK(connect(b, &at.any, net_len(&at)) == 0);
	async(b, RT);
	write(b, "x", 1);
	kinds("datagram", IN, a);
	close(a);
	write(b, "x", 1);
	kinds("refused", ERR, b);
	close(b);
}

static void others(void)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	struct nlmsghdr h = { .nlmsg_len = sizeof(h),
		.nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	struct sockaddr_ll ll = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	union net_addr at = net_addr("127.0.0.1", 9);
	int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), u;

	async(s, RT);
	CHECK(sendto(s, &h, sizeof(h), 0, (void *)&nl, sizeof(nl)) == sizeof(h));
	kinds("netlink", IN, s);
	close(s);
	s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	ll.sll_ifindex = if_nametoindex("lo");
	CHECK(bind(s, (void *)&ll, sizeof(ll)) == 0);
	async(s, RT);
	u = socket(AF_INET, SOCK_DGRAM, 0);
	sendto(u, "x", 1, 0, &at.any, net_len(&at));
	kinds("packet", IN, s);
	close(s);
	s = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);
	async(s, RT);
	sendto(u, "x", 1, 0, &at.any, net_len(&at));
	kinds("raw", IN, s);
	close(s);
	close(u);
}

int main(void)
{
	net_start();
	sigemptyset(&watched);
	sigaddset(&watched, RT);
	sigaddset(&watched, SIGIO);
	sigaddset(&watched, SIGURG);
	CHECK(sigprocmask(SIG_BLOCK, &watched, NULL) == 0);
	tcp("127.0.0.1");
	tcp("::1");
	udp("127.0.0.1");
	udp("::1");
	others();
	return 0;
}
