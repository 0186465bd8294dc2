from __future__ import annotations

import ast
import dataclasses
import random
import subprocess
import sys
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.diagnostics.catalog.expressions import PROBLEMS
from archspec.diagnostics.doc import parse_doc
from archspec.diagnostics.problem import Problem, ProblemError
from archspec.source.span import SourceFile, Span
from archspec.source.tree import Mapping, PlainValue, Scalar, plain
from archspec.source.yaml import parse
from archspec.spec.expressions import (
    UNKNOWN,
    HasAttributes,
    Unknown,
    Value,
    attributes,
    evaluate,
    make_divisible,
    names,
    parse_expression,
    render,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclasses.dataclass(frozen=True)
class Tensor:
    """Stands for an input or a node in scope."""

    sizes: dict[str, Value | Unknown]

    def attribute(self, name: str) -> Value | Unknown:
        if name not in self.sizes:
            raise KeyError(*self.sizes)
        return self.sizes[name]


SCOPE: dict[str, object] = {
    "a": 3,
    "b": -2,
    "zero": 0,
    "width": 1.5,
    "flag": True,
    "depths": [2, 3, 4],
    "pairs": ([1, 16], [6, 24]),
    "activation": "relu",
    "nothing": None,
    "infinite": float("inf"),
    "undefined": float("nan"),
    "many": list(range(10_000)),
    "text": "x" * 1_000_000,
    "input": Tensor({"channels": 64, "height": UNKNOWN}),
    "layer1.conv": Tensor({"channels": 32}),
    "lost": UNKNOWN,
    "half_lost": [1, UNKNOWN],
}


def span_of(text: str) -> Span:
    return Span("spec.yaml", 1, 1, 1, 1 + len(text))


def value_of(text: str) -> Value | Unknown:
    return evaluate(parse_expression(text, span_of(text)), SCOPE)


def problem_of(text: str) -> Problem:
    with pytest.raises(ProblemError) as caught:
        value_of(text)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a * 4", 12),
        ("2 if a == 0 else 1", 1),
        ("a != 1 or input.channels != 64", True),
        ("make_divisible(a * 20 * width, 8)", 88),
        ("depths[0] + depths[-1]", 6),
        ("depths[1:]", [3, 4]),
        ("depths[::-1]", [4, 3, 2]),
        ("pairs[1][1]", 24),
        ("pairs", [[1, 16], [6, 24]]),
        ("(1, 2)", [1, 2]),
        ("(1, 2) == [1, 2]", True),
        ("[1] + [2]", [1, 2]),
        ("[64] * 3", [64, 64, 64]),
        ("3 * [64]", [64, 64, 64]),
        ("-1 * [64]", []),
        ("1 < a <= 3", True),
        ("1 < a < 3", False),
        ("a in [1, 3]", True),
        ("a not in range(3)", True),
        ("activation == 'relu'", True),
        ('activation in ["silu", "gelu"]', False),
        ("'relu' == activation != 'silu'", True),
        ("activation", "relu"),
        ("true and not false", True),
        ("True", True),
        ("flag + 1", 2),
        ("zero or a", 3),
        ("zero and nope", 0),
        ("flag or nope", True),
        ("a if flag else nope", 3),
        ("7 / 2", 3.5),
        ("8 / 2", 4.0),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("2 ** 10", 1024),
        ("2 ** -1", 0.5),
        ("-2 ** 2", -4),
        ("2 ** 53", 2**53),
        ("1e3", 1000.0),
        ("0x1F", 31),
        ("min(a, 2, 5)", 2),
        ("max(depths)", 4),
        ("abs(b)", 2),
        ("round(2.5)", 2),
        ("round(2.567, 1)", 2.6),
        ("floor(-1.5)", -2),
        ("ceil(a / 2)", 2),
        ("sqrt(16)", 4.0),
        ("log2(8)", 3.0),
        ("sum(range(1, 5))", 10),
        ("len(depths)", 3),
        ("range(5, 0, -2)", [5, 3, 1]),
        ("layer1.conv.channels", 32),
        ("  a\n  + 1 ", 4),
        ("infinite", float("inf")),
        ("text == text", True),
        ("0.5 ** 2000", 0.0),
        ("1 ** 1000000000", 1),
    ],
)
def test_values(text: str, value: Value) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "lost",
        "lost + 1",
        "-lost",
        "not lost",
        "lost and flag",
        "lost or flag",
        "flag and lost",
        "1 < lost < nope",
        "lost == lost",
        "1 if lost else 2",
        "[1, lost]",
        "half_lost",
        "half_lost[0]",
        "depths[lost]",
        "depths[lost:]",
        "lost[0]",
        "lost.channels",
        "lost.channels.more",
        "max(1, lost)",
        "input.height // 2",
    ],
)
def test_what_depends_on_something_unknown_is_unknown(text: str) -> None:
    assert value_of(text) is UNKNOWN


