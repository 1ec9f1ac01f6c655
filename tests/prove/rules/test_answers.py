"""What the rule on answers must see: none, wrong ones, and such as do not fit."""

from dataclasses import replace

import pytest

from sellout.history.requests import Action, Attempt, Request
from sellout.prove.scenarios.holds import HOLDS
from tests.prove.asks import hold, pay
from tests.prove.planting import broken, findings, tell_instead
from tests.prove.rules.holds_day import evidence
from tests.prove.till import Till


class TestEveryRequestAnswered:
    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param({"status": 500, "said": {}}, id="a 500"),
            pytest.param({"status": None, "said": {}}, id="silence"),
            pytest.param({"status": 503, "said": {"code": "busy"}}, id="busy for ever"),
            pytest.param({"status": 404, "said": {"code": "unknown_hold"}}, id="unknown"),
            pytest.param({"status": 409, "said": {"code": "already_confirmed"}}, id="nobody confirmed it"),
            pytest.param({"status": 201, "said": {"hold_id": "h-1"}}, id="another success"),
            pytest.param({"said": {"hold_id": "h-7", "state": "paying"}}, id="about another hold"),
        ],
    )
    def test_sees(self, answer: dict[str, object]) -> None:
        till = Till({"item": 3})
        taken = till.ask(hold("ann"))
        till.ask(pay(taken, "ann"))
        till.wait(9)
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, **answer) if r.order.action is Action.PAY else None,  # type: ignore[arg-type]
        )
        assert "every_request_answered" in broken(HOLDS, run)

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            ({"status": 202}, "was answered 202 instead of 200"),
            ({"said": {"state": "paying", "subject": "h-0"}}, "was answered 200 without a hold_id"),
            ({"said": {"state": "paying", "hold_id": "h-7"}}, "asked about h-0 and was answered about something else"),
            ({"said": {"state": "held", "hold_id": "h-0"}}, "was told the state held"),
            ({"said": {"state": "paying", "hold_id": "h-0", "quantity": 7}}, "meant 1 and was told of 7"),
        ],
    )
    def test_sees_what_is_wrong_with_a_success(self, answer: dict[str, object], why: str) -> None:
        till = Till({"item": 3})
        till.ask(pay(till.ask(hold("ann")), "ann"))
        till.wait(9)
        run = tell_instead(
            till.evidence(),
            lambda r: replace(r.final, **answer) if r.order.action is Action.PAY else None,  # type: ignore[arg-type]
        )
        assert broken(HOLDS, run) == ["every_request_answered"]
        assert why in findings(HOLDS, run, "every_request_answered")

    def test_sees_a_request_of_which_nothing_is_known(self) -> None:
        run = evidence()
        assert "every_request_answered" in broken(HOLDS, replace(run, requests=run.requests[:-1]))

    def test_sees_all_held_without_a_time_to_come_again(self) -> None:
        run = tell_instead(evidence(), lambda r: replace(r.final, retry_after=None))
        assert broken(HOLDS, run) == ["every_request_answered"]

    def test_sees_another_quantity(self) -> None:
        def less(request: Request) -> Attempt | None:
            if request.order.action is not Action.HOLD or request.order.buyer != "bob":
                return None
            return replace(request.final, said={**request.final.said, "quantity": 9})

        assert broken(HOLDS, tell_instead(evidence(), less)) == ["every_request_answered"]
