# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs that are compared and the scenarios each goes through."""

import collections
import json
import os
import re
import shutil
import subprocess
import time

import config
from measure import Failed, command_line, footprint, libraries, tree, wait_until

CGROUPS = "/sys/fs/cgroup"
STANDING = "bench0000"
TRUE, SLEEP, BARE = ["/bin/true"], ["/bin/sleep", "100000"], ["/own/true"]
MANY = 1000


class Place:
    """What `place` gave us, and the plain user's corner of it."""

    def __init__(self, work, uid):
        self.work, self.uid = work, uid
        self.home = f"/run/user/{uid}"
        self.session = f"{CGROUPS}/user/session"
        self.env = dict(os.environ, XDG_RUNTIME_DIR="/run", HOME="/root")
        self.user_env = dict(os.environ, XDG_RUNTIME_DIR=self.home, HOME=self.home)
        for folder in (f"{CGROUPS}/user", self.session):
            os.makedirs(folder)
            for path in ("", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"):
                os.chown(os.path.join(folder, path), uid, uid)

    def as_user(self):
        return {"user": self.uid, "cgroup": self.session, "env": self.user_env}


class Runtime:
    """One OCI runtime: how to call it, its bundles and its state roots."""

    oci = True

    def __init__(self, name, path, tools, place):
        self.name, self.path, self.tools, self.place = name, path, tools, place
        self.folder = os.path.join(place.work, name)
        self.root = self.folder + "/state"
        self.standing_root = self.folder + "/standing"
        self.many_root = self.folder + "/many"
        self.user_root = f"{place.home}/{name}"
        self.pid_file = self.folder + "/pid"
        self.standing_pid = None
        self.serial = 0
        self.direct = None
        os.makedirs(self.folder)

    def cmd(self, *words, root=None):
        return [self.path, "--root", root or self.root, *words]

    def new_id(self):
        self.serial += 1
        return f"{self.name.replace('.', '-')}-{self.serial}"

    def quiet(self, *words, root=None, **how):
        how.setdefault("env", self.place.env)
        return self.tools.run(self.cmd(*words, root=root), **how)

    def bundles(self, peers):
        """Writes all bundles; the spec is the runtime's own, or else one of PEERS."""
        work, name, uid = self.place.work, self.name, self.place.uid
        for key, args in (("pod", TRUE), ("bare", BARE), ("wait", SLEEP)):
            config.write(f"{self.folder}/{key}", config.pod(work, args, f"/bench/{name}-{key}"))
        for key, mapped in (("one", False), ("map", True)):
            made = config.rootless(work, TRUE, f"/user/{name}-{key}", uid, mapped)
            config.write(f"{self.folder}/{key}", made)
        check = ["/bin/cat", "/proc/self/status", "/proc/self/mountinfo"]
        config.write(f"{self.folder}/check", config.pod(work, check, f"/bench/{name}-check"))
        self._spec([self] + peers)

    def _spec(self, makers):
        folder = self.folder + "/spec"
        os.makedirs(folder, exist_ok=True)
        for maker in makers:
            done = subprocess.run(
                [maker.path, "spec"], cwd=folder, capture_output=True, check=False
            )
            if done.returncode == 0 and os.path.exists(folder + "/config.json"):
                break
        else:
            return
        with open(folder + "/config.json", encoding="utf-8") as file:
            made = json.load(file)
        config.write(folder, config.adapt_spec(made, self.place.work, TRUE))

    def version(self):
        text = self.tools.run([self.path, "--version"], env=self.place.env)
        match = re.search(r"\d+\.\d+(\.\d+)?", text)
        return match[0] if match else "?"

    def takes_rootfs(self):
        """Whether `run` knows --rootfs: direct use."""
        if self.direct is None:
            done = subprocess.run(
                [self.path, "run", "--help"], capture_output=True, text=True, check=False
            )
            self.direct = "--rootfs" in done.stdout
        return self.direct

    def stand(self):
        """The container that state, list and exec ask about."""
        if self.standing_pid:
            return
        bundle = self.folder + "/wait"
        self.quiet(
            "create", "--bundle", bundle, "--pid-file", self.pid_file, STANDING,
            root=self.standing_root,
        )
        self.quiet("start", STANDING, root=self.standing_root)
        self.standing_pid = self.read_pid()

    def read_pid(self):
        with open(self.pid_file, encoding="ascii") as file:
            return int(file.read())

    def wait_stopped(self):
        pid = self.read_pid()
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "end of the container")

    def multiply(self):
        """A state root with MANY entries: copies of the standing one under other ids."""
        if os.path.exists(self.many_root):
            return
        self.stand()
        os.makedirs(self.many_root)
        for entry in os.listdir(self.standing_root):
            if not entry.startswith(STANDING):
                continue
            for n in range(MANY):
                _copy_as(
                    os.path.join(self.standing_root, entry), self.many_root, f"bench{n:04}"
                )
        listed = self.quiet("list", root=self.many_root)
        if sum("bench" in line for line in listed.splitlines()) != MANY:
            self._make_many()

    def _make_many(self):
        """Where copies do not count: containers that have really run."""
        shutil.rmtree(self.many_root)
        for n in range(MANY):
            one = f"bench{n:04}"
            bundle = ("--bundle", self.folder + "/pod", "--pid-file", self.pid_file)
            self.quiet("create", *bundle, one, root=self.many_root)
            self.quiet("start", one, root=self.many_root)
            self.wait_stopped()


