"""The key policy of docs/encryption.md, and what IAM decides with it: MiniStack's evaluation, without a network.

MiniStack's services do not call KMS for what they store, so a running one never decides about `kms:ViaService` or a
service's own principal. It does decide about direct calls to KMS: tests/soak/test_own_key.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.core.iam_evaluator import (  # type: ignore[import-untyped]  # it ships no types
    EvalContext,
    combine_resource_policy,
    evaluate,
    evaluate_resource_policy,
    parse_policy_document,
)

from tests.conftest import REPOSITORY
from tests.template import ACCOUNT, REGION

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/own"

KEY_ACTIONS = {
    f"kms:{action}"
    for action in (
        *("CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair"),
        *("GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GetKeyPolicy"),
        *("PutKeyPolicy", "ReEncryptFrom", "ReEncryptTo", "ScheduleKeyDeletion", "Sign"),
    )
}
"""What can be done with a key, as far as somebody might be allowed it by mistake."""


def documented_policy() -> dict[str, Any]:
    """Return the policy that the documentation tells users to give their key."""
    (block,) = re.findall(r"```json\n(.*?)```", (REPOSITORY / "docs" / "encryption.md").read_text(), re.DOTALL)
    policy: dict[str, Any] = json.loads(block)
    return policy


def allowed_to_role(policies: Iterable[Mapping[str, Any]], service: str | None) -> set[str]:
    """Return what a role with these policies may do with the key, through a service or (None) directly."""
    parsed = [parse_policy_document(dict(policy)) for policy in policies]
    caller = f"arn:aws:sts::{ACCOUNT}:assumed-role/some-role/session"
    via = {"kms:viaservice": f"{service}.{REGION}.amazonaws.com"} if service else {}
    allowed = set()
    for action in KEY_ACTIONS:
        context = EvalContext(caller, "AssumedRole", ACCOUNT, action, KEY, REGION, service_context=via)
        decision = combine_resource_policy(
            evaluate(context, parsed), context, documented_policy(), ACCOUNT, required=True
        )
        if decision.decision == "Allow":
            allowed.add(action)
    return allowed


def allowed_to_service(principal: str, **context: str) -> set[str]:
    """Return what a service may do with the key on its own account, with the keys of a condition."""
    keys = {name.lower(): value for name, value in context.items()}
    return {
        action
        for action in KEY_ACTIONS
        if evaluate_resource_policy(
            documented_policy(),
            EvalContext(principal, "AWSService", "", action, KEY, REGION, service_context=keys),
            service=principal,
        ).decision
        == "Allow"
    }
