"""Nodes, graphs, `from`, inline groups, results: what each rule of the language makes."""

from __future__ import annotations

import pytest

from tests.compiling import Fault, faults, flat, graph_of, nodes, problems, spec


def test_a_node_reads_the_one_before() -> None:
    assert nodes(spec("a: relu\nb: tanh\nc: {op: add, from: [a, b]}")) == [
        "a = relu(x): 3x8x8",
        "b = tanh(a): 3x8x8",
        "c = add(a, b): 3x8x8",
    ]


def test_input_is_the_graphs_own_input() -> None:
    assert nodes(spec("a: relu\nb: {op: add, from: [input, x]}"))[1] == "b = add(x, x): 3x8x8"


def test_several_inputs_go_by_their_names() -> None:
    text = spec("a: {op: add, from: [left, right]}\nb: relu", inputs="{left: [3, 8, 8], right: [3, 8, 8]}")
    assert nodes(text)[0] == "a = add(left, right): 3x8x8"
    assert nodes(text.replace("{op: add, from: [left, right]}", "relu"))[0] == "a = relu(left): 3x8x8"
    wrong = text.replace("from: [left, right]", "from: [input, right]")
    assert [fault.code for fault in faults(wrong)] == ["AS401"]


def test_a_list_numbers_its_nodes() -> None:
    assert nodes(spec("- relu\n- tanh\n- {op: add, from: [0, 1]}")) == [
        "0 = relu(x): 3x8x8",
        "1 = tanh(0): 3x8x8",
        "2 = add(0, 1): 3x8x8",
    ]


def test_groups_are_scopes_of_their_own() -> None:
    text = spec(
        """
        stem: relu
        named:
          graph:
            a: tanh
            b: {op: add, from: [a, input]}
        listed:
          - relu
          - - tanh
            - {graph: {deep: relu}, from: input}
        last: {op: add, from: [named, listed]}
        """
    )
    assert nodes(text) == [
        "stem = relu(x): 3x8x8",
        "named.a = tanh(stem): 3x8x8",
        "named.b = add(named.a, stem): 3x8x8",
        "listed.0 = relu(named.b): 3x8x8",
        "listed.1.0 = tanh(listed.0): 3x8x8",
        "listed.1.1.deep = relu(listed.0): 3x8x8",
        "last = add(named.b, listed.1.1.deep): 3x8x8",
    ]


def test_groups_with_several_inputs() -> None:
    text = spec(
        """
        a: relu
        b: tanh
        gate:
          from: [b, a]
          inputs: [value, gate]
          graph:
            s: sigmoid
            m: {op: mul, from: [value, gate, s], when: gate.channels == 3, else: value}
        """
    )
    assert nodes(text)[2:] == ["gate.s = sigmoid(b): 3x8x8", "gate.m = mul(b, a, gate.s): 3x8x8"]
    assert [fault.code for fault in faults(text.replace("s: sigmoid", "s: {op: sigmoid, from: input}"))] == ["AS401"]
    assert [fault.code for fault in faults(text.replace("gate.channels", "input.channels"))] == ["AS127"]
    assert [fault.code for fault in faults(text.replace("from: [b, a]", "from: b"))] == ["AS403"]


def test_groups_see_the_names_around_them_in_expressions_only() -> None:
    text = spec(
        "a: {op: conv, out_channels: width, kernel_size: 1}\n"
        "g: [{op: conv, out_channels: a.channels * width, kernel_size: 1}]",
        head="params: {width: 4}",
    )
    assert nodes(text)[1] == "g.0 = conv(a, out_channels=16, kernel_size=1): 16x8x8"
    (problem,) = problems(spec("a: relu\ng: {graph: [{op: tanh, from: a}]}"))
    assert problem.code == "AS401"
    assert (
        problem.help() == "a stands in the graph around this one: give it to the group with from: [..., a] and inputs:"
    )