def test_what_is_not_evaluated_stays_unknown_to_nobody() -> None:
    assert value_of("flag or lost") is True
    assert value_of("a if flag else lost") == 3


def test_a_second_mistake_is_found_beside_something_unknown() -> None:
    assert problem_of("lost + nope").slug == "unknown-name"


# Each with the slug of its problem, and the part that it points at (None: all of the text).
FAULTS: list[tuple[str, str, str | None]] = [
    ("9**9**9", "number-out-of-range", None),
    ("1 + 9 ** 9 ** 9", "number-out-of-range", "9 ** 9 ** 9"),
    ("2 ** 53 + 1", "number-out-of-range", None),
    ("1e308 * 10", "number-out-of-range", None),
    ("2.0 ** 1e308", "number-out-of-range", None),
    ("a ** 100 * 0", "number-out-of-range", "a ** 100"),
    ("infinite + 1", "number-out-of-range", None),
    ("floor(infinite)", "number-out-of-range", None),
    ("round(undefined)", "number-out-of-range", None),
    ("make_divisible(infinite, 8)", "number-out-of-range", None),
    ("make_divisible(1e300, 8)", "number-out-of-range", None),
    ("1 + 1e999", "number-out-of-range", "1e999"),
    ("9007199254740993", "number-out-of-range", None),
    ("1" * 900, "number-out-of-range", None),
    ("0x" + "f" * 900, "number-out-of-range", None),
    ("+".join(["a"] * 5_000), "expression-too-long", None),
    ("a" * 1_001, "expression-too-long", None),
    ("a" + " " * 1_000_000, "expression-too-long", None),
    ("+".join(["a"] * 400), "expression-too-deep", None),
    ("-" * 900 + "a", "expression-too-deep", None),
    ("not " * 200 + "a", "expression-too-deep", None),
    ("(" * 33 + "a" + ")" * 33, "expression-too-deep", None),
    ("[" * 900, "expression-too-deep", None),
    ("abs(" * 200, "expression-too-deep", None),
    ("a" + "[0]" * 300, "expression-too-deep", None),
    ("input" + ".channels" * 100, "expression-too-deep", None),
    ("a +", "expression-syntax", None),
    ("", "expression-syntax", None),
    (" \n ", "expression-syntax", None),
    ("(a", "expression-syntax", "("),
    ("a b", "expression-syntax", "b"),
    ("a # comment", "expression-syntax", "#"),
    ("a; b", "expression-syntax", ";"),
    ("a = 1", "expression-syntax", "="),
    ("(a := 1)", "expression-syntax", "="),
    ("min(a, key=b)", "expression-syntax", "="),
    ("${a}", "expression-syntax", "$"),
    ("{1: 2}", "expression-syntax", "{"),
    ("a && b", "expression-syntax", "&"),
    ("a | b", "expression-syntax", "|"),
    ("a ^ b", "expression-syntax", "^"),
    ("~a", "expression-syntax", "~"),
    ("a @ b", "expression-syntax", "@"),
    ("flag ? a : b", "expression-syntax", "?"),
    ("!flag", "expression-syntax", "!"),
    ("f'{a}' == a", "expression-syntax", "'{a}'"),
    ("b'a' == a", "expression-syntax", "'a'"),
    ("'\\n' == a", "expression-syntax", "'"),
    ("'a", "expression-syntax", "'"),
    ("1_000", "expression-syntax", "_000"),
    ("2j", "expression-syntax", "j"),
    ("1if a else 2", "expression-syntax", "if"),
    ("é", "expression-syntax", "é"),
    ("\uff41", "expression-syntax", "\uff41"),  # a wide a, which Python itself would read as a
    ("a\u00a0+ 1", "expression-syntax", "\u00a0"),
    ("yield a", "expression-syntax", "y"),
    ("import os", "expression-syntax", "i"),
    ("a\nb", "expression-syntax", "b"),
    ("a) + (b", "expression-syntax", ")"),
    ("1 + (lambda: 1)", "construct-not-allowed", "lambda: 1"),
    ("[x for x in depths]", "construct-not-allowed", None),
    ("sum(x for x in depths)", "construct-not-allowed", "(x for x in depths)"),
    ("min(*depths)", "construct-not-allowed", "*depths"),
    ("[*depths]", "construct-not-allowed", "*depths"),
    ("await a", "construct-not-allowed", None),
    ("a is b", "construct-not-allowed", None),
    ("a is not b", "construct-not-allowed", None),
    ("...", "construct-not-allowed", None),
    ("None", "construct-not-allowed", None),
    ("a == null", "construct-not-allowed", "null"),
    ("(1).real", "construct-not-allowed", None),
    ("true.real", "construct-not-allowed", None),
    ("depths[0].real", "construct-not-allowed", None),
    ("().__class__.__bases__", "construct-not-allowed", None),
    ("a.bit_length()", "construct-not-allowed", None),
    ("(min)(1, 2)(3)", "construct-not-allowed", None),
    ("depths[0, 1]", "construct-not-allowed", "0, 1"),
    ("depths[0:1, 1]", "construct-not-allowed", "0:1, 1"),
    ("'relu'", "text-in-expression", None),
    ("'a' * 1000000000 == text", "text-in-expression", "'a'"),
    ("len('abc') == 3", "text-in-expression", "'abc'"),
    ("activation if activation == 'relu' else 'silu'", "text-in-expression", "'silu'"),
    ("__import__('os')", "unknown-function", "__import__"),
    ("1 + eval(a)", "unknown-function", "eval"),
    ("cel(a)", "unknown-function", "cel"),
    ("a(1)", "unknown-function", "a"),
    ("1 + abs(a, b)", "wrong-arguments", "abs"),
    ("abs()", "wrong-arguments", "abs"),
    ("max([])", "wrong-arguments", None),
    ("max(1)", "wrong-arguments", None),
    ("max(1, depths)", "wrong-arguments", None),
    ("sum(1)", "wrong-arguments", None),
    ("sum([depths])", "wrong-arguments", None),
    ("len(activation)", "wrong-arguments", None),
    ("abs(activation)", "wrong-arguments", None),
    ("log2(0)", "wrong-arguments", None),
    ("sqrt(-1)", "wrong-arguments", None),
    ("range(1.5)", "wrong-arguments", None),
    ("range(2.0)", "wrong-arguments", None),
    ("range(1, 2, 0)", "wrong-arguments", None),
    ("round(1, -1000000000000)", "wrong-arguments", None),
    ("make_divisible(a, 0)", "wrong-arguments", None),
    ("1 + nope", "unknown-name", "nope"),
    ("min + 1", "unknown-name", "min"),
    ("__builtins__", "unknown-name", None),
    ("nope.channels", "unknown-name", "nope"),
    ("1 + input.chanels", "unknown-attribute", "input.chanels"),
    ("input.__class__", "unknown-attribute", None),
    ("input.channels.more", "unknown-attribute", None),
    ("a.real", "unknown-attribute", None),
    ("input + 1", "not-a-value", "input"),
    ("nothing", "not-a-value", None),
    ("1 + a / zero", "division-by-zero", "a / zero"),
    ("a // 0", "division-by-zero", None),
    ("a % 0.0", "division-by-zero", None),
    ("0 ** -1", "division-by-zero", None),
    ("depths + 1", "wrong-operands", None),
    ("depths - depths", "wrong-operands", None),
    ("depths * 1.5", "wrong-operands", None),
    ("depths < depths", "wrong-operands", None),
    ("text * 1000", "wrong-operands", None),
    ("text + text", "wrong-operands", None),
    ("activation < activation", "wrong-operands", None),
    ("a in activation", "wrong-operands", None),
    ("-depths", "wrong-operands", None),
    ("a[0]", "wrong-operands", None),
    ("text[0]", "wrong-operands", None),
    ("depths[1.0]", "wrong-operands", None),
    ("depths[1.0:]", "wrong-operands", None),
    ("depths[::0]", "wrong-operands", None),
    ("depths[3]", "index-out-of-range", None),
    ("depths[-4]", "index-out-of-range", None),
    ("[][0]", "index-out-of-range", None),
    ("range(10 ** 15)", "list-too-long", None),
    ("len(range(-10 ** 9, 10 ** 9))", "list-too-long", "range(-10 ** 9, 10 ** 9)"),
    ("[1] * 10 ** 15", "list-too-long", None),
    ("many + many", "list-too-long", None),
    ("[0] * 10000 * 10000", "list-too-long", None),
    ("[[0] * 10000] * 10000 == [[0] * 10000] * 10000", "too-many-steps", None),
    ("[many] * 10000 == [many] * 10000", "too-many-steps", None),
    ("many in [many] * 10000", "too-many-steps", None),
    ("sum(many) + sum(many) + sum(many)", "too-many-steps", None),
    ("+".join(["sum(range(9999))"] * 50), "too-many-steps", None),
    ("(-8) ** 0.5", "not-real", None),
]


