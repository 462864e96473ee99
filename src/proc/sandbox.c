/* SPDX-License-Identifier: Apache-2.0 */
#include "proc/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* The sanitizers' own needs; they are never part of what is shipped. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#ifndef UNDER_SANITIZER
#define UNDER_SANITIZER 0
#endif

int
sandbox_drop_user(const char *user, struct err *e)
{
	struct passwd *pw;
	int death_signal = 0;

	if (user == NULL)
		return 0;
	pw = getpwnam(user);
	if (pw == NULL)
		return err_set(e, ERR_MISSING, "user: there is no user %s", user);
	if (pw->pw_uid == 0)
		return err_set(e, ERR_DENIED, "user: %s is root", user);
	if (getuid() == pw->pw_uid && geteuid() == pw->pw_uid)
		return 0;
	if (geteuid() != 0)
		return err_set(e, ERR_DENIED, "user: only root can become %s", user);
	/* A change of credentials clears the signal that ends us with our parent (prctl(2)). */
	prctl(PR_GET_PDEATHSIG, &death_signal);
	if (setgroups(0, NULL) != 0 || setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0)
		return err_set(e, ERR_DENIED, "user: cannot become %s: %s", user, strerror(errno));
	if (setuid(0) == 0 || geteuid() != pw->pw_uid || getegid() != pw->pw_gid)
		return err_set(e, ERR_INTERNAL, "user: still has a way back from %s", user);
	if (death_signal != 0)
		prctl(PR_SET_PDEATHSIG, death_signal);
	return 0;
}

/* Memory, threads, time, signals of our own, and what an open descriptor can do. */
static const int common_calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(readv),
	SCMP_SYS(writev),
	SCMP_SYS(close),
	SCMP_SYS(lseek),
	SCMP_SYS(fstat),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	SCMP_SYS(fcntl),
	SCMP_SYS(dup),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(munmap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(mremap),
	SCMP_SYS(mlock),
	SCMP_SYS(mlock2),
	SCMP_SYS(munlock),
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(membarrier),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(signalfd4),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(uname),
	SCMP_SYS(getrusage),
};

/* The worker alone: connections that come to its listening sockets. */
static const int worker_calls[] = { SCMP_SYS(accept4), SCMP_SYS(accept) };

/* The authority alone: the files of its store and log. */
static const int authority_calls[] = {
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64),
	SCMP_SYS(preadv),
	SCMP_SYS(pwritev),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(sync_file_range),
	SCMP_SYS(msync),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fadvise64),
	SCMP_SYS(rename),
	SCMP_SYS(renameat),
	SCMP_SYS(renameat2),
	SCMP_SYS(link),
	SCMP_SYS(linkat),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(mkdir),
	SCMP_SYS(mkdirat),
	SCMP_SYS(rmdir),
	SCMP_SYS(flock),
	SCMP_SYS(umask),
	SCMP_SYS(fchmod),
	SCMP_SYS(chmod),
	SCMP_SYS(fchmodat),
	SCMP_SYS(fchown),
	SCMP_SYS(utimensat),
};

/* The gate alone: looking at files, and what a resolver's library does to ask. */
static const int gate_calls[] = {
	SCMP_SYS(accept4),
	SCMP_SYS(accept),
	SCMP_SYS(connect),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(pread64),
	SCMP_SYS(fadvise64),
	SCMP_SYS(getdents64),
};

/* No honest way leads here. */
static const int deadly_calls[] = {
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(ptrace),
	SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev),
	SCMP_SYS(bpf),
	SCMP_SYS(perf_event_open),
	SCMP_SYS(userfaultfd),
	SCMP_SYS(mount),
	SCMP_SYS(init_module),
	SCMP_SYS(finit_module),
	SCMP_SYS(kexec_load),
};

/* What every process under the sanitizers needs for reports of its own. */
static const int sanitizer_calls[] = { SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink),
	SCMP_SYS(newfstatat), SCMP_SYS(prctl) };

static int
add_all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int done = seccomp_rule_add(f, action, calls[i], 0);

		/* -EDOM: a call that this architecture has not. */
		if (done != 0 && done != -EDOM && done != -EOPNOTSUPP)
			return done;
	}
	return 0;
}