def test_outputs_of_a_group_choose_its_result() -> None:
    one = spec("g: {graph: {a: relu, b: tanh}, outputs: a}\nc: relu")
    assert nodes(one)[2] == "c = relu(g.a): 3x8x8"
    two = spec("g: {graph: {a: relu, b: tanh}, outputs: {low: a, high: b}}\nc: {op: add, from: [g.high, g.low]}")
    assert nodes(two)[2] == "c = add(g.b, g.a): 3x8x8"
    (problem,) = problems(two.replace("from: [g.high, g.low]", "from: [g.high, g]"))
    assert (problem.code, problem.help()) == ("AS404", "its results are: g.low, g.high")


def test_results_of_an_op_are_read_by_number() -> None:
    text = spec("s: {op: split, split_size: 1}\na: {op: add, from: [s.0, s.2]}")
    assert nodes(text)[1] == "a = add(s.0, s.2): 1x8x8"
    for written, column in (("[s.0, s.3]", 28), ("[s.0, s]", 28), ("[a.0, s.0]", 23)):
        (fault,) = faults(text.replace("[s.0, s.2]", written))
        assert fault.code == ("AS402" if "a.0" in written else "AS404")
        assert fault.line == 6
        assert fault.column == column
    assert faults(spec("s: {op: split, split_size: 1}\na: relu")) == [Fault("AS404", 6, 6, "a")]


def test_outputs_of_the_network() -> None:
    silent = flat(spec("a: relu\nb: tanh"))
    assert silent.endswith("output b = b\n")
    named = flat(spec("a: relu\nb: tanh", head="outputs: {first: a, aux: {from: b, when: training}, same: input}"))
    assert named.endswith("output first = a\noutput aux = b (training only)\noutput same = x\n")
    listed = flat(spec("- relu\n- {op: split, split_size: 1}", head="outputs: [0, 1.2]"))
    assert listed.endswith("output 0 = 0\noutput 1.2 = 1.2\n")
    several = flat(spec("a: {op: split, split_size: 2}"))
    assert several.endswith("output a.0 = a.0\noutput a.1 = a.1\n")


def test_the_last_number_names_the_output_of_a_list() -> None:
    assert flat(spec("- {op: relu, repeat: 3}\n- {op: tanh, when: false}")).endswith("output 2 = 2\n")


def test_parameters_win_over_nodes_of_the_same_name() -> None:
    text = spec("dropout: {op: dropout, p: dropout}\nagain: {op: dropout, p: dropout}", head="params: {dropout: 0.25}")
    assert nodes(text) == ["dropout = dropout(x, p=0.25): 3x8x8", "again = dropout(dropout, p=0.25): 3x8x8"]


def test_words_need_no_quotes_and_a_dollar_inserts_a_parameter() -> None:
    text = spec(
        "c: {op: conv, out_channels: 3, kernel_size: 3, padding: same}\nact: $act\nup: {op: pad, padding: 1, mode: $m}"
    )
    text = text.replace("graph:", "params: {act: {type: op, default: relu}, m: reflect}\ngraph:", 1)
    assert nodes(text)[1:] == ["act = relu(c): 3x8x8", 'up = pad(act, padding=1, mode="reflect"): 3x10x10']
    (problem,) = problems(text.replace("padding: same", "padding: sane"))
    assert (problem.code, problem.help()) == ("AS304", "did you mean 'same'?")


def test_numbers_are_what_they_say() -> None:
    text = spec("c: {op: conv, out_channels: OUT, kernel_size: 1}")
    assert nodes(text.replace("OUT", "3.0"))[0].startswith("c = conv(x, out_channels=3,")
    assert nodes(text.replace("OUT", "8 * 0.5"))[0].startswith("c = conv(x, out_channels=4,")
    for wrong in ("0", "-1", "true", "2.5", ".nan", ".inf", '"3"', "null", "[4]", "{a: 1}", "no", "2147483648"):
        codes = [fault.code for fault in faults(text.replace("OUT", wrong))]
        assert codes == (["AS127"] if wrong == "no" else [] if wrong == '"3"' else ["AS304"]), wrong


