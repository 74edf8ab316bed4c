"""Everything boot writes, as a list: which file, which text, whose, readable by whom."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from lakehouse.boot import BootDocument
from node import paths
from node.files import RenderedDirectory, RenderedFile
from node.instance import Instance
from node.render import (
    catalogs,
    environment,
    firewall,
    gateway,
    log4j,
    pools,
    properties,
    spark_conf,
)
from node.secrets import Secrets
from node.sizes import Sizes


def directories(document: BootDocument) -> list[RenderedDirectory]:
    """Directories, parents first."""
    wanted = [
        RenderedDirectory(path=paths.RUN),
        RenderedDirectory(path=paths.SPARK_CONF, owner=paths.SPARK_USER, mode=0o750),
    ]
    if document.role == "leader":
        wanted.append(RenderedDirectory(path=paths.GATEWAY, owner=paths.GATEWAY_USER, mode=0o750))
    return wanted


def files(
    document: BootDocument,
    instance: Instance,
    sizes: Sizes,
    secrets: Secrets,
    *,
    spark: str,
    archive: bool,
    scratch: Sequence[Path] = (),
) -> list[RenderedFile]:
    """Files of the machine's role. Those with a secret are 0400 and their reader's."""
    settings = spark_conf.render_settings(
        document, instance, sizes, secrets.spark_auth, spark=spark, archive=archive
    )
    wanted = [
        RenderedFile(path=paths.BOOT_DOCUMENT, text=document.to_json() + "\n"),
        RenderedFile(path=paths.INSTANCE, text=instance.to_json()),
        RenderedFile(path=paths.FIREWALL, text=firewall.render(document.role, instance.vpc_cidrs)),
        RenderedFile(
            path=paths.SPARK_DEFAULTS,
            text=properties.render(settings),
            owner=paths.SPARK_USER,
            mode=0o400,
        ),
        RenderedFile(path=paths.LOG4J, text=log4j.render()),
        RenderedFile(path=paths.FAIR_SCHEDULER, text=pools.render()),
        RenderedFile(
            path=paths.SPARK_ENV, text=environment.render(document, instance, sizes, scratch)
        ),
        RenderedFile(
            path=paths.DAEMON_ENV, text=environment.render_daemon(instance, archive=archive)
        ),
    ]
    if catalogs.reader_role(document):
        text = environment.render_aws_config(document)
        wanted.append(RenderedFile(path=paths.AWS_CONFIG, text=text))
    if document.autoscale.enabled:
        settings_text = json.dumps(asdict(document.autoscale), sort_keys=True)
        wanted.append(RenderedFile(path=paths.AUTOSCALE, text=settings_text + "\n"))
    if document.role == "leader":
        wanted += [
            RenderedFile(path=paths.NGINX_CONF, text=gateway.render_conf()),
            *(
                RenderedFile(path=path, text=text, owner=paths.GATEWAY_USER, mode=0o400)
                for path, text in (
                    (paths.TLS_CERTIFICATE, secrets.certificate + "\n"),
                    (paths.TLS_KEY, secrets.private_key + "\n"),
                    (paths.TOKENS, gateway.render_tokens(secrets.tokens)),
                )
            ),
        ]
    return wanted
