"""The catalog `s3tablescatalog` and what it rests on: one to an account and region.

`create` makes it, and refuses where another hand or another stack already did; `use` takes what
is there and checks that grants would hold. The role, the registration and the catalog go
together: the last of our stacks that needs them removes what our stacks made, whichever did.
"""

from __future__ import annotations

from typing import Any, Final

from botocore.exceptions import ClientError
from pulumi import Input, ResourceOptions
from pulumi.dynamic import CreateResult, ReadResult, Resource, UpdateResult

from components._dynamic import AwsProvider, Props, client, code_of, patiently
from components._dynamic_claims import Claims
from lakehouse.grants import roles
from lakehouse.grants.lake import CONNECTION, FEDERATED_CATALOG, Lake
from lakehouse.policies import Account, as_json

NEEDS: Final = ("role", "registration", "catalog")
"""In the order in which they are made."""

_FLAG: Final = "AllowFullTableExternalDataAccess"
_DEFAULTS: Final = ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions")
_POLICY: Final = "tables"


class FederationProvider(AwsProvider):
    """Makes or adopts the federated catalog."""

    identity = ("stack",)
    compared = ("mode", "third_party_engines", "boundary")

    def create(self, props: Props) -> CreateResult:
        """Make it, or see that it is there and right."""
        _Shared(props).join(before=())
        identifier = f"{props['account_id']}:{FEDERATED_CATALOG}"
        return CreateResult(identifier, {**props, "catalog_id": identifier})

    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Change between making and using, or who is let in."""
        _Shared(_news).join(before=NEEDS)
        return UpdateResult({**_news, "catalog_id": _id})

    def read(self, id_: str, props: Props) -> ReadResult:
        """What is there; nothing when the catalog is gone."""
        catalog = _Shared(props).catalog()
        if catalog is None:
            return ReadResult("", props)
        wanted, flag = props["third_party_engines"], catalog.get(_FLAG) == "True"
        # Another stack may have let engines in that this one does not need.
        seen = flag if props["mode"] == "create" else wanted and flag
        return ReadResult(id_, {**props, "third_party_engines": seen})

    def delete(self, _id: str, _props: Props) -> None:
        """Leave; the last one that leaves removes what our stacks made."""
        _Shared(_props).leave()


class Federation(Resource, module="millrace", name="Federation"):
    """The stack's share of the federated catalog."""

    def __init__(self, name: str, props: dict[str, Input[Any]], opts: ResourceOptions) -> None:
        super().__init__(FederationProvider(), name, dict(props), opts)


