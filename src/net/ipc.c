/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ipc.h"

#include "base/clock.h"
#include "base/secret.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* A body that was once large is not kept between frames. */
#define KEPT_BODY_SIZE 1048576

void
ipc_reader_init(struct ipc_reader *r, int fd, struct ipc_rules rules)
{
	*r = (struct ipc_reader){ .fd = fd, .rules = rules, .frame_ms = IPC_FRAME_MS };
	buf_init(&r->body, SIZE_MAX / 2);
}

void
ipc_reader_release(struct ipc_reader *r)
{
	if (r->body.p != NULL)
		secret_wipe(r->body.p, r->body.room);
	buf_release(&r->body);
}

/* Until FD can be read (POLLIN) or written (POLLOUT) or is closed; false when UNTIL_MS, of clock_ms(), is past. */
static bool
wait_for(int fd, short events, uint64_t until_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = events };
		uint64_t now_ms = clock_ms();

		if (now_ms >= until_ms)
			return false;
		/* What poll() itself fails with, the next read or write says too. */
		if (poll(&p, 1, (int)(until_ms - now_ms)) != 0)
			return true;
	}
}

/*
 * SIZE bytes, or what there was before the peer closed; -1 for a system call that failed and for a peer that is silent
 * when *UNTIL_MS is past. 0 stands for the time before the frame's first byte, which sets it: that one is waited for.
 */
static int
read_whole(const struct ipc_reader *r, uint8_t *p, size_t size, uint64_t *until_ms, size_t *done,
    struct err *e)
{
	for (*done = 0; *done < size;) {
		ssize_t got =
		    recv(r->fd, p + *done, size - *done, *until_ms == 0 ? 0 : MSG_DONTWAIT);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN && *until_ms != 0) {
			if (wait_for(r->fd, POLLIN, *until_ms))
				continue;
			return err_set(e, ERR_MALFORMED, "ipc: a frame not whole after %u ms",
			    r->frame_ms);
		}
		if (got < 0 && errno == ECONNRESET)
			return 0;
		if (got < 0)
			return err_set(e, ERR_IO, "ipc: read: %s", strerror(errno));
		if (got == 0)
			return 0;
		*done += (size_t)got;
		if (*until_ms == 0)
			*until_ms = clock_ms() + r->frame_ms;
	}
	return 0;
}

static int
check_head(const struct ipc_rules *rules, const struct ipc_frame *f, uint32_t size, uint16_t zero,
    struct err *e)
{
	if (f->type >= rules->count || rules->ceiling[f->type] == 0)
		return err_set(e, ERR_MALFORMED, "ipc: type %u is not accepted from this side",
		    f->type);
	if (zero != 0)
		return err_set(e, ERR_MALFORMED, "ipc: reserved field %u, want 0", zero);
	if (size > rules->ceiling[f->type])
		return err_set(e, ERR_LIMIT, "ipc: type %u with %u bytes, at most %u", f->type,
		    size, rules->ceiling[f->type]);
	return 0;
}

int
ipc_recv(struct ipc_reader *r, struct ipc_frame *frame, struct err *e)
{
	uint8_t head[IPC_HEADER_SIZE];
	struct ipc_frame f = { 0 };
	uint64_t until_ms = 0;
	uint32_t size;
	uint16_t zero;
	size_t done;

	TRY(read_whole(r, head, sizeof(head), &until_ms, &done, e));
	if (done == 0)
		return 0;
	if (done < sizeof(head))
		return err_set(e, ERR_MALFORMED, "ipc: the peer closed inside a frame");
	struct rd rd = rd_from(BYTES_OF(head));

	size = rd_le32(&rd);
	f.type = rd_le16(&rd);
	zero = rd_le16(&rd);
	f.id = rd_le64(&rd);
	TRY(check_head(&r->rules, &f, size, zero, e));

	if (r->body.room > KEPT_BODY_SIZE && size <= KEPT_BODY_SIZE)
		ipc_reader_release(r);
	buf_clear(&r->body);
	if (size > 0) {
		uint8_t *p = buf_grow(&r->body, size);

		if (p == NULL)
			return err_set(e, ERR_LIMIT, "ipc: out of memory for %u bytes", size);
		TRY(read_whole(r, p, size, &until_ms, &done, e));
		if (done < size)
			return err_set(e, ERR_MALFORMED, "ipc: the peer closed inside a frame");
	}
	f.body = buf_bytes(&r->body);
	*frame = f;
	return 1;
}

int
ipc_send(int fd, uint16_t type, uint64_t id, struct bytes body, struct err *e)
{
	return ipc_send_within(fd, IPC_FRAME_MS, type, id, body, e);
}

int
ipc_send_within(int fd, uint32_t frame_ms, uint16_t type, uint64_t id, struct bytes body,
    struct err *e)
{
	uint8_t head[IPC_HEADER_SIZE] = { 0 };
	size_t sent = 0, all = sizeof(head) + body.size;
	uint64_t until_ms = 0;

	if (body.size > UINT32_MAX)
		return err_set(e, ERR_LIMIT, "ipc: %zu bytes do not fit in a frame", body.size);
	for (size_t i = 0; i < 4; i++)
		head[i] = (uint8_t)(body.size >> (8 * i));
	for (size_t i = 0; i < 2; i++)
		head[4 + i] = (uint8_t)(type >> (8 * i));
	for (size_t i = 0; i < 8; i++)
		head[8 + i] = (uint8_t)(id >> (8 * i));

	while (sent < all) {
		struct bytes h = bytes_slice(BYTES_OF(head), sent, sizeof(head));
		struct bytes b =
		    bytes_slice(body, sent > sizeof(head) ? sent - sizeof(head) : 0, body.size);
		/* sendmsg() only reads, but its iovec has no const. */
		struct iovec parts[2] = { { (void *)(uintptr_t)h.p, h.size },
			{ (void *)(uintptr_t)b.p, b.size } };
		struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
		ssize_t put = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN) {
			if (until_ms == 0)
				until_ms = clock_ms() + frame_ms;
			if (wait_for(fd, POLLOUT, until_ms))
				continue;
			return err_set(e, ERR_BUSY,
			    "ipc: the peer has not taken a frame of %zu bytes in %u ms", all,
			    frame_ms);
		}
		if (put < 0 && (errno == EPIPE || errno == ECONNRESET))
			return err_set(e, ERR_UNAVAILABLE, "ipc: the peer is gone");
		if (put < 0)
			return err_set(e, ERR_IO, "ipc: send: %s", strerror(errno));
		sent += (size_t)put;
	}
	return 0;
}

int
ipc_pair(int fds[2], struct err *e)
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return err_set(e, ERR_IO, "ipc: socketpair: %s", strerror(errno));
	return 0;
}

void
ipc_put(struct buf *b, struct bytes field)
{
	if (field.size > UINT32_MAX) {
		b->bad = true;
		return;
	}
	buf_le32(b, (uint32_t)field.size);
	buf_add(b, field);
}

struct bytes
ipc_get(struct rd *r, size_t max)
{
	uint32_t size = rd_le32(r);

	if (size > max) {
		r->bad = true;
		return (struct bytes){ 0 };
	}
	return rd_take(r, size);
}
