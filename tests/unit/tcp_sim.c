// SPDX-License-Identifier: MPL-2.0
/* See tcp_sim.h. */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/task.h>
#include <frame/wait.h>
#include <kernel/poll.h>
#include <kernel/random.h>
#include <kernel/signal.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>

#include "heap.h"
#include "tcp_sim.h"

void abort(void) __attribute__((noreturn));
void *malloc(size_t n);

struct sim_network sim_net;
u64 sim_now = NSEC_PER_SEC;
u64 sim_sent;
u32 sim_first_port = 40000, sim_last_port = 59999;
void (*sim_in_wait)(void), (*sim_in_copy)(void);
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
			printf("state %u socket %d hashed %d timer %d refs %u keep %lu xmit %lu %u queued %d fin %d final %d listen %d una %u nxt %u write %u wnd %u maxw %u cwnd %u sent %d unsent %d/%u mss %u rec %u\n",
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

void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	abort();
}

void page_get_stats(struct page_stats *out)
{
	*out = (struct page_stats){ .free = 1 << 20 };
}

u64 time_mono_ns(void)
{
	return sim_now;
}

struct timer {
	const struct timer_ops *ops;
	struct obj *owner;
	u64 at; /* 0: disarmed */
	struct timer *next;
};
static struct timer *timers;

struct timer *timer_new(const struct timer_ops *ops, struct obj *owner)
{
	struct timer *t = calloc(1, sizeof(*t));

	t->ops = ops;
	t->owner = obj_get_any(owner);
	t->next = timers;
	timers = t;
	return t;
}

void timer_set(struct timer *t, u64 deadline_ns)
{
	t->at = max(deadline_ns, 1ul);
}

void timer_put(struct timer **tp)
{
	struct timer *t = *tp, **at = &timers;

	*tp = NULL;
	if (!t)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	obj_put_any(&t->owner);
	free(t);
}

struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name)
{
	static u8 a_task;

	(void)ops;
	(void)owner;
	(void)name;
	return (struct task *)&a_task;
}

void task_start(struct task *t)
{
	(void)t;
}

void task_put(struct task **tp)
{
	*tp = NULL;
}

void task_cond_resched(void)
{
}

void waitq_prepare(struct waitq *wq, enum wait_mode mode)
{
	(void)wq;
	(void)mode;
}

void waitq_cancel(void)
{
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

unsigned _waitq_wake(struct waitq *wq, unsigned nr)
{
	(void)wq;
	return nr;
}

void _mutex_lock_slow(struct mutex *m)
{
	(void)m;
	UNIT_CHECK(sim_blocks);
	longjmp(sim_blocked, 1);
}

void _mutex_unlock_slow(struct mutex *m)
{
	(void)m;
}

void _spin_wait(struct spinlock *l)
{
	(void)l;
	UNIT_CHECK(!"a spinlock is held already");
}

/* ---- the kernel ---- */

u64 random_u64(void)
{
	return (u64)unit_random(~0u) << 32 | unit_random(~0u);
}

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

void poll_source_notify(struct poll_source *s, u32 events)
{
	(void)s;
	(void)events;
}

void poll_register(struct poll_table *pt, struct poll_source **sp)
{
	(void)pt;
	(void)sp;
}

bool scm_fds_is_dropping(void)
{
	return false;
}

bool signal_pending(struct thread *t)
{
	(void)t;
	return false;
}
bool loop_should_end(void)
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

size_t uio_take(struct uio *u, struct span dst)
{
	size_t n = min(dst._n, u->left);

	memcpy(dst._p, (const void *)u->base, n);
	u->base += n;
	u->left -= n;
	return n;
}

size_t uio_put(struct uio *u, struct cspan src)
{
	size_t n = min(src._n, u->left);

	memcpy((void *)u->base, src._p, n);
	u->base += n;
	u->left -= n;
	return n;
}

size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	UNIT_CHECK(off + len <= PAGE_SIZE);
	return uio_take(u, (struct span){ p->bytes + off, len });
}

