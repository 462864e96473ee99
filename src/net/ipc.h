/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames between our own processes, over one AF_UNIX stream pair. The peer is not trusted: either side may have been
 * taken over, so a frame is bounded before a byte of it is stored.
 *
 *	u32 LE  size of the body
 *	u16 LE  type
 *	u16     zero
 *	u64 LE  request id; an answer carries its request's
 *	…       body
 *
 * A type outside the table, a body over the type's ceiling or a reserved field that is not zero is a protocol error and
 * ends the connection: there is no way to find the next frame. So does a frame that is begun and not finished in time,
 * or not taken: a peer may be silent between two frames for as long as it likes, but not inside one, where whoever reads
 * or writes can do nothing else.
 */
#pragma once

#include "base/buf.h"
#include "base/err.h"

#define IPC_HEADER_SIZE 16
/* For a frame from its first byte to its last. Ours go out in one piece; a whole snapshot takes a fraction of it. */
#define IPC_FRAME_MS 10000

/* What one side accepts: ceiling[type] is the largest body, 0 for a type that may not come from this side. */
struct ipc_rules {
	const uint32_t *ceiling;
	size_t count;
};

struct ipc_frame {
	uint16_t type;
	uint64_t id;
	struct bytes body; /* lives until the next ipc_recv() */
};

struct ipc_reader {
	int fd; /* borrowed */
	struct ipc_rules rules;
	uint32_t frame_ms; /* IPC_FRAME_MS; tests have less patience */
	struct buf body;
};

void ipc_reader_init(struct ipc_reader *r, int fd, struct ipc_rules rules);
void ipc_reader_release(struct ipc_reader *r);

/*
 * Waits for one frame. 1: *FRAME is it. 0: the peer closed between two frames. -1: protocol error, which a frame that is
 * not whole IPC_FRAME_MS after its first byte is too, or system call.
 */
int ipc_recv(struct ipc_reader *r, struct ipc_frame *frame, struct err *e) MUST_CHECK;
/*
 * Writes one whole frame; callers on several threads hold a lock of their own. ERR_UNAVAILABLE when the peer is gone;
 * ERR_BUSY when it has not taken the frame after IPC_FRAME_MS: part of it may be under way, and the connection is of no
 * more use.
 */
int ipc_send(int fd, uint16_t type, uint64_t id, struct bytes body, struct err *e) MUST_CHECK;
/* The same with another patience. */
int ipc_send_within(int fd, uint32_t frame_ms, uint16_t type, uint64_t id, struct bytes body,
    struct err *e) MUST_CHECK;
/* Two connected ends, close-on-exec. */
int ipc_pair(int fds[2], struct err *e) MUST_CHECK;

/* Fields of a body: u32 LE size, then the bytes. Reading over MAX marks R bad. */
void ipc_put(struct buf *b, struct bytes field);
struct bytes ipc_get(struct rd *r, size_t max);