@pytest.mark.parametrize(("text", "slug", "part"), FAULTS, ids=[f"{slug}-{text[:16]!r}" for text, slug, _ in FAULTS])
def test_faults(text: str, slug: str, part: str | None) -> None:
    problem = problem_of(text)
    assert problem.slug == slug
    assert problem.span is not None
    assert text[problem.span.column - 1 : problem.span.end_column - 1] == (text if part is None else part)
    assert problem.message().isprintable()
    assert len(problem.message()) < 300
    assert problem.help() is None or len(problem.help() or "") < 300


def test_every_problem_is_tested() -> None:
    assert {kind.slug for kind in PROBLEMS} == {slug for _, slug, _ in FAULTS}


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("dephts[0]", "did you mean 'depths'?"),
        ("input.chanels", "did you mean 'channels'?"),
        ("input.more", "it has channels, height"),
        ("cel(a)", "did you mean 'ceil'?"),
        ("max - 1", "'max' is a function: max(...)"),
        ("input * 2", "ask for a size of it, such as input.channels"),
        ("a && b", "write 'and'"),
        ("$a", "names stand without '$' and braces in an expression"),
        ("depths[3]", "the indices are 0 to 2"),
    ],
)
def test_advice(text: str, advice: str) -> None:
    assert problem_of(text).help() == advice


