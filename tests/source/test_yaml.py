from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.diagnostics.catalog import yaml as catalog
from archspec.diagnostics.doc import parse_doc
from archspec.source.span import SourceFile, Span
from archspec.source.tree import Mapping, Scalar, Sequence, Tree, plain
from archspec.source.yaml import MAX_ANCHORS, MAX_BYTES, MAX_DEPTH, MAX_NODES, YamlFault, decode, parse, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from archspec.diagnostics.problem import Problem


def tree_of(text: str) -> Tree:
    return parse(SourceFile("spec.yaml", text))


def fault_of(text: str) -> YamlFault:
    with pytest.raises(YamlFault) as caught:
        tree_of(text)
    return caught.value


def value_of(text: str) -> object:
    tree = tree_of(text)
    assert isinstance(tree, Scalar)
    return tree.value


def under(source: str, span: Span) -> str:
    """Return the text of a span, found without the parser's own arithmetic."""
    lines = SourceFile("", source).lines()[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


def trees_within(tree: Tree) -> Iterator[Tree]:
    yield tree
    children: tuple[Tree, ...] = ()
    if isinstance(tree, Sequence):
        children = tree.items
    elif isinstance(tree, Mapping):
        children = tuple(part for entry in tree.entries for part in (entry.key, entry.value))
    for child in children:
        yield from trees_within(child)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("off", "off"),
        ("y", "y"),
        ("true", True),
        ("True", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("false", False),
        ("010", 10),
        ("0o17", 15),
        ("0o18", "0o18"),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("-0x1F", "-0x1F"),
        ("1_000", "1_000"),
        ("+12", 12),
        ("-12", -12),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5", -0.5),
        (".", "."),
        ("1.2.3", "1.2.3"),
        ("e3", "e3"),
        ("12:30", "12:30"),
        ("1:3", "1:3"),
        ("2001-02-30", "2001-02-30"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("inf", "inf"),
        ("null", None),
        ("Null", None),
        ("~", None),
        ("nULL", "nULL"),
        ("channels * 4", "channels * 4"),
        ("x[1:2]", "x[1:2]"),
        ("a#b", "a#b"),
        ("\u0661\u0662", "\u0661\u0662"),  # digits, but not YAML's
        ('"010"', "010"),
        ("'no'", "no"),
        ('"\\u00e9\\n"', "é\n"),
        ("|\n  true\n", "true\n"),
        (">-\n  1\n", "1"),
    ],
)
def test_scalars_are_resolved_by_yaml_1_2(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


def test_nan() -> None:
    assert math.isnan(float(str(value_of(".nan"))))


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "---\n", "---\n...\n", "~"])
def test_nothing_is_null(text: str) -> None:
    assert value_of(text) is None


def test_a_tree_keeps_the_order_and_the_text_of_the_file() -> None:
    tree = tree_of("b: 010\na: [1, {x: 'no'}]\n")
    assert isinstance(tree, Mapping)
    assert tree.keys() == ("b", "a")
    assert plain(tree) == {"b": 10, "a": [1, {"x": "no"}]}
    number = tree.get("b")
    assert isinstance(number, Scalar)
    assert (number.text, number.quoted) == ("010", False)


def test_aliases_repeat_their_anchor() -> None:
    assert plain(tree_of("a: &x [1, &y 2]\nb: *x\nc: [*y, *y]\n*y : d\n")) == {
        "a": [1, 2],
        "b": [1, 2],
        "c": [2, 2],
        "2": "d",
    }


def test_an_anchor_can_be_given_again() -> None:
    assert plain(tree_of("[&x 1, *x, &x 2, *x]")) == [1, 1, 2, 2]


SPANS = """\
# comment
graph:   # another

  conv1: {op: conv, padding: [1, 2]}   # more
  é😀: &anchor
    x: "a b"

    y:
    - 1
    - &two  2
    - |
      several
      lines


  last: &flow [ a,
     b ]

"""


