"""`python -m ops.sbom FOLDER`: writes controller.cdx.json, images.cdx.json and development.cdx.json, each checked against the standard."""

from __future__ import annotations

import sys
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property  # type: ignore[import-not-found,unused-ignore]
from cyclonedx.model.bom import Bom  # type: ignore[import-not-found,unused-ignore]
from cyclonedx.model.component import Component, ComponentType  # type: ignore[import-not-found,unused-ignore]
from cyclonedx.output.json import JsonV1Dot6  # type: ignore[import-not-found,unused-ignore]
from cyclonedx.schema import SchemaVersion  # type: ignore[import-not-found,unused-ignore]
from cyclonedx.validation.json import JsonStrictValidator  # type: ignore[import-not-found,unused-ignore]
from packageurl import PackageURL  # type: ignore[import-not-found,unused-ignore]

from controller.version import VERSION
from ops.sbom.parts import Part, delivered

ROOT = Path(__file__).parents[2]
NAME = "call-controller"


def component(part: Part) -> Component:
    space = "debian" if part.kind == "deb" else None
    url = PackageURL(part.kind, space, part.name, part.version or None, {"marker": part.marker} if part.marker else None)
    return Component(
        type=ComponentType.CONTAINER if part.kind == "docker" else ComponentType.LIBRARY,
        name=part.name,
        version=part.version or None,
        purl=url,
        bom_ref=url.to_string(),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in part.sha256],
        properties=[Property(name="callctl:marker", value=part.marker)] if part.marker else [],
    )


def bill(about: str, parts: list[Part]) -> str:
    bom = Bom(components=[component(part) for part in dict.fromkeys(parts)])
    bom.metadata.component = Component(type=ComponentType.APPLICATION, name=f"{NAME}-{about}", version=VERSION, bom_ref=f"{NAME}-{about}")
    bom.register_dependency(bom.metadata.component, bom.components)
    return str(JsonV1Dot6(bom).output_as_string(indent=1))


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    for about, parts in delivered(ROOT).items():
        path = folder / f"{about}.cdx.json"
        text = bill(about, parts)
        if wrong := validator.validate_str(text):
            raise SystemExit(f"{path} is no CycloneDX: {wrong}")
        path.write_text(text, encoding="utf-8")
        print(f"{path}: {len(parts)} parts")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "sbom"))