# Spans in the file


@pytest.mark.parametrize(
    ("yaml", "place"),
    [
        ("a: 1 + nope\n", (1, 8, 12)),
        ('a: "1 + nope"\n', (1, 9, 13)),
        ("b: x\na:   'nope'\n", (2, 7, 11)),
        ('é: x\n"a": "b == \'é\' or nope"\n', (2, 19, 23)),
        ("a: 1 +\n  nope\n", (1, 4, 7)),  # on several lines, all of it
        ('a: "1 + nop\\x65"\n', (1, 4, 17)),  # so, too, where escapes make it hard to tell
        ("a: |\n  nope\n", (1, 4, 7)),
    ],
)
def test_a_problem_points_into_the_file(yaml: str, place: tuple[int, int, int]) -> None:
    tree = parse(SourceFile("spec.yaml", yaml))
    assert isinstance(tree, Mapping)
    scalar = tree.get("a")
    assert isinstance(scalar, Scalar)
    with pytest.raises(ProblemError) as caught:
        evaluate(parse_expression(scalar.text, scalar.span), {"b": 1})
    span = caught.value.problems[0].span
    assert span is not None
    assert (span.line, span.column, span.end_column) == place


# Names


@pytest.mark.parametrize(
    ("text", "free", "dotted"),
    [
        ("a + b * a", {"a", "b"}, set[tuple[str, str]]()),
        ("max(input.channels, min)", {"input", "min"}, {("input", "channels")}),
        ("layer1.conv.channels", {"layer1"}, {("layer1.conv", "channels")}),
        ("depths[i][j:k]", {"depths", "i", "j", "k"}, set[tuple[str, str]]()),
        ("true if 1 else 'x' == false", set[str](), set[tuple[str, str]]()),
    ],
)
def test_names_and_attributes(text: str, free: set[str], dotted: set[tuple[str, str]]) -> None:
    expression = parse_expression(text, span_of(text))
    assert names(expression) == free
    assert attributes(expression) == dotted


def test_a_tensor_has_attributes() -> None:
    assert isinstance(SCOPE["input"], HasAttributes)
    assert not isinstance(SCOPE["a"], HasAttributes)


def test_expressions_are_equal_by_text_and_place() -> None:
    assert parse_expression("a + 1", span_of("a + 1")) == parse_expression("a + 1", span_of("a + 1"))


