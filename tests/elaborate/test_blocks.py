"""Blocks: parameters, inputs, outputs, scope."""

from __future__ import annotations

import pytest

from tests.compiling import Fault, faults, nodes, problems, spec

UNIT = """
blocks:
  unit:
    params: PARAMS
    graph:
      conv: {op: conv, out_channels: n, kernel_size: 1}
"""


def unit(params: str, use: str) -> str:
    return spec(f"u: {use}", head=UNIT.replace("PARAMS", params))


@pytest.mark.parametrize(
    ("params", "use", "channels"),
    [
        ("{n: int}", "{op: unit, n: 4}", 4),
        ("{n: int}", "{op: unit, n: 4.0}", 4),
        ("{n: int}", "{op: unit, n: x.channels + 1}", 4),
        ("{n: 5}", "unit", 5),
        ("{n: 5}", "{op: unit, n: 6}", 6),
        ("{n: {type: int}}", "{op: unit, n: 6}", 6),
        ('{k: "list[int]", n: {type: int, default: "k[1]"}}', "{op: unit, k: [5, 6]}", 6),
        ("{n: {default: 5, min: 1, max: 8, choices: [5, 6], description: Channels.}}", "{op: unit, n: 6}", 6),
        ("{m: 3, n: {type: int, default: m * 2}}", "unit", 6),
        ("{k: 'int | list[int]', n: {type: int, default: k + 1}}", "{op: unit, k: 5}", 6),
        ("{k: 'list[int]|int', n: {type: int, default: 'sum(k)'}}", "{op: unit, k: [2, 4.0]}", 6),
        ("{k: bool | int, n: {type: int, default: 5 if k == true else 6}}", "{op: unit, k: 2}", 6),
        ("{k: int | str, n: {type: int, default: 6 if k == 'six' else 5}}", "{op: unit, k: six}", 6),
        ("{k: int | str, n: {type: int, default: k}}", "{op: unit, k: $x.channels * 2}", 6),
        ("{k: {type: 'list[int | bool] | bool', default: false}, n: {type: int, default: 5 if k else 6}}", "unit", 6),
    ],
)
def test_parameters(params: str, use: str, channels: int) -> None:
    (line,) = nodes(unit(params, use))
    assert line == f"u.conv = conv(x, out_channels={channels}, kernel_size=1): {channels}x8x8"


@pytest.mark.parametrize(
    ("params", "use", "fault"),
    [
        ("{n: int}", "unit", Fault("AS303", 10, 6, "u")),
        ("{n: int}", "{op: unit, m: 4}", Fault("AS302", 10, 17, "u")),
        ("{n: int}", "{op: unit, n: true}", Fault("AS304", 10, 20, "u")),
        ("{n: int}", "{op: unit, n: 2.5}", Fault("AS304", 10, 20, "u")),
        ("{n: int}", "{op: unit, n: [1]}", Fault("AS304", 10, 20, "u")),
        ("{n: int}", "{op: unit, n: k}", Fault("AS127", 10, 20, "u")),
        ("{n: {type: int, max: 3}}", "{op: unit, n: 4}", Fault("AS304", 10, 20, "u")),
        ("{n: {type: int, choices: [1, 2]}}", "{op: unit, n: 4}", Fault("AS304", 10, 20, "u")),
        ("{n: integer}", "{op: unit, n: 4}", Fault("AS107", 6, 17, "unit")),
        ("{n: 'list[in]'}", "{op: unit, n: a}", Fault("AS304", 8, 38, "u.conv")),
        ("{n: {type: integer}}", "{op: unit, n: 4}", Fault("AS107", 6, 24, "unit")),
        ("{n: {type: int, default: 2.5}}", "{op: unit, n: 4}", Fault("AS107", 6, 38, "unit")),
        ("{n: {default: 2, min: 3}}", "{op: unit, n: 4}", Fault("AS107", 6, 27, "unit")),
        ("{n: {type: int, min: 3, max: 2}}", "{op: unit, n: 4}", Fault("AS107", 6, 17, "unit")),
        ("{n: {type: int, min: a}}", "{op: unit, n: 4}", Fault("AS103", 6, 34, "unit")),
        ("{n: {type: int, choices: [1, a]}}", "{op: unit, n: 1}", Fault("AS107", 6, 42, "unit")),
        ("{n: int | integer}", "{op: unit, n: 4}", Fault("AS107", 6, 17, "unit")),
        ("{n: {type: int | }}", "{op: unit, n: 4}", Fault("AS107", 6, 24, "unit")),
        ("{n: {type: 'list[list[int]'}}", "{op: unit, n: 4}", Fault("AS107", 6, 24, "unit")),
        ("{n: {type: int | bool, default: 2.5}}", "{op: unit, n: 4}", Fault("AS107", 6, 45, "unit")),
        ("{n: int | bool}", "{op: unit, n: 2.5}", Fault("AS304", 10, 20, "u")),
        ("{n: int, m: {type: 'list[int]', min: 2}}", "{op: unit, n: 4, m: [2, 1]}", Fault("AS304", 10, 26, "u")),
        ("{n: op | int}", "{op: unit, n: relux}", Fault("AS301", 10, 20, "u")),
        ("{n: {typ: int}}", "{op: unit, n: 4}", Fault("AS101", 6, 18, "unit")),
        ("{n: {}}", "{op: unit, n: 4}", Fault("AS107", 6, 17, "unit")),
        ("{n: null}", "{op: unit, n: 4}", Fault("AS107", 6, 17, "unit")),
        ("{n: int, class: 3}", "{op: unit, n: 4}", Fault("AS104", 6, 22, "unit")),
        ("{n: int, input: 3}", "{op: unit, n: 4}", Fault("AS104", 6, 22, "unit")),
        ("[n]", "{op: unit}", Fault("AS103", 6, 13, "unit")),
    ],
)
def test_faults_of_parameters(params: str, use: str, fault: Fault) -> None:
    assert faults(unit(params, use)) == [fault]