def test_spans_hold_exactly_what_was_written() -> None:
    texts = [under(SPANS, tree.span) for tree in trees_within(tree_of(SPANS))]
    assert texts == [
        SPANS[SPANS.index("graph") :].rstrip(),
        "graph",
        SPANS[SPANS.index("conv1") :].rstrip(),
        "conv1",
        "{op: conv, padding: [1, 2]}",
        "op",
        "conv",
        "padding",
        "[1, 2]",
        "1",
        "2",
        "é😀",
        SPANS[SPANS.index("x:") : SPANS.index("\n\n\n  last")],
        "x",
        '"a b"',
        "y",
        SPANS[SPANS.index("- 1") + 2 : SPANS.index("\n\n\n  last")],
        "1",
        "2",
        "|\n      several\n      lines",
        "last",
        "[ a,\n     b ]",
        "a",
        "b",
    ]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_every_line_break_of_yaml_counts_as_a_line(line_break: str) -> None:
    text = SPANS.replace("\n", line_break)
    assert [tree.span for tree in trees_within(tree_of(text))] == [tree.span for tree in trees_within(tree_of(SPANS))]


def test_a_pair_in_a_list_is_a_mapping_without_braces() -> None:
    text = "[a: 1, b]"
    assert [under(text, tree.span) for tree in trees_within(tree_of(text))] == [text, "a: 1", "a", "1", "b"]


def test_a_missing_value_stands_behind_its_colon() -> None:
    tree = tree_of("a:\n\nb: 1\n")
    assert isinstance(tree, Mapping)
    assert tree.entries[0].value.span == Span("spec.yaml", 1, 3, 1, 3)


# JSON escapes line breaks and tabs, but leaves other controls and line separators as they are, which YAML does not.
TEXT = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"], include_characters="\n\r\t\0"))


@given(
    st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(10**30), 10**30),
            st.floats(allow_nan=False, allow_infinity=False),
            TEXT,
        ),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
        max_leaves=20,
    )
)
def test_json_is_read_as_json(value: object) -> None:
    assert plain(tree_of(json.dumps(value, ensure_ascii=False))) == value


@given(st.text(alphabet=st.sampled_from("ab1 .:-,[]{}()&*!|>%@`'\"#?\n\t\\~<$=é\u2028"), max_size=40))
def test_any_text_gives_a_tree_or_a_fault_in_the_file(text: str) -> None:
    source = SourceFile("spec.yaml", text)
    try:
        spans = [tree.span for tree in trees_within(parse(source))]
    except YamlFault as fault:
        problem = catalog.from_fault(fault)
        assert problem.message().isprintable()
        assert (problem.help() or "").isprintable()
        spans = [fault.span]
    lines = source.lines()
    for span in spans:
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        assert 1 <= span.line <= span.end_line <= len(lines) + 1
        assert span.column >= 1


@given(st.binary(max_size=60))
def test_any_bytes_give_a_tree_or_a_fault(data: bytes) -> None:
    message = ""
    try:
        parse(decode(data, "spec.yaml"))
    except YamlFault as fault:
        message = catalog.from_fault(fault).message()
    assert message.isprintable()


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

