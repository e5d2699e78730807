// SPDX-License-Identifier: MPL-2.0
/*
 * Virtio's network device: the control queue (virtio 1.2, 5.1.6.5). See virtio_net.h.
 *
 * One command is out at a time: its class and number, its data, and a byte for the answer, all in
 * one page. A device that does not answer within a second gets no command any more, until it is
 * opened again.
 *
 * The device reads and writes the page while the driver waits, and may do so later, too, if it did
 * not answer in time: the frame keeps the page for it until a reset. That is why a device that is
 * late gets no further command in that page.
 *
 * Locking: net_config, held by all callers, makes one command at a time.
 */
#include "virtio_net.h"

#include <kernel/ring_wait.h>
#include <uapi/if.h>

#define ANSWER_NS NSEC_PER_SEC

enum { CTRL_RX = 0, CTRL_MAC = 1, CTRL_MQ = 4 };
enum { RX_PROMISC = 0, RX_ALLMULTI = 1 };
enum { MAC_TABLE = 0, MAC_ADDR = 1 };
#define MQ_PAIRS 0

/* Where the parts of a command are in the page. */
#define AT_ANSWER 4u
#define AT_DATA   64u
#define MOST_MACS 64u /* more groups: all of them */
#define MAC       ETHERNET_ADDR

/* Waits for the answer. 0, -EIO, -ETIMEDOUT. */
static int ctrl_wait(struct virtnet *n)
{
	u32 len = 0;
	int err = ring_wait(n->ctrl, &n->ctrl_wait, time_mono_ns() + ANSWER_NS, &len);
	u8 answer[1];

	if (err) {
		log_warn("virtio-net: no answer to a command");
		n->ctrl = NULL;
		return err == -ETIMEDOUT ? err : -EIO;
	}
	page_read(n->ctrl_page, AT_ANSWER, span_of(answer));
	return len == 1 && !answer[0] ? 0 : -EIO;
}

/* Has the device perform a command, with @len bytes of data in the page. 0, -EOPNOTSUPP, -EIO. */
static noinline int ctrl(struct virtnet *n, u8 class, u8 command, u32 len)
{
	struct ring_chain c = { .nr_out = 2, .nr_in = 1 };
	u8 head[2] = { class, command }, answer[1] = { 0xff };
	u32 i;

	if (!n->ctrl)
		return -EOPNOTSUPP;
	page_write(n->ctrl_page, 0, cspan_of(head));
	page_write(n->ctrl_page, AT_ANSWER, cspan_of(answer));
	for (i = 0; i < 3; i++)
		c.segment[i].page = n->ctrl_page;
	c.segment[0].len = sizeof(head);
	c.segment[1].off = AT_DATA;
	c.segment[1].len = len;
	c.segment[2].off = AT_ANSWER;
	c.segment[2].len = sizeof(answer);
	if (ring_post(n->ctrl, &c, 0))
		return -EIO;
	ring_kick(n->ctrl);
	return ctrl_wait(n);
}

/* The same with these data. */
static int ctrl_data(struct virtnet *n, u8 class, u8 command, struct cspan data)
{
	page_write(n->ctrl_page, AT_DATA, data);
	return ctrl(n, class, command, (u32)cspan_len(data));
}

static int ctrl_byte(struct virtnet *n, u8 class, u8 command, bool on)
{
	u8 data[1] = { on };

	return ctrl_data(n, class, command, cspan_of(data));
}

int virtnet_set_address(struct netdev *d, const u8 (*address)[LINK_ADDR_MAX])
{
	struct virtnet *n = virtnet_of(d);
	int err = 0;

	if ((*address)[0] & 1)
		return -EADDRNOTAVAIL;
	if (!(n->features & VIRTNET_F_CTRL_MAC))
		return -EOPNOTSUPP;
	/* A device that is down is told when it is opened. */
	if (d->flags & IFF_UP)
		err = ctrl_data(n, CTRL_MAC, MAC_ADDR, cspan_first(cspan_of(*address), MAC));
	if (!err)
		span_copy(span_of(d->address), cspan_of(*address));
	return err;
}

/* A count of the table of addresses, in little-endian order, which is the CPU's. */
static void put_count(struct virtnet *n, u32 at, u32 count)
{
	page_write(n->ctrl_page, at, value_cspan(&count));
}

/* The table of groups: no other unicast addresses, and @count groups. */
static int ctrl_groups(struct virtnet *n, u32 count)
{
	struct link_group *g;
	u32 at = AT_DATA + 8, i = 0;

	put_count(n, AT_DATA, 0);
	put_count(n, AT_DATA + 4, count);
	list_for_each(g, &n->netdev->groups, link) {
		if (i++ == count)
			break;
		page_write(n->ctrl_page, at, cspan_first(cspan_of(g->address), MAC));
		at += MAC;
	}
	return ctrl(n, CTRL_MAC, MAC_TABLE, at - AT_DATA);
}

void virtnet_set_rx_mode(struct netdev *d)
{
	struct virtnet *n = virtnet_of(d);
	struct link_group *g;
	bool promisc = (d->flags & IFF_PROMISC) || d->promiscuous;
	bool allmulti = (d->flags & IFF_ALLMULTI) || d->allmulti;
	u32 count = 0;
	int err;

	if (!n->ctrl || !(n->features & VIRTNET_F_CTRL_RX))
		return;
	list_for_each(g, &d->groups, link)
		count++;
	if (count > MOST_MACS) {
		allmulti = true;
		count = 0;
	}
	err = ctrl_byte(n, CTRL_RX, RX_PROMISC, promisc);
	if (!err)
		err = ctrl_byte(n, CTRL_RX, RX_ALLMULTI, allmulti);
	if (!err)
		err = ctrl_groups(n, count);
	if (err)
		log_warn("virtio-net: the device refuses what to receive");
}

/* The queue behind all pairs that the device has, used or not (5.1.2). */
int virtnet_ctrl_start(struct virtnet *n)
{
	n->ctrl = NULL;
	if (!(n->features & VIRTNET_F_CTRL_VQ))
		return 0;
	n->ctrl_page = page_alloc(PAGE_ZEROED);
	if (!n->ctrl_page)
		return -ENOMEM;
	return virtio_ring(n->dev, 2 * n->most_pairs, 3, &n->ctrl);
}

/*
 * After the start, since only a running device answers: the number of pairs, the address that was
 * set meanwhile, and what to receive.
 */
int virtnet_ctrl_tell(struct virtnet *n)
{
	struct netdev *d = n->netdev;
	u16 pairs = (u16)n->nr_pairs;
	int err = 0;

	if (n->features & VIRTNET_F_MQ)
		err = ctrl_data(n, CTRL_MQ, MQ_PAIRS, value_cspan(&pairs));
	if (!err && (n->features & VIRTNET_F_CTRL_MAC))
		err = ctrl_data(n, CTRL_MAC, MAC_ADDR, cspan_first(cspan_of(d->address), MAC));
	if (!err)
		virtnet_set_rx_mode(d);
	return err;
}

void virtnet_ctrl_stop(struct virtnet *n)
{
	n->ctrl = NULL;
	page_put(&n->ctrl_page);
}