def test_what_a_parameter_takes_is_said_in_words() -> None:
    declared = "{n: int, k: {type: 'list[int | float] | bool | int', min: 1, max: 8}}"
    (problem,) = problems(unit(declared, "{op: unit, n: 4, k: [0]}"))
    number = "a number of at least 1 and at most 8"
    numbers = f"an integer of at least 1 and at most 8 or {number}"
    wanted = f"true or false, an integer of at least 1 and at most 8 or a list, each entry {numbers}"
    assert problem.message() == f"unit: k must be {wanted}, not [0]"


def test_a_type_that_is_too_deep_is_no_type() -> None:
    deep = "list[" * 5000 + "int" + "]" * 5000
    assert faults(unit(f"{{n: {{type: '{deep}'}}}}", "{op: unit, n: 4}")) == [Fault("AS107", 6, 24, "unit")]


def test_a_block_sees_its_own_names_only() -> None:
    text = spec(
        "a: relu\nu: unit",
        head="""
        params: {width: 4}
        blocks:
          unit:
            graph:
              b: {op: conv, out_channels: width, kernel_size: 1}
              c: {op: add, from: [input, a]}
              d: {op: tanh, from: x}
        """,
    )
    assert [(fault.code, fault.node) for fault in faults(text)] == [
        ("AS127", "u.b"),
        ("AS401", "u.c"),
        ("AS401", "u.d"),
    ]
    assert problems(text)[0].notes[0].message == "in block unit, used by u"


def test_blocks_in_blocks_and_blocks_as_parameters() -> None:
    text = spec(
        "a: {op: twice, what: act}\nb: {op: twice, what: tanh}",
        head="""
        blocks:
          act: {graph: [relu]}
          twice:
            params: {what: op}
            graph:
              first: $what
              second: {op: $what}
        """,
    )
    assert [line.split(":")[0] for line in nodes(text)] == [
        "a.first.0 = relu(x)",
        "a.second.0 = relu(a.first.0)",
        "b.first = tanh(a.second.0)",
        "b.second = tanh(b.first)",
    ]
    (problem,) = problems(text.replace("what: tanh", "what: tanhh"))
    assert Fault.of(problem) == Fault("AS301", 13, 24, "b")
    assert problem.help() == "did you mean 'tanh'?"


def test_a_block_with_several_inputs_and_outputs() -> None:
    text = spec(
        "a: relu\nb: tanh\ng: {op: gate, from: [a, b]}\nc: {op: add, from: [g.value, g.gate]}",
        head="""
        blocks:
          gate:
            inputs: [value, gate]
            graph:
              s: {op: sigmoid, from: gate}
              m: {op: mul, from: [value, s]}
            outputs: {value: m, gate: s}
        """,
    )
    assert nodes(text)[2:] == [
        "g.s = sigmoid(b): 3x8x8",
        "g.m = mul(a, g.s): 3x8x8",
        "c = add(g.m, g.s): 3x8x8",
    ]
    assert faults(text.replace("from: [a, b]", "from: a")) == [Fault("AS403", 14, 23, "g")]
    assert faults(text.replace("[g.value, g.gate]", "[g.value, g.gat]")) == [Fault("AS404", 15, 32, "c")]


def test_let_in_a_block() -> None:
    text = spec(
        "u: {op: unit, n: 4}",
        head="""
        blocks:
          unit:
            params: {n: int}
            let: {hidden: "make_divisible(input.channels * n, 8)", twice: hidden * 2}
            graph: [{op: conv, out_channels: twice, kernel_size: 1}]
        """,
    )
    assert nodes(text) == ["u.0 = conv(x, out_channels=32, kernel_size=1): 32x8x8"]
    assert faults(text.replace("hidden * 2", "hiden * 2")) == [Fault("AS127", 7, 67, "u")]


def test_a_block_hides_an_op_of_the_same_name() -> None:
    text = spec("u: tanh", head="blocks: {tanh: {graph: [relu]}}")
    assert nodes(text) == ["u.0 = relu(x): 3x8x8"]


