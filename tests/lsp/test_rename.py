from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from archspec.elaborate.network import Choice
from archspec.lsp.files import Files
from archspec.lsp.rename import RenameError, renameable, renamed
from archspec.lsp.sameness import difference
from archspec.source.span import SourceFile
from tests.lsp.cursor import HEAD, SPEC, SPECS, at, compile_here

if TYPE_CHECKING:
    from pathlib import Path


def rename(words: str, new: str, text: str = SPEC) -> str:
    """Return the text with something renamed, in a document that is not saved anywhere."""
    files = Files({})
    here = files.of(SourceFile("<unsaved>", text))
    changes = renamed(at(words, text), new, here, files, [], Choice())
    assert [change.file for change in changes] == [here]
    return changes[0].text(new)


@pytest.mark.parametrize(
    ("words", "new", "lines"),
    [
        ("  st‸em:", "root", ["root: {op: conv", "channels: root.channels"]),
        ("uni‸t2, ", "last", ["last: {op: unit", "from: [last, last]"]),
        ("  uni‸t:", "body", ["  body:", "{op: body, channels: 32", "{op: body, channels: stem.channels"]),
        ("out_channels: wid‸e", "width", ["let: {width: channels * 2}", "out_channels: width"]),
        ("unit, chan‸nels: 32", "size", ["{size: int", "wide: size * 2", "{op: unit, size: 32", "size: stem.channels"]),
        ("params: {class‸es", "labels", ["params: {labels: 10}", "out_features: labels", "small: {labels: 2}"]),
        ("sma‸ll", "tiny", ["tiny: {classes"]),
    ],
)
def test_renamed_everywhere(words: str, new: str, lines: list[str]) -> None:
    text = rename(words, new)
    assert all(line in text for line in lines)
    assert compile_here(text).compiled.problems == ()


def test_inner_names_stay() -> None:
    text = rename("  act‸: $act", "after")
    assert "after: $act" in text
    assert "act: {type: op" in text


@pytest.mark.parametrize(
    ("words", "new", "reason"),
    [
        ("  st‸em:", "forward", "cannot be its name"),
        ("  st‸em:", "a b", "cannot be its name"),
        ("  st‸em:", "pool", "already"),
        ("from: inp‸ut", "x", "language's own"),
        ("kernel_si‸ze: 3}", "x", "nothing here"),
        ("op: co‸nv, out_channels: 16", "x", "nothing here"),
    ],
)
def test_refused(words: str, new: str, reason: str) -> None:
    with pytest.raises(RenameError, match=reason):
        rename(words, new)


def test_what_others_may_be_given_is_refused() -> None:
    text = (SPECS / "families" / "resnet.yaml").read_text(encoding="utf-8")
    with pytest.raises(RenameError, match="other blocks may stand there"):
        rename("params: {chann‸els: int, stride: 1, groups: 1", "maps", text)


@pytest.mark.parametrize(
    ("text", "words", "new", "line"),
    [
        pytest.param(
            f"{HEAD}blocks:\n  one: {{graph: {{relu: relu}}}}\n  other: {{graph: {{relu: relu}}}}\n"
            "graph:\n  stages: {op: $kind, repeat: {each: [one, other], as: kind}}\n",
            "  on‸e:",
            "two",
            "each: [two, other]",
            id="a block as a value of a loop",
        ),
        pytest.param(
            HEAD.replace("{classes: 10}", "{act: {type: op, default: one, choices: [relu, one]}}")
            + "blocks:\n  one: {graph: {relu: relu}}\ngraph: {act: $act}\nvariants: {v: {act: one}}\n",
            "  on‸e:",
            "two",
            "default: two, choices: [relu, two]}}",
            id="a block as a choice",
        ),
        pytest.param(
            HEAD.replace("classes", "drop")
            + "graph:\n  body:\n    graph:\n      drop: relu\n      fc: {op: linear, out_features: drop}\n",
            "    dro‸p: relu",
            "act",
            "out_features: drop}",
            id="a node that is called like a parameter",
        ),
        pytest.param(
            f"{HEAD}graph:\n  a: relu\n  b: {{from: input, graph: [relu]}}\n"
            "  c: {from: [a, b], graph: {add: {op: add, from: [a, b]}}}\n",
            "  ‸a: relu",
            "first",
            "from: [first, b], graph: {add: {op: add, from: [first, b]",
            id="a node that a group calls by its name",
        ),
        pytest.param(
            f"{HEAD}init: {{fc: {{weight: zeros}}}}\nallow: {{bias-before-norm: [fc.*]}}\n"
            "graph:\n  flat: flatten\n  fc: {op: linear, out_features: classes}\n  norm: batch_norm\n",
            "  f‸c:",
            "head",
            "init: {head: {weight: zeros}}\nallow: {bias-before-norm: [head.*]}",
            id="a node in patterns of paths",
        ),
    ],
)
def test_all_its_names_are_found(text: str, words: str, new: str, line: str) -> None:
    assert line in rename(words, new, text)


