"""What the kernel is asked before a stranger's code runs: mounts, loopback, capabilities. Standard library only.

The numbers are those of the Linux headers: prctl.h, mount.h, sockios.h, if.h and capability.h of linux/.
"""

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path

SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS, CAP_AMBIENT = 1, 4, 24, 36, 38, 47
CAP_AMBIENT_CLEAR_ALL = 4
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_MS_RDONLY, _MS_BIND, _MS_REC = 0x1, 0x1000, 0x4000
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _ATTR_RDONLY = 442, -100, 0x8000, 0x1
_LAST_CAPABILITY, _CAPABILITY_VERSION = 63, 0x20080522
# CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID, NET_BIND_SERVICE: what a test suite run by root may need.
# Not kept, among others: SYS_PTRACE reads the memory of other processes, SYS_ADMIN undoes the mounts.
_KEPT_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 10})


class _CapabilityHalf(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable"))


_CapabilitySets = _CapabilityHalf * 2


class _MountAttributes(ctypes.Structure):
    _fields_ = tuple((name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd"))


def prctl(option: int, argument: int) -> None:
    """Set one attribute of this process where the kernel has it."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, *(ctypes.c_ulong(value) for value in (argument, 0, 0, 0)))


def give_up_rights() -> None:
    """From the next exec on: no ambient capability, few others, and no way to more."""
    prctl(CAP_AMBIENT, CAP_AMBIENT_CLEAR_ALL)
    for capability in range(_LAST_CAPABILITY + 1):
        if capability not in _KEPT_CAPABILITIES:
            prctl(CAPBSET_DROP, capability)
    _keep_capabilities()
    prctl(SET_NO_NEW_PRIVS, 1)


def _keep_capabilities() -> None:
    """Nothing inheritable: root would get it back by exec, beside what the bounding set leaves."""
    if sys.platform != "linux":
        return
    libc, header, sets = (
        ctypes.CDLL(None, use_errno=True),
        (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION),
        _CapabilitySets(),
    )
    if libc.capget(header, sets):
        return
    for half, kept in zip(sets, (sum(1 << number for number in _KEPT_CAPABILITIES), 0), strict=True):
        half.permitted &= kept
        half.effective &= kept
        half.inheritable = 0
    libc.capset(header, sets)


def fence_files(own: Iterable[str], writable: Iterable[str], frozen: Iterable[str], hidden: Iterable[str]) -> None:
    """In a mount namespace of our own: every file read-only but below `writable` and, in spite of `frozen`, `own`.

    `hidden` files read as empty, `hidden` directories have no entries. Paths that do not exist are left out.

    Raises:
        OSError: the kernel refuses, or is older than 5.12.
    """
    open_places = [path for path in writable if Path(path).exists()]
    for path in open_places:
        _mount(path, path, None, _MS_BIND | _MS_REC)
    _set_read_only("/", on=True, below=True)
    for path in (*open_places, "/proc"):
        _set_read_only(path, on=False)
    for places, read_only in ((frozen, True), (own, False)):
        for path in places:
            if Path(path).exists():
                _mount(path, path, None, _MS_BIND)
                _set_read_only(path, on=read_only)
    for path in hidden:
        if Path(path).is_dir():
            _mount("tmpfs", path, b"tmpfs", _MS_RDONLY)
        elif Path(path).exists():
            _mount(os.devnull, path, None, _MS_BIND)


def _mount(source: str, target: str, kind: bytes | None, flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    options = b"size=4k,mode=0555" if kind else None
    if libc.mount(os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), options):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)


def _set_read_only(path: str, *, on: bool, below: bool = False) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    change = _MountAttributes(attr_set=_ATTR_RDONLY if on else 0, attr_clr=0 if on else _ATTR_RDONLY)
    flags = _AT_RECURSIVE if below else 0
    size = ctypes.c_size_t(ctypes.sizeof(change))
    if libc.syscall(_MOUNT_SETATTR, _AT_FDCWD, os.fsencode(path), flags, ctypes.byref(change), size):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)


def raise_loopback() -> None:
    """Bring 127.0.0.1 up in a new network namespace, where it starts down."""
    import fcntl
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = fcntl.ioctl(handle, _SIOCGIFFLAGS, struct.pack("16sH14s", b"lo", 0, b""))
        flags = struct.unpack("16sH14s", request)[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sH14s", b"lo", flags | _IFF_UP, b""))