# Each with the slug, and the place of the fault.
FAULTS = [
    ("graph:\n\trelu: relu\n", "tab-indentation", (2, 1)),
    ("graph:\n  a: b\n\tc: d\n", "tab-indentation", (3, 1)),
    ("graph:\n  \ta: b\n", "tab-indentation", (2, 3)),
    ("{repeat: depths[0]}", "needs-quotes", (1, 10)),
    ("graph: [[depths[0], 1]]", "needs-quotes", (1, 10)),
    ("{a: ${x}}", "needs-quotes", (1, 5)),
    ("{a: ${x", "needs-quotes", (1, 5)),
    ("{a: x if y == [1] else 2}", "needs-quotes", (1, 5)),
    ("{a: max(b, c)}", "needs-quotes", (1, 5)),
    ("{a: @x, b: 1}", "needs-quotes", (1, 5)),
    ("a: @x", "needs-quotes", (1, 4)),
    ("a: %x", "needs-quotes", (1, 4)),
    ("a: `x`", "needs-quotes", (1, 4)),
    ("a: * 2", "needs-quotes", (1, 4)),
    ("a: & 2", "needs-quotes", (1, 4)),
    ("a: > 2", "needs-quotes", (1, 4)),
    ("a: |x", "needs-quotes", (1, 4)),
    ("a: ? x", "needs-quotes", (1, 4)),
    ("a: ,x", "needs-quotes", (1, 4)),
    ("a: [1, 2][0]", "needs-quotes", (1, 4)),
    ('a: "x" + y', "needs-quotes", (1, 4)),
    ("a: [1, 2\nb: 3", "unclosed-bracket", (1, 4)),
    ("a: {b: 1\n  c: 2}", "unexpected-in-brackets", (2, 4)),
    ('a: {b: "x, c: 1}\nd: {e: "y"}', "unclosed-quote", (1, 8)),
    ("a: {b: 1}}\nc: 2", "yaml-syntax", (1, 10)),
    ("a: 1\nb {c: 1, d: 2}\ne: 2", "missing-colon", (2, 1)),
    ("a: 1\nb:{c: 1, d: 2}\ne: 2", "missing-colon", (2, 1)),
    ("a: 1\nb\nc: 2", "missing-colon", (2, 1)),
    ("a: {b: 1 c: 2}", "unexpected-in-brackets", (1, 11)),
    ("a: {b: 1]", "unexpected-in-brackets", (1, 9)),
    ("a: {b: 1,, c: 2}", "unexpected-in-brackets", (1, 10)),
    ("a: [1,\n  2\n", "unclosed-bracket", (1, 4)),
    ("a: {b: [1, 2]", "unclosed-bracket", (1, 4)),
    ("a: [b, c: d", "unclosed-bracket", (1, 4)),
    ("[?", "unclosed-bracket", (1, 1)),
    ("a: &x [b", "unclosed-bracket", (1, 7)),
    ("a: &x [b: c}", "unexpected-in-brackets", (1, 12)),
    ('a: "xyz\nb: 1\n', "unclosed-quote", (1, 4)),
    ("a: 'xyz", "unclosed-quote", (1, 4)),
    ('a: "\\q"', "bad-escape", (1, 5)),
    ('a: "\\ud800"', "bad-escape", (1, 7)),
    ('a: "\\xzz"', "bad-escape", (1, 7)),
    ("a: b: c", "unexpected-colon", (1, 5)),
    ("a: b\n  c: d", "unexpected-colon", (2, 4)),
    ("a: 1\nfoo\nb: 2\n", "missing-colon", (2, 1)),
    ("a: - 1", "unexpected-dash", (1, 4)),
    ("a:\n  b: 1\n c: 2", "bad-indentation", (3, 2)),
    ("- a\nb: 1", "bad-indentation", (2, 1)),
    ("a: ]", "yaml-syntax", (1, 4)),
    ("a: 1\n...\nb", "yaml-syntax", (3, 1)),
    ("a: 1\n---\nb: 2", "several-documents", (2, 1)),
    ("--- a\n--- b", "several-documents", (2, 1)),
    ("%YAML 1.1\n---\na", "yaml-directive", (1, 1)),
    ("\n  # c\r%TAG ! x\n---\na", "yaml-directive", (3, 1)),
    ("a\n...\n%YAML 1.2\n---\nb", "yaml-directive", (3, 1)),
    ("a: !!int 3", "yaml-tag", (1, 4)),
    ("a: !!python/object/apply:os.system [x]", "yaml-tag", (1, 4)),
    ("a: !x {b: c}", "yaml-tag", (1, 4)),
    ("a: ! 3", "yaml-tag", (1, 4)),
    ("a: !foo!bar 3", "yaml-tag", (1, 4)),
    ("a: !<x", "yaml-tag", (1, 4)),
    ("{a: !x}", "yaml-tag", (1, 5)),
    ("a: {<<: {b: 1}}", "merge-key", (1, 5)),
    ("a: 1\nb: 2\na: 3", "duplicate-key", (3, 1)),
    ("{1: a, 1.0: b}", "duplicate-key", (1, 8)),
    ("{1: a, 0x1: b}", "duplicate-key", (1, 8)),
    ('{1: a, "1": b}', "duplicate-key", (1, 8)),
    ("{true: a, True: b}", "duplicate-key", (1, 11)),
    ("{~: a, null: b}", "duplicate-key", (1, 8)),
    ("{.nan: a, .NaN: b}", "duplicate-key", (1, 11)),
    ("{&x a: 1, *x : 2}", "duplicate-key", (1, 11)),
    ("[a, b]: c", "key-not-scalar", (1, 1)),
    ("? {a: b}\n: c", "key-not-scalar", (1, 3)),
    ("{[a]: b}", "key-not-scalar", (1, 2)),
    ("a: *x", "unknown-alias", (1, 4)),
    ("a: {b: *x}", "unknown-alias", (1, 8)),
    ("a: &a [1, *a]", "recursive-alias", (1, 11)),
    ("&a {b: {c: *a}}", "recursive-alias", (1, 12)),
    ("a: " + "1" * 41, "number-too-long", (1, 4)),
    ("a: -" + "1" * 1_000_000, "number-too-long", (1, 4)),
    ("a: 0x" + "f" * 1_000_000, "number-too-long", (1, 4)),
    ("a: 1e999", "number-overflows", (1, 4)),
    ("a: x\x00y", "control-character", (1, 5)),
    ("a: \x1b[2J", "control-character", (1, 4)),
    ("a: \ufeff", "control-character", (1, 4)),
    ("a: \ud800", "control-character", (1, 4)),
    ("[" * 100_000, "too-deep", (1, MAX_DEPTH + 1)),
    ("[" * 100_000 + "]" * 100_000, "too-deep", (1, MAX_DEPTH + 1)),
    ("- " * 30_000, "too-deep", (1, 2 * MAX_DEPTH + 1)),
    ("{a: " * 1_000, "too-deep", (1, 4 * MAX_DEPTH + 1)),
    ("? " * 30_000, "too-deep", (1, 2 * MAX_DEPTH + 1)),
    (BOMB, "too-many-nodes", (5, 20)),
    ("[" + "a," * MAX_NODES + "]", "too-many-nodes", (1, 2 * MAX_NODES)),
    ("-\n" * (MAX_NODES + 1), "too-many-nodes", (MAX_NODES, 2)),
    ("[" + "&a a," * (MAX_ANCHORS + 1) + "]", "too-many-anchors", (1, 5 * MAX_ANCHORS + 2)),
    (" " * (MAX_BYTES + 1), "file-too-large", (1, 1)),
]


