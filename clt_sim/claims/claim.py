"""What a claim is: a statement, its source, an experiment, and a rule fixed beforehand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from clt_sim._validation import checked_row, shown
from clt_sim.claims.finding import Finding
from clt_sim.registry import Registry, specification

if TYPE_CHECKING:
    from clt_sim.experiments.work import Work


@dataclass(frozen=True, slots=True)
class Source:
    """Where a claim is made.

    Parameters
    ----------
    reference : str
        Authors, year and title.
    place : str
        The section, theorem or figure.
    quote : str
        The words themselves; empty where the claim is the gist of several.
    """

    reference: str
    place: str
    quote: str = ""

    def __str__(self) -> str:
        """Return the source as a sentence."""
        words = f": \u201c{self.quote}\u201d" if self.quote else ""
        return f"{self.reference}, {self.place}{words}"


class Claim(ABC):
    """A claim: a frozen dataclass of the parameters of its experiment."""

    __slots__ = ()

    name: ClassVar[str]
    """The registered name, lower case with dashes."""
    statement: ClassVar[str]
    """What is claimed, in one sentence."""
    source: ClassVar[Source]
    """Who claims it, where."""
    rule: ClassVar[str]
    """What would decide, fixed before the experiment."""
    turns: ClassVar[str]
    """The conditions under which the verdict turns."""

    @abstractmethod
    def findings(self, *, quality: str, seed: int, work: Work) -> Sequence[Finding]:
        """Run the experiment.

        Parameters
        ----------
        quality : str
            ``"draft"``, in some seconds, or ``"paper"``, with tight intervals.
        seed : int
            Decides every random number.
        work : Work
            Told of the progress by ``work.progress(what, share)``. Independent pieces are done by
            ``work.map``, and simulations take ``executor=work.executor``.
        """

    def status(self, findings: Sequence[Finding]) -> str:
        """Return what the findings that decide make of the claim.

        One that is refuted refutes it; otherwise one that is undecided leaves it undecided. A claim
        with another rule has its own.

        Raises
        ------
        TypeError
            If something else is among the findings.
        """
        findings = checked_row("findings", findings, what="row of findings")
        for index, one in enumerate(findings):
            if not isinstance(one, Finding):
                raise TypeError(f"findings[{index}] must be a Finding, not {shown(one)}.")
        found = {one.status for one in findings if one.decides}
        return next((word for word in ("refuted", "undecided") if word in found), "holds")

    def __str__(self) -> str:
        """Return the text that makes an equal claim."""
        return specification(self)


registry: Registry[Claim] = Registry("claim", Claim)  # type: ignore[type-abstract]
get = registry.get
names = registry.names
