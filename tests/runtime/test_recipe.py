from __future__ import annotations

from pathlib import Path

import pytest

from archspec.diagnostics.catalog.runtime import WrongRecipeValue
from archspec.diagnostics.doc import parse_doc
from archspec.diagnostics.problem import ProblemError
from archspec.runtime.recipe import Recipe, parse_recipe, read_recipe
from archspec.source.span import SourceFile

RECIPES = Path(__file__).parents[2] / "recipes"


def faults(text: str) -> list[tuple[str, int, int, str]]:
    """Return code, line, column and message of every problem of a recipe."""
    with pytest.raises(ProblemError) as caught:
        parse_recipe(SourceFile("recipe.yaml", text))
    found: list[tuple[str, int, int, str]] = []
    for problem in caught.value.problems:
        assert problem.span is not None
        found.append((problem.code, problem.span.line, problem.span.column, problem.message()))
    return found


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_recipes_that_come_along_are_valid(path: Path) -> None:
    assert read_recipe(path).data.kind == "mnist"


def test_everything_but_the_data_has_a_default() -> None:
    recipe = parse_recipe(SourceFile("recipe.yaml", "data: {kind: mnist}"))

    assert recipe == Recipe.model_validate({"data": {"kind": "mnist"}})
    assert recipe.epochs == 5


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "message"),
    [
        ("data: {kind: mnist}\nepoch: 5\n", "AS101", 2, 1, "unknown key 'epoch' in a recipe"),
        ("data: {kind: mnist, rot: x}\n", "AS101", 1, 21, "unknown key 'rot' in data of a recipe"),
        ("epochs: 5\n", "AS102", 1, 1, "a recipe has no 'data'"),
        ("data: {}\n", "AS102", 1, 1, "data of a recipe has no 'kind'"),
        ("data: {kind: cifar}\n", "AS601", 1, 14, "data.kind: should be 'mnist', not cifar"),
        (
            "data: {kind: mnist}\nepochs: 0\n",
            "AS601",
            2,
            9,
            "epochs: should be greater than or equal to 1, not 0",
        ),
        ("data: {kind: mnist}\nepochs: '5'\n", "AS601", 2, 9, "epochs: expected an integer, not 5"),
        ("data: {kind: mnist}\nepochs: true\n", "AS601", 2, 9, "epochs: expected an integer, not true"),
        ("data: {kind: mnist}\nseed:\n", "AS601", 2, 6, "seed: expected an integer, not empty"),
        ("data: {kind: mnist}\nepochs: [1]\n", "AS601", 2, 9, "epochs: expected an integer"),
        (
            "data: {kind: mnist}\noptimizer:\n  lr: -1\n",
            "AS601",
            3,
            7,
            "optimizer.lr: should be greater than 0, not -1",
        ),
        (
            "data: {kind: mnist}\noptimizer: {name: adam, momentum: 0.9}\n",
            "AS601",
            2,
            12,
            "optimizer: momentum goes with sgd; adam has none",
        ),
        ("[data]\n", "AS601", 1, 1, "recipe: should be a mapping of settings"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, code: str, line: int, column: int, message: str) -> None:
    assert faults(text) == [(code, line, column, message)]


def test_all_mistakes_are_found_in_one_run() -> None:
    text = "data: {kind: mnist}\nepochs: many\nbatchsize: 3\nseed: -1\n"

    assert sorted(line for _, line, _, _ in faults(text)) == [2, 3, 4]


def test_a_misspelt_key_gets_a_suggestion() -> None:
    with pytest.raises(ProblemError) as caught:
        parse_recipe(SourceFile("recipe.yaml", "data: {kind: mnist}\nbatchsize: 3\n"))

    assert caught.value.problems[0].help() == "did you mean 'batch_size'?"


@pytest.mark.parametrize("text", ["data: {kind: mnist", "epochs: 1\nepochs: 2\n", "a: *b\n"])
def test_what_is_no_yaml_is_a_problem(text: str) -> None:
    assert [code[:3] for code, *_ in faults(text)] == ["AS0"]


def test_a_missing_file_is_an_error_of_reading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_recipe(tmp_path / "nowhere.yaml")


def test_the_examples_of_the_problem_hold() -> None:
    doc = parse_doc(WrongRecipeValue)

    assert [code for code, *_ in faults(doc.bad)] == [WrongRecipeValue.code]
    parse_recipe(SourceFile("good.yaml", doc.good))