def _copy_as(source, folder, name):
    """Copies a state entry; the id inside is replaced by one of the same length."""
    target = os.path.join(folder, os.path.basename(source).replace(STANDING, name))
    if os.path.islink(source):
        os.symlink(os.readlink(source).replace(STANDING, name), target)
    elif os.path.isdir(source):
        os.makedirs(target, mode=0o700)
        for entry in os.listdir(source):
            _copy_as(os.path.join(source, entry), target, name)
    elif os.path.isfile(source):
        with open(source, "rb") as file:
            data = file.read()
        with open(target, "wb") as file:
            file.write(data.replace(STANDING.encode(), name.encode()))
        shutil.copystat(source, target)


# --- what a scenario does: prepare -> words to be timed -> clean ---------------------------


class Step:
    """One timed command: ARGV, HOW it is spawned, CLEAN afterwards (also after failure)."""

    def __init__(self, argv, clean=None, **how):
        self.argv, self.clean, self.how = argv, clean, how


def _forget(rt, one, root=None):
    def clean():
        try:
            rt.quiet("delete", "--force", one, root=root)
        except Failed:
            pass

    return clean


def run_bundle(key, cold=False):
    def make(rt):
        one = rt.new_id()
        root = f"{rt.folder}/cold-{rt.serial}" if cold else rt.root
        forget = _forget(rt, one, root)

        def clean(failed):
            if failed:
                forget()
            if cold:
                shutil.rmtree(root, ignore_errors=True)

        argv = rt.cmd("run", "--bundle", f"{rt.folder}/{key}", one, root=root)
        return Step(argv, clean, env=rt.place.env)

    return make


def run_user(key):
    def make(rt):
        one, how = rt.new_id(), rt.place.as_user()
        argv = rt.cmd("run", "--bundle", f"{rt.folder}/{key}", one, root=rt.user_root)

        def clean(failed):
            if failed:
                try:
                    rt.quiet("delete", "--force", one, root=rt.user_root, **how)
                except Failed:
                    pass

        return Step(argv, clean, **how)

    return make


def run_direct(rt):
    """A root without a bundle, below a throw-away layer; else the bundle nearest to it."""
    if not rt.takes_rootfs():
        return run_user("one")(rt)
    root = os.path.join(rt.place.work, "root")
    argv = rt.cmd("run", "--rootfs", root, "--", *TRUE, root=rt.user_root)
    return Step(argv, **rt.place.as_user())


def create(rt):
    one = rt.new_id()
    argv = rt.cmd("create", "--bundle", rt.folder + "/pod", "--pid-file", rt.pid_file, one)
    forget = _forget(rt, one)
    return Step(argv, lambda failed: forget(), env=rt.place.env)


def _created(rt):
    one = rt.new_id()
    rt.quiet("create", "--bundle", rt.folder + "/pod", "--pid-file", rt.pid_file, one)
    return one


def start(rt):
    one = _created(rt)
    forget = _forget(rt, one)

    def clean(failed):
        if not failed:
            rt.wait_stopped()
        forget()

    return Step(rt.cmd("start", one), clean, env=rt.place.env)


def delete(rt):
    one = _created(rt)
    rt.quiet("start", one)
    rt.wait_stopped()
    forget = _forget(rt, one)
    return Step(rt.cmd("delete", one), lambda failed: failed and forget(), env=rt.place.env)


