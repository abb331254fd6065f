# SPDX-License-Identifier: GPL-2.0-or-later
"""From samples to figures, and from figures to the tables that are printed."""

import re
import statistics


def version_in(text):
    """The first version number of a --version text."""
    match = re.search(r"\d+(\.\d+)+", text)
    return match[0] if match else "0"


def version_key(number):
    return [int(part) for part in number.split(".")]


def percentile(values, share):
    """Nearest-rank percentile of a non-empty list."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def cpu(sample):
    return sample.user + sample.system


def _ratio(samples, base, value):
    """Median of the ratio within a round; rounds where either failed do not count."""
    ratios = [
        value(samples[n]) / value(base[n]) for n in samples if n in base and value(base[n]) > 0
    ]
    return round(statistics.median(ratios), 4) if ratios else None


def summarise(samples, reference):
    """{scenario: {name: figures}}; times in ms, memory in KiB."""
    result = {}
    for key, by_name in samples.items():
        base = by_name.get(reference, {})
        result[key] = {}
        for name, rounds in by_name.items():
            all_of = list(rounds.values())
            walls = [one.wall for one in all_of]
            result[key][name] = {
                "rounds": len(all_of),
                "wall_p10": round(percentile(walls, 0.1), 4),
                "wall": round(statistics.median(walls), 4),
                "cpu": round(statistics.median(cpu(one) for one in all_of), 4),
                "ratio": _ratio(rounds, base, lambda one: one.wall),
                "cpu_ratio": _ratio(rounds, base, cpu),
                "peak": statistics.median(one.peak for one in all_of),
                "faults": statistics.median(one.faults for one in all_of),
                "switches": statistics.median(
                    one.switches + one.involuntary for one in all_of
                ),
            }
    return result


def table(head, rows):
    """Lines of a table with right-aligned columns; the first is left-aligned."""
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    lines = []
    for row in [head] + rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines


def _times(result, keys, names):
    rows, ratios, peaks, faults, switches = [], [], [], [], []
    for key in keys:
        figures = result["scenarios"].get(key)
        if not figures:
            continue

        def cells(form, figures=figures):
            return [form(figures[n]) if n in figures else "-" for n in names]

        rows.append([key] + cells(lambda f: f"{f['wall_p10']:.2f}/{f['wall']:.2f}/{f['cpu']:.2f}"))
        ratios.append([key] + cells(_ratio_cell))
        peaks.append([key] + cells(lambda f: f"{f['peak']:.0f}"))
        faults.append([key] + cells(lambda f: f"{f['faults']:.0f}"))
        switches.append([key] + cells(lambda f: f"{f['switches']:.0f}"))
    return rows, ratios, peaks, faults, switches


def _ratio_cell(figures):
    if figures["ratio"] is None:
        return "-"
    if figures["cpu_ratio"] is None:
        return f"{figures['ratio']:.2f}/-"
    return f"{figures['ratio']:.2f}/{figures['cpu_ratio']:.2f}"


def _triple(figures):
    return f"{figures['rss']}/{figures['pss']}/{figures['dirty']}"


def _once_rows(result, names):
    forms = [
        ("waiting run, KiB RSS/PSS/dirty", "waiting run", _triple),
        ("waiting init, KiB RSS/PSS/dirty", "waiting init", _triple),
        ("binary, KiB", "size", lambda f: str(f["bytes"] // 1024)),
        ("shared libraries", "size", lambda f: str(f["libraries"])),
    ]
    for figures in result["once"].values():
        for key in figures:
            if key.startswith("calls ") and not any(form[1] == key for form in forms):
                forms.append(("system calls, " + key[6:], key, str))
    rows = []
    for title, key, form in forms:
        values = [result["once"].get(name, {}).get(key) for name in names]
        if any(value is not None for value in values):
            rows.append([title] + ["-" if v is None else form(v) for v in values])
    return rows


# What wolffia wants to be, in parts of crun 1.28: (figure, scenario, now, one day).
GOALS = [
    ("ratio", "run-pod", 0.60, 0.40),
    ("ratio", "run-pod-cold", 0.30, 0.20),
    ("ratio", "start", 0.40, 0.20),
    ("ratio", "delete", 0.40, 0.20),
    ("ratio", "state", 0.40, 0.20),
    ("ratio", "rootless-one", 0.60, 0.40),
    ("ratio", "rootless-map", 0.60, 0.40),
    ("peak", "run-bare", 0.40, 0.25),
    ("peak", "create", 0.40, 0.25),
    ("peak", "start", 0.40, 0.25),
    ("peak", "delete", 0.40, 0.25),
    ("peak", "exec-bare", 0.40, 0.25),
    ("peak", "state", 0.40, 0.25),
]


def _goal_rows(result):
    rows = []
    for figure, key, now, final in GOALS:
        figures = result["scenarios"].get(key, {})
        mine, base = figures.get("wolffia"), figures.get(result["reference"])
        if not mine or not base or mine is base:
            continue
        value = mine["ratio"] if figure == "ratio" else mine["peak"] / base["peak"]
        if value is None:
            continue
        verdict = "final" if value <= final else "reached" if value <= now else "MISSED"
        title = "wall time" if figure == "ratio" else "peak memory"
        rows.append([f"{key}, {title}", f"{value:.2f}", f"{now:.2f}", f"{final:.2f}", verdict])
    return rows


def _skipped_lines(skipped):
    """One line for all scenarios of a program that failed for one reason."""
    groups = {}
    for row in skipped:
        groups.setdefault((row["name"], row["reason"]), []).append(row["scenario"])
    return [
        f"  {name}: {reason} ({', '.join(scenarios)})"
        for (name, reason), scenarios in groups.items()
    ]


def text(result, keys):
    """The whole report."""
    names = list(result["programs"])
    machine = result["machine"]
    head = [""] + names
    lines = [
        f"Linux {machine['kernel']} {machine['machine']}, {machine['processors']} processors, "
        f"load {' '.join(machine['load'])}, {result['date']}",
        f"payload: {machine['payload']}; seccomp profile: {machine['filter']}; "
        + {None: "nothing timed", True: "SCHED_FIFO", False: "NO real-time class: wall times are soft"}[
            machine["realtime"]
        ],
    ]
    times, ratios, peaks, faults, switches = _times(result, keys, names)
    blocks = [
        ("ms: wall p10 / wall median / processor time median", times),
        (f"ratio to {result['reference']}: wall / processor time, medians within a round", ratios),
        ("peak resident memory of the largest process, KiB, median", peaks),
        ("page faults, median", faults),
        ("context switches, median", switches),
        ("once", _once_rows(result, names)),
    ]
    for title, rows in blocks:
        if rows:
            lines += ["", title, ""] + table(head, rows)
    goals = _goal_rows(result)
    if goals:
        title = f"goals: wolffia in parts of {result['reference']} (set against crun 1.28)"
        lines += ["", title, ""] + table(["", "is", "goal", "final", ""], goals)
    for name, figures in result["once"].items():
        for lack in figures.get("left out", []):
            lines += ["", f"WARNING: {name} run pod: {lack}"]
    if result["skipped"]:
        lines += ["", "skipped"]
        lines += _skipped_lines(result["skipped"])
    return "\n".join(lines)
