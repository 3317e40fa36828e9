"""The Kubernetes manifests as plain values, before kustomize joins them.

Schemas judge their grammar (``ops/check_ops``); tests judge what they say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.unit.deployment.compose import ROOT

FOLDER = ROOT / "ops/kubernetes"
CELLS = sorted(path.parent for path in FOLDER.glob("overlays/*/cell-*/kustomization.yaml"))

Manifest = dict[str, Any]


def documents(path: Path) -> list[Manifest]:
    return [found for found in yaml.safe_load_all(path.read_text(encoding="utf-8")) if found]


def everything() -> Iterator[Manifest]:
    for path in sorted(FOLDER.rglob("*.yaml")):
        yield from documents(path)


def manifest(kind: str, name: str) -> Manifest:
    (found,) = [one for one in everything() if one.get("kind") == kind and one["metadata"]["name"] == name]
    return found


def workloads() -> list[Manifest]:
    return [one for one in everything() if one.get("kind") in {"StatefulSet", "DaemonSet", "Job"}]


def pod_of(workload: Manifest) -> Manifest:
    return dict(workload["spec"]["template"]["spec"])


def container_of(workload: Manifest) -> Manifest:
    (found,) = pod_of(workload)["containers"]
    return dict(found)


def env_file(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def settings_of(cell: Path, pod: str) -> dict[str, str]:
    """The environment of a controller's container."""
    settings = env_file(FOLDER / "shared/settings.env") | env_file(cell.parent / "settings.env") | env_file(cell / "controllers.env")
    fields = {"metadata.name": pod, "status.podIP": "10.244.1.7"}
    given: dict[str, str] = {}
    for one in container_of(manifest("StatefulSet", "callctl"))["env"]:
        value = one["value"] if "value" in one else fields[one["valueFrom"]["fieldRef"]["fieldPath"]]
        for name, known in given.items():
            value = value.replace(f"$({name})", known)
        given[one["name"]] = value
    return settings | {name: value for name, value in given.items() if not name.startswith("POD_")}


def secret_files_of(workload: Manifest, keys: Mapping[str, set[str]]) -> set[str]:
    """The paths of these files, if each secret holds *keys*."""
    sources = [source["secret"] for volume in pod_of(workload)["volumes"] for source in volume.get("projected", {}).get("sources", ())]
    mounts = [mount["mountPath"] for mount in container_of(workload)["volumeMounts"] if mount["name"] == "secrets"]
    names = [item["path"] for source in sources for item in source.get("items", [{"path": key} for key in keys[source["name"]]])]
    return {f"{mount}/{name}" for mount in mounts for name in names}


def suffix_of(cell: Path) -> str:
    return str(documents(cell / "kustomization.yaml")[0]["nameSuffix"])


def workers_max(cell: Path) -> int:
    """The autoscaler's limit, as the cell's own patches leave it."""
    (base,) = [one for one in everything() if one.get("kind") == "HorizontalPodAutoscaler"]
    limit = int(base["spec"]["maxReplicas"])
    for patch in documents(cell / "kustomization.yaml")[0].get("patches", ()):
        for step in yaml.safe_load(patch["patch"]):
            limit = step["value"] if step["path"] == "/spec/maxReplicas" else limit
    return limit