@pytest.mark.parametrize(
    ("value", "divisor", "least", "result"),
    # From torchvision's _make_divisible.
    [
        (32 * 0.75, 8, None, 24),
        (11, 8, None, 16),
        (3, 8, None, 8),
        (35, 8, None, 32),
        (37, 8, None, 40),
        (10, 4, 16, 16),
    ],
)
def test_make_divisible(value: float, divisor: int, least: int | None, result: int) -> None:
    assert make_divisible(value, divisor, least) == result


# Source


def identity(name: str) -> str:
    return name


def rename_to(**words: str) -> Callable[[str], str | None]:
    return lambda name: words.get(name.replace(".", "_"))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("a*4", "a * 4"),
        ("((a))", "a"),
        ("(a+b)*c", "(a + b) * c"),
        ("a+(b*c)", "a + b * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("a**b**c", "a**b**c"),
        ("(a**b)**c", "(a**b) ** c"),
        ("-a**2", "-(a**2)"),
        ("(-a)**2", "(-a) ** 2"),
        ("a**-2", "a**-2"),
        ("2**len(x)", "2 ** len(x)"),
        ("not (a==b)", "not a == b"),
        ("(not a) == b", "(not a) == b"),
        ("(a or b) and c", "(a or b) and c"),
        ("a<b<c", "a < b < c"),
        ("(a<b)<c", "(a < b) < c"),
        ("(1 if a else 2) if b else (3 if c else 4)", "(1 if a else 2) if b else 3 if c else 4"),
        ("a == 'relu'", 'a == "relu"'),
        ("a == 'it\"s'", "a == 'it\"s'"),
        ("true", "True"),
        ("(1,)", "(1,)"),
        ("[a, 2]", "(a, 2)"),
        ("x[0]", "x[0]"),
        ("x[ a+1 : ]", "x[a + 1 :]"),
        ("x[a:-1]", "x[a:-1]"),
        ("x[::a+1]", "x[:: a + 1]"),
        ("x[len(y)::2]", "x[len(y) :: 2]"),
        ("a in range(3)", "a in range(3)"),
        ("sum(range(3))", "sum(range(3))"),
        ("range(3)[1]", "range(3)[1]"),
        ("range(3)", "(*range(3),)"),
        ("range(3)[1:]", "(*range(3),)[1:]"),
        ("range(3) == [0, 1, 2]", "(*range(3),) == (0, 1, 2)"),
        ("make_divisible( a*b,8 )", "make_divisible(a * b, 8)"),
        ("1e-3", "0.001"),
        ("input.channels//2", "input.channels // 2"),
        ("sqrt(a)", "math.sqrt(a)"),
        ("1 + floor(a / 2)", "1 + math.floor(a / 2)"),
    ],
)
def test_rendered_source(text: str, source: str | None) -> None:
    assert render(parse_expression(text, span_of(text)), identity) == source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("c * 2", "(x.shape[1] + 1) * 2"),
        ("c + 2", "x.shape[1] + 1 + 2"),
        ("2 - c", "2 - (x.shape[1] + 1)"),
        ("max(c, 2)", "max(x.shape[1] + 1, 2)"),
        ("d ** 2", "(-1) ** 2"),
        ("2 ** d", "2**-1"),
        ("d * 2", "-1 * 2"),
        ("t * 2", "(y + 1) * 2"),
        ("t + 2", "y + 1 + 2"),
        ("t", "y + 1"),
        ("q + 1", "(1 if y else 2) + 1"),
        ("q if q else q", "(1 if y else 2) if (1 if y else 2) else 1 if y else 2"),
        ("s ** 2", "self.width**2"),
        ("input.channels + s", "in_channels + self.width"),
        ("input.height", None),
        ("1 + nope", None),
    ],
)
def test_what_is_put_in_for_a_name_keeps_its_meaning(text: str, source: str | None) -> None:
    rename = rename_to(
        c="x.shape[1] + 1", d="-1", t="(y + 1)", q="1 if y else 2", s="self.width", input_channels="in_channels"
    )
    assert render(parse_expression(text, span_of(text)), rename) == source


def test_functions_are_not_renamed() -> None:
    asked: list[str] = []
    render(parse_expression("min(a, input.channels)", span_of("min(a, input.channels)")), asked.append)
    assert asked == ["a"]  # the first None ends it