/* Threads yes, processes no. */
static int
add_threads(scmp_filter_ctx f)
{
	int done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
	    SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM));

	/* Its flags are behind a pointer, where a filter cannot see: libc then falls back to clone. */
	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return done;
}

/* Memory that can be run is not made after the start. */
static int
add_memory(scmp_filter_ctx f)
{
	int done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return done;
}

/* Signals to ourselves (abort, and waking the first thread), the names of threads. */
static int
add_self(scmp_filter_ctx f)
{
	scmp_datum_t self = (scmp_datum_t)getpid();
	int done =
	    seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, self));

	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
		    SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
	/* Asking for limits, as libc does for a thread's stack; setting none. */
	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
		    SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
	return done;
}

static int
add_unix_sockets(scmp_filter_ctx f)
{
	static const int makers[] = { SCMP_SYS(socket), SCMP_SYS(socketpair) };
	int done = 0;

	for (size_t i = 0; i < COUNT_OF(makers) && done == 0; i++)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, makers[i], 1,
		    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(connect), 0);
	return done;
}

/* Files to read and none to write; sockets of IP, and pairs to wake a thread; how much has come, of a socket. */
static int
add_gate(scmp_filter_ctx f)
{
	const scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
	static const int families[] = { AF_INET, AF_INET6 };
	int done = add_all(f, SCMP_ACT_ALLOW, gate_calls, COUNT_OF(gate_calls));

	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
		    SCMP_A1(SCMP_CMP_MASKED_EQ, writes, O_RDONLY));
	/* Architectures that came later have only the other. */
	if (done == -EDOM || done == -EOPNOTSUPP)
		done = 0;
	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, writes, O_RDONLY));
	for (size_t i = 0; i < COUNT_OF(families) && done == 0; i++)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i]));
	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1,
		    SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
	if (done == 0)
		done = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    SCMP_A1(SCMP_CMP_EQ, FIONREAD));
	return done;
}

static int
fill(scmp_filter_ctx f, enum sandbox_role role)
{
	int done = add_all(f, SCMP_ACT_ALLOW, common_calls, COUNT_OF(common_calls));

	if (done == 0)
		done = add_threads(f);
	if (done == 0)
		done = add_memory(f);
	if (done == 0)
		done = add_self(f);
	if (done == 0 && role == SANDBOX_WORKER)
		done = add_all(f, SCMP_ACT_ALLOW, worker_calls, COUNT_OF(worker_calls));
	if (done == 0 && role == SANDBOX_AUTHORITY)
		done = add_all(f, SCMP_ACT_ALLOW, authority_calls, COUNT_OF(authority_calls));
	if (done == 0 && role == SANDBOX_AUTHORITY)
		done = add_unix_sockets(f);
	if (done == 0 && role == SANDBOX_GATE)
		done = add_gate(f);
	if (done == 0)
		done = add_all(f, SCMP_ACT_KILL_PROCESS, deadly_calls, COUNT_OF(deadly_calls));
	if (done == 0 && UNDER_SANITIZER && role != SANDBOX_WORKER)
		done = add_all(f, SCMP_ACT_ALLOW, sanitizer_calls, COUNT_OF(sanitizer_calls));
	return done;
}

int
sandbox_enter(enum sandbox_role role, bool traceable, struct err *e)
{
	const struct rlimit none = { 0, 0 };
	scmp_filter_ctx f;
	int done;

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    (!traceable && prctl(PR_SET_DUMPABLE, 0) != 0))
		return err_set(e, ERR_IO, "sandbox: %s", strerror(errno));
	f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (f == NULL)
		return err_set(e, ERR_LIMIT, "sandbox: out of memory");
	done = fill(f, role);
	/* Whatever threads there are already come along. */
	if (done == 0)
		done = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	/* A tree instead of a list: a call costs a few comparisons instead of a hundred. */
	if (done == 0)
		done = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (done == 0)
		done = seccomp_load(f);
	seccomp_release(f);
	if (done != 0)
		return err_set(e, ERR_IO, "sandbox: seccomp filter: %s", strerror(-done));
	return 0;
}
