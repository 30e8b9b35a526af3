"""Subscriptions: who gets a topic's messages, once that is confirmed."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from oci.ons import models

from ...core.cloud import Cloud
from ...core.collection import tagged
from ...core.errors import invalid, malformed, not_found
from ...core.identifiers import now
from ...core.models import only_fields_of
from ...core.operations import Call, Document, Reply, operation
from ...core.resources import Resources
from .endpoints import check_endpoint
from .message_deliveries import Confirmation, Message, MessageDeliveries

_PATH = "/20181201/subscriptions"
_ONE = f"{_PATH}/{{subscriptionId}}"
_BY_ID = f"{_PATH}/{{id}}"
_MINUTE = 60_000
_DEFAULT_POLICY = {"backoffRetryPolicy": {"maxRetryDuration": 120 * _MINUTE, "policyType": "EXPONENTIAL"}}
_PENDING, _ACTIVE = "PENDING", "ACTIVE"


class Subscriptions(Resources):
    """Subscriptions of functions and files are ACTIVE at once, others when their receivers have confirmed them."""

    resource_type = "onssubscription"
    parameter = "subscriptionId"
    create_model = models.CreateSubscriptionDetails
    update_model = models.UpdateSubscriptionDetails
    model = models.Subscription
    summary_model = models.SubscriptionSummary
    filters = ("compartmentId", "topicId")
    is_instant = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._deliveries = MessageDeliveries(cloud, self.collection.documents)

    def remove_all_of(self, topic_id: str) -> None:
        """Delete the subscriptions of a topic that is gone."""
        for subscription in list(self.collection.documents.values()):
            if subscription["topicId"] == topic_id:
                self.remove(subscription)

    def deliver(self, topic: Document, message_id: str, title: str, body: str) -> None:
        """Start delivering a message to every confirmed subscription of a topic."""
        for subscription in list(self.collection.documents.values()):
            if subscription["topicId"] == topic["id"] and subscription["lifecycleState"] == _ACTIVE:
                message = Message(topic, message_id, title, body, self._url(subscription, "unsubscription"))
                self.cloud.in_background(self._deliveries.deliver(subscription, message))

    @operation("POST", _PATH)
    async def create_subscription(self, call: Call) -> Reply:
        """CreateSubscription, of every protocol and of FILE, the local OCI's own; CUSTOM_HTTPS takes http, too.

        CUSTOM_HTTPS alone is really sent to; who is mailed, paged or written to is told in the inbox.
        """
        return replace(self.create(call), status=202)

    def build(self, details: Document) -> Document:
        is_confirmed = check_endpoint(details).is_confirmed and not self.cloud.options.confirms_subscriptions
        self._topic(details["topicId"])
        return {
            **tagged(details),
            "compartmentId": details["compartmentId"],
            "createdTime": int(time.time() * 1000),
            "endpoint": details["endpoint"],
            "lifecycleState": _PENDING if is_confirmed else _ACTIVE,
            "protocol": details["protocol"],
            "topicId": details["topicId"],
            "timeCreated": now(),
            "token": secrets.token_hex(32),
            **_policy_fields(_DEFAULT_POLICY),
        }

    def _topic(self, topic_id: str) -> Document:
        topic: Document = self.cloud.service_of("onstopic").collection.get(topic_id)
        return topic

    def add(self, details: Document) -> Document:
        subscription = super().add(details)
        self._ask_for_confirmation(subscription)
        return subscription

    def _ask_for_confirmation(self, subscription: Document) -> None:
        if subscription["lifecycleState"] == _PENDING:
            topic, url = self._topic(subscription["topicId"]), self._url(subscription, "confirmation")
            self.cloud.in_background(self._deliveries.ask(subscription, Confirmation(topic, url)))

    def _url(self, subscription: Document, page: str) -> str:
        query = urlencode({"token": subscription["token"], "protocol": subscription["protocol"]})
        return f"{self.cloud.base_url}{_PATH}/{subscription['id']}/{page}?{query}"

    @operation("GET", _ONE)
    async def get_subscription(self, call: Call) -> Reply:
        """GetSubscription, with `deliverPolicy` as a text."""
        return self.get(call)

    @operation("GET", _PATH)
    async def list_subscriptions(self, call: Call) -> Reply:
        """ListSubscriptions, with `deliveryPolicy` as an object."""
        return self.page(call)

    @operation("PUT", _ONE)
    async def update_subscription(self, call: Call) -> Reply:
        """UpdateSubscription: how long deliveries are tried again, and tags. Shows UpdateSubscriptionDetails."""
        reply = self.update(call)
        subscription = self.collection.from_path(call, self.parameter)
        return replace(reply, document=only_fields_of(subscription, models.UpdateSubscriptionDetails))

    def change(self, document: Document, fields: Document) -> None:
        """Set the delivery policy and tags. Raises ServiceError 400 for a duration out of bounds."""
        policy = _policy_fields(fields["deliveryPolicy"]) if "deliveryPolicy" in fields else {}
        super().change(document, {**fields, **policy})

    @operation("DELETE", _ONE)
    async def delete_subscription(self, call: Call) -> Reply:
        """DeleteSubscription."""
        return self.delete(call)

    @operation("POST", f"{_ONE}/actions/changeCompartment")
    async def change_subscription_compartment(self, call: Call) -> Reply:
        """ChangeSubscriptionCompartment."""
        return replace(self.move(call), status=202)

    @operation("GET", f"{_BY_ID}/confirmation", signed=False)
    async def get_confirm_subscription(self, call: Call) -> Reply:
        """GetConfirmSubscription: what the link in a confirmation's mail leads to."""
        return Reply(self._confirm(self._from_link(call)))

    @operation("GET", f"{_BY_ID}/unsubscription", signed=False)
    async def get_unsubscription(self, call: Call) -> Reply:
        """GetUnsubscription: what the link at a mail's end leads to. Deletes the subscription."""
        subscription = self._from_link(call)
        self.remove(subscription)
        return Reply(f"{subscription['endpoint']} is unsubscribed.")

    @operation("POST", f"{_BY_ID}/resendConfirmation")
    async def resend_subscription_confirmation(self, call: Call) -> Reply:
        """ResendSubscriptionConfirmation. Sends nothing where it is confirmed already."""
        subscription = self.collection.from_path(call, "id")
        self._ask_for_confirmation(subscription)
        return self.reply(call, subscription)

    @operation("POST", "/emulator/subscriptions/{subscriptionId}/confirm", signed=False)
    async def confirm_subscription(self, call: Call) -> Reply:
        """Not an API operation: the receiver of a subscription confirms it, as by the link that it was sent."""
        return Reply(self._confirm(self.collection.from_path(call, self.parameter)))

    def _from_link(self, call: Call) -> Document:
        """Return the subscription that a link names. Raises ServiceError 400, and 404 for a token that is not its."""
        subscription = self.collection.from_path(call, "id")
        if call.required("protocol") != subscription["protocol"]:
            raise malformed("protocol")
        if not secrets.compare_digest(call.required("token").encode(), subscription["token"].encode()):
            raise not_found()
        return subscription

    def _confirm(self, subscription: Document) -> Document:
        """Make a subscription ACTIVE, and return the ConfirmationResult."""
        topic = self._topic(subscription["topicId"])
        subscription["lifecycleState"] = _ACTIVE
        self.collection.touch(subscription)
        return {
            "topicName": topic["name"],
            "topicId": topic["id"],
            "endpoint": subscription["endpoint"],
            "unsubscribeUrl": self._url(subscription, "unsubscription"),
            "message": f"{subscription['endpoint']} is subscribed to the topic {topic['name']}.",
            "subscriptionId": subscription["id"],
        }


def _policy_fields(policy: dict[str, Any]) -> Document:
    """Return a delivery policy as lists show it, and as GetSubscription shows it: an object, and a text."""
    duration = (policy.get("backoffRetryPolicy") or {}).get("maxRetryDuration", 120 * _MINUTE)
    if not _MINUTE <= duration <= 120 * _MINUTE:
        raise invalid(f"maxRetryDuration must be between {_MINUTE} and {120 * _MINUTE}")
    return {"deliveryPolicy": policy, "deliverPolicy": json.dumps(policy)}
