"""Writes what is deployed, package by package, as a CycloneDX file: `make scan` makes `build/sbom.json`.

Not with cyclonedx-bom: it needs another version of the library than checkov, and reads either hashes or licences.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REPOSITORY = Path(__file__).resolve().parents[2]
_ENTRY = re.compile(r"^(\S.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)
_PIN = re.compile(r"([\w-]+)==(\S+) ")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class Package:
    """A package that is deployed; the hashes are those of each file in which its index offers it."""

    name: str
    version: str
    hashes: tuple[str, ...]
    licence: str


def packages(requirements: str, licences: dict[str, tuple[str, str]]) -> tuple[list[Package], list[str]]:
    """Return what requirements pin, with the licence of each by its name and version, and what is wrong with others."""
    found, wrong = [], []
    for entry in _ENTRY.findall(requirements):
        pin, hashes = _PIN.match(entry), tuple(_HASH.findall(entry))
        if not pin or not hashes:
            wrong.append(f"{entry.split()[0]} has no version or no hash: `make update` pins it.")
            continue
        version, licence = licences.get(pin[1], ("nothing", ""))
        if version != pin[2]:
            wrong.append(f"{pin[1]} is pinned to {pin[2]}, and {version} is installed: `make setup` installs it.")
        found.append(Package(pin[1], pin[2], hashes, licence))
    return found, wrong


def bill_of_materials(version: str, deployed: list[Package]) -> str:
    """Return the product and what it is deployed with, as CycloneDX 1.6."""
    bom = Bom()
    bom.metadata.component = Component(
        type=ComponentType.APPLICATION, name="prediction-one-retrain", version=version, bom_ref="prediction-one-retrain"
    )
    for package in deployed:
        url = PackageURL("pypi", name=package.name, version=package.version)
        files = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION,
            url=XsUri(f"https://pypi.org/project/{package.name}/{package.version}/#files"),
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in package.hashes],
        )
        component = Component(
            name=package.name,
            version=package.version,
            purl=url,
            bom_ref=str(url),
            licenses=[LicenseFactory().make_from_string(package.licence)],
            external_references=[files],
        )
        bom.components.add(component)
        bom.register_dependency(bom.metadata.component, [component])
    text: str = JsonV1Dot6(bom).output_as_string(indent=2)
    return text


def main(requirements: Path, licences: Path, target: Path) -> int:
    """Write the file, held against CycloneDX's schema; return 1 if it can't be."""
    known = {one["Name"].lower().replace("_", "-"): one for one in json.loads(licences.read_text())}
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]
    deployed, unpinned = packages(
        requirements.read_text(), {name: (one["Version"], one["License"]) for name, one in known.items()}
    )
    if unpinned:
        print("\n".join(unpinned))
        return 1
    bom = bill_of_materials(version, deployed)
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(bom)
    if wrong:
        print(f"CycloneDX 1.6 does not allow it: {wrong.data.message}")
        return 1
    target.write_text(bom)
    print(f"{target}: {len(deployed)} packages.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
