"""What happens when the reconcile function has to do without one action of its role."""

from __future__ import annotations

from tests.e2e.conftest import CSV, notifications_off, rule_disabled
from tests.e2e.scene import Scene
from tests.e2e.tracking.tracking import invoke


def file_is_not_found(scene: Scene, error: str) -> None:
    """Show that the run fails and says why, and that the same request sends the file once it is allowed."""
    scene.stack.add_model(scene.model)
    with rule_disabled(scene.stack):
        lost = scene.stack.land(f"{scene.model}/data.csv", CSV)
    request = {"since": "2026-01-01", "prefix": f"{scene.model}/"}
    with scene.without_action():
        answer = invoke(scene.stack, "Reconcile", request)

    assert error in answer["errorMessage"]
    assert invoke(scene.stack, "Reconcile", request)["sent"] == 1
    scene.wait_for_job(lost, "TRAINING")


def half_is_not_found(scene: Scene, error: str) -> None:
    """Show that a half that is not known by its key needs a query of its dataset."""
    with rule_disabled(scene.stack):
        scene.stack.land(f"{scene.model}/d/train_src/data.csv", CSV)
    request = {"since": "2026-01-01", "prefix": f"{scene.model}/", "dry_run": True}
    with scene.without_action():
        answer = invoke(scene.stack, "Reconcile", request)

    assert error in answer["errorMessage"]
    assert invoke(scene.stack, "Reconcile", request)["missing"] == 1


def pass_is_not_completed(scene: Scene, error: str) -> None:
    """Show that a daily run that ends another one's pass fails, and that the next one ends it."""
    table = scene.stack.aws.dynamodb().Table(scene.stack.outputs["JobsTableName"])
    key = {"object_uri": "reconcile:position", "object_version": scene.stack.outputs["LandingBucketName"] + "/"}
    position = {"key_marker": "zzz", "version_id_marker": "null", "window_start": "2026-11-01T00:00:00.000Z"}
    table.put_item(Item={**key, **position})
    with scene.without_action():
        answer = invoke(scene.stack, "Reconcile")

    assert error in answer["errorMessage"]
    invoke(scene.stack, "Reconcile")
    assert table.get_item(Key=key)["Item"]["key_marker"] == ""


def check_is_logged(scene: Scene, log_text: str) -> None:
    """Show that the log says what a daily run could not find out, or could not do."""
    with notifications_off(scene.stack), scene.without_action():
        invoke(scene.stack, "Reconcile")

    scene.wait_for_log(log_text, "AccessDenied" if scene.action.startswith("s3:") else "A")
