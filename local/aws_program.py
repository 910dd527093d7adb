"""MiniStack as a program, corrected in eight things.

- EventBridge events name the version of an object in a bucket with versioning ("EventBridge event message structure",
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html). MiniStack leaves it out.
- An event of S3 meets the rules as they were when the object landed. MiniStack looks at them in a thread of its own: on
  a busy machine, after the next call has turned them on or off.
- A listing that continues after the version "null" of a key goes on with the next one (`API_ListObjectVersions.html`,
  version-id-marker). Where a bucket keeps no versions, MiniStack begins with the same key again, without end.
- `sqs:SendMessage` in a policy allows SendMessageBatch, too (`API_AddPermission.html`, ActionName). MiniStack asks for
  an action of that name, which AWS does not have.
- Every invocation counts in `AWS/Lambda`, also those by queues, streams and schedules ("Types of metrics for Lambda
  functions"). MiniStack counts those that somebody waits for.
- Alarms change when `local/cloudwatch.py` evaluates them. MiniStack's own evaluation mixes the metrics of all
  dimensions, and knows no missing data.
- A policy's condition knows whether a caller is an AWS service, and a function by its role (IAM user guide, "AWS global
  condition context keys", aws:PrincipalIsAWSService and aws:PrincipalArn). MiniStack never says the first, and names
  the session of the role, so no Deny of the topic's policy would hold, or every one.
- The log of an invocation has all of its lines. MiniStack ends it after 5 ms without one: on a busy machine, the rest
  goes to the next invocation's.
"""

from __future__ import annotations

import json
import re
import time
from contextvars import ContextVar
from typing import Any

from ministack import app  # type: ignore[import-untyped]  # it ships no types
from ministack.core import iam_actions, iam_evaluator, lambda_runtime  # type: ignore[import-untyped]  # it ships no types
from ministack.services import cloudwatch, eventbridge, lambda_svc, s3  # type: ignore[import-untyped]  # it ships no types

# ruff: noqa: SLF001 - it has no hooks for this
_LOG_ENDS_AFTER_SECONDS = 0.03

_version_id: ContextVar[str | None] = ContextVar("version_id", default=None)
_fire, _dispatch, _list_versions = s3._fire_s3_event, eventbridge._dispatch_event, s3._list_object_versions
_action_of = iam_actions.extract_iam_action
_condition_key = iam_evaluator._resolve_condition_key
_execute, _count = lambda_svc._execute_function, lambda_svc._emit_lambda_metrics


def _fire_with_version(*arguments: Any, version_id: str | None = None, **more: Any) -> None:
    token = _version_id.set(version_id)
    try:
        _fire(*arguments, version_id=version_id, **more)
    finally:
        _version_id.reset(token)


def _fire_before_the_answer(*arguments: Any, **more: Any) -> None:
    bucket, _, event_name, *_ = arguments
    if bucket in s3._bucket_notifications:
        s3._fire_s3_event(*arguments, sequencer=s3._next_event_sequencer(event_name), **more)


def _dispatch_with_version(event: dict[str, Any], *view: Any) -> Any:
    version_id = _version_id.get()
    if event["Source"] == "aws.s3" and version_id:
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version_id
        event = {**event, "Detail": json.dumps(detail)}
    return _dispatch(event, *view)


def _list_after_null(bucket: str, query: dict[str, Any]) -> Any:
    has_versions = s3._object_versions.get((bucket, s3._qp(query, "key-marker", "")))
    if s3._qp(query, "version-id-marker", "") == "null" and not has_versions:
        query = {name: value for name, value in query.items() if name != "version-id-marker"}
    return _list_versions(bucket, query)


def _action_without_batch(service: str, *arguments: Any, **more: Any) -> Any:
    action = _action_of(service, *arguments, **more)
    return action.removesuffix("Batch") if action and service == "sqs" else action


def _condition_key_of_caller(key: str, context: Any) -> Any:
    value = _condition_key(key, context)
    if key.lower() == "aws:principalisawsservice":
        return str(context.principal_type == "Service").lower()
    if key.lower() == "aws:principalarn" and isinstance(value, str):
        return re.sub(r":sts::(\d+):assumed-role/([^/]+)/.*", r":iam::\1:role/\2", value)
    return value


def _execute_and_count(function: dict[str, Any], event: dict[str, Any]) -> Any:
    started_at = time.monotonic()
    result = _execute(function, event)
    milliseconds = (time.monotonic() - started_at) * 1000
    _count(function["config"]["FunctionName"], milliseconds, error=bool(result.get("error")), throttle=False)
    return result


if __name__ == "__main__":
    s3._fire_s3_event, eventbridge._dispatch_event = _fire_with_version, _dispatch_with_version
    s3._fire_s3_event_async = _fire_before_the_answer
    s3._list_object_versions, iam_actions.extract_iam_action = _list_after_null, _action_without_batch
    lambda_svc._execute_function, lambda_svc._emit_lambda_metrics = _execute_and_count, lambda *_, **__: None
    cloudwatch._evaluate_alarm = lambda _: None
    iam_evaluator._resolve_condition_key = _condition_key_of_caller
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = (0.05, _LOG_ENDS_AFTER_SECONDS, 0.25)
    app.main()
