"""A strict reader of Prometheus' text format 0.0.4: whatever bends its grammar fails the test that reads it."""

from __future__ import annotations

import re
from collections import defaultdict

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
_NUMBER = r"(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|[+-]Inf|NaN)"
_SAMPLE = re.compile(rf"({_NAME})(?:\{{({_LABEL}(?:,{_LABEL})*)?\}})? ({_NUMBER})", re.I)
_HELP = re.compile(rf"# HELP ({_NAME}) ((?:[^\\\n]|\\[\\n])+)")
_TYPE = re.compile(rf"# TYPE ({_NAME}) (counter|gauge|histogram|summary|untyped)")

Samples = dict[frozenset[tuple[str, str]], float]


def read(text: str) -> dict[str, Samples]:
    """Name → labels → value. Asserts the grammar, one group of lines a name, and what a histogram promises."""
    assert text.endswith("\n")
    found: dict[str, Samples] = defaultdict(dict)
    kinds: dict[str, str] = {}
    helped: set[str] = set()
    current = ""
    for line in text[:-1].split("\n"):
        if told := _HELP.fullmatch(line):
            assert told[1] not in helped, f"a second HELP: {line}"
            helped.add(told[1])
        elif told := _TYPE.fullmatch(line):
            assert told[1] not in kinds, f"a second TYPE: {line}"
            current, kinds[told[1]] = told[1], told[2]
        else:
            sample = _SAMPLE.fullmatch(line)
            assert sample, f"no sample: {line}"
            ends = ("_bucket", "_sum", "_count") if kinds[current] == "histogram" else ("",)
            assert sample[1] in {current + end for end in ends}, f"outside its group: {line}"
            labels = frozenset(tuple(each.split("=", 1)) for each in re.findall(_LABEL, sample[2] or ""))
            assert len(labels) == len(re.findall(_LABEL, sample[2] or "")), f"a label twice: {line}"
            assert labels not in found[sample[1]], f"a sample twice: {line}"
            found[sample[1]][labels] = float(sample[3])
    assert helped == set(kinds)
    for name, kind in kinds.items():
        if kind == "histogram":
            _check_histogram(name, found)
        if kind == "counter":
            assert name.endswith("_total"), name
            assert all(value >= 0 for value in found[name].values()), name
    return found


def value(found: dict[str, Samples], name: str, **labels: str) -> float:
    """The one sample with exactly these labels."""
    return found[name][frozenset((key, f'"{told}"') for key, told in labels.items())]


def _check_histogram(name: str, found: dict[str, Samples]) -> None:
    series: dict[frozenset[tuple[str, str]], list[tuple[float, float]]] = defaultdict(list)
    for labels, count in found[f"{name}_bucket"].items():
        (bound,) = [told for key, told in labels if key == "le"]
        series[frozenset(each for each in labels if each[0] != "le")].append((float(bound.strip('"')), count))
    assert series.keys() == found[f"{name}_count"].keys() == found[f"{name}_sum"].keys()
    for labels, buckets in series.items():
        counts = [count for _, count in sorted(buckets)]
        assert counts == sorted(counts), f"{name}: buckets do not add up"
        assert max(buckets)[0] == float("inf")
        assert counts[-1] == found[f"{name}_count"][labels]
