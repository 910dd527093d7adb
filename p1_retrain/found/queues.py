"""How many messages the queues hold."""

from __future__ import annotations

from dataclasses import dataclass

from p1_retrain.stack import Stack

UPLOAD, DEAD_LETTERS, ANNOUNCE_DEAD_LETTERS = "UploadQueueUrl", "UploadDeadLetterQueueUrl", "AnnounceDeadLetterQueueUrl"
"""The outputs that name the queues."""


@dataclass(frozen=True)
class Depth:
    """What a queue holds; SQS counts approximately.

    Attributes
    ----------
    waiting
        Messages that can be received now.
    hidden
        Messages that somebody works on, or that wait for their next attempt.
    retention_seconds
        How long it keeps a message.
    arn
        Its ARN.
    """

    waiting: int
    hidden: int
    retention_seconds: int
    arn: str

    @property
    def total(self) -> int:
        """Return how many messages it holds."""
        return self.waiting + self.hidden


def depth_of(stack: Stack, output: str) -> Depth:
    """Return how many messages a queue holds.

    Raises
    ------
    BotoCoreError, ClientError
        SQS refused or did not answer.
    """
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
        "MessageRetentionPeriod",
        "QueueArn",
    ]
    found = stack.client("sqs").get_queue_attributes(QueueUrl=stack.output(output), AttributeNames=names)["Attributes"]
    hidden = int(found.get(names[1], 0)) + int(found.get(names[2], 0))
    return Depth(int(found.get(names[0], 0)), hidden, int(found[names[3]]), found["QueueArn"])
