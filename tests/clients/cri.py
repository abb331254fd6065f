#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The kubelet's side of CRI (runtime.v1), as far as cri.bash needs it.

	cri.py SOCKET METHOD JSON [MEMBER]	one call; the answer as JSON, or a.b of it

Messages are tables of field numbers, as in Kubernetes' api.proto; grpc does the rest.
"""
import json
import sys

import grpc

# member -> (number, kind): s text, y bytes, i number, m text map, a message by name;
# a list of one: repeated
META = {"name": (1, "s"), "uid": (2, "s"), "namespace": (3, "s"), "attempt": (4, "i")}
NS = {"network": (1, "i"), "pid": (2, "i"), "ipc": (3, "i")}
RESOURCES = {"cpu_period": (1, "i"), "cpu_quota": (2, "i"), "cpu_shares": (3, "i"),
             "memory_limit": (4, "i"), "oom_score_adj": (5, "i"), "cpuset_cpus": (6, "s")}
SECURITY = {"capabilities": (1, {"add": (1, ["s"]), "drop": (2, ["s"])}),
            "privileged": (2, "i"), "namespaces": (3, NS),
            "run_as_user": (5, {"value": (1, "i")}), "readonly_rootfs": (7, "i"),
            "no_new_privs": (11, "i"), "run_as_group": (12, {"value": (1, "i")}),
            "masked_paths": (13, ["s"]), "seccomp": (15, {"type": (1, "i"), "file": (2, "s")})}
POD = {"metadata": (1, META), "hostname": (2, "s"), "log_directory": (3, "s"),
       "labels": (6, "m"), "annotations": (7, "m"),
       "linux": (8, {"cgroup_parent": (1, "s"), "security": (2, {"namespaces": (1, NS)})})}
CONTAINER = {"metadata": (1, {"name": (1, "s")}), "image": (2, {"image": (1, "s")}),
             "command": (3, ["s"]), "args": (4, ["s"]), "working_dir": (5, "s"),
             "envs": (6, [{"key": (1, "s"), "value": (2, "s")}]),
             "mounts": (7, [{"container_path": (1, "s"), "host_path": (2, "s"),
                             "readonly": (3, "i"), "propagation": (5, "i")}]),
             "log_path": (11, "s"), "tty": (14, "i"),
             "linux": (15, {"resources": (1, RESOURCES), "security": (2, SECURITY)})}
ID = {"id": (1, "s")}
CALLS = {
    "Version": ({}, {"name": (2, "s"), "version": (3, "s")}),
    "RunPodSandbox": ({"config": (1, POD), "handler": (2, "s")}, ID),
    "StopPodSandbox": (ID, {}),
    "RemovePodSandbox": (ID, {}),
    "PodSandboxStatus": (ID, {"status": (1, {"id": (1, "s"), "state": (3, "i")})}),
    "CreateContainer": ({"pod": (1, "s"), "config": (2, CONTAINER), "sandbox": (3, POD)}, ID),
    "StartContainer": (ID, {}),
    "StopContainer": ({"id": (1, "s"), "timeout": (2, "i")}, {}),
    "RemoveContainer": (ID, {}),
    "ContainerStatus": (ID, {"status": (1, {"id": (1, "s"), "state": (3, "i"),
                                            "exit_code": (7, "i"), "reason": (10, "s"),
                                            "message": (11, "s")})}),
    "UpdateContainerResources": ({"id": (1, "s"), "linux": (2, RESOURCES)}, {}),
    "ExecSync": ({"id": (1, "s"), "cmd": (2, ["s"]), "timeout": (3, "i")},
                 {"stdout": (1, "y"), "stderr": (2, "y"), "exit_code": (3, "i")}),
}


def varint(n):
    out = b""
    n &= (1 << 64) - 1
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def one(number, kind, value):
    if kind == "i":
        return varint(number << 3) + varint(int(value))
    if kind == "m":
        entry = {"k": (1, "s"), "v": (2, "s")}
        return b"".join(one(number, entry, {"k": k, "v": v}) for k, v in value.items())
    data = value.encode() if kind == "s" else encode(kind, value)
    return varint(number << 3 | 2) + varint(len(data)) + data


def encode(table, values):
    out = b""
    for name, value in values.items():
        number, kind = table[name]
        for v in value if isinstance(kind, list) else [value]:
            out += one(number, kind[0] if isinstance(kind, list) else kind, v)
    return out


def read_varint(data, at):
    n = shift = 0
    while True:
        byte = data[at]
        at += 1
        n |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return n, at


def decode(table, data):
    fields = {number: (name, kind) for name, (number, kind) in table.items()}
    ret, at = {}, 0
    while at < len(data):
        tag, at = read_varint(data, at)
        value, at = read_varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        if tag >> 3 in fields:
            name, kind = fields[tag >> 3]
            if isinstance(kind, dict):
                value = decode(kind, value)
            elif kind in "sy":
                value = value.decode(errors="replace")
            ret[name] = value
    return ret


def main():
    sock, method, text = sys.argv[1:4]
    request, response = CALLS[method]
    channel = grpc.insecure_channel("unix://" + sock)
    call = channel.unary_unary("/runtime.v1.RuntimeService/" + method,
                               request_serializer=lambda v: encode(request, v),
                               response_deserializer=lambda b: decode(response, b))
    try:
        answer = call(json.loads(text), timeout=50)
    except grpc.RpcError as e:
        sys.exit("%s: %s" % (e.code().name, e.details()))
    if len(sys.argv) == 4:
        print(json.dumps(answer))
    else:
        for name in sys.argv[4].split("."):
            answer = answer.get(name, 0)
        print(answer)


if __name__ == "__main__":
    main()