def execute(program):
    def make(rt):
        rt.stand()
        argv = rt.cmd("exec", STANDING, *program, root=rt.standing_root)
        return Step(argv, env=rt.place.env)

    return make


def state(rt):
    rt.stand()
    return Step(rt.cmd("state", STANDING, root=rt.standing_root), env=rt.place.env)


def list_one(rt):
    rt.stand()
    return Step(rt.cmd("list", root=rt.standing_root), env=rt.place.env)


def list_many(rt):
    rt.multiply()
    return Step(rt.cmd("list", root=rt.many_root), env=rt.place.env)


def version(rt):
    return Step([rt.path, "--version"], env=rt.place.env)


# --- the two that are no OCI runtimes -----------------------------------------------------


class Floor:
    """Our floor program: knows the pod config by heart."""

    oci = False

    def __init__(self, path, tools, place):
        self.name, self.path, self.tools, self.place = "floor", path, tools, place
        self.standing = None
        self.group = CGROUPS + "/bench/floor"

    def run(self, where="none", args=None):
        user = where != "none"
        group = CGROUPS + "/user/floor" if user else self.group
        argv = [self.path, "run", self.place.work, group, where, *(args or TRUE)]
        return Step(argv, **(self.place.as_user() if user else {}))

    def execute(self, args):
        if not self.standing:
            group = CGROUPS + "/bench/floor-standing"
            argv = [self.path, "run", self.place.work, group, "none", *SLEEP]
            self.standing = Background(argv, self.place.env)
        group = CGROUPS + "/bench/floor-standing"
        return Step([self.path, "exec", str(self.standing.inner), group, *args])

    def end(self):
        if self.standing:
            self.standing.end()
            self.standing = None


class Bubblewrap:
    """Same namespaces, fewer mounts, no cgroup, no seccomp: what people compare with."""

    oci = False

    def __init__(self, path, tools, place):
        self.name, self.path, self.tools, self.place = "bwrap", path, tools, place

    def knows_overlay(self):
        """--tmp-overlay came with 0.11."""
        done = subprocess.run([self.path, "--help"], capture_output=True, text=True, check=False)
        return "--tmp-overlay" in done.stdout + done.stderr

    def run(self, args=None, user=False, overlay=False):
        root = os.path.join(self.place.work, "root")
        below = ["--bind", root, "/"]
        if overlay and self.knows_overlay():
            below = ["--overlay-src", root, "--tmp-overlay", "/"]
        argv = [
            self.path, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
            "--unshare-cgroup", *below, "--proc", "/proc", "--dev", "/dev",
            "--mqueue", "/dev/mqueue", "--hostname", "bench",
        ]
        for name in config.BIND_FILES:
            argv += ["--bind", f"{self.place.work}/files/{name}", f"/etc/{name}"]
        if user:
            argv += ["--unshare-user", "--uid", "0", "--gid", "0"]
        return Step(argv + (args or TRUE), **(self.place.as_user() if user else {}))


class Background:
    """A command that waits for its container; finds the container's process by its words."""

    def __init__(self, argv, env):
        self.child = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=env,
        )
        try:
            self.inner = wait_until(self._find, "the waiting program")
        except Failed:
            self.child.kill()
            self.child.wait()
            raise

    def _find(self):
        if self.child.poll() is not None:
            raise Failed(f"ended at once with {self.child.returncode}")
        for pid in tree(self.child.pid):
            if command_line(pid) == SLEEP:
                return pid
        return None

    def waiting(self):
        """Memory of everything but what runs in the container."""
        inner = set(tree(self.inner))
        return footprint([pid for pid in tree(self.child.pid) if pid not in inner])

    def end(self):
        os.kill(self.inner, 9)
        self.child.wait()


Scenario = collections.namedtuple("Scenario", "key oci floor bwrap")

