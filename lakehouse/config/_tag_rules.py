"""Rules of LF-tags: what they are, what carries them, and that grants by tag mean some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from lakehouse.config._findings import Finding, did_you_mean
from lakehouse.config._lake_rules import KEY, OWN, aliases, own_buckets, place
from lakehouse.config.catalog import CatalogConfig
from lakehouse.config.governance import GovernanceConfig, TaggedConfig
from lakehouse.grants.model import Target


def target(tagged: TaggedConfig, buckets: Mapping[str, str] | None = None) -> Target:
    """The object that carries tags; `buckets` says what the stack's own are called."""
    bucket = tagged.bucket or OWN
    return Target(
        bucket=(buckets or {}).get(bucket, bucket),
        namespace=tagged.namespace or "",
        table=tagged.table or "",
    )


def findings(governance: GovernanceConfig, catalog: CatalogConfig | None) -> Iterator[Finding]:
    """Every broken rule of the tags and of what carries them."""
    for tag, values in governance.lf_tags.items():
        for value, count in Counter(values).items():
            if count > 1:
                yield Finding(
                    f"{KEY}.lf_tags.{tag}", f"is written {count} times; write it once", value
                )
    for index, tagged in enumerate(governance.tagged):
        key = f"{KEY}.tagged[{index}]"
        yield from _shape(key, tagged)
        if catalog is not None:
            yield from _place(key, tagged, governance, catalog)
        for tag, value in tagged.tags.items():
            yield from known(f"{key}.tags.{tag}", tag, [value], governance)
    yield from _twice(governance, catalog)


def known(key: str, tag: str, values: list[str], governance: GovernanceConfig) -> Iterator[Finding]:
    """Whether a tag and its values are defined."""
    have = governance.lf_tags.get(tag)
    if have is None:
        names = did_you_mean(tag, governance.lf_tags) if governance.lf_tags else "add it there"
        yield Finding(key, f"is not in governance.lf_tags; {names}")
        return
    for value in values:
        if value not in have:
            yield Finding(key, f"is no value of that tag; {did_you_mean(value, have)}", value)


def _shape(key: str, tagged: TaggedConfig) -> Iterator[Finding]:
    if tagged.table and not tagged.namespace:
        yield Finding(f"{key}.table", "has no namespace; add the namespace it is in", tagged.table)
    if tagged.table == "*":
        yield Finding(
            f"{key}.table",
            "is no one table; remove it, since tables have the tags of their namespace",
            tagged.table,
        )


def _place(
    key: str, tagged: TaggedConfig, governance: GovernanceConfig, catalog: CatalogConfig
) -> Iterator[Finding]:
    bucket = tagged.bucket or OWN
    if bucket in governance.other_buckets and bucket not in own_buckets(catalog):
        yield Finding(
            f"{key}.bucket",
            "is another stack's, and two would take turns at its tags; set them in that stack",
            bucket,
        )
        return
    yield from place(key, tagged, governance, catalog)


def _twice(governance: GovernanceConfig, catalog: CatalogConfig | None) -> Iterator[Finding]:
    """An object has one value of a tag."""
    called = aliases(catalog) if catalog is not None else {}
    seen: dict[tuple[Target, str], int] = {}
    for index, tagged in enumerate(governance.tagged):
        for tag, value in tagged.tags.items():
            first = seen.setdefault((target(tagged, called), tag), index)
            if first != index:
                yield Finding(
                    f"{KEY}.tagged[{index}].tags.{tag}",
                    f"is also said in tagged[{first}], and an object has one value of a tag; "
                    "remove one of the two",
                    value,
                )