class _Shared:
    """The three shared things in one account and region, as one stack sees them."""

    def __init__(self, props: Props) -> None:
        self._props = props
        self._stack: str = props["stack"]
        account = Account(
            region=props["region"], account_id=props["account_id"], partition=props["partition"]
        )
        self._lake = Lake(account=account, buckets={})
        self._role = f"millrace-s3tables-{props['region']}"
        self._role_arn = f"arn:{account.partition}:iam::{account.account_id}:role/{self._role}"
        self._boundary: str | None = props.get("boundary")
        self._claims = Claims(client(props, "ssm"), "federation")

    def join(self, before: tuple[str, ...]) -> None:
        creates = self._props["mode"] == "create"
        found = self.catalog()
        if creates:
            self._refuse_second_maker(found)
        else:
            self._refuse_unusable(found)
        self._claims.write(self._stack, {"mode": self._props["mode"], "needs": NEEDS})
        # Who uses takes things as they are: nothing is missing that it would add.
        present = self._present(found) if creates else set(NEEDS)
        change = self._claims.settle(self._stack, before=before, needs=NEEDS, present=present)
        add = change.add
        if "registration" not in add:
            # Somebody else's registration has somebody else's role.
            add -= {"role"}
        # Written down before it is made: a crash must not make it a stranger's.
        self._claims.keep(change.made - (change.add - add))
        for each in NEEDS:
            if each in add:
                getattr(self, f"_make_{each}")()
        if creates and found is not None:
            self._mend(found)
        if creates and "role" in self._claims.made():
            self._bound()

    def leave(self) -> None:
        # First, so that of two stacks that leave at once one sees that it is the last.
        self._claims.forget(self._stack)
        present = self._present(self.catalog())
        change = self._claims.settle(self._stack, before=NEEDS, needs=(), present=present)
        for each in reversed(NEEDS):
            if each in change.remove:
                getattr(self, f"_remove_{each}")()
        self._claims.keep(change.made)

    def catalog(self) -> dict[str, Any] | None:
        try:
            answer = self._glue.get_catalog(CatalogId=FEDERATED_CATALOG)
        except ClientError as error:
            if code_of(error) == "EntityNotFoundException":
                return None
            raise
        found: dict[str, Any] = answer["Catalog"]
        return found

    @property
    def _glue(self) -> Any:
        return client(self._props, "glue")

    @property
    def _formation(self) -> Any:
        return client(self._props, "lakeformation")

    @property
    def _iam(self) -> Any:
        return client(self._props, "iam")

    def _refuse_second_maker(self, found: dict[str, Any] | None) -> None:
        if found is None:
            return
        makers = [
            name
            for name, record in self._claims.others(self._stack).items()
            if record.get("mode") == "create"
        ]
        foreign = "catalog" not in self._claims.made()
        if makers or foreign:
            by = f"stack {makers[0]}" if makers else "another hand than a stack of ours"
            msg = (
                f"millrace:governance.federation = create: {FEDERATED_CATALOG} of account "
                f"{self._props['account_id']} in {self._props['region']} was made by {by}, and "
                "there is one to an account and region; write use"
            )
            raise RuntimeError(msg)

    def _refuse_unusable(self, found: dict[str, Any] | None) -> None:
        key, where = "millrace:governance.federation = use", FEDERATED_CATALOG
        if found is None:
            msg = (
                f"{key}: there is no {where} in {self._props['region']}; write create in one "
                "stack and bring it up first"
            )
            raise RuntimeError(msg)
        if (found.get("FederatedCatalog") or {}).get("ConnectionName") != CONNECTION:
            msg = f"{key}: {where} does not federate S3 Tables; remove or rename that catalog"
            raise RuntimeError(msg)
        if any(found.get(each) for each in _DEFAULTS):
            msg = (
                f"{key}: {where} gives new objects to everybody whom IAM lets in, so that no "
                "grant would hold; change it to Lake Formation's access control"
            )
            raise RuntimeError(msg)
        if self._props["third_party_engines"] and found.get(_FLAG) != "True":
            msg = (
                f"millrace:governance.third_party_engines = true: {where} lets no engine outside "
                "AWS in; set it in the stack that created the catalog"
            )
            raise RuntimeError(msg)

    def _present(self, found: dict[str, Any] | None) -> set[str]:
        there = {"catalog"} if found is not None else set()
        if self._exists(
            lambda: self._formation.describe_resource(ResourceArn=self._lake.buckets_arn)
        ):
            there.add("registration")
        if self._exists(lambda: self._iam.get_role_policy(RoleName=self._role, PolicyName=_POLICY)):
            there.add("role")
        return there

    def _exists(self, look: Any) -> bool:
        try:
            look()
        except ClientError as error:
            if code_of(error) in ("EntityNotFoundException", "NoSuchEntity"):
                return False
            raise
        return True

    def _make_role(self) -> None:
        trust = roles.lake_formation_trust(self._props["account_id"])
        try:
            self._iam.create_role(
                RoleName=self._role,
                AssumeRolePolicyDocument=as_json(trust),
                Description="Lake Formation reads and writes S3 Tables with it",
                # With the role, since some accounts let no role be made without.
                **({"PermissionsBoundary": self._boundary} if self._boundary else {}),
            )
        except ClientError as error:
            # Left by a run that was stopped before the role had its policy.
            if code_of(error) != "EntityAlreadyExists":
                raise
        self._iam.put_role_policy(
            RoleName=self._role,
            PolicyName=_POLICY,
            PolicyDocument=as_json(roles.lake_formation_data(self._lake)),
        )

    def _bound(self) -> None:
        """Bring our role to the boundary that is declared."""
        role = self._iam.get_role(RoleName=self._role)["Role"]
        held = (role.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        if self._boundary and held != self._boundary:
            self._iam.put_role_permissions_boundary(
                RoleName=self._role, PermissionsBoundary=self._boundary
            )
        elif held and not self._boundary:
            self._iam.delete_role_permissions_boundary(RoleName=self._role)

    def _make_registration(self) -> None:
        patiently(
            lambda: self._formation.register_resource(
                ResourceArn=self._lake.buckets_arn, RoleArn=self._role_arn, WithFederation=True
            ),
            "registering table buckets with Lake Formation",
        )

    def _make_catalog(self) -> None:
        self._glue.create_catalog(Name=FEDERATED_CATALOG, CatalogInput=self._wanted())

    def _mend(self, found: dict[str, Any]) -> None:
        """Bring our catalog to what is declared: who is let in, and grants alone decide."""
        wanted = self._wanted()
        if any(found.get(key, []) != wanted[key] for key in (_FLAG, *_DEFAULTS)):
            self._glue.update_catalog(CatalogId=FEDERATED_CATALOG, CatalogInput=wanted)

    def _wanted(self) -> dict[str, Any]:
        return {
            "Description": "Table buckets of S3 Tables",
            "FederatedCatalog": {
                "Identifier": self._lake.buckets_arn,
                "ConnectionName": CONNECTION,
            },
            _FLAG: "True" if self._props["third_party_engines"] else "False",
            # Empty: a new object is nobody's until it is granted.
            **{each: [] for each in _DEFAULTS},
        }

    def _remove_catalog(self) -> None:
        self._glue.delete_catalog(CatalogId=FEDERATED_CATALOG)

    def _remove_registration(self) -> None:
        self._formation.deregister_resource(ResourceArn=self._lake.buckets_arn)

    def _remove_role(self) -> None:
        self._iam.delete_role_policy(RoleName=self._role, PolicyName=_POLICY)
        self._iam.delete_role(RoleName=self._role)
