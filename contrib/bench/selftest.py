# SPDX-License-Identifier: GPL-2.0-or-later
"""Tests of the bench's own arithmetic; needs no root and no runtime."""

import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import config  # noqa: E402
import report  # noqa: E402
import seccomp  # noqa: E402
from measure import Sample, footprint, parents, tree  # noqa: E402


def answer(program, arch, number):
    """Runs the few BPF instructions that the filter is made of."""
    at, register = 0, 0
    while True:
        code, yes, no, value = program[at]
        at += 1
        if code == seccomp.RET:
            return value
        if code == 0x20:
            register = arch if value == 4 else number
        elif code == seccomp.JA:
            at += value
        elif code == seccomp.JEQ:
            at += yes if register == value else no
        elif code == seccomp.JGE:
            at += yes if register >= value else no


class Filter(unittest.TestCase):
    def test_every_number_of_every_table(self):
        program = seccomp.program()
        for arch, audit, base in (
            ("x86_64", seccomp.AUDIT_X86_64, 0),
            ("x32", seccomp.AUDIT_X86_64, seccomp.X32_BIT),
            ("i386", seccomp.AUDIT_I386, 0),
        ):
            wanted = {
                numbers[arch] + base: seccomp.action_of(name)
                for name, numbers in seccomp.table()
                if arch in numbers
            }
            for number in range(base, base + 700):
                got = answer(program, audit, number)
                default = seccomp.RET_ERRNO | seccomp.ENOSYS
                self.assertEqual(got, wanted.get(number, default), (arch, number))

    def test_jumps_fit(self):
        for _, yes, no, _ in seccomp.program():
            self.assertTrue(0 <= yes <= 255 and 0 <= no <= 255)

    def test_lists_name_real_calls(self):
        names = {name for name, _ in seccomp.table()}
        for name in seccomp.REFUSED + seccomp.UNNAMED + list(seccomp.CONDITIONAL):
            self.assertIn(name, names)


def sample(wall, user=1.0):
    return Sample(wall, user, 0.0, 100, 10, 2, 0, 0, 1)


class Report(unittest.TestCase):
    def test_ratio_is_taken_within_a_round(self):
        # a slow hour in round 1 hits both: the ratio of medians would be 0.5, 0.5, 5
        samples = {
            "run": {
                "a": {0: sample(1), 1: sample(50), 2: sample(1)},
                "ref": {0: sample(2), 1: sample(100), 2: sample(2)},
            }
        }
        figures = report.summarise(samples, "ref")["run"]
        self.assertEqual(figures["a"]["ratio"], 0.5)
        self.assertEqual(figures["ref"]["ratio"], 1.0)

    def test_rounds_without_the_reference_do_not_count(self):
        samples = {"run": {"a": {0: sample(1), 1: sample(9)}, "ref": {0: sample(2)}}}
        self.assertEqual(report.summarise(samples, "ref")["run"]["a"]["ratio"], 0.5)
        self.assertIsNone(report.summarise(samples, "none")["run"]["a"]["ratio"])

    def test_percentile(self):
        self.assertEqual(report.percentile(range(100), 0.1), 10)
        self.assertEqual(report.percentile([7], 0.1), 7)

    def test_newest_version(self):
        numbers = ["1.8.1", "1.28", "1.14.4"]
        self.assertEqual(max(numbers, key=report.version_key), "1.28")

    def test_version_in(self):
        self.assertEqual(report.version_in("runc version 1.3.6+ds1\ncommit: 2"), "1.3.6")
        self.assertEqual(report.version_in("none"), "0")


class Rest(unittest.TestCase):
    def test_config_is_of_the_kind(self):
        made = config.pod("/work", ["/bin/true"], "/bench/x")
        self.assertEqual(len(made["mounts"]), 10)
        self.assertEqual(len(made["linux"]["maskedPaths"]), 12)
        self.assertEqual(len(made["linux"]["readonlyPaths"]), 6)
        self.assertEqual(len(made["process"]["capabilities"]["bounding"]), 11)
        rules = made["linux"]["seccomp"]["syscalls"]
        self.assertGreater(sum(len(rule["names"]) for rule in rules), 440)

    def test_one_id_has_no_fifth_group(self):
        made = config.rootless("/work", ["/bin/true"], "/user/x", 1000, False)
        self.assertNotIn("gid=5", str(made["mounts"]))
        self.assertNotIn("resources", made["linux"])

    def test_static(self):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"#!/bin/sh\n")
            file.flush()
            self.assertFalse(config.static(file.name))

    def test_process_tree(self):
        self.assertIn(os.getpid(), parents())
        self.assertIn(os.getpid(), tree(os.getppid()))
        self.assertGreater(footprint([os.getpid()])["rss"], 0)


if __name__ == "__main__":
    unittest.main()
