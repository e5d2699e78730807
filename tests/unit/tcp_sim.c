// SPDX-License-Identifier: MPL-2.0
/* See tcp_sim.h. */
#include <frame/task.h>
#include <frame/wait.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "tcp_sim.h"

struct sim_network sim_net;
u32 sim_first_port = 40000, sim_last_port = 59999;
void (*sim_in_wait)(void);
void (*sim_in_wake)(struct socket *s);
jmp_buf sim_blocked;
bool sim_blocks;

/* ---- the frame ---- */

static struct obj *socks[64]; /* live connections */

static void made(struct obj *o, const struct obj_type *type)
{
	u32 i;

	if (type->_size != sizeof(struct tcp_sock))
		return;
	for (i = 0; i < ARRAY_LEN(socks) && socks[i]; i++)
		;
	if (i < ARRAY_LEN(socks))
		socks[i] = o;
}

static void gone(struct obj *o)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(socks); i++) {
		if (socks[i] == o)
			socks[i] = NULL;
	}
}

void sim_list(void)
{
	u32 i;

	unit_list_objects();
	for (i = 0; i < ARRAY_LEN(socks); i++) {
		const struct tcp_sock *ts = (const struct tcp_sock *)socks[i];
		if (ts)
			printf("state %u socket %d hashed %d timer %d refs %u keep %lu xmit %lu %u "
			       "queued %d fin %d final %d listen %d una %u nxt %u write %u wnd %u "
			       "maxw %u cwnd %u sent %d unsent %d/%u mss %u rec %u\n",
				ts->state, ts->inet.socket != NULL, ts->hashed, ts->timer != NULL,
				ts->obj._refs, ts->keep_ns, ts->xmit_ns, ts->xmit_kind,
				ts->work_queued, ts->fin_queued, ts->final, ts->listen_next != NULL,
				ts->snd_una - ts->iss, ts->snd_nxt - ts->iss,
				ts->write_seq - ts->iss, ts->snd_wnd, ts->max_window, ts->cwnd,
				ts->sent.first != NULL, ts->unsent.first != NULL,
				ts->unsent.first ? ts->unsent.first->len : 0, ts->mss,
				ts->recovery);
	}
}

void page_get_stats(struct page_stats *out)
{
	*out = (struct page_stats){ .free = 1 << 20 };
}

struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name)
{
	static u8 a_task;

	(void)ops;
	(void)owner;
	(void)name;
	return (struct task *)&a_task;
}

/* A wake-up after each step: wait_event looks again. */
int waitq_commit(u64 deadline_ns)
{
	void (*hook)(void) = sim_in_wait;

	if (hook) {
		sim_in_wait = NULL;
		hook();
		return 0;
	}
	if (sim_now >= deadline_ns)
		return -ETIMEDOUT;
	if (!sim_step(deadline_ns)) {
		UNIT_CHECK(deadline_ns != NO_DEADLINE);
		sim_now = deadline_ns;
	}
	return 0;
}

void _mutex_lock_slow(struct mutex *m)
{
	(void)m;
	UNIT_CHECK(sim_blocks);
	longjmp(sim_blocked, 1);
}

/* ---- the kernel ---- */

OBJ_TYPE(thread, NULL_RELEASE); /* nobody makes one */

static void socket_obj_release(struct socket *s)
{
	obj_put_any(&s->proto);
}
OBJ_TYPE(socket, socket_obj_release);

struct socket *socket_new(const struct socket_ops *ops, u32 family, u32 type, u32 protocol,
	struct obj *proto)
{
	struct socket *s = obj_new(socket);
	static u8 a_file;

	s->file = (struct file *)&a_file;
	s->ops = ops;
	s->family = (u16)family;
	s->type = (u16)type;
	s->protocol = protocol;
	s->proto = proto;
	s->rcvlowat = 1;
	s->peek_off = -1;
	return s;
}

u64 socket_deadline(u64 timeout_ns, bool nonblock)
{
	return nonblock ? 0 : timeout_ns ? sim_now + timeout_ns : NO_DEADLINE;
}

int socket_wait_error(int err, u64 deadline)
{
	(void)deadline;
	return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
}

s64 socket_option_put(struct uaddr value, struct uaddr len_at, u32 room, struct cspan v)
{
	s32 n = (s32)min((size_t)room, v._n);

	memcpy((void *)len_at.va, &n, sizeof(n));
	memcpy((void *)value.va, v._p, (size_t)n);
	return 0;
}

/* No socket has a filter here. */
u32 socket_filter_packet_run(struct socket *s, struct packet *p, u32 *const steps)
{
	(void)s;
	(void)p;
	return FILTER_ALL;
}

void socket_wake_readers(struct socket *s, u32 events)
{
	(void)s;
	(void)events;
}

ssize_t socket_broken(ssize_t sent, u32 flags)
{
	(void)flags;
	return sent ? sent : -EPIPE;
}

void socket_wake_writers(struct socket *s, u32 events)
{
	(void)s;
	(void)events;
}

