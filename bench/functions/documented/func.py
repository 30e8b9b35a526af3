"""The documented way: the signer and the typed clients are made in the handler, on each call."""

import json
import os

import oci
from fdk import response


def handler(ctx, data=None):
    event = json.loads(data.getvalue())
    signer = oci.auth.signers.get_resource_principals_signer()
    endpoint = os.environ["OCI_ENDPOINT"]
    volumes = oci.core.BlockstorageClient({}, signer=signer, service_endpoint=f"{endpoint}/20160918")
    topics = oci.ons.NotificationDataPlaneClient({}, signer=signer, service_endpoint=f"{endpoint}/20181201")
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