LEAVES = ["a", "b", "width", "flag", "depths", "zero", "input.channels", "1", "2", "0.5", "true", "range(3)", "[1, 2]"]
TEMPLATES = [
    *(f"({{}}) {operator} ({{}})" for operator in ("+", "-", "*", "/", "//", "%", "**", "and", "or")),
    *(f"({{}}) {operator} ({{}})" for operator in ("<", "<=", ">", ">=", "==", "!=", "in", "not in")),
    *("-({})", "+({})", "not ({})", "({}) if ({}) else ({})", "[{}, {}]", "({})[{}]", "({})[{}:{}:{}]"),
    *("({})[:{}]", "({})[::{}]", "min({}, {})", "max({})", "abs({})", "round({})", "sum({})", "len({})", "range({})"),
    *("make_divisible({}, {})", "activation == 'relu' or ({})"),
]


def expressions() -> st.SearchStrategy[str]:
    def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.sampled_from(TEMPLATES).flatmap(
            lambda template: st.tuples(*[inner] * template.count("{}")).map(lambda parts: template.format(*parts))
        )

    return st.recursive(st.sampled_from(LEAVES), grown, max_leaves=8)


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # Python warns of `1[a]`, which is an error all the same
@given(expressions())
def test_source_means_what_the_expression_means(text: str) -> None:
    expression = parse_expression(text, span_of(text))
    source = render(expression, lambda name: name.replace(".", "_"))
    assert source is not None
    ast.parse(source, mode="eval")
    try:
        value = evaluate(expression, SCOPE)
    except ProblemError:
        return  # the bounds that it holds are the point; Python has none
    known = {name: as_tuples(SCOPE[name]) for name in ("a", "b", "width", "flag", "depths", "zero", "activation")}
    found = eval(source, {**known, "input_channels": 64, "make_divisible": make_divisible})  # noqa: S307
    found = tuple(found) if isinstance(found, range) else found
    assert found == as_tuples(value)
    assert type(found) is type(as_tuples(value))


def as_tuples(value: object) -> object:
    return tuple(as_tuples(item) for item in cast("list[object]", value)) if isinstance(value, list) else value


@given(st.text(alphabet=st.sampled_from("ab1.0 +-*/%()[]<>=!,:'\"\n&é_xinotr"), max_size=30))
def test_any_text_gives_a_value_or_one_problem(text: str) -> None:
    try:
        value_of(text)
    except ProblemError as error:
        (problem,) = error.problems
        assert problem.message().isprintable()
        assert problem.span is not None
        assert 1 <= problem.span.column <= problem.span.end_column


def test_source_is_formatted_as_ruff_formats_it() -> None:
    chooser = random.Random(0)  # noqa: S311

    def grown(depth: int) -> str:
        template = chooser.choice(TEMPLATES if depth else LEAVES)
        return template.format(*[grown(depth - 1) for _ in range(template.count("{}"))])

    texts = [grown(depth) for depth in (1, 2, 3) for _ in range(300)]
    sources = [render(parse_expression(text, span_of(text)), identity) for text in texts if len(text) < 300]
    written = "".join(f"x = {source}\n" for source in sources)
    command = [sys.executable, "-m", "ruff", "format", "--line-length=320", "-"]
    formatted = subprocess.run(command, input=written, capture_output=True, text=True, check=True).stdout
    assert written == formatted


# The catalog


def scope_of(document: dict[str, PlainValue]) -> dict[str, object]:
    params = document.get("params", {})
    assert isinstance(params, dict)
    return {**params, "input": Tensor({"features": 784, "rank": 1})}


def outcome(example: str) -> str | Value | Unknown:
    """Return the code of the problem of the example's one expression, or its value."""
    document = plain(parse(SourceFile("spec.yaml", example)))
    assert isinstance(document, dict)
    graph = document["graph"]
    assert isinstance(graph, dict)
    node = graph["fc"]
    assert isinstance(node, dict)
    text = str(node["out_features"])
    try:
        return evaluate(parse_expression(text, span_of(text)), scope_of(document))
    except ProblemError as error:
        return error.problems[0].code


@pytest.mark.parametrize("kind", PROBLEMS, ids=lambda kind: kind.slug)
def test_the_examples_of_each_problem(kind: type[Problem]) -> None:
    doc = parse_doc(kind)
    assert doc.summary
    assert outcome(doc.bad) == kind.code
    assert isinstance(outcome(doc.good), int)


def test_codes_and_slugs_are_used_once() -> None:
    assert len({kind.code for kind in PROBLEMS}) == len({kind.slug for kind in PROBLEMS}) == len(PROBLEMS)
