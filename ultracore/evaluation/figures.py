"""What runs of cases add up to: pass^1, pass^k, cost and latency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from statistics import fmean


def pass_power(passed: int, runs: int, k: int) -> float:
    """The chance that k runs drawn from these all passed: C(passed, k) / C(runs, k)."""
    return comb(passed, k) / comb(runs, k)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedRun:
    """One run of a case. `problems` are expectations that were not met, `forbidden` what occurred and must not."""

    problems: tuple[str, ...]
    forbidden: tuple[str, ...]
    seconds: float
    tokens: int

    @property
    def passed(self) -> bool:
        """True if all was as expected and nothing forbidden occurred."""
        return not self.problems and not self.forbidden


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All runs of one case."""

    name: str
    runs: tuple[PlayedRun, ...]

    @property
    def passed(self) -> int:
        """How many runs passed."""
        return sum(run.passed for run in self.runs)

    @property
    def forbidden(self) -> tuple[str, ...]:
        """What must not have occurred and did, in any run."""
        return tuple(dict.fromkeys(one for run in self.runs for one in run.forbidden))

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "case": self.name,
            "runs": len(self.runs),
            "passed": self.passed,
            "problems": list(dict.fromkeys(one for run in self.runs for one in run.problems)),
            "forbidden": list(self.forbidden),
            "seconds": round(fmean(run.seconds for run in self.runs), 3),
            "tokens": round(fmean(run.tokens for run in self.runs)),
        }


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """All cases of one evaluation."""

    model: str
    results: Sequence[CaseResult]

    @property
    def runs(self) -> int:
        """How often each case was played."""
        return len(self.results[0].runs) if self.results else 0

    def pass_power(self, k: int) -> float:
        """pass^k: the mean over the cases."""
        return fmean(pass_power(one.passed, len(one.runs), k) for one in self.results)

    @property
    def has_forbidden(self) -> bool:
        """True if a forbidden effect or word occurred anywhere."""
        return any(one.forbidden for one in self.results)

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return {
            "model": self.model,
            "runs": self.runs,
            "pass_1": round(self.pass_power(1), 4),
            f"pass_{self.runs}": round(self.pass_power(self.runs), 4),
            "cases": [one.as_json() for one in self.results],
        }

    def as_text(self) -> str:
        """For people: what did not pass, and the figures."""
        lines = []
        for one in self.results:
            if one.passed == len(one.runs):
                continue
            lines.append(f"{one.passed}/{len(one.runs)}  {one.name}")
            said = one.as_json()
            lines += [f"       {kind}: {text}" for kind in ("problems", "forbidden") for text in said[kind]]  # type: ignore[attr-defined]
        seconds = fmean(run.seconds for one in self.results for run in one.runs)
        tokens = fmean(run.tokens for one in self.results for run in one.runs)
        lines.append(
            f"{self.model}: {len(self.results)} cases, {self.runs} runs each. pass^1 {self.pass_power(1):.3f}, "
            f"pass^{self.runs} {self.pass_power(self.runs):.3f}. {seconds:.2f} s and {tokens:.0f} tokens a run."
        )
        return "\n".join(lines)
