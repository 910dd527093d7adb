"""Prints the part of template.yaml that stays when the stack is deleted, as JSON, for a resource import.

docs/operations.md, "A stack that was deleted", has the commands around it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse  # type: ignore[import-untyped]  # it ships no types

_TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"

IDENTIFIERS = {"AWS::DynamoDB::Table": "TableName", "AWS::S3::Bucket": "BucketName"}
"""What names a resource of each type to an import (CloudFormation user guide, "Resource type support")."""


def kept_template() -> dict[str, Any]:
    """Return a template with the tables and buckets alone.

    An import takes no other resources than those that it imports, and no transform (CloudFormation user guide, "Import
    AWS resources into a CloudFormation stack manually").
    """
    whole: dict[str, Any] = yaml_parse(_TEMPLATE.read_text())
    resources: dict[str, Any] = whole["Resources"]
    kept = {name: resource for name, resource in resources.items() if "Retain" in resource.get("DeletionPolicy", "")}
    for resource in kept.values():
        resource["DeletionPolicy"] = "Retain"  # RetainExceptOnCreate would delete what a failed import has touched
    sections = ("AWSTemplateFormatVersion", "Parameters", "Conditions")
    return {name: whole[name] for name in sections} | {"Resources": kept}


def resources_to_import(template: dict[str, Any], **physical_names: str) -> list[dict[str, Any]]:
    """Return which existing table or bucket is which resource of a template, as CreateChangeSet takes it."""
    types = {name: template["Resources"][name]["Type"] for name in physical_names}
    return [
        {
            "ResourceType": types[name],
            "LogicalResourceId": name,
            "ResourceIdentifier": {IDENTIFIERS[types[name]]: physical_name},
        }
        for name, physical_name in physical_names.items()
    ]


def main(arguments: list[str]) -> int:
    """Write `kept.json` and `resources.json`, for arguments such as `JobsTable=stack-JobsTable-1A2B3C`."""
    template = kept_template()
    names = dict(argument.split("=", 1) for argument in arguments)
    unknown = names.keys() - template["Resources"].keys()
    if unknown or not names:
        print(f"Name what is to be imported, for example JobsTable=TABLE. Known: {', '.join(template['Resources'])}.")
        return 1
    template["Resources"] = {name: template["Resources"][name] for name in names}
    Path("kept.json").write_text(json.dumps(template, indent=2))
    Path("resources.json").write_text(json.dumps(resources_to_import(template, **names), indent=2))
    print("kept.json and resources.json are written.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
