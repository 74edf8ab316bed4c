"""Java, Spark and the jars: the layer that changes with the pin file only."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.install

_PYTHON = "/opt/spark/venv/bin/python"


def test_java_is_of_the_pinned_version(host: Any, versions: dict[str, str]) -> None:
    result = host.run("/opt/java/bin/java -version")
    assert f'"{versions["java"]}.' in result.stderr


def test_the_java_on_path_is_the_one_of_java_home(host: Any) -> None:
    assert host.run("readlink -f /usr/bin/java /opt/java/bin/java | uniq | wc -l").stdout == "1\n"


def test_a_python_package_is_of_the_pinned_version(
    host: Any, pins: dict[str, Any], python_package: str
) -> None:
    artefacts = pins["python_artefacts"]
    pinned = {a["version"] for a in artefacts if a["name"] == python_package}
    code = f"from importlib.metadata import version; print(version('{python_package}'))"
    assert {host.run(f'{_PYTHON} -c "{code}"').stdout.strip()} == pinned


def test_python_packages_fit_together(host: Any) -> None:
    result = host.run("/opt/spark/venv/bin/pip check --disable-pip-version-check")
    assert result.rc == 0, result.stdout


def test_a_pinned_jar_lies_in_sparks_own_folder(host: Any, jar: dict[str, str]) -> None:
    assert host.file(f"/opt/spark/home/jars/{jar['file']}").sha256sum == jar["sha256"]


def test_a_pinned_jar_lies_there_in_one_version(host: Any, jar: dict[str, str]) -> None:
    found = host.run(f"cd /opt/spark/home/jars && ls {jar['artifact']}-[0-9]*.jar")
    assert found.stdout.split() == [jar["file"]]


def test_our_jar_lies_with_sparks_own(host: Any) -> None:
    assert host.file("/opt/spark/home/jars/millrace-spark.jar").is_file


def test_spark_home_is_the_pinned_spark(host: Any, versions: dict[str, str]) -> None:
    jar = f"/opt/spark/home/jars/spark-core_{versions['scala']}-{versions['spark']}.jar"
    assert host.file(jar).is_file


def test_spark_starts(host: Any, versions: dict[str, str]) -> None:
    result = host.run("JAVA_HOME=/opt/java /opt/spark/home/bin/spark-submit --version")
    assert f"version {versions['spark']}" in result.stderr


def test_the_connect_client_imports(host: Any) -> None:
    result = host.run(f"{_PYTHON} -c 'import pyspark.sql.connect.session'")
    assert result.rc == 0, result.stderr


def test_the_spark_account_cannot_log_in(host: Any) -> None:
    assert host.user("spark").shell == "/usr/sbin/nologin"


def test_the_spark_account_owns_no_program(host: Any) -> None:
    found = host.run("find /opt -user spark")
    assert found.stdout == "", "what runs as spark must not be able to change what runs"


@pytest.mark.parametrize("folder", ["", "/work", "/local", "/recovery"])
def test_state_belongs_to_the_spark_account_alone(host: Any, folder: str) -> None:
    found = host.file(f"/var/lib/spark{folder}")
    assert (found.user, found.mode) == ("spark", 0o750)
