"""The resource of an envelope as it is configured: its row, its sentences, and what happens without grids."""

import csv
import io
import sys

import pytest
import yaml
from pydantic import ValidationError
from rich.console import Console

from entsched import experiment, sweep
from entsched.cli import main
from entsched.communication import Communication
from entsched.completing import Workers
from entsched.config import Experiment, load_experiment
from entsched.entanglement import Entanglement
from entsched.envelope.advantage import advantage
from entsched.envelope.tasks import AdvantageTask
from entsched.render.configured import duration, sentences
from entsched.render.envelope import as_json, print_envelope
from entsched.routing import classical_optimum, full_information_optimum
from entsched.workload import Workload

DATA = {
    "name": "small",
    "workload": {
        "arrival_rate_hz": 0.5,
        "service": {"law": "discrete", "values_s": [0.1, 1.9], "probabilities": [0.5, 0.5]},
    },
    "baseline": {"law": "power", "exponent": 2},
    "splitting": [0.25, 0.3],
    "envelope": {},
}
IONS = {"hardware": {"node": "trapped-ion", "link": {"medium": "fibre", "length_km": 25.0}}, "memory": {"slots": 1}}
STORED = {"pair": {"law": "werner", "visibility": 0.98}, "supply": {"law": "poisson", "rate_hz": 2.0}}
P = 0.3


def configured(**changes):
    loaded = Experiment(**DATA | changes)
    return loaded, experiment.envelope(loaded, None, Workers("serial", 1))


def row_of(**changes):
    return configured(**changes)[1].tables["configured"][0]


@pytest.fixture(scope="module")
def ions():
    return configured(entanglement=IONS)


def test_the_row_holds_the_pairs_as_they_are_configured(ions):
    loaded, found = ions
    assert set(found.tables) == {"configured"}
    (row,) = found.tables["configured"]
    pairs, workload = loaded.entanglement.resolved, loaded.workload
    assert (row["node"], row["distance_km"], row["segments"], row["slots"]) == ("trapped-ion", 25.0, 1, 1)
    assert row["pair_rate_hz"] == pairs.supply.mean_rate_hz
    assert row["visibility"] == pairs.pair.visibility
    assert row["advantage_s"] == advantage(workload, P, pairs).seconds
    informed_s = workload.base_wait_s + full_information_optimum(workload, P).upper
    light_s = 25e3 * 1.468 / 299_792_458
    assert row["one_way_s"] == pytest.approx(light_s, rel=1e-12)
    assert row["talking_wait_s"] == pytest.approx(informed_s + light_s, rel=1e-12)
    classical_s = workload.base_wait_s + classical_optimum(workload, P).lower
    assert row["classical_break_even_s"] == pytest.approx(classical_s - informed_s, rel=1e-9)
    assert row["classical_break_even_s"] - row["entangled_break_even_s"] == pytest.approx(row["advantage_s"], rel=1e-9)
    assert row["entangled_break_even_km"] == Communication().length_km(row["entangled_break_even_s"])


@pytest.mark.parametrize(
    ("entanglement", "communication", "expected"),
    [
        (STORED, {}, None),
        (STORED, {"latency_s": 0.02}, 0.02),
        (IONS, {"latency_s": 0.02}, 0.02),
        (STORED, {"distance_km": 100.0}, Communication(distance_km=100.0).one_way_s),
        (
            {"hardware": IONS["hardware"] | {"chain": {"segments": 2}}},
            {},
            Communication(distance_km=50.0).one_way_s,
        ),
        (
            {
                "hardware": {
                    "node": "neutral-atom",
                    "link": {"medium": "satellite", "altitude_km": 500.0, "distance_km": 500.0},
                }
            },
            {},
            None,
        ),
    ],
    ids=["unknown", "latency", "latency over hardware", "distance", "segments", "satellite"],
)
def test_talking_takes_what_is_configured_or_the_light_time_of_the_fibre(entanglement, communication, expected):
    loaded = Experiment(**DATA | {"entanglement": entanglement, "communication": communication})
    place = next(iter(sweep.envelope_places(loaded)))
    assert place.table == "configured"
    found = place.coordinates["one_way_s"]
    assert found == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_the_sentences_answer_whether_it_helps_whether_talking_is_better_and_how_long_it_takes(ions):
    first, second, third = sentences(ions[1].tables["configured"][0])
    row = ions[1].tables["configured"][0]
    assert first.startswith(
        "As configured (trapped-ion over 25 km: 0.325 pairs/s, visibility 0.941, 1 slot), at p = 0.3"
    )
    assert f"entangled routing waits {row['entangled_wait_s']:.3f} s on average" in first
    assert second.startswith("Talking over 25 km takes 0.122 ms: those routers wait 1.187 s, less than either")
    assert "classical routing from 0.216 s on" in second
    assert f"takes {row['rounds_routing']:,} requests with a pair, {duration(row['certify_s'], 2)}," in third
    assert third.endswith("at significance 0.05 and power 0.95; that certifies the pairs, not the shorter wait.")


@pytest.mark.parametrize(
    ("latency_s", "verdict"),
    [
        (0.01, "less than either: here talking wins."),
        (None, "less than with classical but not than with entangled routing: here entangled routing wins."),
        (1.0, "no less than either: here entangled routing wins."),
    ],
)
def test_who_wins_depends_on_the_latency(latency_s, verdict):
    row = row_of(entanglement=STORED, communication={"latency_s": 0.01})
    between_s = (row["entangled_break_even_s"] + row["classical_break_even_s"]) / 2
    row |= {"one_way_s": between_s if latency_s is None else latency_s}
    row["talking_wait_s"] = row["full_information_wait_s"] + row["one_way_s"]
    waits = {name: row[f"{name}_wait_s"] for name in ("talking", "entangled", "classical")}
    best = min(waits, key=waits.get)
    assert f"here {best}" in verdict
    assert verdict in sentences(row)[1]