def test_shapes_in_expressions() -> None:
    text = spec(
        "c: {op: conv, out_channels: input.channels * 2, kernel_size: x.height - 5}\n"
        "f: {op: linear, out_features: c.channels + c.width + c.rank, from: l}\n",
        inputs="{x: [3, 8, 8]}",
    ).replace("  f:", "  l: flatten\n  f:")
    assert nodes(text) == [
        "c = conv(x, out_channels=6, kernel_size=3): 6x6x6",
        "l = flatten(c): 216",
        "f = linear(l, out_features=15): 15",
    ]
    assert [fault.code for fault in faults(text.replace("c.width", "c.widht"))] == ["AS128"]
    assert [fault.code for fault in faults(text.replace("x.height - 5", "f.height"))] == ["AS127"]


def test_let_names_values_in_order() -> None:
    text = spec(
        "c: {op: conv, out_channels: b, kernel_size: 1}", head="params: {w: 2}\nlet: {a: w + x.channels, b: a * 2}"
    )
    assert nodes(text) == ["c = conv(x, out_channels=10, kernel_size=1): 10x8x8"]


def test_dtypes_and_shapes_of_inputs() -> None:
    text = spec("r: identity", inputs="{x: {shape: [n, 2 * n], dtype: int64}}", head="params: {n: 3}")
    assert flat(text) == ("network example\ninput x: 3x6 int64\nr = identity(x): 3x6 int64\noutput r = r\n")


def test_the_tree_has_a_child_for_each_node_of_the_template() -> None:
    graph = graph_of(spec("- relu\n- {op: tanh, when: false}\n- {repeat: 2, graph: [relu, {op: tanh, when: i == 1}]}"))
    root = graph.root
    assert len(root.children) == 3
    assert root.children[1].item is None
    assert list(graph.nodes) == ["0", "1", "2", "3"]
    assert [scope.kind for scope in root.walk()] == ["network", "splice", "splice", "splice"]


@pytest.mark.parametrize(
    ("graph", "fault"),
    [
        ("a: {op: relu, from: b}\nb: relu", Fault("AS402", 5, 23, "a")),
        ("a: {op: relu, from: a}", Fault("AS402", 5, 23, "a")),
        ("a: relu\nb: {op: add, from: [a, aa]}", Fault("AS401", 6, 26, "b")),
        ("a: relu\nb: {op: add, from: a}", Fault("AS403", 6, 22, "b")),
        ("a: relu\nb: add", Fault("AS403", 6, 6, "b")),
        ("a: {op: relu, from: [input, x]}", Fault("AS403", 5, 31, "a")),
        ("x: relu", Fault("AS406", 5, 3, "x")),
        ("a: {op: relu, from: []}", Fault("AS103", 5, 23, "a")),
        ("a: {op: relu, from: [x, [x]]}", Fault("AS103", 5, 27, "a")),
        ("a: {op: relu, from: }", Fault("AS103", 5, 23, "a")),
        ("a: {op: 3}", Fault("AS103", 5, 11, "a")),
        ("a: 3", Fault("AS103", 5, 6, "a")),
        ("a: ", Fault("AS103", 5, 5, "a")),
        ("a: {}", Fault("AS102", 5, 3, "a")),
        ("a: []", Fault("AS106", 5, 6, "a")),
        ("a: {graph: {}}", Fault("AS106", 5, 14, "a")),
        ("a: {op: relu, graph: [relu]}", Fault("AS103", 5, 17, "a")),
        ("a: {type: relu}", Fault("AS101", 5, 7, "a")),
        ("a: {opp: relu}", Fault("AS101", 5, 7, "a")),
        ("a: {graph: [relu], channels: 3}", Fault("AS101", 5, 22, "a")),
        ("a: {op: relu, outputs: a}", Fault("AS101", 5, 17, "a")),
        ("a: {op: relu, inputs: [x]}", Fault("AS302", 5, 17, "a")),
        ("a: {op: relu, form: x}", Fault("AS302", 5, 17, "a")),
        ("a: {op: add, form: [x, x]}", Fault("AS302", 5, 16, "a")),
        ("a: {op: relu, else: x}", Fault("AS102", 5, 17, "a")),
        ("a: {op: relu, when: 1}", Fault("AS308", 5, 23, "a")),
        ("a: {op: relu, when: }", Fault("AS308", 5, 23, "a")),
        ("a: {op: relu, when: [true]}", Fault("AS103", 5, 23, "a")),
        ("a: {op: relu, when: y > 1}", Fault("AS127", 5, 23, "a")),
        ("a: {op: add, from: [x, x], when: true}", Fault("AS405", 5, 36, "a")),
        ("a: {op: add, from: [x, x], when: true, else: y}", Fault("AS401", 5, 48, "a")),
        ("a: {share: b}", Fault("AS401", 5, 14, "a")),
        ("a: {share: b}\nb: relu", Fault("AS402", 5, 14, "a")),
        ("b: relu\na: {share: b, op: relu}", Fault("AS103", 6, 7, "a")),
        ("- relu\n- {op: add, from: [0, 5]}", Fault("AS401", 6, 25, "1")),
        ("g: {graph: {a: relu}, outputs: b}", Fault("AS401", 5, 34, "g")),
    ],
)
def test_faults_of_nodes(graph: str, fault: Fault) -> None:
    assert faults(spec(graph)) == [fault]


