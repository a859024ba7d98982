"""Which campaigns of a group give, when several would."""

import pytest

from tests.campaigns.engine.build import campaign, earned, fixed, refusals, sell, times

A, B, C, D = 1, 2, 3, 4


def member(code, number, points, mode="best", priority=0, group="g", **parts):
    stacking = {"group": group, "mode": mode, "priority": priority}
    return campaign(code, fixed(points), number=number, stacking=stacking, **parts)


@pytest.mark.parametrize(
    ("campaigns", "points", "refused"),
    [
        # all: everyone gives
        ([member("a", A, "10", "all"), member("b", B, "20", "all")], "30.00", {}),
        # best: only the one that gives most
        ([member("a", A, "10"), member("b", B, "20"), member("c", C, "15")], "20.00", {A: "beaten", C: "beaten"}),
        # equal: by priority, then by code
        ([member("a", A, "10"), member("b", B, "10", priority=1)], "10.00", {A: "beaten"}),
        ([member("b", B, "10"), member("a", A, "10")], "10.00", {B: "beaten"}),
        # an exclusive campaign gives alone, however little, unless another stands before it
        ([member("a", A, "10", "exclusive"), member("b", B, "20"), member("c", C, "9", "all")], "10.00",
         {B: "excluded_by", C: "excluded_by"}),
        ([member("a", A, "10", "exclusive"), member("b", B, "20", priority=1)], "20.00", {A: "excluded_by"}),
        ([member("a", A, "10", "exclusive"), member("b", B, "20", "exclusive", 1)], "20.00", {A: "excluded_by"}),
        # those that give to everyone join the best
        ([member("a", A, "10"), member("b", B, "20"), member("c", C, "1", "all")], "21.00", {A: "beaten"}),
        # groups know nothing of each other
        ([member("a", A, "10", "exclusive"), member("b", B, "20", group="h"), member("c", C, "5", group="h")], "30.00",
         {C: "beaten"}),
        ([member("a", A, "10", "exclusive"), campaign("d", fixed("7"), number=D)], "17.00", {}),
    ],
)  # fmt: skip
def test_groups(campaigns, points, refused):
    outcome = sell("tea 100", *campaigns)
    assert (earned(outcome), refusals(outcome)) == (points, refused)


def test_a_campaign_that_does_not_apply_shuts_nobody_out():
    monday = member("a", A, "10", "exclusive", when={"weekdays": [1]})
    outcome = sell("tea 100", monday, member("b", B, "20"))
    assert (earned(outcome), refusals(outcome)) == ("20.00", {A: "wrong_weekday"})


def test_the_best_is_the_one_that_gives_most_within_its_limits():
    cut = member("a", A, "100", judge={"limits": [{"period": "receipt", "points": "5"}]})
    assert earned(sell("tea 100", cut, member("b", B, "20"))) == "20.00"


def test_who_is_beaten_learns_by_whom():
    declined = sell("tea 100", member("a", A, "10"), member("b", B, "20")).declined[0]
    assert (declined.campaign_id, declined.args["campaign"]) == (A, "b")


def booster(code, number, by, mode="all", group="g", **parts):
    return campaign(code, times(by), number=number, stacking={"group": group, "mode": mode}, **parts)


def test_the_best_of_two_boosters_multiplies():
    outcome = sell(
        "tea 100",
        campaign("base", fixed("10"), number=D),
        booster("a", A, "2", "best"),
        booster("b", B, "3", "best"),
    )
    assert (earned(outcome), refusals(outcome)) == ("30.00", {A: "beaten"})


def test_what_an_exclusive_campaign_gave_is_not_multiplied_in_its_group():
    outcome = sell("tea 100", member("a", A, "10", "exclusive"), booster("b", B, "3"))
    assert (earned(outcome), refusals(outcome)) == ("10.00", {B: "excluded_by"})


def test_an_exclusive_booster_does_not_join_what_its_group_gave():
    outcome = sell("tea 100", member("a", A, "10", "all"), booster("b", B, "3", "exclusive"))
    assert (earned(outcome), refusals(outcome)) == ("10.00", {B: "excluded_by"})
