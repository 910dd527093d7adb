"""
The four APIs: request in, answer or documented refusal out; they know no sockets.

Manual: https://predictionone.sony.biz/cloud_manual/operating_instruction/ re_train_api/ and train_api/api_key/
"""

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from local.prediction_one import answers
from local.prediction_one.answers import Answer, ApiError, json_answer
from local.prediction_one.calls import RESULTS_STORE_PATH, UPLOAD_STORE_PATH, Call
from local.prediction_one.jobs import FINISHED, RetrainJob
from local.prediction_one.state import ModelPart, ServiceState

_DELETED: dict[ModelPart, str] = {
    "user": answers.USER_DELETED,
    "model": answers.MODEL_DELETED,
    "training_job": answers.JOB_DELETED,
    "configuration_file": answers.CONFIGURATION_FILE_UNKNOWN,
    "classifier": answers.CLASSIFIER_UNKNOWN,
}


def call_api(state: ServiceState, call: Call, *, url_expired: bool = False) -> Answer:
    """Answer a call of one of the four APIs; `url_expired` hands out an upload URL that is out of date."""
    match call.operation:
        case "upload_url":
            return _give_upload_url(state, call, url_expired=url_expired)
        case "status":
            return _report_status(state, call)
        case "switch":
            return _switch_model(state, call)
        case _:
            return _issue_key(state, call)


def _give_upload_url(state: ServiceState, call: Call, *, url_expired: bool) -> Answer:
    """Open a new job and give the URL that takes its data (API 1, Retrain Data Upload)."""
    model = state.keys.model_for(call.key)
    _refuse_deleted(state, model, "user", "model", "training_job", "configuration_file")
    filename = call.query.get("filename")
    if not filename:
        raise ApiError(answers.FILENAME_MISSING)
    job = state.jobs.create(model, filename)
    address = f"{call.base_url}{UPLOAD_STORE_PATH}/{job.retrain_job_id}/{quote(filename, safe='')}"
    lifetime_seconds = state.settings.url_lifetime_seconds
    age = timedelta(seconds=lifetime_seconds + 1 if url_expired else 0)
    upload_url = state.urls.sign("PUT", address, lifetime_seconds, datetime.now(UTC) - age)
    return json_answer({"retrain_job_id": job.retrain_job_id, "upload_url": upload_url})


def _report_status(state: ServiceState, call: Call) -> Answer:
    """Tell how far the job is and where its results are (API 2, Retrain Status Check)."""
    job = _find_job(state, call)
    if job.deleted:
        raise ApiError(answers.JOB_DELETED)
    if job.is_unused() and not state.settings.knows_unused_jobs:
        raise ApiError(answers.JOB_UNKNOWN)
    body = {"status": job.status(state.settings), **_metadata(job)}
    if job.message is not None:
        body["message"] = job.message
    if body["status"] == FINISHED:
        body["model_id"] = int(job.model) if job.model.isdecimal() else job.model
        address = f"{call.base_url}{RESULTS_STORE_PATH}/{job.retrain_job_id}/results.zip"
        lifetime_seconds = state.settings.url_lifetime_seconds
        body["download_url"] = state.urls.sign("GET", address, lifetime_seconds, datetime.now(UTC))
    return json_answer(body)


def _switch_model(state: ServiceState, call: Call) -> Answer:
    """Make the retrained model live (API 3, Retrain Model Switch)."""
    job = _find_job(state, call)
    _refuse_deleted(state, job.model, "classifier")
    if job.status(state.settings) != FINISHED:
        raise ApiError(answers.JOB_UNFINISHED)
    state.jobs.in_service[job.model] = job.retrain_job_id
    return json_answer(_metadata(job))


def _issue_key(state: ServiceState, call: Call) -> Answer:
    """Give a model a new key, valid for 30 days (API 4, Get API Key)."""
    state.keys.accept_secret_key(call.key)
    if call.query.get("credential_type") != "retrain":  # `train` and `deploy` exist, for APIs that are not here
        raise ApiError(answers.CREDENTIAL_TYPE_UNKNOWN)
    model = call.query.get("model_id")
    if not model:
        raise ApiError(answers.MODEL_ID_MISSING)
    _refuse_deleted(state, model, "user", "model")
    if not state.keys.knows_model(model):
        raise ApiError(answers.MODEL_DELETED)
    credential = state.keys.issue(model, revoke_old_keys=state.settings.revoke_old_keys)
    end = datetime.fromtimestamp(credential.expires_at, UTC)
    return json_answer({"api_key": credential.key, "end_date": end.strftime("%Y-%m-%dT%H:%M:%SZ")})


def _find_job(state: ServiceState, call: Call) -> RetrainJob:
    model = state.keys.model_for(call.key)
    job = state.jobs.find(call.retrain_job_id)
    if job is None or job.model != model:
        raise ApiError(answers.JOB_UNKNOWN)
    return job


def _refuse_deleted(state: ServiceState, model: str, *parts: ModelPart) -> None:
    deleted = state.deleted_parts.get(model, set())
    for part in parts:
        if part in deleted:
            raise ApiError(_DELETED[part])


def _metadata(job: RetrainJob) -> dict[str, object]:
    return {"metadata": {"retrain_job_id": job.retrain_job_id}}
