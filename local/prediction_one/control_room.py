"""The far end of `steering`: what each of its requests does to the state, and how they come in over HTTP."""

import json
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlsplit

from local.prediction_one.answers import json_answer
from local.prediction_one.connection import Connection
from local.prediction_one.state import ModelPart, ServiceState
from local.prediction_one.values import Fault

STEERING_PATH = "/_stand_in/"


def control(state: ServiceState, method: str, resource: str, arguments: dict[str, Any]) -> Any:
    """
    Carry out one steering request and return what JSON can hold.

    Raises
    ------
    LookupError
        No such resource, key or job.
    ValueError
        An argument that means nothing.
    """
    with state.lock:
        try:
            return _COMMANDS[method, resource](state, **arguments)
        except TypeError as exc:
            raise ValueError(str(exc)) from exc


def serve_control(state: ServiceState, connection: Connection) -> None:
    """Answer a steering request that came in over HTTP."""
    parts = urlsplit(connection.path)
    body = b"".join(connection.read_body(int(connection.headers.get("Content-Length", 0))))
    try:
        arguments = json.loads(body) if body else dict(parse_qsl(parts.query))
        resource = parts.path.removeprefix(STEERING_PATH)
        answer = json_answer(control(state, connection.command, resource, arguments))
    except LookupError as exc:
        answer = json_answer({"message": f"unknown: {exc}"}, HTTPStatus.NOT_FOUND)
    except ValueError as exc:
        answer = json_answer({"message": str(exc)}, HTTPStatus.BAD_REQUEST)
    connection.send(answer)


def _list_uploads(state: ServiceState, filename: str | None = None, model: str | None = None) -> Any:
    return [vars(upload) for upload in state.jobs.uploads(filename, model)]


def _list_requests(state: ServiceState, operation: str | None = None, filename: str | None = None) -> Any:
    return [
        vars(request)
        for request in state.requests
        if operation in (None, request.operation) and filename in (None, request.filename)
    ]


def _list_jobs_in_service(state: ServiceState) -> Any:
    return dict(state.jobs.in_service)


def _list_faults(state: ServiceState) -> Any:
    return [vars(fault) for fault in state.faults.armed()]


def _add_fault(state: ServiceState, **fields: Any) -> None:
    state.faults.arm(Fault(**fields))


def _clear_faults(state: ServiceState) -> None:
    state.faults.clear()


def _show_settings(state: ServiceState) -> Any:
    return vars(state.settings)


def _change_settings(state: ServiceState, **changes: Any) -> None:
    state.settings = replace(state.settings, **changes)


def _list_keys(state: ServiceState, model: str | None = None) -> Any:
    return state.keys.api_keys(model)


def _issue_key(state: ServiceState, model: str) -> Any:
    credential = state.keys.issue(model, revoke_old_keys=state.settings.revoke_old_keys)
    return {"api_key": credential.key, "model": model, "expires_at": credential.expires_at}


def _expire_key(state: ServiceState, key: str) -> None:
    state.keys.get(key).expires_at = 0.0


def _put_key_into(key_state: Literal["revoked", "deleted"]) -> Callable[[ServiceState, str], None]:
    def command(state: ServiceState, key: str) -> None:
        state.keys.get(key).state = key_state

    return command


def _delete_part(state: ServiceState, model: str, part: ModelPart) -> None:
    if part not in get_args(ModelPart):
        raise ValueError(f"{part!r} is none of {get_args(ModelPart)}")
    state.deleted_parts[model].add(part)


def _restore_model(state: ServiceState, model: str) -> None:
    state.deleted_parts.pop(model, None)


def _delete_job(state: ServiceState, retrain_job_id: str) -> None:
    state.jobs.get(retrain_job_id).deleted = True


def _report_status(state: ServiceState, retrain_job_id: str, status: str, message: str | None = None) -> None:
    job = state.jobs.get(retrain_job_id)
    job.reported_status, job.message = status, message


_COMMANDS: dict[tuple[str, str], Callable[..., Any]] = {
    ("GET", "uploads"): _list_uploads,
    ("GET", "requests"): _list_requests,
    ("GET", "jobs_in_service"): _list_jobs_in_service,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "settings"): _show_settings,
    ("PATCH", "settings"): _change_settings,
    ("GET", "keys"): _list_keys,
    ("POST", "keys"): _issue_key,
    ("POST", "keys/expire"): _expire_key,
    ("POST", "keys/revoke"): _put_key_into("revoked"),
    ("POST", "keys/delete"): _put_key_into("deleted"),
    ("POST", "models/delete"): _delete_part,
    ("POST", "models/restore"): _restore_model,
    ("POST", "jobs/delete"): _delete_job,
    ("POST", "jobs/report_status"): _report_status,
}
