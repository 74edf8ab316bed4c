"""Spark settings of the Iceberg catalogs."""

from __future__ import annotations

from lakehouse.boot import BootDocument, CatalogBoot

_SPARK_CATALOG = "org.apache.iceberg.spark.SparkCatalog"
# The vendor's class lists endless pages past 100 tables and ignores `table-default.*`.
_S3TABLES_CATALOG = "io.millrace.spark.PagedS3TablesCatalog"
_EXTENSIONS = "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"


def settings(document: BootDocument) -> dict[str, str]:
    """All catalogs; the first one is where unqualified names live."""
    conf = {"spark.sql.extensions": _EXTENSIONS}
    if document.catalogs:
        conf["spark.sql.defaultCatalog"] = document.catalogs[0].name
    for catalog in document.catalogs:
        conf.update(_catalog(catalog, document))
    return conf


def _catalog(catalog: CatalogBoot, document: BootDocument) -> dict[str, str]:
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