def test_pairs_that_do_not_help_are_said_not_to_and_certify_nothing():
    noisy = {"pair": {"law": "werner", "visibility": 0.5}, "supply": {"law": "poisson", "rate_hz": 2.0}}
    row = row_of(entanglement=noisy, communication={"latency_s": 0.01})
    first, second = sentences(row)
    assert "these pairs do not help, entangled routing waits as long as classical routing, 1.402 s" in first
    assert "less: here talking wins. Classical routing beats them from a latency of 0.216 s" in second
    row = row_of(entanglement=noisy, communication={"latency_s": 0.01}, envelope={"splitting": 0.5})
    assert sentences(row)[1].endswith(
        "no less: here talking gains nothing. Classical routing beats them at any latency."
    )


def test_without_a_latency_nothing_is_said_about_talking():
    dephased = {"pair": {"law": "dephased", "coherence": 0.9}}
    first, proof = sentences(row_of(entanglement=dephased))
    assert first.startswith("As configured (pairs on demand, fidelity 0.95), at p = 0.3: entangled routing waits")
    assert proof.startswith("A violation of the routing game's local bound")


def test_a_small_advantage_is_shown_with_as_many_digits_as_it_needs():
    row = row_of(entanglement=STORED)
    row |= {"advantage_s": 4.1e-5, "entangled_wait_s": row["classical_wait_s"] - 4.1e-5, "relative_advantage": 2.94e-5}
    first, proof = sentences(row | {"rounds_routing": None, "certify_s": None})
    assert (
        "waits 1.402459 s on average, classical routing at least 1.402500 s; the pairs save 0.0029 % of that." in first
    )
    assert "takes more than a thousand million requests with a pair at significance 0.05" in proof


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0 µs"), (5e-6, "5 µs"), (1.22e-4, "0.12 ms"), (59.0, "59 s"), (2820.0, "47 min"), (15840.0, "4.4 h"),
     (181440.0, "2.1 days"), (3.2e9, "100 years")],
)  # fmt: skip
def test_durations_are_in_the_unit_that_fits(seconds, shown):
    assert duration(seconds, 2) == shown


def test_advantages_that_are_rounding_are_zero():
    workload = Workload(**DATA["workload"])
    for visibility in (0.5, 0.6):
        pairs = Entanglement(pair={"law": "werner", "visibility": visibility}, supply=STORED["supply"])
        row = AdvantageTask(workload=workload, splitting=P, entanglement=pairs).evaluate()
        assert (row["advantage_s"], row["relative_advantage"], row["strict"]) == (0.0, 0.0, False)


def test_the_command_prints_the_configured_part_without_any_grid(tmp_path, monkeypatch, capsys):
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(DATA | {"entanglement": STORED}))
    monkeypatch.setattr(
        sys, "argv", ["entsched", "envelope", str(path), "--executor", "serial", "--out", str(tmp_path / "out")]
    )
    with pytest.raises(SystemExit) as caught:
        main()
    printed = capsys.readouterr().out
    assert not caught.value.code
    assert printed.startswith("As configured (2 pairs/s, visibility 0.98, 1 slot), at p = 0.3: ")
    assert "critical values" not in printed
    assert "grid" not in printed
    with (tmp_path / "out" / "envelope_configured.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["pair_rate_hz"]) == 2.0
    assert row["one_way_s"] == ""
    results = experiment.envelope(load_experiment(path), None, Workers("serial", 1))
    assert as_json(results)["summary"] == printed.strip().replace("\n", " ")


def test_the_certification_is_said_of_the_configured_pairs_alone():
    grid = {"pair_rate_hz": [1.0], "latency_s": [0.1]}
    written = io.StringIO()
    tables = configured(entanglement=STORED, envelope=grid)[1].tables
    print_envelope("small", tables, Console(file=written, width=200))
    text = written.getvalue()
    assert text.count("requests with a pair") == 1
    assert "latency, against talking" in text
    assert text.index("As configured") < text.index("critical values") < text.index("Strict advantage at")


def test_distances_without_nodes_are_those_of_the_hardware():
    loaded = Experiment(**DATA | {"entanglement": IONS, "envelope": {"distance_km": [1.0, 25.0]}})
    places = sweep.envelope_places(loaded)
    found = [place.coordinates for place in places if place.table == "distance"]
    assert [(row["node"], row["distance_km"]) for row in found] == [("trapped-ion", 1.0), ("trapped-ion", 25.0)]
    assert [p.coordinates["node"] for p in places if p.coordinates.get("quantity") == "distance_km"] == ["trapped-ion"]
    assert found[1]["pair_rate_hz"] == loaded.entanglement.resolved.supply.mean_rate_hz
    with pytest.raises(ValidationError, match=r"given without nodes, allowed: with envelope\.nodes or entanglement"):
        Experiment(**DATA | {"entanglement": STORED, "envelope": {"distance_km": [1.0]}})


def test_attempts_that_often_succeed_need_a_law_of_their_own():
    often = {"law": "geometric", "attempt_rate_hz": 2.0, "success_probability": 0.5}
    with pytest.raises(ValidationError, match="whose age at use has a formula"):
        Experiment(**DATA | {"entanglement": {"supply": often, "memory": {"slots": 2}}})