@pytest.mark.parametrize(("text", "slug", "place"), FAULTS, ids=[f"{slug}-{text[:12]!r}" for text, slug, _ in FAULTS])
def test_faults(text: str, slug: str, place: tuple[int, int]) -> None:
    fault = fault_of(text)
    assert (fault.slug, fault.span.line, fault.span.column) == (slug, *place)
    problem = catalog.from_fault(fault)
    assert problem.slug == slug
    assert problem.span == fault.span
    assert len(problem.message()) < 400


def test_every_fault_of_text_is_tested() -> None:
    of_bytes = {"not-a-regular-file", "utf-16", "not-utf-8"}
    assert {kind.slug for kind in catalog.PROBLEMS} == {slug for _, slug, _ in FAULTS} | of_bytes


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("{repeat: depths[0], a: b}", 'write "depths[0]"'),
        ("{a: ${x}, b: c}", "write the name alone: x"),
        ("{a: ${x + 1}, b: c}", 'write "${x + 1}"'),
        ("{a: max(b, [c][0])}", 'write "max(b, [c][0])"'),
        ("{a: @x}  # comment", "write the name alone: x"),
        ('a: "x" + y', "write '\"x\" + y'"),
        ("{a: '\"' + \"'\"}", "write the value in quotes, those within it doubled"),
    ],
)
def test_the_advice_is_the_value_in_quotes_or_the_name_alone(text: str, advice: str) -> None:
    assert catalog.from_fault(fault_of(text)).help() == advice


def test_a_duplicate_key_names_the_first() -> None:
    problem = catalog.from_fault(fault_of("1.0: a\n1: b\n"))
    assert problem.message() == "the key '1' is the same as '1.0'"
    assert [(note.message, str(note.span)) for note in problem.notes] == [("the first one is here", "spec.yaml:1:1")]


def test_the_deepest_tree_that_is_allowed() -> None:
    assert tree_of("[" * MAX_DEPTH + "]" * MAX_DEPTH).span.end_column == 2 * MAX_DEPTH + 1


def test_aliases_do_not_nest_deeper_than_brackets() -> None:
    half = MAX_DEPTH // 2
    anchor = "a: &a " + "[" * half + "]" * half
    tree_of(f"{anchor}\nb: " + "[" * (half - 1) + "*a" + "]" * (half - 1))
    assert fault_of(f"{anchor}\nb: " + "[" * half + "*a" + "]" * half).slug == "too-deep"


