"""A lock that a dead holder gives up at once.

A killed process closes its files, and so gives up a flock or a socket, only after the kernel took back its memory:
some 10 ms for each 100 MB, several times that on a busy machine. A robust mutex in shared memory it gives up before
that (glibc and musl: ``pthread_mutexattr_setrobust``; the kernel: ``exit_robust_list``). So who waits for this lock
knows of the death while the memory is still being freed: the keeper.

The holder is the *thread* that acquired it: acquire it in the one that sends, so that it sends no more when the lock is free.
Other threads of a dying process may finish the system call in which they are: what they write needs a lock of its own.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import time

SLICE_S = 0.25
"""Python's signal handlers run between slices. By the wall clock: a step of it makes one slice longer or shorter, no more."""

_MUTEX_BYTES = 64
"""No platform's needs more (48 at most)."""
_SHARED = _ROBUST = 1

_libc = ctypes.CDLL(None)


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class DeathLock:
    def __init__(self, fd: int | None = None) -> None:
        """A new one, or the inherited one behind *fd*."""
        self.fd = os.memfd_create("death-lock", os.MFD_CLOEXEC) if fd is None else fd
        """For ``pass_fds``."""
        if fd is None:
            os.ftruncate(self.fd, mmap.PAGESIZE)
        else:
            os.set_inheritable(fd, False)
        self._memory = mmap.mmap(self.fd, mmap.PAGESIZE)
        self._given_up = False
        self._mutex = ctypes.byref((ctypes.c_char * _MUTEX_BYTES).from_buffer(self._memory))
        if fd is None:
            attributes = ctypes.byref((ctypes.c_char * _MUTEX_BYTES)())
            _check(_libc.pthread_mutexattr_init(attributes))
            _check(_libc.pthread_mutexattr_setpshared(attributes, _SHARED))
            _check(_libc.pthread_mutexattr_setrobust(attributes, _ROBUST))
            _check(_libc.pthread_mutex_init(self._mutex, attributes))

    def passed_on(self) -> None:
        """Nobody else inherits it."""
        os.close(self.fd)

    def acquire(self) -> bool:
        """Wait until it is free; True when its holder died. The calling thread holds it until it ends."""
        died = self._wait()
        # The kernel walks through what a thread holds when that dies: it must stay where it is until then, also while the interpreter ends.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._memory))
        return bool(died)

    def await_death(self) -> bool:
        """Wait until its holder, another thread, is dead: True. False at once when nobody has it, and soon after ``give_up``."""
        died = self._wait()
        if died is not None:
            _check(_libc.pthread_mutex_unlock(self._mutex))
        return bool(died)

    def give_up(self) -> None:
        """From another thread."""
        self._given_up = True

    def _wait(self) -> bool | None:
        while not self._given_up:
            until_s = time.time() + SLICE_S
            until = _Timespec(int(until_s), int(until_s % 1 * 1e9))
            result: int = _libc.pthread_mutex_timedlock(self._mutex, ctypes.byref(until))
            if result == errno.ETIMEDOUT:
                continue
            died = result == errno.EOWNERDEAD
            _check(_libc.pthread_mutex_consistent(self._mutex) if died else result)
            return died
        return None


def _check(result: int) -> None:
    if result:
        raise OSError(result, os.strerror(result))