def test_a_name_that_would_change_the_network_is_refused() -> None:
    text = f"{HEAD}blocks:\n  unit: {{graph: {{relu: relu}}}}\ngraph:\n  a: unit\n  b: sigmoid\n"
    with pytest.raises(RenameError, match="'sigmoid' cannot be its name: in this file"):
        rename("  un‸it:", "sigmoid", text)
    text = f"{HEAD}init: {{'*.conv': {{bias: zeros}}}}\ngraph:\n  a: {{graph: {{conv: {{op: conv, "
    text += "out_channels: 8, kernel_size: 3}}}\n"
    with pytest.raises(RenameError, match=r"there is no node '\*\.conv'|\*\.conv"):
        rename("graph: {con‸v:", "first", text)


# ----------------------------------------------------------------------------------------------------- several files

FAMILY = f"""{HEAD}
blocks:
  unit:
    params: {{channels: int}}
    graph:
      conv: {{op: conv, out_channels: channels, kernel_size: 3, padding: 1}}
      relu: relu
graph:
  stem: {{op: unit, channels: 8}}
  body: {{graph: {{first: {{op: unit, channels: 8}}, last: relu}}}}
  pool: global_avg_pool
  flatten: flatten
  fc: {{op: linear, out_features: classes}}
variants:
  small: {{classes: 2}}
"""
DERIVED = """archspec: 1
name: derived
extends: family.yaml
variant: small
params: {classes: 5}
graph:
  replace: {stem: {op: unit, channels: input.channels}, body.first: relu}
  insert_after: {pool: {drop: {op: dropout, p: 0.2}}}
outputs: [drop, fc]
"""
SECOND = """archspec: 1
name: second
extends: derived.yaml
graph: {insert_before: {fc: {act: {op: relu, from: drop}}}}
outputs: [act]
"""
IMPORTING = """archspec: 1
name: importing
inputs: {image: [3, 32, 32]}
import: ../family.yaml
graph: {unit: {op: unit, channels: 4}, again: {op: unit, channels: unit.channels}}
"""
BACKBONE = """archspec: 1
name: backbone
inputs: {image: [3, 32, 32]}
blocks:
  net: {spec: family.yaml, variant: small, params: {classes: 7}, until: body, outputs: {low: stem, high: body}}
graph: {net: {op: net, classes: 3}, add: {op: add, from: [net.low, net.high]}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    texts = {
        "family.yaml": FAMILY,
        "derived.yaml": DERIVED,
        "second.yaml": SECOND,
        "below/importing.yaml": IMPORTING,
        "backbone.yaml": BACKBONE,
        "other.yaml": "services: {family.yaml: 1}\n",
    }
    folder = tmp_path / "specs"
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def rename_in(folder: Path, name: str, words: str, new: str, occurrence: int = 1) -> dict[str, str]:
    """Rename something in a file of a project; return the new texts, by the names of the files."""
    files = Files({})
    here = files.at(folder / name)
    place = at(words, here.source.text, occurrence)
    return {
        change.file.place.relative_to(folder).as_posix(): change.text(new)
        for change in renamed(place, new, here, files, [folder], Choice())
        if change.file.place is not None
    }


@pytest.mark.parametrize(
    ("name", "words", "new", "lines"),
    [
        pytest.param(
            "family.yaml",
            "  un‸it:",
            "cell",
            {
                "family.yaml": "stem: {op: cell",
                "derived.yaml": "stem: {op: cell",
                "below/importing.yaml": "{unit: {op: cell, channels: 4}, again: {op: cell, channels: unit.channels}}",
            },
            id="a block, where it is defined",
        ),
        pytest.param(
            "below/importing.yaml",
            "again: {op: un‸it",
            "cell",
            {"family.yaml": "  cell:\n", "derived.yaml": "{op: cell", "below/importing.yaml": "{op: cell"},
            id="a block, where it is used",
        ),
        pytest.param(
            "derived.yaml",
            "{op: unit, chan‸nels",
            "width",
            {
                "family.yaml": "out_channels: width",
                "derived.yaml": "{op: unit, width: input.channels}",
                "below/importing.yaml": "{op: unit, width: unit.channels}",
            },
            id="a parameter of a block",
        ),
        pytest.param(
            "backbone.yaml",
            "params: {class‸es",
            "labels",
            {
                "family.yaml": "small: {labels: 2}",
                "derived.yaml": "params: {labels: 5}",
                "backbone.yaml": "params: {labels: 7}, until: body, outputs: {low: stem, high: body}}\n"
                "graph: {net: {op: net, labels: 3}",
            },
            id="a parameter of a spec",
        ),
        pytest.param(
            "derived.yaml",
            "variant: sma‸ll",
            "tiny",
            {"family.yaml": "tiny: {classes", "derived.yaml": "variant: tiny", "backbone.yaml": "variant: tiny"},
            id="a variant",
        ),
        pytest.param(
            "family.yaml",
            "  ste‸m:",
            "root",
            {"family.yaml": "root: {op", "derived.yaml": "replace: {root: {op", "backbone.yaml": "low: root"},
            id="a node",
        ),
        pytest.param(
            "family.yaml",
            "fir‸st:",
            "one",
            {"family.yaml": "one: {op", "derived.yaml": "body.one: relu"},
            id="a node in a group",
        ),
        pytest.param(
            "derived.yaml",
            "outputs: [dr‸op",
            "dropped",
            {"derived.yaml": "{pool: {dropped: {op: dropout", "second.yaml": "from: dropped"},
            id="a node that is inserted",
        ),
        pytest.param("family.yaml", "ima‸ge", "picture", {"family.yaml": "inputs: {picture:"}, id="an input"),
    ],
)
def test_renamed_in_all_files(project: Path, name: str, words: str, new: str, lines: dict[str, str]) -> None:
    specs = [path.relative_to(project).as_posix() for path in project.rglob("*.yaml") if path.name != "other.yaml"]
    before = {each: compile_here((project / each).read_text("utf-8"), project / each) for each in specs}
    assert all(each.compiled.problems == () for each in before.values())
    changed = rename_in(project, name, words, new)
    assert {each: line in changed[each] for each, line in lines.items()} == dict.fromkeys(lines, True)
    assert changed.keys() == lines.keys()
    for each, text in changed.items():
        (project / each).write_text(text, encoding="utf-8")
    for each, old in before.items():
        now = compile_here((project / each).read_text("utf-8"), project / each)
        assert now.compiled.problems == (), each
        assert now.graph is not None
        assert old.graph is not None
        assert [node.op for node in now.graph.nodes.values()] == [node.op for node in old.graph.nodes.values()]
        assert [node.output for node in now.graph.nodes.values()] == [node.output for node in old.graph.nodes.values()]


def test_renaming_back_gives_the_same_texts(project: Path) -> None:
    before = {path: path.read_text("utf-8") for path in project.rglob("*.yaml")}
    for name, text in rename_in(project, "family.yaml", "  ste‸m:", "root").items():
        (project / name).write_text(text, encoding="utf-8")
    for name, text in rename_in(project, "backbone.yaml", "low: ro‸ot", "stem").items():
        (project / name).write_text(text, encoding="utf-8")
    assert {path: path.read_text("utf-8") for path in project.rglob("*.yaml")} == before


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "broken.yaml",
            "archspec: 1\nextends: family.yaml\ngraph: {a: [\n",
            "broken.yaml may name it, and is not valid",
        ),
        ("taken.yaml", f"{DERIVED}variants: {{tiny: {{}}}}\n", "something called 'tiny' already, in .*taken.yaml"),
    ],
)
def test_files_that_stand_in_the_way(project: Path, name: str, text: str, reason: str) -> None:
    (project / name).write_text(text, encoding="utf-8")
    with pytest.raises(RenameError, match=reason):
        rename_in(project, "family.yaml", "sma‸ll", "tiny")


def test_a_file_that_is_no_text(project: Path) -> None:
    (project / "binary.yaml").write_bytes(b"archspec: 1\nextends: family.yaml\nname: \xff\n")
    with pytest.raises(RenameError, match=r"binary.yaml may name it, and cannot be read"):
        rename_in(project, "family.yaml", "sma‸ll", "tiny")


def test_a_use_that_inserts_blocks_in_another_file(project: Path) -> None:
    text = IMPORTING.replace("again: {op: unit,", "again: {repeat: {each: [unit], as: kind}, op: $kind,")
    (project / "below" / "importing.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RenameError, match=r"also given at again in importing.yaml, whose op is"):
        rename_in(project, "family.yaml", "params: {chan‸nels", "width")


def test_blocks_of_a_spec_within_a_spec_are_inserted_there_alone(tmp_path: Path) -> None:
    place = tmp_path / "specs" / "mine.yaml"
    place.parent.mkdir()
    text = (SPECS / "fpn_resnet50.yaml").read_text(encoding="utf-8")
    place.write_text(text, encoding="utf-8")
    assert "channels: 256" in text
    (changed,) = rename_in(place.parent, "mine.yaml", "params: {chann‸els: int}", "width").values()
    assert "width: 256" in changed


def test_the_zoo_is_not_changed(tmp_path: Path) -> None:
    place = tmp_path / "mine.yaml"
    place.write_text("archspec: 1\nname: mine\nextends: families/resnet.yaml\nvariant: resnet18\n", encoding="utf-8")
    here = Files({}).at(place)
    with pytest.raises(RenameError, match=r"'resnet18' has its name in resnet.yaml, which comes with archspec"):
        renameable(at("variant: res‸net18", here.source.text), here, [tmp_path])


def test_files_outside_of_the_open_folder_are_not_changed(project: Path) -> None:
    here = Files({}).at(project / "below" / "importing.yaml")
    with pytest.raises(RenameError, match=r"family.yaml, which is outside of the open folder"):
        renameable(at("again: {op: un‸it", here.source.text), here, [project / "below"])


def test_open_documents_count_in_place_of_their_files(project: Path) -> None:
    place = project / "derived.yaml"
    files = Files({place: DERIVED.replace("variant: small\n", "")})
    here = files.at(project / "family.yaml")
    changes = renamed(at("sma‸ll", here.source.text), "tiny", here, files, [project], Choice())
    assert {change.file.place for change in changes} == {project / "family.yaml", project / "backbone.yaml"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SPEC, None),
        (SPEC.replace("stem", "root"), None),
        (SPEC.replace("kernel_size: 3}", "kernel_size: 5}"), "another network"),
        (SPEC.replace("from: [unit2, unit2]", "from: [stem, unit2]"), "16"),
        (SPEC.replace("pool: global_avg_pool", "pooled: global_avg_pool"), "another network"),
        (SPEC.replace("  fc: {op: linear, out_features: classes}\n", ""), "another network"),
    ],
)
def test_differences(text: str, found: str | None) -> None:
    answer = difference(compile_here(SPEC).compiled, compile_here(text).compiled, "stem", "root")
    assert (answer is None) == (found is None)
    assert found is None or found in str(answer)
