// SPDX-License-Identifier: MPL-2.0
/*
 * Pages of files in packets: sendfile(2) to a connection copies nothing.
 *
 * A packet refers to the pages of the page cache, as a pipe does (kernel/ipc/splice.c). If the file
 * changes while the packet is in the queue, the peer may get the old or the new bytes, as on Linux.
 *
 * Send queues count bytes and not pages. So that little data cannot keep much memory, which nobody
 * could reclaim, less than half of a page is copied.
 */
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/packet.h>

/* 0, or -ENOBUFS, -EMSGSIZE: then nothing is added. */
static int add_copy(struct packet *p, struct page *from, u32 off, u32 len)
{
	u32 at = p->len, done, n;
	int err = packet_add_room(p, len);
	u8 bytes[256];

	if (err) {
		packet_trim(p, at);
		return err;
	}
	for (done = 0; done < len; done += n) {
		n = min(len - done, (u32)sizeof(bytes));
		page_read(from, off + done, span_first(span_of(bytes), n));
		if (!packet_write(p, at + done, cspan_first(cspan_of(bytes), n)))
			break;
	}
	return 0;
}

int packet_add_file(struct packet *p, struct file *in, u64 pos, u32 len)
{
	int err = 0;

	while (len && !err) {
		u32 off = (u32)(pos & PAGE_MASK), n = (u32)min((u64)len, PAGE_SIZE - off);
		u64 size = load_once(in->host->size);
		struct page *page = NULL;
		if (pos >= size)
			return -ENXIO;
		n = (u32)min((u64)n, size - pos);
		err = file_take_page(in, pos, len, &page);
		if (!err && n < PAGE_SIZE / 2)
			err = add_copy(p, page, off, n);
		else if (!err)
			err = packet_give_page(p, &page, off, n);
		page_put(&page);
		if (!err) {
			pos += n;
			len -= n;
		}
	}
	return err;
}
