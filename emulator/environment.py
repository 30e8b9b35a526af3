"""What a shell needs to know of a local OCI: the variables of the OCI CLI, the SDK and `fn`, and OCIDs."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from .region import ServedRegion
from .stack import Stack


def describe(
    home: ServedRegion, others: Sequence[ServedRegion], config_file: Path, stack: Stack | None, proxy_url: str
) -> dict[str, str]:
    """Return the variables; those of the function and its topics are there where there is a stack from the start."""
    cloud = home.cloud
    variables = {
        # A profile or an authentication that the shell has for the real cloud would not be found in this config file.
        "OCI_CLI_CONFIG_FILE": str(config_file),
        "OCI_CLI_PROFILE": "DEFAULT",
        "OCI_CLI_AUTH": "api_key",
        "OCI_CLI_ENDPOINT": cloud.base_url,
        "OCI_CONFIG_FILE": str(config_file),
        "FN_API_URL": cloud.base_url,
        "REGION": home.name,
        "TENANCY_ID": cloud.tenancy_id,
        "COMPARTMENT_ID": cloud.compartment_id,
    }
    for other in others:
        # The CLI has one endpoint for all regions: `oci --profile $SECOND_REGION --endpoint $SECOND_ENDPOINT`.
        variables["SECOND_REGION"] = other.name
        variables["SECOND_ENDPOINT"] = other.base_url
    if proxy_url:
        # For clients that are to find the regions by Oracle's host names, as HTTPS_PROXY of their own.
        variables["LOCAL_OCI_PROXY"] = proxy_url
        variables["REQUESTS_CA_BUNDLE"] = str(config_file.with_name("ca-bundle.pem"))
    if stack:
        variables["APPLICATION_ID"] = stack.function["applicationId"]
        variables["FUNCTION_ID"] = stack.function["id"]
        variables["RESULT_TOPIC_ID"] = stack.result_topic["id"]
        variables["ALARM_TOPIC_ID"] = stack.alarm_topic["id"]
    return variables


def render(variables: Mapping[str, str]) -> str:
    """Return the lines of a file that a shell reads by ``. FILE``."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
