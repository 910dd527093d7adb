"""Somebody who listens to the product: to its events through a rule, and to its notifications as a subscriber."""

from __future__ import annotations

import json
import uuid
from typing import Any, Self

from local.ministack import MiniStack


class Listener:
    """Receives everything from now on, until it is left; a context manager.

    Parameters
    ----------
    aws
        Where the product runs.
    topic_arn
        The topic of its notifications.
    """

    def __init__(self, aws: MiniStack, topic_arn: str) -> None:
        self._sqs, self._bus, self._sns = (aws.client(service) for service in ("sqs", "events", "sns"))
        self._topic_arn = topic_arn
        self._name = f"listener-{uuid.uuid4().hex[:8]}"
        self._received: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._event_queue, event_queue_arn = self._create_queue("events")
        self._bus.put_rule(Name=self._name, EventPattern=json.dumps({"source": ["prediction-one-retrain"]}))
        self._bus.put_targets(Rule=self._name, Targets=[{"Id": "queue", "Arn": event_queue_arn}])
        self._notification_queue, notification_queue_arn = self._create_queue("notifications")
        self._subscription = self._sns.subscribe(
            TopicArn=self._topic_arn, Protocol="sqs", Endpoint=notification_queue_arn
        )["SubscriptionArn"]
        return self

    def __exit__(self, *_: object) -> None:
        """Take the rule and the subscription away."""
        self._bus.remove_targets(Rule=self._name, Ids=["queue"])
        self._bus.delete_rule(Name=self._name)
        self._sns.unsubscribe(SubscriptionArn=self._subscription)

    @property
    def events(self) -> list[dict[str, Any]]:
        """Return the events so far, as a rule's target gets them."""
        return self._receive(self._event_queue)

    @property
    def notifications(self) -> list[dict[str, Any]]:
        """Return the notifications so far, with `Subject` and `Message`."""
        return self._receive(self._notification_queue)

    def steps_of(self, object_uri: str) -> list[tuple[str | None, str]]:
        """Return an object's status changes so far, each with the status before, in the order of their arrival."""
        details = [event["detail"] for event in self.events]
        return [(each["previous_status"], each["status"]) for each in details if each.get("object_uri") == object_uri]

    def notifications_of(self, object_uri: str) -> list[dict[str, Any]]:
        """Return the notifications so far that name an object."""
        return [each for each in self.notifications if f"File: {object_uri}\n" in each["Message"]]

    def warnings_of(self, model: str) -> tuple[list[dict[str, Any]], list[str]]:
        """Return the events and the e-mails' texts so far that warn of a model's API key."""
        events = [event for event in self.events if event["detail-type"] == "API Key Expires Soon"]
        texts = [each["Message"] for each in self.notifications if "API key" in each["Subject"]]
        return [each for each in events if each["detail"]["model"] == model], [text for text in texts if model in text]

    def _create_queue(self, kind: str) -> tuple[str, str]:
        url = self._sqs.create_queue(QueueName=f"{self._name}-{kind}")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        services = {"Service": ["events.amazonaws.com", "sns.amazonaws.com"]}
        statement = {"Effect": "Allow", "Principal": services, "Action": "sqs:SendMessage", "Resource": arn}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        self._received[url] = []
        return url, arn

    def _receive(self, queue_url: str) -> list[dict[str, Any]]:
        while messages := self._sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._received[queue_url].append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return self._received[queue_url]