void socket_wake_all(struct socket *s, u32 events)
{
	if (sim_in_wake)
		sim_in_wake(s);
	(void)events;
}

void socket_uncharge(struct socket *s, u32 n)
{
	(void)s;
	(void)n;
}

bool scm_fds_is_dropping(void)
{
	return false;
}

/* Nobody sends files here. */
int packet_add_file(struct packet *p, struct file *in, u64 pos, u32 len)
{
	(void)p;
	(void)in;
	(void)pos;
	(void)len;
	return -EOPNOTSUPP;
}

size_t _user_copy_in(void *dst, u64 src, size_t n)
{
	memcpy(dst, (const void *)src, n);
	return 0;
}

size_t _user_copy_out(u64 dst, const void *src, size_t n)
{
	memcpy((void *)dst, src, n);
	return 0;
}

/* ---- kernel/net/inet ---- */

u64 route_generation;
static u32 next_port;
OBJ_TYPE(route, NULL_RELEASE);
static struct route *the_route;

void inet_sock_init(struct inet_sock *s, struct socket *socket)
{
	s->socket = socket;
	s->mtu_discover = 1; /* IP_PMTUDISC_WANT, as usual */
}

void inet_sock_end(struct inet_sock *s)
{
	(void)s;
}

int inet_sock_inherit(struct port_table *t, struct inet_sock *child, const struct inet_sock *parent)
{
	(void)t;
	(void)child;
	(void)parent;
	return 0;
}

s64 inet_setsockopt(struct inet_sock *is, s32 level, s32 name, struct uaddr value, u32 len)
{
	(void)is;
	(void)level;
	(void)name;
	(void)value;
	(void)len;
	return -ENOPROTOOPT;
}

s64 inet_getsockopt(struct inet_sock *is, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	(void)len_at;
	return inet_setsockopt(is, level, name, value, room);
}

s64 inet_ioctl(const struct socket *s, u32 cmd, u64 arg)
{
	(void)s;
	(void)cmd;
	(void)arg;
	return -ENOTTY;
}

struct port_binding *inet_port_take(struct inet_sock *s)
{
	(void)s;
	return NULL;
}

void inet_port_drop(struct port_table *t, struct port_binding **ref)
{
	(void)t;
	*ref = NULL;
}

struct flow inet_flow(const struct inet_sock *s, u8 protocol)
{
	return (struct flow){ .to = s->peer,
		.from = s->local,
		.from_port = s->local_port,
		.to_port = s->peer_port,
		.protocol = protocol,
		.tos = s->tos };
}

u32 sim_learned;

void route_learn_mtu(struct ip_addr to, u32 mtu)
{
	(void)to;
	sim_learned = mtu;
}

int route_output(struct flow *f, struct route **out)
{
	if (ip_is_any(f->from))
		f->from = SIM_CLIENT;
	*out = obj_get(the_route);
	return 0;
}

int inet_route(struct inet_sock *s, struct flow *f, struct route **out)
{
	(void)s;
	return route_output(f, out);
}

u32 route_mtu(const struct route *r, struct ip_addr to)
{
	(void)r;
	(void)to;
	return sim_net.mtu;
}

/* In these tests an address is the ip_addr's low half and the port. */
int inet_address_in(const struct socket *s, const struct sockaddr_any *a, u32 len,
	struct ip_addr *addr, u16 *port, u32 *scope)
{
	u32 v;

	(void)s;
	(void)len;
	*scope = 0;
	memcpy(port, a->data, 2);
	memcpy(&v, a->data + 2, 4);
	*addr = ip4_addr(v);
	return 0;
}

int inet_getname(const struct inet_sock *i, bool peer, struct sockaddr_any *a)
{
	(void)i;
	(void)peer;
	(void)a;
	return 16;
}

int inet_destination(struct inet_sock *i, const struct sockaddr_any *name, u32 len,
	struct ip_addr *to, u16 *port, u32 *scope)
{
	(void)i;
	return inet_address_in(NULL, name, len, to, port, scope);
}

int inet_bind(struct port_table *t, struct inet_sock *s, const struct sockaddr_any *a, u32 len)
{
	u32 scope;

	(void)t;
	return inet_address_in(NULL, a, len, &s->local, &s->local_port, &scope);
}

int inet_autobind(struct port_table *t, struct inet_sock *s)
{
	(void)t;
	if (s->local_port)
		return 0;
	s->local_port = (u16)(40000 + next_port++ % 20000);
	return 0;
}

bool port_is_reserved(u32 port)
{
	(void)port;
	return false;
}

int inet_bind_connect(struct port_table *t, struct inet_sock *s, u32 port)
{
	(void)t;
	s->local_port = (u16)port;
	return 0;
}

void port_range(u32 *const first, u32 *const last)
{
	*first = sim_first_port;
	*last = sim_last_port;
}

int inet_listen_begin(struct port_table *t, struct inet_sock *s)
{
	(void)t;
	(void)s;
	return 0;
}

