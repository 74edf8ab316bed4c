"""Spark settings of the Iceberg catalogs."""

from __future__ import annotations

from lakehouse.boot import BootDocument, CatalogBoot

_SPARK_CATALOG = "org.apache.iceberg.spark.SparkCatalog"
# The vendor's class lists endless pages past 100 tables and ignores `table-default.*`.
_S3TABLES_CATALOG = "io.millrace.spark.PagedS3TablesCatalog"
_FILE_IO = "org.apache.iceberg.aws.s3.S3FileIO"
_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"


def settings(document: BootDocument) -> dict[str, str]:
    """All catalogs; the first one is where unqualified names live."""
    conf = {"spark.sql.extensions": _EXTENSIONS}
    if document.catalogs:
        conf["spark.sql.defaultCatalog"] = document.catalogs[0].name
    for catalog in document.catalogs:
        conf.update(_catalog(catalog, document))
    return conf


def reader_role(document: BootDocument) -> str:
    """The role that Spark takes to read what Lake Formation grants; empty for none."""
    return next((each.role_arn for each in document.catalogs if each.role_arn), "")


def _catalog(catalog: CatalogBoot, document: BootDocument) -> dict[str, str]:
    if catalog.kind == "glue_rest":
        return _governed(catalog, document)
    return _direct(catalog, document)


def _governed(catalog: CatalogBoot, document: BootDocument) -> dict[str, str]:
    """Glue's Iceberg REST endpoint, which asks Lake Formation and hands out credentials."""
    prefix = f"spark.sql.catalog.{catalog.name}"
    return {
        prefix: _SPARK_CATALOG,
        f"{prefix}.type": "rest",
        f"{prefix}.uri": document.aws_endpoint_url
        or f"https://glue.{document.region}.amazonaws.com/iceberg",
        f"{prefix}.warehouse": catalog.warehouse,
        f"{prefix}.rest.sigv4-enabled": "true",
        f"{prefix}.rest.signing-name": "glue",
        f"{prefix}.rest.signing-region": document.region,
        # The client does not ask by itself; without the header it reads with its own permissions.
        f"{prefix}.header.X-Iceberg-Access-Delegation": "vended-credentials",
        # The endpoint has no place for them.
        f"{prefix}.rest-metrics-reporting-enabled": "false",
        f"{prefix}.io-impl": _FILE_IO,
        f"{prefix}.client.region": document.region,
        # S3 Tables refuses deletions; its maintenance removes files.
        f"{prefix}.s3.delete-enabled": "false",
        f"{prefix}.cache-enabled": "false",
    }


def _direct(catalog: CatalogBoot, document: BootDocument) -> dict[str, str]:
    """S3 Tables itself, which asks IAM."""
    prefix = f"spark.sql.catalog.{catalog.name}"
    conf = {
        prefix: _SPARK_CATALOG,
        f"{prefix}.catalog-impl": _S3TABLES_CATALOG,
        f"{prefix}.warehouse": catalog.warehouse,
        f"{prefix}.client.region": document.region,
        # Iceberg's cache is per session and hides what other sessions committed.
        f"{prefix}.cache-enabled": "false",
        # With Iceberg's 4 retries, 1 or 2 of 20 concurrent appends fail; with 30, none did.
        f"{prefix}.table-default.commit.retry.num-retries": "30",
        f"{prefix}.table-default.commit.retry.max-wait-ms": "5000",
    }
    if document.aws_endpoint_url:
        conf[f"{prefix}.s3tables.endpoint"] = document.aws_endpoint_url
        conf[f"{prefix}.s3.endpoint"] = document.aws_endpoint_url
        # An emulated account has one host name, so a bucket cannot be a part of it.
        conf[f"{prefix}.s3.path-style-access"] = "true"
    return conf
