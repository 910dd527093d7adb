"""One request, from its first line to the end of its answer, with the fault that strikes it."""

import time
from http import HTTPStatus

from local.prediction_one.answers import Answer, ApiError, RefusalError, html_answer, json_answer
from local.prediction_one.calls import ELSEWHERE_PATH, read_call
from local.prediction_one.connection import BodyCutShortError, Connection
from local.prediction_one.jobs import RetrainJob, results_zip
from local.prediction_one.object_store import Digest, digest_body, upload_size_bytes
from local.prediction_one.rest_api import call_api
from local.prediction_one.state import ServiceState
from local.prediction_one.values import Fault, ReceivedRequest

_GARBAGE = b"\x15\x03\x01\x00\x02\x02\x46 this is not HTTP \xff\xfe\r\n\r\n"
_NO_FAULT = Fault("put", "slow")  # slow by nothing


class _DropError(Exception):
    """The connection is to end without an answer."""


class Exchange:
    """Deals with one request on `connection`."""

    def __init__(self, connection: Connection, state: ServiceState) -> None:
        self._connection = connection
        self._state = state
        self._call = call = read_call(connection.command, connection.path, connection.headers)
        with state.lock:
            self._job = state.jobs.find(call.retrain_job_id)
            self._model, self._filename = self._subject()
            self._is_down = call.is_api and state.settings.down
            self._strike = None if self._is_down else self._take_fault()
            connection.connection.settimeout(state.settings.idle_timeout_seconds)
        self._fault = self._strike or _NO_FAULT

    def _subject(self) -> tuple[str | None, str | None]:
        """Return the model and the file name that the request is about, None where it does not say."""
        query = self._call.query
        credential = self._state.keys.find(self._call.key)
        model = query.get("model_id") if credential is None else credential.model or query.get("model_id")
        if self._job is None:
            return model, query.get("filename")
        return model or self._job.model, self._job.filename

    def _take_fault(self) -> Fault | None:
        return self._state.faults.take(self._call.operation, self._model, self._filename)

    def run(self) -> None:
        """Answer the request, or break off if a fault says so."""
        try:
            answer = self._work()
        except RefusalError as refusal:
            answer = refusal.answer
        except (_DropError, BodyCutShortError):
            self._record(None)
            self._break_off()
            return
        self._deliver(answer)

    def _work(self) -> Answer:
        fault = self._fault
        self._act_before_the_body(fault)
        digest = self._receive_upload() if self._call.operation == "put" else None
        if fault.kind == "status":
            return _answer_of(fault)
        if fault.kind == "drop_unstored":
            raise _DropError
        with self._state.lock:
            answer = self._store(digest) if digest else self._carry_out()
        if fault.kind == "drop" and fault.at == "after_body":
            raise _DropError
        return answer

    def _act_before_the_body(self, fault: Fault) -> None:
        if self._is_down:
            raise RefusalError(html_answer(HTTPStatus.SERVICE_UNAVAILABLE))
        if fault.kind == "garbage" or (fault.kind == "drop" and fault.at == "before_body"):
            raise _DropError
        if fault.kind == "early_answer":
            raise RefusalError(_answer_of(fault))
        if fault.kind == "redirect":
            location = self._call.base_url + ELSEWHERE_PATH
            raise RefusalError(Answer(HTTPStatus.TEMPORARY_REDIRECT, headers=(("Location", location),)))

    def _receive_upload(self) -> Digest:
        headers = self._connection.headers
        self._connection.body_is_unread = True  # also without a Content-Length: what follows is no new request
        size_bytes = upload_size_bytes(headers)
        self._state.urls.check(self._call.method, self._call.url, headers)
        fault = self._fault
        if fault.kind == "drop" and fault.at == "mid_body":
            for _ in self._connection.read_body(min(fault.after_bytes, size_bytes)):
                pass
            raise _DropError
        return digest_body(self._connection.read_body(size_bytes, fault.bytes_per_second))

    def _store(self, digest: Digest) -> Answer:
        if self._job is None:
            raise RefusalError(Answer(HTTPStatus.NOT_FOUND))  # no URL was ever signed for it
        self._state.jobs.store(self._job, digest.size_bytes, digest.sha256, self._state.settings)
        return Answer(HTTPStatus.OK, headers=(("ETag", f'"{digest.sha256[:32]}"'),))

    def _carry_out(self) -> Answer:
        call = self._call
        if call.is_api:
            return call_api(self._state, call, url_expired=self._fault.kind == "expired_url")
        if call.operation == "download" and self._job:
            self._state.urls.check(call.method, call.url, self._connection.headers)
            return self._results(self._job)
        if call.operation == "elsewhere":
            return json_answer({})
        return json_answer({"message": "Not Found"}, HTTPStatus.NOT_FOUND)

    def _results(self, job: RetrainJob) -> Answer:
        settings = self._state.settings
        disposition = settings.results_disposition
        headers = (("Content-Disposition", disposition),) if disposition else ()
        return Answer(HTTPStatus.OK, results_zip(job, settings.results_padding_bytes), "application/zip", headers)

    def _deliver(self, answer: Answer) -> None:
        fault, connection = self._fault, self._connection
        connection.pause(fault.delay_seconds)
        self._record(answer.status)  # before it is sent: who has the answer finds it in the record
        cuts_the_answer = fault.kind == "drop" and fault.at == "mid_body" and self._call.operation != "put"
        cut_after = fault.after_bytes if cuts_the_answer else None
        connection.send(answer, bytes_per_second=fault.bytes_per_second, cut_after=cut_after)
        if cut_after is not None or fault.reset:
            connection.drop(reset=fault.reset)
        elif connection.body_is_unread:
            connection.linger()

    def _break_off(self) -> None:
        if self._fault.kind == "garbage":
            self._connection.wfile.write(_GARBAGE)
        self._connection.drop(reset=self._fault.reset)

    def _record(self, status: int | None) -> None:
        call = self._call
        request = ReceivedRequest(
            operation=call.operation,
            status=None if status is None else int(status),
            model=self._model,
            filename=self._filename,
            retrain_job_id=call.retrain_job_id,
            fault=self._strike.kind if self._strike else None,
            api_key_sent=call.key is not None,
            received_at=time.time(),
        )
        with self._state.lock:
            self._state.requests.append(request)


def _answer_of(fault: Fault) -> Answer:
    headers: tuple[tuple[str, str], ...] = ()
    if fault.retry_after_seconds is not None:
        headers = (("Retry-After", f"{fault.retry_after_seconds:g}"),)
    if fault.message is not None:
        documented = ApiError(fault.message, fault.status).answer
        return Answer(fault.status, documented.body, documented.content_type, headers)
    return Answer(fault.status, fault.body.encode(), fault.content_type, headers)
