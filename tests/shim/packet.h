// SPDX-License-Identifier: MPL-2.0
/* What kernel/net/packet.c calls and a test of packets alone never gets to. */
#ifndef SHIM_PACKET_H
#define SHIM_PACKET_H

void socket_uncharge(struct socket *s, u32 n)
{
	(void)s, (void)n;
}
size_t uio_take(struct uio *u, struct span dst)
{
	(void)u, (void)dst;
	return 0;
}
size_t uio_put(struct uio *u, struct cspan src)
{
	(void)u, (void)src;
	return 0;
}
size_t uio_take_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	(void)u, (void)p, (void)off, (void)len;
	return 0;
}
size_t uio_put_page_rest(struct uio *u, struct page *p, size_t off, size_t len)
{
	(void)u, (void)p, (void)off, (void)len;
	return 0;
}
size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len)
{
	(void)p, (void)off, (void)src, (void)len;
	return 0;
}
size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	(void)p, (void)off, (void)dst, (void)len;
	return 0;
}

#endif
