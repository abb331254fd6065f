# SPDX-License-Identifier: GPL-2.0-or-later
"""Bundles of the bench: root filesystem, config.json of each kind, how to adapt a `spec`."""

import json
import os
import shutil
import struct

import seccomp

CAPABILITIES = [
    "CAP_" + name
    for name in (
        "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE"
        " SETFCAP SETGID SETPCAP SETUID SYS_CHROOT"
    ).split()
]

# floor.c masks and protects the same paths; keep the lists alike.
MASKED = """
    /proc/acpi /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/sched_debug
    /proc/scsi /proc/timer_list /proc/timer_stats /sys/devices/virtual/powercap /sys/firmware
    /sys/fs/selinux
""".split()
READONLY = "/proc/asound /proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split()

# What a container engine keeps beside the root and binds into it.
BIND_FILES = {
    "hosts": "127.0.0.1 localhost\n",
    "hostname": "bench\n",
    "resolv.conf": "nameserver 127.0.0.53\n",
}
SUBUID, SUBUID_COUNT = 100000, 65536


def make_root(work, busybox, own):
    """The one root filesystem all share; returns (its path, name of the payload)."""
    root = os.path.join(work, "root")
    for name in ("bin", "dev", "etc", "proc", "run", "sys", "tmp", "root", "usr/bin"):
        os.makedirs(os.path.join(root, name))
    for name in BIND_FILES:
        with open(os.path.join(root, "etc", name), "w", encoding="ascii"):
            pass
    shutil.copy(busybox or own, os.path.join(root, "bin/payload"))
    os.chmod(os.path.join(root, "bin/payload"), 0o755)
    for name in ("true", "sleep", "cat") if busybox else ("true", "sleep"):
        os.symlink("payload", os.path.join(root, "bin", name))
    # our own tiny program, for what the size of the payload would blur
    os.mkdir(os.path.join(root, "own"))
    shutil.copy(own, os.path.join(root, "own/true"))
    # for the state of the floor, also that of the plain user
    os.mkdir(os.path.join(work, "state"))
    os.chmod(os.path.join(work, "state"), 0o1777)
    sources = os.path.join(work, "files")
    os.makedirs(os.path.join(sources, "shm"))
    for name, text in BIND_FILES.items():
        with open(os.path.join(sources, name), "w", encoding="ascii") as file:
            file.write(text)
    return root


def static(path):
    """Whether a program runs without the libraries of this system: no PT_INTERP header."""
    with open(path, "rb") as file:
        head = file.read(64)
        if head[:4] != b"\x7fELF" or head[4] != 2:
            return False
        offset = struct.unpack_from("=Q", head, 32)[0]
        size, count = struct.unpack_from("=HH", head, 54)
        file.seek(offset)
        table = file.read(size * count)
    return all(struct.unpack_from("=I", table, n * size)[0] != 3 for n in range(count))


def _mount(destination, kind, source, *options):
    return {
        "destination": destination,
        "type": kind,
        "source": source,
        "options": list(options),
    }


def _mounts(work, gid5):
    files = os.path.join(work, "files")
    pts = ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]
    if gid5:
        pts.append("gid=5")
    quiet = ("nosuid", "noexec", "nodev")
    mounts = [
        _mount("/proc", "proc", "proc", *quiet),
        _mount("/dev", "tmpfs", "tmpfs", "nosuid", "strictatime", "mode=755", "size=65536k"),
        _mount("/sys", "sysfs", "sysfs", *quiet, "ro"),
        _mount("/dev/pts", "devpts", "devpts", *pts),
        _mount("/dev/mqueue", "mqueue", "mqueue", *quiet),
        _mount("/dev/shm", "bind", files + "/shm", "bind", "rprivate", *quiet),
        _mount("/sys/fs/cgroup", "cgroup", "cgroup", "rprivate", *quiet, "relatime", "ro"),
    ]
    for name in BIND_FILES:
        mounts.append(_mount("/etc/" + name, "bind", files + "/" + name, "bind", "rprivate"))
    return mounts


def process(args):
    """The process object of create and of exec."""
    return {
        "terminal": False,
        "user": {"uid": 0, "gid": 0, "umask": 18},
        "args": args,
        "env": ["PATH=/usr/local/bin:/usr/bin:/bin", "container=bench", "HOME=/root"],
        "cwd": "/",
        "capabilities": {kind: CAPABILITIES for kind in ("bounding", "effective", "permitted")},
        "rlimits": [
            {"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024},
            {"type": "RLIMIT_NPROC", "hard": 4096, "soft": 4096},
        ],
    }


def pod(work, args, cgroup):
    """A config of the kind podman hands to its runtime."""
    return {
        "ociVersion": "1.0.2",
        "process": process(args),
        "root": {"path": os.path.join(work, "root")},
        "hostname": "bench",
        "mounts": _mounts(work, True),
        "annotations": {"org.opencontainers.image.stopSignal": "15"},
        "linux": {
            "sysctl": {"net.ipv4.ping_group_range": "0 0"},
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "cgroupsPath": cgroup,
            "namespaces": [
                {"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount", "cgroup")
            ],
            "seccomp": seccomp.profile(),
            "maskedPaths": MASKED,
            "readonlyPaths": READONLY,
        },
    }


def rootless(work, args, cgroup, uid, mapped):
    """The same with a user namespace: one id, or with the ranges of /etc/subuid."""
    config = pod(work, args, cgroup)
    config["mounts"] = _mounts(work, mapped)
    linux = config["linux"]
    linux["namespaces"].append({"type": "user"})
    maps = [{"containerID": 0, "hostID": uid, "size": 1}]
    if mapped:
        maps.append({"containerID": 1, "hostID": SUBUID, "size": SUBUID_COUNT})
    linux["uidMappings"] = linux["gidMappings"] = maps
    del linux["resources"]
    return config


def adapt_spec(config, work, args):
    """A runtime's own `spec`, pointed at our root, without the terminal."""
    config["process"]["terminal"] = False
    config["process"]["args"] = args
    # the bounding set of a build machine may lack the right to raise hard limits
    config["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}]
    config["root"]["path"] = os.path.join(work, "root")
    return config


def write(folder, config):
    """Makes FOLDER a bundle with this config."""
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w", encoding="ascii") as file:
        json.dump(config, file, indent=1)
    return folder
