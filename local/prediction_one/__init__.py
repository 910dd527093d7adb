"""
A stand-in of Sony Prediction One's retraining API, to test against over a real socket.

It answers the four documented APIs and the presigned upload as the real service does, is as strict (see
`object_store`), keeps a record of what arrived, and shows faults on demand (`Fault`). Run it as a process
(`python -m local.prediction_one`), steered with `StandInControl`, or use `PredictionOneStandIn` in a test.

Facts come from the manual (https://predictionone.sony.biz/cloud_manual/). What it leaves open is **assumed**:

- Status names other than `job_finished` (`Settings.status_before_upload`, `.status_while_training`).
- How long the service takes to notice a file (`.notice_seconds`), whether it knows a job without a file
  (`.knows_unused_jobs`), and whether such a job changes with age (`.unused_job_changes_after_seconds`).
- The upload URL's lifetime (`Settings.url_lifetime_seconds`), and that the store behaves as Amazon S3 does.
- A second PUT to one URL overwrites, as S3 does, and is recorded as another upload; whether it begins the
  training again is `Settings.second_upload_restarts_training`.
- Issuing a key leaves the older ones valid until they expire (`Settings.revoke_old_keys`).
- `model_id` in a finished job's answer is the id of the model that was retrained, `end_date` ISO 8601 in UTC.
- Every 4001... error is HTTP 400 and the 5001... one HTTP 500 (the manual states no HTTP status); no key at all
  is `invalid_api_key.`, another model's job `Not found retrain job.`
- The messages `Filename is required.` and `Invalid credential_type.` are our own words.
"""

from local.prediction_one.control import StandInControl
from local.prediction_one.server import PredictionOneStandIn
from local.prediction_one.values import Fault, ReceivedRequest, Settings, StoredUpload

__all__ = [
    "Fault",
    "PredictionOneStandIn",
    "ReceivedRequest",
    "Settings",
    "StandInControl",
    "StoredUpload",
]
