"""The floor of what signs with the SDK: it makes the signer, signs two requests, and sends nothing."""

import oci
from oci._vendor import requests


def handler(ctx, data=None):
    signer = oci.auth.signers.get_resource_principals_signer()
    for url in (
        "https://iaas.us-ashburn-1.oraclecloud.com/20160918/volumeBackups",
        "https://notification.us-ashburn-1",
    ):
        signer(requests.Request("POST", url, data=b"{}").prepare())
    return "{}"