def test_many_tag_directives_never_reach_the_parser() -> None:
    directives = "".join(f"%TAG !{number}! x\n" for number in range(200_000))
    assert fault_of(directives).slug == "yaml-directive"
    assert fault_of(f"a\n...\n{directives}").slug == "yaml-directive"


def test_long_text_is_no_number() -> None:
    assert value_of("x" * 1_000_000) == "x" * 1_000_000


# Bytes


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: \xc3\xa9\n", "a: é\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
        (b"a: 1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        (b"", ""),
    ],
)
def test_bytes_are_utf_8(data: bytes, text: str) -> None:
    assert decode(data, "spec.yaml") == SourceFile("spec.yaml", text)


@pytest.mark.parametrize(
    ("data", "slug", "place"),
    [
        (b"a: \xff", "not-utf-8", (1, 4)),
        (b"# \xc3\xa9\r\n\xc3\xa9 \xe9: 1", "not-utf-8", (2, 3)),
        (b"a: \xed\xa0\x80", "not-utf-8", (1, 4)),
        (b"\xef\xbb\xbfab\xff", "not-utf-8", (1, 3)),
        ("a: 1".encode("utf-16"), "utf-16", (1, 1)),
        ("a: 1".encode("utf-16-be"), "control-character", (1, 1)),
        (b"\xfe\xff\x00a", "utf-16", (1, 1)),
        ("a: 1".encode("utf-32"), "utf-16", (1, 1)),
        (b"\xef\xbb\xbf\xef\xbb\xbfa", "control-character", (1, 1)),
        (b"a" * (MAX_BYTES + 1), "file-too-large", (1, 1)),
    ],
)
def test_bytes_that_are_no_text(data: bytes, slug: str, place: tuple[int, int]) -> None:
    with pytest.raises(YamlFault) as caught:
        parse(decode(data, "spec.yaml"))
    assert (caught.value.slug, caught.value.span.line, caught.value.span.column) == (slug, *place)


# Files


def fault_of_reading(path: Path) -> YamlFault:
    with pytest.raises(YamlFault) as caught:
        read(path, "shown.yaml")
    return caught.value


def test_a_file_is_read_under_the_name_that_the_user_gave(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read(tmp_path / "spec.yaml", "shown.yaml") == SourceFile("shown.yaml", "a: 1\r\n")


def test_a_directory_is_not_read(tmp_path: Path) -> None:
    problem = catalog.from_fault(fault_of_reading(tmp_path))
    assert problem.message() == "cannot read 'shown.yaml': it is a directory, not a file"
    assert problem.exit_code == 3


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert fault_of_reading(tmp_path / "pipe").detail["kind"] == "a pipe"


def test_a_device_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "zeros.yaml").symlink_to("/dev/zero")
    assert fault_of_reading(tmp_path / "zeros.yaml").detail["kind"] == "a device"


def test_a_large_file_is_refused_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse.yaml").open("wb") as file:
        file.truncate(1 << 40)
    fault = fault_of_reading(tmp_path / "sparse.yaml")
    assert (fault.slug, fault.detail["size"]) == ("file-too-large", f"{1 << 40:,}")


def test_what_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing.yaml", "missing.yaml")
    with pytest.raises(OSError, match="NUL"):
        read(tmp_path / "a\0b", "a\0b")


# The catalog


@pytest.mark.parametrize("kind", catalog.PROBLEMS, ids=lambda kind: kind.slug)
def test_the_examples_of_each_problem(kind: type[Problem]) -> None:
    doc = parse_doc(kind)
    assert doc.summary
    assert doc.bad
    assert doc.good
    if not doc.bad.startswith("$ "):
        assert catalog.from_fault(fault_of(doc.bad)).code == kind.code
    if not doc.good.startswith("$ "):
        tree_of(doc.good)


def test_codes_and_slugs_are_used_once() -> None:
    assert len({kind.code for kind in catalog.PROBLEMS}) == len(catalog.PROBLEMS)
    assert len({kind.slug for kind in catalog.PROBLEMS}) == len(catalog.PROBLEMS)


def test_what_a_file_says_cannot_reach_the_terminal_as_it_is() -> None:
    problem = catalog.from_fault(fault_of('"\\e[2J\\u202e": 1\n"\\e[2J\\u202e": 2\n'))
    assert problem.message() == r"the key '\x1b[2J\u202e' is here twice"
