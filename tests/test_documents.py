"""Games as JSON documents: read back as they were written, and refused with one clear line."""

import json

import numpy as np
import pytest

from entsched.errors import GameError
from entsched.games.documents import MAX_TEXT, game_document, load_game, read_game
from entsched.games.library import named
from entsched.games.nonlocal_game import LinearConstraint, NonlocalGame, XorGame


@pytest.mark.parametrize("name", ["chsh", "ffl", "i3322", "magic-square", "random-xor:5:1", "random:3:2:1"])
def test_games_survive_the_round_trip_through_json(name):
    game = named(name)
    shape = game.weights.shape
    rng = np.random.default_rng(1)
    constraints = (
        LinearConstraint.equality(rng.normal(size=shape), 0.1),
        LinearConstraint(rng.normal(size=shape), -np.inf, 0.3),
        LinearConstraint(rng.normal(size=shape), -0.2, np.inf),
        LinearConstraint(rng.normal(size=shape), -0.2, 0.7),
    )
    if isinstance(game, XorGame):
        game = XorGame(game.weights, game.offset, constraints, "mine")
    else:
        game = NonlocalGame(game.payoff, game.pi, constraints, "mine")
    back = read_game(json.dumps(game_document(game)))
    assert type(back) is type(game)
    assert back.name == "mine"
    np.testing.assert_array_equal(back.weights, game.weights)
    for ours, theirs in zip(back.constraints, constraints, strict=True):
        np.testing.assert_array_equal(ours.coefficients, theirs.coefficients)
        assert (ours.lower, ours.upper) == (theirs.lower, theirs.upper)


def test_rational_text_and_files_are_read(tmp_path):
    path = tmp_path / "game.json"
    path.write_text('{"xor": {"weights": [["1/3", "-2/7"]], "offset": "1/2"}}', encoding="utf-8")
    game = load_game(str(path))
    assert game.weights.tolist() == [[1 / 3, -2 / 7]]
    assert game.offset == 0.5
    uniform = read_game('{"payoff": [[[[1, 0]]]]}')
    assert uniform.pi.tolist() == [[0.5, 0.5]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("[]", "given as a list"),
        ("{}", "exactly one of"),
        ('{"xor": {"weights": [[1]]}, "payoff": [[[[1]]]]}', "exactly one of"),
        ('{"xor": {"weights": [[1]]}, "pi": [[1]]}', "xor and pi"),
        ('{"xor": {}}', "weights"),
        ('{"xor": {"weights": [[1]], "bias": 1}}', "unknown key"),
        ('{"xor": {"weights": [[1]]}, "extra": 1}', '"extra"'),
        ('{"xor": {"weights": [[1]]}, "xor": {"weights": [[1]]}}', "repeats"),
        ('{"xor": {"weights": [[NaN]]}}', "NaN"),
        ('{"xor": {"weights": [[-Infinity]]}}', "Infinity"),
        ('{"xor": {"weights": [[1e999]]}}', "not finite"),
        ('{"xor": {"weights": [[1e999, 1]]}}', "finite"),
        ('{"xor": {"weights": [[1' + "0" * 400 + "]]}}", "finite"),
        ('{"xor": {"weights": [[1' + "0" * 5000 + "]]}}", "finite"),
        ('{"xor": {"weights": [[true]]}}', "true"),
        ('{"xor": {"weights": [[null]]}}', "null"),
        ('{"xor": {"weights": [["1"]]}}', '"1"'),
        ('{"xor": {"weights": [["1/0"]]}}', '"1/0"'),
        ('{"xor": {"weights": [["1e9/3"]]}}', "1e9/3"),
        ('{"xor": {"weights": [["' + "9" * 41 + '/3"]]}}', "..."),
        ('{"xor": {"weights": [[1, 2], [1]]}}', "different lengths"),
        ('{"xor": {"weights": [[1], 2]}}', "a list is needed"),
        ('{"xor": {"weights": [[[1]]]}}', "a list"),
        ('{"xor": {"weights": []}}', "empty"),
        ('{"xor": {"weights": [[]]}}', "empty"),
        ('{"payoff": [[1]]}', "payoff"),
        ('{"payoff": [[[[1, 2]]]], "pi": [[1], [2]]}', "pi has shape"),
        ('{"payoff": [[[[1]]]], "name": 3}', "name"),
        ('{"payoff": [[[[1]]]], "name": "a\\nb"}', "name"),
        ('{"payoff": [[[[1]]]], "constraints": 3}', "constraints"),
        ('{"payoff": [[[[1]]]], "constraints": [{"coefficients": [[[[1]]]]}]}', "constraints[0]"),
        ('{"payoff": [[[[1]]]], "constraints": [{"coefficients": [[1]], "equals": 1}]}', "constraints[0]"),
        ('{"xor": {"weights": [[1]]}, "constraints": [{"coefficients": [[1, 2]], "equals": 1}]}', "shape"),
        ('{"xor": {"weights": [[1]]}, "constraints": [{"coefficients": [[1]], "equals": 1, "at_most": 2}]}', "equals"),
        ('{"xor": {"weights": [[1]]}, "constraints": [{"coefficients": [[1]], "at_least": 2, "at_most": 1}]}', "<="),
        ('{"xor": {"weights": ' + "[" * 100_000 + "]" * 100_000 + "}}", "deep"),
        ("[" * 1_000_000, "deep"),
    ],
)
def test_documents_with_mistakes_are_refused_in_one_line(text, message):
    with pytest.raises(GameError) as refused:
        read_game(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 250


def test_files_that_are_no_game_are_refused(tmp_path):
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    large = tmp_path / "large.json"
    large.write_bytes(b" " * (MAX_TEXT + 1))
    for path in (binary, large, tmp_path / "missing.json", tmp_path, "a\0b/c"):
        with pytest.raises(GameError):
            load_game(f"{path}/" if path == tmp_path else str(path))