void inet_port_options(struct port_table *t, struct inet_sock *s)
{
	(void)t;
	(void)s;
}

void inet_listen_end(struct port_table *t, struct inet_sock *s)
{
	(void)t;
	(void)s;
}

ssize_t inet_recv_error(struct inet_sock *i, struct uio *u, struct socket_msg *m,
	struct sockaddr_any *name)
{
	(void)i;
	(void)u;
	(void)m;
	(void)name;
	return -EAGAIN;
}

/* No program here asks for times of sending, reads control messages or shares a port. */
void inet_control_out(struct inet_sock *i, struct socket_msg *m, struct control_out *o)
{
	(void)i;
	(void)m;
	(void)o;
}
bool socket_has_errors(const struct socket *s)
{
	(void)s;
	return false;
}
void socket_stamps_inherit(struct socket *s, const struct socket *from)
{
	(void)s;
	(void)from;
}
u32 socket_stamp_bits(struct socket *s, const struct socket_msg *m, bool *counted)
{
	(void)s;
	(void)m;
	*counted = false;
	return 0;
}
void socket_stamp_sent(struct socket *s, const struct packet *p, u32 bit)
{
	(void)s;
	(void)p;
	(void)bit;
}
int socket_zerocopy_start(struct socket *s, size_t len, struct sent_error **place)
{
	(void)s;
	(void)len;
	(void)place;
	return -ENOBUFS;
}
void socket_zerocopy_finish(struct socket *s, struct sent_error **place, bool sent)
{
	(void)s;
	(void)place;
	(void)sent;
}
void packet_stamps_move(struct packet *to, struct packet *from)
{
	(void)to;
	(void)from;
}
u32 socket_owner(const struct socket *s)
{
	(void)s;
	return 0;
}
int inet_reuse_join(struct inet_sock *i)
{
	(void)i;
	return 0;
}
void inet_reuse_leave(struct inet_sock *i)
{
	(void)i;
}
struct socket *inet_reuse_select(struct inet_sock *i, struct packet *p, u32 header)
{
	(void)i;
	(void)p;
	(void)header;
	return NULL;
}

void inet_unbind(struct port_table *t, struct inet_sock *s)
{
	(void)t;
	s->local_port = 0;
}

u32 ip_pseudo_sum(struct ip_addr from, struct ip_addr to, u8 protocol, u32 len)
{
	u64 sum = (from.lo & 0xffff) + (from.lo >> 16 & 0xffff) + (to.lo & 0xffff) +
		(to.lo >> 16 & 0xffff) + protocol + (len & 0xffff) + (len >> 16);

	return (u32)sum;
}

void sim_start(u64 seed)
{
	unit_object_made = made;
	unit_object_gone = gone;
	unit_seed = seed * 0x9e3779b97f4a7c15ul + 88172645463325252ul;
	sim_net = (struct sim_network){ .mtu = 1500, .delay_ns = 5 * NSEC_PER_MSEC };
	the_route = obj_new(route);
	tcp_init();
}

/* ---- sockets ---- */

struct socket *sim_socket(void)
{
	struct socket *s = NULL;

	UNIT_CHECK(!tcp_create(AF_INET, &s));
	return s;
}

static struct sockaddr_any address(struct ip_addr a, u16 port)
{
	struct sockaddr_any n = { .family = AF_INET };
	u32 v = ip4_bits(a);

	memcpy(n.data, &port, 2);
	memcpy(n.data + 2, &v, 4);
	return n;
}

int sim_bind(struct socket *s, struct ip_addr a, u16 port)
{
	struct sockaddr_any n = address(a, port);

	return s->ops->bind(s, &n, 16);
}

int sim_connect(struct socket *s, struct ip_addr a, u16 port, bool nonblock)
{
	struct sockaddr_any n = address(a, port);

	return s->ops->connect(s, &n, 16, nonblock);
}

struct socket *sim_listen(struct ip_addr a, u16 port, u32 backlog)
{
	struct socket *s = sim_socket();

	UNIT_CHECK(!sim_bind(s, a, port));
	UNIT_CHECK(!s->ops->listen(s, backlog));
	return s;
}

ssize_t sim_send(struct socket *s, const u8 *bytes, size_t n, u32 flags)
{
	struct uio u = { .left = n, .base = (u64)bytes };
	struct socket_msg m = { .flags = flags | MSG_NOSIGNAL };

	return s->ops->sendmsg(s, &u, &m, NULL);
}

ssize_t sim_recv(struct socket *s, u8 *bytes, size_t n, u32 flags)
{
	struct uio u = { .left = n, .base = (u64)bytes };
	struct socket_msg m = { .flags = flags };

	return s->ops->recvmsg(s, &u, &m, NULL);
}

void sim_close(struct socket **s)
{
	(*s)->ops->release(*s);
	obj_put(s);
}

int sim_setopt(struct socket *s, s32 name, s32 v)
{
	return (int)s->ops->setsockopt(s, SOL_TCP, name, UADDR((u64)&v), sizeof(v));
}
