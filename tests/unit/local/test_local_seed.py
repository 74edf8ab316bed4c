"""Which image the local channel holds after another `up`."""

from __future__ import annotations

from typing import Any

import pytest

from lakehouse.images import TAG_VERSION_SET
from local.seed import Account

SETS = {"ami-old": "spark-3.5", "ami-new": "spark-3.5", "ami-four": "spark-4.1"}


class FakeAccount(Account):
    """An account that remembers what its channel held, oldest first."""

    class _Ssm:
        class exceptions:
            class ParameterNotFound(Exception):
                pass

        def __init__(self, held: list[str]) -> None:
            self.held = held

        def get_parameter_history(self, **_: Any) -> dict[str, Any]:
            if not self.held:
                raise self.exceptions.ParameterNotFound
            return {"Parameters": [{"Value": each} for each in self.held]}

        def put_parameter(self, **given: Any) -> None:
            self.held.append(given["Value"])

    class _Ec2:
        def describe_images(self, **given: Any) -> dict[str, Any]:
            tags = [{"Key": TAG_VERSION_SET, "Value": SETS[each]} for each in given["ImageIds"]]
            return {"Images": [{"Tags": tags}]}

    def __init__(self, held: list[str]) -> None:
        super().__init__("http://192.0.2.10:4566", "eu-central-1")
        self.ssm = self._Ssm(held)

    def _client(self, service: str) -> Any:
        return self.ssm if service == "ssm" else self._Ec2()


@pytest.mark.parametrize(
    ("held", "asked", "image", "then", "why"),
    [
        ([], "", "ami-new", "ami-new", "a new cloud runs what was baked"),
        (["ami-old"], "", "ami-new", "ami-new", "a new image is run at once"),
        (["ami-old", "ami-new", "ami-old"], "", "ami-new", "ami-old", "a rollback survives"),
        (["ami-new", "ami-four"], "", "ami-new", "ami-four", "so does the operator's promotion"),
        (["ami-new", "ami-four"], "spark-3.5", "ami-new", "ami-new", "it was asked for by name"),
        (
            ["ami-old", "ami-new", "ami-old"],
            "spark-3.5",
            "ami-new",
            "ami-old",
            "the set asked for runs already",
        ),
    ],
)
def test_the_channel_holds(held: list[str], asked: str, image: str, then: str, why: str) -> None:
    account = FakeAccount(list(held))
    account.point_channel(image, version_set=asked)
    assert account.ssm.held[-1] == then, why
