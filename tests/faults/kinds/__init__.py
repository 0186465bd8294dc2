"""All kinds of faults, by name."""

from __future__ import annotations

from tests.faults.kinds import foreign, names, shapes, structure, values, yaml

KINDS = {**names.kind, **values.kind, **shapes.kind, **structure.kind, **yaml.kind, **foreign.kind}
