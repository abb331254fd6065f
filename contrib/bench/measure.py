# SPDX-License-Identifier: GPL-2.0-or-later
"""Measuring one command: time and memory by the spawner, PSS from /proc, calls by strace."""

import collections
import os
import re
import shutil
import signal
import subprocess
import time

TIMEOUT = 120

Sample = collections.namedtuple(
    "Sample", "wall user system peak faults switches involuntary status realtime"
)


class Failed(Exception):
    """A command that did not do what it was for; the text is its first line of complaint."""


class Tools:
    """Where the measuring programs and the scratch files are."""

    def __init__(self, work, spawner, realtime):
        self.spawner = spawner
        self.realtime = realtime
        self.strace = shutil.which("strace")
        self.stderr = os.path.join(work, "stderr")

    def complaint(self, status):
        """The first line that looks like an error on the last command's stderr, or the last."""
        with open(self.stderr, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        for line in lines:
            if "level=warning" not in line and "warn" not in line.lower():
                return line[:300]
        return lines[-1][:300] if lines else f"exit status {status}, no message"

    def run(self, argv, user=None, cgroup=None, env=None):
        """Not measured; raises Failed."""
        prefix = []
        if user or cgroup:
            prefix = self._spawn_argv(None, user, cgroup)
        # a file, not a pipe: the container's init keeps it open
        with open(self.stderr, "wb") as err:
            done = subprocess.run(
                prefix + argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if not user and "create" not in argv else err,
                stderr=err,
                env=env,
                timeout=TIMEOUT,
                check=False,
            )
        if done.returncode:
            raise Failed(self.complaint(done.returncode))
        return (done.stdout or b"").decode("utf-8", "replace")

    def _spawn_argv(self, result, user, cgroup):
        argv = [self.spawner]
        if result is not None:
            argv += ["-o", str(result)]
        if self.realtime and result is not None:
            argv.append("-f")
        if cgroup:
            argv += ["-c", cgroup]
        if user:
            argv += ["-u", str(user)]
        return argv

    def sample(self, argv, user=None, cgroup=None, env=None):
        """One measured run; raises Failed."""
        end, result = os.pipe()
        try:
            with open(self.stderr, "wb") as err:
                child = subprocess.Popen(
                    self._spawn_argv(result, user, cgroup) + argv,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=err,
                    env=env,
                    pass_fds=(result,),
                    start_new_session=True,
                )
            try:
                child.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
                raise Failed(f"not done after {TIMEOUT} s") from None
            os.close(result)
            result = -1
            line = os.read(end, 512).decode("ascii")
        finally:
            os.close(end)
            if result >= 0:
                os.close(result)
        if child.returncode or not line:
            raise Failed(self.complaint(child.returncode))
        n = [int(field) for field in line.split()]
        if n[7]:
            raise Failed(self.complaint(n[7]))
        return Sample(n[0] / 1e6, n[1] / 1e3, n[2] / 1e3, *n[3:])

    def count_calls(self, argv, release, env=None):
        """Number of system calls of a command and all it starts, as strace -f -c counts.

        strace also waits for what the command leaves behind (the init of a create): RELEASE
        ends that, once the command itself is through.
        """
        if not self.strace:
            raise Failed("strace is not here")
        counts = self.stderr + ".strace"
        with open(self.stderr, "wb") as err:
            child = subprocess.Popen(
                [self.strace, "-f", "-c", "-o", counts] + argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
                env=env,
            )
        time.sleep(0.05)
        wait_until(lambda: child.poll() is not None or len(tree(child.pid)) == 1, "strace")
        if child.poll() is None:
            release()
        if child.wait(TIMEOUT):
            raise Failed(self.complaint(child.returncode))
        with open(counts, encoding="utf-8", errors="replace") as file:
            for line in file:
                match = re.match(r"\s*100\.00\s+\S+\s+\d+\s+(\d+)\s.*total", line)
                if match:
                    return int(match[1])
        raise Failed("strace gave no total")


def parents():
    """{pid: parent's pid} of all processes seen here."""
    result = {}
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                text = file.read()
        except OSError:
            continue
        result[int(name)] = int(text[text.rindex(")") + 2 :].split()[1])
    return result


def tree(pid):
    """PID and all its descendants."""
    table = parents()
    found = [pid]
    for one in found:
        found += [child for child, parent in table.items() if parent == one]
    return found


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode("utf-8", "replace").split("\0")[:-1]
    except OSError:
        return []


def footprint(pids):
    """KiB of memory the processes hold together: {"rss", "pss", "dirty"}."""
    sums = {"Rss": 0, "Pss": 0, "Private_Dirty": 0}
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii", errors="replace") as file:
            for line in file:
                key, _, value = line.partition(":")
                if key in sums:
                    sums[key] += int(value.split()[0])
    return {"rss": sums["Rss"], "pss": sums["Pss"], "dirty": sums["Private_Dirty"]}


def wait_until(condition, what, limit=20):
    """Polls; raises Failed after LIMIT seconds."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.001)
    raise Failed(f"{what}: not within {limit} s")


def libraries(path):
    """Number of shared libraries a program loads, the loader not counted."""
    done = subprocess.run(["ldd", path], capture_output=True, text=True, check=False)
    return sum("=>" in line and "/ld-" not in line.split("=>")[0] for line in done.stdout.splitlines())
