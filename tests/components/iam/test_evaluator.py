"""The evaluator decides as IAM's user guide says, also where that surprises."""

from __future__ import annotations

from typing import Any

import pytest

from tests.components.iam.conditions import hold, like
from tests.components.iam.evaluator import Decision, Request, decide, read

BUCKET = "arn:aws:s3:::lake"
GET = Request(action="s3:GetObject", resource=f"{BUCKET}/a")


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(**changes: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*", **changes}


def deny(**changes: Any) -> dict[str, Any]:
    return {**allow(**changes), "Effect": "Deny"}


@pytest.mark.parametrize(
    ("statements", "decision"),
    [
        ([], Decision.IMPLICITLY_DENIED),
        ([allow()], Decision.ALLOWED),
        ([allow(Action="S3:getobject")], Decision.ALLOWED),
        ([allow(Action="s3:Get*")], Decision.ALLOWED),
        ([allow(Action="s3:GetObject?")], Decision.IMPLICITLY_DENIED),
        ([allow(Action=["s3:PutObject", "*"])], Decision.ALLOWED),
        ([allow(Action="s3:PutObject")], Decision.IMPLICITLY_DENIED),
        ([allow(Resource=BUCKET)], Decision.IMPLICITLY_DENIED),
        ([allow(Resource="arn:aws:s3:::LAKE/*")], Decision.IMPLICITLY_DENIED),
        ([allow(Resource=["arn:aws:s3:::other/*", "*"])], Decision.ALLOWED),
        ([allow(), deny()], Decision.EXPLICITLY_DENIED),
        ([deny(), allow()], Decision.EXPLICITLY_DENIED),
        ([allow(), deny(Resource="arn:aws:s3:::other/*")], Decision.ALLOWED),
        ([allow(Condition={"Bool": {"aws:SecureTransport": "true"}})], Decision.IMPLICITLY_DENIED),
    ],
)
def test_a_denial_wins_and_an_allowance_is_needed(
    statements: list[dict[str, Any]], decision: Decision
) -> None:
    assert decide(GET, [document(*statements)]) is decision


def test_inverted_elements_are_about_everything_else() -> None:
    not_action = {"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}
    not_resource = {"Effect": "Allow", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}
    assert decide(GET, [document(not_action)]) is Decision.ALLOWED
    assert decide(GET, [document(not_resource)]) is Decision.IMPLICITLY_DENIED


def test_a_boundary_gives_nothing_and_takes_what_it_does_not_name() -> None:
    narrow, wide = document(allow(Resource=f"{BUCKET}/b")), document(allow(Resource="*"))
    assert decide(GET, [document(allow())], boundary=wide) is Decision.ALLOWED
    assert decide(GET, [document(allow())], boundary=narrow) is Decision.IMPLICITLY_DENIED
    assert decide(GET, [], boundary=wide) is Decision.IMPLICITLY_DENIED
    assert decide(GET, [document(allow())], boundary=document(deny())) is not Decision.ALLOWED


@pytest.mark.parametrize(
    ("conditions", "context", "expected"),
    [
        ({"StringEquals": {"k": "a"}}, {"k": "a"}, True),
        ({"StringEquals": {"k": ["a", "b"]}}, {"K": "b"}, True),
        ({"StringEquals": {"k": "a"}}, {"k": "A"}, False),
        ({"StringEquals": {"k": "a*"}}, {"k": "ab"}, False),
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
        ({"StringEqualsIfExists": {"k": "a"}}, {"k": "b"}, False),
        ({"StringEqualsIgnoreCase": {"k": "a"}}, {"k": "A"}, True),
        ({"StringLike": {"k": "a*"}}, {"k": "ab"}, True),
        ({"StringLike": {"k": "a?"}}, {"k": "a"}, False),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "c"}, True),
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),
        ({"StringNotLike": {"k": "a*"}}, {"k": "ab"}, False),
        ({"ArnEquals": {"k": "arn:aws:s3:::a*"}}, {"k": "arn:aws:s3:::ab"}, True),
        ({"ArnLike": {"k": "arn:aws:*:x"}}, {"k": "arn:aws:s3:eu:1:x"}, False),
        ({"ArnNotLike": {"k": "arn:aws:s3:::a"}}, {"k": "arn:aws:s3:::b"}, True),
        ({"Bool": {"k": "true"}}, {"k": True}, True),
        ({"Bool": {"k": "false"}}, {"k": "true"}, False),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": "false"}}, {}, False),
        ({"Null": {"k": "false"}}, {"k": "a"}, True),
        ({"IpAddress": {"k": "10.0.0.0/8"}}, {"k": "10.1.2.3"}, True),
        ({"NotIpAddress": {"k": "10.0.0.0/8"}}, {"k": "10.1.2.3"}, False),
        ({"NumericLessThan": {"k": "5"}}, {"k": 4}, True),
        ({"NumericGreaterThanEquals": {"k": "5"}}, {"k": 4}, False),
        ({"DateLessThan": {"k": "2026-01-01"}}, {"k": "2025-01-01"}, True),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "b"]}, True),
        ({"ForAllValues:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "c"]}, False),
        ({"ForAllValues:StringEquals": {"k": "a"}}, {}, True),
        ({"ForAnyValue:StringEquals": {"k": ["a", "b"]}}, {"k": ["a", "c"]}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {"k": ["c"]}, False),
        ({"ForAnyValue:StringNotEquals": {"k": "a"}}, {"k": ["a", "c"]}, True),
        ({"ForAnyValue:StringEquals": {"k": "a"}}, {}, False),
        ({"StringEquals": {"k": "a", "j": "b"}}, {"k": "a"}, False),
        ({"StringEquals": {"k": "a"}, "Bool": {"j": "true"}}, {"k": "a", "j": True}, True),
        ({"StringEquals": {"k": "${aws:username}"}}, {"k": "ann", "aws:username": "ann"}, True),
        ({"StringEquals": {"k": "${aws:username}"}}, {"k": "ann"}, False),
        ({"StringEquals": {"k": "${aws:username, 'ann'}"}}, {"k": "ann"}, True),
    ],
)
def test_conditions_hold_as_the_user_guide_says(
    conditions: dict[str, dict[str, Any]], context: dict[str, Any], expected: bool
) -> None:
    assert hold(conditions, context) is expected


def test_only_stars_and_question_marks_are_wild() -> None:
    assert like("a[b]", "a[b]")
    assert not like("a[b]", "ab")


def test_an_operator_that_is_not_known_is_no_silent_pass() -> None:
    with pytest.raises(KeyError):
        hold({"StringRoughly": {"k": "a"}}, {"k": "a"})


def test_an_element_that_is_not_known_is_no_silent_pass() -> None:
    with pytest.raises(ValueError, match="Principal"):
        read('{"Statement": {"Effect": "Allow", "Action": "*", "Principal": "*"}}')


def test_variables_work_in_resources_too() -> None:
    own = allow(Resource=f"{BUCKET}/${{aws:PrincipalTag/team}}/*")
    request = Request(
        action="s3:GetObject",
        resource=f"{BUCKET}/sales/a",
        context={"aws:PrincipalTag/team": "sales"},
    )
    assert decide(request, [document(own)]) is Decision.ALLOWED
