"""How many variants a minute `archspec scan` makes and measures, in one process.

Printed is CPU time, which on a busy machine tells more than what the clock says.
"""

from __future__ import annotations

import sys
import time
from itertools import islice
from pathlib import Path

from archspec.api import read_template
from archspec.scanning.figures import DEFAULT_COLUMNS
from archspec.scanning.plan import Plan
from archspec.scanning.scanner import Scanner
from archspec.scanning.values import read_values

SPECS = Path(__file__).parents[1] / "specs" / "families"
SCANS = (
    ("mobilenet_v2", "width", "0.25:2:0.01"),
    ("resnet", "depths", "[2:5,2:5,2:8,2:5]"),
    ("resnet", "classes", "10:1000:10"),
    ("efficientnet", "width", "0.5:2:0.01"),
    ("regnet", "group_width", "8:64:8"),
    ("densenet", "growth", "8:48:1"),
)
COLUMNS = {"usual columns": DEFAULT_COLUMNS, "params,macs": ("params", "macs")}
MOST = 100


def rate(family: str, parameter: str, values: str, columns: tuple[str, ...]) -> float:
    """Return how many variants are measured in a minute of CPU time."""
    template = read_template(SPECS / f"{family}.yaml", {})
    variations = list(islice(Plan(params={parameter: read_values(values)}), MOST))
    start = time.process_time()
    found = list(Scanner(template, columns).scan(variations))
    spent = time.process_time() - start
    good = sum(not row.failed for row in found)
    if not good:
        sys.exit(f"{family}: nothing could be made: {found[0].message}")
    return 60 * len(found) / spent


if __name__ == "__main__":
    print(f"{'variants a minute':<48}" + "".join(f"{title:>16}" for title in COLUMNS))
    for family, parameter, values in SCANS:
        rates = (rate(family, parameter, values, columns) for columns in COLUMNS.values())
        print(f"{f'{family} --set {parameter}={values}':<48}" + "".join(f"{each:>16,.0f}" for each in rates))