@pytest.mark.parametrize(
    ("block", "fault"),
    [
        ("{}", Fault("AS102", 5, 9, "unit")),
        ("[relu]", Fault("AS103", 5, 9, "unit")),
        ("{graph: []}", Fault("AS106", 5, 17, "unit")),
        ("{graph: relu}", Fault("AS103", 5, 17, "unit")),
        ("{grahp: [relu]}", Fault("AS101", 5, 10, "unit")),
        ("{graph: [relu], params: {n: 1}, inputs: [n]}", Fault("AS406", 5, 34, "unit")),
        ("{graph: [relu], params: {n: 1}, let: {n: 2}}", Fault("AS406", 5, 47, "unit")),
        ("{graph: [relu], inputs: [a, a]}", Fault("AS406", 5, 37, "unit")),
        ("{graph: [relu], inputs: [class]}", Fault("AS104", 5, 34, "unit")),
        ("{graph: {a: relu}, inputs: [a]}", Fault("AS406", 5, 18, "unit.a")),
        ("{graph: [relu], outputs: {a: b}}", Fault("AS401", 5, 38, "unit")),
        ("{graph: [relu], description: [1]}", Fault("AS103", 5, 38, "unit")),
    ],
)
@pytest.mark.parametrize("graph", ["unit: unit", "not_used: relu"])
def test_faults_of_blocks(block: str, fault: Fault, graph: str) -> None:
    assert faults(spec(graph, head=f"blocks:\n  unit: {block}")) == [fault]


def test_a_block_that_contains_itself() -> None:
    head = "blocks:\n  a: {graph: {b: b}}\n  b: {graph: {c: c}}\n  c: {graph: {a: {op: a, when: false}}}"
    for graph in ("x1: a\nx2: b", "r: relu"):
        (problem,) = problems(spec(graph, head=head))
        assert problem.code == "AS305"
        assert problem.message() == "a block contains itself: a -> b -> c -> a"


def test_blocks_that_nothing_uses_are_checked() -> None:
    text = spec(
        "r: relu",
        head="""
        blocks:
          unused:
            params: {n: int, m: {type: int, default: 3 / 2}}
            let: {k: n * 2, l: kk}
            graph:
              a: {op: conv, out_channels: n, kernel_size: k, strid: 1}
              b: {op: add, from: [a, aa], when: n > 3, else: input}
              c: {repeat: n, graph: [{op: relu, from: 7}, {op: other, channels: i}]}
          other:
            params: {channels: int}
            graph: [reluu]
        """,
    )
    found = problems(text)
    assert [(problem.code, problem.node) for problem in found] == [
        ("AS304", "unused"),
        ("AS127", "unused"),
        ("AS302", "unused.a"),
        ("AS401", "unused.b"),
        ("AS401", "unused.c.0"),
        ("AS301", "unused.c.1.0"),
    ]
    assert found[2].notes[0].message == "in block unused, which nothing uses"


def test_three_faults_in_three_blocks_are_three_errors() -> None:
    text = spec(
        "a: first\nb: {op: second, from: x}\nc: third\nd: {op: add, from: [a, b, c]}\ne: first\n"
        "f: {op: linear, out_features: b.channels}",
        head="""
        blocks:
          first: {graph: {c: {op: conv, out_channels: 0, kernel_size: 1}, d: relu}}
          second: {graph: {c: {op: conv, out_channels: 4, kernel_size: 9}, d: {op: add, from: [c, input]}}}
          third: {graph: {c: {op: convolution, out_channels: 4}, d: {op: max_pool, kernel_size: c.channels}}}
        """,
    )
    assert [(fault.code[:3], fault.line, fault.node) for fault in faults(text)] == [
        ("AS3", 5, "a.c"),
        ("AS2", 6, "b.c"),
        ("AS3", 7, "c.c"),
    ]


def test_a_fault_in_a_block_is_reported_for_its_first_use() -> None:
    text = spec("a: unit\nb: unit\nc: unit", head="blocks: {unit: {graph: [{op: max_pool, kernel_size: 9}]}}")
    (problem,) = problems(text)
    assert problem.node == "a.0"


def test_a_group_calls_several_inputs_like_what_they_are() -> None:
    text = spec(
        """
        a: {graph: {b: relu, c: tanh}, outputs: {b: b, c: c}}
        d: {op: sigmoid, from: x}
        e: {from: [a.b, d], graph: {f: {op: add, from: [d, b]}}}
        """,
    )
    assert nodes(text)[-1] == "e.f = add(d, a.b): 3x8x8"


@pytest.mark.parametrize("sources", ["[a.0, d]", "[a.0, b.0]", "[d, d]", "[input, d]"])
def test_inputs_of_a_group_that_cannot_be_called_so_must_be_named(sources: str) -> None:
    text = spec(
        f"""
        a: {{op: split, split_size: 1}}
        b: {{op: split, from: x, split_size: 1}}
        d: {{op: relu, from: x}}
        e: {{from: {sources}, graph: {{f: relu}}}}
        """
    )
    assert [fault.code for fault in faults(text)] == ["AS403"]
