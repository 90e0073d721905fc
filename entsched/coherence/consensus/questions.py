"""Questions that a node answers from its own committed log, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from entsched.coherence.consensus.commands import Command
from entsched.coherence.consensus.rounds import SILENT
from entsched.validation import NonNegative, Section

#: How far back a question reaches.
MOST_BACK = 1000


class LocalState(NamedTuple):
    """What a node knows when it is asked.

    Attributes
    ----------
    commands : that it has committed, in order
    now_s : seconds
    """

    commands: Sequence[Command]
    now_s: float


class Question(Section):
    """What a node looks up.

    Attributes
    ----------
    reads : ``bit`` of a command, ``index-parity`` of its place in the log, ``window-parity`` of the bits of the
        ``window`` commands that end there
    back : commands before the last
    settled_s : commands handed in later than so long ago are as if they were not there
    window : commands whose bits are added
    flip : whether the other answer is given

    Examples
    --------
    >>> log = [Command(0, 1, 0.0), Command(1, 0, 0.5)]
    >>> [answer(Question(back=back), LocalState(log, 1.0), 2) for back in (0, 1, 2)]
    [0, 1, -1]
    """

    reads: Literal["bit", "index-parity", "window-parity"] = "bit"
    back: Annotated[int, Field(ge=0, le=MOST_BACK)] = 0
    settled_s: NonNegative = 0.0
    window: Annotated[int, Field(ge=1, le=MOST_BACK)] = 1
    flip: bool = False


def answer(question: Question, state: LocalState, answers: int) -> int:
    """The answer of a node to its own question.

    Parameters
    ----------
    answers : 2; or 4, where the second bit is that of the question one command further back

    Returns
    -------
    An integer from 0 below ``answers``, or ``SILENT`` if the log is too short.
    """
    last = settled(state, question.settled_s) - question.back
    bits = [_read(question, state.commands, last - further) for further in range(answers.bit_length() - 1)]
    return SILENT if SILENT in bits else sum(bit << place for place, bit in enumerate(reversed(bits)))


def settled(state: LocalState, settled_s: float) -> int:
    """The index of the last command that was handed in so many seconds ago or more; -1 if there is none."""
    last = len(state.commands) - 1
    while last >= 0 and settled_s and state.commands[last].handed_in_s > state.now_s - settled_s:
        last -= 1
    return last


def _read(question: Question, commands: Sequence[Command], place: int) -> int:
    width = question.window if question.reads == "window-parity" else 1
    if place < width - 1:
        return SILENT
    value = place if question.reads == "index-parity" else sum(c.bit for c in commands[place - width + 1 : place + 1])
    return (value + question.flip) % 2