@pytest.mark.parametrize(
    ("head", "fault"),
    [
        ("outputs: {a: b}", Fault("AS401", 4, 14, None)),
        ("outputs: [r, r]", Fault("AS406", 4, 14, None)),
        ("outputs: {a: {from: r, when: always}}", Fault("AS103", 4, 30, None)),
        ("outputs: {a: {form: r}}", Fault("AS101", 4, 15, None)),
        ("outputs: {1a: r}", Fault("AS104", 4, 11, None)),
        ("preprocess: {men: 0.5}", Fault("AS101", 4, 14, None)),
        ("preprocess: {mean: [a]}", Fault("AS127", 4, 21, None)),
        ("preprocess: [1]", Fault("AS103", 4, 13, None)),
        ("description: [1]", Fault("AS103", 4, 14, None)),
        ("init: {conv: zeros_}", Fault("AS103", 4, 14, None)),
        ("import: [a.yaml]", Fault("AS110", 4, 10, None)),
        ("let: {a: b}", Fault("AS127", 4, 10, None)),
        ("let: {class: 1}", Fault("AS104", 4, 7, None)),
        ("parms: {a: 1}", Fault("AS101", 4, 1, None)),
    ],
)
def test_faults_around_the_graph(head: str, fault: Fault) -> None:
    assert faults(spec("r: relu", head=head)) == [fault]


@pytest.mark.parametrize(
    ("inputs", "fault"),
    [
        ("{x: 3}", Fault("AS103", 3, 13, None)),
        ("{x: []}", Fault("AS103", 3, 10, None)),
        ("{}", Fault("AS103", 3, 9, None)),
        ("", Fault("AS103", 3, 8, None)),
        ("{x: [3, 0, 8]}", Fault("AS304", 3, 17, None)),
        ("{x: [3, true, 8]}", Fault("AS304", 3, 17, None)),
        ("{x: [3, [1], 8]}", Fault("AS304", 3, 17, None)),
        ("{x: [C, H, 8]}", Fault("AS114", 3, 14, None)),
        ("{x: [3, h, 8]}", Fault("AS127", 3, 17, None)),
        ("{x: {shape: [3], dtype: int3}}", Fault("AS103", 3, 33, None)),
        ("{x: {shap: [3]}}", Fault("AS101", 3, 14, None)),
        ("{class: [3]}", Fault("AS104", 3, 10, None)),
        ("[3, 8, 8]", Fault("AS103", 3, 9, None)),
    ],
)
def test_faults_of_inputs(inputs: str, fault: Fault) -> None:
    assert faults(spec("r: relu", inputs=inputs)) == [fault]
