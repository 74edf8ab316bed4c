"""Lake Formation, its catalog and IAM as the checks of grants read them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lakehouse.grants.lake import FEDERATED_CATALOG
from ops.aws import Account, AwsError, _Service

Document = dict[str, Any]


class LakeFormation(_Service):
    """Grants and settings."""

    name = "lakeformation"

    @classmethod
    def of(cls, account: Account) -> LakeFormation:
        """The account's."""
        return cls(account.client(cls.name))

    def grants(self, resource: Document | None = None) -> Iterator[Document]:
        """What anybody holds on an object, or on all that the service lists."""
        asked: Document = {"Resource": resource} if resource else {}
        token = ""
        while True:
            page = self._call(
                "list_permissions", **asked, **({"NextToken": token} if token else {})
            )
            yield from page["PrincipalResourcePermissions"]
            token = page.get("NextToken") or ""
            if not token:
                return

    def tags(self) -> dict[str, list[str]]:
        """LF-tags of the account and their values."""
        found: dict[str, list[str]] = {}
        token = ""
        while True:
            page = self._call("list_lf_tags", **({"NextToken": token} if token else {}))
            found |= {each["TagKey"]: list(each["TagValues"]) for each in page["LFTags"]}
            token = page.get("NextToken") or ""
            if not token:
                return found

    def carried(self, resource: Document) -> dict[str, str]:
        """LF-tags of a namespace's or a table's own; none when it is not there."""
        try:
            found = self._call("get_resource_lf_tags", Resource=resource, ShowAssignedLFTags=True)
        except AwsError as error:
            if error.code == "EntityNotFoundException":
                return {}
            raise
        own = found.get("LFTagsOnTable" if "Table" in resource else "LFTagOnDatabase") or []
        return {each["TagKey"]: each["TagValues"][0] for each in own}

    def settings(self) -> Document:
        """The account's settings."""
        found: Document = self._call("get_data_lake_settings")["DataLakeSettings"]
        return found


class Glue(_Service):
    """The federated catalog."""

    name = "glue"

    @classmethod
    def of(cls, account: Account) -> Glue:
        """The account's."""
        return cls(account.client(cls.name))

    def federated(self) -> Document | None:
        """The catalog of S3 Tables, or None when there is none."""
        try:
            found: Document = self._call("get_catalog", CatalogId=FEDERATED_CATALOG)["Catalog"]
        except AwsError as error:
            if error.code == "EntityNotFoundException":
                return None
            raise
        return found


class Iam(_Service):
    """What roles may do besides what Lake Formation grants."""

    name = "iam"

    @classmethod
    def of(cls, account: Account) -> Iam:
        """The account's."""
        return cls(account.client(cls.name))

    def statements(self, role: str) -> list[Document]:
        """Every statement of a role's policies, inline and managed."""
        documents = [
            self._call("get_role_policy", RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in self._pages("list_role_policies", "PolicyNames", RoleName=role)
        ]
        for policy in self._pages("list_attached_role_policies", "AttachedPolicies", RoleName=role):
            arn = policy["PolicyArn"]
            version = self._call("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
            found = self._call("get_policy_version", PolicyArn=arn, VersionId=version)
            documents.append(found["PolicyVersion"]["Document"])
        return [each for document in documents for each in _statements(document)]


def _statements(document: Any) -> list[Document]:
    if isinstance(document, str):
        document = json.loads(unquote(document))
    found = document["Statement"]
    return found if isinstance(found, list) else [found]
