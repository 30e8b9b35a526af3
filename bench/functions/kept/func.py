"""Typed clients, made on the first call and kept between calls."""

import json
import os
from functools import cache

import oci
from fdk import response


@cache
def clients():
    signer = oci.auth.signers.get_resource_principals_signer()
    endpoint = os.environ["OCI_ENDPOINT"]
    return (
        oci.core.BlockstorageClient({}, signer=signer, service_endpoint=f"{endpoint}/20160918"),
        oci.ons.NotificationDataPlaneClient({}, signer=signer, service_endpoint=f"{endpoint}/20181201"),
    )


def handler(ctx, data=None):
    event = json.loads(data.getvalue())
    volumes, topics = clients()
    details = oci.core.models.CreateVolumeBackupDetails(
        volume_id=event["data"]["resourceId"],
        display_name=event["data"]["resourceName"],
        type="FULL",
        freeform_tags={"backup-trigger": event["eventID"]},
    )
    backup = volumes.create_volume_backup(details, opc_retry_token=event["eventID"]).data
    message = json.dumps(oci.util.to_dict(backup))
    topics.publish_message(os.environ["TOPIC_ID"], oci.ons.models.MessageDetails(title="accepted", body=message))
    return response.Response(ctx, response_data=message, headers={"Content-Type": "application/json"})