size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	void (*hook)(void) = sim_in_copy;

	sim_in_copy = NULL;
	if (hook)
		hook();
	UNIT_CHECK(off + len <= PAGE_SIZE);
	return uio_put(u, (struct cspan){ p->bytes + off, len });
}

size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	struct uio u = { .base = src.va, .left = len };

	return uio_take_page_rest(&u, p, off, len);
}

size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	struct uio u = { .base = dst.va, .left = len };

	return uio_put_page_rest(&u, p, off, len);
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

int copy_in_rest(struct span dst, struct uaddr src, size_t done)
{
	(void)dst;
	(void)src;
	(void)done;
	return -EFAULT;
}

int copy_out_rest(struct uaddr dst, struct cspan src, size_t done)
{
	(void)dst;
	(void)src;
	(void)done;
	return -EFAULT;
}

/* ---- kernel/net/inet ---- */

static const struct ip_transport *transport;
u64 route_generation;
static u32 next_port;
OBJ_TYPE(route, NULL_RELEASE);
static struct route *the_route;

void ip_transport_register(const struct ip_transport *t)
{
	transport = t;
}

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

unsigned cpu_count(void)
{
	return 1;
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
void packet_stamps_move(struct packet *to, struct packet *from)
{
	(void)to;
	(void)from;
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

/* ---- the wire ---- */

struct wire {
	struct wire *next;
	u64 at;
	struct ip_addr from, to;
	u8 tos;
	u32 len, head;
	u8 bytes[];
};
static struct wire *wire_first, *captured, **captured_end = &captured;

static void wire_insert(struct wire *w)
{
	struct wire **at = &wire_first;

	while (*at && (*at)->at <= w->at)
		at = &(*at)->next;
	w->next = *at;
	*at = w;
}

static bool chance(u32 per_mille)
{
	return per_mille && unit_random(1000) < per_mille;
}

/* The link of each destination is busy until then. */
static u64 busy_until[2];

/* When a packet has left the link; false: its queue is full. */
static bool through_link(struct ip_addr to, u32 len, u64 *const at)
{
	u64 *const busy = &busy_until[ip_equal(to, SIM_SERVER)];

	*at = sim_now;
	if (!sim_net.rate)
		return true;
	*busy = max(*busy, sim_now);
	if ((*busy - sim_now) * sim_net.rate / NSEC_PER_SEC > sim_net.queue)
		return false;
	*busy += len * NSEC_PER_SEC / sim_net.rate;
	*at = *busy;
	return true;
}

static void wire_send(const struct flow *f, const u8 *bytes, u32 len, u32 head)
{
	u32 copies = chance(sim_net.duplicate) ? 2 : 1, i;
	u64 leaves;

	sim_sent++;
	if (ip_equal(f->to, SIM_PEER))
		copies = 1;
	else if (chance(sim_net.loss))
		return;
	if (!through_link(f->to, len + 40, &leaves))
		return;
	for (i = 0; i < copies; i++) {
		struct wire *w = calloc(1, sizeof(*w) + len);
		w->at = leaves + sim_net.delay_ns;
		if (sim_net.jitter_ns && chance(sim_net.reorder))
			w->at += unit_random((u32)sim_net.jitter_ns);
		w->from = f->from;
		w->to = f->to;
		w->tos = f->tos;
		if ((w->tos & 3) == 2 && chance(sim_net.mark))
			w->tos |= 3;
		w->len = len;
		w->head = head;
		memcpy(w->bytes, bytes, len);
		if (chance(sim_net.corrupt))
			w->bytes[unit_random(len)] ^= (u8)(1 + unit_random(255));
		if (ip_equal(f->to, SIM_PEER)) {
			*captured_end = w;
			captured_end = &w->next;
		} else {
			wire_insert(w);
		}
	}
}

static u16 checksum(const struct flow *f, const u8 *bytes, u32 len)
{
	u64 sum = ip_pseudo_sum(f->from, f->to, IP_PROTO_TCP, len);
	u32 i;

	for (i = 0; i < len; i++)
		sum += (u64)bytes[i] << (i & 1 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u16)~sum;
}

static void put_sum(const struct flow *f, u8 *bytes, u32 len)
{
	u16 sum;

	bytes[16] = bytes[17] = 0;
	sum = checksum(f, bytes, len);
	bytes[16] = (u8)(sum >> 8);
	bytes[17] = (u8)sum;
}

static u32 get32(const u8 *b)
{
	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static void set32(u8 *b, u32 v)
{
	b[0] = (u8)(v >> 24);
	b[1] = (u8)(v >> 16);
	b[2] = (u8)(v >> 8);
	b[3] = (u8)v;
}

/* Cuts as a device with TSO does. */
int ip_output(struct packet *p, struct route *r, const struct flow *f)
{
	u32 len = p->len, head, data, unit, at = 0, n;
	u8 *all = malloc(len), *one = malloc(len);
	u32 seq;

	(void)r;
	UNIT_CHECK(packet_read(p, 0, (struct span){ all, len }));
	/* The sum of the pseudo-header stands where the device expects it. */
	UNIT_CHECK(p->csum == CSUM_PARTIAL && p->csum_offset == 16 && p->csum_start == p->head);
	if (!p->gso) {
		u16 stands = (u16)(all[16] << 8 | all[17]);
		UNIT_CHECK((u16)~sum_fold(ip_pseudo_sum(f->from, f->to, IP_PROTO_TCP, len)) ==
			stands);
	}
	head = (u32)(all[12] >> 4) * 4;
	data = len - head;
	seq = get32(all + 4);
	unit = p->gso && !sim_net.whole ? p->gso_size : data;
	UNIT_CHECK(sim_net.whole || head + min(unit, data) + 20 <= sim_net.mtu);
	packet_drop(&p);
	do {
		n = min(unit, data - at);
		memcpy(one, all, head);
		memcpy(one + head, all + head + at, n);
		set32(one + 4, seq + at);
		if (at + n < data)
			one[13] &= (u8) ~(TCP_FIN | TCP_PSH);
		if (at)
			one[13] &= (u8)~TCP_CWR;
		put_sum(f, one, head + n);
		wire_send(f, one, head + n, head);
		at += n;
	} while (at < data);
	free(all);
	free(one);
	return 0;
}

void netdev_run(void)
{
}

static void deliver(struct wire *w)
{
	struct ip_info info = { .from = w->from,
		.to = w->to,
		.ifindex = 2,
		.protocol = IP_PROTO_TCP,
		.tos = w->tos,
		.ttl = 64,
		.header_len = 20 };
	struct packet *p = packet_new(0);
	u32 in_head = min(w->len, unit_random(2) ? w->head : min(w->len, 200u)), at = in_head;

	memcpy(p->data, w->bytes, in_head);
	p->tail = (u16)in_head;
	p->len = in_head;
	while (at < w->len) {
		struct page *page = page_alloc(0);
		u32 n = min(w->len - at, (u32)PAGE_SIZE);
		memcpy(page->bytes, w->bytes + at, n);
		UNIT_CHECK(!packet_add_page(p, page, 0, n));
		page_put(&page);
		at += n;
	}
	p->kind = PACKET_HOST;
	transport->receive(p, &info);
}

/* ---- time ---- */

static struct timer *first_timer(void)
{
	struct timer *t, *best = NULL;

	for (t = timers; t; t = t->next) {
		if (t->at && (!best || t->at < best->at))
			best = t;
	}
	return best;
}

bool sim_step(u64 until)
{
	struct timer *t = first_timer();
	struct wire *w = wire_first;

	if (w && (!t || w->at <= t->at)) {
		if (w->at > until)
			return false;
		wire_first = w->next;
		sim_now = max(sim_now, w->at);
		deliver(w);
		free(w);
		return true;
	}
	if (!t || t->at > until)
		return false;
	sim_now = max(sim_now, t->at);
	t->at = 0;
	(void)t->ops->fire(t->owner);
	tcp_timer_work();
	return true;
}

void sim_run(u64 ns)
{
	u64 until = sim_now + ns;

	while (sim_step(until))
		;
	sim_now = until;
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

/* ---- segments by hand ---- */

static u32 options_out(const struct sim_segment *g, u8 *b)
{
	u32 n = 0, i;

	if (g->mss) {
		set32(b + n, 2u << 24 | 4u << 16 | g->mss);
		n += 4;
	}
	if (g->wscale > 0) {
		set32(b + n, 1u << 24 | 3u << 16 | 3u << 8 | (u32)g->wscale);
		n += 4;
	}
	if (g->sack_ok) {
		set32(b + n, 0x01010402);
		n += 4;
	}
	if (g->has_ts) {
		set32(b + n, 0x0101080a);
		set32(b + n + 4, g->ts_value);
		set32(b + n + 8, g->ts_echo);
		n += 12;
	}
	if (g->nr_sacks) {
		set32(b + n, 0x01010500 | (2 + 8 * g->nr_sacks));
		n += 4;
		for (i = 0; i < g->nr_sacks; i++, n += 8) {
			set32(b + n, g->sack[i].start);
			set32(b + n + 4, g->sack[i].end);
		}
	}
	return n;
}

void sim_inject(const struct sim_segment *g)
{
	struct flow f = { .from = ip_is_zero(g->source) ? SIM_PEER : g->source, .to = SIM_SERVER };
	u8 b[256] = { (u8)(g->from >> 8), (u8)g->from, (u8)(g->to >> 8), (u8)g->to };
	u32 n = 20 + options_out(g, b + 20);
	struct wire *w;

	set32(b + 4, g->seq);
	set32(b + 8, g->ack);
	b[12] = (u8)(n / 4 << 4);
	b[13] = (u8)g->flags;
	b[14] = (u8)(g->window >> 8);
	b[15] = (u8)g->window;
	b[18] = (u8)(g->urgent >> 8);
	b[19] = (u8)g->urgent;
	memcpy(b + n, g->data, g->len);
	put_sum(&f, b, n + g->len);
	w = calloc(1, sizeof(*w) + n + g->len);
	w->from = f.from;
	w->to = f.to;
	w->len = n + g->len;
	w->head = n;
	memcpy(w->bytes, b, w->len);
	deliver(w);
	free(w);
}

bool sim_capture(struct sim_segment *g)
{
	struct wire *w = captured;
	struct ip_info info = { .tos = 0 };
	struct packet *p;
	struct tcp_seg seg = { 0 };

	if (!w)
		return false;
	captured = w->next;
	if (!captured)
		captured_end = &captured;
	p = packet_new(0);
	memcpy(p->data, w->bytes, min(w->len, 256u));
	p->tail = (u16)min(w->len, 256u);
	p->len = p->tail;
	UNIT_CHECK(tcp_parse(p, &info, &seg));
	*g = (struct sim_segment){ .from = seg.from_port,
		.to = seg.to_port,
		.seq = seg.seq,
		.ack = seg.ack,
		.flags = seg.flags,
		.window = seg.window,
		.len = w->len - w->head,
		.has_ts = seg.has_ts,
		.ts_value = seg.ts_value,
		.ts_echo = seg.ts_echo,
		.mss = seg.mss,
		.wscale = seg.has_wscale ? seg.wscale : -1,
		.sack_ok = seg.sack_ok,
		.nr_sacks = seg.nr_sacks };
	memcpy(g->sack, seg.sack, sizeof(g->sack));
	memcpy(g->data, w->bytes + w->head, min(g->len, 64u));
	packet_drop(&p);
	free(w);
	return true;
}