SCENARIOS = [
    Scenario("run-pod", run_bundle("pod"), lambda f: f.run(), lambda b: b.run()),
    Scenario(
        "run-bare", run_bundle("bare"),
        lambda f: f.run(args=BARE), lambda b: b.run(BARE),
    ),
    Scenario("run-pod-cold", run_bundle("pod", cold=True), None, None),
    Scenario("run-spec", run_bundle("spec"), None, None),
    Scenario("create", create, None, None),
    Scenario("start", start, None, None),
    Scenario("delete", delete, None, None),
    Scenario("exec", execute(TRUE), lambda f: f.execute(TRUE), None),
    Scenario("exec-bare", execute(BARE), lambda f: f.execute(BARE), None),
    Scenario("state", state, None, None),
    Scenario("list-1", list_one, None, None),
    Scenario("list-1000", list_many, None, None),
    Scenario("version", version, lambda f: Step([f.path, "version"]), version),
    Scenario(
        "rootless-one", run_user("one"),
        lambda f: f.run("one"), lambda b: b.run(user=True),
    ),
    Scenario("do", run_direct, None, lambda b: b.run(user=True, overlay=True)),
    Scenario("rootless-map", run_user("map"), lambda f: f.run("map"), None),
]


def maker(scenario, subject):
    """The function of a scenario for this program, or None."""
    if subject.oci:
        return scenario.oci
    return scenario.floor if isinstance(subject, Floor) else scenario.bwrap


def unable(scenario, subject):
    """Why a scenario cannot be tried here at all, or None."""
    if scenario.key == "rootless-map" and not shutil.which("newuidmap"):
        return "newuidmap is not here (package uidmap)"
    if scenario.key == "run-spec" and not os.path.exists(subject.folder + "/spec/config.json"):
        return "no runtime here wrote a spec"
    return None


# --- what is measured once, not timed -------------------------------------------------------


def _waiting_step(subject):
    if isinstance(subject, Floor):
        return subject.run(args=SLEEP).argv, None
    if isinstance(subject, Bubblewrap):
        return subject.run(args=SLEEP).argv, None
    one = subject.new_id()
    return subject.cmd("run", "--bundle", subject.folder + "/wait", one), one


def waiting_run(subject):
    """Memory of a `run` that waits for its container."""
    argv, one = _waiting_step(subject)
    background = Background(argv, subject.place.env)
    try:
        time.sleep(0.3)
        return background.waiting()
    finally:
        background.end()
        if one:
            _forget(subject, one)()


def waiting_init(rt):
    """Memory of the init between create and start."""
    one = _created(rt)
    try:
        time.sleep(0.3)
        return footprint(tree(rt.read_pid()))
    finally:
        _forget(rt, one)()


def calls(subject, key):
    """System calls of one scenario."""
    scenario = next(s for s in SCENARIOS if s.key == key)
    make = maker(scenario, subject)
    if not make:
        return None
    step = make(subject)
    failed = True
    try:
        release = (lambda: step.clean(True)) if step.clean else (lambda: None)
        count = subject.tools.count_calls(step.argv, release, step.how.get("env"))
        failed = False
        return count
    finally:
        if step.clean:
            step.clean(failed)


def settle(path):
    """Writes a program back to disk: pages fresh from the linker count as private dirty."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def size(subject):
    return {"bytes": os.path.getsize(subject.path), "libraries": libraries(subject.path)}


def shortcomings(subject):
    """What of the pod config does not show inside: a fast runtime that leaves work out."""
    root = os.path.join(subject.place.work, "root/bin")
    if not os.path.lexists(root + "/cat"):
        return ["not checked: the payload is no busybox"]
    if isinstance(subject, Floor):
        argv = subject.run(args=["/bin/cat", "/proc/self/status", "/proc/self/mountinfo"]).argv
    elif subject.oci:
        argv = subject.cmd("run", "--bundle", subject.folder + "/check", subject.new_id())
    else:
        return []
    text = subject.tools.run(argv, env=subject.place.env)
    facts = dict(
        line.split(":\t", 1) for line in text.splitlines() if ":\t" in line
    )
    points = [line.split()[4] for line in text.splitlines() if " - " in line]
    result = []
    if facts.get("Seccomp") != "2":
        result.append("no seccomp filter")
    if not _bounding(facts):
        result.append("bounding set " + facts.get("CapBnd", "?"))
    masks = [path for path in config.MASKED + config.READONLY if os.path.exists(path)]
    for path in masks + ["/etc/hosts", "/dev/shm", "/dev/pts", "/sys/fs/cgroup"]:
        if path not in points:
            result.append("no mount at " + path)
    return result


def _bounding(facts):
    numbers = {
        "CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6,
        "SETUID": 7, "SETPCAP": 8, "NET_BIND_SERVICE": 10, "SYS_CHROOT": 18, "SETFCAP": 31,
    }
    wanted = sum(1 << numbers[name[4:]] for name in config.CAPABILITIES)
    return int(facts.get("CapBnd", "0"), 16) == wanted
